/* The reader over any file at all: first byte odd, in file order; next bit, a span of time. No crash, no memory beyond what bytes really
 * hold, an account that balances; and the same file twice gives the same records. */
#include "log/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool truth)
{
	if (!truth)
		abort();
}

static uint64_t read_all(const char *path, const struct log_reader_options *options)
{
	struct err err = { 0 };
	struct message *m;
	struct log_info info;
	uint64_t sum = 0, n = 0;
	struct log_reader *r = log_reader_open(path, options, &err);
	if (!r) {
		must(err.code != ERR_NONE && err.text[0]);
		return 0;
	}
	enum log_read end;
	while ((end = log_reader_next(r, &m, &err)) == LOG_READ_MESSAGE && n < 100000) {
		must(m->type >= MESSAGE_REQUEST && m->type <= MESSAGE_REPLAYED && m->id.len > 0);
		if (options->from_ns)
			must(m->ts_ns >= options->from_ns && m->ts_ns < options->to_ns);
		sum = sum * 31 + (uint64_t)m->ts_ns + m->data.len;
		n++;
		message_unref(m);
	}
	must(end != LOG_READ_FAIL || err.code != ERR_NONE);
	const uint64_t *c = log_reader_counts(r);
	must(c[LOG_READ_SEEN] == c[LOG_READ_GIVEN] + c[LOG_READ_OUTSIDE] + c[LOG_READ_DAMAGED_RECORDS]);
	must(c[LOG_READ_GIVEN] == n);
	log_reader_info(r, &info);
	(void)log_reader_progress(r);
	log_reader_close(r);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (write(fd, data + 1, size - 1) == (ssize_t)(size - 1)) {
		struct log_reader_options options = { .message_bytes = 1 << 20, .file_order = data[0] & 1 };
		if (data[0] & 2) {
			options.from_ns = 1000000000000000005LL;
			options.to_ns = 1000000000050000000LL;
		}
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		must(read_all(path, &options) == read_all(path, &options));
	}
	(void)close(fd);
	return 0;
}
