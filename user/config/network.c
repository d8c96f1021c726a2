/* SPDX-License-Identifier: Apache-2.0 */
#include "config/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN - 1)

/* ::ffff:0:0/96. Such addresses are IPv4 on the wire, and IPv4 in sw_flow. */
static bool is_mapped(const uint8_t addr[16])
{
	static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(addr, head, sizeof(head));
}

static void unmap(uint8_t addr[16])
{
	memmove(addr, addr + 12, 4);
	memset(addr + 4, 0, 12);
}

/* The address with all bits after the prefix cleared. */
static void mask(uint8_t addr[16], unsigned int prefix)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int kept = prefix > 8 * i ? prefix - 8 * i : 0;

		if (kept < 8)
			addr[i] &= (uint8_t)(0xff00u >> kept);
	}
}

/* Decimal, no sign, no leading zero, at most max; -1 for all else. */
static int parse_prefix(const char *text, int max)
{
	int value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > max)
			return -1;
	}
	return value;
}

static int parse_address(const char *text, size_t bytes, struct sw_network *out)
{
	char address[ADDRESS_TEXT_MAX + 1];

	if (bytes > ADDRESS_TEXT_MAX)
		return -EINVAL;
	memcpy(address, text, bytes);
	address[bytes] = '\0';
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, address, out->addr) == 1)
		out->family = 4;
	else if (inet_pton(AF_INET6, address, out->addr) == 1)
		out->family = 6;
	else
		return -EINVAL;
	return 0;
}

int sw_network_explain(const char *text, struct sw_network *out, char why[SW_NETWORK_WHY_BYTES])
{
	const char *slash = strchr(text, '/');
	size_t bytes = slash ? (size_t)(slash - text) : strlen(text);
	struct sw_network net, network;
	char meant[SW_NETWORK_TEXT_BYTES];
	int max, prefix;

	if (parse_address(text, bytes, &net)) {
		snprintf(why, SW_NETWORK_WHY_BYTES,
			 "expected an IPv4 or IPv6 address or network such as 10.0.0.0/8");
		return -EINVAL;
	}
	max = net.family == 4 ? 32 : 128;
	prefix = slash ? parse_prefix(slash + 1, max) : max;
	if (prefix < 0) {
		snprintf(why, SW_NETWORK_WHY_BYTES, "expected a prefix length from 0 to %d", max);
		return -EINVAL;
	}
	net.prefix = (uint8_t)prefix;
	network = net;
	mask(network.addr, net.prefix);
	if (memcmp(network.addr, net.addr, sizeof(net.addr)) != 0) {
		snprintf(why, SW_NETWORK_WHY_BYTES,
			 "host bits are set after the prefix; did you mean %s?",
			 sw_network_format(&network, meant));
		return -EINVAL;
	}
	if (net.family == 6 && net.prefix >= 96 && is_mapped(net.addr)) {
		unmap(net.addr);
		net.family = 4;
		net.prefix -= 96;
	}
	*out = net;
	return 0;
}

int sw_network_parse(const char *text, struct sw_network *out)
{
	char why[SW_NETWORK_WHY_BYTES];

	return sw_network_explain(text, out, why);
}

const char *sw_network_format(const struct sw_network *net, char buffer[SW_NETWORK_TEXT_BYTES])
{
	char address[INET6_ADDRSTRLEN];

	buffer[0] = '\0';
	if ((net->family == 4 || net->family == 6) &&
	    inet_ntop(net->family == 4 ? AF_INET : AF_INET6, net->addr, address, sizeof(address)))
		snprintf(buffer, SW_NETWORK_TEXT_BYTES, "%s/%u", address, net->prefix);
	return buffer;
}

bool sw_network_contains(const struct sw_network *net, uint8_t family, const uint8_t addr[16])
{
	uint8_t network[16] = {0};

	memcpy(network, addr, family == 4 ? 4 : 16);
	if (family == 6 && is_mapped(network)) {
		unmap(network);
		family = 4;
	}
	if (net->family != family)
		return false;
	mask(network, net->prefix);
	return !memcmp(network, net->addr, family == 4 ? 4 : 16);
}
