/* response_framing: the framing table (model/framing.h) for HTTP/1 responses: heads by our own scanner (facts.h), chunks by llhttp. */
#ifndef REPLAY_HTTP_RESPONSE_FRAMING_H
#define REPLAY_HTTP_RESPONSE_FRAMING_H

#include "model/framing.h"

extern const struct framing_ops http1_response_framing;

#endif
