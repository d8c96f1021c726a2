// SPDX-License-Identifier: Apache-2.0
/* What `sidewatch doctor` says of this kernel, under each set; the core set is there on all. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "lab.h"

#define OUTPUT_BYTES 65536

/* Runs the command in a child; returns its exit code. */
static int doctor(const char *set, bool json, char out[OUTPUT_BYTES])
{
	char name[] = "doctor", option[] = "--probes", value[16], as_json[] = "--json";
	char *argv[] = {name, option, value, json ? as_json : NULL, NULL};
	int fd = memfd_create("doctor", 0), status;
	pid_t child;
	ssize_t n;

	snprintf(value, sizeof(value), "%s", set);
	assert_true(fd >= 0);
	child = lab_fork();
	if (!child) {
		dup2(fd, STDOUT_FILENO);
		_exit(sw_cmd_doctor(json ? 4 : 3, argv));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	n = pread(fd, out, OUTPUT_BYTES - 1, 0);
	assert_in_range(n, 1, OUTPUT_BYTES - 2);
	out[n] = '\0';
	close(fd);
	return WEXITSTATUS(status);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("no text %s", key);
	return text;
}

static bool is_told(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

/* One row: either it is whole, or why it is not there and what is lost is told. */
static void assert_row(const json_t *report, size_t row, bool there)
{
	const json_t *said = json_array_get(json_object_get(report, "probes"), row);
	const struct sw_probe *probe = &sw_probe_table[row];
	json_int_t insns = json_integer_value(json_object_get(said, "verified_instructions"));

	assert_string_equal(text_of(said, "name"), probe->name);
	assert_string_equal(text_of(said, "set"), sw_set_names[probe->set]);
	assert_string_equal(text_of(said, "hook"), probe->hooks[0].section);
	assert_string_equal(text_of(said, "without"), probe->without);
	assert_int_equal(json_is_true(json_object_get(said, "attached")), there);
	assert_int_equal(json_is_true(json_object_get(said, "fires")), there);
	assert_int_equal(insns > 0, there);
	assert_int_equal(text_of(said, "refusal")[0] == '\0', there);
	assert_int_equal(is_told(json_object_get(report, "unseen"), probe->without), !there);
}

static void check_report(const char *asked, const char *set)
{
	char out[OUTPUT_BYTES], line[128];
	bool precise = !strcmp(set, "precision");
	json_t *report;

	assert_int_equal(doctor(asked, true, out), SW_EXIT_OK);
	report = json_loads(out, 0, NULL);
	assert_non_null(report);
	assert_string_equal(text_of(report, "set"), set);
	assert_string_equal(text_of(report, "problem"), "");
	assert_true(json_is_true(json_object_get(report, "carries")));
	assert_int_equal(json_array_size(json_object_get(report, "probes")), sw_probe_count);
	for (size_t i = 0; i < sw_probe_count; i++)
		assert_row(report, i, precise || sw_probe_table[i].set == SW_SET_CORE);
	json_decref(report);

	assert_int_equal(doctor(asked, false, out), SW_EXIT_OK);
	snprintf(line, sizeof(line), "\nset      %s (", set);
	assert_non_null(strstr(out, line));
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];
		bool there = precise || p->set == SW_SET_CORE;

		snprintf(line, sizeof(line), "\nprobe    %-9s %-9s %-31s %s\n", p->name,
			 sw_set_names[p->set], p->hooks[0].section, there ? "fires" : "absent");
		if (!strstr(out, line))
			fail_msg("no line '%s' in:\n%s", line, out);
		assert_int_equal(strstr(out, p->without) != NULL, !there);
	}
}

static void test_the_core_set_is_there(void **state)
{
	(void)state;
	check_report("core", "core");
}

/* One line and exit code 3 where this kernel cannot carry it. */
static void test_the_precision_set_is_there_or_refused(void **state)
{
	static const char why[] = "\nproblem  this kernel cannot carry the precision set: probe ";
	char out[OUTPUT_BYTES];

	(void)state;
	if (lab_is_precise()) {
		check_report("precision", "precision");
		return;
	}
	if (doctor("precision", false, out) == SW_EXIT_OK)
		return; /* it can, and was asked to do without for these tests */
	assert_int_equal(doctor("precision", false, out), SW_EXIT_SYSTEM);
	assert_non_null(strstr(out, why));
	assert_null(strstr(out, "probe    "));
}

/* Whatever was found is what is said. */
static void test_auto_is_one_of_them(void **state)
{
	char out[OUTPUT_BYTES];

	(void)state;
	check_report("auto", doctor("precision", true, out) == SW_EXIT_OK ? "precision" : "core");
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) /* the self-test of the probes runs its own program */
		return 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_core_set_is_there),
		cmocka_unit_test(test_the_precision_set_is_there_or_refused),
		cmocka_unit_test(test_auto_is_one_of_them),
	};

	return cmocka_run_group_tests(tests, lab_namespace, NULL);
}
