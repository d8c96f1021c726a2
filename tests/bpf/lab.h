/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network namespace of the test's own with the real probes scoped to it, and small servers whose
 * behaviour the test dictates. All traffic stays on the namespace's loopback.
 */
#ifndef TESTS_BPF_LAB_H
#define TESTS_BPF_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "probe/set.h"
#include "ring/ring.h"
#include "sidewatch/event.h"

#define LAB_RECORDS_MAX 8192

struct lab_options {
	uint32_t ring_bytes; /* 0: 4 MiB */
	uint32_t burst; /* 0: 512 */
	uint32_t per_s; /* 0: 128 */
	uint32_t edges_max; /* 0: 4,096 */
	uint16_t login_port; /* 0: none */
	const char *scope; /* NULL: the test's own namespace */
	enum sw_twins twins;
};

struct lab {
	struct sw_probe_set *probes;
	struct sw_ring *ring;
	struct sw_record *records[LAB_RECORDS_MAX]; /* copies, in the order of the ring */
	size_t count;
	size_t undecodable;
};

/* cmocka group fixtures: a namespace for this process and its children. */
int lab_namespace(void **state);

/* The core set, or the one named in the environment variable SIDEWATCH_PROBES: "precision". */
bool lab_is_precise(void);

/*
 * The probes named in the environment variable SIDEWATCH_WITHOUT (comma-separated) stay off.
 * SIDEWATCH_TWINS: what options->twins is where it is SW_TWINS_AUTO: "on" or "alone".
 */
void lab_open(struct lab *lab, const struct lab_options *options);
void lab_close(struct lab *lab);

/* Adds a record to lab->records; the signature is sw_ring_handler's, ctx the lab. */
void lab_record(void *lab, const void *data, size_t size);

/* Moves what is in the vital ring to lab->records. */
void lab_drain(struct lab *lab);

/* Drains until a record of the kind is there or a second has passed. */
const void *lab_wait(struct lab *lab, enum sw_kind kind);

/* Drains until there are `count` of the kind or a second has passed. The last of them, or NULL. */
const void *lab_wait_for(struct lab *lab, enum sw_kind kind, size_t count);

/* The nth record of the kind (from 0) among those drained so far, or NULL. */
const void *lab_find(const struct lab *lab, enum sw_kind kind, size_t nth);
const void *lab_last(const struct lab *lab, enum sw_kind kind);
size_t lab_count(const struct lab *lab, enum sw_kind kind);

/* The record is there, and its origin is this peer's one flow, of no session around it. */
void lab_assert_root_exact(const void *record, uint16_t peer);

/* produced = consumed + dropped + capped, and every record could be decoded. */
void lab_check_accounting(struct lab *lab);

/* Entries of a BPF map by its name, as the kernel has it now. */
size_t lab_map_entries(const struct lab *lab, const char *name);

/* No process and no session is remembered, or will be in two seconds. */
void lab_check_forgotten(struct lab *lab);

uint64_t lab_counter(const struct lab *lab, enum sw_counter counter);

/* ---- sockets ----------------------------------------------------------------------------- */

/* Listens on the loopback address of the family (AF_INET or AF_INET6; any port). */
int lab_listen(int family, uint16_t *port);

/* Connects; with `mapped` an IPv6 socket to ::ffff:127.0.0.1. Returns the socket or -errno. */
int lab_connect(int family, uint16_t port, bool mapped);
uint16_t lab_local_port(int fd);

/* One byte, as a request. The reader fails the test's child if it does not come. */
void lab_say(int fd);
void lab_hear(int fd);

/* accept(), of a client that is there already or comes soon. */
int lab_accept(int listener);

/* ---- processes --------------------------------------------------------------------------- */

/* fork(); the child ends with the test or after a minute, whatever it waits for. */
pid_t lab_fork(void);

/* Waits for a child; the test fails if it did not exit with 0. */
void lab_reap(pid_t child);

/* The same for a child of a child, which then fails itself. */
void lab_join(pid_t child);

/* Goes on in a child, where it returns true; the caller waits for its end. */
bool lab_in_a_child(void);

/* A program that is run by a child of the caller connects to the port. */
void lab_program_connects(uint16_t port);

/* The calling process becomes a shell that takes its orders from the socket. */
void lab_become_shell(int fd);

/* ---- a service and its clients ----------------------------------------------------------- */

#define LAB_CLIENTS_MAX 8

struct lab_service {
	void (*serve)(int listener); /* what the service's process does, older than all clients */
	const char *says[LAB_CLIENTS_MAX]; /* by each client, in the order in which they connect */
	bool login; /* the service's port is a login port */
	bool in_turn; /* a client connects when the one before has been closed */
	int listener;
	uint16_t port;
	int clients[LAB_CLIENTS_MAX];
	uint16_t peers[LAB_CLIENTS_MAX]; /* the clients' ports, which origins name */
};

/* Listens, opens the lab, and lets the service's process do its work to the end. */
void lab_play(struct lab *lab, struct lab_service *service);

/* The last part of it: with a listener and a lab of the caller's. */
void lab_service_run(struct lab *lab, struct lab_service *service);

/* Closes the lab too. */
void lab_end(struct lab *lab, struct lab_service *service);

#endif
