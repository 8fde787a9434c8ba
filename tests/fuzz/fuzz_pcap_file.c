/* fuzz_pcap_file: any bytes as a capture file, through decoding, reassembly and framing: no crash, and an account that balances. Read
 * twice, whole and with its beginning apart: the same messages. */
#include "input/capture.h"
#include "input/pcap_file.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_section(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	uint64_t total = 0, parts = 0;
	bool totals = false;
	(void)arg, (void)label;
	for (size_t i = 0; i < table->n; i++) {
		totals |= table->rows[i].kind == TALLY_TOTAL;
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	must(!totals || total == parts);
}

static void mix(uint64_t *digest, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*digest = (*digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
}

static void take(struct capture *c, uint64_t *digest)
{
	for (struct message *m; (m = capture_next(c));) {
		must(m->refs == 1 && m->data.len > 0 && m->latency_ns >= -1);
		mix(digest, &m->type, sizeof m->type);
		mix(digest, &m->flags, sizeof m->flags);
		mix(digest, m->id.hex, m->id.len);
		mix(digest, &m->ts_ns, sizeof m->ts_ns);
		mix(digest, m->data.ptr, m->data.len);
		message_unref(m);
	}
}

static uint64_t read_as(const uint8_t *data, size_t size, size_t first)
{
	const struct capture_options options = { .http = { .message_bytes = 1 << 16, .head_bytes = 1 << 14 },
		                                 .held_bytes = 1 << 18,
		                                 .flows = 64 };
	uint64_t digest = 0;
	struct packet p;
	struct err err = { 0 };
	struct tally_sink sink = { NULL, check_section };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data + first, size - first) == (ssize_t)(size - first) && lseek(fd, 0, SEEK_SET) == 0);
	struct pcap_file *f = pcap_file_open(fd, slice_of(data, first), "fuzz", &err);
	struct capture *c = capture_new(&options, NULL);
	must(f && c);
	enum pcap_read got;
	while ((got = pcap_file_next(f, &p, &err)) == PCAP_PACKET) {
		must(p.ts_ns >= 0);
		capture_push(c, &p);
		take(c, &digest);
	}
	must((got == PCAP_END) == (err.code == ERR_NONE));
	must(pcap_file_at(f) <= size && (got != PCAP_END || pcap_file_at(f) == size));
	capture_finish(c);
	take(c, &digest);
	capture_tally(c, &sink);
	capture_free(c);
	pcap_file_close(f);
	return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	must(read_as(data, size, 0) == read_as(data, size, size / 3));
	return 0;
}
