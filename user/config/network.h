/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges as text: the parts of sidewatch/config.h that say why, and the way back. */
#ifndef SW_CONFIG_NETWORK_H
#define SW_CONFIG_NETWORK_H

#include <stddef.h>

#include "sidewatch/config.h"

#define SW_NETWORK_TEXT_BYTES 64 /* any sw_network_format() with its NUL */
#define SW_NETWORK_WHY_BYTES 128

/* As sw_network_parse(); on failure `why` says what is wrong, in printable ASCII. */
int sw_network_explain(const char *text, struct sw_network *out, char why[SW_NETWORK_WHY_BYTES]);

/* "10.0.0.0/8", always with the prefix; "" for family 0. Returns buffer. */
const char *sw_network_format(const struct sw_network *net, char buffer[SW_NETWORK_TEXT_BYTES]);

#endif
