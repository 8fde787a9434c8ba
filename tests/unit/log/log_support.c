#include "log_support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

void scratch_make(char path[SCRATCH_PATH], const char *name)
{
	char directory[] = "/tmp/replay-log-XXXXXX";
	cr_assert_not_null(mkdtemp(directory));
	(void)snprintf(path, SCRATCH_PATH, "%s/%s", directory, name);
}

void scratch_remove(const char *path)
{
	char directory[SCRATCH_PATH];
	(void)snprintf(directory, sizeof directory, "%s", path);
	*strrchr(directory, '/') = 0;
	(void)unlink(path);
	(void)rmdir(directory);
}

struct message *message_of(enum message_type type, const char *id, int64_t ts_ns, const char *bytes)
{
	struct message *m = message_new(type, SIZE_MAX / 2);
	cr_assert_not_null(m);
	cr_assert(message_id_parse(slice_str(id), &m->id));
	m->ts_ns = ts_ns;
	m->latency_ns = -1;
	cr_assert_eq(buf_append_str(&m->data, bytes), 0);
	return m;
}

struct message *message_for_test(unsigned i, int64_t ts_ns, size_t body_bytes)
{
	struct message *m = message_new(i % 2 ? MESSAGE_RESPONSE : MESSAGE_REQUEST, SIZE_MAX / 2);
	cr_assert_not_null(m);
	m->id = message_id_make(0x1234567890abcdefULL + i / 20, i / 2);
	m->ts_ns = ts_ns;
	m->latency_ns = (int64_t)i * 1000;
	m->flags = i % 11 == 10 ? MESSAGE_GAP | MESSAGE_TRUNC : 0;
	cr_assert(endpoint_parse("192.0.2.17:51234", &m->src));
	cr_assert(endpoint_parse(i % 3 ? "198.51.100.2:80" : "[2001:db8::7]:8080", &m->dst));
	cr_assert_eq(buf_printf(&m->data, "POST /items/%u HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", i, body_bytes), 0);
	cr_assert_eq(buf_reserve(&m->data, body_bytes), 0);
	unsigned seed = i * 2654435761u + 1;
	for (size_t k = 0; k < body_bytes; k++) {
		seed = seed * 1103515245u + 12345u;
		m->data.ptr[m->data.len++] = (uint8_t)(i % 5 == 4 ? seed >> 16 : (unsigned)"{\"abc\": 0123}\n"[(seed >> 16) % 14]);
	}
	return m;
}

bool message_same(const struct message *a, const struct message *b)
{
	return a->type == b->type && a->flags == b->flags && a->target == b->target && message_id_eq(&a->id, &b->id) &&
	       a->ts_ns == b->ts_ns && a->latency_ns == b->latency_ns && endpoint_eq(&a->src, &b->src) && endpoint_eq(&a->dst, &b->dst) &&
	       slice_eq(message_bytes(a), message_bytes(b));
}

struct buf file_load(const char *path)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	for (;;) {
		cr_assert_eq(buf_reserve(&b, 65536), 0);
		size_t n = fread(b.ptr + b.len, 1, 65536, f);
		b.len += n;
		if (n == 0)
			break;
	}
	(void)fclose(f);
	return b;
}

void file_store(const char *path, struct slice bytes)
{
	FILE *f = fopen(path, "wb");
	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
	cr_assert_eq(fclose(f), 0);
}

static void take_note(void *arg, const char *sentence)
{
	struct heard *h = arg;
	h->notes++;
	(void)snprintf(h->note, sizeof h->note, "%s", sentence);
}

bool log_hear(struct heard *h, const char *path, const struct log_reader_options *options)
{
	*h = (struct heard){ 0 };
	struct log_reader_options o = options ? *options : (struct log_reader_options){ 0 };
	o.arg = h;
	o.note = take_note;
	h->reader = log_reader_open(path, &o, &h->err);
	if (!h->reader)
		return false;
	struct message *m;
	while ((h->end = log_reader_next(h->reader, &m, &h->err)) == LOG_READ_MESSAGE) {
		if (h->n % 256 == 0) {
			h->list = realloc(h->list, (h->n + 256) * sizeof(struct message *));
			cr_assert_not_null(h->list);
		}
		h->list[h->n++] = m;
	}
	return true;
}

void log_forget(struct heard *h)
{
	for (size_t i = 0; i < h->n; i++)
		message_unref(h->list[i]);
	free(h->list);
	log_reader_close(h->reader);
}

uint64_t heard_count(const struct heard *h, enum log_reader_row row)
{
	return log_reader_counts(h->reader)[row];
}

bool heard_balances(const struct heard *h)
{
	const uint64_t *c = log_reader_counts(h->reader);
	return c[LOG_READ_SEEN] == c[LOG_READ_GIVEN] + c[LOG_READ_OUTSIDE] + c[LOG_READ_DAMAGED_RECORDS];
}

void log_make(const char *path, unsigned n, size_t body_bytes, unsigned per_frame, const char *ledger)
{
	struct err err = { 0 };
	const struct log_writer_options options = { .wait = true };
	struct log_writer *w = log_writer_open(path, &options, &err);
	cr_assert_not_null(w, "%s", err.text);
	for (unsigned i = 0; i < n; i++) {
		struct message *m = message_for_test(i, LOG_TS(i), body_bytes);
		cr_assert_eq(log_writer_write(w, m, 0, &err), 0, "%s", err.text);
		message_unref(m);
		if (per_frame && i % per_frame == per_frame - 1)
			cr_assert_eq(log_writer_flush(w, &err), 0, "%s", err.text);
	}
	cr_assert_eq(log_writer_close(w, slice_str(ledger), &err), 0, "%s", err.text);
}
