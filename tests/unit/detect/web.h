/* SPDX-License-Identifier: Apache-2.0 */
/* A web server, the programs that it runs, and where these go: for the tests of service-pivot. */
#ifndef TEST_DETECT_WEB_H
#define TEST_DETECT_WEB_H

#include "alert/rig.h"

#include "base/cleanup.h"

#define WEB 33
#define ALICE 1000
#define SERVER "/usr/sbin/lighttpd"

/* 10.0.0.5:51234 came in to port 80 of 10.0.0.1; session 7. */
static inline struct sw_origin web_origin(void)
{
	struct sw_origin o = login_origin();

	o.flags = 0;
	o.in[0].local_port = 80;
	o.rootflow.local_port = 80;
	return o;
}

/* One of several peers; session ids of such are numbers of their own. */
static inline struct sw_origin pool_origin(void)
{
	struct sw_origin o = web_origin();

	o.session = o.root = 1ull << 63 | 4;
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.nflows = 2;
	o.seen = 2;
	o.in[1] = flow(8, "10.0.0.1", 80, "10.0.0.6", 40000);
	return o;
}

/* The server runs the script, which runs a shell, which becomes the tool, which connects. */
struct story {
	struct sw_origin origin;
	struct sw_flow out;
	union rec session;
	union rec script;
	union rec tool;
	union rec hop;
	bool no_session, no_script, no_tool;
	const char *lists; /* configuration */
};

static inline struct story usual(void)
{
	struct story s = {
		.origin = web_origin(),
		.out = flow(50, "10.0.0.1", 4000, "10.0.1.7", 6379),
	};
	struct sw_task cgi = task(20, 1, WEB, "x.cgi"), curl = task(21, 2, WEB, "curl");

	s.session = rec_session(S, &s.origin, cgi, WEB, SERVER);
	s.script = rec_exec(S, &s.origin, cgi, 0, "/usr/bin/dash");
	strcpy(s.script.exec.filename, "/srv/cgi/x.cgi");
	set_args(&s.script, "/bin/sh\0/srv/cgi/x.cgi", sizeof("/bin/sh\0/srv/cgi/x.cgi"));
	s.tool = rec_exec(S, &s.origin, curl, 1, "/usr/bin/curl");
	s.hop = rec_connect(2 * S, &s.origin, curl, &s.out);
	return s;
}

/* With origin, in all records. */
static inline struct story from(struct sw_origin origin)
{
	struct story s = usual();

	s.origin = origin;
	s.session.h.origin = s.script.h.origin = s.tool.h.origin = s.hop.h.origin = origin;
	return s;
}

static inline void configure(struct rig *rig, const char *lists)
{
	char name[] = "/tmp/sidewatch-pivot-XXXXXX";
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");

	if (!lists)
		lists = "";
	assert_non_null(file);
	assert_true(fputs(lists, file) >= 0);
	fclose(file);
	sw_detect_free(&rig->detect);
	sw_state_free(&rig->state);
	sw_config_free(&rig->config);
	assert_int_equal(sw_config_load(name, stderr, &rig->config), 0);
	unlink(name);
	assert_int_equal(sw_state_new(&(struct sw_state_options){.config = rig->config,
								 .lost = rig_lost,
								 .lost_ctx = rig},
				      &rig->state),
			 0);
	assert_int_equal(sw_detect_new(&(struct sw_detect_options){.config = rig->config,
								   .user_name = rig_user},
				       &rig->detect),
			 0);
}

/* What was told of it at last; its score 0 if nothing was. */
static inline struct told tell(const struct story *s)
{
	struct rig *rig = rig_new(0);
	struct told told = {0};

	configure(rig, s->lists);
	if (!s->no_session)
		play(rig, s->session);
	if (!s->no_script)
		play(rig, s->script);
	if (!s->no_tool)
		play(rig, s->tool);
	play(rig, s->hop);
	if (rig->count)
		told = rig->told[rig->count - 1];
	rig_free(rig);
	return told;
}

static inline bool fires(const struct story *s)
{
	struct told told = tell(s);

	if (told.score)
		assert_non_null(strstr(told.explain, " service-pivot 45"));
	return told.score != 0;
}

#define LIST(service, programs) "service_programs: [{service: " service ", programs: " programs "}]"

static inline bool fires_with(struct story s, const char *lists)
{
	s.lists = lists;
	return fires(&s);
}

#endif
