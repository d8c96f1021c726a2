/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the driver and the servers agree on: requests that carry programs, and addresses that carry
 * the truth. A connection of a tree goes to 127.<tree, two bytes>.<its number in the program>, and
 * to a port that says what could be known of its cause.
 *
 * A program is text. One letter is a step, a block in parentheses is done by somebody else:
 *   c<digit>    connect                 p  pause              r  read on from the connection
 *   s  setsid                           k  close the connection
 *   w  wait for own processes and threads
 *   f(…) fork   d(…) fork twice   t(…) thread   v(…) posix_spawn of the program itself
 *   H(…) fork, and hand the connection over to it, which reads on from it
 *   h(…) hand the connection over to the server's companion, which reads on from it
 *   x  exec     X  exec with the connection as standard input and output     y  exec without it
 *   T  exec by another thread than the leader
 * What follows an exec is done by the program that was exec'd.
 */
#ifndef RANDOM_WIRE_H
#define RANDOM_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#define TEXT_BYTES 256
#define CONNECTS_MAX 8 /* of one program */
#define STRANDS_MAX 8 /* that do parts of one program */

#define TARGET_PORT 900 /* and the next ones, by knowledge */
#define SERVER_PORT 1000 /* and the next ones, by slot */
#define LOGIN_PORT 22 /* in the place of the first */
#define CLIENT_PORT 2000 /* and the next ones, by tree */

#define REPORT_FD 100 /* a pipe to the driver, in all servers and what they start */
#define COMPANION_FD 101
#define ALIVE_FD 102 /* memory that all share: an array of struct alive, by tree */

/* What can be known of a connection's cause without looking into a process's memory. */
enum knowledge {
	KNOWN_ONE, /* the thread's causes go back to one connection, and no other that it read is
		      open */
	KNOWN_NARROWED, /* it was exec'd with the connection as standard input and output */
	KNOWN_HANDED, /* as the first, but the companion's, which serves one after the other */
	KNOWN_SEVERAL, /* its thread had read from others that may be open somewhere */
	KNOWN_CLOSED, /* as the first, but it has been closed, by a thread that goes on with others
		       */
	KNOWN_CROSSED, /* handed by memory to a thread that has not read from it */
	KNOWN_MAX,
};

/* Of a tree. */
struct alive {
	int16_t strands;
	int16_t forked; /* off a process that serves others too */
};

#define ALIVE_BYTES (65536 * sizeof(struct alive))
#define TREES_KEPT 32

struct request {
	uint16_t tree;
	uint16_t text_bytes;
	char text[TEXT_BYTES]; /* text_bytes of it are sent; then one byte for each r, H and h */
};

#define REQUEST_HEADER 4

enum report_kind { REPORT_READY = 1, REPORT_CONNECTED, REPORT_UNREAD, REPORT_ENDED };

/* Written to the pipe, at once. */
struct report {
	uint16_t tree; /* READY: slot */
	uint8_t kind;
	uint8_t connect; /* CONNECTED: its number */
	int32_t error; /* errno; UNREAD: why there was nothing to read on from the connection */
};

#define SHAPES(X)                                                                                  \
	X(fork) /* a process for each connection, which reads it */                                \
	X(inetd) /* a program for each connection, with it as standard input and output */         \
	X(activated) /* the same with it as descriptor 3 */                                        \
	X(spawn) /* reads, then forks */                                                           \
	X(prefork) /* processes that accept from one listener, one connection at a time */         \
	X(reuseport) /* the same with a listener each */                                           \
	X(passed) /* one accepts and passes connections on to processes */                         \
	X(thread) /* a thread for each connection */                                               \
	X(pool) /* threads that accept, one connection at a time each */                           \
	X(queue) /* one thread reads, others do what was asked */                                  \
	X(steal) /* each thread reads, and does what any has read */                               \
	X(loop) /* one thread; several open; does what it has read at once */                      \
	X(loopall) /* the same, but reads all that are ready first */

enum shape {
#define SHAPE(name) SHAPE_##name,
	SHAPES(SHAPE)
#undef SHAPE
		SHAPE_MAX
};

extern const char *const shape_names[SHAPE_MAX];

/* Several connections may be open in one of its processes at a time. */
static inline bool shape_is_shared(enum shape shape)
{
	return shape >= SHAPE_thread;
}

#endif
