/* verdict_html: see the header. The page is made by its script (verdict_page/), from data that stands in the document as JSON; the build makes a header of
 * style and script, with the hashes by which the page's own policy allows these and nothing else. */
#include "report/verdict_html.h"

#include "report/json.h"
#include "report/utf8.h"
#include "report/verdict_assets.h"
#include "report/verdict_words.h"

#define BYTES_DEFAULT (24u << 20)

/* Text of an element or an attribute. */
static int put_text(struct buf *out, struct slice s)
{
	int r = 0;
	while (s.len && r == 0) {
		struct slice before = s;
		uint32_t point = utf8_next(&s);
		if (point == '&' || point == '<' || point == '>' || point == '"' || point == '\'')
			r = buf_printf(out, "&#%u;", (unsigned)point);
		else if (point == UTF8_BAD || point < 0x20 || (point >= 0x7f && point <= 0x9f))
			r = buf_append_str(out, "\xef\xbf\xbd");
		else
			r = buf_append(out, slice_cut(before, 0, before.len - s.len));
	}
	return r;
}

/* How a byte sequence at the beginning of s must be written inside a script element, and how long it is; NULL: as it is. In JSON all of these
 * stand in strings only. */
static const char *inert(struct slice s, size_t *len)
{
	*len = 1;
	switch (s.ptr[0]) {
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '&':
		return "\\u0026";
	case 0xe2:
		if (s.len < 3 || s.ptr[1] != 0x80 || (s.ptr[2] & 0xfe) != 0xa8)
			return NULL;
		*len = 3;
		return s.ptr[2] == 0xa8 ? "\\u2028" : "\\u2029";
	default:
		return NULL;
	}
}

static int put_inert(struct buf *out, struct slice json)
{
	struct slice run = slice_of(json.ptr, 0);
	int r = 0;
	while (json.len && r == 0) {
		size_t len;
		const char *escape = inert(json, &len);
		json = slice_from(json, len);
		if (!escape) {
			run.len += len;
			continue;
		}
		r = buf_append(out, run);
		r = r ? r : buf_append_str(out, escape);
		run = slice_of(json.ptr, 0);
	}
	return r ? r : buf_append(out, run);
}

static int put_data(const struct verdict_page *page, struct buf *out)
{
	struct verdict_json_options options = {
		.bodies = true,
		.bodies_max = page->bytes_max ? page->bytes_max : BYTES_DEFAULT,
		.made = page->made,
		.decode = page->decode,
	};
	struct buf json;
	buf_init(&json, out->max);
	int r = verdict_json(page->verdict, &options, &json);
	r = r ? r : buf_append_str(out, "<script type=\"application/json\" id=\"data\">{\"verdict\":");
	r = r ? r : put_inert(out, buf_slice(&json));
	r = r ? r : buf_append_str(out, ",\"ledger\":");
	r = r ? r : put_inert(out, page->ledger_json.len ? page->ledger_json : slice_str("null"));
	buf_release(&json);
	return r ? r : buf_append_str(out, "}</script>\n");
}

static int put_head(const struct verdict_page *page, struct slice title, struct slice sentence, struct buf *out)
{
	static const char policy[] =
	        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; "
	        "style-src 'sha256-" VERDICT_STYLE_SHA256 "'; script-src 'sha256-" VERDICT_SCRIPT_SHA256 "'\">\n"
	        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	        "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
	int r = buf_append_str(out, policy);
	r = r ? r : put_text(out, sentence);
	r = r ? r : buf_append_str(out, "</title>\n<style>");
	r = r ? r : buf_append(out, slice_of(verdict_style, sizeof verdict_style));
	r = r ? r
	      : buf_append_str(out,
	                       "</style>\n<body>\n<a class=\"skip\" href=\"#findings\">To the findings</a>\n<header>\n<p class=\"over\">");
	r = r ? r : put_text(out, title);
	if (page->made) {
		r = r ? r : buf_append_str(out, " \xc2\xb7 ");
		r = r ? r : put_text(out, slice_str(page->made));
	}
	r = r ? r : buf_append_str(out, "</p>\n<h1>");
	r = r ? r : put_text(out, sentence);
	return r ? r
	         : buf_append_str(out, "</h1>\n</header>\n<nav id=\"nav\" aria-label=\"Sections\"></nav>\n<main "
	                               "id=\"page\">\n<noscript><p>The findings "
	                               "are shown by this page's script, which is not allowed to run here.</p></noscript>\n</main>\n");
}

int verdict_html(const struct verdict_page *page, struct buf *out)
{
	struct slice title = slice_str(page->title ? page->title : "replay");
	struct buf sentence;
	buf_init(&sentence, 1024);
	int r = verdict_sentence(page->verdict, &sentence);
	r = r ? r : put_head(page, title, buf_slice(&sentence), out);
	buf_release(&sentence);
	r = r ? r : put_data(page, out);
	r = r ? r : buf_append_str(out, "<script>");
	r = r ? r : buf_append(out, slice_of(verdict_script, sizeof verdict_script));
	return r ? r : buf_append_str(out, "</script>\n</html>\n");
}
