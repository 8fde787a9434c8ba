/* in_raw: the table of engines, and what holds for all of them. */
#include "input/in_raw.h"

#include "base/units.h"
#include "input/in_file.h"
#include "input/live.h"
#include "input/realip.h"
#include "input/vxlan.h"

#include <stdlib.h>
#include <strings.h>

/* "FILE:PORTS" in its two parts; the path is new memory. */
static char *split_path(const char *address, struct port_set *ports, struct err *err)
{
	char *path = strdup(address);
	char *colon = path ? strrchr(path, ':') : NULL;
	*ports = (struct port_set){ 0 };
	if (!path) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
	} else if (!colon || colon == path || !port_set_parse(colon + 1, ports)) {
		(void)err_set(err, ERR_USAGE,
		              "--input-raw '%s': with --input-raw-engine pcap_file write FILE:PORTS (--input-file reads all ports)",
		              address);
		free(path);
		path = NULL;
	} else {
		*colon = 0;
	}
	return path;
}

static int capture_files_open(const char *const *addresses, size_t n, const struct raw_options *o, const struct io_env *env,
                              struct input **out, struct err *err)
{
	const struct file_input_options files = {
		.speed = o->speed, .max = o->max, .loops = o->loops, .source = { .capture = o->capture }
	};
	struct file_part *parts = calloc(n, sizeof *parts);
	struct port_set *ports = calloc(n, sizeof *ports);
	int rc = parts && ports ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n && rc == 0; i++) {
		parts[i] = (struct file_part){ split_path(addresses[i], &ports[i], err), &ports[i] };
		rc = parts[i].path ? 0 : err->code;
	}
	if (rc == 0)
		rc = in_file_open_parts(parts, n, &files, env, out, err);
	for (size_t i = 0; parts && i < n; i++)
		free((void *)(uintptr_t)parts[i].path);
	free(parts);
	free(ports);
	return rc;
}

static int raw_socket_open(const char *const *addresses, size_t n, const struct raw_options *o, const struct io_env *env,
                           struct input **out, struct err *err)
{
	env->note(env->note_arg, 0, "--input-raw-engine raw_socket: packets are taken with libpcap here, which sees all that it would");
	return live_open(addresses, n, o, env, out, err);
}

static const struct engine {
	const char *name;
	int (*open)(const char *const *addresses, size_t n, const struct raw_options *o, const struct io_env *env, struct input **out,
	            struct err *err);
} engines[] = {
	{ "libpcap", live_open },
	{ "pcap_file", capture_files_open },
	{ "vxlan", vxlan_open },
	{ "raw_socket", raw_socket_open },
};

static int take_vlans(struct raw_options *o, struct err *err)
{
	for (size_t i = 0; i < o->vlan_vid.n; i++) {
		uint64_t n;
		if (parse_u64(o->vlan_vid.text[i], &n) != 0 || n > 4095)
			return err_set(err, ERR_USAGE, "--input-raw-vlan-vid '%s' is no VLAN id: it goes from 0 to 4095",
			               o->vlan_vid.text[i]);
		if (o->capture.vlan_count == CAPTURE_VLANS_MAX)
			return err_set(err, ERR_LIMIT, "--input-raw-vlan-vid: more than %d", CAPTURE_VLANS_MAX);
		o->capture.vlans[o->capture.vlan_count++] = (uint16_t)n;
	}
	return 0;
}

int in_raw_open(const char *const *addresses, size_t n, const void *raw_options, const struct io_env *env, struct input **out,
                struct err *err)
{
	struct raw_options o = *(const struct raw_options *)raw_options;
	if (o.protocol && strcasecmp(o.protocol, "http") != 0)
		return err_set(err, ERR_USAGE, "--input-raw-protocol %s: not supported, http is the only protocol", o.protocol);
	if (o.capture.realip_header && !realip_name(o.capture.realip_header))
		return err_set(err, ERR_USAGE, "--input-raw-realip-header '%s' is no name of a field", o.capture.realip_header);
	if (take_vlans(&o, err) != 0)
		return err->code;
	const char *name = o.engine ? o.engine : "libpcap";
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		if (strcmp(engines[i].name, name) == 0)
			return engines[i].open(addresses, n, &o, env, out, err);
	return err_set(err, ERR_USAGE, "--input-raw-engine '%s': there are libpcap, pcap_file, vxlan and raw_socket", name);
}
