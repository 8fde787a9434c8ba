/* verdict_kept: the exchanges that a verdict's examples show, each once, numbered in the order in which findings first name them. */
#ifndef REPLAY_REPORT_VERDICT_KEPT_H
#define REPLAY_REPORT_VERDICT_KEPT_H

#include "model/verdict.h"

struct verdict_kept {
	const struct verdict_exchange **list; /* the verdict's */
	size_t count;
	struct verdict_kept_row *rows; /* by address, for the look-up */
};

/* 0 or ERR_NOMEM; either way to be released. */
int verdict_kept_init(struct verdict_kept *k, const struct verdict *v);
void verdict_kept_release(struct verdict_kept *k);

/* The number of one that is among them. */
size_t verdict_kept_number(const struct verdict_kept *k, const struct verdict_exchange *x);

#endif
