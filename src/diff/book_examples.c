/* book_examples: drawn by algorithm R (Vitter 1985) with a generator of each reservoir's own; an exchange's bytes are kept once, however many show it. */
#include "diff/book_inner.h"

#include <stdlib.h>

/* SplitMix64. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void example_free(struct verdict_example *e)
{
	verdict_exchange_unref(e->exchange);
	free(e->control);
	free(e->candidate);
	*e = (struct verdict_example){ 0 };
}

static size_t value_bytes(const struct verdict_example *e)
{
	return (e->control ? strlen(e->control) + 1 : 0) + (e->candidate ? strlen(e->candidate) + 1 : 0);
}

/* The book's own share in it ends; what it held is free again with the last one. */
static void example_drop(struct book *b, struct verdict_example *e)
{
	size_t bytes = value_bytes(e) + (e->exchange && e->exchange->refs == 1 ? exchange_bytes(e->exchange) : 0);
	b->kept_bytes -= bytes < b->kept_bytes ? bytes : b->kept_bytes;
	example_free(e);
}

int reservoir_slot(struct book *b, struct reservoir *r, bool surely)
{
	if (r->surely && !surely)
		return -1;
	if (surely && !r->surely) {
		while (r->count)
			example_drop(b, &r->kept[--r->count]);
		r->surely = true;
		r->seen = 0;
	}
	r->seen++;
	if (r->count > 0 && b->kept_bytes > BOOK_KEPT_BYTES)
		return -1;
	if (r->count < VERDICT_EXAMPLES)
		return (int)r->count;
	uint64_t at = draw(&r->random) % r->seen;
	return at < VERDICT_EXAMPLES ? (int)at : -1;
}

void reservoir_put(struct book *b, struct reservoir *r, int slot, struct verdict_example e)
{
	if ((unsigned)slot < r->count)
		example_drop(b, &r->kept[slot]);
	else
		r->count = (unsigned)slot + 1;
	r->kept[slot] = e;
	b->kept_bytes += value_bytes(&e);
}

void reservoir_free(struct reservoir *r)
{
	while (r->count)
		example_free(&r->kept[--r->count]);
}

static void empty(struct book *b, struct reservoir *r)
{
	while (r->count)
		example_drop(b, &r->kept[--r->count]);
	r->seen = 0;
}

/* Each that stays is taken from one of the two, as often as that one has seen more. */
void reservoir_merge(struct book *b, struct reservoir *into, struct reservoir *from)
{
	struct verdict_example all[VERDICT_EXAMPLES];
	unsigned n = 0, i = 0, k = 0;
	if (into->surely != from->surely)
		empty(b, into->surely ? from : into);
	into->surely |= from->surely;
	while (n < VERDICT_EXAMPLES && i + k < into->count + from->count) {
		uint64_t seen = into->seen + from->seen;
		bool first = i < into->count && (k == from->count || draw(&into->random) % seen < into->seen);
		all[n++] = first ? into->kept[i++] : from->kept[k++];
	}
	while (i < into->count)
		example_drop(b, &into->kept[i++]);
	while (k < from->count)
		example_drop(b, &from->kept[k++]);
	memcpy(into->kept, all, n * sizeof *all);
	into->count = n;
	into->seen += from->seen;
	from->count = 0;
}

/* --- values ------------------------------------------------------------------------------------------------------------------------- */

/* Bytes of the character that s begins with (RFC 3629); 0: it is none. */
static size_t character(struct slice s)
{
	static const struct {
		uint8_t from, to, low, high; /* of the first byte, of the second */
		size_t len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	if (s.ptr[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (s.ptr[0] < forms[i].from || s.ptr[0] > forms[i].to || s.len < forms[i].len)
			continue;
		bool whole = s.ptr[1] >= forms[i].low && s.ptr[1] <= forms[i].high;
		for (size_t k = 2; k < forms[i].len; k++)
			whole = whole && (s.ptr[k] & 0xc0) == 0x80;
		return whole ? forms[i].len : 0;
	}
	return 0;
}

char *value_copy(struct slice value)
{
	static const char none[] = "\xef\xbf\xbd", nul[] = "\xe2\x90\x80",
	                  more[] = "\xe2\x80\xa6"; /* U+FFFD, a picture of NUL, an ellipsis */
	char *copy = malloc(VERDICT_VALUE_BYTES + sizeof more);
	size_t n = 0;
	if (!copy)
		return NULL;
	while (value.len) {
		size_t len = character(value);
		const char *from = len && value.ptr[0] ? (const char *)value.ptr : len ? nul : none;
		size_t bytes = from == (const char *)value.ptr ? len : 3;
		if (n + bytes > VERDICT_VALUE_BYTES - 3)
			break;
		memcpy(copy + n, from, bytes);
		n += bytes;
		value = slice_from(value, len ? len : 1);
	}
	if (value.len) {
		memcpy(copy + n, more, 3);
		n += 3;
	}
	copy[n] = 0;
	char *fits = realloc(copy, n + 1);
	return fits ? fits : copy;
}

/* --- exchanges ---------------------------------------------------------------------------------------------------------------------- */

size_t exchange_bytes(const struct verdict_exchange *x)
{
	return x->request.len + x->control.len + x->candidate.len + x->second.len;
}

static void let_go(struct slice *s)
{
	free((void *)(uintptr_t)s->ptr);
	*s = slice_of(NULL, 0);
}

void exchange_strip(struct verdict_exchange *x)
{
	x->cut |= exchange_bytes(x) > 0;
	let_go(&x->request);
	let_go(&x->control);
	let_go(&x->candidate);
	let_go(&x->second);
}

static bool keep_bytes(struct verdict_exchange *x, struct slice from, struct slice *to)
{
	struct slice kept = slice_cut(from, 0, VERDICT_KEPT_BYTES);
	x->cut |= kept.len < from.len;
	if (kept.len == 0)
		return true;
	char *copy = slice_copy(kept);
	*to = slice_of(copy, copy ? kept.len : 0);
	return copy != NULL;
}

static struct slice message_of(const struct book_answer *a)
{
	return a->there ? a->answer.message : slice_of(NULL, 0);
}

static size_t would_take(struct slice s)
{
	return s.len < VERDICT_KEPT_BYTES ? s.len : VERDICT_KEPT_BYTES;
}

struct verdict_exchange *exchange_keep(struct book *b, const struct book_exchange *x, size_t limit)
{
	struct verdict_exchange *kept = calloc(1, sizeof *kept);
	if (!kept)
		return NULL;
	const struct slice from[4] = { x->request, message_of(&x->control), message_of(&x->candidate), message_of(&x->second) };
	struct slice *const to[4] = { &kept->request, &kept->control, &kept->candidate, &kept->second };
	size_t bytes = 0;
	kept->refs = 1;
	if (x->id)
		memcpy(kept->id, x->id, strnlen(x->id, sizeof kept->id - 1));
	kept->control_ns = x->control.there ? x->control.latency_ns : -1;
	kept->candidate_ns = x->candidate.there ? x->candidate.latency_ns : -1;
	for (int i = 0; i < 4; i++)
		bytes += would_take(from[i]);
	bool whole = b->kept_bytes + bytes <= limit;
	for (int i = 0; i < 4 && whole; i++)
		whole = keep_bytes(kept, from[i], to[i]);
	if (!whole) {
		exchange_strip(kept);
		kept->cut = true;
		b->let_go++;
	}
	b->kept_bytes += exchange_bytes(kept);
	return kept;
}
