/* criterion: the part of Criterion that our tests use, for ThreadSanitizer: Criterion starts its workers in a memory layout that
 * ThreadSanitizer does not allow. Here each test runs in a fork of its own; results are lines "ok", "not ok" and "skip".
 *
 * Only on the include path of SAN=thread builds. Time limits are the runner's. */
#ifndef REPLAY_TESTS_TSAN_CRITERION_H
#define REPLAY_TESTS_TSAN_CRITERION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tsan_test {
	const char *suite, *name;
	void (*run)(void);
	struct tsan_test *next;
};

void tsan_add(struct tsan_test *t);
__attribute__((format(printf, 5, 6))) void tsan_failed(const char *file, int line, const char *what, int fatal, const char *format, ...);
__attribute__((noreturn)) void tsan_skip(void);

#define Test(s, n, ...)                                                                                                                    \
	static void s##_##n##_impl(void);                                                                                                  \
	__attribute__((constructor)) static void s##_##n##_add(void)                                                                       \
	{                                                                                                                                  \
		static struct tsan_test t = { .suite = #s, .name = #n, .run = s##_##n##_impl };                                            \
		tsan_add(&t);                                                                                                              \
	}                                                                                                                                  \
	static void s##_##n##_impl(void)

#define tsan_judge(ok, what, fatal, ...) ((ok) ? (void)0 : tsan_failed(__FILE__, __LINE__, what, fatal, " " __VA_ARGS__))

#define cr_assert(c, ...)                tsan_judge((c), #c, 1, __VA_ARGS__)
#define cr_assert_not(c, ...)            tsan_judge(!(c), "not " #c, 1, __VA_ARGS__)
#define cr_assert_eq(a, b, ...)          tsan_judge((a) == (b), #a " == " #b, 1, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)         tsan_judge((a) != (b), #a " != " #b, 1, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)          tsan_judge((a) < (b), #a " < " #b, 1, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)         tsan_judge((a) <= (b), #a " <= " #b, 1, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)          tsan_judge((a) > (b), #a " > " #b, 1, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)         tsan_judge((a) >= (b), #a " >= " #b, 1, __VA_ARGS__)
#define cr_assert_null(p, ...)           tsan_judge((p) == NULL, #p " is NULL", 1, __VA_ARGS__)
#define cr_assert_not_null(p, ...)       tsan_judge((p) != NULL, #p " is not NULL", 1, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)      tsan_judge(strcmp((a), (b)) == 0, #a " equals " #b, 1, __VA_ARGS__)
#define cr_assert_float_eq(a, b, e, ...) tsan_judge((a) - (b) <= (e) && (b) - (a) <= (e), #a " is about " #b, 1, __VA_ARGS__)
#define cr_assert_fail(...)              tsan_judge(0, "fails", 1, __VA_ARGS__)

#define cr_expect(c, ...)                tsan_judge((c), #c, 0, __VA_ARGS__)
#define cr_expect_not(c, ...)            tsan_judge(!(c), "not " #c, 0, __VA_ARGS__)
#define cr_expect_eq(a, b, ...)          tsan_judge((a) == (b), #a " == " #b, 0, __VA_ARGS__)
#define cr_expect_neq(a, b, ...)         tsan_judge((a) != (b), #a " != " #b, 0, __VA_ARGS__)
#define cr_expect_lt(a, b, ...)          tsan_judge((a) < (b), #a " < " #b, 0, __VA_ARGS__)
#define cr_expect_leq(a, b, ...)         tsan_judge((a) <= (b), #a " <= " #b, 0, __VA_ARGS__)
#define cr_expect_gt(a, b, ...)          tsan_judge((a) > (b), #a " > " #b, 0, __VA_ARGS__)
#define cr_expect_geq(a, b, ...)         tsan_judge((a) >= (b), #a " >= " #b, 0, __VA_ARGS__)
#define cr_expect_float_eq(a, b, e, ...) tsan_judge((a) - (b) <= (e) && (b) - (a) <= (e), #a " is about " #b, 0, __VA_ARGS__)
#define cr_expect_fail(...)              tsan_judge(0, "fails", 0, __VA_ARGS__)
#define cr_expect_null(p, ...)           tsan_judge((p) == NULL, #p " is NULL", 0, __VA_ARGS__)
#define cr_expect_not_null(p, ...)       tsan_judge((p) != NULL, #p " is not NULL", 0, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...)      tsan_judge(strcmp((a), (b)) == 0, #a " equals " #b, 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...)     tsan_judge(strcmp((a), (b)) != 0, #a " differs from " #b, 0, __VA_ARGS__)
#define cr_skip_test(...)                tsan_skip()
#define cr_skip(...)                     tsan_skip()

#endif
