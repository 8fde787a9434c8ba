/* summary_json: a run as one JSON object. */
#include "report/json.h"
#include "report/latency.h"
#include "report/measure.h"
#include "report/summary.h"

static void write_late_causes(struct json *j, const struct summary_target *t)
{
	static const char *const keys[LATE_CAUSES] = {
		[LATE_TARGET] = "target_slow",
		[LATE_CONNECTING] = "connecting",
		[LATE_MACHINE] = "machine_busy",
	};
	json_open(j, '{');
	for (int i = 0; i < LATE_CAUSES; i++) {
		json_key(j, keys[i]);
		json_number(j, t->late_ns[i] / 1e9, 6);
	}
	json_close(j, '}');
}

static void write_target(struct json *j, const struct summary_target *t, bool whole)
{
	json_open(j, '{');
	json_key(j, "label");
	json_str(j, t->label);
	json_key(j, "scheduled");
	json_bool(j, t->scheduled);
	json_key(j, "schedule_held");
	json_bool(j, summary_schedule_held(&(struct summary){ .targets = t, .n = 1 }));
	json_key(j, "unsent");
	json_u64(j, t->unsent);
	json_key(j, "late_seconds_by_cause");
	write_late_causes(j, t);
	json_key(j, "last_error");
	json_str(j, t->last_error);
	json_key(j, "latency_from_due_ms");
	latency_json(j, t->from_due);
	json_key(j, "latency_from_send_ms");
	latency_json(j, t->from_send);
	json_key(j, "lateness_ms");
	latency_json(j, t->lateness);
	if (whole && t->measure) {
		json_key(j, "endpoints");
		measure_json_endpoints(t->measure, j);
		json_key(j, "series");
		measure_json_series(t->measure, j);
	}
	json_close(j, '}');
}

static int write_summary(const struct summary *s, bool whole, struct buf *out)
{
	/* The ledger's own object goes in under its name: one writer for it. */
	struct buf ledger;
	buf_init(&ledger, 16u << 20);
	int r = ledger_json(s->ledger, &ledger);
	struct json j = json_into(out);
	json_open(&j, '{');
	json_key(&j, "seconds");
	json_number(&j, s->seconds, 6);
	json_key(&j, "error");
	json_str(&j, s->error);
	json_key(&j, "schedule_held");
	json_bool(&j, summary_schedule_held(s));
	json_key(&j, "targets");
	json_open(&j, '[');
	for (size_t i = 0; i < s->n; i++)
		write_target(&j, &s->targets[i], whole);
	json_close(&j, ']');
	/* {"balanced":…,"sections":[…]}: its members, without the braces. */
	if (r == 0 && ledger.len > 2)
		json_raw(&j, slice_of(ledger.ptr + 1, ledger.len - 2));
	json_close(&j, '}');
	buf_release(&ledger);
	return r ? r : json_error(&j);
}

int summary_json(const struct summary *s, struct buf *out)
{
	return write_summary(s, false, out);
}

int summary_report(const struct summary *s, struct buf *out)
{
	return write_summary(s, true, out);
}
