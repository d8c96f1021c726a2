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

static const struct sw_image *told(struct tables *t, union rec *r, const char *filename)
{
	struct sw_image *image = sw_images_find(&t->images, 3);

	if (!image)
		image = sw_images_add(&t->images, 3, t->a);
	memset(r->exec.filename, 0, sizeof(r->exec.filename));
	memcpy(r->exec.filename, filename, strlen(filename));
	assert_int_equal(sw_image_tell(image, t->a, &r->exec, NULL), 0);
	return image;
}

static void keeps_the_path_that_was_asked_for(void **state)
{
	struct tables t = make();
	struct sw_origin o = login_origin();
	union rec r = rec_exec(9 * S, &o, task(20, 3, 1000, "dash"), 2, "/usr/bin/dash");
	char cut[SW_PATH_BYTES] = "/";

	(void)state;
	assert_string_equal(told(&t, &r, "/bin/sh")->asked, "/bin/sh");
	assert_null(told(&t, &r, "/usr/bin/dash")->asked);
	memset(cut, 'x', sizeof(cut) - 1);
	assert_null(told(&t, &r, cut)->asked);
	cut[sizeof(cut) - 2] = '\0';
	assert_string_equal(told(&t, &r, cut)->asked, cut);
	clear(&t);
}

static bool script(const char *args, size_t bytes, const char *filename)
{
	struct tables t = make();
	struct sw_origin o = login_origin();
	union rec r = rec_exec(9 * S, &o, task(20, 3, 1000, "dash"), 2, "/usr/bin/dash");
	bool is;

	set_args(&r, args, bytes);
	is = told(&t, &r, filename)->script;
	clear(&t);
	return is;
}

#define SCRIPT(args, filename) script(args, sizeof(args), filename)

static void knows_scripts_by_what_the_kernel_made_of_them(void **state)
{
	(void)state;
	assert_true(SCRIPT("/bin/sh\0/srv/x.cgi", "/srv/x.cgi"));
	assert_true(SCRIPT("/bin/sh\0-e\0/srv/x.cgi\0more", "/srv/x.cgi"));
	assert_true(SCRIPT("/bin/sh\0./x.cgi", "./x.cgi"));
	assert_false(SCRIPT("sh\0-c\0id\0/bin/sh", "/bin/sh"));
	assert_false(SCRIPT("/bin/sh", "/bin/sh"));
	assert_false(SCRIPT("/bin/sh\0/srv/x.cgi2", "/srv/x.cgi"));
	assert_false(SCRIPT("/usr/bin/dash\0/usr/bin/dash", "/usr/bin/dash"));
	assert_false(SCRIPT("sh\0", ""));
	assert_false(script("", 0, "/srv/x.cgi"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_by_use),
		cmocka_unit_test(seen_before_it_is_told),
		cmocka_unit_test(exec_moves_it_to_its_session),
		cmocka_unit_test(keeps_the_path_that_was_asked_for),
		cmocka_unit_test(knows_scripts_by_what_the_kernel_made_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
