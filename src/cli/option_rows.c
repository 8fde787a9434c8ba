/* option_rows: the table of options. An option is one row; an input's or output's own flag comes from pipe/kinds.h. */
#include "cli/options.h"

#define AT(member) offsetof(struct options, member)

/* Sets of commands. */
enum {
	ALL = CMD_RUN | CMD_CONVERT | CMD_INFO | CMD_CAT | CMD_DIFF | CMD_COMPARE | CMD_HELP,
	READS = CMD_RUN | CMD_CONVERT | CMD_INFO | CMD_CAT | CMD_DIFF,
	COMPARES = CMD_RUN | CMD_DIFF,
	RUNS = CMD_RUN | CMD_CONVERT,
};

const char *const option_group_titles[GROUPS] = {
	[GROUP_INPUT] = "Inputs",       [GROUP_OUTPUT] = "Outputs",
	[GROUP_PACE] = "Pace and end",  [GROUP_HTTP] = "Targets (--output-http)",
	[GROUP_DIFF] = "Difference",    [GROUP_FILTER] = "Filters",
	[GROUP_FILE] = "Files",         [GROUP_CAPTURE] = "Capture (--input-raw, and pcap files)",
	[GROUP_SHOW] = "What is shown", [GROUP_GENERAL] = "General",
};

static const struct option_row rows[] = {
	{ "speed", OPTION_SPEED, GROUP_PACE, CMD_RUN, AT(run.file_in), "SPEED", "1x", 0,
	  "Replays files at that speed: 2x, 0.5x, 200%, or max for as fast as the outputs take it." },
	{ "max-lateness", OPTION_DURATION, GROUP_PACE, CMD_RUN, AT(run.http.max_lateness_ns), "DURATION", "10ms", 1,
	  "The schedule counts as held while 99% of the requests leave no later than this; when given, a schedule not held is exit status "
	  "5." },
	{ "rate", OPTION_RATE, GROUP_PACE, CMD_RUN, AT(run.file_in.rate), "RATE[,...]", NULL, 0,
	  "Sends files' requests at that rate a second in recorded order, whatever their times were, and drops none; or in stages "
	  "FROM:TO:DURATION "
	  "behind commas, like 100:1000:60s,1000:1000:5m, each a straight line; the run ends with the last." },
	{ "input-file-loop", OPTION_LOOPS, GROUP_PACE, CMD_RUN, AT(run.file_in.loops), "[N]", "1", 1,
	  "Goes through the input files N times over; without N for ever." },
	{ "loop", OPTION_LOOPS, GROUP_PACE, CMD_RUN, AT(run.file_in.loops), "[N]", "1", 1, "The same as --input-file-loop." },
	{ "input-file-max-wait", OPTION_DURATION, GROUP_PACE, CMD_RUN, AT(run.file_in.max_wait_ns), "DURATION", "as recorded", 1,
	  "A longer pause between two messages is cut to this, and all that follows comes that much earlier." },
	{ "input-file-read-depth", OPTION_COUNT, GROUP_PACE, CMD_RUN, AT(accepted_count), "N", NULL, 0,
	  "Taken for GoReplay's sake, changes nothing: files are always merged by time." },
	{ "input-file-dry-run", OPTION_BOOL, GROUP_PACE, CMD_RUN, AT(dry_run), NULL, NULL, 0,
	  "Tells what would be sent, how long it would take and at what rate, and sends nothing." },
	{ "limit", OPTION_COUNT, GROUP_PACE, CMD_RUN, AT(run.file_in.requests_max), "N", "all", 1, "Ends after N requests of the files." },
	{ "start-at", OPTION_TEXT, GROUP_PACE, CMD_RUN, AT(start_at), "TIME", "at once", 0,
	  "Begins the files' schedule at that time, written as for --from, or +10s from now: so several machines begin together." },
	{ "clone", OPTION_COUNT, GROUP_PACE, CMD_RUN, AT(run.file_in.copies), "K", "1", 1,
	  "Plays each recorded client K times over, as clients of their own; --rate and --limit count them all." },
	{ "clone-spread", OPTION_DURATION, GROUP_PACE, CMD_RUN, AT(run.file_in.copies_spread_ns), "DURATION", "0s", 0,
	  "Starts those copies evenly over that time instead of together." },
	{ "exit-after", OPTION_DURATION, GROUP_PACE, CMD_RUN, AT(run.exit_after_ns), "DURATION", "never", 0,
	  "Stops reading after that time, then finishes as at the end of a file." },

	{ "http-original-host", OPTION_BOOL, GROUP_HTTP, CMD_RUN, AT(run.http.original_host), NULL, NULL, 0,
	  "Keeps the recorded Host field instead of naming the target in it." },
	{ "output-http-timeout", OPTION_DURATION, GROUP_HTTP, CMD_RUN, AT(run.http.timeout_ns), "DURATION", "5s", 1,
	  "How long to wait for a connection, and for an answer." },
	{ "output-http-workers", OPTION_COUNT, GROUP_HTTP, CMD_RUN, AT(run.http.workers), "N", "one per recorded client", 0,
	  "Connections to a target at most." },
	{ "output-http-queue-len", OPTION_COUNT, GROUP_HTTP, CMD_RUN, AT(run.http.queue_len), "N", "1000", 1,
	  "Requests that may wait for a target: then files wait too, and a live capture's requests are dropped for that target and "
	  "counted." },
	{ "output-http-lanes", OPTION_ON_OFF, GROUP_HTTP, CMD_RUN, AT(run.http.no_lanes), "on|off", "on", 0,
	  "Sends each recorded client's requests in order over a connection of their own; off: any free connection." },
	{ "output-http-track-response", OPTION_BOOL, GROUP_HTTP, CMD_RUN, AT(run.http.track_response), NULL, NULL, 0,
	  "Keeps the targets' answers too, as replayed messages in the logs and on standard output." },
	{ "output-http-stats", OPTION_BOOL, GROUP_HTTP, CMD_RUN, AT(run.http.stats), NULL, NULL, 0,
	  "Tells rate, response times and failures of each target in a line every 5 seconds." },
	{ "output-http-stats-ms", OPTION_COUNT, GROUP_HTTP, CMD_RUN, AT(run.http.stats_ms), "N", "5000", 1,
	  "Milliseconds between two lines of --output-http-stats." },
	{ "carry", OPTION_LIST, GROUP_HTTP, CMD_RUN, AT(run.http.carry), "RULE", NULL, 0,
	  "Where a target answers with another value than the recording has, later requests get the target's: cookie, location, "
	  "header:NAME, or "
	  "json:FIELD; may be given again. Values of 6 bytes and more are replaced in URL, fields and body; cookies by their name." },
	{ "output-http-skip-verify", OPTION_BOOL, GROUP_HTTP, CMD_RUN, AT(run.http.reach.skip_verify), NULL, NULL, 0,
	  "Accepts any TLS certificate." },
	{ "output-http-ca", OPTION_TEXT, GROUP_HTTP, CMD_RUN, AT(run.http.reach.ca_file), "FILE", "the system's", 0,
	  "TLS: the certificates (PEM) to trust instead of the system's." },
	{ "output-http-cert", OPTION_TEXT, GROUP_HTTP, CMD_RUN, AT(run.http.reach.cert_file), "FILE", NULL, 0,
	  "TLS: the client certificate (PEM) to show." },
	{ "output-http-key", OPTION_TEXT, GROUP_HTTP, CMD_RUN, AT(run.http.reach.key_file), "FILE", "in --output-http-cert's file", 0,
	  "TLS: the client certificate's key (PEM)." },
	{ "output-http-proxy", OPTION_TEXT, GROUP_HTTP, CMD_RUN, AT(run.http.reach.proxy), "URL", NULL, 0,
	  "Reaches targets through that proxy, http:// or socks5:// among others, by a tunnel (CONNECT), so that bytes stay as they are. "
	  "The "
	  "environment's proxies are never used." },
	{ "output-http-resolve", OPTION_LIST, GROUP_HTTP, CMD_RUN, AT(run.http.reach.resolve), "HOST:PORT:ADDRESS", NULL, 0,
	  "Takes that address for that host and port instead of looking it up; more addresses behind commas are used in turn. May be given "
	  "again." },
	{ "output-http-version", OPTION_TEXT, GROUP_HTTP, CMD_RUN, AT(run.http.version), "VERSION", "1.1", 0,
	  "HTTP's version, 1.1 or 2. With 2 requests are said anew: the same method, target, fields and content, without what belongs to "
	  "an HTTP/1.1 connection, and clients share connections." },
	{ "output-http-redirects", OPTION_COUNT, GROUP_HTTP, CMD_RUN, AT(run.http.redirects), "N", "0", 0,
	  "Follows a redirect (301, 302, 303, 307, 308) up to N times behind each request, on its connection, before its client's next "
	  "one; the "
	  "last answer counts. Only where it leads to the same scheme, host and port as the target: others are counted, and load goes "
	  "nowhere "
	  "else. The recorded client's own next request is in the recording all the same." },
	{ "output-http-pipeline", OPTION_BOOL, GROUP_HTTP, CMD_RUN, AT(run.http.pipeline), NULL, NULL, 0,
	  "Sends a recorded client's requests when they are due, up to 16 of them before the first is answered; otherwise each waits for "
	  "the "
	  "answer before it." },

	{ "diff", OPTION_BOOL, GROUP_DIFF, CMD_RUN, AT(diff.on), NULL, NULL, 0,
	  "Compares what --output-http answers with the recorded responses, or with what --output-http-baseline answers, and tells the "
	  "differences that are no "
	  "noise. Each option of this group asks for it too." },
	{ "diff-report", OPTION_LIST, GROUP_DIFF, COMPARES, AT(diff.reports), "FILE", NULL, 0,
	  "Writes the verdict there: a page for a browser (.html), JSON (.json) or JUnit's XML (.xml); may be given again." },
	{ "diff-fail", OPTION_TEXT, GROUP_DIFF, COMPARES, AT(diff.fail), "SHARE", "never", 0,
	  "When a larger share of the compared exchanges is different (1%; 0: any finding), the exit status is 3." },
	{ "diff-ignore", OPTION_LIST, GROUP_DIFF, COMPARES, AT(diff.ignore), "RULE", NULL, 0,
	  "What is no difference, like 'GET /api/*: $.meta.timestamp', header:ETag or '$.items order'; may be given again." },
	{ "diff-rules", OPTION_LIST, GROUP_DIFF, COMPARES, AT(diff.rule_files), "FILE", NULL, 0,
	  "Reads such rules from a file, one a line; may be given again." },
	{ "diff-learn", OPTION_TEXT, GROUP_DIFF, CMD_RUN, AT(diff.learn), "FILE", NULL, 0,
	  "--output-http runs the version that was recorded, or --output-http-baseline's: asks it twice, and writes there as rules what "
	  "differs all the same, to "
	  "be reviewed and given to --diff-rules." },
	{ "diff-confirm", OPTION_COUNT, GROUP_DIFF, CMD_RUN, AT(diff.confirm), "K", "0", 0,
	  "Sends a few requests of each difference K times more to all targets, safe methods only, to tell what comes back each time from "
	  "what does not." },
	{ "diff-latency", OPTION_TEXT, GROUP_DIFF, COMPARES, AT(diff.latency), "SHARE", "never", 0,
	  "An endpoint whose median response time is larger by more than that (20%), and by more than 1ms, is a finding." },
	{ "expect", OPTION_LIST, GROUP_DIFF, COMPARES, AT(diff.expect_files), "FILE", NULL, 0,
	  "Reads what each endpoint's answers must hold, one rule a line: 'GET /api/*: status 2xx', 'require $.id', 'latency p99 < 200ms'; "
	  "a broken one is a "
	  "finding." },
	{ "endpoint", OPTION_LIST, GROUP_DIFF, COMPARES, AT(diff.endpoints), "PATTERN", NULL, 0,
	  "Names endpoints, like /shop/{name}/items/*, before numbers, UUIDs and tokens in paths fold to {id}; may be given again." },
	{ "diff-all-headers", OPTION_BOOL, GROUP_DIFF, COMPARES, AT(diff.all_headers), NULL, NULL, 0,
	  "Compares Date, ETag, Server and the other volatile header fields too." },
	{ "diff-timestamps", OPTION_BOOL, GROUP_DIFF, COMPARES, AT(diff.timestamps), NULL, NULL, 0,
	  "Compares time stamps too that name the moment of their own answer, within 10 seconds." },
	{ "diff-relative", OPTION_TEXT, GROUP_DIFF, COMPARES, AT(diff.relative), "SHARE", "20%", 0,
	  "A finding's rate is above the noise at its place by that share of it (Diffy's relative threshold)." },
	{ "diff-absolute", OPTION_TEXT, GROUP_DIFF, COMPARES, AT(diff.absolute), "SHARE", "0.03%", 0,
	  "And by that share of the endpoint's exchanges (Diffy's absolute threshold)." },
	{ "diff-seed", OPTION_COUNT, GROUP_DIFF, COMPARES, AT(diff.seed), "N", "1", 0, "Draws other examples." },
	{ "by", OPTION_TEXT, GROUP_DIFF, CMD_DIFF, AT(diff.by), "id|request", "id, where they meet", 0,
	  "How exchanges of two logs are joined: by their ids, or by method, URL and content." },
	{ "control", OPTION_TEXT, GROUP_DIFF, CMD_DIFF, AT(diff.control), "recorded|replayed[:N]", "by what the first log has", 0,
	  "Which answers of the first log to compare: those recorded, or of target N (from 0; the first that is there)." },
	{ "candidate", OPTION_TEXT, GROUP_DIFF, CMD_DIFF, AT(diff.candidate), "recorded|replayed[:N]", "by what the second log has", 0,
	  "Which answers of the second log." },
	{ "show", OPTION_TEXT, GROUP_DIFF, CMD_DIFF, AT(diff.show), "ID", NULL, 0,
	  "Shows that exchange: the request, both answers, what differs, a curl command; and writes it as a log of its own, ID.gor." },

	{ "http-allow-method", OPTION_LIST, GROUP_FILTER, RUNS, AT(run.filters.allow_method), "METHOD", NULL, 0,
	  "Keeps requests with this method only, and their responses; may be given again for more." },
	{ "http-allow-url", OPTION_LIST, GROUP_FILTER, RUNS, AT(run.filters.allow_url), "REGEX", NULL, 0,
	  "Keeps requests whose path and query match; may be given again: any of them." },
	{ "http-disallow-url", OPTION_LIST, GROUP_FILTER, RUNS, AT(run.filters.disallow_url), "REGEX", NULL, 0,
	  "Drops requests whose path and query match; may be given again." },

	{ "from", OPTION_TEXT, GROUP_FILE, READS, AT(from), "TIME", NULL, 0,
	  "Reads files from that time on: 2024-05-06T07:08:09Z (UTC where no zone stands), Unix time, or +10s from the first message." },
	{ "to", OPTION_TEXT, GROUP_FILE, READS, AT(to), "TIME", NULL, 0,
	  "Reads files up to, and without, that time; written as for --from." },
	{ "output-file-append", OPTION_BOOL, GROUP_FILE, CMD_RUN, AT(run.file_out.append), NULL, NULL, 0,
	  "Goes on behind what the log holds already; without it an existing file is an error." },
	{ "append", OPTION_BOOL, GROUP_FILE, CMD_CONVERT, AT(run.file_out.append), NULL, NULL, 0,
	  "Goes on behind what OUT holds already; without it an existing file is an error." },
	{ "output-file-flush-interval", OPTION_DURATION, GROUP_FILE, RUNS, AT(run.file_out.flush_interval_ns), "DURATION", "1s", 1,
	  "What a crash may cost at most: a frame is closed after that time." },

	{ "input-raw-engine", OPTION_TEXT, GROUP_CAPTURE, CMD_RUN, AT(run.raw.engine), "ENGINE", "libpcap", 0,
	  "Where --input-raw takes packets from: libpcap; pcap_file, then the address is FILE:PORTS and only connections with these ports "
	  "are read; vxlan, a UDP listener for mirrored traffic at the address's host part. raw_socket means libpcap." },
	{ "input-raw-protocol", OPTION_TEXT, GROUP_CAPTURE, CMD_RUN, AT(run.raw.protocol), "NAME", "http", 0,
	  "Taken for GoReplay's sake: http is the only protocol." },
	{ "input-raw-bpf-filter", OPTION_TEXT, GROUP_CAPTURE, CMD_RUN, AT(run.raw.bpf_filter), "FILTER", NULL, 0,
	  "A pcap filter, in addition to the one made from the addresses." },
	{ "input-raw-track-response", OPTION_BOOL_OFF, GROUP_CAPTURE, READS, AT(run.raw.capture.skip_responses), NULL, "true", 0,
	  "Records responses too; =false leaves them out." },
	{ "input-raw-realip-header", OPTION_TEXT, GROUP_CAPTURE, READS, AT(run.raw.capture.realip_header), "NAME", NULL, 0,
	  "Adds a field of that name with the client's address to each request that has none; such a request is no longer byte for byte as "
	  "it was." },
	{ "input-raw-expire", OPTION_DURATION, GROUP_CAPTURE, READS, AT(run.raw.capture.expire_ns), "DURATION", "2s", 1,
	  "How long a hole in a stream may wait for its bytes, in packet time; then the message is flagged." },
	{ "copy-buffer-size", OPTION_SIZE, GROUP_CAPTURE, READS, AT(run.raw.capture.http.message_bytes), "SIZE", "64mb", 1,
	  "A longer message is cut there and flagged." },
	{ "input-raw-buffer-size", OPTION_SIZE, GROUP_CAPTURE, CMD_RUN, AT(run.raw.buffer_bytes), "SIZE", "64mb", 1,
	  "The kernel's packet buffer." },
	{ "input-raw-buffer-timeout", OPTION_DURATION, GROUP_CAPTURE, CMD_RUN, AT(run.raw.buffer_timeout_ns), "DURATION", "5ms", 1,
	  "The kernel hands packets over at the latest after that time." },
	{ "input-raw-snaplen", OPTION_SIZE, GROUP_CAPTURE, CMD_RUN, AT(run.raw.snaplen), "SIZE", "256kb", 64, "Bytes kept of a packet." },
	{ "input-raw-timestamp-type", OPTION_TEXT, GROUP_CAPTURE, CMD_RUN, AT(run.raw.timestamp_type), "NAME", "host", 0,
	  "Whose clock stamps the packets: host, adapter and the others of man pcap-tstamp." },
	{ "input-raw-vlan", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(accepted), NULL, NULL, 0,
	  "Taken for GoReplay's sake, changes nothing: VLAN tags are always looked through." },
	{ "input-raw-vlan-vid", OPTION_LIST, GROUP_CAPTURE, CMD_RUN, AT(run.raw.vlan_vid), "N", NULL, 0,
	  "Captures that VLAN only, by the innermost tag; may be given again for more." },
	{ "input-raw-ignore-interface", OPTION_LIST, GROUP_CAPTURE, CMD_RUN, AT(run.raw.ignore_interface), "NAME", NULL, 0,
	  "Leaves that interface out where all are captured; may be given again." },
	{ "input-raw-vxlan-port", OPTION_COUNT, GROUP_CAPTURE, CMD_RUN, AT(run.raw.vxlan_port), "PORT", "4789", 1,
	  "The UDP port of --input-raw-engine vxlan." },
	{ "input-raw-vxlan-vni", OPTION_LIST, GROUP_CAPTURE, CMD_RUN, AT(run.raw.vxlan_vni), "N", NULL, 0,
	  "Reads that VXLAN network only, or all but N where -N is given; may be given again." },
	{ "input-raw-override-snaplen", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(accepted), NULL, NULL, 0,
	  "Taken for GoReplay's sake, changes nothing: packets are always captured whole." },
	{ "input-raw-promisc", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(run.raw.promisc), NULL, NULL, 0,
	  "Captures packets to other machines too (a mirror port)." },
	{ "input-raw-monitor", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(run.raw.monitor), NULL, NULL, 0,
	  "Puts a wireless interface into monitor mode." },
	{ "input-raw-stats", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(run.raw.stats), NULL, NULL, 0,
	  "Tells packets, drops and messages every 5 seconds; the summary has them in any case." },
	{ "input-raw-allow-incomplete", OPTION_BOOL, GROUP_CAPTURE, CMD_RUN, AT(run.http.send_incomplete), NULL, NULL, 0,
	  "Sends requests to targets too that miss bytes; logs have them always, flagged." },

	{ "json", OPTION_BOOL, GROUP_SHOW, READS | CMD_COMPARE, AT(json), NULL, NULL, 0, "Prints JSON on standard output." },
	{ "body", OPTION_BOOL, GROUP_SHOW, CMD_CAT, AT(body), NULL, NULL, 0,
	  "Shows bodies whole, without their chunking and compression." },
	{ "raw", OPTION_BOOL, GROUP_SHOW, CMD_CAT, AT(raw), NULL, NULL, 0, "Prints the records as a plain log has them, unescaped." },
	{ "limit", OPTION_COUNT, GROUP_SHOW, CMD_CAT, AT(limit), "N", "all", 1, "Stops after N records." },
	{ "man", OPTION_BOOL, GROUP_SHOW, CMD_HELP, AT(man), NULL, NULL, 0, "Prints the manual page, for man -l." },
	{ "bash", OPTION_BOOL, GROUP_SHOW, CMD_HELP, AT(bash), NULL, NULL, 0, "Prints the completions for bash." },
	{ "zsh", OPTION_BOOL, GROUP_SHOW, CMD_HELP, AT(zsh), NULL, NULL, 0, "Prints the completions for zsh." },
	{ "fish", OPTION_BOOL, GROUP_SHOW, CMD_HELP, AT(fish), NULL, NULL, 0, "Prints the completions for fish." },

	{ "ledger", OPTION_TEXT, GROUP_GENERAL, RUNS, AT(ledger_path), "FILE", NULL, 0,
	  "Writes the summary with the ledger there as JSON, also when the run failed." },
	{ "threads", OPTION_COUNT, GROUP_GENERAL, CMD_RUN, AT(run.threads), "N", "1", 1,
	  "Splits the connections among so many threads, each with a capture buffer of its own; one connection stays with one thread. Each "
	  "thread reads a file whole: live captures and targets gain. Standard output then has an order within connections only." },
	{ "report", OPTION_TEXT, GROUP_GENERAL, CMD_RUN, AT(report_path), "FILE", NULL, 0,
	  "Writes there as JSON all that --ledger has, and for each target its endpoints and a series over time." },
	{ "max-loss", OPTION_TEXT, GROUP_GENERAL, RUNS, AT(max_loss), "SHARE", "any", 0,
	  "When more than that is lost in any section of the ledger (0.1%, or 0: anything), the exit status is 4." },
	{ "user", OPTION_TEXT, GROUP_GENERAL, CMD_RUN, AT(run.user), "NAME", "who called sudo", 0,
	  "Whom to become once the capture is open." },
	{ "quiet", OPTION_BOOL, GROUP_GENERAL, READS, AT(quiet), NULL, NULL, 0, "Says nothing on standard error but why it failed." },
	{ "verbose", OPTION_COUNT, GROUP_GENERAL, READS, AT(verbose), "N", "0", 0, "Tells more: 1 what happens, 2 details." },
	{ "help", OPTION_BOOL, GROUP_GENERAL, ALL, AT(help), NULL, NULL, 0, "Prints this help." },
	{ "version", OPTION_BOOL, GROUP_GENERAL, ALL, AT(version), NULL, NULL, 0, "Prints the version." },
};

static const size_t row_count = sizeof rows / sizeof *rows;

bool option_row_at(size_t n, struct option_row *out)
{
	if (n < input_kind_count) {
		const struct input_kind *k = &input_kinds[n];
		*out = (struct option_row){ .name = k->flag,
			                    .type = OPTION_ADDRESSES,
			                    .group = GROUP_INPUT,
			                    .commands = CMD_RUN,
			                    .at = AT(run.inputs) + n * sizeof(struct addresses),
			                    .argument = k->argument,
			                    .help = k->help };
		return true;
	}
	n -= input_kind_count;
	if (n < output_kind_count) {
		const struct output_kind *k = &output_kinds[n];
		*out = (struct option_row){ .name = k->flag,
			                    .type = k->argument ? OPTION_ADDRESSES : OPTION_PRESENCE,
			                    .group = GROUP_OUTPUT,
			                    .commands = CMD_RUN,
			                    .at = AT(run.outputs) + n * sizeof(struct addresses),
			                    .argument = k->argument,
			                    .help = k->help };
		return true;
	}
	n -= output_kind_count;
	if (n >= row_count)
		return false;
	*out = rows[n];
	return true;
}
