/* SPDX-License-Identifier: Apache-2.0 */
/* The table of probes: what there is, how each is proven, and what is lost without it. */
#ifndef SW_PROBE_PROBE_H
#define SW_PROBE_PROBE_H

#include <stddef.h>

struct sw_probe {
	const char *name; /* "reader" */
	const char *program; /* BPF program: "<hook>__<function>" */
	const char *hook; /* where it is attached */
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
