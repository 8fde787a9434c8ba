/* verdict_page_tool: writes the report of a comparison made by hand to standard output.
 *
 *     verdict_page_tool html|json|text|xml FINDINGS ENDPOINTS [hostile|alone|coded|plain] [COLUMNS] */
#include "report/verdict_html.h"
#include "report/verdict_json.h"
#include "report/verdict_junit.h"
#include "report/verdict_text.h"
#include "support/unit_verdict.h"

static const char ledger[] =
        "{\"seconds\":60.2,\"error\":null,\"schedule_held\":false,\"targets\":[{\"label\":\"http://127.0.0.1:8082\",\"scheduled\":true,"
        "\"schedule_held\":false,\"unsent\":3,\"last_error\":null,\"lateness_ms\":{\"count\":20009,\"p50\":0.034,\"p90\":0.9,\"p99\":12.5,"
        "\"p99_9\":20.1,\"max\":31.0,\"mean\":0.3}}],\"balanced\":true,\"sections\":[{\"section\":\"target\",\"label\":\"http://"
        "127.0.0.1:8082\","
        "\"total\":\"submitted\",\"notes\":[\"status_2xx\"],\"losses\":[\"failed_timeout\"],\"rows\":{\"submitted\":20012,\"answered\":"
        "20009,"
        "\"failed_timeout\":3,\"status_2xx\":19990},\"balanced\":true}]}";

static int write_report(const char *form, const struct verdict *v, size_t columns, struct buf *out)
{
	struct verdict_page page = {
		.verdict = v, .ledger_json = slice_str(ledger), .title = "Release 2.4 of the shop", .made = "24 November 2026"
	};
	switch (form[0]) {
	case 'h':
		return verdict_html(&page, out);
	case 't':
		return verdict_text(v, &(struct verdict_text_options){ .columns = columns, .colour = true }, out);
	case 'x':
		return verdict_junit(v, "replay", 60.2, out);
	default:
		return verdict_json(v, &(struct verdict_json_options){ .bodies = false }, out);
	}
}

int main(int argc, char **argv)
{
	struct unit_verdict_options o = { .seconds = 60 };
	if (argc < 4)
		return 2;
	o.findings = strtoul(argv[2], NULL, 10);
	o.endpoints = strtoul(argv[3], NULL, 10);
	o.hostile = argc > 4 && strcmp(argv[4], "hostile") == 0;
	o.alone = argc > 4 && strcmp(argv[4], "alone") == 0;
	o.coded = argc > 4 && strcmp(argv[4], "coded") == 0;
	struct verdict *v = unit_verdict(&o);
	struct buf out;
	buf_init(&out, 1u << 30);
	int r = write_report(argv[1], v, argc > 5 ? strtoul(argv[5], NULL, 10) : 0, &out);
	if (r == 0 && fwrite(out.ptr, 1, out.len, stdout) != out.len)
		r = 1;
	buf_release(&out);
	verdict_free(v);
	return r ? 1 : 0;
}
