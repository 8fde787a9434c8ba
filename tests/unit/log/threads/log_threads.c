/* Writers side by side, their counts read and their queues filled while they write: for ThreadSanitizer, which Criterion's runner cannot run
 * under. A program of its own: built with -fsanitize=thread -Isrc from this file and the sources in src/log, src/base and src/model, linked with
 * -lzstd -lz -lm -pthread; its exit status is the verdict. */
#include "log/reader.h"
#include "log/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WRITERS = 3, RECORDS = 20000 };
static const char *const names[WRITERS] = { "a.gor.zst", "b.gor", "c.gor.gz" };

struct job {
	char path[128];
	uint64_t counts[LOG_WRITER_ROWS]; /* of both rounds */
	bool failed;
};

static void write_records(struct log_writer *w)
{
	uint64_t counts[LOG_WRITER_ROWS];
	for (unsigned i = 0; i < RECORDS; i++) {
		struct message *m = message_new(MESSAGE_REQUEST, 1 << 20);
		m->id = message_id_make(1, i);
		m->ts_ns = 1000000000000000000 + i;
		(void)buf_printf(&m->data, "GET /%u HTTP/1.1\r\n\r\n", i);
		(void)log_writer_write(w, m, i, NULL);
		message_unref(m);
		if (i % 100 == 0) {
			log_writer_counts(w, counts);
			(void)log_writer_tick(w, i, NULL);
		}
		if (i % 5000 == 0)
			(void)log_writer_flush(w, NULL);
	}
}

/* Once waiting for room, once refusing, in the same file. */
static void *run(void *arg)
{
	struct job *job = arg;
	for (int round = 0; round < 2; round++) {
		const struct log_writer_options options = {
			.wait = round == 0, .append = round == 1, .frame_bytes = 8192, .queue_bytes = 16384, .flush_ns = 100
		};
		struct log_writer *w = log_writer_open(job->path, &options, NULL);
		uint64_t counts[LOG_WRITER_ROWS];
		if (!w) {
			job->failed = true;
			break;
		}
		write_records(w);
		job->failed |= log_writer_flush(w, NULL) != 0;
		log_writer_counts(w, counts);
		for (int i = 0; i < LOG_WRITER_ROWS; i++)
			job->counts[i] += counts[i];
		job->failed |= log_writer_close(w, slice_str("{}"), NULL) != 0;
	}
	return NULL;
}

static bool reads_back(const struct job *job)
{
	uint64_t n = 0;
	struct message *m;
	struct log_reader *r = log_reader_open(job->path, NULL, NULL);
	while (r && log_reader_next(r, &m, NULL) == LOG_READ_MESSAGE) {
		message_unref(m);
		n++;
	}
	log_reader_close(r);
	const uint64_t *c = job->counts;
	return n == c[LOG_WRITTEN] && c[LOG_OFFERED] == 2 * RECORDS && c[LOG_OFFERED] == c[LOG_WRITTEN] + c[LOG_QUEUE_FULL];
}

int main(void)
{
	char directory[] = "/tmp/replay-threads-XXXXXX";
	static struct job jobs[WRITERS];
	pthread_t threads[WRITERS];
	int bad = mkdtemp(directory) == NULL;
	for (int i = 0; i < WRITERS && !bad; i++) {
		(void)snprintf(jobs[i].path, sizeof jobs[i].path, "%s/%s", directory, names[i]);
		bad = pthread_create(&threads[i], NULL, run, &jobs[i]);
	}
	for (int i = 0; i < WRITERS && !bad; i++) {
		bad = pthread_join(threads[i], NULL);
		bool good = !jobs[i].failed && reads_back(&jobs[i]);
		(void)printf("%s: %lu offered, %lu written, %lu refused: %s\n", names[i], (unsigned long)jobs[i].counts[LOG_OFFERED],
		             (unsigned long)jobs[i].counts[LOG_WRITTEN], (unsigned long)jobs[i].counts[LOG_QUEUE_FULL],
		             good ? "ok" : "NOT OK");
		bad |= !good;
		(void)unlink(jobs[i].path);
	}
	(void)rmdir(directory);
	return bad;
}
