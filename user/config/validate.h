/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares a document with the schema and the rules before libcyaml loads it. libcyaml stops at
 * the first error and takes any word for a boolean; this tells all that is wrong, each with its
 * place and what was expected there.
 */
#ifndef SW_CONFIG_VALIDATE_H
#define SW_CONFIG_VALIDATE_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <yaml.h>

#include "config/problems.h"

/* files: tells files, too, that are named but cannot be read. */
void sw_validate(const cyaml_schema_value_t *root, yaml_document_t *document, bool files,
		 struct sw_problems *problems);

#endif
