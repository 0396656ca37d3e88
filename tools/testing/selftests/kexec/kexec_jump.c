// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads an image that returns (KEXEC_PRESERVE_CONTEXT), enters it again and again,
 * and looks at whether everything else is as it was:
 *
 *	kexec_jump --list
 *	kexec_jump [--cpu=N] CASE
 *
 * The image is the payload (payload.c, payload_jump.c): each time it checks the
 * registers and every byte of itself, changes all of them, and returns.  The next
 * time it has to find what it left.  Something that it does not like ends the
 * machine.
 *
 * A case says what the memory is full of, where the image goes, and how often it
 * is entered.  Each time, this program looks at the memory outside, its own
 * registers and those of another process, files, clocks, timers and CPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/reboot.h>

#include "../kselftest.h"
#include "cases.h"
#include "jump_registers.h"
#include "kexec_util.h"
#include "memory.h"
#include "patience.h"
#include "plan.h"

/* What the system needs to go on, whatever memory is filled with. */
#define MEMORY_LEFT	(128 * MIB)

/* Memory, outside of the image, of which each byte has to stay what it is. */
#define OUTSIDE_SIZE	(16 * MIB)

#define TIMER_MS	300

/**
 * struct jump_case - an image that returns
 * @id: what it is called
 * @size: of the image, for those that make use of it
 * @times: how often it is entered
 * @filling: what to fill the memory with
 * @use: what the destination is then used for, each block of it
 * @plan: fills the plan, with the memory filled
 * @must_move: something of the image can't be placed in place
 * @at_home: all of the image has to be in place
 * @between: what to do after the first time
 * @after: what to do in the end
 */
struct jump_case {
	struct case_id id;
	__u64 size;
	int times;
	const struct filling *filling;
	struct use use;
	void (*plan)(struct plan *plan, const struct jump_case *c);
	bool must_move;
	bool at_home;
	void (*between)(const struct plan *plan);
	void (*after)(const struct plan *plan);
};

static void plan_window(struct plan *plan, const struct jump_case *c)
{
	use_range(plan, get_window(c->size, anywhere, &c->use));
}

/* Where the running kernel lies: it is away while the image runs. */
static void plan_over_kernel(struct plan *plan, const struct jump_case *c)
{
	struct range kernel = find_kernel();

	plan->payload = get_window(PAYLOAD_LEN, anywhere, &all_free);
	add_part(plan, kernel, range_len(kernel));
}

/* Memory that the load gives no content for comes back, too. */
static void plan_zero_tails(struct plan *plan, const struct jump_case *c)
{
	struct range window = get_window(c->size, anywhere, &c->use), at = window;

	plan->payload = (struct range) { window.start,
					 window.start + PAYLOAD_LEN };
	at.start = plan->payload.end;
	at.end = at.start + 4 * MIB;
	add_part(plan, at, 0);
	at.start = at.end;
	at.end = window.end;
	add_part(plan, at, 12345);
}

/* --- What has to stay as it is ------------------------------------------ */

static __u64 *outside, outside_size;

static void fill_outside(void)
{
	__u64 i;

	outside_size = to_scale(OUTSIDE_SIZE);
	outside = mmap(NULL, outside_size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (outside == MAP_FAILED)
		die("no memory to be left alone");
	for (i = 0; i < outside_size / 8; i++)
		outside[i] = pattern_word(i * 8 + 4);
}

static void check_outside(void)
{
	__u64 i;

	for (i = 0; i < outside_size / 8; i++) {
		if (outside[i] != pattern_word(i * 8 + 4))
			die("memory at offset %#llx has changed", i * 8);
	}
}

/* A file at an offset, and a pipe with something in it. */
static struct {
	int file;
	int pipe[2];
	off_t offset;
} files;

static void open_files(void)
{
	char byte = 'p';

	files.file = open("/tmp/kexec_jump", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (files.file < 0 || pipe(files.pipe) ||
	    write(files.pipe[1], &byte, 1) != 1)
		die("no files: %s", strerror(errno));
}

static void check_files(int nr)
{
	char text[32], back[32], byte = 0;
	int len = snprintf(text, sizeof(text), "before jump %d\n", nr);

	if (lseek(files.file, 0, SEEK_CUR) != files.offset)
		die("the offset of an open file is another");
	if (read(files.pipe[0], &byte, 1) != 1 || byte != 'p' ||
	    write(files.pipe[1], &byte, 1) != 1)
		die("a pipe has lost what was in it");
	if (write(files.file, text, len) != len ||
	    pread(files.file, back, len, files.offset) != len ||
	    memcmp(text, back, len))
		die("an open file can't be written to and read");
	files.offset += len;
}

static pid_t start_process(void (*function)(void))
{
	pid_t pid = fork_child();

	if (!pid) {
		function();
		_exit(0);
	}
	return pid;
}

/* A process that holds values in its registers, and says if they change. */
static pid_t holder;

static void hold_registers(void)
{
	while (registers_survive(0x7700, -1))
		;
}

static void check_holder(void)
{
	int status;

	if (waitpid(holder, &status, WNOHANG) != 0)
		die("the vector registers of another process have changed");
}

static __s64 now_ms(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return at.tv_sec * 1000LL + at.tv_nsec / 1000000;
}

static const clockid_t clocks[] = {
	CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
};

#define NR_CLOCKS	ARRAY_SIZE(clocks)

static void read_clocks(__s64 *ms)
{
	unsigned int i;

	for (i = 0; i < NR_CLOCKS; i++)
		ms[i] = now_ms(clocks[i]);
}

/* No clock may say that a jump took longer than what hangs. */
static void check_clocks(const __s64 *before)
{
	__s64 ms[NR_CLOCKS];
	unsigned int i;

	read_clocks(ms);
	for (i = 0; i < NR_CLOCKS; i++) {
		if (ms[i] < before[i] || ms[i] > before[i] + time_limit_s() * 1000LL)
			die("clock %d was %lld ms, and is %lld ms", clocks[i],
			    before[i], ms[i]);
	}
}

static timer_t start_timer(void)
{
	struct itimerspec when = { .it_value.tv_nsec = TIMER_MS * 1000000 };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGALRM,
	};
	sigset_t alarm;
	timer_t timer;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &when, NULL))
		die("no timer: %s", strerror(errno));
	return timer;
}

/* The timer of before the jump fires, if late, and not before its time. */
static void check_timer(timer_t timer, __s64 started_ms)
{
	const struct timespec patience = { .tv_sec = time_limit_s() };
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	if (sigtimedwait(&alarm, NULL, &patience) != SIGALRM ||
	    now_ms(CLOCK_MONOTONIC) < started_ms + TIMER_MS)
		die("a timer did not fire as it had to");
	timer_delete(timer);
}

static void read_online(char *text)
{
	if (read_file("/sys/devices/system/cpu/online", text, TEXT_MAX))
		die("no list of CPUs");
}

/* All are there again, and run programs. */
static void check_cpus(const char *before)
{
	cpu_set_t all, one;
	char text[TEXT_MAX];
	int cpu;

	read_online(text);
	if (strcmp(text, before))
		die("CPUs %s were online, and now %s", before, text);

	sched_getaffinity(0, sizeof(all), &all);
	for (cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) ||
		    sched_getcpu() != cpu)
			die("nothing runs on CPU %d", cpu);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

/* --- The jump ------------------------------------------------------------ */

static void jump(int nr)
{
	char online[TEXT_MAX];
	__s64 ms[NR_CLOCKS];
	timer_t timer;

	read_online(online);
	read_clocks(ms);
	timer = start_timer();

	errno = 0;
	if (!registers_survive(nr, LINUX_REBOOT_CMD_KEXEC))
		die("reboot(2) changed registers, or failed: %s: %s",
		    strerror(errno), last_refusal());

	check_clocks(ms);
	check_timer(timer, ms[1]);
	check_cpus(online);
	check_outside();
	check_files(nr);
	check_holder();
	printf("kexec_jump: back, the %d. time\n", nr);
	fflush(stdout);
}

static void check_placement(const struct jump_case *c)
{
	struct placed sum = sum_placed();

	printf("kexec_jump: moved=%llu zero=%llu in_place=%llu\n", sum.moved,
	       sum.zero, sum.in_place);
	if (sum.zero)
		die("%llu bytes have no memory", sum.zero);
	if (c->must_move && !sum.moved)
		die("nothing is moved");
	if (c->at_home && sum.moved)
		die("%llu bytes are moved", sum.moved);
}

static void corrupt_image(const struct plan *plan)
{
	int err = corrupt_byte(plan->parts[0].at.start + CORRUPT_OFFSET);

	if (err)
		die("can't corrupt the image: %s", strerror(err));
}

/* The digests are those of what it was when it returned. */
static void corrupt_and_repair(const struct plan *plan)
{
	corrupt_image(plan);
	if (!reboot_kexec() || errno != EIO)
		die("reboot(2): %s, expected EIO", strerror(errno));
	corrupt_image(plan);
}

/* An image that does not return takes its place, and is never started. */
static void replace_and_unload(const struct plan *plan)
{
	struct plan other = *plan;

	other.returns = false;
	load_plan(&other, 0);
	if (kexec_load(0, 0, NULL, native_arch()))
		die("can't unload: %s", strerror(errno));
	if (!reboot_kexec() || errno != EINVAL)
		die("reboot(2): %s, expected EINVAL", strerror(errno));
}

/* --- Somebody who does not stop ------------------------------------------ */

static void expect_not_stopped(int err, const char *reason)
{
	if (!reboot_kexec() || errno != err)
		die("reboot(2): %s, expected %s", strerror(errno), strerror(err));
	if (!strstr(last_refusal(), reason))
		die("the refusal is \"%s\", expected \"%s\"", last_refusal(),
		    reason);
	printf("kexec_jump: refused: %s\n", reason);
}

/* Waits in the kernel, which is to read a byte of @buf's for it. */
struct writer {
	const void *buf;
	int pipe[2];
};

static void *write_byte(void *arg)
{
	struct writer *writer = arg;

	return (void *)(long)(write(writer->pipe[1], writer->buf, 1) != 1);
}

#define FREEZE_TIMEOUT	"/sys/power/pm_freeze_timeout"

static void expect_unfrozen_thread(void)
{
	char patience[32];
	__u64 len = page_size();
	struct writer writer;
	pthread_t thread;
	void *page, *failed;
	int uffd;

	if (read_file(FREEZE_TIMEOUT, patience, sizeof(patience)) ||
	    write_file(FREEZE_TIMEOUT, "500"))
		die("there is no timeout for freezing");
	page = map_untouched(len);
	uffd = page ? stall_access(page, len) : -1;
	if (uffd < 0)
		die("no userfaultfd(2): %s", strerror(errno));
	writer.buf = page;
	if (pipe(writer.pipe) ||
	    pthread_create(&thread, NULL, write_byte, &writer) ||
	    !wait_for_access(uffd, writer.pipe[0]))
		die("a thread does not stall");

	expect_not_stopped(EBUSY, "a process can't be frozen");
	resume_access(uffd, page, len);
	/* The others may take as long as they are given. */
	if (write_file(FREEZE_TIMEOUT, patience))
		die("the timeout for freezing stays");
	if (pthread_join(thread, &failed) || failed)
		die("the thread that did not stop can't go on");
}

/* The state of CPUs' hotplug in which they leave the scheduler. */
static int scheduler_state(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/hotplug/states", "re");
	char line[256];
	int state = -1, nr;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%d:", &nr) == 1 && strstr(line, "sched:active"))
			state = nr;
	}
	return state;
}

static void expect_online_cpu(void)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%d", scheduler_state());
	if (write_file("/sys/devices/system/cpu/cpu1/hotplug/fail", text))
		die("CPU 1 would stop in state %s", text);
	expect_not_stopped(EAGAIN, "the other CPUs can't be stopped");
}

/* One that a program is about to begin; a kernel without hibernation has no such file. */
static void expect_hibernation(void)
{
	int fd = open("/dev/snapshot", O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		die("/dev/snapshot: %s", strerror(errno));
	expect_not_stopped(EBUSY, "the system is being hibernated");
	close(fd);
}

/* Everything goes on each time, and then the image can be started. */
static void not_stop(const struct plan *plan)
{
	expect_hibernation();
	expect_unfrozen_thread();
	expect_online_cpu();
}

/* --- A disk in use -------------------------------------------------------- */

#define DISK		"/dev/vda"
#define MOUNT_POINT	"/tmp/disk"
#define DISK_FILE	MOUNT_POINT "/written"
#define RECORD		(64 * KIB)

static pid_t writer;

/* Record after record, each one other, until it is told to stop. */
static void write_records(void)
{
	static __u64 words[RECORD / 8];
	int fd = open(DISK_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	__u64 nr, i;

	for (nr = 0; nr < 512; nr++) {
		for (i = 0; i < RECORD / 8; i++)
			words[i] = pattern_word(nr * RECORD + i * 8);
		if (fd < 0 || write(fd, words, RECORD) != (ssize_t)RECORD ||
		    fdatasync(fd))
			_exit(1);
	}
}

static void start_writer(const struct plan *plan)
{
	mkdir(MOUNT_POINT, 0700);
	if (mount(DISK, MOUNT_POINT, "ext2", 0, NULL))
		die("no file system on " DISK ": %s", strerror(errno));
	writer = start_process(write_records);
}

/* The file as the disk has it, not the cache. */
static void check_disk(const struct plan *plan)
{
	static __u64 words[RECORD / 8];
	__u64 nr, i;
	int status, fd;

	if (waitpid(writer, &status, 0) != writer || status)
		die("the process that writes to the disk failed");
	if (umount(MOUNT_POINT) || mount(DISK, MOUNT_POINT, "ext2", 0, NULL))
		die("can't mount the disk again: %s", strerror(errno));
	fd = open(DISK_FILE, O_RDONLY);
	for (nr = 0; nr < 512; nr++) {
		if (read(fd, words, RECORD) != (ssize_t)RECORD)
			die("record %llu is missing", nr);
		for (i = 0; i < RECORD / 8; i++) {
			if (words[i] != pattern_word(nr * RECORD + i * 8))
				die("record %llu has changed", nr);
		}
	}
	printf("kexec_jump: %llu records are on the disk\n", nr);
	fflush(stdout);
}

#define OVER_FREE(len) \
	.size = (len), .use.least.free = 100, .plan = plan_window, \
	.at_home = true
#define OVER(used_by) \
	.size = 16 * MIB, .filling = &(used_by), .plan = plan_window

static const struct jump_case cases[] = {
	{
		{ "once", "the payload itself, over free memory" },
		OVER_FREE(64 * KIB), .times = 1,
	}, {
		{ "in-place", "16 MiB over free memory" },
		OVER_FREE(16 * MIB), .times = 4,
	}, {
		{ "fifty", "2 MiB over free memory, 50 times" },
		OVER_FREE(2 * MIB), .times = 50,
	}, {
		{ "anonymous", "over anonymous memory of a program" },
		OVER(anonymous_filling), .use.least.anon = 90, .times = 3,
	}, {
		{ "unmovable", "over pages that can't be moved" },
		OVER(pipe_filling), .use = { { .other = 90 }, 100 },
		.must_move = true, .times = 4,
	}, {
		{ "fragmented", "where every other page is free" },
		OVER(alternating_filling), .must_move = true, .times = 4,
		.use = { { .free = 40, .other = 40 }, 60 },
	}, {
		{ "over-kernel", "where the running kernel lies" },
		.plan = plan_over_kernel, .must_move = true, .times = 4,
	}, {
		{ "zero-tails", "segments that are mostly zero" },
		.plan = plan_zero_tails, .size = 16 * MIB,
		.use.least.free = 100, .times = 3,
	}, {
		{ "corrupt", "refused for a corrupt byte, then mended" },
		OVER_FREE(16 * MIB), .times = 3,
		.between = corrupt_and_repair, .after = replace_and_unload,
	}, {
		{ "not-stopped", "refused as a process, then a CPU, goes on" },
		OVER_FREE(2 * MIB), .times = 3, .between = not_stop,
	}, {
		{ "writing", "while a process writes to a disk" },
		OVER_FREE(2 * MIB), .times = 5,
		.between = start_writer, .after = check_disk,
	},
};

static void fill_memory(const struct jump_case *c)
{
	__u64 leave = c->size + to_scale(MEMORY_LEFT);
	__u64 free = memory_info("MemFree:");

	if (!c->filling)
		return;
	if (free < leave)
		die("only %llu MiB are free", free / MIB);
	c->filling->fill(free - leave);
}

static struct plan place_image(const struct jump_case *c)
{
	struct plan plan = { .returns = true };

	c->plan(&plan, c);
	load_plan(&plan, KEXEC_PRESERVE_CONTEXT);
	wait_until_settled();
	return plan;
}

static void run(const struct jump_case *chosen)
{
	struct jump_case scaled = *chosen, *c = &scaled;
	struct plan plan;
	int nr, tries = 0;

	mount_kernel_filesystems();
	scaled.size = to_scale(chosen->size);
	map_pattern(PAYLOAD_LEN);
	fill_outside();
	open_files();
	holder = start_process(hold_registers);
	fill_memory(c);

	do
		plan = place_image(c);
	while (c->at_home && unload_moved(0, ++tries));
	check_placement(c);

	for (nr = 1; nr <= c->times; nr++) {
		jump(nr);
		if (nr == 1 && c->between)
			c->between(&plan);
	}
	/* Once: a pipe that was read is empty. */
	if (c->filling && !c->filling->intact())
		die("what was in the destination is damaged");
	if (c->after)
		c->after(&plan);
	kill(holder, SIGKILL);
	printf("kexec_jump: all is as it was\n");
}

int main(int argc, char **argv)
{
	const struct case_table table = {
		cases, ARRAY_SIZE(cases), sizeof(cases[0])
	};

	run(choose_case(argc, argv, table, NULL));
	return 0;
}
