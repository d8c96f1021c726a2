/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAUSALITY_BROKER_H
#define TESTS_CAUSALITY_BROKER_H

/* A shape. */
void serve_victim(void);

#endif
