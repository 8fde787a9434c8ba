/* measure: what became of one target's requests, by endpoint and over time.
 *
 * Takes one call a request that has ended; gives counts and histograms for each endpoint (method and folded path) and a series of points, a
 * second each. Both are bounded: endpoints beyond the first 100 count as "other", and a series of 3,600 points is rolled up into half as many of
 * twice the length. Owns all it holds: about 74 KiB an endpoint, 2 KiB a point. */
#ifndef REPLAY_REPORT_MEASURE_H
#define REPLAY_REPORT_MEASURE_H

#include "base/hist.h"
#include "base/slice.h"
#include "model/tally.h"
#include "report/json.h"

#define MEASURE_ENDPOINTS 100
#define MEASURE_POINTS    3600

struct measure;

/* rows: the target's, for the names of causes. start_ns: monotonic, the series begins there. NULL when out of memory. */
struct measure *measure_new(const struct tally_table *rows, int64_t start_ns);
void measure_free(struct measure *m);

/* The number of an endpoint, by a name such as "GET /items/{id}"; 0, "other", when there are too many or no memory is left. */
uint32_t measure_endpoint(struct measure *m, struct slice name);

struct measured {
	uint32_t endpoint;
	bool answered;
	unsigned cause;                   /* the row of the failure */
	int status;                       /* of the answer */
	int64_t due_ns, sent_ns, done_ns; /* monotonic; sent 0: it never was */
};
void measure_add(struct measure *m, const struct measured *r);

/* Adds what another one measured (of another shard). 0 or ERR_NOMEM: then some is missing. */
int measure_merge(struct measure *into, const struct measure *from);

/* One with the same numbers; NULL for NULL, or when out of memory. */
struct measure *measure_copy(const struct measure *m);

/* The array "endpoints" and the object "series" of a report: see REPORT.md. */
void measure_json_endpoints(const struct measure *m, struct json *j);
void measure_json_series(const struct measure *m, struct json *j);

#endif
