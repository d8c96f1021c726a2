/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points of a verdict: highest base + at most one modifier per category + 10 per further detector
 * (30 at most). All integers, all named.
 */
#ifndef SW_DETECT_SCORE_H
#define SW_DETECT_SCORE_H

#include <stddef.h>

#include "sidewatch/detector.h"
#include "sidewatch/incident.h"
#include "state/elevation.h"

#define SW_MODIFIERS_MAX 8

struct sw_modifiers {
	struct sw_term terms[SW_MODIFIERS_MAX];
	size_t count;
	int points; /* sum of the terms */
};

struct sw_score {
	struct sw_term terms[SW_TERMS_MAX];
	size_t count;
	int points;
};

/* What the hop of a view adds to any detector's base, one term per category at most. */
void sw_score_modifiers(const struct sw_view *view, const struct sw_elevation *elevations,
			size_t elevations_count, struct sw_modifiers *out);

/* Adds one more term, if it has a name. */
void sw_score_add_modifier(struct sw_modifiers *modifiers, struct sw_term term);

/* detectors: highest base first (sw_score_sort). Detectors first, then the modifiers, at last
 * what is missing to the highest of the detectors' floors. */
void sw_score_total(const struct sw_detector *const *detectors, size_t detectors_count,
		    const struct sw_modifiers *modifiers, struct sw_score *out);

/* Adds those of `more` that are not in the set yet and keeps it sorted; returns whether it grew. */
bool sw_score_add_detectors(const struct sw_detector **set, size_t *count,
			    const struct sw_detector *const *more, size_t more_count);

#endif
