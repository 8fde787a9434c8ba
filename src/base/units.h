/* units: numbers as people write and read them.
 *
 * Parsers take the whole text and give 0, or ERR_USAGE (something else stands there) or ERR_LIMIT (too large).
 * Formatters write into the caller's buffer and return it. */
#ifndef REPLAY_BASE_UNITS_H
#define REPLAY_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Go's form: 500ms, 2s, 1m30s, 1.5h; a bare 0 is allowed. Never negative. */
int parse_duration_ns(const char *text, int64_t *out_ns);

/* Bytes, or kb, mb, gb, tb (1024-based, any case; k, m, g, t and b too). */
int parse_size_bytes(const char *text, uint64_t *out_bytes);

int parse_u64(const char *text, uint64_t *out);

#define UNITS_TEXT 32

/* "1.24 ms", "3.5 s", "2m05s": three significant digits. */
char *format_duration(char out[UNITS_TEXT], int64_t ns);
/* "1.5 MiB" */
char *format_bytes(char out[UNITS_TEXT], uint64_t bytes);
/* "1,234,567" */
char *format_count(char out[UNITS_TEXT], uint64_t n);

#endif
