/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/priority.h"

#include <assert.h>
#include <syslog.h>

#include "base/cleanup.h"

int sw_priority(const struct sw_message *message)
{
	static const int by_band[] = {
		[SW_BAND_RECORD] = LOG_INFO,
		[SW_BAND_NOTICE] = LOG_WARNING,
		[SW_BAND_ALERT] = LOG_ERR,
		[SW_BAND_CRITICAL] = LOG_CRIT,
	};
	static_assert(SW_ARRAY_SIZE(by_band) == SW_BAND_MAX, "every band has a severity");
	int severity = LOG_WARNING;

	if (message->msgid == SW_MSG_HEALTH)
		severity = LOG_NOTICE;
	else if (message->msgid == SW_MSG_INCIDENT && (unsigned int)message->band < SW_BAND_MAX)
		severity = by_band[message->band];
	return LOG_AUTHPRIV | severity;
}
