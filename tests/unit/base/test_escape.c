/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/escape.h"

static int unhex(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Turns LINE and WORD back: the proof that they lose nothing. */
static size_t unescape(char *out, const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		if (*text != '\\') {
			out[n++] = *text;
			continue;
		}
		switch (*++text) {
		case 'n':
			out[n++] = '\n';
			break;
		case 't':
			out[n++] = '\t';
			break;
		case 'r':
			out[n++] = '\r';
			break;
		case 'x':
			out[n++] = (char)(unhex(text[1]) << 4 | unhex(text[2]));
			text += 2;
			break;
		default:
			out[n++] = *text;
		}
	}
	return n;
}

static void test_escapes_are_as_documented(void **unused)
{
	static const struct {
		const char *in, *line, *word, *again;
	} cases[] = {
		{"", "", "", ""},
		{NULL, "", "", ""},
		{"/usr/bin/ssh", "/usr/bin/ssh", "/usr/bin/ssh", "/usr/bin/ssh"},
		{"a b|c", "a b|c", "a\\x20b\\x7cc", "a b|c"},
		{"x -> y", "x -> y", "x\\x20-\\x3e\\x20y", "x -> y"},
		{"\n\t\r", "\\n\\t\\r", "\\n\\t\\r", "\\n\\t\\r"},
		{"\x1b[31m", "\\x1b[31m", "\\x1b[31m", "\\x1b[31m"},
		{"say \"hi\"", "say \\\"hi\\\"", "say\\x20\\\"hi\\\"", "say \"hi\""},
		{"back\\slash", "back\\\\slash", "back\\\\slash", "back\\slash"},
		{"\x7f\x80\xff", "\\x7f\\x80\\xff", "\\x7f\\x80\\xff", "\\x7f\\x80\\xff"},
		{"\xc3\xa9", "\\xc3\\xa9", "\\xc3\\xa9", "\\xc3\\xa9"},
	};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
		char out[64];

		sw_escape(out, sizeof(out), cases[i].in, SW_ESCAPE_LINE);
		assert_string_equal(out, cases[i].line);
		sw_escape(out, sizeof(out), cases[i].in, SW_ESCAPE_WORD);
		assert_string_equal(out, cases[i].word);
		sw_escape(out, sizeof(out), cases[i].in, SW_ESCAPE_AGAIN);
		assert_string_equal(out, cases[i].again);
	}
}

static void test_every_byte_is_made_printable_and_comes_back(void **unused)
{
	char all[256], text[SW_ESCAPED_BYTES(sizeof(all))], back[sizeof(text)];

	(void)unused;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	for (enum sw_escape_mode mode = 0; mode < SW_ESCAPE_MAX; mode++) {
		size_t n = sw_escape_n(text, sizeof(text), all, sizeof(all), mode);

		assert_true(n < sizeof(text));
		assert_int_equal(strlen(text), n);
		assert_true(sw_is_printable(text));
		if (mode == SW_ESCAPE_AGAIN)
			continue;
		assert_int_equal(unescape(back, text), sizeof(all));
		assert_memory_equal(back, all, sizeof(all));
	}
}

static void test_cuts_only_between_escapes(void **unused)
{
	static const char in[] = "a\x1b"
				 "b";

	(void)unused;
	/* "a\x1bb" is 6 characters long */
	for (size_t size = 0; size <= 8; size++) {
		static const char *const expect[] = {NULL,
						     "",
						     "a",
						     "a",
						     "a",
						     "a",
						     "a\\x1b",
						     "a\\x1b"
						     "b",
						     "a\\x1b"
						     "b"};
		char *out = malloc(size + 1); /* ASan sees a byte too many */

		assert_int_equal(sw_escape(out, size, in, SW_ESCAPE_LINE), 6);
		if (size)
			assert_string_equal(out, expect[size]);
		free(out);
	}
}

static void test_dup_is_whole(void **unused)
{
	sw_autofree char *out = sw_escape_dup("\x01\x02\x03", SW_ESCAPE_LINE);

	(void)unused;
	assert_string_equal(out, "\\x01\\x02\\x03");
}

static void test_utf8_keeps_valid_and_names_the_rest(void **unused)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xff", "\\xff"},
		{"\xc0\xaf", "\\xc0\\xaf"}, /* overlong '/' */
		{"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
		{"\xe2\x82", "\\xe2\\x82"}, /* cut */
		{"\xc3(", "\\xc3("},
		{"\x7f", "\\x7f"},
		{"a\nb", "a\nb"}, /* the JSON writer's work */
	};

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
		size_t n;
		sw_autofree char *out = sw_utf8_dup(cases[i].in, strlen(cases[i].in), &n);

		assert_string_equal(out, cases[i].out);
		assert_int_equal(n, strlen(cases[i].out));
	}
}

/* Our idea of valid must not be wider than the JSON library's, or a string would vanish. */
static void test_json_library_takes_whatever_we_call_valid(void **unused)
{
	static const unsigned char tails[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
	const size_t n = SW_ARRAY_SIZE(tails);

	(void)unused;
	for (size_t lead = 1; lead < 256; lead++) {
		for (size_t pick = 0; pick < n * n * n; pick++) {
			const char in[4] = {(char)lead, (char)tails[pick % n],
					    (char)tails[pick / n % n], (char)tails[pick / n / n]};
			size_t len;
			sw_autofree char *out = sw_utf8_dup(in, sizeof(in), &len);
			json_t *value = json_stringn(out, len);

			assert_non_null(value);
			json_decref(value);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes_are_as_documented),
		cmocka_unit_test(test_every_byte_is_made_printable_and_comes_back),
		cmocka_unit_test(test_cuts_only_between_escapes),
		cmocka_unit_test(test_dup_is_whole),
		cmocka_unit_test(test_utf8_keeps_valid_and_names_the_rest),
		cmocka_unit_test(test_json_library_takes_whatever_we_call_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
