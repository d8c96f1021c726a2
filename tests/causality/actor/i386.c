// SPDX-License-Identifier: Apache-2.0
/* i386 ADDRESS PORT: connects and stays. Of 32 bits and without a library: gcc -m32 -nostdlib. */
#define NR_EXIT 1
#define NR_PAUSE 29
#define NR_SOCKET 359
#define NR_CONNECT 362
#define AF_INET 2
#define SOCK_STREAM 1

struct address {
	unsigned short family;
	unsigned short port; /* in network byte order, as the address */
	unsigned char ip[4];
	char zero[8];
};

static int call(int number, int a, const void *b, int c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

static unsigned int number(const char **text)
{
	unsigned int n = 0;

	while (**text >= '0' && **text <= '9')
		n = n * 10 + (unsigned int)(*(*text)++ - '0');
	if (**text)
		(*text)++;
	return n;
}

static __attribute__((used, noreturn)) void start(const int *stack)
{
	const char *const *argv = (const char *const *)(stack + 1);
	const char *ip = argv[1], *port = argv[2];
	struct address to = {.family = AF_INET};
	unsigned int n = number(&port);
	int fd, failed;

	to.port = (unsigned short)(n >> 8 | (n & 255) << 8);
	for (int i = 0; i < 4; i++)
		to.ip[i] = (unsigned char)number(&ip);
	fd = call(NR_SOCKET, AF_INET, (const void *)SOCK_STREAM, 0);
	failed = call(NR_CONNECT, fd, &to, sizeof(to));
	if (!failed)
		call(NR_PAUSE, 0, 0, 0);
	for (;;)
		call(NR_EXIT, failed != 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %esp, %eax\n\tand $-16, %esp\n\tsub $12, %esp\n\tpush "
	"%eax\n\tcall start\n");
