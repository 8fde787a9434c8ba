/* info_json: info as one object a file. */
#include "cli/info.h"
#include "cli/moment.h"
#include "report/json.h"

#include <stdio.h>

#define ROWS_WRITTEN 200

static void write_u64(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_u64(j, n);
}

static void write_moment(struct json *j, const char *key, const struct census *c, int64_t ns)
{
	char text[MOMENT_TEXT];
	json_key(j, key);
	json_str(j, census_empty(c) ? NULL : moment_format(text, ns));
}

/* [{"name":…,"count":…},…] and how many are not among them: texts may be no UTF-8, so they are values, not keys. */
static void write_tops(struct json *j, const char *key, const struct tops *t)
{
	const struct top *best[ROWS_WRITTEN];
	uint64_t rest;
	size_t n = tops_best(t, best, ROWS_WRITTEN, &rest);
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_key(j, "name");
		json_text(j, slice_of(best[i]->text, best[i]->len));
		write_u64(j, "count", best[i]->count);
		json_close(j, '}');
	}
	json_close(j, ']');
	char other[64];
	(void)snprintf(other, sizeof other, "%s_other", key);
	write_u64(j, other, rest);
}

static void write_statuses(struct json *j, const struct census *c)
{
	json_key(j, "status");
	json_open(j, '{');
	for (int i = 0; i < CENSUS_STATUSES; i++) {
		char code[16];
		(void)snprintf(code, sizeof code, "%03d", i);
		if (c->status[i])
			write_u64(j, code, c->status[i]);
	}
	json_close(j, '}');
}

static void write_file(struct json *j, const struct info *i)
{
	json_key(j, "file");
	json_str(j, i->path);
	json_key(j, "form");
	json_str(j, info_kind(i));
	write_u64(j, "file_bytes", i->file_bytes);
	if (!i->is_log)
		return;
	write_u64(j, "text_bytes", i->log.text_bytes);
	json_key(j, "compression_ratio");
	json_number(j, i->file_bytes ? (double)i->log.text_bytes / (double)i->file_bytes : 0, 3);
	write_u64(j, "frames", i->log.frames);
	json_key(j, "indexed");
	json_bool(j, i->log.indexed);
}

static void write_census(struct json *j, const struct census *c)
{
	write_moment(j, "first", c, c->first_ns);
	write_moment(j, "last", c, c->last_ns);
	json_key(j, "span_seconds");
	json_number(j, (double)census_span_ns(c) / 1e9, 9);
	write_u64(j, "requests", c->messages[MESSAGE_REQUEST]);
	write_u64(j, "responses", c->messages[MESSAGE_RESPONSE]);
	write_u64(j, "replayed", c->messages[MESSAGE_REPLAYED]);
	write_u64(j, "message_bytes", c->bytes);
	write_u64(j, "complete", c->complete);
	for (unsigned i = 0; i < 4; i++) {
		char key[16];
		(void)snprintf(key, sizeof key, "flag_%s", census_flag_names[i]);
		write_u64(j, key, c->flags[i]);
	}
	write_u64(j, "headless", c->headless);
	write_u64(j, "lanes", c->lanes.count);
	json_key(j, "lanes_exact");
	json_bool(j, !c->lanes_full);
	write_tops(j, "methods", &c->methods);
	write_statuses(j, c);
	write_tops(j, "hosts", &c->hosts);
	write_tops(j, "endpoints", &c->endpoints);
}

static int write_ledger(struct json *j, const char *key, const struct ledger *l)
{
	json_key(j, key);
	if (!l) {
		json_str(j, NULL);
		return 0;
	}
	struct buf text;
	buf_init(&text, 16u << 20);
	int r = ledger_json(l, &text);
	if (r == 0)
		json_raw(j, buf_slice(&text));
	buf_release(&text);
	return r;
}

int info_json(const struct info *i, struct buf *out)
{
	struct json j = json_into(out);
	json_open(&j, '{');
	write_file(&j, i);
	write_census(&j, &i->census);
	int r = write_ledger(&j, "read", i->read);
	r = r ? r : write_ledger(&j, "written", i->written);
	json_close(&j, '}');
	r = r ? r : json_error(&j);
	return r ? r : buf_append_str(out, "\n");
}
