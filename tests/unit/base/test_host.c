// SPDX-License-Identifier: Apache-2.0
/* Who and where we are. Needs root: the files are played in a mount namespace of a child. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/host.h"

#define NS_PER_S 1000000000ull
#define ID "0123456789abcdef0123456789abcdef"

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void boottime_is_the_kernels(void **state)
{
	uint64_t before = now_ns(CLOCK_BOOTTIME), ours = sw_boottime_ns();

	(void)state;
	assert_in_range(ours, before, now_ns(CLOCK_BOOTTIME));
}

#define ASLEEP_S 100000

/* In a time namespace where the machine has slept: only the clock that counts that will do. */
static void boottime_counts_sleep(void **state)
{
	static const char offset[] = "boottime 100000 0\n";
	uint64_t ours = 0;
	int pipefd[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	child = fork();
	if (!child) {
		int fd = unshare(CLONE_NEWTIME) ? -1 : open("/proc/self/timens_offsets", O_WRONLY);

		if (fd < 0 || write(fd, offset, sizeof(offset) - 1) < 0)
			_exit(1);
		/* The offset holds for children. */
		child = fork();
		if (!child) {
			ours = sw_boottime_ns();
			_exit(write(pipefd[1], &ours, sizeof(ours)) != sizeof(ours));
		}
		_exit(waitpid(child, &status, 0) != child || status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipefd[0], &ours, sizeof(ours)), sizeof(ours));
	assert_in_range(ours, now_ns(CLOCK_MONOTONIC) + (ASLEEP_S - 60) * NS_PER_S,
			now_ns(CLOCK_BOOTTIME) + ASLEEP_S * NS_PER_S);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void the_offset_leads_to_the_time_of_day(void **state)
{
	struct sw_host host;
	uint64_t boot, real;

	(void)state;
	sw_host_read(&host);
	boot = sw_boottime_ns();
	real = now_ns(CLOCK_REALTIME);
	/* A second is far more than the calls take and far less than a mistaken clock is off. */
	assert_in_range(boot + (uint64_t)host.realtime_offset_ns, real - NS_PER_S, real + NS_PER_S);
}

static void the_boot_id_is_the_kernels(void **state)
{
	sw_autofclose FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	struct sw_host host;
	char id[64];

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(id, sizeof(id), file));
	id[strcspn(id, "\n")] = '\0';
	memset(&host, 0xff, sizeof(host));
	sw_host_read(&host);
	assert_int_equal(strlen(host.boot_id), 36);
	assert_string_equal(host.boot_id, id);
}

static void the_system_is_what_uname_says(void **state)
{
	struct utsname system;
	struct sw_host host;

	(void)state;
	assert_int_equal(uname(&system), 0);
	memset(&host, 0xff, sizeof(host));
	sw_host_read(&host);
	assert_string_equal(host.kernel, system.release);
	assert_string_equal(host.architecture, system.machine);
}

/* ---- files played ------------------------------------------------------------------------- */

static int write_file(const char *path, const char *text, size_t bytes)
{
	sw_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes ? 0 : -1;
}

/* In a child with an /etc of its own: /etc/machine-id holds `text` (NULL: is not there). */
static void read_elsewhere(const char *text, size_t bytes, const char *name, struct sw_host *host)
{
	int pipefd[2], status;
	pid_t child;

	assert_int_equal(geteuid(), 0);
	assert_int_equal(pipe(pipefd), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (unshare(CLONE_NEWNS | CLONE_NEWUTS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("none", "/etc", "tmpfs", 0, NULL) ||
		    (text && write_file("/etc/machine-id", text, bytes)) ||
		    sethostname(name, strlen(name)))
			_exit(1);
		memset(host, 0xff, sizeof(*host));
		sw_host_read(host);
		_exit(write(pipefd[1], host, sizeof(*host)) != sizeof(*host));
	}
	assert_int_equal(read(pipefd[0], host, sizeof(*host)), sizeof(*host));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void assert_id(const char *text, size_t bytes, const char *expected)
{
	struct sw_host host;

	read_elsewhere(text, bytes, "web-1", &host);
	assert_string_equal(host.machine_id, expected);
	assert_string_equal(host.name, "web-1");
	assert_int_equal(strlen(host.boot_id), 36);
}

#define ASSERT_ID(text, expected) assert_id(text, sizeof(text) - 1, expected)

static void a_machine_id_is_read(void **state)
{
	(void)state;
	ASSERT_ID(ID "\n", ID);
	ASSERT_ID(ID, ID);
	ASSERT_ID(ID "\nmore\n", ID);
	ASSERT_ID("0123-45\n67", "0123-45");
}

static void what_is_no_id_is_none(void **state)
{
	(void)state;
	assert_id(NULL, 0, "");
	ASSERT_ID("", "");
	ASSERT_ID("\n", "");
	ASSERT_ID("uninitialized\n", ""); /* machine-id(5): before the first boot has ended */
	ASSERT_ID("0123 4567\n", "");
	ASSERT_ID("<13>0123\n", "");
	ASSERT_ID("\x1b[31m0123\n", "");
	ASSERT_ID("\xff\xfe\n", "");
}

static void a_long_name_is_whole(void **state)
{
	char name[65];
	struct sw_host host;

	(void)state;
	memset(name, 'h', sizeof(name) - 1); /* the kernel's longest: __NEW_UTS_LEN */
	name[sizeof(name) - 1] = '\0';
	read_elsewhere(ID, 32, name, &host);
	assert_string_equal(host.name, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boottime_is_the_kernels),
		cmocka_unit_test(boottime_counts_sleep),
		cmocka_unit_test(the_offset_leads_to_the_time_of_day),
		cmocka_unit_test(the_boot_id_is_the_kernels),
		cmocka_unit_test(the_system_is_what_uname_says),
		cmocka_unit_test(a_machine_id_is_read),
		cmocka_unit_test(what_is_no_id_is_none),
		cmocka_unit_test(a_long_name_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
