/* SPDX-License-Identifier: Apache-2.0 */
/* What several detectors ask of a view. Pure. */
#ifndef SW_DETECT_FACTS_H
#define SW_DETECT_FACTS_H

#include <stdbool.h>

#include "sidewatch/detector.h"
#include "state/state.h"

/*
 * Whether this is the first that is heard of an outbound TCP flow to an internal host other than
 * this one: at its CONNECT, or at its OUTCOME if the CONNECT was lost.
 */
bool sw_facts_first_inward_hop(const struct sw_view *view);

/* Whether only one inbound flow can be the cause. */
bool sw_facts_exact(const struct sw_view *view);

/* Whether the event's own session began at a login service (design.md section 2). */
bool sw_facts_at_login(const struct sw_view *view);

/* Whether the task has exec'd since a session around it, or its own, began at a login service. */
bool sw_facts_within_login(const struct sw_view *view);

/* Whether it is for the detectors of logins to judge: an exact origin at, or within, a login. */
bool sw_facts_login_pivots(const struct sw_view *view);

/* Whether the acting task still runs the program that read the inbound flow. */
bool sw_facts_reader_acts(const struct sw_view *view);

#endif
