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
	uint16_t login_port; /* 0: none */
	const char *scope; /* NULL: the test's own namespace */
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

/* The probes named in the environment variable SIDEWATCH_WITHOUT (comma-separated) stay off. */
void lab_open(struct lab *lab, const struct lab_options *options);
void lab_close(struct lab *lab);

/* Moves what is in the ring to lab->records. */
void lab_drain(struct lab *lab);

/* Drains until a record of the kind is there or a second has passed. */
const void *lab_wait(struct lab *lab, enum sw_kind kind);

/* The nth record of the kind (from 0) among those drained so far, or NULL. */
const void *lab_find(const struct lab *lab, enum sw_kind kind, size_t nth);
size_t lab_count(const struct lab *lab, enum sw_kind kind);

/* produced = consumed + dropped + capped, and every record could be decoded. */
void lab_check_accounting(struct lab *lab);

/* Entries of a BPF map by its name, as the kernel has it now. */
size_t lab_map_entries(const struct lab *lab, const char *name);

/* ---- sockets ----------------------------------------------------------------------------- */

/* Listens on the loopback address of the family (AF_INET or AF_INET6; any port). */
int lab_listen(int family, uint16_t *port);

/* Connects; with `mapped` an IPv6 socket to ::ffff:127.0.0.1. Returns the socket or -errno. */
int lab_connect(int family, uint16_t port, bool mapped);
uint16_t lab_local_port(int fd);

/* One byte, as a request. The reader fails the test's child if it does not come. */
void lab_say(int fd);
void lab_hear(int fd);

/* fork(); the child ends with the test, whatever it waits for. */
pid_t lab_fork(void);

/* Waits for a child; the test fails if it did not exit with 0. */
void lab_reap(pid_t child);

#endif
