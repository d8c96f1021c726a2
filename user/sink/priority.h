/* SPDX-License-Identifier: Apache-2.0 */
/* The PRI value of syslog: facility authpriv, severity by kind of message and band. */
#ifndef SW_SINK_PRIORITY_H
#define SW_SINK_PRIORITY_H

#include "sidewatch/sink.h"

int sw_priority(const struct sw_message *message);

#endif
