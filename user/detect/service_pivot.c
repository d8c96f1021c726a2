/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody makes a network service run a program that goes on to the next internal host: a web
 * shell, an injected command, an exploit's payload. What a service normally runs is listed in the
 * configuration; a hop is found if a program on its path is not. Logins are left to session-pivot
 * and ssh-forward.
 *
 * No program's name counts. What sort of program it is shows in what it does.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "detect/detectors.h"
#include "detect/facts.h"

#define POINTS_TOOL 15

static const struct sw_technique techniques[] = {
	{"T1190", "Exploit Public-Facing Application", "TA0001"},
	{"T1210", "Exploitation of Remote Services", "TA0008"},
	{"T1505.003", "Server Software Component: Web Shell", "TA0003"},
	{"T1059.004", "Command and Scripting Interpreter: Unix Shell", "TA0002"},
};

static bool lists(const struct sw_config *config, const struct sw_session *service,
		  const char *program)
{
	return sw_config_lists_program(config, service->reader_exe, program) ||
	       sw_config_lists_program(config, service->listener_exe, program);
}

/*
 * Whether the service is known to run the program: by the file's path, or by the one that was asked
 * for, as a script's file is its interpreter's. A file that has no name any more, or whose record
 * was lost, can be any; and in a user namespace of its own a process can put any file in any place.
 */
static bool is_listed(const struct sw_config *config, const struct sw_session *service,
		      const struct sw_image *image)
{
	if (!service || !image || image->nlink == 0 ||
	    image->first.user_ns != service->reader.user_ns)
		return false;
	return lists(config, service, image->exe) ||
	       (image->asked && lists(config, service, image->asked));
}

struct path {
	struct sw_lineage lineage;
	bool unlisted[SW_LINEAGE_WALK]; /* which of them no service is known to run */
};

/*
 * Walks the path; returns whether anything on it is unlisted. A nested session's reader is a
 * program of the session around it; a root's is the service itself. Gaps may hide anything.
 */
static bool walk(const struct sw_view *view, struct path *path)
{
	const struct sw_lineage *lineage = &path->lineage;
	const struct sw_session *service = NULL;
	bool judged = false, any = false;

	sw_lineage_walk(view->state, view->session, view->event->task.image, &path->lineage);
	for (size_t i = lineage->count; i-- > 0;) {
		const struct sw_ancestor *at = &lineage->at[i];
		bool program = at->id != 0 || at->kind == SW_ANCESTOR_GAP;

		path->unlisted[i] =
			judged && program && !is_listed(view->config, service, at->image);
		any |= path->unlisted[i];
		if (at->kind != SW_ANCESTOR_READER)
			continue;
		service = at->session;
		judged = !service || !(service->origin.flags & SW_ORIGIN_LOGIN_PORT);
	}
	return any;
}

static bool detect(const struct sw_view *view)
{
	struct path path;

	return sw_facts_first_inward_hop(view) && !sw_facts_login_pivots(view) && walk(view, &path);
}

/* Whether text stands in args as a word of its own, whatever quotes, brackets or scheme it has. */
static bool has_word(const char *args, const char *text)
{
	size_t length = strlen(text);

	for (const char *at = strstr(args, text); at; at = strstr(at + 1, text)) {
		bool begins = at == args || !isalnum((unsigned char)at[-1]);

		if (begins && !isalnum((unsigned char)at[length]))
			return true;
	}
	return false;
}

/* It was told where to go, by address or by port. */
static bool is_network_tool(const struct sw_image *image, const struct sw_hop *hop)
{
	char text[SW_ADDR_BYTES];

	if (!image || !image->argv || !hop)
		return false;
	if (has_word(image->argv, sw_flow_addr(text, &hop->out, SW_REMOTE)))
		return true;
	snprintf(text, sizeof(text), "%u", hop->out.remote_port);
	return has_word(image->argv, text);
}

/* Tools that do what they are told are how an intruder works; a service has its own programs. */
static struct sw_term weigh(const struct sw_view *view)
{
	const char *name = NULL;
	struct path path;

	walk(view, &path);
	for (size_t i = 0; i < path.lineage.count; i++) {
		const struct sw_image *image = path.lineage.at[i].image;

		if (!path.unlisted[i])
			continue;
		if (image && image->script)
			name = "interpreter";
		else if (i > 0)
			name = "runs commands";
		else if (is_network_tool(image, view->hop))
			name = "network tool";
	}
	return (struct sw_term){name, POINTS_TOOL};
}

const struct sw_detector sw_detector_service_pivot = {
	.name = "service-pivot",
	.summary = "a network service ran an unlisted program that connects to an internal host",
	.base = 45,
	.floor = 60,
	.techniques = techniques,
	.techniques_count = SW_ARRAY_SIZE(techniques),
	.kinds = 1u << SW_KIND_CONNECT | 1u << SW_KIND_OUTCOME,
	.detect = detect,
	.weigh = weigh,
};
