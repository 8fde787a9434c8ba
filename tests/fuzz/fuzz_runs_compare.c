/* fuzz_runs_compare: two files that claim to be verdicts, cut out of the input. What is read is written as JSON that stands, and as text that no byte of it
 * can drive a terminal with; a file against itself has nothing new and nothing fixed. */
#include "report/runs_compare.h"
#include "report/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_written(const struct runs_compare *c, size_t columns)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	expect(runs_compare_json(c, &out) == 0 && utf8_valid(buf_slice(&out)));
	for (size_t i = 0; i < out.len; i++)
		expect(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f);
	buf_clear(&out);
	expect(runs_compare_text(c, columns, false, &out) == 0 && utf8_valid(buf_slice(&out)));
	for (size_t i = 0; i < out.len; i++)
		expect((out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f) || out.ptr[i] == '\n');
	buf_release(&out);
}

static void check_pair(struct slice before, struct slice now, bool itself)
{
	struct runs_compare *c = NULL;
	struct err err = { 0 };
	int r = runs_compare_new(before, now, NULL, &c, &err);
	expect((r == 0) == (c != NULL) && (r == 0) == (err.code == ERR_NONE));
	if (!c)
		return;
	size_t sum = 0;
	for (int kind = 0; kind < RUN_CHANGES; kind++)
		sum += c->counts[kind];
	expect(sum == c->count);
	expect(!itself || c->count == c->counts[RUN_LASTING]);
	check_written(c, before.len % 200);
	runs_compare_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size), first = slice_cut(all, 0, slice_find_byte(all, '\n'));
	struct slice second = slice_from(all, first.len + 1);
	check_pair(first, first, true);
	check_pair(first, second, false);
	check_pair(second, first, false);
	return 0;
}
