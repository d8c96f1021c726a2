/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Community ID v1: the name of a flow on which Zeek, Suricata and others agree.
 * Specification: https://github.com/corelight/community-id-spec
 */
#ifndef SW_BASE_COMMUNITY_ID_H
#define SW_BASE_COMMUNITY_ID_H

#include <stdint.h>

#include "sidewatch/event.h"

#define SW_COMMUNITY_ID_BYTES 31 /* "1:", 28 characters of base64, NUL */

/*
 * Both directions of a flow have the same id. For ICMP and ICMPv6 local_port is the message's
 * type and remote_port its code, as the local side sent it. IPv4-mapped addresses count as IPv4.
 * Returns 0, -EINVAL (unknown family, or addresses of two families), -ENODATA (a port of a
 * protocol that has ports is 0: not known yet) or -EIO (the hash failed).
 */
int sw_community_id(const struct sw_flow *flow, uint16_t seed, char out[SW_COMMUNITY_ID_BYTES]);

#endif
