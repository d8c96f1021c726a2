/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the enabled detectors on what has just happened and weighs what they find. */
#ifndef SW_DETECT_DETECT_H
#define SW_DETECT_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/score.h"
#include "sidewatch/detector.h"
#include "state/elevation.h"
#include "state/state.h"

#define SW_USER_BYTES 64 /* "uid 4294967295", or a name; longer ones are cut */

struct sw_detect;

struct sw_detect_options {
	const struct sw_config *config; /* needed; borrowed */
	/* Local name of a uid, "uid N" if it has none; may be NULL. Valid until its next call. */
	const char *(*user_name)(void *ctx, uint32_t uid);
	void *user_ctx;
};

/* One verdict. Borrows from the state: valid until the next sw_state_apply(). */
struct sw_finding {
	const struct sw_detector *detectors[SW_DETECTORS_MAX]; /* that fired, highest base first */
	size_t detectors_count; /* 0: nothing found */
	struct sw_modifiers modifiers;
	struct sw_elevation elevations[SW_PRIVILEGES_MAX];
	size_t elevations_count;
	struct sw_who who; /* user of the root session */
	char user[SW_USER_BYTES]; /* its name, "" if not known */
	struct sw_lineage lineage;
};

/* 0, -EINVAL or -ENOMEM. */
int sw_detect_new(const struct sw_detect_options *options, struct sw_detect **out);

/* NULL-safe. Sets *detect to NULL. */
void sw_detect_free(struct sw_detect **detect);

/*
 * Looks at a view. Returns whether something was found that no rule of the allow list takes out;
 * *out is set in either case (with no detectors if not).
 */
bool sw_detect_run(struct sw_detect *detect, const struct sw_view *view, struct sw_finding *out);

/* Findings that rule number `rule` of the configuration's allow list has taken out so far. */
uint64_t sw_detect_allowed(const struct sw_detect *detect, size_t rule);

#endif
