/* token_server: a service that lets nobody in without what it has just issued: session cookies, tokens, ids, all random, of random length.
 *
 *   token_server                  listens on a free port of loopback, which its first line names
 *   token_server --record N [MS]  plays N clients against itself and writes what a capture of them would hold, as a plain log; MS between two
 *                                 messages of a client: 10
 *
 *   POST /login           Set-Cookie: sid=…, X-CSRF-Token: …, {"user":…,"auth":{"token":…}}; the token has + / and = in it
 *   GET  /me              with the cookie
 *   POST /orders          with the cookie, the CSRF token and Authorization: Bearer TOKEN; 201, Location: /orders/ID, {"order_id":…}
 *   GET  /orders/ID       with the cookie
 *   GET  /orders/ID?token=TOKEN   with the token alone, percent-encoded
 *   POST /pay {"order_id":ID}     with the cookie, chunked or not
 * Anything else is 401, 403 or 404. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ISSUED_MAX 65536
#define VALUE_MAX  64
#define MESSAGE    8192

struct service {
	pthread_mutex_t mutex;
	size_t n;
	char issued[ISSUED_MAX][VALUE_MAX];
};

struct client {
	struct service *service;
	int fd;
};

static void random_value(char *out, const char *alphabet, size_t least, size_t spread)
{
	uint8_t bytes[VALUE_MAX];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		exit(1);
	size_t letters = strlen(alphabet), len = least + bytes[0] % spread;
	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[bytes[i + 1] % letters];
	out[len] = 0;
}

/* Each kind of value begins with a letter of its own, so that none passes for another. */
static void issue(struct service *s, char kind, char out[VALUE_MAX])
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	out[0] = kind;
	random_value(out + 1, kind == 't' ? base64 : "0123456789abcdef", 12, 16);
	if (kind == 't')
		(void)strcat(out, "+/=");
	if (kind == 'o')
		out[1] = '7'; /* an id has a digit */
	if (s->n < ISSUED_MAX)
		(void)strcpy(s->issued[s->n++], out);
}

static bool is_issued(const struct service *s, char kind, const char *value, size_t len)
{
	for (size_t i = 0; i < s->n; i++)
		if (len && value[0] == kind && strlen(s->issued[i]) == len && memcmp(s->issued[i], value, len) == 0)
			return true;
	return false;
}

/* The value behind `mark` up to one of `ends` was issued. */
static bool holds(const struct service *s, char kind, const char *text, const char *mark, const char *ends)
{
	const char *at = strcasestr(text, mark);
	return at && is_issued(s, kind, at + strlen(mark), strcspn(at + strlen(mark), ends));
}

static bool holds_encoded_token(const struct service *s, const char *target)
{
	const char *at = strstr(target, "token=");
	char value[VALUE_MAX * 3] = "";
	size_t n = 0;
	for (at = at ? at + 6 : ""; *at && *at != ' ' && n + 1 < sizeof value; at++) {
		unsigned byte = (unsigned char)*at;
		if (*at == '%' && sscanf(at + 1, "%2x", &byte) == 1)
			at += 2;
		value[n++] = (char)byte;
	}
	return is_issued(s, 't', value, n);
}

static void answer(char *out, const char *status, const char *fields, const char *body)
{
	(void)snprintf(out, MESSAGE, "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s", status, fields,
	               strlen(body), body);
}

static void login(struct service *s, char *out)
{
	char sid[VALUE_MAX], csrf[VALUE_MAX], token[VALUE_MAX], fields[512], body[512];
	issue(s, 's', sid);
	issue(s, 'c', csrf);
	issue(s, 't', token);
	(void)snprintf(fields, sizeof fields,
	               "Set-Cookie: theme=dark; Path=/\r\nSet-Cookie: sid=%s; Path=/; HttpOnly\r\nX-CSRF-Token: %s\r\n", sid, csrf);
	(void)snprintf(body, sizeof body, "{\"user\":\"somebody\",\"auth\" : { \"token\" : \"%s\" }}", token);
	answer(out, "200 OK", fields, body);
}

static void order(struct service *s, char *out)
{
	char id[VALUE_MAX], fields[256], body[256];
	issue(s, 'o', id);
	(void)snprintf(fields, sizeof fields, "Location: /orders/%s\r\n", id);
	(void)snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", id);
	answer(out, "201 Created", fields, body);
}

/* request: the whole of it, with a 0 behind. */
static void handle(struct service *s, const char *request, char *out)
{
	const char *line_end = strstr(request, "\r\n");
	char target[2048];
	(void)snprintf(target, sizeof target, "%.*s", line_end ? (int)(line_end - request) : 0, request);
	bool session = holds(s, 's', request, "sid=", ";\r");
	if (strncmp(target, "POST /login ", 12) == 0)
		login(s, out);
	else if (strstr(target, "token=") ? !holds_encoded_token(s, target) : !session)
		answer(out, "401 Unauthorized", "", "{}");
	else if (strncmp(target, "GET /me ", 8) == 0)
		answer(out, "200 OK", "", "{}");
	else if (strncmp(target, "POST /orders ", 13) == 0 &&
	         (!holds(s, 'c', request, "X-CSRF-Token: ", "\r") || !holds(s, 't', request, "Authorization: Bearer ", "\r")))
		answer(out, "403 Forbidden", "", "{}");
	else if (strncmp(target, "POST /orders ", 13) == 0)
		order(s, out);
	else if (strncmp(target, "GET /orders/", 12) == 0 && holds(s, 'o', target, "/orders/", " ?"))
		answer(out, "200 OK", "", "{}");
	else if (strncmp(target, "POST /pay ", 10) == 0 && holds(s, 'o', request, "\"order_id\":\"", "\""))
		answer(out, "200 OK", "", "{}");
	else
		answer(out, "404 Not Found", "", "{}");
}

/* --- as a server ------------------------------------------------------------------------------------------------------------------------ */

/* Bytes of the first request in text, or 0: it is not whole. */
static size_t request_len(const char *text)
{
	const char *head_end = strstr(text, "\r\n\r\n");
	if (!head_end)
		return 0;
	size_t head = (size_t)(head_end + 4 - text);
	const char *length = strcasestr(text, "\r\nContent-Length: "), *chunked = strcasestr(text, "\r\nTransfer-Encoding: chunked");
	if (chunked && chunked < head_end) {
		const char *at = text + head;
		for (;;) {
			char *end;
			unsigned long size = strtoul(at, &end, 16);
			const char *data = strstr(end, "\r\n"); /* behind an extension */
			if (end == at || !data || strlen(data) < size + 4)
				return 0;
			at = data + 2 + size + 2;
			if (size == 0)
				return (size_t)(at - text);
		}
	}
	size_t body = length && length < head_end ? strtoul(length + 18, NULL, 10) : 0;
	return strlen(text) >= head + body ? head + body : 0;
}

static void *serve(void *arg)
{
	struct client c = *(struct client *)arg;
	static const size_t room = 4 * MESSAGE;
	char *in = calloc(1, room), out[MESSAGE];
	size_t n = 0;
	free(arg);
	for (ssize_t got; in && (got = recv(c.fd, in + n, room - 1 - n, 0)) > 0;) {
		n += (size_t)got;
		in[n] = 0;
		for (size_t len; (len = request_len(in)) > 0;) {
			char behind = in[len];
			in[len] = 0;
			(void)pthread_mutex_lock(&c.service->mutex);
			handle(c.service, in, out);
			(void)pthread_mutex_unlock(&c.service->mutex);
			in[len] = behind;
			memmove(in, in + len, n - len + 1);
			n -= len;
			if (send(c.fd, out, strlen(out), MSG_NOSIGNAL) < 0)
				break;
		}
	}
	free(in);
	(void)close(c.fd);
	return NULL;
}

static int listen_and_serve(struct service *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		perror("token_server");
		return 1;
	}
	(void)printf("%d\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	for (;;) {
		struct client *c = malloc(sizeof *c);
		pthread_t thread;
		if (!c)
			return 1;
		*c = (struct client){ s, accept(fd, NULL, NULL) };
		if (c->fd >= 0 && pthread_create(&thread, NULL, serve, c) == 0)
			(void)pthread_detach(thread);
		else
			free(c);
	}
}

/* --- as a recording --------------------------------------------------------------------------------------------------------------------- */

struct recording {
	struct service *service;
	long long at_ns, step_ns;
};

static void record(const struct recording *r, int type, unsigned long long lane, unsigned n, const char *bytes)
{
	(void)printf("%d %016llx%08x %lld 0 n=%zu\n%s\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n", type, lane, n, r->at_ns,
	             strlen(bytes), bytes);
}

static void exchange(struct recording *r, unsigned long long lane, unsigned n, const char *request, char *out)
{
	handle(r->service, request, out);
	record(r, 1, lane, n, request);
	r->at_ns += r->step_ns / 2;
	record(r, 2, lane, n, out);
	r->at_ns += r->step_ns / 2;
}

static void cut(char *out, const char *text, const char *mark, const char *ends)
{
	const char *at = strstr(text, mark);
	(void)snprintf(out, VALUE_MAX, "%.*s", at ? (int)strcspn(at + strlen(mark), ends) : 0, at ? at + strlen(mark) : "");
}

static void percent(char *out, const char *value)
{
	for (; *value; value++)
		out += strchr("+/=", *value) ? sprintf(out, "%%%02X", (unsigned)*value) : sprintf(out, "%c", *value);
}

/* One client's session; its last request goes over another connection, as browsers do. */
static void play(struct recording *r, unsigned long long lane)
{
	char request[2048], out[MESSAGE], sid[VALUE_MAX], csrf[VALUE_MAX], token[VALUE_MAX], id[VALUE_MAX], coded[VALUE_MAX * 3], body[256];
	exchange(r, lane, 0, "POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 19\r\n\r\n{\"user\":\"somebody\"}", out);
	cut(sid, out, "sid=", ";");
	cut(csrf, out, "X-CSRF-Token: ", "\r");
	cut(token, out, "\"token\" : \"", "\"");
	(void)snprintf(request, sizeof request, "GET /me HTTP/1.1\r\nHost: shop\r\nCookie: theme=dark; sid=%s\r\n\r\n", sid);
	exchange(r, lane, 1, request, out);
	(void)snprintf(request, sizeof request,
	               "POST /orders HTTP/1.1\r\nHost: shop\r\nCookie: theme=dark; sid=%s\r\nX-CSRF-Token: %s\r\n"
	               "Authorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}",
	               sid, csrf, token);
	exchange(r, lane, 2, request, out);
	cut(id, out, "\"order_id\":\"", "\"");
	(void)snprintf(request, sizeof request, "GET /orders/%s HTTP/1.1\r\nHost: shop\r\nCookie: sid=%s\r\n\r\n", id, sid);
	exchange(r, lane, 3, request, out);
	(void)snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", id);
	(void)snprintf(request, sizeof request, "POST /pay HTTP/1.1\r\nHost: shop\r\nCookie: sid=%s\r\nContent-Length: %zu\r\n\r\n%s", sid,
	               strlen(body), body);
	exchange(r, lane, 4, request, out);
	(void)snprintf(request, sizeof request,
	               "POST /pay HTTP/1.1\r\nHost: shop\r\nCookie: sid=%s\r\nTransfer-Encoding: chunked\r\n\r\n%zx;a=b\r\n%s\r\n0\r\n\r\n",
	               sid, strlen(body), body);
	exchange(r, lane, 5, request, out);
	percent(coded, token);
	(void)snprintf(request, sizeof request, "GET /orders/%s?token=%s HTTP/1.1\r\nHost: shop\r\n\r\n", id, coded);
	exchange(r, lane + 0x100000, 0, request, out);
}

int main(int argc, char **argv)
{
	static struct service s = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 3 || strcmp(argv[1], "--record") != 0)
		return listen_and_serve(&s);
	struct recording r = { .service = &s, .step_ns = (argc > 3 ? atoll(argv[3]) : 10) * 1000000LL };
	for (long i = 0; i < atol(argv[2]); i++) {
		r.at_ns = 1700000000000000000LL + i * 1000000LL;
		play(&r, 0xabcd000000000000ULL + (unsigned long long)i);
	}
	return 0;
}
