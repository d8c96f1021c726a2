// SPDX-License-Identifier: Apache-2.0
#include "lab.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "decode/decode.h"

int lab_namespace(void **state)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	(void)state;
	if (unshare(CLONE_NEWNET)) {
		perror("unshare");
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		return -1;
	return close(fd);
}

/* ---- probes ------------------------------------------------------------------------------ */

void lab_record(void *ctx, const void *data, size_t size)
{
	const struct sw_record *decoded;
	struct lab *lab = ctx;

	if (sw_decode(data, size, &decoded)) {
		lab->undecodable++;
		return;
	}
	assert_true(lab->count < LAB_RECORDS_MAX);
	lab->records[lab->count] = malloc(size);
	assert_non_null(lab->records[lab->count]);
	memcpy(lab->records[lab->count++], data, size);
}

static void leave_out(struct sw_probe_set_options *o)
{
	const char *env = getenv("SIDEWATCH_WITHOUT");
	char *names, *name, *save = NULL;

	if (!env)
		return;
	names = strdup(env);
	for (name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		const struct sw_probe *probe = sw_probe_find(name);

		assert_non_null(probe);
		o->without[probe - sw_probe_table] = true;
	}
	free(names);
}

static enum sw_twins twins_of(const struct lab_options *options)
{
	const char *env = getenv("SIDEWATCH_TWINS");

	if (options->twins != SW_TWINS_AUTO || !env)
		return options->twins;
	if (!strcmp(env, "on"))
		return SW_TWINS_ON;
	if (strcmp(env, "alone"))
		fail_msg("SIDEWATCH_TWINS=%s: neither on nor alone", env);
	return SW_TWINS_ALONE;
}

bool lab_is_precise(void)
{
	const char *probes = getenv("SIDEWATCH_PROBES");

	return probes && !strcmp(probes, sw_wanted_names[SW_WANTED_PRECISION]);
}

void lab_open(struct lab *lab, const struct lab_options *options)
{
	uint16_t login = options->login_port;
	struct sw_config config = {
		.ring_bytes = options->ring_bytes ?: 4U << 20,
		.rate_burst = options->burst ?: 512,
		.rate_per_s = options->per_s ?: 128,
		.edges_max = options->edges_max ?: 4096,
		.login_ports = &login,
		.login_ports_count = login ? 1 : 0,
	};
	struct sw_probe_set_options o = {
		.config = &config,
		.twins = twins_of(options),
		.wanted = lab_is_precise() ? SW_WANTED_PRECISION : SW_WANTED_CORE,
	};
	char why[512] = "";

	memset(lab, 0, sizeof(*lab));
	leave_out(&o);
	if (sw_scope_parse(options->scope ?: "netns:/proc/self/ns/net", &o.scope, why,
			   sizeof(why)) ||
	    sw_probe_set_open(&o, why, sizeof(why), &lab->probes))
		fail_msg("%s", why);
	assert_int_equal(sw_probe_set_scan_listeners(lab->probes), 0);
	assert_int_equal(sw_ring_open(sw_probe_set_ring_fd(lab->probes),
				      sw_probe_set_idle(lab->probes), lab_record, lab, &lab->ring),
			 0);
}

void lab_close(struct lab *lab)
{
	sw_ring_free(&lab->ring);
	sw_probe_set_free(&lab->probes);
	for (size_t i = 0; i < lab->count; i++)
		free(lab->records[i]);
	lab->count = 0;
}

void lab_drain(struct lab *lab)
{
	while (sw_ring_drain(lab->ring) > 0)
		;
}

const void *lab_find(const struct lab *lab, enum sw_kind kind, size_t nth)
{
	for (size_t i = 0; i < lab->count; i++)
		if (lab->records[i]->kind == kind && !nth--)
			return lab->records[i];
	return NULL;
}

const void *lab_last(const struct lab *lab, enum sw_kind kind)
{
	for (size_t i = lab->count; i > 0; i--)
		if (lab->records[i - 1]->kind == kind)
			return lab->records[i - 1];
	return NULL;
}

size_t lab_count(const struct lab *lab, enum sw_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->count; i++)
		n += lab->records[i]->kind == kind;
	return n;
}

const void *lab_wait_for(struct lab *lab, enum sw_kind kind, size_t count)
{
	struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < 100; i++) {
		const void *found;

		lab_drain(lab);
		found = lab_find(lab, kind, count - 1);
		if (found)
			return found;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

const void *lab_wait(struct lab *lab, enum sw_kind kind)
{
	return lab_wait_for(lab, kind, 1);
}

void lab_assert_root_exact(const void *record, uint16_t peer)
{
	const struct sw_record *h = record;

	assert_non_null(h);
	assert_int_equal(h->origin.confidence, SW_CONFIDENCE_EXACT);
	assert_int_equal(h->origin.in[0].remote_port, peer);
	assert_int_equal(h->origin.seen, 1);
	assert_int_equal(h->origin.depth, 1);
	assert_int_equal(h->origin.parent, 0);
	assert_int_equal(h->origin.session, h->origin.in[0].cookie);
}

void lab_check_accounting(struct lab *lab)
{
	uint64_t n[SW_COUNT_MAX];

	lab_drain(lab);
	sw_probe_set_counters(lab->probes, n);
	assert_int_equal(n[SW_COUNT_PRODUCED],
			 sw_ring_consumed(lab->ring) + n[SW_COUNT_DROPPED] + n[SW_COUNT_CAPPED]);
	assert_int_equal(lab->undecodable, 0);
}

size_t lab_map_entries(const struct lab *lab, const char *name)
{
	int fd = sw_probe_set_map_fd(lab->probes, name);
	uint8_t key[64], next[64];
	size_t n = 0;
	int err;

	assert_true(fd >= 0);
	for (err = bpf_map_get_next_key(fd, NULL, next); !err;
	     err = bpf_map_get_next_key(fd, key, next)) {
		memcpy(key, next, sizeof(key));
		n++;
	}
	return n;
}

void lab_check_forgotten(struct lab *lab)
{
	static const char *const maps[] = {"sw_marks", "sw_readers", "sw_sessions"};

	for (size_t i = 0; i < 3; i++) {
		for (int wait = 0; wait < 100 && lab_map_entries(lab, maps[i]); wait++)
			usleep(20000);
		if (lab_map_entries(lab, maps[i]))
			fail_msg("%s still has %zu entries", maps[i],
				 lab_map_entries(lab, maps[i]));
	}
}

uint64_t lab_counter(const struct lab *lab, enum sw_counter counter)
{
	uint64_t n[SW_COUNT_MAX];

	sw_probe_set_counters(lab->probes, n);
	return n[counter];
}

/* ---- sockets ----------------------------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

static socklen_t loopback(union address *at, int family, uint16_t port, bool mapped)
{
	memset(at, 0, sizeof(*at));
	at->any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		at->in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		at->in4.sin_port = htons(port);
		return sizeof(at->in4);
	}
	at->in6.sin6_port = htons(port);
	inet_pton(AF_INET6, mapped ? "::ffff:127.0.0.1" : "::1", &at->in6.sin6_addr);
	return sizeof(at->in6);
}

uint16_t lab_local_port(int fd)
{
	union address at;
	socklen_t size = sizeof(at);

	assert_int_equal(getsockname(fd, &at.any, &size), 0);
	return ntohs(at.any.sa_family == AF_INET ? at.in4.sin_port : at.in6.sin6_port);
}

int lab_listen(int family, uint16_t *port)
{
	union address at;
	socklen_t size = loopback(&at, family, 0, false);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &at.any, size), 0);
	assert_int_equal(listen(fd, 512), 0);
	*port = lab_local_port(fd);
	return fd;
}

int lab_connect(int family, uint16_t port, bool mapped)
{
	union address at;
	socklen_t size = loopback(&at, family, port, mapped);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, &at.any, size)) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}

void lab_say(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(90);
}

void lab_hear(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char byte;

	if (poll(&ready, 1, 5000) != 1 || read(fd, &byte, 1) != 1)
		_exit(91);
}

int lab_accept(int listener)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	int fd;

	if (poll(&ready, 1, 5000) != 1)
		_exit(89);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		_exit(89);
	return fd;
}

/* ---- processes --------------------------------------------------------------------------- */

pid_t lab_fork(void)
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(60); /* what becomes of its credentials or program does not end this */
	}
	return child;
}

void lab_reap(pid_t child)
{
	int status = 0;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("child ended with status 0x%x", status);
}

void lab_join(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		_exit(93);
}

bool lab_in_a_child(void)
{
	pid_t child = lab_fork();

	if (child)
		lab_join(child);
	return !child;
}

void lab_program_connects(uint16_t port)
{
	pid_t child = lab_fork();
	char script[64];

	if (!child) {
		snprintf(script, sizeof(script), "exec 9<>/dev/tcp/127.0.0.1/%u", port);
		execl("/bin/bash", "bash", "-c", script, NULL);
		_exit(94);
	}
	lab_join(child);
}

void lab_become_shell(int fd)
{
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	execl("/bin/bash", "bash", NULL);
	_exit(94);
}

/* ---- a service and its clients ----------------------------------------------------------- */

void lab_service_run(struct lab *lab, struct lab_service *service)
{
	pid_t server = lab_fork();
	char byte;

	if (!server) {
		service->serve(service->listener);
		_exit(0);
	}
	for (size_t i = 0; i < LAB_CLIENTS_MAX && service->says[i]; i++) {
		const char *what = service->says[i];
		int fd = lab_connect(AF_INET, service->port, false);

		assert_true(fd >= 0);
		service->clients[i] = fd;
		service->peers[i] = lab_local_port(fd);
		assert_int_equal(write(fd, what, strlen(what)), strlen(what));
		if (service->in_turn)
			assert_int_equal(read(fd, &byte, 1), 0);
	}
	lab_reap(server);
	lab_drain(lab);
}

void lab_play(struct lab *lab, struct lab_service *service)
{
	service->listener = lab_listen(AF_INET, &service->port);
	lab_open(lab, &(struct lab_options){.login_port = service->login ? service->port : 0});
	lab_service_run(lab, service);
}

void lab_end(struct lab *lab, struct lab_service *service)
{
	for (size_t i = 0; i < LAB_CLIENTS_MAX && service->says[i]; i++)
		close(service->clients[i]);
	close(service->listener);
	lab_check_accounting(lab);
	lab_close(lab);
}
