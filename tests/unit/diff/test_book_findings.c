/* book_findings: a noisy service in two builds, 20,000 exchanges: the faults of the second are found, all of them and nothing else; and nothing where there
 * are none. The random numbers are the same each time. */
#include "book_rig.h"

#include <criterion/criterion.h>

#define EXCHANGES 20000

static struct verdict *run(uint64_t seed, unsigned faults, bool second, const char *learned)
{
	struct err err = { 0 };
	struct rules *rules = rules_new();
	if (learned)
		cr_assert_eq(rules_add_text(rules, slice_str(learned), "learned.txt", &err), 0, "%s", err.text);
	struct book_options o = rig_options(rules, second);
	struct book *b = book_new(&o, &err);
	struct rig r = rig_seeded(seed, faults, second);
	rig_run(&r, b, EXCHANGES);
	struct verdict *v = book_verdict(b, &err);
	cr_assert(v);
	cr_assert_eq(v->compared, EXCHANGES);
	book_free(b);
	rules_free(rules);
	return v;
}

static void check_found(const struct verdict *v, unsigned faults)
{
	unsigned n = 0;
	for (unsigned i = 0; i < FAULTS; i++) {
		const struct fault_place *p = &fault_places[i];
		const struct verdict_finding *f = find_finding(v, p->endpoint, p->path, p->kind);
		if (!(faults >> i & 1)) {
			cr_assert(!f || f->state != FINDING_SURE, "%s %s was found and is not there", p->endpoint, p->path);
			continue;
		}
		n++;
		cr_assert(f && f->state == FINDING_SURE, "%s %s was not found", p->endpoint, p->path);
		cr_assert_geq(f->example_count, 1);
	}
	cr_assert_eq(v->sure_count, n, "%zu findings for %u faults", v->sure_count, n);
	for (size_t i = 0; i < v->finding_count; i++)
		cr_assert_eq(v->findings[i].state == FINDING_SURE, i < n, "the sure ones come first");
}

static const char *learn(uint64_t seed, struct buf *out)
{
	struct err err = { 0 };
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, true);
	o.learning = true;
	struct book *b = book_new(&o, &err);
	struct rig r = rig_seeded(seed, 0, true);
	buf_init(out, 1 << 20);
	rig_run(&r, b, EXCHANGES);
	cr_assert_eq(book_learned(b, out), 0);
	cr_assert_eq(buf_append(out, slice_of("", 1)), 0);
	book_free(b);
	rules_free(rules);
	return (const char *)out->ptr;
}

Test(findings, all_faults_between_two_controls, .timeout = 120)
{
	for (uint64_t seed = 100; seed < 103; seed++) {
		struct verdict *v = run(seed, ALL_FAULTS, true, NULL);
		check_found(v, ALL_FAULTS);
		cr_assert(v->failed);
		/* 2,000 of an endpoint: always, 30%, 10%, 5%, 4%, 3%, 2%, 1%, 0.5%, a quarter, one in 50. */
		cr_assert_float_eq((double)v->different, 2000 + 600 + 200 + 100 + 80 + 60 + 40 + 20 + 10 + 500 + 40, 250);
		verdict_free(v);
	}
}

/* Alone, a fault of 0.5% does not profit from what else is found. */
Test(findings, each_fault_alone, .timeout = 120)
{
	for (unsigned i = 0; i < FAULTS; i++) {
		struct verdict *v = run(100, 1u << i, true, NULL);
		check_found(v, 1u << i);
		verdict_free(v);
	}
}

Test(findings, control_against_itself, .timeout = 120)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct verdict *v = run(seed, 0, true, NULL);
		check_found(v, 0);
		cr_assert_eq(v->different, 0);
		cr_assert_not(v->failed);
		verdict_free(v);
	}
}

/* One control, and what was learned of it before. */
Test(findings, learned_noise, .timeout = 120)
{
	for (uint64_t seed = 0; seed < 4; seed++) {
		struct buf learned;
		const char *rules = learn(1000 + seed, &learned);
		struct verdict *v = run(100 + seed, ALL_FAULTS, false, rules);
		check_found(v, ALL_FAULTS);
		verdict_free(v);
		v = run(200 + seed, 0, false, rules);
		check_found(v, 0);
		verdict_free(v);
		buf_release(&learned);
	}
}

/* Without any measure of noise, all of it counts. */
Test(findings, unmeasured_noise)
{
	struct verdict *v = run(1, 0, false, NULL);
	cr_assert_gt(v->sure_count, 20);
	cr_assert_eq(v->unsure_count, 0);
	for (size_t i = 0; i < v->sure_count; i++)
		cr_assert_eq(v->findings[i].reason, REASON_UNMEASURED);
	verdict_free(v);
}
