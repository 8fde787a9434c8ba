/* noisy_requests_tool: a plain log of requests for noisy_service: its ten endpoints in turn, each request of an endpoint with the next number.
 *
 *   noisy_requests_tool COUNT [LANES [PER_SECOND [SEED]]] >LOG.gor       (200 lanes, 2,500 a second)
 *   noisy_requests_tool hostile >LOG.gor                                 one request for each of its hostile answers
 *
 * Times are a Poisson process; which lane a request belongs to is drawn by the seed. The same arguments give the same bytes. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST  "Host: shop.example\r\nUser-Agent: noisy/1\r\nAccept: */*\r\n"
#define START 1760400000000000000

static uint64_t state;

static uint64_t next(void) /* splitmix64 */
{
	uint64_t x = state += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static const struct {
	const char *method, *target, *type, *body; /* with %lu for the number */
} kinds[] = {
	{ "GET", "/api/items/%lu", NULL, "" },
	{ "GET", "/api/items?page=%lu", NULL, "" },
	{ "GET", "/api/users/%lu", NULL, "" },
	{ "GET", "/api/search?q=lamp&n=%lu", NULL, "" },
	{ "POST", "/api/orders", "application/json", "{\"cart\":%lu,\"pay\":\"card\"}" },
	{ "GET", "/api/prices?set=%lu", NULL, "" },
	{ "GET", "/pages/%lu", NULL, "" },
	{ "GET", "/export/%lu.csv", NULL, "" },
	{ "GET", "/api/events?since=%lu", NULL, "" },
	{ "POST", "/login", "application/x-www-form-urlencoded", "user=user%lu&password=secret+word" },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const hostile[] = { "script",   "control", "utf8",   "line",
	                               "deep",     "twice",   "cut",    "lie",
	                               "gzip",     "number",  "header", "</title><script>document.title='owned'</script>",
	                               "'\"&",     "\xff",    "%00%0a", "a:b,c",
	                               "{id}[*].*" };

static void put(uint64_t lane, unsigned ordinal, int64_t ns, const char *request)
{
	printf("1 %016" PRIx64 "%08x %" PRId64 " 0 n=%zu\n%s\n🐵🙈🙉\n", lane, ordinal, ns, strlen(request), request);
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the table's */

static void compose(char *out, size_t room, unsigned long k)
{
	unsigned long n = k / KINDS;
	char target[128], body[128];
	(void)snprintf(target, sizeof target, kinds[k % KINDS].target, n);
	(void)snprintf(body, sizeof body, kinds[k % KINDS].body, n);
	int used = snprintf(out, room, "%s %s HTTP/1.1\r\n" HOST "%s", kinds[k % KINDS].method, target,
	                    n % 4 ? "Accept-Encoding: gzip\r\n" : "");
	if (kinds[k % KINDS].type)
		(void)snprintf(out + used, room - (size_t)used, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", kinds[k % KINDS].type,
		               strlen(body), body);
	else
		(void)snprintf(out + used, room - (size_t)used, "\r\n");
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, lanes = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
	double rate = argc > 3 ? strtod(argv[3], NULL) : 2500, at = 0;
	char request[1024];
	state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
	if (argc > 1 && strcmp(argv[1], "hostile") == 0) {
		for (unsigned i = 0; i < sizeof hostile / sizeof *hostile; i++) {
			(void)snprintf(request, sizeof request, "GET /hostile/%s HTTP/1.1\r\n" HOST "\r\n", hostile[i]);
			put(0x4057u, i, START + (int64_t)i * 1000000, request);
		}
		return fflush(stdout) == 0 ? 0 : 1;
	}
	unsigned *ordinals = lanes > 0 && lanes <= 1000000 ? calloc(lanes, sizeof *ordinals) : NULL;
	if (count == 0 || !ordinals || !(rate > 0)) {
		(void)fprintf(stderr, "usage: noisy_requests_tool COUNT|hostile [LANES [PER_SECOND [SEED]]] >LOG.gor\n");
		free(ordinals);
		return 2;
	}
	for (unsigned long k = 0; k < count; k++) {
		uint64_t lane = next() % lanes;
		at += -log(((double)(next() >> 40) + 1) / (double)(1u << 24)) / rate;
		compose(request, sizeof request, k);
		put(0x5e0a00000000u + lane * 2654435761u, ordinals[lane]++, START + (int64_t)(at * 1e9), request);
	}
	free(ordinals);
	return fflush(stdout) == 0 ? 0 : 1;
}
