/* commands: the table, its texts, and how errors are told. */
#include "cli/commands.h"

#include "report/utf8.h"

#include <stdio.h>

const struct command commands[] = {
	{ "",
	  CMD_RUN,
	  "--input-raw ADDRESS|--input-file FILE --output-file FILE|--output-http URL... [OPTION...]",
	  "Captures live HTTP traffic, keeps it in a log, sends it again.",
	  "Inputs and outputs may be given several times and combined. A summary with an account of every message ends each run. SIGINT "
	  "stops "
	  "the inputs and finishes what is under way; a second one ends at once.",
	  { { "Capture what goes to port 80 into a compressed log, until Ctrl-C:",
	      "replay --input-raw :80 --output-file requests.gor.zst" },
	    { "Send it to another server at twice the recorded speed:",
	      "replay --input-file requests.gor.zst --speed 2x --output-http http://127.0.0.1:8081" },
	    { "As fast as it answers, from a packet capture:",
	      "replay --input-file requests.pcap --speed max --output-http http://127.0.0.1:8081" },
	    { "Ten times the clients, from 100 to 1,000 requests a second within a minute and on for five:",
	      "replay --input-file requests.gor.zst --clone 10 --rate 100:1000:60s,1000:5m --loop --output-http http://127.0.0.1:8081" },
	    { "Shadow live traffic onto a test deployment, and keep it too:",
	      "replay --input-raw eth0:80 --output-http https://staging.example.com --output-file requests.gor.zst" },
	    { "Fail a CI job when the new build answers differently, or slower, and keep a page to read:",
	      "replay --input-file requests.gor.zst --output-http http://127.0.0.1:8081 --diff --diff-fail 0 --diff-latency 20% "
	      "--diff-report diff.html" } },
	  cmd_run },
	{ "info",
	  CMD_INFO,
	  "LOG... [OPTION...]",
	  "Tells what is in a log or a pcap capture: span, counts, endpoints, completeness, compression, its ledger.",
	  NULL,
	  { { "", "replay info requests.gor.zst" }, { "", "replay info --json requests.pcap" } },
	  cmd_info },
	{ "cat",
	  CMD_CAT,
	  "LOG... [OPTION...]",
	  "Shows the records of a log or a pcap capture, in time order.",
	  "Control characters and bytes that are no text are shown as escapes, so that a log cannot drive your terminal.",
	  { { "The first ten records:", "replay cat --limit 10 requests.gor.zst" },
	    { "Five seconds of it, bodies decoded, one JSON object a line:",
	      "replay cat --from +10s --to +15s --body --json requests.gor.zst" },
	    { "As a plain log on standard output:", "replay cat --raw requests.gor.zst" } },
	  cmd_cat },
	{ "convert",
	  CMD_CONVERT,
	  "IN... OUT [OPTION...]",
	  "Turns logs and captures into a log, as fast as it can.",
	  "IN is a log in any form, a pcap or pcapng capture (compressed with gzip or zstd, too), or - for standard input. Captures "
	  "that follow each other in time are read as one, in whatever order they are named. OUT's name says the form: .gor plain, .gz "
	  "gzip, any other the native compressed log; - writes plain records to standard output.",
	  { { "HTTP out of a packet capture:", "replay convert requests.pcap requests.gor.zst" },
	    { "Out of the files that tcpdump -C or dumpcap -b wrote:", "replay convert cap-*.pcap requests.gor.zst" },
	    { "Only what matters, as a plain log:", "replay convert --http-allow-url '^/api/' requests.gor.zst api.gor" },
	    { "From a pipe:", "tcpdump -i eth0 -w - port 80 | replay convert - requests.gor.zst" } },
	  cmd_convert },
	{ "diff",
	  CMD_DIFF,
	  "LOG [LOG] [OPTION...]",
	  "Compares the answers of two logs: recorded with replayed, or one run with another; of one log, its recorded responses with its "
	  "replayed ones.",
	  "The first log is the control, the second the candidate. Where a log has replayed answers these are taken, otherwise the "
	  "recorded ones.",
	  { { "What a run answered against what was recorded:", "replay diff requests.gor.zst answers.gor.zst" },
	    { "A page to read, and a status for CI:", "replay diff --diff-report diff.html --diff-fail 0 before.gor.zst after.gor.zst" },
	    { "One exchange in full:", "replay diff --show 5f1c2a9be07d4c3300000001 before.gor.zst after.gor.zst" } },
	  cmd_diff },
	{ "compare",
	  CMD_COMPARE,
	  "RUN1.json RUN2.json [OPTION...]",
	  "Tells which differences of two verdicts (--diff-report x.json) are new, which are fixed and which last.",
	  "One that is gone is fixed only where the later run would have seen it; hidden by a rule, no longer asked for and not compared "
	  "are told apart. The exit status is 3 when some are new.",
	  { { "", "replay compare yesterday.json today.json" } },
	  cmd_compare },
	{ "help",
	  CMD_HELP,
	  "[COMMAND] [OPTION...]",
	  "Explains a command; prints the manual page and completions for shells.",
	  NULL,
	  { { "", "replay help cat" },
	    { "", "replay help --man | man -l -" },
	    { "", "replay help --bash > /etc/bash_completion.d/replay" } },
	  cmd_help },
};
const size_t command_count = sizeof commands / sizeof *commands;

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int complain(const struct err *err)
{
	/* File names and URLs in a sentence may hold anything. */
	struct buf text;
	buf_init(&text, 8192);
	if (utf8_visible(&text, slice_str(err->text), false) == 0)
		(void)fprintf(stderr, "replay: %.*s\n", (int)text.len, (const char *)text.ptr);
	buf_release(&text);
	return err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
