/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's allow list. */
#ifndef SW_DETECT_ALLOW_H
#define SW_DETECT_ALLOW_H

#include <sys/types.h>

#include "sidewatch/detector.h"
#include "state/lineage.h"

/*
 * Number of the first rule whose every given field matches, -1 if there is none. The peer is the
 * root session's; where several could be the cause, all of them have to match. A user is given by
 * name or by number.
 */
ssize_t sw_allow_match(const struct sw_config *config, const struct sw_view *view,
		       struct sw_who who, const char *user);

#endif
