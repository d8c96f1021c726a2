/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static_assert(SW_ADDR_BYTES >= INET6_ADDRSTRLEN, "every address fits");

bool sw_addr_is_mapped(uint8_t family, const uint8_t addr[16])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return family == 6 && memcmp(addr, prefix, sizeof(prefix)) == 0;
}

const char *sw_addr_format(char out[SW_ADDR_BYTES], uint8_t family, const uint8_t addr[16])
{
	const char *done = NULL;

	if (family == 4)
		done = inet_ntop(AF_INET, addr, out, SW_ADDR_BYTES);
	else if (sw_addr_is_mapped(family, addr))
		done = inet_ntop(AF_INET, addr + 12, out, SW_ADDR_BYTES);
	else if (family == 6)
		done = inet_ntop(AF_INET6, addr, out, SW_ADDR_BYTES);
	if (!done)
		memcpy(out, "?", 2);
	return out;
}

const char *sw_endpoint_format(char out[SW_ENDPOINT_BYTES], uint8_t family, const uint8_t addr[16],
			       uint16_t port)
{
	char text[SW_ADDR_BYTES];
	bool colons = strchr(sw_addr_format(text, family, addr), ':');

	if (port == 0)
		snprintf(out, SW_ENDPOINT_BYTES, "%s", text);
	else
		snprintf(out, SW_ENDPOINT_BYTES, colons ? "[%s]:%u" : "%s:%u", text, port);
	return out;
}

static const uint8_t *side_addr(const struct sw_flow *flow, enum sw_side side)
{
	return side == SW_LOCAL ? flow->local : flow->remote;
}

uint16_t sw_flow_port(const struct sw_flow *flow, enum sw_side side)
{
	return side == SW_LOCAL ? flow->local_port : flow->remote_port;
}

const char *sw_flow_addr(char out[SW_ADDR_BYTES], const struct sw_flow *flow, enum sw_side side)
{
	return sw_addr_format(out, flow->family, side_addr(flow, side));
}

const char *sw_flow_endpoint(char out[SW_ENDPOINT_BYTES], const struct sw_flow *flow,
			     enum sw_side side)
{
	return sw_endpoint_format(out, flow->family, side_addr(flow, side),
				  sw_flow_port(flow, side));
}
