/* SPDX-License-Identifier: Apache-2.0 */
#include "config/show.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/network.h"
#include "config/schema.h"
#include "sidewatch/detector.h"

/*
 * A configuration in its raw form. It borrows what it can from the configuration; the texts of
 * networks are its own.
 */
struct shown {
	struct sw_raw raw;
	struct sw_raw_networks networks;
	struct sw_raw_sinks sinks;
	struct sw_raw_sink syslog, terminal, json;
	struct sw_raw_server *servers;
	struct sw_raw_spool *spools;
	struct sw_raw_ring ring;
	struct sw_raw_edges edges;
	char (*internal_text)[SW_NETWORK_TEXT_BYTES];
	char (*allow_text)[2][SW_NETWORK_TEXT_BYTES];
};

static void cleanup_shown(struct shown *shown)
{
	free(shown->networks.internal);
	free(shown->internal_text);
	free(shown->allow_text);
	free(shown->raw.services);
	free(shown->raw.allow);
	free(shown->raw.detectors);
	free(shown->servers);
	free(shown->spools);
}

static int allocate(struct shown *shown, const struct sw_config *config)
{
	/* One more than needed, as calloc(0) may return NULL. */
	shown->networks.internal = calloc(config->internal_count + 1, sizeof(char *));
	shown->internal_text = calloc(config->internal_count + 1, sizeof(*shown->internal_text));
	shown->allow_text = calloc(config->allow_count + 1, sizeof(*shown->allow_text));
	shown->raw.services = calloc(config->services_count + 1, sizeof(*shown->raw.services));
	shown->raw.allow = calloc(config->allow_count + 1, sizeof(*shown->raw.allow));
	shown->raw.detectors = calloc(sw_detectors_count + 1, sizeof(bool *));
	shown->servers = calloc(config->servers_count + 1, sizeof(*shown->servers));
	shown->spools = calloc(config->servers_count + 1, sizeof(*shown->spools));
	if (!shown->servers || !shown->spools || !shown->networks.internal ||
	    !shown->internal_text || !shown->allow_text || !shown->raw.services ||
	    !shown->raw.allow || !shown->raw.detectors)
		return -ENOMEM;
	return 0;
}

static void fill_allow(struct shown *shown, struct sw_config *config)
{
	for (size_t i = 0; i < config->allow_count; i++) {
		struct sw_allow *from = &config->allow[i];
		struct sw_raw_allow *to = &shown->raw.allow[i];
		char(*text)[SW_NETWORK_TEXT_BYTES] = shown->allow_text[i];

		if (from->peer.family)
			to->peer = (char *)sw_network_format(&from->peer, text[0]);
		if (from->destination.family)
			to->destination = (char *)sw_network_format(&from->destination, text[1]);
		to->user = from->user;
		to->port = from->port ? &from->port : NULL;
		to->reason = from->reason;
	}
	shown->raw.allow_count = (unsigned int)config->allow_count;
}

static void fill_services(struct shown *shown, struct sw_config *config)
{
	for (size_t i = 0; i < config->services_count; i++) {
		struct sw_service *from = &config->services[i];

		shown->raw.services[i] = (struct sw_raw_service){
			.service = from->service,
			.programs = from->programs,
			.programs_count = (unsigned int)from->programs_count,
		};
	}
	shown->raw.services_count = (unsigned int)config->services_count;
}

static void fill_servers(struct shown *shown, struct sw_config *config)
{
	for (size_t i = 0; i < config->servers_count; i++) {
		struct sw_server *from = &config->servers[i];

		shown->spools[i] = (struct sw_raw_spool){from->spool_dir, &from->spool_bytes};
		shown->servers[i] = (struct sw_raw_server){
			.protocol = &from->protocol,
			.host = from->host,
			.port = &from->port,
			.level = &from->level,
			.enterprise_id = from->enterprise_id ? &from->enterprise_id : NULL,
			.ca = from->ca,
			.certificate = from->certificate,
			.key = from->key,
			.name = from->name,
			.spool = &shown->spools[i],
		};
	}
}

static void fill_sinks(struct shown *shown, struct sw_config *config)
{
	shown->syslog = (struct sw_raw_sink){
		.enabled = config->syslog.enabled_set ? &config->syslog.enabled : NULL,
		.path = config->syslog.path,
		.level = &config->syslog.level,
	};
	shown->terminal = (struct sw_raw_sink){
		.enabled = config->terminal.enabled_set ? &config->terminal.enabled : NULL,
		.level = &config->terminal.level,
	};
	shown->json = (struct sw_raw_sink){
		.path = config->json.path,
		.level = &config->json.level,
	};
	fill_servers(shown, config);
	shown->sinks = (struct sw_raw_sinks){
		.syslog = &shown->syslog,
		.terminal = &shown->terminal,
		.json = &shown->json,
		.servers = shown->servers,
		.servers_count = (unsigned int)config->servers_count,
	};
}

/* The raw form has no const, as libcyaml fills it too; nothing here is written to. */
static void fill(struct shown *shown, struct sw_config *config)
{
	for (size_t i = 0; i < config->internal_count; i++)
		shown->networks.internal[i] =
			(char *)sw_network_format(&config->internal[i], shown->internal_text[i]);
	shown->networks.internal_count = (unsigned int)config->internal_count;
	for (size_t i = 0; i < sw_detectors_count; i++)
		shown->raw.detectors[i] = &config->detector_on[i];
	fill_services(shown, config);
	fill_allow(shown, config);
	fill_sinks(shown, config);
	shown->ring = (struct sw_raw_ring){
		.bytes = &config->ring_bytes,
		.burst = &config->rate_burst,
		.rate = &config->rate_per_s,
	};
	shown->edges = (struct sw_raw_edges){
		.window = &config->edge_window_s,
		.max = &config->edges_max,
	};
	shown->raw.networks = &shown->networks;
	shown->raw.login_ports = config->login_ports;
	shown->raw.login_ports_count = (unsigned int)config->login_ports_count;
	shown->raw.argv = &config->argv;
	shown->raw.sinks = &shown->sinks;
	shown->raw.ring = &shown->ring;
	shown->raw.edges = &shown->edges;
}

int sw_config_show(const struct sw_config *config, FILE *out)
{
	__attribute__((cleanup(cleanup_shown))) struct shown shown = {0};
	struct sw_schema *schema = NULL;
	sw_autofree char *text = NULL;
	size_t bytes = 0;
	int rc;

	rc = allocate(&shown, config);
	if (rc)
		return rc;
	fill(&shown, (struct sw_config *)config);
	rc = sw_schema_new(&schema);
	if (!rc)
		rc = sw_raw_save(schema, &shown.raw, &text, &bytes);
	sw_schema_free(&schema);
	if (!rc && fwrite(text, 1, bytes, out) != bytes)
		rc = -EIO;
	return rc;
}
