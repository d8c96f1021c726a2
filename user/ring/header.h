/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning of a capture: what it is, and where it comes from. */
#ifndef SW_RING_HEADER_H
#define SW_RING_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "ring/capture.h"

/*
 * A header of this version of Sidewatch, on this machine, for records whose arguments are as argv
 * says. probes: the set in force.
 */
void sw_capture_header_fill(struct sw_capture_header *header, enum sw_argv_mode argv,
			    const struct sw_host *host, const char *probes);

/* Puts the checksum right. */
void sw_capture_header_seal(struct sw_capture_header *header);

/*
 * Checks a header of which `got` bytes have been read, and tells what it says. Errors as
 * sw_capture_open(). checks_sum: false only to fuzz.
 */
int sw_capture_header_check(const struct sw_capture_header *header, size_t got, bool checks_sum,
			    struct sw_capture_about *about, char why[SW_CAPTURE_WHY_BYTES]);

#endif
