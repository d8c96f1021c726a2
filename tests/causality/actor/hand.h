/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAUSALITY_ACTOR_HAND_H
#define TESTS_CAUSALITY_ACTOR_HAND_H

/* Shapes: see shape.h. */
void serve_front(void);
void serve_passing(void);
void serve_passed(void);
void serve_robbed(void);

#endif
