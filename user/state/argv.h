/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a program as one text, of a record that has been through sw_conceal_args(). */
#ifndef SW_STATE_ARGV_H
#define SW_STATE_ARGV_H

#include <stddef.h>

#include "sidewatch/event.h"

#define SW_ARGV_MORE " ..."
#define SW_ARGV_BYTES (SW_ARGS_BYTES + sizeof(SW_ARGV_MORE))

/*
 * Separated by spaces; ends in SW_ARGV_MORE if there was more. Returns out, or NULL if nothing is
 * there.
 */
const char *sw_argv_format(char out[SW_ARGV_BYTES], const struct sw_rec_exec *rec);

#endif
