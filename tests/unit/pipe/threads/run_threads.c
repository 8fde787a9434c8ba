/* Runs of several shards, through the same door as the program's: file to files, file to a target, and stopped in the middle, while their status is
 * told all the time. For ThreadSanitizer above all; its exit status is the verdict. */
#include "base/clock.h"
#include "log/reader.h"
#include "log/writer.h"
#include "pipe/run.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LANES = 40, PER_LANE = 50, MESSAGES = LANES * PER_LANE, SHARDS = 3 };

static char directory[] = "/tmp/replay-runs-XXXXXX";
static int failures;

static void expect(bool good, const char *what)
{
	(void)printf("%s: %s\n", good ? "ok" : "NOT OK", what);
	failures += !good;
}

static const char *in_directory(char *path, const char *name)
{
	(void)snprintf(path, 128, "%s/%s", directory, name);
	return path;
}

/* --- a target: a thread for each connection, an empty answer for each request --------------------------------------- */

static void *talk(void *arg)
{
	int fd = (int)(intptr_t)arg, matched = 0;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", end[] = "\r\n\r\n";
	char bytes[4096];
	for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;) {
		for (ssize_t i = 0; i < n; i++) {
			matched = bytes[i] == end[matched] ? matched + 1 : bytes[i] == '\r';
			if (matched < 4)
				continue;
			matched = 0;
			if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
				break;
		}
	}
	(void)close(fd);
	return NULL;
}

static void *serve(void *arg)
{
	int listener = *(int *)arg;
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, talk, (void *)(intptr_t)fd) == 0)
			(void)pthread_detach(thread);
	}
	return NULL;
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		return -1;
	*port = ntohs(at.sin_port);
	return fd;
}

/* --- a run ------------------------------------------------------------------------------------------------------------- */

struct told {
	unsigned statuses, notes;
	uint64_t messages;
};

static void on_status(void *arg, const struct run_status *s)
{
	struct told *told = arg;
	told->statuses++;
	told->messages = s->messages;
}

static void on_note(void *arg, int level, const char *sentence)
{
	(void)level, (void)sentence;
	((struct told *)arg)->notes++;
}

static struct addresses *list_of(struct run_options *o, const char *flag)
{
	for (size_t i = 0; i < input_kind_count; i++)
		if (strcmp(input_kinds[i].flag, flag) == 0)
			return &o->inputs[i];
	for (size_t i = 0; i < output_kind_count; i++)
		if (strcmp(output_kinds[i].flag, flag) == 0)
			return &o->outputs[i];
	abort();
}

/* In *ledger what came of it. stop_fd: -1, or where requests to stop come from. */
static enum run_end go(const struct run_options *options, int stop_fd, struct told *told, struct ledger *ledger)
{
	const struct run_hooks hooks = {
		.stop_fd = stop_fd, .stop_size = 1, .status_every_ns = NS_PER_MS, .arg = told, .status = on_status, .note = on_note
	};
	struct err err = { 0 };
	struct run *r = run_open(options, &hooks, &err);
	if (!r) {
		(void)printf("%s\n", err.text);
		return RUN_FAILED;
	}
	enum run_end end = run_loop(r, &err);
	struct timing t;
	const char *label;
	struct run_status last;
	if (run_finish(r, ledger, &err) != 0)
		end = RUN_FAILED;
	for (size_t n = 0; run_timing(r, n, &label, &t); n++)
		expect(t.from_send->count == ledger_get(ledger, "target", label, "answered"), "each answer has a time");
	run_final_status(r, &last);
	expect(last.messages == ledger_get(ledger, "messages", "", "seen"), "the status agrees with the account");
	if (run_close_outputs(r, ledger, &err) != 0)
		end = RUN_FAILED;
	run_free(r);
	return end;
}

static bool write_log(const char *path)
{
	struct log_writer *w = log_writer_open(path, NULL, NULL);
	for (unsigned i = 0; w && i < MESSAGES; i++) {
		struct message *m = message_new(MESSAGE_REQUEST, 1 << 10);
		m->id = message_id_make(0x123456789abcdef0u + i % LANES, i / LANES);
		m->ts_ns = 1700000000000000000 + (int64_t)i * NS_PER_MS;
		(void)buf_printf(&m->data, "GET /%u HTTP/1.1\r\nHost: a\r\n\r\n", i);
		(void)log_writer_write(w, m, m->ts_ns, NULL);
		message_unref(m);
	}
	return w && log_writer_close(w, slice_of(NULL, 0), NULL) == 0;
}

/* Every message once, in time order. */
static bool whole(const char *path)
{
	struct log_reader *r = log_reader_open(path, NULL, NULL);
	struct message *m;
	unsigned n = 0;
	char expected[64];
	while (r && log_reader_next(r, &m, NULL) == LOG_READ_MESSAGE) {
		int len = snprintf(expected, sizeof expected, "GET /%u HTTP/1.1\r\nHost: a\r\n\r\n", n);
		n += slice_eq(message_bytes(m), slice_of(expected, (size_t)len));
		message_unref(m);
	}
	if (r)
		log_reader_close(r);
	return n == MESSAGES;
}

static void file_to_files(const char *in)
{
	static const char *const names[] = { "a.gor.zst", "b.gor", "c.gor.gz" };
	char paths[3][128];
	const char *outs[3];
	for (int i = 0; i < 3; i++)
		outs[i] = in_directory(paths[i], names[i]);
	struct run_options o = { .threads = SHARDS, .file_in.max = true };
	*list_of(&o, "input-file") = (struct addresses){ &in, 1 };
	*list_of(&o, "output-file") = (struct addresses){ outs, 3 };
	struct told told = { 0 };
	struct ledger *ledger = ledger_new();
	expect(go(&o, -1, &told, ledger) == RUN_ENDED, "file to files");
	expect(ledger_balanced(ledger) && ledger_get(ledger, "messages", "", "seen") == MESSAGES, "each message in one account");
	for (int i = 0; i < 3; i++) {
		expect(whole(paths[i]), names[i]);
		(void)unlink(paths[i]);
	}
	ledger_free(ledger);
}

static void file_to_target(const char *in, const char *url, bool paced)
{
	struct run_options o = { .threads = SHARDS, .file_in = { .max = !paced, .speed = 20 } };
	*list_of(&o, "input-file") = (struct addresses){ &in, 1 };
	*list_of(&o, "output-http") = (struct addresses){ &url, 1 };
	struct told told = { 0 };
	struct ledger *ledger = ledger_new();
	expect(go(&o, -1, &told, ledger) == RUN_ENDED, paced ? "file to a target, paced" : "file to a target");
	expect(ledger_balanced(ledger), "it balances");
	expect(ledger_get(ledger, "target", url, "answered") == MESSAGES, "each request is answered");
	expect(!paced || told.statuses > 0, "the status was told");
	ledger_free(ledger);
}

struct stopper {
	int fd, times;
};

static void *stop_soon(void *arg)
{
	const struct stopper *s = arg;
	(void)usleep(100000);
	for (int i = 0; i < s->times; i++) {
		(void)!write(s->fd, "x", 1);
		(void)usleep(20000);
	}
	return NULL;
}

/* At the recorded pace it would take two seconds. */
static void stopped(const char *in, const char *url, int times)
{
	int fds[2];
	pthread_t thread;
	struct run_options o = { .threads = SHARDS, .file_in.speed = 1 };
	*list_of(&o, "input-file") = (struct addresses){ &in, 1 };
	*list_of(&o, "output-http") = (struct addresses){ &url, 1 };
	struct told told = { 0 };
	struct ledger *ledger = ledger_new();
	if (pipe(fds) != 0)
		abort();
	struct stopper stopper = { fds[1], times };
	if (pthread_create(&thread, NULL, stop_soon, &stopper) != 0)
		abort();
	enum run_end end = go(&o, fds[0], &told, ledger);
	(void)pthread_join(thread, NULL);
	expect(end == RUN_ENDED || (times > 1 && end == RUN_INTERRUPTED), "stopped");
	expect(ledger_balanced(ledger) && ledger_get(ledger, "messages", "", "seen") < MESSAGES, "stopped early, and it balances");
	ledger_free(ledger);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	char path[128], url[64];
	uint16_t port = 0;
	pthread_t server;
	int listener = listen_somewhere(&port);
	if (listener < 0 || !mkdtemp(directory) || !write_log(in_directory(path, "in.gor.zst")))
		return 1;
	if (pthread_create(&server, NULL, serve, &listener) != 0)
		return 1;
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
	file_to_files(path);
	file_to_target(path, url, false);
	file_to_target(path, url, true);
	stopped(path, url, 1);
	stopped(path, url, 2);
	(void)shutdown(listener, SHUT_RDWR);
	(void)pthread_join(server, NULL);
	(void)close(listener);
	(void)unlink(path);
	(void)rmdir(directory);
	return failures > 0;
}
