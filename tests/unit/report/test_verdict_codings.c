/* verdict_codings: what a browser undoes for a page, and what not, by the fields of a head that may be anything. */
#include "report/verdict_codings.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(verdict_codings, by_the_fields)
{
	static const struct {
		const char *message;
		bool needed;
	} rows[] = {
		{ "", false },
		{ "HTTP/1.1 200 OK\r\n\r\nContent-Encoding: br\r\n", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: X-GZip \r\n\r\n", false },
		{ "HTTP/1.1 200 OK\ncontent-encoding:deflate\n\nx", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\n", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding:\r\n\r\n", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", true },
		{ "HTTP/1.1 200 OK\nA: b\nCONTENT-ENCODING:\tZstd\n\n", true },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: br", true },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n", true },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n", true },
		{ "HTTP/1.1 200 OK\r\nX-Content-Encoding: br\r\nContent-Encoding-2: br\r\n\r\n", false },
		{ "HTTP/1.1 200 OK\r\nContent-Encodin", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice laid = guard_copy(slice_str(rows[i].message));
		cr_assert_eq(verdict_needs_decoding(laid), rows[i].needed, "row %zu", i);
		guard_free(laid);
	}
}
