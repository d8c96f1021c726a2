/* SPDX-License-Identifier: Apache-2.0 */
/* All detectors, one row each. Their order is sw_config::detector_on's: append, never reorder. */
#include <string.h>

#include "base/cleanup.h"
#include "detect/detectors.h"

const struct sw_detector *const sw_detectors[] = {
	&sw_detector_session_pivot,
	&sw_detector_ssh_forward,
	&sw_detector_service_pivot,
};

const size_t sw_detectors_count = SW_ARRAY_SIZE(sw_detectors);

static_assert(SW_ARRAY_SIZE(sw_detectors) <= SW_DETECTORS_MAX, "a finding must hold them all");

const struct sw_detector *sw_detector_find(const char *name)
{
	for (size_t i = 0; i < sw_detectors_count; i++) {
		if (strcmp(sw_detectors[i]->name, name) == 0)
			return sw_detectors[i];
	}
	return NULL;
}
