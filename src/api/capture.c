/* capture: replay/capture.h over input/capture. */
#include "input/capture.h"

#include "api/handles.h"

#include <replay/capture.h>

rp_capture *rp_capture_new(void)
{
	const struct capture_options options = { 0 };
	return (rp_capture *)capture_new(&options, NULL);
}

void rp_capture_packet(rp_capture *c, uint32_t link_type, int64_t time_ns, const void *bytes, size_t len, size_t wire_len)
{
	const struct packet packet = {
		.bytes = slice_of(bytes, len),
		.wire_len = wire_len > UINT32_MAX ? UINT32_MAX : (uint32_t)wire_len,
		.link_type = link_type,
		.ts_ns = time_ns,
	};
	capture_push((struct capture *)c, &packet);
}

void rp_capture_finish(rp_capture *c)
{
	capture_finish((struct capture *)c);
}

rp_message *rp_capture_next(rp_capture *c)
{
	return handle_of(capture_next((struct capture *)c));
}

void rp_capture_free(rp_capture *c)
{
	capture_free((struct capture *)c);
}
