/* unit_alloc: makes the n-th allocation fail. Test programs are linked with --wrap for malloc, calloc and realloc. */
#ifndef REPLAY_TESTS_UNIT_ALLOC_H
#define REPLAY_TESTS_UNIT_ALLOC_H

#include <stdbool.h>

/* The n-th allocation from now (1: the next) by this program's own code returns NULL, once; 0: none fails. */
void alloc_fail_at(unsigned long n);

/* Whether the planned failure has happened. A test counts n up until this stays false: then every allocation has failed once. */
bool alloc_failed(void);

#endif
