// SPDX-License-Identifier: Apache-2.0
/* Scopes from their text. Needs root: namespaces are made, and a cgroup2 file system is mounted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/scope.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* A mount namespace of the test's own with a cgroup2 file system, and two groups in that. */
struct world {
	char root[64];
	char outer[128];
	char inner[192];
};

static int build(void **state)
{
	static struct world w;

	snprintf(w.root, sizeof(w.root), "/tmp/sidewatch-scope-XXXXXX");
	if (!mkdtemp(w.root))
		return -1;
	snprintf(w.outer, sizeof(w.outer), "%s/sidewatch-test-%d", w.root, (int)getpid());
	snprintf(w.inner, sizeof(w.inner), "%s/inner", w.outer);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", w.root, "cgroup2", 0, NULL) || mkdir(w.outer, 0755) ||
	    mkdir(w.inner, 0755)) {
		perror("cannot make a cgroup; run this as root");
		return -1;
	}
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	if (rmdir(w->inner) || rmdir(w->outer) || umount(w->root) || rmdir(w->root))
		return -1;
	return 0;
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static uint64_t own_cookie(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	assert_true(fd >= 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size), 0);
	close(fd);
	return cookie;
}

/* Parses, and makes sure that nothing is left behind: no descriptor, no child, no other place. */
static int parse(const char *text, struct sw_scope *out, char *why, size_t why_bytes)
{
	size_t files = open_files();
	uint64_t cookie = own_cookie();
	int rc = sw_scope_parse(text, out, why, why_bytes);

	assert_int_equal(open_files(), files);
	assert_int_equal(own_cookie(), cookie);
	return rc;
}

static void assert_refused(const char *text, int err, const char *wanted)
{
	struct sw_scope scope, before;
	char why[128] = "";

	memset(&scope, 0xa5, sizeof(scope));
	before = scope;
	assert_int_equal(parse(text, &scope, why, sizeof(why)), err);
	assert_memory_equal(&scope, &before, sizeof(scope));
	assert_string_equal(why, wanted);
}

#define NO_KIND "expected netns:PATH or cgroup:PATH"
#define NO_NETNS "this file is not a network namespace"
#define NO_CGROUP "this is not a directory of a cgroup2 file system"
#define OLD_CGROUP                                                                                 \
	"a socket does not tell its cgroup of version 1: mount cgroup2 and name a directory in "   \
	"that"

static void the_kind_has_to_be_known(void **state)
{
	(void)state;
	assert_refused("", -EINVAL, NO_KIND);
	assert_refused("netns", -EINVAL, NO_KIND);
	assert_refused("cgroup", -EINVAL, NO_KIND);
	assert_refused("/proc/self/ns/net", -EINVAL, NO_KIND);
	assert_refused("netns=/proc/self/ns/net", -EINVAL, NO_KIND);
	assert_refused("NETNS:/proc/self/ns/net", -EINVAL, NO_KIND);
	assert_refused(" netns:/proc/self/ns/net", -EINVAL, NO_KIND);
	assert_refused("all", -EINVAL, NO_KIND);
}

/* ---- network namespaces ------------------------------------------------------------------- */

static void our_own_namespace(void **state)
{
	struct sw_scope scope = {0};
	char why[128] = "untouched";

	(void)state;
	assert_int_equal(parse("netns:/proc/self/ns/net", &scope, why, sizeof(why)), 0);
	assert_int_equal(scope.kind, SW_SCOPE_NETNS);
	assert_int_equal(scope.id, own_cookie());
	assert_string_equal(why, "untouched");
}

static void another_namespace(void **state)
{
	struct sw_scope scope = {0};
	char path[64], why[128];
	uint64_t cookie;
	int pipefd[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	child = fork();
	if (!child) {
		uint64_t mine = unshare(CLONE_NEWNET) ? 0 : own_cookie();

		if (write(pipefd[1], &mine, sizeof(mine)) == sizeof(mine))
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipefd[0], &cookie, sizeof(cookie)), sizeof(cookie));
	assert_true(cookie != 0);
	assert_true(cookie != own_cookie());
	snprintf(path, sizeof(path), "netns:/proc/%d/ns/net", (int)child);
	assert_int_equal(parse(path, &scope, why, sizeof(why)), 0);
	assert_int_equal(scope.id, cookie);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void no_child_is_left(void **state)
{
	struct sw_scope scope;
	char why[128];

	(void)state;
	assert_int_equal(parse("netns:/proc/self/ns/net", &scope, why, sizeof(why)), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void what_is_no_namespace(void **state)
{
	struct world *w = *state;
	char fifo[128], text[160];

	assert_refused("netns:", -ENOENT,
		       "cannot open the network namespace: No such file or directory");
	assert_refused("netns:/nonexistent/ns", -ENOENT,
		       "cannot open the network namespace: No such file or directory");
	assert_refused("netns:/etc/passwd/ns", -ENOTDIR,
		       "cannot open the network namespace: Not a directory");
	assert_refused("netns:/etc/passwd", -EINVAL, NO_NETNS);
	assert_refused("netns:/tmp", -EINVAL, NO_NETNS);
	assert_refused("netns:/dev/null", -EINVAL, NO_NETNS);
	assert_refused("netns:/proc/self/ns/mnt", -EINVAL, NO_NETNS);
	assert_refused("netns:/proc/self/ns/user", -EINVAL, NO_NETNS);
	/* Nobody will ever write to it. */
	snprintf(fifo, sizeof(fifo), "%s.fifo", w->root);
	snprintf(text, sizeof(text), "netns:%s", fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	alarm(10);
	assert_refused(text, -EINVAL, NO_NETNS);
	alarm(0);
	unlink(fifo);
}

static void without_privilege(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		struct sw_scope scope;
		char why[128] = "";

		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(1);
		if (sw_scope_parse("netns:/proc/self/ns/net", &scope, why, sizeof(why)) != -EPERM)
			_exit(2);
		_exit(strcmp(why, "cannot enter the network namespace: Operation not permitted")
			      ? 3
			      : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- cgroups ------------------------------------------------------------------------------ */

static void assert_cgroup(const char *path)
{
	struct sw_scope scope = {0};
	char text[256], why[128] = "";
	struct stat st;

	snprintf(text, sizeof(text), "cgroup:%s", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(parse(text, &scope, why, sizeof(why)), 0);
	assert_int_equal(scope.kind, SW_SCOPE_CGROUP);
	assert_int_equal(scope.id, st.st_ino);
	assert_string_equal(why, "");
}

static void cgroups_are_known_by_their_number(void **state)
{
	struct world *w = *state;
	char roundabout[300];

	assert_cgroup(w->root);
	assert_cgroup(w->outer);
	assert_cgroup(w->inner);
	snprintf(roundabout, sizeof(roundabout), "%s/../inner/.", w->inner);
	assert_cgroup(roundabout);
}

static void what_is_no_cgroup(void **state)
{
	struct world *w = *state;
	char text[256];

	assert_refused("cgroup:", -ENOENT, "cannot open the cgroup: No such file or directory");
	assert_refused("cgroup:/nonexistent", -ENOENT,
		       "cannot open the cgroup: No such file or directory");
	assert_refused("cgroup:/tmp", -EINVAL, NO_CGROUP);
	assert_refused("cgroup:/proc/self/ns/net", -EINVAL, NO_CGROUP);
	snprintf(text, sizeof(text), "cgroup:%s/cgroup.procs", w->outer);
	assert_refused(text, -EINVAL, NO_CGROUP);
}

/* A hierarchy of the test's own, without controllers: it disturbs nobody. */
static void cgroups_of_version_1(void **state)
{
	struct world *w = *state;
	char where[128], named[64], text[160];

	snprintf(where, sizeof(where), "%s-1", w->root);
	snprintf(named, sizeof(named), "none,name=sidewatch-test-%d", (int)getpid());
	snprintf(text, sizeof(text), "cgroup:%s", where);
	assert_int_equal(mkdir(where, 0700), 0);
	assert_int_equal(mount("none", where, "cgroup", 0, named), 0);
	assert_refused(text, -EINVAL, OLD_CGROUP);
	assert_int_equal(umount(where), 0);
	assert_int_equal(rmdir(where), 0);
}

/* ---- the message -------------------------------------------------------------------------- */

static void the_message_fits_its_buffer(void **state)
{
	static const char *const texts[] = {"x", "netns:/nonexistent", "netns:/tmp",
					    "cgroup:/nonexistent", "cgroup:/tmp"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *why = malloc(8);
		struct sw_scope scope;

		assert_non_null(why);
		assert_true(parse(texts[i], &scope, why, 8) < 0);
		assert_int_equal(strlen(why), 7);
		free(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kind_has_to_be_known),
		cmocka_unit_test(our_own_namespace),
		cmocka_unit_test(another_namespace),
		cmocka_unit_test(no_child_is_left),
		cmocka_unit_test(what_is_no_namespace),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(cgroups_are_known_by_their_number),
		cmocka_unit_test(what_is_no_cgroup),
		cmocka_unit_test(cgroups_of_version_1),
		cmocka_unit_test(the_message_fits_its_buffer),
	};

	return cmocka_run_group_tests(tests, build, tear_down);
}
