/* writers: several of them to one file, as the shards of a run have them: whole frames of each, one index, accounts that add up. (At the same time:
 * threads/log_threads.c.) */
#include "log/frame.h"
#include "log_support.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>

static const char *const names[] = { "x.gor.zst", "x.gor", "x.gor.gz" };

enum { WRITERS = 3, EACH = 50 };

static struct log_writer *open_all(struct log_writer *w[WRITERS], const char *path, const struct log_writer_options *o)
{
	w[0] = log_writer_open(path, o, NULL);
	cr_assert_not_null(w[0]);
	for (uint32_t i = 1; i < WRITERS; i++)
		cr_assert_not_null(w[i] = log_writer_another(w[0], i, NULL));
	return w[0];
}

static void write_one(struct log_writer *w, unsigned number)
{
	struct message *m = message_for_test(number, LOG_TS(number), 100);
	(void)log_writer_write(w, m, 0, NULL);
	message_unref(m);
}

static bool balances(const uint64_t c[LOG_WRITER_ROWS])
{
	return c[LOG_OFFERED] == c[LOG_WRITTEN] + c[LOG_QUEUE_FULL] + c[LOG_FAILED];
}

Test(writers, fill_one_file_that_reads_in_order)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct log_writer *w[WRITERS];
		const struct log_writer_options options = { .wait = true, .frame_bytes = 2000 };
		uint64_t counts[LOG_WRITER_ROWS], text = 0, frames = 0;
		scratch_make(path, names[f]);
		open_all(w, path, &options);
		for (unsigned i = 0; i < WRITERS * EACH; i++)
			write_one(w[i % WRITERS], i);
		for (int i = 0; i < WRITERS; i++) {
			cr_expect_eq(log_writer_flush(w[i], NULL), 0);
			log_writer_counts(w[i], counts);
			cr_expect(balances(counts));
			cr_expect_eq(counts[LOG_WRITTEN], EACH);
			cr_expect_eq(counts[LOG_FILE_BYTES] > 0, i == 0, "the file's size is told once");
			text += counts[LOG_TEXT_BYTES];
			frames += counts[LOG_FRAMES];
		}
		cr_expect_gt(frames, WRITERS);
		/* The first one may go first: the last one ends the file. */
		for (int i = 0; i < WRITERS; i++)
			cr_expect_eq(log_writer_close(w[i], slice_str("{\"kept\":1}"), NULL), 0);
		struct heard h;
		struct log_info info;
		cr_assert(log_hear(&h, path, NULL));
		cr_expect_eq(h.n, WRITERS * EACH);
		for (unsigned i = 0; i < h.n; i++)
			cr_expect_eq(h.list[i]->ts_ns, LOG_TS(i));
		log_reader_info(h.reader, &info);
		if (f == 0) {
			cr_expect(info.indexed);
			cr_expect_eq(info.frames, frames);
			cr_expect_eq(info.text_bytes, text);
			cr_expect(info.ledger_json.len && memmem(info.ledger_json.ptr, info.ledger_json.len, "kept", 4));
		}
		log_forget(&h);
		scratch_remove(path);
	}
}

Test(writers, frames_say_whose_they_are)
{
	char path[SCRATCH_PATH];
	struct log_writer *w[WRITERS];
	unsigned seen[WRITERS] = { 0 };
	scratch_make(path, "x.gor.zst");
	open_all(w, path, NULL);
	for (unsigned i = 0; i < WRITERS; i++)
		write_one(w[i], i);
	for (int i = WRITERS - 1; i >= 0; i--)
		cr_expect_eq(log_writer_close(w[i], slice_of(NULL, 0), NULL), 0);
	struct buf file = file_load(path);
	struct frame_entry e;
	struct slice rest = buf_slice(&file);
	while (rest.len && frame_header_decode(rest, &e)) {
		cr_assert_lt(e.shard, WRITERS);
		seen[e.shard]++;
		rest = slice_from(rest, (size_t)(e.header + e.stored));
	}
	for (int i = 0; i < WRITERS; i++)
		cr_expect_eq(seen[i], 1);
	buf_release(&file);
	scratch_remove(path);
}

static int64_t full(int fd, const void *bytes, size_t n)
{
	(void)fd, (void)bytes, (void)n;
	errno = ENOSPC;
	return -1;
}

static int cut(int fd, int64_t length)
{
	(void)fd, (void)length;
	return 0;
}

/* A full disk is known to all of them, and each has its own records in its account. */
Test(writers, all_meet_the_full_disk)
{
	char path[SCRATCH_PATH];
	struct log_writer *w[WRITERS];
	static const struct log_io io = { full, cut };
	const struct log_writer_options options = { .wait = true, .frame_bytes = 2000, .io = &io };
	uint64_t counts[LOG_WRITER_ROWS];
	scratch_make(path, "x.gor.zst");
	open_all(w, path, &options);
	for (unsigned i = 0; i < WRITERS * EACH; i++)
		write_one(w[i % WRITERS], i);
	for (int i = 0; i < WRITERS; i++) {
		struct err err = { 0 };
		cr_expect_neq(log_writer_flush(w[i], &err), 0);
		cr_expect_not_null(strstr(err.text, "No space left"));
		log_writer_counts(w[i], counts);
		cr_expect(balances(counts));
		cr_expect_eq(counts[LOG_OFFERED], EACH);
		cr_expect_eq(counts[LOG_WRITTEN], 0);
	}
	for (int i = 0; i < WRITERS; i++)
		cr_expect_neq(log_writer_close(w[i], slice_of(NULL, 0), NULL), 0);
	scratch_remove(path);
}

Test(writers, one_more_may_find_no_memory)
{
	char path[SCRATCH_PATH];
	scratch_make(path, "x.gor.zst");
	struct log_writer *first = log_writer_open(path, NULL, NULL), *more = NULL;
	cr_assert_not_null(first);
	unsigned long n = 0;
	while (!more) {
		struct err err = { 0 };
		alloc_fail_at(++n);
		more = log_writer_another(first, 1, &err);
		alloc_fail_at(0);
		cr_assert(more || err.code == ERR_NOMEM);
	}
	cr_expect_gt(n, 1);
	write_one(more, 0);
	cr_expect_eq(log_writer_close(first, slice_of(NULL, 0), NULL), 0);
	cr_expect_eq(log_writer_close(more, slice_of(NULL, 0), NULL), 0);
	struct heard h;
	cr_assert(log_hear(&h, path, NULL));
	cr_expect_eq(h.n, 1);
	log_forget(&h);
	scratch_remove(path);
}
