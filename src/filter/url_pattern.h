/* url_pattern: regular expressions over path and query as they stand in the request line. The only file that knows PCRE2. */
#ifndef REPLAY_FILTER_URL_PATTERN_H
#define REPLAY_FILTER_URL_PATTERN_H

#include "base/slice.h"
#include "filter/filters.h"

struct url_patterns;

/* flag: for the sentence when an expression is bad. */
struct url_patterns *url_patterns_new(const char *flag, const struct text_list *list, struct err *err);
bool url_patterns_empty(const struct url_patterns *p);
bool url_patterns_match(const struct url_patterns *p, struct slice url); /* any of them, anywhere in the URL */
void url_patterns_free(struct url_patterns *p);

#endif
