/* posts: libreplay in one page. Keeps the POST requests of a log or packet capture in a new log, and sends them to a target.
 *
 *   cc posts.c -lreplay $(pkg-config --libs libpcap libcurl libzstd zlib libbrotlidec libpcre2-8 jansson libcap-ng) -lm -pthread
 *   ./a.out requests.pcap posts.gor.zst http://127.0.0.1:8081 */
#include <replay/log.h>
#include <replay/player.h>

#include <stdio.h>
#include <string.h>

static int is_post(const rp_message *m)
{
	size_t len;
	const char *bytes = rp_message_bytes(m, &len);
	return rp_message_type(m) == RP_REQUEST && rp_message_flags(m) == 0 && len > 5 && memcmp(bytes, "POST ", 5) == 0;
}

/* 0, or negative with *error set. */
static int keep_and_send(rp_log_reader *in, rp_log_writer *out, rp_player *player, rp_error *error)
{
	rp_message *m;
	int got;
	while ((got = rp_log_next(in, &m, error)) > 0) {
		int rc = is_post(m) ? rp_log_write(out, m, error) : 1;
		while (rc == 0 && (rc = rp_player_send(player, m, error)) == 0)
			(void)rp_player_wait(player, 100, error);
		rp_message_free(m);
		if (rc < 0)
			return rc;
	}
	while (rp_player_wait(player, 1000, error) > 0)
		;
	return got;
}

int main(int argc, char **argv)
{
	rp_error error = { 0 };
	if (argc != 4) {
		fprintf(stderr, "usage: posts LOG|CAPTURE NEW-LOG URL\n");
		return 2;
	}
	rp_log_reader *in = rp_log_open(argv[1], &error);
	rp_log_writer *out = in ? rp_log_create(argv[2], &error) : NULL;
	rp_player *player = out ? rp_player_open(argv[3], &error) : NULL;
	if (player && keep_and_send(in, out, player, &error) == 0) {
		rp_player_stats stats;
		rp_player_get_stats(player, &stats);
		printf("%llu answered, %llu failed\n", (unsigned long long)stats.answered, (unsigned long long)stats.failed);
	}
	rp_player_close(player);
	if (out)
		(void)rp_log_finish(out, &error);
	rp_log_close(in);
	if (error.code < 0)
		fprintf(stderr, "posts: %s\n", error.text);
	return error.code < 0;
}
