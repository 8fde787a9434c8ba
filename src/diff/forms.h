/* forms: what a value looks like: a time stamp, a UUID, a number, random characters.
 *
 * Takes values as they stand in an answer: a JSON string's text, a number, a header's value; quotes round it do not count. Pure functions. */
#ifndef REPLAY_DIFF_FORMS_H
#define REPLAY_DIFF_FORMS_H

#include "base/slice.h"

/* The more telling first: forms_name gives the first that fits. */
enum known_form {
	FORM_TIMESTAMP, /* RFC 3339 or its date alone; HTTP's dates (RFC 9110 §5.6.7); Unix seconds or milliseconds of the years 2000 to 2100 */
	FORM_UUID,
	FORM_NUMBER, /* JSON's */
	FORM_HEX,    /* 8 digits and more */
	FORM_TOKEN,  /* 16 and more of Base64's characters, or of those that are safe in a URL, a letter and a digit among them */
	FORMS
};
extern const char *const form_names[FORMS];

bool form_fits(enum known_form form, struct slice value);
/* All that fit: bit 1 << form. Of several values: and them. */
unsigned forms_of(struct slice value);
/* The most telling of them: "uuid"; NULL: none. */
const char *forms_name(unsigned forms);

#endif
