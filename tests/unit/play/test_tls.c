/* TLS, against openssl's own server: "openssl s_server -rev" answers every line with the line reversed, which with the unit_server's
 * one-line answers is all a player needs. Skipped where there is no openssl program. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct player_hints none;

struct tls_server {
	pid_t pid;
	char dir[32], url[64];
	FILE *out;
};

static pid_t run(char *const argv[], int out)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDWR);
	(void)dup2(null, 0);
	(void)dup2(out < 0 ? null : out, 1);
	(void)dup2(null, 2);
	(void)execvp(argv[0], argv);
	_exit(127);
}

static bool make_certificate(const char *key, const char *cert)
{
	char *argv[] = { "openssl", "req",        "-x509", "-newkey",       "rsa:2048", "-nodes", "-keyout", (char *)key,
		         "-out",    (char *)cert, "-subj", "/CN=127.0.0.1", "-days",    "2",      NULL };
	int status = -1;
	pid_t pid = run(argv, -1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void tls_server_start(struct tls_server *s)
{
	char key[64], cert[64], line[256];
	int fds[2], port = 0;
	memcpy(s->dir, "/tmp/replay-tls-XXXXXX", sizeof "/tmp/replay-tls-XXXXXX");
	cr_assert(mkdtemp(s->dir) != NULL);
	(void)snprintf(key, sizeof key, "%s/key", s->dir);
	(void)snprintf(cert, sizeof cert, "%s/cert", s->dir);
	if (!make_certificate(key, cert))
		cr_skip_test("no openssl program");
	cr_assert_eq(pipe(fds), 0);
	char *argv[] = { "openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", cert, "-rev", NULL };
	s->pid = run(argv, fds[1]);
	(void)close(fds[1]);
	s->out = fdopen(fds[0], "r");
	cr_assert(s->pid > 0 && s->out);
	while (!port && fgets(line, sizeof line, s->out))
		(void)sscanf(line, "ACCEPT %*[0-9.]:%d", &port);
	cr_assert_neq(port, 0, "openssl s_server did not say its port");
	(void)snprintf(s->url, sizeof s->url, "https://127.0.0.1:%d", port);
}

static void tls_server_stop(struct tls_server *s)
{
	char path[64];
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)fclose(s->out);
	(void)snprintf(path, sizeof path, "%s/key", s->dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/cert", s->dir);
	(void)unlink(path);
	(void)rmdir(s->dir);
}

Test(tls, carries_a_lane)
{
	struct tls_server s;
	struct rig r = { 0 };
	struct own_flows *own = own_flows_new();
	tls_server_start(&s);
	size_t files = rig_open_files();
	rig_open(&r, (struct player_options){ .url = s.url, .reach = { .skip_verify = true }, .keep_response = true, .own_flows = own });
	char *text = malloc(15001); /* several TLS records make one answer */
	cr_assert(text != NULL);
	memset(text, 'z', 15000);
	memcpy(text + 14998, " K", 3);
	cr_assert_eq(rig_submit(&r, 1, "eno K", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "owt K", none), 0);
	cr_assert_eq(rig_submit(&r, 1, text, none), 0);
	cr_assert_eq(rig_submit(&r, 1, "tsal C", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "niaga K", none), 0);
	rig_until(&r, 5);
	for (size_t i = 0; i < 5; i++)
		rig_expect(&r, i, TARGET_ANSWERED);
	cr_expect_str_eq(r.requests[1].response, "K two\n");
	cr_expect_eq(r.requests[2].response_len, 15001);
	cr_expect_str_eq(r.requests[4].response, "K again\n");
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 2);
	rig_balanced(&r);
	rig_close(&r);
	own_flows_free(own);
	free(text);
	cr_expect_eq(rig_open_files(), files);
	tls_server_stop(&s);
}

Test(tls, refuses_a_certificate_nobody_vouches_for)
{
	struct tls_server s;
	struct rig r = { 0 };
	tls_server_start(&s);
	rig_open(&r, (struct player_options){ .url = s.url });
	cr_assert_eq(rig_submit(&r, 1, "eno K", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_TLS);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect(strstr(now.last_error, "ertificate") != NULL, "%s", now.last_error);
	cr_expect_eq(rig_count(&r, TARGET_BYTES_SENT), 0, "nothing of the request left");
	rig_balanced(&r);
	rig_close(&r);
	tls_server_stop(&s);
}

Test(tls, a_peer_that_speaks_none_is_a_cause_of_its_own)
{
	struct rig r = { .server = unit_server_new(NULL) };
	char url[64];
	(void)snprintf(url, sizeof url, "https://127.0.0.1:%u", unit_server_port(r.server));
	rig_open(&r, (struct player_options){ .url = url });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_idle_steps(&r, 5);
	unit_server_greet(r.server, "220 mail.example.com ready for something else altogether\r\n");
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_TLS);
	rig_balanced(&r);
	rig_close(&r);
}
