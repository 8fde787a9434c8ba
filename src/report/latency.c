/* latency: see the header. */
#include "report/latency.h"

#include <stddef.h>

void latency_json(struct json *j, const struct hist *h)
{
	static const struct {
		const char *key;
		double q;
	} rows[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p99_9", 0.999 } };
	if (!h) {
		json_str(j, NULL);
		return;
	}
	json_open(j, '{');
	json_key(j, "count");
	json_u64(j, h->count);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_key(j, rows[i].key);
		json_number(j, (double)hist_quantile(h, rows[i].q) / 1e6, 6);
	}
	json_key(j, "max");
	json_number(j, (double)h->max_ns / 1e6, 6);
	json_key(j, "mean");
	json_number(j, hist_mean(h) / 1e6, 6);
	json_close(j, '}');
}
