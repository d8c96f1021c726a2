/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a program in the form that is kept: they can hold secrets. */
#ifndef SW_STATE_ARGV_H
#define SW_STATE_ARGV_H

#include "sidewatch/config.h"
#include "sidewatch/event.h"

#define SW_ARGV_BYTES (SW_ARGS_BYTES + 64)

/* Separated by spaces, as the mode allows; ends in " ..." if cut. NULL if nothing is kept. */
const char *sw_argv_format(char out[SW_ARGV_BYTES], enum sw_argv_mode mode,
			   const struct sw_rec_exec *rec);

#endif
