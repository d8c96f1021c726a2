/* SPDX-License-Identifier: Apache-2.0 */
/* process.*, user.* and whom they name. */
#include "fixture.h"

#define BOOT "11111111-2222-3333-4444-555555555555"

static json_t *rendered(const struct sw_incident *incident)
{
	struct sw_message message = fixture_message(incident);

	return fixture_format(&message, 0);
}

static void test_whole_family(void **unused)
{
	static const struct {
		const char *path, *text;
	} texts[] = {
		{"entity_id", BOOT "-840-99000000000"},
		{"start", "2023-11-14T22:14:59.000000000Z"},
		{"name", "ssh"},
		{"executable", "/usr/bin/ssh"},
		{"command_line", "ssh root@10.0.1.7"},
		{"parent.entity_id", BOOT "-812-91000000000"},
		{"parent.start", "2023-11-14T22:14:51.000000000Z"},
		{"parent.name", "bash"},
		{"parent.executable", "/usr/bin/bash"},
		{"parent.command_line", "-bash"},
		{"entry_leader.entity_id", BOOT "-800-80000000000"},
		{"entry_leader.name", "sshd"},
		{"entry_leader.executable", "/usr/sbin/sshd"},
		{"entry_leader.entry_meta.source.ip", "10.0.0.5"},
	};
	struct sw_incident incident = fixture_incident();
	json_t *root = rendered(&incident), *process = json_at(root, "process");

	(void)unused;
	for (size_t i = 0; i < SW_ARRAY_SIZE(texts); i++)
		assert_json_text(process, texts[i].path, texts[i].text);
	assert_json_number(process, "pid", 840);
	assert_json_number(process, "parent.pid", 812);
	assert_json_number(process, "entry_leader.pid", 800);
	json_decref(root);
}

/* A shell forks and connects by itself: another process, the same program. */
static void test_process_is_the_one_that_connected(void **unused)
{
	struct sw_incident incident = fixture_incident();
	json_t *root;

	(void)unused;
	incident.hop.pid = incident.task.tgid = 900;
	incident.task.start_ns = 100 * SECOND;
	incident.task.ppid = 840;
	root = rendered(&incident);
	assert_json_number(root, "process.pid", 900);
	assert_json_text(root, "process.entity_id", BOOT "-900-100000000000");
	assert_json_text(root, "process.executable", "/usr/bin/ssh");
	assert_json_text(root, "process.parent.entity_id", BOOT "-840-99000000000");
	json_decref(root);
}

static void test_unknown_parent_is_only_a_number(void **unused)
{
	struct sw_incident incident = fixture_incident();
	json_t *root;

	(void)unused;
	incident.task.ppid = 1; /* reparented */
	root = rendered(&incident);
	assert_json_number(root, "process.parent.pid", 1);
	assert_int_equal(json_object_size(json_at(root, "process.parent")), 1);
	json_decref(root);

	/* nobody is started by what began later: that number was used again */
	incident.task.ppid = 812;
	incident.lineage[1].start_ns = incident.task.start_ns + 1;
	root = rendered(&incident);
	assert_int_equal(json_object_size(json_at(root, "process.parent")), 1);
	json_decref(root);

	incident.task.ppid = 0; /* in no namespace that we see */
	root = rendered(&incident);
	assert_null(json_at(root, "process.parent"));
	json_decref(root);
}

static void test_lost_records_leave_gaps(void **unused)
{
	struct sw_incident incident = fixture_incident();
	json_t *root;

	(void)unused;
	incident.lineage_count = 0;
	root = rendered(&incident);
	assert_json_number(root, "process.pid", 840);
	assert_json_text(root, "process.name", "ssh"); /* the task's own short name */
	assert_null(json_at(root, "process.executable"));
	assert_json_text(root, "process.entry_leader.entry_meta.source.ip", "10.0.0.5");
	assert_int_equal(json_object_size(json_at(root, "process.entry_leader")), 1);
	json_decref(root);

	/* the reader's SESSION was lost: its process is not known, its name may be */
	incident = fixture_incident();
	incident.lineage[0] = (struct sw_step){.comm = "sshd", .exe = "", .tty = ""};
	incident.origin.confidence = SW_CONFIDENCE_SERVICE;
	incident.origin.seen = 2;
	root = rendered(&incident);
	assert_null(json_at(root, "process.entry_leader"));
	json_decref(root);
}

static void test_no_entry_among_several_peers(void **unused)
{
	struct sw_incident incident = fixture_incident();
	json_t *root;

	(void)unused;
	incident.origin.confidence = SW_CONFIDENCE_SERVICE;
	incident.origin.seen = 9;
	root = rendered(&incident);
	assert_json_number(root, "process.entry_leader.pid", 800);
	assert_null(json_at(root, "process.entry_leader.entry_meta"));
	json_decref(root);
}

static void test_user_and_effective_user(void **unused)
{
	struct sw_incident incident = fixture_incident();
	json_t *root = rendered(&incident);

	(void)unused;
	assert_json_text(root, "user.id", "1000");
	assert_json_text(root, "user.name", "alice");
	assert_json_text(root, "user.effective.id", "0");
	assert_json_text(root, "user.effective.name", "root");
	json_decref(root);

	incident.task.cred.euid = 54321;
	incident.effective_user = "uid 54321"; /* a stand-in is no name */
	root = rendered(&incident);
	assert_json_text(root, "user.effective.id", "54321");
	assert_null(json_at(root, "user.effective.name"));
	assert_int_equal(json_array_size(json_at(root, "related.user")), 1);
	json_decref(root);

	incident.effective_user = NULL;
	incident.task.cred.euid = (uint32_t)-1;
	incident.uid = (uint32_t)-1;
	incident.user = "";
	root = rendered(&incident);
	assert_null(json_at(root, "user"));
	assert_null(json_at(root, "related.user"));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_family),
		cmocka_unit_test(test_process_is_the_one_that_connected),
		cmocka_unit_test(test_unknown_parent_is_only_a_number),
		cmocka_unit_test(test_lost_records_leave_gaps),
		cmocka_unit_test(test_no_entry_among_several_peers),
		cmocka_unit_test(test_user_and_effective_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
