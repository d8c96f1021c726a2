// SPDX-License-Identifier: Apache-2.0
#include "alive.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- steps ------------------------------------------------------------------------------- */

static void close_conn(struct strand *s)
{
	if (s->conn >= 0)
		close(s->conn);
	if (s->conn == 0)
		close(1); /* standard output, too */
	s->conn = -1;
}

/* The client sends a byte for each time, also before it resets the connection. */
static void read_on(const struct strand *s)
{
	struct pollfd ready = {.fd = s->conn, .events = POLLIN};
	char byte;

	errno = ENODATA;
	if (poll(&ready, 1, PATIENCE_MS) != 1 || read(s->conn, &byte, 1) != 1)
		report(REPORT_UNREAD, s->tree, 0, errno);
}

/* Ended by a reset, so that thousands leave nothing behind. */
static void connect_out(const struct strand *s, unsigned int number)
{
	uint32_t where = 127U << 24 | (uint32_t)s->tree << 8 | (number + 1);
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(where),
				 .sin_port = htons((uint16_t)(TARGET_PORT + s->known))};
	struct linger reset = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		error = errno;
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	report(REPORT_CONNECTED, s->tree, (uint8_t)number, error);
}

static void wait_for_all(struct strand *s)
{
	while (s->nkids)
		waitpid(s->kids[--s->nkids], NULL, 0);
	while (s->nthreads)
		pthread_join(s->threads[--s->nthreads], NULL);
}

struct arguments {
	char numbers[3][16];
	char *all[7];
};

static char **arguments_of(struct arguments *a, const struct strand *s, const char *text)
{
	snprintf(a->numbers[0], sizeof(a->numbers[0]), "%u", s->tree);
	snprintf(a->numbers[1], sizeof(a->numbers[1]), "%u", s->known);
	snprintf(a->numbers[2], sizeof(a->numbers[2]), "%d", s->conn);
	a->all[0] = (char *)(uintptr_t) "serve";
	a->all[1] = (char *)(uintptr_t) "strand";
	for (int i = 0; i < 3; i++)
		a->all[2 + i] = a->numbers[i];
	a->all[5] = (char *)(uintptr_t)text;
	a->all[6] = NULL;
	return a->all;
}

void strand_exec(const struct strand *s, const char *text)
{
	struct arguments a;

	if (s->conn >= 0)
		fcntl(s->conn, F_SETFD, 0);
	execv("/proc/self/exe", arguments_of(&a, s, text));
	_exit(82);
}

/* ---- others that do a part --------------------------------------------------------------- */

struct part {
	struct strand strand;
	char text[TEXT_BYTES];
	bool execs;
};

static void *in_a_thread(void *arg)
{
	struct part *part = arg;

	if (part->execs)
		strand_exec(&part->strand, part->text);
	strand_run(&part->strand, part->text);
	free(part);
	return NULL;
}

static pthread_t start_thread(const struct strand *s, const char *text, bool execs)
{
	struct part *part = calloc(1, sizeof(*part));
	pthread_attr_t small;
	pthread_t thread;
	int err = -1;

	if (!part)
		_exit(83);
	part->strand = *s;
	part->execs = execs;
	snprintf(part->text, sizeof(part->text), "%s", text);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 128 * 1024);
	for (int i = 0; i < 500 && (err = pthread_create(&thread, &small, in_a_thread, part)); i++)
		usleep(10000);
	if (err)
		_exit(83);
	return thread;
}

static void by_thread(struct strand *s, struct strand part, const char *text)
{
	part.conn = s->conn < 0 ? -1 : fcntl(s->conn, F_DUPFD_CLOEXEC, 3);
	/* Who shares its process with other trees has been told by memory what to do. */
	if (!s->own)
		part.known = KNOWN_CROSSED;
	s->threads[s->nthreads++] = start_thread(&part, text, false);
}

static void by_thread_exec(struct strand *s, const char *text)
{
	start_thread(s, text, true);
	for (;;)
		pause();
}

static void by_fork(struct strand *s, struct strand part, const char *text, bool twice)
{
	pid_t child = bounded_fork();

	if (child && twice) {
		waitpid(child, NULL, 0);
		return;
	}
	if (child) {
		s->kids[s->nkids++] = child;
		return;
	}
	if (twice && bounded_fork())
		_exit(0);
	strand_run(&part, text);
	_exit(0);
}

static void by_spawn(struct strand *s, const struct strand *part, const char *text)
{
	posix_spawn_file_actions_t actions;
	struct arguments a;
	pid_t child;
	int err = -1;

	posix_spawn_file_actions_init(&actions);
	if (part->conn >= 0) /* keeps it open over the exec */
		posix_spawn_file_actions_adddup2(&actions, part->conn, part->conn);
	for (int i = 0; i < 500 && err; i++) {
		err = posix_spawn(&child, "/proc/self/exe", &actions, NULL,
				  arguments_of(&a, part, text), environ);
		if (err)
			usleep(10000);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		_exit(84);
	s->kids[s->nkids++] = child;
}

static void by_handing_over(struct strand *s, struct strand part, const char *text)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		_exit(85);
	child = bounded_fork();
	if (!child) {
		char byte;

		close(part.conn);
		part.conn = receive_descriptor(pair[1], &byte, 1);
		close(pair[0]);
		close(pair[1]);
		read_on(&part);
		strand_run(&part, text);
		_exit(0);
	}
	s->kids[s->nkids++] = child;
	if (send_descriptor(pair[0], s->conn, "x", 1))
		_exit(85);
	close(pair[0]);
	close(pair[1]);
}

static void by_companion(struct strand *s, const struct strand *part, const char *text)
{
	struct part message = {.strand = *part};

	snprintf(message.text, sizeof(message.text), "%s", text);
	if (send_descriptor(COMPANION_FD, s->conn, &message, sizeof(message)))
		_exit(86);
}

void companion_run(int fd)
{
	struct part part;
	int conn;

	while ((conn = receive_descriptor(fd, &part, sizeof(part))) >= 0) {
		part.strand = strand_heard(part.strand.tree, conn, KNOWN_HANDED);
		read_on(&part.strand);
		strand_run(&part.strand, part.text);
	}
}

/* ---- the program ------------------------------------------------------------------------- */

/* The block that begins at the parenthesis, without it. Returns what follows. */
static const char *cut_block(const char *from, char to[TEXT_BYTES])
{
	const char *at = from + 1;

	for (unsigned int open = 1; *at; at++) {
		open += (*at == '(') - (*at == ')');
		if (!open)
			break;
	}
	snprintf(to, TEXT_BYTES, "%.*s", (int)(at - from - 1), from + 1);
	return *at ? at + 1 : at;
}

static const char *do_block(struct strand *s, const char *at)
{
	struct strand part = {.tree = s->tree, .known = s->known, .conn = s->conn};
	const char kind = *at;
	char text[TEXT_BYTES];

	at = cut_block(at + 1, text);
	alive_count(s->tree, 1);
	if (!s->own && strchr("fdHv", kind))
		alive_forks(s->tree);
	part.own = kind == 't' ? s->own : kind != 'h';
	switch (kind) {
	case 't':
		by_thread(s, part, text);
		break;
	case 'v':
		by_spawn(s, &part, text);
		break;
	case 'H':
		by_handing_over(s, part, text);
		break;
	case 'h':
		by_companion(s, &part, text);
		break;
	default:
		by_fork(s, part, text, kind == 'd');
		break;
	}
	return at;
}

/* Another program goes on with the rest. */
static void do_exec(struct strand *s, char how, const char *rest)
{
	for (unsigned int i = 0; i < s->nthreads; i++)
		pthread_join(s->threads[i], NULL);
	if (how == 'T')
		by_thread_exec(s, rest);
	if (how == 'y')
		close_conn(s);
	if (how == 'X') {
		if (s->conn < 0)
			_exit(88);
		for (int i = 0; i < 2; i++)
			dup2(s->conn, i);
		if (s->conn > 2)
			close(s->conn);
		s->conn = 0;
		s->known = KNOWN_NARROWED;
	}
	strand_exec(s, rest);
}

static void do_small(struct strand *s, char step)
{
	switch (step) {
	case 'p':
		usleep(300);
		break;
	case 'r':
		read_on(s);
		break;
	case 's':
		setsid();
		break;
	case 'k':
		close_conn(s);
		if (!s->own && (s->known == KNOWN_ONE || s->known == KNOWN_HANDED))
			s->known = KNOWN_CLOSED;
		break;
	case 'w':
		wait_for_all(s);
		break;
	default:
		_exit(87);
	}
}

void strand_run(struct strand *s, const char *text)
{
	for (const char *at = text; *at;) {
		if (strchr("xXyT", *at)) {
			do_exec(s, *at, at + 1);
		} else if (at[1] == '(') {
			at = do_block(s, at);
		} else if (*at == 'c') {
			connect_out(s, (unsigned int)(at[1] - '0'));
			at += 2;
		} else {
			do_small(s, *at++);
		}
	}
	while (s->nthreads)
		if (s->own)
			pthread_join(s->threads[--s->nthreads], NULL);
		else
			pthread_detach(s->threads[--s->nthreads]);
	close_conn(s);
	alive_count(s->tree, -1);
	report(REPORT_ENDED, s->tree, 0, 0);
}

int strand_main(char **arguments)
{
	struct strand s = {.own = true};

	for (int i = 0; i < 4; i++)
		if (!arguments[i])
			return 88;
	s.tree = (uint16_t)atoi(arguments[0]);
	s.known = (uint8_t)atoi(arguments[1]);
	s.conn = atoi(arguments[2]);
	if (s.conn > 2)
		fcntl(s.conn, F_SETFD, FD_CLOEXEC);
	alarm(2 * PATIENCE_MS / 1000);
	strand_run(&s, arguments[3]);
	return 0;
}
