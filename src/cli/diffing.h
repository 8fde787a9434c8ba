/* diffing: a comparison's outside: from options to what a book needs, and from a verdict to reports and a status.
 *
 * Owns the rules, the contract, the reports' files, the verdict. What compares is the caller's: a differ in a run, a book over two logs. */
#ifndef REPLAY_CLI_DIFFING_H
#define REPLAY_CLI_DIFFING_H

#include "cli/ledger_file.h"
#include "cli/options.h"
#include "diff/book.h"
#include "output/exchange_view.h"

#define REPORTS_MAX 8

struct diffing {
	const struct diff_options *wanted;
	struct rules *rules;
	struct expect *expect;
	struct endpoint_names *names;
	struct ledger_file learned, reports[REPORTS_MAX];
	struct verdict *verdict; /* NULL: there is none (yet) */
};

bool diffing_wanted(const struct diff_options *o);

/* Reads rules and shares: fills *book but for the names of the three sides. A release is due after an error too. */
int diffing_open(struct diffing *d, const struct diff_options *o, struct book_options *book, struct err *err);
void diffing_release(struct diffing *d);

/* The files to write, made before the work, so that a path that will not do is known then. */
int diffing_open_files(struct diffing *d, struct err *err);

/* Writes the reports. summary_json: of the run, for the page; empty where there is none. seconds: negative where not known. */
int diffing_report(struct diffing *d, struct slice summary_json, double seconds, struct err *err);
int diffing_save_learned(struct diffing *d, struct slice rules, struct err *err);
/* The verdict for a terminal of that many columns. 0 or a negative error. */
int diffing_text(const struct diffing *d, size_t columns, bool colour, struct buf *out);
int diffing_json(const struct diffing *d, struct buf *out);
/* 0; ERR_IO where --diff-fail asks for a verdict and nothing was compared: that is none that a build could pass by. */
int diffing_held(const struct diffing *d, struct err *err);

#endif
