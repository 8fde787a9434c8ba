/* latency: a histogram of durations as JSON, in milliseconds. */
#ifndef REPLAY_REPORT_LATENCY_H
#define REPLAY_REPORT_LATENCY_H

#include "base/hist.h"
#include "report/json.h"

/* {"count":…,"p50":…,"p90":…,"p99":…,"p99_9":…,"max":…,"mean":…}; null for NULL. */
void latency_json(struct json *j, const struct hist *h);

#endif
