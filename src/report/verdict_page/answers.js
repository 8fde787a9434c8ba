/* What was asked and answered: bytes to lines, two answers side by side, a command line that asks again. */

/* --- the bytes of a message --------------------------------------------------------------------------------- */
const bytes_of = base64 => Uint8Array.from(atob(base64 || ''), c => c.charCodeAt(0));
const utf8 = bytes => new TextDecoder('utf-8').decode(bytes);
function split_head(bytes) {
	for (let i = 0; i < bytes.length; i++)
		if (bytes[i] === 10 && (bytes[i + 1] === 10 || (bytes[i + 1] === 13 && bytes[i + 2] === 10)))
			return { head: bytes.subarray(0, i + 1), body: bytes.subarray(i + (bytes[i + 1] === 10 ? 2 : 3)) };
	return { head: bytes, body: bytes.subarray(bytes.length) };
}
/* A letter for each byte: nothing is lost. */
const letters = bytes => { let s = ''; for (const c of bytes) s += String.fromCharCode(c); return s; };
function head_of(bytes, decode) {
	const lines = (decode || utf8)(bytes).split(/\r?\n/).filter(Boolean), fields = lines.slice(1).map(l => [l.slice(0, l.indexOf(':')).trim(), l.slice(l.indexOf(':') + 1).trim()]);
	const get = name => fields.filter(f => f[0].toLowerCase() === name).map(f => f[1]).join(', ');
	return { lines, fields, get };
}
/* RFC 9112 section 7.1, of what there is. */
function unchunk(bytes) {
	const parts = [];
	for (let at = 0; at < bytes.length;) {
		let end = at;
		while (end < bytes.length && bytes[end] !== 10) end++;
		const size = parseInt(utf8(bytes.subarray(at, end)), 16);
		if (!(size >= 0)) return at === 0 ? bytes : concat(parts);
		if (size === 0) break;
		parts.push(bytes.subarray(end + 1, end + 1 + size));
		at = end + 1 + size + (bytes[end + 1 + size] === 13 ? 2 : 1);
	}
	return concat(parts);
}
function concat(parts) {
	const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const p of parts) { all.set(p, at); at += p.length; }
	return all;
}
/* What can be decompressed, up to a limit, also where the end is missing; null: nothing. */
async function inflate(bytes, format) {
	if (!window.DecompressionStream) return null;
	const parts = [];
	let n = 0;
	try {
		const stream = new DecompressionStream(format), writer = stream.writable.getWriter(), reader = stream.readable.getReader();
		writer.write(bytes).catch(() => {});
		writer.close().catch(() => {});
		for (let r = await reader.read(); !r.done && n < OUT_MAX; r = await reader.read()) { parts.push(r.value); n += r.value.length; }
		if (n >= OUT_MAX) reader.cancel().catch(() => {});
	} catch (e) { if (!n) return null; }
	return concat(parts);
}
/* undone: {body, whole}, where replay decoded it for the page. shown: false, only its bytes can be. */
async function decode(h, body, undone) {
	const coding = h.get('content-encoding').toLowerCase();
	if (undone) return { body: bytes_of(undone.body), shown: true,
		note: 'compressed as ' + visible(coding) + ', shown decoded' + (undone.whole ? '' : ' as far as it could be') };
	if (/chunked/i.test(h.get('transfer-encoding'))) body = unchunk(body);
	if (!coding || coding === 'identity') return { body, shown: true, note: '' };
	const out = coding === 'gzip' || coding === 'x-gzip' ? await inflate(body, 'gzip') :
		coding === 'deflate' ? await inflate(body, 'deflate') || await inflate(body, 'deflate-raw') : null;
	return out ? { body: out, shown: true, note: '' } : { body, shown: false, note: 'compressed as ' + visible(coding) + ': shown as it is' };
}
function hex(bytes) {
	const lines = [];
	for (let at = 0; at < Math.min(bytes.length, 4096); at += 16) {
		const part = [...bytes.subarray(at, at + 16)];
		lines.push(at.toString(16).padStart(6, '0') + '  ' + part.map(c => c.toString(16).padStart(2, '0')).join(' ').padEnd(48) + ' ' +
			part.map(c => c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : '.').join(''));
	}
	return lines;
}
/* Lines to show, each with its text and, inside JSON, its path. */
async function message_lines(bytes, undone) {
	const { head: h, body: b } = split_head(bytes), parsed = head_of(h), { body: content, shown, note } = await decode(parsed, b, undone);
	const lines = parsed.lines.map((l, i) => ({ text: clip(visible(l), LINE_MAX), path: i === 0 ? 'status' : 'header:' + l.slice(0, Math.max(0, l.indexOf(':'))).trim().toLowerCase() }));
	if (!bytes.length) return [{ text: '(no answer)', path: '' }];
	if (!content.length && !note) return lines;
	lines.push({ text: '', path: '' });
	if (note) lines.push({ text: '(' + note + ')', path: 'body' });
	const text = utf8(content), odd = (text.slice(0, 4096).match(/[\ufffd\u0000-\u0008\u000e-\u001f]/g) || []).length;
	if (!shown || odd * 10 > Math.min(text.length, 4096)) return lines.concat(hex(content).map(t => ({ text: t, path: 'body' })));
	const pretty = /^\s*[[{]/.test(text) ? pretty_json(text) : null;
	return lines.concat(pretty || text.split(/\r?\n/).map(t => ({ text: clip(visible(t), LINE_MAX), path: 'body' }))).slice(0, LINES_MAX);
}

/* JSON in lines, every token as it was written: numbers keep all their digits. null: it is none. */
function pretty_json(text) {
	const token = /\s*(?:("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d[\d.eE+-]*|true|false|null)|([{}[\],:]))/gy, lines = [], stack = [];
	let line = '', path = '$', key = null, expect = 'value', values = 0;
	const indent = () => '  '.repeat(Math.min(stack.length, 40));
	const flush = () => { if (line.trim()) lines.push({ text: clip(visible(line), LINE_MAX), path }); line = ''; };
	const name = k => /^[A-Za-z_][A-Za-z0-9_]*$/.test(k) ? '.' + k : '[' + JSON.stringify(k) + ']';
	const here = () => { const top = stack[stack.length - 1]; return !top ? '$' : top.array ? top.path + '[*]' : top.path + name(key); };
	const begin = () => { path = here(); if (!line) line = indent(); };
	for (let m; lines.length < LINES_MAX && (m = token.exec(text));) {
		const [, string, scalar, mark] = m, top = stack[stack.length - 1];
		if (string !== undefined && expect === 'key') {
			try { key = JSON.parse(string); } catch (e) { return null; }
			flush();
			path = here();
			line = indent() + string;
			expect = ':';
		} else if (mark === ':' && expect === ':') { line += ': '; expect = 'value';
		} else if ((string !== undefined || scalar !== undefined) && expect !== 'key' && expect !== ':' && expect !== ',') {
			begin();
			line += string !== undefined ? string : scalar;
			expect = ',';
		} else if ((mark === '{' || mark === '[') && expect !== 'key' && expect !== ':' && expect !== ',') {
			begin();
			line += mark;
			stack.push({ array: mark === '[', path });
			flush();
			expect = mark === '{' ? 'key' : 'value';
		} else if (mark === ',' && top && expect === ',') {
			line += ',';
			flush();
			expect = top.array ? 'value' : 'key';
		} else if ((mark === '}' || mark === ']') && top && top.array === (mark === ']')) {
			flush();
			path = stack.pop().path;
			line = indent() + mark;
			expect = ',';
		} else return null;
		if (!stack.length && expect === ',') { flush(); expect = 'value'; values++; }
		if (/^\s*$/.test(text.slice(token.lastIndex, token.lastIndex + 64)) && !text.slice(token.lastIndex).trim()) break;
	}
	flush();
	/* Several, a line each, count as the elements of an array. */
	if (values + (stack.length ? 1 : 0) > 1) for (const l of lines) l.path = '$[*]' + l.path.slice(1);
	return stack.length && lines.length < LINES_MAX && text.length < 60000 ? null : lines;
}
/* Does a line's path lie at or below the finding's, in which * stands for any key? */
function path_test(path) {
	if (/^(status|answer)/.test(path)) return p => p === 'status';
	if (path.startsWith('header:')) { const n = path.replace(/\[.*$/, ''); return p => p === n; }
	if (path[0] !== '$') return p => false;
	const any = '(?:\\.[A-Za-z_][A-Za-z0-9_]*|\\["(?:[^"\\\\]|\\\\.)*"\\])';
	try {
		const source = path.split('.*').map(s => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(any), test = new RegExp('^' + source + '$');
		return p => test.test(p);
	} catch (e) { return p => p === path; }
}

/* --- two answers side by side ------------------------------------------------------------------------------- */
/* Pairs of lines after the longest common subsequence of what is left between the common beginning and end. */
function align(a, b) {
	let start = 0, enda = a.length, endb = b.length;
	const tail = [], pairs = [];
	while (start < enda && start < endb && a[start].text === b[start].text) pairs.push([a[start], b[start++]]);
	while (enda > start && endb > start && a[enda - 1].text === b[endb - 1].text) tail.push([a[--enda], b[--endb]]);
	const n = enda - start, m = endb - start, steps = [];
	if (n * m > 4e6) for (let i = 0; i < Math.max(n, m); i++) steps.push([i < n ? a[start + i] : null, i < m ? b[start + i] : null]);
	else {
		const t = new Uint16Array((n + 1) * (m + 1)), w = m + 1;
		for (let i = n - 1; i >= 0; i--) for (let j = m - 1; j >= 0; j--)
			t[i * w + j] = a[start + i].text === b[start + j].text ? t[(i + 1) * w + j + 1] + 1 : Math.max(t[(i + 1) * w + j], t[i * w + j + 1]);
		let left = [], right = [];
		const settle = () => { steps.push(...match_up(left, right)); left = []; right = []; };
		for (let i = 0, j = 0; i < n || j < m;) {
			if (i < n && j < m && a[start + i].text === b[start + j].text) { settle(); steps.push([a[start + i++], b[start + j++]]);
			} else if (j >= m || (i < n && t[(i + 1) * w + j] >= t[i * w + j + 1])) left.push(a[start + i++]);
			else right.push(b[start + j++]);
		}
		settle();
	}
	return pairs.concat(steps, tail.reverse());
}
/* Lines that differ: those of one path side by side. */
function match_up(left, right) {
	const out = [];
	let j = 0;
	for (const l of left) {
		const hit = right.findIndex((r, k) => k >= j && r.path && r.path === l.path);
		if (hit < 0) { out.push([l, null]); continue; }
		while (j < hit) out.push([null, right[j++]]);
		out.push([l, right[j++]]);
	}
	while (j < right.length) out.push([null, right[j++]]);
	return out;
}
function side_by_side(a, b, is_here) {
	const pairs = align(a, b), box = el('div', { class: 'lines', tabindex: '0', role: 'group', 'aria-label': 'Both answers' });
	const differs = ([l, r]) => !l || !r || l.text !== r.text;
	const line = pair => {
		const [l, r] = pair, d = differs(pair), here = d && ((l && is_here(l.path)) || (r && is_here(r.path)));
		const [left, right] = marked(l ? l.text : '', r ? r.text : '', l && r);
		return el('div', { class: 'line' + (d ? ' differs' : '') + (here ? ' here' : '') }, el('span', { class: l ? null : 'none' }, left), el('span', { class: r ? null : 'none' }, right));
	};
	for (let i = 0; i < pairs.length;) {
		let end = i;
		while (end < pairs.length && !differs(pairs[end])) end++;
		const from = i ? i + 3 : i, to = end < pairs.length ? end - 3 : end;
		if (to - from > 6) {
			for (; i < from; i++) box.append(line(pairs[i]));
			const hidden = pairs.slice(from, to), fold = el('div', { class: 'line fold' }, el('button', { type: 'button', onclick: () => fold.replaceWith(...hidden.map(line)) },
				'\u2026 ' + count(hidden.length) + ' equal lines'));
			box.append(fold);
			i = to;
		}
		for (; i < end; i++) box.append(line(pairs[i]));
		if (i < pairs.length) box.append(line(pairs[i++]));
	}
	return box;
}

/* --- a command line ----------------------------------------------------------------------------------------- */
/* One word for a shell, harmless in a terminal whatever is in it. */
function quoted(bytes) {
	const plain = bytes.every(c => c >= 0x20 && c < 0x7f);
	if (plain) return "'" + utf8(bytes).replace(/'/g, "'\\''") + "'";
	return "$'" + [...bytes].map(c => c >= 0x20 && c < 0x7f && c !== 39 && c !== 92 ? String.fromCharCode(c) : '\\x' + c.toString(16).padStart(2, '0')).join('') + "'";
}
const quote = text => quoted(Uint8Array.from(text, c => c.charCodeAt(0)));
function command_line(bytes, cut) {
	const { head: h, body } = split_head(bytes), parsed = head_of(h, letters), first = (parsed.lines[0] || '').split(' ');
	const [method, target] = [first[0] || 'GET', first[1] || '/'], skip = /^(content-length|transfer-encoding|connection|host)$/i;
	const base = /^https?:\/\//.test(v.candidate || '') ? letters(new TextEncoder().encode(v.candidate.replace(/\/+$/, ''))) : 'http://' + (parsed.get('host') || 'localhost');
	const words = ['curl', '-i', '-g', '--path-as-is'], sends = body.length || parsed.get('content-length'); /* "0": an empty body is one */
	if (method === 'HEAD') words.push('-I');
	else if (method !== (sends ? 'POST' : 'GET')) words.push('-X', quote(method));
	const fields = parsed.fields.filter(([name]) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !skip.test(name));
	for (const name of ['Accept', 'User-Agent'].concat(sends ? ['Content-Type'] : [])) if (!parsed.get(name.toLowerCase())) fields.push([name, null]);
	for (const [name, value] of fields) words.push('\\\n  -H', quote(value === null ? name + ':' : value === '' ? name + ';' : name + ': ' + value));
	if (/^\/[^#]*$/.test(target)) words.push('\\\n ', quote(base + target));
	else words.push('\\\n  --request-target', quote(target), quote(base));
	const content = /chunked/i.test(parsed.get('transfer-encoding')) ? unchunk(body) : body;
	/* --data-raw: an @ at the beginning is no file. A shell's word holds no NUL. */
	if (content.includes(0)) words.push('\\\n  --data-binary', '@-');
	else if (sends) words.push('\\\n  --data-raw', quoted(content));
	const command = words.join(' ');
	return (cut && content.length ? '# the body may be cut\n' : '') + (content.includes(0) ? "printf '" + [...content].map(c => '\\' + c.toString(8).padStart(3, '0')).join('') + "' | \\\n" : '') + command;
}
