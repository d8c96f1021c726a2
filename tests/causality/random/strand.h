/* SPDX-License-Identifier: Apache-2.0 */
/* One line of doing within a tree: a process or thread that works off a part of its program. */
#ifndef RANDOM_STRAND_H
#define RANDOM_STRAND_H

#include <pthread.h>
#include <sys/types.h>

#include "wire.h"

#define PATIENCE_MS 20000

struct strand {
	uint16_t tree;
	uint8_t known; /* enum knowledge */
	bool own; /* its process is there for this tree alone */
	int conn; /* the accepted connection, -1: none (any more) */
	pid_t kids[STRANDS_MAX];
	unsigned int nkids;
	pthread_t threads[STRANDS_MAX];
	unsigned int nthreads;
};

/* Works the program off and reports its end. Takes the connection over. */
void strand_run(struct strand *s, const char *text);

/* Goes on after an exec: arguments as strand_exec() gives them. */
int strand_main(char **arguments);

/* As another program: a new image of this one. Returns only if it failed. */
void strand_exec(const struct strand *s, const char *text);

/* Serves what is handed over to it on that socket, one after the other. */
void companion_run(int fd);

int send_descriptor(int via, int fd, const void *data, size_t bytes);
int receive_descriptor(int via, void *data, size_t bytes);

void report(enum report_kind kind, uint16_t tree, uint8_t connect, int error);

/* fork(); the child ends in half a minute, whatever it waits for. */
pid_t bounded_fork(void);

#endif
