/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/allow.h"

struct sw_detect {
	struct sw_detect_options options;
	uint64_t *allowed; /* by rule */
};

int sw_detect_new(const struct sw_detect_options *options, struct sw_detect **out)
{
	struct sw_detect *detect;

	if (!options->config)
		return -EINVAL;
	detect = calloc(1, sizeof(*detect));
	if (!detect)
		return -ENOMEM;
	detect->options = *options;
	detect->allowed = calloc(options->config->allow_count + 1, sizeof(*detect->allowed));
	if (!detect->allowed) {
		free(detect);
		return -ENOMEM;
	}
	*out = detect;
	return 0;
}

void sw_detect_free(struct sw_detect **detect)
{
	if (!*detect)
		return;
	free((*detect)->allowed);
	free(*detect);
	*detect = NULL;
}

uint64_t sw_detect_allowed(const struct sw_detect *detect, size_t rule)
{
	return rule < detect->options.config->allow_count ? detect->allowed[rule] : 0;
}

static void name_user(const struct sw_detect *detect, struct sw_finding *out)
{
	const char *name = NULL;

	out->user[0] = '\0';
	if (!out->who.known)
		return;
	if (detect->options.user_name)
		name = detect->options.user_name(detect->options.user_ctx, out->who.uid);
	if (name && name[0])
		snprintf(out->user, sizeof(out->user), "%s", name);
	else
		snprintf(out->user, sizeof(out->user), "uid %u", out->who.uid);
}

bool sw_detect_run(struct sw_detect *detect, const struct sw_view *view, struct sw_finding *out)
{
	const struct sw_config *config = detect->options.config;
	const struct sw_task *task = &view->event->task;
	ssize_t rule;

	out->detectors_count = 0;
	for (size_t i = 0; i < sw_detectors_count; i++) {
		const struct sw_detector *detector = sw_detectors[i];

		if (!(detector->kinds & 1u << view->event->kind))
			continue;
		if (config->detector_on && !config->detector_on[i])
			continue;
		if (detector->detect(view))
			sw_score_add_detectors(out->detectors, &out->detectors_count, &detector, 1);
	}
	if (out->detectors_count == 0)
		return false;

	sw_lineage_walk(view->state, view->session, task->image, &out->lineage);
	out->elevations_count =
		sw_elevations_on(&out->lineage, task, out->elevations, SW_PRIVILEGES_MAX);
	out->who = sw_lineage_who(&out->lineage, out->lineage.count - 1, task);
	name_user(detect, out);
	sw_score_modifiers(view, out->elevations, out->elevations_count, &out->modifiers);
	for (size_t i = 0; i < out->detectors_count; i++) {
		if (out->detectors[i]->weigh)
			sw_score_add_modifier(&out->modifiers, out->detectors[i]->weigh(view));
	}

	rule = sw_allow_match(config, view, out->who, out->user);
	if (rule < 0)
		return true;
	detect->allowed[rule]++;
	out->detectors_count = 0;
	return false;
}
