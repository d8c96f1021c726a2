/* SPDX-License-Identifier: Apache-2.0 */
/* Address ranges: RFC 4632 and RFC 4291 text, edges of prefixes, mapped addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/network.h"

static void to_address(const char *text, uint8_t *family, uint8_t addr[16])
{
	memset(addr, 0, 16);
	*family = strchr(text, ':') ? 6 : 4;
	assert_int_equal(inet_pton(*family == 4 ? AF_INET : AF_INET6, text, addr), 1);
}

static void networks_are_parsed_and_written(void **state)
{
	static const struct {
		const char *text;
		const char *written;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"255.255.255.255/32", "255.255.255.255/32"},
		{"192.0.2.7", "192.0.2.7/32"},
		{"128.0.0.0/1", "128.0.0.0/1"},
		{"10.1.2.2/31", "10.1.2.2/31"},
		{"::/0", "::/0"},
		{"fd00::/8", "fd00::/8"},
		{"FC00::/7", "fc00::/7"},
		{"2001:db8::1", "2001:db8::1/128"},
		{"2001:db8:0:8000::/49", "2001:db8:0:8000::/49"},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8"},
		{"::ffff:192.0.2.1", "192.0.2.1/32"},
		{"::ffff:0:0/96", "0.0.0.0/0"},
		{"::/80", "::/80"},
	};
	char written[SW_NETWORK_TEXT_BYTES];
	struct sw_network net;

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		assert_int_equal(sw_network_parse(rows[i].text, &net), 0);
		assert_string_equal(sw_network_format(&net, written), rows[i].written);
	}
	memset(&net, 0, sizeof(net));
	assert_string_equal(sw_network_format(&net, written), "");
}

static void bad_networks_leave_the_result_alone(void **state)
{
	static const char *const bad[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0/8",
		"10.0.0.0.0/8",
		"10.0.0.1/31",
		"10.0.0.0/8 ",
		" 10.0.0.0/8",
		"10.0.0.0//8",
		"256.0.0.0/8",
		"fd00::/129",
		"fd00::1/127",
		"fd00:::/8",
		"fd00/8",
		"fe80::1%lo",
		"0x0a000000",
		"10.0.0.0/8/8",
		"10.0.0.0/99999999999999999999",
		"::ffff:10.0.0.1/104",
		"10.0.0.0/00",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee/8",
	};
	struct sw_network net, before;

	(void)state;
	memset(&net, 0xa5, sizeof(net));
	before = net;
	for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++) {
		assert_int_equal(sw_network_parse(bad[i], &net), -EINVAL);
		assert_memory_equal(&net, &before, sizeof(net));
	}
}

static void membership_ends_at_the_last_address(void **state)
{
	static const struct {
		const char *net;
		const char *addr;
		bool inside;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0", true},
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.0.0.0/8", "9.255.255.255", false},
		{"172.16.0.0/12", "172.31.255.255", true},
		{"172.16.0.0/12", "172.32.0.0", false},
		{"100.64.0.0/10", "100.127.255.255", true},
		{"100.64.0.0/10", "100.128.0.0", false},
		{"192.0.2.7/32", "192.0.2.7", true},
		{"192.0.2.7/32", "192.0.2.6", false},
		{"0.0.0.0/0", "203.0.113.1", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "203.0.113.1", false},
		{"::/0", "2001:db8::1", true},
		{"fc00::/7", "fdff:ffff::1", true},
		{"fc00::/7", "fe00::", false},
		{"fe80::/10", "febf:ffff::1", true},
		{"fe80::/10", "fec0::", false},
		{"2001:db8::1/128", "2001:db8::1", true},
		{"2001:db8::1/128", "2001:db8::", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.0.0.0/8", "::ffff:11.1.2.3", false},
		/* The same first bytes in another family are another thing. */
		{"32.1.0.0/16", "2001:db8::1", false},
	};
	uint8_t addr[16], family;
	struct sw_network net;

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(rows); i++) {
		assert_int_equal(sw_network_parse(rows[i].net, &net), 0);
		to_address(rows[i].addr, &family, addr);
		assert_int_equal(sw_network_contains(&net, family, addr), rows[i].inside);
	}
}

static void an_ipv4_address_is_its_first_four_bytes(void **state)
{
	uint8_t addr[16] = {10, 1, 2, 3, 0xff, 0xff};
	struct sw_network net;

	(void)state;
	assert_int_equal(sw_network_parse("10.1.2.3", &net), 0);
	assert_true(sw_network_contains(&net, 4, addr));
}

static void an_absent_network_holds_nothing(void **state)
{
	struct sw_network net = {0};
	uint8_t addr[16] = {0};

	(void)state;
	assert_false(sw_network_contains(&net, 4, addr));
	assert_false(sw_network_contains(&net, 6, addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_parsed_and_written),
		cmocka_unit_test(bad_networks_leave_the_result_alone),
		cmocka_unit_test(membership_ends_at_the_last_address),
		cmocka_unit_test(an_ipv4_address_is_its_first_four_bytes),
		cmocka_unit_test(an_absent_network_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
