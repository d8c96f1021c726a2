/* SPDX-License-Identifier: Apache-2.0 */
#include "base/origin.h"

bool sw_origin_is_certain(const struct sw_origin *origin)
{
	switch (origin->confidence) {
	case SW_CONFIDENCE_EXACT:
	case SW_CONFIDENCE_THREAD:
		return origin->nflows > 0;
	default:
		return origin->nflows == 1 && origin->seen <= 1;
	}
}

bool sw_origin_has_one_root(const struct sw_origin *origin)
{
	/* A session of one flow has it in its id; another root has a number, or is not known. */
	return origin->rootflow.cookie != 0 &&
	       (origin->root & ~SW_SESSION_THREAD) == origin->rootflow.cookie;
}
