/* log_support: messages made to order, logs in a scratch directory, and the question whether two messages are the same. */
#ifndef REPLAY_TESTS_UNIT_LOG_SUPPORT_H
#define REPLAY_TESTS_UNIT_LOG_SUPPORT_H

#include "log/reader.h"
#include "log/writer.h"

#include <stdio.h>

#define SCRATCH_PATH 128

/* A path in a new scratch directory; scratch_remove takes away file and directory. */
void scratch_make(char path[SCRATCH_PATH], const char *name);
void scratch_remove(const char *path);

struct message *message_for_test(unsigned i, int64_t ts_ns, size_t body_bytes);
struct message *message_of(enum message_type type, const char *id, int64_t ts_ns, const char *bytes);
bool message_same(const struct message *a, const struct message *b);

struct buf file_load(const char *path);
void file_store(const char *path, struct slice bytes);

/* What a log gives: the messages in order, and the last sentence told. The reader stays open. */
struct heard {
	struct log_reader *reader;
	struct message **list;
	size_t n;
	enum log_read end;
	unsigned notes;
	char note[512];
	struct err err;
};
/* False where the log cannot be opened (err says why). */
bool log_hear(struct heard *h, const char *path, const struct log_reader_options *options);
void log_forget(struct heard *h);
uint64_t heard_count(const struct heard *h, enum log_reader_row row);
/* seen == given + outside + damaged */
bool heard_balances(const struct heard *h);

/* Writes n messages of body_bytes, the i-th at 1e18 + i * 1 ms, `per_frame` in a frame, and closes with the ledger. */
void log_make(const char *path, unsigned n, size_t body_bytes, unsigned per_frame, const char *ledger);
#define LOG_TS(i) (1000000000000000000LL + (int64_t)(i)*1000000)

#endif
