// SPDX-License-Identifier: Apache-2.0
/* What this kernel can carry: every probe is attached, made to fire, and taken away again. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "cmd/cmd.h"
#include "probe/set.h"

/* What neither set sees on any kernel, whatever the doctor finds (docs/limits.md). */
static const char *const blind_spots[] = {
	"UDP, unix sockets, raw and packet sockets are not followed yet",
	"an origin is not handed on through files, pipes, descriptors passed, ptrace or brokers",
	"sessions older than the sensor are only seen from their next read on",
};

static const char *const set_means[] = {
	[SW_SET_CORE] = "no trampolines, no system-call tracepoints",
	[SW_SET_PRECISION] = "core, and what trampolines or kprobes add",
};
static_assert(SW_ARRAY_SIZE(set_means) == SW_SET_MAX, "each set is explained");

struct report {
	struct sw_config *config;
	struct sw_probe_set *probes; /* NULL: it could not be opened */
	int err; /* of the probe set, or of its self-test */
	char why[512];
	struct sw_probe_state states[SW_PROBES_MAX];
	bool fired[SW_PROBES_MAX];
};

static void examine(struct report *r, enum sw_wanted wanted)
{
	r->err = sw_config_load(NULL, stderr, &r->config);
	if (!r->err)
		r->err = sw_probe_set_open(
			&(struct sw_probe_set_options){.config = r->config, .wanted = wanted},
			r->why, sizeof(r->why), &r->probes);
	if (r->err)
		return;
	r->err = sw_probe_set_self_test(r->probes, r->fired);
	if (r->err)
		snprintf(r->why, sizeof(r->why), "the self-test could not run: %s",
			 strerror(-r->err));
	for (size_t i = 0; i < sw_probe_count; i++)
		(void)sw_probe_set_state(r->probes, i, &r->states[i]);
}

/* Of all that was chosen; what this kernel refuses is no fault. */
static bool all_fired(const struct report *r)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (r->states[i].hook && !r->fired[i])
			return false;
	return true;
}

static const char *hook_of(const struct report *r, size_t row)
{
	return r->states[row].hook ?: sw_probe_table[row].hooks[0].section;
}

static bool has_twins(const struct report *r)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (r->states[i].twin_attached)
			return true;
	return false;
}

static void print_probe(const struct report *r, size_t row)
{
	const struct sw_probe *p = &sw_probe_table[row];
	bool chosen = r->states[row].hook;

	printf("probe    %-9s %-9s %-31s %s\n", p->name, sw_set_names[p->set], hook_of(r, row),
	       r->fired[row] ? "fires"
	       : chosen	     ? "DOES NOT FIRE"
			     : "absent");
	if (!chosen)
		printf("         because: %s\n", r->states[row].refusal);
	if (!r->fired[row])
		printf("         lost without it: %s\n", p->without);
}

static void print_text(const struct report *r, const struct utsname *u)
{
	const char *set = r->probes ? sw_probe_set_name(r->probes) : "none";

	printf("kernel   %s %s\n", u->release, u->machine);
	for (size_t i = 0; i < SW_SET_MAX; i++)
		if (!strcmp(set, sw_set_names[i]))
			printf("set      %s (%s)\n", set, set_means[i]);
	if (!r->probes) {
		printf("problem  %s\n", r->why);
		return;
	}
	if (has_twins(r))
		printf("twins    attached: on this kernel a probe can be preempted\n");
	for (size_t i = 0; i < sw_probe_count; i++)
		print_probe(r, i);
	if (r->err)
		printf("problem  %s\n", r->why);
	for (size_t i = 0; i < SW_ARRAY_SIZE(blind_spots); i++)
		printf("unseen   %s\n", blind_spots[i]);
	printf("verdict  %s\n", all_fired(r) ? "this system can carry Sidewatch"
					     : "this system cannot carry Sidewatch in full");
}

static json_t *probe_json(const struct report *r, size_t row)
{
	const struct sw_probe *p = &sw_probe_table[row];
	const struct sw_probe_state *state = &r->states[row];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:i}", "name", p->name,
			 "set", sw_set_names[p->set], "hook", hook_of(r, row), "refusal",
			 state->refusal ?: "", "sees", p->sees, "attached", state->attached, "twin",
			 state->twin_attached, "fires", r->fired[row], "proof", p->proof, "without",
			 p->without, "verified_instructions", (int)state->verified_insns);
}

static int print_json(const struct report *r, const struct utsname *u)
{
	json_t *probes = json_array(), *blind = json_array(), *root;
	int rc;

	for (size_t i = 0; r->probes && i < sw_probe_count; i++)
		json_array_append_new(probes, probe_json(r, i));
	for (size_t i = 0; i < SW_ARRAY_SIZE(blind_spots); i++)
		json_array_append_new(blind, json_string(blind_spots[i]));
	for (size_t i = 0; r->probes && i < sw_probe_count; i++)
		if (!r->fired[i])
			json_array_append_new(blind, json_string(sw_probe_table[i].without));
	root = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:s}", "kernel", u->release, "machine",
			 u->machine, "set", r->probes ? sw_probe_set_name(r->probes) : "none",
			 "carries", r->probes && all_fired(r), "probes", probes, "unseen", blind,
			 "problem", r->why);
	if (!root)
		return -ENOMEM;
	rc = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(root);
	return rc ? -EIO : 0;
}

static const char usage[] = "usage: sidewatch doctor [--probes core|precision|auto] [--json]\n";

struct doctor_options {
	enum sw_wanted probes;
	bool json;
	bool help;
};

static int parse(int argc, char **argv, struct doctor_options *o)
{
	static const struct option longs[] = {
		{"probes", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	optind = 0; /* glibc: begin anew, as the caller has parsed its own options */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 'j') {
			o->json = true;
		} else if (c == 'h') {
			o->help = true;
		} else if (c != 'p') {
			sw_complain_option(c, argv);
			return -EINVAL;
		} else if (sw_parse_probes(optarg, &o->probes)) {
			return -EINVAL;
		}
	}
	if (optind < argc) {
		sw_complain("unexpected argument", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static enum sw_exit verdict(const struct report *r)
{
	if (!r->probes)
		return sw_exit_of_probes(r->err);
	return all_fired(r) ? SW_EXIT_OK : SW_EXIT_SYSTEM;
}

int sw_cmd_doctor(int argc, char **argv)
{
	struct doctor_options options = {0};
	struct report report = {0};
	struct utsname uts = {0};
	int rc;

	rc = parse(argc, argv, &options);
	if (sw_usage_said(rc, options.help, usage, &rc))
		return rc;
	uname(&uts);
	examine(&report, options.probes);
	rc = verdict(&report);
	if (!options.json)
		print_text(&report, &uts);
	else if (print_json(&report, &uts))
		rc = SW_EXIT_FAILED;
	if (fflush(stdout) || ferror(stdout))
		rc = SW_EXIT_FAILED;
	sw_probe_set_free(&report.probes);
	sw_config_free(&report.config);
	return rc;
}
