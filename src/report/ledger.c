/* ledger: sections by name and label, rows by key. Few of both, so plain arrays. */
#include "report/ledger.h"

#include "report/ledger_add.h"

#include <stdlib.h>

/* More than any run has: what a hostile log may make us hold. */
#define SECTIONS_MAX 4096
#define ROWS_MAX     256

struct ledger {
	struct ledger_section *sections;
	size_t n, cap;
	bool failed; /* memory ran out: sticky */
};

struct ledger *ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

static void section_release(struct ledger_section *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->rows[i].key);
		free(s->rows[i].text);
	}
	free(s->rows);
	free(s->section);
	free(s->label);
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		section_release(&l->sections[i]);
	free(l->sections);
	free(l);
}

static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	if (copy)
		memcpy(copy, text, size);
	return copy;
}

struct ledger_section *ledger_add_section(struct ledger *l, const char *section, const char *label)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->sections[i].section, section) == 0 && strcmp(l->sections[i].label, label) == 0)
			return &l->sections[i];
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct ledger_section *more = cap <= SECTIONS_MAX ? realloc(l->sections, cap * sizeof *more) : NULL;
		if (!more)
			return l->failed = true, NULL;
		l->sections = more;
		l->cap = cap;
	}
	struct ledger_section s = { .section = copy_text(section), .label = copy_text(label) };
	if (!s.section || !s.label) {
		section_release(&s);
		return l->failed = true, NULL;
	}
	l->sections[l->n] = s;
	return &l->sections[l->n++];
}

static struct ledger_row *find_row(const struct ledger_section *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->rows[i].key, key) == 0)
			return &s->rows[i];
	return NULL;
}

int ledger_add_row(struct ledger *l, struct ledger_section *s, const struct tally_row *row, uint64_t count)
{
	struct ledger_row *known = find_row(s, row->key);
	if (known) {
		known->count += count;
		return 0;
	}
	struct ledger_row *more = s->n < ROWS_MAX ? realloc(s->rows, (s->n + 1) * sizeof *more) : NULL;
	if (more)
		s->rows = more;
	struct ledger_row r = { .kind = row->kind, .loss = row->loss, .count = count };
	r.key = more ? copy_text(row->key) : NULL;
	r.text = r.key ? copy_text(row->text) : NULL;
	if (!r.text) {
		free(r.key);
		l->failed = true;
		return ERR_NOMEM;
	}
	s->rows[s->n++] = r;
	return 0;
}

static void take_section(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	struct ledger *l = arg;
	struct ledger_section *s = ledger_add_section(l, table->section, label);
	for (size_t i = 0; s && i < table->n; i++)
		if (ledger_add_row(l, s, &table->rows[i], counts[i]))
			return;
}

struct tally_sink ledger_sink(struct ledger *l)
{
	return (struct tally_sink){ .arg = l, .section = take_section };
}

const struct ledger_section *ledger_section_at(const struct ledger *l, size_t n)
{
	return n < l->n ? &l->sections[n] : NULL;
}

const struct ledger_section *ledger_find(const struct ledger *l, const char *section, const char *label)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->sections[i].section, section) == 0 && strcmp(l->sections[i].label, label) == 0)
			return &l->sections[i];
	return NULL;
}

const struct ledger_row *ledger_total(const struct ledger_section *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->rows[i].kind == TALLY_TOTAL)
			return &s->rows[i];
	return NULL;
}

uint64_t ledger_parts(const struct ledger_section *s)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->rows[i].kind == TALLY_PART)
			sum += s->rows[i].count;
	return sum;
}

bool ledger_section_balanced(const struct ledger_section *s)
{
	const struct ledger_row *total = ledger_total(s);
	return !total || total->count == ledger_parts(s);
}

bool ledger_balanced(const struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!ledger_section_balanced(&l->sections[i]))
			return false;
	return !l->failed;
}

bool ledger_lost(const struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->sections[i].n; k++)
			if (l->sections[i].rows[k].loss && l->sections[i].rows[k].count)
				return true;
	return false;
}

bool ledger_failed(const struct ledger *l)
{
	return l->failed;
}

uint64_t ledger_get(const struct ledger *l, const char *section, const char *label, const char *row_key)
{
	const struct ledger_section *s = ledger_find(l, section, label);
	const struct ledger_row *row = s ? find_row(s, row_key) : NULL;
	return row ? row->count : 0;
}
