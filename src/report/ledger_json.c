/* ledger_json: the ledger to JSON and back; the one file that knows jansson, which reads what may come from anybody. */
#include "report/json.h"
#include "report/ledger_add.h"

#include <jansson.h>
#include <stdio.h>

/* The longest ledger a run writes is some tens of KiB. */
#define JSON_BYTES_MAX (4u << 20)
/* More rows than a section may have are not looked up. */
#define LIST_MAX 256

static void write_keys(struct json *j, const struct ledger_section *s, const char *name, bool losses)
{
	json_key(j, name);
	json_open(j, '[');
	for (size_t i = 0; i < s->n; i++)
		if (losses ? s->rows[i].loss : s->rows[i].kind == TALLY_NOTE)
			json_str(j, s->rows[i].key);
	json_close(j, ']');
}

static void write_section(struct json *j, const struct ledger_section *s)
{
	const struct ledger_row *total = ledger_total(s);
	json_open(j, '{');
	json_key(j, "section");
	json_str(j, s->section);
	json_key(j, "label");
	json_str(j, s->label);
	json_key(j, "total");
	json_str(j, total ? total->key : NULL);
	write_keys(j, s, "notes", false);
	write_keys(j, s, "losses", true);
	json_key(j, "rows");
	json_open(j, '{');
	for (size_t i = 0; i < s->n; i++) {
		json_key(j, s->rows[i].key);
		json_u64(j, s->rows[i].count);
	}
	json_close(j, '}');
	json_key(j, "balanced");
	json_bool(j, ledger_section_balanced(s));
	json_close(j, '}');
}

int ledger_json(const struct ledger *l, struct buf *out)
{
	return ledger_json_without(l, NULL, out);
}

int ledger_json_without(const struct ledger *l, const char *section, struct buf *out)
{
	if (ledger_failed(l))
		return ERR_NOMEM;
	struct json j = json_into(out);
	json_open(&j, '{');
	json_key(&j, "balanced");
	json_bool(&j, ledger_balanced(l));
	json_key(&j, "sections");
	json_open(&j, '[');
	const struct ledger_section *s;
	for (size_t i = 0; (s = ledger_section_at(l, i)); i++)
		if (!section || strcmp(s->section, section) != 0)
			write_section(&j, s);
	json_close(&j, ']');
	json_close(&j, '}');
	return json_error(&j);
}

static bool list_has(json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list) && i < LIST_MAX; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (text && strcmp(text, key) == 0)
			return true;
	}
	return false;
}

/* "queue_full" for people. */
static void words_of(char out[128], const char *key)
{
	(void)snprintf(out, 128, "%s", key);
	for (char *at = out; *at; at++)
		if (*at == '_')
			*at = ' ';
}

static int read_rows(struct ledger *l, struct ledger_section *s, json_t *section)
{
	const char *total = json_string_value(json_object_get(section, "total"));
	json_t *notes = json_object_get(section, "notes"), *losses = json_object_get(section, "losses");
	json_t *rows = json_object_get(section, "rows");
	/* An object that fails mid-walk cannot happen: nothing changes it. The iterator stands for jansson's foreach macro. */
	for (void *at = json_object_iter(rows); at; at = json_object_iter_next(rows, at)) {
		json_int_t count = json_integer_value(json_object_iter_value(at));
		const char *key = json_object_iter_key(at);
		char words[128];
		words_of(words, key);
		struct tally_row row = { .key = key, .text = words, .loss = list_has(losses, key) };
		row.kind = total && strcmp(total, key) == 0 ? TALLY_TOTAL : list_has(notes, key) ? TALLY_NOTE : TALLY_PART;
		int r = ledger_add_row(l, s, &row, count > 0 ? (uint64_t)count : 0);
		if (r)
			return r;
	}
	return 0;
}

static int read_section(struct ledger *l, json_t *section)
{
	const char *name = json_string_value(json_object_get(section, "section"));
	const char *label = json_string_value(json_object_get(section, "label"));
	if (!name)
		return ERR_FORMAT;
	struct ledger_section *s = ledger_add_section(l, name, label ? label : "");
	return s ? read_rows(l, s, section) : ERR_NOMEM;
}

int ledger_read_json(struct ledger *l, struct slice text)
{
	if (text.len == 0 || text.len > JSON_BYTES_MAX)
		return ERR_FORMAT;
	json_t *root = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		return ERR_FORMAT;
	json_t *sections = json_object_get(root, "sections");
	int r = json_is_array(sections) ? 0 : ERR_FORMAT;
	for (size_t i = 0; r == 0 && i < json_array_size(sections); i++)
		r = read_section(l, json_array_get(sections, i));
	json_decref(root);
	return r;
}
