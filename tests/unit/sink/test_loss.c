/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "fixture.h"
#include "sink/loss.h"

static void test_each_drop_is_told_once(void **unused)
{
	struct sw_message seen = fixture_note(SW_MSG_HEALTH, "fine"), message;
	struct sw_loss loss = {0};

	(void)unused;
	assert_false(sw_loss_message(&loss, "json", "/x", 3, &message)); /* where are we? */
	sw_loss_see(&loss, &seen);
	assert_false(sw_loss_message(&loss, "json", "/x", 0, &message));
	assert_true(sw_loss_message(&loss, "json", "/x", 3, &message));
	assert_int_equal(message.msgid, SW_MSG_LOSS);
	assert_string_equal(message.text, "json sink dropped 3 messages that /x did not take");
	assert_string_equal(message.host->name, fixture_host.name);
	sw_loss_told(&loss, 3);
	assert_false(sw_loss_message(&loss, "json", "/x", 3, &message));
	assert_true(sw_loss_message(&loss, "json", "/x\n", 5, &message));
	assert_string_equal(message.text, "json sink dropped 2 messages that /x\\n did not take");
}

static void test_is_dated_now_whatever_the_offset(void **unused)
{
	struct sw_message seen = fixture_note(SW_MSG_HEALTH, "fine"), message;
	struct sw_loss loss = {0};
	int64_t realtime_s;

	(void)unused;
	sw_loss_see(&loss, &seen);
	assert_true(sw_loss_message(&loss, "json", "/x", 1, &message));
	realtime_s =
		((int64_t)message.time_ns + message.host->realtime_offset_ns) / (int64_t)SECOND;
	assert_in_range(realtime_s, time(NULL) - 60, time(NULL) + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_drop_is_told_once),
		cmocka_unit_test(test_is_dated_now_whatever_the_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
