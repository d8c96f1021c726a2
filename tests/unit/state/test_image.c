/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/image.h"

struct tables {
	struct sw_sessions sessions;
	struct sw_images images;
	struct sw_session *a;
	struct sw_session *b;
};

static struct tables make(void)
{
	struct tables t = {0};

	t.a = sw_sessions_add(&t.sessions, 1);
	t.b = sw_sessions_add(&t.sessions, 2);
	return t;
}

static void clear(struct tables *t)
{
	while (t->images.oldest)
		sw_images_remove(&t->images, t->images.oldest);
	assert_int_equal(t->images.count, 0);
	assert_int_equal(t->a->images_count + t->b->images_count, 0);
	sw_sessions_remove(&t->sessions, t->a);
	sw_sessions_remove(&t->sessions, t->b);
}

static void lists_by_use(void **state)
{
	struct tables t = make();
	struct sw_image *one = sw_images_add(&t.images, 1, t.a);
	struct sw_image *two = sw_images_add(&t.images, 2, t.a);

	(void)state;
	assert_ptr_equal(sw_images_find(&t.images, 2), two);
	assert_ptr_equal(t.a->images, one);
	sw_images_touch(&t.images, one);
	assert_ptr_equal(t.a->images, two);
	assert_ptr_equal(t.images.oldest, two);
	clear(&t);
}

static void seen_before_it_is_told(void **state)
{
	struct tables t = make();
	struct sw_image *image = sw_images_add(&t.images, 3, t.a);
	struct sw_task ssh = with_tty(task(20, 3, 1000, "ssh"), "pts/1");
	struct sw_task other = task(21, 3, 33, "ssh");
	struct sw_task reused = task(20, 3, 34, "ssh");

	(void)state;
	sw_image_see(image, &ssh);
	assert_false(image->told);
	assert_int_equal(image->pid, 20);
	assert_string_equal(image->tty, "pts/1");
	assert_string_equal(image->comm, "ssh");
	/* Neither a fork that changed its user, nor another process of the same pid. */
	sw_image_see(image, &other);
	reused.start_ns++;
	sw_image_see(image, &reused);
	assert_int_equal(image->last.uid, 1000);
	ssh.cred = cred(0);
	sw_image_see(image, &ssh);
	assert_int_equal(image->last.uid, 0);
	assert_int_equal(image->first.uid, 1000);
	clear(&t);
}

static void exec_moves_it_to_its_session(void **state)
{
	struct tables t = make();
	struct sw_image *image = sw_images_add(&t.images, 3, t.a);
	struct sw_origin o = login_origin();
	union rec r = rec_exec(9 * S, &o, task(20, 3, 1000, "ssh"), 2, "/usr/bin/ssh");

	(void)state;
	assert_string_equal(image->exe, "");
	assert_int_equal(sw_image_tell(image, t.b, &r.exec, "ssh host"), 0);
	assert_true(image->told);
	assert_string_equal(image->exe, "/usr/bin/ssh");
	assert_string_equal(image->argv, "ssh host");
	assert_int_equal(image->parent, 2);
	assert_int_equal(image->exec_ns, 9 * S);
	assert_ptr_equal(image->session, t.b);
	assert_int_equal(t.a->images_count, 0);
	assert_int_equal(t.b->images_count, 1);
	assert_int_equal(sw_image_tell(image, t.b, &r.exec, NULL), 0);
	assert_null(image->argv);
	clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_by_use),
		cmocka_unit_test(seen_before_it_is_told),
		cmocka_unit_test(exec_moves_it_to_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
