/* curl_setup: what libcurl is told about the way to a target, and what its errors mean here. For connector.c, which has the rest. */
#ifndef REPLAY_PLAY_CURL_SETUP_H
#define REPLAY_PLAY_CURL_SETUP_H

#include "play/connector.h"

struct curl_slist;

bool curl_setup_reach(void *easy, const struct play_reach *r);
bool curl_setup_pins(const struct play_reach *r, struct curl_slist **out); /* false: no memory; *out is to be freed in any case */
enum connect_failure curl_setup_failure(int code);

#endif
