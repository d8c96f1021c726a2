/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/score.h"

#include <string.h>

#include "base/cleanup.h"
#include "state/hop.h"

#define POINTS_FURTHER_DETECTOR 10
#define POINTS_FURTHER_MAX 30
#define POINTS_NEW_FAMILY 25
#define POINTS_INBOUND_NEW 10
#define POINTS_ADMIN_PORT 10
#define POINTS_SETUID_EXEC 5
#define POINTS_EXPLOIT_LIKE 50
#define POINTS_DEPTH_2 15
#define POINTS_DEPTH_3 30

/* Ports that administer hosts or hold their data; ranges, both ends included. */
static const struct {
	uint16_t first;
	uint16_t last;
} admin_ports[] = {
	{22, 23},     {69, 69},	    {111, 111},	    {161, 161},	    {445, 445},	  {512, 514},
	{830, 830},   {873, 873},   {2049, 2049},   {2375, 2376},   {3306, 3306}, {3389, 3389},
	{4786, 4786}, {5432, 5432}, {5900, 5900},   {5985, 5986},   {6379, 6379}, {6443, 6443},
	{8291, 8291}, {9200, 9200}, {10250, 10250}, {27017, 27017},
};

static void add(struct sw_modifiers *out, const char *name, int points)
{
	if (out->count == SW_MODIFIERS_MAX)
		return;
	out->terms[out->count++] = (struct sw_term){name, points};
	out->points += points;
}

static bool is_admin_port(const struct sw_config *config, uint16_t port)
{
	for (size_t i = 0; i < SW_ARRAY_SIZE(admin_ports); i++) {
		if (port >= admin_ports[i].first && port <= admin_ports[i].last)
			return true;
	}
	return sw_config_is_login_port(config, port);
}

/* The usual two by their names; the points do not depend on the name. */
static const char *setuid_name(const struct sw_image *image)
{
	const char *base = image ? strrchr(image->exe, '/') : NULL;

	if (base && strcmp(base, "/sudo") == 0)
		return "sudo";
	if (base && strcmp(base, "/su") == 0)
		return "su";
	return "set-user-id";
}

static void add_privilege(struct sw_modifiers *out, const struct sw_elevation *elevations,
			  size_t count)
{
	const char *setuid = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct sw_elevation *e = &elevations[i];

		if (e->change.how == SW_HOW_UNEXPLAINED) {
			add(out, "exploit-like", POINTS_EXPLOIT_LIKE);
			return;
		}
		if (!setuid && sw_change_is_setuid_exec(&e->change))
			setuid = setuid_name(e->image);
	}
	if (setuid)
		add(out, setuid, POINTS_SETUID_EXEC);
}

void sw_score_modifiers(const struct sw_view *view, const struct sw_elevation *elevations,
			size_t elevations_count, struct sw_modifiers *out)
{
	unsigned int depth = view->event->origin.depth;

	*out = (struct sw_modifiers){0};
	/* Without a baseline each edge is the first of its family, and each way in is new. */
	if (view->hop) {
		add(out, "new family", POINTS_NEW_FAMILY);
		if (is_admin_port(view->config, view->hop->out.remote_port))
			add(out, "port", POINTS_ADMIN_PORT);
	}
	add_privilege(out, elevations, elevations_count);
	if (depth >= 3)
		add(out, "depth 3+", POINTS_DEPTH_3);
	else if (depth == 2)
		add(out, "depth 2", POINTS_DEPTH_2);
	add(out, "inbound new", POINTS_INBOUND_NEW);
}

void sw_score_add_modifier(struct sw_modifiers *modifiers, struct sw_term term)
{
	if (term.name)
		add(modifiers, term.name, term.points);
}

static void add_total(struct sw_score *out, const char *name, int points)
{
	if (points == 0 || out->count == SW_TERMS_MAX)
		return;
	out->terms[out->count++] = (struct sw_term){name, points};
	out->points += points;
}

void sw_score_total(const struct sw_detector *const *detectors, size_t detectors_count,
		    const struct sw_modifiers *modifiers, struct sw_score *out)
{
	int further = 0, least = 0;

	*out = (struct sw_score){0};
	if (detectors_count == 0)
		return;
	for (size_t i = 0; i < detectors_count; i++)
		least = detectors[i]->floor > least ? detectors[i]->floor : least;
	add_total(out, detectors[0]->name, detectors[0]->base);
	for (size_t i = 1; i < detectors_count && further < POINTS_FURTHER_MAX; i++) {
		add_total(out, detectors[i]->name, POINTS_FURTHER_DETECTOR);
		further += POINTS_FURTHER_DETECTOR;
	}
	for (size_t i = 0; i < modifiers->count; i++)
		add_total(out, modifiers->terms[i].name, modifiers->terms[i].points);
	if (out->points < least)
		add_total(out, "floor", least - out->points);
}

bool sw_score_add_detectors(const struct sw_detector **set, size_t *count,
			    const struct sw_detector *const *more, size_t more_count)
{
	bool grew = false;

	for (size_t i = 0; i < more_count; i++) {
		size_t at = 0;

		while (at < *count && set[at] != more[i] && set[at]->base >= more[i]->base)
			at++;
		if (*count == SW_DETECTORS_MAX || (at < *count && set[at] == more[i]))
			continue;
		memmove(&set[at + 1], &set[at], (*count - at) * sizeof(const struct sw_detector *));
		set[at] = more[i];
		(*count)++;
		grew = true;
	}
	return grew;
}
