/* SPDX-License-Identifier: Apache-2.0 */
#include "state/argv.h"

#include <string.h>

#include "base/redact.h"

static const char more[] = " ...";

const char *sw_argv_format(char out[SW_ARGV_BYTES], enum sw_argv_mode mode,
			   const struct sw_rec_exec *rec)
{
	size_t bytes = rec->args_bytes < SW_ARGS_BYTES ? rec->args_bytes : SW_ARGS_BYTES;
	size_t room = SW_ARGV_BYTES - strlen(more);
	bool cut = rec->args_total > bytes;
	bool whole;

	if (mode == SW_ARGV_NONE || bytes == 0)
		return NULL;
	/* Anything but an explicit `full` is redacted. */
	if (mode == SW_ARGV_FULL)
		whole = sw_join_args(rec->args, bytes, out, room);
	else
		whole = sw_redact_args(rec->exe, rec->args, bytes, cut, out, room);
	if (cut || !whole)
		memcpy(out + strlen(out), more, sizeof(more));
	return out;
}
