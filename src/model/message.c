/* message: life and ids. */
#include "model/message.h"

#include "base/hash.h"

#include <stdlib.h>

static const char hex_digits[] = "0123456789abcdef";

struct message *message_new(enum message_type type, size_t max_bytes)
{
	struct message *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->refs = 1;
	m->type = (uint8_t)type;
	buf_init(&m->data, max_bytes);
	return m;
}

void message_unref(struct message *m)
{
	if (!m || --m->refs > 0)
		return;
	buf_release(&m->data);
	free(m);
}

static void put_hex(char *out, uint64_t n, int digits)
{
	for (int i = digits - 1; i >= 0; i--, n >>= 4)
		out[i] = hex_digits[n & 15];
}

struct message_id message_id_make(uint64_t lane, uint32_t ordinal)
{
	struct message_id id = { .len = 24 };
	put_hex(id.hex, lane, 16);
	put_hex(id.hex + 16, ordinal, 8);
	return id;
}

/* A hex digit in lower case, or 0. */
static const char hex_lower[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
	['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
};

bool message_id_parse(struct slice text, struct message_id *out)
{
	if (text.len == 0 || text.len > MESSAGE_ID_MAX)
		return false;
	struct message_id id = { .len = (uint8_t)text.len };
	for (size_t i = 0; i < text.len; i++) {
		id.hex[i] = hex_lower[text.ptr[i]];
		if (!id.hex[i])
			return false;
	}
	*out = id;
	return true;
}

uint64_t message_lane(const struct message_id *id)
{
	if (id->len != 24)
		return hash_bytes((struct hash_key){ 0 }, slice_of(id->hex, id->len));
	uint64_t lane = 0;
	for (int i = 0; i < 16; i++)
		lane = lane << 4 | (uint64_t)((id->hex[i] & 15) + (id->hex[i] > '9' ? 9 : 0));
	return lane;
}
