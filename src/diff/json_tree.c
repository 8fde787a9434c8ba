/* json_tree: one pass, a loop with a stack of the containers that are open; strings are hashed while their end is looked for. */
#include "diff/json_tree.h"

#include "diff/json_hash.h"
#include "diff/json_sort.h"
#include "diff/json_string.h"
#include "diff/number.h"

#include <stdlib.h>

#define WHY(text)                                                                                                                          \
	{                                                                                                                                  \
		text, "control: " text, "candidate: " text                                                                                 \
	}
#define FEW_KEYS   24         /* compared each with each */
#define ALIKE_KEYS 64         /* of one short hash: no accident */
#define KEEP_NODES (1u << 20) /* memory of larger trees is not kept for smaller ones */

const char *const json_fault_text[JSON_FAULTS][3] = {
	[JSON_FAULT_NONE] = WHY("no fault"),
	[JSON_FAULT_EMPTY] = WHY("nothing there"),
	[JSON_FAULT_BOM] = WHY("begins with a byte order mark"),
	[JSON_FAULT_SYNTAX] = WHY("not JSON"),
	[JSON_FAULT_TRUNCATED] = WHY("ends in the middle of a value"),
	[JSON_FAULT_TRAILING] = WHY("more stands behind the value"),
	[JSON_FAULT_DUPLICATE] = WHY("a key stands twice"),
	[JSON_FAULT_DEPTH] = WHY("nested more than 512 deep"),
	[JSON_FAULT_LARGE] = WHY("more than 8,388,608 values"),
	[JSON_FAULT_HASHES] = WHY("too many keys made to look alike"),
	[JSON_FAULT_MEMORY] = WHY("out of memory"),
};

struct frame {
	uint32_t node;
	size_t keys;       /* where its own begin */
	uint64_t hash;     /* of the children so far */
	uint64_t key_hash; /* of the key whose value comes next */
};

struct parser {
	struct json_tree *t;
	const uint8_t *p, *end, *start;
	unsigned depth;
	bool lines;
	struct frame frames[JSON_TREE_DEPTH_MAX + 1];
};

enum step { STEP_VALUE, STEP_FIRST_KEY, STEP_KEY, STEP_AFTER, STEP_DONE };

void json_tree_init(struct json_tree *t)
{
	*t = (struct json_tree){ 0 };
}

void json_tree_release(struct json_tree *t)
{
	free(t->nodes);
	free(t->keys);
	json_tree_init(t);
}

/* --- faults -------------------------------------------------------------------------------------------------------- */

static int fail(struct parser *s, enum json_fault fault)
{
	static const enum err_code codes[JSON_FAULTS] = {
		[JSON_FAULT_DEPTH] = ERR_LIMIT,
		[JSON_FAULT_LARGE] = ERR_LIMIT,
		[JSON_FAULT_HASHES] = ERR_LIMIT,
		[JSON_FAULT_MEMORY] = ERR_NOMEM,
	};
	s->t->fault = fault;
	s->t->why = json_fault_text[fault][0];
	s->t->at = (size_t)(s->p - s->start);
	return codes[fault] ? (int)codes[fault] : ERR_FORMAT;
}

/* What stands at p cannot stand there, or nothing does. */
static int fail_here(struct parser *s)
{
	return fail(s, s->p == s->end ? JSON_FAULT_TRUNCATED : JSON_FAULT_SYNTAX);
}

/* --- nodes --------------------------------------------------------------------------------------------------------- */

static int grow_nodes(struct parser *s)
{
	struct json_tree *t = s->t;
	if (t->n == JSON_TREE_NODES_MAX)
		return fail(s, JSON_FAULT_LARGE);
	uint32_t cap = t->cap ? t->cap * 2 : 256;
	struct json_node *nodes = realloc(t->nodes, cap * sizeof *nodes);
	if (!nodes)
		return fail(s, JSON_FAULT_MEMORY);
	t->nodes = nodes;
	t->cap = cap;
	return 0;
}

/* The key, where there is one, is written already: by take_key into the node that comes next. */
static inline int need_node(struct parser *s)
{
	return s->t->n < s->t->cap ? 0 : grow_nodes(s);
}

static int push_key(struct parser *s, uint64_t hash, uint32_t node)
{
	struct json_tree *t = s->t;
	if (t->keys_n == t->keys_cap) {
		size_t cap = t->keys_cap ? t->keys_cap * 2 : 256;
		uint64_t *keys = realloc(t->keys, cap * sizeof *keys);
		if (!keys)
			return fail(s, JSON_FAULT_MEMORY);
		t->keys = keys;
		t->keys_cap = cap;
	}
	t->keys[t->keys_n++] = json_sort_entry(hash, node);
	return 0;
}

/* --- strings ------------------------------------------------------------------------------------------------------- */

static inline uint64_t zero_bytes(uint64_t x)
{
	return (x - 0x0101010101010101ULL) & ~x & 0x8080808080808080ULL;
}

/* The high bit of each byte that ends a plain run: a quote, a backslash, a control character. Right up to the first one. */
static inline uint64_t special_bytes(uint64_t word)
{
	return zero_bytes(word ^ 0x2222222222222222ULL) | zero_bytes(word ^ 0x5c5c5c5c5c5c5c5cULL) |
	       ((word - 0x2020202020202020ULL) & ~word & 0x8080808080808080ULL);
}

/* p stands behind a backslash; afterwards behind the escape. */
static bool pass_escape(struct parser *s)
{
	if (s->p == s->end)
		return false;
	uint8_t c = *s->p;
	if (c != 'u') {
		bool known = c && strchr("\"\\/bfnrt", c) != NULL;
		s->p += known;
		return known;
	}
	for (unsigned i = 0; i < 5; i++, s->p++)
		if (s->p == s->end || (i && json_string_hex(*s->p) < 0))
			return false;
	return true;
}

/* The rest of a string with escapes, whose text begins at `from`; p stands somewhere within it, not in an escape. */
static int take_escaped(struct parser *s, const uint8_t *from, struct slice *text, uint64_t *hash)
{
	while (s->p < s->end && *s->p != '"') {
		if (*s->p < 0x20)
			return fail_here(s);
		bool escape = *s->p++ == '\\';
		if (escape && !pass_escape(s))
			return fail_here(s);
	}
	if (s->p == s->end)
		return fail_here(s);
	*text = slice_of(from, (size_t)(s->p - from));
	*hash = json_string_hash(*text);
	s->p++;
	return 0;
}

/* p stands behind the opening quote; afterwards behind the closing one. */
static inline int take_string(struct parser *s, struct slice *text, bool *escaped, uint64_t *hash)
{
	const uint8_t *from = s->p, *p = from, *end = s->end;
	uint64_t h = JSON_HASH_STRING, word, special;
	for (;;) {
		size_t left = (size_t)(end - p);
		/* Beyond the end zeros: they are special, and stop it there. */
		word = left >= 8 ? json_hash_load(p) : json_hash_load_some(p, left);
		special = special_bytes(word);
		if (special)
			break;
		h = json_hash_word(h, word);
		p += 8;
	}
	unsigned plain = (unsigned)__builtin_ctzll(special) / 8;
	s->p = p + plain;
	*escaped = s->p < end && *s->p == '\\';
	if (*escaped)
		return take_escaped(s, from, text, hash);
	if (s->p >= end || *s->p != '"')
		return fail_here(s);
	*text = slice_of(from, (size_t)(s->p - from));
	*hash = json_hash_tail(h, plain ? word & (~0ULL >> (64 - 8 * plain)) : 0, text->len);
	s->p++;
	return 0;
}

/* --- scalars ------------------------------------------------------------------------------------------------------- */

static inline bool is_digit(const struct parser *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static inline bool pass_digits(struct parser *s)
{
	if (!is_digit(s))
		return false;
	while (is_digit(s))
		s->p++;
	return true;
}

static inline int take_number(struct parser *s, struct slice *text)
{
	const uint8_t *from = s->p;
	s->p += *s->p == '-';
	bool ok = true;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else
		ok = pass_digits(s);
	if (ok && s->p < s->end && *s->p == '.') {
		s->p++;
		ok = pass_digits(s);
	}
	if (ok && s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		s->p += s->p < s->end && (*s->p == '+' || *s->p == '-');
		ok = pass_digits(s);
	}
	*text = slice_of(from, (size_t)(s->p - from));
	return ok ? 0 : fail_here(s);
}

static int take_word(struct parser *s, const char *word, struct slice *text)
{
	*text = slice_of(s->p, strlen(word));
	for (size_t i = 0; i < text->len; i++, s->p++)
		if (s->p == s->end || *s->p != (uint8_t)word[i])
			return fail_here(s);
	return 0;
}

static inline int take_scalar(struct parser *s, struct json_node *n)
{
	static const struct {
		const char *text;
		uint8_t type;
	} words[3] = { { "null", JSON_TREE_NULL }, { "true", JSON_TREE_TRUE }, { "false", JSON_TREE_FALSE } };
	uint8_t c = *s->p;
	n->escaped = false;
	if (c == '"') {
		n->type = JSON_TREE_STRING;
		s->p++;
		return take_string(s, &n->text, &n->escaped, &n->hash);
	}
	if (c == '-' || (c >= '0' && c <= '9')) {
		n->type = JSON_TREE_NUMBER;
		int rc = take_number(s, &n->text);
		n->hash = rc == 0 ? number_hash(n->text) : 0;
		return rc;
	}
	unsigned which = c == 'n' ? 0 : c == 't' ? 1 : 2;
	n->type = words[which].type;
	n->hash = json_hash_mix(JSON_HASH_TAIL, JSON_HASH_WORD + 2 * n->type);
	return c == (uint8_t)words[which].text[0] ? take_word(s, words[which].text, &n->text) : fail_here(s);
}

/* --- containers ---------------------------------------------------------------------------------------------------- */

static inline void pass_space(struct parser *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

static bool same_key(const struct json_tree *t, uint64_t a, uint64_t b)
{
	const struct json_node *x = &t->nodes[(uint32_t)a], *y = &t->nodes[(uint32_t)b];
	return json_tree_text_equal(x->key, x->key_escaped, y->key, y->key_escaped);
}

/* Among n sorted entries. */
static int check_sorted_keys(struct parser *s, const uint64_t *keys, size_t n)
{
	for (size_t i = 0, run = 0; i < n; i++) {
		if (keys[i] >> 32 != keys[run] >> 32)
			run = i;
		if (i - run > ALIKE_KEYS)
			return fail(s, JSON_FAULT_HASHES);
		for (size_t k = run; k < i; k++)
			if (same_key(s->t, keys[k], keys[i]))
				return fail(s, JSON_FAULT_DUPLICATE);
	}
	return 0;
}

/* Of the object whose keys begin at `from`. */
static int check_keys(struct parser *s, size_t from)
{
	struct json_tree *t = s->t;
	size_t n = t->keys_n - from;
	if (n < 2)
		return 0;
	if (n > FEW_KEYS) {
		for (size_t i = 0; i < n; i++)
			if (push_key(s, 0, 0) != 0)
				return ERR_NOMEM;
		json_sort(t->keys + from, t->keys + from + n, n);
		return check_sorted_keys(s, t->keys + from, n);
	}
	const uint64_t *keys = t->keys + from;
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (keys[i] >> 32 == keys[k] >> 32 && same_key(t, keys[i], keys[k]))
				return fail(s, JSON_FAULT_DUPLICATE);
	return 0;
}

static int open_container(struct parser *s, uint8_t type)
{
	if (s->depth == JSON_TREE_DEPTH_MAX + (unsigned)s->lines)
		return fail(s, JSON_FAULT_DEPTH);
	uint32_t index = s->t->n++;
	struct json_node *n = &s->t->nodes[index];
	n->type = type;
	n->escaped = false;
	n->children = 0;
	n->text = slice_of(s->p, 0);
	s->frames[s->depth++] = (struct frame){
		.node = index,
		.keys = s->t->keys_n,
		.hash = type == JSON_TREE_ARRAY ? JSON_HASH_ARRAY : JSON_HASH_OBJECT,
	};
	return 0;
}

/* A value is whole: it counts for what holds it. */
static inline void count_value(struct parser *s, uint64_t hash)
{
	if (s->depth == 0)
		return;
	struct frame *f = &s->frames[s->depth - 1];
	struct json_node *holder = &s->t->nodes[f->node];
	holder->children++;
	if (holder->type == JSON_TREE_ARRAY)
		f->hash = json_hash_mix(f->hash ^ hash, JSON_HASH_WORD) + JSON_HASH_ARRAY;
	else
		f->hash += json_hash_mix(f->key_hash ^ JSON_HASH_OBJECT, hash ^ JSON_HASH_WORD);
}

static int close_container(struct parser *s)
{
	struct frame *f = &s->frames[s->depth - 1];
	struct json_tree *t = s->t;
	struct json_node *n = &t->nodes[f->node];
	if (n->type == JSON_TREE_OBJECT) {
		int rc = check_keys(s, f->keys);
		if (rc != 0)
			return rc;
		t->keys_n = f->keys;
	}
	n->text.len = (size_t)(s->p - n->text.ptr);
	n->next = t->n;
	n->hash = json_hash_tail(f->hash, n->children, n->type);
	s->depth--;
	count_value(s, n->hash);
	return 0;
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

static inline int take_value(struct parser *s, enum step *next)
{
	pass_space(s);
	int rc = need_node(s);
	if (rc != 0)
		return rc;
	struct json_node *n = &s->t->nodes[s->t->n];
	if (s->depth == 0 || s->t->nodes[s->frames[s->depth - 1].node].type == JSON_TREE_ARRAY) {
		n->key = slice_of(NULL, 0);
		n->key_escaped = false;
		n->key_hash = 0;
	}
	if (s->p == s->end)
		return fail_here(s);
	if (*s->p == '{' || *s->p == '[') {
		*next = *s->p == '{' ? STEP_FIRST_KEY : STEP_VALUE;
		rc = open_container(s, *s->p == '{' ? JSON_TREE_OBJECT : JSON_TREE_ARRAY);
		s->p++;
		if (rc != 0 || *next == STEP_FIRST_KEY)
			return rc;
		pass_space(s);
		if (s->p == s->end || *s->p != ']')
			return 0;
		s->p++;
		*next = STEP_AFTER;
		return close_container(s);
	}
	n->children = 0;
	n->next = s->t->n + 1;
	rc = take_scalar(s, n);
	s->t->n++;
	*next = STEP_AFTER;
	if (rc == 0)
		count_value(s, n->hash);
	return rc;
}

static inline int take_key(struct parser *s, bool first, enum step *next)
{
	pass_space(s);
	if (first && s->p < s->end && *s->p == '}') {
		s->p++;
		*next = STEP_AFTER;
		return close_container(s);
	}
	int rc = need_node(s);
	if (rc != 0)
		return rc;
	if (s->p == s->end || *s->p != '"')
		return fail_here(s);
	s->p++;
	struct json_node *n = &s->t->nodes[s->t->n];
	struct frame *f = &s->frames[s->depth - 1];
	rc = take_string(s, &n->key, &n->key_escaped, &f->key_hash);
	if (rc != 0)
		return rc;
	n->key_hash = (uint32_t)(f->key_hash >> 32);
	pass_space(s);
	if (s->p == s->end || *s->p != ':')
		return fail_here(s);
	s->p++;
	*next = STEP_VALUE;
	return push_key(s, f->key_hash, s->t->n);
}

static inline bool is_line_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0x1e;
}

static int after_line(struct parser *s, enum step *next)
{
	bool broken = false;
	for (; s->p < s->end && is_line_space(*s->p); s->p++)
		broken |= *s->p == '\n' || *s->p == 0x1e;
	*next = s->p == s->end ? STEP_DONE : STEP_VALUE;
	return broken || s->p == s->end ? 0 : fail(s, JSON_FAULT_TRAILING);
}

static inline int after_value(struct parser *s, enum step *next)
{
	if (s->depth == 1 && s->lines)
		return after_line(s, next);
	pass_space(s);
	if (s->depth == 0) {
		*next = STEP_DONE;
		return s->p == s->end ? 0 : fail(s, JSON_FAULT_TRAILING);
	}
	if (s->p == s->end)
		return fail_here(s);
	bool array = s->t->nodes[s->frames[s->depth - 1].node].type == JSON_TREE_ARRAY;
	if (*s->p == ',') {
		s->p++;
		*next = array ? STEP_VALUE : STEP_KEY;
		return 0;
	}
	if (*s->p != (array ? ']' : '}'))
		return fail_here(s);
	s->p++;
	*next = STEP_AFTER;
	return close_container(s);
}

static int parse(struct parser *s, enum step step)
{
	int rc = 0;
	while (rc == 0 && step != STEP_DONE)
		switch (step) {
		case STEP_VALUE:
			rc = take_value(s, &step);
			break;
		case STEP_FIRST_KEY:
		case STEP_KEY:
			rc = take_key(s, step == STEP_FIRST_KEY, &step);
			break;
		default:
			rc = after_value(s, &step);
		}
	return rc;
}

static void begin(struct parser *s, struct json_tree *t, struct slice text)
{
	if (t->cap > KEEP_NODES && text.len / 8 < t->cap / 4)
		json_tree_release(t);
	t->n = 0;
	t->keys_n = 0;
	t->fault = JSON_FAULT_NONE;
	t->why = NULL;
	t->at = 0;
	s->t = t;
	s->start = s->p = text.len ? text.ptr : (const uint8_t *)"";
	s->end = s->p + text.len;
	s->depth = 0;
	s->lines = false;
}

/* A tree that is none holds no nodes. */
static int ended(struct json_tree *t, int rc)
{
	if (rc != 0)
		t->n = 0;
	return rc;
}

int json_tree_parse(struct json_tree *t, struct slice text)
{
	struct parser s;
	begin(&s, t, text);
	if (slice_starts(text, slice_str("\xef\xbb\xbf")))
		return fail(&s, JSON_FAULT_BOM);
	pass_space(&s);
	if (s.p == s.end)
		return fail(&s, JSON_FAULT_EMPTY);
	return ended(t, parse(&s, STEP_VALUE));
}

int json_tree_parse_lines(struct json_tree *t, struct slice text)
{
	struct parser s;
	begin(&s, t, text);
	if (slice_starts(text, slice_str("\xef\xbb\xbf")))
		return fail(&s, JSON_FAULT_BOM);
	int rc = need_node(&s);
	if (rc != 0)
		return rc;
	t->nodes[0] = (struct json_node){ 0 };
	(void)open_container(&s, JSON_TREE_ARRAY);
	s.lines = true;
	while (s.p < s.end && is_line_space(*s.p))
		s.p++;
	if (s.p == s.end)
		return ended(t, fail(&s, JSON_FAULT_EMPTY));
	rc = parse(&s, STEP_VALUE);
	return ended(t, rc == 0 ? close_container(&s) : rc);
}
