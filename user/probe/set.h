/* SPDX-License-Identifier: Apache-2.0 */
/* The probe set in force: loaded, attached, counted. */
#ifndef SW_PROBE_SET_H
#define SW_PROBE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/choice.h"
#include "probe/probe.h"
#include "probe/scope.h"
#include "sidewatch/config.h"
#include "sidewatch/event.h"

struct sw_probe_set;

/* Whether probes are attached a second time, for what the first is kept from (bpf/twin.h). */
enum sw_twins {
	SW_TWINS_AUTO = 0, /* where this kernel may preempt a probe */
	SW_TWINS_ON,
	SW_TWINS_ALONE, /* on, and those that have a twin off: as if all were missed */
};

struct sw_probe_set_options {
	const struct sw_config *config;
	struct sw_scope scope;
	enum sw_wanted wanted;
	bool without[SW_PROBES_MAX]; /* by row of the table: leave this probe out */
	enum sw_twins twins;
};

/* What one probe does on this kernel. */
struct sw_probe_state {
	const char *hook; /* the one chosen; NULL: none, because of */
	const char *refusal; /* "" if there is one; owned by the set */
	bool attached;
	bool twin_attached;
	uint64_t missed; /* times that the kernel skipped it; with a twin, no more than were missed
			    by both */
	uint64_t runs; /* counted only while statistics are on */
	uint32_t verified_insns;
};

/*
 * Chooses a program for each probe, loads these, and attaches those that are not left out. With
 * auto, a kernel that refuses the precision set after all gets the core set. On failure writes one
 * line to why and returns a negative errno: -EPERM (privilege), -ENOTSUP (this kernel cannot carry
 * it), or another; *out is untouched.
 */
int sw_probe_set_open(const struct sw_probe_set_options *options, char *why, size_t why_bytes,
		      struct sw_probe_set **out);

/* From here on nothing new is told; what the maps and rings hold stays. */
void sw_probe_set_detach(struct sw_probe_set *set);

/* Detaches and unloads. NULL-safe. Sets *set to NULL. */
void sw_probe_set_free(struct sw_probe_set **set);

/* "precision" if any probe of that set is in force, else "core". */
const char *sw_probe_set_name(const struct sw_probe_set *set);

/* Finds the listeners and inbound flows that are older than the sensor. 0 or a negative errno. */
int sw_probe_set_scan_listeners(struct sw_probe_set *set);

/* For sw_ring_open(). Owned by the set. */
int sw_probe_set_ring_fd(const struct sw_probe_set *set);
uint32_t *sw_probe_set_idle(struct sw_probe_set *set);

/* Descriptor of a map by its name in bpf/maps.h, for tests and doctor; -ENOENT. Owned by the set.
 */
int sw_probe_set_map_fd(const struct sw_probe_set *set, const char *name);

/* Sums over all CPUs. */
void sw_probe_set_counters(const struct sw_probe_set *set, uint64_t out[SW_COUNT_MAX]);

/* Of all probes: events missed because the kernel skips what is running on that CPU already. */
uint64_t sw_probe_set_missed(const struct sw_probe_set *set);

/* State of the table's row. 0 or a negative errno. */
int sw_probe_set_state(const struct sw_probe_set *set, size_t row, struct sw_probe_state *out);

/*
 * Does in a child process what makes each probe fire and counts runs before and after.
 * fired[row] tells which did. 0 or a negative errno when the test itself could not run.
 */
int sw_probe_set_self_test(struct sw_probe_set *set, bool fired[SW_PROBES_MAX]);

#endif
