/* SPDX-License-Identifier: Apache-2.0 */
/* The syslog servers of a configuration. */
#ifndef SW_CONFIG_SERVERS_H
#define SW_CONFIG_SERVERS_H

#include "config/schema.h"
#include "sidewatch/config.h"

uint16_t sw_server_default_port(enum sw_protocol protocol);

/* A new string: where the spool is if the file does not say. NULL: no memory. */
char *sw_server_default_spool(enum sw_protocol protocol, const char *host, uint16_t port);

/* Takes a validated list over. 0 or -ENOMEM; what is there then is freed with the configuration. */
int sw_servers_apply(struct sw_config *config, const struct sw_raw_server *raw, size_t count);
void sw_servers_free(struct sw_config *config);

#endif
