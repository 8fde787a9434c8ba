/* The writer: appending, refusing, full queues, full disks, kill -9, and threads. */
#include "log/record.h"
#include "log_support.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = { "x.gor.zst", "x.gor", "x.gor.gz" };

static struct log_writer *writer(const char *path, const struct log_writer_options *options)
{
	struct err err = { 0 };
	struct log_writer *w = log_writer_open(path, options, &err);
	cr_assert_not_null(w, "%s", err.text);
	return w;
}

static int put(struct log_writer *w, unsigned i, size_t body, int64_t now_ns, struct err *err)
{
	struct message *m = message_for_test(i, LOG_TS(i), body);
	int rc = log_writer_write(w, m, now_ns, err);
	message_unref(m);
	return rc;
}

static void assert_holds(const char *path, unsigned n, size_t body)
{
	struct heard h;
	cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
	cr_assert_eq(h.n, n, "%s: %zu of %u; %s", path, h.n, n, h.note);
	for (unsigned i = 0; i < n; i++) {
		struct message *m = message_for_test(i, LOG_TS(i), body);
		cr_assert(message_same(h.list[i], m), "%s: message %u", path, i);
		message_unref(m);
	}
	log_forget(&h);
}

static void assert_zstd_accepts(const char *path)
{
	char command[256];
	(void)snprintf(command, sizeof command, "if zstd --version >/dev/null 2>&1; then zstd -q -t %s; fi", path);
	cr_assert_eq(system(command), 0);
}

Test(writer, form_goes_by_the_name)
{
	cr_assert_eq(log_form_of_name("a.gor"), LOG_PLAIN);
	cr_assert_eq(log_form_of_name("a.gor.gz"), LOG_GZIP);
	cr_assert_eq(log_form_of_name("a.gz"), LOG_GZIP);
	cr_assert_eq(log_form_of_name("a.gor.zst"), LOG_NATIVE);
	cr_assert_eq(log_form_of_name("gor"), LOG_NATIVE);
	cr_assert_eq(log_form_of_name(""), LOG_NATIVE);
}

Test(writer, makes_private_files_and_never_overwrites)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct stat st;
		struct err err = { 0 };
		scratch_make(path, names[f]);
		log_make(path, 3, 10, 0, "");
		cr_assert_eq(stat(path, &st), 0);
		cr_assert_eq(st.st_mode & 0777, 0600);
		cr_assert_null(log_writer_open(path, NULL, &err));
		cr_assert_eq(err.code, ERR_USAGE);
		cr_assert_not_null(strstr(err.text, "exists already: append to it, or choose another name"), "%s", err.text);
		assert_holds(path, 3, 10);
		scratch_remove(path);
	}
	struct err err = { 0 };
	cr_assert_null(log_writer_open("/tmp", NULL, &err));
	cr_assert_not_null(strstr(err.text, "/tmp"), "%s", err.text);
	err = (struct err){ 0 };
	const struct log_writer_options append = { .append = true };
	cr_assert_null(log_writer_open("/tmp", &append, &err));
	cr_assert_str_eq(err.text, "/tmp is a directory, not a file to write to");
	err = (struct err){ 0 };
	cr_assert_null(log_writer_open("/tmp/no/such/x", NULL, &err));
	cr_assert_str_eq(err.text, "cannot create /tmp/no/such/x: No such file or directory");
}

Test(writer, an_empty_log_is_one)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		scratch_make(path, names[f]);
		log_make(path, 0, 0, 0, "{}");
		assert_holds(path, 0, 0);
		if (f == 0)
			assert_zstd_accepts(path);
		scratch_remove(path);
	}
}

/* --- appending ---------------------------------------------------------------------------------------------------------- */

static void append_to(const char *path, unsigned from, unsigned to, size_t body, const char *want_note)
{
	const struct log_writer_options options = { .append = true, .wait = true };
	struct err err = { 0 };
	struct log_writer *w = writer(path, &options);
	const char *note = log_writer_note(w);
	cr_assert(want_note ? note && strstr(note, want_note) : !note, "%s", note ? note : "nothing was said");
	for (unsigned i = from; i < to; i++)
		cr_assert_eq(put(w, i, body, 0, &err), 0, "%s", err.text);
	cr_assert_eq(log_writer_close(w, slice_str("{\"run\":2}"), &err), 0, "%s", err.text);
}

Test(writer, appends_in_every_form)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		scratch_make(path, names[f]);
		append_to(path, 0, 10, 99, NULL);
		append_to(path, 10, 25, 99, NULL);
		append_to(path, 25, 25, 99, NULL);
		append_to(path, 25, 40, 99, NULL);
		assert_holds(path, 40, 99);
		if (f == 0) {
			struct heard h;
			struct log_info info;
			assert_zstd_accepts(path);
			cr_assert(log_hear(&h, path, NULL));
			log_reader_info(h.reader, &info);
			cr_assert(info.indexed);
			cr_assert_eq(info.frames, 3);
			cr_assert(slice_eq(info.ledger_json, slice_str("{\"run\":2}")));
			log_forget(&h);
		}
		scratch_remove(path);
	}
}

Test(writer, appends_behind_the_last_whole_frame)
{
	for (int f = 0; f < 3; f += 2) {
		char path[SCRATCH_PATH];
		scratch_make(path, names[f]);
		log_make(path, 30, 99, 10, "{}");
		struct buf whole = file_load(path);
		size_t len = whole.len;
		if (f == 0)
			len = (size_t)((const uint8_t *)memmem(whole.ptr, whole.len, "replayI", 7) - whole.ptr) - 8;
		file_store(path, slice_cut(buf_slice(&whole), 0, len - 7));
		append_to(path, 20, 50, 99, f == 0 ? "bytes behind the last whole frame" : "bytes behind the last whole gzip member");
		assert_holds(path, 50, 99);
		if (f == 0)
			assert_zstd_accepts(path);
		buf_release(&whole);
		scratch_remove(path);
	}
}

Test(writer, gives_a_last_record_its_separator_before_it_appends)
{
	static const struct {
		size_t cut;
		bool note;
	} cases[] = { { 0, false }, { 1, true }, { 5, true }, { 12, true }, { 14, true } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[SCRATCH_PATH];
		scratch_make(path, "x.gor");
		log_make(path, 5, 33, 0, "");
		struct buf whole = file_load(path);
		file_store(path, slice_cut(buf_slice(&whole), 0, whole.len - cases[i].cut));
		append_to(path, 5, 9, 33, cases[i].note ? "the last record had no separator; it gets one" : NULL);
		assert_holds(path, 9, 33);
		buf_release(&whole);
		scratch_remove(path);
	}
}

Test(writer, appends_to_nothing_of_another_form)
{
	static const struct {
		const char *name, *bytes, *sentence;
	} cases[] = {
		{ "x.gor", "\x28\xb5\x2f\xfd", "does not hold plain records, which its name stands for" },
		{ "x.gor.zst", "1 a 1 1\nx" RECORD_SEPARATOR, "does not hold a zstd log, which its name stands for" },
		{ "x.gor.gz", "1 a 1 1\nx" RECORD_SEPARATOR, "does not hold a gzip file, which its name stands for" },
		{ "x.gor.zst", "\x28\xb5\x2f\xfd\x20\x01\x09", "cut 7 bytes" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[SCRATCH_PATH];
		struct err err = { 0 };
		const struct log_writer_options options = { .append = true };
		scratch_make(path, cases[i].name);
		file_store(path, slice_str(cases[i].bytes));
		struct log_writer *w = log_writer_open(path, &options, &err);
		cr_assert_not_null(strstr(w ? log_writer_note(w) : err.text, cases[i].sentence), "%s", err.text);
		if (w)
			cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
		scratch_remove(path);
	}
}

Test(writer, two_writers_of_one_file_are_one_too_many)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	const struct log_writer_options options = { .append = true };
	scratch_make(path, "x.gor.zst");
	struct log_writer *w = writer(path, &options);
	cr_assert_null(log_writer_open(path, &options, &err));
	cr_assert_not_null(strstr(err.text, "is being written by another process"), "%s", err.text);
	cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), NULL), 0);
	scratch_remove(path);
}

/* --- time and the queue -------------------------------------------------------------------------------------------------- */

Test(writer, a_frame_closes_after_the_flush_interval)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	uint64_t counts[LOG_WRITER_ROWS];
	const struct log_writer_options options = { .flush_ns = 1000, .wait = true };
	scratch_make(path, "x.gor.zst");
	struct log_writer *w = writer(path, &options);
	cr_assert_eq(log_writer_deadline(w), INT64_MAX);
	cr_assert_eq(put(w, 0, 10, 5000, &err), 0);
	cr_assert_eq(log_writer_deadline(w), 6000);
	cr_assert_eq(log_writer_tick(w, 5999, &err), 0);
	cr_assert_eq(log_writer_deadline(w), 6000);
	cr_assert_eq(log_writer_tick(w, 6000, &err), 0);
	cr_assert_eq(log_writer_deadline(w), INT64_MAX);
	cr_assert_eq(put(w, 1, 10, 7000, &err), 0);
	cr_assert_eq(put(w, 2, 10, 8000, &err), 0, "the write itself closes a frame that is due");
	cr_assert_eq(log_writer_deadline(w), 9000);
	cr_assert_eq(log_writer_flush(w, &err), 0);
	log_writer_counts(w, counts);
	cr_assert_eq(counts[LOG_FRAMES], 3);
	cr_assert_eq(counts[LOG_OFFERED], 3);
	cr_assert_eq(counts[LOG_WRITTEN], 3);
	cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
	assert_holds(path, 3, 10);
	scratch_remove(path);
}

/* A disk that can be held still, or full. One at a time: each test is its own process. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int64_t room = INT64_MAX;
static bool interrupts;

static int64_t gated_write(int fd, const void *bytes, size_t n)
{
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	interrupts = !interrupts;
	if (interrupts) {
		errno = EINTR;
		return -1;
	}
	if (room <= 0) {
		errno = ENOSPC;
		return -1;
	}
	if (n > 1000)
		n = 1000; /* short writes all along */
	if ((int64_t)n > room)
		n = (size_t)room;
	room -= (int64_t)n;
	return write(fd, bytes, n);
}

static int gated_truncate(int fd, int64_t length)
{
	return ftruncate(fd, length);
}

static const struct log_io gated = { gated_write, gated_truncate };

Test(writer, a_full_queue_refuses_and_counts, .timeout = 30)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	uint64_t counts[LOG_WRITER_ROWS];
	const struct log_writer_options options = { .frame_bytes = 2000, .queue_bytes = 5000, .io = &gated };
	scratch_make(path, "x.gor.zst");
	struct log_writer *w = writer(path, &options);
	(void)pthread_mutex_lock(&gate);
	unsigned taken = 0, refused = 0;
	for (unsigned i = 0; i < 100; i++) {
		int rc = put(w, taken, 500, 0, &err);
		cr_assert(rc == 0 || rc == ERR_LIMIT, "%s", err.text);
		*(rc ? &refused : &taken) += 1;
	}
	cr_assert_eq(err.code, ERR_NONE, "%s", err.text);
	cr_assert(taken >= 6 && taken <= 12, "%u", taken);
	cr_assert_eq(log_writer_tick(w, log_writer_deadline(w), &err), 0, "a full queue is no error");
	cr_assert_neq(log_writer_deadline(w), INT64_MAX, "to be tried again");
	(void)pthread_mutex_unlock(&gate);
	cr_assert_eq(log_writer_flush(w, &err), 0);
	cr_assert_eq(put(w, taken, 500, 0, &err), 0, "there is room again");
	cr_assert_eq(log_writer_flush(w, &err), 0);
	log_writer_counts(w, counts);
	cr_assert_eq(counts[LOG_OFFERED], 101);
	cr_assert_eq(counts[LOG_QUEUE_FULL], refused);
	cr_assert_eq(counts[LOG_WRITTEN], taken + 1);
	cr_assert_eq(counts[LOG_FAILED], 0);
	cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
	assert_holds(path, taken + 1, 500);
	scratch_remove(path);
}

static void fill_disk(const char *name, int64_t bytes)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	uint64_t counts[LOG_WRITER_ROWS];
	const struct log_writer_options options = { .frame_bytes = 2000, .wait = true, .io = &gated };
	room = bytes;
	scratch_make(path, name);
	struct log_writer *w = writer(path, &options);
	int rc = 0;
	unsigned offered = 0;
	while (rc == 0 && offered < 100000)
		rc = put(w, offered++, 300, 0, &err);
	cr_assert_eq(rc, ERR_IO, "%d", rc);
	cr_assert_not_null(strstr(err.text, ": No space left on device; "), "%s", err.text);
	struct err again = { 0 };
	cr_assert_eq(put(w, offered++, 300, 0, &again), ERR_IO);
	cr_assert_str_eq(err.text, again.text);
	again = (struct err){ 0 };
	cr_assert_eq(log_writer_flush(w, &again), ERR_IO);
	log_writer_counts(w, counts);
	cr_assert_eq(counts[LOG_OFFERED], offered);
	cr_assert_eq(counts[LOG_OFFERED], counts[LOG_WRITTEN] + counts[LOG_FAILED], "%s: %lu offered, %lu written, %lu failed", name,
	             counts[LOG_OFFERED], counts[LOG_WRITTEN], counts[LOG_FAILED]);
	again = (struct err){ 0 };
	cr_assert_eq(log_writer_close(w, slice_str("{}"), &again), ERR_IO);
	cr_assert_str_eq(err.text, again.text);

	struct stat st;
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_leq(st.st_size, bytes);
	assert_holds(path, (unsigned)counts[LOG_WRITTEN], 300);
	struct heard h;
	cr_assert(log_hear(&h, path, NULL));
	cr_assert(h.notes == 0 || strstr(h.note, "is empty") || !strstr(h.note, "skipped"), "cut clean: %s", h.note);
	log_forget(&h);
	if (strstr(name, "zst") && st.st_size) /* zstd calls an empty file torn */
		assert_zstd_accepts(path);
	scratch_remove(path);
}

Test(writer, a_full_disk_costs_nothing_that_was_written, .timeout = 60)
{
	for (int f = 0; f < 3; f++)
		for (int64_t bytes = 0; bytes < 12000; bytes += 731)
			fill_disk(names[f], bytes);
}

/* The same through the system itself, which says EFBIG. */
Test(writer, a_limit_on_the_file_size_is_a_full_disk, .timeout = 30)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	uint64_t counts[LOG_WRITER_ROWS];
	const struct log_writer_options options = { .frame_bytes = 2000, .wait = true };
	(void)signal(SIGXFSZ, SIG_IGN);
	scratch_make(path, "x.gor.zst");
	struct log_writer *w = writer(path, &options);
	struct rlimit before, limit;
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 20000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < 100000; i++)
		rc = put(w, i, 300, 0, &err);
	(void)log_writer_flush(w, NULL);
	log_writer_counts(w, counts);
	(void)log_writer_close(w, slice_str("{}"), NULL);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	cr_assert_eq(rc, ERR_IO);
	cr_assert_not_null(strstr(err.text, ": File too large; "), "%s", err.text);
	cr_assert_gt(counts[LOG_WRITTEN], 10);
	assert_holds(path, (unsigned)counts[LOG_WRITTEN], 300);
	assert_zstd_accepts(path);
	scratch_remove(path);
}

Test(writer, small_and_great_records_in_turn)
{
	static const size_t sizes[] = { 0, 1, 100, 1 << 20, (1 << 20) + 1, 5 << 20, 10, 9 << 20, 3 };
	enum { N = sizeof sizes / sizeof *sizes };
	struct message *messages[N];
	for (unsigned i = 0; i < N; i++)
		messages[i] = message_for_test(i, LOG_TS(i), sizes[i]);
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct err err = { 0 };
		struct heard h;
		const struct log_writer_options options = { .wait = true, .level = 1 };
		scratch_make(path, names[f]);
		struct log_writer *w = writer(path, &options);
		for (unsigned i = 0; i < N; i++)
			cr_assert_eq(log_writer_write(w, messages[i], 0, &err), 0, "%s", err.text);
		cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
		cr_assert(log_hear(&h, path, NULL));
		cr_assert_eq(h.n, N, "%s: %s", names[f], h.note);
		for (unsigned i = 0; i < N; i++)
			cr_assert(message_same(h.list[i], messages[i]), "%s: %u", names[f], i);
		log_forget(&h);
		if (f == 0)
			assert_zstd_accepts(path);
		scratch_remove(path);
	}
	for (unsigned i = 0; i < N; i++)
		message_unref(messages[i]);
}

/* --- kill -9 ------------------------------------------------------------------------------------------------------------- */

/* The child writes flushed groups of ten and tells each through a pipe; it is killed after a pseudo-random number of them. Every group that
 * was told must read back. */
static void kill_a_writer(unsigned seed)
{
	char path[SCRATCH_PATH];
	int pipe_fd[2];
	scratch_make(path, names[seed % 3]);
	cr_assert_eq(pipe(pipe_fd), 0);
	pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		const struct log_writer_options options = { .wait = true };
		struct log_writer *w = log_writer_open(path, &options, NULL);
		for (unsigned i = 0; w; i++) {
			if (put(w, i, 50, 0, NULL) || (i % 10 == 9 && (log_writer_flush(w, NULL) || write(pipe_fd[1], "x", 1) != 1)))
				break;
		}
		_exit(1);
	}
	(void)close(pipe_fd[1]);
	unsigned want = 1 + (seed * 2654435761u >> 20) % 40, told = 0;
	char c;
	while (told < want && read(pipe_fd[0], &c, 1) == 1)
		told++;
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	while (read(pipe_fd[0], &c, 1) == 1)
		told++;
	(void)close(pipe_fd[0]);
	struct heard h;
	cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
	cr_assert_geq(h.n, 10 * told, "%s: %u told, %zu read", path, told, h.n);
	for (unsigned i = 0; i < h.n; i++) {
		struct message *m = message_for_test(i, LOG_TS(i), 50);
		cr_assert(message_same(h.list[i], m));
		message_unref(m);
	}
	log_forget(&h);
	scratch_remove(path);
}

Test(writer, killed_at_any_moment_loses_only_what_was_not_flushed, .timeout = 60)
{
	for (unsigned seed = 1; seed <= 24; seed++)
		kill_a_writer(seed);
}

/* --- allocations and threads ------------------------------------------------------------------------------------------------ */

Test(writer, each_allocation_may_fail, .timeout = 60)
{
	for (int f = 0; f < 3; f++)
		for (unsigned long n = 1;; n++) {
			char path[SCRATCH_PATH];
			struct err err = { 0 };
			uint64_t counts[LOG_WRITER_ROWS] = { 0 };
			const struct log_writer_options options = { .wait = true, .frame_bytes = 1000 };
			struct message *m = message_for_test(1, LOG_TS(1), 400);
			scratch_make(path, names[f]);
			alloc_fail_at(n);
			struct log_writer *w = log_writer_open(path, &options, &err);
			int rc = w ? 0 : err.code;
			for (unsigned i = 0; w && i < 8; i++) {
				int one = log_writer_write(w, m, 0, &err);
				rc = rc ? rc : one;
			}
			if (w) {
				(void)log_writer_flush(w, NULL);
				log_writer_counts(w, counts);
				int last = log_writer_close(w, slice_str("{}"), &err);
				rc = rc ? rc : last;
			}
			bool failed = alloc_failed();
			alloc_fail_at(0);
			message_unref(m);
			cr_assert_eq(counts[LOG_OFFERED], counts[LOG_WRITTEN] + counts[LOG_FAILED], "allocation %lu", n);
			if (rc)
				cr_assert_eq(rc, ERR_NOMEM, "allocation %lu: %d, %s", n, rc, err.text);
			if (counts[LOG_WRITTEN]) {
				struct heard h;
				cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
				cr_assert_eq(h.n, counts[LOG_WRITTEN], "allocation %lu", n);
				log_forget(&h);
			}
			scratch_remove(path);
			if (!failed) {
				cr_assert_eq(rc, 0, "%s", err.text);
				break;
			}
		}
}

/* No chunk can follow the one that is flushed, and nothing else is under way. */
Test(writer, what_a_flush_without_memory_loses_is_counted)
{
	char path[SCRATCH_PATH];
	struct err err = { 0 };
	uint64_t counts[LOG_WRITER_ROWS];
	scratch_make(path, "x.gor.zst");
	struct log_writer *w = writer(path, NULL);
	cr_assert_eq(put(w, 0, 300, 0, &err), 0);
	alloc_fail_at(1);
	cr_assert_eq(log_writer_flush(w, &err), ERR_NOMEM);
	alloc_fail_at(0);
	log_writer_counts(w, counts);
	cr_assert_eq(counts[LOG_OFFERED], 1);
	cr_assert_eq(counts[LOG_FAILED], 1);
	err = (struct err){ 0 };
	cr_assert_eq(put(w, 1, 300, 0, &err), 0, "%s", err.text);
	cr_assert_eq(log_writer_close(w, slice_str("{}"), &err), 0, "%s", err.text);
	struct heard h;
	cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
	cr_assert_eq(h.n, 1);
	log_forget(&h);
	scratch_remove(path);
}

struct job {
	char path[SCRATCH_PATH];
	unsigned n;
};

static void *write_many(void *arg)
{
	const struct job *job = arg;
	const struct log_writer_options options = { .wait = true, .frame_bytes = 8192, .flush_ns = 100 };
	struct log_writer *w = log_writer_open(job->path, &options, NULL);
	uint64_t counts[LOG_WRITER_ROWS];
	for (unsigned i = 0; w && i < job->n; i++) {
		(void)put(w, i, 200, i, NULL);
		(void)log_writer_tick(w, i, NULL);
		if (i % 50 == 0)
			log_writer_counts(w, counts);
	}
	return w && log_writer_close(w, slice_str("{}"), NULL) == 0 ? NULL : arg;
}

/* For -fsanitize=thread: writers side by side, their counts read while they write. */
Test(writer, many_at_once, .timeout = 60)
{
	enum { WRITERS = 4 };
	struct job jobs[WRITERS];
	pthread_t threads[WRITERS];
	for (unsigned i = 0; i < WRITERS; i++) {
		scratch_make(jobs[i].path, names[i % 3]);
		jobs[i].n = 3000;
		cr_assert_eq(pthread_create(&threads[i], NULL, write_many, &jobs[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		void *failed;
		cr_assert_eq(pthread_join(threads[i], &failed), 0);
		cr_assert_null(failed);
		assert_holds(jobs[i].path, jobs[i].n, 200);
		scratch_remove(jobs[i].path);
	}
}

Test(writer, writes_to_a_device)
{
	struct err err = { 0 };
	struct log_writer *w = writer("/dev/null", NULL);
	cr_assert_eq(put(w, 1, 100, 0, &err), 0);
	cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0, "%s", err.text);
}
