/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "sidewatch/detector.h"

static void rows_are_complete(void **state)
{
	(void)state;
	assert_true(sw_detectors_count > 0);
	for (size_t i = 0; i < sw_detectors_count; i++) {
		const struct sw_detector *d = sw_detectors[i];

		assert_non_null(d);
		assert_true(d->name && d->name[0]);
		assert_true(d->summary && d->summary[0]);
		assert_true(d->base > 0 && d->base < 100);
		assert_true(d->techniques_count > 0);
		assert_true(d->kinds && d->kinds < 1u << SW_KIND_MAX);
		assert_non_null(d->detect);
		for (size_t t = 0; t < d->techniques_count; t++) {
			assert_int_equal(d->techniques[t].id[0], 'T');
			assert_memory_equal(d->techniques[t].tactic, "TA", 2);
			assert_non_null(d->techniques[t].name);
		}
		assert_ptr_equal(sw_detector_find(d->name), d); /* names are unique */
	}
	assert_null(sw_detector_find("session"));
	assert_null(sw_detector_find(""));
}

static void bases_are_those_of_the_documentation(void **state)
{
	(void)state;
	assert_int_equal(sw_detector_find("session-pivot")->base, 25);
	assert_int_equal(sw_detector_find("ssh-forward")->base, 20);
	assert_int_equal(sw_detector_find("service-pivot")->base, 45);
	assert_int_equal(sw_detector_find("service-pivot")->floor, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(bases_are_those_of_the_documentation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
