/* SPDX-License-Identifier: Apache-2.0 */
#include "state/build.h"

#include "state/argv.h"
#include "state/state.h"

static union rec with_args(const char *args, size_t bytes)
{
	struct sw_origin o = login_origin();
	union rec r = rec_exec(S, &o, task(20, 3, 1000, "mysql"), 0, "/usr/bin/mysql");

	set_args(&r, args, bytes);
	return r;
}

#define ARGS(text) with_args(text, sizeof(text))

static void modes(void **state)
{
	char out[SW_ARGV_BYTES];
	union rec r = ARGS("mysql\0-h\0db1\0--password=hunter2");

	(void)state;
	assert_null(sw_argv_format(out, SW_ARGV_NONE, &r.exec));
	assert_string_equal(sw_argv_format(out, SW_ARGV_REDACTED, &r.exec),
			    "mysql -h db1 --password=***");
	assert_string_equal(sw_argv_format(out, SW_ARGV_FULL, &r.exec),
			    "mysql -h db1 --password=hunter2");
	r.exec.args_bytes = r.exec.args_total = 0;
	assert_null(sw_argv_format(out, SW_ARGV_FULL, &r.exec));
}

static void cut_ones_say_so(void **state)
{
	char out[SW_ARGV_BYTES];
	union rec r = ARGS("mysql\0-h\0db1");

	(void)state;
	r.exec.args_total = 9000;
	assert_string_equal(sw_argv_format(out, SW_ARGV_FULL, &r.exec), "mysql -h db1 ...");
	assert_string_equal(sw_argv_format(out, SW_ARGV_REDACTED, &r.exec), "mysql -h db1 ...");
}

static void longest_fits(void **state)
{
	char out[SW_ARGV_BYTES], args[SW_ARGS_BYTES];
	union rec r;

	(void)state;
	memset(args, 0, sizeof(args)); /* as many empty arguments as there can be */
	r = with_args(args, sizeof(args));
	assert_true(strlen(sw_argv_format(out, SW_ARGV_REDACTED, &r.exec)) < sizeof(out));
	for (size_t i = 0; i + 8 < sizeof(args); i += 8)
		memcpy(args + i, "-p\0a\0-p=", 8);
	r = with_args(args, sizeof(args));
	assert_true(strlen(sw_argv_format(out, SW_ARGV_REDACTED, &r.exec)) < sizeof(out));
	assert_true(strlen(sw_argv_format(out, SW_ARGV_FULL, &r.exec)) < sizeof(out));
}

/* The configuration decides before anything is stored. */
static void stored_as_configured(void **state)
{
	static const char *const expected[] = {
		[SW_ARGV_NONE] = NULL,
		[SW_ARGV_REDACTED] = "mysql --password=***",
		[SW_ARGV_FULL] = "mysql --password=hunter2",
	};

	(void)state;
	for (int mode = 0; mode < SW_ARGV_MAX; mode++) {
		struct sw_config config = {.argv = (enum sw_argv_mode)mode};
		union rec r = ARGS("mysql\0--password=hunter2");
		struct sw_state *s = NULL;
		struct sw_view view;
		const char *argv;

		assert_int_equal(sw_state_new(&(struct sw_state_options){.config = &config}, &s),
				 0);
		assert_int_equal(sw_state_apply(s, &r.h, &view), 0);
		argv = sw_state_image(s, 3)->argv;
		if (expected[mode])
			assert_string_equal(argv, expected[mode]);
		else
			assert_null(argv);
		sw_state_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(cut_ones_say_so),
		cmocka_unit_test(longest_fits),
		cmocka_unit_test(stored_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
