/* curl_line: what a shell would run, run by a shell: words that come out are the request's, and nothing else happens. */
#include "cli/curl_line.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void expect_line(const char *request, const char *base, const char *line)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_assert_eq(curl_line(slice_str(request), base, &out), 0, "%s", request);
	cr_expect(slice_eq(buf_slice(&out), slice_str(line)), "%.*s", (int)out.len, (const char *)out.ptr);
	buf_release(&out);
}

Test(curl_line, lines)
{
	expect_line("GET /a?b=c&d[]=1 HTTP/1.1\r\nHost: h:81\r\nAccept: */*\r\nX-Empty:\r\nConnection: close\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'GET' -H 'Accept: */*' -H 'X-Empty;' -H 'Connection: close' -H 'User-Agent:' "
	            "'http://h:81/a?b=c&d[]=1'");
	expect_line(
	        "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nUser-Agent: u\r\nAccept: a\r\nContent-Length: 5\r\n\r\nit's\n",
	        "https://x",
	        "curl -i -g --path-as-is -X 'POST' -H 'Content-Type: text/plain' -H 'User-Agent: u' -H 'Accept: a' "
	        "--data-raw 'it'\\''s\n' 'https://x/p'");
}

#define BARE " -H 'Accept:' -H 'User-Agent:'"

Test(curl_line, contents)
{
	expect_line("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n\x01\xff", NULL,
	            "printf '\\001\\377' | curl -i -g --path-as-is -X 'POST'" BARE " -H 'Content-Type:' --data-binary @- 'http://h/p'");
	expect_line("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'POST'" BARE " -H 'Content-Type:' --data-raw 'hi' 'http://h/p'");
	expect_line("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'POST'" BARE " -H 'Content-Type:' --data-raw '' 'http://h/p'");
	expect_line("HEAD /p HTTP/1.1\r\nHost: h\r\n\r\n", NULL, "curl -i -g --path-as-is -I" BARE " 'http://h/p'");
}

Test(curl_line, targets_that_no_url_can_have)
{
	expect_line("GET /p#q HTTP/1.1\r\nHost: h\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'GET'" BARE " --request-target '/p#q' 'http://h'");
	expect_line("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "http://x",
	            "curl -i -g --path-as-is -X 'OPTIONS'" BARE " --request-target '*' 'http://x'");
	expect_line("GET http://o/p HTTP/1.1\r\nHost: h\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'GET'" BARE " --request-target 'http://o/p' 'http://h'");
}

/* Each byte that a terminal may obey is an escape of printf's. */
Test(curl_line, drives_no_terminal)
{
	expect_line("GET /\x1b[31m HTTP/1.1\r\nHost: h\r\nX: \x9b\x07'\r\n\r\n", NULL,
	            "curl -i -g --path-as-is -X 'GET' -H \"$(printf '\\130\\072\\040\\233\\007\\047')\"" BARE
	            " --request-target \"$(printf '\\057\\033\\133\\063\\061\\155')\" 'http://h'");
}

Test(curl_line, a_shell_takes_hostile_bytes_as_words)
{
	const char *request = "GET /$(touch${IFS}x)`id`';exit;' HTTP/1.1\r\nHost: h\r\nX: a'b\"c$HOME\\\r\n\r\n";
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_assert_eq(buf_append_str(&out, "curl() { for w; do printf '[%s]' \"$w\"; done; }; "), 0);
	cr_assert_eq(curl_line(slice_str(request), NULL, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	FILE *sh = popen((const char *)out.ptr, "r");
	cr_assert_not_null(sh);
	char words[512] = "";
	size_t n = fread(words, 1, sizeof words - 1, sh);
	words[n] = 0;
	cr_expect_eq(pclose(sh), 0);
	cr_expect_str_eq(words, "[-i][-g][--path-as-is][-X][GET][-H][X: "
	                        "a'b\"c$HOME\\][-H][Accept:][-H][User-Agent:][http://h/$(touch${IFS}x)`id`';exit;']");
	buf_release(&out);
}

Test(curl_line, no_request)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_expect_eq(curl_line(slice_str("HTTP/1.1 200 OK\r\n\r\n"), NULL, &out), ERR_FORMAT);
	cr_expect_eq(curl_line(slice_str("junk"), NULL, &out), ERR_FORMAT);
	buf_release(&out);
}
