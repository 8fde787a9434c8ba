/* out_http: requests to one target over HTTP, edited as the user asked, measured by a player of its own. */
#ifndef REPLAY_OUTPUT_OUT_HTTP_H
#define REPLAY_OUTPUT_OUT_HTTP_H

#include "model/ops.h"
#include "model/text_list.h"
#include "play/reach.h"

struct differ; /* differ.h */

struct http_output_options { /* 0 anywhere: the default */
	bool original_host;  /* keep the recorded Host */
	struct play_reach reach;
	const char *version; /* "1.1"; or "2" */
	uint64_t redirects;  /* to follow on the target, behind each request: none */
	bool pipeline;       /* a client's requests that are due do not wait for its answers */
	bool no_lanes;
	bool send_incomplete; /* requests that miss bytes, as they are */
	bool track_response;  /* answers become messages for the outputs that keep them */
	bool stats;           /* a line each stats_ms: 5,000 */
	bool measure;         /* by endpoint and over time */
	uint64_t stats_ms;
	struct differ *differ;   /* --diff: its answers are compared; NULL: they are not. Borrowed */
	struct text_list carry;  /* see carry.h */
	uint64_t workers;        /* connections at most; 0: one per recorded client */
	uint64_t queue_len;      /* requests that wait: 1,000 */
	int64_t timeout_ns;      /* 5 s */
	int64_t max_lateness_ns; /* 10 ms */
};

/* A target whose answers are what others are compared with: --output-http-baseline. */
int out_baseline_open(const char *address, const void *http_output_options, const struct io_env *env, struct output **out, struct err *err);
int out_http_open(const char *address, const void *http_output_options, const struct io_env *env, struct output **out, struct err *err);

#endif
