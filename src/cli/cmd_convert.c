/* cmd_convert: `replay convert IN… OUT`: the same run as any, from files to a file, in file order, without a pace. */
#include "cli/reading.h"
#include "cli/session.h"

static int settle(struct options *o, struct err *err)
{
	size_t n = o->operands.n;
	if (n < 2)
		return err_set(err, ERR_USAGE, "convert needs what to read and what to write: replay convert IN OUT");
	const char *out_path = o->operands.text[n - 1];
	bool to_stdout = strcmp(out_path, "-") == 0;
	if (to_stdout && o->json)
		return err_set(err, ERR_USAGE, "--json and OUT - both write to standard output: give one of them");
	struct addresses *in = options_input(o, "input-file");
	struct addresses *out = options_output(o, to_stdout ? "output-stdout" : "output-file");
	if (!in || !out)
		return err_set(err, ERR_UNSUPPORTED, "this build cannot read or write files");
	for (size_t i = 0; i + 1 < n; i++)
		if (addresses_add(in, o->operands.text[i]))
			return err_set(err, ERR_NOMEM, "out of memory");
	if (addresses_add(out, to_stdout ? "" : out_path))
		return err_set(err, ERR_NOMEM, "out of memory");
	o->run.file_in.max = true;
	o->run.file_in.source.file_order = true;
	return reading_bounds(o, (const char *const *)in->text, in->n, err);
}

int cmd_convert(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	return settle(o, &err) ? complain(&err) : session_run(o);
}
