// SPDX-License-Identifier: Apache-2.0
/* Sessions that enter other PID and network namespaces, as a login to a container does. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>

#include "group.h"
#include "serve.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static struct group group;

/* ---- process ids ------------------------------------------------------------------------- */

/* Of a datagram on this pair the kernel says which process sent it, in the receiver's namespace. */
static int who[2];

static void tell_who(void)
{
	if (write(who[1], "x", 1) != 1)
		_exit(95);
}

static pid_t hear_who(void)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr msg = {.msg_iov = &io, .msg_iovlen = 1};
	struct ucred sender;

	msg.msg_control = control.room;
	msg.msg_controllen = sizeof(control.room);
	assert_int_equal(recvmsg(who[0], &msg, MSG_DONTWAIT), 1);
	assert_non_null(CMSG_FIRSTHDR(&msg));
	memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(sender));
	return sender.pid;
}

/* Process 1 of a PID namespace, and its child, the program that connects. */
static void connect_from_a_container(void)
{
	char script[64];

	tell_who();
	snprintf(script, sizeof(script), "exec 9<>/dev/tcp/127.0.0.1/%u", target_port);
	if (unshare(CLONE_NEWPID))
		_exit(96);
	if (!lab_in_a_child())
		return;
	if (getpid() != 1)
		_exit(97);
	tell_who();
	if (!lab_in_a_child())
		_exit(0);
	if (getpid() != 2)
		_exit(97);
	tell_who();
	execl("/bin/bash", "bash", "-c", script, NULL);
	_exit(94);
}

static void assert_process(const void *record, pid_t pid, pid_t parent)
{
	const struct sw_record *h = record;

	assert_non_null(h);
	assert_int_equal(h->task.tgid, pid);
	assert_int_equal(h->task.tid, pid);
	assert_int_equal(h->task.ppid, parent);
}

static void test_process_ids_are_the_initial_namespaces(void **state)
{
	const struct sw_rec_exec *exec;
	const struct sw_rec_connect *attempt;
	pid_t reader, first, second;
	int client, on = 1;
	struct lab lab;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, who), 0);
	assert_int_equal(setsockopt(who[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	lab_open(&lab, &(struct lab_options){0});
	client = serve_one(connect_from_a_container);
	reader = hear_who();
	first = hear_who();
	second = hear_who();
	exec = lab_wait(&lab, SW_KIND_EXEC);
	lab_assert_root_exact(exec, lab_local_port(client));
	assert_process(exec, second, first);
	assert_int_equal(exec->parent_image, 0); /* forked twice from the reader, no exec between */
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	lab_assert_root_exact(attempt, lab_local_port(client));
	assert_process(attempt, second, first);
	assert_int_equal(attempt->h.task.image, exec->image);
	assert_process(lab_wait(&lab, SW_KIND_OUTCOME), second, first);
	assert_process(lab_wait(&lab, SW_KIND_EXIT), second, first);
	assert_int_equal(
		((const struct sw_rec_session *)lab_find(&lab, SW_KIND_SESSION, 0))->reader_tgid,
		reader);
	lab_check_accounting(&lab);
	lab_check_forgotten(&lab);
	lab_close(&lab);
	close(client);
	close(who[0]);
	close(who[1]);
}

/* ---- network namespaces ------------------------------------------------------------------ */

static uint64_t own_cookie(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(uint64_t);
	uint64_t cookie = 0;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		_exit(95);
	close(fd);
	return cookie;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 8))
		_exit(96);
	return fd;
}

/* A process in a namespace of its own that listens there, or has listened there. */
struct other {
	pid_t pid;
	uint64_t cookie;
	uint16_t port;
};

/* port 0: any. */
static struct other other_start(uint16_t port)
{
	struct other o = {0};
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = lab_fork();
	if (!pid) {
		if (lab_namespace(NULL))
			_exit(95);
		o.port = lab_local_port(listen_on(port));
		o.cookie = own_cookie();
		if (write(ready[1], &o, sizeof(o)) == sizeof(o))
			pause();
		_exit(95);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &o, sizeof(o)), sizeof(o));
	close(ready[0]);
	assert_int_not_equal(o.cookie, own_cookie());
	o.pid = pid;
	return o;
}

static void other_end(const struct other *o)
{
	kill(o->pid, SIGKILL);
	assert_int_equal(waitpid(o->pid, NULL, 0), o->pid);
}

static void enter(pid_t pid)
{
	char path[64];
	int ns;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		_exit(96);
	close(ns);
}

static struct other elsewhere;

static void connect_elsewhere(void)
{
	enter(elsewhere.pid);
	lab_program_connects(elsewhere.port);
}

static void connect_elsewhere_and_here(void)
{
	connect_elsewhere();
	enter(getppid());
	lab_program_connects(target_port);
}

static void test_a_hop_names_the_namespaces_of_both_flows(void **state)
{
	const struct sw_rec_connect *attempt;
	const struct sw_rec_outcome *outcome;
	struct lab lab;
	int client;

	(void)state;
	elsewhere = other_start(0);
	lab_open(&lab, &(struct lab_options){.scope = group.scope});
	client = serve_one(connect_elsewhere);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	lab_assert_root_exact(attempt, lab_local_port(client));
	assert_int_equal(attempt->h.origin.in[0].netns, own_cookie());
	assert_int_equal(attempt->out.netns, elsewhere.cookie);
	assert_int_equal(attempt->out.remote_port, elsewhere.port);
	outcome = lab_wait(&lab, SW_KIND_OUTCOME);
	lab_assert_root_exact(outcome, lab_local_port(client));
	assert_int_equal(outcome->outcome, SW_OUTCOME_ESTABLISHED);
	assert_int_equal(outcome->out.netns, elsewhere.cookie);
	assert_int_equal(outcome->h.origin.in[0].netns, own_cookie());
	other_end(&elsewhere);
	lab_check_accounting(&lab);
	lab_check_forgotten(&lab);
	lab_close(&lab);
	close(client);
}

static void test_a_scope_leaves_out_other_namespaces(void **state)
{
	const struct sw_rec_connect *attempt;
	struct lab lab;
	int client;

	(void)state;
	elsewhere = other_start(0);
	lab_open(&lab, &(struct lab_options){0}); /* our own namespace */
	client = serve_one(connect_elsewhere_and_here);
	attempt = lab_wait(&lab, SW_KIND_CONNECT);
	lab_assert_root_exact(attempt, lab_local_port(client));
	assert_int_equal(attempt->out.netns, own_cookie());
	assert_int_equal(attempt->out.remote_port, target_port);
	assert_non_null(lab_wait(&lab, SW_KIND_OUTCOME));
	/* Both programs are the session's, of both connections only the one here is in scope. */
	assert_int_equal(lab_count(&lab, SW_KIND_EXEC), 2);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 1);
	assert_int_equal(lab_count(&lab, SW_KIND_OUTCOME), 1);
	other_end(&elsewhere);
	lab_check_accounting(&lab);
	lab_close(&lab);
	close(client);
}

static void serve_a_shell(int listener)
{
	int fd = lab_accept(listener);

	if (lab_in_a_child()) {
		lab_hear(fd);
		shell_connects();
		_exit(0);
	}
}

static void test_listeners_with_one_port_are_told_apart(void **state)
{
	struct lab_service service = {.serve = serve_a_shell, .says = {"x"}};
	const struct sw_rec_session *session;
	struct lab lab;
	size_t before;

	(void)state;
	service.listener = lab_listen(AF_INET, &service.port);
	elsewhere = other_start(service.port);
	assert_int_equal(elsewhere.port, service.port);
	lab_open(&lab, &(struct lab_options){.scope = group.scope});
	before = lab_map_entries(&lab, "sw_listeners");
	other_end(&elsewhere); /* its namespace goes with it, and its listener with that */
	for (int i = 0; i < 100 && lab_map_entries(&lab, "sw_listeners") == before; i++)
		usleep(20000);
	assert_int_equal(lab_map_entries(&lab, "sw_listeners"), before - 1);
	lab_service_run(&lab, &service);
	session = lab_wait(&lab, SW_KIND_SESSION);
	lab_assert_root_exact(session, service.peers[0]);
	assert_non_null(strstr(session->listener_exe, "test_namespace"));
	lab_end(&lab, &service);
}

/* ---- the group of all of them ------------------------------------------------------------ */

static int setup(void **state)
{
	group_make(&group);
	group_join(&group);
	return serve_namespace(state);
}

static int tear_down(void **state)
{
	(void)state;
	group_leave(&group);
	group_remove(&group);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process_ids_are_the_initial_namespaces),
		cmocka_unit_test(test_a_hop_names_the_namespaces_of_both_flows),
		cmocka_unit_test(test_a_scope_leaves_out_other_namespaces),
		cmocka_unit_test(test_listeners_with_one_port_are_told_apart),
	};

	return cmocka_run_group_tests(tests, setup, tear_down);
}
