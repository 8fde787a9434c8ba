/* fuzz_http_response: any bytes as the responses on a connection: framed whole and byte by byte, both the same; and where llhttp,
 * which is stricter, finds a whole response, so do we, ending at the same byte. */
#include "http/response_framing.h"
#include "http/start.h"

#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>

static const struct framing_ops *const ops = &http1_response_framing;
static const char *const methods[] = { "GET", "HEAD", "CONNECT" };

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

struct outcome {
	enum framing how;
	size_t used;
	int status;
	bool keep_alive;
	unsigned interim;
};

static struct outcome frame(struct slice in, const char *method, size_t piece)
{
	void *state = aligned_alloc(16, (ops->size + 15) / 16 * 16);
	struct outcome o = { .how = FRAMING_MORE };
	ops->init(state, slice_str(method));
	while (o.used < in.len && (o.how == FRAMING_MORE || o.how == FRAMING_INTERIM)) {
		struct slice part = slice_cut(in, o.used, piece);
		size_t used;
		o.how = ops->push(state, part, &used);
		require(used <= part.len && (o.how != FRAMING_MORE || used == part.len), "no more is used than there is");
		o.used += used;
		o.interim += o.how == FRAMING_INTERIM;
	}
	o.status = ops->status(state);
	o.keep_alive = ops->keep_alive(state);
	if (o.how == FRAMING_MORE || o.how == FRAMING_INTERIM)
		(void)ops->finish(state);
	free(state);
	return o;
}

static int stop(llhttp_t *p)
{
	(void)p;
	return HPE_PAUSED;
}

/* llhttp ends lines at a CR too. */
static bool has_odd_line_ends(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == 0 || (s.ptr[i] == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n')))
			return true;
	return false;
}

static bool mentions_chunked(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (slice_eq_nocase(slice_cut(s, i, 7), slice_str("chunked")))
			return true;
	return false;
}

/* The bytes of the first response, or 0. */
static size_t llhttp_length(struct slice in, int *status)
{
	llhttp_settings_t settings;
	llhttp_t p;
	size_t checked = 0;
	if (http_start_judge(in, &checked) != START_RESPONSE)
		return 0; /* llhttp takes status lines that are not RFC 9112's */
	llhttp_settings_init(&settings);
	settings.on_message_complete = stop;
	llhttp_init(&p, HTTP_RESPONSE, &settings);
	if (llhttp_execute(&p, (const char *)in.ptr, in.len) != HPE_PAUSED)
		return 0;
	*status = p.status_code;
	return p.http_major == 1 && !p.upgrade ? (size_t)((const uint8_t *)llhttp_get_error_pos(&p) - in.ptr) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const char *method = methods[data[0] % 3];
	struct slice in = slice_of(data + 1, size - 1);
	struct outcome whole = frame(in, method, SIZE_MAX), bytes = frame(in, method, 1);
	require(whole.how == bytes.how && whole.status == bytes.status && whole.interim == bytes.interim,
	        "the same however the bytes are cut");
	require(whole.how == FRAMING_BAD || whole.used == bytes.used, "the same length however the bytes are cut");
	require(whole.keep_alive == bytes.keep_alive, "the same fate of the connection");
	int status;
	size_t n = data[0] % 3 == 0 ? llhttp_length(in, &status) : 0;
	/* It also looks for a body behind 204 and 304 (RFC 9112 §6.3 has none). */
	bool sure = n && (status < 100 || status >= 200) && status != 204 && status != 304;
	if (sure && !has_odd_line_ends(slice_cut(in, 0, n))) {
		/* Built without its strict mode llhttp lets two bytes of any kind pass behind a chunk; we do not. */
		bool chunked = mentions_chunked(slice_cut(in, 0, n));
		require((chunked && whole.how == FRAMING_BAD) || (whole.how == FRAMING_DONE && whole.status == status && whole.used == n),
		        "llhttp's opinion");
	}
	return 0;
}
