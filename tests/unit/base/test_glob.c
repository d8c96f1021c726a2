/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/glob.h"

static void plain_paths(void **state)
{
	static const char *const yes[] = {"/a",	    "/a/b",   "/a/.b", "/..a",
					  "/a../b", "/.../b", "/a b\n"};
	static const char *const no[] = {"",	  "/",	  "a",	   "a/b",     "./a",  "//a", "/a/",
					 "/a//b", "/./a", "/a/..", "/a/../b", "/a/.", "/.."};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(sw_path_is_plain(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(sw_path_is_plain(no[i]));
}

static void whole_paths(void **state)
{
	(void)state;
	assert_true(sw_glob_match("/usr/bin/dash", "/usr/bin/dash"));
	assert_false(sw_glob_match("/usr/bin/dash", "/usr/bin/dash2"));
	assert_false(sw_glob_match("/usr/bin/dash", "/usr/bin/das"));
	assert_false(sw_glob_match("/usr/bin/dash", "/tmp/usr/bin/dash"));
	assert_false(sw_glob_match("/usr/bin", "/usr/bin/dash"));
	assert_false(sw_glob_match("/usr/bin/dash", "/usr/bin/Dash"));
	assert_false(sw_glob_match("/usr/bin/dash", ""));
	assert_false(sw_glob_match("", "/a"));
	assert_false(sw_glob_match("*", "/a"));
}

static void wildcards(void **state)
{
	(void)state;
	assert_true(sw_glob_match("/p/check_*", "/p/check_tcp"));
	assert_true(sw_glob_match("/p/check_*", "/p/check_"));
	assert_true(sw_glob_match("/p/*", "/p/x"));
	assert_true(sw_glob_match("/p/*.cgi", "/p/a.b.cgi.cgi"));
	assert_false(sw_glob_match("/p/*.cgi", "/p/a.cgi.b"));
	assert_true(sw_glob_match("/p/*a*b*c", "/p/xaabbbxc"));
	assert_false(sw_glob_match("/p/*a*b*c", "/p/xbac"));
	assert_true(sw_glob_match("/*/bin/x*", "/opt/bin/xy"));
	assert_true(sw_glob_match("/*/*/x", "/a/b/x"));
	assert_true(sw_glob_match("/p/python3.?", "/p/python3.9"));
	assert_false(sw_glob_match("/p/python3.?", "/p/python3.11"));
	assert_true(sw_glob_match("/p/python3.*", "/p/python3.11"));
	assert_true(sw_glob_match("/p/**", "/p/x"));
}

/* What an intruder who may write somewhere could call his program. */
static void hostile_paths(void **state)
{
	(void)state;
	assert_false(sw_glob_match("/p/*", "/p/x/y"));
	assert_false(sw_glob_match("/p/check_*", "/p/check_/../../tmp/evil"));
	assert_false(sw_glob_match("/p/check_*", "/p/check_x/evil"));
	assert_false(sw_glob_match("/p/?x", "/p//x"));
	assert_false(sw_glob_match("/p/a?b", "/p/a/b"));
	assert_false(sw_glob_match("/srv/*/cgi", "/srv/../cgi"));
	assert_false(sw_glob_match("/srv/.*/cgi", "/srv/../cgi"));
	assert_false(sw_glob_match("/srv/?*/cgi", "/srv/../cgi"));
	assert_false(sw_glob_match("/p/*", "/p/.x"));
	assert_false(sw_glob_match("/p/?x", "/p/.x"));
	assert_false(sw_glob_match("/p/**x", "/p/.x"));
	assert_true(sw_glob_match("/p/.x*", "/p/.xy"));
	assert_true(sw_glob_match("/p/a*", "/p/a.x"));
	assert_false(sw_glob_match("/p/x", "/p/x (deleted)"));
	assert_false(sw_glob_match("/p/x", ".../p/x"));
	assert_false(sw_glob_match("/p/x", "memfd:/p/x"));
	assert_true(sw_glob_match("/p/x*", "/p/x*\xff\x1b[2J"));
	/* The path's own wildcards are just bytes. */
	assert_false(sw_glob_match("/p/x", "/p/*"));
}

static void costs_no_more_than_the_product(void **state)
{
	char path[256] = "/", pattern[256] = "/";
	clock_t start = clock();

	(void)state;
	memset(path + 1, 'a', sizeof(path) - 2);
	for (size_t i = 1; i + 3 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	strcat(pattern, "b");
	for (int i = 0; i < 100; i++)
		assert_false(sw_glob_match(pattern, path));
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_paths),
		cmocka_unit_test(whole_paths),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(hostile_paths),
		cmocka_unit_test(costs_no_more_than_the_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
