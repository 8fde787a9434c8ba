/* chunked: where a body in the chunked coding ends (RFC 9112 §7.1), by llhttp.
 *
 * Takes the bytes behind the head; gives the pieces of content and the end. llhttp holds the state and reads the sizes; what it is
 * fed is brought to the letter of the RFC first (CR LF behind every line, extensions and trailer fields left out), because it refuses
 * the bare LF and the odd extension that servers take. The bytes themselves stay the caller's. */
#ifndef REPLAY_HTTP_CHUNKED_H
#define REPLAY_HTTP_CHUNKED_H

#include "base/slice.h"

/* Opaque; embeddable, nothing to release. May be moved between calls. */
struct chunked {
	_Alignas(16) uint8_t parser[144]; /* an llhttp_t */
	uint64_t left;                    /* of the chunk's data */
	uint8_t place;                    /* enum place in chunked.c */
	uint8_t digits;                   /* of the size, without leading zeros */
	bool any_digit, at_line_start, done;
};

enum chunked_result {
	CHUNKED_MORE, /* all bytes used */
	CHUNKED_DATA, /* *data is content; go on with the rest */
	CHUNKED_END,  /* the empty line behind the last chunk */
	CHUNKED_BAD,  /* *used bytes were well, the next is not */
};

void chunked_init(struct chunked *c);
/* n bytes are missing: true if all of them are content of the chunk at hand, and so are skipped. */
bool chunked_skip(struct chunked *c, uint64_t n);
enum chunked_result chunked_next(struct chunked *c, struct slice in, size_t *used, struct slice *data);

#endif
