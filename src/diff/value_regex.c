/* value_regex: PCRE2 with JIT, anchored at both ends. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "diff/value_regex.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_KIB    4096
#define VALUE_MAX   65536

struct value_regex {
	pcre2_code *code;
};

struct regex_room {
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* Values are bytes that need not be UTF-8: what is not matches nothing, and the rest does (PCRE2 10.34). */
#ifdef PCRE2_MATCH_INVALID_UTF
#define AS_TEXT (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF)
#else
#define AS_TEXT 0
#endif

int value_regex_new(struct slice pattern, struct value_regex **out, struct regex_why *why)
{
	struct value_regex *r = calloc(1, sizeof *r);
	if (!r)
		return ERR_NOMEM;
	int number;
	PCRE2_SIZE at;
	uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | AS_TEXT;
	r->code = pcre2_compile(pattern.len ? pattern.ptr : (PCRE2_SPTR) "", pattern.len, options, &number, &at, NULL);
	if (!r->code) {
		free(r);
		if (number == PCRE2_ERROR_NOMEMORY || number == PCRE2_ERROR_HEAP_FAILED)
			return ERR_NOMEM;
		PCRE2_UCHAR text[sizeof why->text];
		(void)pcre2_get_error_message(number, text, sizeof text);
		(void)snprintf(why->text, sizeof why->text, "%s", (const char *)text);
		why->at = at;
		return ERR_USAGE;
	}
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* without it, it only takes longer */
	*out = r;
	return 0;
}

void value_regex_free(struct value_regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

struct regex_room *regex_room_new(void)
{
	struct regex_room *room = calloc(1, sizeof *room);
	if (!room)
		return NULL;
	room->match = pcre2_match_data_create(1, NULL);
	room->limits = pcre2_match_context_create(NULL);
	if (!room->match || !room->limits) {
		regex_room_free(room);
		return NULL;
	}
	(void)pcre2_set_match_limit(room->limits, MATCH_LIMIT);
	(void)pcre2_set_depth_limit(room->limits, DEPTH_LIMIT);
	(void)pcre2_set_heap_limit(room->limits, HEAP_KIB);
	return room;
}

void regex_room_free(struct regex_room *room)
{
	if (!room)
		return;
	pcre2_match_data_free(room->match);
	pcre2_match_context_free(room->limits);
	free(room);
}

bool value_regex_matches(const struct value_regex *r, struct regex_room *room, struct slice value)
{
	if (value.len > VALUE_MAX)
		return false;
	PCRE2_SPTR text = value.len ? value.ptr : (PCRE2_SPTR) "";
	return pcre2_match(r->code, text, value.len, 0, 0, room->match, room->limits) >= 0;
}
