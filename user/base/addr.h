/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports as text. IPv4-mapped IPv6 addresses are shown as the IPv4 they are. */
#ifndef SW_BASE_ADDR_H
#define SW_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "sidewatch/event.h"

#define SW_ADDR_BYTES 46 /* INET6_ADDRSTRLEN */
#define SW_ENDPOINT_BYTES (SW_ADDR_BYTES + 8) /* "[" "]:" and five digits */

enum sw_side { SW_LOCAL = 0, SW_REMOTE };

/* "10.0.0.5", "fd00::5"; "?" for an unknown family. Returns out. */
const char *sw_addr_format(char out[SW_ADDR_BYTES], uint8_t family, const uint8_t addr[16]);

/* "10.0.0.5:22", "[fd00::5]:22"; without the port if it is 0 (not known). Returns out. */
const char *sw_endpoint_format(char out[SW_ENDPOINT_BYTES], uint8_t family, const uint8_t addr[16],
			       uint16_t port);

/* One end of a flow: address alone, and with its port. */
const char *sw_flow_addr(char out[SW_ADDR_BYTES], const struct sw_flow *flow, enum sw_side side);
const char *sw_flow_endpoint(char out[SW_ENDPOINT_BYTES], const struct sw_flow *flow,
			     enum sw_side side);
uint16_t sw_flow_port(const struct sw_flow *flow, enum sw_side side);

/* Whether addr is ::ffff:a.b.c.d; the IPv4 address is then addr[12..15]. */
bool sw_addr_is_mapped(uint8_t family, const uint8_t addr[16]);

#endif
