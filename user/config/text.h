/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file's text, before anybody parses it. */
#ifndef SW_CONFIG_TEXT_H
#define SW_CONFIG_TEXT_H

#include <stddef.h>

#include "config/problems.h"

#define SW_CONFIG_BYTES_MAX (1024UL * 1024)

/*
 * Reads a whole file of at most SW_CONFIG_BYTES_MAX bytes and checks that it is UTF-8 without
 * control characters. The caller frees *text, which is NUL-terminated; *bytes leaves the NUL out.
 * Failures are told; returns 0, -EINVAL (content), -ENOMEM or what open and read say.
 */
int sw_text_read(const char *path, struct sw_problems *problems, char **text, size_t *bytes);

/* The second half alone: 0 or -EINVAL, told with the position of the first bad byte. */
int sw_text_check(const char *text, size_t bytes, struct sw_problems *problems);

#endif
