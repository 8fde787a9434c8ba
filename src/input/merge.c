/* merge: one message read ahead of each file; the oldest goes first. */
#include "input/merge.h"

#include <stdlib.h>

#define SOURCES_MAX 1024

struct one_source {
	char *path;
	struct port_set *ports; /* NULL: all, and logs too */
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
	if (!m->sources) {
		free(m);
		return NULL;
	}
	return m;
}

static int open_source(struct merge *m, struct one_source *s, struct err *err)
{
	struct source_options o = m->options;
	o.capture.ports = s->ports;
	s->source = source_open(s->path, &o, err);
	s->ended = false;
	struct log_info info;
	if (s->source && s->ports && source_log_info(s->source, &info))
		return err_set(err, ERR_USAGE, "%s is a log, not a capture: read it with --input-file", s->path);
	return s->source ? 0 : err->code;
}

int merge_add(struct merge *m, const char *path, const struct port_set *ports, struct err *err)
{
	if (m->n == SOURCES_MAX)
		return err_set(err, ERR_LIMIT, "--input-file: more than %d files at once", SOURCES_MAX);
	struct one_source *s = &m->sources[m->n++];
	s->path = strdup(path);
	s->ports = ports ? malloc(sizeof *ports) : NULL;
	if (!s->path || (ports && !s->ports))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (ports)
		*s->ports = *ports;
	return open_source(m, s, err);
}

static void fill_head(struct merge *m, struct one_source *s)
{
	if (s->head || s->ended)
		return;
	struct err why = { 0 };
	enum log_read got = source_next(s->source, &s->head, &why);
	if (got == LOG_READ_MESSAGE) {
		m->read++;
		return;
	}
	s->head = NULL;
	s->ended = true;
	if (got == LOG_READ_FAIL)
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
		free(m->sources[i].path);
		free(m->sources[i].ports);
	}
	for (struct past *p; (p = m->past);) {
		m->past = p->next;
		free(p->label);
		free(p);
	}
	free(m->sources);
	free(m);
}
