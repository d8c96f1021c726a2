/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/addr.h"
#include "base/cleanup.h"

static void test_endpoints(void **unused)
{
	static const struct {
		uint8_t family;
		const char *addr;
		uint16_t port;
		const char *text;
	} cases[] = {
		{4, "10.0.0.5", 22, "10.0.0.5:22"},
		{4, "255.255.255.255", 65535, "255.255.255.255:65535"},
		{4, "10.0.0.5", 0, "10.0.0.5"},
		{6, "fd00::5", 22, "[fd00::5]:22"},
		{6, "fd00::5", 0, "fd00::5"},
		{6, "::ffff:10.0.0.5", 22, "10.0.0.5:22"},
		{6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
		 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
	};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
		char out[SW_ENDPOINT_BYTES];
		uint8_t addr[16] = {0};

		assert_int_equal(
			inet_pton(cases[i].family == 4 ? AF_INET : AF_INET6, cases[i].addr, addr),
			1);
		assert_ptr_equal(sw_endpoint_format(out, cases[i].family, addr, cases[i].port),
				 out);
		assert_string_equal(out, cases[i].text);
	}
}

static void test_unknown_family_is_a_question_mark(void **unused)
{
	const uint8_t addr[16] = {1};
	char out[SW_ENDPOINT_BYTES];

	(void)unused;
	assert_string_equal(sw_addr_format(out, 0, addr), "?");
	assert_string_equal(sw_endpoint_format(out, 7, addr, 80), "?:80");
}

static void test_sides_of_a_flow(void **unused)
{
	const struct sw_flow flow = {.family = 4,
				     .local = {10, 0, 0, 1},
				     .remote = {10, 0, 0, 2},
				     .local_port = 40000,
				     .remote_port = 22};
	char out[SW_ENDPOINT_BYTES];

	(void)unused;
	assert_string_equal(sw_flow_endpoint(out, &flow, SW_LOCAL), "10.0.0.1:40000");
	assert_string_equal(sw_flow_endpoint(out, &flow, SW_REMOTE), "10.0.0.2:22");
	assert_string_equal(sw_flow_addr(out, &flow, SW_REMOTE), "10.0.0.2");
	assert_int_equal(sw_flow_port(&flow, SW_LOCAL), 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_unknown_family_is_a_question_mark),
		cmocka_unit_test(test_sides_of_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
