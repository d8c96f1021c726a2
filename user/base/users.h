/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of local users, from the passwd file alone: a name service that asks the network must
 * never stall a detector, nor tell anybody what it looks at.
 */
#ifndef SW_BASE_USERS_H
#define SW_BASE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_USERS_NAME_BYTES 33 /* longest name that is taken, with its NUL */

struct sw_users;

/*
 * Makes a cache over a passwd file (NULL: /etc/passwd), which need not exist. It is read when a
 * name is first asked for. Returns 0 or -ENOMEM.
 */
int sw_users_new(const char *path, struct sw_users **out);

/* NULL-safe. Sets *users to NULL. */
void sw_users_free(struct sw_users **users);

/*
 * The name of a uid, or "uid N" where the file has none, or none that sw_users_is_name() accepts.
 * Looks at the file at most once a second of now_ns (any monotonic clock) and reads it again when
 * it was changed or replaced; while it cannot be read, the last known names stay.
 * The result is valid until the next call.
 */
const char *sw_users_name(struct sw_users *users, uint32_t uid, uint64_t now_ns);

/*
 * Whether a text can be a user's name: 1 to 32 letters, digits and "._-@+$", beginning with a
 * letter, digit or "_", and not only digits.
 */
bool sw_users_is_name(const char *text, size_t bytes);

#endif
