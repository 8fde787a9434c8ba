/* fuzz_ledger: what a log may hold in the place of its ledger, and bytes shown on a terminal or put into JSON. What is read as a ledger must
 * be written and read again the same. */
#include "report/json.h"
#include "report/ledger.h"
#include "report/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_ledger(struct slice bytes)
{
	struct ledger *l = ledger_new(), *again = ledger_new();
	struct buf first, second, text;
	buf_init(&first, 64u << 20);
	buf_init(&second, 64u << 20);
	buf_init(&text, 64u << 20);
	if (l && again && ledger_read_json(l, bytes) == 0) {
		expect(ledger_json(l, &first) == 0);
		expect(ledger_read_json(again, buf_slice(&first)) == 0);
		expect(ledger_json(again, &second) == 0);
		expect(slice_eq(buf_slice(&first), buf_slice(&second)));
		expect(ledger_text(l, &text) == 0);
		for (size_t i = 0; i < text.len; i++)
			expect(text.ptr[i] >= 0x20 || text.ptr[i] == '\n');
	}
	ledger_free(l);
	ledger_free(again);
	buf_release(&first);
	buf_release(&second);
	buf_release(&text);
}

static void check_text(struct slice bytes)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	expect(utf8_visible(&out, bytes, false) == 0);
	expect(utf8_valid(buf_slice(&out)));
	for (size_t i = 0; i < out.len; i++)
		expect(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f);
	buf_clear(&out);
	struct json j = json_into(&out);
	json_text(&j, bytes);
	expect(json_error(&j) == 0 && utf8_valid(buf_slice(&out)));
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_ledger(slice_of(data, size));
	check_text(slice_of(data, size));
	return 0;
}
