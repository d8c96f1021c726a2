/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/peer.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/resolve.h"
#include "sink/tls.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S (1000 * NS_PER_MS)
#define BACKOFF_MIN_NS (500 * NS_PER_MS)
#define BACKOFF_MAX_NS (30 * NS_PER_S)
#define SETUP_NS (10 * NS_PER_S) /* connection and handshake */
#define AWAY_NS (3 * NS_PER_S) /* an attempt that takes longer: messages go to the spool */
#define UNACKNOWLEDGED_MS 60000 /* RFC 5482: then a silent host counts as gone */

enum state { DOWN = 0, RESOLVING, CONNECTING, GREETING, UP };

struct sw_peer {
	const struct sw_server *server;
	enum state state;
	int epoll;
	int fd;
	uint32_t polled; /* events that fd is registered for */
	struct sw_resolve *resolve;
	struct addrinfo *addresses, *address; /* the list, and the one that is tried */
	struct sw_tls *tls;
	uint64_t began_ns; /* this attempt */
	uint64_t retry_ns; /* when the next one may begin */
	uint64_t backoff_ns;
	uint64_t carried;
	char why[SW_TLS_WHY_BYTES];
};

int sw_peer_new(const struct sw_server *server, struct sw_peer **out)
{
	struct sw_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return -ENOMEM;
	*peer = (struct sw_peer){.server = server, .fd = -1, .backoff_ns = BACKOFF_MIN_NS};
	peer->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (peer->epoll < 0) {
		free(peer);
		return -EMFILE;
	}
	*out = peer;
	return 0;
}

static bool is_datagram(const struct sw_peer *peer)
{
	return peer->server->protocol == SW_PROTOCOL_UDP;
}

static void hang_up(struct sw_peer *peer)
{
	sw_tls_free(&peer->tls);
	if (peer->fd >= 0)
		close(peer->fd); /* epoll forgets it */
	peer->fd = -1;
	peer->polled = 0;
	peer->carried = 0;
	peer->state = DOWN;
}

static void forget_addresses(struct sw_peer *peer)
{
	if (peer->addresses)
		freeaddrinfo(peer->addresses);
	peer->addresses = peer->address = NULL;
	sw_resolve_free(&peer->resolve);
}

/* A fleet whose server comes back must not come all at once: between half and all of it. */
static uint64_t with_jitter(uint64_t ns)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return ns;
	return ns / 2 + random % (ns / 2);
}

/* The next address of the name is tried at once, the whole name later. */
static void fail(struct sw_peer *peer, const char *why, uint64_t now_ns)
{
	bool was_up = peer->state == UP;

	snprintf(peer->why, sizeof(peer->why), "%s", why);
	hang_up(peer);
	peer->address = peer->address && !was_up ? peer->address->ai_next : NULL;
	if (peer->address) {
		peer->retry_ns = now_ns;
		return;
	}
	forget_addresses(peer);
	peer->retry_ns = now_ns + with_jitter(peer->backoff_ns);
	peer->backoff_ns *= 2;
	if (peer->backoff_ns > BACKOFF_MAX_NS)
		peer->backoff_ns = BACKOFF_MAX_NS;
}

static int poll_for(struct sw_peer *peer, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events};
	int how = peer->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (events == peer->polled)
		return 0;
	if (epoll_ctl(peer->epoll, how, fd, &event))
		return -errno;
	peer->polled = events;
	return 0;
}

/* ---- the steps --------------------------------------------------------------------------- */

static void begin(struct sw_peer *peer, uint64_t now_ns)
{
	struct epoll_event event = {.events = EPOLLIN};
	int rc;

	if (now_ns < peer->retry_ns)
		return;
	peer->began_ns = now_ns;
	if (peer->address) {
		peer->state = CONNECTING;
		return;
	}
	rc = sw_resolve_start(peer->server->host, peer->server->port,
			      is_datagram(peer) ? SOCK_DGRAM : SOCK_STREAM, &peer->resolve);
	if (!rc && epoll_ctl(peer->epoll, EPOLL_CTL_ADD, sw_resolve_fd(peer->resolve), &event))
		rc = -errno;
	if (rc)
		fail(peer, strerror(-rc), now_ns);
	else
		peer->state = RESOLVING;
}

static void await_addresses(struct sw_peer *peer, uint64_t now_ns)
{
	const char *why = "";
	int rc = sw_resolve_result(peer->resolve, &peer->addresses, &why);

	if (rc == -EAGAIN)
		return;
	epoll_ctl(peer->epoll, EPOLL_CTL_DEL, sw_resolve_fd(peer->resolve), NULL);
	sw_resolve_free(&peer->resolve);
	peer->address = peer->addresses;
	if (rc)
		fail(peer, why, now_ns);
	else
		peer->state = CONNECTING;
}

static int open_socket(struct sw_peer *peer)
{
	const struct addrinfo *to = peer->address;
	const int on = 1, patience = UNACKNOWLEDGED_MS;
	sw_autoclose int fd =
		socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (!is_datagram(peer)) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS)
		return -errno;
	rc = poll_for(peer, fd, EPOLLIN | EPOLLOUT);
	if (!rc)
		peer->fd = SW_TAKE_FD(fd);
	return rc;
}

static void go_up(struct sw_peer *peer)
{
	peer->state = UP;
	poll_for(peer, peer->fd, EPOLLIN);
}

/* Whether the connection is made; else it is under way, or has failed. */
static bool is_connected(struct sw_peer *peer, uint64_t now_ns)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(int), addr_len = sizeof(addr);
	int error = 0;

	getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		fail(peer, strerror(error), now_ns);
		return false;
	}
	return getpeername(peer->fd, (struct sockaddr *)&addr, &addr_len) == 0;
}

static void connect_to(struct sw_peer *peer, uint64_t now_ns)
{
	char why[SW_TLS_WHY_BYTES];
	int rc = peer->fd < 0 ? open_socket(peer) : 0;

	if (rc) {
		fail(peer, strerror(-rc), now_ns);
		return;
	}
	if (!is_connected(peer, now_ns))
		return;
	if (peer->server->protocol != SW_PROTOCOL_TLS) {
		go_up(peer);
		return;
	}
	if (sw_tls_new(peer->server, peer->fd, &peer->tls, why))
		fail(peer, why, now_ns);
	else
		peer->state = GREETING;
}

static void greet(struct sw_peer *peer, uint64_t now_ns)
{
	char why[SW_TLS_WHY_BYTES];
	bool wants_write = false;
	int rc = sw_tls_handshake(peer->tls, &wants_write, why);

	if (rc == -EAGAIN)
		poll_for(peer, peer->fd, wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
	else if (rc)
		fail(peer, why, now_ns);
	else
		go_up(peer);
}

/* Servers say nothing, but a connection that ended or was reset is read off here. */
static void hear(struct sw_peer *peer, uint64_t now_ns)
{
	char why[SW_TLS_WHY_BYTES] = "the server closed the connection";
	char dropped[4096];
	ssize_t n;

	if (peer->tls) {
		int rc;

		do
			rc = sw_tls_hear(peer->tls, why);
		while (rc == 0);
		if (rc != -EAGAIN)
			fail(peer, why, now_ns);
		return;
	}
	do
		n = recv(peer->fd, dropped, sizeof(dropped), MSG_DONTWAIT);
	while (n > 0 || (n == 0 && is_datagram(peer)));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	fail(peer, n < 0 ? strerror(errno) : why, now_ns);
}

void sw_peer_advance(struct sw_peer *peer, uint64_t now_ns)
{
	static void (*const steps[])(struct sw_peer * peer, uint64_t now_ns) = {
		[DOWN] = begin,
		[RESOLVING] = await_addresses,
		[CONNECTING] = connect_to,
		[GREETING] = greet,
		[UP] = hear,
	};
	enum state before;

	do {
		before = peer->state;
		steps[before](peer, now_ns);
	} while (peer->state > before && peer->state != UP);
	if ((peer->state == CONNECTING || peer->state == GREETING) &&
	    now_ns - peer->began_ns > SETUP_NS)
		fail(peer, "no answer", now_ns);
}

/* ---- while it is up ---------------------------------------------------------------------- */

bool sw_peer_is_up(const struct sw_peer *peer)
{
	return peer->state == UP;
}

bool sw_peer_is_away(const struct sw_peer *peer, uint64_t now_ns)
{
	if (peer->state == UP)
		return false;
	return peer->why[0] || (peer->state != DOWN && now_ns - peer->began_ns > AWAY_NS);
}

const char *sw_peer_why(const struct sw_peer *peer)
{
	return peer->why;
}

ssize_t sw_peer_write(struct sw_peer *peer, const void *bytes, size_t len, uint64_t now_ns)
{
	char why[SW_TLS_WHY_BYTES];
	ssize_t n;

	if (peer->tls) {
		n = sw_tls_write(peer->tls, bytes, len, why);
	} else {
		n = send(peer->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			n = errno == EINTR || errno == ENOBUFS ? -EAGAIN : -errno;
			snprintf(why, sizeof(why), "%s", strerror((int)-n));
		}
	}
	if (n > 0)
		peer->carried =
			peer->tls ? sw_tls_wire_bytes(peer->tls) : peer->carried + (uint64_t)n;
	else if (n != -EAGAIN && n != -EMSGSIZE)
		fail(peer, why, now_ns);
	return n;
}

uint64_t sw_peer_carried(const struct sw_peer *peer)
{
	return peer->carried;
}

uint64_t sw_peer_acknowledged(const struct sw_peer *peer)
{
	int waiting = 0;

	if (is_datagram(peer) || peer->fd < 0)
		return peer->carried;
	/* tcp(7): SIOCOUTQ counts what is not sent and what is not acknowledged */
	if (ioctl(peer->fd, SIOCOUTQ, &waiting) || (uint64_t)waiting > peer->carried)
		return 0;
	return peer->carried - (uint64_t)waiting;
}

void sw_peer_prosper(struct sw_peer *peer)
{
	peer->backoff_ns = BACKOFF_MIN_NS;
}

void sw_peer_restart(struct sw_peer *peer, uint64_t now_ns)
{
	hang_up(peer);
	forget_addresses(peer);
	peer->backoff_ns = BACKOFF_MIN_NS;
	peer->retry_ns = now_ns;
}

int sw_peer_fd(const struct sw_peer *peer)
{
	return peer->epoll;
}

void sw_peer_wish_to_write(struct sw_peer *peer, bool wish)
{
	if (peer->state == UP)
		poll_for(peer, peer->fd, wish ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

uint64_t sw_peer_due_ns(const struct sw_peer *peer)
{
	if (peer->state == DOWN)
		return peer->retry_ns;
	if (peer->state == CONNECTING || peer->state == GREETING)
		return peer->began_ns + SETUP_NS;
	return UINT64_MAX;
}

void sw_peer_free(struct sw_peer **peer)
{
	struct sw_peer *p = *peer;

	if (!p)
		return;
	if (p->state == UP && p->tls)
		sw_tls_bye(p->tls);
	hang_up(p);
	forget_addresses(p);
	close(p->epoll);
	free(p);
	*peer = NULL;
}
