/* unit_talk: a TCP conversation as a capture might show it, and the exact truth of it.
 *
 * From a seed alone: two streams of random bytes, cut into segments, acknowledged, then reordered, repeated, overlapped and, if
 * asked, lost. The truth: every byte of each stream, and which of them are in the capture at all. */
#ifndef REPLAY_TESTS_UNIT_TALK_H
#define REPLAY_TESTS_UNIT_TALK_H

#include "model/segment.h"

struct talk_options {
	uint64_t seed;
	unsigned reorder; /* per mille of the segments: moved a few places */
	unsigned repeat;  /* sent again, whole or with other borders */
	unsigned lose;    /* not captured */
	size_t stream_max;
	bool one_sided;    /* the answering side is not captured */
	bool no_handshake; /* the capture starts behind it */
};

struct talk {
	struct segment *segments; /* payloads lie in truth[] */
	size_t n;
	uint8_t *truth[2]; /* by side: 0 opens */
	bool *captured[2]; /* per byte: in at least one segment */
	bool *starts[2];   /* per byte: the first of some segment */
	size_t len[2];
	struct endpoint side[2];
};

struct talk *talk_new(const struct talk_options *options);
void talk_free(struct talk *t);

#endif
