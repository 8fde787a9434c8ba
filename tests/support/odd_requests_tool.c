/* odd_requests_tool: a log of requests with every oddity a client may legally, or nearly so, send.
 *
 *   odd_requests_tool COUNT LANES EXPECTED >LOG.gor
 *
 * Each request has a field "X-Id: <24 digits>". EXPECTED gets a line for each: id, length and FNV-1a hash of its bytes, as raw_server
 * prints what it received. The same arguments give the same requests. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES (2u << 20)

static char bytes[BYTES];
static size_t len;
static uint64_t state = 88172645463325252u;

static uint32_t below(uint32_t n) /* xorshift64 */
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static void put(const void *from, size_t n)
{
	if (len + n > BYTES)
		abort();
	memcpy(bytes + len, from, n);
	len += n;
}

static void say(const char *text)
{
	put(text, strlen(text));
}

#define PICK(list) (list)[below(sizeof(list) / sizeof *(list))]

static const char *const methods[] = { "GET",  "GET",      "POST",     "POST",  "PUT",     "DELETE", "PATCH", "OPTIONS",
	                               "HEAD", "PROPFIND", "M-SEARCH", "PURGE", "X_$%&*!", "get",    "TRACE" };
static const char *const targets[] = {
	"/",
	"/a?b=c&d[]=e%20f",
	"/%7Euser/../x//y;p=1",
	"/?",
	"/a?b?c#d",
	"http://recorded.example/absolute?q=1",
	"/caf\xc3\xa9/\xff\xfe",
	"/a\"b<c>d|e^f`g{h}",
	"/a?next=http://recorded.example/not-the-host",
};
static const char *const fields[] = {
	"Accept: */*",
	"accept:no-space",
	"X-Spaces:    many   and trailing  \t",
	"X-Empty:",
	"X-Folded: one,\r\n two,\r\n\tthree",
	"X-Bytes: \x80\xff caf\xc3\xa9",
	"Cookie: a=1; b=\"2\"; c=",
	"Cookie: again=yes",
	"Connection: keep-alive",
	"Content-Type: multipart/form-data; boundary=----x",
	"TE: trailers, deflate;q=0.5",
	"Authorization: Basic dTpw",
	"X-Quoted: \"a\\\"b, c: d\"",
	"X-Forwarded-Host: other.example",
	"Content-Encoding: gzip",
};

static void put_body(size_t n)
{
	static const char separator[] = "\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n";
	uint32_t kind = below(4);
	if (kind == 0 && n > sizeof separator) {
		put(separator, sizeof separator - 1);
		n -= sizeof separator - 1;
	}
	if (kind == 1 && n > 26) {
		say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		n -= 27 <= n ? 27 : n;
	}
	for (size_t i = 0; i < n; i++)
		bytes[len + i] = (char)below(256);
	len += n;
}

static void put_chunked(const char *eol)
{
	char line[64];
	for (uint32_t left = 1 + below(5); left > 0; left--) {
		size_t n = 1 + below(below(8) ? 60 : 9000);
		(void)snprintf(line, sizeof line, PICK(((const char *const[]){ "%zx", "%zX", "000%zx", "%zx;ext=\"a;b\"", "%zx ;x" })), n);
		say(line);
		say(eol);
		put_body(n);
		say(eol);
	}
	say(below(2) ? "0" : "000;last");
	say(eol);
	for (uint32_t trailers = below(3); trailers > 0; trailers--) {
		say("X-Trailer: at the end");
		say(eol);
	}
	say(eol);
}

static size_t body_length(void)
{
	uint32_t kind = below(100);
	return kind == 0 ? 200000 + below(800000) : kind < 10 ? 5000 + below(60000) : below(300);
}

/* Ends the lane's connection where it says so: the next request of the lane then has a new one. */
static void make_request(const char *id)
{
	const char *eol = below(12) ? "\r\n" : "\n", *method = PICK(methods);
	uint32_t kind = below(40);
	char line[128];
	len = 0;
	say(kind == 0 ? "CONNECT" : kind == 1 ? "OPTIONS" : method);
	say(" ");
	say(kind == 0 ? "recorded.example:443" : kind == 1 ? "*" : PICK(targets));
	if (kind > 1 && below(60) == 0)
		for (int i = 0; i < 600; i++)
			say("/long-path");
	say(kind == 2 || kind == 3 ? " HTTP/1.0" : " HTTP/1.1");
	say(eol);
	say(below(3) ? "Host: recorded.example" : "hOST:recorded.example");
	say(eol);
	(void)snprintf(line, sizeof line, "X-Id: %s%s", id, eol);
	say(line);
	for (uint32_t n = below(6); n > 0; n--) {
		say(PICK(fields));
		say(eol);
	}
	if (below(50) == 0) {
		say("X-Long: ");
		for (int i = 0; i < 3000; i++)
			say("0123456789");
		say(eol);
	}
	if (kind == 3 || kind == 4)
		say(kind == 3 ? "Connection: Keep-Alive" : "Connection: close"), say(eol);
	if (kind == 5)
		say("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	int body = kind == 0 || kind == 2 || kind == 5 ? 0 : (int)below(4);
	if (body && below(8) == 0)
		say("Expect: 100-Continue"), say(eol);
	if (body == 1) {
		say(below(2) ? "Transfer-Encoding: chunked" : "transfer-encoding:  Chunked ");
		say(eol);
		say(eol);
		put_chunked(eol);
	} else if (body > 1) {
		size_t n = body_length();
		(void)snprintf(line, sizeof line, "%s: %zu%s%s", below(2) ? "Content-Length" : "content-length", n, eol, eol);
		say(line);
		put_body(n);
	} else {
		say(eol);
	}
}

int main(int argc, char **argv)
{
	uint64_t count = argc == 4 ? strtoull(argv[1], NULL, 10) : 0, lanes = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	FILE *expected = lanes ? fopen(argv[3], "w") : NULL;
	if (!expected) {
		(void)fprintf(stderr, "odd_requests_tool COUNT LANES EXPECTED\n");
		return 2;
	}
	for (uint64_t i = 0; i < count; i++) {
		char id[40];
		(void)snprintf(id, sizeof id, "%016" PRIx64 "%08" PRIx64, 0xace0000000000000u + i % lanes, i / lanes);
		make_request(id);
		uint64_t hash = 14695981039346656037u;
		for (size_t k = 0; k < len; k++)
			hash = (hash ^ (uint8_t)bytes[k]) * 1099511628211u;
		(void)fprintf(expected, "%s %zu %016" PRIx64 "\n", id, len, hash);
		(void)printf("1 %s %" PRIu64 " 0 n=%zu\n", id, 1700000000000000000u + i * 1000000, len);
		(void)fwrite(bytes, 1, len, stdout);
		(void)printf("\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n");
	}
	return fclose(expected) == 0 && fflush(stdout) == 0 ? 0 : 1;
}
