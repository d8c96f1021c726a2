/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration file may hold: one schema, which libcyaml loads and saves by, the validator
 * walks along, and the tests compare with the man page.
 *
 * In the raw form everything is optional and a pointer, so that what is absent differs from 0.
 */
#ifndef SW_CONFIG_SCHEMA_H
#define SW_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/problems.h"
#include "sidewatch/config.h"

#define SW_INTERNAL_MAX 1024 /* networks.internal */
#define SW_LOGIN_PORTS_MAX 64
#define SW_ALLOW_MAX 1024
#define SW_SERVICES_MAX 256 /* service_programs */
#define SW_PROGRAMS_MAX 256 /* of one service */
#define SW_SERVERS_MAX 8 /* sinks.syslog_servers */

struct sw_raw_networks {
	char **internal;
	unsigned int internal_count;
};

struct sw_raw_allow {
	char *peer;
	char *user;
	char *destination;
	uint16_t *port;
	char *reason;
};

struct sw_raw_service {
	char *service;
	char **programs;
	unsigned int programs_count;
};

struct sw_raw_sink {
	bool *enabled; /* not for json */
	char *path; /* not for terminal */
	enum sw_band *level;
};

struct sw_raw_spool {
	char *dir;
	uint32_t *bytes;
};

struct sw_raw_server {
	enum sw_protocol *protocol;
	char *host;
	uint16_t *port;
	enum sw_band *level;
	uint32_t *enterprise_id;
	char *ca;
	char *certificate;
	char *key;
	char *name;
	struct sw_raw_spool *spool;
};

struct sw_raw_sinks {
	struct sw_raw_sink *syslog;
	struct sw_raw_sink *terminal;
	struct sw_raw_sink *json;
	struct sw_raw_server *servers;
	unsigned int servers_count;
};

struct sw_raw_ring {
	uint32_t *bytes;
	uint32_t *burst;
	uint32_t *rate;
};

struct sw_raw_edges {
	uint32_t *window;
	uint32_t *max;
};

struct sw_raw {
	struct sw_raw_networks *networks;
	uint16_t *login_ports;
	unsigned int login_ports_count;
	enum sw_argv_mode *argv;
	bool **detectors; /* one pointer per detector of the registry, in its order */
	struct sw_raw_service *services;
	unsigned int services_count;
	struct sw_raw_allow *allow;
	unsigned int allow_count;
	struct sw_raw_sinks *sinks;
	struct sw_raw_ring *ring;
	struct sw_raw_edges *edges;
};

struct sw_schema;

/* Builds the schema; its `detectors` mapping has one field per detector of the registry. */
int sw_schema_new(struct sw_schema **out);
void sw_schema_free(struct sw_schema **schema);

/* The top-level mapping; lives as long as the schema. */
const cyaml_schema_value_t *sw_schema_root(const struct sw_schema *schema);

/*
 * Loads a document by libcyaml. What it refuses is told with the position that its log names.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int sw_raw_load(const struct sw_schema *schema, const char *text, size_t bytes,
		struct sw_problems *problems, struct sw_raw **out);
void sw_raw_free(const struct sw_schema *schema, struct sw_raw **raw);

/* Makes YAML of a raw configuration; the caller frees *text. 0, -EINVAL or -ENOMEM. */
int sw_raw_save(const struct sw_schema *schema, const struct sw_raw *raw, char **text,
		size_t *bytes);

#endif
