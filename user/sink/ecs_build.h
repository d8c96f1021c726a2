/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to ecs*.c: building the tree. The first failure is kept, so that callers go straight. */
#ifndef SW_SINK_ECS_BUILD_H
#define SW_SINK_ECS_BUILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "sidewatch/sink.h"

struct sw_ecs {
	const struct sw_message *message;
	json_t *root; /* owned by ecs.c */
	int error; /* first failure, a negative errno */
};

/* The object at a dotted path below base, made if it is not there. Borrowed. */
json_t *sw_ecs_object(struct sw_ecs *ecs, json_t *base, const char *path);

/* The array at a dotted path, made if it is not there. Borrowed. */
json_t *sw_ecs_array(struct sw_ecs *ecs, json_t *base, const char *path);

/* A new object at the end of array. Borrowed. */
json_t *sw_ecs_item(struct sw_ecs *ecs, json_t *array);

/* Sets a dotted path below base. Takes value. */
void sw_ecs_put(struct sw_ecs *ecs, json_t *base, const char *path, json_t *value);

/* Raw text of the watched system; nothing is put for NULL and "". */
void sw_ecs_put_text(struct sw_ecs *ecs, json_t *base, const char *path, const char *text);

/* Numbers above INT64_MAX are told as that. */
void sw_ecs_put_number(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t number);

/* A 64-bit id in hex, as in incident ids: JSON numbers lose bits. Nothing for 0. */
void sw_ecs_put_id(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t id);

/* A moment of boottime; nothing for 0 (not known). */
void sw_ecs_put_time(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t boottime_ns);

/* Adds text to array. */
void sw_ecs_add(struct sw_ecs *ecs, json_t *array, const char *text);

/* Adds text to array unless it is in it. */
void sw_ecs_add_unique(struct sw_ecs *ecs, json_t *array, const char *text);

/* The fields of an INCIDENT. */
void sw_ecs_incident(struct sw_ecs *ecs, const struct sw_incident *incident);

/* rule.* and threat.* of an INCIDENT. */
void sw_ecs_threat(struct sw_ecs *ecs, const struct sw_incident *incident);

/* process.* and user.* of an INCIDENT. */
void sw_ecs_process(struct sw_ecs *ecs, const struct sw_incident *incident);

/* sidewatch.* of an INCIDENT. */
void sw_ecs_evidence(struct sw_ecs *ecs, const struct sw_incident *incident);

/* {community_id, source, destination, start} of a flow whose source is that side. */
enum sw_ecs_direction { SW_ECS_INBOUND, SW_ECS_OUTBOUND };
void sw_ecs_flow(struct sw_ecs *ecs, json_t *base, const struct sw_flow *flow,
		 enum sw_ecs_direction direction);

/* Makes the next least important part of root smaller; false when nothing is left to trim. */
bool sw_ecs_trim(json_t *root, size_t *step);

#endif
