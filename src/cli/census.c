/* census: see the header. */
#include "cli/census.h"

#include "http/fold.h"
#include "http/head.h"

#define METHODS_MAX   64
#define HOSTS_MAX     4096
#define ENDPOINTS_MAX 10000
#define LANES_MAX     500000 /* 16 MiB of table */

const char *const census_flag_names[4] = { "gap", "head", "cut", "trunc" };

/* The map's entries are the lane numbers, as pointers that nobody follows; 0 would mean a free slot. */
static bool same_lane(const void *entry, const void *key)
{
	return entry == key;
}

void census_init(struct census *c)
{
	*c = (struct census){ .bytes = 0 };
	tops_init(&c->methods, METHODS_MAX);
	tops_init(&c->hosts, HOSTS_MAX);
	tops_init(&c->endpoints, ENDPOINTS_MAX);
	map_init(&c->lanes, LANES_MAX, same_lane);
	buf_init(&c->scratch, 4096);
}

void census_release(struct census *c)
{
	tops_release(&c->methods);
	tops_release(&c->hosts);
	tops_release(&c->endpoints);
	map_release(&c->lanes);
	buf_release(&c->scratch);
}

static void count_lane(struct census *c, const struct message_id *id)
{
	uint64_t lane = message_lane(id);
	void *entry = (void *)(uintptr_t)(lane ? lane : 1);
	uint64_t hash = hash_bytes(c->methods.key, slice_of(&lane, sizeof lane));
	if (!map_find(&c->lanes, hash, entry) && map_put(&c->lanes, hash, entry))
		c->lanes_full = true;
}

static void count_request(struct census *c, const struct http_head *head)
{
	tops_count(&c->methods, head->method);
	struct slice host = http_field(head, "host");
	tops_count(&c->hosts, host.ptr ? host : slice_str("(none)"));
	buf_clear(&c->scratch);
	int r = buf_append(&c->scratch, slice_cut(head->method, 0, 64));
	r = r ? r : buf_append_str(&c->scratch, " ");
	r = r ? r : fold_path(head->target, &c->scratch);
	if (r == 0)
		tops_count(&c->endpoints, buf_slice(&c->scratch));
	else
		c->endpoints.other++;
}

int64_t census_span_ns(const struct census *c)
{
	int64_t span;
	return __builtin_sub_overflow(c->last_ns, c->first_ns, &span) ? INT64_MAX : span;
}

void census_count(struct census *c, const struct message *m)
{
	bool first = census_empty(c);
	c->messages[m->type & 3]++;
	c->bytes += m->data.len;
	c->complete += m->flags == 0;
	for (unsigned i = 0; i < 4; i++)
		c->flags[i] += m->flags >> i & 1;
	if (first || m->ts_ns < c->first_ns)
		c->first_ns = m->ts_ns;
	if (first || m->ts_ns > c->last_ns)
		c->last_ns = m->ts_ns;
	count_lane(c, &m->id);
	struct http_head head;
	if (!http_head_parse(message_bytes(m), &head))
		c->headless++;
	else if (!head.is_response)
		count_request(c, &head);
	else if (head.status >= 0 && head.status < CENSUS_STATUSES)
		c->status[head.status]++;
}
