/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/escape.h"
#include "base/origin.h"

#define CHAIN_SHOWN 12 /* programs of a chain, half from each end */
#define NAME_SHOWN 64 /* bytes of a name; longer ones keep their end */
#define ELLIPSIS "..."

struct line {
	char *out;
	size_t used;
	const char *(*user_name)(void *ctx, uint32_t uid);
	void *user_ctx;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
	size_t left = SW_EXPLAIN_BYTES - line->used;
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(line->out + line->used, left, format, args);
	va_end(args);
	if (wrote > 0)
		line->used += (size_t)wrote < left ? (size_t)wrote : left - 1;
}

/* One word from the watched system: it cannot pose as anything that this line says by itself. */
static void put_word(struct line *line, const char *text)
{
	char word[SW_ESCAPED_BYTES(NAME_SHOWN)];
	size_t len = strlen(text);

	if (len > NAME_SHOWN) {
		put(line, ELLIPSIS);
		text += len - (NAME_SHOWN - strlen(ELLIPSIS));
	}
	sw_escape(word, sizeof(word), text, SW_ESCAPE_WORD);
	put(line, "%s", word);
}

/* Where only packages put programs: their last component says enough. */
static bool is_system_path(const char *exe)
{
	static const char *const flat[] = {"/usr/bin/", "/usr/sbin/",	   "/bin/",
					   "/sbin/",	"/usr/local/bin/", "/usr/local/sbin/"};
	static const char *const deep[] = {"/usr/lib/", "/usr/libexec/", "/lib/"};

	for (size_t i = 0; i < SW_ARRAY_SIZE(flat); i++) {
		size_t len = strlen(flat[i]);

		if (strncmp(exe, flat[i], len) == 0)
			return exe[len] && strchr(exe + len, '/') == NULL;
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(deep); i++) {
		if (strncmp(exe, deep[i], strlen(deep[i])) == 0)
			return exe[strlen(exe) - 1] != '/';
	}
	return false;
}

static void put_program(struct line *line, const struct sw_step *step)
{
	const char *exe = step->exe;

	if (is_system_path(exe)) {
		put_word(line, strrchr(exe, '/') + 1);
	} else if (exe[0]) {
		put_word(line, exe);
	} else if (step->comm && step->comm[0]) {
		put(line, "[");
		put_word(line, step->comm);
		put(line, "]");
	} else {
		put(line, "?");
	}
}

/* "uid 1000" is our own wording for users without a name; all else is escaped. */
static void put_user(struct line *line, const char *user)
{
	size_t digits = strncmp(user, "uid ", 4) == 0 ? strspn(user + 4, "0123456789") : 0;

	if (digits && user[4 + digits] == '\0')
		put(line, " %.16s", user);
	else {
		put(line, " ");
		put_word(line, user);
	}
}

static void put_uid(struct line *line, uint32_t uid)
{
	const char *name = line->user_name ? line->user_name(line->user_ctx, uid) : NULL;

	if (name && name[0])
		put_user(line, name);
	else
		put(line, " uid %u", uid);
}

static void put_endpoint(struct line *line, const struct sw_flow *flow, enum sw_side side)
{
	char text[SW_ENDPOINT_BYTES];

	put(line, "%s", sw_flow_endpoint(text, flow, side));
}

/* The flows that can be the session's cause; several are never told as one. */
static void put_candidates(struct line *line, const struct sw_origin *origin)
{
	unsigned int shown = origin->nflows < SW_CANDIDATES ? origin->nflows : SW_CANDIDATES;

	if (sw_origin_is_certain(origin)) {
		put_endpoint(line, &origin->in[0], SW_REMOTE);
		return;
	}
	put(line, "one of ");
	for (unsigned int i = 0; i < shown; i++) {
		put(line, "%s", i ? ", " : "");
		put_endpoint(line, &origin->in[i], SW_REMOTE);
	}
	if (origin->seen > shown)
		put(line, "%s%u in all", shown ? ", " : "", origin->seen);
}

/* Where it all began. */
static void put_origin(struct line *line, const struct sw_origin *origin)
{
	if (origin->depth <= 1) {
		put_candidates(line, origin);
		return;
	}
	if (sw_origin_has_one_root(origin)) {
		put_endpoint(line, &origin->rootflow, SW_REMOTE);
	} else if (origin->rootflow.family) {
		put(line, "one of ");
		put_endpoint(line, &origin->rootflow, SW_REMOTE);
		put(line, ", others");
	} else {
		put(line, "?");
	}
}

static const char *first_tty(const struct sw_incident *incident)
{
	for (size_t i = 0; i < incident->lineage_count; i++) {
		if (incident->lineage[i].tty && incident->lineage[i].tty[0])
			return incident->lineage[i].tty;
	}
	return "";
}

static void put_reader(struct line *line, const struct sw_incident *incident)
{
	static const struct sw_step unknown = {.exe = ""};
	const struct sw_origin *origin = &incident->origin;
	const struct sw_flow *in = origin->depth > 1 ? &origin->rootflow : &origin->in[0];
	const char *tty = first_tty(incident);

	put(line, " -> ");
	put_program(line, incident->lineage_count ? &incident->lineage[0] : &unknown);
	put(line, ":%u", in->local_port);
	if (incident->user[0])
		put_user(line, incident->user);
	if (tty[0]) {
		put(line, " ");
		put_word(line, tty);
	}
}

static void put_chain(struct line *line, const struct sw_incident *incident)
{
	size_t count = incident->lineage_count;
	size_t cut = count, resume = count; /* [cut, resume) is left out */
	uint32_t euid = incident->uid;

	if (count > 1 && (count - 1 > CHAIN_SHOWN || incident->lineage_omitted)) {
		size_t half = count - 1 > CHAIN_SHOWN ? CHAIN_SHOWN / 2 : (count - 1) / 2;

		cut = 1 + half;
		resume = count - half;
	}
	for (size_t i = 1; i < count; i++) {
		const struct sw_step *step = &incident->lineage[i];

		if (i == cut)
			put(line, " -> (%zu more)", resume - cut + incident->lineage_omitted);
		if (i >= cut && i < resume)
			continue;
		put(line, " -> ");
		put_program(line, step);
		if (step->pid == 0)
			continue;
		/* A change within what is left out is told at the first program behind it. */
		if (step->euid != euid)
			put_uid(line, step->euid);
		euid = step->euid;
	}
}

static void put_score(struct line *line, const struct sw_incident *incident)
{
	put(line, " | %d =", incident->score);
	for (size_t i = 0; i < incident->terms_count; i++) {
		const struct sw_term *term = &incident->terms[i];
		const char *sign = i ? " +" : "";

		if (term->points < 0)
			sign = " -";
		put(line, "%s %s %d", sign, term->name, abs(term->points));
	}
}

const char *sw_explain(char out[SW_EXPLAIN_BYTES], const struct sw_incident *incident,
		       const char *(*user_name)(void *ctx, uint32_t uid), void *user_ctx)
{
	struct line line = {out, 0, user_name, user_ctx};
	const struct sw_origin *origin = &incident->origin;

	out[0] = '\0';
	put_origin(&line, origin);
	put_reader(&line, incident);
	put_chain(&line, incident);
	if (incident->hop.out.family) {
		put(&line, " -> ");
		put_endpoint(&line, &incident->hop.out, SW_REMOTE);
	}
	put_score(&line, incident);
	put(&line, " | %s", sw_confidence_name(origin->confidence));
	if (origin->depth > 1) {
		put(&line, ", session %u deep through ", origin->depth);
		put_candidates(&line, origin);
		put(&line, " -> :%u", origin->in[0].local_port);
	}
	put(&line, " | lost %llu", (unsigned long long)incident->lost);
	return out;
}
