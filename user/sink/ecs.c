/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/ecs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink/ecs_build.h"

#define ECS_VERSION "8.11.0"
#define SCHEMA 2 /* of sidewatch.*: raised when a field changes its meaning or goes */

#define SEVERITY_HEALTH 21
#define SEVERITY_LOSS 47

static void put_host(struct sw_ecs *ecs)
{
	const struct sw_host *host = ecs->message->host;

	sw_ecs_put_text(ecs, ecs->root, "host.name", host->name);
	sw_ecs_put_text(ecs, ecs->root, "host.id", host->machine_id);
	sw_ecs_put_text(ecs, ecs->root, "host.boot.id", host->boot_id);
	sw_ecs_put_text(ecs, ecs->root, "host.architecture", host->architecture);
	sw_ecs_put_text(ecs, ecs->root, "host.os.type", "linux");
	sw_ecs_put_text(ecs, ecs->root, "host.os.kernel", host->kernel);
}

/* What the sensor says of itself. */
static void put_note(struct sw_ecs *ecs)
{
	const struct sw_message *message = ecs->message;
	bool loss = message->msgid == SW_MSG_LOSS;
	json_t *event = sw_ecs_object(ecs, ecs->root, "event");
	char id[96];

	sw_ecs_put_text(ecs, ecs->root, "message", message->text);
	snprintf(id, sizeof(id), "%s-%s-%016" PRIx64, message->host->boot_id,
		 loss ? "loss" : "health", message->time_ns);
	sw_ecs_put_text(ecs, event, "id", id);
	sw_ecs_put_text(ecs, event, "kind", loss ? "event" : "metric");
	sw_ecs_put_text(ecs, event, "module", "sidewatch");
	sw_ecs_put_text(ecs, event, "dataset", loss ? "sidewatch.loss" : "sidewatch.health");
	sw_ecs_add_unique(ecs, sw_ecs_array(ecs, event, "category"), "host");
	sw_ecs_add_unique(ecs, sw_ecs_array(ecs, event, "type"), "info");
	sw_ecs_put_text(ecs, event, "action", loss ? "sensor-lost" : "sensor-healthy");
	sw_ecs_put_number(ecs, event, "severity", loss ? SEVERITY_LOSS : SEVERITY_HEALTH);
	put_host(ecs);
}

static void build(struct sw_ecs *ecs)
{
	sw_ecs_put_time(ecs, ecs->root, "@timestamp", ecs->message->time_ns);
	sw_ecs_put_text(ecs, ecs->root, "ecs.version", ECS_VERSION);
	if (ecs->message->msgid == SW_MSG_INCIDENT) {
		sw_ecs_incident(ecs, ecs->message->incident);
		put_host(ecs);
		sw_ecs_evidence(ecs, ecs->message->incident);
	} else {
		put_note(ecs);
	}
	sw_ecs_put_number(ecs, ecs->root, "sidewatch.schema", SCHEMA);
}

static char *dump(const json_t *root)
{
	return json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
}

static int dump_within(json_t *root, size_t max_bytes, char **out)
{
	sw_autofree char *text = dump(root);
	size_t step = 0;

	while (text && max_bytes && strlen(text) > max_bytes) {
		if (!sw_ecs_trim(root, &step))
			return -EMSGSIZE;
		free(text);
		text = dump(root);
	}
	if (!text)
		return -ENOMEM;
	*out = SW_TAKE_PTR(text);
	return 0;
}

int sw_ecs_format(const struct sw_message *message, size_t max_bytes, char **out, size_t *out_bytes)
{
	struct sw_ecs ecs = {.message = message, .root = json_object()};
	int rc;

	build(&ecs);
	rc = ecs.error ? ecs.error : dump_within(ecs.root, max_bytes, out);
	if (rc == 0)
		*out_bytes = strlen(*out);
	json_decref(ecs.root);
	return rc;
}
