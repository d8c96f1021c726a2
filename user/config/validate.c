/* SPDX-License-Identifier: Apache-2.0 */
#include "config/validate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "config/document.h"
#include "config/relations.h"
#include "config/rules.h"

#define PATH_BYTES 128 /* of the deepest path in the schema; longer ones are cut */
#define LIST_BYTES 512 /* a list of the known keys in a message */
#define FIELDS_MAX 256 /* of one mapping, for finding duplicates */

struct walk {
	yaml_document_t *document;
	struct sw_problems *problems;
	bool files; /* look whether those that are named can be read */
	char path[PATH_BYTES]; /* "allow[].peer": as in the rules */
};

static void walk_value(struct walk *walk, const cyaml_schema_value_t *schema, yaml_node_t *node);

/* Appends to the path; returns where it ended, for leave(). */
static size_t enter(struct walk *walk, const char *step)
{
	size_t end = strlen(walk->path);
	const char *dot = end && step[0] != '[' ? "." : "";

	snprintf(walk->path + end, sizeof(walk->path) - end, "%s%s", dot, step);
	return end;
}

static void leave(struct walk *walk, size_t end)
{
	walk->path[end] = '\0';
}

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* "'text'", "a list", "nothing": what stands there instead. */
static const char *describe(const yaml_node_t *node, char buffer[SW_QUOTE_BYTES + 2])
{
	char quoted[SW_QUOTE_BYTES];

	if (node->type == YAML_MAPPING_NODE)
		return "a mapping";
	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (sw_node_is_null(node))
		return "nothing";
	snprintf(buffer, SW_QUOTE_BYTES + 2, "'%s'",
		 sw_quote(quoted, text_of(node), node->data.scalar.length));
	return buffer;
}

static void tell_wrong(struct walk *walk, const yaml_node_t *node, const char *expected)
{
	char buffer[SW_QUOTE_BYTES + 2];

	sw_problem(walk->problems, node->start_mark.line + 1, node->start_mark.column + 1,
		   "%s%sfound %s; %s", walk->path, walk->path[0] ? ": " : "",
		   describe(node, buffer), expected);
}

/* ---- mappings ----------------------------------------------------------------------------- */

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields,
					      const yaml_node_t *key)
{
	for (; fields->key; fields++)
		if (strlen(fields->key) == key->data.scalar.length &&
		    !memcmp(fields->key, text_of(key), key->data.scalar.length))
			return fields;
	return NULL;
}

/* "; did you mean 'x'?" or, when nothing is near, "; expected one of x, y". */
static void suggest(const cyaml_schema_field_t *fields, const yaml_node_t *key,
		    char out[LIST_BYTES])
{
	const cyaml_schema_field_t *nearest = NULL;
	unsigned int best = UINT_MAX;
	size_t used;

	for (const cyaml_schema_field_t *field = fields; field->key; field++) {
		unsigned int distance =
			sw_distance(text_of(key), key->data.scalar.length, field->key);

		if (distance < best) {
			best = distance;
			nearest = field;
		}
	}
	if (nearest && sw_is_near(best, key->data.scalar.length)) {
		snprintf(out, LIST_BYTES, "; did you mean '%s'?", nearest->key);
		return;
	}
	used = (size_t)snprintf(out, LIST_BYTES, "; expected one of");
	for (const cyaml_schema_field_t *field = fields; field->key && used < LIST_BYTES; field++)
		used += (size_t)snprintf(out + used, LIST_BYTES - used, "%s %s",
					 field == fields ? "" : ",", field->key);
}

static void tell_unknown(struct walk *walk, const cyaml_schema_field_t *fields,
			 const yaml_node_t *key)
{
	char hint[LIST_BYTES], quoted[SW_QUOTE_BYTES];

	suggest(fields, key, hint);
	sw_problem(walk->problems, key->start_mark.line + 1, key->start_mark.column + 1,
		   "unknown key '%s'%s%s%s",
		   sw_quote(quoted, text_of(key), key->data.scalar.length),
		   walk->path[0] ? " in " : "", walk->path, hint);
}

static void walk_pair(struct walk *walk, const cyaml_schema_field_t *fields, yaml_node_t *key,
		      yaml_node_t *value, const yaml_node_t *first[FIELDS_MAX])
{
	const cyaml_schema_field_t *field;
	size_t index, end;

	if (key->type != YAML_SCALAR_NODE) {
		tell_wrong(walk, key, "expected a key");
		return;
	}
	field = find_field(fields, key);
	if (!field) {
		tell_unknown(walk, fields, key);
		return;
	}
	index = (size_t)(field - fields);
	if (index < FIELDS_MAX && first[index]) {
		sw_problem(walk->problems, key->start_mark.line + 1, key->start_mark.column + 1,
			   "duplicate key '%s': it stands in line %zu already", field->key,
			   first[index]->start_mark.line + 1);
		return;
	}
	if (index < FIELDS_MAX)
		first[index] = key;
	end = enter(walk, field->key);
	walk_value(walk, &field->value, value);
	leave(walk, end);
}

static void walk_mapping(struct walk *walk, const cyaml_schema_value_t *schema, yaml_node_t *node)
{
	const yaml_node_t *first[FIELDS_MAX] = {NULL};
	yaml_node_pair_t *pair = node->data.mapping.pairs.start;

	for (; pair < node->data.mapping.pairs.top && !sw_problems_full(walk->problems); pair++)
		walk_pair(walk, schema->mapping.fields,
			  yaml_document_get_node(walk->document, pair->key),
			  yaml_document_get_node(walk->document, pair->value), first);
	sw_relations_check(walk->path, walk->document, node, walk->problems);
}

/* ---- lists -------------------------------------------------------------------------------- */

static void walk_sequence(struct walk *walk, const cyaml_schema_value_t *schema, yaml_node_t *node)
{
	yaml_node_item_t *item = node->data.sequence.items.start;
	size_t count = (size_t)(node->data.sequence.items.top - item);
	size_t end;

	if (count < schema->sequence.min || count > schema->sequence.max) {
		sw_problem(walk->problems, node->start_mark.line + 1, node->start_mark.column + 1,
			   "%s: found a list of %zu entries; expected %u to %u", walk->path, count,
			   schema->sequence.min, schema->sequence.max);
		return;
	}
	end = enter(walk, "[]");
	for (; item < node->data.sequence.items.top && !sw_problems_full(walk->problems); item++)
		walk_value(walk, schema->sequence.entry,
			   yaml_document_get_node(walk->document, *item));
	leave(walk, end);
	sw_relations_check(walk->path, walk->document, node, walk->problems);
}

/* ---- scalars ------------------------------------------------------------------------------ */

static bool is_boolean(const char *text)
{
	static const char *const words[] = {"on", "off", "true", "false", "yes", "no"};

	for (size_t i = 0; i < SW_ARRAY_SIZE(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

static bool has_control(const yaml_node_t *node)
{
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		unsigned char c = node->data.scalar.value[i];

		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

static void check_enum(const cyaml_schema_value_t *schema, const yaml_node_t *node,
		       char why[SW_WHY_BYTES])
{
	size_t used = (size_t)snprintf(why, SW_WHY_BYTES, "expected one of");

	for (uint32_t i = 0; i < schema->enumeration.count && used < SW_WHY_BYTES; i++) {
		if (!strcmp(text_of(node), schema->enumeration.strings[i].str)) {
			why[0] = '\0';
			return;
		}
		used += (size_t)snprintf(why + used, SW_WHY_BYTES - used, "%s %s", i ? "," : "",
					 schema->enumeration.strings[i].str);
	}
}

static void check_readable(const char *path, char why[SW_WHY_BYTES])
{
	sw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		snprintf(why, SW_WHY_BYTES, "%s", strerror(errno));
	else if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		snprintf(why, SW_WHY_BYTES, "expected a regular file");
}

static void walk_scalar(struct walk *walk, const cyaml_schema_value_t *schema, yaml_node_t *node)
{
	const struct sw_rule *rule = sw_rule_find(walk->path);
	char why[SW_WHY_BYTES] = "";
	uint32_t number;

	if (has_control(node))
		snprintf(why, sizeof(why), "expected one line without control characters");
	else if (schema->type == CYAML_BOOL && !is_boolean(text_of(node)))
		snprintf(why, sizeof(why), "expected on or off");
	else if (schema->type == CYAML_ENUM)
		check_enum(schema, node, why);
	else if (schema->type == CYAML_UINT && rule)
		sw_rule_number(rule, text_of(node), &number, why);
	else if (schema->type == CYAML_STRING && sw_node_is_null(node))
		snprintf(why, sizeof(why), "expected a text");
	else if (schema->type == CYAML_STRING && rule && rule->check &&
		 !rule->check(text_of(node), node->data.scalar.length, why) && rule->reads &&
		 walk->files)
		check_readable(text_of(node), why);
	if (why[0])
		tell_wrong(walk, node, why);
}

static void walk_value(struct walk *walk, const cyaml_schema_value_t *schema, yaml_node_t *node)
{
	bool mapping = schema->type == CYAML_MAPPING, list = schema->type == CYAML_SEQUENCE;

	if (mapping && node->type == YAML_MAPPING_NODE)
		walk_mapping(walk, schema, node);
	else if (list && node->type == YAML_SEQUENCE_NODE)
		walk_sequence(walk, schema, node);
	else if (!mapping && !list && node->type == YAML_SCALAR_NODE)
		walk_scalar(walk, schema, node);
	else
		tell_wrong(walk, node,
			   mapping ? "expected a mapping (key: value)"
			   : list  ? "expected a list"
				   : "expected a single value");
}

void sw_validate(const cyaml_schema_value_t *root, yaml_document_t *document, bool files,
		 struct sw_problems *problems)
{
	struct walk walk = {.document = document, .problems = problems, .files = files};

	walk_value(&walk, root, yaml_document_get_root_node(document));
}
