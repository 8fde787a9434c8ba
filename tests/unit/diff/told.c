#include "told.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void put(struct told *t, struct slice s)
{
	for (size_t i = 0; i < s.len && i < 600 && t->len + 8 < sizeof t->text; i++) {
		if (s.ptr[i] == '\n')
			t->text[t->len++] = '/';
		else if (s.ptr[i] == '\r')
			t->text[t->len++] = '^';
		else
			t->text[t->len++] = (char)s.ptr[i];
	}
}

static void differs(void *arg, const struct difference *d)
{
	struct told *t = arg;
	cr_assert_leq(d->path.len, (size_t)DIFFERENCE_PATH_MAX);
	cr_assert_gt(d->path.len, 0u);
	cr_assert_lt(d->kind, DIFFERENCE_KINDS);
	if (t->n++)
		put(t, slice_str("\n")), t->text[t->len - 1] = '\n';
	put(t, slice_str(difference_kind_name(d->kind)));
	put(t, slice_str(" "));
	put(t, d->path);
	put(t, slice_str(" "));
	put(t, d->control);
	put(t, slice_str("|"));
	put(t, d->candidate);
	t->text[t->len] = 0;
}

struct difference_sink told_sink(struct told *t)
{
	*t = (struct told){ 0 };
	return (struct difference_sink){ t, differs };
}

void told_is(const struct told *t, const char *expected, const char *name)
{
	cr_assert_str_eq(t->text, expected, "%s:\n  told     %s\n  expected %s", name, t->text, expected);
}
