/* options: reading argv by the table, as Go's flag package does: one dash or two, --name=value or --name value, booleans without a value
 * of their own. */
#include "cli/options.h"

#include "base/units.h"
#include "cli/foreign.h"
#include "cli/nearest.h"

#include <limits.h>
#include <stdlib.h>

#define LIST_MAX 4096

void options_init(struct options *o)
{
	*o = (struct options){ .run = { .exit_after_ns = 0 } };
}

void options_release(struct options *o)
{
	struct option_row row;
	for (size_t i = 0; option_row_at(i, &row); i++)
		if (row.type == OPTION_LIST)
			free((void *)(uintptr_t)((struct text_list *)(void *)((char *)o + row.at))->text);
	for (size_t i = 0; i < RUN_KINDS_MAX; i++) {
		free(o->run.inputs[i].text);
		free(o->run.outputs[i].text);
	}
	free(o->operands.text);
	options_init(o);
}

int addresses_add(struct addresses *list, const char *text)
{
	/* Grows by powers of two: the count alone tells when the room is used up. */
	if ((list->n & (list->n - 1)) == 0) {
		size_t cap = list->n ? list->n * 2 : 1;
		const char **more = cap <= LIST_MAX ? realloc(list->text, cap * sizeof *more) : NULL;
		if (!more)
			return ERR_NOMEM;
		list->text = more;
	}
	list->text[list->n++] = text;
	return 0;
}

static int text_list_add(struct text_list *list, const char *text)
{
	struct addresses a = { .text = (const char **)(uintptr_t)list->text, .n = list->n };
	int r = addresses_add(&a, text);
	*list = (struct text_list){ .text = a.text, .n = a.n };
	return r;
}

struct addresses *options_input(struct options *o, const char *flag)
{
	for (size_t i = 0; i < input_kind_count && i < RUN_KINDS_MAX; i++)
		if (strcmp(input_kinds[i].flag, flag) == 0)
			return &o->run.inputs[i];
	return NULL;
}

struct addresses *options_output(struct options *o, const char *flag)
{
	for (size_t i = 0; i < output_kind_count && i < RUN_KINDS_MAX; i++)
		if (strcmp(output_kinds[i].flag, flag) == 0)
			return &o->run.outputs[i];
	return NULL;
}

bool option_takes_value(const struct option_row *row)
{
	return row->type != OPTION_BOOL && row->type != OPTION_BOOL_OFF && row->type != OPTION_PRESENCE;
}

static int parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "true", "1", "t", "yes", "on", "TRUE", "True", "T" };
	static const char *const no[] = { "false", "0", "f", "no", "off", "FALSE", "False", "F" };
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		*out = strcmp(text, yes[i]) == 0;
		if (*out || strcmp(text, no[i]) == 0)
			return 0;
	}
	return ERR_USAGE;
}

/* What a value of each type looks like, for the sentence about one that does not. */
static const char *const wanted[] = {
	[OPTION_BOOL] = "true or false",
	[OPTION_BOOL_OFF] = "true or false",
	[OPTION_ON_OFF] = "on or off",
	[OPTION_DURATION] = "a duration like 500ms, 2s or 1m30s",
	[OPTION_SIZE] = "a size like 65536, 64kb or 5mb",
	[OPTION_COUNT] = "a whole number",
	[OPTION_SPEED] = "a speed like 2x, 0.5x, 200% or max",
	[OPTION_RATE] = "a rate like 300, or stages like 100:1000:60s,1000:1000:5m",
	[OPTION_LOOPS] = "a whole number from 1, or nothing for ever",
	[OPTION_TEXT] = "some text",
	[OPTION_LIST] = "some text",
	[OPTION_ADDRESSES] = "an address",
	[OPTION_PRESENCE] = "true or false",
};

static int store_bool(const struct option_row *row, void *field, const char *text)
{
	bool yes;
	int r = parse_bool(text, &yes);
	if (r)
		return r;
	if (row->type == OPTION_PRESENCE) {
		struct addresses *list = field;
		if (yes)
			return list->n ? 0 : addresses_add(list, "");
		list->n = 0;
		free(list->text);
		list->text = NULL;
		return 0;
	}
	*(bool *)field = row->type == OPTION_BOOL ? yes : !yes;
	return 0;
}

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "sizes are stored as 64-bit numbers");

static int store_number(const struct option_row *row, void *field, const char *text)
{
	uint64_t n = 0;
	int64_t ns = 0;
	int r = row->type == OPTION_DURATION ? parse_duration_ns(text, &ns)
	        : row->type == OPTION_SIZE   ? parse_size_bytes(text, &n)
	                                     : parse_u64(text, &n);
	if (r == 0 && row->type == OPTION_DURATION)
		n = (uint64_t)ns;
	if (r == 0 && n < row->least)
		return ERR_FORMAT;
	if (r == 0)
		memcpy(field, &n, sizeof n); /* int64_t, uint64_t or size_t */
	return r;
}

/* GoReplay's flag is a boolean. */
static int store_loops(const struct option_row *row, uint64_t *loops, const char *text)
{
	bool forever;
	if (text[0] < '0' || text[0] > '9') {
		int r = parse_bool(text, &forever);
		if (r == 0)
			*loops = forever ? LOOPS_FOREVER : 1;
		return r;
	}
	return store_number(row, loops, text);
}

static int store(struct options *o, const struct option_row *row, const char *text)
{
	void *field = (char *)o + row->at;
	switch (row->type) {
	case OPTION_BOOL:
	case OPTION_BOOL_OFF:
	case OPTION_ON_OFF:
	case OPTION_PRESENCE:
		return store_bool(row, field, text);
	case OPTION_DURATION:
	case OPTION_SIZE:
	case OPTION_COUNT:
		return store_number(row, field, text);
	case OPTION_SPEED: {
		struct file_input_options *f = field;
		return parse_speed(text, &f->speed, &f->max);
	}
	case OPTION_RATE:
		return stages_parse(text, field);
	case OPTION_LOOPS:
		return store_loops(row, field, text);
	case OPTION_TEXT:
		*(const char **)field = text;
		return text[0] ? 0 : ERR_USAGE;
	case OPTION_LIST:
		return text_list_add(field, text);
	case OPTION_ADDRESSES:
		return text[0] ? addresses_add(field, text) : ERR_USAGE;
	}
	return ERR_USAGE;
}

static bool row_by_name(const char *name, struct option_row *out)
{
	for (size_t i = 0; option_row_at(i, out); i++)
		if (strcmp(out->name, name) == 0)
			return true;
	return false;
}

static int unknown(enum command_bit command, const char *name, struct err *err)
{
	struct option_row row;
	if (row_by_name(name, &row))
		return err_set(err, ERR_USAGE, "--%s is no option of this command: see --help", name);
	const char *instead = foreign_flag(name);
	if (instead)
		return err_set(err, ERR_USAGE, "--%s: known from GoReplay, not supported by this version%s%s", name, instead[0] ? ": " : "",
		               instead);
	const char *nearest = NULL;
	size_t best = SIZE_MAX;
	for (size_t i = 0; option_row_at(i, &row); i++) {
		size_t distance = row.commands & command ? edit_distance(name, row.name) : SIZE_MAX;
		if (distance < best) {
			best = distance;
			nearest = row.name;
		}
	}
	if (nearest && edit_is_slip(name, best))
		return err_set(err, ERR_USAGE, "there is no option --%s: did you mean --%s?", name, nearest);
	return err_set(err, ERR_USAGE, "there is no option --%s: see --help", name);
}

static int bad_value(const struct option_row *row, const char *text, int r, struct err *err)
{
	switch (r) {
	case ERR_LIMIT:
		return err_set(err, ERR_USAGE, "--%s: '%.80s' is too large", row->name, text);
	case ERR_FORMAT:
		return err_set(err, ERR_USAGE, "--%s: '%.80s' is too small", row->name, text);
	case ERR_NOMEM:
		return err_set(err, ERR_NOMEM, "out of memory, or --%s was given too often", row->name);
	default:
		return err_set(err, ERR_USAGE, "--%s: '%.80s' will not do, it takes %s", row->name, text, wanted[row->type]);
	}
}

/* Is the word behind a flag that has no = its value? Not every row insists on one. */
static bool takes_next_word(const struct option_row *row, char *const *argv, int left)
{
	uint64_t n;
	if (row->type == OPTION_LOOPS)
		return left > 1 && parse_u64(argv[1], &n) == 0;
	return option_takes_value(row);
}

/* One word that begins with a dash, and the one behind it where it is the value. Gives how many words it took, or a negative error. */
static int parse_flag(struct options *o, enum command_bit command, char *const *argv, int left, struct err *err)
{
	const char *word = argv[0] + (argv[0][1] == '-' ? 2 : 1);
	const char *equals = strchr(word, '=');
	char name[64];
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	if (len == 0 || len >= sizeof name)
		return err_set(err, ERR_USAGE, "'%.80s' is no option: see --help", argv[0]);
	memcpy(name, word, len);
	name[len] = 0;
	if (strcmp(name, "h") == 0)
		memcpy(name, "help", sizeof "help");
	struct option_row row;
	/* Two commands may have a row of the same name: the one this command knows counts. */
	bool found = false;
	for (size_t i = 0; !found && option_row_at(i, &row); i++)
		found = (row.commands & command) && strcmp(row.name, name) == 0;
	if (!found)
		return unknown(command, name, err);
	const char *value = equals ? equals + 1 : "true";
	int took = 1;
	if (!equals && takes_next_word(&row, argv, left)) {
		if (left < 2)
			return err_set(err, ERR_USAGE, "--%s needs a value: %s", row.name, row.argument);
		value = argv[1];
		took = 2;
	}
	int r = store(o, &row, value);
	return r ? bad_value(&row, value, r, err) : took;
}

int options_parse(struct options *o, enum command_bit command, int argc, char *const *argv, struct err *err)
{
	bool only_operands = false;
	for (int i = 0; i < argc;) {
		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
			i++;
			continue;
		}
		int took = 1;
		if (!only_operands && argv[i][0] == '-' && argv[i][1])
			took = parse_flag(o, command, argv + i, argc - i, err);
		else if (addresses_add(&o->operands, argv[i]))
			took = err_set(err, ERR_NOMEM, "out of memory, or too many arguments");
		if (took < 0)
			return took;
		i += took;
	}
	/* What holds for a capture holds for a pcap file too. */
	o->run.file_in.source.capture = o->run.raw.capture;
	o->run.file_in.incomplete_too = o->run.http.send_incomplete;
	/* And a capture file given as --input-raw has the pace of any file. */
	o->run.raw.speed = o->run.file_in.speed;
	o->run.raw.max = o->run.file_in.max;
	o->run.raw.loops = o->run.file_in.loops;
	return 0;
}
