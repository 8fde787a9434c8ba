/* unit_guard: inputs laid against an unreadable page, so that reading one byte too far is a crash and not luck. */
#ifndef REPLAY_TESTS_UNIT_GUARD_H
#define REPLAY_TESTS_UNIT_GUARD_H

#include "base/slice.h"

/* A copy whose last byte is the last before a PROT_NONE page. Aborts the test when memory is out. */
struct slice guard_copy(struct slice s);
void guard_free(struct slice s);

#endif
