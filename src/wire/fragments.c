/* fragments: datagrams in a map and, by age, in a list; each holds its pieces in order of offset. */
#include "wire/fragments.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"

#include <stdlib.h>

#define DATAGRAM_MAX 65535u
/* Of one datagram: enough for the smallest IPv6 link, and for IPv4 ones far below any in use. */
#define PIECES_MAX 512u

struct piece {
	struct piece *next;
	uint16_t offset;
	uint16_t len;
	uint8_t bytes[];
};

struct key {
	struct endpoint src, dst;
	uint32_t vlan, id;
	uint32_t proto; /* 256 for IPv6 */
};

struct datagram {
	struct list by_age;
	struct key key;
	uint64_t hash;
	int64_t first_ns;
	struct piece *pieces; /* by offset, none overlapping */
	unsigned n;
	uint32_t have;  /* bytes in pieces */
	uint32_t total; /* 0: the last fragment has not come */
	size_t held;    /* memory, this struct included */
	uint8_t proto;
	bool spoilt; /* given up; stays until the time-out to swallow what still comes */
};

struct fragments {
	struct map map;
	struct list by_age; /* oldest first */
	struct hash_key hash_key;
	size_t held, max_bytes;
	int64_t timeout_ns;
	int64_t now_ns; /* never goes back; starts at 0 */
	uint64_t *lost;
	uint8_t whole[DATAGRAM_MAX];
};

static bool same(const void *entry, const void *key)
{
	const struct key *a = &((const struct datagram *)entry)->key, *b = key;
	return a->id == b->id && a->proto == b->proto && a->vlan == b->vlan && endpoint_eq(&a->src, &b->src) &&
	       endpoint_eq(&a->dst, &b->dst);
}

struct fragments *fragments_new(size_t max_bytes, int64_t timeout_ns, uint64_t *lost)
{
	struct fragments *f = malloc(sizeof *f);
	if (!f)
		return NULL;
	map_init(&f->map, max_bytes / sizeof(struct datagram) + 1, same);
	list_init(&f->by_age);
	f->hash_key = hash_key_random();
	f->held = 0;
	f->now_ns = 0;
	f->max_bytes = max_bytes;
	f->timeout_ns = timeout_ns;
	f->lost = lost;
	return f;
}

static void free_pieces(struct fragments *f, struct datagram *d)
{
	while (d->pieces) {
		struct piece *p = d->pieces;
		d->pieces = p->next;
		free(p);
	}
	f->held -= d->held - sizeof *d;
	d->held = sizeof *d;
}

static void drop(struct fragments *f, struct datagram *d)
{
	free_pieces(f, d);
	f->held -= d->held;
	list_remove(&d->by_age);
	(void)map_remove(&f->map, d->hash, &d->key);
	free(d);
}

static void give_up(struct fragments *f, struct datagram *d)
{
	if (!d->spoilt)
		++*f->lost;
	drop(f, d);
}

static void spoil(struct fragments *f, struct datagram *d)
{
	free_pieces(f, d);
	if (!d->spoilt)
		++*f->lost;
	d->spoilt = true;
}

void fragments_free(struct fragments *f)
{
	if (!f)
		return;
	while (!list_empty(&f->by_age))
		drop(f, LIST_ENTRY(list_first(&f->by_age), struct datagram, by_age));
	map_release(&f->map);
	free(f);
}

static struct datagram *oldest(struct fragments *f)
{
	return list_empty(&f->by_age) ? NULL : LIST_ENTRY(list_first(&f->by_age), struct datagram, by_age);
}

static void expire(struct fragments *f, int64_t now_ns)
{
	struct datagram *d;
	if (now_ns > f->now_ns)
		f->now_ns = now_ns;
	while ((d = oldest(f)) && f->now_ns - d->first_ns > f->timeout_ns)
		give_up(f, d);
}

/* Room for n more bytes, by giving up the oldest, but never `keep`. */
static bool make_room(struct fragments *f, size_t n, const struct datagram *keep)
{
	while (f->held + n > f->max_bytes) {
		struct datagram *d = oldest(f);
		if (!d || d == keep)
			return false;
		give_up(f, d);
	}
	return true;
}

static uint64_t hash_of(const struct fragments *f, const struct key *key)
{
	/* Fields one by one: struct padding has no value. */
	uint8_t flat[16 + 16 + 3 * sizeof(uint32_t)];
	memcpy(flat, key->src.addr, 16);
	memcpy(flat + 16, key->dst.addr, 16);
	memcpy(flat + 32, &key->vlan, sizeof key->vlan);
	memcpy(flat + 36, &key->id, sizeof key->id);
	memcpy(flat + 40, &key->proto, sizeof key->proto);
	return hash_bytes(f->hash_key, slice_of(flat, sizeof flat));
}

/* The datagram that this fragment belongs to, new or known; NULL when there is no room. */
static struct datagram *datagram_of(struct fragments *f, const struct fragment *in)
{
	struct key key = {
		.src = *in->src,
		.dst = *in->dst,
		.vlan = in->vlan,
		.id = in->id,
		.proto = in->src->family == 6 ? 256 : in->proto,
	};
	uint64_t hash = hash_of(f, &key);
	struct datagram *d = map_find(&f->map, hash, &key);
	if (d)
		return d;
	if (!make_room(f, sizeof *d, NULL))
		return NULL;
	d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->key = key;
	d->hash = hash;
	d->first_ns = f->now_ns;
	d->held = sizeof *d;
	if (map_put(&f->map, hash, d) != 0) {
		free(d);
		return NULL;
	}
	list_append(&f->by_age, &d->by_age);
	f->held += d->held;
	return d;
}

enum placing { PLACED, REPEATED, CLASHES };

/* Puts the fragment between its neighbours. */
static enum placing place(struct fragments *f, struct datagram *d, const struct fragment *in)
{
	uint32_t end = (uint32_t)in->offset + (uint32_t)in->bytes.len;
	struct piece **at = &d->pieces;
	while (*at && (uint32_t)(*at)->offset + (*at)->len <= in->offset)
		at = &(*at)->next;
	if (*at && (*at)->offset < end)
		return (*at)->offset == in->offset && (*at)->len == in->bytes.len ? REPEATED : CLASHES;
	size_t size = sizeof(struct piece) + in->bytes.len;
	struct piece *p = d->n < PIECES_MAX && make_room(f, size, d) ? malloc(size) : NULL;
	if (!p)
		return CLASHES;
	p->next = *at;
	p->offset = in->offset;
	p->len = (uint16_t)in->bytes.len;
	memcpy(p->bytes, in->bytes.ptr, in->bytes.len);
	*at = p;
	d->n++;
	d->have += p->len;
	d->held += size;
	f->held += size;
	return PLACED;
}

/* RFC 791 §3.2: only the last fragment may end off an 8-byte boundary. */
static bool well_formed(const struct fragment *in)
{
	if (in->bytes.len == 0 || in->offset + in->bytes.len > DATAGRAM_MAX)
		return false;
	return !in->more || in->bytes.len % 8 == 0;
}

/* Do the ends that the fragments claim agree? */
static bool end_agrees(const struct datagram *d, const struct fragment *in)
{
	uint32_t end = (uint32_t)in->offset + (uint32_t)in->bytes.len;
	if (!in->more && d->total && d->total != end)
		return false;
	if (d->total && end > d->total)
		return false;
	if (in->more)
		return true;
	for (const struct piece *p = d->pieces; p; p = p->next)
		if ((uint32_t)p->offset + p->len > end)
			return false;
	return true;
}

enum fragment_result fragments_push(struct fragments *f, const struct fragment *in, struct slice *whole, uint8_t *proto)
{
	if (!well_formed(in))
		return FRAGMENT_MALFORMED;
	expire(f, in->ts_ns);
	struct datagram *d = datagram_of(f, in);
	if (!d) {
		++*f->lost;
		return FRAGMENT_HELD;
	}
	if (d->spoilt)
		return FRAGMENT_HELD;
	enum placing placing = end_agrees(d, in) ? place(f, d, in) : CLASHES;
	if (placing == CLASHES)
		spoil(f, d);
	if (placing != PLACED)
		return FRAGMENT_HELD;
	if (in->offset == 0)
		d->proto = in->proto;
	if (!in->more)
		d->total = (uint32_t)in->offset + (uint32_t)in->bytes.len;
	if (!d->total || d->have != d->total)
		return FRAGMENT_HELD;
	for (const struct piece *p = d->pieces; p; p = p->next)
		memcpy(f->whole + p->offset, p->bytes, p->len);
	*whole = slice_of(f->whole, d->total);
	*proto = d->proto;
	drop(f, d);
	return FRAGMENT_WHOLE;
}
