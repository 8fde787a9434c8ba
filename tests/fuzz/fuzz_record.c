/* The record parser: whatever the bytes, it stays within them, goes forward, and says the same of a record in pieces as of the whole. What it
 * reads, written again and read again, is the same message. */
#include "log/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
	if (!truth)
		abort();
}

static void write_and_read(const struct message *m)
{
	struct buf b;
	size_t used;
	struct message *again;
	buf_init(&b, 1 << 24);
	must(record_write(&b, m) == 0);
	must(record_read(buf_slice(&b), false, 1 << 20, &used, &again) == RECORD_OK && used == b.len);
	must(again->type == m->type && again->flags == m->flags && again->ts_ns == m->ts_ns && again->latency_ns == m->latency_ns);
	must(message_id_eq(&again->id, &m->id) && slice_eq(message_bytes(again), message_bytes(m)));
	must(endpoint_eq(&again->src, &m->src) && endpoint_eq(&again->dst, &m->dst));
	must(m->type != MESSAGE_REPLAYED || again->target == m->target);
	message_unref(again);
	buf_release(&b);
}

static void check_prefixes(struct slice record, struct slice whole)
{
	/* A record that is whole with its separator asks for more, and never too much, as long as it is not all there. */
	struct record_mark mark;
	for (size_t n = 0; n < record.len && n < 300; n++) {
		must(record_scan(slice_cut(whole, 0, n), false, 1 << 20, &mark) == RECORD_MORE);
		must(mark.need > n && mark.need <= record.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly that size, so that the sanitizer sees a byte too far. */
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	bool last = size && copy[0] & 1;
	for (size_t at = size ? 1 : 0; at < size;) {
		struct slice rest = slice_of(copy + at, size - at);
		struct message *m;
		size_t used;
		enum record_result r = record_read(rest, last, 1 << 20, &used, &m);
		struct record_mark mark;
		must(record_scan(rest, last, 1 << 20, &mark) == r && mark.used == used);
		if (r == RECORD_MORE || r == RECORD_NOMEM)
			break;
		must(used > 0 && used <= rest.len);
		if (r == RECORD_OK) {
			write_and_read(m);
			if (!last)
				check_prefixes(slice_cut(rest, 0, used), rest);
		}
		message_unref(m);
		at += used;
	}
	free(copy);
	return 0;
}
