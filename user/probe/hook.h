/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this kernel can carry a program at a hook: found out by attaching one that does nothing.
 */
#ifndef SW_PROBE_HOOK_H
#define SW_PROBE_HOOK_H

struct btf;

/*
 * Tries "fentry/FUNCTION", "fexit/FUNCTION" or "kprobe/FUNCTION"; nothing stays attached. kernel:
 * the running kernel's types. 0 or a negative errno: what loading or attaching failed with.
 */
int sw_hook_try(const struct btf *kernel, const char *section);

#endif
