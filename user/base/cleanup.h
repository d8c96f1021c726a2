/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ownership that can be read within one function.
 *
 *     sw_autofree char *name = strdup(x);      freed when the scope ends
 *     *out = SW_TAKE_PTR(name);                ownership moves to the caller
 *     sw_autoclose int fd = -1;                closed when the scope ends
 *     return SW_TAKE_FD(fd);
 */
#ifndef SW_BASE_CLEANUP_H
#define SW_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void sw_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void sw_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void sw_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define sw_autofree __attribute__((cleanup(sw_cleanup_free)))
#define sw_autoclose __attribute__((cleanup(sw_cleanup_close)))
#define sw_autofclose __attribute__((cleanup(sw_cleanup_fclose)))

#define SW_TAKE(var, nothing)                                                                      \
	({                                                                                         \
		__typeof__(var) taken_ = (var);                                                    \
		(var) = (nothing);                                                                 \
		taken_;                                                                            \
	})
#define SW_TAKE_PTR(var) SW_TAKE(var, NULL)
#define SW_TAKE_FD(var) SW_TAKE(var, -1)

#define SW_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
