/* scan: from the end by the index's tail; else from the start, frame by frame (RFC 8878 §3.1). */
#include "log/scan.h"

#include "base/cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct scan {
	struct window w;
	uint64_t at;
	const struct frame_measure *measure;
	struct frame_index *out;
	struct scan_report *report;
};

int64_t log_read_at(int fd, uint64_t at, void *dst, size_t n)
{
	size_t got = 0;
	while (got < n && at <= (uint64_t)INT64_MAX - got) {
		ssize_t r = pread(fd, (uint8_t *)dst + got, n - got, (off_t)(at + got));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (int64_t)got;
}

void window_init(struct window *w, int fd, uint64_t size)
{
	w->fd = fd;
	w->size = size;
	w->start = 0;
	w->len = 0;
	w->error = 0;
}

struct slice window_peek(struct window *w, uint64_t at, size_t n)
{
	if (n > WINDOW_PEEK)
		n = WINDOW_PEEK;
	if (at >= w->size)
		return slice_of(NULL, 0);
	if (n > w->size - at)
		n = (size_t)(w->size - at);
	if (at < w->start || at - w->start > w->len || w->len - (size_t)(at - w->start) < n) {
		/* Onward from what is here: a good piece. After a jump, from header to header: no more than may be asked for. */
		bool onward = at >= w->start && at - w->start <= w->len;
		int64_t got = log_read_at(w->fd, at, w->bytes, onward ? sizeof w->bytes : WINDOW_PEEK);
		if (got < 0)
			w->error = errno;
		w->start = at;
		w->len = got < 0 ? 0 : (size_t)got;
	}
	return slice_cut(slice_of(w->bytes, w->len), (size_t)(at - w->start), n);
}

/* --- by the index ---------------------------------------------------------------------------------------------------- */

static int read_index(int fd, uint64_t offset, uint64_t length, struct frame_index *out)
{
	uint8_t *bytes = malloc((size_t)length);
	if (!bytes)
		return ERR_NOMEM;
	int rc = ERR_FORMAT;
	if (log_read_at(fd, offset, bytes, (size_t)length) == (int64_t)length)
		rc = frame_index_decode(slice_of(bytes, (size_t)length), offset, out);
	free(bytes);
	return rc;
}

/* ERR_FORMAT: there is none, or not a sound one. The sizes that are allocated for lie within the file. */
static int load_index(struct scan *s)
{
	uint64_t size = s->w.size, offset, length;
	if (size < SEEK_TABLE_FOOTER)
		return ERR_FORMAT;
	uint64_t table = seek_table_bytes(window_peek(&s->w, size - SEEK_TABLE_FOOTER, SEEK_TABLE_FOOTER));
	if (table == 0 || table > size - FRAME_INDEX_TAIL)
		return ERR_FORMAT;
	uint64_t end = size - table;
	if (end < FRAME_INDEX_TAIL || !frame_index_tail(window_peek(&s->w, end - FRAME_INDEX_TAIL, FRAME_INDEX_TAIL), &offset, &length))
		return ERR_FORMAT;
	if (length > end || offset != end - length)
		return ERR_FORMAT;
	int rc = read_index(s->w.fd, offset, length, s->out);
	if (rc == 0 || rc == ERR_NOMEM)
		return rc;
	frame_index_release(s->out);
	frame_index_init(s->out);
	return ERR_FORMAT;
}

/* --- by walking ---------------------------------------------------------------------------------------------------------- */

/* Where the blocks of the frame at `at` begin (RFC 8878 §3.1.1.1); *checksum: bytes behind the last block. 0: no frame. */
static uint64_t frame_blocks(struct scan *s, uint64_t at, uint64_t *checksum)
{
	static const uint8_t dictionary[] = { 0, 1, 2, 4 }, content[] = { 0, 2, 4, 8 };
	struct slice head = window_peek(&s->w, at, 5);
	if (head.len < 5 || !zstd_frame_starts(head))
		return 0;
	uint8_t d = head.ptr[4];
	bool single = d & 0x20;
	*checksum = d & 4 ? 4 : 0;
	return at + 5 + !single + dictionary[d & 3] + (single && d >> 6 == 0 ? 1 : content[d >> 6]);
}

/* Whole length of a data frame by its block headers; 0: it runs past the end of the file, or is none. */
static uint64_t frame_length(struct scan *s, uint64_t at)
{
	uint64_t checksum, block = frame_blocks(s, at, &checksum);
	bool last = block == 0;
	while (!last) {
		struct slice head = window_peek(&s->w, block, 3);
		if (head.len < 3)
			return 0;
		uint32_t h = (uint32_t)(head.ptr[0] | head.ptr[1] << 8 | head.ptr[2] << 16);
		last = h & 1;
		block += 3 + ((h >> 1 & 3) == 1 ? 1 : h >> 3); /* a run-length block holds one byte */
	}
	return block && block + checksum <= s->w.size ? block + checksum - at : 0;
}

/* Offset of the next thing that begins like one of our headers, or the end of the file. */
static uint64_t next_header(struct scan *s, uint64_t at)
{
	uint8_t pattern[FRAME_PATTERN];
	frame_pattern(pattern);
	while (at < s->w.size) {
		struct slice view = window_peek(&s->w, at, WINDOW_PEEK);
		const uint8_t *hit = view.len ? memmem(view.ptr, view.len, pattern, sizeof pattern) : NULL;
		if (hit)
			return at + (uint64_t)(hit - view.ptr);
		if (view.len < sizeof pattern)
			break;
		at += view.len - (sizeof pattern - 1);
	}
	return s->w.size;
}

static void skip_to(struct scan *s, uint64_t to)
{
	s->report->skipped_bytes += to - s->at;
	s->report->places++;
	if (to == s->w.size)
		s->report->tail_bytes = to - s->at;
	s->at = to;
}

static int take_headed(struct scan *s, struct frame_entry *e)
{
	e->offset = s->at;
	uint64_t left = s->w.size - s->at - e->header;
	if (e->stored > left || !zstd_frame_starts(window_peek(&s->w, s->at + e->header, 4))) {
		s->report->lost_records += e->records;
		skip_to(s, next_header(s, s->at + 1));
		return 0;
	}
	s->at = frame_end(e);
	return frame_index_add(s->out, e);
}

/* A data frame whose header is missing or damaged, or that another program wrote. */
static int take_bare(struct scan *s)
{
	struct frame_entry e = { .offset = s->at, .stored = frame_length(s, s->at) };
	if (e.stored == 0) {
		skip_to(s, next_header(s, s->at + 1));
		return 0;
	}
	int rc = s->measure ? s->measure->measure(s->measure->arg, &e) : ERR_UNSUPPORTED;
	if (rc)
		return rc;
	s->at = frame_end(&e);
	return frame_index_add(s->out, &e);
}

static int step(struct scan *s)
{
	struct slice head = window_peek(&s->w, s->at, FRAME_HEADER_BYTES);
	struct frame_entry e;
	if (frame_header_decode(head, &e))
		return take_headed(s, &e);
	if (zstd_frame_starts(head))
		return take_bare(s);
	uint64_t left = s->w.size - s->at, n = skippable_bytes(head);
	/* A header of ours that is damaged: its size is not to be believed, but it is known. */
	if (frame_header_claimed(head) && left >= FRAME_HEADER_BYTES)
		skip_to(s, s->at + FRAME_HEADER_BYTES);
	else if (n && n <= left)
		s->at += n;
	else
		skip_to(s, next_header(s, s->at + 1));
	return 0;
}

int scan_file(int fd, uint64_t size, const struct frame_measure *measure, struct frame_index *out, struct scan_report *report)
{
	struct scan *s = malloc(sizeof *s);
	if (!s)
		return ERR_NOMEM;
	s->at = 0;
	s->measure = measure;
	s->out = out;
	s->report = report;
	*report = (struct scan_report){ 0 };
	window_init(&s->w, fd, size);
	int rc = load_index(s);
	if (rc == ERR_FORMAT) {
		rc = 0;
		while (rc == 0 && s->at < size && !s->w.error)
			rc = step(s);
	}
	if (s->w.error) {
		errno = s->w.error;
		rc = ERR_IO;
	}
	free(s);
	return rc;
}
