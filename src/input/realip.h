/* realip: the client's address as a field of the request, for servers that want to know it though the replay comes from elsewhere. */
#ifndef REPLAY_INPUT_REALIP_H
#define REPLAY_INPUT_REALIP_H

#include "model/message.h"

/* Behind the request line, where the request has no field of that name (any case) and its head is whole. 0 or ERR_NOMEM: then it is
 * as it was. */
int realip_add(struct message *m, const char *name);

/* Can a field have that name (a token, RFC 9110 §5.6.2)? */
bool realip_name(const char *name);

#endif
