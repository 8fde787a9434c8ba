/* book_series: points in an array that halves itself; a histogram of logarithmic buckets for each side of each. */
#include "diff/book_series.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static int64_t floor_to(int64_t at, int64_t step)
{
	int64_t rest = at % step;
	return at - (rest < 0 ? rest + step : rest);
}

static unsigned bucket_of(int64_t ns)
{
	uint64_t us = ns > 0 ? (uint64_t)ns / NS_PER_US : 0;
	if (us > UINT32_MAX)
		us = UINT32_MAX;
	if (us < 1u << SERIES_BITS)
		return (unsigned)us;
	unsigned top = 63u - (unsigned)__builtin_clzll(us);
	return ((top - SERIES_BITS + 1) << SERIES_BITS) + (unsigned)(us >> (top - SERIES_BITS) & ((1u << SERIES_BITS) - 1));
}

/* The middle of a bucket. */
static int64_t bucket_ns(unsigned bucket)
{
	if (bucket < 1u << SERIES_BITS)
		return bucket * NS_PER_US + NS_PER_US / 2;
	unsigned octave = (bucket >> SERIES_BITS) - 1;
	int64_t low = (int64_t)(((1ull << SERIES_BITS) + (bucket & ((1u << SERIES_BITS) - 1))) << octave);
	return low * NS_PER_US + ((NS_PER_US / 2) << octave);
}

int64_t series_quantile(const uint32_t bucket[SERIES_BUCKETS], double q)
{
	uint64_t count = 0, seen = 0;
	for (unsigned i = 0; i < SERIES_BUCKETS; i++)
		count += bucket[i];
	if (count == 0)
		return 0;
	uint64_t rank = (uint64_t)(q * (double)count);
	rank = rank < count ? rank : count - 1;
	for (unsigned i = 0; i < SERIES_BUCKETS; i++) {
		seen += bucket[i];
		if (seen > rank)
			return bucket_ns(i);
	}
	return 0;
}

/* Into p; what finds no room is counted only. */
static void add_marks(struct series *s, struct series_point *p, const uint32_t *marks, uint32_t n)
{
	if (p->mark_count + n > p->mark_cap) {
		uint32_t cap = p->mark_cap ? p->mark_cap * 2 : 8;
		cap = cap > p->mark_count + n ? cap : p->mark_count + n;
		uint32_t *more = realloc(p->marks, cap * sizeof *more);
		if (!more) {
			p->beyond += n;
			return;
		}
		p->marks = more;
		p->mark_cap = cap;
	}
	memcpy(p->marks + p->mark_count, marks, n * sizeof *marks);
	p->mark_count += n;
	s->marks += n;
}

static void point_add(struct series *s, struct series_point *into, struct series_point *from)
{
	into->compared += from->compared;
	into->beyond += from->beyond;
	for (unsigned i = 0; i < SERIES_BUCKETS; i++) {
		into->control[i] += from->control[i];
		into->candidate[i] += from->candidate[i];
	}
	if (from->mark_count) {
		s->marks -= from->mark_count;
		add_marks(s, into, from->marks, from->mark_count);
	}
	free(from->marks);
	*from = (struct series_point){ 0 };
}

/* Steps of twice the length. */
static void roll_up(struct series *s)
{
	int64_t step = s->step_ns * 2, start = floor_to(s->start_ns, step);
	size_t shift = s->start_ns != start; /* the first one may be the second half of its pair */
	for (size_t i = 0; i < s->count; i++) {
		size_t to = (i + shift) / 2;
		if (to == i)
			continue;
		if ((i + shift) % 2 == 0) {
			s->points[to] = s->points[i];
			s->points[i] = (struct series_point){ 0 };
		} else {
			point_add(s, &s->points[to], &s->points[i]);
		}
	}
	s->count = s->count ? (s->count - 1 + shift) / 2 + 1 : 0;
	s->start_ns = start;
	s->step_ns = step;
}

static bool room_for(struct series *s, size_t n)
{
	if (n <= s->cap)
		return true;
	size_t cap = s->cap ? s->cap * 2 : 64;
	cap = cap > n ? cap : n;
	struct series_point *more = realloc(s->points, cap * sizeof *more);
	if (!more)
		return false;
	memset(more + s->cap, 0, (cap - s->cap) * sizeof *more);
	s->points = more;
	s->cap = cap;
	return true;
}

/* Begins earlier than it did. */
static bool begin_at(struct series *s, int64_t start_ns)
{
	size_t by = (size_t)((s->start_ns - start_ns) / s->step_ns);
	if (!room_for(s, s->count + by))
		return false;
	memmove(s->points + by, s->points, s->count * sizeof *s->points);
	memset(s->points, 0, by * sizeof *s->points);
	s->count += by;
	s->start_ns = start_ns;
	return true;
}

static struct series_point *point_at(struct series *s, int64_t at_ns, int64_t step_ns)
{
	if (s->step_ns == 0) {
		s->step_ns = step_ns;
		s->start_ns = floor_to(at_ns, step_ns);
	}
	while (s->step_ns < step_ns)
		roll_up(s);
	for (;;) {
		int64_t at = floor_to(at_ns, s->step_ns);
		int64_t begin = at < s->start_ns ? at : s->start_ns, last = s->start_ns + (int64_t)s->count * s->step_ns - s->step_ns;
		int64_t end = at > last ? at : last;
		if ((end - begin) / s->step_ns < SERIES_POINTS)
			break;
		roll_up(s);
	}
	int64_t at = floor_to(at_ns, s->step_ns);
	if (at < s->start_ns && !begin_at(s, at))
		return NULL;
	size_t i = (size_t)((at - s->start_ns) / s->step_ns);
	if (!room_for(s, i + 1))
		return NULL;
	s->count = s->count > i ? s->count : i + 1;
	return &s->points[i];
}

/* Times that no clock of ours gives (before 1970, after 2200) would stretch the series beyond use. */
static bool plausible(int64_t at_ns)
{
	return at_ns > 0 && at_ns < 7258118400 * NS_PER_S;
}

bool series_add(struct series *s, int64_t at_ns, int64_t control_ns, int64_t candidate_ns, uint32_t set)
{
	if (!plausible(at_ns))
		return true;
	struct series_point *p = point_at(s, at_ns, NS_PER_S);
	if (!p)
		return false;
	p->compared++;
	if (control_ns >= 0)
		p->control[bucket_of(control_ns)]++;
	if (candidate_ns >= 0)
		p->candidate[bucket_of(candidate_ns)]++;
	if (set == SERIES_SAME)
		return true;
	if (set == SERIES_BEYOND || s->marks >= SERIES_MARKS)
		p->beyond++;
	else
		add_marks(s, p, &set, 1);
	return true;
}

bool series_merge(struct series *into, const struct series *from, const uint32_t *numbers)
{
	bool whole = true;
	for (size_t i = 0; i < from->count; i++) {
		const struct series_point *f = &from->points[i];
		if (f->compared == 0)
			continue;
		struct series_point *p = point_at(into, from->start_ns + (int64_t)i * from->step_ns, from->step_ns);
		if (!p) {
			whole = false;
			continue;
		}
		p->compared += f->compared;
		p->beyond += f->beyond;
		for (unsigned k = 0; k < SERIES_BUCKETS; k++) {
			p->control[k] += f->control[k];
			p->candidate[k] += f->candidate[k];
		}
		for (uint32_t k = 0; k < f->mark_count; k++) {
			uint32_t number = numbers[f->marks[k]];
			if (number == SERIES_BEYOND || into->marks >= SERIES_MARKS)
				p->beyond++;
			else
				add_marks(into, p, &number, 1);
		}
	}
	return whole;
}

void series_free(struct series *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->points[i].marks);
	free(s->points);
	*s = (struct series){ 0 };
}
