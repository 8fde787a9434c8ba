/* carry_values: exact and in texts, words only, the longest; bounds, same ends, a random mix against a plain list. */
#include "output/carry_values.h"

#include "base/err.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void put(struct carry_values *v, const char *old, const char *value)
{
	cr_assert_eq(carry_values_put(v, (struct carry_key){ 0, slice_of(NULL, 0), slice_str(old) }, slice_str(value)), 0);
}

Test(carry_values, exactly)
{
	struct carry_values *v = carry_values_new(100, 10000);
	struct slice value;
	const struct carry_key one = { 7, slice_str("sid"), slice_str("1") };
	cr_expect_not(carry_values_get(v, one, &value));
	cr_assert_eq(carry_values_put(v, one, slice_str("1")), 0);
	cr_expect_not(carry_values_get(v, one, &value), "the same is no other value");
	cr_assert_eq(carry_values_put(v, one, slice_str("22")), 0);
	cr_assert(carry_values_get(v, one, &value));
	cr_expect(slice_eq(value, slice_str("22")));
	cr_assert_eq(carry_values_put(v, one, slice_str("1")), 0);
	cr_assert(carry_values_get(v, one, &value));
	cr_expect(slice_eq(value, slice_str("1")), "back to what it was");
	cr_expect_not(carry_values_get(v, (struct carry_key){ 8, slice_str("sid"), slice_str("1") }, &value), "another lane");
	cr_expect_not(carry_values_get(v, (struct carry_key){ 7, slice_str("si"), slice_str("1") }, &value), "another name");
	cr_expect_eq(carry_values_count(v), 1);
	carry_values_free(v);
}

Test(carry_values, in_texts)
{
	static const struct {
		const char *text;
		size_t from;
		int at, len; /* -1: not found */
	} rows[] = {
		{ "abc123", 0, 0, 6 },       { "xabc123", 0, -1, 0 },
		{ "abc123x", 0, -1, 0 },     { "abc123-", 0, -1, 0 },
		{ "\"abc123\"", 0, 1, 6 },   { "/abc123/", 0, 0, 7 },
		{ "=abc123&", 0, 1, 6 },     { "abc123 abc123", 1, 7, 6 },
		{ "abc12", 0, -1, 0 },       { "", 0, -1, 0 },
		{ "abc123", 6, -1, 0 },      { "q /abc123?", 3, 3, 6 },
		{ "long-abc123", 0, 0, 11 }, { "along-abc123", 0, -1, 0 },
		{ "x/abc123", 0, 1, 7 },
	};
	struct carry_values *v = carry_values_new(100, 10000);
	put(v, "abc123", "n");
	put(v, "/abc123", "/n");
	put(v, "long-abc123", "l");
	put(v, "short", "s");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice text = guard_copy(slice_str(rows[i].text));
		size_t at = 0, len = 0;
		bool found = carry_values_find(v, text, rows[i].from, &at, &len);
		cr_expect_eq(found, rows[i].at >= 0, "\"%s\"", rows[i].text);
		if (found)
			cr_expect(at == (size_t)rows[i].at && len == (size_t)rows[i].len, "\"%s\": %zu, %zu", rows[i].text, at, len);
		guard_free(text);
	}
	carry_values_free(v);
}

Test(carry_values, the_oldest_go_first)
{
	struct carry_values *v = carry_values_new(10, 100000);
	char text[32];
	struct slice value;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof text, "%06d-value", i);
		put(v, text, "n");
		put(v, "000000-value", i % 2 ? "n" : "m"); /* that one is put anew each time */
	}
	cr_expect_eq(carry_values_count(v), 10);
	cr_expect_eq(carry_values_dropped(v), 90);
	for (int i = 0; i < 100; i++) {
		size_t at, len;
		(void)snprintf(text, sizeof text, "%06d-value", i);
		bool there = i == 0 || i > 90;
		cr_expect_eq(carry_values_get(v, (struct carry_key){ 0, slice_of(NULL, 0), slice_str(text) }, &value), there, "%d", i);
		cr_expect_eq(carry_values_find(v, slice_str(text), 0, &at, &len), there, "%d", i);
	}
	carry_values_free(v);
	v = carry_values_new(1000, 1000);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof text, "%06d-value", i);
		put(v, text, "a value of some length");
	}
	cr_expect_lt(carry_values_count(v), 10);
	carry_values_free(v);
}

/* Whoever issues values that all end alike does not make us compare for ever. */
Test(carry_values, few_with_the_same_end)
{
	struct carry_values *v = carry_values_new(100000, 10000000);
	char text[32];
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof text, "%06d/the-same", i);
		put(v, text, "n");
	}
	cr_expect_eq(carry_values_count(v), 64);
	cr_expect_eq(carry_values_dropped(v), 936);
	carry_values_free(v);
}

/* A few names, put and asked in a random order, against an array. */
Test(carry_values, as_a_plain_list_has_it)
{
	enum { NAMES = 200 };
	char now[NAMES][16] = { "" }, text[16], value[16];
	struct carry_values *v = carry_values_new(10000, 10000000);
	uint32_t x = 1;
	for (int step = 0; step < 20000; step++) {
		x = x * 1664525u + 1013904223u;
		unsigned i = x >> 16 & 0xffff, to = i / NAMES % 7;
		i %= NAMES;
		(void)snprintf(text, sizeof text, "k%u.%07u", i % 3, i);
		(void)snprintf(value, sizeof value, "v%u", to);
		if (to == 0)
			(void)strcpy(value, text);
		put(v, text, value);
		if (now[i][0] || to)
			(void)strcpy(now[i], value);
		struct slice got = slice_str(text);
		size_t at, len;
		bool there = carry_values_get(v, (struct carry_key){ 0, slice_of(NULL, 0), slice_str(text) }, &got);
		cr_assert_eq(there, now[i][0] != 0);
		cr_assert(!there || slice_eq(got, slice_str(now[i])));
		cr_assert_eq(carry_values_find(v, slice_str(text), 0, &at, &len), there);
	}
	carry_values_free(v);
}

Test(carry_values, without_memory)
{
	for (unsigned long n = 1;; n++) {
		alloc_fail_at(n);
		struct carry_values *v = carry_values_new(100, 10000);
		char text[32];
		for (int i = 0; v && i < 40; i++) {
			(void)snprintf(text, sizeof text, "%06d-%06d", i, i % 20);
			(void)carry_values_put(v, (struct carry_key){ 0, slice_of(NULL, 0), slice_str(text) }, slice_str("n"));
		}
		carry_values_free(v);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		if (!failed)
			break;
	}
}
