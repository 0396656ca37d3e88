// SPDX-License-Identifier: GPL-2.0-only
/*
 * crash-workload - puts into a kernel that is about to die what a dump of it
 * is then searched for; harness/dump.py knows both patterns.
 *
 *   crash-workload gather CPU	has the kernel's threads run on CPU alone, if they may
 *   crash-workload hold	fills memory with a pattern, and keeps it
 *   crash-workload spin CPU	spins on CPU, with a pattern in its registers
 *   crash-workload lock CPU...	loops in the kernel on these, interrupts off
 *   crash-workload panic CPU...
 *				panics on all these CPUs at once
 *   crash-workload await [CPU idle|lock|spin]...
 *				waits until that is what each CPU does
 *
 * Returns once that is so, but "lock" at once; children go on with it, until the end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

/* r8 to r15: "kexec", the CPU, the register's number.  @spins is set when they are. */
static void spin(unsigned long cpu, int *spins)
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
		     "movl $1, (%1)\n"
		     "1: pause\n"
		     "jmp 1b\n"
		     : : "a" (value), "D" (spins)
		     : "memory", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
}

#elif defined(__i386__)

/* The low half of that; ebx, ecx, edx, esi are 0 to 3, as a note has them. */
static void spin(unsigned long cpu, int *spins)
{
	unsigned long value = 0x63000000 | cpu << 8;

	asm volatile("lea 0(%0), %%ebx\n"
		     "lea 1(%0), %%ecx\n"
		     "lea 2(%0), %%edx\n"
		     "lea 3(%0), %%esi\n"
		     "movl $1, (%1)\n"
		     "1: pause\n"
		     "jmp 1b\n"
		     : : "a" (value), "D" (spins)
		     : "memory", "ebx", "ecx", "edx", "esi");
}

#elif defined(__arm__)

/* The low half of that; r4, r5, r6, r8, r9, r10. */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("r0") = 0x63000000 | cpu << 8;
	register int *at asm("r1") = spins;

	asm volatile("add r4, %0, #4\n"
		     "add r5, %0, #5\n"
		     "add r6, %0, #6\n"
		     "add r8, %0, #8\n"
		     "add r9, %0, #9\n"
		     "add r10, %0, #10\n"
		     "mov r2, #1\n"
		     "dmb\n"
		     "str r2, [%1]\n"
		     "1: yield\n"
		     "b 1b\n"
		     : : "r" (value), "r" (at)
		     : "memory", "r2", "r4", "r5", "r6", "r8", "r9", "r10");
}

#elif defined(__aarch64__)

/* x8 to x15 */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("x0") = 0x6b65786563000000 | cpu << 8;
	register int *at asm("x1") = spins;

	asm volatile("add x8, %0, #8\n"
		     "add x9, %0, #9\n"
		     "add x10, %0, #10\n"
		     "add x11, %0, #11\n"
		     "add x12, %0, #12\n"
		     "add x13, %0, #13\n"
		     "add x14, %0, #14\n"
		     "add x15, %0, #15\n"
		     "mov w2, #1\n"
		     "stlr w2, [%1]\n"
		     "1: yield\n"
		     "b 1b\n"
		     : : "r" (value), "r" (at)
		     : "memory", "x2", "x8", "x9", "x10", "x11", "x12", "x13",
		       "x14", "x15");
}

#elif defined(__riscv) && __riscv_xlen == 64

/* x18 to x25, by another name s2 to s9 */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("a0") = 0x6b65786563000000 | cpu << 8;
	register int *at asm("a1") = spins;

	asm volatile("addi s2, %0, 18\n"
		     "addi s3, %0, 19\n"
		     "addi s4, %0, 20\n"
		     "addi s5, %0, 21\n"
		     "addi s6, %0, 22\n"
		     "addi s7, %0, 23\n"
		     "addi s8, %0, 24\n"
		     "addi s9, %0, 25\n"
		     "li a2, 1\n"
		     "fence rw, w\n"
		     "sw a2, 0(%1)\n"
		     "1: j 1b\n"
		     : : "r" (value), "r" (at)
		     : "memory", "a2", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
		       "s9");
}

#elif defined(__s390x__)

/* r4 to r11 */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("2") = 0x6b65786563000000 | cpu << 8;
	register int *at asm("3") = spins;

	asm volatile("la %%r4,4(%0)\n"
		     "la %%r5,5(%0)\n"
		     "la %%r6,6(%0)\n"
		     "la %%r7,7(%0)\n"
		     "la %%r8,8(%0)\n"
		     "la %%r9,9(%0)\n"
		     "la %%r10,10(%0)\n"
		     "la %%r11,11(%0)\n"
		     "mvhi 0(%1),1\n"
		     "0: j 0b\n"
		     : : "a" (value), "a" (at)
		     : "memory", "4", "5", "6", "7", "8", "9", "10", "11");
}

#elif defined(__mips__)

#ifdef __mips64
#define ADD	"daddiu "
#define VALUE	0x6b65786563000000
#else
/* The low half of that. */
#define ADD	"addiu "
#define VALUE	0x63000000
#endif

/* s0 to s7, which are $16 to $23. */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("$4") = VALUE | cpu << 8;
	register int *at asm("$5") = spins;

	asm volatile(ADD "$16,%0,16\n"
		     ADD "$17,%0,17\n"
		     ADD "$18,%0,18\n"
		     ADD "$19,%0,19\n"
		     ADD "$20,%0,20\n"
		     ADD "$21,%0,21\n"
		     ADD "$22,%0,22\n"
		     ADD "$23,%0,23\n"
		     "li $6,1\n"
		     "sync\n"
		     "sw $6,0(%1)\n"
		     "1: b 1b\n"
		     : : "r" (value), "r" (at)
		     : "memory", "$6", "$16", "$17", "$18", "$19", "$20", "$21",
		       "$22", "$23");
}

#elif defined(__loongarch64)

/* r23 to r30, by another name s0 to s7 */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("a0") = 0x6b65786563000000 | cpu << 8;
	register int *at asm("a1") = spins;

	asm volatile(".irp nr, 23, 24, 25, 26, 27, 28, 29, 30\n"
		     "addi.d $r\\nr, %0, \\nr\n"
		     ".endr\n"
		     "li.w $a2, 1\n"
		     "dbar 0\n"
		     "st.w $a2, %1, 0\n"
		     "1: b 1b\n"
		     : : "r" (value), "r" (at)
		     : "memory", "a2", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7");
}

#elif defined(__sh__)

/* The low half of that; r8 to r14. */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("r4") = 0x63000000 | cpu << 8;
	register int *at asm("r5") = spins;

	asm volatile(".irp nr, 8, 9, 10, 11, 12, 13, 14\n"
		     "mov %0,r\\nr\n"
		     "add #\\nr,r\\nr\n"
		     ".endr\n"
		     "mov #1,r6\n"
		     "mov.l r6,@%1\n"
		     "1: bra 1b\n"
		     "nop\n"
		     : : "r" (value), "r" (at)
		     : "memory", "r6", "r8", "r9", "r10", "r11", "r12", "r13", "r14");
}

#elif defined(__mc68000__)

/* The low half of that; d1 to d5, and of addresses a1 and a2, which count as 9 and 10. */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("d0") = 0x63000000 | cpu << 8;
	register int *at asm("a0") = spins;

	asm volatile(".irp nr, 1, 2, 3, 4, 5\n"
		     "move.l %0,%%d\\nr\n"
		     "addq.l #\\nr,%%d\\nr\n"
		     ".endr\n"
		     ".irp nr, 1, 2\n"
		     "move.l %0,%%a\\nr\n"
		     "lea (8 + \\nr,%%a\\nr),%%a\\nr\n"
		     ".endr\n"
		     "move.l #1,(%1)\n"
		     "1: bra 1b\n"
		     : : "d" (value), "a" (at)
		     : "memory", "d1", "d2", "d3", "d4", "d5", "a1", "a2");
}

#elif defined(__powerpc__)

/* r14 to r21; of 32 bits, the low half. */
static void spin(unsigned long cpu, int *spins)
{
	register unsigned long value asm("3") = 0x6b65786563000000ULL | cpu << 8;
	register int *at asm("4") = spins;

	asm volatile("addi 14,%0,14\n"
		     "addi 15,%0,15\n"
		     "addi 16,%0,16\n"
		     "addi 17,%0,17\n"
		     "addi 18,%0,18\n"
		     "addi 19,%0,19\n"
		     "addi 20,%0,20\n"
		     "addi 21,%0,21\n"
		     "li 5,1\n"
		     "sync\n"
		     "stw 5,0(%1)\n"
		     "1: b 1b\n"
		     : : "b" (value), "b" (at)
		     : "memory", "5", "14", "15", "16", "17", "18", "19", "20",
		       "21");
}

#else
#error "which registers are to have known values?"
#endif

static void stay_on(unsigned long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %lu", cpu);
}

/* A number that parents and children share. */
static int *shared_number(void)
{
	int *number = mmap(NULL, sizeof(*number), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (number == MAP_FAILED)
		err(1, "mmap");
	return number;
}

/* A child that ends meanwhile will never set it. */
static void wait_for(int *number, int value)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) != value) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			errx(1, "a child has failed");
		sched_yield();
	}
}

/* Returns 0 in the child, which nobody who reads our output waits for. */
static pid_t begin(const char *what)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid) {
		printf("crash-workload: %s: pid %d\n", what, pid);
		return pid;
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	return 0;
}

static void hold(void)
{
	fill();
	if (begin("hold"))
		return;
	for (;;)
		pause();
}

static void begin_to_spin(unsigned long cpu)
{
	int *spins = shared_number();

	if (begin("spin")) {
		wait_for(spins, 1);
		return;
	}
	stay_on(cpu);
	spin(cpu, spins);
}

#define PROVOKE	"/sys/kernel/debug/provoke-crash/DIRECT"

/*
 * Have the kernel's lkdtm do something on @nr CPUs: when all are about to, and not
 * before.
 */
static void provoke(const char *what, char **cpus, int nr)
{
	int *ready = shared_number(), *go = shared_number();
	int i, fd;

	for (i = 0; i < nr; i++) {
		unsigned long cpu = strtoul(cpus[i], NULL, 0);

		if (begin(what))
			continue;
		stay_on(cpu);
		/* Who writes holds a lock of this file. */
		fd = open(PROVOKE, O_WRONLY);
		if (fd < 0)
			_exit(1);
		__atomic_add_fetch(ready, 1, __ATOMIC_ACQ_REL);
		wait_for(go, 1);
		_exit(write(fd, what, strlen(what)) < 0);
	}
	wait_for(ready, nr);
	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
}

/* The parent of all of them, kthreadd, is process 2. */
static bool is_kernel_thread(pid_t pid)
{
	char path[32], stat[512], *name_end;
	int fd, parent = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (len <= 0)
		return false;
	stat[len] = '\0';
	/* "14 (rcu_sched) I 2 ...", where the name may have any character. */
	name_end = strrchr(stat, ')');
	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 && parent == 2;
}

/*
 * Those of one CPU stay there, and the kernel says no; that some of the others end
 * meanwhile is no fault.
 */
static void gather(unsigned long cpu)
{
	DIR *processes = opendir("/proc");
	struct dirent *process;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (!processes)
		err(1, "/proc");
	while ((process = readdir(processes))) {
		pid_t pid = strtoul(process->d_name, NULL, 10);

		if (pid && is_kernel_thread(pid) &&
		    sched_setaffinity(pid, sizeof(cpus), &cpus) &&
		    errno != EINVAL && errno != ESRCH)
			err(1, "thread %d", pid);
	}
	closedir(processes);
}

#define CPUS_MAX	64

enum state { UNKNOWN, IDLE, LOCK, SPIN, OURS };

static const char * const state_names[] = {
	"something else", "idle", "lock", "spin", "something else",
};

static enum state state_of(const char *name)
{
	enum state state;

	for (state = IDLE; state <= SPIN; state++) {
		if (!strcmp(name, state_names[state]))
			return state;
	}
	errx(2, "no state %s", name);
}

/*
 * What a line of the log says that CPU *@cpu does, or *@cpu itself: of what it
 * says of a CPU, this comes first.
 */
static void read_line(const char *line, unsigned int *cpu, enum state *states)
{
	static const char first[] = "NMI backtrace for cpu ";
	const char *at = strstr(line, first);

	if (at) {
		*cpu = strtoul(at + strlen(first), NULL, 10);
		if (*cpu < CPUS_MAX && strstr(at, "skipped: idling"))
			states[*cpu] = IDLE;
	} else if (*cpu >= CPUS_MAX) {
		return;
	} else if (strstr(line, "RIP: 0010:lkdtm_HARDLOCKUP+")) {
		states[*cpu] = LOCK;
	} else if (strstr(line, " Comm: crash-workload ")) {
		states[*cpu] = OURS;
	} else if (strstr(line, "RIP: 0033:") && states[*cpu] == OURS) {
		states[*cpu] = SPIN;
	}
}

/* The kernel asks all CPUs by NMI, and the log says what they did. */
static void ask(int kmsg, enum state *states)
{
	int trigger = open("/proc/sysrq-trigger", O_WRONLY);
	unsigned int cpu = CPUS_MAX;
	char line[8192];
	ssize_t len;

	if (trigger < 0 || lseek(kmsg, 0, SEEK_END) < 0 ||
	    write(trigger, "l", 1) != 1)
		err(1, "CPUs can't be told to answer");
	close(trigger);
	memset(states, 0, CPUS_MAX * sizeof(*states));
	for (;;) {
		len = read(kmsg, line, sizeof(line) - 1);
		if (len < 0 && errno == EPIPE)	/* some of it is lost */
			continue;
		if (len < 0)
			break;
		line[len] = '\0';
		read_line(line, &cpu, states);
	}
}

/* So often nobody is asked in vain, unless something hangs. */
#define TRIES_MAX	1000

static void await(int nr, char **words)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	int i = 0, tries = 0;
	enum state states[CPUS_MAX];

	if (kmsg < 0)
		err(1, "/dev/kmsg");
	do {
		if (tries++ == TRIES_MAX)
			errx(1, "CPU %s: expected %s, saw %s", words[i],
			     words[i + 1],
			     state_names[states[strtoul(words[i], NULL, 0)]]);
		ask(kmsg, states);
		for (i = 0; i < nr; i += 2) {
			unsigned long cpu = strtoul(words[i], NULL, 0);

			if (cpu >= CPUS_MAX)
				errx(2, "no CPU %s", words[i]);
			if (states[cpu] != state_of(words[i + 1]))
				break;
		}
	} while (i < nr);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "gather") && argc == 3)
		gather(strtoul(argv[2], NULL, 0));
	else if (!strcmp(what, "hold") && argc == 2)
		hold();
	else if (!strcmp(what, "spin") && argc == 3)
		begin_to_spin(strtoul(argv[2], NULL, 0));
	else if (!strcmp(what, "lock") && argc > 2)
		provoke("HARDLOCKUP", argv + 2, argc - 2);
	else if (!strcmp(what, "panic") && argc > 2)
		provoke("PANIC", argv + 2, argc - 2);
	else if (!strcmp(what, "await") && argc % 2 == 0)
		await(argc - 2, argv + 2);
	else
		errx(2, "see the top of crash-workload.c");
	return 0;
}
