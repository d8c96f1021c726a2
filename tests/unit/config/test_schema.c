/* SPDX-License-Identifier: Apache-2.0 */
/* The schema against the rules, the annotated file and the man page. Run from the tree's top. */
#include "config/load.h"

#include <errno.h>

#include "base/cleanup.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/show.h"
#include "sidewatch/detector.h"

#define ANNOTATED "docs/sidewatch.yaml"
#define MAN_PAGE "docs/man/sidewatch.conf.5"
#define EVENTS_PAGE "docs/man/sidewatch-events.7"

typedef void (*visitor)(const cyaml_schema_value_t *value, const char *path, void *arg);

/* Calls visit for every value of the schema below the top, with its path. */
static void visit_all(const cyaml_schema_value_t *value, const char *path, visitor visit, void *arg)
{
	char below[128];

	if (path[0])
		visit(value, path, arg);
	if (value->type == CYAML_SEQUENCE) {
		snprintf(below, sizeof(below), "%s[]", path);
		visit_all(value->sequence.entry, below, visit, arg);
	}
	if (value->type != CYAML_MAPPING)
		return;
	for (const cyaml_schema_field_t *f = value->mapping.fields; f->key; f++) {
		snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? "." : "", f->key);
		visit_all(&f->value, below, visit, arg);
	}
}

static void expect_rule(const cyaml_schema_value_t *value, const char *path, void *arg)
{
	const struct sw_rule *rule = sw_rule_find(path);

	if (value->type == CYAML_UINT) {
		assert_non_null(rule);
		assert_true(rule->max > rule->min);
		/* What a rule lets through must fit what libcyaml writes to. */
		assert_true(value->data_size == 4 || rule->max <= UINT16_MAX);
	} else if (value->type == CYAML_STRING) {
		assert_non_null(rule);
		assert_non_null(rule->check);
	} else {
		assert_null(rule);
	}
	(*(unsigned int *)arg)++;
}

static void every_text_and_number_has_a_rule(void **state)
{
	struct sw_schema *schema = NULL;
	unsigned int visited = 0;

	(void)state;
	assert_int_equal(sw_schema_new(&schema), 0);
	visit_all(sw_schema_root(schema), "", expect_rule, &visited);
	assert_true(visited >= 30);
	sw_schema_free(&schema);
	assert_null(schema);
}

static char *read_file(const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s: %s (tests run from the top of the tree)", path, strerror(errno));
	assert_true(getdelim(&text, &room, '\0', file) > 0);
	fclose(file);
	return text;
}

/* An entry is a line ".It Ic PATH" or ".It Ic PATH No …". */
static void expect_entry(const cyaml_schema_value_t *value, const char *path, void *arg)
{
	char entry[160];
	const char *found;

	(void)value;
	if (strlen(path) > 2 && !strcmp(path + strlen(path) - 2, "[]"))
		return; /* told where its list is */
	snprintf(entry, sizeof(entry), "\n.It Ic %s", path);
	found = strstr(arg, entry);
	while (found && !strchr(" \n", found[strlen(entry)]))
		found = strstr(found + 1, entry);
	if (!found)
		fail_msg("%s has no entry \"%s\"", MAN_PAGE, entry + 1);
}

static void the_man_page_names_every_key(void **state)
{
	sw_autofree char *page = read_file(MAN_PAGE);
	struct sw_schema *schema = NULL;

	(void)state;
	assert_int_equal(sw_schema_new(&schema), 0);
	visit_all(sw_schema_root(schema), "", expect_entry, page);
	sw_schema_free(&schema);
}

static void the_man_page_names_every_detector(void **state)
{
	sw_autofree char *page = read_file(EVENTS_PAGE);

	(void)state;
	for (size_t i = 0; i < sw_detectors_count; i++) {
		const struct sw_detector *detector = sw_detectors[i];
		char entry[128];

		snprintf(entry, sizeof(entry), "\n.It Cm %s No (base %d, ", detector->name,
			 detector->base);
		if (!strstr(page, entry))
			fail_msg("%s has no entry \"%s\"", EVENTS_PAGE, entry + 1);
	}
}

/* The last key of a path must begin a line, be it commented out. */
static void expect_key(const cyaml_schema_value_t *value, const char *path, void *arg)
{
	const char *dot = strrchr(path, '.');
	const char *last = dot ? dot + 1 : path;
	sw_autofree char *text = strdup(arg);
	char *rest = text, *line;

	(void)value;
	if (strlen(path) > 2 && !strcmp(path + strlen(path) - 2, "[]"))
		return;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, "#- ");
		if (!strncmp(line, last, strlen(last)) && line[strlen(last)] == ':')
			return;
	}
	fail_msg("%s does not name %s", ANNOTATED, path);
}

static void the_annotated_file_names_every_key(void **state)
{
	sw_autofree char *text = read_file(ANNOTATED);
	struct sw_schema *schema = NULL;

	(void)state;
	assert_int_equal(sw_schema_new(&schema), 0);
	visit_all(sw_schema_root(schema), "", expect_key, text);
	sw_schema_free(&schema);
}

static char *show(const char *path)
{
	struct sw_config *config = NULL;
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	assert_int_equal(sw_config_load(path, stderr, &config), 0);
	assert_int_equal(sw_config_show(config, out), 0);
	fclose(out);
	sw_config_free(&config);
	return text;
}

static void the_annotated_file_says_the_defaults(void **state)
{
	sw_autofree char *file = show(ANNOTATED);
	sw_autofree char *defaults = show(NULL);

	(void)state;
	assert_string_equal(file, defaults);
}

/* Its commented-out examples must be right too, once "# " is taken away. */
static void the_annotated_file_s_examples_load(void **state)
{
	static const char *const examples[] = {
		"enabled: on",	      "path: /var/log",	   "service_programs:\n",
		"  - service:",	      "    programs:\n",   "      - /bin/sh",
		"      - /usr/",      "allow:\n",	   "  - peer:",
		"    user:",	      "    destination:",  "    port:",
		"    reason:",	      "syslog_servers:\n", "  - protocol:",
		"    host:",	      "    level: alert",  "    ca:",
		"    certificate:",   "    key:",	   "    name:",
		"    enterprise_id:", "    spool:",	   "      dir:",
		"      bytes:"};
	sw_autofree char *text = read_file(ANNOTATED);
	struct loaded l;

	(void)state;
	for (size_t i = 0; i < SW_ARRAY_SIZE(examples); i++) {
		char commented[64];

		snprintf(commented, sizeof(commented), "# %s", examples[i]);
		for (char *at = text; (at = strstr(at, commented)); at++)
			memmove(at, at + 2, strlen(at + 2) + 1);
	}
	/* The examples took the places of the empty lists. */
	memcpy(strstr(text, "service_programs: []"), "#", 1);
	memcpy(strstr(text, "allow: []"), "#", 1);
	memcpy(strstr(text, "syslog_servers: []"), "#", 1);
	l = load_text(text);
	assert_string_equal(l.said, "");
	assert_int_equal(l.config->services_count, 1);
	assert_int_equal(l.config->services[0].programs_count, 2);
	assert_int_equal(l.config->allow_count, 1);
	assert_string_equal(l.config->allow[0].reason, "nightly rsync");
	assert_true(l.config->syslog.enabled && l.config->terminal.enabled);
	assert_non_null(l.config->json.path);
	assert_int_equal(l.config->servers_count, 1);
	assert_int_equal(l.config->servers[0].enterprise_id, 32473);
	assert_string_equal(l.config->servers[0].spool_dir, "/var/spool/sidewatch/siem");
	unload(&l);
}

/* The validator goes first, so what libcyaml itself refuses is only seen here. */
static void what_libcyaml_refuses_is_told_with_its_place(void **state)
{
	static const char text[] = "argv: none\nring:\n  rate: many\n";
	struct sw_schema *schema = NULL;
	struct sw_raw *raw = NULL;
	char *said = NULL;
	size_t bytes;
	struct sw_problems problems = {.err = open_memstream(&said, &bytes), .path = "f"};

	(void)state;
	assert_int_equal(sw_schema_new(&schema), 0);
	assert_int_equal(sw_raw_load(schema, text, strlen(text), &problems, &raw), -EINVAL);
	fclose(problems.err);
	assert_null(raw);
	assert_int_equal(problems.count, 1);
	if (strncmp(said, "f:3:", 4) != 0 || !strstr(said, "nvalid"))
		fail_msg("%s", said);
	free(said);
	sw_schema_free(&schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_and_number_has_a_rule),
		cmocka_unit_test(the_man_page_names_every_key),
		cmocka_unit_test(the_man_page_names_every_detector),
		cmocka_unit_test(the_annotated_file_names_every_key),
		cmocka_unit_test(the_annotated_file_says_the_defaults),
		cmocka_unit_test(the_annotated_file_s_examples_load),
		cmocka_unit_test(what_libcyaml_refuses_is_told_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
