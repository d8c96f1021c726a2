/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define DEPTH_MAX 16 /* lists and mappings in each other; the schema itself has three */

static int tell_syntax(const yaml_parser_t *parser, struct sw_problems *problems)
{
	char problem[SW_QUOTE_BYTES], context[SW_QUOTE_BYTES];
	const char *what = parser->problem ? parser->problem : "not parseable";

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	sw_quote(problem, what, strlen(what));
	if (parser->context)
		sw_problem(problems, parser->problem_mark.line + 1, parser->problem_mark.column + 1,
			   "bad YAML: %s (%s that began at line %zu)", problem,
			   sw_quote(context, parser->context, strlen(parser->context)),
			   parser->context_mark.line + 1);
	else
		sw_problem(problems, parser->problem_mark.line + 1, parser->problem_mark.column + 1,
			   "bad YAML: %s", problem);
	return -EINVAL;
}

bool sw_node_is_null(const yaml_node_t *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < SW_ARRAY_SIZE(nulls); i++)
		if (!strcmp((const char *)node->data.scalar.value, nulls[i]))
			return true;
	return false;
}

/* A second document would be read by nobody. */
static int expect_end(yaml_parser_t *parser, struct sw_problems *problems)
{
	yaml_document_t next;
	const yaml_node_t *root;
	int rc = 0;

	if (!yaml_parser_load(parser, &next))
		return tell_syntax(parser, problems);
	root = yaml_document_get_root_node(&next);
	if (root) {
		sw_problem(problems, root->start_mark.line + 1, root->start_mark.column + 1,
			   "a second document begins; expected only one");
		rc = -EINVAL;
	}
	yaml_document_delete(&next);
	return rc;
}

static int load(yaml_parser_t *parser, struct sw_problems *problems, yaml_document_t *document,
		bool *empty)
{
	yaml_document_t loaded;
	const yaml_node_t *root;
	bool nothing;
	int rc;

	if (!yaml_parser_load(parser, &loaded))
		return tell_syntax(parser, problems);
	root = yaml_document_get_root_node(&loaded);
	nothing = !root || sw_node_is_null(root);
	rc = root ? expect_end(parser, problems) : 0;
	if (rc || nothing)
		yaml_document_delete(&loaded);
	if (rc)
		return rc;
	if (!nothing)
		*document = loaded;
	*empty = nothing;
	return 0;
}

static int open_parser(yaml_parser_t *parser, const char *text, size_t bytes)
{
	if (!yaml_parser_initialize(parser))
		return -ENOMEM;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)text, bytes);
	return 0;
}

/* What an event does to the depth: 1, -1 or 0. */
static int step_of(yaml_event_type_t type)
{
	switch (type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return 1;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return -1;
	default:
		return 0;
	}
}

/*
 * libyaml 0.2.5 takes time quadratic in the depth of nested flow collections: minutes for a
 * megabyte of "[". Reading events one by one allows to stop before that.
 */
static int check_depth(const char *text, size_t bytes, struct sw_problems *problems)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool end = false;
	int depth = 0;
	int rc = open_parser(&parser, text, bytes);

	if (rc)
		return rc;
	while (!rc && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			rc = tell_syntax(&parser, problems);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		depth += step_of(event.type);
		if (depth > DEPTH_MAX) {
			sw_problem(problems, event.start_mark.line + 1, event.start_mark.column + 1,
				   "nested more than %d levels deep", DEPTH_MAX);
			rc = -EINVAL;
		}
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return rc;
}

int sw_document_load(const char *text, size_t bytes, struct sw_problems *problems,
		     yaml_document_t *document, bool *empty)
{
	yaml_parser_t parser;
	int rc;

	rc = check_depth(text, bytes, problems);
	if (!rc)
		rc = open_parser(&parser, text, bytes);
	if (rc)
		return rc;
	rc = load(&parser, problems, document, empty);
	yaml_parser_delete(&parser);
	return rc;
}
