/* Any bytes as a packet of any link type: no crash, every packet in one row, no payload outside the packet's bounds.
 *
 * Input: packets in a row, each a link type index 1, captured length 2, bytes that the snap length cut 1, milliseconds since the last 1. */
#include "base/cursor.h"
#include "wire/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct decoder *d)
{
	const uint64_t *counts = decoder_counts(d);
	uint64_t parts = 0;
	for (size_t i = 0; i < packet_table.n; i++)
		if (packet_table.rows[i].kind == TALLY_PART)
			parts += counts[i];
	if (parts != counts[PACKET_SEEN])
		abort();
}

static volatile uint8_t sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t links[] = { 1, 113, 276, 0, 108, 101, 228, 229, 9, 50, 51, 104, 219, 147 };
	struct decoder_limits limits = { .fragment_bytes = 20000, .fragment_timeout_ns = 1000000000 };
	struct decoder *d = decoder_new(&limits);
	if (!d)
		return 0;
	struct cursor c = cursor_of(slice_of(data, size));
	int64_t now_ns = 1;
	while (cursor_left(&c)) {
		uint32_t link = links[cursor_u8(&c) % (sizeof links / sizeof links[0])];
		size_t len = cursor_u16be(&c);
		uint32_t cut = cursor_u8(&c);
		now_ns += cursor_u8(&c) * 1000000LL;
		if (len > cursor_left(&c))
			len = cursor_left(&c);
		struct slice bytes = cursor_take(&c, len);
		/* A copy of its own, so that the sanitizer sees a read beyond this packet. */
		uint8_t *copy = malloc(len ? len : 1);
		if (!copy)
			break;
		if (len)
			memcpy(copy, bytes.ptr, len);
		struct packet p = { .bytes = slice_of(copy, len), .wire_len = (uint32_t)len + cut, .link_type = link, .ts_ns = now_ns };
		struct segment s;
		if (decoder_push(d, &p, &s))
			for (size_t i = 0; i < s.payload.len; i++)
				sink ^= s.payload.ptr[i];
		check(d);
		free(copy);
	}
	decoder_free(d);
	return 0;
}
