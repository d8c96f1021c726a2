/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends numbered incidents through the real sinks, as the detector's loop would, and says what
 * became of them.
 *
 *     driver CONFIG FIRST COUNT RATE WAIT
 *
 * RATE is messages a second, 0: as fast as it goes. At half of them it prints "half". At the end
 * it waits until every sink's queue is empty, at most WAIT seconds, closes them, and prints one
 * line of JSON.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "base/host.h"
#include "sidewatch/config.h"
#include "sink/fixture.h"
#include "sink/sinks.h"

/* How long something took, and how much of that the thread slept: was neither running nor ready to.
 */
struct span {
	uint64_t took_ns, slept_ns;
};

/* A moment: the clock, and how long this thread has run or was ready to run. */
struct moment {
	uint64_t clock_ns, busy_ns;
};

struct drive {
	struct sw_sinks *sinks;
	struct sw_host host;
	uint64_t next_tick;
	int schedstat; /* of this thread */
	struct span longest_send, longest_work;
};

static void tell(void *arg, const char *sink, const char *target, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s %s: %s\n", sink, target, what);
}

/* The kernel's count of the time on a run queue; without it (CONFIG_SCHED_INFO) waiting is sleep.
 */
static uint64_t queued_ns(const struct drive *drive)
{
	char text[96] = "";
	uint64_t ran = 0, waited = 0;

	if (pread(drive->schedstat, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "%lu %lu", &ran, &waited) != 2)
		return 0;
	return waited;
}

static struct moment moment(const struct drive *drive)
{
	struct timespec cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return (struct moment){sw_boottime_ns(), (uint64_t)cpu.tv_sec * SECOND +
							 (uint64_t)cpu.tv_nsec + queued_ns(drive)};
}

static void note(const struct drive *drive, struct span *longest, struct moment began)
{
	struct moment ended = moment(drive);
	uint64_t took = ended.clock_ns - began.clock_ns, busy = ended.busy_ns - began.busy_ns;

	if (took > longest->took_ns)
		longest->took_ns = took;
	if (took > busy && took - busy > longest->slept_ns)
		longest->slept_ns = took - busy;
}

static void send_one(struct drive *drive, unsigned int number)
{
	struct sw_incident incident = fixture_incident();
	struct sw_message message;
	struct moment began = moment(drive);
	char id[128];

	snprintf(id, sizeof(id), "%s-%s-%x", drive->host.machine_id, drive->host.boot_id, number);
	incident.id = id;
	message = fixture_message(&incident);
	message.host = &drive->host;
	message.time_ns = began.clock_ns;
	(void)sw_sinks_send(drive->sinks, &message);
	note(drive, &drive->longest_send, began);
}

/* What the loop does besides, for at most so long. */
static void idle(struct drive *drive, uint64_t until)
{
	do {
		uint64_t now = sw_boottime_ns();
		struct pollfd fd = {.fd = sw_sinks_fd(drive->sinks), .events = POLLIN};
		uint64_t next = drive->next_tick < until ? drive->next_tick : until;
		int ms = next > now ? (int)((next - now + 999999) / 1000000) : 0;

		struct moment began;
		bool ready = poll(&fd, 1, ms) > 0;

		began = moment(drive);
		if (ready)
			sw_sinks_ready(drive->sinks);
		if (began.clock_ns >= drive->next_tick) {
			sw_sinks_tick(drive->sinks);
			drive->next_tick = began.clock_ns + SECOND;
		}
		note(drive, &drive->longest_work, began);
	} while (sw_boottime_ns() < until);
}

static bool all_sent(const struct drive *drive)
{
	for (size_t i = 0; i < sw_sinks_count(drive->sinks); i++) {
		struct sw_sink_stats stats;
		const char *name;

		sw_sinks_stats(drive->sinks, i, &name, &stats);
		if (stats.queued > 0)
			return false;
	}
	return true;
}

static void report(const struct drive *drive)
{
	const struct span *send = &drive->longest_send, *work = &drive->longest_work;

	printf("{\"send_ms\": %.3f, \"send_slept_ms\": %.3f, \"work_ms\": %.3f, "
	       "\"work_slept_ms\": %.3f, \"sinks\": [",
	       (double)send->took_ns / 1e6, (double)send->slept_ns / 1e6,
	       (double)work->took_ns / 1e6, (double)work->slept_ns / 1e6);
	for (size_t i = 0; i < sw_sinks_count(drive->sinks); i++) {
		struct sw_sink_stats stats;
		const char *name;

		sw_sinks_stats(drive->sinks, i, &name, &stats);
		printf("%s{\"name\": \"%s\", \"sent\": %lu, \"dropped\": %lu, \"queued\": %lu}",
		       i ? ", " : "", name, stats.sent, stats.dropped, stats.queued);
	}
	printf("]}\n");
}

int main(int argc, char **argv)
{
	struct sw_sinks_options options = {.stdout_fd = STDOUT_FILENO, .tell = tell};
	struct drive drive = {.sinks = NULL};
	struct sw_config *config = NULL;
	unsigned int first, count, rate;
	uint64_t begin, end;

	if (argc != 6 || sw_config_load(argv[1], stderr, &config))
		return 2;
	first = (unsigned int)atoi(argv[2]);
	count = (unsigned int)atoi(argv[3]);
	rate = (unsigned int)atoi(argv[4]);
	sw_host_read(&drive.host);
	if (sw_sinks_open(config, &options, &drive.sinks))
		return 1;
	drive.schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	begin = sw_boottime_ns();
	for (unsigned int i = 0; i < count; i++) {
		uint64_t due = rate ? begin + i * SECOND / rate : 0;

		if (i == count / 2) {
			printf("half\n");
			fflush(stdout);
		}
		idle(&drive, due);
		send_one(&drive, first + i);
	}
	end = sw_boottime_ns() + (uint64_t)atoi(argv[5]) * SECOND;
	while (!all_sent(&drive) && sw_boottime_ns() < end)
		idle(&drive, sw_boottime_ns() + SECOND / 20);
	idle(&drive, sw_boottime_ns() + 2 * SECOND); /* for a LOSS message, told by a tick */
	report(&drive);
	fflush(stdout);
	sw_sinks_free(&drive.sinks);
	sw_config_free(&config);
	return 0;
}
