/* reach: how a target is reached beyond its URL: whom to trust, who we are, by which way, at which address.
 * Texts are borrowed for as long as the player lives. */
#ifndef REPLAY_PLAY_REACH_H
#define REPLAY_PLAY_REACH_H

#include "base/err.h"
#include "model/text_list.h"

#include <stdbool.h>

struct play_reach {                                 /* 0 anywhere: as usual */
	bool skip_verify;                           /* TLS: any certificate will do */
	const char *ca_file, *cert_file, *key_file; /* PEM; without key_file the key stands in cert_file */
	const char *proxy;                          /* http://, https://, socks4://, socks4a://, socks5://, socks5h://; none said: http */
	struct text_list resolve;                   /* HOST:PORT:ADDRESS[,ADDRESS]... instead of asking for HOST's address */
};

/* 0 or ERR_USAGE with a sentence: a file that cannot be read, a proxy or a pin that is none. */
int play_reach_check(const struct play_reach *r, struct err *err);

#endif
