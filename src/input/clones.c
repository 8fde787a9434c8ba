/* clones: one reader of the tape for each copy; the one whose next message is the oldest goes on. */
#include "input/clones.h"

#include "base/hash.h"
#include "base/heap.h"
#include "input/tape.h"

#include <stdlib.h>

#define TAPE_BYTES (64 << 20)

struct clones {
	struct merge *merge;
	size_t copies;
	int64_t spread_ns;
	struct tape *tape; /* NULL: one copy only */
	struct heap next;  /* copies by the time of their next message */
	bool begun, ended; /* this round: anything was asked for; the merge has no more */
	struct err failure;
	uint64_t made;
};

struct clones *clones_new(struct merge *merge, size_t copies, int64_t spread_ns)
{
	struct clones *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	*c = (struct clones){ .merge = merge, .copies = copies, .spread_ns = spread_ns };
	heap_init(&c->next, copies);
	if (copies > 1)
		c->tape = tape_new(copies, TAPE_BYTES);
	if (copies == 1 || c->tape)
		return c;
	clones_free(c);
	return NULL;
}

struct message_id clone_id(const struct message_id *id, size_t copy)
{
	if (copy == 0)
		return *id;
	uint64_t lane = message_lane(id);
	lane = hash_bytes((struct hash_key){ 0, copy }, slice_of(&lane, sizeof lane));
	struct message_id other = message_id_make(lane, 0);
	if (id->len == other.len)
		memcpy(other.hex + 16, id->hex + 16, 8); /* the ordinal stays */
	return other;
}

static int64_t delay_of(const struct clones *c, size_t copy)
{
	return (int64_t)((double)c->spread_ns * (double)copy / (double)c->copies);
}

static int64_t moved(const struct clones *c, size_t copy, int64_t ts_ns)
{
	int64_t sum;
	return __builtin_add_overflow(ts_ns, delay_of(c, copy), &sum) ? INT64_MAX : sum;
}

/* One more message onto the tape, where there is one. */
static int read_on(struct clones *c, struct err *err)
{
	struct message *m;
	struct err why = { 0 };
	enum log_read got = merge_next(c->merge, &m, &why);
	if (got == LOG_READ_MESSAGE)
		return tape_put(c->tape, m, err);
	c->ended = true;
	if (got == LOG_READ_FAIL)
		(void)err_set(&c->failure, why.code, "%s", why.text); /* told when the copies have come as far */
	return 0;
}

/* Puts a copy in its place by what it gives next; without anything it leaves. */
static int line_up(struct clones *c, size_t copy, struct err *err)
{
	int64_t ts_ns;
	if (!tape_has(c->tape, copy) && !c->ended && read_on(c, err) != 0)
		return err->code;
	if (!tape_has(c->tape, copy))
		return 0;
	if (tape_peek(c->tape, copy, &ts_ns, err) != 0)
		return err->code;
	/* The item is the copy's number, from 1: nobody follows it. */
	if (heap_push(&c->next, moved(c, copy, ts_ns), (void *)(uintptr_t)(copy + 1)) != 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	return 0;
}

static int begin(struct clones *c, struct err *err)
{
	c->begun = true;
	for (size_t i = 0; i < c->copies; i++)
		if (line_up(c, i, err) != 0)
			return err->code;
	return 0;
}

static enum log_read ending(const struct clones *c, struct err *err)
{
	if (c->failure.code == ERR_NONE)
		return LOG_READ_END;
	(void)err_set(err, c->failure.code, "%s", c->failure.text);
	return LOG_READ_FAIL;
}

enum log_read clones_next(struct clones *c, struct message **out, struct err *err)
{
	if (!c->tape)
		return merge_next(c->merge, out, err);
	if (!c->begun && begin(c, err) != 0)
		return LOG_READ_FAIL;
	size_t copy = (size_t)(uintptr_t)heap_pop(&c->next);
	if (copy-- == 0)
		return ending(c, err);
	struct message *m = tape_take(c->tape, copy, err);
	if (!m)
		return LOG_READ_FAIL;
	m->id = clone_id(&m->id, copy);
	m->ts_ns = moved(c, copy, m->ts_ns);
	c->made += copy > 0;
	/* A copy that cannot go on has its failure told behind this message. */
	if (line_up(c, copy, &c->failure) != 0)
		c->ended = true;
	*out = m;
	return LOG_READ_MESSAGE;
}

int clones_again(struct clones *c, struct err *err)
{
	c->begun = c->ended = false;
	return merge_again(c->merge, err);
}

uint64_t clones_left(const struct clones *c)
{
	return c->tape ? tape_left(c->tape) : 0;
}

uint64_t clones_made(const struct clones *c)
{
	return c->made;
}

void clones_free(struct clones *c)
{
	if (!c)
		return;
	tape_free(c->tape);
	heap_release(&c->next);
	free(c);
}
