/* fuzz_carry: any bytes as a recorded response, the target's answer and a later request, told apart by a byte 0xff. What is learnt from the two is
 * put into the third: the result must be a request again, with the same framing but for lengths, and the account must balance. */
#include "http/head.h"
#include "output/carry.h"
#include "report/ledger.h"

#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static struct slice take_part(struct slice *rest)
{
	size_t n = slice_find_byte(*rest, 0xff);
	struct slice part = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n + 1);
	return part;
}

static struct message *make(enum message_type type, uint32_t n, struct slice bytes)
{
	struct message *m = message_new(type, bytes.len);
	if (!m || buf_append(&m->data, bytes) != 0)
		abort();
	m->id = message_id_make(1, n);
	return m;
}

static void check(const struct message *before, const struct message *after)
{
	struct http_head was, is;
	require(http_head_parse(message_bytes(before), &was) && !was.is_response, "only a request is changed");
	require(http_head_parse(message_bytes(after), &is) && !is.is_response, "a changed request is a request");
	require(slice_eq(was.method, is.method), "the method stays");
	require(message_id_eq(&before->id, &after->id), "the id stays");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const rules[] = { "cookie", "location", "header:X-Token", "json:id" };
	struct slice rest = slice_of(data, size);
	struct err err = { .code = ERR_NONE };
	struct carry *c = carry_new(&(struct text_list){ rules, 4 }, slice_str("/base"), &err);
	struct message *was = make(MESSAGE_RESPONSE, 0, take_part(&rest)), *is = make(MESSAGE_REPLAYED, 0, take_part(&rest));
	struct message *request = make(MESSAGE_REQUEST, 1, rest);
	if (!c)
		abort();
	carry_sent(c, &was->id);
	carry_recorded(c, was);
	(void)carry_early(c, request);
	carry_answered(c, &is->id, message_bytes(is));
	struct message *changed = carry_prepare(c, request);
	if (changed)
		check(request, changed);
	struct ledger *l = ledger_new();
	struct tally_sink sink = ledger_sink(l);
	carry_tally(c, "", &sink);
	require(ledger_balanced(l), "the account balances");
	ledger_free(l);
	message_unref(changed);
	message_unref(request);
	message_unref(is);
	message_unref(was);
	carry_free(c);
	return 0;
}
