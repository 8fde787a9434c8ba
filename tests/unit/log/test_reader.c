/* The reader against files that are whole, torn, flipped, foreign, out of order, or no logs at all. */
#include "log/record.h"
#include "log/writer.h"
#include "log_support.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define SEP RECORD_SEPARATOR

/* Every message given stands in the reference at its own number, byte for byte. */
static void assert_true_to(const struct heard *h, struct message *const *reference, unsigned n, const char *where, size_t at)
{
	int64_t before = INT64_MIN;
	for (size_t i = 0; i < h->n; i++) {
		const struct message *m = h->list[i];
		int64_t number = (m->ts_ns - LOG_TS(0)) / 1000000;
		cr_assert(number >= 0 && number < n && message_same(m, reference[number]), "%s %zu: a wrong record", where, at);
		cr_assert(m->ts_ns > before, "%s %zu: out of order or twice", where, at);
		before = m->ts_ns;
	}
	cr_assert(heard_balances(h), "%s %zu", where, at);
}

enum { SMALL = 12, SMALL_BODY = 40 };

static struct buf small_log(const char *path, struct message **reference)
{
	log_make(path, SMALL, SMALL_BODY, 3, "{\"k\":[1,2]}");
	for (unsigned i = 0; i < SMALL; i++)
		reference[i] = message_for_test(i, LOG_TS(i), SMALL_BODY);
	return file_load(path);
}

static void forget_reference(struct message **reference)
{
	for (unsigned i = 0; i < SMALL; i++)
		message_unref(reference[i]);
}

Test(reader, truncated_at_every_byte, .timeout = 120)
{
	char path[SCRATCH_PATH];
	struct message *reference[SMALL];
	scratch_make(path, "x.gor.zst");
	struct buf whole = small_log(path, reference);
	size_t most = 0;
	for (size_t n = 0; n <= whole.len; n++) {
		struct heard h;
		file_store(path, slice_cut(buf_slice(&whole), 0, n));
		if (!log_hear(&h, path, NULL)) {
			cr_assert(n < 8 && h.err.code == ERR_FORMAT, "%zu: %s", n, h.err.text);
			continue;
		}
		cr_assert_eq(h.end, LOG_READ_END);
		assert_true_to(&h, reference, SMALL, "cut at", n);
		cr_assert_eq(h.n % 3, 0, "whole frames only");
		cr_assert_geq(h.n, most, "cut at %zu: more bytes, fewer records", n);
		cr_assert(n == whole.len ? h.notes == 0 : h.notes > 0, "cut at %zu: nothing was said", n);
		most = h.n;
		log_forget(&h);
	}
	cr_assert_eq(most, SMALL);
	forget_reference(reference);
	buf_release(&whole);
	scratch_remove(path);
}

static void flip_everywhere(bool with_index)
{
	char path[SCRATCH_PATH];
	struct message *reference[SMALL];
	scratch_make(path, "x.gor.zst");
	struct buf whole = small_log(path, reference);
	size_t len = whole.len;
	if (!with_index) { /* as kill -9 leaves it: what stands before the index's signature */
		const uint8_t *index = memmem(whole.ptr, whole.len, "replayI", 7);
		cr_assert_not_null(index);
		len = (size_t)(index - whole.ptr) - 8;
	}
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit += with_index ? 3 : 1) {
			struct heard h;
			whole.ptr[i] ^= (uint8_t)(1 << bit);
			file_store(path, slice_cut(buf_slice(&whole), 0, len));
			whole.ptr[i] ^= (uint8_t)(1 << bit);
			cr_assert(log_hear(&h, path, NULL), "flip at %zu: %s", i, h.err.text);
			cr_assert_eq(h.end, LOG_READ_END, "flip at %zu: %s", i, h.err.text);
			assert_true_to(&h, reference, SMALL, "flip at", i);
			cr_assert_geq(h.n, SMALL - 3, "flip at %zu, bit %u: %zu records, more than one frame is lost", i, bit, h.n);
			log_forget(&h);
		}
	forget_reference(reference);
	buf_release(&whole);
	scratch_remove(path);
}

Test(reader, every_byte_flipped_with_its_index, .timeout = 120)
{
	flip_everywhere(true);
}

Test(reader, every_bit_flipped_without_an_index, .timeout = 120)
{
	flip_everywhere(false);
}

Test(reader, plain_and_gzip_flipped_and_cut_everywhere_never_crash, .timeout = 120)
{
	static const char *const names[] = { "x.gor", "x.gor.gz" };
	for (int f = 0; f < 2; f++) {
		char path[SCRATCH_PATH];
		scratch_make(path, names[f]);
		log_make(path, 6, 20, 2, "");
		struct buf whole = file_load(path);
		for (size_t i = 0; i < 2 * whole.len; i++) {
			struct heard h;
			size_t at = i / 2;
			whole.ptr[at] ^= i % 2 ? 0x10 : 0;
			file_store(path, slice_cut(buf_slice(&whole), 0, i % 2 ? whole.len : at));
			whole.ptr[at] ^= i % 2 ? 0x10 : 0;
			if (!log_hear(&h, path, NULL))
				continue;
			cr_assert_eq(h.end, LOG_READ_END);
			cr_assert_leq(h.n, 6);
			cr_assert(heard_balances(&h), "%s %zu", names[f], i);
			if (i % 2 && f == 0)
				cr_assert_geq(h.n, 4, "%s: a flip at %zu costs %zu records", names[f], at, 6 - h.n);
			log_forget(&h);
		}
		buf_release(&whole);
		scratch_remove(path);
	}
}

Test(reader, a_damaged_frame_is_told_with_its_place_and_time)
{
	char path[SCRATCH_PATH];
	struct heard h;
	scratch_make(path, "x.gor.zst");
	log_make(path, 30, 200, 10, "{}");
	struct buf whole = file_load(path);
	whole.ptr[64 + 100] ^= 1;
	file_store(path, buf_slice(&whole));
	cr_assert(log_hear(&h, path, NULL));
	cr_assert_eq(h.n, 20);
	cr_assert_eq(heard_count(&h, LOG_READ_DAMAGED_FRAMES), 1);
	cr_assert_eq(heard_count(&h, LOG_READ_DAMAGED_RECORDS), 10);
	cr_assert_not_null(
	        strstr(h.note, "the frame at byte 0 is damaged: its 10 records, from 2001-09-09T01:46:40.000Z to 2001-09-09T01:46:40.009Z"),
	        "%s", h.note);
	log_forget(&h);
	buf_release(&whole);
	scratch_remove(path);
}

Test(reader, without_its_index_it_says_what_it_rebuilt)
{
	char path[SCRATCH_PATH];
	struct heard h;
	scratch_make(path, "x.gor.zst");
	log_make(path, 30, 200, 10, "{}");
	struct buf whole = file_load(path);
	const uint8_t *index = memmem(whole.ptr, whole.len, "replayI", 7);
	file_store(path, slice_cut(buf_slice(&whole), 0, (size_t)(index - whole.ptr) - 8 - 50));
	cr_assert(log_hear(&h, path, NULL));
	cr_assert_eq(h.n, 20);
	cr_assert_eq(h.notes, 1);
	cr_assert_not_null(strstr(h.note, "no final index (the writer was stopped); rebuilt from 2 frame headers; skipped "), "%s", h.note);
	cr_assert_not_null(strstr(h.note, " bytes at the end"), "%s", h.note);
	cr_assert_gt(heard_count(&h, LOG_READ_SKIPPED_BYTES), 0);
	log_forget(&h);
	buf_release(&whole);
	scratch_remove(path);
}

/* --- order ---------------------------------------------------------------------------------------------------------- */

/* Times that jump about: every fifth record belongs much earlier, as slow answers do. */
static int64_t jumping(unsigned i)
{
	return LOG_TS(i % 5 == 4 ? i / 3 : i);
}

static void make_jumping(const char *path, unsigned n)
{
	struct err err = { 0 };
	const struct log_writer_options options = { .wait = true, .frame_bytes = 4096 };
	struct log_writer *w = log_writer_open(path, &options, &err);
	cr_assert_not_null(w, "%s", err.text);
	for (unsigned i = 0; i < n; i++) {
		struct message *m = message_for_test(i, jumping(i), 100);
		cr_assert_eq(log_writer_write(w, m, 0, &err), 0);
		message_unref(m);
	}
	cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
}

static const char *const all_names[] = { "x.gor.zst", "x.gor", "x.gor.gz" };

Test(reader, gives_time_order_equal_times_in_file_order)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct heard h;
		scratch_make(path, all_names[f]);
		make_jumping(path, 3000);
		cr_assert(log_hear(&h, path, NULL));
		cr_assert_eq(h.n, 3000);
		for (size_t i = 1; i < h.n; i++) {
			const struct message *a = h.list[i - 1], *b = h.list[i];
			cr_assert(a->ts_ns < b->ts_ns || (a->ts_ns == b->ts_ns && a->latency_ns < b->latency_ns), "%s: %zu", all_names[f],
			          i);
		}
		log_forget(&h);
		const struct log_reader_options as_written = { .file_order = true };
		cr_assert(log_hear(&h, path, &as_written));
		cr_assert_eq(h.n, 3000);
		for (size_t i = 0; i < h.n; i++)
			cr_assert_eq(h.list[i]->latency_ns, (int64_t)i * 1000, "%s: %zu", all_names[f], i);
		log_forget(&h);
		scratch_remove(path);
	}
}

/* So little may be held that every frame is let go again at once: slower, the same records. */
Test(reader, frames_let_go_early_are_read_again)
{
	char path[SCRATCH_PATH];
	struct heard all, h;
	scratch_make(path, "x.gor.zst");
	make_jumping(path, 600);
	const struct log_reader_options none = { .held_bytes = 1 };
	cr_assert(log_hear(&all, path, NULL));
	cr_assert(log_hear(&h, path, &none));
	cr_assert_eq(h.n, all.n);
	for (size_t i = 0; i < h.n; i++)
		cr_assert(message_same(h.list[i], all.list[i]), "%zu", i);
	cr_assert(heard_balances(&h));
	log_forget(&all);
	log_forget(&h);
	scratch_remove(path);
}

/* cat a.gor.zst b.gor.zst > c.gor.zst: the index at the end is b's, and stands elsewhere than it says. */
Test(reader, logs_joined_by_cat)
{
	char path[SCRATCH_PATH];
	struct heard h;
	struct log_info info;
	struct err err = { 0 };
	scratch_make(path, "x.gor.zst");
	log_make(path, 20, 50, 10, "{}");
	struct buf whole = file_load(path);
	size_t one = whole.len;
	cr_assert_eq(buf_reserve(&whole, one), 0);
	cr_assert_eq(buf_append(&whole, slice_of(whole.ptr, one)), 0);
	file_store(path, buf_slice(&whole));
	for (int round = 0; round < 2; round++) {
		cr_assert(log_hear(&h, path, NULL));
		cr_assert_eq(h.n, 40);
		cr_assert_eq(heard_count(&h, LOG_READ_SKIPPED_BYTES), 0);
		for (size_t i = 1; i < h.n; i++)
			cr_assert_leq(h.list[i - 1]->ts_ns, h.list[i]->ts_ns);
		log_reader_info(h.reader, &info);
		cr_assert_eq(info.frames, 4);
		cr_assert_eq(info.indexed, round == 1);
		log_forget(&h);
		/* Appending nothing gives it an index of its own. */
		const struct log_writer_options append = { .append = true };
		struct log_writer *w = log_writer_open(path, &append, &err);
		cr_assert_not_null(w, "%s", err.text);
		cr_assert_null(log_writer_note(w));
		cr_assert_eq(log_writer_close(w, slice_of(NULL, 0), &err), 0);
	}
	char command[256];
	(void)snprintf(command, sizeof command, "if zstd --version >/dev/null 2>&1; then zstd -q -t %s; fi", path);
	cr_assert_eq(system(command), 0);
	buf_release(&whole);
	scratch_remove(path);
}

Test(reader, from_and_to)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct heard h;
		scratch_make(path, all_names[f]);
		make_jumping(path, 2000);
		const struct log_reader_options span = { .from_ns = LOG_TS(500), .to_ns = LOG_TS(700) };
		unsigned want = 0;
		for (unsigned i = 0; i < 2000; i++)
			want += jumping(i) >= span.from_ns && jumping(i) < span.to_ns;
		cr_assert(log_hear(&h, path, &span));
		cr_assert_eq(h.n, want, "%s: %zu of %u", all_names[f], h.n, want);
		cr_assert_eq(heard_count(&h, LOG_READ_OUTSIDE), 2000 - want);
		cr_assert_eq(heard_count(&h, LOG_READ_SEEN), 2000);
		for (size_t i = 0; i < h.n; i++)
			cr_assert(h.list[i]->ts_ns >= span.from_ns && h.list[i]->ts_ns < span.to_ns);
		log_forget(&h);
		scratch_remove(path);
	}
}

/* --- other people's files ------------------------------------------------------------------------------------------------ */

static const char foreign[] = "1 d7ad5c1f0a1b2c3d4e5f6071 1700000000000000002 -1\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n" SEP
                              "1 932079936fa4306fc308d67588178d17d823647c 1700000000000000001\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n" SEP
                              "2 d7ad5c1f0a1b2c3d4e5f6071 1700000000000000003 100\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" SEP
                              "3 d7ad5c1f0a1b2c3d4e5f6071 1700000000000000004 100\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void assert_foreign(const char *path)
{
	struct heard h;
	cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
	cr_assert_eq(h.n, 4, "%s: %zu", path, h.n);
	cr_assert_eq(heard_count(&h, LOG_READ_DAMAGED_RECORDS), 0);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(h.list[i]->ts_ns, 1700000000000000001 + i);
	cr_assert_eq(h.list[0]->id.len, 40);
	cr_assert_eq(h.list[0]->latency_ns, -1);
	cr_assert(slice_eq(message_bytes(h.list[3]), slice_str("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")));
	log_forget(&h);
}

Test(reader, goreplays_files_plain_and_gzip)
{
	char path[SCRATCH_PATH];
	scratch_make(path, "requests_0.gor");
	file_store(path, slice_str(foreign));
	assert_foreign(path);
	scratch_remove(path);

	scratch_make(path, "requests_0.gz"); /* two members, cut inside a record */
	for (int part = 0; part < 2; part++) {
		gzFile z = gzopen(path, part ? "ab" : "wb");
		size_t from = part ? 100 : 0, n = part ? sizeof foreign - 1 - 100 : 100;
		cr_assert_eq(gzwrite(z, foreign + from, (unsigned)n), (int)n);
		cr_assert_eq(gzclose(z), Z_OK);
	}
	assert_foreign(path);
	scratch_remove(path);
}

Test(reader, a_plain_file_that_zstd_packed)
{
	if (system("zstd --version >/dev/null 2>&1") != 0)
		cr_skip_test("no zstd program here");
	char path[SCRATCH_PATH], command[1024];
	scratch_make(path, "x");
	file_store(path, slice_str(foreign));
	/* One frame; then two, cut inside a record. */
	(void)snprintf(command, sizeof command, "zstd -q %s -o %s.z && mv %s.z %s", path, path, path, path);
	cr_assert_eq(system(command), 0);
	assert_foreign(path);
	file_store(path, slice_str(foreign));
	(void)snprintf(command, sizeof command, "(head -c 100 %s | zstd -q; tail -c +101 %s | zstd -q) > %s.z && mv %s.z %s", path, path,
	               path, path, path);
	cr_assert_eq(system(command), 0);
	assert_foreign(path);
	scratch_remove(path);
}

struct pump {
	const char *path;
	struct slice bytes;
};

static void *pump_main(void *arg)
{
	const struct pump *p = arg;
	int fd = open(p->path, O_WRONLY);
	for (size_t at = 0; fd >= 0 && at < p->bytes.len;) {
		size_t n = p->bytes.len - at < 777 ? p->bytes.len - at : 777;
		ssize_t done = write(fd, p->bytes.ptr + at, n);
		if (done <= 0)
			break;
		at += (size_t)done;
	}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

/* Hears a file's bytes through a pipe of that name. */
static void hear_through_pipe(struct heard *h, const char *path, struct slice bytes)
{
	pthread_t thread;
	(void)unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	struct pump p = { path, bytes };
	cr_assert_eq(pthread_create(&thread, NULL, pump_main, &p), 0);
	cr_assert(log_hear(h, path, NULL), "%s", h->err.text);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

/* Four frames or members of ten; one byte of the second is wrong, at every place in turn. */
Test(reader, damage_in_a_pipe_costs_the_frame_it_is_in, .timeout = 120)
{
	for (int f = 0; f < 3; f += 2) {
		char path[SCRATCH_PATH];
		struct message *reference[40];
		scratch_make(path, all_names[f]);
		log_make(path, 40, 40, 10, "");
		for (unsigned i = 0; i < 40; i++)
			reference[i] = message_for_test(i, LOG_TS(i), 40);
		struct buf whole = file_load(path);
		const char *magic = f == 0 ? "\x28\xb5\x2f\xfd" : "\x1f\x8b\x08";
		const uint8_t *first = memmem(whole.ptr + 4, whole.len - 4, magic, strlen(magic));
		cr_assert_not_null(first);
		const uint8_t *second = f == 0 ? memmem(first + 4, 4000, magic, 4) : first;
		cr_assert_not_null(second);
		/* Not its own magic and size fields: those can take more than the frame with them. */
		for (size_t at = (size_t)(second - whole.ptr) + 20; at < (size_t)(second - whole.ptr) + 300; at += 7) {
			struct heard h;
			whole.ptr[at] ^= 0x20;
			hear_through_pipe(&h, path, buf_slice(&whole));
			whole.ptr[at] ^= 0x20;
			assert_true_to(&h, reference, 40, all_names[f], at);
			cr_assert(h.n == 30 || h.n == 20, "%s: a flip at %zu leaves %zu records", all_names[f], at, h.n);
			cr_assert_gt(heard_count(&h, LOG_READ_DAMAGED_FRAMES), 0);
			cr_assert_gt(heard_count(&h, LOG_READ_DAMAGED_RECORDS), 0);
			log_forget(&h);
		}
		for (unsigned i = 0; i < 40; i++)
			message_unref(reference[i]);
		buf_release(&whole);
		scratch_remove(path);
	}
}

Test(reader, every_form_through_a_pipe, .timeout = 60)
{
	for (int f = 0; f < 3; f++) {
		char path[SCRATCH_PATH];
		struct heard h;
		scratch_make(path, all_names[f]);
		make_jumping(path, 500);
		struct buf whole = file_load(path);
		hear_through_pipe(&h, path, buf_slice(&whole));
		cr_assert_eq(h.n, 500, "%s: %zu, %s", all_names[f], h.n, h.note);
		for (size_t i = 1; i < h.n; i++)
			cr_assert_leq(h.list[i - 1]->ts_ns, h.list[i]->ts_ns);
		cr_assert_lt(log_reader_progress(h.reader), 0);
		log_forget(&h);
		buf_release(&whole);
		scratch_remove(path);
	}
}

Test(reader, damaged_records_of_a_plain_file_cost_themselves_alone)
{
	char path[SCRATCH_PATH];
	struct heard h;
	scratch_make(path, "x.gor");
	const char *text =
	        "1 a 1 1 n=1\nx" SEP "rubbish" SEP "1 b 2 1 n=1\nx" SEP "1 c 3 1 n=7\nedited" SEP "1 d 4 1 n=1\nx" SEP "1 e 5 1 n=10\nx";
	file_store(path, slice_str(text));
	cr_assert(log_hear(&h, path, NULL));
	cr_assert_eq(h.n, 3);
	cr_assert_eq(heard_count(&h, LOG_READ_DAMAGED_RECORDS), 3);
	cr_assert(heard_balances(&h));
	cr_assert_eq(h.notes, 1);
	cr_assert_not_null(strstr(h.note, "x.gor: bytes from 27 on are no record"), "%s", h.note);
	log_forget(&h);
	scratch_remove(path);
}

/* --- what is no log ------------------------------------------------------------------------------------------------------- */

Test(reader, says_in_one_sentence_what_it_cannot_read)
{
	static const struct {
		const char *bytes;
		size_t n;
		int code;
		const char *sentence;
	} cases[] = {
		{ "\xd4\xc3\xb2\xa1\2\0\4\0", 8, ERR_UNSUPPORTED, "is a packet capture, not a log" },
		{ "\x0a\x0d\x0d\x0a\x1c\0\0\0", 8, ERR_UNSUPPORTED, "is a packet capture, not a log" },
		{ "\x93\x17hello, world", 14, ERR_FORMAT, "is no log: neither records, nor gzip, zstd or a packet capture" },
		{ "1", 1, ERR_FORMAT, "is no log" },
		{ "\n", 1, ERR_FORMAT, "is no log" },
	};
	char path[SCRATCH_PATH];
	struct heard h;
	scratch_make(path, "x");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		file_store(path, slice_of(cases[i].bytes, cases[i].n));
		cr_assert_not(log_hear(&h, path, NULL), "%zu", i);
		cr_assert_eq(h.err.code, cases[i].code, "%zu: %s", i, h.err.text);
		cr_assert_not_null(strstr(h.err.text, cases[i].sentence), "%s", h.err.text);
	}
	file_store(path, slice_of("", 0));
	cr_assert(log_hear(&h, path, NULL));
	cr_assert_eq(h.end, LOG_READ_END);
	cr_assert_not_null(strstr(h.note, "the file is empty: no records"), "%s", h.note);
	log_forget(&h);
	scratch_remove(path);

	cr_assert_not(log_hear(&h, "/tmp", NULL));
	cr_assert_eq(h.err.code, ERR_USAGE);
	cr_assert_str_eq(h.err.text, "/tmp is a directory, not a log");
	cr_assert_not(log_hear(&h, "/tmp/no/such/log", NULL));
	cr_assert_eq(h.err.code, ERR_IO);
	cr_assert_str_eq(h.err.text, "cannot open /tmp/no/such/log: No such file or directory");
}

/* Claims that would take the machine's memory: a record of 1 GiB less a byte, a zstd frame of 2^60 bytes, a skippable one of 4 GiB. */
Test(reader, believes_no_claim_about_size)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{ "1 a 1 1 n=1073741823\nx", 22 },
		{ "\x28\xb5\x2f\xfd\xc0\x80\0\0\0\0\0\0\0\x10\x01\0\0", 17 },
		{ "\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x10\x01\0\0", 16 },
		{ "\x50\x2a\x4d\x18\xff\xff\xff\xffxxxx", 12 },
	};
	char path[SCRATCH_PATH];
	scratch_make(path, "x");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const struct rlimit little = { 1 << 30, 1 << 30 };
	cr_assert_eq(setrlimit(RLIMIT_AS, &little), 0);
#endif
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		file_store(path, slice_of(cases[i].bytes, cases[i].n));
		if (!log_hear(&h, path, NULL))
			continue;
		cr_assert_eq(h.end, LOG_READ_END, "%zu: %s", i, h.err.text);
		cr_assert_eq(h.n, 0);
		log_forget(&h);
	}
	scratch_remove(path);
}

Test(reader, info_comes_from_the_index)
{
	char path[SCRATCH_PATH];
	struct heard h;
	struct log_info info;
	scratch_make(path, "x.gor.zst");
	log_make(path, 40, 100, 10, "{\"a\":\n1}");
	cr_assert(log_hear(&h, path, NULL));
	log_reader_info(h.reader, &info);
	cr_assert_eq(info.kind, LOG_KIND_ZSTD);
	cr_assert_eq(info.records, 40);
	cr_assert_eq(info.frames, 4);
	cr_assert_eq(info.first_ns, LOG_TS(0));
	cr_assert_eq(info.last_ns, LOG_TS(39));
	cr_assert(info.indexed);
	cr_assert(slice_eq(info.ledger_json, slice_str("{\"a\": 1}")));
	cr_assert_gt(info.text_bytes, 40 * 100);
	cr_assert_float_eq(log_reader_progress(h.reader), 1, 1e-9);
	log_forget(&h);
	scratch_remove(path);
}

static void each_allocation_fails(const char *name)
{
	char path[SCRATCH_PATH];
	scratch_make(path, name);
	make_jumping(path, 120);
	for (unsigned long n = 1;; n++) {
		struct err err = { 0 };
		struct message *m = NULL;
		enum log_read end = LOG_READ_FAIL;
		alloc_fail_at(n);
		struct log_reader *r = log_reader_open(path, NULL, &err);
		size_t got = 0;
		while (r && (end = log_reader_next(r, &m, &err)) == LOG_READ_MESSAGE) {
			got++;
			message_unref(m);
		}
		bool failed = alloc_failed();
		alloc_fail_at(0);
		log_reader_close(r);
		if (!failed) {
			cr_assert_eq(end, LOG_READ_END, "%s", err.text);
			cr_assert_eq(got, 120);
			break;
		}
		/* Allocations within libzstd and zlib fail too where they are wrapped; either it is said, or nothing is missing. */
		cr_assert(end == LOG_READ_FAIL ? err.code == ERR_NOMEM : got == 120, "%s: allocation %lu: %s, %zu records", name, n,
		          err.text, got);
	}
	scratch_remove(path);
}

Test(reader, each_allocation_may_fail, .timeout = 60)
{
	for (int f = 0; f < 3; f++)
		each_allocation_fails(all_names[f]);
}
