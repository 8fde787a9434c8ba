/* pcap_file: the packets of a capture file, one after the other: pcap in both byte orders, with micro- and nanoseconds, also in the modified
 * form with longer record heads; pcapng with several sections and interfaces, each with its own link type, resolution and offset. Any
 * of them may be compressed with gzip or zstd.
 *
 * Takes a descriptor (a file or a pipe); gives packets that lie in its own buffer, without a copy each. Trusts no length in the file: memory
 * grows only by bytes that have come. Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. */
#ifndef REPLAY_INPUT_PCAP_FILE_H
#define REPLAY_INPUT_PCAP_FILE_H

#include "base/err.h"
#include "model/packet.h"

/* A packet or block that claims to be longer is damage. */
#define PCAP_FILE_BLOCK_MAX ((size_t)64 << 20)

struct pcap_file;

/* Takes the descriptor (closes it, even when this fails). first: bytes that were read from it already, copied. name is for sentences.
 * NULL when out of memory; what the bytes are is told by the first pcap_file_next. */
struct pcap_file *pcap_file_open(int fd, struct slice first, const char *name, struct err *err);

enum pcap_read {
	PCAP_PACKET,  /* *out is one, its bytes valid until the next call */
	PCAP_END,     /* the file's end, between two packets */
	PCAP_CUT,     /* the file ends inside something: err says where; what came before stands */
	PCAP_DAMAGED, /* the bytes are no capture from there on: err says where and why */
	PCAP_FAIL,    /* it could not be read, or no memory */
};
/* Anything but a packet stays: it is given again. */
enum pcap_read pcap_file_next(struct pcap_file *f, struct packet *out, struct err *err);

uint64_t pcap_file_at(const struct pcap_file *f); /* bytes of the file used so far */
/* Packets that the program which wrote the file says it lost (pcapng's interface statistics). */
uint64_t pcap_file_dropped(const struct pcap_file *f);
void pcap_file_close(struct pcap_file *f);

#endif
