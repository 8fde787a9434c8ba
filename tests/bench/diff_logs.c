/* diff_logs: logs whose answers are to be compared.
 *
 *   diff_logs pair A.gor B.gor EXCHANGES BYTES CHANGED     two logs of the same requests, with JSON answers of about so many bytes; Date and ETag differ in all,
 *                                                          and of each thousand numbers CHANGED, but one in each answer at least
 *   diff_logs answered A.gor EXCHANGES LANES TARGET ANSWER one log of short GETs of that target, each with the bytes of the file ANSWER as its answer */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START     1760400000000000000
#define MARK      "\n🐵🙈🙉\n"
#define BODY_ROOM (8u << 20)

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n) /* xorshift64 */
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static void put_request(FILE *f, unsigned lane, unsigned ordinal, unsigned k, const char *target)
{
	char request[512];
	int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: shop.example\r\n\r\n", target);
	fprintf(f, "1 %016x%08x %lld 0 n=%d\n%s" MARK, 0x5e0a0000u + lane, ordinal, START + (long long)k * 100000, n, request);
}

static void put_answer(FILE *f, unsigned lane, unsigned ordinal, unsigned k, const char *bytes, size_t n)
{
	fprintf(f, "2 %016x%08x %lld 0 n=%zu\n", 0x5e0a0000u + lane, ordinal, START + (long long)k * 100000 + 50000, n);
	(void)fwrite(bytes, 1, n, f);
	fputs(MARK, f);
}

/* Appends to both; the number differs in some. */
static void put_number(char *a, size_t *na, char *b, size_t *nb, unsigned changed)
{
	unsigned n = below(1000000);
	*na += (size_t)sprintf(a + *na, "%u", n);
	*nb += (size_t)sprintf(b + *nb, "%u", n + (below(1000) < changed ? 1 : 0));
}

static void put_both(char *a, size_t *na, char *b, size_t *nb, const char *text)
{
	size_t n = strlen(text);
	memcpy(a + *na, text, n);
	memcpy(b + *nb, text, n);
	*na += n;
	*nb += n;
}

static size_t compose(char *out, const char *body, size_t n, unsigned salt)
{
	int head = sprintf(out,
	                   "HTTP/1.1 200 OK\r\nDate: Tue, 14 Oct 2025 00:%02u:%02u GMT\r\nETag: \"%08x\"\r\nContent-Type: "
	                   "application/json\r\nCache-Control: max-age=60\r\nContent-Length: %zu\r\n\r\n",
	                   salt / 60 % 60, salt % 60, below(1u << 31), n);
	memcpy(out + head, body, n);
	return (size_t)head + n;
}

static int pair(char **v)
{
	FILE *a = fopen(v[0], "wb"), *b = fopen(v[1], "wb");
	unsigned exchanges = (unsigned)atoi(v[2]), changed = (unsigned)atoi(v[4]);
	size_t bytes = strtoul(v[3], NULL, 10);
	char *x = malloc(BODY_ROOM), *y = malloc(BODY_ROOM), *message = malloc(BODY_ROOM + 4096), text[128];
	if (!a || !b || !x || !y || !message || bytes > BODY_ROOM / 2)
		return 2;
	for (unsigned k = 0; k < exchanges; k++) {
		size_t nx = 0, ny = 0;
		put_both(x, &nx, y, &ny, "{\"items\":[");
		for (unsigned i = 0; nx < bytes; i++) {
			(void)snprintf(text, sizeof text, "%s{\"id\":%u,\"name\":\"thing number %u\",\"price\":", i ? "," : "", i,
			               below(100000));
			put_both(x, &nx, y, &ny, text);
			put_number(x, &nx, y, &ny, changed && i == 0 ? 1000 : changed);
			put_both(x, &nx, y, &ny, ".5,\"stock\":{\"count\":");
			put_number(x, &nx, y, &ny, changed);
			put_both(x, &nx, y, &ny, ",\"place\":\"W1\"},\"tags\":[\"red\",\"new\"],\"active\":true}");
		}
		put_both(x, &nx, y, &ny, "]}");
		(void)snprintf(text, sizeof text, "/api/lists/%u", k);
		put_request(a, 0, k, k, text);
		put_request(b, 0, k, k, text);
		put_answer(a, 0, k, k, message, compose(message, x, nx, k));
		put_answer(b, 0, k, k, message, compose(message, y, ny, k + 1));
	}
	free(x);
	free(y);
	free(message);
	return (fclose(a) | fclose(b)) == 0 ? 0 : 1;
}

static int answered(char **v)
{
	static char bytes[65536];
	FILE *f = fopen(v[0], "wb"), *from = fopen(v[4], "rb");
	unsigned exchanges = (unsigned)atoi(v[1]), lanes = (unsigned)atoi(v[2]);
	if (!f || !from || lanes == 0)
		return 2;
	size_t n = fread(bytes, 1, sizeof bytes, from);
	(void)fclose(from);
	for (unsigned k = 0; k < exchanges; k++) {
		put_request(f, k % lanes, k / lanes, k, v[3]);
		put_answer(f, k % lanes, k / lanes, k, bytes, n);
	}
	return fclose(f) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "pair") == 0)
		return pair(argv + 2);
	if (argc == 7 && strcmp(argv[1], "answered") == 0)
		return answered(argv + 2);
	(void)fprintf(stderr, "usage: diff_logs pair A.gor B.gor EXCHANGES BYTES CHANGED | answered A.gor EXCHANGES LANES TARGET ANSWER\n");
	return 2;
}
