// SPDX-License-Identifier: Apache-2.0
#include "decode/conceal.h"

#include <string.h>

#include "base/redact.h"

static_assert(sizeof(((struct sw_rec_exec *)0)->args) == SW_ARGS_BYTES, "all of the room is used");

/* What is hidden can be longer than it was: then the end is cut, as if it had been too long. */
static void redact(const struct sw_rec_exec *from, struct sw_rec_exec *to)
{
	uint32_t left_out = from->args_total - from->args_bytes;
	size_t bytes;

	if (!sw_redact_args(from->exe, from->args, from->args_bytes, left_out, to->args,
			    sizeof(to->args), &bytes) &&
	    !left_out)
		left_out = 1;
	to->args_bytes = (uint32_t)bytes;
	to->args_total = to->args_bytes + left_out;
}

const struct sw_record *sw_conceal_args(const struct sw_record *record, enum sw_argv_mode mode,
					struct sw_rec_exec *room)
{
	const struct sw_rec_exec *exec = (const struct sw_rec_exec *)record;

	if (record->kind != SW_KIND_EXEC || mode == SW_ARGV_FULL || !exec->args_total)
		return record;
	*room = *exec;
	memset(room->args, 0, sizeof(room->args));
	room->args_bytes = room->args_total = 0;
	/* Anything but an explicit `full` or `none` is redacted. */
	if (mode != SW_ARGV_NONE)
		redact(exec, room);
	return &room->h;
}
