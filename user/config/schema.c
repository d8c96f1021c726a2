/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sidewatch/detector.h"

#define OPTIONAL CYAML_FLAG_OPTIONAL
/* Saved with quotes, so that a user called null does not come back as none. */
#define QUOTED (CYAML_FLAG_OPTIONAL | CYAML_FLAG_SCALAR_QUOTE_DOUBLE)
#define ENUM_FLAGS (CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT)

static const cyaml_strval_t argv_modes[] = {
	{"none", SW_ARGV_NONE},
	{"redacted", SW_ARGV_REDACTED},
	{"full", SW_ARGV_FULL},
};
_Static_assert(SW_ARRAY_SIZE(argv_modes) == SW_ARGV_MAX, "name every argv mode");

static const cyaml_strval_t bands[] = {
	{"record", SW_BAND_RECORD},
	{"notice", SW_BAND_NOTICE},
	{"alert", SW_BAND_ALERT},
	{"critical", SW_BAND_CRITICAL},
};
_Static_assert(SW_ARRAY_SIZE(bands) == SW_BAND_MAX, "name every band");

static const cyaml_strval_t protocols[] = {
	{"udp", SW_PROTOCOL_UDP},
	{"tcp", SW_PROTOCOL_TCP},
	{"tls", SW_PROTOCOL_TLS},
};
_Static_assert(SW_ARRAY_SIZE(protocols) == SW_PROTOCOL_MAX, "name every protocol");

static const cyaml_schema_value_t network_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_value_t port_value = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t),
};

static const cyaml_schema_field_t networks_fields[] = {
	CYAML_FIELD_SEQUENCE("internal", CYAML_FLAG_POINTER | OPTIONAL | CYAML_FLAG_BLOCK,
			     struct sw_raw_networks, internal, &network_value, 1, SW_INTERNAL_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t allow_fields[] = {
	CYAML_FIELD_STRING_PTR("peer", OPTIONAL, struct sw_raw_allow, peer, 0, CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("user", QUOTED, struct sw_raw_allow, user, 0, CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("destination", OPTIONAL, struct sw_raw_allow, destination, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_UINT_PTR("port", OPTIONAL, struct sw_raw_allow, port),
	CYAML_FIELD_STRING_PTR("reason", QUOTED, struct sw_raw_allow, reason, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t allow_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sw_raw_allow, allow_fields),
};

static const cyaml_schema_value_t program_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | CYAML_FLAG_SCALAR_QUOTE_DOUBLE, char, 0,
			   CYAML_UNLIMITED),
};

static const cyaml_schema_field_t service_fields[] = {
	CYAML_FIELD_STRING_PTR("service", QUOTED, struct sw_raw_service, service, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("programs", CYAML_FLAG_POINTER | OPTIONAL, struct sw_raw_service,
			     programs, &program_value, 1, SW_PROGRAMS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t service_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sw_raw_service, service_fields),
};

#define FIELD_ENABLED CYAML_FIELD_BOOL_PTR("enabled", OPTIONAL, struct sw_raw_sink, enabled)
#define FIELD_PATH                                                                                 \
	CYAML_FIELD_STRING_PTR("path", QUOTED, struct sw_raw_sink, path, 0, CYAML_UNLIMITED)
#define FIELD_LEVEL                                                                                \
	CYAML_FIELD_ENUM_PTR("level", ENUM_FLAGS, struct sw_raw_sink, level, bands,                \
			     SW_ARRAY_SIZE(bands))

static const cyaml_schema_field_t syslog_fields[] = {
	FIELD_ENABLED,
	FIELD_PATH,
	FIELD_LEVEL,
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t terminal_fields[] = {
	FIELD_ENABLED,
	FIELD_LEVEL,
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t json_fields[] = {
	FIELD_PATH,
	FIELD_LEVEL,
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t spool_fields[] = {
	CYAML_FIELD_STRING_PTR("dir", QUOTED, struct sw_raw_spool, dir, 0, CYAML_UNLIMITED),
	CYAML_FIELD_UINT_PTR("bytes", OPTIONAL, struct sw_raw_spool, bytes),
	CYAML_FIELD_END,
};

#define SERVER_TEXT(member)                                                                        \
	CYAML_FIELD_STRING_PTR(#member, QUOTED, struct sw_raw_server, member, 0, CYAML_UNLIMITED)

static const cyaml_schema_field_t server_fields[] = {
	CYAML_FIELD_ENUM_PTR("protocol", ENUM_FLAGS, struct sw_raw_server, protocol, protocols,
			     SW_ARRAY_SIZE(protocols)),
	SERVER_TEXT(host),
	CYAML_FIELD_UINT_PTR("port", OPTIONAL, struct sw_raw_server, port),
	CYAML_FIELD_ENUM_PTR("level", ENUM_FLAGS, struct sw_raw_server, level, bands,
			     SW_ARRAY_SIZE(bands)),
	CYAML_FIELD_UINT_PTR("enterprise_id", OPTIONAL, struct sw_raw_server, enterprise_id),
	SERVER_TEXT(ca),
	SERVER_TEXT(certificate),
	SERVER_TEXT(key),
	SERVER_TEXT(name),
	CYAML_FIELD_MAPPING_PTR("spool", OPTIONAL, struct sw_raw_server, spool, spool_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t server_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct sw_raw_server, server_fields),
};

static const cyaml_schema_field_t sinks_fields[] = {
	CYAML_FIELD_MAPPING_PTR("syslog", OPTIONAL, struct sw_raw_sinks, syslog, syslog_fields),
	CYAML_FIELD_MAPPING_PTR("terminal", OPTIONAL, struct sw_raw_sinks, terminal,
				terminal_fields),
	CYAML_FIELD_MAPPING_PTR("json", OPTIONAL, struct sw_raw_sinks, json, json_fields),
	CYAML_FIELD_SEQUENCE("syslog_servers", CYAML_FLAG_POINTER | OPTIONAL, struct sw_raw_sinks,
			     servers, &server_value, 0, SW_SERVERS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t ring_fields[] = {
	CYAML_FIELD_UINT_PTR("bytes", OPTIONAL, struct sw_raw_ring, bytes),
	CYAML_FIELD_UINT_PTR("burst", OPTIONAL, struct sw_raw_ring, burst),
	CYAML_FIELD_UINT_PTR("rate", OPTIONAL, struct sw_raw_ring, rate),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t edges_fields[] = {
	CYAML_FIELD_UINT_PTR("window", OPTIONAL, struct sw_raw_edges, window),
	CYAML_FIELD_UINT_PTR("max", OPTIONAL, struct sw_raw_edges, max),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t root_fields[] = {
	CYAML_FIELD_MAPPING_PTR("networks", OPTIONAL, struct sw_raw, networks, networks_fields),
	CYAML_FIELD_SEQUENCE("login_ports", CYAML_FLAG_POINTER | OPTIONAL | CYAML_FLAG_FLOW,
			     struct sw_raw, login_ports, &port_value, 1, SW_LOGIN_PORTS_MAX),
	CYAML_FIELD_ENUM_PTR("argv", ENUM_FLAGS, struct sw_raw, argv, argv_modes,
			     SW_ARRAY_SIZE(argv_modes)),
	/* Its fields are the registry's: filled in by sw_schema_new(). */
	CYAML_FIELD_MAPPING_PTR("detectors", OPTIONAL, struct sw_raw, detectors, NULL),
	CYAML_FIELD_SEQUENCE("service_programs", CYAML_FLAG_POINTER | OPTIONAL, struct sw_raw,
			     services, &service_value, 0, SW_SERVICES_MAX),
	CYAML_FIELD_SEQUENCE("allow", CYAML_FLAG_POINTER | OPTIONAL, struct sw_raw, allow,
			     &allow_value, 0, SW_ALLOW_MAX),
	CYAML_FIELD_MAPPING_PTR("sinks", OPTIONAL, struct sw_raw, sinks, sinks_fields),
	CYAML_FIELD_MAPPING_PTR("ring", OPTIONAL, struct sw_raw, ring, ring_fields),
	CYAML_FIELD_MAPPING_PTR("edges", OPTIONAL, struct sw_raw, edges, edges_fields),
	CYAML_FIELD_END,
};

struct sw_schema {
	cyaml_schema_value_t root;
	cyaml_schema_field_t fields[SW_ARRAY_SIZE(root_fields)];
	cyaml_schema_field_t detectors[]; /* the registry's, and the end */
};

int sw_schema_new(struct sw_schema **out)
{
	struct sw_schema *schema;

	schema = calloc(1,
			sizeof(*schema) + (sw_detectors_count + 1) * sizeof(schema->detectors[0]));
	if (!schema)
		return -ENOMEM;
	for (size_t i = 0; i < sw_detectors_count; i++) {
		schema->detectors[i] = (cyaml_schema_field_t){
			.key = sw_detectors[i]->name,
			.data_offset = (uint32_t)(i * sizeof(bool *)),
			.value = {CYAML_VALUE_BOOL(OPTIONAL | CYAML_FLAG_POINTER, bool)},
		};
	}
	memcpy(schema->fields, root_fields, sizeof(root_fields));
	for (cyaml_schema_field_t *field = schema->fields; field->key; field++) {
		if (field->value.type != CYAML_MAPPING || field->value.mapping.fields)
			continue;
		field->value.mapping.fields = schema->detectors;
		field->value.data_size = (uint32_t)((sw_detectors_count + 1) * sizeof(bool *));
	}
	schema->root = (cyaml_schema_value_t){
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sw_raw, schema->fields),
	};
	*out = schema;
	return 0;
}

void sw_schema_free(struct sw_schema **schema)
{
	free(*schema);
	*schema = NULL;
}

const cyaml_schema_value_t *sw_schema_root(const struct sw_schema *schema)
{
	return &schema->root;
}

/* What libcyaml's log says about a failure: the reason, then where it was, innermost first. */
struct log {
	char reason[160];
	size_t line;
	size_t column;
};

static void take_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct log *log = ctx;
	char text[sizeof(log->reason)];
	const char *where;

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(text, sizeof(text), format, args);
	where = strstr(text, "(line: ");
	if (where && !log->line)
		sscanf(where, "(line: %zu, column: %zu)", &log->line, &log->column);
	else if (!where && !log->reason[0])
		strcpy(log->reason, text);
}

static cyaml_config_t make_config(struct log *log)
{
	return (cyaml_config_t){
		.log_fn = take_log,
		.log_ctx = log,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_DEFAULT,
	};
}

static int errno_of(cyaml_err_t err)
{
	return err == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
}

int sw_raw_load(const struct sw_schema *schema, const char *text, size_t bytes,
		struct sw_problems *problems, struct sw_raw **out)
{
	struct log log = {0};
	cyaml_config_t config = make_config(&log);
	cyaml_data_t *raw = NULL;
	char quoted[SW_QUOTE_BYTES];
	cyaml_err_t err;

	err = cyaml_load_data((const uint8_t *)text, bytes, &config, &schema->root, &raw, NULL);
	if (err != CYAML_OK) {
		size_t length = strcspn(log.reason, "\n");

		sw_problem(problems, log.line, log.column, "%s (%s)", cyaml_strerror(err),
			   sw_quote(quoted, log.reason, length));
		return errno_of(err);
	}
	*out = raw;
	return 0;
}

void sw_raw_free(const struct sw_schema *schema, struct sw_raw **raw)
{
	struct log log = {0};
	cyaml_config_t config = make_config(&log);

	if (*raw)
		cyaml_free(&config, &schema->root, *raw, 0);
	*raw = NULL;
}

int sw_raw_save(const struct sw_schema *schema, const struct sw_raw *raw, char **text,
		size_t *bytes)
{
	struct log log = {0};
	cyaml_config_t config = make_config(&log);
	cyaml_err_t err;

	err = cyaml_save_data(text, bytes, &config, &schema->root, raw, 0);
	return err == CYAML_OK ? 0 : errno_of(err);
}
