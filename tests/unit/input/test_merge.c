/* merge: a capture in several files gives what it gives in one, in whatever order they are named; what is no continuation is read on its own. */
#include "input/merge.h"

#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD      24
#define FILES_MAX 1200

struct list {
	struct message **at;
	size_t n, cap;
	enum log_read end;
	struct err err;
	uint64_t packets, files_messages; /* of the account */
	double progress_low, progress_high, progress_end;
};

static char dir[64];
static char paths[FILES_MAX][128];
static size_t path_count;
static unsigned notes;
static char last_note[512];

static void set_up(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/replay-unit-XXXXXX");
	cr_assert(mkdtemp(dir));
}

static void tear_down(void)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(merge, .init = set_up, .fini = tear_down);

static void note(void *arg, const char *sentence)
{
	(void)arg;
	notes++;
	(void)snprintf(last_note, sizeof last_note, "%s", sentence);
}

static struct slice fixture(const char *name)
{
	static uint8_t bytes[4][1 << 18];
	static int turn;
	uint8_t *to = bytes[turn++ % 4];
	char path[128];
	(void)snprintf(path, sizeof path, "fixtures/pcap/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, to, sizeof bytes[0]);
	(void)close(fd);
	cr_assert(n > HEAD && (size_t)n < sizeof bytes[0], "%s", path);
	return slice_of(to, (size_t)n);
}

/* Of a little endian pcap, the length of the packet that stands at `at`, with its head. */
static size_t packet_bytes(struct slice pcap, size_t at)
{
	uint32_t captured;
	memcpy(&captured, pcap.ptr + at + 8, sizeof captured);
	return 16 + captured;
}

static size_t count_packets(struct slice pcap)
{
	size_t n = 0;
	for (size_t at = HEAD; at < pcap.len; at += packet_bytes(pcap, at))
		n++;
	return n;
}

/* Its packets from..to-1 in a file of their own, which becomes the next path. cut: so many bytes of the last one are missing. */
static const char *write_part(struct slice pcap, size_t from, size_t to, size_t cut)
{
	size_t at = HEAD, begin = 0, n = 0;
	for (; at < pcap.len && n < to; n++) {
		begin = n == from ? at : begin;
		at += packet_bytes(pcap, at);
	}
	cr_assert_lt(path_count, FILES_MAX);
	char *path = paths[path_count];
	(void)snprintf(path, sizeof paths[0], "%s/cap%zu", dir, path_count++);
	FILE *f = fopen(path, "w");
	cr_assert(f && fwrite(pcap.ptr, 1, HEAD, f) == HEAD);
	if (from < to)
		cr_assert_eq(fwrite(pcap.ptr + begin, 1, at - begin - cut, f), at - begin - cut);
	cr_assert_eq(fclose(f), 0);
	return path;
}

static void cut_up(struct slice pcap, size_t every)
{
	size_t n = count_packets(pcap);
	path_count = 0;
	for (size_t from = 0; from < n; from += every)
		(void)write_part(pcap, from, from + every < n ? from + every : n, 0);
}

enum order { FORWARDS, BACKWARDS, MIXED };

/* The i-th of n. */
static size_t place(enum order order, size_t i, size_t n)
{
	size_t step = n % 7 ? 7 : n % 11 ? 11 : 1;
	return order == FORWARDS ? i : order == BACKWARDS ? n - 1 - i : i * step % n;
}

static int add_all(struct merge *m, enum order order, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < path_count && rc == 0; i++)
		rc = merge_add(m, paths[place(order, i, path_count)], NULL, err);
	return rc ? rc : merge_open(m, err);
}

static void take_section(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	struct list *l = arg;
	uint64_t total = 0, parts = 0;
	(void)label;
	for (size_t i = 0; i < table->n; i++) {
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	cr_expect_eq(total, parts, "section %s balances", table->section);
	l->packets += strcmp(table->section, "packets") == 0 ? total : 0;
	l->files_messages += strcmp(table->section, "capture file") == 0 ? total : 0;
}

static void read_round(struct merge *m, struct list *l)
{
	struct message *message;
	while ((l->end = merge_next(m, &message, &l->err)) == LOG_READ_MESSAGE) {
		if (l->n == l->cap) {
			l->cap = l->cap ? l->cap * 2 : 64;
			l->at = realloc(l->at, l->cap * sizeof(struct message *));
			cr_assert_not_null(l->at);
		}
		l->at[l->n++] = message;
		double progress = merge_progress(m);
		l->progress_low = progress < l->progress_low ? progress : l->progress_low;
		l->progress_high = progress > l->progress_high ? progress : l->progress_high;
	}
	l->progress_end = merge_progress(m);
}

static struct list read_files(enum order order, const struct source_options *options)
{
	struct list l = { 0 };
	struct merge *m = merge_new(options);
	cr_assert(m);
	if (add_all(m, order, &l.err) == 0)
		read_round(m, &l);
	else
		l.end = LOG_READ_FAIL;
	merge_tally(m, &(struct tally_sink){ &l, take_section });
	merge_free(m);
	return l;
}

static void release(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		message_unref(l->at[i]);
	free(l->at);
}

static bool same(const struct message *a, const struct message *b)
{
	return a->type == b->type && a->flags == b->flags && a->ts_ns == b->ts_ns && a->latency_ns == b->latency_ns &&
	       message_id_eq(&a->id, &b->id) && slice_eq(message_bytes(a), message_bytes(b));
}

static bool all_same(const struct list *a, const struct list *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++)
		if (!same(a->at[i], b->at[i]))
			return false;
	return a->n == b->n;
}

static struct list read_whole(struct slice pcap, const struct source_options *options)
{
	path_count = 0;
	(void)write_part(pcap, 0, SIZE_MAX, 0);
	struct list l = read_files(FORWARDS, options);
	cr_assert(l.end == LOG_READ_END && l.n > 0, "%s", l.err.text);
	return l;
}

Test(merge, a_capture_in_several_files_is_one)
{
	static const char *const names[] = { "demo.pcap", "zeek-workshop-browse.pcap", "suricata-output-multi-eve.pcap" };
	static const size_t every[] = { 1, 2, 3, 10, 57, 100, 400 };
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		struct slice pcap = fixture(names[k]);
		for (int sorted = 0; sorted < 2; sorted++) {
			const struct source_options options = { .file_order = !sorted, .note = note };
			struct list whole = read_whole(pcap, &options);
			for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
				cut_up(pcap, every[i]);
				for (enum order order = FORWARDS; order <= MIXED; order++) {
					struct list parts = read_files(order, &options);
					cr_expect(parts.end == LOG_READ_END && all_same(&whole, &parts),
					          "%s every %zu, order %d: %zu messages of %zu %s", names[k], every[i], order, parts.n,
					          whole.n, parts.err.text);
					cr_expect_eq(parts.packets, whole.packets);
					cr_expect_eq(parts.files_messages, whole.n);
					cr_expect(parts.progress_low >= 0 && parts.progress_high <= 1 && parts.progress_end == 1,
					          "%f..%f, %f", parts.progress_low, parts.progress_high, parts.progress_end);
					release(&parts);
				}
			}
			release(&whole);
		}
	}
	cr_expect_eq(notes, 0);
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");
	cr_assert(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

Test(merge, one_of_the_files_is_open_at_a_time)
{
	struct slice pcap = fixture("demo.pcap");
	for (int sorted = 0; sorted < 2; sorted++) {
		const struct source_options options = { .file_order = !sorted };
		struct list l = { 0 };
		cut_up(pcap, 1);
		size_t before = open_descriptors();
		struct merge *m = merge_new(&options);
		cr_assert_eq(add_all(m, BACKWARDS, &l.err), 0);
		cr_expect_leq(open_descriptors(), before + 2);
		read_round(m, &l);
		cr_expect_leq(open_descriptors(), before + 2);
		merge_free(m);
		cr_expect_eq(open_descriptors(), before);
		release(&l);
	}
}

Test(merge, again_and_between_times)
{
	struct slice pcap = fixture("demo.pcap");
	struct source_options options = { .file_order = true };
	struct list whole = read_whole(pcap, &options), twice = { 0 };
	options.from_ns = whole.at[100]->ts_ns;
	options.to_ns = whole.at[300]->ts_ns;
	struct list inside = read_whole(pcap, &options);
	cr_assert(inside.n > 150 && inside.n < 250);
	cut_up(pcap, 100);
	struct list parts = read_files(MIXED, &options);
	cr_expect(all_same(&inside, &parts));
	struct merge *m = merge_new(&options);
	cr_assert_eq(add_all(m, BACKWARDS, &twice.err), 0);
	read_round(m, &twice);
	cr_assert_eq(merge_again(m, &twice.err), 0);
	read_round(m, &twice);
	cr_assert_eq(twice.n, 2 * inside.n);
	for (size_t i = 0; i < twice.n; i++)
		cr_assert(same(twice.at[i], inside.at[i % inside.n]), "message %zu", i);
	cr_expect_eq(merge_read(m), 2 * inside.n);
	merge_free(m);
	release(&twice);
	release(&parts);
	release(&inside);
	release(&whole);
}

/* What two captures give that are read each on its own: the older message first. */
static struct list join(const struct list *a, const struct list *b)
{
	struct list l = { .at = calloc(a->n + b->n, sizeof(struct message *)) };
	cr_assert(l.at);
	for (size_t i = 0, k = 0; i + k < a->n + b->n;) {
		bool first = k == b->n || (i < a->n && a->at[i]->ts_ns <= b->at[k]->ts_ns);
		l.at[l.n++] = message_ref(first ? a->at[i++] : b->at[k++]);
	}
	return l;
}

Test(merge, captures_that_overlap_are_each_their_own)
{
	struct slice pcap = fixture("demo.pcap");
	size_t n = count_packets(pcap);
	const struct cut {
		size_t a_from, a_to, b_from, b_to;
	} cuts[] = {
		{ 0, n, 0, n }, { 0, n, n / 2, n }, { 0, n * 3 / 4, n / 4, n }, { 0, n, n / 3, n / 2 }, { 0, n / 2, 0, 10 },
	};
	for (size_t i = 0; i < 2 * sizeof cuts / sizeof *cuts; i++) {
		const struct cut *c = &cuts[i / 2];
		const struct source_options options = { .file_order = i % 2 };
		path_count = 0;
		(void)write_part(pcap, c->a_from, c->a_to, 0);
		struct list a = read_files(FORWARDS, &options);
		path_count = 0;
		(void)write_part(pcap, c->b_from, c->b_to, 0);
		struct list b = read_files(FORWARDS, &options);
		path_count = 0;
		(void)write_part(pcap, c->a_from, c->a_to, 0);
		(void)write_part(pcap, c->b_from, c->b_to, 0);
		struct list apart = join(&a, &b);
		for (enum order order = FORWARDS; order <= BACKWARDS; order++) {
			struct list both = read_files(order, &options);
			/* In file order, what the first gave before it was known to overlap may be a little younger than the other's first message. */
			cr_expect_eq(both.n, apart.n, "%zu: %zu messages, not %zu", i, both.n, apart.n);
			cr_expect(options.file_order || all_same(&both, &apart), "%zu", i);
			cr_expect_eq(both.packets, a.packets + b.packets);
			cr_expect_leq(both.progress_high, 1);
			release(&both);
		}
		release(&apart);
		release(&a);
		release(&b);
	}
}

Test(merge, a_file_that_ends_early_is_told_and_the_next_goes_on)
{
	struct slice pcap = fixture("demo.pcap");
	const struct source_options options = { .file_order = true, .note = note };
	struct list whole = read_whole(pcap, &options);
	path_count = 0;
	(void)write_part(pcap, 0, 500, 3);
	(void)write_part(pcap, 0, 0, 0); /* no packet, as a quiet interface leaves it */
	(void)write_part(pcap, 500, SIZE_MAX, 0);
	struct list l = read_files(BACKWARDS, &options);
	size_t flagged = 0;
	for (size_t i = 0; i < l.n; i++)
		flagged += l.at[i]->flags != 0;
	cr_expect(l.end == LOG_READ_END && notes == 1, "%u notes, the last: %s", notes, last_note);
	cr_expect_not_null(strstr(last_note, "cap0 ends inside a packet"));
	cr_expect(flagged <= 1 && l.n + 2 >= whole.n, "%zu flagged, %zu of %zu", flagged, l.n, whole.n);
	release(&l);
	release(&whole);
}

Test(merge, behind_damage_reading_begins_anew)
{
	struct slice pcap = fixture("demo.pcap");
	static const uint8_t junk[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	for (int sorted = 0; sorted < 2; sorted++) {
		const struct source_options options = { .file_order = !sorted };
		path_count = 0;
		const char *path = write_part(pcap, 0, 500, 0);
		FILE *f = fopen(path, "a");
		cr_assert(f && fwrite(junk, 1, sizeof junk, f) == sizeof junk && fclose(f) == 0);
		struct list before = read_files(FORWARDS, &options);
		path_count = 0;
		(void)write_part(pcap, 500, SIZE_MAX, 0);
		struct list behind = read_files(FORWARDS, &options);
		path_count = 0;
		(void)write_part(pcap, 0, 500, 0);
		f = fopen(path, "a");
		cr_assert(f && fwrite(junk, 1, sizeof junk, f) == sizeof junk && fclose(f) == 0);
		(void)write_part(pcap, 500, 700, 0);
		(void)write_part(pcap, 700, SIZE_MAX, 0);
		struct list all = read_files(MIXED, &options);
		cr_expect_eq(all.end, LOG_READ_FAIL);
		cr_expect(strstr(all.err.text, "cap0 is damaged at byte") && strstr(all.err.text, "; reading began anew with ") &&
		                  strstr(all.err.text, "cap1"),
		          "%s", all.err.text);
		cr_expect_eq(all.n, before.n + behind.n, "%zu, not %zu and %zu", all.n, before.n, behind.n);
		release(&all);
		release(&behind);
		release(&before);
	}
}

Test(merge, a_file_that_went_away_is_told)
{
	struct slice pcap = fixture("demo.pcap");
	const struct source_options options = { .file_order = true };
	struct list l = { 0 };
	cut_up(pcap, 250);
	struct merge *m = merge_new(&options);
	cr_assert_eq(add_all(m, FORWARDS, &l.err), 0);
	cr_assert_eq(unlink(paths[1]), 0);
	read_round(m, &l);
	cr_expect_eq(l.end, LOG_READ_FAIL);
	cr_expect(strstr(l.err.text, "cannot read") && strstr(l.err.text, "cap1") && strstr(l.err.text, "anew with"), "%s", l.err.text);
	cr_expect_gt(l.n, 300, "the other three were read: %zu", l.n);
	merge_free(m);
	release(&l);
}

Test(merge, other_ports_are_another_capture)
{
	struct slice pcap = fixture("demo.pcap");
	const struct source_options options = { .file_order = true };
	struct port_set ports[2] = { { .n = 0 } };
	struct list l = { 0 };
	cr_assert(port_set_parse("1-65535", &ports[0]) && port_set_parse("1-65534", &ports[1]));
	cut_up(pcap, 500);
	struct list apart = { 0 };
	for (int alike = 0; alike < 2; alike++) {
		struct list *to = alike ? &l : &apart;
		struct merge *m = merge_new(&options);
		cr_assert_eq(merge_add(m, paths[1], &ports[0], &l.err), 0);
		cr_assert_eq(merge_add(m, paths[0], &ports[!alike], &l.err), 0);
		cr_assert_eq(merge_open(m, &l.err), 0);
		read_round(m, to);
		merge_free(m);
	}
	struct list whole = read_whole(pcap, &options);
	cr_expect(all_same(&l, &whole));
	cr_expect(!all_same(&apart, &whole));
	release(&whole);
	release(&apart);
	release(&l);
}

Test(merge, out_of_memory_is_an_error)
{
	struct slice pcap = fixture("zeek-workshop-browse.pcap");
	const struct source_options options = { .file_order = true };
	struct list whole = read_whole(pcap, &options);
	cut_up(pcap, 10);
	bool failed = true;
	for (unsigned long n = 1; failed; n++) {
		struct list l = { .cap = 4096, .at = malloc(4096 * sizeof(struct message *)) };
		alloc_fail_at(n);
		struct merge *m = merge_new(&options);
		if (m && add_all(m, BACKWARDS, &l.err) == 0)
			read_round(m, &l);
		failed = alloc_failed();
		alloc_fail_at(0);
		/* What reassembly loses so is in its account. */
		cr_expect(failed || (l.end == LOG_READ_END && all_same(&l, &whole)), "allocation %lu", n);
		merge_free(m);
		release(&l);
		cr_assert_lt(n, 20000);
	}
	release(&whole);
}
