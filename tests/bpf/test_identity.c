// SPDX-License-Identifier: Apache-2.0
/* Changes of identity within a session: asked for, by a set-user-id program, unexplained. */
#include <bpf/bpf.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "serve.h"

#define SOMEBODY 4242 /* a uid that owns nothing */

static int setup(void **state)
{
	if (serve_namespace(state))
		return -1;
	/* A file system of our own, on which set-user-id bits count. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("lab", "/mnt", "tmpfs", 0, "mode=755"))
		return -1;
	return 0;
}

static void run(const char *path, const char *arg)
{
	pid_t child = lab_fork();
	int status;

	if (!child) {
		execl(path, path, arg, NULL);
		_exit(94);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == 94)
		_exit(94);
}

static void become_somebody_and_run(void)
{
	if (setresgid(SOMEBODY, SOMEBODY, SOMEBODY) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY))
		_exit(96);
	run("/mnt/setuid", NULL);
}

static void copy_true(const char *to, mode_t mode)
{
	char command[128];

	snprintf(command, sizeof(command), "cp /bin/true %s", to);
	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(to, mode), 0);
}

static void test_identity_changes_are_told_with_their_cause(void **state)
{
	const struct sw_rec_identity *login, *elevation;
	const struct sw_rec_exec *exec;
	struct lab lab;

	(void)state;
	copy_true("/mnt/setuid", 04755);
	lab_open(&lab, &(struct lab_options){0});
	close(serve_one(become_somebody_and_run));
	exec = lab_wait(&lab, SW_KIND_EXEC);
	assert_non_null(exec);
	assert_string_equal(exec->exe, "/mnt/setuid");
	login = lab_find(&lab, SW_KIND_IDENTITY, 0);
	assert_non_null(login);
	assert_int_equal(login->how, SW_HOW_SETID);
	assert_int_equal(login->old.uid, 0);
	assert_int_equal(login->h.task.cred.uid, SOMEBODY);
	assert_int_equal(login->h.task.image, 0);
	elevation = lab_find(&lab, SW_KIND_IDENTITY, 1);
	assert_non_null(elevation);
	assert_int_equal(elevation->how, SW_HOW_SETUID_EXEC);
	assert_int_equal(elevation->old.euid, SOMEBODY);
	assert_int_equal(elevation->h.task.cred.uid, SOMEBODY);
	assert_int_equal(elevation->h.task.cred.euid, 0);
	assert_int_equal(elevation->h.task.image, exec->image);
	lab_close(&lab);
}

/* As bpf/maps.h has it. */
struct mark {
	uint64_t start_ns, session, image;
	uint32_t told, pad;
	struct sw_cred shadow;
};

/* Only an exploit gains root without asking for it; here the test forges what it had before. */
static void test_unexplained_root_is_told_as_such(void **state)
{
	const struct sw_rec_identity *identity;
	int go[2], listener, client, marks;
	struct mark mark;
	struct lab lab;
	uint16_t port;
	pid_t server;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(go), 0);
	listener = lab_listen(AF_INET, &port);
	lab_open(&lab, &(struct lab_options){.login_port = port});
	server = lab_fork();
	if (!server) {
		int fd = accept(listener, NULL, NULL);
		char c;

		lab_hear(fd);
		child = lab_fork();
		if (!child) {
			dprintf(go[1], "%d\n", getpid());
			if (read(fd, &c, 1) != 1)
				_exit(95);
			_exit(lab_connect(AF_INET, target_port, false) < 0);
		}
		_exit(waitpid(child, NULL, 0) != child);
	}
	client = lab_connect(AF_INET, port, false);
	lab_say(client);
	{
		char text[16] = "";

		assert_true(read(go[0], text, sizeof(text) - 1) > 0);
		child = atoi(text);
	}
	marks = sw_probe_set_map_fd(lab.probes, "sw_marks");
	assert_int_equal(bpf_map_lookup_elem(marks, &child, &mark), 0);
	mark.shadow.uid = mark.shadow.euid = mark.shadow.suid = SOMEBODY;
	mark.shadow.cap_effective = 0;
	assert_int_equal(bpf_map_update_elem(marks, &child, &mark, BPF_EXIST), 0);
	lab_say(client);
	lab_reap(server);
	identity = lab_wait(&lab, SW_KIND_IDENTITY);
	assert_non_null(identity);
	assert_int_equal(identity->how, SW_HOW_UNEXPLAINED);
	assert_int_equal(identity->old.uid, SOMEBODY);
	assert_int_equal(identity->h.task.cred.uid, 0);
	close(client);
	close(listener);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity_changes_are_told_with_their_cause),
		cmocka_unit_test(test_unexplained_root_is_told_as_such),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
