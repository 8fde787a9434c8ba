/* carry: exchanges wait by id until both answers are there; then what differs becomes a value. */
#include "output/carry.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "http/substitute.h"
#include "output/carry_extract.h"
#include "output/carry_values.h"

#include <stdlib.h>

#define EXCHANGES_MAX  65536
#define HELD_BYTES_MAX (32u << 20) /* of values that wait for their counterpart */
#define VALUES_MAX     200000
#define VALUES_BYTES   (64u << 20)
#define LIST_BYTES     (CARRY_VALUES_OF * 1024u)
#define EARLY_LOOKS    256        /* exchanges under way that a request is held against */
#define GROWTH         (1u << 20) /* of a request, at most */

enum carry_row {
	CARRY_EXCHANGES,
	CARRY_JOINED,
	CARRY_NO_RECORDED,
	CARRY_NO_ANSWER,
	CARRY_FORGOTTEN,
	CARRY_LEARNT,
	CARRY_TOO_SHORT,
	CARRY_LET_GO,
	CARRY_CHANGED,
	CARRY_REPLACED,
	CARRY_EARLY,
	CARRY_NO_MEMORY,
	CARRY_ROWS
};

static const struct tally_row rows[CARRY_ROWS] = {
	[CARRY_EXCHANGES] = { "exchanges", "requests sent whose answers may hold values", TALLY_TOTAL, false },
	[CARRY_JOINED] = { "joined", "compared with their recorded responses", TALLY_PART, false },
	[CARRY_NO_RECORDED] = { "no_recorded", "without a recorded response", TALLY_PART, false },
	[CARRY_NO_ANSWER] = { "no_answer", "not answered", TALLY_PART, false },
	[CARRY_FORGOTTEN] = { "forgotten", "let go: too many at once", TALLY_PART, true },
	[CARRY_LEARNT] = { "learnt", "values that were other than recorded", TALLY_NOTE, false },
	[CARRY_TOO_SHORT] = { "too_short", "values too short to be replaced", TALLY_NOTE, false },
	[CARRY_LET_GO] = { "let_go", "values let go: too many", TALLY_NOTE, true },
	[CARRY_CHANGED] = { "changed", "requests changed", TALLY_NOTE, false },
	[CARRY_REPLACED] = { "replaced", "values put in", TALLY_NOTE, false },
	[CARRY_EARLY] = { "early", "requests sent before the answer whose value they hold", TALLY_NOTE, true },
	[CARRY_NO_MEMORY] = { "no_memory", "requests unchanged for lack of memory or room", TALLY_NOTE, true },
};
static const struct tally_table carry_table = { "carry", rows, CARRY_ROWS };

struct exchange {
	struct list link;       /* c->by_age */
	struct list early_link; /* c->early: recorded, not answered, and holds values */
	struct message_id id;
	uint64_t lane, hash;
	bool recorded, answered;
	struct buf was, is; /* what carry_extract gave */
};

struct carry {
	struct carry_rule rules[CARRY_RULES_MAX];
	size_t n_rules;
	struct slice base_path;
	struct hash_key key;
	struct map by_id;
	struct list by_age, early;
	size_t n, held_bytes;
	struct carry_values *values;
	uint64_t lane;    /* of the request that is being prepared */
	struct buf coded; /* the value that goes in next, where it had to be encoded */
	uint64_t counts[CARRY_ROWS];
};

static bool same_id(const void *entry, const void *key)
{
	return message_id_eq(&((const struct exchange *)entry)->id, key);
}

struct carry *carry_new(const struct text_list *given, struct slice base_path, struct err *err)
{
	struct carry *c = calloc(1, sizeof *c);
	if (!c) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	list_init(&c->by_age);
	list_init(&c->early);
	map_init(&c->by_id, EXCHANGES_MAX + 1, same_id);
	c->key = hash_key_random();
	c->base_path = base_path;
	buf_init(&c->coded, 3 * CARRY_VALUE_MAX);
	c->values = carry_values_new(VALUES_MAX, VALUES_BYTES);
	if (!c->values)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; c->values && i < given->n; i++) {
		if (c->n_rules == CARRY_RULES_MAX) {
			(void)err_set(err, ERR_USAGE, "--carry: more than %d rules", CARRY_RULES_MAX);
		} else if (!carry_rule_parse(given->text[i], &c->rules[c->n_rules])) {
			(void)err_set(err, ERR_USAGE, "--carry %.60s: it is cookie, location, header:NAME or json:FIELD", given->text[i]);
		} else {
			c->n_rules++;
			continue;
		}
		break;
	}
	if (c->values && c->n_rules == given->n)
		return c;
	carry_free(c);
	return NULL;
}

static void let_go(struct carry *c, struct exchange *x)
{
	(void)map_remove(&c->by_id, x->hash, &x->id);
	list_remove(&x->link);
	list_remove(&x->early_link);
	c->n--;
	c->held_bytes -= x->was.cap + x->is.cap;
	buf_release(&x->was);
	buf_release(&x->is);
	free(x);
}

void carry_free(struct carry *c)
{
	if (!c)
		return;
	for (struct list *first; (first = list_first(&c->by_age));)
		let_go(c, LIST_ENTRY(first, struct exchange, link));
	map_release(&c->by_id);
	buf_release(&c->coded);
	carry_values_free(c->values);
	free(c);
}

static uint64_t id_hash(const struct carry *c, const struct message_id *id)
{
	return hash_bytes(c->key, slice_of(id->hex, id->len));
}

static struct exchange *find(const struct carry *c, const struct message_id *id)
{
	return c->by_id.cap ? map_find(&c->by_id, id_hash(c, id), id) : NULL;
}

/* The oldest go, so that neither their number nor their bytes pass the limits. */
static void make_room(struct carry *c)
{
	while (c->n >= EXCHANGES_MAX || c->held_bytes > HELD_BYTES_MAX) {
		struct exchange *oldest = LIST_ENTRY(list_first(&c->by_age), struct exchange, link);
		c->counts[oldest->answered ? CARRY_NO_RECORDED : CARRY_FORGOTTEN]++;
		let_go(c, oldest);
	}
}

void carry_sent(struct carry *c, const struct message_id *request)
{
	struct exchange *before = find(c, request); /* a file's next round */
	c->counts[CARRY_EXCHANGES]++;
	if (before) {
		c->counts[before->answered ? CARRY_NO_RECORDED : CARRY_FORGOTTEN]++;
		let_go(c, before);
	}
	make_room(c);
	struct exchange *x = calloc(1, sizeof *x);
	if (x) {
		x->id = *request;
		x->lane = message_lane(request);
		x->hash = id_hash(c, request);
		list_init(&x->link);
		list_init(&x->early_link);
		buf_init(&x->was, LIST_BYTES);
		buf_init(&x->is, LIST_BYTES);
	}
	if (!x || map_put(&c->by_id, x->hash, x) != 0) {
		free(x);
		c->counts[CARRY_FORGOTTEN]++;
		return;
	}
	list_append(&c->by_age, &x->link);
	c->n++;
}

/* --- learning -------------------------------------------------------------------------------------------------------------------------- */

static void put(struct carry *c, struct carry_key key, struct slice value)
{
	if (carry_values_put(c->values, key, value) != 0)
		c->counts[CARRY_LET_GO]++;
}

static void learn_cookie(struct carry *c, uint64_t lane, struct slice name, struct slice was, struct slice is)
{
	put(c, (struct carry_key){ lane, name, was }, is);
	if (was.len >= CARRY_SHORTEST)
		put(c, (struct carry_key){ 0, name, was }, is);
}

static bool is_unreserved(uint8_t c)
{
	uint8_t low = ascii_lower(c);
	return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

/* In a URL or a form the value may stand with its reserved bytes as %XX (RFC 3986 §2.1). False: nothing is written otherwise there. */
static bool percent_encode(struct slice s, struct buf *out)
{
	bool other = false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool plain = is_unreserved(c);
		other |= !plain;
		if ((plain ? buf_append(out, slice_of(&c, 1)) : buf_printf(out, "%%%02X", c)) != 0)
			return false;
	}
	return other;
}

static void put_anywhere(struct carry *c, uint64_t lane, struct slice was, struct slice is)
{
	put(c, (struct carry_key){ lane, slice_of(NULL, 0), was }, is);
	put(c, (struct carry_key){ 0, slice_of(NULL, 0), was }, is);
}

static void learn_text(struct carry *c, uint64_t lane, struct slice was, struct slice is)
{
	if (was.len < CARRY_SHORTEST) {
		c->counts[CARRY_TOO_SHORT] += !slice_eq(was, is);
		return;
	}
	struct buf coded_was, coded_is;
	buf_init(&coded_was, 3 * CARRY_VALUE_MAX);
	buf_init(&coded_is, 3 * CARRY_VALUE_MAX);
	put_anywhere(c, lane, was, is);
	bool coded = percent_encode(was, &coded_was);
	coded |= percent_encode(is, &coded_is);
	if (coded && coded_was.len && coded_is.len && !slice_eq(buf_slice(&coded_was), was))
		put_anywhere(c, lane, buf_slice(&coded_was), buf_slice(&coded_is));
	buf_release(&coded_was);
	buf_release(&coded_is);
}

static bool has_digit(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			return true;
	return false;
}

/* Do the two differ in ids alone? Pieces that differ hold a digit on either side: /welcome is no other id than /home. */
static bool differ_in_ids(struct slice was, struct slice is)
{
	for (;;) {
		uint8_t mark_was = 0, mark_is = 0;
		struct slice a = { 0 }, b = { 0 };
		bool more_was = carry_piece_next(&was, &mark_was, &a), more_is = carry_piece_next(&is, &mark_is, &b);
		if (!more_was || !more_is)
			return more_was == more_is;
		if (mark_was != mark_is || (!slice_eq(a, b) && (!has_digit(a) || !has_digit(b))))
			return false;
	}
}

/* /items/17 becomes /items/42 as a whole; ids that are long enough are replaced wherever else they stand too. */
static void learn_location(struct carry *c, uint64_t lane, struct slice was, struct slice is)
{
	was = carry_location_path(was);
	is = carry_location_path(is);
	if (c->base_path.len && slice_starts(is, c->base_path))
		is = slice_from(is, c->base_path.len);
	if (!differ_in_ids(was, is))
		return;
	learn_text(c, lane, was, is);
	uint8_t mark;
	for (struct slice a, b; carry_piece_next(&was, &mark, &a) && carry_piece_next(&is, &mark, &b);)
		if (a.len >= CARRY_SHORTEST && has_digit(a))
			put_anywhere(c, lane, a, b);
}

/* The item of the other list that has the same rule and name, and as many like it before. */
static bool counterpart(struct slice list, const struct carry_item *item, size_t nth, struct carry_item *out)
{
	while (carry_item_next(&list, out))
		if (out->rule == item->rule && slice_eq(out->name, item->name) && nth-- == 0)
			return true;
	return false;
}

static size_t number_of(struct slice list, const struct carry_item *item)
{
	struct carry_item at;
	size_t n = 0;
	while (carry_item_next(&list, &at) && at.value.ptr != item->value.ptr)
		n += at.rule == item->rule && slice_eq(at.name, item->name);
	return n;
}

static void learn(struct carry *c, const struct exchange *x)
{
	struct carry_item was, is;
	struct slice all = buf_slice(&x->was), rest = all;
	while (carry_item_next(&rest, &was)) {
		if (!counterpart(buf_slice(&x->is), &was, number_of(all, &was), &is))
			continue;
		c->counts[CARRY_LEARNT] += !slice_eq(was.value, is.value);
		switch (c->rules[was.rule].kind) {
		case CARRY_COOKIE:
			learn_cookie(c, x->lane, was.name, was.value, is.value);
			break;
		case CARRY_LOCATION:
			learn_location(c, x->lane, was.value, is.value);
			break;
		case CARRY_HEADER:
		case CARRY_JSON:
			learn_text(c, x->lane, was.value, is.value);
			break;
		}
	}
}

static void join(struct carry *c, struct exchange *x)
{
	if (!x->recorded || !x->answered)
		return;
	c->counts[CARRY_JOINED]++;
	learn(c, x);
	let_go(c, x);
}

static void extract(struct carry *c, struct exchange *x, struct slice response, struct buf *out)
{
	(void)carry_extract(c->rules, c->n_rules, response, out);
	c->held_bytes += out->cap;
	(void)x;
}

/* An interim answer (1xx) is a record of its own under the same id: the final one counts. */
static bool is_interim(struct slice response)
{
	return response.len > 9 && response.ptr[9] == '1' && slice_starts(response, slice_str("HTTP/1"));
}

void carry_recorded(struct carry *c, const struct message *response)
{
	struct exchange *x = find(c, &response->id);
	if (!x || x->recorded || is_interim(message_bytes(response)))
		return;
	x->recorded = true;
	extract(c, x, message_bytes(response), &x->was);
	if (!x->answered && x->was.len)
		list_append(&c->early, &x->early_link);
	join(c, x);
	make_room(c);
}

void carry_answered(struct carry *c, const struct message_id *request, struct slice response)
{
	struct exchange *x = find(c, request);
	if (!x || x->answered)
		return;
	x->answered = true;
	list_remove(&x->early_link);
	extract(c, x, response, &x->is);
	join(c, x);
	make_room(c);
}

void carry_failed(struct carry *c, const struct message_id *request)
{
	struct exchange *x = find(c, request);
	if (!x || x->answered)
		return;
	c->counts[CARRY_NO_ANSWER]++;
	let_go(c, x);
}

void carry_unsent(struct carry *c, const struct message_id *request)
{
	struct exchange *x = find(c, request);
	if (!x)
		return;
	c->counts[CARRY_EXCHANGES]--;
	let_go(c, x);
}

/* --- using ----------------------------------------------------------------------------------------------------------------------------- */

static bool holds(struct slice text, struct slice value)
{
	if (value.len < CARRY_SHORTEST)
		return false;
	for (const uint8_t *at = text.ptr, *end = text.ptr + text.len; (at = memmem(at, (size_t)(end - at), value.ptr, value.len)); at++)
		if (carry_is_word(text, (size_t)(at - text.ptr), value.len))
			return true;
	return false;
}

/* A lane's own value first: copies of a lane have each their own. */
static bool value_of(const struct carry *c, struct slice cookie, struct slice was, struct slice *is)
{
	return carry_values_get(c->values, (struct carry_key){ c->lane, cookie, was }, is) ||
	       carry_values_get(c->values, (struct carry_key){ 0, cookie, was }, is);
}

static bool early(const struct carry *c, const struct message *request, bool unknown)
{
	uint64_t lane = message_lane(&request->id);
	int looks = 0;
	for (struct list *at = c->early.prev; at != &c->early && looks < EARLY_LOOKS; at = at->prev, looks++) {
		const struct exchange *x = LIST_ENTRY(at, struct exchange, early_link);
		struct slice rest = buf_slice(&x->was);
		struct carry_item item;
		while (x->lane != lane && carry_item_next(&rest, &item)) {
			bool location = c->rules[item.rule].kind == CARRY_LOCATION;
			bool cookie = c->rules[item.rule].kind == CARRY_COOKIE;
			struct slice value = location ? carry_location_path(item.value) : item.value, known;
			if (!holds(message_bytes(request), value))
				continue;
			if (!unknown || !value_of(c, cookie ? item.name : slice_of(NULL, 0), value, &known))
				return true;
		}
	}
	return false;
}

bool carry_early(const struct carry *c, const struct message *request)
{
	return early(c, request, false);
}

void carry_count_early(struct carry *c, const struct message *request)
{
	c->lane = message_lane(&request->id);
	c->counts[CARRY_EARLY] += early(c, request, true);
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_unreserved(s.ptr[i]))
			return false;
	return true;
}

/* A value without reserved bytes stood as it is; the one in its place may need its own as %XX. */
static bool code(struct carry *c, struct slice was, struct slice *is)
{
	if (is_plain(*is))
		return true;
	if (!is_plain(was)) /* as it stood; a blank would end a target */
		return slice_find_byte(*is, ' ') == is->len;
	buf_clear(&c->coded);
	if (!percent_encode(*is, &c->coded))
		return false;
	*is = buf_slice(&c->coded);
	return true;
}

static bool find_value(void *arg, struct slice text, size_t from, bool coded, struct substitute_place *out)
{
	struct carry *c = arg;
	for (; carry_values_find(c->values, text, from, &out->at, &out->len); from = out->at + out->len) {
		struct slice was = slice_cut(text, out->at, out->len);
		if (value_of(c, slice_of(NULL, 0), was, &out->instead) && !slice_eq(was, out->instead) &&
		    (!coded || code(c, was, &out->instead)))
			return true;
	}
	return false;
}

static bool find_cookie(void *arg, struct slice name, struct slice value, struct slice *instead)
{
	return value_of(arg, name, value, instead) && !slice_eq(value, *instead);
}

struct message *carry_prepare(struct carry *c, const struct message *request)
{
	if (carry_values_count(c->values) == 0)
		return NULL;
	const struct substitute s = { .arg = c, .find = find_value, .cookie = find_cookie };
	struct message *m = message_new(MESSAGE_REQUEST, request->data.len + GROWTH);
	size_t changes = 0;
	c->lane = message_lane(&request->id);
	int rc = m ? http_substitute(message_bytes(request), &s, &m->data, &changes) : ERR_NOMEM;
	if (rc != 0 || changes == 0) {
		c->counts[CARRY_NO_MEMORY] += rc != 0 && rc != ERR_FORMAT;
		message_unref(m);
		return NULL;
	}
	m->flags = request->flags;
	m->id = request->id;
	m->ts_ns = request->ts_ns;
	m->due_ns = request->due_ns;
	m->src = request->src;
	m->dst = request->dst;
	c->counts[CARRY_CHANGED]++;
	c->counts[CARRY_REPLACED] += changes;
	return m;
}

void carry_tally(const struct carry *c, const char *label, struct tally_sink *sink)
{
	uint64_t counts[CARRY_ROWS];
	memcpy(counts, c->counts, sizeof counts);
	counts[CARRY_LET_GO] += carry_values_dropped(c->values);
	for (struct list *at = c->by_age.next; at != &c->by_age; at = at->next)
		counts[LIST_ENTRY(at, struct exchange, link)->answered ? CARRY_NO_RECORDED : CARRY_NO_ANSWER]++;
	sink->section(sink->arg, &carry_table, label, counts);
}
