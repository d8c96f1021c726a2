/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control group of the test's own, in a cgroup2 mount of its own: it does not matter where the
 * machine has one, or whether (cgroup v1).
 */
#ifndef TESTS_BPF_GROUP_H
#define TESTS_BPF_GROUP_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct group {
	char mount[32];
	char path[64];
	char scope[80]; /* for struct lab_options */
};

static inline void group_make(struct group *g)
{
	snprintf(g->mount, sizeof(g->mount), "/tmp/sidewatch-group-XXXXXX");
	assert_non_null(mkdtemp(g->mount));
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", g->mount, "cgroup2", 0, NULL), 0);
	snprintf(g->path, sizeof(g->path), "%s/test-%d", g->mount, (int)getpid());
	snprintf(g->scope, sizeof(g->scope), "cgroup:%s", g->path);
	assert_int_equal(mkdir(g->path, 0755), 0);
}

static inline void group_enter(const char *path)
{
	char procs[96];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(98);
	close(fd);
}

/* The calling process, and what it starts from now on. Before it makes the sockets. */
static inline void group_join(const struct group *g)
{
	group_enter(g->path);
}

static inline void group_leave(const struct group *g)
{
	group_enter(g->mount);
}

/* Its processes have ended, or are about to. */
static inline void group_remove(const struct group *g)
{
	for (int i = 0; i < 100 && rmdir(g->path) && errno == EBUSY; i++)
		usleep(20000);
	assert_int_equal(access(g->path, F_OK), -1);
	assert_int_equal(umount2(g->mount, MNT_DETACH), 0);
	assert_int_equal(rmdir(g->mount), 0);
}

#endif
