/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths: * and ?, which never match a slash. */
#ifndef SW_BASE_GLOB_H
#define SW_BASE_GLOB_H

#include <stdbool.h>

/* Whether the path is absolute and says one thing only: no empty, "." or ".." component. */
bool sw_path_is_plain(const char *path);

/*
 * Whether the whole path matches. * stands for any bytes of one component, ? for one byte; neither
 * for a dot at a component's beginning, as in a shell. A path that is not plain never matches.
 * Paths are hostile: the time is at most the product of both lengths, and no locale matters.
 */
bool sw_glob_match(const char *pattern, const char *path);

#endif
