/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sidewatch/incident.h"

static const char *band_name(unsigned int value)
{
	return sw_band_name((enum sw_band)value);
}

/* Every value has a name of its own, and values out of range are told from all of them. */
static void check_names(const char *(*name)(unsigned int), unsigned int first, unsigned int max,
			const char *out_of_range)
{
	for (unsigned int i = first; i < max; i++) {
		assert_non_null(name(i));
		assert_string_not_equal(name(i), "?");
		for (unsigned int j = first; j < i; j++)
			assert_string_not_equal(name(i), name(j));
	}
	assert_string_equal(name(max), out_of_range);
	assert_string_equal(name(UINT32_MAX), out_of_range);
}

static void test_every_value_has_its_name(void **unused)
{
	(void)unused;
	check_names(band_name, 0, SW_BAND_MAX, "?");
	check_names(sw_confidence_name, 0, SW_CONFIDENCE_MAX, "none");
	check_names(sw_outcome_name, 0, SW_OUTCOME_MAX, "?");
	check_names(sw_how_name, 1, SW_HOW_MAX, "?");
	assert_string_equal(sw_how_name(0), "?");
}

static void test_names_are_those_of_the_contract(void **unused)
{
	(void)unused;
	assert_string_equal(sw_band_name(SW_BAND_CRITICAL), "critical");
	assert_string_equal(sw_confidence_name(SW_CONFIDENCE_EXACT), "exact");
	assert_string_equal(sw_confidence_name(SW_CONFIDENCE_THREAD), "thread");
	assert_string_equal(sw_outcome_name(SW_OUTCOME_TIMEDOUT), "timed-out");
	assert_string_equal(sw_how_name(SW_HOW_SETUID_EXEC), "setuid-exec");
}

static void test_bands_begin_where_the_table_says(void **unused)
{
	(void)unused;
	assert_int_equal(sw_band_of(-50), SW_BAND_RECORD);
	assert_int_equal(sw_band_of(39), SW_BAND_RECORD);
	assert_int_equal(sw_band_of(40), SW_BAND_NOTICE);
	assert_int_equal(sw_band_of(59), SW_BAND_NOTICE);
	assert_int_equal(sw_band_of(60), SW_BAND_ALERT);
	assert_int_equal(sw_band_of(84), SW_BAND_ALERT);
	assert_int_equal(sw_band_of(85), SW_BAND_CRITICAL);
	assert_int_equal(sw_band_of(1000), SW_BAND_CRITICAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_value_has_its_name),
		cmocka_unit_test(test_names_are_those_of_the_contract),
		cmocka_unit_test(test_bands_begin_where_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
