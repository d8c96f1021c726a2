/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"

#include <stddef.h>
#include <string.h>

bool sw_path_is_plain(const char *path)
{
	if (path[0] != '/')
		return false;
	while (*path) {
		size_t length = strcspn(++path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += length;
	}
	return true;
}

bool sw_glob_match(const char *pattern, const char *path)
{
	const char *star = NULL, *retry = NULL; /* behind the last *, and what it left over */

	if (pattern[0] != '/' || !sw_path_is_plain(path))
		return false;
	while (*path) {
		bool wild = *pattern == '*' || *pattern == '?';

		if (wild && *path == '.' && path[-1] == '/')
			return false;
		if (*pattern == '*') {
			star = ++pattern;
			retry = path;
		} else if (*pattern == *path || (wild && *path != '/')) {
			pattern++;
			path++;
		} else if (star && *retry != '/') {
			pattern = star;
			path = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
