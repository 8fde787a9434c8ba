/* privileges: libcap-ng does the order right: groups, user, bounding set, capabilities. */
#include "pipe/privileges.h"

#include "base/units.h"

#include <cap-ng.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

struct identity {
	int uid, gid;
};

static int named_user(const char *user, struct identity *out, struct err *err)
{
	struct passwd *entry = getpwnam(user);
	if (!entry)
		return err_set(err, ERR_USAGE, "--user %s: there is no such user", user);
	*out = (struct identity){ (int)entry->pw_uid, (int)entry->pw_gid };
	return 0;
}

static int from_environment(const char *name)
{
	const char *text = getenv(name);
	uint64_t n;
	return text && parse_u64(text, &n) == 0 && n > 0 && n < INT32_MAX ? (int)n : -1;
}

int privileges_drop(const char *user, bool keep_raw, struct err *err)
{
	struct identity who = { -1, -1 };
	if (user && named_user(user, &who, err) != 0)
		return ERR_USAGE;
	if (!user && geteuid() == 0)
		who = (struct identity){ from_environment("SUDO_UID"), from_environment("SUDO_GID") };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set_errno(err, "cannot give up the right to new privileges");
	bool raw = keep_raw && capng_get_caps_process() == 0 && capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW);
	capng_clear(CAPNG_SELECT_BOTH);
	if (raw)
		(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW);
	int rc;
	if (who.uid > 0 && who.gid > 0 && geteuid() == 0) {
		rc = capng_change_id(who.uid, who.gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	} else {
		if (geteuid() == 0)
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_DAC_OVERRIDE);
		/* The bounding set can only be lowered with CAP_SETPCAP; no_new_privs makes it moot without. */
		rc = capng_apply(geteuid() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) ? CAPNG_SELECT_BOTH
		                                                                                       : CAPNG_SELECT_CAPS);
	}
	if (rc != 0)
		return err_set(err, ERR_PRIVILEGE, "cannot give up privileges (libcap-ng says %d): refusing to go on with them", rc);
	return 0;
}
