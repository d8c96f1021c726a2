// SPDX-License-Identifier: Apache-2.0
#include "probe/set.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/support.h"
#include "sidewatch.skel.h"

#define NS_PER_S 1000000000L

static_assert(SW_ARRAY_SIZE(((struct sw_probe_set_options *)NULL)->without) == SW_PROBES_MAX, "");

struct sw_probe_set {
	struct sidewatch_bpf *skel;
	struct sw_choice choice;
	struct bpf_program *programs[SW_PROBES_MAX]; /* NULL: none was chosen */
	struct bpf_link *links[SW_PROBES_MAX];
	struct bpf_program *twins[SW_PROBES_MAX]; /* NULL: there is none, or it is not needed */
	struct bpf_link *twin_links[SW_PROBES_MAX];
	int cpus;
};

/* ---- libbpf's own words ------------------------------------------------------------------ */

/* libbpf has one global print function: its last warning is kept for the caller's one line. */
static char last_warning[256];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN)
		return 0;
	if (getenv("SIDEWATCH_LIBBPF_DEBUG")) {
		va_list again;

		va_copy(again, args);
		vfprintf(stderr, format, again);
		va_end(again);
	}
	vsnprintf(last_warning, sizeof(last_warning), format, args);
	last_warning[strcspn(last_warning, "\n")] = '\0';
	return 0;
}

static int fail(int err, const char *what, char *why, size_t why_bytes)
{
	snprintf(why, why_bytes, "%s: %s%s%s%s", what, strerror(-err), last_warning[0] ? " (" : "",
		 last_warning, last_warning[0] ? ")" : "");
	return err;
}

/* ---- open -------------------------------------------------------------------------------- */

/* The coarse clock moves with the kernel's ticks. */
static uint64_t ticks_per_s(void)
{
	struct timespec tick;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec || tick.tv_nsec <= 0)
		return 100; /* the fewest that a kernel can have */
	return (uint64_t)(NS_PER_S / tick.tv_nsec);
}

static void set_constants(struct sidewatch_bpf *skel, const struct sw_probe_set_options *o)
{
	skel->rodata->sw_scope_kind = o->scope.kind;
	skel->rodata->sw_scope_id = o->scope.id;
	skel->rodata->sw_rate_burst = o->config->rate_burst;
	skel->rodata->sw_rate_per_s = o->config->rate_per_s;
	skel->rodata->sw_ticks_per_s = ticks_per_s();
	for (size_t i = 0; i < o->config->login_ports_count; i++) {
		uint16_t port = o->config->login_ports[i];

		skel->rodata->sw_login_ports[port / 64] |= 1ULL << (port % 64);
	}
}

static int set_sizes(struct sidewatch_bpf *skel, const struct sw_config *config)
{
	int err = bpf_map__set_max_entries(skel->maps.sw_vital, config->ring_bytes);

	if (!err)
		err = bpf_map__set_max_entries(skel->maps.sw_edges_even, config->edges_max);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.sw_edges_odd, config->edges_max);
	return err;
}

/* All programs are of one object: those that were not chosen are left out of it. */
static int choose_program(struct sw_probe_set *set, const char *name, bool chosen,
			  struct bpf_program **out, char *why, size_t why_bytes)
{
	struct bpf_program *program;

	if (!name)
		return 0;
	program = bpf_object__find_program_by_name(set->skel->obj, name);
	if (!program)
		return fail(-ENOENT, name, why, why_bytes);
	if (chosen)
		*out = program;
	else
		bpf_program__set_autoload(program, false);
	return 0;
}

static int choose_programs(struct sw_probe_set *set, const struct sw_probe_set_options *o,
			   char *why, size_t why_bytes)
{
	bool twins = o->twins != SW_TWINS_AUTO || sw_support_probes_are_preempted();

	set->skel->rodata->sw_twins = twins;
	for (size_t i = 0; i < sw_probe_count; i++) {
		for (size_t j = 0; j < SW_HOOKS_MAX; j++) {
			const struct sw_hook *hook = &sw_probe_table[i].hooks[j];
			bool chosen = hook == set->choice.hooks[i];
			int err = choose_program(set, hook->program, chosen, &set->programs[i], why,
						 why_bytes);

			if (!err)
				err = choose_program(set, hook->twin, chosen && twins,
						     &set->twins[i], why, why_bytes);
			if (err)
				return err;
		}
	}
	set->skel->rodata->sw_connect_tells =
		set->programs[sw_probe_find("connect") - sw_probe_table] != NULL;
	set->skel->rodata->sw_wake_tells =
		set->programs[sw_probe_find("wake") - sw_probe_table] != NULL;
	set->skel->rodata->sw_mptcp_tells =
		set->programs[sw_probe_find("mptcp") - sw_probe_table] != NULL;
	return 0;
}

/* The table that is in use until the first window ends (window.h). */
static int begin_edges(struct sidewatch_bpf *skel)
{
	int table = bpf_map__fd(skel->maps.sw_edges_even);
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(skel->maps.sw_edges_now), &zero, &table, BPF_ANY);
}

static int load(struct sw_probe_set *set, const struct sw_probe_set_options *o, char *why,
		size_t why_bytes)
{
	int err;

	set->skel = sidewatch_bpf__open();
	if (!set->skel)
		return fail(-errno, "cannot open the BPF object", why, why_bytes);
	set_constants(set->skel, o);
	err = set_sizes(set->skel, o->config);
	if (err)
		return fail(err, "cannot size the maps", why, why_bytes);
	err = choose_programs(set, o, why, why_bytes);
	if (err)
		return err;
	err = sidewatch_bpf__load(set->skel);
	if (err)
		return fail(err, "the kernel refused the probes", why, why_bytes);
	err = begin_edges(set->skel);
	if (err)
		return fail(err, "cannot begin to count edges", why, why_bytes);
	return 0;
}

/* A probe comes before its twin, so that this finds done what the kernel did not skip. */
static int attach(struct sw_probe_set *set, const struct sw_probe_set_options *o, char *why,
		  size_t why_bytes)
{
	for (size_t i = 0; i < sw_probe_count; i++) {
		bool first = !(o->twins == SW_TWINS_ALONE && set->twins[i]);

		if (o->without[i] || !set->programs[i])
			continue;
		if (first)
			set->links[i] = bpf_program__attach(set->programs[i]);
		if (set->twins[i] && (set->links[i] || !first))
			set->twin_links[i] = bpf_program__attach(set->twins[i]);
		if ((first && !set->links[i]) || (set->twins[i] && !set->twin_links[i])) {
			char what[128];
			int err = -errno;

			snprintf(what, sizeof(what), "cannot attach probe %s to %s",
				 sw_probe_table[i].name, set->choice.hooks[i]->section);
			return fail(err, what, why, why_bytes);
		}
	}
	return 0;
}

static void take_down(struct sw_probe_set *set)
{
	sw_probe_set_detach(set);
	memset(set->programs, 0, sizeof(set->programs));
	memset(set->twins, 0, sizeof(set->twins));
	sidewatch_bpf__destroy(set->skel);
	set->skel = NULL;
}

static int bring_up(struct sw_probe_set *set, const struct sw_probe_set_options *o, char *why,
		    size_t why_bytes)
{
	int err = load(set, o, why, why_bytes);

	return err ? err : attach(set, o, why, why_bytes);
}

int sw_probe_set_open(const struct sw_probe_set_options *options, char *why, size_t why_bytes,
		      struct sw_probe_set **out)
{
	struct sw_probe_set *set;
	int err = sw_support_check(why, why_bytes);

	if (err)
		return err;
	set = calloc(1, sizeof(*set));
	if (!set)
		return fail(-ENOMEM, "cannot make the probe set", why, why_bytes);
	last_warning[0] = '\0';
	libbpf_set_print(keep_warning);
	set->cpus = libbpf_num_possible_cpus();
	err = set->cpus < 0 ? fail(set->cpus, "cannot count CPUs", why, why_bytes) : 0;
	if (!err)
		err = sw_choice_make(&set->choice, options->wanted, options->without, why,
				     why_bytes);
	if (!err)
		err = bring_up(set, options, why, why_bytes);
	if (err && options->wanted == SW_WANTED_AUTO && sw_choice_is_precise(&set->choice)) {
		/* It should have worked, and did not: the core set still can. */
		sw_choice_fall_back(&set->choice, why);
		take_down(set);
		err = bring_up(set, options, why, why_bytes);
	}
	if (err) {
		sw_probe_set_free(&set);
		return err;
	}
	*out = set;
	return 0;
}

void sw_probe_set_detach(struct sw_probe_set *set)
{
	for (size_t i = 0; i < sw_probe_count; i++) {
		bpf_link__destroy(set->links[i]);
		bpf_link__destroy(set->twin_links[i]);
		set->links[i] = set->twin_links[i] = NULL;
	}
}

void sw_probe_set_free(struct sw_probe_set **set)
{
	struct sw_probe_set *s = *set;

	if (!s)
		return;
	take_down(s);
	free(s);
	*set = NULL;
}

/* ---- in force ---------------------------------------------------------------------------- */

const char *sw_probe_set_name(const struct sw_probe_set *set)
{
	return sw_set_names[sw_choice_is_precise(&set->choice) ? SW_SET_PRECISION : SW_SET_CORE];
}

/* The program writes nothing; reading drives it over all files of all tasks. */
static int scan(struct bpf_link *link)
{
	sw_autoclose int fd = bpf_iter_create(bpf_link__fd(link));
	char buf[256];
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	return n < 0 ? -errno : 0;
}

int sw_probe_set_scan_listeners(struct sw_probe_set *set)
{
	size_t row = (size_t)(sw_probe_find("listener") - sw_probe_table);
	int err;

	if (!set->links[row])
		return 0; /* left out */
	err = scan(set->links[row]);
	return err ? err : scan(set->links[row]); /* flows whose listener came after them */
}

int sw_probe_set_ring_fd(const struct sw_probe_set *set)
{
	return bpf_map__fd(set->skel->maps.sw_vital);
}

int sw_probe_set_map_fd(const struct sw_probe_set *set, const char *name)
{
	return bpf_object__find_map_fd_by_name(set->skel->obj, name);
}

uint32_t *sw_probe_set_idle(struct sw_probe_set *set)
{
	return &set->skel->bss->sw_consumer_idle;
}

void sw_probe_set_counters(const struct sw_probe_set *set, uint64_t out[SW_COUNT_MAX])
{
	int fd = bpf_map__fd(set->skel->maps.sw_counters);
	sw_autofree uint64_t *values = calloc((size_t)set->cpus, sizeof(*values));

	memset(out, 0, SW_COUNT_MAX * sizeof(*out));
	if (!values)
		return;
	for (uint32_t key = 0; key < SW_COUNT_MAX; key++) {
		if (bpf_map_lookup_elem(fd, &key, values))
			continue;
		for (int cpu = 0; cpu < set->cpus; cpu++)
			out[key] += values[cpu];
	}
}

static int info_of(const struct bpf_program *program, struct bpf_prog_info *out)
{
	__u32 size = sizeof(*out);

	memset(out, 0, size);
	return bpf_obj_get_info_by_fd(bpf_program__fd(program), out, &size) ? -errno : 0;
}

int sw_probe_set_state(const struct sw_probe_set *set, size_t row, struct sw_probe_state *out)
{
	struct sw_probe_state state = {0};
	struct bpf_prog_info info;
	int err;

	if (row >= sw_probe_count)
		return -EINVAL;
	state.refusal = set->choice.refusals[row];
	if (!set->programs[row]) {
		*out = state;
		return 0;
	}
	state.hook = set->choice.hooks[row]->section;
	err = info_of(set->programs[row], &info);
	if (err)
		return err;
	state.attached = set->links[row] != NULL;
	state.twin_attached = set->twin_links[row] != NULL;
	state.missed = info.recursion_misses;
	state.runs = info.run_cnt;
	state.verified_insns = info.verified_insns;
	if (set->twins[row]) {
		err = info_of(set->twins[row], &info);
		if (err)
			return err;
		if (state.missed > info.recursion_misses)
			state.missed = info.recursion_misses;
	}
	*out = state;
	return 0;
}

uint64_t sw_probe_set_missed(const struct sw_probe_set *set)
{
	struct sw_probe_state state = {0};
	uint64_t missed = 0;

	for (size_t i = 0; i < sw_probe_count; i++)
		if (!sw_probe_set_state(set, i, &state))
			missed += state.missed;
	return missed;
}
