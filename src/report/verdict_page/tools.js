/* The page of a comparison: data, and how things are written. All four files make one script, in a function of its own; verdict_html.c puts it into the
 * page, behind the data. Everything that came from the network reaches the document as text
 * alone (createTextNode, textContent): no markup is ever made from it. Works from disk; asks the network for nothing.
 *
 * The address behind '#' holds the view, so that it can be shared: q, endpoint, kind, state (found, sure, unsure, noise, all), sort, dir, open. */
const data = JSON.parse(document.getElementById('data').textContent);
const v = data.verdict, ledger = data.ledger;
const CHUNK = 200, LINE_MAX = 2000, LINES_MAX = 6000, OUT_MAX = 4 << 20;

/* --- small things ------------------------------------------------------------------------------------------- */
const ATTRIBUTES = new Set(['class', 'id', 'type', 'href', 'role', 'scope', 'colspan', 'title', 'value', 'placeholder', 'tabindex', 'for',
	'viewBox', 'd', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'text-anchor', 'preserveAspectRatio']);
function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
		else if (ATTRIBUTES.has(name) || name.startsWith('aria-') || name.startsWith('data-')) {
			if (value !== undefined && value !== null) node.setAttribute(name, value);
		} else throw new Error(name);
	}
	for (const child of children.flat(9))
		if (child !== null && child !== undefined && child !== false) node.append(child instanceof Node ? child : document.createTextNode(String(child)));
	return node;
}
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/* Control characters as the symbols Unicode has for them; what hides or reorders its neighbours by its number. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const symbol = c => {
	const n = c.charCodeAt(0);
	return n < 0x20 ? String.fromCharCode(0x2400 + n) : n === 0x7f ? '\u2421' : '\u27e8U+' + n.toString(16).toUpperCase().padStart(4, '0') + '\u27e9';
};
const visible = text => String(text).replace(UNSEEN, symbol);
const clip = (text, n) => text.length > n ? text.slice(0, n) + ' \u2026 ' + count(text.length - n) + ' more' : text;
const count = n => n === null || n === undefined ? '\u2013' : Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
const plural = (n, one) => count(n) + ' ' + one + (n === 1 ? '' : 's');
function percent(share) {
	if (share === null || share === undefined || !isFinite(share)) return '\u2013';
	const p = 100 * share;
	if (p <= 0) return '0%';
	if (p >= 100) return '100%';
	return p < 0.001 ? '<0.001%' : p < 1 ? Number(p.toPrecision(2)) + '%' : Math.min(p, 99.9).toFixed(1) + '%';
}
function time(ms) {
	if (ms === null || ms === undefined) return '\u2013';
	if (ms === 0) return '0';
	return ms < 1 ? Number((ms * 1000).toPrecision(3)) + ' \u00b5s' : ms < 1000 ? Number(ms.toPrecision(3)) + ' ms' : Number((ms / 1000).toPrecision(3)) + ' s';
}
const times = n => n === null ? '\u2013' : n.toFixed(2) + '\u00d7';
