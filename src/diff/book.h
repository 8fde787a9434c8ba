/* book: all exchanges of a comparison, by endpoint, path and kind; and what they come to.
 *
 * Takes exchanges one by one, each with its answers; gives, at the end, a verdict. Bounded: endpoints (1,000), kinds of difference in each (2,000) and
 * in all (50,000), kept exchanges (64 MiB); what goes beyond is counted. Examples are drawn at random by the seed, so the same run keeps the same ones. Books
 * of several shards merge. Owns copies of all it keeps.
 *
 * An exchange is DIFFERENT where, in the end, it differs by a path and kind that is a sure finding, in which its controls agree; NOISE where it differs
 * otherwise, or a rule that is not built in hid a difference of it; SAME else, also where only built-in rules hid something, or where the controls differ and the
 * candidate does not.
 *
 * What a path and kind comes to. With a second control: the exact test of pairs (stats_odd_one_out). With a learned rate: Fisher's test. With both: both
 * must say so. Pairs of one key within 20 ms count once there (book_blocks.h). Exchanges of which one pair ended at another status, or at no answer, say nothing of headers and bodies and do not count there. All keys are
 * corrected together: those without any noise by their false-discovery rate, those with noise by the chance that any of all tests is wrong. Sure by then and
 * above the thresholds; or where it came back in all rounds of an exchange that was sent again, and, if there is noise, more often than noise would; or
 * where no noise was measured at all, unless it never came back.
 *
 * Time stamps that differ because each names the moment of its own answer (timestamp.h) are hidden, by a rule that is built in. An endpoint is slower where the
 * 99% interval of the median ratio lies above the share that was asked, and above what the second control shows, and the median difference above the floor. */
#ifndef REPLAY_DIFF_BOOK_H
#define REPLAY_DIFF_BOOK_H

#include "diff/compare.h"
#include "diff/expect.h"
#include "diff/rules.h"
#include "model/verdict.h"

/* What is asked where nobody says otherwise. */
#define BOOK_ALPHA    0.01
#define BOOK_RELATIVE 0.2 /* Diffy's: what is only a little above much noise is none to act on, however sure */
#define BOOK_ABSOLUTE 0.0003

struct book_options {
	const char *control, *candidate, *second; /* names; second NULL: none */
	const struct rules *rules;                /* borrowed for the book's life */
	const struct expect *expect;              /* NULL: none */
	body_decode_fn decode;
	double alpha;             /* of false discoveries: 0.01 */
	double relative;          /* Diffy's thresholds: a finding's rate is above the noise rate by that share of it (0.2), */
	double absolute;          /* and by that much in all (0.0003). 0: not asked */
	double latency_share;     /* --diff-latency 20%: 0.2; negative: not asked */
	int64_t latency_floor_ns; /* slower by less than that is none; 0: 1 ms */
	double fail_share;        /* --diff-fail; negative: not asked */
	uint64_t seed;
	bool learning;       /* candidate and control are the same deployment: keep what rules_learned needs */
	bool present_counts; /* time stamps that each name the moment of their own answer are differences too */
};

struct book;
struct book *book_new(const struct book_options *options, struct err *err);
void book_free(struct book *b);

enum not_comparable {                         /* why an exchange was not compared */
	              NC_REQUEST_NOT_SENT,    /* a target did not get it: full queue, stopped */
	              NC_NO_RECORDED,         /* no recorded response */
	              NC_INCOMPLETE_RECORDED, /* one that lacks bytes */
	              NC_CONTROL_FAILED,      /* the control did not answer */
	              NC_NOT_FINISHED,        /* the run ended first */
	              NC_LET_GO,              /* waited for too long among too many */
	              NC_ONLY_ONE_LOG,        /* replay diff A B: only one of them has it */
	              NC_MEMORY,
	              NC_CAUSES
};

/* An answer that did not come is a difference where the control's came: "answer", DIFFERENCE_MISSING; the second control's likewise, as noise. */
struct book_answer {
	bool there;         /* answer is filled in */
	const char *failed; /* it did not come: why, static text ("timed out"); NULL: this target was not asked */
	struct answer answer;
	int64_t sent_ns;    /* Unix time; 0 not known */
	int64_t latency_ns; /* -1: not known */
};

struct book_exchange {
	const char *id;
	struct slice request;      /* bytes */
	struct slice method, path; /* path: of the target, without query */
	struct slice folded;       /* "/api/items/{id}" */
	struct book_answer control, candidate, second;
};

/* Neither control's answer nor a failure of it: the control was not asked. Then a contract (expect) alone is put to the candidate's answer, and without one it
 * is NC_NO_RECORDED. */

/* What became of it, as far as can be told by now. */
enum exchange_verdict { EXCHANGE_SAME, EXCHANGE_NOISE, EXCHANGE_DIFFERENT, EXCHANGE_NOT_COMPARABLE };
enum exchange_verdict book_add(struct book *b, const struct book_exchange *x);
void book_not_comparable(struct book *b, struct slice method, struct slice folded, enum not_comparable why);

/* The last book_add said DIFFERENT: is one of its differences worth re-sending the request (--diff-confirm)? Few a path and kind are. Then the exchange is known
 * to the book by a number, and book_repeat takes each further round of answers; a round that lacks an answer ends it. */
bool book_wants_confirmation(struct book *b, unsigned rounds, uint32_t *number);
void book_repeat(struct book *b, uint32_t number, const struct book_exchange *again);

/* Adds what another one has (same options). It may be freed then. 0 or ERR_NOMEM. */
int book_merge(struct book *into, struct book *from);

/* The whole, the book stays as it was, with findings tested and ranked. NULL and *err: memory is out. */
struct verdict *book_verdict(struct book *b, struct err *err);

/* Of a learning book: rules for all that differed, with comments that give counts and an example each, in the form of rules.h. Always-on differences become
 * rules that hide (like FORM where all values seen had one), rarer ones rates; and for each endpoint "** rate 0/M" says that nothing else was seen in M
 * exchanges, so that what turns up later is tested and not taken for certain. An endpoint that is slower than its control though of the same deployment gets
 * "latency", where times were asked for. Every line can be read by rules_add_text. 0 or ERR_NOMEM. */
int book_learned(struct book *b, struct buf *out);

#endif
