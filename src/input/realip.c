/* realip: the line is put in before the first field; everything else stays. */
#include "input/realip.h"

#include "http/head.h"

#include <arpa/inet.h>

int realip_add(struct message *m, const char *name)
{
	char address[INET6_ADDRSTRLEN];
	struct http_head head;
	struct slice bytes = message_bytes(m);
	if (m->flags & MESSAGE_HEAD || m->src.family == 0 || !http_head_parse(bytes, &head) || head.is_response)
		return 0;
	if (http_field(&head, name).ptr || !inet_ntop(m->src.family == 4 ? AF_INET : AF_INET6, m->src.addr, address, sizeof address))
		return 0;
	/* The fields begin behind the line feed of the request line, also where there are none. */
	size_t at = (size_t)(head.version.ptr + head.version.len - bytes.ptr);
	at += slice_find_byte(slice_from(bytes, at), '\n') + 1;
	struct buf with;
	buf_init(&with, bytes.len + strlen(name) + sizeof address + 4);
	if (buf_append(&with, slice_cut(bytes, 0, at)) != 0 || buf_printf(&with, "%s: %s\r\n", name, address) != 0 ||
	    buf_append(&with, slice_from(bytes, at)) != 0) {
		buf_release(&with);
		return ERR_NOMEM;
	}
	buf_release(&m->data);
	m->data = with;
	return 0;
}

bool realip_name(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len == strspn(name, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
