/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/timestamp.h"

static void test_timestamps(void **unused)
{
	static const struct {
		uint64_t boottime_ns;
		int64_t offset_ns;
		const char *text;
	} cases[] = {
		{0, 0, "1970-01-01T00:00:00.000000000Z"},
		{1, 1700000000000000000, "2023-11-14T22:13:20.000000001Z"},
		{999999999, 1700000000000000000, "2023-11-14T22:13:20.999999999Z"},
		{5000000000, 1709164800000000000, "2024-02-29T00:00:05.000000000Z"},
		/* a clock that stands before the epoch */
		{0, -1, "1969-12-31T23:59:59.999999999Z"},
	};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
		char out[SW_TIMESTAMP_BYTES];

		sw_timestamp_format(out, cases[i].boottime_ns, cases[i].offset_ns);
		assert_string_equal(out, cases[i].text);
	}
}

static void test_extremes_do_not_overflow(void **unused)
{
	char out[SW_TIMESTAMP_BYTES];

	(void)unused;
	sw_timestamp_format(out, UINT64_MAX, INT64_MAX);
	assert_memory_equal(out, "2846-", 5);
	sw_timestamp_format(out, 0, INT64_MIN);
	assert_memory_equal(out, "1677-09-21T00:12:43.145224192Z", 30);
	assert_int_equal(sw_timestamp_seconds(0, -1), -1);
	assert_int_equal(sw_timestamp_seconds(1999999999, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_extremes_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
