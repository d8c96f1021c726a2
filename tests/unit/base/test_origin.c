/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/origin.h"

static struct sw_origin origin(unsigned int confidence, unsigned int nflows, unsigned int seen)
{
	return (struct sw_origin){
		.confidence = (uint8_t)confidence,
		.nflows = (uint8_t)nflows,
		.seen = seen,
	};
}

static void one_peer_or_several(void **state)
{
	static const struct {
		unsigned int confidence, nflows, seen;
		bool certain;
	} rows[] = {
		{SW_CONFIDENCE_NONE, 0, 0, false},    {SW_CONFIDENCE_SERVICE, 0, 0, false},
		{SW_CONFIDENCE_SERVICE, 1, 1, true},  {SW_CONFIDENCE_SERVICE, 1, 2, false},
		{SW_CONFIDENCE_SERVICE, 2, 2, false}, {SW_CONFIDENCE_EXACT, 1, 1, true},
		{SW_CONFIDENCE_EXACT, 1, 9, true},    {SW_CONFIDENCE_EXACT, 0, 0, false},
		{SW_CONFIDENCE_THREAD, 1, 9, true},   {SW_CONFIDENCE_THREAD, 0, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sw_origin o = origin(rows[i].confidence, rows[i].nflows, rows[i].seen);

		assert_int_equal(sw_origin_is_certain(&o), rows[i].certain);
	}
}

static void a_root_of_one_flow_has_it_in_its_id(void **state)
{
	struct sw_origin o = {.root = 7, .rootflow = {.cookie = 7}};

	(void)state;
	assert_true(sw_origin_has_one_root(&o));
	o.root = SW_SESSION_THREAD | 7;
	assert_true(sw_origin_has_one_root(&o));
	o.root = SW_SESSION_SERVICE | 7;
	assert_false(sw_origin_has_one_root(&o));
	o.root = SW_SESSION_THREAD | 8;
	assert_false(sw_origin_has_one_root(&o));
	o.root = o.rootflow.cookie = 0;
	assert_false(sw_origin_has_one_root(&o));
	o.root = SW_SESSION_THREAD;
	assert_false(sw_origin_has_one_root(&o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_peer_or_several),
		cmocka_unit_test(a_root_of_one_flow_has_it_in_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
