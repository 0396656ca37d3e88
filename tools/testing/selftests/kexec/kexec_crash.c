// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads crash images and has the kernel panic, for guests that are thrown
 * away:
 *
 *	kexec_crash --list
 *	kexec_crash [--cpu=N] CASE
 *
 * Most cases have two images, A and B, each spread over all of the crash
 * region: at its very start, at its very end, and with gaps between.  Where one has
 * content, the other has other content, or zeroes, or its control memory.  The
 * payload in them (payload.c) checks each byte.  They differ in how many there
 * are, so that what the payload says tells which image ran.  What it has to
 * say is printed before:
 *
 *	kexec_crash: to be started: 34567890 bytes in 11 ranges
 *	payload: checked 34567890 bytes in 11 ranges: ok
 *
 * or "to be started: nothing", if there is no complete image at that moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "cases.h"
#include "kexec_util.h"
#include "memory.h"
#include "plan.h"

#define CLOCKSOURCES	"/sys/devices/system/clocksource/clocksource0/available_clocksource"
#define SYSLOG_CONSOLE_LEVEL	8	/* SYSLOG_ACTION_CONSOLE_LEVEL of syslog(2) */

/**
 * struct crash_case - a way to panic
 * @id: what it is called
 * @before: what to do first, when nothing is loaded yet
 * @step: where the kernel is then told to panic, of debugfs kexec/panic_at
 * @panic: what it panics of
 * @starts: the image that this starts, or NULL
 * @or_starts: or else this one
 */
struct crash_case {
	struct case_id id;
	void (*before)(void);
	const char *step;
	void (*panic)(void);
	const struct plan *starts;
	const struct plan *or_starts;
};

static struct range region;
static struct plan image_a = { .seed = 1 };
static struct plan image_b = { .seed = 2, .entry_offset = 0x1230 };
static struct plan whole_region = { .seed = 3 };

/*
 * One segment in each of so many slots of the region; the payload is in the
 * middle.  What is left free of a slot is for control memory.
 */
static void plan_image(struct plan *plan, int nr_slots)
{
	__u64 step = round_down(range_len(region) / nr_slots, page_size());
	__u64 room = round_down(step * 3 / 4, page_size());
	struct range at;
	int i;

	for (i = 0; i < nr_slots; i++) {
		at.start = region.start + i * step;
		at.end = at.start + room - i * page_size();
		if (i == nr_slots - 1)
			at.end = region.end;

		if (i == nr_slots / 2) {
			at.end = at.start + PAYLOAD_LEN;
			plan->payload = at;
		} else if (i % 4 == 0) {
			add_part(plan, at, range_len(at) - 777);
		} else if (i % 4 == 1) {
			add_part(plan, at, range_len(at) / 2 + 5);
		} else if (i % 4 == 2) {
			add_part(plan, at, 0);
		} else {
			add_part(plan, at, range_len(at));
		}
	}
}

static void load_a(void)
{
	load_plan(&image_a, KEXEC_ON_CRASH);
}

static void load_b(void)
{
	load_plan(&image_b, KEXEC_ON_CRASH);
}

/* Asked whether it is complete, it returns 1. */
static void load_a_that_says_no(void)
{
	static const unsigned char code[] = {
		0xa7, 0x29, 0x00, 0x01,		/* lghi %r2,1 */
		0x07, 0xfe,			/* br %r14 */
	};

	if (native_arch() != KEXEC_ARCH_S390)
		die("this case is for s390");
	image_a.first = code;
	image_a.first_len = sizeof(code);
	load_a();
}

static void load_a_then_b(void)
{
	load_a();
	load_b();
}

static void load_a_then_whole_region(void)
{
	load_a();
	load_plan(&whole_region, KEXEC_ON_CRASH);
}

static void load_a_fail_to_load_b(void)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	int err, nr = build_segments(&image_b, segs), last = nr - 1;

	load_a();
	/* The last segment's content ends early. */
	munmap((void *)(uintptr_t)round_up((uintptr_t)segs[last].buf +
					   segs[last].bufsz / 2, page_size()),
	       page_size());
	err = load_built(&image_b, nr, segs, KEXEC_ON_CRASH);
	if (err != EFAULT)
		die("loaded with a hole in the content: %s", strerror(err));
}

static void load_a_and_corrupt_it(void)
{
	__u64 at;
	int err;

	load_a();
	at = image_a.parts[0].at.start + CORRUPT_OFFSET;
	err = write_address(DEBUGFS "kexec/corrupt_crash", at);
	if (err)
		die("can't corrupt the image: %s", strerror(err));
}

static void set_cpu_1(const char *online)
{
	int err = write_file("/sys/devices/system/cpu/cpu1/online", online);

	if (err)
		die("CPU 1 can't be set to %s: %s", online, strerror(err));
}

/* A panic must neither wait for it nor miss it. */
static void load_a_then_take_cpu_offline(void)
{
	load_a();
	set_cpu_1("0");
}

static void load_a_then_bring_cpu_online(void)
{
	set_cpu_1("0");
	load_a();
	set_cpu_1("1");
}

/* Memory with a hardware error: reading it would be a machine check. */
static void load_a_and_break_it(void)
{
	char text[32];

	load_a();
	snprintf(text, sizeof(text), "%#llx",
		 image_a.parts[0].at.start / page_size());
	/* The kernel can't do anything about it, and says so. */
	write_file(DEBUGFS "hwpoison/corrupt-pfn", text);
}

static void shrink_to_nothing(void)
{
	int err = write_file(SYSFS_KEXEC "crash_size", "0");

	if (err)
		die("the crash region doesn't shrink: %s", strerror(err));
}

static void expect_no_region(const struct plan *plan)
{
	int err = try_to_load(plan, KEXEC_ON_CRASH);

	if (err != EADDRNOTAVAIL ||
	    !strstr(last_refusal(), "no memory is reserved"))
		die("loaded without a crash region: %s: %s", strerror(err),
		    last_refusal());
}

static void shrink_and_be_refused(void)
{
	shrink_to_nothing();
	expect_no_region(&image_a);
}

static void be_refused_without_region(void)
{
	struct plan plan = { };

	if (range_len(region))
		die("memory is reserved by crashkernel=");
	use_range(&plan, get_window(16 * MIB, anywhere, &all_free));
	expect_no_region(&plan);
}

static void load_boot_image(void)
{
	struct plan plan = { .seed = 4 };

	use_range(&plan, get_window(16 * MIB, anywhere, &all_free));
	load_plan(&plan, 0);
}

/* The second comes home when the first is gone. */
static void load_boot_image_twice(void)
{
	struct plan plan = { .seed = 4 };

	use_range(&plan, get_window(16 * MIB, anywhere, &all_free));
	load_plan(&plan, 0);
	load_plan(&plan, 0);
	wait_until_settled();
}

static void unload(void)
{
	if (kexec_load(0, 0, NULL, native_arch() | KEXEC_ON_CRASH))
		die("not unloaded: %s", strerror(errno));
}

static void press_sysrq(void)
{
	write_file("/proc/sysrq-trigger", "c");
}

/* Not a panic, but what comes instead of one that can't be avoided. */
static void crash_directly(void)
{
	write_file(DEBUGFS "kexec/crash", "1");
}

/* A panic waits for it, but not for ever. */
static void panic_without_cpu_1(void)
{
	write_file(DEBUGFS "kexec/panic_without", "1");
}

/* In user space, where nobody looks for calls but when an IPI comes. */
static void spin_on_cpu_0(int ready)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) || write(ready, "", 1) != 1)
		die("not on CPU 0: %s", strerror(errno));
	for (;;)
		__asm__ volatile("" : : : "memory");
}

static void load_a_and_spin(void)
{
	int ready[2];
	char byte;

	load_a();
	if (pipe(ready))
		die("no pipe: %s", strerror(errno));
	if (!fork_child())
		spin_on_cpu_0(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("nobody spins on CPU 0");
}

static void panic_while_calling(void)
{
	write_file(DEBUGFS "kexec/panic_in_call", "1");
}

/* One that is neither online nor gone. */
static void panic_in_hotplug(void)
{
	write_file(DEBUGFS "kexec/panic_hotplug", "1");
}

static void panic_while_not_online(void)
{
	write_file(DEBUGFS "kexec/panic_not_online", "1");
}

static void panic_on_two_cpus(void)
{
	write_file(DEBUGFS "kexec/panic_first", sched_getcpu() == 1 ? "0" : "1");
}

static void make_oopses_fatal(void)
{
	if (write_file(SYSCTL_KERNEL "panic_on_oops", "1"))
		die("can't set panic_on_oops");
}

/* The handler of the exception starts the image, before panic(). */
static void take_exception(void)
{
	make_oopses_fatal();
	write_file(DEBUGFS "kexec/oops", "1");
}

/* What a stray pointer of the kernel's would do. */
static void write_astray(void)
{
	make_oopses_fatal();
	write_address(DEBUGFS "kexec/scribble", image_a.parts[0].at.start + 1);
}

/* B in place of A, then A in place of B, over and over. */
static void keep_loading(unsigned int *nr_loads)
{
	const struct plan *plans[] = { &image_b, &image_a };
	struct kexec_segment segs[2][SEGMENTS_MAX];
	int i, err, nr[2];

	for (i = 0; i < 2; i++)
		nr[i] = build_segments(plans[i], segs[i]);
	for (i = 0; ; i = !i) {
		err = load_built(plans[i], nr[i], segs[i], KEXEC_ON_CRASH);
		if (err)
			die("not loaded: %s: %s", strerror(err), last_refusal());
		__atomic_add_fetch(nr_loads, 1, __ATOMIC_RELAXED);
	}
}

/* At any moment of a load. */
static void panic_while_loading(void)
{
	unsigned int *nr_loads;
	struct timespec now;
	pid_t loader;

	nr_loads = mmap(NULL, sizeof(*nr_loads), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (nr_loads == MAP_FAILED)
		die("no shared memory: %s", strerror(errno));
	/*
	 * What each load has to say would have the loader write to the console at the
	 * moment of the panic, see wait_for_consoles().  A panic is always shown.
	 */
	if (klogctl(SYSLOG_CONSOLE_LEVEL, NULL, 1))
		die("can't keep the console quiet: %s", strerror(errno));
	loader = fork_child();
	if (!loader)
		keep_loading(nr_loads);
	while (__atomic_load_n(nr_loads, __ATOMIC_RELAXED) < 4) {
		expect_running(loader, "the loader");
		usleep(1000);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	usleep(now.tv_nsec / 1000 % 500000);
	press_sysrq();
}

#define RELOAD	.before = load_a, .panic = load_b
#define UNLOAD	.before = load_a, .panic = unload
#define BOOT	.before = load_a, .panic = load_boot_image, .starts = &image_a

static const struct crash_case cases[] = {
	{
		{ "plain", "image A is loaded" },
		load_a, NULL, press_sysrq, &image_a, NULL,
	}, {
		{ "replaced", "image B in place of image A" },
		load_a_then_b, NULL, press_sysrq, &image_b, NULL,
	}, {
		{ "whole-region", "an image that leaves no room for anything else" },
		load_a_then_whole_region, NULL, press_sysrq, &whole_region, NULL,
	}, {
		{ "cpu-offline", "CPU 1 was taken offline since the load" },
		load_a_then_take_cpu_offline, NULL, press_sysrq, &image_a, NULL,
	}, {
		{ "cpu-online", "CPU 1 was brought online since the load" },
		load_a_then_bring_cpu_online, NULL, press_sysrq, &image_a, NULL,
	}, {
		{ "without-cpu", "CPU 1 has interrupts off" },
		load_a, NULL, panic_without_cpu_1, &image_a, NULL,
	}, {
		{ "in-call", "while calls are sent to all CPUs, CPU 0 being busy" },
		load_a_and_spin, NULL, panic_while_calling, &image_a, NULL,
	}, {
		{ "in-hotplug", "CPU 1 is about to go offline" },
		load_a, NULL, panic_in_hotplug, &image_a, NULL,
	}, {
		{ "not-online", "the CPU that panics does not count as online" },
		load_a, NULL, panic_while_not_online, &image_a, NULL,
	}, {
		{ "two-panics", "CPU 1 panics, too; if it is first, CPU 0" },
		load_a, NULL, panic_on_two_cpus, &image_a, NULL,
	}, {
		{ "direct", "by crash_kexec() in a process, interrupts on" },
		load_a, NULL, crash_directly, &image_a, NULL,
	}, {
		{ "oops", "by an exception in a process, with panic_on_oops" },
		load_a, NULL, take_exception, &image_a, NULL,
	}, {
		{ "failed", "a load of B failed, of A before it did not" },
		load_a_fail_to_load_b, NULL, press_sysrq, &image_a, NULL,
	}, {
		{ "busy", "while B and A are loaded in turn" },
		load_a, NULL, panic_while_loading, &image_a, &image_b,
	}, {
		{ "corrupt", "a byte of image A changed" },
		load_a_and_corrupt_it, NULL, press_sysrq, NULL, NULL,
	}, {
		{ "says-no", "image A says that it is damaged (s390)" },
		load_a_that_says_no, NULL, press_sysrq, NULL, NULL,
	}, {
		{ "broken", "a page of image A has a hardware error" },
		load_a_and_break_it, NULL, press_sysrq, NULL, NULL,
	}, {
		{ "scribble", "a stray write of the kernel to image A" },
		load_a, NULL, write_astray, &image_a, NULL,
	}, {
		{ "no-region", "no crashkernel=, so nothing can be loaded" },
		be_refused_without_region, NULL, press_sysrq, NULL, NULL,
	}, {
		{ "shrunk-to-zero", "all of the region was given back" },
		shrink_and_be_refused, NULL, press_sysrq, NULL, NULL,
	}, {
		{ "first-filling", "in a load, nothing loaded before" },
		NULL, "filling", load_a, NULL, NULL,
	}, {
		{ "first-publishing", "later in it" },
		NULL, "publishing", load_a, NULL, NULL,
	}, {
		{ "first-published", "at its end" },
		NULL, "published", load_a, &image_a, NULL,
	}, {
		{ "reload-placed", "in a load of B over A" },
		RELOAD, .step = "placed", .starts = &image_a,
	}, {
		{ "reload-filling", "later in it" },
		RELOAD, .step = "filling", .starts = &image_a,
	}, {
		{ "reload-filled", "B is complete, around A" },
		RELOAD, .step = "filled", .starts = &image_a,
	}, {
		{ "reload-publishing", "the slot is locked" },
		RELOAD, .step = "publishing", .starts = &image_a,
	}, {
		{ "reload-published", "B will be moved" },
		RELOAD, .step = "published", .starts = &image_b,
	}, {
		{ "reload-half-home", "half of it overwrites A" },
		RELOAD, .step = "half-home", .starts = &image_b,
	}, {
		{ "reload-home", "all of it does" },
		RELOAD, .step = "home", .starts = &image_b,
	}, {
		{ "unload-unloading", "in an unload of A" },
		UNLOAD, .step = "unloading", .starts = &image_a,
	}, {
		{ "unload-publishing", "the slot is locked" },
		UNLOAD, .step = "publishing", .starts = &image_a,
	}, {
		{ "unload-unloaded", "the slot is empty" },
		UNLOAD, .step = "unloaded", .starts = NULL,
	}, {
		{ "shrink-shrinking", "while the region shrinks" },
		NULL, "shrinking", shrink_to_nothing, NULL, NULL,
	}, {
		{ "shrink-shrunk", "later" },
		NULL, "shrunk", shrink_to_nothing, NULL, NULL,
	}, {
		{ "boot-placed", "in the load of a boot image, A loaded" },
		BOOT, .step = "placed",
	}, {
		{ "boot-filling", "later in it" },
		BOOT, .step = "filling",
	}, {
		{ "boot-filled", "later" },
		BOOT, .step = "filled",
	}, {
		{ "boot-publishing", "its slot is locked" },
		BOOT, .step = "publishing",
	}, {
		{ "boot-published", "both slots have an image" },
		BOOT, .step = "published",
	}, {
		{ "boot-settling", "the loaded image is brought home" },
		load_a, "settling", load_boot_image_twice, &image_a, NULL,
	},
};

/*
 * A kernel that has measured its TSC, a second or two after it came up, says so.  Nobody
 * but us is to say anything when it panics.
 */
static void wait_for_clocks(void)
{
	char text[TEXT_MAX];

	while (!read_file(CLOCKSOURCES, text, sizeof(text)) &&
	       strstr(text, "tsc-early"))
		usleep(10000);
}

/*
 * Who panics does not wait for a CPU that still writes to a console, and stops it: then
 * nothing of the panic is shown.  To list the consoles is to wait for who has them.
 */
static void wait_for_consoles(void)
{
	char text[TEXT_MAX];

	read_file("/proc/consoles", text, sizeof(text));
}

/* What the payload in that image says of it. */
static int print_image(char *to, const struct plan *plan)
{
	struct verdict verdict;

	if (!plan)
		return sprintf(to, "nothing");
	verdict = expected_verdict(plan);
	return sprintf(to, "%llu bytes in %llu ranges", verdict.bytes, verdict.ranges);
}

/*
 * Straight to the log, as nobody else has to run for that, and of a level that the
 * console has in any case: it may print this later.
 */
static void report(const struct crash_case *c)
{
	char text[TEXT_MAX], line[256], *at = line;
	int err;

	read_file(SYSFS_KEXEC "crash_segments", text, sizeof(text));
	printf("%s", text);
	wait_until_heard();

	at += sprintf(at, "<0>kexec_crash: to be started: ");
	at += print_image(at, c->starts);
	if (c->or_starts) {
		at += sprintf(at, " or ");
		at += print_image(at, c->or_starts);
	}
	err = write_file("/dev/kmsg", line);
	if (err)
		die("/dev/kmsg: %s", strerror(err));
	wait_for_consoles();
}

static void crash(const struct crash_case *c)
{
	mount_kernel_filesystems();
	wait_for_clocks();
	if (find_crash_region(&region)) {
		plan_image(&image_a, 7);
		plan_image(&image_b, 10);
		use_range(&whole_region, region);
	} else if (c->before != be_refused_without_region) {
		die("no memory is reserved by crashkernel=");
	}

	if (c->before)
		c->before();
	if (c->step && write_file(DEBUGFS "kexec/panic_at", c->step))
		die("no step %s in debugfs (CONFIG_DEBUG_KEXEC)", c->step);
	report(c);
	c->panic();
	die("the kernel did not panic");
}

/*
 * Nobody else may be writing to the console when the panic comes: who is stopped in
 * the middle of that keeps it, and the panic's last lines are lost.  A line that is
 * written here is on the console when write() returns.
 */
static void write_to_log(void)
{
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (log < 0)
		return;
	fflush(stdout);
	dup2(log, STDOUT_FILENO);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int main(int argc, char **argv)
{
	const struct case_table table = {
		cases, ARRAY_SIZE(cases), sizeof(cases[0])
	};
	const void *chosen = choose_case(argc, argv, table, NULL);

	write_to_log();
	crash(chosen);
}
