/* SPDX-License-Identifier: Apache-2.0 */
#include "config/problems.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

#define QUOTED_MAX 48 /* bytes of the file shown in one message */
#define WORD_MAX 40 /* longer words are nobody's mistyped key */

const char *sw_quote(char buffer[SW_QUOTE_BYTES], const char *text, size_t bytes)
{
	static const char hex[] = "0123456789abcdef";
	size_t shown = bytes > QUOTED_MAX ? QUOTED_MAX - 3 : bytes;
	char *to = buffer;

	for (size_t i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c < 0x7f) {
			*to++ = (char)c;
		} else {
			*to++ = '\\';
			*to++ = 'x';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 15];
		}
	}
	strcpy(to, shown < bytes ? "..." : "");
	return buffer;
}

static void print_path(const struct sw_problems *problems)
{
	/* A path is the operator's own, but it may have been completed from a hostile directory. */
	for (const char *p = problems->path; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c > 0x7e)
			fprintf(problems->err, "\\x%02x", c);
		else
			fputc(c, problems->err);
	}
}

void sw_problem(struct sw_problems *problems, size_t line, size_t column, const char *format, ...)
{
	va_list args;

	problems->count++;
	if (!problems->err || problems->count > SW_PROBLEMS_MAX + 1)
		return;
	print_path(problems);
	if (problems->count > SW_PROBLEMS_MAX) {
		fputs(": more problems are not shown\n", problems->err);
		return;
	}
	if (line)
		fprintf(problems->err, ":%zu:%zu", line, column);
	fputs(": ", problems->err);
	va_start(args, format);
	vfprintf(problems->err, format, args);
	va_end(args);
	fputc('\n', problems->err);
}

bool sw_problems_full(const struct sw_problems *problems)
{
	return problems->count > SW_PROBLEMS_MAX;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int sw_distance(const char *a, size_t a_bytes, const char *b)
{
	/* Three rows of the edit matrix: this one, the one before, and the one before that. */
	unsigned int rows[3][WORD_MAX + 1];
	size_t b_bytes = strlen(b);

	if (a_bytes > WORD_MAX || b_bytes > WORD_MAX)
		return UINT_MAX;
	for (unsigned int j = 0; j <= b_bytes; j++)
		rows[0][j] = j;
	for (unsigned int i = 1; i <= a_bytes; i++) {
		unsigned int *row = rows[i % 3], *before = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_bytes; j++) {
			bool same = a[i - 1] == b[j - 1];

			row[j] = least(before[j - 1] + !same, least(before[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[a_bytes % 3][b_bytes];
}

bool sw_is_near(unsigned int distance, size_t bytes)
{
	return distance <= (bytes < 6 ? 1 : bytes / 3);
}
