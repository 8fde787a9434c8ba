/* err: the first error sticks. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum err_code code, const char *format, ...)
{
	if (!e || e->code != ERR_NONE)
		return code;
	e->code = code;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	return code;
}

int err_set_errno(struct err *e, const char *format, ...)
{
	int saved = errno;
	if (!e || e->code != ERR_NONE)
		return ERR_IO;
	e->code = ERR_IO;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	size_t used = strlen(e->text);
	(void)snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(saved));
	return ERR_IO;
}
