/* line_framing: a framing table for the unit_server's protocol, so that play/ is tested without http/. */
#ifndef REPLAY_TESTS_LINE_FRAMING_H
#define REPLAY_TESTS_LINE_FRAMING_H

#include "model/framing.h"

extern const struct framing_ops line_framing;

#endif
