/* redirects: the request that an answer of 301, 302, 303, 307 or 308 leads to. Pure. */
#ifndef REPLAY_OUTPUT_REDIRECTS_H
#define REPLAY_OUTPUT_REDIRECTS_H

#include "play/player.h"

/* url: the target's. lead.m is NULL where the answer names no place (then it is an answer as any other), a place elsewhere, or memory is out. */
struct play_lead redirects_lead(const char *url, const struct message *request, int status, struct slice answer);

#endif
