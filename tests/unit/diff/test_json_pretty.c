/* json_pretty: one token stream, other space; anything else keeps its bytes. */
#include "diff/json_pretty.h"

#include "support/unit_guard.h"

#include <criterion/criterion.h>

static void expect_pretty(const char *text, const char *want)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_assert_eq(json_pretty(guard_copy(slice_str(text)), &out), 0, "%s", text);
	cr_expect(slice_eq(buf_slice(&out), slice_str(want)), "%s: %.*s", text, (int)out.len, (const char *)out.ptr);
	buf_release(&out);
}

Test(json_pretty, texts)
{
	expect_pretty("{\"a\":1,\"b\":[true, null],\"c\":{},\"d\":[ ]}",
	              "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
	expect_pretty(" 1e400 ", "1e400\n");
	expect_pretty("\"a,\\\"b}\"", "\"a,\\\"b}\"\n");
	expect_pretty("", "\n");
	/* No JSON, cut JSON. */
	expect_pretty("not json", "not json\n");
	expect_pretty("{\"a", "{\n  \"a\n");
	expect_pretty("\"x\\", "\"x\\\n");
	expect_pretty("]]", "\n]\n]\n");
}

Test(json_pretty, deep_nesting_stays_small)
{
	struct buf in, out;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	for (int i = 0; i < 2000; i++)
		cr_assert_eq(buf_append_str(&in, "["), 0);
	cr_expect_eq(json_pretty(buf_slice(&in), &out), 0);
	cr_expect_lt(out.len, 2000 * (2 + 2 * 64));
	buf_release(&in);
	buf_release(&out);
}
