/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/incident.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct sw_case *sw_case_new(uint64_t root)
{
	struct sw_case *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->root = root;
	c->destinations = calloc(SW_DESTINATIONS_MAX, sizeof(*c->destinations));
	if (!c->destinations) {
		free(c);
		return NULL;
	}
	c->incident.id = c->id;
	c->incident.user = c->user;
	c->incident.uid = UINT32_MAX;
	c->incident.listener_exe = "";
	c->incident.reader_exe = "";
	return c;
}

void sw_case_free(struct sw_case **c)
{
	if (!*c)
		return;
	free((*c)->strings);
	free((*c)->destinations);
	free(*c);
	*c = NULL;
}

/* ---- the path of the worst hop ------------------------------------------------------------ */

static struct sw_step reader_step(const struct sw_ancestor *at)
{
	const struct sw_session *session = at->session;
	struct sw_step step = {.image = at->id, .exe = "", .comm = "", .tty = ""};

	if (at->image) {
		step.exe = at->image->exe;
		step.argv = at->image->argv;
		step.comm = at->image->comm;
		step.tty = at->image->tty;
		step.exec_ns = at->image->exec_ns;
	}
	if (session && session->reader_comm[0])
		step.comm = session->reader_comm;
	if (session && session->told) {
		step.exe = session->reader_exe;
		step.pid = session->reader_tgid;
		step.uid = session->reader.uid;
		step.euid = session->reader.euid;
		step.start_ns = session->reader_start_ns;
	}
	return step;
}

static struct sw_step step_of(const struct sw_ancestor *at)
{
	const struct sw_image *image = at->image;

	if (at->kind == SW_ANCESTOR_READER)
		return reader_step(at);
	if (!image)
		return (struct sw_step){.image = at->id, .exe = "", .comm = "", .tty = ""};
	return (struct sw_step){
		.image = image->id,
		.exe = image->exe,
		.argv = image->argv,
		.comm = image->comm,
		.tty = image->tty,
		.pid = image->pid,
		.uid = image->last.uid,
		.euid = image->last.euid,
		.start_ns = image->start_ns,
		.exec_ns = image->exec_ns,
	};
}

/* Outermost first; of a longer path both ends. */
static void show_lineage(struct sw_incident *incident, const struct sw_lineage *lineage)
{
	size_t count = lineage->count;
	size_t shown = count < SW_LINEAGE_MAX ? count : SW_LINEAGE_MAX;

	for (size_t i = 0; i < shown; i++) {
		size_t outer = i < shown / 2 ? i : count - shown + i;

		incident->lineage[i] = step_of(&lineage->at[count - 1 - outer]);
	}
	incident->lineage_count = shown;
	incident->lineage_omitted = count - shown;
}

static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *move_text(char **to, const char *text)
{
	char *copy = *to;

	if (!text)
		return NULL;
	*to = stpcpy(copy, text) + 1;
	return copy;
}

/* Copies every borrowed string of the incident into one block of its own. */
static int own_strings(struct sw_incident *incident, char **block)
{
	size_t bytes = text_bytes(incident->reader_exe) + text_bytes(incident->listener_exe);
	char *strings, *to;

	for (size_t i = 0; i < incident->lineage_count; i++) {
		const struct sw_step *step = &incident->lineage[i];

		bytes += text_bytes(step->exe) + text_bytes(step->argv) + text_bytes(step->comm) +
			 text_bytes(step->tty);
	}
	strings = malloc(bytes ? bytes : 1);
	if (!strings)
		return -ENOMEM;
	to = strings;
	incident->reader_exe = move_text(&to, incident->reader_exe);
	incident->listener_exe = move_text(&to, incident->listener_exe);
	for (size_t i = 0; i < incident->lineage_count; i++) {
		struct sw_step *step = &incident->lineage[i];

		step->exe = move_text(&to, step->exe);
		step->argv = move_text(&to, step->argv);
		step->comm = move_text(&to, step->comm);
		step->tty = move_text(&to, step->tty);
	}
	*block = strings;
	return 0;
}

static struct sw_hop_view hop_view(const struct sw_hop *hop)
{
	return (struct sw_hop_view){
		.out = hop->out,
		.outcome = hop->outcome,
		.error = hop->error,
		.pid = hop->pid,
		.image = hop->image,
	};
}

static void show_privileges(struct sw_incident *incident, const struct sw_finding *finding)
{
	incident->privileges_count = 0;
	for (size_t i = 0; i < finding->elevations_count && i < SW_PRIVILEGES_MAX; i++) {
		const struct sw_change *change = &finding->elevations[i].change;

		incident->privileges[incident->privileges_count++] = (struct sw_privilege){
			.time_ns = change->time_ns,
			.pid = change->tgid,
			.how = change->how,
			.from = change->from,
			.to = change->to,
		};
	}
}

/* The finding's hop is the worst now: the incident shows its path. */
static int show_worst(struct sw_case *c, const struct sw_view *view,
		      const struct sw_finding *finding)
{
	const struct sw_lineage *lineage = &finding->lineage;
	const struct sw_session *root = lineage->at[lineage->count - 1].session;
	struct sw_incident shown = c->incident;
	char *strings = NULL;
	int rc;

	shown.origin = view->event->origin;
	shown.uid = finding->who.known ? finding->who.uid : UINT32_MAX;
	shown.reader_exe = root ? root->reader_exe : "";
	shown.listener_exe = root ? root->listener_exe : "";
	show_lineage(&shown, lineage);
	show_privileges(&shown, finding);
	shown.hop = view->hop ? hop_view(view->hop) : (struct sw_hop_view){0};
	shown.task = view->event->task;
	rc = own_strings(&shown, &strings);
	if (rc) {
		/* Whence and whither still count. */
		shown.reader_exe = shown.listener_exe = "";
		shown.lineage_count = shown.lineage_omitted = 0;
	}
	free(c->strings);
	c->strings = strings;
	c->incident = shown;
	memcpy(c->user, finding->user, sizeof(c->user));
	c->modifiers = finding->modifiers;
	c->worst_base = finding->detectors[0]->base;
	return rc;
}

/* ---- merging ------------------------------------------------------------------------------ */

/* Returns whether the hop goes where none of this incident went before. */
static bool add_destination(struct sw_case *c, const struct sw_hop *hop)
{
	struct sw_destination to = {.port = hop->out.remote_port, .family = hop->out.family};

	memcpy(to.addr, hop->out.remote, sizeof(to.addr));
	for (size_t i = 0; i < c->destinations_count; i++) {
		const struct sw_destination *known = &c->destinations[i];

		if (known->port == to.port && known->family == to.family &&
		    memcmp(known->addr, to.addr, sizeof(to.addr)) == 0)
			return false;
	}
	if (c->destinations_count == SW_DESTINATIONS_MAX)
		return (c->incident.hops_total & (c->incident.hops_total - 1)) == 0;
	c->destinations[c->destinations_count++] = to;
	return true;
}

static bool add_hop(struct sw_case *c, const struct sw_hop *hop)
{
	struct sw_incident *incident = &c->incident;

	incident->hops_total++;
	if (incident->hops_count < SW_HOPS_SHOWN)
		incident->hops[incident->hops_count++] = hop_view(hop);
	return add_destination(c, hop);
}

void sw_case_score(struct sw_case *c)
{
	struct sw_incident *incident = &c->incident;
	struct sw_score score;

	sw_score_total(incident->detectors, incident->detectors_count, &c->modifiers, &score);
	memcpy(incident->terms, score.terms, sizeof(incident->terms));
	incident->terms_count = score.count;
	incident->score = score.points;
	incident->band = sw_band_of(score.points);
}

int sw_case_merge(struct sw_case *c, const struct sw_view *view, const struct sw_finding *finding,
		  bool *news)
{
	struct sw_incident *incident = &c->incident;
	bool first = incident->detectors_count == 0;
	int before = incident->score;
	int rc = 0;

	*news = first;
	if (first)
		incident->first_ns = view->now_ns;
	incident->last_ns = view->now_ns;
	/*
	 * Detectors count for the whole incident, modifiers for one hop. Choosing the hop by its
	 * modifiers first keeps the total from ever going down.
	 */
	if (first || finding->modifiers.points > c->modifiers.points ||
	    (finding->modifiers.points == c->modifiers.points &&
	     finding->detectors[0]->base > c->worst_base))
		rc = show_worst(c, view, finding);
	*news |= sw_score_add_detectors(incident->detectors, &incident->detectors_count,
					finding->detectors, finding->detectors_count);
	if (view->hop)
		*news |= add_hop(c, view->hop);
	sw_case_score(c);
	*news |= incident->score > before;
	return rc;
}

static bool same_attempt(const struct sw_hop_view *shown, const struct sw_hop *hop)
{
	return shown->out.cookie == hop->out.cookie &&
	       shown->out.remote_port == hop->out.remote_port &&
	       memcmp(shown->out.remote, hop->out.remote, sizeof(hop->out.remote)) == 0;
}

bool sw_case_outcome(struct sw_case *c, const struct sw_view *view)
{
	struct sw_incident *incident = &c->incident;
	const struct sw_hop *hop = view->hop;

	for (size_t i = 0; i < incident->hops_count; i++) {
		if (same_attempt(&incident->hops[i], hop))
			incident->hops[i] = hop_view(hop);
	}
	if (incident->hop.outcome != SW_OUTCOME_PENDING || !same_attempt(&incident->hop, hop))
		return false;
	incident->hop = hop_view(hop);
	incident->last_ns = view->now_ns;
	return true;
}
