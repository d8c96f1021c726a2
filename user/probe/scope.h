/* SPDX-License-Identifier: Apache-2.0 */
/* What part of the system is watched. */
#ifndef SW_PROBE_SCOPE_H
#define SW_PROBE_SCOPE_H

#include <stddef.h>
#include <stdint.h>

enum sw_scope_kind { SW_SCOPE_ALL = 0, SW_SCOPE_NETNS, SW_SCOPE_CGROUP };

struct sw_scope {
	enum sw_scope_kind kind;
	uint64_t id; /* network namespace cookie, or cgroup id */
};

/*
 * Parses "netns:PATH" (a file of a network namespace, as in /run/netns) or "cgroup:PATH" (a
 * directory in a cgroup2 file system). On failure writes what is wrong to why (why_bytes long,
 * printable) and returns a negative errno; *out is untouched.
 */
int sw_scope_parse(const char *text, struct sw_scope *out, char *why, size_t why_bytes);

#endif
