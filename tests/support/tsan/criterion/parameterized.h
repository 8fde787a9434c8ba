/* parameterized: see criterion.h beside it; tests that run with ThreadSanitizer use none of it. */
#ifndef REPLAY_TESTS_TSAN_PARAMETERIZED_H
#define REPLAY_TESTS_TSAN_PARAMETERIZED_H

#include <criterion/criterion.h>

#endif
