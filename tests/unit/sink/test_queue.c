/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "fixture.h"
#include "sink/queue.h"

static void assert_first(const struct sw_queue *queue, const char *expect)
{
	const char *text;
	size_t len;

	assert_true(sw_queue_first(queue, &text, &len));
	assert_int_equal(len, strlen(expect));
	assert_memory_equal(text, expect, len);
}

static void test_first_in_first_out(void **unused)
{
	struct sw_queue queue;
	const char *text;
	size_t len;

	(void)unused;
	sw_queue_init(&queue, 4, 100);
	assert_false(sw_queue_first(&queue, &text, &len));
	assert_int_equal(sw_queue_push(&queue, "one", 3), 0);
	assert_int_equal(sw_queue_push(&queue, "three", 5), 0);
	assert_first(&queue, "one");
	assert_true(sw_queue_written(&queue, 3));
	assert_false(sw_queue_written(&queue, 2));
	assert_first(&queue, "ree");
	sw_queue_rewind(&queue);
	assert_first(&queue, "three");
	assert_true(sw_queue_written(&queue, 5));
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.bytes, 0);
	assert_int_equal(queue.dropped, 0);
}

static void test_oldest_goes_first_and_is_counted(void **unused)
{
	struct sw_queue queue;

	(void)unused;
	sw_queue_init(&queue, 2, 8);
	assert_int_equal(sw_queue_push(&queue, "aa", 2), 0);
	assert_int_equal(sw_queue_push(&queue, "bb", 2), 0);
	assert_int_equal(sw_queue_push(&queue, "cc", 2), 0); /* too many */
	assert_first(&queue, "bb");
	assert_int_equal(queue.dropped, 1);
	assert_int_equal(sw_queue_push(&queue, "dddddddd", 8), 0); /* too long together */
	assert_first(&queue, "dddddddd");
	assert_int_equal(queue.dropped, 3);
	assert_int_equal(queue.count, 1);
	/* what can never fit costs nobody else his place */
	assert_int_equal(sw_queue_push(&queue, "eeeeeeeee", 9), -ENOBUFS);
	assert_first(&queue, "dddddddd");
	assert_int_equal(queue.dropped, 4);
	sw_queue_clear(&queue);
	assert_int_equal(queue.dropped, 5);
	assert_int_equal(queue.bytes, 0);
}

static void test_partly_written_message_stays(void **unused)
{
	struct sw_queue queue;

	(void)unused;
	sw_queue_init(&queue, 2, 100);
	sw_queue_push(&queue, "first", 5);
	sw_queue_push(&queue, "second", 6);
	sw_queue_written(&queue, 1);
	assert_int_equal(sw_queue_push(&queue, "third", 5), 0);
	assert_first(&queue, "irst");
	sw_queue_written(&queue, 4);
	assert_first(&queue, "third");
	sw_queue_clear(&queue);

	sw_queue_init(&queue, 1, 100);
	sw_queue_push(&queue, "only", 4);
	sw_queue_written(&queue, 1);
	assert_int_equal(sw_queue_push(&queue, "more", 4), -ENOBUFS);
	assert_first(&queue, "nly");
	sw_queue_clear(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_oldest_goes_first_and_is_counted),
		cmocka_unit_test(test_partly_written_message_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
