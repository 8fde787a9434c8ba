/* The page itself: overview, findings and what is behind each, and the view that the address keeps. */

/* --- overview ----------------------------------------------------------------------------------------------- */
function overview() {
	const x = v.exchanges, part = (name, key) => el('div', {}, el('dt', {}, name), el('dd', {}, count(x[key]),
		key === 'seen' ? null : el('small', {}, percent(x[key] / (x.seen || 1)))));
	const bar = el('div', { class: 'share', 'aria-hidden': 'true' });
	for (const key of ['different', 'noise', 'not_comparable', 'same']) {
		const s = el('span', { class: 'c-' + key });
		s.style.flexGrow = x[key];
		if (x[key]) s.style.minWidth = '2px';
		bar.append(s);
	}
	return el('section', { id: 'overview' },
		el('div', { class: 'targets' },
			el('span', { class: 'control wrap' }, el('b', {}, 'Control'), visible(v.control || '')),
			el('span', { class: 'candidate wrap' }, el('b', {}, 'Candidate'), visible(v.candidate || '')),
			el('span', { class: 'wrap' }, el('b', {}, 'Noise'), v.second ? 'measured by ' + visible(v.second) : 'not measured by a second control')),
		v.failed && el('p', { class: 'bad' }, v.settings.fail_share > 0 ? 'Failed: more than the ' + Number((100 * v.settings.fail_share).toPrecision(3)) + '% that --diff-fail allows.' : 'Failed: --diff-fail 0 allows no finding.'),
		el('dl', { class: 'counts' }, part('Exchanges', 'seen'), part('Different', 'different'), part('Differ by noise', 'noise'), part('Same', 'same'),
			part('Not comparable', 'not_comparable')),
		bar);
}

/* --- findings ----------------------------------------------------------------------------------------------- */
const findings = v.findings.map((f, i) => ({ f, i, text: (f.endpoint + '\n' + f.path + '\n' + f.kind + '\n' + f.confidence + '\n' +
	f.examples.map(e => (e.id || '') + '\n' + (e.control || '') + '\n' + (e.candidate || '')).join('\n')).toLowerCase() }));
const STATES = { found: 'sure and perhaps', sure: 'sure', unsure: 'perhaps', noise: 'noise', all: 'all' };
const ORDER = { sure: 0, unsure: 1, noise: 2 };
const SORTS = {
	rank: r => r.i, where: r => r.f.endpoint + '\n' + r.f.path, kind: r => r.f.kind, rate: r => r.f.rate === null ? -1 : r.f.rate,
	noise: r => r.f.noise_rate === null ? -1 : r.f.noise_rate, sure: r => ORDER[r.f.state] + (r.f.q === null ? 1 : r.f.q) / 2,
};
const COLUMNS = [['rank', '#', 'number'], ['where', 'Where'], ['kind', 'Kind'], ['rate', 'Differs', 'number'], ['noise', 'Noise', 'number'],
	['sure', 'How sure'], [null, 'Example']];
const DOWN_FIRST = new Set(['rate', 'noise']);
const view = { q: '', endpoint: '', kind: '', state: 'found', sort: 'rank', dir: 'asc', open: '' };
const controls = {};
let shown = [], rendered = 0, body, head, output, more;

function read_view() {
	const hash = location.hash.slice(1);
	if (!hash.includes('=')) return;
	const p = new URLSearchParams(hash);
	view.q = p.get('q') || '';
	view.endpoint = p.get('endpoint') || '';
	view.kind = p.get('kind') || '';
	view.state = p.get('state') in STATES ? p.get('state') : 'found';
	view.sort = p.get('sort') in SORTS ? p.get('sort') : 'rank';
	view.dir = p.get('dir') === 'desc' ? 'desc' : 'asc';
	view.open = /^\d+$/.test(p.get('open') || '') ? p.get('open') : '';
}
function write_view() {
	const p = new URLSearchParams(), standard = { state: 'found', sort: 'rank', dir: 'asc' };
	for (const [key, value] of Object.entries(view)) if (value && value !== standard[key]) p.set(key, value);
	try { history.replaceState(null, '', '#' + (p.toString() || 'findings')); } catch (e) { /* an address that cannot be changed */ }
}
const fits_state = f => view.state === 'all' || (view.state === 'found' ? f.state !== 'noise' : f.state === view.state);

function select() {
	const words = view.q.toLowerCase().split(/\s+/).filter(Boolean), key = SORTS[view.sort], sign = view.dir === 'desc' ? -1 : 1;
	shown = findings.filter(r => fits_state(r.f) && (!view.kind || r.f.kind === view.kind) && (!view.endpoint || r.f.endpoint === view.endpoint) &&
		words.every(w => r.text.includes(w)));
	const keys = new Map(shown.map(r => [r, key(r)]));
	shown.sort((a, b) => {
		const x = keys.get(a), y = keys.get(b);
		return (x < y ? -sign : x > y ? sign : 0) || a.i - b.i;
	});
}

function example_values(f) {
	const e = f.examples[0];
	return e ? [el('span', { class: 'value a' }, e.control === null ? '(none)' : clip(visible(e.control), 160)),
		el('span', { class: 'value b' }, e.candidate === null ? '(none)' : clip(visible(e.candidate), 160))] : '';
}

function row(r) {
	const f = r.f, id = String(r.i + 1), toggle = () => { view.open = view.open === id ? '' : id; write_view(); open_row(tr, r); };
	const button = el('button', { type: 'button', 'aria-expanded': 'false' }, visible(f.endpoint));
	const tr = el('tr', { class: 'finding', 'data-finding': id, onclick: e => { if (!String(getSelection())) toggle(); e.preventDefault(); } },
		el('td', { class: 'number', 'data-label': '#' }, id),
		el('td', { class: 'where' }, button, el('code', {}, visible(f.path))),
		el('td', { 'data-label': 'Kind' }, f.kind),
		el('td', { class: 'number', 'data-label': 'Differs' }, percent(f.rate), el('div', { class: 'faint' }, count(f.differ) + ' of ' + count(f.compared))),
		el('td', { class: 'number', 'data-label': 'Noise' }, percent(f.noise_rate)),
		el('td', {}, el('span', { class: 'badge ' + f.state }, f.confidence)),
		el('td', { class: 'values' }, example_values(f)));
	return tr;
}

function open_row(tr, r) {
	const next = tr.nextElementSibling, is_open = view.open === String(r.i + 1);
	for (const other of body.querySelectorAll('tr.finding.open')) if (other !== tr || !is_open) {
		other.classList.remove('open');
		other.querySelector('button').setAttribute('aria-expanded', 'false');
		if (other.nextElementSibling && other.nextElementSibling.classList.contains('detail')) other.nextElementSibling.remove();
	}
	if (!is_open || (next && next.classList.contains('detail') && tr.classList.contains('open'))) return;
	tr.classList.add('open');
	tr.querySelector('button').setAttribute('aria-expanded', 'true');
	tr.after(el('tr', { class: 'detail' }, el('td', { class: 'detail', colspan: COLUMNS.length }, detail(r.f))));
}

function append_rows(to) {
	const part = document.createDocumentFragment();
	for (; rendered < Math.min(to, shown.length); rendered++) part.append(row(shown[rendered]));
	body.append(part);
	more.hidden = rendered >= shown.length;
	more.textContent = 'Show ' + count(Math.min(CHUNK, shown.length - rendered)) + ' more of ' + count(shown.length - rendered);
}

function render() {
	select();
	body.replaceChildren();
	rendered = 0;
	for (const th of head.querySelectorAll('th[data-sort]'))
		if (th.dataset.sort === view.sort) th.setAttribute('aria-sort', view.dir === 'desc' ? 'descending' : 'ascending');
		else th.removeAttribute('aria-sort');
	const at = shown.findIndex(r => String(r.i + 1) === view.open);
	append_rows(Math.max(CHUNK, at + 1));
	if (!shown.length) body.append(el('tr', {}, el('td', { class: 'empty', colspan: COLUMNS.length },
		findings.length ? 'No finding fits these filters.' : 'No finding: the answers are the same.')));
	output.textContent = count(shown.length) + ' of ' + plural(findings.length, 'finding');
	for (const key of ['q', 'endpoint', 'kind', 'state', 'sort']) if (controls[key].value !== view[key]) controls[key].value = view[key];
	if (at >= 0) open_row(body.querySelector('tr[data-finding="' + view.open + '"]'), shown[at]);
}

function choice(key, label, options, long) {
	const s = el('select', { 'aria-label': label, class: long ? 'long' : null, onchange: () => { view[key] = s.value; write_view(); render(); } },
		options.map(([value, text]) => el('option', { value }, text)));
	controls[key] = s;
	return s;
}

function findings_section() {
	const kinds = [...new Set(v.findings.map(f => f.kind))].sort(), endpoints = [...new Set(v.findings.map(f => f.endpoint))].sort();
	const amount = state => v.findings.filter(f => state === 'all' || (state === 'found' ? f.state !== 'noise' : f.state === state)).length;
	controls.q = el('input', { type: 'search', placeholder: 'Filter: words of endpoint, path, value, id', 'aria-label': 'Filter by text',
		oninput: () => { view.q = controls.q.value; write_view(); render(); } });
	const sorts = el('select', { class: 'narrow', 'aria-label': 'Sort by', onchange: () => { view.sort = sorts.value; view.dir = DOWN_FIRST.has(view.sort) ? 'desc' : 'asc'; write_view(); render(); } },
		COLUMNS.filter(c => c[0]).map(([key, name]) => el('option', { value: key }, 'by ' + (key === 'rank' ? 'rank' : name.toLowerCase()))));
	controls.sort = sorts;
	output = el('output', { 'aria-live': 'polite', id: 'shown' });
	head = el('thead', {}, el('tr', {}, COLUMNS.map(([key, name, cls]) => el('th', { scope: 'col', class: cls, 'data-sort': key },
		key ? el('button', { type: 'button', onclick: () => sort_by(key) }, name) : name))));
	body = el('tbody', {});
	more = el('button', { type: 'button', class: 'more', onclick: () => append_rows(rendered + CHUNK) });
	if (window.IntersectionObserver) new IntersectionObserver(seen => {
		if (seen.some(s => s.isIntersecting) && !more.hidden) append_rows(rendered + CHUNK);
	}).observe(more);
	return el('section', { id: 'findings' }, el('h2', {}, 'Findings'),
		v.let_go ? el('p', { class: 'note' }, count(v.let_go) + ' kinds of difference, endpoints or examples were beyond the limits and are not here.') : null,
		el('div', { class: 'filters', role: 'search' }, controls.q,
			choice('endpoint', 'Endpoint', [['', 'every endpoint'], ...endpoints.map(e => [e, clip(visible(e), 80)])], true),
			choice('kind', 'Kind', [['', 'every kind'], ...kinds.map(k => [k, k])]),
			choice('state', 'State', Object.entries(STATES).map(([key, text]) => [key, text + ' (' + count(amount(key)) + ')'])), sorts, output,
			el('button', { type: 'button', class: 'button', onclick: () => {
				Object.assign(view, { q: '', endpoint: '', kind: '', state: 'found', sort: 'rank', dir: 'asc' }); write_view(); render();
			} }, 'Reset')),
		el('div', { class: 'framed' }, el('table', { class: 'cards', id: 'table' }, head, body)), more);
}
function sort_by(key) {
	view.dir = view.sort === key ? (view.dir === 'asc' ? 'desc' : 'asc') : DOWN_FIRST.has(key) ? 'desc' : 'asc';
	view.sort = key;
	write_view();
	render();
}

/* --- one finding -------------------------------------------------------------------------------------------- */
function detail(f) {
	const interval = f.rate_low === null ? '' : ', 95% interval ' + percent(f.rate_low) + ' to ' + percent(f.rate_high);
	const facts = [['Differs', count(f.differ) + ' of ' + count(f.compared) + ' (' + percent(f.rate) + interval + ')'],
		['Noise', f.noise_of ? count(f.noise) + ' of ' + count(f.noise_of) + ' (' + percent(f.noise_rate) + ')' : 'not measured'],
		['Confidence', f.confidence + (f.reason === 'test' ? ': p = ' + Number(f.p.toPrecision(3)) + ', q = ' + Number(f.q.toPrecision(3)) +
			' after correction for many paths' : '')]];
	if (f.only_candidate || f.only_control) facts.push(['Only one side differs', count(f.only_candidate) + ' candidate, ' + count(f.only_control) + ' second control' +
		(f.blocks_candidate + f.blocks_control < f.only_candidate + f.only_control ? '; those within 20 ms once: ' + count(f.blocks_candidate) + ' and ' + count(f.blocks_control) : '')]);
	if (f.confirmed || f.flaky) facts.push(['Sent again', count(f.confirmed) + ' came back each time, ' + count(f.flaky) + ' did not']);
	const latency = f.kind === 'latency' && v.latencies.find(l => l.endpoint === f.endpoint);
	return [el('dl', { class: 'facts' }, facts.map(([name, text]) => [el('dt', {}, name), el('dd', {}, text)])),
		latency ? histogram(latency) : null,
		f.examples.length ? f.examples.map((e, i) => example(f, e, i)) : latency ? null : el('p', { class: 'note' }, 'No example was kept.')];
}
function example(f, e, i) {
	const x = e.exchange === null ? null : v.kept[e.exchange], inside = el('div', {});
	inside.append(el('div', { class: 'pair' }, values(e.control, e.candidate)));
	if (x) whole(x, f, inside);
	return el('article', { class: 'example' }, el('header', {}, el('b', {}, 'Example ' + (i + 1)),
		x ? [el('code', { class: 'wrap' }, clip(visible(x.request_line), 300)), el('span', { class: 'faint' }, 'id ', el('code', {}, visible(x.id))),
			el('span', { class: 'faint' }, time(x.control_ms) + ' \u2192 ' + time(x.candidate_ms))] : null), inside);
}
function values(a, b) {
	const side = (name, text, parts) => el('div', {}, el('b', {}, name), text === null ? el('span', { class: 'faint' }, '(none)') : parts);
	const [left, right] = marked(a === null ? '' : visible(a), b === null ? '' : visible(b), a !== null && b !== null);
	return [side('Control', a, left), side('Candidate', b, right)];
}
/* Both texts with what stands between their common beginning and end marked. */
function marked(a, b, both) {
	if (!both || a === b) return [[a], [b]];
	let start = 0, end = 0;
	while (start < a.length && start < b.length && a[start] === b[start]) start++;
	while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
	if (start && /[\ud800-\udbff]/.test(a[start - 1])) start--;
	if (end && /[\udc00-\udfff]/.test(a[a.length - end])) end--;
	const cut = s => [s.slice(0, start), s.length > start + end ? el('mark', {}, s.slice(start, s.length - end)) : null, s.slice(s.length - end)];
	return [cut(a), cut(b)];
}

async function whole(x, f, into) {
	if (x.left_out || x.request === undefined) {
		into.append(el('p', { class: 'note' }, 'The bytes of this exchange are not in this page, which would be too large: replay diff --show ' + visible(x.id) + ' shows them.'));
		return;
	}
	const request = bytes_of(x.request), place = el('div', {});
	into.append(el('div', { class: 'head' }, 'Request'), place);
	const undone = x.decoded || {};
	const lines = await message_lines(request, undone.request), command = command_line(request, x.cut);
	place.append(el('pre', { tabindex: '0' }, lines.map(l => l.text).join('\n')), el('div', { class: 'head' }, 'Try it', copy_button(command)),
		el('pre', { tabindex: '0' }, command));
	const [a, b] = await Promise.all([message_lines(bytes_of(x.control), undone.control), message_lines(bytes_of(x.candidate), undone.candidate)]);
	into.append(el('div', { class: 'head' }, 'Answers'), x.cut ? el('p', { class: 'note' }, 'Longer than what is kept: cut at 64 KiB.') : '',
		el('div', { class: 'sides' }, el('b', {}, 'Control'), el('b', {}, 'Candidate')), side_by_side(a, b, path_test(f.path)));
	if (x.second) {
		const second = el('details', {}, el('summary', { class: 'faint' }, 'The second control\u2019s answer'));
		second.append(el('pre', {}, (await message_lines(bytes_of(x.second), undone.second)).map(l => l.text).join('\n')));
		into.append(second);
	}
}
function copy_button(text) {
	const b = el('button', { type: 'button', class: 'button', onclick: async () => {
		try { await navigator.clipboard.writeText(text); } catch (e) {
			const area = el('textarea', {});
			area.value = text;
			document.body.append(area);
			area.select();
			document.execCommand('copy');
			area.remove();
		}
		b.textContent = 'Copied';
		setTimeout(() => { b.textContent = 'Copy'; }, 1500);
	} }, 'Copy');
	return b;
}

/* --- all of it ---------------------------------------------------------------------------------------------- */
const sections = [['overview', 'Overview', overview], ['findings', 'Findings', findings_section], ['latency', 'Latency', latency_section], ['endpoints', 'Endpoints', endpoints_section],
	['noise', 'Noise', noise_section], ['run', 'The run', ledger_section], ['settings', 'Settings', settings_section]].map(([id, name, make]) => [id, name, make()]).filter(s => s[2]);
const go = id => { const s = document.getElementById(id); if (s) s.scrollIntoView(); };
document.getElementById('nav').append(el('ul', {}, sections.map(([id, name]) => el('li', {}, el('a', { href: '#' + id, onclick: e => { e.preventDefault(); go(id); } }, name)))));
document.getElementById('page').append(...sections.map(s => s[2]));
read_view();
render();
addEventListener('hashchange', () => { if (location.hash.includes('=')) { read_view(); render(); go('findings'); } });
