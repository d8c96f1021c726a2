/* SPDX-License-Identifier: Apache-2.0 */
#include "config/servers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define SPOOL_BYTES (64u << 20)

const char *sw_protocol_name(enum sw_protocol protocol)
{
	static const char *const names[] = {
		[SW_PROTOCOL_UDP] = "udp",
		[SW_PROTOCOL_TCP] = "tcp",
		[SW_PROTOCOL_TLS] = "tls",
	};
	_Static_assert(SW_ARRAY_SIZE(names) == SW_PROTOCOL_MAX, "every protocol has a name");

	return (unsigned int)protocol < SW_PROTOCOL_MAX ? names[protocol] : "?";
}

uint16_t sw_server_default_port(enum sw_protocol protocol)
{
	static const uint16_t ports[] = {
		[SW_PROTOCOL_UDP] = 514, /* RFC 5426 */
		[SW_PROTOCOL_TCP] = 601, /* IANA: syslog-conn; RFC 6587 names none */
		[SW_PROTOCOL_TLS] = 6514, /* RFC 5425 */
	};
	_Static_assert(SW_ARRAY_SIZE(ports) == SW_PROTOCOL_MAX, "every protocol has a port");

	return ports[protocol];
}

char *sw_server_default_spool(enum sw_protocol protocol, const char *host, uint16_t port)
{
	char *dir;

	if (asprintf(&dir, SW_SPOOL_DIR "/%s-%s-%u", sw_protocol_name(protocol), host, port) < 0)
		return NULL;
	return dir;
}

/* A copy of what is there. Whether that was possible. */
static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static int apply_one(struct sw_server *to, const struct sw_raw_server *from)
{
	const struct sw_raw_spool *spool = from->spool;
	bool tls = *from->protocol == SW_PROTOCOL_TLS;

	to->protocol = *from->protocol;
	to->port = from->port ? *from->port : sw_server_default_port(to->protocol);
	to->level = from->level ? *from->level : SW_BAND_ALERT;
	to->enterprise_id = from->enterprise_id ? *from->enterprise_id : 0;
	to->spool_bytes = spool && spool->bytes ? *spool->bytes : SPOOL_BYTES;
	if (!copy(&to->host, from->host) || !copy(&to->ca, from->ca) ||
	    !copy(&to->certificate, from->certificate) || !copy(&to->key, from->key) ||
	    !copy(&to->name, from->name || !tls ? from->name : from->host))
		return -ENOMEM;
	to->spool_dir = spool && spool->dir
				? strdup(spool->dir)
				: sw_server_default_spool(to->protocol, to->host, to->port);
	return to->spool_dir ? 0 : -ENOMEM;
}

int sw_servers_apply(struct sw_config *config, const struct sw_raw_server *raw, size_t count)
{
	int rc = 0;

	if (!count)
		return 0;
	config->servers = calloc(count, sizeof(*config->servers));
	if (!config->servers)
		return -ENOMEM;
	config->servers_count = count;
	for (size_t i = 0; i < count && !rc; i++)
		rc = apply_one(&config->servers[i], &raw[i]);
	return rc;
}

void sw_servers_free(struct sw_config *config)
{
	for (size_t i = 0; i < config->servers_count; i++) {
		struct sw_server *server = &config->servers[i];

		free(server->host);
		free(server->ca);
		free(server->certificate);
		free(server->key);
		free(server->name);
		free(server->spool_dir);
	}
	free(config->servers);
}
