/* tally: counters with a meaning, so that nothing is lost silently.
 *
 * Each module that counts has an enum, an array of that many counters, and a const table of rows in the same order.
 * Within a section the one TOTAL row equals the sum of the PART rows; NOTE rows stand beside. The ledger
 * (report/ledger.h) renders sections and checks the identity; shards merge by adding arrays. */
#ifndef REPLAY_MODEL_TALLY_H
#define REPLAY_MODEL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tally_kind { TALLY_TOTAL, TALLY_PART, TALLY_NOTE };

struct tally_row {
	const char *key;  /* in JSON: snake_case */
	const char *text; /* for people */
	enum tally_kind kind;
	bool loss; /* something the user wanted and did not get: shown even with few rows, counted by --max-loss */
};

struct tally_table {
	const char *section; /* "packets", "segments", "requests", "responses", "output", "target" */
	const struct tally_row *rows;
	size_t n;
};

/* Receives sections when a run is summed up; report/ledger.c implements it. label tells sections of one name apart
 * ("file x.gor.zst"), "" where there is one. counts has table->n values. */
struct tally_sink {
	void *arg;
	void (*section)(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts);
};

#endif
