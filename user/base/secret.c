/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define NAME_BYTES_MAX 64 /* longer names are judged by their end */
#define RANDOM_BYTES_MIN 20
#define RANDOM_BYTES_MIN_CUT 8 /* the rest of the secret may have been cut off */
#define TOKEN_BYTES_MIN 12
#define CLUSTER_MAX 4 /* letters of an option like -sSu */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alpha(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool equals(const char *text, size_t bytes, const char *word)
{
	return strlen(word) == bytes && !strncasecmp(text, word, bytes);
}

static bool starts(const char *text, size_t bytes, const char *word)
{
	return strlen(word) <= bytes && !strncasecmp(text, word, strlen(word));
}

/* ---- names -------------------------------------------------------------------------------- */

/* Anywhere in a name from which dashes, dots and underscores were taken. */
static const char *const name_parts[] = {
	"password",  "passwd",	   "passphrase",    "passcode",	  "passwort",
	"secret",    "token",	   "apikey",	    "accesskey",  "privatekey",
	"authkey",   "accountkey", "encryptionkey", "masterkey",  "storagekey",
	"sharedkey", "signingkey", "sessionkey",    "credential", "authorization",
	"bearer",    "signature",  "cookie",	    "sessionid",  "connectionstring",
	"webhook",
};

/* As one of the parts between dashes, dots and underscores. */
static const char *const name_words[] = {
	"pass", "passin", "passout", "pwd", "pw",  "psk", "pin",      "otp",	"totp",
	"auth", "cred",	  "creds",   "sig", "jwt", "sas", "userpass", "hashes", "userpwd",
};

/* The last part of names whose value says where or what kind the secret is, or is none. */
static const char *const harmless_ends[] = {
	"file", "path",	  "dir",    "fd",  "stdin",  "prompt",
	"type", "policy", "length", "ttl", "method", "methods",
};

/* Ordinary words that end in "pass", and programs and files with such a name. */
static const char *const harmless_names[] = {
	"bypass",   "compass",	"trespass", "surpass",	 "encompass", "passwd",	 "chpasswd",
	"htpasswd", "mkpasswd", "gpasswd",  "smbpasswd", "kpasswd",   "sshpass", "secret-tool"};

static bool is_one_of(const char *text, size_t bytes, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (equals(text, bytes, words[i]))
			return true;
	return false;
}

static bool is_separator(char c)
{
	return c == '-' || c == '_' || c == '.';
}

static bool has_part(const char *text, size_t bytes)
{
	char bare[NAME_BYTES_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < bytes; i++)
		if (!is_separator(text[i]))
			bare[n++] = lower(text[i]);
	bare[n] = '\0';
	for (size_t i = 0; i < SW_ARRAY_SIZE(name_parts); i++)
		if (strstr(bare, name_parts[i]))
			return true;
	return n > 4 && !strcmp(bare + n - 4, "pass");
}

static bool has_word(const char *text, size_t bytes)
{
	size_t begin = 0;

	for (size_t i = 0; i <= bytes; i++) {
		if (i < bytes && !is_separator(text[i]))
			continue;
		if (is_one_of(text + begin, i - begin, name_words, SW_ARRAY_SIZE(name_words)))
			return true;
		begin = i + 1;
	}
	return false;
}

static bool is_name_text(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (!is_alpha(text[i]) && !is_digit(text[i]) && !is_separator(text[i]))
			return false;
	return true;
}

static bool is_harmless(const char *text, size_t bytes)
{
	/* Unlike elsewhere, case counts: SSHPASS is a secret's name. */
	for (size_t i = 0; i < SW_ARRAY_SIZE(harmless_names); i++)
		if (strlen(harmless_names[i]) == bytes && !memcmp(text, harmless_names[i], bytes))
			return true;
	return starts(text, bytes, "no-");
}

bool sw_secret_is_name(const char *text, size_t bytes)
{
	size_t last;

	if (!is_name_text(text, bytes))
		return false;
	if (bytes > NAME_BYTES_MAX) {
		text += bytes - NAME_BYTES_MAX;
		bytes = NAME_BYTES_MAX;
	}
	while (bytes && *text == '-') {
		text++;
		bytes--;
	}
	if (is_harmless(text, bytes))
		return false;
	for (last = bytes; last && !is_separator(text[last - 1]);)
		last--;
	if (last &&
	    is_one_of(text + last, bytes - last, harmless_ends, SW_ARRAY_SIZE(harmless_ends)))
		return false;
	return has_part(text, bytes) || has_word(text, bytes);
}

bool sw_secret_is_scheme(const char *text, size_t bytes)
{
	static const char *const schemes[] = {"bearer", "basic", "digest", "negotiate",
					      "ntlm",	"token", "apikey"};

	return is_one_of(text, bytes, schemes, SW_ARRAY_SIZE(schemes));
}

bool sw_secret_is_switch(const char *text, size_t bytes)
{
	static const char *const switches[] = {"yes", "no", "true", "false", "on", "off"};

	return is_one_of(text, bytes, switches, SW_ARRAY_SIZE(switches));
}

/* ---- forms -------------------------------------------------------------------------------- */

size_t sw_secret_find_form(const char *text, size_t bytes)
{
	static const char *const forms[] = {
		"$1$", "$2a$", "$2b$", "$2y$",	 "$5$",	    "$6$",
		"$7$", "$y$",  "$gy$", "$apr1$", "$argon2", "{ssha",
	};

	for (size_t i = 0; i < bytes; i++)
		for (size_t j = 0; j < SW_ARRAY_SIZE(forms); j++)
			if ((text[i] == '$' || text[i] == '{') &&
			    starts(text + i, bytes - i, forms[j]))
				return i;
	return bytes;
}

static bool is_token(const char *text, size_t bytes)
{
	static const char *const prefixes[] = {
		"ghp_",	    "gho_",	"ghu_",	    "ghs_",   "ghr_",  "github_pat_", "glpat-",
		"gldt-",    "xoxa-",	"xoxb-",    "xoxp-",  "xoxs-", "xapp-",	      "sk-",
		"sk_live_", "sk_test_", "rk_live_", "AKIA",   "ASIA",  "AIza",	      "eyJ",
		"npm_",	    "pypi-",	"dop_v1_",  "shpat_", "SG.",
	};

	for (size_t i = 0; i < SW_ARRAY_SIZE(prefixes); i++)
		if (bytes >= TOKEN_BYTES_MIN && strlen(prefixes[i]) < bytes &&
		    !memcmp(text, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

enum glyph { LOWER, UPPER, DIGIT, NEUTRAL };

static enum glyph glyph_of(char c)
{
	if (is_digit(c))
		return DIGIT;
	if (!is_alpha(c))
		return NEUTRAL;
	return c == lower(c) ? LOWER : UPPER;
}

/* Hexadecimal, with dashes or not: keys, hashes, UUIDs. */
static bool is_hex(const char *text, size_t bytes, size_t least)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (is_digit(text[i]))
			digits++;
		else if (is_alpha(text[i]) && lower(text[i]) <= 'f')
			letters++;
		else if (text[i] != '-')
			return false;
	}
	return digits && digits + letters >= least;
}

/*
 * Random text goes from one class of characters to another nearly every second time. Names do so
 * at the edges of their words; the step from a capital to small letters is left out for them.
 */
bool sw_secret_is_random(const char *text, size_t bytes, bool in_path, bool cut)
{
	size_t least = cut ? RANDOM_BYTES_MIN_CUT : RANDOM_BYTES_MIN;
	size_t seen[NEUTRAL] = {0}, changes = 0, counted = 0;
	enum glyph last = NEUTRAL;

	if (is_token(text, bytes))
		return true;
	if (bytes < least)
		return false;
	if (is_hex(text, bytes, least))
		return true;
	for (size_t i = 0; i < bytes; i++) {
		enum glyph now = glyph_of(text[i]);

		if (now == NEUTRAL)
			continue;
		if (counted && now != last && !(last == UPPER && now == LOWER))
			changes++;
		seen[now]++;
		counted++;
		last = now;
	}
	return seen[DIGIT] && (seen[LOWER] || seen[UPPER]) &&
	       changes * (in_path ? 3 : 5) >= counted;
}

/* ---- programs ----------------------------------------------------------------------------- */

struct tool {
	const char *names; /* separated by spaces; * stands for any end */
	const char
		*separate; /* letters of options whose secret may be the next word, or attached */
	const char *attached; /* letters of options whose secret is attached only */
	const char *longs; /* long options, separated by spaces */
	bool clusters; /* other letters may stand before: -sSu */
	bool all; /* every word that is no option */
	const char *ends; /* a program whose options end with this one's name */
};

static const struct tool tools_table[] = {
	{.names = "mysql* mariadb* mycli", .attached = "p"},
	{.names = "curl", .separate = "uUbE", .longs = "user proxy-user cert", .clusters = true},
	{.names = "sshpass", .separate = "p"},
	{.names = "ssh scp sftp rsync", .ends = "sshpass"},
	{.names = "redis-cli valkey-cli", .separate = "a"},
	{.names = "mongo*", .separate = "p"},
	{.names = "ldap*", .separate = "w"},
	{.names = "smb* rpcclient net winexe pth-*", .separate = "U"},
	{.names = "crackmapexec cme nxc netexec evil-winrm *exec.py secretsdump.py impacket-*",
	 .separate = "pH",
	 .longs = "hash"},
	{.names = "openssl", .separate = "kK"},
	{.names = "sqlcmd bcp tsql isql sqsh", .separate = "P"},
	{.names = "rdesktop xfreerdp* wlfreerdp*", .separate = "p"},
	{.names = "docker podman nerdctl buildah skopeo helm oc az",
	 .separate = "p",
	 .longs = "creds src-creds dest-creds"},
	{.names = "7z* rar unrar", .attached = "p"},
	{.names = "rar", .attached = "h"},
	{.names = "zip unzip", .separate = "P"},
	{.names = "useradd usermod groupadd groupmod", .separate = "p"},
	{.names = "htpasswd mkpasswd", .all = true},
	{.names = "ipmitool", .separate = "P"},
	{.names = "lftp ncftp*", .separate = "up"},
	{.names = "snmp*", .separate = "AXc"},
	{.names = "wpa_passphrase", .all = true},
	{.names = "plink pscp psftp putty", .longs = "pw"},
	{.names = "kinit kadmin*", .separate = "w"},
	{.names = "http https xh", .separate = "a"},
	{.names = "hydra medusa ncrack", .separate = "p"},
};
_Static_assert(SW_ARRAY_SIZE(tools_table) <= 32, "sw_tools has a bit for each row");

/* Whether a list of names, separated by spaces, has this one. */
static bool lists(const char *names, const char *text, size_t bytes)
{
	while (names && *names) {
		size_t n = strcspn(names, " ");

		if (n > 1 && names[n - 1] == '*') {
			if (bytes >= n - 1 && !strncasecmp(names, text, n - 1))
				return true;
		} else if (n > 1 && names[0] == '*') {
			if (bytes >= n - 1 &&
			    !strncasecmp(names + 1, text + bytes - (n - 1), n - 1))
				return true;
		} else if (n == bytes && !strncasecmp(names, text, n)) {
			return true;
		}
		names += n;
		names += strspn(names, " ");
	}
	return false;
}

sw_tools sw_tools_add(sw_tools tools, const char *word, size_t bytes)
{
	const char *slash = memrchr(word, '/', bytes);

	if (slash) {
		bytes -= (size_t)(slash + 1 - word);
		word = slash + 1;
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(tools_table); i++) {
		if (!lists(tools_table[i].names, word, bytes))
			continue;
		tools |= 1u << i;
		for (size_t j = 0; tools_table[i].ends && j < SW_ARRAY_SIZE(tools_table); j++)
			if (!strcmp(tools_table[j].names, tools_table[i].ends))
				tools &= ~(1u << j);
	}
	return tools;
}

bool sw_tools_all_secret(sw_tools tools)
{
	for (size_t i = 0; i < SW_ARRAY_SIZE(tools_table); i++)
		if ((tools >> i & 1) && tools_table[i].all)
			return true;
	return false;
}

static bool has_letter(const char *letters, char c)
{
	return letters && c && strchr(letters, c);
}

static size_t option_of(const struct tool *tool, const char *word, size_t bytes)
{
	size_t most = tool->clusters ? CLUSTER_MAX : 1;
	size_t dashes = bytes > 2 && word[1] == '-' ? 2 : 1;
	const char *equals_sign = memchr(word, '=', bytes);
	size_t name = (equals_sign ? (size_t)(equals_sign - word) : bytes) - dashes;

	if (lists(tool->longs, word + dashes, name))
		return dashes + name + (equals_sign != NULL);
	for (size_t i = 1; dashes == 1 && i <= most && i < bytes && is_alpha(word[i]); i++) {
		if (has_letter(tool->separate, word[i]))
			return i + 1;
		/* -p alone asks the person. */
		if (has_letter(tool->attached, word[i]) && i + 1 < bytes)
			return i + 1;
	}
	return 0;
}

size_t sw_tools_option(sw_tools tools, const char *word, size_t bytes)
{
	size_t best = 0;

	if (bytes < 2 || (word[0] != '-' && !(word[0] == '/' && bytes > 3 && word[2] == ':')))
		return 0;
	if (word[0] == '/') /* xfreerdp /p:X */
		return tools && lower(word[1]) == 'p' ? 3 : 0;
	for (size_t i = 0; i < SW_ARRAY_SIZE(tools_table); i++) {
		size_t n = tools >> i & 1 ? option_of(&tools_table[i], word, bytes) : 0;

		if (n && (!best || n < best))
			best = n;
	}
	return best;
}
