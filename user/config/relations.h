/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between several values of the file, each of which is right by itself. */
#ifndef SW_CONFIG_RELATIONS_H
#define SW_CONFIG_RELATIONS_H

#include <yaml.h>

#include "config/problems.h"

/* Tells what is wrong with a mapping or list as a whole; path is as in the rules. */
void sw_relations_check(const char *path, yaml_document_t *document, const yaml_node_t *node,
			struct sw_problems *problems);

#endif
