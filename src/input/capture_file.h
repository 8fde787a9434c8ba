/* capture_file: the messages of a pcap or pcapng file, or of several that one writer wrote in turn, in the order in which they end. */
#ifndef REPLAY_INPUT_CAPTURE_FILE_H
#define REPLAY_INPUT_CAPTURE_FILE_H

#include "input/source.h"

struct capture_file;

/* Takes the descriptor, a file's or a pipe's. first: bytes read from it already, copied. name and note are borrowed for its life. */
struct capture_file *capture_file_open(int fd, struct slice first, const char *name, const struct source_options *options, struct err *err);
/* parts[0] is this file: where it ends, the next one goes on. Borrowed. Before the first capture_file_next. */
void capture_file_follow(struct capture_file *f, const struct capture_part *parts, size_t n);
/* How many of the parts are read as one: n, until the next one is seen not to follow, since it overlaps or this one is damaged. */
size_t capture_file_parts(const struct capture_file *f);
enum log_read capture_file_next(struct capture_file *f, struct message **out, struct err *err);
void capture_file_tally(const struct capture_file *f, struct tally_sink *sink);
uint64_t capture_file_at(const struct capture_file *f); /* bytes read, of all parts so far */
void capture_file_close(struct capture_file *f);

#endif
