/* SPDX-License-Identifier: Apache-2.0 */
#include "sidewatch/config.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "config/document.h"
#include "config/schema.h"
#include "config/servers.h"
#include "config/text.h"
#include "config/validate.h"
#include "sidewatch/detector.h"

static const char *const default_internal[] = {
	"10.0.0.0/8", /* RFC 1918 */
	"172.16.0.0/12",  "192.168.0.0/16", "100.64.0.0/10", /* RFC 6598: shared address space */
	"169.254.0.0/16", /* RFC 3927: link-local */
	"fc00::/7", /* RFC 4193: unique local */
	"fe80::/10", /* RFC 4291: link-local */
};

static const uint16_t default_login_ports[] = {22, 23, 513, 514};

static void cleanup_config(struct sw_config **config)
{
	sw_config_free(config);
}

static int set_internal(struct sw_config *config, const char *const *texts, size_t count)
{
	struct sw_network *networks = calloc(count, sizeof(*networks));

	if (!networks)
		return -ENOMEM;
	free(config->internal);
	config->internal = networks;
	config->internal_count = count;
	for (size_t i = 0; i < count; i++)
		if (sw_network_parse(texts[i], &networks[i]))
			return -EINVAL;
	return 0;
}

static int set_login_ports(struct sw_config *config, const uint16_t *ports, size_t count)
{
	uint16_t *copy = calloc(count, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	memcpy(copy, ports, count * sizeof(*copy));
	free(config->login_ports);
	config->login_ports = copy;
	config->login_ports_count = count;
	return 0;
}

static int set_text(char **to, const char *from)
{
	char *copy = strdup(from);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int set_defaults(struct sw_config *config)
{
	int rc;

	config->argv = SW_ARGV_REDACTED;
	config->syslog.level = SW_BAND_ALERT;
	config->terminal.level = SW_BAND_NOTICE;
	config->json.level = SW_BAND_NOTICE;
	config->ring_bytes = 4 * 1024 * 1024;
	config->rate_burst = 512;
	config->rate_per_s = 128;
	config->edge_window_s = 60;
	config->edges_max = 65536;
	/* One more than there are, as calloc(0) may return NULL. */
	config->detector_on = calloc(sw_detectors_count + 1, sizeof(*config->detector_on));
	if (!config->detector_on)
		return -ENOMEM;
	memset(config->detector_on, true, sw_detectors_count * sizeof(*config->detector_on));
	rc = set_text(&config->syslog.path, "/dev/log");
	if (!rc)
		rc = set_internal(config, default_internal, SW_ARRAY_SIZE(default_internal));
	if (!rc)
		rc = set_login_ports(config, default_login_ports,
				     SW_ARRAY_SIZE(default_login_ports));
	return rc;
}

static int set_rule(struct sw_allow *to, const struct sw_raw_allow *from)
{
	int rc = 0;

	to->port = from->port ? *from->port : 0;
	if (from->peer)
		rc = sw_network_parse(from->peer, &to->peer);
	if (!rc && from->destination)
		rc = sw_network_parse(from->destination, &to->destination);
	if (!rc && from->user)
		rc = set_text(&to->user, from->user);
	if (!rc && from->reason)
		rc = set_text(&to->reason, from->reason);
	return rc;
}

static int set_allow(struct sw_config *config, const struct sw_raw *raw)
{
	int rc = 0;

	if (!raw->allow_count)
		return 0;
	config->allow = calloc(raw->allow_count, sizeof(*config->allow));
	if (!config->allow)
		return -ENOMEM;
	config->allow_count = raw->allow_count;
	for (size_t i = 0; i < raw->allow_count && !rc; i++)
		rc = set_rule(&config->allow[i], &raw->allow[i]);
	return rc;
}

static int set_service(struct sw_service *to, const struct sw_raw_service *from)
{
	int rc = set_text(&to->service, from->service);

	to->programs = calloc(from->programs_count, sizeof(*to->programs));
	if (!to->programs)
		return -ENOMEM;
	to->programs_count = from->programs_count;
	for (size_t i = 0; i < to->programs_count && !rc; i++)
		rc = set_text(&to->programs[i], from->programs[i]);
	return rc;
}

static int set_services(struct sw_config *config, const struct sw_raw *raw)
{
	int rc = 0;

	if (!raw->services_count)
		return 0;
	config->services = calloc(raw->services_count, sizeof(*config->services));
	if (!config->services)
		return -ENOMEM;
	config->services_count = raw->services_count;
	for (size_t i = 0; i < raw->services_count && !rc; i++)
		rc = set_service(&config->services[i], &raw->services[i]);
	return rc;
}

static int set_sinks(struct sw_config *config, const struct sw_raw_sinks *sinks)
{
	const struct sw_raw_sink *syslog = sinks->syslog, *terminal = sinks->terminal;
	const struct sw_raw_sink *json = sinks->json;
	int rc = 0;

	if (syslog && syslog->enabled) {
		config->syslog.enabled = *syslog->enabled;
		config->syslog.enabled_set = true;
	}
	if (syslog && syslog->level)
		config->syslog.level = *syslog->level;
	if (syslog && syslog->path)
		rc = set_text(&config->syslog.path, syslog->path);
	if (terminal && terminal->enabled) {
		config->terminal.enabled = *terminal->enabled;
		config->terminal.enabled_set = true;
	}
	if (terminal && terminal->level)
		config->terminal.level = *terminal->level;
	if (json && json->level)
		config->json.level = *json->level;
	if (!rc && json && json->path)
		rc = set_text(&config->json.path, json->path);
	if (!rc)
		rc = sw_servers_apply(config, sinks->servers, sinks->servers_count);
	return rc;
}

/* Lays the file's settings over the defaults. */
static int apply(struct sw_config *config, const struct sw_raw *raw)
{
	int rc = 0;

	if (raw->networks && raw->networks->internal_count)
		rc = set_internal(config, (const char *const *)raw->networks->internal,
				  raw->networks->internal_count);
	if (!rc && raw->login_ports_count)
		rc = set_login_ports(config, raw->login_ports, raw->login_ports_count);
	if (!rc)
		rc = set_services(config, raw);
	if (!rc)
		rc = set_allow(config, raw);
	if (!rc && raw->sinks)
		rc = set_sinks(config, raw->sinks);
	if (raw->argv)
		config->argv = *raw->argv;
	for (size_t i = 0; raw->detectors && i < sw_detectors_count; i++)
		if (raw->detectors[i])
			config->detector_on[i] = *raw->detectors[i];
	if (raw->ring && raw->ring->bytes)
		config->ring_bytes = *raw->ring->bytes;
	if (raw->ring && raw->ring->burst)
		config->rate_burst = *raw->ring->burst;
	if (raw->ring && raw->ring->rate)
		config->rate_per_s = *raw->ring->rate;
	if (raw->edges && raw->edges->window)
		config->edge_window_s = *raw->edges->window;
	if (raw->edges && raw->edges->max)
		config->edges_max = *raw->edges->max;
	return rc;
}

/* Tells everything that is wrong with a text; *empty if there is nothing to load. */
static int validate(const struct sw_schema *schema, const char *text, size_t bytes, bool files,
		    struct sw_problems *problems, bool *empty)
{
	yaml_document_t document;
	int rc;

	rc = sw_document_load(text, bytes, problems, &document, empty);
	if (rc || *empty)
		return rc;
	sw_validate(sw_schema_root(schema), &document, files, problems);
	yaml_document_delete(&document);
	return problems->count ? -EINVAL : 0;
}

static int load_text(struct sw_config *config, const char *text, size_t bytes, bool files,
		     struct sw_problems *problems)
{
	struct sw_schema *schema = NULL;
	struct sw_raw *raw = NULL;
	bool empty = false;
	int rc;

	rc = sw_schema_new(&schema);
	if (rc)
		return rc;
	rc = validate(schema, text, bytes, files, problems, &empty);
	if (!rc && !empty)
		rc = sw_raw_load(schema, text, bytes, problems, &raw);
	if (!rc && raw)
		rc = apply(config, raw);
	sw_raw_free(schema, &raw);
	sw_schema_free(&schema);
	return rc;
}

static int load_file(struct sw_config *config, const char *path, bool files,
		     struct sw_problems *problems)
{
	sw_autofree char *text = NULL;
	size_t bytes;
	int rc;

	rc = set_text(&config->path, path);
	if (!rc)
		rc = sw_text_read(path, problems, &text, &bytes);
	return rc ? rc : load_text(config, text, bytes, files, problems);
}

static int new_defaults(struct sw_config **out)
{
	struct sw_config *config = calloc(1, sizeof(*config));
	int rc;

	if (!config)
		return -ENOMEM;
	rc = set_defaults(config);
	if (rc)
		sw_config_free(&config);
	else
		*out = config;
	return rc;
}

/* What went wrong without a word gets one. */
static int told(struct sw_problems *problems, int rc)
{
	if (rc && !problems->count)
		sw_problem(problems, 0, 0, "%s", strerror(-rc));
	return rc;
}

static int load(const char *path, bool files, FILE *err, struct sw_config **out)
{
	__attribute__((cleanup(cleanup_config))) struct sw_config *config = NULL;
	struct sw_problems problems = {.err = err, .path = path};
	int rc = new_defaults(&config);

	if (!rc && path)
		rc = told(&problems, load_file(config, path, files, &problems));
	if (rc)
		return rc;
	*out = SW_TAKE_PTR(config);
	return 0;
}

int sw_config_load(const char *path, FILE *err, struct sw_config **out)
{
	return load(path, false, err, out);
}

int sw_config_check(const char *path, FILE *err, struct sw_config **out)
{
	return load(path, true, err, out);
}

int sw_config_parse(const char *name, const char *text, size_t bytes, FILE *err,
		    struct sw_config **out)
{
	__attribute__((cleanup(cleanup_config))) struct sw_config *config = NULL;
	struct sw_problems problems = {.err = err, .path = name};
	int rc = new_defaults(&config);

	if (!rc)
		rc = sw_text_check(text, bytes, &problems);
	if (!rc)
		rc = load_text(config, text, bytes, false, &problems);
	if (rc)
		return told(&problems, rc);
	*out = SW_TAKE_PTR(config);
	return 0;
}

void sw_config_free(struct sw_config **config)
{
	struct sw_config *c = *config;

	if (!c)
		return;
	for (size_t i = 0; i < c->services_count; i++) {
		for (size_t j = 0; j < c->services[i].programs_count; j++)
			free(c->services[i].programs[j]);
		free(c->services[i].programs);
		free(c->services[i].service);
	}
	free(c->services);
	for (size_t i = 0; i < c->allow_count; i++) {
		free(c->allow[i].user);
		free(c->allow[i].reason);
	}
	free(c->allow);
	free(c->path);
	free(c->internal);
	free(c->login_ports);
	free(c->detector_on);
	free(c->syslog.path);
	free(c->json.path);
	sw_servers_free(c);
	free(c);
	*config = NULL;
}

bool sw_config_is_internal(const struct sw_config *config, uint8_t family, const uint8_t addr[16])
{
	for (size_t i = 0; i < config->internal_count; i++)
		if (sw_network_contains(&config->internal[i], family, addr))
			return true;
	return false;
}

bool sw_config_lists_program(const struct sw_config *config, const char *service,
			     const char *program)
{
	for (size_t i = 0; i < config->services_count; i++) {
		const struct sw_service *list = &config->services[i];

		if (!sw_glob_match(list->service, service))
			continue;
		for (size_t j = 0; j < list->programs_count; j++)
			if (sw_glob_match(list->programs[j], program))
				return true;
	}
	return false;
}

bool sw_config_is_login_port(const struct sw_config *config, uint16_t port)
{
	for (size_t i = 0; i < config->login_ports_count; i++)
		if (config->login_ports[i] == port)
			return true;
	return false;
}
