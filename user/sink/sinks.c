/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/jsonl.h"
#include "sink/server.h"
#include "sink/syslog.h"
#include "sink/terminal.h"

#define SINKS_MAX 16
#define PAGE_COLUMNS 80

/* What a set member is given besides incidents: 1 << enum sw_msgid. */
#define NOTES_ALL (1u << SW_MSG_HEALTH | 1u << SW_MSG_LOSS)
#define NOTES_LOSS (1u << SW_MSG_LOSS)

struct member {
	struct sw_sink *sink;
	unsigned int notes;
};

struct sw_sinks {
	struct member members[SINKS_MAX];
	size_t count;
	int epoll; /* of the sinks that have a descriptor */
};

/* What decides which sinks there are. */
struct setting {
	const struct sw_config *config;
	const struct sw_sinks_options *options;
	bool tty;
};

static size_t terminals(const struct setting *s)
{
	if (s->options->stdout_json || s->options->replay)
		return true;
	return s->config->terminal.enabled_set ? s->config->terminal.enabled : s->tty;
}

static size_t syslogs(const struct setting *s)
{
	if (s->config->syslog.enabled_set)
		return s->config->syslog.enabled;
	if (s->options->stdout_json)
		return false;
	return !s->tty || !terminals(s);
}

static size_t jsons(const struct setting *s)
{
	return s->config->json.path != NULL;
}

static size_t servers(const struct setting *s)
{
	return s->config->servers_count;
}

static bool color_wanted(const struct setting *s)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (s->options->color != SW_COLOR_AUTO)
		return s->options->color == SW_COLOR_ALWAYS;
	if (no_color && no_color[0])
		return false;
	return s->tty && !(term && strcmp(term, "dumb") == 0);
}

static int open_terminal(const struct setting *s, size_t i, struct sw_sink **out)
{
	struct sw_terminal_options options = {
		.fd = s->options->stdout_fd,
		.form = s->tty ? SW_TERMINAL_BLOCK : SW_TERMINAL_LINE,
		.color = color_wanted(s),
		.width = PAGE_COLUMNS,
		.patient = s->options->replay,
	};

	(void)i;
	if (s->options->stdout_json)
		options.form = SW_TERMINAL_JSON;
	return sw_terminal_open(&options, s->config->terminal.level, out);
}

static int open_syslog(const struct setting *s, size_t i, struct sw_sink **out)
{
	int rc = sw_syslog_open(s->config->syslog.path, s->config->syslog.level, out);

	(void)i;
	if (rc == 0 && sw_syslog_state(*out) && s->options->problem)
		s->options->problem(s->options->arg, "syslog", s->config->syslog.path,
				    -sw_syslog_state(*out), true);
	return rc;
}

static int open_json(const struct setting *s, size_t i, struct sw_sink **out)
{
	(void)i;
	return sw_jsonl_open(s->config->json.path, s->config->json.level, out);
}

static int open_server(const struct setting *s, size_t i, struct sw_sink **out)
{
	const struct sw_server_options options = {.tell = s->options->tell, .arg = s->options->arg};

	return sw_server_open(&s->config->servers[i], &options, out);
}

static const char *terminal_target(const struct setting *s, size_t i)
{
	(void)i;
	(void)s;
	return "standard output";
}

static const char *syslog_target(const struct setting *s, size_t i)
{
	(void)i;
	return s->config->syslog.path;
}

static const char *json_target(const struct setting *s, size_t i)
{
	(void)i;
	return s->config->json.path;
}

static const char *server_target(const struct setting *s, size_t i)
{
	return s->config->servers[i].host;
}

static unsigned int terminal_notes(const struct setting *s)
{
	return s->options->stdout_json ? NOTES_ALL : NOTES_LOSS;
}

static unsigned int all_notes(const struct setting *s)
{
	(void)s;
	return NOTES_ALL;
}

/* A new kind of sink is a row here. */
static const struct kind {
	const char *name;
	size_t (*count)(const struct setting *s); /* how many of them there are */
	int (*open)(const struct setting *s, size_t i, struct sw_sink **out);
	const char *(*target)(const struct setting *s, size_t i);
	unsigned int (*notes)(const struct setting *s);
} kinds[] = {
	{"terminal", terminals, open_terminal, terminal_target, terminal_notes},
	{"syslog", syslogs, open_syslog, syslog_target, all_notes},
	{"json", jsons, open_json, json_target, all_notes},
	{"syslog server", servers, open_server, server_target, all_notes},
};

static size_t count_wanted(const struct kind *kind, const struct setting *s)
{
	if (s->options->replay && kind->open != open_terminal)
		return 0;
	return kind->count(s);
}

int sw_sinks_new(struct sw_sinks **out)
{
	struct sw_sinks *sinks = calloc(1, sizeof(*sinks));

	if (!sinks)
		return -ENOMEM;
	sinks->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (sinks->epoll < 0) {
		free(sinks);
		return -EMFILE;
	}
	*out = sinks;
	return 0;
}

static int add(struct sw_sinks *sinks, struct sw_sink *sink, unsigned int notes)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = sink};

	if (sinks->count == SINKS_MAX)
		return -ENOSPC;
	if (sink->ops->fd && epoll_ctl(sinks->epoll, EPOLL_CTL_ADD, sink->ops->fd(sink), &event))
		return -errno;
	sinks->members[sinks->count++] = (struct member){.sink = sink, .notes = notes};
	return 0;
}

int sw_sinks_add(struct sw_sinks *sinks, struct sw_sink *sink)
{
	return add(sinks, sink, NOTES_ALL);
}

static int open_one(struct sw_sinks *sinks, const struct kind *kind, const struct setting *s,
		    size_t i)
{
	struct sw_sink *sink = NULL;
	int rc = kind->open(s, i, &sink);

	if (!rc) {
		rc = add(sinks, sink, kind->notes(s));
		if (rc)
			sink->ops->free(sink);
	}
	if (rc && s->options->problem)
		s->options->problem(s->options->arg, kind->name, kind->target(s, i), -rc, false);
	return rc;
}

/* The first failure; the others are tried all the same. */
static int open_kind(struct sw_sinks *sinks, const struct kind *kind, const struct setting *s)
{
	int failed = 0;

	for (size_t i = 0; i < count_wanted(kind, s); i++) {
		int rc = open_one(sinks, kind, s, i);

		if (rc && !failed)
			failed = rc;
	}
	return failed;
}

int sw_sinks_open(const struct sw_config *config, const struct sw_sinks_options *options,
		  struct sw_sinks **out)
{
	static const struct sw_sinks_options defaults = {.stdout_fd = STDOUT_FILENO};
	struct setting setting = {.config = config, .options = options ? options : &defaults};
	struct sw_sinks *sinks;
	int rc, failed = 0;

	setting.tty = isatty(setting.options->stdout_fd);
	rc = sw_sinks_new(&sinks);
	if (rc)
		return rc;
	for (size_t i = 0; i < SW_ARRAY_SIZE(kinds); i++) {
		rc = open_kind(sinks, &kinds[i], &setting);
		if (rc && !failed)
			failed = rc;
	}
	if (sinks->count == 0) {
		sw_sinks_free(&sinks);
		return failed ? failed : -ENODEV;
	}
	*out = sinks;
	return 0;
}

static bool wants(const struct member *member, const struct sw_message *message)
{
	if (message->msgid == SW_MSG_INCIDENT)
		return message->band >= member->sink->level;
	return member->notes & 1u << message->msgid;
}

int sw_sinks_send(struct sw_sinks *sinks, const struct sw_message *message)
{
	int first = 0;

	for (size_t i = 0; i < sinks->count; i++) {
		struct sw_sink *sink = sinks->members[i].sink;
		int rc = wants(&sinks->members[i], message) ? sink->ops->send(sink, message) : 0;

		if (rc && !first)
			first = rc;
	}
	return first;
}

void sw_sinks_tick(struct sw_sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		sinks->members[i].sink->ops->tick(sinks->members[i].sink);
}

int sw_sinks_fd(const struct sw_sinks *sinks)
{
	return sinks->epoll;
}

void sw_sinks_ready(struct sw_sinks *sinks)
{
	struct epoll_event events[SINKS_MAX];
	int n = epoll_wait(sinks->epoll, events, SINKS_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct sw_sink *sink = events[i].data.ptr;

		sink->ops->ready(sink);
	}
}

int sw_sinks_reopen(struct sw_sinks *sinks)
{
	int first = 0;

	for (size_t i = 0; i < sinks->count; i++) {
		struct sw_sink *sink = sinks->members[i].sink;
		int rc = sink->ops->reopen ? sink->ops->reopen(sink) : 0;

		if (rc && !first)
			first = rc;
	}
	return first;
}

size_t sw_sinks_count(const struct sw_sinks *sinks)
{
	return sinks->count;
}

int sw_sinks_stats(const struct sw_sinks *sinks, size_t i, const char **name,
		   struct sw_sink_stats *out)
{
	if (i >= sinks->count)
		return -ENOENT;
	*name = sinks->members[i].sink->ops->name;
	sinks->members[i].sink->ops->stats(sinks->members[i].sink, out);
	return 0;
}

void sw_sinks_free(struct sw_sinks **sinks)
{
	if (!*sinks)
		return;
	sw_sinks_tick(*sinks);
	for (size_t i = 0; i < (*sinks)->count; i++)
		(*sinks)->members[i].sink->ops->free((*sinks)->members[i].sink);
	close((*sinks)->epoll);
	free(*sinks);
	*sinks = NULL;
}
