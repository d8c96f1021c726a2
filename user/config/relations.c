/* SPDX-License-Identifier: Apache-2.0 */
#include "config/relations.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/document.h"
#include "config/schema.h"
#include "config/servers.h"

struct scene {
	yaml_document_t *document;
	struct sw_problems *problems;
};

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* The value of a key in a mapping, and the key's node if it is wanted; NULL: not there. */
static const yaml_node_t *find(const struct scene *scene, const yaml_node_t *mapping,
			       const char *name, const yaml_node_t **key_node)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(scene->document, pair->key);

		if (key->type != YAML_SCALAR_NODE || strcmp(text_of(key), name) != 0)
			continue;
		if (key_node)
			*key_node = key;
		return yaml_document_get_node(scene->document, pair->value);
	}
	return NULL;
}

/* NULL if it is not there, or is no single value (which is told elsewhere). */
static const char *find_text(const struct scene *scene, const yaml_node_t *mapping,
			     const char *name)
{
	const yaml_node_t *node = find(scene, mapping, name, NULL);

	return node && node->type == YAML_SCALAR_NODE ? text_of(node) : NULL;
}

static void tell(const struct scene *scene, const yaml_node_t *node, const char *text)
{
	sw_problem(scene->problems, node->start_mark.line + 1, node->start_mark.column + 1, "%s",
		   text);
}

/* Entries of lists that mean nothing, or too much, without some of their keys. */
static const struct {
	const char *path;
	const char *keys[4];
	size_t least; /* how many of the keys are needed */
	const char *problem;
} needs[] = {
	{"allow[]",
	 {"peer", "user", "destination", "port"},
	 1,
	 "this rule would allow everything: expected peer, user, destination or port"},
	{"service_programs[]",
	 {"service", "programs"},
	 2,
	 "expected both a service and its programs"},
	{"sinks.syslog_servers[]", {"protocol", "host"}, 2, "this server lacks protocol or host"},
};

static void check_needs(const struct scene *scene, const char *path, const yaml_node_t *node)
{
	for (size_t n = 0; n < SW_ARRAY_SIZE(needs); n++) {
		size_t found = 0;

		if (strcmp(path, needs[n].path) != 0)
			continue;
		for (size_t i = 0; i < SW_ARRAY_SIZE(needs[n].keys); i++)
			found += needs[n].keys[i] && find(scene, node, needs[n].keys[i], NULL);
		if (found < needs[n].least)
			tell(scene, node, needs[n].problem);
	}
}

static void check_server(const struct scene *scene, const yaml_node_t *node)
{
	static const char *const of_tls[] = {"ca", "certificate", "key", "name"};
	const yaml_node_t *protocol = find(scene, node, "protocol", NULL);
	const yaml_node_t *certificate = NULL, *key = NULL, *at = NULL;
	char why[96];

	find(scene, node, "certificate", &certificate);
	find(scene, node, "key", &key);
	if (certificate && !key)
		tell(scene, certificate, "certificate without key");
	if (key && !certificate)
		tell(scene, key, "key without certificate");
	if (!protocol || protocol->type != YAML_SCALAR_NODE || !strcmp(text_of(protocol), "tls"))
		return;
	for (size_t i = 0; i < SW_ARRAY_SIZE(of_tls); i++) {
		if (!find(scene, node, of_tls[i], &at))
			continue;
		snprintf(why, sizeof(why), "%s is only used with protocol tls", of_tls[i]);
		tell(scene, at, why);
	}
}

static bool protocol_of(const char *text, enum sw_protocol *out)
{
	for (int i = 0; text && i < SW_PROTOCOL_MAX; i++) {
		*out = (enum sw_protocol)i;
		if (!strcmp(sw_protocol_name(*out), text))
			return true;
	}
	return false;
}

/* A new string: where this server's spool will be; NULL if it has none, or is wrong. */
static char *spool_of(const struct scene *scene, const yaml_node_t *server)
{
	const yaml_node_t *spool = NULL;
	const char *host, *port, *dir = NULL, *bytes = NULL;
	enum sw_protocol protocol;

	if (server->type != YAML_MAPPING_NODE)
		return NULL;
	spool = find(scene, server, "spool", NULL);
	if (spool && spool->type == YAML_MAPPING_NODE) {
		dir = find_text(scene, spool, "dir");
		bytes = find_text(scene, spool, "bytes");
	}
	if (bytes && !strcmp(bytes, "0"))
		return NULL;
	if (dir)
		return strdup(dir);
	host = find_text(scene, server, "host");
	port = find_text(scene, server, "port");
	if (!host || !protocol_of(find_text(scene, server, "protocol"), &protocol))
		return NULL;
	return sw_server_default_spool(protocol, host,
				       port ? (uint16_t)strtoul(port, NULL, 10)
					    : sw_server_default_port(protocol));
}

/* Two that write to one spool would send each other's messages. */
static void check_servers(const struct scene *scene, const yaml_node_t *list)
{
	const yaml_node_item_t *item = list->data.sequence.items.start;
	char *dirs[SW_SERVERS_MAX] = {NULL};
	size_t count = 0;

	for (; item < list->data.sequence.items.top && count < SW_SERVERS_MAX; item++) {
		const yaml_node_t *server = yaml_document_get_node(scene->document, *item);

		dirs[count] = spool_of(scene, server);
		for (size_t i = 0; dirs[count] && i < count; i++) {
			if (!dirs[i] || strcmp(dirs[i], dirs[count]) != 0)
				continue;
			tell(scene, server,
			     "this server has the same spool directory as an earlier one");
			break;
		}
		count++;
	}
	while (count > 0)
		free(dirs[--count]);
}

static const struct {
	const char *path;
	void (*check)(const struct scene *scene, const yaml_node_t *node);
} relations[] = {
	{"sinks.syslog_servers[]", check_server},
	{"sinks.syslog_servers", check_servers},
};

void sw_relations_check(const char *path, yaml_document_t *document, const yaml_node_t *node,
			struct sw_problems *problems)
{
	const struct scene scene = {.document = document, .problems = problems};

	check_needs(&scene, path, node);
	for (size_t i = 0; i < SW_ARRAY_SIZE(relations); i++)
		if (!strcmp(relations[i].path, path))
			relations[i].check(&scene, node);
}
