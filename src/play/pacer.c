/* pacer: see the header. */
#include "play/pacer.h"

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void pacer_begin(struct pacer *p, int64_t start_ns, int64_t first_ns)
{
	if (p->stages && p->paced)
		return;
	p->start_ns = start_ns;
	p->first_ns = first_ns;
	p->cut_ns = 0;
	p->last_ns = start_ns;
}

static int64_t as_recorded(const struct pacer *p, int64_t ts_ns)
{
	const double most = (double)(INT64_MAX / 4);
	int64_t apart_ns;
	if (__builtin_sub_overflow(ts_ns, p->first_ns, &apart_ns))
		return ts_ns > p->first_ns ? INT64_MAX / 2 : p->start_ns;
	/* Exact where nothing is scaled: doubles have 53 bits, and 100 days of nanoseconds need them all. */
	double ahead = (double)apart_ns / p->speed;
	if (ahead >= most)
		return INT64_MAX / 2;
	int64_t ahead_ns = p->speed == 1 ? apart_ns : (int64_t)ahead;
	return later(p->start_ns, p->start_ns + ahead_ns);
}

static int64_t at_speed(struct pacer *p, int64_t ts_ns)
{
	int64_t due = later(p->start_ns, as_recorded(p, ts_ns) - p->cut_ns);
	if (p->max_wait_ns && due - p->last_ns > p->max_wait_ns) {
		int64_t cut = due - p->last_ns - p->max_wait_ns;
		p->cut_ns += cut;
		due -= cut;
	}
	return due;
}

static int64_t at_rate(struct pacer *p, bool counted)
{
	if (!counted)
		return p->last_ns;
	int64_t ahead = stages_time(p->stages, p->paced);
	if (ahead == INT64_MAX)
		return INT64_MAX;
	p->paced++;
	return p->start_ns + ahead;
}

int64_t pacer_due(struct pacer *p, int64_t ts_ns, bool counted)
{
	int64_t due = p->stages ? at_rate(p, counted) : at_speed(p, ts_ns);
	if (due != INT64_MAX)
		p->last_ns = later(p->last_ns, due);
	return due;
}
