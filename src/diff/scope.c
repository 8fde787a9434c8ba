/* scope: METHOD and PATH-PATTERN before ": ". Neither holds a space, so the colon ends the first or the second word: colons within paths do no harm. */
#include "diff/scope.h"

#include "diff/pattern.h"

static bool is_method(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = ascii_lower(s.ptr[i]);
		bool inner = i && ((c >= '0' && c <= '9') || c == '-' || c == '_');
		if (!(c >= 'a' && c <= 'z') && !inner)
			return false;
	}
	return s.len > 0;
}

static bool begins_path(struct slice s)
{
	return s.len && (s.ptr[0] == '/' || s.ptr[0] == '*');
}

static bool is_star(struct slice s)
{
	return slice_eq(s, slice_str("*"));
}

/* Takes the colon off; false: there is none, or nothing before it. */
static bool take_colon(struct slice *word)
{
	if (word->len < 2 || word->ptr[word->len - 1] != ':')
		return false;
	word->len--;
	return true;
}

static int set_path(struct rule_line *l, struct slice word, struct scope *out)
{
	if (!begins_path(word))
		return rule_line_bad(l, "the endpoint's path '%s' should begin with / or *", rule_quote(word).text);
	if (slice_find_byte(word, '?') < word.len)
		return rule_line_bad(l, "an endpoint is a path without query, so '%s' should end before the '?'", rule_quote(word).text);
	if (!is_star(word))
		out->path = word;
	return 0;
}

static int set_method(struct rule_line *l, struct slice word, struct scope *out)
{
	if (is_star(word))
		return 0;
	if (!is_method(word))
		return rule_line_bad(l, "'%s' is no method; before the colon stands one method or *, one path, or both",
		                     rule_quote(word).text);
	out->method = word;
	return 0;
}

int scope_read(struct rule_line *l, bool (*begins)(struct slice text), const char *example, struct scope *out)
{
	*out = (struct scope){ 0 };
	if (rule_line_done(l))
		return rule_line_bad(l, "it is empty, and should be like '%s'", example);
	if (begins(l->rest))
		return 0;
	struct slice first = rule_line_word(l);
	if (take_colon(&first))
		return begins_path(first) ? set_path(l, first, out) : set_method(l, first, out);
	struct slice second = rule_line_word(l);
	if (take_colon(&second)) {
		int rc = set_method(l, first, out);
		return rc ? rc : set_path(l, second, out);
	}
	struct slice pair = slice_of(first.ptr, (size_t)(second.ptr + second.len - first.ptr));
	size_t colon = slice_find_byte(pair, ':');
	if (colon < pair.len && (begins(slice_from(pair, colon + 1))))
		return rule_line_bad(l, "behind the endpoint stand a colon and a space, as in '%s'", example);
	return rule_line_bad(l,
	                     "'%s' begins neither an endpoint, a colon and a space behind it, nor what may follow one; right would be '%s'",
	                     rule_quote(first).text, example);
}

bool scope_matches(const struct scope *s, struct slice method, struct slice folded, struct slice path)
{
	if (s->method.len && !slice_eq_nocase(s->method, method))
		return false;
	return s->path.len == 0 || glob_match(s->path, folded) || glob_match(s->path, path);
}

bool scope_of_own_path(const struct scope *s, struct slice folded, struct slice path)
{
	return s->path.len && glob_match(s->path, path) && !glob_match(s->path, folded);
}
