/* map: linear probing, load at most 3/4. */
#include "base/map.h"

#include <stdlib.h>

void map_init(struct map *m, size_t max_entries, bool (*same)(const void *entry, const void *key))
{
	*m = (struct map){ .max = max_entries, .same = same };
}

void map_release(struct map *m)
{
	free(m->slots);
	m->slots = NULL;
	m->cap = m->count = 0;
}

static void slot_in(struct map_slot *slots, size_t cap, struct map_slot s)
{
	size_t i = (size_t)s.hash & (cap - 1);
	while (slots[i].entry)
		i = (i + 1) & (cap - 1);
	slots[i] = s;
}

static int grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct map_slot *slots = calloc(cap, sizeof *slots);
	if (!slots)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].entry)
			slot_in(slots, cap, m->slots[i]);
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	return 0;
}

/* The slot that holds the key, or cap. */
static size_t find_slot(const struct map *m, uint64_t hash, const void *key)
{
	if (m->cap == 0)
		return 0;
	for (size_t i = (size_t)hash & (m->cap - 1); m->slots[i].entry; i = (i + 1) & (m->cap - 1))
		if (m->slots[i].hash == hash && m->same(m->slots[i].entry, key))
			return i;
	return m->cap;
}

void *map_find(const struct map *m, uint64_t hash, const void *key)
{
	size_t i = find_slot(m, hash, key);
	return i < m->cap ? m->slots[i].entry : NULL;
}

int map_put(struct map *m, uint64_t hash, void *entry)
{
	if (m->count >= m->max)
		return ERR_LIMIT;
	if ((m->count + 1) * 4 > m->cap * 3) {
		int rc = grow(m);
		if (rc)
			return rc;
	}
	slot_in(m->slots, m->cap, (struct map_slot){ hash, entry });
	m->count++;
	return 0;
}

void *map_remove(struct map *m, uint64_t hash, const void *key)
{
	size_t hole = find_slot(m, hash, key);
	if (hole >= m->cap)
		return NULL;
	void *entry = m->slots[hole].entry;
	/* Back-shift: move up whatever would no longer be found across the hole. */
	for (size_t i = (hole + 1) & (m->cap - 1); m->slots[i].entry; i = (i + 1) & (m->cap - 1)) {
		size_t home = (size_t)m->slots[i].hash & (m->cap - 1);
		if (((i - home) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->slots[hole] = m->slots[i];
			hole = i;
		}
	}
	m->slots[hole].entry = NULL;
	m->count--;
	return entry;
}

void *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		void *entry = m->slots[(*at)++].entry;
		if (entry)
			return entry;
	}
	return NULL;
}
