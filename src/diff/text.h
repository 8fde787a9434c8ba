/* text: two texts by lines: do they differ, and a unified diff for people.
 *
 * Lines end in LF or CRLF. Longest common subsequence by Myers' algorithm within a bound on work; beyond it what differs is one block. */
#ifndef REPLAY_DIFF_TEXT_H
#define REPLAY_DIFF_TEXT_H

#include "base/buf.h"
#include "model/difference.h"

/* Tells at most one difference of path "body": VALUE, with the first lines that differ; ORDER where the lines are the same in another order;
 * MISSING or EXTRA where lines are only gone or only new. */
void text_compare(struct slice control, struct slice candidate, struct difference_sink sink);

/* A unified diff ("--- control", "+++ candidate", "@@", three lines of context) appended to *out; nothing where they are equal. Bytes as they are: whoever
 * shows it makes them visible. 0, ERR_LIMIT (out is full: what stands is whole lines) or ERR_NOMEM. */
int text_unified(struct slice control, struct slice candidate, const char *control_name, const char *candidate_name, struct buf *out);

/* Is it text, for people: no NUL, little that is no UTF-8 within the first 4 KiB? */
bool text_looks_like(struct slice s);

#endif
