/* show_exchange: see the header. */
#include "cli/show_exchange.h"

#include "cli/curl_line.h"
#include "cli/show.h"
#include "diff/json_pretty.h"
#include "diff/text.h"
#include "log/record.h"
#include "output/exchange_view.h"
#include "report/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SHOWN_MAX ((size_t)64 << 20)
#define VALUE_MAX 200

static int put_title(struct buf *out, const char *title)
{
	return buf_printf(out, "--- %s\n", title);
}

static int put_message(struct buf *out, const char *title, const struct message *m)
{
	int r = put_title(out, title);
	if (r || m)
		return r ? r : show_text(out, m, true);
	return buf_append_str(out, "(none in this log)\n\n");
}

struct listing {
	struct buf *out;
	const struct rules *rules;
	const struct endpoint_rules *mine;
	int error;
};

static int put_value(struct buf *out, struct slice v)
{
	return v.ptr ? utf8_visible(out, slice_cut(v, 0, VALUE_MAX), false) : buf_append_str(out, "-");
}

static void list_difference(void *arg, const struct difference *d)
{
	struct listing *l = arg;
	int r = l->error;
	r = r ? r : buf_append_str(l->out, "  ");
	r = r ? r : utf8_visible(l->out, d->path, false);
	r = r ? r : buf_printf(l->out, "  %s:  ", difference_kind_name(d->kind));
	r = r ? r : put_value(l->out, d->control);
	r = r ? r : buf_append_str(l->out, "  ->  ");
	r = r ? r : put_value(l->out, d->candidate);
	int rule = rules_hide(l->mine, d);
	if (r == 0 && rule >= 0)
		r = buf_printf(l->out, "   (hidden: %s)", rules_text(l->rules, rule));
	l->error = r ? r : buf_append_str(l->out, "\n");
}

static struct path_advice advise(void *arg, struct slice path)
{
	return rules_advise(arg, path);
}

static int put_differences(struct buf *out, const struct log_pair *p, const struct rules *rules)
{
	struct answer control, candidate;
	struct request_view v;
	struct buf folded;
	if (!view_answer(message_bytes(p->answer[LOG_CONTROL]), &control) ||
	    !view_answer(message_bytes(p->answer[LOG_CANDIDATE]), &candidate))
		return buf_append_str(out, "(one of them is no answer)\n");
	buf_init(&folded, 4096);
	struct comparer *c = comparer_new(view_decode, SHOWN_MAX);
	bool request = view_request(NULL, message_bytes(p->request), &folded, &v);
	struct endpoint_rules *mine = request ? rules_for(rules, v.method, v.folded, v.path) : NULL;
	struct listing l = { .out = out, .rules = rules, .mine = mine, .error = c && mine ? 0 : ERR_NOMEM };
	const struct json_advice advice = { .arg = mine, .advise = advise };
	if (l.error == 0 && compare_answers(c, &control, &candidate, &advice, (struct difference_sink){ &l, list_difference }))
		l.error = buf_append_str(out, "  none\n");
	comparer_free(c);
	endpoint_rules_free(mine);
	buf_release(&folded);
	return l.error;
}

/* Head and content by lines: JSON a value a line, the rest as it is. */
static int by_lines(const struct message *m, struct buf *out)
{
	struct answer a;
	struct buf body;
	if (!view_answer(message_bytes(m), &a))
		return buf_append(out, message_bytes(m));
	buf_init(&body, SHOWN_MAX);
	struct slice head = slice_cut(a.message, 0, a.message.len - a.body.len), content = a.body;
	if (a.coded && view_decode(a.message, &body) == 0)
		content = buf_slice(&body);
	int r = buf_append(out, head);
	bool json = content.len && (content.ptr[0] == '{' || content.ptr[0] == '[');
	if (r == 0)
		r = json ? json_pretty(content, out) : buf_append(out, content);
	buf_release(&body);
	return r;
}

static int put_unified(struct buf *out, const struct log_pair *p)
{
	struct buf text[LOG_SIDES], unified;
	int r = 0;
	buf_init(&unified, SHOWN_MAX);
	for (int s = 0; s < LOG_SIDES; s++) {
		buf_init(&text[s], SHOWN_MAX);
		int one = by_lines(p->answer[s], &text[s]);
		r = r ? r : one;
	}
	r = r ? r : text_unified(buf_slice(&text[LOG_CONTROL]), buf_slice(&text[LOG_CANDIDATE]), "control", "candidate", &unified);
	r = r ? r : utf8_visible(out, buf_slice(&unified), true);
	for (int s = 0; s < LOG_SIDES; s++)
		buf_release(&text[s]);
	buf_release(&unified);
	return r;
}

int show_exchange(const struct log_pair *p, const struct rules *rules, struct buf *out)
{
	int r = put_message(out, "request", p->request);
	r = r ? r : put_message(out, "control", p->answer[LOG_CONTROL]);
	r = r ? r : put_message(out, "candidate", p->answer[LOG_CANDIDATE]);
	if (r == 0 && p->answer[LOG_CONTROL] && p->answer[LOG_CANDIDATE]) {
		r = put_title(out, "differences");
		r = r ? r : put_differences(out, p, rules);
		r = r ? r : buf_append_str(out, "\n");
		r = r ? r : put_unified(out, p);
		r = r ? r : buf_append_str(out, "\n");
	}
	r = r ? r : put_title(out, "ask again");
	if (r == 0 && curl_line(message_bytes(p->request), NULL, out) == ERR_FORMAT)
		r = buf_append_str(out, "(the request has no head)");
	return r ? r : buf_append_str(out, "\n");
}

static int put_record(struct buf *out, const struct message *m, enum message_type type, const struct message_id *id)
{
	if (!m)
		return 0;
	struct message *as = message_new(type, m->data.len);
	if (!as)
		return ERR_NOMEM;
	int r = buf_append(&as->data, message_bytes(m));
	as->flags = m->flags;
	as->id = *id;
	as->ts_ns = m->ts_ns;
	as->latency_ns = m->latency_ns;
	as->src = m->src;
	as->dst = m->dst;
	r = r ? r : record_write(out, as);
	message_unref(as);
	return r;
}

int save_exchange(const struct log_pair *p, char path[64], struct err *err)
{
	struct buf text;
	const struct message_id *id = &p->request->id;
	buf_init(&text, SIZE_MAX);
	(void)snprintf(path, 64, "%.*s.gor", id->len, id->hex);
	int r = put_record(&text, p->request, MESSAGE_REQUEST, id);
	r = r ? r : put_record(&text, p->answer[LOG_CONTROL], MESSAGE_RESPONSE, id);
	r = r ? r : put_record(&text, p->answer[LOG_CANDIDATE], MESSAGE_REPLAYED, id);
	int fd = r ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (r)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	else if (fd < 0)
		(void)err_set_errno(err, "cannot write the exchange to %s", path);
	else if (write(fd, text.ptr, text.len) != (ssize_t)text.len)
		(void)err_set_errno(err, "cannot write the exchange to %s", path);
	if (fd >= 0)
		(void)close(fd);
	buf_release(&text);
	return err->code;
}
