/* SPDX-License-Identifier: Apache-2.0 */
/* What looks like a secret: the tables and the judgement behind redact.h. Texts have a length. */
#ifndef SW_BASE_SECRET_H
#define SW_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the value of a so named option, variable or field is secret: "--db-password". */
bool sw_secret_is_name(const char *text, size_t bytes);

/* Whether a word by itself announces that the next one is secret: "Bearer". */
bool sw_secret_is_scheme(const char *text, size_t bytes);

/* "yes", "off", …: an option's value that is no secret whatever the option's name. */
bool sw_secret_is_switch(const char *text, size_t bytes);

/* Where a secret of known form begins that goes on to the end of the word; bytes if none does. */
size_t sw_secret_find_form(const char *text, size_t bytes);

/* Whether text (letters, digits, "+/_-" and "=" at the end) looks random or like a known token. */
bool sw_secret_is_random(const char *text, size_t bytes, bool in_path, bool cut);

/* Programs seen so far: one bit for each row of the table. */
typedef uint32_t sw_tools;

/* Adds the program that a word names, if the table has it. */
sw_tools sw_tools_add(sw_tools tools, const char *word, size_t bytes);

/* Whether all that follows and is no option is secret, as for mkpasswd. */
bool sw_tools_all_secret(sw_tools tools);

/*
 * Whether a word is an option of these programs with a secret: 0 if not, else how many bytes of
 * it are the option. If that is all of the word then the next one is the secret.
 */
size_t sw_tools_option(sw_tools tools, const char *word, size_t bytes);

#endif
