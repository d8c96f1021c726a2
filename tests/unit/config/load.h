/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a text as a configuration file and keeps what was said about it. */
#ifndef TEST_CONFIG_LOAD_H
#define TEST_CONFIG_LOAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sidewatch/config.h"

struct loaded {
	int rc;
	struct sw_config *config;
	char *said; /* with the file's name cut off every line: "3:5: …\n" or " …\n" */
};

/* Copies text, leaving out every "name:" at the beginning of a line. */
static inline char *without_name(const char *text, const char *name)
{
	char *out = calloc(1, strlen(text) + 1);
	char *to = out;

	assert_non_null(out);
	while (*text) {
		size_t bytes = strcspn(text, "\n") + 1;

		assert_int_equal(strncmp(text, name, strlen(name)), 0);
		assert_int_equal(text[strlen(name)], ':');
		assert_int_equal(text[bytes - 1], '\n');
		memcpy(to, text + strlen(name) + 1, bytes - strlen(name) - 1);
		to += bytes - strlen(name) - 1;
		text += bytes;
	}
	return out;
}

static inline struct loaded load_bytes(const char *text, size_t bytes)
{
	char name[] = "/tmp/sidewatch-config-XXXXXX";
	struct loaded l = {0};
	char *said = NULL;
	size_t said_bytes;
	FILE *err = open_memstream(&said, &said_bytes);
	int fd = mkstemp(name);

	assert_non_null(err);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, bytes), (ssize_t)bytes);
	close(fd);
	l.rc = sw_config_load(name, err, &l.config);
	fclose(err);
	unlink(name);
	l.said = without_name(said, name);
	free(said);
	assert_int_equal(l.rc == 0, l.config != NULL);
	return l;
}

static inline struct loaded load_text(const char *text)
{
	return load_bytes(text, strlen(text));
}

static inline void unload(struct loaded *l)
{
	sw_config_free(&l->config);
	free(l->said);
	l->said = NULL;
}

#endif
