/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/session.h"

static struct sw_session *add(struct sw_sessions *table, uint64_t id, uint64_t parent)
{
	struct sw_session *session = sw_sessions_add(table, id);

	assert_non_null(session);
	session->origin.session = id;
	session->origin.parent = parent;
	sw_sessions_touch(table, session);
	return session;
}

static void clear(struct sw_sessions *table)
{
	while (table->oldest)
		sw_sessions_remove(table, table->oldest);
	assert_int_equal(table->count, 0);
	assert_null(table->ended);
}

static void oldest_is_least_recently_used(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 0), *b = add(&table, 2, 0);

	(void)state;
	assert_ptr_equal(table.oldest, a);
	sw_sessions_touch(&table, a);
	assert_ptr_equal(table.oldest, b);
	clear(&table);
}

static void child_keeps_its_ancestors_young(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 0), *b = add(&table, 2, 1), *c = add(&table, 3, 2);
	struct sw_session *other = add(&table, 4, 0);

	(void)state;
	assert_int_equal(a->children, 1);
	assert_int_equal(b->children, 1);
	sw_sessions_touch(&table, c);
	assert_ptr_equal(table.oldest, other);
	clear(&table);
}

static void ancestors_in_a_ring_end(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 2), *b = add(&table, 2, 1);
	struct sw_session *self = add(&table, 3, 3);

	(void)state;
	sw_sessions_touch(&table, a);
	sw_sessions_touch(&table, b);
	assert_int_equal(self->children, 0);
	clear(&table);
}

static void ended_is_due_after_its_children(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *parent = add(&table, 1, 0), *child = add(&table, 2, 1);

	(void)state;
	sw_sessions_end(&table, parent, 10 * S);
	assert_null(sw_sessions_due(&table, 10 * S - 1, S));
	assert_null(sw_sessions_due(&table, 10 * S, S));
	sw_sessions_remove(&table, child);
	assert_null(sw_sessions_due(&table, 10 * S + 1, S));
	assert_ptr_equal(sw_sessions_due(&table, 11 * S, S), parent);
	clear(&table);
}

static void ended_twice_is_queued_once(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 0);

	(void)state;
	sw_sessions_end(&table, a, 10 * S);
	sw_sessions_end(&table, a, 20 * S);
	assert_null(sw_sessions_due(&table, 19 * S, S));
	assert_ptr_equal(sw_sessions_due(&table, 20 * S, S), a);
	clear(&table);
}

static struct sw_change change(uint64_t time_ns, uint32_t how)
{
	return (struct sw_change){.time_ns = time_ns, .how = how};
}

static void full_of_changes_forgets_the_oldest(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 0);
	struct sw_change next = change(100, SW_HOW_SETUID_EXEC);

	(void)state;
	for (uint64_t i = 0; i < SW_CHANGES_KEPT; i++) {
		struct sw_change c = change(i + 1, i ? SW_HOW_SETID : SW_HOW_UNEXPLAINED);

		assert_int_equal(sw_session_change(a, &c), 0);
	}
	assert_int_equal(sw_session_change(a, &next), 1);
	assert_int_equal(a->changes_count, SW_CHANGES_KEPT);
	assert_int_equal(a->changes[0].time_ns, 1); /* unexplained: outlives older explained ones */
	assert_int_equal(a->changes[1].time_ns, 100);
	clear(&table);
}

static void unexplained_gives_way_to_unexplained_only(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 1, 0);
	struct sw_change plain = change(100, SW_HOW_SETID), gain = change(101, SW_HOW_UNEXPLAINED);

	(void)state;
	for (uint64_t i = 0; i < SW_CHANGES_KEPT; i++) {
		struct sw_change c = change(i + 1, SW_HOW_UNEXPLAINED);

		assert_int_equal(sw_session_change(a, &c), 0);
	}
	assert_int_equal(sw_session_change(a, &plain), 1);
	assert_int_equal(a->changes[0].time_ns, 1);
	assert_int_equal(sw_session_change(a, &gain), 1);
	assert_int_equal(a->changes[0].time_ns, 101);
	clear(&table);
}

static void tells_the_reader(void **state)
{
	struct sw_sessions table = {0};
	struct sw_session *a = add(&table, 7, 0);
	struct sw_origin o = login_origin();
	union rec r = rec_session(S, &o, task(1, 0, 0, "sshd"), 0, "/usr/sbin/sshd");

	(void)state;
	assert_string_equal(a->reader_exe, "");
	r.session.image = 5;
	assert_int_equal(sw_session_tell(a, &r.session), 0);
	assert_true(a->told);
	assert_string_equal(a->reader_exe, "/usr/sbin/sshd");
	assert_string_equal(a->listener_exe, "/usr/sbin/sshd");
	assert_int_equal(a->reader_tgid, 100);
	assert_int_equal(a->image, 5);
	clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_is_least_recently_used),
		cmocka_unit_test(child_keeps_its_ancestors_young),
		cmocka_unit_test(ancestors_in_a_ring_end),
		cmocka_unit_test(ended_is_due_after_its_children),
		cmocka_unit_test(ended_twice_is_queued_once),
		cmocka_unit_test(full_of_changes_forgets_the_oldest),
		cmocka_unit_test(unexplained_gives_way_to_unexplained_only),
		cmocka_unit_test(tells_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
