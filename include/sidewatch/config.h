/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effective configuration: defaults, then the file. Immutable once loaded; everybody borrows
 * it.
 */
#ifndef SIDEWATCH_CONFIG_H
#define SIDEWATCH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sidewatch/incident.h"

/* The file that is read if none is named; it need not exist. */
#define SW_CONFIG_PATH "/etc/sidewatch/sidewatch.yaml"
/* Where a server's spool is if the file does not say: SW_SPOOL_DIR/PROTOCOL-HOST-PORT. */
#define SW_SPOOL_DIR "/var/spool/sidewatch"

/* An address range. IPv4 lies in the first four bytes; prefix counts from the family's first bit.
 */
struct sw_network {
	uint8_t addr[16];
	uint8_t family; /* 4 or 6 */
	uint8_t prefix; /* 0..32 or 0..128 */
};

/* Findings that match every given field of a rule are dropped. An absent field matches all. */
struct sw_allow {
	struct sw_network peer; /* root origin's address; family 0: any */
	struct sw_network destination; /* family 0: any */
	char *user; /* NULL: any. Owned by the configuration */
	uint16_t port; /* destination port; 0: any */
	char *reason; /* may be NULL */
};

/* Programs that a service normally starts: what else it starts is not its usual work. */
struct sw_service {
	char *service; /* pattern (base/glob.h) of the program that listens or reads */
	char **programs; /* patterns */
	size_t programs_count;
};

/* How messages travel to a syslog server. */
enum sw_protocol { SW_PROTOCOL_UDP = 0, SW_PROTOCOL_TCP, SW_PROTOCOL_TLS, SW_PROTOCOL_MAX };

/* A syslog server. Strings are owned by the configuration. */
struct sw_server {
	enum sw_protocol protocol;
	char *host; /* name or address */
	uint16_t port; /* default by protocol: 514, 601, 6514 */
	enum sw_band level; /* least band that is sent; default alert */
	uint32_t enterprise_id; /* IANA private enterprise number; 0: none */
	char *ca; /* TLS, PEM: who may sign its certificate; NULL: the system's authorities */
	char *certificate; /* TLS, PEM: our own chain, NULL: none */
	char *key; /* of certificate; NULL if that is */
	char *name; /* TLS: whom its certificate must name; default host */
	char *spool_dir; /* default below SW_SPOOL_DIR */
	uint32_t spool_bytes; /* 0: no spool; default 64 MiB */
};

enum sw_argv_mode { SW_ARGV_NONE = 0, SW_ARGV_REDACTED, SW_ARGV_FULL, SW_ARGV_MAX };

struct sw_config {
	char *path; /* file it came from, NULL for pure defaults */

	struct sw_network *internal; /* default: RFC 1918, RFC 6598, RFC 4193, link-local */
	size_t internal_count;
	uint16_t *login_ports; /* default 22, 23, 513, 514 */
	size_t login_ports_count;

	enum sw_argv_mode argv; /* default redacted */

	bool *detector_on; /* by index in the registry; default all true */

	struct sw_service *services; /* default none */
	size_t services_count;

	struct sw_allow *allow;
	size_t allow_count;

	struct {
		bool enabled;
		bool enabled_set; /* the file says so; else `run` decides (see sidewatch(8)) */
		char *path; /* default "/dev/log" */
		enum sw_band level; /* least band that is sent; default alert */
	} syslog;
	struct {
		bool enabled;
		bool enabled_set;
		enum sw_band level; /* default notice */
	} terminal;
	struct {
		char *path; /* JSON lines file, NULL: off */
		enum sw_band level; /* default notice */
	} json;
	struct sw_server *servers; /* sinks.syslog_servers */
	size_t servers_count;

	uint32_t ring_bytes; /* vital ring; power of two, default 4 MiB */
	uint32_t rate_burst; /* facts one session may produce at once, per kind; default 512 */
	uint32_t rate_per_s; /* and per second in the long run; default 128 */
	uint32_t edge_window_s; /* flows of services are counted by edge for so long; default 60 */
	uint32_t edges_max; /* edges counted in one window; default 65,536 */
};

/* "udp", "tcp", "tls". */
const char *sw_protocol_name(enum sw_protocol protocol);

/*
 * Loads defaults and, if path is not NULL, the file over them. On failure prints one or more
 * lines "file:line:column: message" (or "file: message" where there is no position) to err,
 * leaves *out untouched and returns -EINVAL (content), -ENOENT, -EACCES, … (file) or -ENOMEM.
 */
int sw_config_load(const char *path, FILE *err, struct sw_config **out);

/* As sw_config_load(), and complains about every file named in it that cannot be read. */
int sw_config_check(const char *path, FILE *err, struct sw_config **out);

/*
 * The same for a text of which `name` is told in place of a file's path. The configuration has no
 * path.
 */
int sw_config_parse(const char *name, const char *text, size_t bytes, FILE *err,
		    struct sw_config **out);

/* NULL-safe. Sets *config to NULL. */
void sw_config_free(struct sw_config **config);

/* Whether addr (family 4 or 6) lies in the network. */
bool sw_network_contains(const struct sw_network *net, uint8_t family, const uint8_t addr[16]);

/* Whether addr lies in any of the configured internal networks. */
bool sw_config_is_internal(const struct sw_config *config, uint8_t family, const uint8_t addr[16]);

bool sw_config_is_login_port(const struct sw_config *config, uint16_t port);

/* Whether the program at the path is listed for the service whose program that is. */
bool sw_config_lists_program(const struct sw_config *config, const char *service,
			     const char *program);

/* Parses "10.0.0.0/8", "fd00::/8" or a bare address. 0 or -EINVAL. Host bits must be zero. */
int sw_network_parse(const char *text, struct sw_network *out);

#endif
