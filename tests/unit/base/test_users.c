/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users: hostile passwd files, changes of the file, and how often it is looked at. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/users.h"

#define SECOND 1000000000ULL

struct fixture {
	char dir[40];
	char path[64];
	struct sw_users *users;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->dir, "/tmp/sidewatch-users-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/passwd", f->dir);
	*state = f;
	return sw_users_new(f->path, &f->users);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sw_users_free(&f->users);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Replaces the file as passwd(1) does: a new one, renamed over the old. */
static void put_file(struct fixture *f, const char *text)
{
	char next[80];
	FILE *file;

	snprintf(next, sizeof(next), "%s.new", f->path);
	file = fopen(next, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(next, f->path), 0);
}

static void names_come_from_the_file(void **state)
{
	struct fixture *f = *state;

	put_file(f, "root:x:0:0:root:/root:/bin/sh\n"
		    "alice:x:1000:1000::/home/alice:/bin/bash\n"
		    "nobody:x:65534:65534::/:/bin/false\n"
		    "last:x:4294967294:1::/:"); /* without a newline */
	assert_string_equal(sw_users_name(f->users, 0, 0), "root");
	assert_string_equal(sw_users_name(f->users, 1000, 1), "alice");
	assert_string_equal(sw_users_name(f->users, 65534, 2), "nobody");
	assert_string_equal(sw_users_name(f->users, 4294967294u, 3), "last");
	assert_string_equal(sw_users_name(f->users, 1, 4), "uid 1");
	assert_string_equal(sw_users_name(f->users, UINT32_MAX, 5), "uid 4294967295");
}

static void of_two_names_the_first_counts(void **state)
{
	struct fixture *f = *state;

	put_file(f, "toor:x:0:0:::\nroot:x:0:0:::\nb:x:7:7:::\na:x:7:7:::\n");
	assert_string_equal(sw_users_name(f->users, 0, 0), "toor");
	assert_string_equal(sw_users_name(f->users, 7, 0), "b");
}

static void hostile_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	   "a b",  "a\tb",
		"\x1b[2J", "a\"b", "a|b",
		"a\\b",	   "-rf",  "caf\xc3\xa9",
		"12",	   "a>b",  "$(id)",
		".hidden", "a,b",  "a=b",
		"a'b",	   "@x",   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 33 */
	};
	static const char *const good[] = {
		"root",
		"_apt",
		"systemd-network",
		"www-data",
		"j.doe",
		"HOST$",
		"a@corp.example",
		"0x0",
		"7zip",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 32 */
	};
	struct fixture *f = *state;
	char line[128];
	uint64_t now = 0;

	for (size_t i = 0; i < SW_ARRAY_SIZE(bad); i++) {
		assert_false(sw_users_is_name(bad[i], strlen(bad[i])));
		snprintf(line, sizeof(line), "%s:x:1000:1000:::\n", bad[i]);
		put_file(f, line);
		assert_string_equal(sw_users_name(f->users, 1000, now += SECOND), "uid 1000");
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(good); i++) {
		snprintf(line, sizeof(line), "%s:x:1000:1000:::\n", good[i]);
		put_file(f, line);
		assert_string_equal(sw_users_name(f->users, 1000, now += SECOND), good[i]);
	}
	assert_false(sw_users_is_name("ab\0c", 4));
}

/* A refused name must not let a later one stand for its uid. */
static void a_refused_name_hides_later_ones(void **state)
{
	struct fixture *f = *state;

	put_file(f, "ev il:x:5:5:::\ngames:x:5:5:::\n");
	assert_string_equal(sw_users_name(f->users, 5, 0), "uid 5");
}

static void bad_lines_are_passed_over(void **state)
{
	struct fixture *f = *state;

	put_file(f, "\n:\n::\nx\na:x\nb:x:\nc:x::\nd:x:-1:\ne:x:1e3:\nf:x:4294967296:\ng:x:12\n"
		    "h:x: 9:\ni:x:99999999999999999999999:0\n+nis:x:3:3:::\n-nis:x:4:4:::\n"
		    "+::::::\n#c:x:6:6:::\nok:x:10:10:::\n");
	assert_string_equal(sw_users_name(f->users, 10, 0), "ok");
	assert_string_equal(sw_users_name(f->users, 0, 0), "uid 0");
	assert_string_equal(sw_users_name(f->users, 1, 0), "uid 1");
	assert_string_equal(sw_users_name(f->users, 3, 0), "uid 3");
	assert_string_equal(sw_users_name(f->users, 4, 0), "uid 4");
	assert_string_equal(sw_users_name(f->users, 6, 0), "uid 6");
	assert_string_equal(sw_users_name(f->users, 9, 0), "uid 9");
	assert_string_equal(sw_users_name(f->users, 12, 0), "uid 12");
}

static void the_file_is_looked_at_once_a_second(void **state)
{
	struct fixture *f = *state;

	put_file(f, "one:x:1:1:::\n");
	assert_string_equal(sw_users_name(f->users, 1, 5 * SECOND), "one");
	put_file(f, "two:x:1:1:::\n");
	assert_string_equal(sw_users_name(f->users, 1, 6 * SECOND - 1), "one");
	assert_string_equal(sw_users_name(f->users, 1, 6 * SECOND), "two");
}

static void changes_in_place_are_seen(void **state)
{
	struct fixture *f = *state;
	FILE *file;

	put_file(f, "one:x:1:1:::\n");
	assert_string_equal(sw_users_name(f->users, 1, 0), "one");
	file = fopen(f->path, "a");
	assert_non_null(file);
	fputs("two:x:2:2:::\n", file);
	fclose(file);
	assert_string_equal(sw_users_name(f->users, 2, SECOND), "two");
}

static void an_absent_file_is_waited_for(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(sw_users_name(f->users, 1, 0), "uid 1");
	put_file(f, "one:x:1:1:::\n");
	assert_string_equal(sw_users_name(f->users, 1, SECOND), "one");
	unlink(f->path);
	assert_string_equal(sw_users_name(f->users, 1, 2 * SECOND), "one");
	put_file(f, "");
	assert_string_equal(sw_users_name(f->users, 1, 3 * SECOND), "uid 1");
}

static void what_is_no_file_is_not_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_string_equal(sw_users_name(f->users, 1, 0), "uid 1");
	unlink(f->path);
	assert_int_equal(symlink("/dev/zero", f->path), 0);
	assert_string_equal(sw_users_name(f->users, 1, SECOND), "uid 1");
	unlink(f->path);
	assert_int_equal(symlink("/", f->path), 0);
	assert_string_equal(sw_users_name(f->users, 1, 2 * SECOND), "uid 1");
}

static void a_huge_file_is_bounded(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	for (unsigned int i = 0; i < 200000; i++)
		fprintf(file, "u%u:x:%u:0:\n", i, i);
	fclose(file);
	assert_string_equal(sw_users_name(f->users, 0, 0), "u0");
	assert_string_equal(sw_users_name(f->users, 65535, 0), "u65535");
	assert_string_equal(sw_users_name(f->users, 65536, 0), "uid 65536");
}

static void the_usual_file_is_etc_passwd(void **state)
{
	struct sw_users *users = NULL;

	(void)state;
	assert_int_equal(sw_users_new(NULL, &users), 0);
	assert_string_equal(sw_users_name(users, 0, 0), "root");
	sw_users_free(&users);
	assert_null(users);
	sw_users_free(&users);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_come_from_the_file),	    TEST(of_two_names_the_first_counts),
		TEST(hostile_names_are_refused),    TEST(a_refused_name_hides_later_ones),
		TEST(bad_lines_are_passed_over),    TEST(the_file_is_looked_at_once_a_second),
		TEST(changes_in_place_are_seen),    TEST(an_absent_file_is_waited_for),
		TEST(what_is_no_file_is_not_read),  TEST(a_huge_file_is_bounded),
		TEST(the_usual_file_is_etc_passwd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
