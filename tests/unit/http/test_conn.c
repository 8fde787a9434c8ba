/* conn: scripts of what two sides send, and the messages that must come out (conn_scripts.h). What holes do: test_conn_holes.c. */
#include "conn_scripts.h"

static const struct script scripts[] = {
	{ .name = "one exchange", .steps = { C(GET), S(OK2) }, .expect = ONE_PAIR "Q seen1 whole1 R seen1 whole1 http" },
	{ .name = "nothing", .steps = { C_END(STREAM_FIN), S_END_(STREAM_FIN) }, .expect = "Q R empty" },
	{ .name = "keep-alive",
	  .steps = { C(GET), S(OK2), C(GET), S(NO_BODY) },
	  .expect = ONE_PAIR "Q2  " GET "\nR2  " NO_BODY "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "pipelined",
	  .steps = { C(GET GET GET), S(OK2 NO_BODY OK2) },
	  .expect =
	          "Q1  " GET "\nQ2  " GET "\nQ3  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nR3  " OK2 "\nQ seen3 whole3 R seen3 whole3 http" },
	{ .name = "the server opened",
	  .steps = { { S_DATA, SIDE_B, GET, sizeof GET - 1, ACK_ALL, false, 0 },
	             { S_DATA, SIDE_A, OK2, sizeof OK2 - 1, ACK_ALL, false, 0 } },
	  .expect = ONE_PAIR "Q seen1 whole1 R seen1 whole1 http" },
	{ .name = "any method, any status, HTTP/1.0, no reason",
	  .steps = { C("m!x~ /a?b=c HTTP/1.0\r\n\r\n"), S("HTTP/1.0 799\r\nContent-Length:0\r\n\r\n") },
	  .expect = "Q1  m!x~ /a?b=c HTTP/1.0\r\n\r\n\nR1  HTTP/1.0 799\r\nContent-Length:0\r\n\r\n\nQ seen1 whole1 R seen1 whole1 http" },
	{ .name = "bare LF, folds, odd fields, a blank inside of the target",
	  .steps = { C("POST /a b HTTP/1.1\nno colon here\nA : b\nContent-Length:\n 3\nX: \x01\x80\n\nabc"),
	             S("HTTP/1.1 200 OK\nTransfer-Encoding:\n\tchunked\n\n3\nabc\n0\n\n") },
	  .expect = "Q1  POST /a b HTTP/1.1\nno colon here\nA : b\nContent-Length:\n 3\nX: \x01\x80\n\nabc\n"
	            "R1  HTTP/1.1 200 OK\nTransfer-Encoding:\n\tchunked\n\n3\nabc\n0\n\n\nQ seen1 whole1 R seen1 whole1 http" },
	{ .name = "empty lines between messages are no part of them",
	  .steps = { C("\r\n\r\n" GET "\r\n" GET "\n"), S(OK2 "\r\n" OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR1  " OK2 "\nR2  " OK2 "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "interim answers are records of their own",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), S("HTTP/1.1 100 Continue\r\n\r\n"), C("ab"),
	             S("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK2) },
	  .expect = "R1  HTTP/1.1 100 Continue\r\n\r\n\nQ1  PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab\n"
	            "R1  HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\nR1  " OK2 "\nQ seen1 whole1 R seen3 whole3 interim2 http" },
	{ .name = "HEAD, 204 and 304 have no body",
	  .steps = { C("HEAD / HTTP/1.1\r\n\r\n" GET GET), S("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"
	                                                     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
	                                                     "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n") },
	  .expect = "Q1  HEAD / HTTP/1.1\r\n\r\n\nQ2  " GET "\nQ3  " GET "\nR1  HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\n"
	            "R2  HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n\nR3  HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n\n"
	            "Q seen3 whole3 R seen3 whole3 http" },
	{ .name = "chunks with extensions and trailers, and a Content-Length that does not count",
	  .steps = { C("POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	               "5;a=\"b\";c\r\nhello\r\n0A \r\n0123456789\r\n000\r\nT: 1\r\nU: 2\r\n\r\n" GET) },
	  .expect = "Q1  POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
	            "5;a=\"b\";c\r\nhello\r\n0A \r\n0123456789\r\n000\r\nT: 1\r\nU: 2\r\n\r\n\nQ2  " GET
	            "\nQ seen2 whole2 unpaired2 odd1 R http" },
	{ .name = "a body until the end, by FIN",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\n\r\nabc"), S("def"), S_END_(STREAM_FIN) },
	  .expect = "Q1  " GET "\nR1  HTTP/1.1 200 OK\r\n\r\nabcdef\nQ seen1 whole1 R seen1 whole1 http" },
	{ .name = "a body until the end, by RST",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc"), S_END_(STREAM_RST) },
	  .expect = "Q1  " GET "\nR1  HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc\nQ seen1 whole1 R seen1 whole1 http" },
	{ .name = "a body until the end, and the capture stops",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\n\r\nabc"), S_END_(STREAM_CAPTURE_END) },
	  .expect = "Q1  " GET "\nR1 c HTTP/1.1 200 OK\r\n\r\nabc\nQ seen1 whole1 R seen1 part1 http" },
	{ .name = "freed without an end",
	  .steps = { C(GET "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"), S("HTTP/1.1 200 OK\r\nA") },
	  .expect = "Q1  " GET "\nQ2 c POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab\nQ seen2 whole1 part1 unpaired1 R seen1 lost1 http" },
	{ .name = "an early answer to a body that never comes",
	  .steps = { C("POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\nab"), S(OK2), C_END(STREAM_FIN), S_END_(STREAM_FIN) },
	  .expect = "R1  " OK2 "\nQ1 c POST / HTTP/1.1\r\nContent-Length: 500\r\n\r\nab\nQ seen1 part1 R seen1 whole1 http" },
	{ .name = "an early answer, and the body after all",
	  .steps = { C("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"), S(OK2), C("cd" GET), S(OK2) },
	  .expect = "R1  " OK2 "\nQ1  POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd\nQ2  " GET "\nR2  " OK2
	            "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "an answer in place of the 100, and the next request in place of the body",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n"),
	             S("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), C(GET), S(OK2) },
	  .expect = "R1  HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n\nQ1 c PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: "
	            "5000\r\n\r\n\n"
	            "Q2  " GET "\nR2  " OK2 "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "an answer in place of the 100, and the body all the same",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"), S(OK2), C("abc: def" GET), S(OK2) },
	  .expect = "R1  " OK2 "\nQ1  PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\nabc: def\nQ2  " GET "\nR2  " OK2
	            "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "the same, chunked",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"), S(OK2),
	             C("3\r\nabc\r\n0\r\n\r\n" GET), S(OK2) },
	  .expect = "R1  " OK2
	            "\nQ1  PUT / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\nQ2  " GET
	            "\nR2  " OK2 "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "upgrade",
	  .steps = { C("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
	             S("HTTP/1.1 101 Switching\r\nContent-Length: 9\r\n\r\n\x81\x05HTTP/1.1 200 OK\r\n"), C(GET), S(OK2) },
	  .expect = "Q1  GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\nR1  HTTP/1.1 101 Switching\r\nContent-Length: 9\r\n\r\n\nQ seen1 "
	            "whole1 R seen1 "
	            "whole1 tunnel+" },
	{ .name = "CONNECT, taken",
	  .steps = { C("CONNECT a:443 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n"), C("\x16\x03\x01"), S(OK2) },
	  .expect = "Q1  CONNECT a:443 HTTP/1.1\r\n\r\n\nR1  HTTP/1.1 200 OK\r\n\r\n\nQ seen1 whole1 R seen1 whole1 tunnel+" },
	{ .name = "CONNECT, refused",
	  .steps = { C("CONNECT a:443 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nhi"), C(GET), S(OK2) },
	  .expect = "Q1  CONNECT a:443 HTTP/1.1\r\n\r\n\nR1  HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nhi\nQ2  " GET "\nR2  " OK2
	            "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "TLS", .steps = { C("\x16\x03\x01\x02\x00\x01"), S("\x16\x03\x03\x00\x40\x02") }, .expect = "Q R tls+" },
	{ .name = "TLS from the middle", .mid = true, .steps = { C("\x17\x03\x03\x02\x00\x01") }, .expect = "Q R tls+" },
	{ .name = "SSH", .steps = { S("SSH-2.0-x\r\n"), C("SSH-2.0-y\r\n") }, .expect = "Q R ssh+" },
	{ .name = "HTTP/2", .steps = { C("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") }, .expect = "Q R http2+" },
	{ .name = "SMTP", .steps = { S("220 mail ESMTP\r\n"), C("EHLO a\r\n") }, .expect = "Q R other+" },
	{ .name = "random bytes", .steps = { C("\x8f\x00\x01"), S(OK2) }, .expect = "Q R other+" },
	{ .name = "random bytes from the middle", .mid = true, .steps = { C("\x8f\x00\x01"), C("\x8f\x00\x01") }, .expect = "Q R other" },
	{ .name = "behind the PROXY protocol",
	  .steps = { C("PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n" GET), S(OK2) },
	  .expect = ONE_PAIR "Q seen1 whole1 R seen1 whole1 http" },
	{ .name = "behind the PROXY protocol, version 2",
	  .steps = { C("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x05\0\x50"), C(GET), S(OK2) },
	  .expect = ONE_PAIR "Q seen1 whole1 R seen1 whole1 http" },
	{ .name = "behind the PROXY protocol, version 2, all in one segment",
	  .steps = { C("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x05\0\x50" GET), S(OK2) },
	  .expect = ONE_PAIR "Q seen1 whole1 R seen1 whole1 http" },
	{ .name = "an answer in place of the 100, an empty line, and the next request in place of the body",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n"), S(NO_BODY), C("\r\n" GET), S(OK2) },
	  .expect = "R1  " NO_BODY "\nQ1 c PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n\nQ2  " GET "\nR2  " OK2
	            "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "only the server's side: an answer to HEAD is told by the next answer in place of its body",
	  .mid = true,
	  .steps = { SA(0, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"), SA(0, OK2) },
	  .expect = "R1  HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\nR2  " OK2 "\nQ seen2 lost2 R seen2 whole2 unpaired2 http" },
	{ .name = "the end of a request line behind a gap is no request",
	  .steps = { C("GET /a b c"), C_GAP(30), C("d e f HTTP/1.1\r\nHost: a\r\n\r\n"), C(GET) },
	  .expect = "Q2  " GET "\nQ seen2 whole1 lost1 unpaired2 R http" },
	{ .name = "a pipelining client, and the first of its answers lost: no pair rather than a wrong one",
	  .steps = { C(GET GET), S_GAP_(60), S(OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR3  " OK2 "\nQ seen2 whole2 unpaired2 R seen1 whole1 unpaired1 http" },
	{ .name = "text before a request, behind a gap",
	  .steps = { C("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), C_GAP(9), S(OK2), C("some text"), C(GET), S(OK2) },
	  .expect = "Q1 c POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\nR1  " OK2 "\nQ2  " GET "\nR2  " OK2
	            "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "HTTP/0.9 and HTTP/2.0 status lines are not RFC 9112's",
	  .steps = { C(GET), S("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n") },
	  .expect = "Q1  " GET "\nQ seen1 whole1 unpaired1 R http" },
	{ .name = "garbage between requests",
	  .steps = { C(GET "garbage\r\n" GET), S(OK2), C("more\r\n"), C(GET), S(OK2) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nQ2  " GET "\nR2  " OK2 "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "a gap inside of a body of known length",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"), S_GAP_(5), S_IN("cde" OK2), C(GET) },
	  .expect = "Q1  " GET "\nR1 g HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcde\nR2  " OK2 "\nQ3  " GET
	            "\nQ seen2 whole2 unpaired1 R seen2 whole1 part1 unpaired1 http" },
	{ .name = "a gap exactly to the end of a body",
	  .steps = { C(GET GET), S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"), S_GAP_(8), S(OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR1 c HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab\nR2  " OK2
	            "\nQ seen2 whole2 R seen2 whole1 part1 http" },
	{ .name = "a gap beyond the end of a body",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"), CA(80, GET), S_GAP_(42), S("garbage"), S(OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR1 c HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab\nR2  " OK2
	            "\nQ seen2 whole2 R seen2 whole1 part1 http" },
	{ .name = "a gap in a chunked body",
	  .steps = { C("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), C_GAP(4), C("\n0\r\n\r\n"), C(GET), S(OK2 OK2) },
	  .expect = "Q1 c POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\nQ2  " GET "\nR1  " OK2 "\nR2  " OK2
	            "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "a gap in a chunk's content: to its end, and inside",
	  .steps = { C("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), C_GAP(3), C("\r\n6\r\nc"), C_GAP(2),
	             C_IN("def\r\n0\r\n\r\n" GET), S(OK2 OK2) },
	  .expect = "Q1 g POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\n6\r\ncdef\r\n0\r\n\r\n\nQ2  " GET "\nR1  " OK2
	            "\nR2  " OK2 "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "a gap in a body until the end",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\n\r\nab"), S_GAP_(7), S_IN("cd"), S_END_(STREAM_FIN) },
	  .expect = "Q1  " GET "\nR1 g HTTP/1.1 200 OK\r\n\r\nabcd\nQ seen1 whole1 R seen1 part1 http" },
	{ .name = "a gap in a request's head: its answer is no other request's",
	  .steps = { C("GET / HTTP/1.1\r\nHos"), C_GAP(9), S(OK2), C(GET), S(NO_BODY) },
	  .expect = "R1  " OK2 "\nQ2  " GET "\nR2  " NO_BODY "\nQ seen2 whole1 lost1 R seen2 whole2 http" },
	{ .name = "a gap in a request's first line",
	  .steps = { C("GET /ab"), C_GAP(21), S(OK2), C(GET), S(NO_BODY) },
	  .expect = "R1  " OK2 "\nQ2  " GET "\nR2  " NO_BODY "\nQ seen2 whole1 lost1 R seen2 whole2 http" },
	{ .name = "a lost request, known by its answer",
	  .steps = { C(GET), S(OK2), C_GAP(30), S(NO_BODY), C(GET), S(OK2) },
	  .expect = ONE_PAIR "R2  " NO_BODY "\nQ3  " GET "\nR3  " OK2 "\nQ seen3 whole2 lost1 R seen3 whole3 unpaired1 http" },
	{ .name = "answers that come while a hole holds the requests back",
	  .steps = { SA(27, OK2), SA(54, NO_BODY), C_GAP(27), CA(40, GET), S(OK2) },
	  .expect = "R1  " OK2 "\nR2  " NO_BODY "\nQ2  " GET "\nR3  " OK2 "\nQ seen2 whole1 lost1 R seen3 whole3 unpaired3 http" },
	{ .name = "a lost answer",
	  .steps = { C(GET), S_GAP_(50), C(GET), S(OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR2  " OK2 "\nQ seen2 whole2 unpaired1 R seen1 whole1 http" },
	{ .name = "an answer whose head was lost",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\nConte"), S_GAP_(50), C(GET), S(OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR2  " OK2 "\nQ seen2 whole2 R seen2 whole1 lost1 http" },
	{ .name = "three answers to one request",
	  .steps = { C(GET), SA(27, OK2 NO_BODY), C(GET), SA(27, OK2), S(NO_BODY) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nQ3  " GET "\nR4  " OK2 "\nR3  " NO_BODY
	            "\nQ seen2 whole2 R seen4 whole4 unpaired2 http" },
	{ .name = "from the middle, with the end of a body",
	  .mid = true,
	  .steps = { S("rest of a body HTTP/1.1 200 OK"), S(OK2), C(GET), S(NO_BODY) },
	  .expect = "R1  " OK2 "\nQ2  " GET "\nR2  " NO_BODY "\nQ seen2 whole1 lost1 R seen2 whole2 unpaired1 http" },
	{ .name = "only the client's side",
	  .steps = { CA(0, GET), CA(0, GET) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nQ seen2 whole2 unpaired2 R http" },
	{ .name = "only the server's side, an interim answer and its final one",
	  .mid = true,
	  .steps = { SA(0, "HTTP/1.1 100 Continue\r\n\r\n" OK2), SA(0, OK2) },
	  .expect = "R1  HTTP/1.1 100 Continue\r\n\r\n\nR1  " OK2 "\nR2  " OK2 "\nQ seen2 lost2 R seen3 whole3 interim1 unpaired3 http" },
	{ .name = "over the message limit",
	  .limits = { .message_bytes = 48 },
	  .steps = { C("POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n01234567890123456789" GET) },
	  .expect = "Q1 t POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n012345678\nQ2  " GET "\nQ seen2 whole1 part1 unpaired2 R http" },
	{ .name = "a head over the message limit",
	  .limits = { .message_bytes = 20 },
	  .steps = { C(GET GET) },
	  .expect = "Q1 t GET / HTTP/1.1\r\nHost\nQ2 t GET / HTTP/1.1\r\nHost\nQ seen2 part2 unpaired2 R http" },
	{ .name = "over the head limit, in a field",
	  .limits = { .head_bytes = 40 },
	  .steps = { C("GET / HTTP/1.1\r\nA: 0123456789012345678901234567890\r\n\r\n"), C(GET), S(NO_BODY OK2) },
	  .expect = "Q2  " GET "\nR1  " NO_BODY "\nR2  " OK2 "\nQ seen2 whole1 lost1 R seen2 whole2 http" },
	{ .name = "over the head limit, in the first line",
	  .limits = { .head_bytes = 40 },
	  .steps = { C(GET), C("GET /012345678901234567890123456789 HTTP/1.1\r\n\r\n"), C(GET), S(OK2 NO_BODY OK2) },
	  .expect = "Q1  " GET "\nQ3  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nR3  " OK2 "\nQ seen3 whole2 lost1 R seen3 whole3 http" },
	{ .name = "over the pending limit: the oldest are forgotten, no answer goes astray",
	  .limits = { .pending = 2 },
	  .steps = { C(GET GET GET), S(OK2 OK2 NO_BODY) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nQ3  " GET "\nR4  " OK2 "\nR2  " OK2 "\nR3  " NO_BODY
	            "\nQ seen3 whole3 unpaired1 R seen3 whole3 unpaired1 http" },
	{ .name = "responses not wanted",
	  .no_responses = true,
	  .steps = { C(GET GET), S("HTTP/1.1 100 C\r\n\r\n" OK2 OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nQ seen2 whole2 R seen3 off3 interim1 http" },
	{ .name = "chunks that are none",
	  .steps = { C("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n" GET), C(GET) },
	  .expect = "Q1 c POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\nQ2  " GET
	            "\nQ seen2 whole1 part1 unpaired2 R http" },
	{ .name = "a size without end",
	  .steps = { C("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0001234567890123456\r\n") },
	  .expect = "Q1 c POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n000123456789012345\nQ seen1 part1 unpaired1 R http" },
	{ .name = "lengths: equal ones, a list, the first of two, none that is a number",
	  .steps = { C("POST / HTTP/1.1\r\nContent-Length: 1, 1\r\ncontent-length: 1\r\n\r\na"
	               "POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\nab"
	               "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n" GET) },
	  .expect = "Q1  POST / HTTP/1.1\r\nContent-Length: 1, 1\r\ncontent-length: 1\r\n\r\na\n"
	            "Q2  POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 1\r\n\r\nab\n"
	            "Q3  POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n\nQ4  " GET "\nQ seen4 whole4 unpaired4 odd2 R http" },
	/* What the fuzzer found: the same bytes, cut elsewhere, gave other messages. */
	{ .name = "found: a control character behind the head limit",
	  .mid = true,
	  .limits = { .head_bytes = 48 },
	  .steps = { C("GET / HGGGGGGGGGGGGT"), C("TP/1  H"), C_IN("Content-Length: \0/TP//T1.=1.1\r\n\r") },
	  .expect = "Q R other" },
	{ .name = "found: an empty line where a segment starts",
	  .mid = true,
	  .steps = { C("\f\n"), C("\r\nhT / HTiH") },
	  .expect = "Q seen1 lost1 unpaired1 R http" },
	{ .name = "found: an empty line where the next start is tried",
	  .mid = true,
	  .steps = { S("HTTP/1.1"), S("\n" OK2) },
	  .expect = "R1  " OK2 "\nQ seen1 lost1 R seen1 whole1 unpaired1 http" },
	{ .name = "found: a method that runs over the head limit",
	  .mid = true,
	  .limits = { .head_bytes = 48 },
	  .steps = { S("garbage666666666666666666666666666666666666666666666 / HTTP/1.1\r\nA: b\r\n\r\n") },
	  .expect = "Q R other" },
	{ .name = "found: a third start in what is held up to the head limit",
	  .mid = true,
	  .limits = { .head_bytes = 48 },
	  .steps = { S("CT a HTTjP/1.1ge"), S("HTTTjP/1.1ge"), S("HTTP/1.1 200 OKP/1.\x06\x01gar2aCONNECT  HTaTjP/1.1ge"),
	             S("ngth: 2\r\n\r\nci") },
	  .expect = "Q seen1 lost1 R seen1 lost1 unpaired1 http" },
	{ .name = "found: where the server's stream went out of step is told by the bytes, not by the segment",
	  .limits = { .head_bytes = 40 },
	  .steps = { C(GET GET), S("HTTP/1.1 200 OK\r\nA: 01234567890123456789012345\r\n\r\n"), CA(20, GET), S(OK2 NO_BODY) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nQ3  " GET "\nR2  " OK2 "\nR3  " NO_BODY "\nQ seen3 whole3 R seen3 whole2 lost1 http" },
	{ .name = "found: a body that begins like a request, and bytes behind it that are none",
	  .steps = { C("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"), S(OK2), C("GET / HT\xa6\xa6 x\r\n" GET),
	             C(GET) },
	  .expect = "R1  " OK2 "\nQ1  PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\nGET / HT\nQ2  " GET
	            "\nQ seen2 whole2 unpaired1 R seen1 whole1 http" },
	{ .name = "the next connection took the 4-tuple",
	  .steps = { C(GET), S("HTTP/1.1 200 OK\r\n\r\nabc"), C_END(STREAM_REUSED), S_END_(STREAM_REUSED) },
	  .expect = "Q1  " GET "\nR1 c HTTP/1.1 200 OK\r\n\r\nabc\nQ seen1 whole1 R seen1 part1 http" },
};

enum { N_SCRIPTS = sizeof scripts / sizeof *scripts };

Test(conn, gives_the_messages_of_every_script)
{
	scripts_give_their_messages(scripts, N_SCRIPTS);
}

Test(conn, gives_the_same_however_the_bytes_are_cut)
{
	scripts_give_the_same_however_cut(scripts, N_SCRIPTS);
}

Test(conn, survives_every_failing_allocation)
{
	scripts_survive_every_failing_allocation(scripts, N_SCRIPTS);
}
