/* SPDX-License-Identifier: Apache-2.0 */
/* Servers of every shape that do what their clients ask. */
#ifndef RANDOM_SERVE_H
#define RANDOM_SERVE_H

#include "alive.h"

struct server {
	uint16_t port;
	unsigned int workers; /* processes or threads, where the shape has several */
	int listener;
};

/* Does not return. */
typedef void (*server_shape)(const struct server *server);
extern const server_shape server_shapes[SHAPE_MAX];

int open_listener(uint16_t port);
int accept_next(int listener);

/* Reads exactly the request. False: the client sent none. */
bool read_request(int conn, struct request *request);

/* Reads one, does what it asks, closes. */
void serve_one(int conn, enum knowledge known, bool own);

/* A part of the server: ends with it. */
pid_t worker_fork(void);

/* serve_threads.c, serve_loop.c */
void serve_thread(const struct server *server);
void serve_pool(const struct server *server);
void serve_queue(const struct server *server);
void serve_steal(const struct server *server);
void serve_loop(const struct server *server);
void serve_loopall(const struct server *server);

#endif
