/* tape: a ring of messages by number, and before it, where memory did not do, records in a file.
 *
 *        the slowest reader          the fastest
 *             v                          v
 *     [file: 100 … 149][memory: 150 … 199]
 *                       ^ first           ^ end */
#include "input/tape.h"

#include "input/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PUNCH_BYTES (16 << 20) /* of the file are given back at once */

struct reader {
	uint64_t at;    /* number of its next message */
	int64_t offset; /* of that in the file, where it is below tape.first */
};

struct tape {
	struct message **ring; /* cap is a power of two; message i lies at i % cap */
	size_t cap;
	uint64_t first, end;
	size_t bytes, memory_bytes;
	struct reader *readers;
	size_t reader_count;
	int fd; /* -1: none yet */
	int64_t written, punched;
	uint64_t spilled;
};

/* A message in the file: this, then its bytes. The pointers in it mean nothing there. */
struct stored {
	struct message meta;
	uint64_t len;
};

struct tape *tape_new(size_t readers, size_t memory_bytes)
{
	struct tape *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	*t = (struct tape){ .cap = 64, .memory_bytes = memory_bytes, .reader_count = readers, .fd = -1 };
	t->ring = calloc(t->cap, sizeof(struct message *));
	t->readers = calloc(readers, sizeof *t->readers);
	if (t->ring && t->readers)
		return t;
	tape_free(t);
	return NULL;
}

static struct message **slot(const struct tape *t, uint64_t number)
{
	return &t->ring[number & (t->cap - 1)];
}

static size_t size_of(const struct message *m)
{
	return sizeof *m + m->data.cap;
}

static int grow(struct tape *t, struct err *err)
{
	struct message **ring = calloc(t->cap * 2, sizeof(struct message *));
	if (!ring)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (uint64_t i = t->first; i < t->end; i++)
		ring[i & (t->cap * 2 - 1)] = *slot(t, i);
	free(t->ring);
	t->ring = ring;
	t->cap *= 2;
	return 0;
}

static int write_all(int fd, const void *bytes, size_t n, int64_t at, struct err *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t wrote = pwrite(fd, (const char *)bytes + done, n - done, at + (int64_t)done);
		if (wrote < 0 && errno != EINTR)
			return err_set_errno(err, "cannot keep messages in a temporary file (set TMPDIR to a place with room)");
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	return 0;
}

static int read_all(int fd, void *bytes, size_t n, int64_t at, struct err *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, (char *)bytes + done, n - done, at + (int64_t)done);
		if (got == 0 || (got < 0 && errno != EINTR))
			return err_set_errno(err, "cannot read messages back from a temporary file");
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

/* The oldest message in memory goes into the file. */
static int spill(struct tape *t, struct err *err)
{
	struct message *m = *slot(t, t->first);
	struct stored s = { .meta = *m, .len = m->data.len };
	memset(&s.meta.data, 0, sizeof s.meta.data);
	if (t->fd < 0)
		t->fd = spool_empty(err);
	if (t->fd < 0)
		return err->code;
	if (write_all(t->fd, &s, sizeof s, t->written, err) ||
	    write_all(t->fd, m->data.ptr, m->data.len, t->written + (int64_t)sizeof s, err))
		return err->code;
	for (size_t i = t->reader_count; i-- > 0 && t->readers[i].at <= t->first;)
		if (t->readers[i].at == t->first)
			t->readers[i].offset = t->written;
	t->written += (int64_t)(sizeof s + s.len);
	t->spilled++;
	t->bytes -= size_of(m);
	t->first++;
	message_unref(m);
	return 0;
}

int tape_put(struct tape *t, struct message *m, struct err *err)
{
	if (t->end - t->first == t->cap && grow(t, err) != 0) {
		message_unref(m);
		return err->code;
	}
	*slot(t, t->end++) = m;
	t->bytes += size_of(m);
	while (t->bytes > t->memory_bytes && t->end - t->first > 1)
		if (spill(t, err) != 0)
			return err->code;
	return 0;
}

bool tape_has(const struct tape *t, size_t reader)
{
	return t->readers[reader].at < t->end;
}

int tape_peek(const struct tape *t, size_t reader, int64_t *ts_ns, struct err *err)
{
	const struct reader *r = &t->readers[reader];
	struct message meta;
	if (r->at >= t->first)
		*ts_ns = (*slot(t, r->at))->ts_ns;
	else if (read_all(t->fd, &meta, sizeof meta, r->offset + (int64_t)offsetof(struct stored, meta), err) != 0)
		return err->code;
	else
		*ts_ns = meta.ts_ns;
	return 0;
}

/* A message of its own with these properties and room for so many bytes. */
static struct message *make_like(const struct message *meta, size_t len, struct err *err)
{
	struct message *m = message_new((enum message_type)meta->type, len);
	if (m && len && buf_reserve(&m->data, len) != 0) {
		message_unref(m);
		m = NULL;
	}
	if (!m) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	struct buf data = m->data;
	*m = *meta;
	m->refs = 1;
	m->data = data;
	return m;
}

static struct message *take_from_file(struct tape *t, struct reader *r, struct err *err)
{
	struct stored s;
	if (read_all(t->fd, &s, sizeof s, r->offset, err) != 0)
		return NULL;
	struct message *m = make_like(&s.meta, s.len, err);
	if (!m)
		return NULL;
	if (read_all(t->fd, m->data.ptr, s.len, r->offset + (int64_t)sizeof s, err) != 0) {
		message_unref(m);
		return NULL;
	}
	m->data.len = s.len;
	r->offset += (int64_t)(sizeof s + s.len);
	return m;
}

static struct message *take_from_memory(struct tape *t, const struct reader *r, bool last, struct err *err)
{
	struct message *m = *slot(t, r->at);
	if (last) { /* nobody else wants it */
		t->bytes -= size_of(m);
		t->first++;
		return m;
	}
	struct message *copy = make_like(m, m->data.len, err);
	if (copy && buf_append(&copy->data, message_bytes(m)) != 0) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		message_unref(copy);
		return NULL;
	}
	return copy;
}

/* What the slowest reader has passed is of no use any more: given back to the file system, where that can be done. */
static void give_back(struct tape *t, const struct reader *slowest)
{
	if (slowest->at >= t->first) {
		if (t->written && ftruncate(t->fd, 0) == 0)
			t->written = t->punched = 0;
	} else if (slowest->offset - t->punched >= PUNCH_BYTES) {
		(void)fallocate(t->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, t->punched, slowest->offset - t->punched);
		t->punched = slowest->offset;
	}
}

struct message *tape_take(struct tape *t, size_t reader, struct err *err)
{
	struct reader *r = &t->readers[reader];
	bool last = reader == t->reader_count - 1;
	struct message *m = r->at < t->first ? take_from_file(t, r, err) : take_from_memory(t, r, last, err);
	if (!m)
		return NULL;
	r->at++;
	if (last && t->fd >= 0)
		give_back(t, r);
	return m;
}

uint64_t tape_left(const struct tape *t)
{
	uint64_t left = 0;
	for (size_t i = 0; i < t->reader_count; i++)
		left += t->end - t->readers[i].at;
	return left;
}

uint64_t tape_spilled(const struct tape *t)
{
	return t->spilled;
}

void tape_free(struct tape *t)
{
	if (!t)
		return;
	for (uint64_t i = t->first; i < t->end; i++)
		message_unref(*slot(t, i));
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t->ring);
	free(t->readers);
	free(t);
}
