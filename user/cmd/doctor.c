// SPDX-License-Identifier: Apache-2.0
/* What this kernel can carry: every probe is attached, made to fire, and taken away again. */
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

/* What the core set cannot see on any kernel, whatever the doctor finds (docs/limits.md). */
static const char *const blind_spots[] = {
	"UDP, unix sockets, raw and packet sockets are not followed yet",
	"inbound MPTCP is not followed where both ends speak it",
	"an origin is not handed on through files, pipes, descriptors passed, ptrace or brokers",
	"identity changes are seen at the next fork, exec, connect or exit, not when they happen",
	"sessions older than the sensor are only seen from their next read on",
};

struct report {
	int err; /* of the probe set, or of its self-test */
	bool set_ok;
	char why[512];
	struct sw_probe_state states[SW_PROBES_MAX];
	bool fired[SW_PROBES_MAX];
};

static void examine(struct report *r)
{
	struct sw_config *config = NULL;
	struct sw_probe_set *set = NULL;

	r->err = sw_config_load(NULL, stderr, &config);
	if (!r->err)
		r->err = sw_probe_set_open(&(struct sw_probe_set_options){.config = config}, r->why,
					   sizeof(r->why), &set);
	if (!r->err) {
		r->set_ok = true;
		r->err = sw_probe_set_self_test(set, r->fired);
		if (r->err)
			snprintf(r->why, sizeof(r->why), "the self-test could not run: %s",
				 strerror(-r->err));
		for (size_t i = 0; i < sw_probe_count; i++)
			(void)sw_probe_set_state(set, i, &r->states[i]);
	}
	sw_probe_set_free(&set);
	sw_config_free(&config);
}

static bool all_fired(const struct report *r)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (!r->fired[i])
			return false;
	return true;
}

static void print_text(const struct report *r, const struct utsname *u)
{
	printf("kernel   %s %s\n", u->release, u->machine);
	printf("set      core (no trampolines, no system-call tracepoints)\n");
	if (!r->set_ok) {
		printf("problem  %s\n", r->why);
		return;
	}
	for (size_t i = 0; i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];

		printf("probe    %-9s %-31s %s\n", p->name, p->hook,
		       r->fired[i] ? "fires" : "DOES NOT FIRE");
		if (!r->fired[i])
			printf("         lost without it: %s\n", p->without);
	}
	if (r->err)
		printf("problem  %s\n", r->why);
	for (size_t i = 0; i < SW_ARRAY_SIZE(blind_spots); i++)
		printf("unseen   %s\n", blind_spots[i]);
	printf("verdict  %s\n", all_fired(r) ? "this system can carry Sidewatch"
					     : "this system cannot carry Sidewatch in full");
}

static int print_json(const struct report *r, const struct utsname *u)
{
	json_t *probes = json_array(), *blind = json_array(), *root;
	int rc;

	for (size_t i = 0; r->set_ok && i < sw_probe_count; i++) {
		const struct sw_probe *p = &sw_probe_table[i];

		json_array_append_new(
			probes, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:i}", "name",
					  p->name, "hook", p->hook, "sees", p->sees, "attached",
					  r->states[i].attached, "fires", r->fired[i], "proof",
					  p->proof, "without", p->without, "verified_instructions",
					  (int)r->states[i].verified_insns));
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(blind_spots); i++)
		json_array_append_new(blind, json_string(blind_spots[i]));
	root = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:s}", "kernel", u->release, "machine",
			 u->machine, "set", "core", "carries", r->set_ok && all_fired(r), "probes",
			 probes, "unseen", blind, "problem", r->why);
	if (!root)
		return -ENOMEM;
	rc = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(root);
	return rc ? -EIO : 0;
}

int sw_cmd_doctor(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct report report = {0};
	struct utsname uts = {0};
	bool json = false;
	int c;

	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 'j') {
			json = true;
		} else {
			if (c != 'h')
				sw_complain_option(c, argv);
			fputs("usage: sidewatch doctor [--json]\n", c == 'h' ? stdout : stderr);
			return c == 'h' ? SW_EXIT_OK : SW_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs("usage: sidewatch doctor [--json]\n", stderr);
		return SW_EXIT_USAGE;
	}
	uname(&uts);
	examine(&report);
	if (!json)
		print_text(&report, &uts);
	else if (print_json(&report, &uts))
		return SW_EXIT_FAILED;
	if (fflush(stdout) || ferror(stdout))
		return SW_EXIT_FAILED;
	if (!report.set_ok)
		return sw_exit_of_probes(report.err);
	return all_fired(&report) ? SW_EXIT_OK : SW_EXIT_SYSTEM;
}
