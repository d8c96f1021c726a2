// SPDX-License-Identifier: Apache-2.0
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shape.h"

struct actor actor;

void die(const char *what)
{
	fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
	_exit(70);
}

int bind_to(uint16_t port, int protocol)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol)), on = 1;

	MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	MUST(bind(fd, (struct sockaddr *)&any, sizeof(any)));
	return fd;
}

int listen_on(uint16_t port, int protocol)
{
	int fd = bind_to(port, protocol);

	MUST(listen(fd, 64));
	return fd;
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return at;
}

int listen_unix(const char *path)
{
	struct sockaddr_un at = unix_address(path);
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	unlink(path);
	MUST(bind(fd, (struct sockaddr *)&at, sizeof(at)));
	MUST(listen(fd, 64));
	return fd;
}

int connect_unix(const char *path)
{
	struct sockaddr_un at = unix_address(path);
	int fd = MUST(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	for (int tries = 0; connect(fd, (struct sockaddr *)&at, sizeof(at)); tries++) {
		if (tries == 500)
			die(path);
		usleep(10000);
	}
	return fd;
}

int accept_one(int listener)
{
	return MUST(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

pid_t fork_off(void)
{
	return MUST(fork());
}

void join_child(pid_t child)
{
	int status;

	if (MUST(waitpid(child, &status, 0)) != child || status) {
		fprintf(stderr, "actor: a child ended with status 0x%x\n", status);
		_exit(71);
	}
}

void hear(int fd, struct request *request)
{
	char text[REQUEST_BYTES + 1] = "";
	size_t had = 0;

	while (!strchr(text, '\n')) {
		ssize_t got = MUST(actor.in->hear(fd, text + had, REQUEST_BYTES - had));

		if (!got)
			die("the request ended early");
		had += (size_t)got;
		text[had] = 0;
	}
	if (sscanf(text, "%45s %5[0-9]", request->ip, request->port) != 2)
		die(text);
}

void go(const struct request *where)
{
	actor.out->go(where);
}

void hear_and_go(int fd)
{
	struct request request;

	hear(fd, &request);
	go(&request);
}

static const struct way_out *find_out(const char *name)
{
	const struct way_out *const tables[] = {ways_out, lives, brokers};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct way_out *way = tables[i]; way->name; way++)
			if (!strcmp(way->name, name))
				return way;
	return NULL;
}

static const struct way_in *find_in(const char *name)
{
	for (const struct way_in *way = ways_in; way->name; way++)
		if (!strcmp(way->name, name))
			return way;
	return NULL;
}

static const struct shape *find_shape(const char *name)
{
	for (const struct shape *shape = shapes; shape->name; shape++)
		if (!strcmp(shape->name, name))
			return shape;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct shape *shape = argc > 2 ? find_shape(argv[1]) : NULL;
	const char *in = "recv", *out = "connect";

	for (int i = 3; i < argc; i++) {
		if (!strncmp(argv[i], "hear=", 5))
			in = argv[i] + 5;
		else if (!strncmp(argv[i], "go=", 3))
			out = argv[i] + 3;
		else
			actor.argument = argv[i];
	}
	actor.in = find_in(in);
	actor.out = find_out(out);
	if (!shape || !actor.in || !actor.out) {
		fputs("usage: actor SHAPE PORT [ARGUMENT] [hear=WAY] [go=WAY]\n", stderr);
		return 64;
	}
	actor.port = (uint16_t)atoi(argv[2]);
	shape->serve();
	return 0;
}
