/* scan: where the frames of a native log are: by its final index, or by walking over the file when that is missing or damaged.
 *
 * Takes a descriptor that can be read at any place; gives a frame_index. Decompresses nothing itself. */
#ifndef REPLAY_LOG_SCAN_H
#define REPLAY_LOG_SCAN_H

#include "log/frame.h"

/* A part of a file in memory, so that looking at a few bytes here and there costs no system call each. */
struct window {
	int fd;
	uint64_t size; /* of the file */
	uint64_t start;
	size_t len;
	int error; /* errno of a read that failed; 0 */
	uint8_t bytes[65536];
};
enum { WINDOW_PEEK = 4096 };

void window_init(struct window *w, int fd, uint64_t size);
/* Up to n (at most WINDOW_PEEK) bytes from `at`: fewer at the end of the file or after an error. Valid until the next call. */
struct slice window_peek(struct window *w, uint64_t at, size_t n);

/* n bytes from `at` into dst: how many there were, or -1 and errno. */
int64_t log_read_at(int fd, uint64_t at, void *dst, size_t n);

/* Fills in times, records and text of a frame without a (sound) header. 0; ERR_UNSUPPORTED where it holds no whole records; ERR_NOMEM. */
struct frame_measure {
	void *arg;
	int (*measure)(void *arg, struct frame_entry *e);
};

struct scan_report {
	uint64_t skipped_bytes; /* neither frames nor anything known, or part of a frame */
	uint64_t tail_bytes;    /* of these, at the end */
	uint64_t places;        /* where it skipped */
	uint64_t lost_records;  /* in frames whose header is whole and whose data is not; in others nobody knows */
};

/* 0; ERR_UNSUPPORTED: a frame that could not be measured (none can without `measure`); ERR_IO with errno; ERR_NOMEM. */
int scan_file(int fd, uint64_t size, const struct frame_measure *measure, struct frame_index *out, struct scan_report *report);

#endif
