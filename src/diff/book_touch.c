/* book_touch: the controls with each other first, so that a difference of the candidate's is known at once for one that the controls have too. */
#include "diff/book_inner.h"
#include "diff/forms.h"
#include "diff/pattern.h"
#include "diff/timestamp.h"

#include <stdio.h>
#include <stdlib.h>

#define SUMMED 4096 /* bytes of a value that are looked at to tell whether candidate and second control agree */

enum book_side { SIDE_SECOND, SIDE_CANDIDATE };

struct telling {
	struct book *b;
	struct endpoint_book *e;
	const struct endpoint_rules *rules;
	enum book_side side;
	bool again, nomem;
	struct timestamp_span of_control, of_other; /* the answers' times */
};

void book_forget(struct book *b)
{
	for (uint32_t i = 0; i < b->touched_count; i++) {
		free(b->touched[i].control_value);
		free(b->touched[i].candidate_value);
	}
	b->touched_count = 0;
	b->hidden_seen_count = 0;
	b->hid = b->ended = false;
	b->turn++;
}

/* --- rules -------------------------------------------------------------------------------------------------------------------------- */

static bool has_own_rules(const struct book *b, const struct book_exchange *x)
{
	return (b->options.rules && rules_of_own_path(b->options.rules, x->folded, x->path)) ||
	       (b->options.expect && expect_of_own_path(b->options.expect, x->folded, x->path));
}

/* Those for this request's own path; the endpoint's where that makes no difference. */
static int rules_of(struct book *b, const struct endpoint_book *e, const struct book_exchange *x, struct path_rules *out)
{
	*out = (struct path_rules){ .rules = e->rules, .expects = e->expects };
	if (e != b->other && !(b->by_path && has_own_rules(b, x)))
		return 0;
	uint64_t hash = hash_bytes(b->key, x->path) + 31 * hash_bytes(b->key, x->folded) + 961 * hash_bytes(b->key, x->method);
	struct path_rules *known = &b->path_rules[hash % PATH_RULES];
	if (!known->known || known->hash != hash) {
		endpoint_rules_free(known->rules);
		*known = (struct path_rules){ .hash = hash };
		if (b->options.rules && !(known->rules = rules_for(b->options.rules, x->method, x->folded, x->path)))
			return ERR_NOMEM;
		if (b->options.expect)
			known->expects = expect_for(b->options.expect, x->method, x->folded, x->path);
		known->known = true;
	}
	*out = *known;
	return 0;
}

static bool seen_hidden(struct book *b, uint64_t sum)
{
	for (unsigned i = 0; i < b->hidden_seen_count; i++)
		if (b->hidden_seen[i] == sum)
			return true;
	if (b->hidden_seen_count < sizeof b->hidden_seen / sizeof b->hidden_seen[0])
		b->hidden_seen[b->hidden_seen_count++] = sum;
	return false;
}

/* Counted once an exchange and path. rule: beyond the last one: the present moment. */
static void hidden(struct telling *t, int rule, struct slice path)
{
	struct book *b = t->b;
	if (t->again || t->side == SIDE_SECOND || rule < 0 || (size_t)rule > b->hidden_count)
		return;
	b->hid |= rule >= b->own_rules && (size_t)rule < b->hidden_count;
	if (seen_hidden(b, hash_bytes(b->key, path) + (uint64_t)rule))
		return;
	struct hidden_count *h = &b->hidden[rule];
	if (h->exchanges++ == 0) {
		h->endpoint = slice_copy(slice_of(t->e->name, t->e->name_len));
		h->path = slice_copy(slice_cut(path, 0, DIFFERENCE_PATH_MAX));
	}
}

static struct path_advice advise(void *arg, struct slice path)
{
	struct telling *t = arg;
	struct path_advice advice = rules_advise(t->rules, path);
	if (advice.skip)
		hidden(t, rules_skips(t->rules, path), path);
	return advice;
}

/* What the advice makes no difference is hidden by the rule that the advice came from. */
static void let_pass(void *arg, const struct difference *d)
{
	struct telling *t = arg;
	hidden(t, rules_hide(t->rules, d), d->path);
}

/* --- keys --------------------------------------------------------------------------------------------------------------------------- */

static struct touched *touched_entry(struct book *b, struct key_book *k)
{
	if (k->turn == b->turn)
		return &b->touched[k->at];
	if (b->touched_count == b->touched_cap) {
		uint32_t cap = b->touched_cap ? b->touched_cap * 2 : 64;
		struct touched *more = realloc(b->touched, cap * sizeof *more);
		if (!more)
			return NULL;
		b->touched = more;
		b->touched_cap = cap;
	}
	k->turn = b->turn;
	k->at = b->touched_count++;
	b->touched[k->at] = (struct touched){ .key = k, .slot = -1 };
	return &b->touched[k->at];
}

/* Equal for equal differences, in whatever order they are told. */
static uint64_t sum_of(const struct book *b, const struct difference *d)
{
	uint64_t control = hash_bytes(b->key, slice_cut(d->control, 0, SUMMED)),
	         other = hash_bytes(b->key, slice_cut(d->candidate, 0, SUMMED));
	return other + 31 * control + d->candidate.len + 7 * d->control.len;
}

static char *example_value(const struct difference *d, bool of_control)
{
	bool none = of_control ? d->kind == DIFFERENCE_EXTRA || d->kind == DIFFERENCE_EXPECT
	                       : d->kind == DIFFERENCE_MISSING && !d->candidate.len;
	return none ? NULL : value_copy(of_control ? d->control : d->candidate);
}

static void touch(struct telling *t, const struct difference *d)
{
	struct book *b = t->b;
	struct key_book *k = book_key(b, t->e, d->path, d->kind);
	struct touched *at = k ? touched_entry(b, k) : NULL;
	if (!at) {
		t->nomem = true;
		return;
	}
	if (b->options.learning && d->kind == DIFFERENCE_VALUE)
		k->forms &= forms_of(d->control) & forms_of(d->candidate);
	if (t->side == SIDE_SECOND) {
		at->second = true;
		at->second_sum += sum_of(b, d);
		return;
	}
	if (at->second)
		at->candidate_sum += sum_of(b, d);
	if (at->candidate || t->again) {
		at->candidate = true;
		return;
	}
	at->candidate = true;
	at->slot = reservoir_slot(b, &k->examples, !at->second);
	if (at->slot >= 0) {
		at->control_value = example_value(d, true);
		at->candidate_value = example_value(d, false);
	}
}

/* Of a single value of its own: in JSON, a header, a form. */
static bool of_the_present(const struct telling *t, const struct difference *d)
{
	return d->kind == DIFFERENCE_VALUE && !t->b->options.present_counts && path_root_of(d->path) <= ROOT_FORM &&
	       timestamps_present(d->control, t->of_control, d->candidate, t->of_other);
}

static void differs(void *arg, const struct difference *d)
{
	struct telling *t = arg;
	t->b->ended |= book_path_of_all(d->path);
	int rule = t->rules ? rules_hide(t->rules, d) : -1;
	if (rule < 0 && of_the_present(t, d))
		rule = (int)t->b->hidden_count;
	if (rule >= 0)
		hidden(t, rule, d->path);
	else
		touch(t, d);
}

/* --- one exchange ------------------------------------------------------------------------------------------------------------------- */

static struct timestamp_span span_of(const struct book_answer *a)
{
	struct timestamp_span s = { a->sent_ns, a->sent_ns };
	if (a->latency_ns > 0 && __builtin_add_overflow(a->sent_ns, a->latency_ns, &s.until_ns))
		s.until_ns = INT64_MAX;
	return s;
}

static void compare_pair(struct telling *t, const struct book_answer *control, const struct book_answer *other, enum book_side side)
{
	struct difference_sink sink = { t, differs };
	struct json_advice advice = { t, t->rules ? advise : NULL, t->rules ? let_pass : NULL };
	t->side = side;
	t->of_control = span_of(control);
	t->of_other = span_of(other);
	if (other->there) {
		bool same = compare_answers(t->b->comparer, &control->answer, &other->answer, &advice, sink);
		t->nomem |= !same && comparer_out_of_memory(t->b->comparer);
		return;
	}
	char status[16];
	(void)snprintf(status, sizeof status, "%d", control->answer.status);
	struct difference d = { slice_str("answer"), DIFFERENCE_MISSING, slice_str(status), slice_str(other->failed) };
	differs(t, &d);
}

int book_touch(struct book *b, struct endpoint_book *e, const struct book_exchange *x, bool again, bool *measured)
{
	struct path_rules rules;
	book_forget(b);
	*measured = x->second.there || x->second.failed;
	int rc = rules_of(b, e, x, &rules);
	if (rc)
		return rc;
	struct telling t = { .b = b, .e = e, .rules = rules.rules, .again = again };
	if (*measured)
		compare_pair(&t, &x->control, &x->second, SIDE_SECOND);
	compare_pair(&t, &x->control, &x->candidate, SIDE_CANDIDATE);
	return t.nomem ? ERR_NOMEM : 0;
}

static struct slice body_of(struct book *b, const struct answer *a)
{
	if (!a->coded || !b->options.decode)
		return a->body;
	buf_clear(&b->decoded);
	return b->options.decode(a->message, &b->decoded) == 0 ? buf_slice(&b->decoded) : slice_of(NULL, 0);
}

int book_expect(struct book *b, struct endpoint_book *e, const struct book_exchange *x)
{
	struct path_rules rules;
	b->expected = false;
	if (!b->options.expect || !x->candidate.there)
		return 0;
	int rc = rules_of(b, e, x, &rules);
	if (rc || rules.expects == 0)
		return rc;
	b->expected = true;
	const struct answer *a = &x->candidate.answer;
	struct slice body = expect_needs_body(b->options.expect, rules.expects) ? body_of(b, a) : slice_of(NULL, 0);
	uint64_t broken = expect_broken(b->options.expect, rules.expects, a->status, body, &b->tree);
	e->expects_seen |= rules.expects;
	if (!e->checked && !(e->checked = calloc(BOOK_EXPECTS, sizeof *e->checked)))
		return ERR_NOMEM;
	struct telling t = { .b = b, .e = e, .side = SIDE_CANDIDATE };
	char status[16];
	(void)snprintf(status, sizeof status, "%d", a->status);
	for (size_t i = 0; i < BOOK_EXPECTS; i++) {
		e->checked[i] += rules.expects >> i & 1;
		if (!(broken >> i & 1))
			continue;
		struct difference d = { slice_str(expect_text(b->options.expect, i)), DIFFERENCE_EXPECT, slice_of(NULL, 0),
			                slice_str(status) };
		touch(&t, &d);
	}
	return t.nomem ? ERR_NOMEM : 0;
}
