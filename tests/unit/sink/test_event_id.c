/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.id removes doubles: the same for the same telling wherever it goes, and never the same for
 * two tellings, whatever became of the incident in between.
 */
#include <stdlib.h>
#include <unistd.h>

#include "alert/rig.h"
#include "base/cleanup.h"
#include "sink/jsonl.h"
#include "sink/syslog.h"

#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ALICE 1000

/* An attempt of session `session` to a destination of its own. */
static void hop(struct rig *rig, uint64_t time_ns, uint64_t session)
{
	static unsigned int host;
	struct sw_origin o = login_origin();
	struct sw_flow out;
	char remote[24];

	host++;
	snprintf(remote, sizeof(remote), "10.0.1.%u", 2 + host);
	out = flow(1000 + host, "10.0.0.1", 0, remote, 22);
	o.session = o.root = session;
	play(rig, rec_connect(time_ns, &o, task(21, 2, ALICE, "ssh"), &out));
}

/* The caller frees it. */
static char *id_in(const char *json)
{
	json_t *root = json_loads(json, 0, NULL);
	const char *id = json_string_value(json_object_get(json_object_get(root, "event"), "id"));
	char *copy;

	assert_non_null(id);
	copy = strdup(id);
	json_decref(root);
	return copy;
}

static void assert_all_differ(const struct told *told, size_t n)
{
	char *ids[TOLD_MAX];

	assert_in_range(n, 2, TOLD_MAX);
	for (size_t i = 0; i < n; i++) {
		ids[i] = id_in(told[i].json);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
	}
	for (size_t i = 0; i < n; i++)
		free(ids[i]);
}

static void updates_differ(void **state)
{
	struct rig *rig = rig_new(0);

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		hop(rig, 10 * S + i * 2 * S, 7);
		hop(rig, 10 * S + i * 2 * S, 8);
	}
	assert_int_equal(rig->count, 10);
	assert_all_differ(rig->told, rig->count);
	rig_free(rig);
}

/* There is room for one incident: each is forgotten for the other, and begins anew. */
static void forgotten_and_opened_anew(void **state)
{
	struct rig *rig = rig_new(1);

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		hop(rig, 10 * S + i * 2 * S, 7 + i % 2);
	assert_int_equal(rig->count, 4);
	assert_string_equal(rig->told[0].id, rig->told[2].id); /* the same incident … */
	assert_int_equal(rig->told[0].update, rig->told[2].update);
	assert_all_differ(rig->told, rig->count); /* … but another event */
	rig_free(rig);
}

/* The session outlives the sensor, and goes on. */
static void told_by_two_lives_of_the_sensor(void **state)
{
	struct rig *first = rig_new(0), *second = rig_new(0);
	struct told told[2];

	(void)state;
	hop(first, 10 * S, 7);
	told[0] = first->told[0];
	rig_free(first);
	hop(second, 60 * S, 7);
	told[1] = second->told[0];
	assert_string_equal(told[0].id, told[1].id);
	assert_all_differ(told, 2);
	rig_free(second);
}

/* A replay tells what was told, to the byte. */
static void told_again_is_the_same(void **state)
{
	struct rig *first = rig_new(0), *again = rig_new(0);
	const struct sw_origin o = login_origin();
	const struct sw_flow out = flow(50, "10.0.0.1", 0, "10.0.1.7", 22);

	(void)state;
	play(first, rec_connect(10 * S, &o, task(21, 2, ALICE, "ssh"), &out));
	play(again, rec_connect(10 * S, &o, task(21, 2, ALICE, "ssh"), &out));
	assert_string_equal(first->told[0].json, again->told[0].json);
	rig_free(first);
	rig_free(again);
}

struct place {
	char dir[32];
	char log[64];
	struct sockaddr_un daemon;
	int fd;
};

static void make_place(struct place *place)
{
	snprintf(place->dir, sizeof(place->dir), "/tmp/sw-id-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->log, sizeof(place->log), "%s/log", place->dir);
	place->daemon.sun_family = AF_UNIX;
	snprintf(place->daemon.sun_path, sizeof(place->daemon.sun_path), "%s/dev", place->dir);
	place->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(place->fd >= 0);
	assert_int_equal(bind(place->fd, (struct sockaddr *)&place->daemon, sizeof(place->daemon)),
			 0);
}

static void remove_place(struct place *place)
{
	close(place->fd);
	unlink(place->daemon.sun_path);
	unlink(place->log);
	rmdir(place->dir);
}

static void send_to(const char *what, struct sw_sink *sink, const struct sw_message *message)
{
	if (sink->ops->send(sink, message))
		fail_msg("%s does not take it", what);
	sink->ops->free(sink);
}

/* One in full in a file, one cut for syslog: doubles still. */
static void same_in_every_sink(void **state)
{
	static char argv[9000], datagram[8192], line[65536];
	static const struct sw_host host = {.boot_id = "89abcdef-0000-4000-8000-000000000000"};
	struct sw_incident incident = {.id = "0123abcd-89abcdef-7",
				       .update = 3,
				       .first_ns = 10 * S,
				       .user = "",
				       .lineage = {{.exe = "/x", .argv = argv, .pid = 1}},
				       .lineage_count = 1,
				       .explain = "x"};
	struct sw_message message = {
		.msgid = SW_MSG_INCIDENT, .incident = &incident, .host = &host};
	sw_autofree char *from_file = NULL, *from_syslog = NULL;
	struct sw_sink *sink = NULL;
	struct place place = {0};
	FILE *file;

	(void)state;
	memset(argv, 'a', sizeof(argv) - 1);
	make_place(&place);
	assert_int_equal(sw_jsonl_open(place.log, SW_BAND_RECORD, &sink), 0);
	send_to("the file", sink, &message);
	assert_int_equal(sw_syslog_open(place.daemon.sun_path, SW_BAND_RECORD, &sink), 0);
	send_to("syslog", sink, &message);

	file = fopen(place.log, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_true(recv(place.fd, datagram, sizeof(datagram) - 1, 0) > 0);
	assert_null(strstr(line, "truncated"));
	assert_non_null(strstr(datagram, "truncated"));
	from_file = id_in(line);
	from_syslog = id_in(strstr(datagram, "@cee: ") + strlen("@cee: "));
	assert_string_equal(from_file, from_syslog);
	remove_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(updates_differ),
		cmocka_unit_test(forgotten_and_opened_anew),
		cmocka_unit_test(told_by_two_lives_of_the_sensor),
		cmocka_unit_test(told_again_is_the_same),
		cmocka_unit_test(same_in_every_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
