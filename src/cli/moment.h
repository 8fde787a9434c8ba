/* moment: points in time as people write them, and as we write them. */
#ifndef REPLAY_CLI_MOMENT_H
#define REPLAY_CLI_MOMENT_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct moment {
	bool relative; /* ns counts from the first message */
	int64_t ns;    /* else Unix time */
};

/* RFC 3339 ("2024-05-06T07:08:09.5+02:00"; a blank for the T, and no zone for UTC, are allowed, as is a date alone); Unix time in seconds,
 * with a fraction or without, or in ms, µs or ns, told by its size; "+10s" from the first message. 0 or ERR_USAGE. */
int moment_parse(const char *text, struct moment *out);

#define MOMENT_TEXT 40
/* "2024-05-06T07:08:09.123456789Z" */
char *moment_format(char out[MOMENT_TEXT], int64_t unix_ns);

#endif
