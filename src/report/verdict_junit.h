/* verdict_junit: a comparison as JUnit XML, the form that CI systems read. */
#ifndef REPLAY_REPORT_VERDICT_JUNIT_H
#define REPLAY_REPORT_VERDICT_JUNIT_H

#include "base/buf.h"
#include "model/verdict.h"

/* One testsuite of that name; a testcase an endpoint; a failure a sure finding; unsure ones stand in system-out; an endpoint of which nothing could be
 * compared is skipped. seconds: how long the run took, negative: not known. 0 or a negative error. */
int verdict_junit(const struct verdict *v, const char *name, double seconds, struct buf *out);

#endif
