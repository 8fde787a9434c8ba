/* capture: the joints between packets, flows and connections. */
#include "input/capture.h"

#include "input/realip.h"
#include "wire/decode.h"
#include "wire/flow.h"

#include <stdlib.h>

struct capture {
	struct decoder *decoder;
	struct flow_table *flows;
	struct http_reader reader;
	const struct io_env *env; /* NULL: no flow is our own */
	/* Finished messages, first in first out; a ring that grows, since one packet may end many pipelined messages. */
	struct message **ready;
	size_t ready_cap, ready_at, ready_len;
	uint64_t lost; /* no memory for the ring, or for a field to be added */
	struct capture_options options;
	uint64_t outside; /* segments of other ports or VLANs */
};

static const struct tally_row capture_rows[] = {
	{ "framed", "messages framed", TALLY_TOTAL, false },
	{ "given", "given to the pipeline", TALLY_PART, false },
	{ "no_memory", "lost: out of memory", TALLY_PART, true },
	{ "outside", "segments of other ports or VLANs", TALLY_NOTE, false },
};
static const struct tally_table capture_table = { "capture", capture_rows, sizeof capture_rows / sizeof *capture_rows };

static int grow_ready(struct capture *c)
{
	size_t cap = c->ready_cap ? c->ready_cap * 2 : 256;
	struct message **ready = malloc(cap * sizeof(struct message *));
	if (!ready)
		return ERR_NOMEM;
	for (size_t i = 0; i < c->ready_len; i++)
		ready[i] = c->ready[(c->ready_at + i) & (c->ready_cap - 1)];
	free(c->ready);
	c->ready = ready;
	c->ready_cap = cap;
	c->ready_at = 0;
	return 0;
}

static void take_message(void *arg, struct message *m)
{
	struct capture *c = arg;
	bool named = c->options.realip_header && m->type == MESSAGE_REQUEST;
	if ((named && realip_add(m, c->options.realip_header) != 0) || (c->ready_len == c->ready_cap && grow_ready(c) != 0)) {
		c->lost++;
		message_unref(m);
		return;
	}
	c->ready[(c->ready_at + c->ready_len++) & (c->ready_cap - 1)] = m;
}

static int open_flow(void *arg, struct flow_info *flow)
{
	struct capture *c = arg;
	const struct io_env *env = c->env;
	if (env && own_flows_has(env->own_flows, &flow->side[SIDE_A], &flow->side[SIDE_B], env->mono_ns()))
		return ERR_UNSUPPORTED; /* our own replay: never captured again */
	flow->user = http_conn_new(&c->reader, flow);
	return flow->user ? 0 : ERR_NOMEM;
}

static enum stream_verdict flow_data(void *arg, struct flow_info *flow, int side, const struct chunk *chunk)
{
	(void)arg;
	return http_conn_data(flow->user, side, chunk);
}

static enum stream_verdict flow_gap(void *arg, struct flow_info *flow, int side, const struct gap *gap)
{
	(void)arg;
	return http_conn_gap(flow->user, side, gap);
}

static void flow_end(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns)
{
	(void)arg;
	http_conn_end(flow->user, side, how, ts_ns);
}

static void flow_close(void *arg, struct flow_info *flow)
{
	(void)arg;
	http_conn_free(flow->user);
}

struct capture *capture_new(const struct capture_options *options, const struct io_env *env)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->env = env;
	c->options = *options;
	c->reader = (struct http_reader){
		.limits = options->http,
		.skip_responses = options->skip_responses,
		.arg = c,
		.message = take_message,
	};
	const struct flow_limits limits = {
		.flows = options->flows,
		.held_bytes = options->held_bytes,
		.gap_ns = options->expire_ns,
	};
	const struct stream_reader stream = {
		.arg = c,
		.open = open_flow,
		.data = flow_data,
		.gap = flow_gap,
		.end = flow_end,
		.close = flow_close,
	};
	c->decoder = decoder_new(NULL);
	c->flows = flow_table_new(&limits, &stream);
	if (!c->decoder || !c->flows) {
		capture_free(c);
		return NULL;
	}
	return c;
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	if (c->flows)
		capture_finish(c);
	for (struct message *m; (m = capture_next(c));)
		message_unref(m);
	flow_table_free(c->flows);
	decoder_free(c->decoder);
	free(c->ready);
	free(c);
}

static bool in_scope(const struct capture_options *o, const struct segment *s)
{
	if (o->ports && !port_set_has(o->ports, s->src.port) && !port_set_has(o->ports, s->dst.port))
		return false;
	for (size_t i = 0; i < o->vlan_count; i++)
		if (s->vlan == o->vlans[i] + 1U)
			return true;
	return o->vlan_count == 0;
}

void capture_push(struct capture *c, const struct packet *packet)
{
	struct segment segment;
	if (!decoder_push(c->decoder, packet, &segment))
		return;
	if (in_scope(&c->options, &segment))
		flow_table_push(c->flows, &segment);
	else
		c->outside++;
}

void capture_tick(struct capture *c, int64_t unix_now_ns)
{
	flow_table_tick(c->flows, unix_now_ns);
}

void capture_finish(struct capture *c)
{
	flow_table_finish(c->flows);
}

bool capture_ready(const struct capture *c)
{
	return c->ready_len > 0;
}

struct message *capture_next(struct capture *c)
{
	if (c->ready_len == 0)
		return NULL;
	struct message *m = c->ready[c->ready_at];
	c->ready_at = (c->ready_at + 1) & (c->ready_cap - 1);
	c->ready_len--;
	return m;
}

void capture_tally(const struct capture *c, struct tally_sink *sink)
{
	const struct http_reader *r = &c->reader;
	sink->section(sink->arg, &packet_table, "", decoder_counts(c->decoder));
	sink->section(sink->arg, &segment_table, "", flow_table_counts(c->flows));
	sink->section(sink->arg, &http_conn_table, "", r->conns);
	sink->section(sink->arg, &request_table, "", r->requests);
	sink->section(sink->arg, &response_table, "", r->responses);
	uint64_t given = 0;
	for (int row = HTTP_COMPLETE; row <= HTTP_INCOMPLETE; row++)
		given += r->requests[row] + r->responses[row];
	const uint64_t counts[] = { given, given - c->lost, c->lost, c->outside };
	sink->section(sink->arg, &capture_table, "", counts);
}
