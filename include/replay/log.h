/* replay/log.h: reading and writing logs. The format is described in src/log/FORMAT.md. */
#ifndef REPLAY_LOG_H
#define REPLAY_LOG_H

#include <replay/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rp_log_reader rp_log_reader;
typedef struct rp_log_writer rp_log_writer;

/* Opens a log in any form, or a pcap or pcapng capture, told by its bytes; messages come in time order. NULL: *error says why. */
rp_log_reader *rp_log_open(const char *path, rp_error *error);

/* 1: *out is a message, the caller's to free. 0: the end. Negative: *error says why; what came before stands. */
int rp_log_next(rp_log_reader *r, rp_message **out, rp_error *error);

void rp_log_close(rp_log_reader *r);

/* A new log, 0600; an existing file is an error. ".gor" plain, ".gz" gzip, any other name the native compressed log. */
rp_log_writer *rp_log_create(const char *path, rp_error *error);

/* Copies the message's record into the log's buffer. 0 or negative. */
int rp_log_write(rp_log_writer *w, const rp_message *m, rp_error *error);

/* Writes what is held and the index; frees w, error or not. 0 or negative. */
int rp_log_finish(rp_log_writer *w, rp_error *error);

#ifdef __cplusplus
}
#endif
#endif
