/* heap: order, and first in first out among equals; full and out of memory are said. */
#include "base/heap.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

Test(heap, gives_back_in_order_and_equals_as_they_came)
{
	enum { N = 3000 };
	struct heap h;
	static int items[N];
	heap_init(&h, N);
	unsigned seed = 3;
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245u + 12345u;
		items[i] = i;
		cr_assert_eq(heap_push(&h, (int64_t)(seed >> 16) % 50, &items[i]), 0);
	}
	cr_assert_eq(heap_push(&h, 0, &items[0]), ERR_LIMIT);
	int64_t last = -1;
	int last_item = -1;
	for (int i = 0; i < N; i++) {
		int64_t key = heap_peek(&h)->key;
		int item = *(int *)heap_pop(&h);
		cr_assert(key > last || (key == last && item > last_item));
		last = key;
		last_item = item;
	}
	cr_assert_null(heap_pop(&h));
	cr_assert_null(heap_peek(&h));
	heap_release(&h);
}

Test(heap, stays_whole_when_memory_is_out)
{
	struct heap h;
	int x;
	heap_init(&h, 10);
	alloc_fail_at(1);
	cr_assert_eq(heap_push(&h, 1, &x), ERR_NOMEM);
	cr_assert_eq(heap_push(&h, 1, &x), 0);
	cr_assert_eq(heap_pop(&h), &x);
	heap_release(&h);
}
