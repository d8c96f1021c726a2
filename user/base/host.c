// SPDX-License-Identifier: Apache-2.0
#include "base/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t sw_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* An id of hex digits and dashes on the first line; anything else is no id. */
static void read_id(const char *path, char *to, size_t size)
{
	sw_autofclose FILE *file = fopen(path, "re");

	if (!file || !fgets(to, (int)size, file)) {
		to[0] = '\0';
		return;
	}
	to[strcspn(to, "\n")] = '\0';
	if (strspn(to, "0123456789abcdef-") != strlen(to))
		to[0] = '\0';
}

void sw_host_read(struct sw_host *host)
{
	uint64_t before = clock_ns(CLOCK_BOOTTIME);
	uint64_t real = clock_ns(CLOCK_REALTIME);
	uint64_t after = clock_ns(CLOCK_BOOTTIME);
	struct utsname system;

	memset(host, 0, sizeof(*host));
	if (gethostname(host->name, sizeof(host->name) - 1))
		host->name[0] = '\0';
	read_id("/etc/machine-id", host->machine_id, sizeof(host->machine_id));
	read_id("/proc/sys/kernel/random/boot_id", host->boot_id, sizeof(host->boot_id));
	if (uname(&system) == 0) {
		snprintf(host->architecture, sizeof(host->architecture), "%s", system.machine);
		snprintf(host->kernel, sizeof(host->kernel), "%s", system.release);
	}
	host->realtime_offset_ns = (int64_t)(real - before - (after - before) / 2);
}
