/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cmd/cmd.h"
#include "config/show.h"
#include "sidewatch/config.h"

struct options {
	bool show;
	bool help;
	const char *path; /* NULL: not given */
};

static const char usage[] = "usage: sidewatch check [--show] [FILE]\n"
			    "  --show  print the settings in effect, as YAML\n"
			    "FILE is " SW_CONFIG_PATH " if not given.\n";

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"show", no_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int c;

	optind = 0; /* glibc: begin anew, as the caller has parsed its own options */
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (c == 's') {
			options->show = true;
		} else if (c == 'h') {
			options->help = true;
		} else {
			sw_complain_option(c, argv);
			return -EINVAL;
		}
	}
	if (argc - optind > 1) {
		fputs("sidewatch check: expected at most one file\n", stderr);
		return -EINVAL;
	}
	options->path = argv[optind];
	return 0;
}

/* The usual file need not be there; one that cannot be looked at is no absent one. */
static const char *usual_path(void)
{
	return access(SW_CONFIG_PATH, F_OK) && errno == ENOENT ? NULL : SW_CONFIG_PATH;
}

static int print_result(const struct sw_config *config, bool show)
{
	const char *from = config->path ? config->path : "built-in defaults";
	sw_autofree char *name = sw_escape_dup(from, SW_ESCAPE_LINE);
	int rc = name ? 0 : -ENOMEM;

	if (name)
		printf(show ? "# %s\n" : "%s: ok\n", name);
	if (name && show)
		rc = sw_config_show(config, stdout);
	if (!rc && (fflush(stdout) || ferror(stdout)))
		rc = -EIO;
	if (rc)
		fprintf(stderr, "sidewatch check: %s\n", strerror(-rc));
	return rc ? SW_EXIT_FAILED : SW_EXIT_OK;
}

int sw_cmd_check(int argc, char **argv)
{
	struct options options = {0};
	struct sw_config *config = NULL;
	int rc;

	rc = parse(argc, argv, &options);
	if (sw_usage_said(rc, options.help, usage, &rc))
		return rc;
	rc = sw_config_check(options.path ? options.path : usual_path(), stderr, &config);
	if (rc)
		return rc == -ENOMEM ? SW_EXIT_FAILED : SW_EXIT_USAGE;
	rc = print_result(config, options.show);
	sw_config_free(&config);
	return rc;
}
