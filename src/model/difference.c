/* difference: the names of kinds. */
#include "model/difference.h"

const char *difference_kind_name(enum difference_kind kind)
{
	static const char *const names[DIFFERENCE_KINDS] = {
		[DIFFERENCE_VALUE] = "value",     [DIFFERENCE_TYPE] = "type",     [DIFFERENCE_MISSING] = "missing",
		[DIFFERENCE_EXTRA] = "extra",     [DIFFERENCE_ORDER] = "order",   [DIFFERENCE_LENGTH] = "length",
		[DIFFERENCE_LATENCY] = "latency", [DIFFERENCE_EXPECT] = "expect",
	};
	return names[kind];
}
