/* SPDX-License-Identifier: Apache-2.0 */
/* The table of probes: what there is, how each is proven, and what is lost without it. */
#ifndef SW_PROBE_PROBE_H
#define SW_PROBE_PROBE_H

#include <stddef.h>

/*
 * The core set detects by itself and needs no trampolines. The precision set adds what the core
 * cannot see, where the kernel lets its probes attach.
 */
enum sw_set { SW_SET_CORE = 0, SW_SET_PRECISION, SW_SET_MAX };

extern const char *const sw_set_names[SW_SET_MAX];

#define SW_HOOKS_MAX 2

struct sw_hook {
	const char *program; /* BPF program: "<file>__<function>" */
	const char *twin; /* and the same once more (bpf/twin.h); NULL: there is none */
	const char *section; /* where it is attached: "fentry/tcp_connect" */
};

struct sw_probe {
	const char *name; /* "reader" */
	enum sw_set set;
	struct sw_hook hooks[SW_HOOKS_MAX]; /* the first that this kernel can carry is taken */
	const char *sees; /* what it tells us */
	const char *proof; /* what the self-test does to make it fire */
	const char *without; /* what is lost without it */
};

/* In the order of attachment. */
extern const struct sw_probe sw_probe_table[];
extern const size_t sw_probe_count;

/* NULL if there is none of that name. */
const struct sw_probe *sw_probe_find(const char *name);

#endif
