/* url_pattern: PCRE2 with JIT; GoReplay's expressions are RE2, whose common part PCRE2 reads alike. A match limit keeps a hostile URL from
 * running an expression for ever: over it, a URL does not match. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "filter/url_pattern.h"

#include <pcre2.h>
#include <stdlib.h>

#define MATCH_LIMIT 1000000

struct url_patterns {
	size_t n;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	pcre2_code *code[];
};

static int compile(struct url_patterns *p, const char *flag, const char *text, struct err *err)
{
	int number;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &number, &at, NULL);
	if (!code) {
		PCRE2_UCHAR why[160];
		(void)pcre2_get_error_message(number, why, sizeof why);
		return err_set(err, ERR_USAGE, "%s '%s' is no regular expression: %s at character %zu", flag, text, (const char *)why,
		               (size_t)at);
	}
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	p->code[p->n++] = code;
	return 0;
}

struct url_patterns *url_patterns_new(const char *flag, const struct text_list *list, struct err *err)
{
	struct url_patterns *p = calloc(1, sizeof *p + list->n * sizeof p->code[0]);
	if (p) {
		p->match = pcre2_match_data_create(1, NULL);
		p->limits = pcre2_match_context_create(NULL);
	}
	if (!p || !p->match || !p->limits) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		url_patterns_free(p);
		return NULL;
	}
	(void)pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	for (size_t i = 0; i < list->n; i++)
		if (compile(p, flag, list->text[i], err) != 0) {
			url_patterns_free(p);
			return NULL;
		}
	return p;
}

bool url_patterns_empty(const struct url_patterns *p)
{
	return p->n == 0;
}

bool url_patterns_match(const struct url_patterns *p, struct slice url)
{
	for (size_t i = 0; i < p->n; i++)
		if (pcre2_match(p->code[i], url.len ? url.ptr : (PCRE2_SPTR) "", url.len, 0, 0, p->match, p->limits) >= 0)
			return true;
	return false;
}

void url_patterns_free(struct url_patterns *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		pcre2_code_free(p->code[i]);
	pcre2_match_data_free(p->match);
	pcre2_match_context_free(p->limits);
	free(p);
}
