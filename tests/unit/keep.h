/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests render is kept, where somebody asks for it: tests/schema/run holds it to
 * docs/schema. */
#ifndef TEST_KEEP_H
#define TEST_KEEP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Adds a line to the file that SIDEWATCH_KEEP names. */
static inline void keep_json(const char *text, size_t len)
{
	const char *path = getenv("SIDEWATCH_KEEP");
	FILE *file;

	if (!path)
		return;
	file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fprintf(file, "%.*s\n", (int)len, text) > 0);
	assert_int_equal(fclose(file), 0);
}

#endif
