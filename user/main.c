// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/check.h"
#include "cmd/cmd.h"

/* What was printed has to arrive: a full disk or a closed output is a failure. */
static int printed(void)
{
	return fflush(stdout) || ferror(stdout) ? SW_EXIT_FAILED : SW_EXIT_OK;
}

static int version(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fputs("usage: sidewatch version\n", stderr);
		return SW_EXIT_USAGE;
	}
	puts("sidewatch " SW_VERSION);
	return printed();
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", sw_cmd_run, "watch this host and tell incidents"},
	{"record", sw_cmd_record, "watch this host, and write down what is seen"},
	{"replay", sw_cmd_replay, "judge again what was recorded"},
	{"check", sw_cmd_check, "say whether a configuration file is right"},
	{"doctor", sw_cmd_doctor, "say what this kernel can carry and what is missing"},
	{"version", version, "print the version"},
};

static void print_usage(FILE *to)
{
	fputs("usage: sidewatch COMMAND [OPTION...]\n\n", to);
	for (size_t i = 0; i < SW_ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\nSee sidewatch(8).\n", to);
}

/*
 * A caller that closed 0, 1 or 2 must not have a socket or map of ours land there and get our
 * output. Writing to these stand-ins fails, as it would have.
 */
static void secure_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(SW_EXIT_FAILED);
}

int main(int argc, char **argv)
{
	secure_standard_descriptors();
	if (argc < 2) {
		print_usage(stderr);
		return SW_EXIT_USAGE;
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return printed();
	}
	if (!strcmp(argv[1], "--version"))
		return version(argc - 1, argv + 1);
	fputs("sidewatch: there is no such command\n", stderr);
	print_usage(stderr);
	return SW_EXIT_USAGE;
}
