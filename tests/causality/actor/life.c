// SPDX-License-Identifier: Apache-2.0
/* What becomes of processes between the request and the connection that goes out. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"

static const struct request *shared; /* with a thread of this process */

static pthread_t start_thread(void *(*run)(void *), const struct request *where)
{
	pthread_t thread;

	shared = where;
	if (pthread_create(&thread, NULL, run, NULL))
		die("pthread_create");
	return thread;
}

/* True in the grandchild, once it is an orphan in a session of its own; false in the caller. */
static bool become_daemon(void)
{
	pid_t child = MUST(fork()), middle;

	if (child) {
		join_child(child);
		return false;
	}
	middle = MUST(setsid());
	if (MUST(fork()))
		_exit(0);
	signal(SIGHUP, SIG_IGN);
	while (getppid() == middle)
		usleep(1000);
	return true;
}

static void go_daemon(const struct request *where)
{
	if (become_daemon())
		become_program(where);
}

/* Its connection is closed and all older processes of its session have ended. */
static void go_ended(const struct request *where)
{
	if (!become_daemon())
		_exit(0);
	MUST(close_range(3, ~0U, 0));
	usleep(500000);
	become_program(where);
}

static void *connect_in_thread(void *unused)
{
	go_connect(shared);
	return unused;
}

static void go_thread(const struct request *where)
{
	pthread_join(start_thread(connect_in_thread, where), NULL);
}

static void *exec_in_thread(void *unused)
{
	become_program(shared);
	return unused;
}

/* The thread takes the process's place, and its leader's id. */
static void go_thread_exec(const struct request *where)
{
	if (!MUST(fork())) {
		start_thread(exec_in_thread, where);
		pause();
	}
}

static void *connect_when_alone(void *unused)
{
	usleep(200000); /* the leader has ended by then */
	go_connect(shared);
	pause();
	return unused;
}

static void go_outlive(const struct request *where)
{
	static struct request kept; /* the leader's stack may be gone */

	kept = *where;
	start_thread(connect_when_alone, &kept);
	pthread_exit(NULL);
}

#define NOBODY 65534
#define SET_USER_ID_SHELL "/run/lab/set-user-id-shell" /* made by the play */

/* From nobody to root by the file's permissions alone. */
static void go_setuid(const struct request *where)
{
	char script[96];

	write_script(script, sizeof(script), where);
	if (MUST(fork()))
		return;
	MUST(setresuid(NOBODY, NOBODY, NOBODY));
	execl(SET_USER_ID_SHELL, "bash", "-p", "-c", script, NULL);
	die("exec");
}

/* exec in the process that has read the request itself. */
static void go_become(const struct request *where)
{
	become_program(where);
}

/* As the first process of a namespace of ids. */
static void go_pid_namespace(const struct request *where)
{
	MUST(unshare(CLONE_NEWPID));
	if (!MUST(fork()))
		become_program(where);
}

static int exec_in_shared_memory(void *where)
{
	become_program(where);
}

/* As vfork(2) and posix_spawn(3) do, with the caller's parent as its parent. */
static void go_vfork(const struct request *where)
{
	static char stack[65536];

	MUST(clone(exec_in_shared_memory, stack + sizeof(stack),
		   CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, (void *)where));
}

/* A copy of the shell that is in no directory. */
static void go_memfd(const struct request *where)
{
	int copy = MUST(memfd_create("shell", MFD_CLOEXEC)),
	    from = MUST(open("/bin/bash", O_RDONLY));
	char script[96], *const argv[] = {(char *)"shell", (char *)"-c", script, NULL};
	struct stat size;

	MUST(fstat(from, &size));
	for (off_t at = 0; at < size.st_size;)
		MUST(sendfile(copy, from, &at, (size_t)(size.st_size - at)));
	write_script(script, sizeof(script), where);
	if (!MUST(fork())) {
		fexecve(copy, argv, environ);
		die("fexecve");
	}
}

/* A child does it once the file ARGUMENT is there. */
static void go_later(const struct request *where)
{
	if (MUST(fork()))
		return;
	while (access(actor.argument, F_OK))
		usleep(10000);
	become_program(where);
}

const struct way_out lives[] = {
	{"daemon", go_daemon},	 {"ended", go_ended},
	{"thread", go_thread},	 {"thread-exec", go_thread_exec},
	{"outlive", go_outlive}, {"setuid", go_setuid},
	{"become", go_become},	 {"pid-namespace", go_pid_namespace},
	{"vfork", go_vfork},	 {"memfd", go_memfd},
	{"later", go_later},	 {0},
};
