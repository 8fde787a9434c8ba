/* carry: where the target answers with another value than the recording has (a session cookie, a token, a created id), later requests get the
 * target's own.
 *
 * Takes the requests sent, the recorded responses and the target's answers, joined by id in whatever order they come; gives requests with the
 * values put in. What a cookie was is known by lane first; a value of 6 bytes or more is replaced in all requests of the run, wherever it stands.
 * Owns copies of values only, never of messages; exchanges and values are bounded, the oldest go first, counted. */
#ifndef REPLAY_OUTPUT_CARRY_H
#define REPLAY_OUTPUT_CARRY_H

#include "base/err.h"
#include "model/message.h"
#include "model/tally.h"
#include "model/text_list.h"

struct carry;

/* rules: cookie, header:NAME, json:FIELD, location. base_path: of the target's URL, borrowed for good. NULL and *err: a rule is not understood, or
 * memory is out. */
struct carry *carry_new(const struct text_list *rules, struct slice base_path, struct err *err);
void carry_free(struct carry *c);

void carry_sent(struct carry *c, const struct message_id *request); /* it was taken for sending: an answer is to come, or carry_failed */
void carry_recorded(struct carry *c, const struct message *response);
void carry_answered(struct carry *c, const struct message_id *request, struct slice response);
void carry_failed(struct carry *c, const struct message_id *request);
void carry_unsent(struct carry *c, const struct message_id *request); /* it was not taken after all */

/* Does the request hold a value whose answer, of another lane, is still under way? */
bool carry_early(const struct carry *c, const struct message *request);
/* It leaves now: counted, where such a value is not known from any other answer either. */
void carry_count_early(struct carry *c, const struct message *request);

/* The request with what is known put in: a reference, or NULL where it stays as it is. */
struct message *carry_prepare(struct carry *c, const struct message *request);

void carry_tally(const struct carry *c, const char *label, struct tally_sink *sink);

#endif
