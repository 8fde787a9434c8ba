/* conn: scripts of streams with holes. A pair is made where acknowledgements and packet order leave no other choice, or where the client
 * was not seen to pipeline and all fits a client that does not; else a response has an ordinal of its own. What may have lost its first
 * letters is flagged. GET has 27 bytes, OK2 40, NO_BODY 27. */
#include "conn_scripts.h"

/* 52 bytes, and its end is missing */
#define CHUNKS "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static const struct script scripts[] = {
	{ .name = "an answer ahead of its request, and a hole before it that may hold that request's answer",
	  .steps = { C(GET), S(OK2), S_GAP_(60), SA(81, NO_BODY), CA(40, GET), CA(100, GET) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nQ3  " GET "\nQ4  " GET
	            "\nQ seen3 whole3 unpaired2 R seen2 whole2 unpaired1 http" },
	{ .name = "the same, and the request acknowledges all of the hole",
	  .steps = { C(GET), S(OK2), S_GAP_(60), SA(54, NO_BODY), CA(100, GET) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nQ2  " GET "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "an answer and the interim ones before it, ahead of their request",
	  .steps = { SA(27, CONTINUE), SA(27, CONTINUE), SA(27, OK2), CA(0, GET) },
	  .expect = "R1  " CONTINUE "\nR1  " CONTINUE "\nR1  " OK2 "\nQ1  " GET "\nQ seen1 whole1 R seen3 whole3 interim2 http" },
	{ .name = "interim answers whose final one was lost, and one whose final one is still to come",
	  .steps = { SA(27, CONTINUE), S_GAP_(40), SA(54, CONTINUE), SA(54, OK2), C_GAP(54), SA(81, CONTINUE) },
	  .expect = "R1  " CONTINUE "\nR2  " CONTINUE "\nR2  " OK2 "\nR3  " CONTINUE
	            "\nQ seen1 lost1 R seen4 whole4 interim3 unpaired4 http" },
	{ .name = "a hole, and behind it an answer whose head breaks off: two answers are lost, not one",
	  .steps = { C(GET), S_GAP_(30), S("HTTP/1.1 3"), S_GAP_(20), SA(81, OK2), CA(40, GET), CA(60, GET) },
	  .expect = "Q1  " GET "\nR2  " OK2 "\nQ3  " GET "\nQ4  " GET "\nQ seen4 whole3 lost1 unpaired3 R seen1 whole1 unpaired1 http" },
	{ .name = "an answer in doubt ahead of its request, and the one behind it, of a client that pipelines",
	  .steps = { C(GET GET), S(OK2 NO_BODY), S_GAP_(40), SA(81, OK2), SA(108, NO_BODY), CA(147, GET), CA(147, GET) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nR3  " OK2 "\nR4  " NO_BODY "\nQ5  " GET "\nQ6  " GET
	            "\nQ seen4 whole4 unpaired2 R seen4 whole4 unpaired2 http" },
	{ .name = "a lost request that was not answered before the next: its answer is not the next one's",
	  .steps = { C(CHUNKS), SA(52, OK2), C_GAP(40), CA(40, GET), SA(119, NO_BODY), SA(119, OK2) },
	  .expect = "R1  " OK2 "\nQ1 c " CHUNKS "\nQ2  " GET "\nR3  " NO_BODY "\nR4  " OK2
	            "\nQ seen2 whole1 part1 unpaired1 R seen3 whole3 unpaired2 http" },
	{ .name = "a lost request that was answered before the next",
	  .steps = { C(GET), S(OK2), C_GAP(40), SA(67, NO_BODY), CA(67, GET), SA(94, OK2) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nQ3  " GET "\nR3  " OK2
	            "\nQ seen3 whole2 lost1 R seen3 whole3 unpaired1 http" },
	{ .name = "a request that was sent while a response was under way, behind a hole",
	  .steps = { C(CHUNKS), C_GAP(40), SA(92, OK2), CA(20, GET), SA(119, NO_BODY), SA(119, OK2) },
	  .expect = "Q1 c " CHUNKS "\nR1  " OK2 "\nQ2  " GET "\nR3  " NO_BODY "\nR4  " OK2
	            "\nQ seen2 whole1 part1 unpaired1 R seen3 whole3 unpaired2 http" },
	{ .name = "a lost request, and behind it one that acknowledges no answer to it, which comes later",
	  .steps = { C(GET), SA(67, OK2), C_GAP(40), CA(80, GET), CA(120, GET), SA(94, NO_BODY), SA(121, OK2) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nQ2  " GET "\nQ3  " GET "\nR4  " NO_BODY "\nR5  " OK2
	            "\nQ seen3 whole3 unpaired2 R seen3 whole3 unpaired2 http" },
	{ .name = "holes in both streams",
	  .steps = { C(GET), C_GAP(40), CA(80, GET), S_GAP_(80), SA(94, OK2) },
	  .expect = "Q1  " GET "\nQ2  " GET "\nR3  " OK2 "\nQ seen2 whole2 unpaired2 R seen1 whole1 unpaired1 http" },
	{ .name = "holes in both streams of a client that asked eight times, one behind the other",
	  .steps = { C(GET), S(OK2), C(GET), S(OK2), C(GET), S(OK2), C(GET),    S(OK2),       C(GET),     S(OK2),
	             C(GET), S(OK2), C(GET), S(OK2), C(GET), S(OK2), C_GAP(40), CA(400, GET), S_GAP_(80), SA(283, OK2) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\n"
	            "Q2  " GET "\nR2  " OK2 "\n"
	            "Q3  " GET "\nR3  " OK2 "\n"
	            "Q4  " GET "\nR4  " OK2 "\n"
	            "Q5  " GET "\nR5  " OK2 "\n"
	            "Q6  " GET "\nR6  " OK2 "\n"
	            "Q7  " GET "\nR7  " OK2 "\n"
	            "Q8  " GET "\nR8  " OK2 "\n"
	            "Q9  " GET "\nR9  " OK2 "\n"
	            "Q seen9 whole9 R seen9 whole9 http" },
	{ .name = "requests held back by a hole, one behind the other: only the one at the hole is in doubt",
	  .steps = { C(GET), S_GAP_(30), SA(81, OK2), SA(108, NO_BODY), SA(135, OK2), C_GAP(27), CA(20, GET), CA(70, GET), CA(97, GET) },
	  .expect = "Q1  " GET "\nR2  " OK2 "\nR3  " NO_BODY "\nR4  " OK2 "\nQ5  " GET "\nQ3  " GET "\nQ4  " GET
	            "\nQ seen4 whole4 unpaired2 R seen3 whole3 unpaired1 http" },
	{ .name = "from the SYN-ACK on, which acknowledges what the SYN brought: the rest of a request comes first",
	  .no_syn = true,
	  .steps = { C("a: b\r\n\r\n"), S(OK2), C(GET), S(NO_BODY) },
	  .expect = "R1  " OK2 "\nQ2  " GET "\nR2  " NO_BODY "\nQ seen2 whole1 lost1 R seen2 whole2 unpaired1 http" },
	{ .name = "the same where the SYN was seen: no HTTP",
	  .steps = { C("a: b\r\n\r\n"), S(OK2), C(GET), S(NO_BODY) },
	  .expect = "Q R other+" },
	{ .name = "from the SYN-ACK on, without bytes in the SYN",
	  .no_syn = true,
	  .steps = { C("HEAD / HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), C(GET), S(NO_BODY) },
	  .expect = "Q1  HEAD / HTTP/1.1\r\n\r\n\nR1  HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\nQ2  " GET "\nR2  " NO_BODY
	            "\nQ seen2 whole2 R seen2 whole2 http" },
	{ .name = "a request behind a hole that was sent inside of a response whose end is lost",
	  .steps = { C_GAP(27), SA(27, "HTTP/1.1 200 OK\r\nContent-Length: 0\r"), CA(35, GET), S_GAP_(3), SA(54, NO_BODY), SA(54, OK2) },
	  .expect = "Q2  " GET "\nR3  " NO_BODY "\nR4  " OK2 "\nQ seen2 whole1 lost1 unpaired1 R seen3 whole2 lost1 unpaired3 http" },
	{ .name = "a request that begins inside of a segment behind a hole: its client does not wait",
	  .steps = { C(GET), S(OK2), C_GAP(20), C("b: c\r\n\r\n" GET), SA(82, OK2), CA(80, GET), SA(109, NO_BODY), SA(109, OK2) },
	  .expect = ONE_PAIR "R2  " OK2 "\nQ3  " GET "\nR4  " NO_BODY "\nR5  " OK2
	                     "\nQ seen3 whole2 lost1 unpaired1 R seen4 whole4 unpaired3 http" },
	{ .name = "and a request in a segment of its own, or an empty line in front of it: it may",
	  .steps = { C_GAP(20), C("b: c\r\n\r\n"), SA(28, OK2), CA(40, "\r\n" GET), SA(57, NO_BODY) },
	  .expect = "R1  " OK2 "\nQ2  " GET "\nR2  " NO_BODY "\nQ seen2 whole1 lost1 R seen2 whole2 unpaired1 http" },
	{ .name = "from the middle, with a hole: in doubt",
	  .mid = true,
	  .steps = { CA(0, GET), S("rest"), S_GAP_(30), SA(27, OK2), CA(74, GET), SA(54, NO_BODY) },
	  .expect = "Q1  " GET "\nR2  " OK2 "\nQ3  " GET "\nR3  " NO_BODY "\nQ seen2 whole2 unpaired1 R seen2 whole2 unpaired1 http" },
	{ .name = "from the middle of a pipelining connection: what answers a HEAD is told by what stands in place of its body",
	  .mid = true,
	  .steps = { CA(0, GET), SA(27, OK2), SA(27, NO_BODY), CA(67, "HEAD / HTTP/1.1\r\n\r\n"), SA(46, OK2), C(GET), S(NO_BODY) },
	  .expect = "Q1  " GET "\nR1  " OK2 "\nR2  " NO_BODY "\nQ3  HEAD / HTTP/1.1\r\n\r\n\nR3  " OK2 "\nQ4  " GET "\nR4  " NO_BODY
	            "\nQ seen3 whole3 R seen4 whole4 unpaired1 http" },
	{ .name = "from the middle: a status line in place of a body that is shorter than it, and a body that begins like one",
	  .mid = true,
	  .steps = { S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" NO_BODY), S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHT") },
	  .expect = "R1  HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\nR2  " NO_BODY
	            "\nR3  HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHT\nQ seen3 lost3 R seen3 whole3 unpaired3 http" },
	{ .name = "from the middle: a body of empty lines",
	  .mid = true,
	  .steps = { S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\r\n\n" NO_BODY) },
	  .expect =
	          "R1  HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\r\n\n\nR2  " NO_BODY "\nQ seen2 lost2 R seen2 whole2 unpaired2 http" },
	{ .name = "a method behind a hole may have lost its first letters",
	  .steps = { C(GET), C_GAP(4), C("FIND / HTTP/1.1\r\n\r\n"), S(OK2 NO_BODY) },
	  .expect = "Q1  " GET "\nQ2 h FIND / HTTP/1.1\r\n\r\n\nR1  " OK2 "\nR3  " NO_BODY
	            "\nQ seen2 whole1 part1 unpaired1 R seen2 whole2 unpaired1 http" },
	{ .name = "a method where the capture began may have lost its first letters",
	  .mid = true,
	  .steps = { C("D / HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), C(GET), S(NO_BODY) },
	  .expect = "Q1 h D / HTTP/1.1\r\n\r\n\nQ2  " GET "\nR1  HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\nR2  " NO_BODY
	            "\nQ seen2 whole1 part1 R seen2 whole2 http" },
	{ .name = "a method behind bytes of unknown meaning, where a segment begins, may have lost its first letters",
	  .steps = { C(GET), C_GAP(40), C("x\ny PROP"), C("FIND / HTTP/1.1\r\n\r\n") },
	  .expect = "Q1  " GET "\nQ2 h FIND / HTTP/1.1\r\n\r\n\nQ seen2 whole1 part1 unpaired2 R http" },
	{ .name = "segments of empty lines behind bytes of unknown meaning are no other places for the request to begin",
	  .steps = { C(GET), C_GAP(40), C("t "), C("\r"), C("\n"), C("\nFIND / HTTP/1.1\r\n\r\n") },
	  .expect = "Q1  " GET "\nQ2  FIND / HTTP/1.1\r\n\r\n\nQ seen2 whole2 unpaired2 R http" },
	{ .name = "a method behind a line's end, or that everybody knows, has not",
	  .steps = { C(GET), C_GAP(40), C("\r\nFIND / HTTP/1.1\r\n\r\n"), C_GAP(5), C(GET) },
	  .expect = "Q1  " GET "\nQ2  FIND / HTTP/1.1\r\n\r\n\nQ3  " GET "\nQ seen3 whole3 unpaired3 R http" },
};

enum { N_SCRIPTS = sizeof scripts / sizeof *scripts };

Test(conn_holes, gives_the_messages_of_every_script)
{
	scripts_give_their_messages(scripts, N_SCRIPTS);
}

Test(conn_holes, gives_the_same_however_the_bytes_are_cut)
{
	scripts_give_the_same_however_cut(scripts, N_SCRIPTS);
}

Test(conn_holes, survives_every_failing_allocation)
{
	scripts_survive_every_failing_allocation(scripts, N_SCRIPTS);
}
