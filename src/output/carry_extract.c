/* carry_extract: fields by http/head, the body by http/body, JSON by a scan for the field's name: no tree is built. */
#include "output/carry_extract.h"

#include "http/body.h"
#include "http/head.h"

#define BODY_MAX (8u << 20) /* of a decoded body */

bool carry_rule_parse(const char *text, struct carry_rule *out)
{
	static const struct {
		const char *text;
		enum carry_kind kind;
		bool named;
	} rows[] = {
		{ "cookie", CARRY_COOKIE, false },
		{ "location", CARRY_LOCATION, false },
		{ "header:", CARRY_HEADER, true },
		{ "json:", CARRY_JSON, true },
	};
	struct slice given = slice_str(text);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice word = slice_str(rows[i].text);
		if (rows[i].named ? !slice_starts(given, word) || given.len == word.len : !slice_eq(given, word))
			continue;
		*out = (struct carry_rule){ rows[i].kind, slice_from(given, word.len) };
		return true;
	}
	return false;
}

/* --- the list: rule, length of the name, length of the value, name, value -------------------------------------------------------------- */

struct item_head {
	uint8_t rule;
	uint16_t name_len, value_len;
};

struct list_of {
	struct buf *out;
	size_t n;
	uint8_t rule; /* that is asked for now */
	int rc;
};

/* Line ends and the like: what a hostile target says must not become a field of our requests. */
static bool has_controls(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static void add(struct list_of *l, struct slice name, struct slice value)
{
	if (l->rc || value.len == 0 || value.len > CARRY_VALUE_MAX || name.len > CARRY_VALUE_MAX || has_controls(value))
		return;
	if (l->n == CARRY_VALUES_OF) {
		l->rc = ERR_LIMIT;
		return;
	}
	struct item_head h;
	memset(&h, 0, sizeof h);
	h.rule = l->rule;
	h.name_len = (uint16_t)name.len;
	h.value_len = (uint16_t)value.len;
	l->rc = buf_reserve(l->out, sizeof h + name.len + value.len);
	if (l->rc)
		return;
	(void)buf_append(l->out, slice_of(&h, sizeof h));
	(void)buf_append(l->out, name);
	(void)buf_append(l->out, value);
	l->n++;
}

bool carry_item_next(struct slice *rest, struct carry_item *out)
{
	struct item_head h;
	if (rest->len < sizeof h)
		return false;
	memcpy(&h, rest->ptr, sizeof h);
	*out = (struct carry_item){ h.rule, slice_cut(*rest, sizeof h, h.name_len), slice_cut(*rest, sizeof h + h.name_len, h.value_len) };
	*rest = slice_from(*rest, sizeof h + h.name_len + h.value_len);
	return true;
}

/* --- fields ---------------------------------------------------------------------------------------------------------------------------- */

/* Set-Cookie: name=value; attributes (RFC 6265 §4.1.1) */
static void add_cookie(struct list_of *l, struct slice field)
{
	struct slice pair = slice_cut(field, 0, slice_find_byte(field, ';'));
	size_t equals = slice_find_byte(pair, '=');
	if (equals < pair.len)
		add(l, slice_trim(slice_cut(pair, 0, equals)), slice_trim(slice_from(pair, equals + 1)));
}

static void add_fields(struct list_of *l, const struct carry_rule *rule, const struct http_head *head)
{
	struct slice wanted = rule->kind == CARRY_COOKIE     ? slice_str("set-cookie")
	                      : rule->kind == CARRY_LOCATION ? slice_str("location")
	                                                     : rule->name;
	struct slice rest = head->fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		if (!slice_eq_nocase(name, wanted))
			continue;
		if (rule->kind == CARRY_COOKIE)
			add_cookie(l, value);
		else
			add(l, slice_of(NULL, 0), value);
	}
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------------ */

static struct slice skip_blanks(struct slice s)
{
	size_t n = 0;
	while (n < s.len && (s.ptr[n] == ' ' || s.ptr[n] == '\t' || s.ptr[n] == '\r' || s.ptr[n] == '\n'))
		n++;
	return slice_from(s, n);
}

/* The text between quotes, as written; *rest goes on behind it. False: it does not end. */
static bool take_string(struct slice *rest, struct slice *text)
{
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->ptr[i] == '\\') {
			i++;
		} else if (rest->ptr[i] == '"') {
			*text = slice_cut(*rest, 1, i - 1);
			*rest = slice_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static bool number_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static void add_json_value(struct list_of *l, struct slice name, struct slice *rest)
{
	struct slice text;
	*rest = skip_blanks(*rest);
	if (rest->len && rest->ptr[0] == '"') {
		if (take_string(rest, &text))
			add(l, name, text);
		return;
	}
	size_t n = 0;
	while (n < rest->len && number_byte(rest->ptr[n]))
		n++;
	if (n && rest->ptr[0] != 'e' && rest->ptr[0] != 'E')
		add(l, name, slice_cut(*rest, 0, n));
}

static void add_json(struct list_of *l, struct slice field, struct slice json)
{
	json = skip_blanks(json);
	if (json.len == 0 || (json.ptr[0] != '{' && json.ptr[0] != '['))
		return;
	for (;;) {
		struct slice text;
		json = slice_from(json, slice_find_byte(json, '"'));
		if (json.len == 0 || !take_string(&json, &text))
			return;
		struct slice behind = skip_blanks(json);
		if (behind.len == 0 || behind.ptr[0] != ':' || !slice_eq(text, field))
			continue;
		json = slice_from(behind, 1);
		add_json_value(l, field, &json);
	}
}

int carry_extract(const struct carry_rule *rules, size_t n, struct slice response, struct buf *out)
{
	struct http_head head;
	if (!http_head_parse(response, &head) || !head.is_response)
		return ERR_FORMAT;
	struct list_of l = { .out = out };
	struct buf body;
	bool decoded = false;
	buf_init(&body, BODY_MAX);
	for (size_t i = 0; i < n && l.rc == 0; i++) {
		l.rule = (uint8_t)i;
		if (rules[i].kind != CARRY_JSON) {
			add_fields(&l, &rules[i], &head);
			continue;
		}
		if (!decoded)
			(void)http_body_decode(response, &head, &body); /* damaged: what could be decoded */
		decoded = true;
		add_json(&l, rules[i].name, buf_slice(&body));
	}
	buf_release(&body);
	return l.rc;
}

/* --- locations ------------------------------------------------------------------------------------------------------------------------- */

static bool is_mark(uint8_t c)
{
	return c == '/' || c == '?' || c == '&' || c == '=' || c == '#';
}

bool carry_piece_next(struct slice *rest, uint8_t *mark, struct slice *piece)
{
	if (rest->len == 0)
		return false;
	size_t at = is_mark(rest->ptr[0]) ? 1 : 0, n = at;
	*mark = at ? rest->ptr[0] : 0;
	while (n < rest->len && !is_mark(rest->ptr[n]))
		n++;
	*piece = slice_cut(*rest, at, n - at);
	*rest = slice_from(*rest, n);
	return true;
}

struct slice carry_location_path(struct slice location)
{
	size_t colon = slice_find_byte(location, ':');
	size_t slash = slice_find_byte(location, '/');
	bool absolute = colon < slash && slice_starts(slice_from(location, colon), slice_str("://"));
	if (!absolute && !slice_starts(location, slice_str("//")))
		return location;
	struct slice rest = slice_from(location, absolute ? colon + 3 : 2);
	return slice_from(rest, slice_find_byte(rest, '/'));
}
