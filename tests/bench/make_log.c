/* make_log: writes a plain log of requests whose times are a Poisson process, or evenly dense for a run at full speed.
 *
 *   make_log FILE RATE_PER_SECOND SECONDS [LANES [tiny|numbered]]
 *
 * 100 lanes; "tiny": one short GET, as wrk sends it; "numbered": GET /0, GET /1 and so on. */
#include "bench/traffic.h"

#include <math.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	static struct traffic t = { .state = 1442695040888963407u };
	static char buffer[1 << 20];
	FILE *f = argc < 4 ? NULL : fopen(argv[1], "wb");
	if (f == NULL) {
		fprintf(stderr, "usage: make_log FILE RATE_PER_SECOND SECONDS [LANES [tiny|numbered]]\n");
		return 2;
	}
	setvbuf(f, buffer, _IOFBF, sizeof buffer);
	double rate = strtod(argv[2], NULL), seconds = strtod(argv[3], NULL), at = 0;
	unsigned lanes = argc < 5 ? 100 : (unsigned)strtoul(argv[4], NULL, 10);
	bool numbered = argc > 5 && strcmp(argv[5], "numbered") == 0;
	unsigned long number = 0;
	bool tiny = argc > 5 && strcmp(argv[5], "tiny") == 0;
	uint32_t *ordinals = calloc(lanes, sizeof *ordinals);
	if (ordinals == NULL || lanes == 0) {
		return 1;
	}
	const char *small = "GET /hello HTTP/1.1\r\nHost: shop.example\r\n\r\n";
	for (;;) {
		double u = ((double)traffic_below(&t, 1u << 30) + 1) / (double)(1u << 30);
		at += -log(u) / rate;
		if (at >= seconds) {
			break;
		}
		if (tiny) {
			t.request_size = strlen(small);
			memcpy(t.request, small, t.request_size);
		} else if (numbered) {
			t.request_size =
			        (size_t)snprintf(t.request, sizeof t.request, "GET /%lu HTTP/1.1\r\nHost: shop.example\r\n\r\n", number++);
		} else {
			traffic_next(&t);
		}
		unsigned lane = (unsigned)traffic_below(&t, lanes);
		fprintf(f, "1 %016llx%08x %lld 0 n=%zu\n", 0x5e0a00000000ull + lane * 2654435761ull, ordinals[lane]++,
		        1760400000000000000ll + (long long)(at * 1e9), t.request_size);
		(void)fwrite(t.request, 1, t.request_size, f);
		fputs("\n🐵🙈🙉\n", f);
	}
	free(ordinals);
	return fclose(f) == 0 ? 0 : 1;
}
