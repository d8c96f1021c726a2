/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule fired, and what ATT&CK calls what it saw. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sidewatch/detector.h"
#include "sink/ecs_build.h"

#define NAME_BYTES 96
#define NAME_PARTS ": " /* between the names of a technique and of its sub-technique */

/* The tactics of ATT&CK for Enterprise. */
static const struct {
	const char *id;
	const char *name;
} tactics[] = {
	{"TA0001", "Initial Access"},
	{"TA0002", "Execution"},
	{"TA0003", "Persistence"},
	{"TA0004", "Privilege Escalation"},
	{"TA0005", "Defense Evasion"},
	{"TA0006", "Credential Access"},
	{"TA0007", "Discovery"},
	{"TA0008", "Lateral Movement"},
	{"TA0009", "Collection"},
	{"TA0010", "Exfiltration"},
	{"TA0011", "Command and Control"},
	{"TA0040", "Impact"},
	{"TA0042", "Resource Development"},
	{"TA0043", "Reconnaissance"},
};

static const char *tactic_name(const char *id)
{
	for (size_t i = 0; i < SW_ARRAY_SIZE(tactics); i++) {
		if (strcmp(tactics[i].id, id) == 0)
			return tactics[i].name;
	}
	return "unknown";
}

/* One more at the end of the lists of ids and of names, which stay in step; none is there twice. */
static void add_named(struct sw_ecs *ecs, const char *path, const char *id, const char *name)
{
	json_t *base = sw_ecs_object(ecs, ecs->root, path);
	json_t *ids = sw_ecs_array(ecs, base, "id"), *names = sw_ecs_array(ecs, base, "name");
	size_t before = json_array_size(ids);

	sw_ecs_add_unique(ecs, ids, id);
	if (json_array_size(ids) > before)
		sw_ecs_add(ecs, names, name);
}

/* "T1021.004", "Remote Services: SSH" is the technique T1021 and its sub-technique T1021.004. */
static void add_technique(struct sw_ecs *ecs, const struct sw_technique *technique)
{
	const char *colon = strstr(technique->name, NAME_PARTS);
	size_t id_len = strcspn(technique->id, ".");
	bool sub = technique->id[id_len] == '.';
	char id[16], name[NAME_BYTES];

	snprintf(id, sizeof(id), "%.*s", (int)id_len, technique->id);
	snprintf(name, sizeof(name), "%.*s",
		 sub && colon ? (int)(colon - technique->name) : NAME_BYTES, technique->name);
	add_named(ecs, "threat.tactic", technique->tactic, tactic_name(technique->tactic));
	add_named(ecs, "threat.technique", id, name);
	if (sub)
		add_named(ecs, "threat.technique.subtechnique", technique->id,
			  colon ? colon + strlen(NAME_PARTS) : technique->name);
}

void sw_ecs_threat(struct sw_ecs *ecs, const struct sw_incident *incident)
{
	/* ECS has room for one rule: the gravest. sidewatch.detectors has them all. */
	if (incident->detectors_count) {
		sw_ecs_put_text(ecs, ecs->root, "rule.name", incident->detectors[0]->name);
		sw_ecs_put_text(ecs, ecs->root, "rule.description",
				incident->detectors[0]->summary);
	}
	sw_ecs_put_text(ecs, ecs->root, "threat.framework", "MITRE ATT&CK");
	for (size_t i = 0; i < incident->detectors_count; i++) {
		const struct sw_detector *detector = incident->detectors[i];

		for (size_t j = 0; j < detector->techniques_count; j++)
			add_technique(ecs, &detector->techniques[j]);
	}
}
