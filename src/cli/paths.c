/* paths: by name, and by what the names stand for. */
#include "cli/paths.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define WRITTEN_MAX 16

struct written {
	const char *option, *path;
	bool there; /* now */
	dev_t device;
	ino_t file;
};

struct all_written {
	struct written list[WRITTEN_MAX];
	size_t n;
};

static struct written look(const char *option, const char *path)
{
	struct stat st;
	struct written w = { .option = option, .path = path };
	/* /dev/null, and pipes, hold nothing that could be lost. */
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		w.there = true;
		w.device = st.st_dev;
		w.file = st.st_ino;
	}
	return w;
}

static bool same(const struct written *a, const struct written *b)
{
	const char *left = a->path, *right = b->path;
	while (strncmp(left, "./", 2) == 0)
		left += 2;
	while (strncmp(right, "./", 2) == 0)
		right += 2;
	return strcmp(left, right) == 0 || (a->there && b->there && a->device == b->device && a->file == b->file);
}

static int add(struct all_written *all, const char *option, const char *path, struct err *err)
{
	if (!path || all->n == WRITTEN_MAX)
		return 0;
	struct written w = look(option, path);
	for (size_t i = 0; i < all->n; i++)
		if (same(&all->list[i], &w))
			return err_set(err, ERR_USAGE, "%.200s: two reports cannot be one file", path);
	all->list[all->n++] = w;
	return 0;
}

static int apart(const struct all_written *all, const char *path, const char *what, struct err *err)
{
	struct written read = look(NULL, path);
	for (size_t i = 0; i < all->n && read.there; i++)
		if (same(&all->list[i], &read))
			return err_set(err, ERR_USAGE, "--%s %.200s: it is read too, as %s, which would be lost: choose another name",
			               all->list[i].option, all->list[i].path, what);
	return 0;
}

/* An input's address may have a speed behind it. */
static int inputs_apart(const struct all_written *all, const struct addresses *from, struct err *err)
{
	char path[4096];
	int rc = 0;
	for (size_t i = 0; i < from->n && rc == 0; i++) {
		(void)snprintf(path, sizeof path, "%s", from->text[i]);
		rc = apart(all, path, "a log", err);
		path[strcspn(path, "|")] = 0;
		rc = rc ? rc : apart(all, path, "a log", err);
	}
	return rc;
}

int paths_check(const struct options *o, struct err *err)
{
	struct all_written all = { .n = 0 };
	int rc = add(&all, "ledger", o->ledger_path, err);
	rc = rc ? rc : add(&all, "report", o->report_path, err);
	rc = rc ? rc : add(&all, "diff-learn", o->diff.learn, err);
	for (size_t i = 0; i < o->diff.reports.n && rc == 0; i++)
		rc = add(&all, "diff-report", o->diff.reports.text[i], err);
	for (size_t i = 0; i < o->diff.rule_files.n && rc == 0; i++)
		rc = apart(&all, o->diff.rule_files.text[i], "rules", err);
	for (size_t i = 0; i < o->diff.expect_files.n && rc == 0; i++)
		rc = apart(&all, o->diff.expect_files.text[i], "expectations", err);
	for (size_t i = 0; i < RUN_KINDS_MAX && rc == 0; i++)
		rc = inputs_apart(&all, &o->run.inputs[i], err);
	return rc ? rc : inputs_apart(&all, &o->operands, err);
}
