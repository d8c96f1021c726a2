/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published vectors: baseline/baseline_deflt.json and baseline_seed1.json of
 * https://github.com/corelight/community-id-spec, and the ICMP and TCP cases of the tests of
 * https://github.com/corelight/pycommunityid.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/community_id.h"

#define ICMP IPPROTO_ICMP
#define ICMP6 IPPROTO_ICMPV6
#define TCP IPPROTO_TCP
#define UDP IPPROTO_UDP
#define SCTP IPPROTO_SCTP
#define RSVP 46

static const struct {
	uint8_t protocol;
	const char *source, *destination;
	uint16_t source_port, destination_port;
	const char *seed0, *seed1;
} vectors[] = {
	{TCP, "127.0.0.1", "10.0.0.1", 1234, 80, "1:mgRgpIZSu0KHDp/QrtcWZpkJpMU=", NULL},
	{TCP, "128.232.110.120", "66.35.250.204", 34855, 80,
	 "1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:3V71V58M3Ksw/yuFALMcW0LAHvc="},
	{TCP, "10.0.0.1", "10.0.0.2", 10, 11569,
	 "1:SXBGMX1lBOwhhoDrZynfROxnhnM=", "1:HmBRGR+fUyXF4t8WEtal7Y0gEAo="},
	{TCP, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
	 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=", "1:eJYTW6AOzFLlSUoESovMjnu7rMw="},
	{UDP, "192.168.1.52", "8.8.8.8", 54585, 53,
	 "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:Q9We8WO3piVF8yEQBNJF4uiSVrI="},
	{SCTP, "192.168.170.8", "192.168.170.56", 7, 7,
	 "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=", "1:5w3ZRjeKBzqT3zsaEECDGjUbYeg="},
	{SCTP, "192.168.170.8", "192.168.170.56", 7, 80,
	 "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=", "1:Y1/0jQg6e+I3ZwZZ9LP65DNbTXU="},
	{RSVP, "10.1.12.1", "10.1.12.2", 0, 0,
	 "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=", "1:rYir8gphR31noO9iDRQmF/BteEI="},
	{ICMP, "192.168.0.89", "192.168.0.1", 8, 0,
	 "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:03g6IloqVBdcZlPyX8r0hgoE7kA="},
	{ICMP, "10.0.0.1", "10.0.0.2", 11, 0,
	 "1:YHxtAirCG//0OzkcVAukqKQN9xM=", "1:XjUibYHaafLQ3pxQeiMI8g25q20="},
	{ICMP, "192.168.0.89", "192.168.0.1", 20, 1,
	 "1:tz/fHIDUHs19NkixVVoOZywde+I=", "1:Ie3wmFyxiEyikbsbcO03d2nh+PM="},
	{ICMP6, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
	 "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:kHa1FhMYIT6Ym2Vm2AOtoOARDzY="},
	{ICMP6, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 136,
	 "1:zavyT/cezQr1fmImYCwYnMXbgck=", "1:2hSqmsDZ2kdcY9kbiUzOEBic0iM="},
	{ICMP6, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 129,
	 "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=", "1:GfZxjAkDk2MkegpBYHV6tadtFXQ="},
	{ICMP6, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 134,
	 "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=", "1:L7Ka0ZMYu+J3bL4ulW2PrqyXNo8="},
	{ICMP6, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
	 "1:2ObVBgIn28oZvibYZhZMBgh7WdQ=", "1:lVEtCZpYu84Xqaa++3lXFyuu2n4="},
	{ICMP6, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
	 "1:hLZd0XGWojozrvxqE0dWB1iM6R0=", "1:W8MHwXpWzpoSTD+cGcaJr4u0ys8="},
};

static struct sw_flow make_flow(uint8_t protocol, const char *source, const char *destination,
				uint16_t source_port, uint16_t destination_port)
{
	struct sw_flow flow = {.protocol = protocol,
			       .family = strchr(source, ':') ? 6 : 4,
			       .local_port = source_port,
			       .remote_port = destination_port};
	int af = flow.family == 6 ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(af, source, flow.local), 1);
	assert_int_equal(inet_pton(af, destination, flow.remote), 1);
	return flow;
}

static void test_published_vectors(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(vectors); i++) {
		struct sw_flow flow =
			make_flow(vectors[i].protocol, vectors[i].source, vectors[i].destination,
				  vectors[i].source_port, vectors[i].destination_port);
		char out[SW_COMMUNITY_ID_BYTES];

		assert_int_equal(sw_community_id(&flow, 0, out), 0);
		assert_string_equal(out, vectors[i].seed0);
		if (!vectors[i].seed1)
			continue;
		assert_int_equal(sw_community_id(&flow, 1, out), 0);
		assert_string_equal(out, vectors[i].seed1);
	}
}

static void test_both_directions_are_one_flow(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(vectors); i++) {
		struct sw_flow flow =
			make_flow(vectors[i].protocol, vectors[i].destination, vectors[i].source,
				  vectors[i].destination_port, vectors[i].source_port);
		char out[SW_COMMUNITY_ID_BYTES];

		if (vectors[i].protocol == ICMP || vectors[i].protocol == ICMP6)
			continue;
		assert_int_equal(sw_community_id(&flow, 0, out), 0);
		assert_string_equal(out, vectors[i].seed0);
	}
}

/* Not published: computed from the specification's own definition. */
static void test_equal_addresses_are_ordered_by_port(void **unused)
{
	struct sw_flow there = make_flow(TCP, "127.0.0.1", "127.0.0.1", 40000, 22);
	struct sw_flow back = make_flow(TCP, "127.0.0.1", "127.0.0.1", 22, 40000);
	char out[SW_COMMUNITY_ID_BYTES];

	(void)unused;
	assert_int_equal(sw_community_id(&there, 0, out), 0);
	assert_string_equal(out, "1:0kQNDfJV1nAKeN/k7ypGJ3/HMng=");
	assert_int_equal(sw_community_id(&back, 0, out), 0);
	assert_string_equal(out, "1:0kQNDfJV1nAKeN/k7ypGJ3/HMng=");
}

static void test_icmp_reply_belongs_to_its_request(void **unused)
{
	struct sw_flow reply = make_flow(ICMP, "192.168.0.1", "192.168.0.89", 0, 20);
	char out[SW_COMMUNITY_ID_BYTES];

	(void)unused;
	assert_int_equal(sw_community_id(&reply, 0, out), 0);
	assert_string_equal(out, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
	reply = make_flow(ICMP6, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0);
	assert_int_equal(sw_community_id(&reply, 0, out), 0);
	assert_string_equal(out, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
}

static void test_mapped_addresses_count_as_ipv4(void **unused)
{
	struct sw_flow flow = make_flow(TCP, "::ffff:127.0.0.1", "::ffff:10.0.0.1", 1234, 80);
	char out[SW_COMMUNITY_ID_BYTES];

	(void)unused;
	assert_int_equal(sw_community_id(&flow, 0, out), 0);
	assert_string_equal(out, "1:mgRgpIZSu0KHDp/QrtcWZpkJpMU=");
}

static void test_what_has_no_id(void **unused)
{
	struct sw_flow flow = make_flow(TCP, "127.0.0.1", "10.0.0.1", 0, 80);
	char out[SW_COMMUNITY_ID_BYTES] = "untouched";

	(void)unused;
	assert_int_equal(sw_community_id(&flow, 0, out), -ENODATA);
	flow.local_port = 1234;
	flow.family = 5;
	assert_int_equal(sw_community_id(&flow, 0, out), -EINVAL);
	flow = make_flow(TCP, "::ffff:127.0.0.1", "fd00::1", 1, 2);
	assert_int_equal(sw_community_id(&flow, 0, out), -EINVAL);
	assert_string_equal(out, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_vectors),
		cmocka_unit_test(test_both_directions_are_one_flow),
		cmocka_unit_test(test_equal_addresses_are_ordered_by_port),
		cmocka_unit_test(test_icmp_reply_belongs_to_its_request),
		cmocka_unit_test(test_mapped_addresses_count_as_ipv4),
		cmocka_unit_test(test_what_has_no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
