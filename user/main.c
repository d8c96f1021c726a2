// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/check.h"
#include "cmd/cmd.h"

static int version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("sidewatch " SW_VERSION);
	return SW_EXIT_OK;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{"run", sw_cmd_run, "watch this host and tell incidents"},
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

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return SW_EXIT_USAGE;
	}
	for (size_t i = 0; i < SW_ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return SW_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version"))
		return version(argc - 1, argv + 1);
	fputs("sidewatch: there is no such command\n", stderr);
	print_usage(stderr);
	return SW_EXIT_USAGE;
}
