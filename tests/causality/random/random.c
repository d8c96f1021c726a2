// SPDX-License-Identifier: Apache-2.0
/*
 * Random trees of processes against their truth. usage: random SERVER-PROGRAM; what is to be played
 * stands in the environment: see options_read().
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/host.h"
#include "judge.h"
#include "lab.h"
#include "play.h"
#include "probe/window.h"

#define RATE 1000000 /* facts of a session a second: never capped here */
#define BATCHES_OF_A_WINDOW 20 /* so that the table of edges does not fill up */
#define BURNERS_MAX 8
#define ANY UINT64_MAX

struct options {
	uint64_t trees; /* N: at least so many */
	uint64_t seed; /* SEED */
	uint64_t tree; /* TREE: this one alone */
	uint64_t batch; /* BATCH: this one alone */
	uint64_t times; /* TIMES: that one so often */
	uint64_t limit_s; /* LIMIT: begin no batch after that time; 0: no limit */
	uint64_t patience_s; /* PATIENCE: for one batch */
	uint64_t burners; /* LOAD: processes that only burn time */
};

struct run {
	struct options options;
	struct lab lab;
	struct sw_ring *edges;
	struct sw_window *window;
	struct play play;
	struct judge judge;
	pid_t burners[BURNERS_MAX];
};

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	char *end;
	uint64_t n;

	if (!text || !*text)
		return otherwise;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end) {
		fprintf(stderr, "causality-random: %s=%s is no number\n", name, text);
		exit(2);
	}
	return n;
}

static void options_read(struct options *o)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		exit(1);
	o->trees = number_of("N", 10000);
	o->seed = number_of("SEED", seed % 1000000);
	o->tree = number_of("TREE", ANY);
	o->batch = number_of("BATCH", ANY);
	o->times = number_of("TIMES", 1);
	o->limit_s = number_of("LIMIT", 0);
	o->patience_s = number_of("PATIENCE", 60);
	o->burners = number_of("LOAD", 0);
	if (o->burners > BURNERS_MAX)
		o->burners = BURNERS_MAX;
}

/* ---- what surrounds the batches ---------------------------------------------------------- */

/* Counts of edges are of no interest here: that the table is emptied is. */
static void ignore(void *ctx, const void *record, size_t size)
{
	(void)ctx;
	(void)record;
	(void)size;
}

static void start_burners(struct run *run)
{
	for (uint64_t i = 0; i < run->options.burners; i++) {
		run->burners[i] = fork();
		if (!run->burners[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (volatile unsigned int n = 0;; n++)
				;
		}
	}
}

static void stop_burners(struct run *run)
{
	for (uint64_t i = 0; i < run->options.burners; i++) {
		kill(run->burners[i], SIGKILL);
		waitpid(run->burners[i], NULL, 0);
	}
}

static void run_open(struct run *run, const char *program)
{
	struct lab_options options = {
		.login_port = LOGIN_PORT, .burst = RATE, .per_s = RATE, .edges_max = 65536};

	assert_int_equal(lab_namespace(NULL), 0);
	lab_open(&run->lab, &options);
	assert_int_equal(sw_ring_open(sw_probe_set_map_fd(run->lab.probes, "sw_edges"), NULL,
				      lab_record, &run->lab, &run->edges),
			 0);
	assert_int_equal(
		sw_window_open(run->lab.probes, sw_boottime_ns(), ignore, NULL, &run->window), 0);
	play_open(&run->play, program, (unsigned int)run->options.patience_s);
	start_burners(run);
}

static void forget_records(struct lab *lab)
{
	for (size_t i = 0; i < lab->count; i++)
		free(lab->records[i]);
	lab->count = 0;
}

static void play_and_judge(struct run *run, const struct batch *b)
{
	struct outcome outcomes[BATCH_MOST];

	play_servers(&run->play, run->options.seed, b);
	if (!play_batch(&run->play, b, outcomes))
		for (unsigned int i = 0; i < b->count; i++)
			if (outcomes[i].ended < b->trees[i].program.strands ||
			    outcomes[i].connected < b->trees[i].program.connects)
				judge_broken(&run->judge, b, &b->trees[i], "did not end in time");
	for (unsigned int i = 0; i < b->count; i++)
		if (outcomes[i].error)
			judge_broken(&run->judge, b, &b->trees[i], strerror(outcomes[i].error));
	lab_drain(&run->lab);
	while (sw_ring_drain(run->edges) > 0)
		;
	judge_batch(&run->judge, b, run->lab.records, run->lab.count);
	forget_records(&run->lab);
}

static void run_batches(struct run *run)
{
	const struct options *o = &run->options;
	static struct batch b;
	uint64_t started = sw_boottime_ns(), first = 0;

	for (uint64_t n = 0; first < o->trees && !run->judge.broken; n++) {
		if (o->limit_s && sw_boottime_ns() - started > o->limit_s * 1000000000ULL)
			return;
		plan_batch(&b, o->seed, n, first);
		first += b.count;
		play_and_judge(run, &b);
		if (n % BATCHES_OF_A_WINDOW == BATCHES_OF_A_WINDOW - 1)
			assert_int_equal(sw_window_end(run->window, sw_boottime_ns()), 0);
	}
}

/* The one batch that was asked for by its number or by a tree of it. */
static void run_one(struct run *run)
{
	const struct options *o = &run->options;
	static struct batch b;
	uint64_t first = 0, n = 0;

	while (o->batch == ANY ? first + plan_size(o->seed, n) <= o->tree : n < o->batch)
		first += plan_size(o->seed, n++);
	plan_batch(&b, o->seed, n, first);
	if (o->batch == ANY)
		plan_keep(&b, o->tree);
	for (unsigned int i = 0; i < b.count && o->tree != ANY; i++)
		fprintf(stderr, "tree %" PRIu64 ": %s\n", b.trees[i].number,
			b.trees[i].program.text);
	for (uint64_t i = 0; i < o->times; i++) {
		for (unsigned int k = 0; k < b.count; k++)
			plan_move(&b.trees[k], (unsigned int)i);
		play_and_judge(run, &b);
		/* Each connection is a new edge again. */
		assert_int_equal(sw_window_end(run->window, sw_boottime_ns()), 0);
	}
}

/* ---- the verdict ------------------------------------------------------------------------- */

static bool check(bool good, const char *what, unsigned int *passed, unsigned int *failed)
{
	*(good ? passed : failed) += 1;
	if (!good)
		printf("causality-random: FAILED: %s\n", what);
	return good;
}

/* Nothing lost, nothing remembered of those who are gone. */
static void check_books(struct run *run, unsigned int *passed, unsigned int *failed)
{
	uint64_t n[SW_COUNT_MAX];

	lab_check_accounting(&run->lab);
	lab_check_forgotten(&run->lab);
	while (sw_ring_drain(run->edges) > 0)
		;
	sw_probe_set_counters(run->lab.probes, n);
	check(n[SW_COUNT_EDGES_PRODUCED] == sw_ring_consumed(run->edges) +
						    n[SW_COUNT_EDGES_DROPPED] +
						    n[SW_COUNT_EDGES_CAPPED],
	      "edges: produced = consumed + dropped + capped", passed, failed);
	check(!n[SW_COUNT_DROPPED] && !n[SW_COUNT_CAPPED] && !n[SW_COUNT_EDGES_DROPPED] &&
		      !n[SW_COUNT_EDGES_CAPPED] && !n[SW_COUNT_EDGES_FULL] &&
		      !n[SW_COUNT_REFUSED_MARK],
	      "nothing dropped, capped or refused", passed, failed);
	printf("produced %" PRIu64 " and %" PRIu64 " of edges, repaired %" PRIu64
	       ", missed by recursion %" PRIu64 "\n",
	       n[SW_COUNT_PRODUCED], n[SW_COUNT_EDGES_PRODUCED], n[SW_COUNT_REPAIRED],
	       sw_probe_set_missed(run->lab.probes));
}

/*
 * The rows that must be answered in full. What the kernel did not let the probes see is no fault of
 * theirs: each program that it skipped costs a connection at most, each client whose coming in it
 * skipped (repaired when it was read, without its time) all of a tree's.
 */
static void check_floors(const struct run *run, unsigned int *passed, unsigned int *failed)
{
	static const unsigned int full[] = {SHAPE_fork, SHAPE_inetd, SHAPE_activated,
					    SHAPE_MAX + KNOWN_NARROWED - 1};
	uint64_t unseen = sw_probe_set_missed(run->lab.probes) +
			  CONNECTS_MAX * lab_counter(&run->lab, SW_COUNT_REPAIRED);
	uint64_t left = 0;

	for (unsigned int i = 0; i < sizeof(full) / sizeof(*full); i++)
		left += judge_all(&run->judge, full[i]) - judge_answered(&run->judge, full[i]);
	check(left <= unseen, "every connection where one cause must be seen", passed, failed);
}

static int verdict(struct run *run)
{
	unsigned int passed = 0, failed = 0;

	judge_print(&run->judge, stdout);
	check(run->judge.trees > 0, "trees were played", &passed, &failed);
	check(!run->judge.broken, "every tree was played to its end", &passed, &failed);
	check(!run->judge.wrong, "no wrong peer", &passed, &failed);
	check_floors(run, &passed, &failed);
	check_books(run, &passed, &failed);
	printf("causality-random-%s: %u passed, %u failed\n",
	       lab_is_precise() ? "precision" : "core", passed, failed);
	return failed != 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	int failed;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	options_read(&run.options);
	run.judge.seed = run.options.seed;
	printf("causality-random: SEED=%" PRIu64 "\n", run.options.seed);
	run_open(&run, argv[1]);
	if (run.options.tree == ANY && run.options.batch == ANY)
		run_batches(&run);
	else
		run_one(&run);
	stop_burners(&run);
	play_close(&run.play);
	failed = verdict(&run);
	sw_window_free(&run.window);
	sw_ring_free(&run.edges);
	lab_close(&run.lab);
	return failed;
}
