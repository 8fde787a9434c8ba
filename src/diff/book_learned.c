/* book_learned: each key that differed between answers of one deployment, as a rule with what was seen behind it.
 *
 * What differs often enough to carry no news is hidden; what differs now and then gets its rate, so that more of it is noticed; and for each endpoint, what
 * else there is never differed, in so many exchanges: that too is a rate. */
#include "base/units.h"
#include "diff/book_inner.h"
#include "diff/forms.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define ALWAYS         0.2 /* the share of exchanges from which on it is hidden */
#define SHOWN          40  /* bytes of a value */
#define LINE_MAX_BYTES (1u << 20)

static const char header[] =
        "# Differences among answers of one and the same deployment, as rules: what a comparison is not to take for news.\n"
        "# Please review: a rule that hides a path hides every fault there too; a path that ought not to differ is a fault of its own.\n"
        "# Behind each: exchanges that differed there, of those compared; and two values that were seen.\n";

/* How often it differed. The two pairs of an exchange share the control: where both differ, that is one event seen twice, and counts once. */
struct seen {
	uint64_t differ, of;
	double share;
};

static struct seen seen_of(const struct key_book *k)
{
	const struct endpoint_book *e = k->endpoint;
	struct seen s = { k->differ + k->noise, e->compared + e->measured, 0 };
	double a = e->compared ? (double)k->differ / (double)e->compared : 0, b = e->measured ? (double)k->noise / (double)e->measured : 0;
	s.share = fmax(a, b);
	if (s.differ == 0)
		return s;
	double twice = 1 + 2 * (double)k->both / (double)s.differ;
	s.differ = (uint64_t)ceil((double)s.differ / twice);
	s.of = (uint64_t)fmax(1, floor((double)s.of / twice));
	s.differ = s.differ < s.of ? s.differ : s.of;
	return s;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------------ */

/* Within ["..."] spaces are part of a path; elsewhere they, and what begins a comment, are written as "*": any run of characters. */
static int put_path(struct buf *out, const struct key_book *k)
{
	bool quoted = false;
	int rc = 0;
	if (strncmp(k->path, "status ", 7) == 0)
		return buf_append_str(out, k->path);
	for (size_t i = 0; rc == 0 && i < k->path_len; i++) {
		char c = k->path[i];
		if (c == '"' && (quoted || (i && k->path[i - 1] == '[')))
			quoted = !quoted;
		else if (c == '\\' && quoted && i + 1 < k->path_len)
			rc = buf_append(out, slice_of(&k->path[i++], 1)), c = k->path[i];
		bool odd = (!quoted && (c == ' ' || c == '#')) || (unsigned char)c < ' ' || c == 127;
		if (rc == 0)
			rc = buf_append(out, odd ? slice_str("*") : slice_of(&c, 1));
	}
	return rc;
}

static int put_value(struct buf *out, const char *value)
{
	if (!value)
		return buf_append_str(out, "(none)");
	size_t n = 0;
	while (value[n] && n < SHOWN)
		n++;
	while (value[n] && ((unsigned char)value[n] & 0xc0) == 0x80) /* never half a character */
		n++;
	for (size_t i = 0; i < n; i++) {
		char c = value[i];
		int rc = buf_append(out, (unsigned char)c < ' ' || c == 127 ? slice_str(" ") : slice_of(&c, 1));
		if (rc)
			return rc;
	}
	return value[n] ? buf_append_str(out, "...") : 0;
}

static int put_comment(struct buf *out, const struct key_book *k, const struct seen *s)
{
	int rc = buf_printf(out, "  # %llu of %llu", (unsigned long long)s->differ, (unsigned long long)s->of);
	if (rc == 0 && k->examples.count) {
		const struct verdict_example *e = &k->examples.kept[0];
		rc = buf_append_str(out, ": ");
		rc = rc ? rc : put_value(out, e->control);
		rc = rc ? rc : buf_append_str(out, " | ");
		rc = rc ? rc : put_value(out, e->candidate);
	}
	return rc ? rc : buf_append_str(out, "\n");
}

static int put_how(struct buf *out, const struct key_book *k, const struct seen *s)
{
	const char *kind = difference_kind_name(k->kind);
	if (s->share < ALWAYS)
		return buf_printf(out, " kind %s rate %llu/%llu", kind, (unsigned long long)s->differ, (unsigned long long)s->of);
	bool json = k->path[0] == '$', field = json || strncmp(k->path, "header:", 7) == 0 || strncmp(k->path, "form:", 5) == 0;
	const char *form = k->kind == DIFFERENCE_VALUE && field && k->forms != UINT_MAX ? forms_name(k->forms) : NULL;
	if (form)
		return buf_printf(out, " like %s", form);
	if (k->kind == DIFFERENCE_ORDER && (json || strcmp(k->path, "body") == 0))
		return buf_append_str(out, " order");
	return buf_printf(out, " kind %s", kind);
}

/* As rules.h has an endpoint: what no rule can hold becomes "*". */
static int put_name(struct buf *out, const struct endpoint_book *e)
{
	struct slice method = endpoint_method(e), path = endpoint_folded(e);
	bool letters = method.len > 0;
	for (size_t i = 0; i < method.len; i++)
		letters = letters && ascii_lower(method.ptr[i]) >= 'a' && ascii_lower(method.ptr[i]) <= 'z';
	int rc = buf_append(out, letters ? method : slice_str("*"));
	rc = rc ? rc : buf_append_str(out, path.len && path.ptr[0] == '/' ? " " : " *");
	for (size_t i = 0; rc == 0 && i < path.len; i++) {
		bool odd = path.ptr[i] <= ' ' || path.ptr[i] == 127 || path.ptr[i] == '?' || path.ptr[i] == '#';
		rc = buf_append(out, odd ? slice_str("*") : slice_cut(path, i, 1));
	}
	return rc ? rc : buf_append_str(out, ": ");
}

/* The file being written: each line is tried as a rule first, so that all of it can be read again. */
struct page {
	const struct book *b;
	struct buf *out;
	struct buf line;
	struct rules *tried;
};

/* What was written into the line, as a comment where it is no rule: a path too long, more rules than there may be. */
static int end_line(struct page *page)
{
	struct slice line = slice_cut(buf_slice(&page->line), 0, page->line.len - 1);
	bool comment = line.len && line.ptr[0] == '#';
	int rc = comment ? 0 : rules_add(page->tried, line, "learned", NULL);
	if (rc == ERR_NOMEM)
		return rc;
	rc = rc ? buf_append_str(page->out, "# not to be had as a rule: ") : 0;
	rc = rc ? rc : buf_append(page->out, buf_slice(&page->line));
	buf_clear(&page->line);
	return rc;
}

/* A deployment that often gave no answer was out of order: a rule would hide that the next one is. */
static bool is_outage(const struct key_book *k, const struct seen *s)
{
	return strcmp(k->path, "answer") == 0 && s->share >= ALWAYS;
}

static int put_key(struct page *page, const struct key_book *k)
{
	const struct seen s = seen_of(k);
	struct buf *out = &page->line;
	int rc = is_outage(k, &s) ? buf_append_str(out, "# no rule, but a fault: ") : 0;
	rc = rc ? rc : put_name(out, k->endpoint);
	rc = rc ? rc : put_path(out, k);
	rc = rc ? rc : put_how(out, k, &s);
	rc = rc ? rc : put_comment(out, k, &s);
	return rc ? rc : end_line(page);
}

/* --- order -------------------------------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const struct key_book *x = *(struct key_book *const *)a, *y = *(struct key_book *const *)b;
	int order = strcmp(x->endpoint->name, y->endpoint->name);
	order = order ? order : strcmp(x->path, y->path);
	return order ? order : (int)x->kind - (int)y->kind;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct endpoint_book *const *)a)->name, (*(struct endpoint_book *const *)b)->name);
}

static bool to_be_told(const struct book *b, const struct key_book *k)
{
	return k->differ + k->noise > 0 && k->kind < DIFFERENCE_LATENCY && k != k->endpoint->other && k->endpoint != b->other;
}

/* In so many exchanges nothing else was seen. The second pair of each adds a third: of three answers each is the odd one as often, and where the control
 * is, both pairs see the same. */
static int put_rest(struct page *page, const struct endpoint_book *e)
{
	uint64_t of = e->compared + e->measured / 3, differ = e->other ? e->other->differ + e->other->noise : 0;
	int rc = put_name(&page->line, e);
	differ = differ < of ? differ : of;
	rc = rc ? rc
	        : buf_printf(&page->line, "** rate %llu/%llu  # anything else; %llu exchanges\n", (unsigned long long)differ,
	                     (unsigned long long)of, (unsigned long long)e->compared);
	return rc ? rc : end_line(page);
}

/* A target of the same deployment that is slower than the control, beyond what was asked: the one that is most. */
static int put_latency(struct page *page, const struct endpoint_book *e)
{
	if (!e->latency)
		return 0;
	struct latency_ratio r = latency_ratio_of(&e->latency->ratio, &e->latency->more),
	                     second = latency_ratio_of(&e->latency->noise_ratio, &e->latency->noise_more);
	bool slower = book_slower(page->b, &r);
	if (book_slower(page->b, &second) && (!slower || second.ratio > r.ratio))
		r = second;
	else if (!slower)
		return 0;
	char more[UNITS_TEXT];
	int rc = put_name(&page->line, e);
	rc = rc ? rc
	        : buf_printf(&page->line, "latency  # %.2f times (%.2f-%.2f) as long, %s more, in the median of %llu exchanges\n", r.ratio,
	                     r.low, r.high, format_duration(more, r.more_ns), (unsigned long long)r.compared);
	return rc ? rc : end_line(page);
}

/* keys: sorted; those of e begin at *at. */
static int put_endpoint(struct page *page, const struct endpoint_book *e, struct key_book *const *keys, size_t n, size_t *at)
{
	int rc = buf_append_str(page->out, "\n");
	for (; rc == 0 && *at < n && strcmp(keys[*at]->endpoint->name, e->name) == 0; ++*at)
		rc = put_key(page, keys[*at]);
	rc = rc ? rc : put_latency(page, e);
	return rc ? rc : put_rest(page, e);
}

static int put_all(struct page *page, struct key_book **keys, struct endpoint_book **endpoints)
{
	const struct book *b = page->b;
	size_t n = 0, m = 0, at = 0;
	for (size_t i = 0; i < b->key_count; i++)
		if (to_be_told(b, b->keys[i]))
			keys[n++] = b->keys[i];
	for (size_t i = 0; i < b->endpoint_count; i++)
		if (b->ordered[i] != b->other && b->ordered[i]->compared)
			endpoints[m++] = b->ordered[i];
	qsort(keys, n, sizeof(struct key_book *), by_place);
	qsort(endpoints, m, sizeof(struct endpoint_book *), by_name);
	int rc = buf_append_str(page->out, header);
	for (size_t i = 0; rc == 0 && i < m; i++)
		rc = put_endpoint(page, endpoints[i], keys, n, &at);
	return rc;
}

int book_learned(struct book *b, struct buf *out)
{
	struct key_book **keys = calloc(b->key_count + 1, sizeof(struct key_book *));
	struct endpoint_book **endpoints = calloc(b->endpoint_count + 1, sizeof(struct endpoint_book *));
	struct page page = { .b = b, .out = out, .tried = rules_new() };
	buf_init(&page.line, LINE_MAX_BYTES);
	int rc = keys && endpoints && page.tried ? put_all(&page, keys, endpoints) : ERR_NOMEM;
	buf_release(&page.line);
	rules_free(page.tried);
	free(keys);
	free(endpoints);
	return rc;
}
