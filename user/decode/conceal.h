/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of programs can hold secrets: what comes behind this, state and captures alike, gets
 * them only in the form that the configuration allows.
 */
#ifndef SW_DECODE_CONCEAL_H
#define SW_DECODE_CONCEAL_H

#include "sidewatch/config.h"
#include "sidewatch/event.h"

/*
 * Returns a decoded record as it is, unless its arguments have to change: then *room, filled with
 * a record that can be decoded as well. Borrows either.
 */
const struct sw_record *sw_conceal_args(const struct sw_record *record, enum sw_argv_mode mode,
					struct sw_rec_exec *room);

#endif
