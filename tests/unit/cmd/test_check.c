/* SPDX-License-Identifier: Apache-2.0 */
/* `sidewatch check`: what it prints where, and what it exits with. */
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cmd/check.h"
#include "sidewatch/config.h"

#define ARGS_MAX 4

struct ran {
	int status;
	char out[4096];
	char err[4096];
};

/* What `file` points at goes to a temporary file until back() puts it right again. */
static int divert(FILE *file, FILE *to)
{
	int saved;

	fflush(file);
	saved = dup(fileno(file));
	assert_true(saved >= 0);
	assert_true(dup2(fileno(to), fileno(file)) >= 0);
	return saved;
}

static void back(FILE *file, int saved, FILE *from, char *text, size_t room)
{
	fflush(file);
	dup2(saved, fileno(file));
	close(saved);
	clearerr(file);
	rewind(from);
	text[fread(text, 1, room - 1, from)] = '\0';
	fclose(from);
}

static struct ran run(const char *a, const char *b, const char *c)
{
	char *argv[ARGS_MAX + 1] = {(char *)"check", (char *)a, (char *)b, (char *)c, NULL};
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out, saved_err, argc = 1;
	struct ran r;

	assert_true(out && err);
	while (argv[argc])
		argc++;
	saved_out = divert(stdout, out);
	saved_err = divert(stderr, err);
	r.status = sw_cmd_check(argc, argv);
	back(stderr, saved_err, err, r.err, sizeof(r.err));
	back(stdout, saved_out, out, r.out, sizeof(r.out));
	return r;
}

static void write_file(char name[], const char *text)
{
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void a_good_file_is_ok(void **state)
{
	char name[] = "/tmp/sidewatch-check-XXXXXX", expected[80];
	struct ran r;

	(void)state;
	write_file(name, "argv: none\n");
	r = run(name, NULL, NULL);
	unlink(name);
	snprintf(expected, sizeof(expected), "%s: ok\n", name);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, expected);
	assert_string_equal(r.err, "");
}

static void a_bad_file_is_told_on_stderr(void **state)
{
	char name[] = "/tmp/sidewatch-check-XXXXXX", expected[160];
	struct ran r;

	(void)state;
	write_file(name, "argv: none\nring: {bytse: 1}\n");
	r = run("--show", name, NULL);
	unlink(name);
	snprintf(expected, sizeof(expected),
		 "%s:2:8: unknown key 'bytse' in ring; did you mean 'bytes'?\n", name);
	assert_int_equal(r.status, 2);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, expected);
}

static void a_missing_file_is_told(void **state)
{
	struct ran r = run("/nonexistent/sidewatch.yaml", NULL, NULL);

	(void)state;
	assert_int_equal(r.status, 2);
	assert_string_equal(r.out, "");
	assert_string_equal(r.err, "/nonexistent/sidewatch.yaml: No such file or directory\n");
}

/* From this process alone, which takes root where there is one. */
static void hide_the_configuration(void)
{
	char path[] = SW_CONFIG_PATH;

	if (access(path, F_OK))
		return;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", dirname(path), "tmpfs", 0, NULL), 0);
}

static void without_a_file_the_defaults_are_ok(void **state)
{
	struct ran r;

	(void)state;
	hide_the_configuration();
	r = run(NULL, NULL, NULL);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "built-in defaults: ok\n");
	assert_string_equal(r.err, "");
}

static void what_is_shown_can_be_checked(void **state)
{
	char name[] = "/tmp/sidewatch-check-XXXXXX", again[] = "/tmp/sidewatch-check-XXXXXX";
	char head[80];
	struct ran first, second;

	(void)state;
	write_file(name, "ring: {rate: 77}\nallow: [{user: backup}]\n");
	first = run(name, "--show", NULL);
	assert_int_equal(first.status, 0);
	snprintf(head, sizeof(head), "# %s\nnetworks:\n", name);
	assert_int_equal(strncmp(first.out, head, strlen(head)), 0);
	assert_non_null(strstr(first.out, "\n  rate: 77\n"));
	assert_non_null(strstr(first.out, "user: \"backup\"\n"));
	write_file(again, first.out);
	second = run("--show", again, NULL);
	assert_int_equal(second.status, 0);
	assert_string_equal(strchr(second.out, '\n'), strchr(first.out, '\n'));
	unlink(name);
	unlink(again);
}

static void bad_usage_is_told(void **state)
{
	struct ran r = run("--frobnicate", NULL, NULL);

	(void)state;
	assert_int_equal(r.status, 2);
	assert_string_equal(r.out, "");
	assert_non_null(strstr(r.err, "usage: sidewatch check"));
	r = run("a", "b", NULL);
	assert_int_equal(r.status, 2);
	assert_non_null(strstr(r.err, "at most one file"));
	r = run("--help", NULL, NULL);
	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.out, "usage: sidewatch check"));
	assert_string_equal(r.err, "");
	r = run("--", "--show", NULL);
	assert_int_equal(r.status, 2);
	assert_string_equal(r.err, "--show: No such file or directory\n");
}

static void a_lost_output_is_a_failure(void **state)
{
	char *argv[] = {(char *)"check", (char *)"/dev/null", NULL};
	FILE *full = fopen("/dev/full", "w"), *err = tmpfile();
	char text[256];
	int saved_out, saved_err, status;

	(void)state;
	assert_true(full && err);
	saved_out = divert(stdout, full);
	saved_err = divert(stderr, err);
	status = sw_cmd_check(2, argv);
	back(stderr, saved_err, err, text, sizeof(text));
	dup2(saved_out, fileno(stdout));
	close(saved_out);
	clearerr(stdout);
	fclose(full);
	assert_int_equal(status, 1);
	assert_string_equal(text, "sidewatch check: Input/output error\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_ok),
		cmocka_unit_test(a_bad_file_is_told_on_stderr),
		cmocka_unit_test(a_missing_file_is_told),
		cmocka_unit_test(without_a_file_the_defaults_are_ok),
		cmocka_unit_test(what_is_shown_can_be_checked),
		cmocka_unit_test(bad_usage_is_told),
		cmocka_unit_test(a_lost_output_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
