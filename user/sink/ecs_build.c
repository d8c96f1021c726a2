/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/community_id.h"
#include "base/escape.h"
#include "base/timestamp.h"
#include "sink/ecs_build.h"

static void check(struct sw_ecs *ecs, int rc)
{
	if (rc && !ecs->error)
		ecs->error = -ENOMEM;
}

json_t *sw_ecs_object(struct sw_ecs *ecs, json_t *base, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, ".");
		char key[64];
		json_t *next;

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		next = json_object_get(base, key);
		if (!next) {
			next = json_object();
			check(ecs, json_object_set_new(base, key, next));
			next = json_object_get(base, key);
		}
		base = next;
		path += len + (path[len] == '.');
	}
	return base;
}

/* The object that holds the last part of a dotted path, which *path is then. */
static json_t *holder(struct sw_ecs *ecs, json_t *base, const char **path)
{
	const char *dot = strrchr(*path, '.');
	char parent[96];

	if (!dot)
		return base;
	snprintf(parent, sizeof(parent), "%.*s", (int)(dot - *path), *path);
	*path = dot + 1;
	return sw_ecs_object(ecs, base, parent);
}

void sw_ecs_put(struct sw_ecs *ecs, json_t *base, const char *path, json_t *value)
{
	base = holder(ecs, base, &path);
	check(ecs, json_object_set_new(base, path, value));
}

json_t *sw_ecs_array(struct sw_ecs *ecs, json_t *base, const char *path)
{
	json_t *array;

	base = holder(ecs, base, &path);
	array = json_object_get(base, path);
	if (!array) {
		array = json_array();
		check(ecs, json_object_set_new(base, path, array));
	}
	return ecs->error ? NULL : array;
}

json_t *sw_ecs_item(struct sw_ecs *ecs, json_t *array)
{
	json_t *item = json_object();

	check(ecs, json_array_append_new(array, item));
	return ecs->error ? NULL : item;
}

static json_t *text_value(const char *text)
{
	size_t len;
	sw_autofree char *valid = sw_utf8_dup(text, strlen(text), &len);

	return valid ? json_stringn(valid, len) : NULL;
}

void sw_ecs_put_text(struct sw_ecs *ecs, json_t *base, const char *path, const char *text)
{
	if (text && text[0])
		sw_ecs_put(ecs, base, path, text_value(text));
}

void sw_ecs_put_number(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t number)
{
	sw_ecs_put(ecs, base, path,
		   json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number));
}

void sw_ecs_put_id(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t id)
{
	char text[17];

	if (id == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIx64, id);
	sw_ecs_put(ecs, base, path, json_string(text));
}

void sw_ecs_put_time(struct sw_ecs *ecs, json_t *base, const char *path, uint64_t boottime_ns)
{
	char text[SW_TIMESTAMP_BYTES];

	if (boottime_ns == 0)
		return;
	sw_timestamp_format(text, boottime_ns, ecs->message->host->realtime_offset_ns);
	sw_ecs_put(ecs, base, path, json_string(text));
}

void sw_ecs_add(struct sw_ecs *ecs, json_t *array, const char *text)
{
	check(ecs, json_array_append_new(array, text_value(text)));
}

void sw_ecs_add_unique(struct sw_ecs *ecs, json_t *array, const char *text)
{
	json_t *value = text_value(text), *other;
	size_t i;

	json_array_foreach (array, i, other) {
		if (json_equal(value, other)) {
			json_decref(value);
			return;
		}
	}
	check(ecs, json_array_append_new(array, value));
}

static void put_end(struct sw_ecs *ecs, json_t *base, const char *name, const struct sw_flow *flow,
		    enum sw_side side)
{
	json_t *end = sw_ecs_object(ecs, base, name);
	char addr[SW_ADDR_BYTES];

	sw_ecs_put_text(ecs, end, "ip", sw_flow_addr(addr, flow, side));
	/* 0: the kernel had not chosen the port when this was told */
	if (sw_flow_port(flow, side))
		sw_ecs_put_number(ecs, end, "port", sw_flow_port(flow, side));
}

void sw_ecs_flow(struct sw_ecs *ecs, json_t *base, const struct sw_flow *flow,
		 enum sw_ecs_direction direction)
{
	bool inbound = direction == SW_ECS_INBOUND;
	char id[SW_COMMUNITY_ID_BYTES];

	if (sw_community_id(flow, 0, id) == 0)
		sw_ecs_put_text(ecs, base, "community_id", id);
	put_end(ecs, base, "source", flow, inbound ? SW_REMOTE : SW_LOCAL);
	put_end(ecs, base, "destination", flow, inbound ? SW_LOCAL : SW_REMOTE);
	sw_ecs_put_time(ecs, base, "start", flow->start_ns);
}
