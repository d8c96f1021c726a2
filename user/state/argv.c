/* SPDX-License-Identifier: Apache-2.0 */
#include "state/argv.h"

#include <string.h>

#include "base/redact.h"

const char *sw_argv_format(char out[SW_ARGV_BYTES], const struct sw_rec_exec *rec)
{
	size_t bytes = rec->args_bytes < SW_ARGS_BYTES ? rec->args_bytes : SW_ARGS_BYTES;

	if (bytes == 0)
		return NULL;
	(void)sw_join_args(rec->args, bytes, out, SW_ARGS_BYTES + 1);
	if (rec->args_total > bytes)
		memcpy(out + strlen(out), SW_ARGV_MORE, sizeof(SW_ARGV_MORE));
	return out;
}
