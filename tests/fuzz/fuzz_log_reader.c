/* The reader over any file at all. The first byte chooses: bit 0 in file order, bit 1 a span of time, bit 2 checksums of headers and index
 * made right first, so that what they guard is reached, bit 3 next to nothing held. No crash, no memory beyond what bytes really
 * hold, an account that balances; and the same file twice gives the same records. */
#include "log/frame.h"
#include "log/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

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

static void put_crc(uint8_t *at, const uint8_t *from, size_t n)
{
	uint32_t crc = (uint32_t)crc32_z(0, from, n);
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(crc >> 8 * i);
}

static void make_checksums_right(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + FRAME_HEADER_BYTES <= size; i++)
		if (frame_header_claimed(slice_of(bytes + i, size - i)))
			put_crc(bytes + i + FRAME_HEADER_BYTES - 4, bytes + i, FRAME_HEADER_BYTES - 4);
	for (size_t i = 0; i + FRAME_INDEX_TAIL <= size; i++) {
		uint64_t offset, length;
		size_t end = i + FRAME_INDEX_TAIL;
		if (frame_index_tail(slice_of(bytes + i, FRAME_INDEX_TAIL), &offset, &length) && length <= end)
			put_crc(bytes + end - 8, bytes + end - length, (size_t)length - 8);
	}
}

static bool store(int fd, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	if (!copy)
		return false;
	memcpy(copy, data, size);
	if (data[0] & 4)
		make_checksums_right(copy + 1, size - 1);
	bool stored = write(fd, copy + 1, size - 1) == (ssize_t)(size - 1);
	free(copy);
	return stored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0)
		return 0;
	if (store(fd, data, size)) {
		struct log_reader_options options = { .message_bytes = 1 << 20, .file_order = data[0] & 1 };
		if (data[0] & 2) {
			options.from_ns = 1000000000000000005LL;
			options.to_ns = 1000000000050000000LL;
		}
		if (data[0] & 8)
			options.held_bytes = 1;
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		must(read_all(path, &options) == read_all(path, &options));
	}
	(void)close(fd);
	return 0;
}
