// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures kexec, this kernel's or another one's, in a guest that is thrown
 * away.  tools/testing/kexec/harness/bench.py boots it and puts the figures
 * together.
 *
 *	kexec_bench [OPTION]... load	load an image and hand over to it
 *	kexec_bench [OPTION]... crash	load one for a panic, and panic
 *	kexec_bench [OPTION]... run COMMAND [ARGUMENT]...
 *					how long a command takes
 *
 * Each figure is a line, "bench: NAME VALUE"; figures() has what they mean.
 * What happens after the handoff is told by the payload, on the serial port:
 *
 *	payload: time stamp 3459876, 1234567 at reboot(2), 2345678 when a
 *	program last ran
 *
 * (one line).  Ticks are those of the time stamp counter, which counts
 * instructions where QEMU is told to (-icount shift=0).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../kselftest.h"
#include "bench_file.h"
#include "kexec_util.h"
#include "memory.h"
#include "plan.h"

/* What the system needs to go on, whatever memory is filled with. */
#define MEMORY_LEFT	(96 * MIB)

/*
 * The same where half of what is filled is free again, in single pages.  Both
 * besides what pipes have for themselves, which is less than a 64th.
 */
#define FRAGMENTED_LEFT	(32 * MIB)

/* A copy of more takes no less time a byte. */
#define COPY_MAX	(256 * MIB)
#define COPY_RUNS	3

/**
 * struct options - the command line
 * @mib: size of the image; 0 for one page
 * @of_free: percent of the free memory, instead of @mib
 * @segments: that it has; 1 is one besides the payload's small one
 * @content: bytes of content in each; zeroes follow
 * @file: by kexec_file_load(2), of a kernel and an initrd
 * @over: what the destination is used for
 * @leave: bytes that are left free when @over fills the memory
 * @again: load it a second time
 * @no_handoff: unload it instead
 * @verify: what to write to the sysctl, if anything
 * @most_load: fail if the load takes more ticks
 * @most_handoff: the same of the handoff
 */
struct options {
	__u64 mib;
	__u64 of_free;
	__u64 segments;
	__u64 content;
	bool file;
	const struct condition *over;
	__u64 leave;
	bool again;
	bool no_handoff;
	const char *verify;
	__u64 most_load;
	__u64 most_handoff;
};

static struct options options = { .mib = 64, .segments = 1, .content = NO_END,
				 .leave = NO_END };

/**
 * struct condition - what the destination is used for
 * @name: of the option --over
 * @filling: what fills the memory
 * @use: what a window then has to have, each block of it
 */
struct condition {
	const char *name;
	const struct filling *filling;
	struct use use;
};

static const struct condition conditions[] = {
	{ "free", NULL, { .least.free = 100 } },
	{ "page-cache", &block_device_filling, { .least.cache = 90 } },
	{ "tmpfs", &tmpfs_filling, { .least.cache = 90 } },
	{ "anonymous", &anonymous_filling, { .least.anon = 90 } },
	{ "huge-pages", &huge_filling, { .least.anon = 90 } },
	{ "unmovable", &pipe_filling, { { .other = 90 }, 100 } },
	{ "fragmented", &alternating_filling, { { .free = 40, .other = 40 }, 60 } },
};

static int tty = STDOUT_FILENO;

/* Waits until it has been sent. */
__printf(1, 2) static void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(tty, format, args);
	va_end(args);
	tcdrain(tty);
}

static void figure(const char *name, __u64 value)
{
	report("bench: %s %llu\n", name, value);
}

static __u64 now(void)
{
	return __rdtsc();
}

static __u64 nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static double ticks_per_microsecond(void)
{
	__u64 ns = nanoseconds(), from = now();

	usleep(200000);
	return (now() - from) * 1000.0 / (nanoseconds() - ns);
}

static bool only_one_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) < 2;
}

static void run_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void start_thread(void *(*function)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, arg))
		die("no thread");
}

/* The least free memory that was seen; 0: nobody is looking. */
static __u64 least_free;

static void *watch_free_memory(void *arg)
{
	struct sysinfo info;
	__u64 free, least;

	run_on_cpu(1);
	for (;; usleep(300)) {
		least = __atomic_load_n(&least_free, __ATOMIC_RELAXED);
		if (!least || sysinfo(&info))
			continue;
		free = (__u64)info.freeram * info.mem_unit;
		if (free < least)
			__atomic_compare_exchange_n(&least_free, &least, free, false,
						    __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
	}
	return arg;
}

static __u64 free_now(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (__u64)info.freeram * info.mem_unit;
}

static struct payload_clock *payload_clock;

static void *beat(void *arg)
{
	run_on_cpu(1);
	for (;;)
		__atomic_store_n(&payload_clock->beat, now(), __ATOMIC_RELAXED);
	return arg;
}

/* The same bytes copied by a program, the fastest of some runs. */
static __u64 copy_in_user_space(const char *from, __u64 len)
{
	char *to = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 best = NO_END, began, took;
	int i;

	if (to == MAP_FAILED)
		die("no memory to copy to");
	for (i = 0; i <= COPY_RUNS; i++) {
		began = now();
		memcpy(to, from, len);
		took = now() - began;
		/* The first one has to get the pages. */
		if (i && took < best)
			best = took;
	}
	munmap(to, len);
	return best;
}

/* ... and by the kernel, into a file that has the pages already. */
static __u64 copy_to_tmpfs(const char *from, __u64 len)
{
	int fd = memfd_create("copy", MFD_CLOEXEC), i;
	__u64 best = NO_END, began, took;

	for (i = 0; i <= COPY_RUNS; i++) {
		began = now();
		if (pwrite(fd, from, len, 0) != (ssize_t)len)
			die("can't write to tmpfs: %s", strerror(errno));
		took = now() - began;
		if (i && took < best)
			best = took;
	}
	close(fd);
	return best;
}

static void measure_copies(__u64 len)
{
	const char *from = map_pattern(len);

	figure("copy_bytes", len);
	figure("memcpy_ticks", copy_in_user_space(from, len));
	figure("tmpfs_ticks", copy_to_tmpfs(from, len));
}

/*
 * The payload's segment, and equal ones behind it; at least one of those unless
 * the image is no larger than the payload.
 */
static void plan_segments(struct plan *plan, struct range window)
{
	__u64 parts = options.segments > 1 ? options.segments - 1 : 1;
	__u64 first = window.start + PAYLOAD_LEN, i;
	struct range at = { .end = first };

	plan->payload = window;
	if (range_len(window) <= PAYLOAD_LEN)
		return;

	plan->payload.end = first;
	for (i = 1; i <= parts; i++) {
		__u64 content = options.content;

		at.start = at.end;
		at.end = first + round_down((window.end - first) * i / parts,
					    page_size());
		add_part(plan, at, content < range_len(at) ? content :
							     range_len(at));
	}
}

static void plan_image(struct plan *plan)
{
	__u64 bytes = options.mib ? options.mib * MIB : page_size();
	struct range window;

	if (options.file) {
		/* Nobody knows where, before it is loaded. */
		window = (struct range) { 0, bytes };
		plan->entry_offset = FILE_ENTRY;
	} else if (options.of_free) {
		window = largest_ram(NO_END);
		bytes = round_down(free_memory() / 100 * options.of_free, MIB);
		if (bytes > range_len(window))
			die("no %llu bytes of RAM in one piece", bytes);
		window.start = window.end - bytes;
	} else {
		window = get_window(round_up(bytes, block_size()), anywhere,
				    &options.over->use);
		window.end = window.start + bytes;
	}
	plan_segments(plan, window);
}

static void fill_memory(void)
{
	const struct filling *filling = options.over->filling;
	__u64 free = memory_info("MemFree:");
	__u64 leave = options.mib * MIB + MEMORY_LEFT + free / 64;

	if (options.leave != NO_END)
		leave = options.leave;
	else if (filling == &alternating_filling)
		leave = FRAGMENTED_LEFT + free / 64;

	if (!filling)
		return;
	if (free < leave)
		die("only %llu MiB are free", free / MIB);
	filling->fill(free - leave);
}

/* Those that are loaded by kexec_file_load(2). */
static struct files files;

static void write_segments(const struct plan *plan, int nr,
			   const struct kexec_segment *segs)
{
	/* The payload's is the last of two. */
	if (nr != 2 || (uintptr_t)segs[1].mem != plan->payload.start)
		die("an initrd is one segment");
	files = write_files(segs[1].buf, segs[1].bufsz, segs[0].buf, segs[0].bufsz);
}

static int timed_load(const struct plan *plan, int nr,
		      const struct kexec_segment *segs, __u64 *ticks,
		      __u64 *peak)
{
	__u64 before = free_now(), from;
	int err;

	__atomic_store_n(&least_free, before, __ATOMIC_RELAXED);
	from = now();
	err = options.file ? load_files(&files) : load_built(plan, nr, segs, 0);
	*ticks = now() - from;
	*peak = before - __atomic_exchange_n(&least_free, 0, __ATOMIC_RELAXED);
	return err;
}

static void fail_if_slow(__u64 ticks)
{
	if (options.most_load && ticks > options.most_load)
		die("the load took %llu ticks, %llu are allowed", ticks,
		    options.most_load);
}

static __u64 content_of(int nr, const struct kexec_segment *segs)
{
	__u64 sum = 0;
	int i;

	for (i = 0; i < nr; i++)
		sum += segs[i].bufsz;
	return sum;
}

static __u64 size_of(int nr, const struct kexec_segment *segs)
{
	__u64 sum = 0;
	int i;

	for (i = 0; i < nr; i++)
		sum += segs[i].memsz;
	return sum;
}

/* What the caller reads first, it has page tables for. */
static void touch(int nr, const struct kexec_segment *segs)
{
	const char *buf;
	size_t at;
	int i;

	for (i = 0; i < nr; i++) {
		buf = segs[i].buf;
		for (at = 0; at < segs[i].bufsz; at += page_size())
			__atomic_load_n(&buf[at], __ATOMIC_RELAXED);
	}
}

/* Until all is in place; the base has nothing to wait for.  @loaded_at: when it began. */
static bool wait_in_place(const char *name, __u64 loaded_at)
{
	if (access(SYSFS_KEXEC "segments", R_OK))
		return false;
	wait_until_settled();
	figure(name, now() - loaded_at);
	return true;
}

static void load_again(const struct plan *plan, int nr,
		       const struct kexec_segment *segs)
{
	__u64 ticks, peak, loaded_at;
	int err = timed_load(plan, nr, segs, &ticks, &peak);

	if (err)
		die("not loaded again: %s", strerror(err));
	loaded_at = now();
	figure("reload_ticks", ticks);
	wait_in_place("reload_settle_ticks", loaded_at);
	if (!only_one_cpu())
		figure("reload_peak_bytes", peak);
	fail_if_slow(ticks);
}

static void unload(void)
{
	__u64 from = now();

	if (kexec_load(0, 0, NULL, native_arch()))
		die("not unloaded: %s", strerror(errno));
	figure("unload_ticks", now() - from);
}

static void hand_over(void)
{
	if (!only_one_cpu()) {
		start_thread(beat, NULL);
		usleep(10000);
	}
	payload_clock->reboot = now();
	payload_clock->beat = payload_clock->reboot;
	reboot_kexec();
	die("reboot(2): %s", strerror(errno));
}

/* @loaded_at: when the load had returned. */
static void report_placement(__u64 loaded_at)
{
	struct placed sum;

	if (!wait_in_place("settle_ticks", loaded_at))
		return;
	sum = sum_placed();
	figure("in_place_bytes", sum.in_place);
	figure("moved_bytes", sum.moved);
	figure("zero_bytes", sum.zero);
}

/*
 * The figures, in this order:
 *
 *	copy_bytes memcpy_ticks tmpfs_ticks	two ways to copy so much
 *	bytes content_bytes			of the image
 *	available_bytes				MemAvailable before the load
 *	load_ticks				of kexec_load(2), kexec_file_load(2)
 *	settle_ticks				from then on, until all is in place
 *	in_place_bytes moved_bytes zero_bytes	by /sys/kernel/kexec/segments
 *	held_bytes				free memory that went
 *	peak_bytes				... that was gone meanwhile
 *	reload_ticks reload_settle_ticks reload_peak_bytes	of loading it again
 *	unload_ticks				of unloading it
 *
 * or, instead of load_ticks and what follows, "loaded_errno".
 */
static void bench_load(void)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	struct plan plan = { .only_time = true, .most_ticks = options.most_handoff };
	__u64 ticks, peak, before, loaded_at;
	int nr, err;

	payload_clock = get_pinned_page(&plan.clock);
	if (!options.of_free && options.mib)
		measure_copies(options.mib * MIB < COPY_MAX ?
			       options.mib * MIB : COPY_MAX);
	fill_memory();
	plan_image(&plan);
	nr = build_segments(&plan, segs);
	if (options.file)
		write_segments(&plan, nr, segs);
	else
		touch(nr, segs);
	figure("bytes", size_of(nr, segs));
	figure("content_bytes", content_of(nr, segs));
	figure("available_bytes", memory_info("MemAvailable:"));

	if (!only_one_cpu())
		start_thread(watch_free_memory, NULL);
	run_on_cpu(0);
	before = free_memory();
	err = timed_load(&plan, nr, segs, &ticks, &peak);
	if (err) {
		figure("loaded_errno", err);
		return;
	}
	loaded_at = now();
	figure("load_ticks", ticks);
	report_placement(loaded_at);
	figure("held_bytes", before - free_memory());
	if (!only_one_cpu())
		figure("peak_bytes", peak);
	fail_if_slow(ticks);

	if (options.again)
		load_again(&plan, nr, segs);
	if (options.over->filling && !options.over->filling->intact())
		die("what was in the destination is damaged");
	if (options.no_handoff)
		unload();
	else
		hand_over();
}

static void bench_crash(void)
{
	struct plan plan = { .only_time = true };
	__u64 bytes = options.mib * MIB, from;
	struct range region;

	if (find_iomem("Crash kernel", &region, 1) < 1)
		die("no memory is reserved by crashkernel=");
	if (bytes > range_len(region))
		die("the crash region has %llu MiB", range_len(region) / MIB);
	region.end = region.start + bytes;
	use_range(&plan, region);

	figure("bytes", bytes);
	from = now();
	load_plan(&plan, KEXEC_ON_CRASH);
	figure("load_ticks", now() - from);
	figure("panic_at", now());
	write_file("/proc/sysrq-trigger", "c");
	die("no panic");
}

static void bench_run(char **argv)
{
	__u64 from = now();
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("no process");
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	figure("run_ticks", now() - from);
	if (status)
		die("%s failed", argv[0]);
}

static const struct condition *find_condition(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(conditions); i++) {
		if (!strcmp(conditions[i].name, name))
			return &conditions[i];
	}
	fprintf(stderr, "kexec_bench: no --over=%s\n", name);
	exit(2);
}

/* For figures and complaints. */
static void open_tty(const char *path)
{
	tty = open(path, O_WRONLY | O_NOCTTY);
	if (tty < 0)
		die("%s: %s", path, strerror(errno));
	dup2(tty, STDOUT_FILENO);
	dup2(tty, STDERR_FILENO);
}

static void print_usage(void)
{
	size_t i;

	fprintf(stderr,
		"usage: kexec_bench [OPTION]... load | crash | run COMMAND\n"
		"  --tty=DEVICE       where the figures go\n"
		"  --verify=0|1       kernel.kexec_verify, where there is that\n"
		"of the image:\n"
		"  --mib=N            its size; 0: a page\n"
		"  --of-free=PERCENT  ... or so much of the free memory\n"
		"  --segments=N\n"
		"  --content=KIB      in each segment, the rest is zero\n"
		"  --file             by kexec_file_load(2), which finds a place itself\n"
		"  --over=USE         what its destination is used for:\n"
		"                    ");
	for (i = 0; i < ARRAY_SIZE(conditions); i++)
		fprintf(stderr, " %s", conditions[i].name);
	fprintf(stderr,
		"\n  --leave=MIB        so much stays free when that fills the memory\n"
		"of a load:\n"
		"  --again            load it a second time\n"
		"  --no-handoff       unload it in the end\n"
		"  --most-load=TICKS, --most-handoff=TICKS\n"
		"                     fail if it takes longer\n");
	exit(2);
}

static char **parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "tty", required_argument, NULL, 't' },
		{ "verify", required_argument, NULL, 'v' },
		{ "mib", required_argument, NULL, 'm' },
		{ "of-free", required_argument, NULL, 'f' },
		{ "segments", required_argument, NULL, 's' },
		{ "content", required_argument, NULL, 'c' },
		{ "file", no_argument, NULL, 'F' },
		{ "over", required_argument, NULL, 'o' },
		{ "leave", required_argument, NULL, 'l' },
		{ "again", no_argument, NULL, 'a' },
		{ "no-handoff", no_argument, NULL, 'n' },
		{ "most-load", required_argument, NULL, 'L' },
		{ "most-handoff", required_argument, NULL, 'H' },
		{ }
	};
	int option;

	options.over = &conditions[0];
	while ((option = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		__u64 number = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (option) {
		case 't':
			open_tty(optarg);
			break;
		case 'v':
			options.verify = optarg;
			break;
		case 'm':
			options.mib = number;
			break;
		case 'f':
			options.of_free = number;
			break;
		case 's':
			options.segments = number;
			break;
		case 'c':
			options.content = number * KIB;
			break;
		case 'F':
			options.file = true;
			break;
		case 'o':
			options.over = find_condition(optarg);
			break;
		case 'l':
			options.leave = number * MIB;
			break;
		case 'a':
			options.again = true;
			break;
		case 'n':
			options.no_handoff = true;
			break;
		case 'L':
			options.most_load = number;
			break;
		case 'H':
			options.most_handoff = number;
			break;
		default:
			print_usage();
		}
	}
	if (!options.segments || options.segments > SEGMENTS_MAX)
		print_usage();
	if (options.file && (!options.mib || options.of_free || options.over->filling))
		print_usage();
	return argv + optind;
}

int main(int argc, char **argv)
{
	char **command = parse_options(argc, argv);

	if (!command[0])
		print_usage();
	mount_kernel_filesystems();
	map_pattern(PATTERN_PERIOD);
	/* Else a CPU may keep all that was copied to, and it looks as if used. */
	write_file("/proc/sys/vm/percpu_pagelist_high_fraction", "10000");
	if (options.verify)
		write_file(SYSCTL_KERNEL "kexec_verify", options.verify);
	report("bench: ticks_per_us %.1f\n", ticks_per_microsecond());

	if (!strcmp(command[0], "load"))
		bench_load();
	else if (!strcmp(command[0], "crash"))
		bench_crash();
	else if (!strcmp(command[0], "run") && command[1])
		bench_run(command + 1);
	else
		print_usage();
	return 0;
}
