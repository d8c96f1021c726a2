/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of credentials on the path from the inbound flow to a task. */
#ifndef SW_STATE_ELEVATION_H
#define SW_STATE_ELEVATION_H

#include <stdbool.h>
#include <stddef.h>

#include "state/lineage.h"

struct sw_elevation {
	const struct sw_image *image; /* in which it happened; NULL: the reader's, or not known */
	struct sw_change change;
};

/*
 * Those that lie on the path, outermost image first, at most max; those of side branches (sshd's
 * privilege separation) do not count. Where an IDENTITY record was lost, a set-user-id program is
 * still known by its mode and its credentials. Returns how many.
 */
size_t sw_elevations_on(const struct sw_lineage *lineage, const struct sw_task *task,
			struct sw_elevation *out, size_t max);

/* Whether the change gave another effective user by a set-user-id program: sudo, su. */
bool sw_change_is_setuid_exec(const struct sw_change *change);

#endif
