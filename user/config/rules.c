/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/users.h"
#include "config/network.h"

#define PATH_BYTES_MAX 4096 /* PATH_MAX with its NUL */
#define NAME_BYTES_MAX 256 /* NAME_MAX with its NUL */
#define REASON_BYTES_MAX 200
#define HOST_BYTES_MAX 253 /* RFC 1035 with the dots */
#define RATE_MAX 1000000
#define EDGE_WINDOW_MAX_S 86400
#define EDGES_MAX (16u * 1024 * 1024)
#define RING_BYTES_MIN 4096
#define RING_BYTES_MAX (1024u * 1024 * 1024)

_Static_assert(SW_WHY_BYTES >= SW_NETWORK_WHY_BYTES, "a network's reason must fit");

/*
 * Plain decimal only: libcyaml would read 010 as eight and 0x16 as twenty-two, and people would
 * not agree with it.
 */
static int parse_decimal(const char *text, uint32_t *out)
{
	uint64_t value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return -EINVAL;
	}
	*out = (uint32_t)value;
	return 0;
}

static int check_network(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	struct sw_network net;

	(void)bytes;
	return sw_network_explain(text, &net, why);
}

/* By number too: the names of "uid N" users may be known to a name service only. */
static int check_user(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	uint32_t uid;

	if (sw_users_is_name(text, bytes) || !parse_decimal(text, &uid))
		return 0;
	snprintf(why, SW_WHY_BYTES, "expected a local user's name or a user id");
	return -EINVAL;
}

static int check_reason(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	if (text[0] && bytes <= REASON_BYTES_MAX)
		return 0;
	snprintf(why, SW_WHY_BYTES, "expected a text of 1 to %d bytes", REASON_BYTES_MAX);
	return -EINVAL;
}

static int check_path(const char *text, size_t bytes, const char *what, size_t room,
		      char why[SW_WHY_BYTES])
{
	if (text[0] == '/' && text[bytes - 1] != '/' && bytes < room)
		return 0;
	snprintf(why, SW_WHY_BYTES, "expected an absolute path of a %s, shorter than %zu bytes",
		 what, room);
	return -EINVAL;
}

static int check_file(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	return check_path(text, bytes, "file", PATH_BYTES_MAX, why);
}

/* Names of files are put behind it. */
static int check_directory(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	return check_path(text, bytes, "directory", PATH_BYTES_MAX - NAME_BYTES_MAX, why);
}

static int check_socket(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	return check_path(text, bytes, "file", sizeof(((struct sockaddr_un *)NULL)->sun_path), why);
}

/* A name or an address. It becomes a part of a path and of lines for people. */
static int check_host(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:%";
	bool odd = text[0] == '.' || text[0] == '-' || text[0] == '%';

	if (bytes > 0 && bytes <= HOST_BYTES_MAX && !odd && strspn(text, allowed) == bytes)
		return 0;
	snprintf(why, SW_WHY_BYTES, "expected a host name or an address");
	return -EINVAL;
}

/* Paths are compared as the kernel tells them: plain ones. */
static int check_program(const char *text, size_t bytes, char why[SW_WHY_BYTES])
{
	if (sw_path_is_plain(text) && !strpbrk(text, "[]\\{}") && bytes < SW_PATH_BYTES)
		return 0;
	snprintf(why, SW_WHY_BYTES,
		 "expected a program's absolute path, shorter than %d bytes, in which * and ? are "
		 "the only wildcards",
		 SW_PATH_BYTES);
	return -EINVAL;
}

static const struct sw_rule rules[] = {
	{.path = "networks.internal[]", .check = check_network},
	{.path = "login_ports[]", .min = 1, .max = UINT16_MAX},
	{.path = "service_programs[].service", .check = check_program},
	{.path = "service_programs[].programs[]", .check = check_program},
	{.path = "allow[].peer", .check = check_network},
	{.path = "allow[].user", .check = check_user},
	{.path = "allow[].destination", .check = check_network},
	{.path = "allow[].port", .min = 1, .max = UINT16_MAX},
	{.path = "allow[].reason", .check = check_reason},
	{.path = "sinks.syslog.path", .check = check_socket},
	{.path = "sinks.json.path", .check = check_file},
	{.path = "sinks.syslog_servers[].host", .check = check_host},
	{.path = "sinks.syslog_servers[].port", .min = 1, .max = UINT16_MAX},
	{.path = "sinks.syslog_servers[].enterprise_id", .min = 1, .max = UINT32_MAX},
	{.path = "sinks.syslog_servers[].ca", .check = check_file, .reads = true},
	{.path = "sinks.syslog_servers[].certificate", .check = check_file, .reads = true},
	{.path = "sinks.syslog_servers[].key", .check = check_file, .reads = true},
	{.path = "sinks.syslog_servers[].name", .check = check_host},
	{.path = "sinks.syslog_servers[].spool.dir", .check = check_directory},
	{.path = "sinks.syslog_servers[].spool.bytes", .min = 0, .max = UINT32_MAX},
	{.path = "ring.bytes", .min = RING_BYTES_MIN, .max = RING_BYTES_MAX, .power_of_two = true},
	{.path = "ring.burst", .min = 1, .max = RATE_MAX},
	{.path = "ring.rate", .min = 1, .max = RATE_MAX},
	{.path = "edges.window", .min = 1, .max = EDGE_WINDOW_MAX_S},
	{.path = "edges.max", .min = 1, .max = EDGES_MAX},
};

const struct sw_rule *sw_rule_find(const char *path)
{
	for (size_t i = 0; i < SW_ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i].path, path))
			return &rules[i];
	return NULL;
}

int sw_rule_number(const struct sw_rule *rule, const char *text, uint32_t *out,
		   char why[SW_WHY_BYTES])
{
	uint32_t min = rule->min;
	uint32_t value;

	/* The kernel maps the ring page by page, and pages are 64 KiB on some machines. */
	if (rule->power_of_two && sysconf(_SC_PAGESIZE) > (long)min)
		min = (uint32_t)sysconf(_SC_PAGESIZE);
	if (!parse_decimal(text, &value) && value >= min && value <= rule->max &&
	    (!rule->power_of_two || (value & (value - 1)) == 0)) {
		*out = value;
		return 0;
	}
	snprintf(why, SW_WHY_BYTES, "expected a %s from %u to %u",
		 rule->power_of_two ? "power of two" : "whole number", min, rule->max);
	return -EINVAL;
}
