/* book_blocks: what lies near counts once, in whatever order it came; bounded; together with another's. */
#include "diff/book_blocks.h"

#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define START (1700000000 * 1000000000ll)

static struct blocks added(const char *sides, int64_t step_ns, uint32_t most)
{
	struct blocks b = { 0 };
	for (int64_t i = 0; sides[i]; i++) {
		enum block_side side = sides[i] == 'c' ? BLOCK_CANDIDATE : sides[i] == 's' ? BLOCK_CONTROL : BLOCK_ODD;
		cr_assert(sides[i] == ' ' || blocks_add(&b, START + i * step_ns, side, most));
	}
	return b;
}

Test(blocks, majority)
{
	static const struct {
		const char *sides; /* 1 ms apart: blocks of 20 */
		uint64_t each, candidate, control, odd, pairs;
	} rows[] = {
		{ "", 100, 0, 0, 0, 0 },
		{ "c", 100, 1, 0, 0, 1 },
		{ "ccccs", 100, 1, 0, 0, 1 },
		{ "ccsss", 100, 0, 1, 0, 1 },
		{ "ccss", 100, 0, 0, 0, 1 },
		{ "cooo", 100, 1, 0, 1, 1 },
		{ "cccccccccccccccccccccccccccccc", 100, 2, 0, 0, 2 },
		{ "c                   s                   c                   ccs", 100, 3, 1, 0, 4 },
		/* more than `each` of one block: as several */
		{ "cccccccccc", 1, 10, 0, 0, 10 },
		{ "cccccccccc", 3, 4, 0, 0, 4 },
		{ "ccccccccss", 5, 2, 0, 0, 2 }, /* 1.6 of 2 */
		{ "ccccccssss", 1, 6, 4, 0, 10 },
		{ "cccs", 2, 1, 0, 0, 2 }, /* 1.5 of 2: the half is neither's */
		{ "csss", 2, 0, 1, 0, 2 },
		{ "oooo", 3, 0, 0, 2, 0 },
		{ "cs", 0, 1, 1, 0, 2 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct blocks b = added(rows[i].sides, 1000000, 100);
		struct block_sums s = blocks_sum(&b, rows[i].each);
		cr_assert_eq(s.candidate, rows[i].candidate, "%zu: %d", i, (int)s.candidate);
		cr_assert_eq(s.control, rows[i].control, "%zu: %d", i, (int)s.control);
		cr_assert_eq(s.odd, rows[i].odd, "%zu", i);
		cr_assert_eq(s.pairs, rows[i].pairs, "%zu", i);
		blocks_free(&b);
	}
}

Test(blocks, no_known_time)
{
	struct blocks b = { 0 };
	for (int i = 0; i < 10; i++)
		cr_assert(blocks_add(&b, 0, i < 7 ? BLOCK_CANDIDATE : i < 9 ? BLOCK_CONTROL : BLOCK_ODD, 10));
	struct block_sums s = blocks_sum(&b, 1000);
	cr_assert(s.candidate == 7 && s.control == 2 && s.odd == 1 && s.pairs == 9);
	cr_assert_eq(b.count, 0);
}

/* Whatever order they come in, and on both sides of 1970. */
Test(blocks, any_order)
{
	enum { N = 500 };
	struct blocks in_order = { 0 }, mixed = { 0 };
	for (int i = 0; i < N; i++) {
		int k = i * 173 % N;
		cr_assert(blocks_add(&in_order, (i - N / 2) * 9000000ll + 1, i % 3 ? BLOCK_CANDIDATE : BLOCK_CONTROL, 1000));
		cr_assert(blocks_add(&mixed, (k - N / 2) * 9000000ll + 1, k % 3 ? BLOCK_CANDIDATE : BLOCK_CONTROL, 1000));
	}
	cr_assert_eq(in_order.count, mixed.count);
	for (uint32_t i = 0; i < mixed.count; i++) {
		cr_assert_eq(in_order.all[i].at, mixed.all[i].at);
		cr_assert_eq(in_order.all[i].candidate, mixed.all[i].candidate);
		cr_assert_eq(in_order.all[i].control, mixed.all[i].control);
		cr_assert(i == 0 || mixed.all[i - 1].at < mixed.all[i].at);
	}
	blocks_free(&in_order);
	blocks_free(&mixed);
}

Test(blocks, longer_where_they_are_many)
{
	struct blocks b = { 0 };
	uint64_t n = 0;
	for (int64_t i = 0; i < 100000; i++, n++) {
		cr_assert(blocks_add(&b, START + i * BLOCK_NS, BLOCK_CANDIDATE, 64));
		cr_assert_leq(b.count, 64);
	}
	for (uint32_t i = 0; i < b.count; i++)
		n -= b.all[i].candidate;
	cr_assert_eq(n, 0);
	cr_assert_gt(b.count, 16);
	/* However far apart. */
	cr_assert(blocks_add(&b, INT64_MAX, BLOCK_CANDIDATE, 64) && blocks_add(&b, INT64_MIN, BLOCK_CANDIDATE, 64));
	cr_assert_leq(b.count, 64);
	/* And where suddenly fewer may be. */
	cr_assert(blocks_add(&b, START / 2, BLOCK_CONTROL, 4));
	cr_assert_leq(b.count, 4);
	blocks_free(&b);
}

Test(blocks, merged)
{
	struct blocks whole = { 0 }, parts[2] = { 0 };
	for (int64_t i = 0; i < 3000; i++) {
		enum block_side side = i % 5 == 0 ? BLOCK_CONTROL : i % 7 == 0 ? BLOCK_ODD : BLOCK_CANDIDATE;
		int64_t at = i % 11 ? START + i * BLOCK_NS / 3 : 0;
		cr_assert(blocks_add(&whole, at, side, BLOCKS_MANY));
		cr_assert(blocks_add(&parts[i % 2], at, side, BLOCKS_MANY));
	}
	cr_assert(blocks_merge(&parts[0], &parts[1]));
	struct block_sums a = blocks_sum(&whole, 2), b = blocks_sum(&parts[0], 2);
	cr_assert(a.candidate == b.candidate && a.control == b.control && a.odd == b.odd && a.pairs == b.pairs);
	cr_assert_eq(whole.count, parts[0].count);
	/* With coarser ones, either way; with none. */
	struct blocks coarse = added("cccc", 100000000000, 2), none = { 0 }, fine = added("cs", BLOCK_NS, 10),
	              copy = added("cs", BLOCK_NS, 10);
	cr_assert_gt(coarse.doubled, 0);
	cr_assert(blocks_merge(&fine, &coarse) && blocks_merge(&coarse, &copy) && blocks_merge(&coarse, &none));
	cr_assert_eq(fine.doubled, coarse.doubled);
	cr_assert_eq(fine.count, coarse.count);
	for (uint32_t i = 0; i < fine.count; i++)
		cr_assert(fine.all[i].at == coarse.all[i].at && fine.all[i].candidate == coarse.all[i].candidate);
	blocks_free(&whole);
	blocks_free(&parts[0]);
	blocks_free(&parts[1]);
	blocks_free(&coarse);
	blocks_free(&fine);
	blocks_free(&copy);
}

Test(blocks, no_memory)
{
	struct blocks b = added("cccc", BLOCK_NS, 10), other = added("ss", BLOCK_NS, 10);
	alloc_fail_at(1);
	bool more = blocks_add(&b, START + 100 * BLOCK_NS, BLOCK_CANDIDATE, 10);
	alloc_fail_at(1);
	bool merged = blocks_merge(&b, &other);
	alloc_fail_at(0);
	cr_assert(!more && !merged);
	cr_assert_eq(blocks_sum(&b, 1).candidate, 4);
	cr_assert_eq(blocks_sum(&b, 1).control, 0);
	blocks_free(&b);
	blocks_free(&other);
}
