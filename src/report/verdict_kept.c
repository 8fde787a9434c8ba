/* verdict_kept: sorted by address to find what is named twice, by first mention to number it, by address again to look it up. */
#include "report/verdict_kept.h"

#include "base/err.h"

#include <stdlib.h>

struct verdict_kept_row {
	const struct verdict_exchange *x;
	size_t number; /* of the mention, then of the exchange */
};

static int by_number(const void *a, const void *b)
{
	const struct verdict_kept_row *l = a, *r = b;
	return (l->number > r->number) - (l->number < r->number);
}

static int by_address(const void *a, const void *b)
{
	const struct verdict_kept_row *l = a, *r = b;
	uintptr_t left = (uintptr_t)l->x, right = (uintptr_t)r->x;
	return left == right ? by_number(a, b) : (left > right) - (left < right);
}

static size_t collect(struct verdict_kept_row *rows, const struct verdict *v)
{
	size_t n = 0;
	for (size_t i = 0; i < v->finding_count; i++)
		for (unsigned k = 0; k < v->findings[i].example_count; k++) {
			const struct verdict_exchange *x = v->findings[i].examples[k].exchange;
			if (!x)
				continue;
			if (rows)
				rows[n] = (struct verdict_kept_row){ .x = x, .number = n };
			n++;
		}
	return n;
}

int verdict_kept_init(struct verdict_kept *k, const struct verdict *v)
{
	*k = (struct verdict_kept){ 0 };
	size_t n = collect(NULL, v);
	if (n == 0)
		return 0;
	k->rows = calloc(n, sizeof *k->rows);
	k->list = calloc(n, sizeof *k->list);
	if (!k->rows || !k->list)
		return ERR_NOMEM;
	collect(k->rows, v);
	qsort(k->rows, n, sizeof *k->rows, by_address);
	for (size_t i = 0; i < n; i++)
		if (k->count == 0 || k->rows[i].x != k->rows[k->count - 1].x)
			k->rows[k->count++] = k->rows[i];
	qsort(k->rows, k->count, sizeof *k->rows, by_number);
	for (size_t i = 0; i < k->count; i++) {
		k->list[i] = k->rows[i].x;
		k->rows[i].number = i;
	}
	qsort(k->rows, k->count, sizeof *k->rows, by_address);
	return 0;
}

void verdict_kept_release(struct verdict_kept *k)
{
	free(k->rows);
	free((void *)k->list);
	*k = (struct verdict_kept){ 0 };
}

size_t verdict_kept_number(const struct verdict_kept *k, const struct verdict_exchange *x)
{
	size_t from = 0, to = k->count;
	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;
		if ((uintptr_t)k->rows[middle].x <= (uintptr_t)x)
			from = middle;
		else
			to = middle;
	}
	return k->count ? k->rows[from].number : 0;
}
