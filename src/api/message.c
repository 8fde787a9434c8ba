/* message: accessors behind replay/message.h, and what all of api/ shares. */
#include "api/handles.h"
#include "base/clock.h"

#include <stdio.h>

int api_error(rp_error *out, const struct err *err)
{
	if (out && err->code != ERR_NONE) {
		out->code = err->code;
		(void)snprintf(out->text, sizeof out->text, "%s", err->text);
	}
	return err->code;
}

static void no_note(void *arg, int level, const char *sentence)
{
	(void)arg, (void)level, (void)sentence;
}

struct io_env api_env(void)
{
	return (struct io_env){
		.mono_ns = clock_mono_ns,
		.real_minus_mono_ns = clock_real_ns() - clock_mono_ns(),
		.wait_for_outputs = true,
		.note = no_note,
	};
}

rp_message *rp_message_new(enum rp_message_type type, const char *id, int64_t time_ns, const void *bytes, size_t len)
{
	struct message_id parsed;
	if (type < RP_REQUEST || type > RP_REPLAYED_RESPONSE || !message_id_parse(slice_str(id), &parsed))
		return NULL;
	struct message *m = message_new((enum message_type)type, len);
	if (!m || buf_append(&m->data, slice_of(bytes, len)) != 0) {
		message_unref(m);
		return NULL;
	}
	m->id = parsed;
	m->ts_ns = time_ns;
	m->latency_ns = -1;
	return handle_of(m);
}

enum rp_message_type rp_message_type(const rp_message *m)
{
	return (enum rp_message_type)message_of(m)->type;
}

unsigned rp_message_flags(const rp_message *m)
{
	return message_of(m)->flags;
}

int64_t rp_message_time_ns(const rp_message *m)
{
	return message_of(m)->ts_ns;
}

int64_t rp_message_latency_ns(const rp_message *m)
{
	return message_of(m)->latency_ns;
}

const void *rp_message_bytes(const rp_message *m, size_t *len)
{
	struct slice bytes = message_bytes(message_of(m));
	*len = bytes.len;
	return bytes.ptr;
}

char *rp_message_id(const rp_message *m, char out[RP_ID_TEXT])
{
	const struct message_id *id = &message_of(m)->id;
	memcpy(out, id->hex, id->len);
	out[id->len] = 0;
	return out;
}

char *rp_message_source(const rp_message *m, char out[RP_ADDRESS_TEXT])
{
	return endpoint_format(out, &message_of(m)->src);
}

char *rp_message_destination(const rp_message *m, char out[RP_ADDRESS_TEXT])
{
	return endpoint_format(out, &message_of(m)->dst);
}

void rp_message_free(rp_message *m)
{
	message_unref(m ? message_of(m) : NULL);
}
