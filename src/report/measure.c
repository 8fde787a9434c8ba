/* measure: endpoints in a map by name, points in an array that halves itself. */
#include "report/measure.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "report/latency.h"

#include <stdlib.h>

#define CAUSES    16 /* kinds of failure told apart; the last one takes what comes after */
#define CLASSES   6  /* of status: 1xx to 5xx, and others at 0 */
#define FINE_BITS 4
#define FINE      ((32 - FINE_BITS + 1) << FINE_BITS) /* buckets for microseconds below 2^32, within 6% */

struct endpoint_numbers {
	uint32_t number;
	char *name;
	size_t name_len;
	uint64_t answered, failed, status[CLASSES];
	struct hist from_due, from_send;
};

struct point {
	uint64_t sent, answered, ended; /* ended: of those sent, answered or not */
	uint64_t failed[CAUSES];
	uint32_t latency[FINE];
};

struct measure {
	const struct tally_table *rows;
	struct hash_key key;
	struct map by_name;
	struct endpoint_numbers *endpoints[MEASURE_ENDPOINTS + 1]; /* 0: other */
	size_t n_endpoints;
	unsigned causes[CAUSES]; /* row of each */
	size_t n_causes;
	int64_t start_ns, step_ns;
	struct point *points;
	size_t n_points, cap_points;
};

static bool same_name(const void *entry, const void *key)
{
	const struct endpoint_numbers *e = entry;
	return slice_eq(slice_of(e->name, e->name_len), *(const struct slice *)key);
}

static struct endpoint_numbers *endpoint_new(struct slice name)
{
	struct endpoint_numbers *e = calloc(1, sizeof *e);
	char *copy = e ? malloc(name.len + 1) : NULL;
	if (!copy) {
		free(e);
		return NULL;
	}
	if (name.len)
		memcpy(copy, name.ptr, name.len);
	copy[name.len] = 0;
	e->name = copy;
	e->name_len = name.len;
	hist_init(&e->from_due);
	hist_init(&e->from_send);
	return e;
}

static void endpoint_free(struct endpoint_numbers *e)
{
	if (e)
		free(e->name);
	free(e);
}

struct measure *measure_new(const struct tally_table *rows, int64_t start_ns)
{
	struct measure *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->rows = rows;
	m->key = hash_key_random();
	m->start_ns = start_ns;
	m->step_ns = NS_PER_S;
	map_init(&m->by_name, MEASURE_ENDPOINTS, same_name);
	m->endpoints[0] = endpoint_new(slice_str("other"));
	m->n_endpoints = 1;
	if (m->endpoints[0])
		return m;
	measure_free(m);
	return NULL;
}

void measure_free(struct measure *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_endpoints; i++)
		endpoint_free(m->endpoints[i]);
	map_release(&m->by_name);
	free(m->points);
	free(m);
}

uint32_t measure_endpoint(struct measure *m, struct slice name)
{
	uint64_t hash = hash_bytes(m->key, name);
	const struct endpoint_numbers *known = m->by_name.cap ? map_find(&m->by_name, hash, &name) : NULL;
	if (known)
		return known->number;
	if (m->n_endpoints > MEASURE_ENDPOINTS)
		return 0;
	struct endpoint_numbers *e = endpoint_new(name);
	if (!e || map_put(&m->by_name, hash, e) != 0) {
		endpoint_free(e);
		return 0;
	}
	e->number = (uint32_t)m->n_endpoints;
	m->endpoints[m->n_endpoints++] = e;
	return e->number;
}

/* --- over time ---------------------------------------------------------------------------------------------------------------------- */

static size_t fine_bucket(int64_t ns)
{
	uint64_t us = ns > 0 ? (uint64_t)ns / NS_PER_US : 0;
	if (us > UINT32_MAX)
		us = UINT32_MAX;
	if (us < 1u << FINE_BITS)
		return us;
	unsigned top = 63u - (unsigned)__builtin_clzll(us);
	return ((size_t)(top - FINE_BITS + 1) << FINE_BITS) + (us >> (top - FINE_BITS) & ((1u << FINE_BITS) - 1));
}

/* The upper edge of a bucket, in milliseconds. */
static double fine_edge_ms(size_t bucket)
{
	if (bucket < 1u << FINE_BITS)
		return (double)(bucket + 1) / 1e3;
	size_t octave = (bucket >> FINE_BITS) - 1, sub = bucket & ((1u << FINE_BITS) - 1);
	return (double)((((uint64_t)1 << FINE_BITS) + sub + 1) << octave) / 1e3;
}

static uint64_t fine_count(const struct point *p)
{
	uint64_t n = 0;
	for (size_t i = 0; i < FINE; i++)
		n += p->latency[i];
	return n;
}

static double fine_quantile_ms(const struct point *p, uint64_t count, double q)
{
	uint64_t rank = (uint64_t)(q * (double)count), seen = 0;
	for (size_t i = 0; i < FINE; i++) {
		seen += p->latency[i];
		if (seen > rank)
			return fine_edge_ms(i);
	}
	return 0;
}

static void point_add(struct point *into, const struct point *from)
{
	into->sent += from->sent;
	into->answered += from->answered;
	into->ended += from->ended;
	for (size_t i = 0; i < CAUSES; i++)
		into->failed[i] += from->failed[i];
	for (size_t i = 0; i < FINE; i++)
		into->latency[i] += from->latency[i];
}

static void roll_up(struct measure *m)
{
	size_t n = (m->n_points + 1) / 2;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			m->points[i] = m->points[2 * i];
		if (2 * i + 1 < m->n_points)
			point_add(&m->points[i], &m->points[2 * i + 1]);
	}
	m->n_points = n;
	m->step_ns *= 2;
}

/* The point that a moment lies in; NULL when out of memory. Rolls up where the series gets too long. */
static struct point *point_at(struct measure *m, int64_t at_ns)
{
	int64_t since_ns = at_ns > m->start_ns ? at_ns - m->start_ns : 0;
	while (since_ns / m->step_ns >= MEASURE_POINTS)
		roll_up(m);
	size_t i = (size_t)(since_ns / m->step_ns);
	if (i >= m->cap_points) {
		size_t cap = m->cap_points ? m->cap_points * 2 : 64;
		cap = cap > i ? cap : i + 1;
		cap = cap < MEASURE_POINTS ? cap : MEASURE_POINTS;
		struct point *more = realloc(m->points, cap * sizeof *more);
		if (!more)
			return NULL;
		m->points = more;
		m->cap_points = cap;
	}
	for (; m->n_points <= i; m->n_points++)
		m->points[m->n_points] = (struct point){ 0 };
	return &m->points[i];
}

static size_t cause_slot(struct measure *m, unsigned row)
{
	size_t i = 0;
	while (i < m->n_causes && m->causes[i] != row)
		i++;
	if (i == m->n_causes && i < CAUSES)
		m->causes[m->n_causes++] = row;
	return i < CAUSES ? i : CAUSES - 1;
}

static void add_to_series(struct measure *m, const struct measured *r)
{
	struct point *p = r->sent_ns ? point_at(m, r->sent_ns) : NULL;
	if (p)
		p->sent++;
	p = point_at(m, r->done_ns);
	if (!p)
		return;
	p->ended += r->sent_ns != 0;
	p->answered += r->answered;
	if (r->answered)
		p->latency[fine_bucket(r->done_ns - r->due_ns)]++;
	else
		p->failed[cause_slot(m, r->cause)]++;
}

void measure_add(struct measure *m, const struct measured *r)
{
	struct endpoint_numbers *e = m->endpoints[r->endpoint < m->n_endpoints ? r->endpoint : 0];
	if (r->answered) {
		int class = r->status / 100;
		e->answered++;
		e->status[class >= 1 && class < CLASSES ? class : 0]++;
		hist_record(&e->from_due, r->done_ns - r->due_ns);
		hist_record(&e->from_send, r->done_ns - r->sent_ns);
	} else {
		e->failed++;
	}
	add_to_series(m, r);
}

/* --- together ----------------------------------------------------------------------------------------------------------------------- */

static void endpoint_merge(struct endpoint_numbers *into, const struct endpoint_numbers *from)
{
	into->answered += from->answered;
	into->failed += from->failed;
	for (size_t i = 0; i < CLASSES; i++)
		into->status[i] += from->status[i];
	hist_merge(&into->from_due, &from->from_due);
	hist_merge(&into->from_send, &from->from_send);
}

/* The causes' slots may stand in another order there. */
static void point_merge(struct measure *m, struct point *into, const struct measure *other, const struct point *from)
{
	struct point ordered = *from;
	memset(ordered.failed, 0, sizeof ordered.failed);
	for (size_t i = 0; i < other->n_causes; i++)
		ordered.failed[cause_slot(m, other->causes[i])] += from->failed[i];
	point_add(into, &ordered);
}

int measure_merge(struct measure *into, const struct measure *from)
{
	int rc = 0;
	endpoint_merge(into->endpoints[0], from->endpoints[0]);
	for (size_t i = 1; i < from->n_endpoints; i++) {
		const struct endpoint_numbers *e = from->endpoints[i];
		endpoint_merge(into->endpoints[measure_endpoint(into, slice_of(e->name, e->name_len))], e);
	}
	while (into->step_ns < from->step_ns)
		roll_up(into);
	for (size_t i = 0; i < from->n_points; i++) {
		struct point *p = point_at(into, from->start_ns + (int64_t)i * from->step_ns);
		if (p)
			point_merge(into, p, from, &from->points[i]);
		else
			rc = ERR_NOMEM;
	}
	return rc;
}

struct measure *measure_copy(const struct measure *m)
{
	struct measure *copy = m ? measure_new(m->rows, m->start_ns) : NULL;
	if (copy && measure_merge(copy, m) != 0) {
		measure_free(copy);
		return NULL;
	}
	return copy;
}

/* --- told --------------------------------------------------------------------------------------------------------------------------- */

static void write_status(struct json *j, const uint64_t status[CLASSES])
{
	static const char *const names[CLASSES] = { "other", "1xx", "2xx", "3xx", "4xx", "5xx" };
	json_open(j, '{');
	for (size_t i = 1; i <= CLASSES; i++) {
		json_key(j, names[i % CLASSES]);
		json_u64(j, status[i % CLASSES]);
	}
	json_close(j, '}');
}

static int by_count(const void *a, const void *b)
{
	const struct endpoint_numbers *x = *(struct endpoint_numbers *const *)a, *y = *(struct endpoint_numbers *const *)b;
	uint64_t n = x->answered + x->failed, k = y->answered + y->failed;
	return n != k ? (n < k ? 1 : -1) : strcmp(x->name, y->name);
}

void measure_json_endpoints(const struct measure *m, struct json *j)
{
	struct endpoint_numbers *sorted[MEASURE_ENDPOINTS + 1];
	memcpy(sorted, m->endpoints, m->n_endpoints * sizeof *sorted);
	qsort(sorted, m->n_endpoints, sizeof *sorted, by_count);
	json_open(j, '[');
	for (size_t i = 0; i < m->n_endpoints; i++) {
		const struct endpoint_numbers *e = sorted[i];
		if (e->answered + e->failed == 0)
			continue;
		json_open(j, '{');
		json_key(j, "endpoint");
		json_str(j, e->name);
		json_key(j, "count");
		json_u64(j, e->answered + e->failed);
		json_key(j, "answered");
		json_u64(j, e->answered);
		json_key(j, "failed");
		json_u64(j, e->failed);
		json_key(j, "status");
		write_status(j, e->status);
		json_key(j, "latency_from_due_ms");
		latency_json(j, &e->from_due);
		json_key(j, "latency_from_send_ms");
		latency_json(j, &e->from_send);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_failed(const struct measure *m, struct json *j, const struct point *p)
{
	json_open(j, '{');
	for (size_t i = 0; i < m->n_causes; i++) {
		if (!p->failed[i])
			continue;
		json_key(j, m->causes[i] < m->rows->n ? m->rows->rows[m->causes[i]].key : "other");
		json_u64(j, p->failed[i]);
	}
	json_close(j, '}');
}

static void write_quantile(struct json *j, const char *name, const struct point *p, uint64_t count, double q)
{
	json_key(j, name);
	if (count)
		json_number(j, fine_quantile_ms(p, count, q), 3);
	else
		json_str(j, NULL);
}

void measure_json_series(const struct measure *m, struct json *j)
{
	uint64_t sent = 0, ended = 0;
	json_open(j, '{');
	json_key(j, "step_seconds");
	json_i64(j, m->step_ns / NS_PER_S);
	json_key(j, "points");
	json_open(j, '[');
	for (size_t i = 0; i < m->n_points; i++) {
		const struct point *p = &m->points[i];
		uint64_t count = fine_count(p);
		sent += p->sent;
		ended += p->ended;
		json_open(j, '{');
		json_key(j, "second");
		json_i64(j, (int64_t)i * (m->step_ns / NS_PER_S));
		json_key(j, "sent");
		json_u64(j, p->sent);
		json_key(j, "answered");
		json_u64(j, p->answered);
		json_key(j, "failed");
		write_failed(m, j, p);
		json_key(j, "in_flight");
		json_u64(j, sent - ended);
		write_quantile(j, "p50_ms", p, count, 0.5);
		write_quantile(j, "p99_ms", p, count, 0.99);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}
