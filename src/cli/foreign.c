/* foreign: a table of names; one that ends in '*' stands for all that begin so. */
#include "cli/foreign.h"

#include <stdbool.h>
#include <string.h>

struct foreign {
	const char *name, *instead;
};

static const struct foreign table[] = {
	{ "input-tcp*", "" },
	{ "input-kafka*", "" },
	{ "input-dummy", "" },
	{ "output-file-size-limit", "" },
	{ "output-file-queue-limit", "" },
	{ "output-file-max-size-limit", "" },
	{ "output-file-buffer", "" },
	{ "output-http-workers-min", "connections are opened as they are needed" },
	{ "output-http-worker-timeout", "" },
	{ "output-http-response-buffer", "" },
	{ "output-http-elasticsearch", "" },
	{ "output-tcp*", "" },
	{ "output-ws*", "" },
	{ "output-kafka*", "" },
	{ "output-binary*", "" },
	{ "kafka-tls*", "" },
	{ "middleware", "" },
	{ "split-output", "" },
	{ "recognize-tcp-sessions", "a recorded client's requests always stay together; see --output-http-lanes" },
	{ "prettify-http", "replay cat --body shows bodies decoded" },
	{ "stats", "progress is shown on a terminal, and a summary always" },
	{ "http-pprof", "" },
	{ "http-set-header", "" },
	{ "http-set-param", "" },
	{ "http-allow-header", "" },
	{ "http-disallow-header", "" },
	{ "http-basic-auth-filter", "" },
	{ "http-header-limiter", "" },
	{ "http-param-limiter", "" },
	{ "http-rewrite-url", "" },
	{ "http-rewrite-header", "" },
};

const char *foreign_flag(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t len = strlen(table[i].name);
		bool family = table[i].name[len - 1] == '*';
		if (family ? strncmp(table[i].name, name, len - 1) == 0 : strcmp(table[i].name, name) == 0)
			return table[i].instead;
	}
	return NULL;
}
