/* own_flows: a map of local endpoints, and a list of removed ones in order of removal, under a mutex. Asked once a connection. */
#include "model/own_flows.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>

struct own_flow {
	struct list link; /* in `leaving` once removed */
	struct endpoint local;
	int64_t forget_ns; /* TIME_NEVER while open */
};

struct own_flows {
	pthread_mutex_t mutex;
	struct map map;
	struct list leaving;
	struct hash_key key;
};

static bool same_endpoint(const void *entry, const void *key)
{
	return endpoint_eq(&((const struct own_flow *)entry)->local, key);
}

static uint64_t endpoint_hash(const struct own_flows *o, const struct endpoint *e)
{
	uint8_t bytes[19] = { e->family, (uint8_t)(e->port >> 8), (uint8_t)e->port };
	memcpy(bytes + 3, e->addr, 16);
	return hash_bytes(o->key, slice_of(bytes, sizeof bytes));
}

struct own_flows *own_flows_new(void)
{
	struct own_flows *o = calloc(1, sizeof *o);
	if (!o)
		return NULL;
	pthread_mutexattr_t twice;
	(void)pthread_mutexattr_init(&twice);
	(void)pthread_mutexattr_settype(&twice, PTHREAD_MUTEX_RECURSIVE);
	(void)pthread_mutex_init(&o->mutex, &twice);
	(void)pthread_mutexattr_destroy(&twice);
	map_init(&o->map, 1u << 20, same_endpoint);
	list_init(&o->leaving);
	o->key = hash_key_random();
	return o;
}

void own_flows_hold(struct own_flows *o)
{
	if (o)
		(void)pthread_mutex_lock(&o->mutex);
}

void own_flows_let(struct own_flows *o)
{
	if (o)
		(void)pthread_mutex_unlock(&o->mutex);
}

void own_flows_free(struct own_flows *o)
{
	if (!o)
		return;
	size_t at = 0;
	for (void *entry; (entry = map_next(&o->map, &at));)
		free(entry);
	map_release(&o->map);
	(void)pthread_mutex_destroy(&o->mutex);
	free(o);
}

static int add(struct own_flows *o, const struct endpoint *local)
{
	uint64_t hash = endpoint_hash(o, local);
	struct own_flow *f = map_find(&o->map, hash, local);
	if (!f) {
		f = calloc(1, sizeof *f);
		if (!f)
			return ERR_NOMEM;
		f->local = *local;
		list_init(&f->link);
		int rc = map_put(&o->map, hash, f);
		if (rc) {
			free(f);
			return rc;
		}
	}
	list_remove(&f->link);
	f->forget_ns = TIME_NEVER;
	return 0;
}

int own_flows_add(struct own_flows *o, const struct endpoint *local)
{
	(void)pthread_mutex_lock(&o->mutex);
	int rc = add(o, local);
	(void)pthread_mutex_unlock(&o->mutex);
	return rc;
}

static void take_away(struct own_flows *o, const struct endpoint *local, int64_t now_ns)
{
	struct own_flow *f = map_find(&o->map, endpoint_hash(o, local), local);
	if (!f)
		return;
	f->forget_ns = now_ns + OWN_FLOWS_LINGER_NS;
	list_remove(&f->link);
	list_append(&o->leaving, &f->link);
}

void own_flows_remove(struct own_flows *o, const struct endpoint *local, int64_t now_ns)
{
	(void)pthread_mutex_lock(&o->mutex);
	take_away(o, local, now_ns);
	(void)pthread_mutex_unlock(&o->mutex);
}

static void forget_old(struct own_flows *o, int64_t now_ns)
{
	for (struct list *first; (first = list_first(&o->leaving));) {
		struct own_flow *f = LIST_ENTRY(first, struct own_flow, link);
		if (f->forget_ns > now_ns)
			return;
		list_remove(&f->link);
		(void)map_remove(&o->map, endpoint_hash(o, &f->local), &f->local);
		free(f);
	}
}

void own_flows_forget(struct own_flows *o, const struct endpoint *local)
{
	(void)pthread_mutex_lock(&o->mutex);
	struct own_flow *f = map_remove(&o->map, endpoint_hash(o, local), local);
	if (f)
		list_remove(&f->link);
	free(f);
	(void)pthread_mutex_unlock(&o->mutex);
}

bool own_flows_has(struct own_flows *o, const struct endpoint *a, const struct endpoint *b, int64_t now_ns)
{
	(void)pthread_mutex_lock(&o->mutex);
	forget_old(o, now_ns);
	bool has = o->map.count && (map_find(&o->map, endpoint_hash(o, a), a) || map_find(&o->map, endpoint_hash(o, b), b));
	(void)pthread_mutex_unlock(&o->mutex);
	return has;
}
