/* unit_alloc: counts down to the allocation that fails. Thread-safe enough: the counter is atomic. */
#include "support/unit_alloc.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static _Atomic unsigned long countdown;
static _Atomic bool failed;

void alloc_fail_at(unsigned long n)
{
	atomic_store(&failed, false);
	atomic_store(&countdown, n);
}

bool alloc_failed(void)
{
	return atomic_load(&failed);
}

static bool fails_now(void)
{
	unsigned long left = atomic_load(&countdown);
	while (left > 0)
		if (atomic_compare_exchange_weak(&countdown, &left, left - 1)) {
			if (left == 1)
				atomic_store(&failed, true);
			return left == 1;
		}
	return false;
}

void *__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails_now() ? NULL : __real_realloc(p, n);
}
