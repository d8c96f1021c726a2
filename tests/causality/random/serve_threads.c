// SPDX-License-Identifier: Apache-2.0
/* Servers of several threads. */
#include "serve.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void start(void *(*what)(void *), void *arg)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	for (int i = 0; pthread_create(&thread, &small, what, arg); i++) {
		if (i == 500)
			_exit(60);
		usleep(10000); /* thread ids may be few */
	}
}

static void *serve_in_thread(void *conn)
{
	serve_one((int)(intptr_t)conn, KNOWN_ONE, false);
	return NULL;
}

void serve_thread(const struct server *server)
{
	for (;;)
		start(serve_in_thread, (void *)(intptr_t)accept_next(server->listener));
}

static void *accept_in_thread(void *listener)
{
	for (;;)
		serve_one(accept_next((int)(intptr_t)listener), KNOWN_ONE, false);
	return NULL;
}

void serve_pool(const struct server *server)
{
	for (unsigned int i = 1; i < server->workers; i++)
		start(accept_in_thread, (void *)(intptr_t)server->listener);
	accept_in_thread((void *)(intptr_t)server->listener);
}

/* ---- what is read by one and done by another --------------------------------------------- */

struct job {
	struct strand strand;
	struct request request;
	struct job *next;
	unsigned int number;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *first, **last;
	unsigned int count;
} jobs = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .last = &jobs.first};

static unsigned int job_put(struct job *job)
{
	unsigned int number;

	pthread_mutex_lock(&jobs.lock);
	job->number = number = jobs.count++;
	*jobs.last = job;
	jobs.last = &job->next;
	pthread_cond_signal(&jobs.more);
	pthread_mutex_unlock(&jobs.lock);
	return number;
}

static struct job *job_take(void)
{
	struct job *job;

	pthread_mutex_lock(&jobs.lock);
	while (!jobs.first)
		pthread_cond_wait(&jobs.more, &jobs.lock);
	job = jobs.first;
	jobs.first = job->next;
	if (!jobs.first)
		jobs.last = &jobs.first;
	pthread_mutex_unlock(&jobs.lock);
	return job;
}

static struct job *job_read(int conn)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		_exit(61);
	if (!read_request(conn, &job->request)) {
		close(conn);
		free(job);
		return NULL;
	}
	job->strand = strand_heard(job->request.tree, conn, KNOWN_CROSSED);
	return job;
}

static void job_do(struct job *job)
{
	strand_run(&job->strand, job->request.text);
	free(job);
}

static void *work(void *arg)
{
	for (;;)
		job_do(job_take());
	return arg;
}

void serve_queue(const struct server *server)
{
	for (unsigned int i = 0; i < server->workers; i++)
		start(work, NULL);
	for (;;) {
		struct job *job = job_read(accept_next(server->listener));

		if (job)
			job_put(job);
	}
}

/* Of that number; NULL: another has taken it. */
static struct job *take_out(unsigned int number)
{
	struct job *job;

	for (struct job **at = &jobs.first; (job = *at); at = &job->next) {
		if (job->number != number)
			continue;
		*at = job->next;
		if (!*at)
			jobs.last = at;
		break;
	}
	return job;
}

static long sleeps_so_far(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* Whether it has slept, and was woken by another thread that came with a job. */
static bool wait_for_more(void)
{
	struct timespec until, now;
	long before = sleeps_so_far();

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 500000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_cond_timedwait(&jobs.more, &jobs.lock, &until) || sleeps_so_far() == before)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < until.tv_sec ||
	       (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec);
}

/*
 * What has waited longest, if another thread comes with a job of its own meanwhile: who takes
 * another's without being woken for it leaves no trace of that outside of the memory.
 */
static struct job *job_swap(void)
{
	struct job *job = NULL;

	pthread_mutex_lock(&jobs.lock);
	if (wait_for_more() && jobs.first)
		job = take_out(jobs.first->number);
	pthread_mutex_unlock(&jobs.lock);
	return job;
}

/* Unless another has done it meanwhile, or does. */
static void job_do_own(unsigned int number)
{
	struct job *job;

	pthread_mutex_lock(&jobs.lock);
	job = take_out(number);
	pthread_mutex_unlock(&jobs.lock);
	if (job)
		job_do(job);
}

static void *read_and_steal(void *listener)
{
	for (;;) {
		struct job *job = job_read(accept_next((int)(intptr_t)listener));
		unsigned int own;

		if (!job)
			continue;
		own = job_put(job);
		job = job_swap();
		if (job)
			job_do(job);
		job_do_own(own);
	}
	return NULL;
}

void serve_steal(const struct server *server)
{
	for (unsigned int i = 1; i < server->workers; i++)
		start(read_and_steal, (void *)(intptr_t)server->listener);
	read_and_steal((void *)(intptr_t)server->listener);
}
