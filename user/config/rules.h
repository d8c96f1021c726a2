/* SPDX-License-Identifier: Apache-2.0 */
/* What a value must satisfy beyond its type. One table: a row per text or number of the schema. */
#ifndef SW_CONFIG_RULES_H
#define SW_CONFIG_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_WHY_BYTES 160

struct sw_rule {
	const char *path; /* "allow[].port": keys joined by dots, [] for any entry of a list */
	uint32_t min, max; /* numbers only: both inclusive */
	bool power_of_two; /* numbers only: and a multiple of the page size */
	bool reads; /* texts only: the path of a file that must be readable */
	/* Texts only: 0, or -EINVAL with what was expected in `why`. Text has no control
	 * characters. */
	int (*check)(const char *text, size_t bytes, char why[SW_WHY_BYTES]);
};

/* NULL if there is none, which a unit test excludes for the whole schema. */
const struct sw_rule *sw_rule_find(const char *path);

/* Checks a number as text. 0 with *out set, or -EINVAL with what was expected in `why`. */
int sw_rule_number(const struct sw_rule *rule, const char *text, uint32_t *out,
		   char why[SW_WHY_BYTES]);

#endif
