/* filters: the chain, in GoReplay's order: methods, URLs allowed, URLs disallowed. */
#include "filter/filters.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "filter/url_pattern.h"
#include "http/head.h"

#include <stdlib.h>

#define DROPPED_MAX 100000 /* requests whose response is still awaited; the oldest is forgotten first */

struct dropped {
	struct list link;
	struct message_id id;
};

struct filters {
	struct text_list methods;
	struct url_patterns *allow, *disallow;
	struct map dropped;
	struct list order;
	struct hash_key key;
};

static bool same_id(const void *entry, const void *key)
{
	return message_id_eq(&((const struct dropped *)entry)->id, key);
}

static uint64_t id_hash(const struct filters *f, const struct message_id *id)
{
	return hash_bytes(f->key, slice_of(id->hex, id->len));
}

struct filters *filters_new(const struct filter_options *options, struct err *err)
{
	struct filters *f = calloc(1, sizeof *f);
	if (!f) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	f->methods = options->allow_method;
	f->key = hash_key_random();
	map_init(&f->dropped, DROPPED_MAX, same_id);
	list_init(&f->order);
	f->allow = url_patterns_new("--http-allow-url", &options->allow_url, err);
	f->disallow = url_patterns_new("--http-disallow-url", &options->disallow_url, err);
	if (!f->allow || !f->disallow) {
		filters_free(f);
		return NULL;
	}
	return f;
}

static void forget(struct filters *f, struct dropped *d)
{
	(void)map_remove(&f->dropped, id_hash(f, &d->id), &d->id);
	list_remove(&d->link);
	free(d);
}

static void remember(struct filters *f, const struct message_id *id)
{
	struct dropped *d = map_find(&f->dropped, id_hash(f, id), id);
	if (d)
		return;
	if (f->dropped.count == DROPPED_MAX)
		forget(f, LIST_ENTRY(list_first(&f->order), struct dropped, link));
	d = calloc(1, sizeof *d);
	if (!d)
		return; /* its response then passes: counted there, lost nowhere */
	d->id = *id;
	if (map_put(&f->dropped, id_hash(f, id), d) != 0)
		free(d);
	else
		list_append(&f->order, &d->link);
}

static bool method_passes(const struct text_list *methods, struct slice method)
{
	for (size_t i = 0; i < methods->n; i++)
		if (slice_eq(method, slice_str(methods->text[i])))
			return true;
	return methods->n == 0;
}

static bool request_passes(const struct filters *f, const struct message *m)
{
	struct http_head head;
	if (!http_head_parse(message_bytes(m), &head))
		return true; /* nothing to judge by */
	return method_passes(&f->methods, head.method) && (url_patterns_empty(f->allow) || url_patterns_match(f->allow, head.target)) &&
	       !url_patterns_match(f->disallow, head.target);
}

enum filter_result filters_apply(struct filters *f, const struct message *m)
{
	if (m->type == MESSAGE_REQUEST) {
		if (request_passes(f, m))
			return FILTER_KEEP;
		remember(f, &m->id);
		return FILTER_DROP;
	}
	/* Kept in the list: interim answers and several targets' answers share the id. */
	return map_find(&f->dropped, id_hash(f, &m->id), &m->id) ? FILTER_DROP : FILTER_KEEP;
}

void filters_free(struct filters *f)
{
	if (!f)
		return;
	for (struct list *first; (first = list_first(&f->order));)
		forget(f, LIST_ENTRY(first, struct dropped, link));
	map_release(&f->dropped);
	url_patterns_free(f->allow);
	url_patterns_free(f->disallow);
	free(f);
}
