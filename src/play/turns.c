/* turns: two short lists. */
#include "play/turns.h"

#include <stdlib.h>
#include <string.h>

/* The same set gives the same list, whatever order it came in: a connection that is being made goes on where it was. */
static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct turns_address));
}

void turns_learn(struct turns *t, const struct sockaddr *at, socklen_t len)
{
	if (t->n_fresh == TURNS_MAX || len > sizeof t->fresh[0].at)
		return;
	for (size_t i = 0; i < t->n_fresh; i++)
		if (t->fresh[i].len == len && memcmp(&t->fresh[i].at, at, len) == 0)
			return;
	struct turns_address *a = &t->fresh[t->n_fresh++];
	memset(a, 0, sizeof *a);
	memcpy(&a->at, at, len);
	a->len = len;
}

void turns_learned(struct turns *t)
{
	if (t->n_fresh) {
		qsort(t->fresh, t->n_fresh, sizeof *t->fresh, by_bytes);
		memcpy(t->list, t->fresh, sizeof t->list);
		t->n = t->n_fresh;
	}
	t->n_fresh = 0;
}

void turns_pick(const struct turns *t, size_t first, size_t try, struct sockaddr *at, socklen_t len)
{
	size_t of_family = 0;
	for (size_t i = 0; i < t->n; i++)
		of_family += t->list[i].at.ss_family == at->sa_family && t->list[i].len == len;
	if (of_family < 2)
		return;
	size_t wanted = (first + try) % of_family;
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].at.ss_family == at->sa_family && t->list[i].len == len && wanted-- == 0) {
			memcpy(at, &t->list[i].at, len);
			return;
		}
}
