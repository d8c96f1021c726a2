/* SPDX-License-Identifier: Apache-2.0 */
#include "base/redact.h"

#include <string.h>

#include "base/secret.h"

#define MASK "***"

struct output {
	char *at;
	size_t left; /* with the closing NUL */
	bool fits;
};

struct redactor {
	struct output out;
	sw_tools tools;
	bool pending; /* what comes next is a secret */
	bool script; /* this argument is a program's text: sh -c "…" */
	bool cut; /* this argument is the last one, and is not whole */
	bool first; /* this argument names the program */
};

/* A part of an argument; `end` is the argument's end, beyond the part. */
struct word {
	const char *text;
	size_t bytes;
	const char *end;
};

static void put(struct output *out, const char *text, size_t bytes)
{
	size_t n = bytes < out->left ? bytes : out->left - 1;

	memcpy(out->at, text, n);
	out->at += n;
	*out->at = '\0';
	out->left -= n;
	out->fits = out->fits && n == bytes;
}

static void put_mask(struct redactor *r)
{
	put(&r->out, MASK, strlen(MASK));
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static bool is_run_char(char c)
{
	return is_name_char(c) ? c != '.' : c == '+';
}

static bool are_digits(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* ---- words that nothing announces --------------------------------------------------------- */

/* Puts a run of characters that tokens are made of. end: nothing of the argument follows. */
static void put_run(struct redactor *r, const char *text, size_t bytes, bool in_path, bool end)
{
	size_t dashes = 0;

	while (dashes < bytes && text[dashes] == '-')
		dashes++;
	put(&r->out, text, dashes);
	if (sw_secret_is_random(text + dashes, bytes - dashes, in_path, r->cut && end))
		put_mask(r);
	else
		put(&r->out, text + dashes, bytes - dashes);
}

/* Length of the run at text, with '/' or without; '=' belongs to its end only. */
static size_t run_bytes(const char *text, size_t bytes, bool with_slash)
{
	size_t n = 0;

	while (n < bytes && (is_run_char(text[n]) || (with_slash && text[n] == '/')))
		n++;
	while (n && n < bytes && text[n] == '=' && (n + 1 == bytes || !is_name_char(text[n + 1])))
		n++;
	return n;
}

/* base64 has slashes as paths have; what begins as a path does is looked at part by part. */
static bool is_base64(const char *text, size_t bytes, char before)
{
	return before != '/' && before != '.' && before != '~' && text[0] != '/' &&
	       memchr(text, '/', bytes) && sw_secret_is_random(text, bytes, false, false);
}

static void put_runs(struct redactor *r, const char *text, size_t bytes)
{
	const char *end = text + bytes;
	bool path = memchr(text, '/', bytes);
	char before = ' ';

	while (text < end) {
		size_t left = (size_t)(end - text), n = run_bytes(text, left, true);

		if (n && is_base64(text, n, before)) {
			put_mask(r);
		} else {
			n = run_bytes(text, left, false);
			if (n)
				put_run(r, text, n, path, n == left);
			else
				put(&r->out, text, n = 1);
		}
		before = text[n - 1];
		text += n;
	}
}

/*
 * The password in "scheme://user:password@host" or "user:password@host": its place, or false.
 * Where a cut may have taken the "@" away, what could be a password counts as one.
 */
static bool find_login(const char *text, size_t bytes, bool cut, size_t *from, size_t *to)
{
	const char *scheme = memmem(text, bytes, "://", 3);
	const char *begin = scheme ? scheme + 3 : text;
	const char *end = text + bytes;
	const char *colon = memchr(begin, ':', (size_t)(end - begin));
	const char *at, *slash;

	if (!colon)
		return false;
	at = memrchr(colon, '@', (size_t)(end - colon));
	slash = memchr(colon, '/', (size_t)(end - colon));
	/* "git@host:path@tag", "host:/path@snapshot" */
	if (!scheme && (memchr(begin, '@', (size_t)(colon - begin)) || slash == colon + 1))
		return false;
	/* "http://host:8080/path@2" */
	if (scheme && at && slash && slash < at &&
	    are_digits(colon + 1, (size_t)(slash - colon - 1)))
		return false;
	if (!at && cut && !are_digits(colon + 1, (size_t)(end - colon - 1)))
		at = end;
	if (!at)
		return false;
	*from = (size_t)(colon + 1 - text);
	*to = (size_t)(at - text);
	return true;
}

static void put_plain(struct redactor *r, const char *text, size_t bytes, bool end)
{
	size_t form = sw_secret_find_form(text, bytes);
	size_t from, to;

	if (find_login(text, form, r->cut && end, &from, &to)) {
		put_runs(r, text, from);
		put_mask(r);
		put_runs(r, text + to, form - to);
	} else {
		put_runs(r, text, form);
	}
	if (form < bytes)
		put_mask(r);
}

/* ---- words that announce a secret --------------------------------------------------------- */

/*
 * The end of a secret that begins in a word: the closing quote if one was opened before its name,
 * after the closing quote if it has its own, else the end of the word.
 */
static const char *secret_end(const struct word *w, const char *from, char outer)
{
	const char *end = w->text + w->bytes;
	char own = !outer && from < w->end && is_quote(*from) ? *from : '\0';
	const char *closing;

	if (outer || own) {
		from += own != '\0';
		closing = memchr(from, outer ? outer : own, (size_t)(w->end - from));
		if (!closing)
			return w->end;
		closing += own != '\0';
		return closing > end ? closing : end;
	}
	while (end < w->end && end > from && end[-1] == '\\')
		for (end++; end < w->end && !is_space(*end);)
			end++;
	return end;
}

/*
 * The first "name=" or "name:" in a word whose value is secret: how many bytes up to the value.
 * 0 if there is none. *quote: the quote before the name, if any.
 */
static size_t find_named(const char *text, size_t bytes, char *quote)
{
	for (size_t i = 1; i < bytes; i++) {
		size_t end = i, begin;

		if (text[i] != '=' && text[i] != ':')
			continue;
		if (text[i] == ':' && i + 1 < bytes && text[i + 1] == '/')
			continue;
		while (end && (is_quote(text[end - 1]) || text[end - 1] == '\\'))
			end--;
		for (begin = end; begin && is_name_char(text[begin - 1]);)
			begin--;
		if (!sw_secret_is_name(text + begin, end - begin) ||
		    sw_secret_is_switch(text + i + 1, bytes - i - 1))
			continue;
		*quote = begin && end == i && is_quote(text[begin - 1]) ? text[begin - 1] : '\0';
		return i + 1;
	}
	return 0;
}

/* Whether a word makes the next one a secret. */
static bool announces(const struct redactor *r, const char *text, size_t bytes)
{
	char quote;

	while (bytes && is_quote(text[0])) {
		text++;
		bytes--;
	}
	while (bytes && is_quote(text[bytes - 1]))
		bytes--;
	if (!bytes || (r->first && text[0] != '-'))
		return false;
	return sw_secret_is_name(text, bytes) || sw_secret_is_scheme(text, bytes) ||
	       sw_tools_option(r->tools, text, bytes) == bytes ||
	       find_named(text, bytes, &quote) == bytes;
}

/* Whether what was hidden as a secret was rather another announcement: "--password --token X". */
static bool announces_still(const struct redactor *r, const char *text, size_t bytes)
{
	char quote;

	return bytes &&
	       (text[0] == '-' || sw_secret_is_scheme(text, bytes) ||
		find_named(text, bytes, &quote) == bytes) &&
	       announces(r, text, bytes);
}

/* Puts one word; returns where to go on, which may be beyond it. */
static const char *put_word(struct redactor *r, const struct word *w)
{
	const char *end = w->text + w->bytes;
	char quote = '\0';
	size_t shown;

	if (r->pending || (sw_tools_all_secret(r->tools) && w->text[0] != '-' && !r->first)) {
		put_mask(r);
		r->pending = announces_still(r, w->text, w->bytes);
		return secret_end(w, w->text, '\0');
	}
	r->tools = sw_tools_add(r->tools, w->text, w->bytes);
	shown = sw_tools_option(r->tools, w->text, w->bytes);
	if (!shown)
		shown = find_named(w->text, w->bytes, &quote);
	if (!shown || (shown == w->bytes && !quote)) {
		r->pending = announces(r, w->text, w->bytes);
		put_plain(r, w->text, w->bytes, end == w->end);
		return end;
	}
	put_plain(r, w->text, shown, false);
	put_mask(r);
	return secret_end(w, w->text + shown, quote);
}

/* ---- arguments ---------------------------------------------------------------------------- */

static bool has_key_block(const char *text, size_t bytes)
{
	return memmem(text, bytes, "-----BEGIN", 10) || memmem(text, bytes, "PRIVATE KEY", 11) ||
	       memmem(text, bytes, "PuTTY-User-Key", 14);
}

static size_t word_bytes(const char *text, size_t bytes)
{
	size_t n = 0;

	while (n < bytes && !is_space(text[n]))
		n++;
	return n;
}

/*
 * Whether a name at the very beginning makes all the rest of an argument its value: the shell has
 * taken the quotes away from --password='two words' and from -H 'Authorization: Bearer X'.
 */
static size_t find_whole(const struct redactor *r, const char *text, size_t bytes)
{
	size_t first = word_bytes(text, bytes);
	size_t shown;
	char quote;

	if (first == bytes || (r->script && text[0] != '-') || r->first)
		return 0;
	shown = sw_tools_option(r->tools, text, first);
	if (!shown)
		shown = find_named(text, first, &quote);
	return shown;
}

static void put_argument(struct redactor *r, const char *text, size_t bytes)
{
	const char *end = text + bytes;
	size_t shown;

	if (r->pending) {
		if (bytes)
			put_mask(r);
		r->pending = announces_still(r, text, bytes);
		return;
	}
	if (has_key_block(text, bytes)) {
		put_mask(r);
		return;
	}
	shown = find_whole(r, text, bytes);
	if (shown) {
		put_plain(r, text, shown, false);
		put_mask(r);
		return;
	}
	while (text < end) {
		struct word w = {text, word_bytes(text, (size_t)(end - text)), end};

		if (w.bytes == 0)
			put(&r->out, text++, 1);
		else
			text = put_word(r, &w);
	}
}

/* "-c", "-lc", "-e": the next argument is a program's text. */
static bool makes_script(const char *text, size_t bytes)
{
	return bytes >= 2 && bytes <= 5 && text[0] == '-' &&
	       (text[bytes - 1] == 'c' || text[bytes - 1] == 'e');
}

/* The next argument, and its length. */
static size_t next_argument(const char *args, size_t bytes)
{
	const char *nul = memchr(args, '\0', bytes);

	return nul ? (size_t)(nul - args) : bytes;
}

bool sw_redact_args(const char *exe, const char *args, size_t bytes, bool cut, char *out,
		    size_t room, size_t *out_bytes)
{
	struct redactor r = {.out = {out, room, true}, .first = true};
	size_t at = 0;

	*out = '\0';
	if (exe)
		r.tools = sw_tools_add(0, exe, strlen(exe));
	while (at < bytes) {
		size_t n = next_argument(args + at, bytes - at);

		if (!r.first)
			put(&r.out, "", 1); /* the NUL */
		r.cut = cut && at + n + 1 >= bytes;
		put_argument(&r, args + at, n);
		r.script = makes_script(args + at, n);
		r.first = false;
		at += n + 1;
	}
	*out_bytes = bytes ? (size_t)(r.out.at - out) + 1 : 0;
	return r.out.fits;
}

bool sw_join_args(const char *args, size_t bytes, char *out, size_t room)
{
	struct output to = {out, room, true};

	*out = '\0';
	for (size_t at = 0; at < bytes;) {
		size_t n = next_argument(args + at, bytes - at);

		if (at)
			put(&to, " ", 1);
		put(&to, args + at, n);
		at += n + 1;
	}
	return to.fits;
}
