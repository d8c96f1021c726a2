/* SPDX-License-Identifier: Apache-2.0 */
/* Each detector's own file defines one of these; registry.c lists them. */
#ifndef SW_DETECT_DETECTORS_H
#define SW_DETECT_DETECTORS_H

#include "sidewatch/detector.h"

extern const struct sw_detector sw_detector_session_pivot;
extern const struct sw_detector sw_detector_ssh_forward;
extern const struct sw_detector sw_detector_service_pivot;

#endif
