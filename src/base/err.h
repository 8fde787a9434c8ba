/* err: what went wrong, for the caller to show.
 *
 * A function that can fail returns a negative enum err_code and, where it takes a struct err, says in it what,
 * where and what to do. The first error written stays. The caller owns the struct; NULL is allowed. */
#ifndef REPLAY_BASE_ERR_H
#define REPLAY_BASE_ERR_H

enum err_code {
	ERR_NONE = 0,
	ERR_NOMEM = -1,       /* an allocation failed */
	ERR_LIMIT = -2,       /* a cap named at creation was reached */
	ERR_IO = -3,          /* the system refused: errno is in the message */
	ERR_FORMAT = -4,      /* bytes are not of the form they claim */
	ERR_USAGE = -5,       /* the user asked for something that has no meaning */
	ERR_PRIVILEGE = -6,   /* a capability is missing */
	ERR_UNSUPPORTED = -7, /* well-formed, but not something we do */
	ERR_CLOSED = -8,      /* whoever read what we write went away: an end, no failure */
};

struct err {
	enum err_code code;
	char text[512]; /* one sentence, no newline */
};

/* Writes code and sentence unless *e holds an error already; returns code. */
int err_set(struct err *e, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* err_set(ERR_IO) with ": strerror(errno)" behind the text. */
int err_set_errno(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
