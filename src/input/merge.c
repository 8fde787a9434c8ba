/* merge: one message read ahead of each file; the oldest goes first. */
#include "input/merge.h"

#include <stdlib.h>

#define SOURCES_MAX  1024
#define CAPTURES_MAX 65536

struct one_source {
	const struct capture_part *parts; /* captures; or one file of any kind, where without ports it may be a log, too */
	size_t n;
	const struct capture_part *behind; /* captures that were its own until they were seen not to follow; NULL: none */
	struct source *source;
	struct message *head; /* read, not given out */
	bool ended;
};

/* What the rounds before this one read of a source: a source counts from where it was opened. */
struct past {
	struct past *next;
	const struct tally_table *table;
	char *label;
	uint64_t counts[];
};

struct merge {
	struct source_options options;
	struct one_source *sources;
	size_t n;
	struct capture_part *alone; /* what is no part of anything */
	size_t alone_count;
	struct capture_part *captures;
	size_t capture_count, capture_cap;
	uint64_t read;
	struct err failure;
	struct past *past;
};

struct merge *merge_new(const struct source_options *options)
{
	struct merge *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->options = *options;
	m->sources = calloc(SOURCES_MAX, sizeof *m->sources);
	m->alone = calloc(SOURCES_MAX, sizeof *m->alone);
	if (!m->sources || !m->alone) {
		merge_free(m);
		return NULL;
	}
	return m;
}

static int open_source(struct merge *m, struct one_source *s, struct err *err)
{
	struct source_options o = m->options;
	o.capture.ports = s->parts->ports;
	s->source = s->parts->first_ns ? source_open_parts(s->parts, s->n, &o, err) : source_open(s->parts->path, &o, err);
	s->ended = !s->source;
	struct log_info info;
	if (s->source && s->parts->ports && source_log_info(s->source, &info))
		return err_set(err, ERR_USAGE, "%s is a log, not a capture: read it with --input-file", s->parts->path);
	return s->source ? 0 : err->code;
}

static int add_source(struct merge *m, const struct capture_part *parts, size_t n, struct err *err)
{
	if (m->n == SOURCES_MAX)
		return err_set(err, ERR_LIMIT, "--input-file: more than %d files at once, from %s on", SOURCES_MAX, parts->path);
	struct one_source *s = &m->sources[m->n++];
	*s = (struct one_source){ .parts = parts, .n = n };
	return open_source(m, s, err);
}

static void release_part(struct capture_part *p)
{
	free(p->path);
	free(p->ports);
}

/* Takes it, also where it fails. */
static int keep_capture(struct merge *m, struct capture_part part, struct err *err)
{
	if (m->capture_count == m->capture_cap) {
		size_t cap = m->capture_cap ? m->capture_cap * 2 : 16;
		struct capture_part *more = cap > CAPTURES_MAX ? NULL : realloc(m->captures, cap * sizeof *more);
		if (!more) {
			release_part(&part);
			return cap > CAPTURES_MAX ? err_set(err, ERR_LIMIT, "--input-file: more than %d captures", CAPTURES_MAX)
			                          : err_set(err, ERR_NOMEM, "out of memory");
		}
		m->captures = more;
		m->capture_cap = cap;
	}
	m->captures[m->capture_count++] = part;
	return 0;
}

int merge_add(struct merge *m, const char *path, const struct port_set *ports, struct err *err)
{
	struct capture_part part = { .path = strdup(path), .ports = ports ? malloc(sizeof *ports) : NULL };
	if (!part.path || (ports && !part.ports)) {
		release_part(&part);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	if (ports)
		*part.ports = *ports;
	int is_part = source_is_part(path, &part, err);
	if (is_part > 0)
		return keep_capture(m, part, err);
	if (is_part == 0 && m->alone_count == SOURCES_MAX)
		is_part = err_set(err, ERR_LIMIT, "--input-file: more than %d files at once", SOURCES_MAX);
	if (is_part < 0) {
		release_part(&part);
		return is_part;
	}
	m->alone[m->alone_count] = part;
	return add_source(m, &m->alone[m->alone_count++], 1, err);
}

static int compare_ports(const struct port_set *a, const struct port_set *b)
{
	if (!a || !b)
		return !b - !a;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return memcmp(a->range, b->range, a->n * sizeof *a->range);
}

/* By time; where a file is so short that the next one begins within the same tick, by the number that its writer put into the name. */
static int compare_parts(const void *left, const void *right)
{
	const struct capture_part *a = left, *b = right;
	int ports = compare_ports(a->ports, b->ports);
	if (ports)
		return ports;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return strverscmp(a->path, b->path);
}

/* What is known by now not to follow the captures before it becomes a source of its own. */
static int split(struct merge *m, struct one_source *s, struct err *err)
{
	size_t n = source_parts(s->source);
	if (n == s->n)
		return 0;
	size_t rest = s->n - n;
	s->n = n;
	s->behind = s->parts + n;
	return add_source(m, s->behind, rest, err);
}

int merge_open(struct merge *m, struct err *err)
{
	int rc = 0;
	if (m->capture_count)
		qsort(m->captures, m->capture_count, sizeof *m->captures, compare_parts);
	for (size_t i = 0, end; i < m->capture_count && rc == 0; i = end) {
		for (end = i + 1; end < m->capture_count && compare_ports(m->captures[i].ports, m->captures[end].ports) == 0;)
			end++;
		rc = add_source(m, &m->captures[i], end - i, err);
	}
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = split(m, &m->sources[i], err);
	return rc;
}

static void fill_head(struct merge *m, struct one_source *s)
{
	if (s->head || s->ended)
		return;
	struct err why = { 0 };
	enum log_read got = source_next(s->source, &s->head, &why);
	(void)split(m, s, &m->failure);
	if (got == LOG_READ_MESSAGE) {
		m->read++;
		return;
	}
	s->head = NULL;
	s->ended = true;
	if (got == LOG_READ_FAIL && s->behind)
		(void)err_set(&m->failure, why.code, "%s; reading began anew with %s", why.text, s->behind->path);
	else if (got == LOG_READ_FAIL)
		(void)err_set(&m->failure, why.code, "%s", why.text);
}

enum log_read merge_next(struct merge *m, struct message **out, struct err *err)
{
	struct one_source *best = NULL;
	for (size_t i = 0; i < m->n; i++) {
		struct one_source *s = &m->sources[i];
		fill_head(m, s);
		if (s->head && (!best || s->head->ts_ns < best->head->ts_ns))
			best = s;
	}
	if (best) {
		*out = best->head;
		best->head = NULL;
		return LOG_READ_MESSAGE;
	}
	if (m->failure.code == ERR_NONE)
		return LOG_READ_END;
	(void)err_set(err, m->failure.code, "%s", m->failure.text);
	return LOG_READ_FAIL;
}

static void past_add(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	struct merge *m = arg;
	struct past *p = m->past;
	while (p && (p->table != table || strcmp(p->label, label) != 0))
		p = p->next;
	if (!p) {
		p = calloc(1, sizeof *p + table->n * sizeof *counts);
		if (!p || !(p->label = strdup(label))) {
			free(p);
			(void)err_set(&m->failure, ERR_NOMEM, "out of memory");
			return;
		}
		p->table = table;
		p->next = m->past;
		m->past = p;
	}
	for (size_t i = 0; i < table->n; i++)
		p->counts[i] += counts[i];
}

int merge_again(struct merge *m, struct err *err)
{
	struct tally_sink past = { m, past_add };
	for (size_t i = 0; i < m->n && m->failure.code == ERR_NONE; i++) {
		struct one_source *s = &m->sources[i];
		message_unref(s->head);
		s->head = NULL;
		source_tally(s->source, &past);
		source_close(s->source);
		s->source = NULL;
		s->ended = true;
		(void)open_source(m, s, &m->failure);
	}
	return m->failure.code ? err_set(err, m->failure.code, "%s", m->failure.text) : 0;
}

uint64_t merge_read(const struct merge *m)
{
	return m->read;
}

void merge_held(const struct merge *m, void (*each)(void *arg, const struct message *held), void *arg)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->sources[i].head)
			each(arg, m->sources[i].head);
}

double merge_progress(const struct merge *m)
{
	double done = 0;
	for (size_t i = 0; i < m->n; i++) {
		double part = m->sources[i].source ? source_progress(m->sources[i].source) : -1;
		if (part < 0)
			return -1;
		done += part / (double)m->n;
	}
	return done;
}

void merge_tally(const struct merge *m, struct tally_sink *sink)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->sources[i].source)
			source_tally(m->sources[i].source, sink);
	for (const struct past *p = m->past; p; p = p->next)
		sink->section(sink->arg, p->table, p->label, p->counts); /* added to the same section */
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		message_unref(m->sources[i].head);
		source_close(m->sources[i].source);
	}
	for (size_t i = 0; i < m->alone_count; i++)
		release_part(&m->alone[i]);
	for (size_t i = 0; i < m->capture_count; i++)
		release_part(&m->captures[i]);
	for (struct past *p; (p = m->past);) {
		m->past = p->next;
		free(p->label);
		free(p);
	}
	free(m->alone);
	free(m->captures);
	free(m->sources);
	free(m);
}
