/* options: every type, all spellings, every kind of mistake, and a table that is sound in itself. */
#include "cli/options.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define WORDS_MAX 12

static struct options o;
static struct err err;

static void set_up(void)
{
	options_init(&o);
	err = (struct err){ .code = ERR_NONE };
}

static void tear_down(void)
{
	options_release(&o);
}

TestSuite(options, .init = set_up, .fini = tear_down);

/* Words parted by blanks; static, since options keep pointers into them. */
static int parse(enum command_bit command, const char *line)
{
	static char words[WORDS_MAX][128];
	char *argv[WORDS_MAX];
	int argc = 0;
	for (const char *at = line; *at && argc < WORDS_MAX; argc++) {
		size_t n = strcspn(at, " ");
		memcpy(words[argc], at, n);
		words[argc][n] = 0;
		argv[argc] = words[argc];
		at += n;
		at += strspn(at, " ");
	}
	return options_parse(&o, command, argc, argv, &err);
}

Test(options, rows_are_sound)
{
	struct option_row row, other;
	size_t n = 0;
	for (; option_row_at(n, &row); n++) {
		cr_assert(row.name && row.name[0] && row.name[0] != '-', "row %zu", n);
		cr_assert(row.help && row.help[0], "--%s has no help", row.name);
		cr_assert_eq(row.help[strlen(row.help) - 1], '.', "--%s: its help is no sentence", row.name);
		cr_assert(row.commands != 0);
		cr_assert_eq(option_takes_value(&row), row.argument != NULL, "--%s", row.name);
		cr_assert(row.at < sizeof(struct options));
		cr_assert(strlen(row.name) < 60);
		for (size_t i = 0; i < n; i++) {
			cr_assert(option_row_at(i, &other));
			cr_assert(strcmp(row.name, other.name) != 0 || !(row.commands & other.commands), "--%s is there twice", row.name);
		}
	}
	cr_assert(n > 30);
	for (int g = 0; g < GROUPS; g++)
		cr_assert_not_null(option_group_titles[g]);
}

Test(options, every_row_takes_its_type)
{
	static const char *const good[] = {
		[OPTION_BOOL] = "true",     [OPTION_BOOL_OFF] = "true", [OPTION_ON_OFF] = "off", [OPTION_DURATION] = "1m30s",
		[OPTION_SIZE] = "64kb",     [OPTION_COUNT] = "7",       [OPTION_SPEED] = "2x",   [OPTION_TEXT] = "text",
		[OPTION_RATE] = "10:20:3s", [OPTION_LOOPS] = "3",       [OPTION_LIST] = "text",  [OPTION_ADDRESSES] = "a",
		[OPTION_PRESENCE] = "true",
	};
	static const char *const bad[] = {
		[OPTION_BOOL] = "maybe", [OPTION_BOOL_OFF] = "2", [OPTION_ON_OFF] = "",    [OPTION_DURATION] = "5", [OPTION_SIZE] = "5zb",
		[OPTION_COUNT] = "-1",   [OPTION_SPEED] = "x",    [OPTION_TEXT] = "",      [OPTION_RATE] = "10:20", [OPTION_LOOPS] = "x",
		[OPTION_LIST] = NULL,    [OPTION_ADDRESSES] = "", [OPTION_PRESENCE] = "?",
	};
	struct option_row row;
	for (size_t i = 0; option_row_at(i, &row); i++) {
		for (unsigned bit = 1; bit <= CMD_HELP; bit <<= 1) {
			char line[128];
			if (!(row.commands & bit))
				continue;
			(void)snprintf(line, sizeof line, "--%s=%s", row.name, good[row.type]);
			cr_assert_eq(parse((enum command_bit)bit, line), 0, "%s: %s", line, err.text);
			if (!bad[row.type])
				continue;
			(void)snprintf(line, sizeof line, "--%s=%s", row.name, bad[row.type]);
			cr_assert_eq(parse((enum command_bit)bit, line), ERR_USAGE, "%s", line);
			cr_assert(strstr(err.text, row.name), "%s", err.text);
			err = (struct err){ .code = ERR_NONE };
		}
	}
}

/* The number behind it is taken where one stands there; GoReplay's is a boolean. */
Test(options, loops_with_and_without_a_number)
{
	static const struct {
		const char *line;
		uint64_t loops;
		size_t operands;
	} cases[] = {
		{ "--input-file-loop", LOOPS_FOREVER, 0 },
		{ "--loop", LOOPS_FOREVER, 0 },
		{ "--loop 3", 3, 0 },
		{ "--input-file-loop --limit 4", LOOPS_FOREVER, 0 },
		{ "--loop=5", 5, 0 },
		{ "--loop=false", 1, 0 },
		{ "--loop=true", LOOPS_FOREVER, 0 },
		{ "--loop file", LOOPS_FOREVER, 1 },
		{ "--loop 3 4", 3, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(parse(CMD_RUN, cases[i].line), 0, "%s: %s", cases[i].line, err.text);
		cr_expect_eq(o.run.file_in.loops, cases[i].loops, "%s", cases[i].line);
		cr_expect_eq(o.operands.n, cases[i].operands, "%s", cases[i].line);
		options_release(&o);
	}
	cr_expect_eq(parse(CMD_RUN, "--loop 0"), ERR_USAGE);
}

Test(options, spellings)
{
	static const char *const lines[] = {
		"--exit-after 1m30s --http-original-host",
		"-exit-after 1m30s -http-original-host",
		"--exit-after=1m30s --http-original-host=true",
		"-exit-after=90s -http-original-host=1",
		"--exit-after 5s --http-original-host=false --exit-after 90s --http-original-host",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		cr_assert_eq(parse(CMD_RUN, lines[i]), 0, "%s: %s", lines[i], err.text);
		cr_assert_eq(o.run.exit_after_ns, 90000000000LL, "%s", lines[i]);
		cr_assert(o.run.http.original_host, "%s", lines[i]);
		cr_assert_eq(o.operands.n, 0);
		options_release(&o);
	}
}

Test(options, values_land_where_they_belong)
{
	cr_assert_eq(parse(CMD_RUN, "--copy-buffer-size 5mb --input-raw-track-response=false --output-http-lanes off --speed 200% "
	                            "--input-raw-buffer-size 1GB"),
	             0);
	cr_assert_eq(o.run.raw.capture.http.message_bytes, 5u << 20);
	cr_assert_eq(o.run.file_in.source.capture.http.message_bytes, 5u << 20, "what holds for a capture holds for a pcap file");
	cr_assert(o.run.raw.capture.skip_responses && o.run.file_in.source.capture.skip_responses);
	cr_assert(o.run.http.no_lanes);
	cr_assert_float_eq(o.run.file_in.speed, 2, 1e-12);
	cr_assert_eq(o.run.raw.buffer_bytes, 1u << 30);
	cr_assert_eq(parse(CMD_RUN, "--output-http-lanes=on --input-raw-track-response --speed max"), 0);
	cr_assert_not(o.run.http.no_lanes);
	cr_assert_not(o.run.raw.capture.skip_responses);
	cr_assert(o.run.file_in.max);
	cr_assert(o.run.raw.max, "a capture file given as --input-raw has the pace of any file");
	cr_assert_eq(parse(CMD_RUN, "--input-raw-vxlan-vni -7 --input-raw-vxlan-vni=8 --input-raw-vlan-vid 5"), 0);
	cr_assert_eq(o.run.raw.vxlan_vni.n, 2);
	cr_assert_str_eq(o.run.raw.vxlan_vni.text[0], "-7");
	cr_assert_eq(o.run.raw.vlan_vid.n, 1);
}

Test(options, lists_and_addresses_gather)
{
	cr_assert_eq(parse(CMD_RUN, "--output-http a --output-http=b --output-stdout --output-stdout --http-allow-method GET "
	                            "--http-allow-method PUT --http-allow-method X"),
	             0);
	struct addresses *http = options_output(&o, "output-http"), *to_stdout = options_output(&o, "output-stdout");
	cr_assert_eq(http->n, 2);
	cr_assert_str_eq(http->text[0], "a");
	cr_assert_str_eq(http->text[1], "b");
	cr_assert_eq(to_stdout->n, 1, "an output without an address is there once");
	cr_assert_str_eq(to_stdout->text[0], "");
	cr_assert_eq(o.run.filters.allow_method.n, 3);
	cr_assert_str_eq(o.run.filters.allow_method.text[2], "X");
	cr_assert_eq(parse(CMD_RUN, "--output-stdout=false"), 0);
	cr_assert_eq(to_stdout->n, 0);
	cr_assert_null(options_input(&o, "output-http"));
}

Test(options, operands)
{
	cr_assert_eq(parse(CMD_CAT, "a --limit 3 - --json -- --raw -x"), 0);
	static const char *const operands[] = { "a", "-", "--raw", "-x" };
	cr_assert_eq(o.operands.n, 4);
	for (size_t i = 0; i < 4; i++)
		cr_assert_str_eq(o.operands.text[i], operands[i]);
	cr_assert(o.json && !o.raw);
	cr_assert_eq(o.limit, 3);
}

Test(options, mistakes_are_one_sentence)
{
	static const struct {
		enum command_bit command;
		const char *line, *sentence;
	} rows[] = {
		{ CMD_RUN, "--output-htpt x", "there is no option --output-htpt: did you mean --output-http?" },
		{ CMD_RUN, "-sped 2x", "there is no option --sped: did you mean --speed?" },
		{ CMD_RUN, "--frobnicate-the-widget", "there is no option --frobnicate-the-widget: see --help" },
		{ CMD_RUN, "--middleware cat", "--middleware: known from GoReplay, not supported by this version" },
		{ CMD_RUN, "--kafka-tls-ca-cert x", "--kafka-tls-ca-cert: known from GoReplay, not supported by this version" },
		{ CMD_CAT, "--speed 2x", "--speed is no option of this command: see --help" },
		{ CMD_RUN, "--exit-after", "--exit-after needs a value: DURATION" },
		{ CMD_RUN, "--exit-after soon", "--exit-after: 'soon' will not do, it takes a duration like 500ms, 2s or 1m30s" },
		{ CMD_RUN, "--exit-after=", "--exit-after: '' will not do, it takes a duration like 500ms, 2s or 1m30s" },
		{ CMD_RUN, "--output-http-queue-len 99999999999999999999", "--output-http-queue-len: '99999999999999999999' is too large" },
		{ CMD_RUN, "--output-http-queue-len 0", "--output-http-queue-len: '0' is too small" },
		{ CMD_RUN, "--=x", "'--=x' is no option: see --help" },
		{ CMD_RUN, "--quiet=perhaps", "--quiet: 'perhaps' will not do, it takes true or false" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		err = (struct err){ .code = ERR_NONE };
		cr_assert_eq(parse(rows[i].command, rows[i].line), ERR_USAGE, "%s", rows[i].line);
		cr_assert_str_eq(err.text, rows[i].sentence);
	}
}

Test(options, a_very_long_word_is_refused)
{
	char word[4096];
	memset(word, 'x', sizeof word);
	memcpy(word, "--", 2);
	word[sizeof word - 1] = 0;
	char *argv[] = { word };
	cr_assert_eq(options_parse(&o, CMD_RUN, 1, argv, &err), ERR_USAGE);
	cr_assert(strlen(err.text) < 200);
}

Test(options, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		options_init(&o);
		err = (struct err){ .code = ERR_NONE };
		alloc_fail_at(n);
		int r = parse(CMD_RUN,
		              "--output-http a --output-http b --output-http c --http-allow-url x --input-raw-vxlan-vni -5 --output-null");
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		options_release(&o);
		if (!failed)
			break;
	}
}
