/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a configuration file, told as "file:line:column: message".
 *
 * Everything that comes from the file is hostile: it is quoted before it is printed.
 */
#ifndef SW_CONFIG_PROBLEMS_H
#define SW_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SW_PROBLEMS_MAX 20 /* told for one file; the rest is cut, and that is told */
#define SW_QUOTE_BYTES 196 /* room for any sw_quote() */

struct sw_problems {
	FILE *err; /* NULL: counted only */
	const char *path;
	unsigned int count;
};

/* Tells one problem. Lines and columns count from 1; line 0: the file as a whole. */
void sw_problem(struct sw_problems *problems, size_t line, size_t column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Whether more problems would not be told: time to stop looking for them. */
bool sw_problems_full(const struct sw_problems *problems);

/*
 * Makes text printable: every byte that is not printable ASCII becomes \xNN, long text is cut and
 * ends in "...". Returns buffer.
 */
const char *sw_quote(char buffer[SW_QUOTE_BYTES], const char *text, size_t bytes);

/* Edits (insert, delete, replace, swap neighbours) between two words; large if one is long. */
unsigned int sw_distance(const char *a, size_t a_bytes, const char *b);

/* Whether two words of that distance are near enough to suggest one for the other. */
bool sw_is_near(unsigned int distance, size_t bytes);

#endif
