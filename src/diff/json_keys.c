/* json_keys: objects by key: side by side as long as the order is the same, then by sorted hashes. */
#include "diff/json_align.h"
#include "diff/json_sort.h"

#define MAP_KEYS    64 /* so many of one shape are no fields that somebody named */
#define HEX_LEAST   8
#define TOKEN_LEAST 16

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	uint8_t lower = ascii_lower(c);
	return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* As in a pattern: 'h' a hex digit, 'd' a digit, anything else itself. */
static bool has_form(struct slice s, const char *form)
{
	size_t n = strlen(form);
	for (size_t i = 0; i < n; i++) {
		if (i == s.len)
			return false;
		uint8_t c = s.ptr[i];
		if (form[i] == 'h' ? !is_hex(c) : form[i] == 'd' ? !is_digit(c) : c != (uint8_t)form[i])
			return false;
	}
	return true;
}

/* What stands in a key that is one word. */
struct census {
	size_t digits, hex, letters, other;
	bool letter_behind_digit;
};

static struct census count_bytes(struct slice key)
{
	struct census n = { 0 };
	for (size_t i = 0; i < key.len; i++) {
		uint8_t c = key.ptr[i], lower = ascii_lower(c);
		bool letter = lower >= 'a' && lower <= 'z';
		n.digits += is_digit(c);
		n.hex += is_hex(c);
		n.letters += letter;
		n.other += !letter && !is_digit(c) && c != '-' && c != '_' && c != '=';
		n.letter_behind_digit |= letter && n.digits > 0;
	}
	return n;
}

bool json_key_is_id(struct slice key)
{
	if (key.len == 0)
		return false;
	if (has_form(key, "dddd-dd") && (key.len == 7 || has_form(key, "dddd-dd-dd")))
		return true;
	struct slice digits = key.ptr[0] == '-' ? slice_from(key, 1) : key;
	struct census n = count_bytes(key);
	if (n.digits == digits.len && digits.len > 0)
		return true;
	if (key.len == 36 && has_form(key, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"))
		return true;
	if (key.len >= HEX_LEAST && n.hex == key.len && n.digits > 0)
		return true;
	return key.len >= TOKEN_LEAST && n.other == 0 && n.digits >= 2 && n.letters > 0 && n.letter_behind_digit;
}

/* --- is it a map? -------------------------------------------------------------------------------------------------- */

static uint32_t count_ids(const struct json_tree *t, uint32_t object)
{
	uint32_t ids = 0;
	for (uint32_t i = object + 1; i < t->nodes[object].next; i = t->nodes[i].next)
		ids += !t->nodes[i].key_escaped && json_key_is_id(t->nodes[i].key);
	return ids;
}

/* All values but null of one type: *type, set by the first. */
static bool one_shape(const struct json_tree *t, uint32_t object, uint8_t *type)
{
	for (uint32_t i = object + 1; i < t->nodes[object].next; i = t->nodes[i].next) {
		uint8_t is = t->nodes[i].type == JSON_TREE_FALSE ? JSON_TREE_TRUE : t->nodes[i].type;
		if (*type == JSON_TREE_NULL)
			*type = is;
		if (is != JSON_TREE_NULL && is != *type)
			return false;
	}
	return true;
}

/* By both sides together, so that an object that has one key is a map on one day as on the other. */
static bool is_map(const struct json_aligner *al, uint32_t a, uint32_t b, bool *by_ids)
{
	uint32_t n = al->a->nodes[a].children, m = al->b->nodes[b].children;
	uint32_t ids = count_ids(al->a, a) + count_ids(al->b, b);
	uint8_t type = JSON_TREE_NULL;
	*by_ids = ids >= 2 && ids > (n + m) / 2;
	return *by_ids || ((n >= MAP_KEYS || m >= MAP_KEYS) && one_shape(al->a, a, &type) && one_shape(al->b, b, &type));
}

/* --- by key -------------------------------------------------------------------------------------------------------- */

static bool same_key(const struct json_node *x, const struct json_node *y)
{
	return x->key_hash == y->key_hash && json_tree_text_equal(x->key, x->key_escaped, y->key, y->key_escaped);
}

static int push_unless_same(struct json_aligner *al, uint32_t x, uint32_t y)
{
	return json_same_bytes(&al->a->nodes[x], &al->b->nodes[y]) ? 0 : json_aligner_push(al, x, y);
}

/* What is left of the two objects once their orders part. */
struct rest {
	uint32_t n, m;
	uint32_t *x, *y;         /* node numbers */
	uint32_t *match, *taken; /* of x: the node in b; of y: is it matched? */
	uint64_t *by_a, *by_b, *room;
};

static uint32_t collect(const struct json_tree *t, uint32_t from, uint32_t end, uint32_t *nodes, uint64_t *entries)
{
	uint32_t n = 0;
	for (uint32_t i = from; i < end; i = t->nodes[i].next, n++) {
		nodes[n] = i;
		entries[n] = json_sort_entry((uint64_t)t->nodes[i].key_hash << 32, n);
	}
	return n;
}

static int rest_init(struct json_aligner *al, struct rest *r, uint32_t n, uint32_t m)
{
	size_t all = (size_t)n + m;
	int rc = json_aligner_room(al, 4 * all + 4);
	if (rc != 0)
		return rc;
	uint64_t *at = al->room;
	*r = (struct rest){ .n = n, .m = m, .by_a = at, .by_b = at + n, .room = at + all };
	r->x = (uint32_t *)(at + 2 * all);
	r->y = r->x + n;
	r->match = r->y + m;
	r->taken = r->match + n;
	memset(r->match, 0, all * sizeof *r->match);
	return 0;
}

/* Runs of one hash are short: the parser sees to that. */
static uint32_t join(const struct json_aligner *al, struct rest *r)
{
	uint32_t matched = 0;
	for (uint32_t i = 0, k = 0; i < r->n; i++) {
		while (k < r->m && r->by_b[k] >> 32 < r->by_a[i] >> 32)
			k++;
		for (uint32_t at = k; at < r->m && r->by_b[at] >> 32 == r->by_a[i] >> 32; at++) {
			uint32_t x = (uint32_t)r->by_a[i], y = (uint32_t)r->by_b[at];
			if (r->taken[y] || !same_key(&al->a->nodes[r->x[x]], &al->b->nodes[r->y[y]]))
				continue;
			r->match[x] = r->y[y];
			r->taken[y] = 1;
			matched++;
			break;
		}
	}
	return matched;
}

static int push_rest(struct json_aligner *al, const struct rest *r)
{
	int rc = 0;
	for (uint32_t i = 0; i < r->n && rc == 0; i++)
		rc = r->match[i] ? push_unless_same(al, r->x[i], r->match[i]) : json_aligner_push(al, r->x[i], 0);
	for (uint32_t i = 0; i < r->m && rc == 0; i++)
		if (!r->taken[i])
			rc = json_aligner_push(al, 0, r->y[i]);
	return rc;
}

static int push_in_place(struct json_aligner *al, const struct rest *r)
{
	int rc = 0;
	for (uint32_t i = 0; (i < r->n || i < r->m) && rc == 0; i++)
		rc = json_aligner_push(al, i < r->n ? r->x[i] : 0, i < r->m ? r->y[i] : 0);
	return rc;
}

int json_align_objects(struct json_aligner *al, uint32_t a, uint32_t b, enum json_keys *keys)
{
	const struct json_tree *ta = al->a, *tb = al->b;
	uint32_t x = a + 1, y = b + 1, a_end = ta->nodes[a].next, b_end = tb->nodes[b].next, passed = 0;
	bool by_ids;
	*keys = is_map(al, a, b, &by_ids) ? JSON_KEYS_MAP : JSON_KEYS_NAMES;
	for (; x < a_end && y < b_end && same_key(&ta->nodes[x], &tb->nodes[y]); x = ta->nodes[x].next, y = tb->nodes[y].next, passed++) {
		int rc = push_unless_same(al, x, y);
		if (rc != 0)
			return rc;
	}
	if (x == a_end && y == b_end)
		return 0;
	struct rest r;
	int rc = rest_init(al, &r, ta->nodes[a].children - passed, tb->nodes[b].children - passed);
	if (rc != 0)
		return rc;
	(void)collect(ta, x, a_end, r.x, r.by_a);
	(void)collect(tb, y, b_end, r.y, r.by_b);
	json_sort(r.by_a, r.room, r.n);
	json_sort(r.by_b, r.room, r.m);
	uint32_t matched = join(al, &r);
	if (!by_ids || passed || matched || !r.n || !r.m)
		return push_rest(al, &r);
	*keys = JSON_KEYS_RENAMED;
	return push_in_place(al, &r);
}
