/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this system can carry the probes at all. */
#ifndef SW_PROBE_SUPPORT_H
#define SW_PROBE_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * 0, or a negative errno with one line in why: -EPERM (we lack privilege) or -ENOTSUP (the kernel
 * lacks BTF, is locked down for confidentiality, or is too old for the helpers that the probes
 * need; or this is not the initial PID namespace).
 */
int sw_support_check(char *why, size_t why_bytes);

/*
 * Whether this kernel may preempt a task in the middle of a probe, so that what others do on that
 * CPU meanwhile is missed by it (bpf/twin.h): Linux 7.0 or later.
 */
bool sw_support_probes_are_preempted(void);

#endif
