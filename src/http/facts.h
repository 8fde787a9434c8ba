/* facts: what a head says about where its message ends (RFC 9112 §6).
 *
 * Takes a head line by line, so that a reader need not hold all of it; gives the few facts that framing rests on. Owns nothing. */
#ifndef REPLAY_HTTP_FACTS_H
#define REPLAY_HTTP_FACTS_H

#include "base/slice.h"

enum http_method { METHOD_OTHER, METHOD_HEAD, METHOD_CONNECT };

enum http_fact_field { FACT_NONE, FACT_LENGTH, FACT_CODING, FACT_CONNECTION, FACT_EXPECT };

struct http_facts {
	bool started; /* the start line was read */
	bool is_response;
	uint8_t method; /* enum http_method: of the request, or of the request that a response answers */
	uint8_t minor;  /* of the version */
	uint16_t status;
	uint8_t field;        /* enum http_fact_field: of the last line, for its folds (RFC 9112 §5.2) */
	bool coded;           /* a transfer coding was named */
	bool chunked;         /* the last one named is chunked */
	bool sized, size_bad; /* bad: some Content-Length is no number, or several differ */
	uint64_t size;        /* Content-Length; the first one where several differ */
	bool close, keep_alive;
	bool expect_continue;
};

enum http_body {
	BODY_NONE,
	BODY_SIZED, /* facts.size bytes */
	BODY_CHUNKED,
	BODY_CLOSE,  /* until the connection ends */
	BODY_TUNNEL, /* what follows is no HTTP */
};

/* method: for a response, of the request it answers. */
void http_facts_init(struct http_facts *f, bool is_response, enum http_method method);

/* One line with or without its end. True: it was the empty line that ends the head. */
bool http_facts_line(struct http_facts *f, struct slice line);

/* After the whole head: RFC 9112 §6.3, in its order. */
enum http_body http_facts_body(const struct http_facts *f);

/* Does the head contradict itself about where the message ends (RFC 9112 §6.1, §6.3)? */
bool http_facts_conflict(const struct http_facts *f);

/* RFC 9112 §9.3 */
bool http_facts_keep_alive(const struct http_facts *f);

enum http_method http_method_of(struct slice token);

#endif
