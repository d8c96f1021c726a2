// SPDX-License-Identifier: Apache-2.0
/* Rules of the records of edges: they are of no session. */
#include "records.h"

#define EACH_EDGE_KIND(kind) (enum sw_kind kind = SW_KIND_EDGE; kind <= SW_KIND_EDGE_COUNT; kind++)

static void an_edge_is_of_no_session(void **state)
{
	(void)state;
	for
		EACH_EDGE_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.session = 1);
			REFUSED(valid(kind, false), r.h.origin.parent = 1);
			REFUSED(valid(kind, false), r.h.origin.root = 1);
			REFUSED(valid(kind, false), r.h.origin.depth = 1);
		}
}

static void causes_and_confidence_agree(void **state)
{
	(void)state;
	ACCEPTED(valid(SW_KIND_EDGE, true), r.h.origin.confidence = SW_CONFIDENCE_EXACT);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.confidence = SW_CONFIDENCE_THREAD);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.confidence = SW_CONFIDENCE_NONE);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.confidence = SW_CONFIDENCE_MAX);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.nflows = 0);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.nflows = SW_CANDIDATES + 1);
	REFUSED(valid(SW_KIND_EDGE, true), r.h.origin.in[3].cookie = 0);
	REFUSED(valid(SW_KIND_EDGE, false), r.h.origin.confidence = SW_CONFIDENCE_SERVICE);
}

static void edges_are_whole(void **state)
{
	(void)state;
	for (unsigned int family = 0; family < 256; family++) {
		if (family == 4 || family == 6)
			continue;
		REFUSED(valid(SW_KIND_EDGE, false), r.edge.edge.family = (uint8_t)family);
		REFUSED(valid(SW_KIND_EDGE_COUNT, false),
			r.edge_count.edge.family = (uint8_t)family);
	}
	ACCEPTED(valid(SW_KIND_EDGE, false), FILL_BUT_LAST(r.edge.exe));
	REFUSED(valid(SW_KIND_EDGE, false), FILL(r.edge.exe));
	REFUSED(valid(SW_KIND_EDGE_COUNT, false), r.edge_count.flows = 0);
	ACCEPTED(valid(SW_KIND_EDGE_COUNT, false), r.edge_count.flows = UINT64_MAX);
}

static void kinds_know_what_they_are_of(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind <= SW_KIND_MAX; kind++)
		assert_int_equal(sw_kind_is_of_edge(kind),
				 kind == SW_KIND_EDGE || kind == SW_KIND_EDGE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edge_is_of_no_session),
		cmocka_unit_test(causes_and_confidence_agree),
		cmocka_unit_test(edges_are_whole),
		cmocka_unit_test(kinds_know_what_they_are_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
