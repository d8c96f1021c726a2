/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program arguments without the secrets in them.
 *
 * It errs on the side of hiding. What it hides, each replaced by ***:
 *
 *   the value of a name that speaks of a secret      --password=X  PGPASSWORD=X  "token": "X"
 *   (secret.c: names), also as the next argument     --password X  Authorization: Bearer X
 *   options of programs that take one                mysql -pX, curl -u X, sshpass -p X, …
 *   (secret.c: tools)
 *   the password of a URL or login                   https://user:X@host  corp/user:X@host
 *   private keys, crypt(3) hashes                    -----BEGIN …  $6$…
 *   tokens of known form, long random text           ghp_…  eyJ…  20 and more characters
 *
 * Upper and lower case are the same. A secret that looks like an ordinary word and stands where
 * nothing announces it stays.
 */
#ifndef SW_BASE_REDACT_H
#define SW_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * args: NUL-terminated arguments, bytes long; the last needs no NUL. cut: there was more. exe: the
 * program's path, as its first argument may lie; may be NULL. Writes them to out (room > 0) in the
 * same form; *out_bytes tells how long it is, with the last NUL. Bytes that are not part of a
 * secret stay as they are, hostile ones too. Returns whether everything fitted.
 */
bool sw_redact_args(const char *exe, const char *args, size_t bytes, bool cut, char *out,
		    size_t room, size_t *out_bytes);

/* Arguments as one text, separated by spaces, with a NUL. Returns whether everything fitted. */
bool sw_join_args(const char *args, size_t bytes, char *out, size_t room);

#endif
