/* unit_guard: two mappings in one, the second unreadable. */
#include "support/unit_guard.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t pages_for(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (len + page - 1) / page * page;
}

struct slice guard_copy(struct slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = pages_for(s.len);
	uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
		abort();
	uint8_t *at = map + room - s.len;
	if (s.len)
		memcpy(at, s.ptr, s.len);
	return slice_of(at, s.len);
}

void guard_free(struct slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = pages_for(s.len);
	if (munmap((void *)(uintptr_t)(s.ptr + s.len - room), room + page) != 0)
		abort();
}
