/* verdict_html: a comparison as one HTML file that needs nothing else: no network, no server, no other file. */
#ifndef REPLAY_REPORT_VERDICT_HTML_H
#define REPLAY_REPORT_VERDICT_HTML_H

#include "report/verdict_json.h"

struct verdict_page {
	const struct verdict *verdict;
	struct slice ledger_json; /* what summary_json or summary_report wrote of the run; may be empty */
	const char *title, *made; /* title NULL: "replay"; made: when, by what, NULL: not said */
	size_t bytes_max;         /* of the kept exchanges that go into it, the first findings' first; 0: 24 MiB */
	message_decode_fn decode; /* of bodies that the page cannot decode itself; NULL: it shows them as they are */
};

/* Nothing of what it shows can become markup or script. 0 or a negative error. */
int verdict_html(const struct verdict_page *page, struct buf *out);

#endif
