/* log_sniff: see the header. */
#include "cli/log_sniff.h"

#include "base/hash.h"
#include "cli/reading.h"

#include <stdlib.h>

#define MESSAGES_MAX 1000000 /* some seconds at most */
#define IDS_MAX      20000
#define REPLAYED_MAX 1000 /* answers, for which targets there are */

struct sniffed {
	size_t replayed;
	uint16_t target; /* the first of those that answered */
};

struct ids {
	uint64_t *hash; /* of requests' ids, in any order */
	size_t n;
};

static int sniff_one(struct options *o, const char *path, struct hash_key key, struct ids *ids, struct sniffed *seen, struct err *err)
{
	struct options silent = *o; /* what is damaged is told when the log is read in earnest */
	silent.quiet = true;
	struct source *s = reading_open(&silent, path, true, err);
	if (!s)
		return err->code;
	struct message *m;
	enum log_read got = LOG_READ_END;
	/* In the file's order: replayed answers bear later times than all that was recorded. */
	for (size_t i = 0;
	     i < MESSAGES_MAX && (ids->n < IDS_MAX || seen->replayed < REPLAYED_MAX) && (got = source_next(s, &m, err)) == LOG_READ_MESSAGE;
	     i++) {
		if (m->type == MESSAGE_REQUEST && ids->n < IDS_MAX)
			ids->hash[ids->n++] = hash_bytes(key, slice_of(m->id.hex, m->id.len));
		if (m->type == MESSAGE_REPLAYED && (seen->replayed++ == 0 || m->target < seen->target))
			seen->target = m->target;
		message_unref(m);
	}
	source_close(s);
	return got == LOG_READ_FAIL ? err->code : 0;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static bool meet(struct ids *a, struct ids *b)
{
	qsort(a->hash, a->n, sizeof *a->hash, by_value);
	for (size_t i = 0; i < b->n && a->n; i++)
		if (bsearch(&b->hash[i], a->hash, a->n, sizeof *a->hash, by_value))
			return true;
	return false;
}

int log_sniff(struct options *o, const char *const *paths, size_t n, struct log_sniff *out, struct err *err)
{
	struct ids ids[2] = { { .n = 0 }, { .n = 0 } };
	struct hash_key key = hash_key_random();
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		ids[i].hash = malloc(IDS_MAX * sizeof *ids[i].hash);
		struct sniffed seen = { .replayed = 0 };
		rc = ids[i].hash ? sniff_one(o, paths[i], key, &ids[i], &seen, err) : err_set(err, ERR_NOMEM, "out of memory");
		out->replayed[i] = seen.replayed > 0;
		out->target[i] = seen.target;
	}
	if (rc == 0)
		out->ids_meet = n == 1 || meet(&ids[0], &ids[1]);
	free(ids[0].hash);
	free(ids[1].hash);
	return rc;
}
