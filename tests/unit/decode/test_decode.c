// SPDX-License-Identifier: Apache-2.0
/* Each rule of the decoder at its bounds. */
#include "records.h"

/* ---- the frame --------------------------------------------------------------------------- */

static void every_kind_is_accepted(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			for (int full = 0; full < 2; full++) {
				union rec r = valid(kind, full);

				assert_int_equal(r.h.kind, kind);
				assert_int_equal(decode(&r), 0);
			}
		}
}

static void truncated_at_every_length(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			union rec r = valid(kind, true);

			for (size_t size = 0; size < r.h.size; size++)
				assert_int_equal(decode_bytes(&r, size), -EBADMSG);
		}
}

/* The size that the record itself tells is shortened with it. */
static void truncated_and_honest_about_it(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			union rec r = valid(kind, true);
			uint32_t whole = r.h.size;

			for (r.h.size = 0; r.h.size < whole; r.h.size++)
				assert_int_equal(decode(&r), -EBADMSG);
		}
}

static void longer_than_its_kind(void **state)
{
	static const uint32_t more[] = {1, 7, 8, 64, 4096};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
				union rec r = valid(kind, false);

				assert_int_equal(decode_bytes(&r, r.h.size + more[i]), -EBADMSG);
				r.h.size += more[i];
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

static void a_told_size_that_lies(void **state)
{
	static const uint32_t lies[] = {0, 1, 495, 496, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
				union rec r = valid(kind, false);
				uint32_t whole = r.h.size;

				if (lies[i] == whole)
					continue;
				r.h.size = lies[i];
				assert_int_equal(decode_bytes(&r, whole), -EBADMSG);
			}
		}
}

static void another_kinds_size(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
		for
			EACH_KIND(other)
			{
				union rec r = valid(kind, false), o = valid(other, false);

				if (r.h.size == o.h.size)
					continue;
				r.h.kind = other;
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

static void misaligned(void **state)
{
	union rec r = valid(SW_KIND_EXEC, true);
	uint8_t *room = malloc(r.h.size + 8);

	(void)state;
	assert_non_null(room);
	for (size_t shift = 0; shift < 8; shift++) {
		const struct sw_record *out = NULL;

		memcpy(room + shift, &r, r.h.size);
		assert_int_equal(sw_decode(room + shift, r.h.size, &out), shift ? -EBADMSG : 0);
		assert_ptr_equal(out, shift ? NULL : room);
	}
	free(room);
}

static void another_version_is_told_apart(void **state)
{
	static const uint16_t versions[] = {0, SW_ABI_VERSION + 1, 0xffff};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
				union rec r = valid(kind, false);

				r.h.version = versions[i];
				assert_int_equal(decode(&r), -EPROTO);
				/* Nothing else of it can be judged. */
				r.h.kind = 0xffff;
				r.h.size = 3;
				assert_int_equal(decode_bytes(&r, sizeof(r.h)), -EPROTO);
				assert_int_equal(decode_bytes(&r, sizeof(r.h) - 1), -EBADMSG);
			}
		}
}

static void kinds_out_of_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = SW_KIND_MAX);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0x100 | SW_KIND_EXIT);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0xffff);
}

/* ---- task and origin --------------------------------------------------------------------- */

static void task_names_are_terminated(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, false), FILL(r.h.task.comm));
			REFUSED(valid(kind, false), FILL(r.h.task.tty));
			ACCEPTED(valid(kind, false), FILL_BUT_LAST(r.h.task.comm));
			ACCEPTED(valid(kind, false), FILL_BUT_LAST(r.h.task.tty));
		}
}

static void confidence_is_in_range(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_NONE);
			REFUSED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_MAX);
			REFUSED(valid(kind, false), r.h.origin.confidence = 255);
			ACCEPTED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_SERVICE);
			ACCEPTED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_EXACT);
			ACCEPTED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_THREAD);
			REFUSED(valid(kind, true), r.h.origin.confidence = SW_CONFIDENCE_THREAD);
		}
}

static void an_origin_names_its_session(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.session = 0);
			REFUSED(valid(kind, false), r.h.origin.root = 0);
			ACCEPTED(valid(kind, false), r.h.origin.session = UINT64_MAX);
		}
}

static void depth_and_parent_agree(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.depth = 0);
			REFUSED(valid(kind, false), r.h.origin.depth = 2);
			REFUSED(valid(kind, false), r.h.origin.parent = 6);
			REFUSED(valid(kind, false), (r.h.origin.parent = 6, r.h.origin.depth = 0));
			ACCEPTED(valid(kind, false), (r.h.origin.parent = 6, r.h.origin.depth = 2));
			ACCEPTED(valid(kind, false),
				 (r.h.origin.parent = 6, r.h.origin.depth = 255));
		}
}

static void the_number_of_flows_is_in_range(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			REFUSED(valid(kind, true), r.h.origin.nflows = 0);
			REFUSED(valid(kind, true), r.h.origin.nflows = SW_CANDIDATES + 1);
			REFUSED(valid(kind, true), r.h.origin.nflows = 255);
			for (uint8_t n = 1; n <= SW_CANDIDATES; n++)
				ACCEPTED(valid(kind, true), r.h.origin.nflows = n);
		}
}

static void flow_is_checked(const union rec *good, struct sw_flow *flow, union rec *copy)
{
	static const uint8_t wrong[] = {0, 1, 2, 3, 5, 7, 10, 255};

	for (size_t i = 0; i < sizeof(wrong); i++) {
		*copy = *good;
		flow->family = wrong[i];
		assert_int_equal(decode(copy), -EBADMSG);
	}
	*copy = *good;
	flow->cookie = 0;
	assert_int_equal(decode(copy), -EBADMSG);
	*copy = *good;
	flow->family = flow->family == 4 ? 6 : 4;
	flow->cookie = UINT64_MAX;
	assert_int_equal(decode(copy), 0);
}

static void inbound_flows_are_whole(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			union rec good = valid(kind, true), copy;

			for (size_t i = 0; i < SW_CANDIDATES; i++)
				flow_is_checked(&good, &copy.h.origin.in[i], &copy);
			flow_is_checked(&good, &copy.h.origin.rootflow, &copy);
		}
}

/* Beyond nflows there may be anything. */
static void unused_flows_are_ignored(void **state)
{
	(void)state;
	for
		EACH_SESSION_KIND(kind)
		{
			for (uint8_t n = 1; n < SW_CANDIDATES; n++) {
				union rec r = valid(kind, true);

				r.h.origin.nflows = n;
				memset(&r.h.origin.in[n], 0xff,
				       (SW_CANDIDATES - n) * sizeof(r.h.origin.in[0]));
				assert_int_equal(decode(&r), 0);
				memset(&r.h.origin.in[n], 0,
				       (SW_CANDIDATES - n) * sizeof(r.h.origin.in[0]));
				assert_int_equal(decode(&r), 0);
				r.h.origin.nflows++;
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

/* ---- bodies ------------------------------------------------------------------------------ */

static void session_paths_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_SESSION, false), FILL(r.session.reader_exe));
	REFUSED(valid(SW_KIND_SESSION, false), FILL(r.session.listener_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), FILL_BUT_LAST(r.session.reader_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), FILL_BUT_LAST(r.session.listener_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), r.session.listener_exe[0] = '\0');
}

static void exec_paths_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, false), FILL(r.exec.exe));
	REFUSED(valid(SW_KIND_EXEC, false), FILL(r.exec.filename));
	ACCEPTED(valid(SW_KIND_EXEC, false), FILL_BUT_LAST(r.exec.exe));
	ACCEPTED(valid(SW_KIND_EXEC, false), FILL_BUT_LAST(r.exec.filename));
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.exe[0] = '\0');
}

static void arguments_fit_and_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_bytes = SW_ARGS_BYTES + 1);
	REFUSED(valid(SW_KIND_EXEC, true),
		(r.exec.args_bytes = SW_ARGS_BYTES + 1, r.exec.args_total = 9999));
	REFUSED(valid(SW_KIND_EXEC, true),
		(r.exec.args_bytes = UINT32_MAX, r.exec.args_total = UINT32_MAX));
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_total = SW_ARGS_BYTES - 1);
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_total = 0);
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args[SW_ARGS_BYTES - 1] = 'x');
	REFUSED(valid(SW_KIND_EXEC, false), r.exec.args[10] = 'x');
	ACCEPTED(valid(SW_KIND_EXEC, true), FILL_BUT_LAST(r.exec.args));
	ACCEPTED(valid(SW_KIND_EXEC, true), r.exec.args_total = UINT32_MAX);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.args[11] = 'x');
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 1, r.exec.args[0] = '\0'));
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 0, FILL(r.exec.args)));
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 0, r.exec.args_total = 0));
}

static void an_exec_has_an_image(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, false), r.exec.image = 0);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.image = UINT64_MAX);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.parent_image = 0);
}

static void how_is_in_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = 0);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = SW_HOW_MAX);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = 0x80000000);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = UINT32_MAX);
	for (uint32_t how = 1; how < SW_HOW_MAX; how++)
		ACCEPTED(valid(SW_KIND_IDENTITY, false), r.identity.how = how);
}

static void outbound_flows_are_whole(void **state)
{
	union rec connect = valid(SW_KIND_CONNECT, false), outcome = valid(SW_KIND_OUTCOME, false);
	union rec copy;

	(void)state;
	flow_is_checked(&connect, &copy.connect.out, &copy);
	flow_is_checked(&outcome, &copy.outcome.out, &copy);
}

static void outcomes_are_in_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = SW_OUTCOME_PENDING);
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = SW_OUTCOME_MAX);
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = UINT32_MAX);
	for (uint32_t outcome = 1; outcome < SW_OUTCOME_MAX; outcome++)
		ACCEPTED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = outcome);
}

static void kinds_have_names(void **state)
{
	static const char *const names[SW_KIND_MAX] = {
		"?",	   "SESSION", "EXEC",	     "IDENTITY", "CONNECT",
		"OUTCOME", "EXIT",    "SESSION_END", "EDGE",	 "EDGE_COUNT",
	};

	(void)state;
	for (unsigned int kind = 0; kind < SW_KIND_MAX; kind++)
		assert_string_equal(sw_kind_name(kind), names[kind]);
	assert_string_equal(sw_kind_name(SW_KIND_MAX), "?");
	assert_string_equal(sw_kind_name(UINT32_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_accepted),
		cmocka_unit_test(truncated_at_every_length),
		cmocka_unit_test(truncated_and_honest_about_it),
		cmocka_unit_test(longer_than_its_kind),
		cmocka_unit_test(a_told_size_that_lies),
		cmocka_unit_test(another_kinds_size),
		cmocka_unit_test(misaligned),
		cmocka_unit_test(another_version_is_told_apart),
		cmocka_unit_test(kinds_out_of_range),
		cmocka_unit_test(task_names_are_terminated),
		cmocka_unit_test(confidence_is_in_range),
		cmocka_unit_test(an_origin_names_its_session),
		cmocka_unit_test(depth_and_parent_agree),
		cmocka_unit_test(the_number_of_flows_is_in_range),
		cmocka_unit_test(inbound_flows_are_whole),
		cmocka_unit_test(unused_flows_are_ignored),
		cmocka_unit_test(session_paths_are_terminated),
		cmocka_unit_test(exec_paths_are_terminated),
		cmocka_unit_test(arguments_fit_and_are_terminated),
		cmocka_unit_test(an_exec_has_an_image),
		cmocka_unit_test(how_is_in_range),
		cmocka_unit_test(outbound_flows_are_whole),
		cmocka_unit_test(outcomes_are_in_range),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
