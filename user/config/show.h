/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SW_CONFIG_SHOW_H
#define SW_CONFIG_SHOW_H

#include <stdio.h>

#include "sidewatch/config.h"

/*
 * Writes all effective settings as YAML, which loads back to the same configuration. What the
 * file leaves open (which sinks `run` chooses) stays open. Returns 0, -ENOMEM, -EINVAL or -EIO.
 */
int sw_config_show(const struct sw_config *config, FILE *out);

#endif
