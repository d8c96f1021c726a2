// SPDX-License-Identifier: Apache-2.0
/*
 * Ways to have another process go out that is there already, the victim: `actor victim 0 FILE`
 * waits for an address in its memory and writes to FILE where that is.
 */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

struct victim {
	int pid;
	void *memory; /* a struct request in its address space */
};

void serve_victim(void)
{
	static volatile struct request told;
	FILE *file = fopen(actor.argument, "w");

	if (!file || fprintf(file, "%d %p\n", (int)getpid(), (void *)&told) < 0 || fclose(file))
		die(actor.argument);
	while (!told.port[0])
		usleep(10000);
	usleep(50000); /* all of it has been written by then */
	go((const struct request *)&told);
	pause();
}

static struct victim find_victim(void)
{
	FILE *file = fopen(actor.argument, "r");
	struct victim victim;

	if (!file || fscanf(file, "%d %p", &victim.pid, &victim.memory) != 2)
		die(actor.argument);
	fclose(file);
	return victim;
}

static void go_vm_write(const struct request *where)
{
	struct victim victim = find_victim();
	struct iovec from = {.iov_base = (void *)where, .iov_len = sizeof(*where)};
	struct iovec to = {.iov_base = victim.memory, .iov_len = sizeof(*where)};

	MUST(process_vm_writev(victim.pid, &from, 1, &to, 1, 0));
}

static void go_mem_write(const struct request *where)
{
	struct victim victim = find_victim();
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", victim.pid);
	fd = MUST(open(path, O_WRONLY | O_CLOEXEC));
	MUST(pwrite(fd, where, sizeof(*where), (off_t)(uintptr_t)victim.memory));
	close(fd);
}

/* ---- ptrace ------------------------------------------------------------------------------ */

/* Has the stopped process make one system call; it stands behind a syscall instruction. */
static long call_in(int pid, const struct user_regs_struct *at, long number, long a, long b, long c)
{
	struct user_regs_struct regs = *at;
	int status;

	regs.rip -= 2;
	regs.rax = regs.orig_rax = (unsigned long)number;
	regs.rdi = (unsigned long)a;
	regs.rsi = (unsigned long)b;
	regs.rdx = (unsigned long)c;
	regs.orig_rax = (unsigned long)-1; /* or the kernel begins the old one again */
	MUST(ptrace(PTRACE_SETREGS, pid, NULL, &regs));
	for (int stops = 0; stops < 2; stops++) { /* where it enters, and where it leaves */
		MUST(ptrace(PTRACE_SYSCALL, pid, NULL, NULL));
		MUST(waitpid(pid, &status, 0));
	}
	MUST(ptrace(PTRACE_GETREGS, pid, NULL, &regs));
	errno = (long)regs.rax < 0 ? -(int)regs.rax : 0;
	return MUST((long)regs.rax);
}

static void go_ptrace(const struct request *where)
{
	struct victim victim = find_victim();
	struct sockaddr_in to = address_of(where);
	struct user_regs_struct regs;
	long words[2], fd;
	int status;

	memcpy(words, &to, sizeof(words));
	_Static_assert(sizeof(words) == sizeof(to), "an address is two words");
	MUST(ptrace(PTRACE_ATTACH, victim.pid, NULL, NULL));
	MUST(waitpid(victim.pid, &status, 0));
	MUST(ptrace(PTRACE_GETREGS, victim.pid, NULL, &regs));
	for (size_t i = 0; i < 2; i++)
		MUST(ptrace(PTRACE_POKEDATA, victim.pid, (long *)victim.memory + i,
			    (void *)words[i]));
	fd = call_in(victim.pid, &regs, __NR_socket, AF_INET, SOCK_STREAM, 0);
	call_in(victim.pid, &regs, __NR_connect, fd, (long)victim.memory, sizeof(to));
	pause(); /* it stays stopped */
}

const struct way_out brokers[] = {
	{"vm-write", go_vm_write},
	{"mem-write", go_mem_write},
	{"ptrace", go_ptrace},
	{0},
};
