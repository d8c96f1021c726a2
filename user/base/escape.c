/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char hex_digits[] = "0123456789abcdef";

#define HEX_ESCAPE_BYTES 4 /* \xHH */

static size_t hex_escape(char out[HEX_ESCAPE_BYTES], unsigned char c)
{
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex_digits[c >> 4];
	out[3] = hex_digits[c & 15];
	return HEX_ESCAPE_BYTES;
}

static size_t short_escape(char out[HEX_ESCAPE_BYTES], char c)
{
	out[0] = '\\';
	out[1] = c;
	return 2;
}

static bool printable(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static size_t escape_byte(char out[HEX_ESCAPE_BYTES], unsigned char c, enum sw_escape_mode mode)
{
	if (c == '\n')
		return short_escape(out, 'n');
	if (c == '\t')
		return short_escape(out, 't');
	if (c == '\r')
		return short_escape(out, 'r');
	if (!printable(c))
		return hex_escape(out, c);
	if (mode != SW_ESCAPE_AGAIN && (c == '\\' || c == '"'))
		return short_escape(out, (char)c);
	if (mode == SW_ESCAPE_WORD && strchr(" |<>", c))
		return hex_escape(out, c);
	out[0] = (char)c;
	return 1;
}

size_t sw_escape_n(char *out, size_t size, const char *text, size_t len, enum sw_escape_mode mode)
{
	size_t need = 0, used = 0;

	for (size_t i = 0; i < len; i++) {
		char piece[HEX_ESCAPE_BYTES];
		size_t n = escape_byte(piece, (unsigned char)text[i], mode);

		/* once something did not fit nothing after it is written: used stays behind */
		if (used == need && need + n < size) {
			memcpy(out + used, piece, n);
			used += n;
		}
		need += n;
	}
	if (size > 0)
		out[used] = '\0';
	return need;
}

size_t sw_escape(char *out, size_t size, const char *text, enum sw_escape_mode mode)
{
	return sw_escape_n(out, size, text, text ? strlen(text) : 0, mode);
}

char *sw_escape_dup(const char *text, enum sw_escape_mode mode)
{
	size_t size = sw_escape(NULL, 0, text, mode) + 1;
	char *out = malloc(size);

	if (out)
		sw_escape(out, size, text, mode);
	return out;
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t sw_utf8_sequence(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf; /* allowed range of the second byte */
	size_t n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	/* RFC 3629, section 4: the second byte rules out overlongs, surrogates, > U+10FFFF */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (len < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!continues(s[i]))
			return 0;
	}
	return n;
}

char *sw_utf8_dup(const char *text, size_t len, size_t *out_len)
{
	char *out = malloc(SW_ESCAPED_BYTES(len));
	size_t used = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len;) {
		size_t n = sw_utf8_sequence(text + i, len - i);

		/* DEL is valid, but JSON writers leave it as it is */
		if (n == 0 || text[i] == 0x7f) {
			used += hex_escape(out + used, (unsigned char)text[i]);
			i++;
		} else {
			memcpy(out + used, text + i, n);
			used += n;
			i += n;
		}
	}
	out[used] = '\0';
	if (out_len)
		*out_len = used;
	return out;
}

bool sw_is_printable(const char *text)
{
	for (; *text; text++) {
		if (!printable((unsigned char)*text))
			return false;
	}
	return true;
}
