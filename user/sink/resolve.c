/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HOST_BYTES 256
#define SERVICE_BYTES 8

/* Shared by the caller and the thread; the one who lets go last frees it. */
struct sw_resolve {
	atomic_int users;
	atomic_bool ready;
	int event;
	char host[HOST_BYTES];
	char service[SERVICE_BYTES];
	struct addrinfo hints;
	struct addrinfo *list;
	int error; /* getaddrinfo's */
};

static void let_go(struct sw_resolve *resolve)
{
	if (atomic_fetch_sub(&resolve->users, 1) > 1)
		return;
	if (resolve->list)
		freeaddrinfo(resolve->list);
	close(resolve->event);
	free(resolve);
}

static void look_up(struct sw_resolve *resolve)
{
	resolve->error =
		getaddrinfo(resolve->host, resolve->service, &resolve->hints, &resolve->list);
	atomic_store(&resolve->ready, true);
	(void)eventfd_write(resolve->event, 1);
}

static void *run(void *arg)
{
	look_up(arg);
	let_go(arg);
	return NULL;
}

/* Signals are for the main thread: the new one inherits a mask that blocks all. */
static int start_thread(struct sw_resolve *resolve)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&resolve->users, 1);
	error = pthread_create(&thread, &attr, run, resolve);
	if (error)
		atomic_fetch_sub(&resolve->users, 1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -error;
}

int sw_resolve_start(const char *host, uint16_t port, int socktype, struct sw_resolve **out)
{
	struct sw_resolve *resolve = calloc(1, sizeof(*resolve));
	int rc = 0;

	if (!resolve)
		return -ENOMEM;
	atomic_init(&resolve->users, 1);
	resolve->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resolve->event < 0) {
		rc = -errno;
		free(resolve);
		return rc;
	}
	snprintf(resolve->host, sizeof(resolve->host), "%s", host);
	snprintf(resolve->service, sizeof(resolve->service), "%u", port);
	resolve->hints = (struct addrinfo){.ai_socktype = socktype,
					   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	look_up(resolve);
	if (resolve->error == EAI_NONAME) { /* no address, so a name */
		atomic_store(&resolve->ready, false);
		(void)eventfd_read(resolve->event, &(eventfd_t){0});
		resolve->hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
		rc = start_thread(resolve);
	}
	if (rc) {
		let_go(resolve);
		return rc;
	}
	*out = resolve;
	return 0;
}

int sw_resolve_fd(const struct sw_resolve *resolve)
{
	return resolve->event;
}

int sw_resolve_result(struct sw_resolve *resolve, struct addrinfo **out, const char **why)
{
	if (!atomic_load(&resolve->ready))
		return -EAGAIN;
	if (resolve->error || !resolve->list) {
		*why = gai_strerror(resolve->error);
		return -ENOENT;
	}
	*out = resolve->list;
	resolve->list = NULL;
	return 0;
}

void sw_resolve_free(struct sw_resolve **resolve)
{
	if (*resolve)
		let_go(*resolve);
	*resolve = NULL;
}
