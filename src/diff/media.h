/* media: what a Content-Type says about how a body compares.
 *
 * Takes the field's value; gives a family. Pure. */
#ifndef REPLAY_DIFF_MEDIA_H
#define REPLAY_DIFF_MEDIA_H

#include "base/slice.h"

enum media {
	MEDIA_NONE,  /* says nothing: absent, no media type, application/octet-stream */
	MEDIA_JSON,  /* application/json, anything +json, text/json */
	MEDIA_LINES, /* newline-delimited JSON, under its several names */
	MEDIA_FORM,
	MEDIA_TEXT,
	MEDIA_BYTES, /* pictures, archives, and what is not known */
};
enum media media_of(struct slice content_type);

/* The type and subtype alone, without parameters: "text/html". */
struct slice media_name(struct slice content_type);

#endif
