/* capture_file: whole captures, cut where they may be cut: never a crash, what was whole before the cut comes in the same order, and
 * what the cut leaves unfinished is flagged. The same capture twice gives the same. */
#include "input/capture.h"
#include "input/capture_file.h"
#include "input/pcap_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CUT_STEP 997

struct list {
	struct message **at;
	size_t n, cap;
	size_t before_end; /* of n: given before the capture's end was known */
};

static void take(struct list *l, struct capture *c)
{
	for (struct message *m; (m = capture_next(c));) {
		if (l->n == l->cap) {
			l->cap = l->cap ? l->cap * 2 : 64;
			l->at = realloc(l->at, l->cap * sizeof(struct message *));
			cr_assert_not_null(l->at);
		}
		l->at[l->n++] = m;
	}
}

static void release(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		message_unref(l->at[i]);
	free(l->at);
}

static int file_of(struct slice bytes)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	cr_assert(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static bool balanced = true;

static void check_section(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	uint64_t total = 0, parts = 0;
	bool totals = false;
	(void)arg, (void)label;
	for (size_t i = 0; i < table->n; i++) {
		totals |= table->rows[i].kind == TALLY_TOTAL;
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	balanced &= !totals || total == parts;
}

static struct list messages_of(struct slice bytes)
{
	const struct capture_options options = { 0 };
	struct list l = { 0 };
	struct packet p;
	struct err err = { 0 };
	struct tally_sink sink = { NULL, check_section };
	struct pcap_file *f = pcap_file_open(file_of(bytes), slice_of(NULL, 0), "x", &err);
	struct capture *c = capture_new(&options, NULL);
	cr_assert(f && c);
	while (pcap_file_next(f, &p, &err) == PCAP_PACKET) {
		capture_push(c, &p);
		take(&l, c);
	}
	l.before_end = l.n;
	capture_finish(c);
	take(&l, c);
	balanced = true;
	capture_tally(c, &sink);
	cr_assert(balanced, "the account balances");
	capture_free(c);
	pcap_file_close(f);
	return l;
}

static bool same(const struct message *a, const struct message *b)
{
	return a->type == b->type && a->flags == b->flags && a->ts_ns == b->ts_ns && a->latency_ns == b->latency_ns &&
	       message_id_eq(&a->id, &b->id) && slice_eq(message_bytes(a), message_bytes(b));
}

static bool has_bytes(const struct list *l, const struct message *m)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i]->type == m->type && l->at[i]->ts_ns == m->ts_ns && slice_eq(message_bytes(l->at[i]), message_bytes(m)))
			return true;
	return false;
}

/* False and a word where one of the promises is broken. */
static const char *compare(const struct list *whole, const struct list *cut)
{
	if (cut->before_end > whole->before_end)
		return "gives more before its end than the whole file";
	for (size_t i = 0; i < cut->before_end; i++)
		if (!same(whole->at[i], cut->at[i]))
			return "gives other messages than the whole file";
	for (size_t i = cut->before_end; i < cut->n; i++)
		if (cut->at[i]->flags == 0 && !has_bytes(whole, cut->at[i]))
			return "calls a message whole that is not";
	return NULL;
}

static struct slice contents(const char *path)
{
	static uint8_t bytes[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof bytes);
	(void)close(fd);
	cr_assert(n > 0 && (size_t)n < sizeof bytes, "%s", path);
	return slice_of(bytes, (size_t)n);
}

Test(capture_file, cut_anywhere)
{
	glob_t found;
	size_t cuts = 0;
	cr_assert_eq(glob("fixtures/pcap/*.pcap*", 0, NULL, &found), 0);
	for (size_t k = 0; k < found.gl_pathc; k++) {
		struct slice all = contents(found.gl_pathv[k]);
		struct list whole = messages_of(all), again = messages_of(all);
		cr_assert(whole.n == again.n && whole.before_end == again.before_end);
		for (size_t i = 0; i < whole.n; i++)
			cr_assert(same(whole.at[i], again.at[i]), "%s: the same twice", found.gl_pathv[k]);
		release(&again);
		for (size_t cut = CUT_STEP; cut < all.len; cut += CUT_STEP, cuts++) {
			struct list part = messages_of(slice_cut(all, 0, cut));
			const char *wrong = compare(&whole, &part);
			cr_assert_null(wrong, "%s cut at byte %zu %s", found.gl_pathv[k], cut, wrong);
			release(&part);
		}
		release(&whole);
	}
	cr_assert(cuts > 400, "%zu cuts", cuts);
	globfree(&found);
}

/* --- as the pipeline reads it -------------------------------------------------------------------------------------- */

static unsigned notes;
static char last_note[512];

static void note(void *arg, const char *sentence)
{
	(void)arg;
	notes++;
	(void)snprintf(last_note, sizeof last_note, "%s", sentence);
}

static size_t read_file(struct slice bytes, enum log_read *end, struct err *err)
{
	const struct source_options options = { .note = note };
	struct capture_file *f = capture_file_open(file_of(bytes), slice_of(NULL, 0), "x.pcap", &options, err);
	struct message *m;
	size_t n = 0;
	cr_assert_not_null(f);
	while ((*end = capture_file_next(f, &m, err)) == LOG_READ_MESSAGE) {
		n++;
		message_unref(m);
	}
	cr_expect_eq(capture_file_at(f) > 0, bytes.len >= 24);
	capture_file_close(f);
	return n;
}

Test(capture_file, a_cut_is_one_note_and_damage_an_error)
{
	struct slice all = contents("fixtures/pcap/zeek-pipelined-requests.pcap");
	struct err err = { 0 };
	enum log_read end;
	cr_expect_eq(read_file(all, &end, &err), 10);
	cr_expect(end == LOG_READ_END && notes == 0);
	cr_expect_gt(read_file(slice_cut(all, 0, all.len / 2), &end, &err), 2);
	cr_expect(end == LOG_READ_END && err.code == ERR_NONE && notes == 1, "%s", last_note);
	cr_expect_not_null(strstr(last_note, "x.pcap ends inside a packet at byte"));
	cr_expect_eq(read_file(slice_cut(all, 0, 17), &end, &err), 0);
	cr_expect(end == LOG_READ_END && notes == 2);
	/* A packet's length that cannot be: what came before is given, then it fails. */
	uint8_t *bytes = malloc(all.len);
	memcpy(bytes, all.ptr, all.len);
	memset(bytes + all.len - 1200, 0xff, 1200);
	cr_expect_gt(read_file(slice_of(bytes, all.len), &end, &err), 2);
	cr_expect(end == LOG_READ_FAIL && err.code == ERR_FORMAT && strstr(err.text, "is damaged at byte"), "%s", err.text);
	free(bytes);
}
