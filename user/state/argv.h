/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a program in the form that is kept: they can hold secrets. */
#ifndef SW_STATE_ARGV_H
#define SW_STATE_ARGV_H

#include <stddef.h>

#include "sidewatch/config.h"
#include "sidewatch/event.h"

#define SW_ARGV_BYTES ((size_t)2 * SW_ARGS_BYTES) /* what is hidden can be longer than it was */

/*
 * Separated by spaces, as the mode allows; ends in " ..." if there was more. Returns out, or NULL
 * if nothing is to be kept.
 */
const char *sw_argv_format(char out[SW_ARGV_BYTES], enum sw_argv_mode mode,
			   const struct sw_rec_exec *rec);

#endif
