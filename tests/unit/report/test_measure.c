/* measure: endpoints counted and bounded, a series with its moments, rolled up when long; shards together; told as JSON. */
#include "report/measure.h"

#include "base/clock.h"
#include "report/latency.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>

static const struct tally_row rows[] = {
	{ "submitted", "all", TALLY_TOTAL, false },
	{ "answered", "answered", TALLY_PART, false },
	{ "failed_timeout", "failed: timed out", TALLY_PART, true },
	{ "failed_connect", "failed: no connection", TALLY_PART, true },
};
static const struct tally_table table = { "target", rows, 4 };

#define START (1000 * NS_PER_S + 7)

static void add(struct measure *m, const char *endpoint, int64_t sent_ms, int64_t took_ms, int status, unsigned cause)
{
	struct measured r = {
		.endpoint = measure_endpoint(m, slice_str(endpoint)),
		.answered = status != 0,
		.cause = cause,
		.status = status,
		.due_ns = START + sent_ms * NS_PER_MS,
		.sent_ns = sent_ms < 0 ? 0 : START + sent_ms * NS_PER_MS,
		.done_ns = START + ((sent_ms < 0 ? 0 : sent_ms) + took_ms) * NS_PER_MS,
	};
	measure_add(m, &r);
}

static json_t *told(const struct measure *m, void (*tell)(const struct measure *, struct json *))
{
	struct buf out;
	buf_init(&out, 64 << 20);
	struct json j = json_into(&out);
	tell(m, &j);
	cr_assert_eq(json_error(&j), 0);
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	cr_assert_not_null(root, "%.*s", (int)out.len, out.ptr);
	buf_release(&out);
	return root;
}

static json_int_t number(json_t *in, const char *key)
{
	return json_integer_value(json_object_get(in, key));
}

static json_t *point(json_t *series, size_t i)
{
	return json_array_get(json_object_get(series, "points"), i);
}

Test(measure, endpoints)
{
	struct measure *m = measure_new(&table, START);
	add(m, "GET /a", 0, 10, 200, 0);
	add(m, "GET /a", 5, 20, 404, 0);
	add(m, "GET /a", 5, 20, 0, 2);
	add(m, "GET /b", 5, 20, 700, 0);
	json_t *all = told(m, measure_json_endpoints), *a = json_array_get(all, 0), *b = json_array_get(all, 1);
	cr_assert_eq(json_array_size(all), 2);
	cr_expect_str_eq(json_string_value(json_object_get(a, "endpoint")), "GET /a");
	cr_expect_eq(number(a, "count"), 3);
	cr_expect_eq(number(a, "answered"), 2);
	cr_expect_eq(number(a, "failed"), 1);
	cr_expect_eq(number(json_object_get(a, "status"), "2xx"), 1);
	cr_expect_eq(number(json_object_get(a, "status"), "4xx"), 1);
	cr_expect_eq(number(json_object_get(b, "status"), "other"), 1);
	cr_expect_float_eq(json_real_value(json_object_get(json_object_get(a, "latency_from_due_ms"), "max")), 20, 1e-9);
	json_decref(all);
	measure_free(m);
}

Test(measure, endpoints_beyond_the_limit_are_other)
{
	struct measure *m = measure_new(&table, START);
	char name[32];
	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof name, "GET /%d", i);
		add(m, name, 0, 1, 200, 0);
	}
	cr_expect_eq(measure_endpoint(m, slice_str("GET /299")), 0);
	cr_expect_eq(measure_endpoint(m, slice_str("GET /0")), 1);
	json_t *all = told(m, measure_json_endpoints);
	cr_expect_eq(json_array_size(all), MEASURE_ENDPOINTS + 1);
	cr_expect_str_eq(json_string_value(json_object_get(json_array_get(all, 0), "endpoint")), "other");
	cr_expect_eq(number(json_array_get(all, 0), "count"), 200);
	json_decref(all);
	measure_free(m);
}

Test(measure, series)
{
	struct measure *m = measure_new(&table, START);
	add(m, "a", 100, 10, 200, 0);
	add(m, "a", 900, 2500, 200, 0); /* in flight at the ends of seconds 0, 1, 2 */
	add(m, "a", 1500, 1000, 0, 2);
	add(m, "a", -1, 1200, 0, 3); /* never sent: failed in second 1 */
	json_t *s = told(m, measure_json_series);
	static const struct {
		int sent, answered, in_flight, timeout, connect;
	} expected[] = { { 2, 1, 1, 0, 0 }, { 1, 0, 2, 0, 1 }, { 0, 0, 1, 1, 0 }, { 0, 1, 0, 0, 0 } };
	cr_assert_eq(json_array_size(json_object_get(s, "points")), 4);
	cr_expect_eq(number(s, "step_seconds"), 1);
	for (size_t i = 0; i < 4; i++) {
		json_t *p = point(s, i), *failed = json_object_get(p, "failed");
		cr_expect_eq(number(p, "second"), (int)i);
		cr_expect_eq(number(p, "sent"), expected[i].sent, "%zu", i);
		cr_expect_eq(number(p, "answered"), expected[i].answered, "%zu", i);
		cr_expect_eq(number(p, "in_flight"), expected[i].in_flight, "%zu", i);
		cr_expect_eq(number(failed, "failed_timeout"), expected[i].timeout, "%zu", i);
		cr_expect_eq(number(failed, "failed_connect"), expected[i].connect, "%zu", i);
		cr_expect_eq(json_is_null(json_object_get(p, "p50_ms")), expected[i].answered == 0);
	}
	json_decref(s);
	measure_free(m);
}

/* The error of a point's quantiles stays within a sixteenth, from microseconds to an hour. */
Test(measure, quantiles_over_time)
{
	for (int64_t us = 1; us < 3600LL * 1000000; us = us * 5 / 3 + 1) {
		struct measure *m = measure_new(&table, 1);
		struct measured r = { .answered = true, .status = 200, .due_ns = 1, .sent_ns = 1, .done_ns = 1 + us * NS_PER_US };
		measure_add(m, &r);
		json_t *s = told(m, measure_json_series), *points = json_object_get(s, "points");
		double p99 = json_real_value(json_object_get(json_array_get(points, json_array_size(points) - 1), "p99_ms")) * 1e3;
		cr_expect(p99 >= (double)us && p99 <= (double)us * 17 / 16 + 1.001, "%ld us: %f", (long)us, p99);
		json_decref(s);
		measure_free(m);
	}
}

Test(measure, a_long_series_is_rolled_up)
{
	struct measure *m = measure_new(&table, START);
	for (int s = 0; s < 10000; s++)
		add(m, "a", s * 1000LL, 1500, 200, 0);
	json_t *s = told(m, measure_json_series), *points = json_object_get(s, "points");
	json_int_t sent = 0, answered = 0;
	cr_expect_eq(number(s, "step_seconds"), 4);
	cr_expect_eq(json_array_size(points), 2501);
	for (size_t i = 0; i < json_array_size(points); i++) {
		sent += number(point(s, i), "sent");
		answered += number(point(s, i), "answered");
		cr_expect_eq(number(point(s, i), "second"), (json_int_t)i * 4);
	}
	cr_expect_eq(sent, 10000);
	cr_expect_eq(answered, 10000);
	cr_expect_eq(number(point(s, 2500), "in_flight"), 0);
	json_decref(s);
	/* A moment far away rolls up as often as it takes; one before the start counts as the start. */
	add(m, "a", 40LL * 365 * 86400 * 1000, 0, 200, 0);
	struct measured early = { .answered = true, .status = 200, .due_ns = 5, .sent_ns = 5, .done_ns = 6 };
	measure_add(m, &early);
	s = told(m, measure_json_series);
	cr_expect_lt(json_array_size(json_object_get(s, "points")), MEASURE_POINTS + 1);
	json_decref(s);
	measure_free(m);
}

Test(measure, two_shards_are_as_one)
{
	struct measure *one = measure_new(&table, START), *parts[2] = { measure_new(&table, START), measure_new(&table, START) };
	for (int i = 0; i < 5000; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "GET /%d", i % 90);
		struct measure *to[] = { one, parts[i / 7 % 2] };
		for (int k = 0; k < 2; k++)
			add(to[k], name, i * (i % 2 ? 1000LL : 10), i % 50, i % 3 ? 200 : 0, i % 3 ? 0 : 2 + (unsigned)i % 2);
	}
	struct measure *sum = measure_copy(parts[0]);
	cr_assert_eq(measure_merge(sum, parts[1]), 0);
	for (int k = 0; k < 2; k++) {
		void (*tell)(const struct measure *, struct json *) = k ? measure_json_series : measure_json_endpoints;
		json_t *a = told(one, tell), *b = told(sum, tell);
		cr_expect(k ? json_equal(a, b) : json_array_size(a) == json_array_size(b));
		json_decref(a);
		json_decref(b);
	}
	json_t *a = told(one, measure_json_endpoints), *b = told(sum, measure_json_endpoints);
	for (size_t i = 0; i < json_array_size(a); i++)
		cr_expect_eq(number(json_array_get(a, i), "count"), number(json_array_get(b, i), "count"));
	json_decref(a);
	json_decref(b);
	cr_expect_null(measure_copy(NULL));
	measure_free(one);
	measure_free(sum);
	measure_free(parts[0]);
	measure_free(parts[1]);
}

Test(measure, without_memory)
{
	for (unsigned long n = 1;; n++) {
		alloc_fail_at(n);
		struct measure *m = measure_new(&table, START);
		if (m) {
			add(m, "a", 0, 1, 200, 0);
			add(m, "b", 100000, 1, 0, 2);
			measure_free(measure_copy(m));
		}
		measure_free(m);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		if (!failed)
			break;
	}
}
