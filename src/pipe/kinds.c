/* kinds: one row each. */
#include "pipe/kinds.h"

#include "output/out_null.h"
#include "output/out_stdout.h"
#include "pipe/run.h"

const struct input_kind input_kinds[] = {
	{ "input-raw", "[INTERFACE|ADDRESS]:PORTS", "Capture HTTP live: :80, eth0:80, 127.0.0.1:8000-8010,9000.",
	  offsetof(struct run_options, raw), in_raw_open },
	{ "input-file", "FILE[|SPEED%]",
	  "Read a log in any form, or a pcap or pcapng capture; several are merged by time, the files of a rotated capture read as one; - "
	  "is standard input.",
	  offsetof(struct run_options, file_in), in_file_open },
};
const size_t input_kind_count = sizeof input_kinds / sizeof *input_kinds;

const struct output_kind output_kinds[] = {
	{ "output-file", "FILE", "Keep messages in a log: .gor plain, .gz gzip, any other name the native compressed log.",
	  offsetof(struct run_options, file_out), false, out_file_open },
	{ "output-http", "URL", "Send requests to a target: http://, https://, unix:/path.", offsetof(struct run_options, http), true,
	  out_http_open },
	{ "output-http-baseline", "URL",
	  "A target that runs the version to compare with, asked the same; its answers are the control. Given twice, the second measures "
	  "noise.",
	  offsetof(struct run_options, http), true, out_baseline_open },
	{ "output-stdout", NULL, "Print messages as plain records.", 0, false, out_stdout_open },
	{ "output-null", NULL, "Count messages and let them go.", 0, false, out_null_open },
};
const size_t output_kind_count = sizeof output_kinds / sizeof *output_kinds;
