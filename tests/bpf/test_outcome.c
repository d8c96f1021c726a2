// SPDX-License-Identifier: Apache-2.0
/* Outcomes of attempts: each has one, whatever becomes of its socket. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"

#define NOBODY_LISTENS 1 /* a port */

static uint16_t target_port;
static uint16_t deaf_port; /* connections to it are neither accepted nor refused */

static int setup(void **state)
{
	if (lab_namespace(state))
		return -1;
	lab_listen(AF_INET, &target_port);
	return 0;
}

static int start_connecting(int fd, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (fd < 0)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connect(fd, (struct sockaddr *)&at, sizeof(at));
	return fd;
}

static void begin_and_break_off(int listener)
{
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	int fd = lab_accept(listener);

	if (!lab_in_a_child())
		return;
	lab_hear(fd);
	close(start_connecting(-1, deaf_port));
	fd = start_connecting(-1, deaf_port);
	if (connect(fd, &nowhere, sizeof(nowhere)))
		_exit(97);
	close(start_connecting(fd, target_port));
	close(start_connecting(-1, NOBODY_LISTENS));
	close(start_connecting(-1, target_port));
	_exit(0);
}

static void test_each_attempt_has_one_outcome_however_it_ends(void **state)
{
	static const uint32_t outcomes[] = {SW_OUTCOME_FAILED, SW_OUTCOME_FAILED,
					    SW_OUTCOME_ESTABLISHED, SW_OUTCOME_REFUSED,
					    SW_OUTCOME_ESTABLISHED};
	struct lab_service s = {.serve = begin_and_break_off, .says = {"x"}, .login = true};
	int deaf = lab_listen(AF_INET, &deaf_port), filler;
	const struct sw_rec_outcome *outcome;
	struct lab lab;

	(void)state;
	assert_int_equal(listen(deaf, 0), 0); /* one finds room, and nobody after it */
	filler = lab_connect(AF_INET, deaf_port, false);
	lab_play(&lab, &s);
	assert_int_equal(lab_count(&lab, SW_KIND_CONNECT), 5);
	assert_non_null(lab_wait_for(&lab, SW_KIND_OUTCOME, 5));
	assert_int_equal(lab_count(&lab, SW_KIND_OUTCOME), 5);
	for (size_t i = 0; i < 5; i++) {
		const struct sw_rec_connect *attempt = lab_find(&lab, SW_KIND_CONNECT, i);
		size_t found = 0;

		for (size_t n = 0; (outcome = lab_find(&lab, SW_KIND_OUTCOME, n)); n++) {
			if (outcome->out.cookie != attempt->out.cookie ||
			    outcome->out.start_ns != attempt->out.start_ns)
				continue;
			assert_int_equal(outcome->outcome, outcomes[i]);
			assert_int_equal(outcome->out.remote_port, attempt->out.remote_port);
			found++;
		}
		assert_int_equal(found, 1);
	}
	close(filler);
	close(deaf);
	lab_end(&lab, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_attempt_has_one_outcome_however_it_ends),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
