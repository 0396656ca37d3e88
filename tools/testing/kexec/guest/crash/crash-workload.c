// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash-workload - puts into a kernel that is about to die what a dump of it
 * is then searched for; harness/dump.py knows both patterns.
 *
 *   crash-workload hold	fills memory with a pattern, and keeps it
 *   crash-workload spin CPU	spins on CPU, with a pattern in its registers
 *
 * Returns once that is so; a child goes on with it, until the end.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Which every machine has: here words and addresses may have 32 bits. */
#define HOLD_ADDRESS	((void *)0x60000000)
#define HOLD_BYTES	(4UL << 20)
#define HOLD_STEP	0x9e3779b97f4a7c15ULL

/* Word i is (i + 1) * HOLD_STEP: no page is zero, none is like another. */
static void fill(void)
{
	unsigned long long *words;
	unsigned long i;

	words = mmap(HOLD_ADDRESS, HOLD_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if ((void *)words != HOLD_ADDRESS)
		err(1, "mmap");
	for (i = 0; i < HOLD_BYTES / sizeof(*words); i++)
		words[i] = (i + 1) * HOLD_STEP;
}

#ifdef __x86_64__

/* r8 to r15: "kexec", the CPU, the register's number. */
static void spin(unsigned long cpu)
{
	unsigned long value = 0x6b65786563000000 | cpu << 8;

	asm volatile("lea 8(%0), %%r8\n"
		     "lea 9(%0), %%r9\n"
		     "lea 10(%0), %%r10\n"
		     "lea 11(%0), %%r11\n"
		     "lea 12(%0), %%r12\n"
		     "lea 13(%0), %%r13\n"
		     "lea 14(%0), %%r14\n"
		     "lea 15(%0), %%r15\n"
		     "1: pause\n"
		     "jmp 1b\n"
		     : : "a" (value)
		     : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
}

#else

/* Where nobody looks at them. */
static void spin(unsigned long cpu)
{
	(void)cpu;
	for (;;)
		asm volatile("");
}

#endif

static void stay_on(unsigned long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %lu", cpu);
}

int main(int argc, char **argv)
{
	unsigned long cpu = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;
	int spins = argc == 3 && !strcmp(argv[1], "spin");
	pid_t pid;

	if (!spins && !(argc == 2 && !strcmp(argv[1], "hold")))
		errx(2, "hold | spin CPU");
	if (spins)
		stay_on(cpu);
	else
		fill();

	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid) {
		printf("crash-workload: %s: pid %d\n", argv[1], pid);
		return 0;
	}
	/* Who reads our output waits for its end. */
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (spins)
		spin(cpu);
	for (;;)
		pause();
}
