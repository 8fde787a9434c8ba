/* ledger: identities, merging, and the two forms it is written in. */
#include "report/ledger.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

static const struct tally_row packet_rows[] = {
	{ "seen", "seen", TALLY_TOTAL, false },          { "tcp", "with TCP", TALLY_PART, false },
	{ "other", "other", TALLY_PART, false },         { "dropped", "dropped by the kernel", TALLY_PART, true },
	{ "fragments", "fragments", TALLY_NOTE, false }, { "bytes", "bytes read", TALLY_NOTE, false },
};
static const struct tally_table packets = { "packets", packet_rows, 6 };

static const struct tally_row note_rows[] = { { "flows", "connections", TALLY_NOTE, false } };
static const struct tally_table notes = { "connections", note_rows, 1 };

static void add(struct ledger *l, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	struct tally_sink sink = ledger_sink(l);
	sink.section(sink.arg, table, label, counts);
}

static struct ledger *example(void)
{
	struct ledger *l = ledger_new();
	cr_assert_not_null(l);
	add(l, &packets, "", (const uint64_t[]){ 1234, 1200, 30, 4, 5, 2048 });
	add(l, &notes, "", (const uint64_t[]){ 7 });
	add(l, &packets, "file x", (const uint64_t[]){ 0, 0, 0, 0, 0, 0 });
	return l;
}

Test(ledger, identities)
{
	static const struct {
		uint64_t counts[6];
		bool balanced;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, true },    { { 10, 10, 0, 0, 0, 0 }, true },  { { 10, 4, 3, 3, 0, 0 }, true },
		{ { 10, 4, 3, 3, 99, 99 }, true }, /* notes stand beside */
		{ { 10, 4, 3, 2, 1, 0 }, false },  { { 10, 11, 0, 0, 0, 0 }, false }, { { UINT64_MAX, UINT64_MAX - 1, 1, 0, 0, 0 }, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ledger *l = ledger_new();
		add(l, &packets, "", rows[i].counts);
		cr_assert_eq(ledger_balanced(l), rows[i].balanced, "row %zu", i);
		cr_assert_eq(ledger_lost(l), rows[i].counts[3] > 0, "row %zu", i);
		ledger_free(l);
	}
}

Test(ledger, shards_add_up_by_section_and_label)
{
	struct ledger *l = example();
	add(l, &packets, "", (const uint64_t[]){ 6, 1, 2, 3, 4, 5 });
	cr_assert_eq(ledger_get(l, "packets", "", "seen"), 1240);
	cr_assert_eq(ledger_get(l, "packets", "", "dropped"), 7);
	cr_assert_eq(ledger_get(l, "packets", "file x", "seen"), 0);
	cr_assert_eq(ledger_get(l, "connections", "", "flows"), 7);
	cr_assert_eq(ledger_get(l, "packets", "", "nothing"), 0);
	cr_assert_eq(ledger_get(l, "nothing", "", "seen"), 0);
	cr_assert_null(ledger_section_at(l, 3));
	ledger_free(l);
}

static void assert_text(const struct ledger *l, const char *expected)
{
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(ledger_text(l, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(expected)), "got:\n%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

Test(ledger, text)
{
	struct ledger *l = example();
	assert_text(l,
	            "ledger\n"
	            "  packets             1,234 seen = 1,200 with TCP + 30 other + 4 dropped by the kernel; 5 fragments, 2.00 KiB read\n"
	            "  connections         7 connections\n"
	            "  packets file x      0 seen\n"
	            "lost: 4 dropped by the kernel (packets)\n"
	            "every total is the sum of its parts\n");
	ledger_free(l);

	l = ledger_new();
	add(l, &packets, "\x1b[31m a name that is too long", (const uint64_t[]){ 3, 1, 0, 0, 0, 0 });
	assert_text(l, "ledger\n"
	               "  packets \\x1b[31m a name that is too long\n"
	               "                      3 seen = 1 with TCP  DOES NOT BALANCE: the parts come to 1\n"
	               "lost: nothing\n"
	               "THE LEDGER DOES NOT BALANCE\n");
	ledger_free(l);
}

static const char example_json[] =
        "{\"balanced\":true,\"sections\":["
        "{\"section\":\"packets\",\"label\":\"\",\"total\":\"seen\",\"notes\":[\"fragments\",\"bytes\"],\"losses\":[\"dropped\"],"
        "\"rows\":{\"seen\":1234,\"tcp\":1200,\"other\":30,\"dropped\":4,\"fragments\":5,\"bytes\":2048},\"balanced\":true},"
        "{\"section\":\"connections\",\"label\":\"\",\"total\":null,\"notes\":[\"flows\"],\"losses\":[],\"rows\":{\"flows\":7},"
        "\"balanced\":true},"
        "{\"section\":\"packets\",\"label\":\"file x\",\"total\":\"seen\",\"notes\":[\"fragments\",\"bytes\"],\"losses\":[\"dropped\"],"
        "\"rows\":{\"seen\":0,\"tcp\":0,\"other\":0,\"dropped\":0,\"fragments\":0,\"bytes\":0},\"balanced\":true}]}";

static void assert_json(const struct ledger *l)
{
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(ledger_json(l, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(example_json)), "got:\n%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

Test(ledger, json_and_back)
{
	struct ledger *l = example();
	assert_json(l);
	ledger_free(l);

	l = ledger_new();
	struct slice at_edge = guard_copy(slice_str(example_json));
	cr_assert_eq(ledger_read_json(l, at_edge), 0);
	guard_free(at_edge);
	assert_json(l);
	cr_assert(ledger_balanced(l));
	cr_assert(ledger_lost(l));
	ledger_free(l);
}

Test(ledger, json_without_a_section)
{
	struct ledger *l = example();
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(ledger_json_without(l, "packets", &out), 0);
	cr_assert(slice_eq(buf_slice(&out),
	                   slice_str("{\"balanced\":true,\"sections\":[{\"section\":\"connections\",\"label\":\"\",\"total\":null,"
	                             "\"notes\":[\"flows\"],\"losses\":[],\"rows\":{\"flows\":7},\"balanced\":true}]}")));
	buf_release(&out);
	ledger_free(l);
}

Test(ledger, foreign_json_is_refused_or_harmless)
{
	static const struct {
		const char *json;
		int result;
	} rows[] = {
		{ "", ERR_FORMAT },
		{ "{", ERR_FORMAT },
		{ "[]", ERR_FORMAT },
		{ "7", ERR_FORMAT },
		{ "{\"sections\":7}", ERR_FORMAT },
		{ "{\"sections\":[7]}", ERR_FORMAT },
		{ "{\"sections\":[{\"section\":7}]}", ERR_FORMAT },
		{ "{\"sections\":[{\"section\":\"a\"}]}", 0 },
		{ "{\"sections\":[{\"section\":\"a\",\"rows\":7,\"notes\":{},\"total\":[]}]}", 0 },
		{ "{\"sections\":[{\"section\":\"a\",\"rows\":{\"x\":-1,\"y\":1.5,\"z\":\"7\",\"w\":[]}}],\"more\":1}", 0 },
		{ "{\"sections\":[]}", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ledger *l = ledger_new();
		cr_assert_eq(ledger_read_json(l, slice_str(rows[i].json)), rows[i].result, "row %zu", i);
		cr_assert_eq(ledger_get(l, "a", "", "x"), 0);
		ledger_free(l);
	}
}

Test(ledger, size_of_foreign_json_is_bounded)
{
	struct buf json;
	buf_init(&json, 1 << 20);
	buf_append_str(&json, "{\"sections\":[{\"section\":\"a\",\"rows\":{\"r\":1");
	for (int i = 0; i < 1000; i++)
		buf_printf(&json, ",\"r%d\":1", i);
	buf_append_str(&json, "}}]}");
	struct ledger *l = ledger_new();
	cr_assert_eq(ledger_read_json(l, buf_slice(&json)), ERR_NOMEM);
	cr_assert(ledger_section_at(l, 0)->n <= 256);
	ledger_free(l);
	buf_release(&json);
}

Test(ledger, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		alloc_fail_at(n);
		struct ledger *l = ledger_new();
		struct buf out;
		buf_init(&out, 65536);
		int r = ERR_NOMEM;
		if (l) {
			add(l, &packets, "", (const uint64_t[]){ 1, 1, 0, 0, 0, 0 });
			add(l, &notes, "", (const uint64_t[]){ 1 });
			/* An account that lacks something never says that it is whole. */
			if (alloc_failed())
				cr_assert_not(ledger_balanced(l));
			r = ledger_json(l, &out);
			r = r ? r : ledger_text(l, &out);
		}
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0, "allocation %lu", n);
		ledger_free(l);
		buf_release(&out);
		if (!failed)
			break;
	}
}
