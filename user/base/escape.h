/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of the watched system is hostile. These make it safe for one line of a log, for a
 * terminal and for JSON.
 *
 * The escaped form is printable ASCII (0x20..0x7e) on one line and can be turned back without
 * loss: \n \t \r \" \\ and \xHH (two lower-case hex digits) for every other byte outside
 * 0x20..0x7e. Bytes above 0x7f are escaped one by one, valid UTF-8 or not.
 */
#ifndef SW_BASE_ESCAPE_H
#define SW_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum sw_escape_mode {
	/* For text that ends at the end of its line or in double quotes. */
	SW_ESCAPE_LINE = 0,
	/*
	 * For one word of a sentence that we make: space, '|', '<' and '>' become \xHH as well, so
	 * that a file name cannot pose as the words, arrows and bars around it.
	 */
	SW_ESCAPE_WORD,
	/*
	 * For text that has been escaped before: backslashes and quotes stay as they are, only
	 * what is not printable is replaced. A guard, not reversible.
	 */
	SW_ESCAPE_AGAIN,
	SW_ESCAPE_MAX,
};

/* Bytes that len bytes of text can need at most, with the closing NUL. */
#define SW_ESCAPED_BYTES(len) ((len)*4 + 1)

/*
 * Writes the escaped text and a NUL to out, at most size bytes; cuts only between escapes. size
 * may be 0. Returns the length that the whole needs without the NUL: cut if that is >= size.
 */
size_t sw_escape_n(char *out, size_t size, const char *text, size_t len, enum sw_escape_mode mode);

/* The same for a NUL-terminated string; NULL counts as "". */
size_t sw_escape(char *out, size_t size, const char *text, enum sw_escape_mode mode);

/* A new string of the whole escaped text, NULL if there is no memory. The caller frees it. */
char *sw_escape_dup(const char *text, enum sw_escape_mode mode);

/*
 * A new string that is valid UTF-8 and can be a JSON string's value: valid sequences stay (the
 * JSON writer escapes them), each byte that is not part of one, and DEL, becomes the four
 * characters \xHH. Not reversible: such text may also have been there before. *out_len may be NULL.
 * NULL if there is no memory. The caller frees it.
 */
char *sw_utf8_dup(const char *text, size_t len, size_t *out_len);

/* Bytes of the valid UTF-8 sequence at text (RFC 3629: no overlongs, no surrogates), else 0. */
size_t sw_utf8_sequence(const char *text, size_t len);

/* Whether text is printable ASCII on one line. */
bool sw_is_printable(const char *text);

#endif
