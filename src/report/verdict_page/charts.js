/* Charts and tables of the page: latency over time and by endpoint, endpoints, noise, the ledger, settings. */

/* --- tables ------------------------------------------------------------------------------------------------- */
/* columns: [name, how it is shown, number?, key to sort by]. Sorts when a head is clicked; shows `most` rows until asked for all. */
function table(columns, rows, most) {
	const body = el('tbody', {}), all = el('button', { type: 'button', class: 'more', onclick: () => { most = Infinity; draw(); } });
	let by = -1, down = false;
	const draw = () => {
		const order = rows.map((r, i) => [r, i]);
		if (by >= 0) order.sort(([a, i], [b, j]) => { const x = columns[by][3](a), y = columns[by][3](b); return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1) || i - j; });
		body.replaceChildren(...order.slice(0, most).map(([r]) => el('tr', {}, columns.map(([name, show, number]) =>
			el('td', { class: number ? 'number' : 'wrap', 'data-label': name }, show(r))))));
		all.hidden = rows.length <= most;
		all.textContent = 'Show all ' + count(rows.length);
	};
	const heads = columns.map(([name, , number, key], i) => el('th', { scope: 'col', class: number ? 'number' : null }, key ? el('button', { type: 'button', onclick: () => {
		down = by === i ? !down : !!number;
		by = i;
		heads.forEach((h, k) => k === i ? h.setAttribute('aria-sort', down ? 'descending' : 'ascending') : h.removeAttribute('aria-sort'));
		draw();
	} }, name) : name));
	draw();
	return [el('div', { class: 'framed' }, el('table', { class: 'cards' }, el('thead', {}, el('tr', {}, heads)), body)), all];
}
const to_endpoint = name => el('a', { href: '#' + new URLSearchParams({ endpoint: name, state: 'all' }) }, visible(name));

/* --- scales ------------------------------------------------------------------------------------------------- */
/* Ticks 1, 2, 5 of each power of ten, few enough to read. */
function log_ticks(low, high) {
	const decades = Math.log10(high / low), out = [];
	for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
		for (const m of decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5]) {
			const t = m * 10 ** e;
			if (t >= low * 0.999 && t <= high * 1.001) out.push(t);
		}
	return out;
}
const legend = (...items) => el('p', { class: 'legend' }, items.map(([cls, dash, text]) => el('span', {}, el('i', { class: cls + (dash ? ' dash' : '') }), text)));
const r1 = n => n.toFixed(1);

/* --- over time ---------------------------------------------------------------------------------------------- */
const LINES = [['control_p50_ms', 'a', ''], ['control_p99_ms', 'a', ' thin'], ['candidate_p50_ms', 'b', ''], ['candidate_p99_ms', 'b', ' thin']];
function clock(i) {
	const s = v.series, at = new Date(1000 * (s.start_unix + i * s.step_seconds));
	return s.start_unix > 0 && !isNaN(at) ? at.toISOString().slice(11, 19) : count(i * s.step_seconds) + ' s';
}
function over_time() {
	const points = v.series.points, all = points.flatMap(p => LINES.map(([key]) => p[key])).filter(x => x > 0);
	if (points.length < 2 || !all.length) return null;
	const W = Math.max(320, Math.min(1240, document.documentElement.clientWidth - 60)), H = W < 600 ? 230 : 270, L = 54, R = 8, T = 8, B = 62;
	const low = Math.min(...all) / 1.15, high = Math.max(...all) * 1.15, n = points.length;
	const x = i => L + (W - L - R) * (n > 1 ? i / (n - 1) : 0), y = ms => T + (H - T - B) * Math.log(high / ms) / Math.log(high / low);
	const picture = svg('svg', { viewBox: '0 0 ' + W + ' ' + H, role: 'img', 'aria-label': 'Response times over the run: median and 99th percentile of control and candidate' });
	for (const t of log_ticks(low, high)) picture.append(svg('line', { class: 'grid', x1: L, x2: W - R, y1: r1(y(t)), y2: r1(y(t)) }), svg('text', { x: L - 6, y: r1(y(t) + 4), 'text-anchor': 'end' }, time(t)));
	const ticks = W < 600 ? 3 : 6;
	for (let k = 0; k <= ticks; k++) {
		const i = Math.round((n - 1) * k / ticks);
		picture.append(svg('text', { x: r1(x(i)), y: H - 4, 'text-anchor': k === 0 ? 'start' : k === ticks ? 'end' : 'middle' }, clock(i)));
	}
	/* How many differ, as bars below. */
	const most = Math.max(...points.map(p => p.different), 1), band = (W - L - R) / n, width = Math.max(0.6, band - 0.8);
	points.forEach((p, i) => { if (p.different) { const h = 26 * p.different / most; picture.append(svg('rect', { class: 'bars', x: r1(L + i * band), y: r1(H - 20 - h), width: r1(width), height: r1(h) })); } });
	picture.append(svg('text', { x: L - 6, y: H - 22, 'text-anchor': 'end' }, 'differ'));
	for (const [key, cls, thin] of LINES) {
		let d = '', pen = false;
		points.forEach((p, i) => { if (p[key] > 0) { d += (pen ? 'L' : 'M') + r1(x(i)) + ' ' + r1(y(p[key])); if (!pen && !(i + 1 < n && points[i + 1][key] > 0)) d += 'h0.1'; pen = true; } else pen = false; });
		picture.append(svg('path', { class: cls + thin, d }));
	}
	const cursor = svg('line', { class: 'cursor', y1: T, y2: H - 20 }), words = el('p', { class: 'readout', 'aria-live': 'polite' }, 'Point at the chart, or use the arrow keys on it, for the figures.');
	let at = 0;
	const show = i => {
		at = Math.max(0, Math.min(n - 1, i));
		cursor.setAttribute('x1', r1(x(at)));
		cursor.setAttribute('x2', r1(x(at)));
		picture.append(cursor);
		const p = points[at];
		words.textContent = clock(at) + ': control ' + time(p.control_p50_ms) + ', p99 ' + time(p.control_p99_ms) + '; candidate ' + time(p.candidate_p50_ms) + ', p99 ' + time(p.candidate_p99_ms) +
			'; ' + count(p.different) + ' of ' + count(p.compared) + ' differ';
	};
	picture.setAttribute('tabindex', '0');
	picture.addEventListener('pointermove', e => { const box = picture.getBoundingClientRect(); show(Math.round(((e.clientX - box.left) / box.width * W - L) / (W - L - R) * (n - 1))); });
	picture.addEventListener('keydown', e => { const step = { ArrowLeft: -1, ArrowRight: 1, Home: -n, End: n }[e.key]; if (step) { show(at + step); e.preventDefault(); } });
	return el('div', { class: 'chart' }, legend(['k-a', false, 'control, median'], ['k-a', true, 'p99'], ['k-b', false, 'candidate, median'], ['k-b', true, 'p99']), picture, words);
}

/* --- by endpoint -------------------------------------------------------------------------------------------- */
/* Both distributions as shares of their answers, over a logarithmic axis. */
function histogram(l) {
	const sides = [['a', l.control_buckets], ['b', l.candidate_buckets]].filter(([, b]) => b.length);
	if (!sides.length) return null;
	const low = Math.max(Math.min(...sides.map(([, b]) => b[0][0])), 1e-4) / 1.1, high = Math.max(...sides.map(([, b]) => b[b.length - 1][1]), low * 2) * 1.1;
	const W = Math.max(320, Math.min(1240, document.documentElement.clientWidth - 60)), H = 170, L = 10, R = 10, B = 24;
	const x = ms => L + (W - L - R) * Math.log(Math.max(ms, low) / low) / Math.log(high / low);
	/* Buckets are not of one width on this axis: heights are densities, so that areas are shares. */
	const shares = sides.map(([cls, b]) => { const sum = b.reduce((n, p) => n + p[2], 0); return [cls, b.map(([from, to, n]) => [from, to, n / sum / Math.log(to / Math.max(from, low))])]; });
	const top = Math.max(...shares.flatMap(([, b]) => b.map(p => p[2]))), y = share => (H - B) * (1 - share / top) + 4;
	const picture = svg('svg', { viewBox: '0 0 ' + W + ' ' + H, role: 'img', 'aria-label': 'Distribution of response times of control and candidate' });
	for (const t of log_ticks(low, high)) picture.append(svg('line', { class: 'grid', x1: r1(x(t)), x2: r1(x(t)), y1: 4, y2: H - B + 4 }), svg('text', { x: r1(x(t)), y: H - 5, 'text-anchor': 'middle' }, time(t)));
	for (const [cls, b] of shares) {
		let d = 'M' + r1(x(b[0][0])) + ' ' + r1(y(0)), before = b[0][0];
		for (const [from, to, share] of b) {
			if (from > before) d += 'V' + r1(y(0)) + 'H' + r1(x(from));
			d += 'V' + r1(y(share)) + 'H' + r1(x(to));
			before = to;
		}
		picture.append(svg('path', { class: 'area ' + cls, d: d + 'V' + r1(y(0)) }));
	}
	return el('div', { class: 'chart' }, legend(['k-a', false, 'control: median ' + time(l.control_ms && l.control_ms.p50) + ', p99 ' + time(l.control_ms && l.control_ms.p99)],
		['k-b', false, 'candidate: median ' + time(l.candidate_ms && l.candidate_ms.p50) + ', p99 ' + time(l.candidate_ms && l.candidate_ms.p99)]), picture,
		el('p', { class: 'readout' }, 'The candidate takes ' + times(l.ratio) + ' as long (99% interval ' + times(l.ratio_low) + ' to ' + times(l.ratio_high) + ')' +
			(l.noise_ratio ? '; the second control ' + times(l.noise_ratio) : '') + '.'));
}
function latency_section() {
	const of = (side, key) => l => time(l[side] && l[side][key]), order = v.latencies.slice().sort((a, b) => b.slower - a.slower || b.ratio - a.ratio);
	if (!order.length && !v.series.points.length) return null;
	const slower = order.filter(l => l.slower), pick = el('select', { 'aria-label': 'Endpoint', class: 'long', onchange: () => place.replaceChildren(histogram(order[pick.value]) || 'nothing was measured') },
		order.map((l, i) => el('option', { value: i }, clip(visible(l.endpoint), 80)))), place = el('div', {});
	if (order.length) place.append(histogram(order[0]) || 'nothing was measured');
	const number = (side, key) => l => l[side] ? l[side][key] : -1;
	return el('section', { id: 'latency' }, el('h2', {}, 'Latency'),
		el('p', { class: 'note' }, slower.length ? plural(slower.length, 'endpoint') + (slower.length === 1 ? ' is' : ' are') + ' slower.' : v.settings.latency_share === null ?
			'Slower endpoints are no findings: --diff-latency was not given.' : 'No endpoint is slower by more than ' + percent(v.settings.latency_share) + (v.settings.latency_floor_ms ? ' and ' + time(v.settings.latency_floor_ms) : '') + '.',
			' A ratio is the median, over exchanges, of the candidate\u2019s response time to the control\u2019s, with its 99% interval.'),
		el('div', { class: 'charts' }, over_time(), order.length ? el('div', {}, el('div', { class: 'head' }, 'By endpoint', order.length > 1 ? el('span', { class: 'filters' }, pick) : visible(order[0].endpoint)), place) : null),
		order.length ? [el('h3', {}, 'Every endpoint'), table([
			['Endpoint', l => [to_endpoint(l.endpoint), l.slower ? [' ', el('span', { class: 'badge sure' }, 'slower')] : ''], false, l => l.endpoint],
			['Exchanges', l => count(l.compared), true, l => l.compared],
			['Control p50', of('control_ms', 'p50'), true, number('control_ms', 'p50')], ['Candidate p50', of('candidate_ms', 'p50'), true, number('candidate_ms', 'p50')],
			['Control p99', of('control_ms', 'p99'), true, number('control_ms', 'p99')], ['Candidate p99', of('candidate_ms', 'p99'), true, number('candidate_ms', 'p99')],
			['Ratio', l => [times(l.ratio), el('div', { class: 'faint' }, times(l.ratio_low) + ' to ' + times(l.ratio_high))], true, l => l.ratio],
			['Second control', l => times(l.noise_ratio), true, l => l.noise_ratio || 0],
		], order, 25)] : null);
}
function endpoints_section() {
	if (!v.endpoints.length) return null;
	const share = e => { const all = e.compared + e.not_comparable, bar = el('div', { class: 'share', title: percent(e.different / (e.compared || 1)) + ' different' });
		for (const key of ['different', 'noise', 'not_comparable', 'same']) { const s = el('span', { class: 'c-' + key }); s.style.flexGrow = all ? e[key] : 0; bar.append(s); } return bar; };
	const column = (name, key) => [name, e => count(e[key]), true, e => e[key]];
	return el('section', { id: 'endpoints' }, el('h2', {}, 'Endpoints'), table([['Endpoint', e => [to_endpoint(e.endpoint), share(e)], false, e => e.endpoint], column('Compared', 'compared'),
		column('Different', 'different'), ['Share', e => percent(e.compared ? e.different / e.compared : null), true, e => e.compared ? e.different / e.compared : -1], column('Noise', 'noise'),
		column('Same', 'same'), column('Not comparable', 'not_comparable')], v.endpoints, 25));
}
function noise_section() {
	const noisy = v.findings.filter(f => f.state === 'noise').length;
	return el('section', { id: 'noise' }, el('h2', {}, 'Noise and what could not be compared'), el('div', { class: 'two' },
		el('div', {}, el('h3', {}, 'Hidden by rules'), v.hidden.length ? table([['Rule', h => [el('code', {}, visible(h.rule || '')), (h.rule || '').startsWith(h.where || '') ? null : el('div', { class: 'faint' }, visible(h.where))], false, h => h.rule || ''],
			['Hidden', h => count(h.count), true, h => h.count], ['First', h => [visible(h.endpoint || ''), ' ', el('code', {}, visible(h.path || ''))]]], v.hidden, 25) :
			el('p', { class: 'note' }, 'No rule hid anything.'),
			el('h3', {}, 'Measured'), el('p', {}, noisy ? [el('a', { href: '#state=noise' }, plural(noisy, 'place')), ' differ' + (noisy === 1 ? 's' : '') + ' as often between the controls, or as learned.'] :
				v.second ? 'The controls explain no difference.' : 'Noise was not measured: there was no second control.')),
		el('div', {}, el('h3', {}, 'Not comparable'), causes(v.not_comparable, 'Every exchange could be compared.'),
			el('h3', {}, 'Compared as something else than named'), causes(v.fallbacks, 'No body was.'))));
}
function causes(list, none) {
	return list.length ? el('dl', { class: 'facts counted' }, list.map(c => [el('dt', { class: 'number' }, count(c.count)), el('dd', {}, visible(c.cause))])) : el('p', { class: 'note' }, none);
}

/* --- the run ------------------------------------------------------------------------------------------------ */
function ledger_section() {
	if (!ledger || !ledger.sections) return null;
	const targets = ledger.targets || [], words = key => visible(key).replace(/_/g, ' ');
	const section = s => {
		const notes = new Set(s.notes || []), losses = new Set(s.losses || []), entries = Object.entries(s.rows || {}).filter(([key, n]) => n || key === s.total);
		const rank = key => key === s.total ? 0 : notes.has(key) ? 2 : 1;
		return el('details', {}, el('summary', {}, words(s.section) + (s.label ? ' ' + visible(s.label) : '') + (s.total ? ': ' + count(s.rows[s.total]) : ''), s.balanced === false ? el('span', { class: 'bad' }, ' does not balance') : ''),
			el('dl', { class: 'facts' }, entries.sort((a, b) => rank(a[0]) - rank(b[0])).map(([key, n]) => [el('dt', { class: losses.has(key) && n ? 'bad' : null }, words(key)), el('dd', {}, count(n))])));
	};
	return el('section', { id: 'run' }, el('h2', {}, 'The run'),
		el('p', { class: ledger.balanced === false || ledger.schedule_held === false || ledger.error ? 'bad' : 'note' }, [ledger.seconds ? 'Took ' + time(1000 * ledger.seconds) + '. ' : '', ledger.schedule_held === undefined ? '' : ledger.schedule_held ? 'The schedule was held. ' : 'The schedule was not held. ',
			ledger.balanced ? 'Every total of the ledger is the sum of its parts.' : 'The ledger does not balance.', ledger.error ? ' Stopped early: ' + visible(ledger.error) : '']),
		targets.length ? [el('h3', {}, 'Targets'), table([['Target', t => visible(t.label || ''), false, t => t.label], ...['p50', 'p99', 'max'].map(k => ['Lateness ' + k, t => time(t.lateness_ms && t.lateness_ms[k]), true, t => t.lateness_ms ? t.lateness_ms[k] : -1]),
			['Schedule', t => !t.scheduled ? 'none' : t.schedule_held ? 'held' : el('span', { class: 'bad' }, 'not held')], ['Unsent', t => count(t.unsent), true, t => t.unsent]], targets, 50)] : null,
		el('h3', {}, 'Ledger'), ledger.sections.map(section));
}
function settings_section() {
	const expected = (v.expectations || []).map(e => [visible(e.rule || ''), e.answers ? 'put to ' + plural(e.answers, 'answer') : 'put to no answer: it is for no endpoint that was asked']);
	const s = v.settings, rows = [['False discoveries', 'at most ' + percent(s.alpha)], ['Thresholds', s.relative || s.absolute ? percent(s.relative) + ' relative, ' + percent(s.absolute) + ' absolute' : 'none'],
		['--diff-latency', s.latency_share === null ? 'not asked' : percent(s.latency_share)], ['--diff-fail', s.fail_share === null ? 'not asked' : percent(s.fail_share)], ['Seed of the examples', s.seed], ...expected];
	return el('section', { id: 'settings' }, el('h2', {}, 'Settings'), el('dl', { class: 'facts' }, rows.map(([name, text]) => [el('dt', {}, name), el('dd', {}, text)])));
}
