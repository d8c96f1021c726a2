/* SPDX-License-Identifier: Apache-2.0 */
/* What a record's arguments look like to all that comes behind. */
#include "state/build.h"

#include "decode/conceal.h"
#include "decode/decode.h"

#define SECRET "hunter2"

static union rec with_args(const char *args, size_t bytes)
{
	struct sw_origin o = login_origin();
	union rec r = rec_exec(S, &o, task(20, 3, 1000, "mysql"), 0, "/usr/bin/mysql");

	set_args(&r, args, bytes);
	return r;
}

#define ARGS(text) with_args(text, sizeof(text))

/* Whatever comes of it can be decoded, and holds the same but for its arguments. */
static const struct sw_rec_exec *conceal(const union rec *r, enum sw_argv_mode mode)
{
	static struct sw_rec_exec room;
	const struct sw_record *out = sw_conceal_args(&r->h, mode, &room), *decoded;
	struct sw_rec_exec rest;

	assert_int_equal(sw_decode(out, sizeof(room), &decoded), 0);
	rest = *(const struct sw_rec_exec *)out;
	memcpy(rest.args, r->exec.args, sizeof(rest.args));
	rest.args_bytes = r->exec.args_bytes;
	rest.args_total = r->exec.args_total;
	assert_memory_equal(&rest, &r->exec, sizeof(rest));
	return (const struct sw_rec_exec *)out;
}

static void assert_hides(const struct sw_rec_exec *exec, const char *secret)
{
	assert_null(memmem(exec->args, sizeof(exec->args), secret, strlen(secret)));
}

static void redacted(void **state)
{
	static const char expected[] = "mysql\0-h\0db1\0--password=***";
	union rec r = ARGS("mysql\0-h\0db1\0--password=" SECRET "and-more");
	const struct sw_rec_exec *out = conceal(&r, SW_ARGV_REDACTED);

	(void)state;
	assert_int_equal(out->args_bytes, sizeof(expected));
	assert_int_equal(out->args_total, sizeof(expected));
	assert_memory_equal(out->args, expected, sizeof(expected));
	assert_hides(out, SECRET);
	assert_hides(out, "more"); /* nor behind the end */
}

static void the_program_that_runs_counts(void **state)
{
	union rec r = ARGS("innocent\0-p" SECRET);

	(void)state;
	assert_hides(conceal(&r, SW_ARGV_REDACTED), SECRET);
}

static void none(void **state)
{
	union rec r = ARGS("mysql\0-h\0db1");
	const struct sw_rec_exec *out = conceal(&r, SW_ARGV_NONE);

	(void)state;
	assert_int_equal(out->args_bytes, 0);
	assert_int_equal(out->args_total, 0);
	assert_hides(out, "db1");
}

static void full(void **state)
{
	union rec r = ARGS("mysql\0--password=" SECRET);

	(void)state;
	assert_ptr_equal(conceal(&r, SW_ARGV_FULL), &r);
}

static void an_unknown_mode_hides(void **state)
{
	union rec r = ARGS("mysql\0--password=" SECRET);

	(void)state;
	assert_hides(conceal(&r, SW_ARGV_MAX), SECRET);
}

static void what_was_cut_stays_cut(void **state)
{
	union rec r = ARGS("mysql\0--password=" SECRET);
	const struct sw_rec_exec *out;

	(void)state;
	r.exec.args_total = 9000;
	out = conceal(&r, SW_ARGV_REDACTED);
	assert_int_equal(out->args_total - out->args_bytes, 9000 - r.exec.args_bytes);
}

/* "-p=x" grows with each mask: what no longer fits is cut, and the record says so. */
static void longer_than_before(void **state)
{
	char args[SW_ARGS_BYTES];
	const struct sw_rec_exec *out;
	union rec r;

	(void)state;
	memset(args, 0, sizeof(args));
	memcpy(args, "mysql", 6);
	for (size_t i = 6; i + 4 < sizeof(args); i += 4)
		memcpy(args + i, "-pX", 4);
	r = with_args(args, sizeof(args));
	out = conceal(&r, SW_ARGV_REDACTED);
	assert_int_equal(out->args_bytes, SW_ARGS_BYTES);
	assert_true(out->args_total > out->args_bytes);
	assert_hides(out, "X");
}

static void no_arguments(void **state)
{
	union rec r = ARGS("x");

	(void)state;
	r.exec.args_bytes = r.exec.args_total = 0;
	assert_ptr_equal(conceal(&r, SW_ARGV_REDACTED), &r);
}

/* So many that none of them could be told: still there were some. */
static void arguments_that_were_not_read(void **state)
{
	union rec r = ARGS("x");
	const struct sw_rec_exec *out;

	(void)state;
	r.exec.args_bytes = 0;
	out = conceal(&r, SW_ARGV_REDACTED);
	assert_int_equal(out->args_bytes, 0);
	assert_int_equal(out->args_total, r.exec.args_total);
}

static void other_records_are_left_alone(void **state)
{
	struct sw_origin o = login_origin();
	union rec r = rec_exit(S, &o, task(20, 3, 1000, "mysql"));
	struct sw_rec_exec room;

	(void)state;
	assert_ptr_equal(sw_conceal_args(&r.h, SW_ARGV_NONE, &room), &r.h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redacted),
		cmocka_unit_test(the_program_that_runs_counts),
		cmocka_unit_test(none),
		cmocka_unit_test(full),
		cmocka_unit_test(an_unknown_mode_hides),
		cmocka_unit_test(what_was_cut_stays_cut),
		cmocka_unit_test(longer_than_before),
		cmocka_unit_test(no_arguments),
		cmocka_unit_test(arguments_that_were_not_read),
		cmocka_unit_test(other_records_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
