/* summary: golden text and JSON of a run with one target, held and not held; the line of progress. */
#include "report/summary.h"

#include <criterion/criterion.h>
#include <jansson.h>

static const struct tally_row rows[] = {
	{ "submitted", "requests for the target", TALLY_TOTAL, false },
	{ "answered", "answered", TALLY_PART, false },
	{ "failed_timeout", "failed: timed out", TALLY_PART, true },
	{ "failed_connect", "failed: no connection", TALLY_PART, true },
	{ "not_request", "not sent: no request", TALLY_PART, false },
	{ "status_2xx", "answers 2xx", TALLY_NOTE, false },
	{ "status_5xx", "answers 5xx", TALLY_NOTE, false },
	{ "bytes_sent", "bytes sent", TALLY_NOTE, false },
};
static const struct tally_table table = { "target", rows, 8 };

#define LABEL "http://127.0.0.1:8081"

struct fixture {
	struct ledger *ledger;
	struct hist from_due, from_send, lateness;
	struct summary_target target;
	struct summary sum;
};

static struct fixture fx;

static void set_up(void)
{
	fx = (struct fixture){ .ledger = ledger_new() };
	struct tally_sink sink = ledger_sink(fx.ledger);
	sink.section(sink.arg, &table, LABEL, (const uint64_t[]){ 2010, 1000, 9, 1, 1000, 990, 10, 4096 });
	hist_init(&fx.from_due);
	hist_init(&fx.from_send);
	hist_init(&fx.lateness);
	for (int i = 0; i < 1000; i++) {
		hist_record(&fx.from_due, 2000000);
		hist_record(&fx.from_send, 1000000);
		hist_record(&fx.lateness, 34000);
	}
	fx.target = (struct summary_target){
		.label = LABEL,
		.from_due = &fx.from_due,
		.from_send = &fx.from_send,
		.lateness = &fx.lateness,
		.max_lateness_ns = 10000000,
		.scheduled = true,
	};
	fx.sum = (struct summary){ .ledger = fx.ledger, .seconds = 10.02, .targets = &fx.target, .n = 1 };
}

static void tear_down(void)
{
	ledger_free(fx.ledger);
}

TestSuite(summary, .init = set_up, .fini = tear_down);

static void assert_text(const char *expected)
{
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(summary_text(&fx.sum, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(expected)), "got:\n%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

#define LEDGER                                                                                                                             \
	"ledger\n"                                                                                                                         \
	"  target " LABEL "\n"                                                                                                             \
	"                      2,010 requests for the target = 1,000 answered + 9 failed: timed out + 1 failed: no connection\n"           \
	"                          + 1,000 not sent: no request; 990 answers 2xx, 10 answers 5xx, 4.00 KiB sent\n"                         \
	"lost: 9 failed: timed out (target), 1 failed: no connection (target)\n"                                                           \
	"every total is the sum of its parts\n"

Test(summary, text_held)
{
	assert_text("replay: 10.0 s\n\n"
	            "target " LABEL "\n"
	            "  answered    1,000 of 1,010\n"
	            "  failed      10: 9 timed out, 1 no connection\n"
	            "  not sent    1,000: 1,000 no request\n"
	            "  status      990 2xx, 10 5xx\n"
	            "  latency             p50        p90        p99      p99.9        max\n"
	            "  from due        2.00 ms    2.00 ms    2.00 ms    2.00 ms    2.00 ms\n"
	            "  from send       1.00 ms    1.00 ms    1.00 ms    1.00 ms    1.00 ms\n"
	            "  lateness        34.0 \xc2\xb5s    34.0 \xc2\xb5s    34.0 \xc2\xb5s    34.0 \xc2\xb5s    34.0 \xc2\xb5s\n"
	            "  schedule held: p99 lateness 34.0 \xc2\xb5s is within 10.0 ms\n\n" LEDGER);
	cr_assert(summary_schedule_held(&fx.sum));
}

Test(summary, text_not_held_and_stopped)
{
	hist_init(&fx.lateness);
	hist_record(&fx.lateness, 34000000);
	fx.sum.error = "the disk\nis full";
	assert_text("replay: 10.0 s\n\n"
	            "target " LABEL "\n"
	            "  answered    1,000 of 1,010\n"
	            "  failed      10: 9 timed out, 1 no connection\n"
	            "  not sent    1,000: 1,000 no request\n"
	            "  status      990 2xx, 10 5xx\n"
	            "  latency             p50        p90        p99      p99.9        max\n"
	            "  from due        2.00 ms    2.00 ms    2.00 ms    2.00 ms    2.00 ms\n"
	            "  from send       1.00 ms    1.00 ms    1.00 ms    1.00 ms    1.00 ms\n"
	            "  lateness        34.0 ms    34.0 ms    34.0 ms    34.0 ms    34.0 ms\n"
	            "  SCHEDULE NOT HELD: p99 lateness 34.0 ms exceeds 10.0 ms\n\n" LEDGER "stopped early: the disk\\nis full\n");
	cr_assert_not(summary_schedule_held(&fx.sum));
}

static void assert_has(const char *words)
{
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(summary_text(&fx.sum, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert_not_null(strstr((const char *)out.ptr, words), "%s\nis not in\n%s", words, (const char *)out.ptr);
	buf_release(&out);
}

Test(summary, says_why_it_was_late)
{
	fx.target.max_lateness_ns = 1000;
	fx.target.late_ns[LATE_TARGET] = 81e9;
	fx.target.late_ns[LATE_CONNECTING] = 3e6;
	fx.target.late_ns[LATE_MACHINE] = 19e9;
	assert_has("  SCHEDULE NOT HELD: p99 lateness 34.0 \xc2\xb5s exceeds 1.00 \xc2\xb5s\n"
	           "  late since: 81% the target was slow to answer what came before, 19% this machine was busy\n");
}

/* 1,000 were sent in time: 99% of 1,010 is below that, of 1,011 above. */
Test(summary, what_was_never_sent_is_late)
{
	fx.target.unsent = 10;
	cr_assert(summary_schedule_held(&fx.sum));
	fx.target.unsent = 11;
	cr_assert_not(summary_schedule_held(&fx.sum));
	assert_has("  SCHEDULE NOT HELD: 11 of 1,011 requests that were due could not be sent\n");
	hist_init(&fx.lateness);
	cr_assert_not(summary_schedule_held(&fx.sum));
	assert_has("  SCHEDULE NOT HELD: 11 of 11 requests that were due could not be sent\n");
	fx.target.unsent = 0;
	cr_assert(summary_schedule_held(&fx.sum), "nothing was due");
}

Test(summary, the_p99_counts_those_that_never_left)
{
	hist_record(&fx.lateness, 34000000);
	cr_assert(summary_schedule_held(&fx.sum));
	fx.target.unsent = 10; /* 99% of 1,011 is 1,000.9: the late one */
	cr_assert_not(summary_schedule_held(&fx.sum));
	assert_has("  SCHEDULE NOT HELD: p99 lateness 34.0 ms exceeds 10.0 ms\n");
}

Test(summary, loss_of_the_worst_section)
{
	static const struct tally_row other_rows[] = {
		{ "seen", "messages", TALLY_TOTAL, false },
		{ "complete", "complete", TALLY_PART, false },
		{ "lost", "lost", TALLY_PART, true },
		{ "bytes_missed", "bytes missed", TALLY_NOTE, true },
	};
	static const struct tally_table other = { "messages", other_rows, 4 };
	struct tally_sink sink = ledger_sink(fx.ledger);
	struct buf out;
	buf_init(&out, 1000);
	/* The target: 10 of 2,010, about 0.5%. */
	cr_assert_not(summary_lost(fx.ledger, 0.005, &out));
	cr_assert(summary_lost(fx.ledger, 0.004, &out));
	cr_assert(
	        slice_eq(buf_slice(&out), slice_str("0.498% lost, more than the 0.4% of --max-loss: 10 of 2,010 in \"target " LABEL "\"")),
	        "%.*s", (int)out.len, out.ptr);
	buf_clear(&out);
	sink.section(sink.arg, &other, "", (const uint64_t[]){ 100, 99, 1, 5000 });
	cr_assert_not(summary_lost(fx.ledger, 0.01, &out), "not more than 1%%");
	cr_assert(summary_lost(fx.ledger, 0, &out));
	cr_assert(slice_eq(buf_slice(&out), slice_str("1% lost, more than the 0% of --max-loss: 1 of 100 in \"messages\"")), "%.*s",
	          (int)out.len, out.ptr);
	buf_release(&out);
}

Test(summary, says_why_no_connection_could_be_made)
{
	fx.target.last_error = "Connection\nrefused";
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(summary_text(&fx.sum, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert_not_null(strstr((const char *)out.ptr, "\n  last error  Connection\\nrefused\n"));
	buf_clear(&out);
	cr_assert_eq(summary_json(&fx.sum, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert_not_null(strstr((const char *)out.ptr, "\"last_error\":\"Connection\\nrefused\""));
	buf_release(&out);
}

Test(summary, without_a_schedule_no_lateness_is_claimed)
{
	fx.target.scheduled = false;
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(summary_text(&fx.sum, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert_null(strstr((const char *)out.ptr, "lateness"));
	cr_assert_null(strstr((const char *)out.ptr, "from due"));
	cr_assert_null(strstr((const char *)out.ptr, "schedule"));
	cr_assert(summary_schedule_held(&fx.sum));
	buf_release(&out);
}

Test(summary, json)
{
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(summary_json(&fx.sum, &out), 0);
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(root);
	json_t *target = json_array_get(json_object_get(root, "targets"), 0);
	json_t *late = json_object_get(target, "lateness_ms"), *sections = json_object_get(root, "sections");
	cr_assert_float_eq(json_real_value(json_object_get(root, "seconds")), 10.02, 1e-9);
	cr_assert(json_is_null(json_object_get(root, "error")));
	cr_assert(json_is_true(json_object_get(root, "schedule_held")));
	cr_assert(json_is_true(json_object_get(root, "balanced")));
	cr_assert_str_eq(json_string_value(json_object_get(target, "label")), LABEL);
	cr_assert_float_eq(json_real_value(json_object_get(late, "p99")), 0.034, 1e-9);
	cr_assert_eq(json_integer_value(json_object_get(late, "count")), 1000);
	cr_assert_eq(json_array_size(sections), 1);
	json_decref(root);
	buf_release(&out);
}

Test(summary, progress)
{
	struct buf out;
	buf_init(&out, 4096);
	struct progress p = { .seconds = 12.34,
		              .share = 0.45,
		              .per_second = 1999.9,
		              .messages = 24000,
		              .done = 12000,
		              .in_flight = 3,
		              .lateness_p99_ns = 120000 };
	static const char full[] = "12.3 s  45%  read 24,000  done 12,000 (1,999/s)  in flight 3  late p99 120 \xc2\xb5s  lost 0";
	cr_assert_eq(progress_line(&p, 200, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(full)), "%.*s", (int)out.len, out.ptr);
	/* Every width gives that many columns of it, whole characters only. */
	for (size_t width = 0; width < 100; width++) {
		buf_clear(&out);
		cr_assert_eq(progress_line(&p, width, &out), 0);
		size_t bytes =
		        width > strlen(full) - 1
		                ? strlen(full)
		                : width + (width > strlen("12.3 s  45%  read 24,000  done 12,000 (1,999/s)  in flight 3  late p99 120 "));
		cr_assert(slice_eq(buf_slice(&out), slice_cut(slice_str(full), 0, bytes)), "width %zu: %.*s", width, (int)out.len, out.ptr);
	}
	buf_clear(&out);
	p = (struct progress){ .seconds = 1,
		               .share = -1,
		               .live = true,
		               .messages = 5,
		               .done = 5,
		               .failed = 2,
		               .lost = 1,
		               .lateness_p99_ns = -1,
		               .draining = true };
	cr_assert_eq(progress_line(&p, 200, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str("1.0 s  captured 5  done 5 (0/s)  failed 2  lost 1  finishing")), "%.*s",
	          (int)out.len, out.ptr);
	buf_release(&out);
}
