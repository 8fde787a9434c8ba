/* Logs that are kept: what an earlier version, or GoReplay's form, has in a file reads the same for ever. Run from the top of the tree. */
#include "log_support.h"

#include <criterion/criterion.h>

static const struct {
	const char *path;
	unsigned records, damaged;
	enum log_kind kind;
	bool indexed;
	const char *note; /* NULL: nothing may be told */
} files[] = {
	{ "fixtures/log/goreplay-2.gor", 7, 0, LOG_KIND_TEXT, false, NULL },
	{ "fixtures/log/goreplay-2.gor.gz", 7, 0, LOG_KIND_GZIP, false, NULL },
	{ "fixtures/log/goreplay-old.gor", 3, 0, LOG_KIND_TEXT, false, NULL },
	{ "fixtures/log/mixed.gor", 4, 0, LOG_KIND_TEXT, false, NULL },
	{ "fixtures/log/native-1.gor.zst", 7, 0, LOG_KIND_ZSTD, true, NULL },
	{ "fixtures/log/native-1-killed.gor.zst", 7, 7, LOG_KIND_ZSTD, false,
	  "rebuilt from 1 frame headers; skipped 100 bytes at the end" },
};

Test(fixtures, read_as_they_always_did)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct heard h;
		struct log_info info;
		cr_assert(log_hear(&h, files[i].path, NULL), "%s", h.err.text);
		cr_assert_eq(h.n, files[i].records, "%s: %zu", files[i].path, h.n);
		cr_assert_eq(heard_count(&h, LOG_READ_DAMAGED_RECORDS), files[i].damaged, "%s", files[i].path);
		for (size_t k = 1; k < h.n; k++)
			cr_assert_leq(h.list[k - 1]->ts_ns, h.list[k]->ts_ns, "%s", files[i].path);
		log_reader_info(h.reader, &info);
		cr_assert_eq(info.kind, files[i].kind);
		cr_assert_eq(info.indexed, files[i].indexed);
		cr_assert(files[i].note ? strstr(h.note, files[i].note) != NULL : h.notes == 0, "%s", h.note);
		log_forget(&h);
	}
}

Test(fixtures, the_same_messages_in_three_forms)
{
	struct heard plain, gzip, native;
	cr_assert(log_hear(&plain, files[0].path, NULL));
	cr_assert(log_hear(&gzip, files[1].path, NULL));
	cr_assert(log_hear(&native, files[4].path, NULL));
	for (size_t i = 0; i < plain.n; i++) {
		cr_assert(message_same(plain.list[i], gzip.list[i]), "%zu", i);
		cr_assert(message_same(plain.list[i], native.list[i]), "%zu", i);
	}
	log_forget(&plain);
	log_forget(&gzip);
	log_forget(&native);
}

Test(fixtures, details_of_old_and_mixed_files)
{
	struct heard h;
	struct endpoint v6;
	cr_assert(log_hear(&h, "fixtures/log/goreplay-old.gor", NULL));
	cr_assert_eq(h.list[0]->id.len, 40);
	cr_assert_eq(h.list[0]->latency_ns, -1);
	cr_assert(slice_starts(message_bytes(h.list[1]), slice_str("GET /b ")), "the one without its separator");
	log_forget(&h);
	cr_assert(log_hear(&h, "fixtures/log/mixed.gor", NULL));
	cr_assert(endpoint_parse("[2001:db8::1]:80", &v6));
	cr_assert(endpoint_eq(&h.list[0]->dst, &v6));
	cr_assert_eq(h.list[2]->flags, MESSAGE_CUT);
	cr_assert_eq(h.list[3]->target, 1);
	cr_assert(memmem(h.list[0]->data.ptr, h.list[0]->data.len, "\n1 ffff 1 1\ny", 13), "a body that holds a separator and a header");
	log_forget(&h);
}
