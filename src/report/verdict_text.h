/* verdict_text: a comparison as a page for a terminal. */
#ifndef REPLAY_REPORT_VERDICT_TEXT_H
#define REPLAY_REPORT_VERDICT_TEXT_H

#include "base/buf.h"
#include "model/verdict.h"

struct verdict_text_options {
	size_t columns;  /* of the terminal; 0: 100; never beyond 160 */
	size_t findings; /* at most that many are shown; 0: 20 */
	bool colour;
};

/* What came from the network goes out with every control character visible. 0 or a negative error. */
int verdict_text(const struct verdict *v, const struct verdict_text_options *o, struct buf *out);

#endif
