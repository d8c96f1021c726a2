/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this system can carry the probes at all. */
#ifndef SW_PROBE_SUPPORT_H
#define SW_PROBE_SUPPORT_H

#include <stddef.h>

/*
 * 0, or a negative errno with one line in why: -EPERM (we lack privilege) or -ENOTSUP (the kernel
 * lacks BTF, is locked down for confidentiality, or is too old for the helpers that the probes
 * need; or this is not the initial PID namespace).
 */
int sw_support_check(char *why, size_t why_bytes);

#endif
