/* SPDX-License-Identifier: Apache-2.0 */
#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* The last character: valid ones are decoded, of others one byte is taken. */
struct character {
	uint32_t code;
	size_t bytes;
	bool valid;
};

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static struct character decode(const unsigned char *text, size_t left)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	struct character bad = {text[0], 1, false};
	struct character c = {text[0], 1, true};

	if (text[0] < 0x80)
		return c;
	if (text[0] >= 0xf0 && text[0] < 0xf8)
		c = (struct character){text[0] & 0x07, 4, true};
	else if (text[0] >= 0xe0 && text[0] < 0xf0)
		c = (struct character){text[0] & 0x0f, 3, true};
	else if (text[0] >= 0xc0 && text[0] < 0xe0)
		c = (struct character){text[0] & 0x1f, 2, true};
	else
		return bad;
	if (c.bytes > left)
		return bad;
	for (size_t i = 1; i < c.bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return bad;
		c.code = c.code << 6 | (text[i] & 0x3f);
	}
	if (c.code < smallest[c.bytes] || c.code > 0x10ffff ||
	    (c.code >= 0xd800 && c.code <= 0xdfff))
		return bad;
	return c;
}

/* What YAML 1.1 (section 4.1) calls printable; a byte order mark only at the very start. */
static bool is_allowed(uint32_t code, bool first)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	if (code == 0xfeff)
		return first;
	return code != 0x7f && (code < 0x80 || code > 0x9f || code == 0x85) && code != 0xfffe &&
	       code != 0xffff;
}

static bool is_line_end(uint32_t code)
{
	return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

int sw_text_check(const char *text, size_t bytes, struct sw_problems *problems)
{
	size_t line = 1, column = 1;
	struct character c;

	for (size_t i = 0; i < bytes; i += c.bytes) {
		c = decode((const unsigned char *)text + i, bytes - i);
		if (!c.valid) {
			sw_problem(problems, line, column, "invalid UTF-8: byte 0x%02x", c.code);
			return -EINVAL;
		}
		if (c.code == 0) {
			sw_problem(problems, line, column, "NUL byte: expected YAML text in UTF-8");
			return -EINVAL;
		}
		if (!is_allowed(c.code, i == 0)) {
			sw_problem(problems, line, column,
				   "control character U+%04X is not allowed", c.code);
			return -EINVAL;
		}
		if (is_line_end(c.code) &&
		    !(c.code == '\r' && i + 1 < bytes && text[i + 1] == '\n')) {
			line++;
			column = 1;
		} else if (c.code != 0xfeff) {
			column++;
		}
	}
	return 0;
}

/* Reads until the end or until one byte more than allowed has come. */
static int read_all(int fd, char *text, size_t *bytes)
{
	*bytes = 0;
	while (*bytes <= SW_CONFIG_BYTES_MAX) {
		ssize_t n = read(fd, text + *bytes, SW_CONFIG_BYTES_MAX + 1 - *bytes);

		if (n == 0)
			return 0;
		if (n > 0)
			*bytes += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int sw_text_read(const char *path, struct sw_problems *problems, char **text, size_t *bytes)
{
	sw_autofree char *buffer = malloc(SW_CONFIG_BYTES_MAX + 2);
	sw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc = fd < 0 ? -errno : 0;
	size_t n = 0;

	if (!buffer)
		return -ENOMEM;
	if (!rc)
		rc = read_all(fd, buffer, &n);
	if (rc) {
		sw_problem(problems, 0, 0, "%s", strerror(-rc));
		return rc;
	}
	if (n > SW_CONFIG_BYTES_MAX) {
		sw_problem(problems, 0, 0, "larger than %lu bytes", SW_CONFIG_BYTES_MAX);
		return -EINVAL;
	}
	rc = sw_text_check(buffer, n, problems);
	if (rc)
		return rc;
	buffer[n] = '\0';
	*text = SW_TAKE_PTR(buffer);
	*bytes = n;
	return 0;
}
