/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an incident loses when it is too long, least important first. Never trimmed: times, ids,
 * both ends of the flows, the origin's address and port, the score and its band.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "sink/ecs_build.h"

enum op {
	DROP, /* the whole field */
	DROP_MEMBER, /* the named member of each item of an array */
	KEEP_ENDS, /* of an array the first and the last `keep` items */
	KEEP_FIRST, /* of an array the first `keep` items */
	KEEP_LAST,
	CUT, /* of a text the first `keep` bytes, as they are written */
	CUT_ALL, /* every text in the whole message */
};

static const struct step {
	const char *path;
	enum op op;
	size_t keep;
	const char *member;
} steps[] = {
	{"sidewatch.lineage", DROP_MEMBER, 0, "argv"},
	{"process.entry_leader.command_line", DROP, 0, NULL},
	{"process.parent.command_line", DROP, 0, NULL},
	{"process.command_line", DROP, 0, NULL},
	{"sidewatch.lineage", KEEP_ENDS, 3, NULL},
	{"sidewatch.hops", KEEP_FIRST, 4, NULL},
	{"sidewatch.privilege", KEEP_LAST, 3, NULL},
	{"sidewatch.hops", DROP, 0, NULL},
	{"related", DROP, 0, NULL},
	{"rule.description", DROP, 0, NULL},
	{"sidewatch.lineage", KEEP_ENDS, 1, NULL},
	{"sidewatch.privilege", KEEP_LAST, 1, NULL},
	{"message", CUT, 1024, NULL},
	{"*", CUT_ALL, 256, NULL},
	{"sidewatch.lineage", DROP, 0, NULL},
	{"sidewatch.detectors", DROP, 0, NULL},
	{"event.reason", DROP, 0, NULL},
	{"threat", DROP, 0, NULL},
	{"process.parent", DROP, 0, NULL},
	{"process.entry_leader.name", DROP, 0, NULL},
	{"process.entry_leader.executable", DROP, 0, NULL},
	{"*", CUT_ALL, 128, NULL},
	{"sidewatch.score", KEEP_FIRST, 8, NULL},
};

/* The parent object of a dotted path, and its last part. */
static json_t *find_parent(json_t *root, const char *path, const char **last)
{
	const char *dot;

	while ((dot = strchr(path, '.'))) {
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		root = json_object_get(root, key);
		path = dot + 1;
	}
	*last = path;
	return root;
}

static bool drop_member(json_t *array, const char *member)
{
	bool changed = false;
	json_t *item;
	size_t i;

	json_array_foreach (array, i, item)
		changed |= json_object_del(item, member) == 0;
	return changed;
}

/* Leaves the first `head` and the last `tail` items. */
static bool keep_items(json_t *array, size_t head, size_t tail)
{
	bool changed = false;

	while (json_array_size(array) > head + tail)
		changed |= json_array_remove(array, head) == 0;
	return changed;
}

/* Bytes that the ASCII JSON writer makes of a valid UTF-8 sequence, at most. */
static size_t written_bytes(const char *text, size_t n)
{
	unsigned char c = (unsigned char)text[0];

	if (n == 4)
		return 12; /* a surrogate pair */
	if (n > 1 || c < 0x20)
		return 6;
	return c == '"' || c == '\\' ? 2 : 1;
}

static bool cut_text(json_t *value, size_t keep)
{
	static const char mark[] = "...";
	const char *text = json_string_value(value);
	size_t len = json_string_length(value), used = 0, fits = 0, written = 0;
	sw_autofree char *cut = NULL;

	if (!text)
		return false;
	while (used < len) {
		size_t n = sw_utf8_sequence(text + used, len - used);

		if (n == 0)
			return false;
		written += written_bytes(text + used, n);
		used += n;
		if (written + sizeof(mark) - 1 <= keep)
			fits = used;
		if (written > keep)
			break;
	}
	if (written <= keep || asprintf(&cut, "%.*s%s", (int)fits, text, mark) < 0)
		return false;
	return json_string_set(value, cut) == 0;
}

static bool cut_all(json_t *value, size_t keep)
{
	bool changed = false;
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		return cut_text(value, keep);
	json_object_foreach (value, key, item)
		changed |= cut_all(item, keep);
	json_array_foreach (value, i, item)
		changed |= cut_all(item, keep);
	return changed;
}

static bool apply(json_t *root, const struct step *step)
{
	const char *last;
	json_t *parent = find_parent(root, step->path, &last);
	json_t *value = json_object_get(parent, last);

	switch (step->op) {
	case DROP:
		return json_object_del(parent, last) == 0;
	case DROP_MEMBER:
		return drop_member(value, step->member);
	case KEEP_ENDS:
		return keep_items(value, step->keep, step->keep);
	case KEEP_FIRST:
		return keep_items(value, step->keep, 0);
	case KEEP_LAST:
		return keep_items(value, 0, step->keep);
	case CUT:
		return cut_text(value, step->keep);
	case CUT_ALL:
		return cut_all(root, step->keep);
	}
	return false;
}

static void note(json_t *root, const struct step *step)
{
	struct sw_ecs ecs = {.root = root};
	json_t *names = json_object_get(json_object_get(root, "sidewatch"), "truncated");
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", step->path, step->member ? "." : "",
		 step->member ? step->member : "");
	if (!names)
		names = sw_ecs_array(&ecs, root, "sidewatch.truncated");
	sw_ecs_add_unique(&ecs, names, name);
}

bool sw_ecs_trim(json_t *root, size_t *step)
{
	while (*step < SW_ARRAY_SIZE(steps)) {
		const struct step *now = &steps[(*step)++];

		if (apply(root, now)) {
			note(root, now);
			return true;
		}
	}
	return false;
}
