/* SPDX-License-Identifier: Apache-2.0 */
#include "base/community_id.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"

#define SHA1_BYTES 20

/* Message types that answer each other; a flow of these has two directions. */
struct icmp_pair {
	uint8_t protocol;
	uint8_t request;
	uint8_t reply;
};

static const struct icmp_pair icmp_pairs[] = {
	{IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY},
	{IPPROTO_ICMP, 10 /* router solicitation, RFC 1256 */, 9 /* advertisement */},
	{IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY},
	{IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY},
	{IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY},
	{IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY},
	{IPPROTO_ICMPV6, MLD_LISTENER_QUERY, MLD_LISTENER_REPORT},
	{IPPROTO_ICMPV6, 133 /* router solicitation, RFC 4861 */, 134 /* advertisement */},
	{IPPROTO_ICMPV6, 135 /* neighbor solicitation, RFC 4861 */, 136 /* advertisement */},
	{IPPROTO_ICMPV6, 139 /* node information query, RFC 4620 */, 140 /* response */},
	{IPPROTO_ICMPV6, 144 /* home agent discovery, RFC 6275 */, 145 /* reply */},
};

struct endpoint {
	uint8_t addr[16];
	size_t addr_bytes;
	uint16_t port;
};

static int make_endpoint(const struct sw_flow *flow, enum sw_side side, struct endpoint *out)
{
	const uint8_t *addr = side == SW_LOCAL ? flow->local : flow->remote;

	if (flow->family != 4 && flow->family != 6)
		return -EINVAL;
	if (sw_addr_is_mapped(flow->family, addr)) {
		addr += 12;
		out->addr_bytes = 4;
	} else {
		out->addr_bytes = flow->family == 4 ? 4 : 16;
	}
	memcpy(out->addr, addr, out->addr_bytes);
	out->port = sw_flow_port(flow, side);
	return 0;
}

/* Fills in the answering type; without one the message has only the direction it was sent in. */
static bool icmp_two_ways(uint8_t protocol, struct endpoint *local, struct endpoint *remote)
{
	for (size_t i = 0; i < SW_ARRAY_SIZE(icmp_pairs); i++) {
		const struct icmp_pair *pair = &icmp_pairs[i];

		if (pair->protocol != protocol)
			continue;
		if (local->port == pair->request) {
			remote->port = pair->reply;
			return true;
		}
		if (local->port == pair->reply) {
			remote->port = pair->request;
			return true;
		}
	}
	return false;
}

static bool in_order(const struct endpoint *a, const struct endpoint *b)
{
	int order = memcmp(a->addr, b->addr, a->addr_bytes);

	return order < 0 || (order == 0 && a->port <= b->port);
}

static size_t append(uint8_t *buffer, size_t used, const void *data, size_t bytes)
{
	memcpy(buffer + used, data, bytes);
	return used + bytes;
}

static int hash(const uint8_t *data, size_t bytes, char out[SW_COMMUNITY_ID_BYTES])
{
	uint8_t digest[SHA1_BYTES];
	unsigned int digest_bytes = 0;

	if (EVP_Digest(data, bytes, digest, &digest_bytes, EVP_sha1(), NULL) != 1 ||
	    digest_bytes != sizeof(digest))
		return -EIO;
	memcpy(out, "1:", 2);
	EVP_EncodeBlock((unsigned char *)out + 2, digest, sizeof(digest));
	return 0;
}

int sw_community_id(const struct sw_flow *flow, uint16_t seed, char out[SW_COMMUNITY_ID_BYTES])
{
	bool icmp = flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6;
	bool ports = icmp || flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP ||
		     flow->protocol == IPPROTO_SCTP;
	struct endpoint local, remote, *first = &local, *second = &remote;
	const uint8_t protocol_and_pad[2] = {flow->protocol, 0};
	uint8_t data[2 + 16 + 16 + 2 + 2 + 2];
	uint16_t number = htons(seed);
	size_t used = 0;

	if (make_endpoint(flow, SW_LOCAL, &local) || make_endpoint(flow, SW_REMOTE, &remote) ||
	    local.addr_bytes != remote.addr_bytes)
		return -EINVAL;
	if (!ports)
		local.port = remote.port = 0;
	else if (!icmp && (local.port == 0 || remote.port == 0))
		return -ENODATA;
	if ((!icmp || icmp_two_ways(flow->protocol, &local, &remote)) &&
	    !in_order(&local, &remote)) {
		first = &remote;
		second = &local;
	}

	used = append(data, used, &number, sizeof(number));
	used = append(data, used, first->addr, first->addr_bytes);
	used = append(data, used, second->addr, second->addr_bytes);
	used = append(data, used, protocol_and_pad, sizeof(protocol_and_pad));
	if (ports) {
		number = htons(first->port);
		used = append(data, used, &number, sizeof(number));
		number = htons(second->port);
		used = append(data, used, &number, sizeof(number));
	}
	return hash(data, used, out);
}
