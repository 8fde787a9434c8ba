/* log_pairs: see the header. */
#include "input/log_pairs.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "http/body.h"

#include <stdlib.h>

#define WAITING_BYTES ((size_t)1 << 30)
#define WAITING_MAX   (4u << 20)
#define BODY_MAX      ((size_t)64 << 20)

struct entry {
	struct list node; /* in `waiting`, or in `ready` */
	struct list same; /* a ring: those of the same key that the same side lacks; the first of them is in by_key */
	uint64_t key;
	struct message_id id[LOG_SIDES];
	struct log_pair pair;
	size_t bytes;
};

struct log_pairs {
	struct log_pairs_options o;
	struct hash_key hash;
	struct map by_key;           /* whose requests one side lacks: the first of each key */
	struct map by_id[LOG_SIDES]; /* whose answer of that side is to come */
	struct list waiting, ready;
	size_t bytes, waiting_count;
	uint64_t behind[LOG_SIDES];
};

void log_pair_release(struct log_pair *p)
{
	message_unref(p->request);
	for (int s = 0; s < LOG_SIDES; s++)
		message_unref(p->answer[s]);
	*p = (struct log_pair){ .request = NULL };
}

static bool same_key(const void *entry, const void *key)
{
	return ((const struct entry *)entry)->key == *(const uint64_t *)key;
}

static bool same_control_id(const void *entry, const void *key)
{
	return message_id_eq(&((const struct entry *)entry)->id[LOG_CONTROL], key);
}

static bool same_candidate_id(const void *entry, const void *key)
{
	return message_id_eq(&((const struct entry *)entry)->id[LOG_CANDIDATE], key);
}

struct log_pairs *log_pairs_new(const struct log_pairs_options *options)
{
	struct log_pairs *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->o = *options;
	if (p->o.waiting_bytes == 0)
		p->o.waiting_bytes = WAITING_BYTES;
	p->hash = hash_key_random();
	map_init(&p->by_key, WAITING_MAX, same_key);
	map_init(&p->by_id[LOG_CONTROL], WAITING_MAX, same_control_id);
	map_init(&p->by_id[LOG_CANDIDATE], WAITING_MAX, same_candidate_id);
	list_init(&p->waiting);
	list_init(&p->ready);
	return p;
}

static void free_list(struct list *all)
{
	while (!list_empty(all)) {
		struct entry *e = LIST_ENTRY(list_first(all), struct entry, node);
		list_remove(&e->node);
		log_pair_release(&e->pair);
		free(e);
	}
}

void log_pairs_free(struct log_pairs *p)
{
	if (!p)
		return;
	free_list(&p->waiting);
	free_list(&p->ready);
	map_release(&p->by_key);
	for (int s = 0; s < LOG_SIDES; s++)
		map_release(&p->by_id[s]);
	free(p);
}

static uint64_t id_hash(const struct log_pairs *p, const struct message_id *id)
{
	return hash_bytes(p->hash, slice_of(id->hex, id->len));
}

/* Method, target and decoded content: fields differ from one run to the next (Host, trace ids). A 64-bit keyed hash stands for them all. */
static uint64_t request_key(const struct log_pairs *p, const struct message *m)
{
	struct http_head head;
	struct buf body;
	uint64_t parts[3] = { 0 };
	if (!http_head_parse(message_bytes(m), &head))
		return id_hash(p, &m->id);
	buf_init(&body, BODY_MAX);
	struct slice content = slice_from(message_bytes(m), head.head_len);
	bool coded = content.len && (http_field(&head, "transfer-encoding").ptr || http_field(&head, "content-encoding").ptr);
	if (coded && http_body_decode(message_bytes(m), &head, &body) == 0)
		content = buf_slice(&body);
	parts[0] = hash_bytes(p->hash, head.method);
	parts[1] = hash_bytes(p->hash, head.target);
	parts[2] = hash_bytes(p->hash, content);
	buf_release(&body);
	return hash_bytes(p->hash, slice_of(parts, sizeof parts));
}

/* --- entries ---------------------------------------------------------------------------------------------------------------------------- */

static void unlink_key(struct log_pairs *p, struct entry *e)
{
	if (map_find(&p->by_key, e->key, &e->key) == e) {
		(void)map_remove(&p->by_key, e->key, &e->key);
		struct list *next = list_first(&e->same);
		if (next)
			(void)map_put(&p->by_key, e->key, LIST_ENTRY(next, struct entry, same)); /* there is room: one has just left */
	}
	list_remove(&e->same);
}

static bool asked_by_both(const struct entry *e)
{
	return e->pair.asked[LOG_CONTROL] && e->pair.asked[LOG_CANDIDATE];
}

/* Nothing more can come to it. */
static void leave(struct log_pairs *p, struct entry *e)
{
	for (int s = 0; s < LOG_SIDES; s++) {
		if (e->pair.asked[s] && !e->pair.answer[s] && map_find(&p->by_id[s], id_hash(p, &e->id[s]), &e->id[s]) == e)
			(void)map_remove(&p->by_id[s], id_hash(p, &e->id[s]), &e->id[s]);
		p->behind[s] -= !e->pair.asked[s];
	}
	if (!asked_by_both(e))
		unlink_key(p, e);
	p->bytes -= e->bytes;
	p->waiting_count--;
	list_remove(&e->node);
	list_append(&p->ready, &e->node);
}

/* So that there is room for one more, in every map. */
static void bound(struct log_pairs *p)
{
	while ((p->bytes > p->o.waiting_bytes || p->waiting_count >= WAITING_MAX) && !list_empty(&p->waiting))
		leave(p, LIST_ENTRY(list_first(&p->waiting), struct entry, node));
}

/* The first of that key that this side has not had yet. All that wait lack the same side: the other's next one would have been joined. */
static struct entry *other_sides(struct log_pairs *p, uint64_t key, enum log_side side)
{
	struct entry *e = map_find(&p->by_key, key, &key);
	return e && !e->pair.asked[side] ? e : NULL;
}

static struct entry *enter(struct log_pairs *p, uint64_t key, struct message *request)
{
	struct entry *e = calloc(1, sizeof *e), *first = map_find(&p->by_key, key, &key);
	if (!e)
		return NULL;
	e->key = key;
	list_init(&e->node);
	list_init(&e->same);
	if (!first && map_put(&p->by_key, key, e) != 0) {
		free(e);
		return NULL;
	}
	if (first)
		list_append(&first->same, &e->same);
	e->pair.request = message_ref(request);
	e->bytes = sizeof *e + sizeof *request + request->data.len;
	p->bytes += e->bytes;
	list_append(&p->waiting, &e->node);
	p->waiting_count++;
	for (int s = 0; s < LOG_SIDES; s++)
		p->behind[s]++;
	return e;
}

static int add_request(struct log_pairs *p, enum log_side side, struct message *m)
{
	uint64_t hash = id_hash(p, &m->id), key = p->o.by_request ? request_key(p, m) : hash;
	struct entry *old = map_find(&p->by_id[side], hash, &m->id);
	if (old)
		leave(p, old); /* the id comes again before its answer did */
	struct entry *e = other_sides(p, key, side);
	if (!e && !(e = enter(p, key, m)))
		return ERR_NOMEM;
	e->id[side] = m->id;
	if (map_put(&p->by_id[side], hash, e) != 0)
		return ERR_NOMEM; /* it stays without an answer */
	e->pair.asked[side] = true;
	p->behind[side]--;
	if (asked_by_both(e))
		unlink_key(p, e);
	return 0;
}

static bool interim(const struct message *m)
{
	struct http_head head;
	return http_head_parse(message_bytes(m), &head) && head.status < 200 && head.status != 101;
}

static void add_answer(struct log_pairs *p, enum log_side side, struct message *m)
{
	struct entry *e = map_find(&p->by_id[side], id_hash(p, &m->id), &m->id);
	if (!e || interim(m))
		return;
	(void)map_remove(&p->by_id[side], id_hash(p, &m->id), &m->id);
	e->pair.answer[side] = message_ref(m);
	e->bytes += sizeof *m + m->data.len;
	p->bytes += sizeof *m + m->data.len;
	if (e->pair.answer[LOG_CONTROL] && e->pair.answer[LOG_CANDIDATE])
		leave(p, e);
}

int log_pairs_add(struct log_pairs *p, enum log_side side, struct message *m)
{
	int rc = 0;
	if (m->type == MESSAGE_REQUEST)
		rc = add_request(p, side, m);
	else if (m->type == p->o.answers[side] && (m->type != MESSAGE_REPLAYED || m->target == p->o.target[side]))
		add_answer(p, side, m);
	bound(p);
	return rc;
}

bool log_pairs_next(struct log_pairs *p, bool all, struct log_pair *out)
{
	if (all && list_empty(&p->ready) && !list_empty(&p->waiting))
		leave(p, LIST_ENTRY(list_first(&p->waiting), struct entry, node));
	if (list_empty(&p->ready))
		return false;
	struct entry *e = LIST_ENTRY(list_first(&p->ready), struct entry, node);
	list_remove(&e->node);
	*out = e->pair;
	free(e);
	return true;
}

uint64_t log_pairs_behind(const struct log_pairs *p, enum log_side side)
{
	return p->behind[side];
}
