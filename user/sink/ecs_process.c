/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that opened the worst hop, what started it, where the session came in, and for whom
 * it ran. Process ids and times are the kernel's own; a program is named only where its image is
 * in the lineage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "sink/ecs_build.h"
#include "sink/origin.h"

#define UID_NONE ((uint32_t)-1)

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* 0: not known. A process id is unique only together with its start, and both within a boot. */
static void put_identity(struct sw_ecs *ecs, json_t *process, uint32_t pid, uint64_t start_ns)
{
	char text[96];

	if (pid)
		sw_ecs_put_number(ecs, process, "pid", pid);
	if (!pid || !start_ns)
		return;
	snprintf(text, sizeof(text), "%s-%u-%" PRIu64, ecs->message->host->boot_id, pid, start_ns);
	sw_ecs_put_text(ecs, process, "entity_id", text);
	sw_ecs_put_time(ecs, process, "start", start_ns);
}

static void put_program(struct sw_ecs *ecs, json_t *process, const struct sw_step *step)
{
	bool named = step->exe && step->exe[0];

	sw_ecs_put_text(ecs, process, "name", named ? base_name(step->exe) : step->comm);
	sw_ecs_put_text(ecs, process, "executable", step->exe);
	sw_ecs_put_text(ecs, process, "command_line", step->argv);
}

static void put_hop_process(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	const struct sw_step *step = sw_incident_hop_step(incident);
	const struct sw_step unknown = {.comm = incident->task.comm};
	json_t *process = sw_ecs_object(ecs, ecs->root, "process");

	put_identity(ecs, process, incident->task.tgid, incident->task.start_ns);
	put_program(ecs, process, step ? step : &unknown);
}

/* Reparenting changes the parent: it may be a process that is nowhere in the lineage. */
static void put_parent(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	uint32_t ppid = incident->task.ppid;
	json_t *parent;

	if (ppid == 0)
		return;
	parent = sw_ecs_object(ecs, ecs->root, "process.parent");
	for (size_t i = incident->lineage_count; i-- > 0;) {
		const struct sw_step *step = &incident->lineage[i];

		if (step->pid == ppid && step->start_ns <= incident->task.start_ns) {
			put_identity(ecs, parent, ppid, step->start_ns);
			put_program(ecs, parent, step);
			return;
		}
	}
	put_identity(ecs, parent, ppid, 0);
}

/* The process that the root's connection reached. */
static void put_entry(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	const struct sw_flow *root = sw_origin_root_flow(&incident->origin);
	char addr[SW_ADDR_BYTES];
	json_t *leader;

	if (incident->lineage_count && incident->lineage[0].pid) {
		leader = sw_ecs_object(ecs, ecs->root, "process.entry_leader");
		put_identity(ecs, leader, incident->lineage[0].pid, incident->lineage[0].start_ns);
		put_program(ecs, leader, &incident->lineage[0]);
	}
	if (root)
		sw_ecs_put_text(ecs, ecs->root, "process.entry_leader.entry_meta.source.ip",
				sw_flow_addr(addr, root, SW_REMOTE));
}

static void put_user(struct sw_ecs *ecs, const char *path, uint32_t uid, const char *name)
{
	json_t *user;
	char text[16];

	if (uid == UID_NONE)
		return;
	user = sw_ecs_object(ecs, ecs->root, path);
	snprintf(text, sizeof(text), "%u", uid);
	sw_ecs_put_text(ecs, user, "id", text);
	if (sw_user_is_named(name, uid))
		sw_ecs_put_text(ecs, user, "name", name);
}

void sw_ecs_process(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	put_hop_process(ecs, incident);
	put_parent(ecs, incident);
	put_entry(ecs, incident);
	put_user(ecs, "user", incident->uid, incident->user);
	put_user(ecs, "user.effective", incident->task.cred.euid, incident->effective_user);
}
