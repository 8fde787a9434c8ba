/* handles: what stands behind the public ones. Private to api/. An rp_message is a struct message under its public name. */
#ifndef REPLAY_API_HANDLES_H
#define REPLAY_API_HANDLES_H

#include "base/err.h"
#include "model/message.h"
#include "model/ops.h"

#include <replay/message.h>

static inline struct message *message_of(const rp_message *m)
{
	return (struct message *)(uintptr_t)m;
}

static inline rp_message *handle_of(struct message *m)
{
	return (rp_message *)m;
}

/* Tells the caller; gives err's code, or 0. */
int api_error(rp_error *out, const struct err *err);

/* An environment for one input or output outside a run: system clock, no notes, outputs may wait. */
struct io_env api_env(void);

#endif
