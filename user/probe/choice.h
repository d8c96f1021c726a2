/* SPDX-License-Identifier: Apache-2.0 */
/* Which program is taken for each probe on this kernel, and why there is none for the others. */
#ifndef SW_PROBE_CHOICE_H
#define SW_PROBE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/probe.h"

#define SW_PROBES_MAX 64
#define SW_REFUSAL_BYTES 192

/* What was asked for; auto: of the precision set what this kernel can carry. */
enum sw_wanted { SW_WANTED_AUTO = 0, SW_WANTED_CORE, SW_WANTED_PRECISION, SW_WANTED_MAX };

extern const char *const sw_wanted_names[SW_WANTED_MAX];

/* 0, or -EINVAL if that is none of sw_wanted_names; *out is untouched then. */
int sw_wanted_parse(const char *text, enum sw_wanted *out);

struct sw_choice {
	const struct sw_hook *hooks[SW_PROBES_MAX]; /* by row of the table; NULL: none */
	char refusals[SW_PROBES_MAX][SW_REFUSAL_BYTES]; /* why there is none */
};

/*
 * Core probes are always chosen, whether they attach or not. On failure writes one line to why and
 * returns a negative errno: -ENOTSUP if the precision set was asked for and one of its probes
 * cannot be attached here.
 */
int sw_choice_make(struct sw_choice *choice, enum sw_wanted wanted,
		   const bool without[SW_PROBES_MAX], char *why, size_t why_bytes);

/* Whether there is anything but core probes in it. */
bool sw_choice_is_precise(const struct sw_choice *choice);

/* Leaves the core probes; the others are refused for that reason. */
void sw_choice_fall_back(struct sw_choice *choice, const char *reason);

#endif
