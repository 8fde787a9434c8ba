/* unpack: bytes of a file to record text, form by form, a step at a time.
 *
 * Touches no descriptor, and allocates nothing that its input merely claims to need (a zstd window is capped at 128 MiB). After damage it
 * looks for the next frame or member by itself. */
#ifndef REPLAY_LOG_UNPACK_H
#define REPLAY_LOG_UNPACK_H

#include "base/slice.h"

enum unpack_form { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD };

enum unpack_result {
	UNPACK_GOING,
	UNPACK_FRAME_END, /* a frame or member is whole, its checksum right */
	UNPACK_DAMAGED,   /* what came out of this frame so far may be wrong; goes on at the next that is found */
	UNPACK_NOMEM,
};

struct unpack_step {
	size_t used, made; /* bytes read, bytes written */
};

struct unpacker;

struct unpacker *unpacker_new(enum unpack_form form); /* NULL: out of memory */
void unpacker_free(struct unpacker *d);
enum unpack_result unpacker_run(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step);
/* Inside a frame: an end of the input here is a truncation. */
bool unpacker_inside(const struct unpacker *d);
void unpacker_reset(struct unpacker *d);

#endif
