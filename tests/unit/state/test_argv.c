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

static void separated_by_spaces(void **state)
{
	char out[SW_ARGV_BYTES];
	union rec r = ARGS("mysql\0-h\0\0db1");

	(void)state;
	assert_string_equal(sw_argv_format(out, &r.exec), "mysql -h  db1");
	r.exec.args_bytes = r.exec.args_total = 0;
	assert_null(sw_argv_format(out, &r.exec));
}

static void cut_ones_say_so(void **state)
{
	char out[SW_ARGV_BYTES];
	union rec r = ARGS("mysql\0-h\0db1");

	(void)state;
	r.exec.args_total++;
	assert_string_equal(sw_argv_format(out, &r.exec), "mysql -h db1 ...");
}

static void longest_fits(void **state)
{
	char out[SW_ARGV_BYTES], args[SW_ARGS_BYTES], expected[SW_ARGS_BYTES + 4];
	union rec r;

	(void)state;
	memset(args, 'a', sizeof(args) - 1);
	args[sizeof(args) - 1] = '\0';
	snprintf(expected, sizeof(expected), "%s ...", args);
	r = with_args(args, sizeof(args));
	r.exec.args_total++;
	assert_string_equal(sw_argv_format(out, &r.exec), expected);
	r.exec.args_bytes = UINT32_MAX; /* no decoder would let it through */
	assert_string_equal(sw_argv_format(out, &r.exec), expected);
}

static void kept_with_the_image(void **state)
{
	struct sw_config config = {0};
	union rec r = ARGS("mysql\0-h\0db1");
	struct sw_state *s = NULL;
	struct sw_view view;

	(void)state;
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = &config}, &s), 0);
	assert_int_equal(sw_state_apply(s, &r.h, &view), 0);
	assert_string_equal(sw_state_image(s, 3)->argv, "mysql -h db1");
	sw_state_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(separated_by_spaces),
		cmocka_unit_test(cut_ones_say_so),
		cmocka_unit_test(longest_fits),
		cmocka_unit_test(kept_with_the_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
