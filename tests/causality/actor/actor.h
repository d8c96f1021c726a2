/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of a chosen shape that hears a request in a chosen way and then goes out in a chosen
 * way: actor SHAPE PORT [hear=WAY] [go=WAY]. The request says where to.
 *
 * Whoever fails exits with a message, so that a play never succeeds by half.
 */
#ifndef TESTS_CAUSALITY_ACTOR_H
#define TESTS_CAUSALITY_ACTOR_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

#define REQUEST_BYTES 64

/* "ADDRESS PORT\n" as the client sent it. */
struct request {
	char ip[INET6_ADDRSTRLEN];
	char port[6];
};

/* The ways, by their names on the command line. The last row has no name. */
struct way_in {
	const char *name;
	ssize_t (*hear)(int fd, char *text, size_t size);
};
struct way_out {
	const char *name;
	void (*go)(const struct request *where);
};
extern const struct way_in ways_in[];
extern const struct way_out ways_out[];
extern const struct way_out lives[];
extern const struct way_out brokers[];

struct actor {
	uint16_t port;
	const char *argument; /* of shapes that need one more */
	const struct way_in *in;
	const struct way_out *out;
};
extern struct actor actor;

/* Ends the process, saying what did not work and why (errno). */
void die(const char *what) __attribute__((noreturn));

/* Value, or the end if it is negative. */
#define MUST(call)                                                                                 \
	({                                                                                         \
		__typeof__(call) value_ = (call);                                                  \
		if (value_ < 0)                                                                    \
			die(#call);                                                                \
		value_;                                                                            \
	})

/* A socket of any address, of IPPROTO_TCP or IPPROTO_MPTCP; the second listens. */
int bind_to(uint16_t port, int protocol);
int listen_on(uint16_t port, int protocol);
int listen_unix(const char *path);
int connect_unix(const char *path);
int accept_one(int listener);

pid_t fork_off(void);

/* Hears one request from the connection, by the actor's way in. */
void hear(int fd, struct request *request);

/* Goes out by the actor's way out. */
void go(const struct request *where);
void hear_and_go(int fd);

/* Where to: an IPv4 address and port. */
struct sockaddr_in address_of(const struct request *where);

/* connect(2), of a thread of its own or any other, kept open until the process ends. */
void go_connect(const struct request *where);

/* A shell's: connects, and stays, so that the connection does. */
void write_script(char *script, size_t size, const struct request *where);

/* Becomes a program that connects. */
void become_program(const struct request *where) __attribute__((noreturn));

/* A child that becomes such a program, to its end. */
void go_exec(const struct request *where);

/* Waits for a child, which must succeed. */
void join_child(pid_t child);

#endif
