/* fanout: PACKET_FANOUT of packet(7) with a program of ours.
 *
 * The kernel's own PACKET_FANOUT_HASH takes a connection that is tunnelled in UDP by the outer addresses, which differ by direction, and was not
 * symmetric before Linux 4.8. */
#include "input/fanout.h"

#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Offsets that the kernel takes for other things than bytes of the packet, and its headers, whatever the direction. */
enum { TYPE_OF_DEVICE = SKF_AD_OFF + SKF_AD_HATYPE, PROTOCOL = SKF_AD_OFF + SKF_AD_PROTOCOL, LINK = SKF_LL_OFF, NETWORK = SKF_NET_OFF };

#define LOAD(size, at)          BPF_STMT(BPF_LD | BPF_##size | BPF_ABS, (uint32_t)(at))
#define LOAD_X(size, at)        BPF_STMT(BPF_LD | BPF_##size | BPF_IND, at)
#define SET_X(value)            BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, (uint32_t)(value))
#define KEEP(cell)              BPF_STMT(BPF_ST, cell)
#define XOR_KEPT(cell)          BPF_STMT(BPF_LDX | BPF_W | BPF_MEM, cell), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)
#define IF(how, value, yes, no) BPF_JUMP(BPF_JMP | BPF_##how | BPF_K, value, yes, no)
#define GO(over)                BPF_STMT(BPF_JMP | BPF_JA, over)

/* The same number for both directions of a TCP connection, whose addresses and ports are joined by XOR; 0, the first member's, for all else. A
 * packet too short for a load ends the program with 0. */
static const struct sock_filter program[] = {
	LOAD(W, TYPE_OF_DEVICE),
	IF(JEQ, ARPHRD_ETHER, 4, 0),
	IF(JEQ, ARPHRD_LOOPBACK, 3, 0),
	LOAD(W, PROTOCOL),
	SET_X(NETWORK),
	GO(12),
	/* Ethernet, and the loopback, which has its header: tags may stand before the type */
	SET_X(LINK + 14),
	LOAD(H, LINK + 12),
	IF(JEQ, 0x8100, 2, 0),
	IF(JEQ, 0x88a8, 1, 0),
	IF(JEQ, 0x9100, 0, 7),
	SET_X(LINK + 18),
	LOAD(H, LINK + 16),
	IF(JEQ, 0x8100, 2, 0),
	IF(JEQ, 0x88a8, 1, 0),
	IF(JEQ, 0x9100, 0, 2),
	SET_X(LINK + 22),
	LOAD(H, LINK + 20),
	/* A: the type; X: where that header begins */
	IF(JEQ, ETHERTYPE_IP, 1, 0),
	IF(JEQ, ETHERTYPE_IPV6, 23, 65),
	/* IPv4: TCP, and no fragment (whole datagrams are put together before) */
	LOAD_X(B, 9),
	IF(JEQ, IPPROTO_TCP, 0, 63),
	LOAD_X(H, 6),
	IF(JSET, 0x3fff, 61, 0),
	LOAD_X(W, 12),
	KEEP(0),
	LOAD_X(W, 16),
	KEEP(1),
	LOAD_X(B, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	LOAD_X(H, 0),
	KEEP(2),
	LOAD_X(H, 2),
	XOR_KEPT(0),
	XOR_KEPT(1),
	XOR_KEPT(2),
	GO(39),
	/* IPv6 */
	LOAD_X(B, 6),
	IF(JEQ, IPPROTO_TCP, 0, 40),
	LOAD_X(W, 8),
	KEEP(0),
	LOAD_X(W, 12),
	KEEP(1),
	LOAD_X(W, 16),
	KEEP(2),
	LOAD_X(W, 20),
	KEEP(3),
	LOAD_X(W, 24),
	KEEP(4),
	LOAD_X(W, 28),
	KEEP(5),
	LOAD_X(W, 32),
	KEEP(6),
	LOAD_X(W, 36),
	KEEP(7),
	LOAD_X(H, 40),
	KEEP(8),
	LOAD_X(H, 42),
	XOR_KEPT(0),
	XOR_KEPT(1),
	XOR_KEPT(2),
	XOR_KEPT(3),
	XOR_KEPT(4),
	XOR_KEPT(5),
	XOR_KEPT(6),
	XOR_KEPT(7),
	XOR_KEPT(8),
	/* all bits of it into the upper half */
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1),
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
	BPF_STMT(BPF_RET | BPF_A, 0),
	/* the first one's */
	BPF_STMT(BPF_RET | BPF_K, 0),
};

struct fanout {
	pthread_mutex_t mutex;
	unsigned users; /* opened and closed by one thread */
	struct {
		unsigned number, members;
	} group[FANOUT_MAX]; /* under the mutex */
	int64_t since_ns;
};

struct fanout *fanout_new(void)
{
	struct fanout *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	(void)pthread_mutex_init(&f->mutex, NULL);
	f->users = 1;
	return f;
}

struct fanout *fanout_share(struct fanout *f)
{
	f->users++;
	return f;
}

void fanout_release(struct fanout *f)
{
	if (!f || --f->users)
		return;
	(void)pthread_mutex_destroy(&f->mutex);
	free(f);
}

static int set(int fd, unsigned group, unsigned flags)
{
	unsigned value = group | (PACKET_FANOUT_CBPF | PACKET_FANOUT_FLAG_DEFRAG | flags) << 16;
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof value);
}

/* The first of a new group, whose number the kernel chooses. */
static int begin(int fd, unsigned *group)
{
	const struct sock_fprog by_connection = { sizeof program / sizeof *program, (struct sock_filter *)(uintptr_t)program };
	unsigned value = 0;
	socklen_t size = sizeof value;
	int rc = set(fd, 0, PACKET_FANOUT_FLAG_UNIQUEID);
	rc = rc ? rc : getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &size);
	*group = value & 0xffff;
	return rc ? rc : setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &by_connection, sizeof by_connection);
}

int fanout_join(struct fanout *f, size_t which, int fd, struct err *err)
{
	if (!f)
		return 0;
	(void)pthread_mutex_lock(&f->mutex);
	int rc = f->group[which].members ? set(fd, f->group[which].number, 0) : begin(fd, &f->group[which].number);
	f->group[which].members += rc == 0;
	(void)pthread_mutex_unlock(&f->mutex);
	return rc ? err_set_errno(err, "the kernel does not spread packets over threads") : 0;
}

void fanout_leave(struct fanout *f, size_t which)
{
	(void)pthread_mutex_lock(&f->mutex);
	f->group[which].members--;
	(void)pthread_mutex_unlock(&f->mutex);
}

void fanout_begins(struct fanout *f, int64_t unix_ns)
{
	f->since_ns = unix_ns;
}

int64_t fanout_since(const struct fanout *f)
{
	return f ? f->since_ns : 0;
}
