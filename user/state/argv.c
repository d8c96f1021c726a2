/* SPDX-License-Identifier: Apache-2.0 */
#include "state/argv.h"

const char *sw_argv_format(char out[SW_ARGV_BYTES], enum sw_argv_mode mode,
			   const struct sw_rec_exec *rec)
{
	(void)out;
	(void)mode;
	(void)rec;
	return NULL;
}
