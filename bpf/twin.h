/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each tracepoint's program is there twice. The kernel runs a program once at a time on each CPU
 * and skips it otherwise. Where a program can be preempted (Linux 7.0 and later), that hits
 * whatever other tasks do on that CPU until the first one goes on, not just a softirq in between.
 * So there the twin is attached behind the program and sees all events once more: to those that the
 * program has dealt with it does nothing. An event is missed only if both were held up on that CPU.
 *
 * A program is written so that to run again for the same event changes nothing; it may run for two
 * different ones at the same time on two CPUs anyway. Files with twins are compiled a second time,
 * with SW_TWIN defined, and name what they define by TWIN().
 */
#ifndef SW_BPF_TWIN_H
#define SW_BPF_TWIN_H

#ifdef SW_TWIN
#define IS_TWIN 1
#define TWIN(name) name##__twin
#else
#define IS_TWIN 0
#define TWIN(name) name
#endif

/* As BPF_PROG(), which would not expand its first argument. */
#define SW_PROG(name, args...) SW_PROG_NAMED(TWIN(name), ##args)
#define SW_PROG_NAMED(name, args...) BPF_PROG(name, ##args)

#endif
