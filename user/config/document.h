/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML text as libyaml's tree, which remembers where each node stood. */
#ifndef SW_CONFIG_DOCUMENT_H
#define SW_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "config/problems.h"

/*
 * Parses a text that has at most one document. On success *document is the caller's to delete
 * with yaml_document_delete(), unless *empty: then there is nothing in it but comments.
 * Returns 0, -EINVAL (told) or -ENOMEM.
 */
int sw_document_load(const char *text, size_t bytes, struct sw_problems *problems,
		     yaml_document_t *document, bool *empty);

/* Whether a node is YAML's null: nothing, ~ or null, not quoted. */
bool sw_node_is_null(const yaml_node_t *node);

#endif
