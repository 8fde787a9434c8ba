/* message: references and ids. */
#include "model/message.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

Test(message, ids)
{
	struct message_id id = message_id_make(0x0123456789abcdefULL, 0x2a);
	cr_expect(slice_eq(slice_of(id.hex, id.len), slice_str("0123456789abcdef0000002a")));
	cr_expect_eq(message_lane(&id), 0x0123456789abcdefULL);
	struct message_id parsed;
	cr_assert(message_id_parse(slice_str("0123456789ABCDEF0000002A"), &parsed));
	cr_expect(message_id_eq(&id, &parsed));
	cr_expect_not(message_id_parse(slice_str(""), &parsed));
	cr_expect_not(message_id_parse(slice_str("xyz"), &parsed));
	cr_expect_not(message_id_parse(slice_str("00000000000000000000000000000000000000000"), &parsed));
	/* 40 digits, the older form: each message is a lane of its own. */
	struct message_id a, b;
	cr_assert(message_id_parse(slice_str("932079936fa4306fc308d67588178d17d823647c"), &a));
	cr_assert(message_id_parse(slice_str("932079936fa4306fc308d67588178d17d823647d"), &b));
	cr_expect_neq(message_lane(&a), message_lane(&b));
	cr_expect_not(message_id_eq(&a, &b));
}

Test(message, lives_as_long_as_it_is_held)
{
	struct message *m = message_new(MESSAGE_REQUEST, 10);
	cr_assert_eq(buf_append_str(&m->data, "0123456789"), 0);
	cr_assert_eq(buf_append_str(&m->data, "x"), ERR_LIMIT);
	cr_assert_eq(message_ref(m), m);
	message_unref(m);
	cr_expect(slice_eq(message_bytes(m), slice_str("0123456789")));
	message_unref(m);
	message_unref(NULL);
	alloc_fail_at(1);
	cr_expect_null(message_new(MESSAGE_REQUEST, 10));
}
