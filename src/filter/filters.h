/* filters: which exchanges go on. A request that is dropped takes its responses with it.
 *
 * Takes messages in pipeline order; keeps the ids of dropped requests, under a cap, until their responses have come. */
#ifndef REPLAY_FILTER_FILTERS_H
#define REPLAY_FILTER_FILTERS_H

#include "model/ops.h"
#include "model/text_list.h"

struct filter_options {
	/* Each list: n texts; a request passes when any of the allow expressions matches and none of the disallow ones does. */
	struct text_list allow_method, allow_url, disallow_url; /* methods by name; URLs by regular expression over path and query */
};

struct filters;

/* Compiles the expressions. NULL and *err set: a bad expression (what, where). */
struct filters *filters_new(const struct filter_options *options, struct err *err);
enum filter_result filters_apply(struct filters *f, const struct message *m);
void filters_free(struct filters *f);

#endif
