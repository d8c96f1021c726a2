/* SPDX-License-Identifier: Apache-2.0 */
/* An incident in one line that a tired person understands (design.md section 6). */
#ifndef SW_ALERT_EXPLAIN_H
#define SW_ALERT_EXPLAIN_H

#include <stddef.h>

#include "sidewatch/incident.h"

#define SW_EXPLAIN_BYTES 6144 /* holds the longest line: names are cut, long chains elided */

/*
 * Writes the line, printable ASCII, to out. user_name may be NULL; it gives a uid's name, valid
 * until its next call. Returns out.
 */
const char *sw_explain(char out[SW_EXPLAIN_BYTES], const struct sw_incident *incident,
		       const char *(*user_name)(void *ctx, uint32_t uid), void *user_ctx);

#endif
