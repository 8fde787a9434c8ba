/* wire_kit: what the tests of wire/ share. */
#ifndef REPLAY_TESTS_WIRE_KIT_H
#define REPLAY_TESTS_WIRE_KIT_H

#include "model/tally.h"

#include <criterion/criterion.h>

/* Within a section the TOTAL equals the sum of the PARTs. */
static inline void assert_balanced(const struct tally_table *table, const uint64_t *counts)
{
	uint64_t total = 0, parts = 0;
	for (size_t i = 0; i < table->n; i++) {
		cr_assert_not_null(table->rows[i].key);
		if (table->rows[i].kind == TALLY_TOTAL)
			total += counts[i];
		else if (table->rows[i].kind == TALLY_PART)
			parts += counts[i];
	}
	cr_assert_eq(total, parts, "%s: %zu in all, %zu accounted for", table->section, (size_t)total, (size_t)parts);
}

#endif
