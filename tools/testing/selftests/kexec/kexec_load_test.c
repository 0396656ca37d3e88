// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2) as user space sees it: what is accepted, what is refused with
 * which errno and for which reason, what /sys and /proc say about it, and that
 * nothing is left behind, whatever happens.
 *
 * No test hands over, and nothing here lasts longer than the program.  To be run as
 * root, on any machine; the tests that fill its memory are left out where there is
 * much of it.  If a boot image is loaded, it is left alone, and the tests are
 * skipped, unless KEXEC_TEST_REPLACE=1 is in the environment: then it is gone.  With
 * KEXEC_TEST_REBOOT=1, reboot(2) is tried where it has to refuse; if it does not, or
 * somebody loads another image meanwhile, the machine is lost.
 *
 * The same source, built for 32 bits, tests the compat system call.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"
#include "abi.h"

#define KERNEL_ADDRESS	((const void *)(LONG_MIN + 0x200000L))
#define MEMORY_MAX	(8 * GIB)	/* where tests may fill all of it */

/* What the fixture prepares, for each test anew. */
static struct range ram;	/* the largest piece */
static __u64 mem;		/* a destination, with much RAM around it ... */
static __u64 unit;		/* ... of which this is a 32nd part, at least, on both sides */

FIXTURE(kexec) {
};

FIXTURE_SETUP(kexec)
{
	struct kexec_segment seg;
	const char *why;

	if (geteuid())
		SKIP(return, "has to be run as root");
	if (access(SYSFS_KEXEC "segments", F_OK))
		SKIP(return, "the kernel has no " SYSFS_KEXEC "segments");
	ram = addressable_ram();
	if (!range_len(ram))
		SKIP(return, "this program can't address any memory");
	why = no_loads(0);
	if (why)
		SKIP(return, "%s", why);

	ASSERT_TRUE(prepare_abi_test());
	unit = range_len(ram) < 128 * MIB ? MIB / 2 : MIB;
	ASSERT_LE(63 * unit, range_len(ram) / 2);
	mem = round_down(ram.start + range_len(ram) / 2, 4 * MIB);

	/* An image that a refusal must not touch. */
	seg = segment(buf, 2 * page, mem - 32 * unit, 4 * page);
	ASSERT_EQ(0, kexec_load((uintptr_t)seg.mem, 1, &seg, arch));
	read_segments(loaded);
}

FIXTURE_TEARDOWN(kexec)
{
	clear_up();
}

static int try_reboot(void)
{
	return reboot_kexec() ? errno : 0;
}

TEST_F(kexec, load_and_unload)
{
	struct kexec_segment seg = pages(mem, 3);

	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	EXPECT_TRUE(file_says("/sys/kernel/kexec_loaded", "1"));

	EXPECT_EQ(0, unload());
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));
	EXPECT_TRUE(file_says("/sys/kernel/kexec_loaded", "0"));
	read_segments(loaded);
	EXPECT_STREQ("", loaded);
	EXPECT_EQ(0, unload());

	EXPECT_EQ(0, load_segments(1, &seg));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	/* Without segments, nothing else is looked at. */
	EXPECT_EQ(0, load(~0UL, 0, KERNEL_ADDRESS, 0));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));

	EXPECT_EQ(0, load_segments(1, &seg));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	EXPECT_TRUE(file_says("/sys/kernel/kexec_loaded", "1"));
	EXPECT_EQ(0, unload());
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));
}

TEST_F(kexec, replace)
{
	struct kexec_segment segs[] = {
		pages(mem, 4),
		pages(mem + 4 * page, 4),
	};
	struct placed placed[SEGMENTS_MAX];
	int i;

	/* By another image, by the same, by one that overlaps the last. */
	for (i = 0; i < 6; i++) {
		segs[0].bufsz = (i % 3 + 1) * page;
		segs[0].memsz = segs[0].bufsz;
		ASSERT_EQ(0, load_segments(2, segs));
		ASSERT_EQ(2, read_placed(placed, SEGMENTS_MAX));
		EXPECT_EQ(segs[0].memsz, range_len(placed[0].at));
		EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	}
}

TEST_F(kexec, segments_file)
{
	struct kexec_segment segs[] = {
		segment(buf, page + 1, mem + 16 * unit, 2 * page),
		segment(buf, 0, mem + 8 * unit, 3 * page),
		segment(buf, 1, mem, 5 * page),
		segment(buf, BUFFER_SIZE, mem + 24 * unit, BUFFER_SIZE),
	};
	const int by_address[] = { 2, 1, 0, 3 };
	struct placed placed[SEGMENTS_MAX];
	unsigned int i;

	ASSERT_EQ(0, load_segments(ARRAY_SIZE(segs), segs));
	ASSERT_EQ((int)ARRAY_SIZE(segs), read_placed(placed, SEGMENTS_MAX));
	for (i = 0; i < ARRAY_SIZE(segs); i++) {
		const struct kexec_segment *seg = &segs[by_address[i]];
		const struct placed *p = &placed[i];
		__u64 held = round_up(seg->bufsz, page);

		EXPECT_EQ((uintptr_t)seg->mem, p->at.start);
		EXPECT_EQ((uintptr_t)seg->mem + seg->memsz, p->at.end);
		EXPECT_EQ(seg->memsz, p->in_place + p->moved + p->zero);
		/* Content needs memory, whatever follows it does not. */
		EXPECT_LE(held, p->in_place + p->moved);
	}
}

TEST_F(kexec, sysfs_files)
{
	static const struct {
		const char *path;
		mode_t mode;
	} files[] = {
		{ SYSFS_KEXEC "loaded",		0444 },
		{ SYSFS_KEXEC "crash_loaded",	0444 },
		{ SYSFS_KEXEC "settled",	0444 },
		{ SYSFS_KEXEC "segments",	0400 },
		{ SYSFS_KEXEC "last_refusal",	0400 },
		{ "/sys/kernel/kexec_loaded",	0444 },
	};
	struct range region;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_TRUE(has_mode(files[i].path, files[i].mode))
			TH_LOG("%s", files[i].path);
	}
	if (!find_crash_region(&region))
		EXPECT_TRUE(file_says(SYSFS_KEXEC "crash_loaded", "0"));
}

/* What there is of crash images where no memory is reserved for any. */
TEST_F(kexec, crash_image_without_memory)
{
	bool possible = !access(SYSFS_KEXEC "crash_size", F_OK);
	struct kexec_segment seg = pages(mem, 1);
	struct range region;

	if (find_crash_region(&region))
		SKIP(return, "memory is reserved by crashkernel=");

	EXPECT_REFUSED(EADDRNOTAVAIL,
		       possible ? "no memory is reserved for a crash image"
				: "CONFIG_CRASH_DUMP",
		       load_crash(1, &seg));
	EXPECT_EQ(0, unload_crash());
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));

	EXPECT_EQ(possible, !access(SYSFS_KEXEC "crash_segments", F_OK));
	if (possible) {
		EXPECT_TRUE(file_says(SYSFS_KEXEC "crash_size", "0"));
		/* It can only shrink. */
		EXPECT_EQ(EINVAL, write_file(SYSFS_KEXEC "crash_size", "4096"));
		EXPECT_EQ(0, write_file(SYSFS_KEXEC "crash_size", "0"));
	}
}

/* Whether the kernel log has said something since kmsg was at its end. */
static bool log_says(int kmsg, const char *text, char *line, size_t size)
{
	ssize_t len;

	while ((len = read(kmsg, line, size - 1)) > 0 || errno == EPIPE) {
		char *message;

		if (len < 0)
			continue;
		line[len] = '\0';
		message = strchr(line, ';');
		if (message && !strncmp(message + 1, text, strlen(text))) {
			memmove(line, message + 1, strlen(message));
			line[strcspn(line, "\n")] = '\0';
			return true;
		}
	}
	return false;
}

TEST_F(kexec, log)
{
	struct kexec_segment segs[] = {
		segment(buf, page + 1, mem, 4 * page),
		pages(mem + unit, 2),
	};
	char line[TEXT_MAX], expected[TEXT_MAX];
	struct placed sum;
	int kmsg, found;

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, kmsg);
	lseek(kmsg, 0, SEEK_END);

	/* Sysfs may say something else by now: what was moved may have come home. */
	ASSERT_EQ(0, load_segments(2, segs));
	snprintf(expected, sizeof(expected),
		 "kexec: boot image loaded: 2 segments, %zu bytes: ", 6 * page);
	ASSERT_TRUE(log_says(kmsg, expected, line, sizeof(line)));
	found = sscanf(line + strlen(expected),
		       "%llu in place, %llu moved, %llu zero, in ",
		       &sum.in_place, &sum.moved, &sum.zero);
	ASSERT_EQ(3, found);
	EXPECT_EQ(6 * page, sum.in_place + sum.moved + sum.zero);
	EXPECT_STREQ(" ms", line + strlen(line) - 3);

	/* Refusals are logged a few at a time: let their time be over. */
	sleep(6);
	segs[1] = segs[0];
	EXPECT_EQ(EINVAL, load_segments(2, segs));
	EXPECT_TRUE(log_says(kmsg, "kexec: refused: ", line, sizeof(line)));
	EXPECT_STREQ(last_refusal(), line + strlen("kexec: refused: "));
	close(kmsg);
}

/* An empty trace of our own, of no events yet; 0 or an errno. */
static int begin_trace(void)
{
	rmdir(TRACE);
	return mkdir(TRACE, 0700) ? errno : 0;
}

/* What the first event of that name says in the trace. */
static const char *traced(const char *trace, const char *event)
{
	static char text[TEXT_MAX];
	const char *at;

	snprintf(text, sizeof(text), ": %s: ", event);
	at = strstr(trace, text);
	if (!at)
		return "";
	snprintf(text, sizeof(text), "%s", at + strlen(text));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

TEST_F(kexec, tracepoints)
{
	struct kexec_segment seg = segment(buf, page + 1, mem, 4 * page);
	char trace[4 * TEXT_MAX], expected[TEXT_MAX];
	struct placed sum;
	int found;

	if (access(TRACEFS "events/kexec", F_OK))
		SKIP(return, "the kernel has no CONFIG_FTRACE");

	ASSERT_EQ(0, begin_trace());
	ASSERT_EQ(0, write_file(TRACE "events/kexec/enable", "1"));
	ASSERT_EQ(0, load_segments(1, &seg));
	EXPECT_EQ(EINVAL, load(0, 1, &seg, 0));
	EXPECT_EQ(0, unload());
	EXPECT_EQ(0, write_file(TRACE "events/kexec/enable", "0"));
	ASSERT_EQ(0, read_file(TRACE "trace", trace, sizeof(trace)));

	snprintf(expected, sizeof(expected), "nr=0 %#lx-%#lx ",
		 (unsigned long)seg.mem, (unsigned long)seg.mem + seg.memsz - 1);
	ASSERT_TRUE(says(traced(trace, "kexec_segment"), expected))
		TH_LOG("\"%s\"", traced(trace, "kexec_segment"));
	found = sscanf(traced(trace, "kexec_segment") + strlen(expected),
		       "in_place=%llu moved=%llu zero=%llu",
		       &sum.in_place, &sum.moved, &sum.zero);
	ASSERT_EQ(3, found);
	EXPECT_EQ(seg.memsz, sum.in_place + sum.moved + sum.zero);

	snprintf(expected, sizeof(expected),
		 "type=boot segments=1 entry=%#lx in_place=%llu moved=%llu zero=%llu ns=",
		 (unsigned long)seg.mem, sum.in_place, sum.moved, sum.zero);
	EXPECT_TRUE(says(traced(trace, "kexec_load"), expected))
		TH_LOG("\"%s\"", traced(trace, "kexec_load"));

	snprintf(expected, sizeof(expected), "err=%d %s", -EINVAL,
		 last_refusal());
	EXPECT_STREQ(expected, traced(trace, "kexec_refused"));
	EXPECT_TRUE(says(traced(trace, "kexec_unload"), "type=boot segments=1"));
}

#define CLAIMS		"events/page_isolation/"

/*
 * Nothing is taken from its users for an image that is refused for its segments or its entry,
 * also by the architecture, or for the console of kexec.handoff_debug=.
 */
TEST_F(kexec, refused_unclaimed)
{
	struct kexec_segment segs[9] = { };
	struct kexec_segment *bad = &segs[8];
	struct range reserved[RANGES_MAX];
	char trace[4 * TEXT_MAX];
	unsigned long entry = mem;
	char console[64] = "";
	int i;

	if (access(TRACEFS "events", F_OK))
		SKIP(return, "the kernel has no CONFIG_FTRACE");
	if (access(TRACEFS CLAIMS, F_OK))
		SKIP(return, "the kernel has no CONFIG_KEXEC_IN_PLACE");

	/* Which also ends what brings it home, and claims by itself. */
	ASSERT_EQ(0, unload());
	read_segments(loaded);
	/* Some of these can be had. */
	for (i = 0; i < 8; i++)
		segs[i] = pages(mem + 2 * i * unit, 1);
	if (!access(HANDOFF_DEBUG, F_OK))
		snprintf(console, sizeof(console), "uart,mmio,%#llx", mem);
	else if (find_reserved(reserved, RANGES_MAX))
		*bad = segment(buf, 1, reserved[0].start, page);
	else if (native_arch() == KEXEC_ARCH_LOONGARCH)
		*bad = segment(buf, 1, page, 2 * MIB - page);
	else
		entry += native_arch() == KEXEC_ARCH_ARM ? 2 : -1;

	ASSERT_EQ(0, begin_trace());
	ASSERT_EQ(0, write_file(TRACE CLAIMS "enable", "1"));
	if (*console)
		EXPECT_EQ(0, change_file(HANDOFF_DEBUG, console));
	EXPECT_NE(0, load(entry, 9, segs, 0));
	restore_files();
	EXPECT_EQ(0, read_file(TRACE "trace", trace, sizeof(trace)));
	EXPECT_STREQ("", traced(trace, "test_pages_isolated"))
		TH_LOG("refused: %s", last_refusal());

	/* Otherwise it is. */
	EXPECT_EQ(0, load_segments(8, segs));
	wait_until_settled();
	EXPECT_EQ(0, read_file(TRACE "trace", trace, sizeof(trace)));
	EXPECT_EQ(0, write_file(TRACE CLAIMS "enable", "0"));
	if (sum_placed().in_place)
		EXPECT_STRNE("", traced(trace, "test_pages_isolated"));
}

TEST_F(kexec, flags)
{
	struct kexec_segment seg = pages(mem, 1);
	unsigned int bit;

	EXPECT_EQ(0, load(mem, 1, &seg, KEXEC_UPDATE_ELFCOREHDR));
	EXPECT_EQ(0, load(mem, 1, &seg, KEXEC_CRASH_HOTPLUG_SUPPORT));
	read_segments(loaded);

	for (bit = 4; bit < 8 * sizeof(long); bit++) {
		unsigned long flag = 1UL << bit;

		if (flag & KEXEC_ARCH_MASK)
			continue;
		EXPECT_REFUSED(EINVAL, text_of("%#lx", flag),
			       load(mem, 1, &seg, flag));
		/* Looked at before all else, for an unload as well. */
		EXPECT_REFUSED(EINVAL, text_of("%#lx", flag),
			       load(0, 0, NULL, flag));
	}
	EXPECT_REFUSED(EINVAL, "PRESERVE_CONTEXT",
		       load(mem, 1, &seg, KEXEC_PRESERVE_CONTEXT | KEXEC_ON_CRASH));
}

/* Whether the kernel has a function of this name. */
static bool has_function(const char *name)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[512], last[512];
	bool found = false;

	while (symbols && !found && fgets(line, sizeof(line), symbols))
		found = sscanf(line, "%*s %*s %511s", last) == 1 &&
			!strcmp(last, name);
	if (symbols)
		fclose(symbols);
	return found;
}

/* Images that return are a matter of configuration; memory is held for all. */
TEST_F(kexec, preserve_context)
{
	struct kexec_segment seg = pages(mem, 4);
	struct placed sum;

	if (access("/proc/kallsyms", F_OK))
		SKIP(return, "the kernel has no CONFIG_KALLSYMS");
	seg.bufsz = page_size();
	if (!has_function("kexec_jump")) {
		EXPECT_REFUSED(EINVAL, "PRESERVE_CONTEXT",
			       load(mem, 1, &seg, KEXEC_PRESERVE_CONTEXT));
		return;
	}
	ASSERT_EQ(0, load(mem, 1, &seg, KEXEC_PRESERVE_CONTEXT));
	sum = sum_placed();
	EXPECT_EQ(0ULL, sum.zero);
	EXPECT_EQ(4 * page_size(), sum.in_place + sum.moved);
	/* Unloading asks for no such thing, and may say it nevertheless. */
	EXPECT_EQ(0, load(0, 0, NULL, KEXEC_PRESERVE_CONTEXT));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));
}

/* The kernel that started this one, as kexec-tools load it: nothing but an entry. */
TEST_F(kexec, way_back)
{
	struct kexec_segment segs[2] = { };
	struct range ranges[RANGES_MAX];
	int i, nr = find_destinations(ranges, RANGES_MAX);
	struct placed placed;
	__u64 outside = 0;

	if (!has_function("kexec_jump"))
		SKIP(return, "no image returns to this kernel");
	for (i = 0; i < nr; i++)
		outside = ranges[i].end > outside ? ranges[i].end : outside;
	if (outside > ULONG_MAX)	/* below all of it, then */
		outside = ranges[0].start - page;

	EXPECT_REFUSED(EINVAL, "in memory of this kernel",
		       load(mem, 1, segs, KEXEC_PRESERVE_CONTEXT));
	EXPECT_REFUSED(EINVAL, "in no segment", load(outside, 1, segs, 0));
	segs[1] = pages(mem, 1);
	EXPECT_REFUSED(EINVAL, "in no segment",
		       load(outside, 2, segs, KEXEC_PRESERVE_CONTEXT));
	segs[1] = segment(buf, 1, 0, 0);
	EXPECT_REFUSED(EINVAL, "more content",
		       load(outside, 2, segs, KEXEC_PRESERVE_CONTEXT));

	/* Where no bytes are to lie is nothing to look at. */
	segs[1] = segment(NULL, 0, mem + 1, 0);
	if (sizeof(long) == 8) {
		EXPECT_REFUSED(EADDRNOTAVAIL, "last address that can be reached",
			       load(-8UL, 2, segs, KEXEC_PRESERVE_CONTEXT));
	}
	EXPECT_EQ(0, load(outside, 2, segs, KEXEC_PRESERVE_CONTEXT));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	EXPECT_EQ(0, read_placed(&placed, 1));
	EXPECT_EQ(0, unload());
}

/* The flags are just these. */
static int load_for(unsigned long flags, unsigned long nr,
		    const struct kexec_segment *segs)
{
	return kexec_load(mem, nr, segs, flags) ? errno : 0;
}

TEST_F(kexec, architecture)
{
	struct kexec_segment seg = pages(mem, 1);
	unsigned long other, native = native_arch();
	unsigned int machine;

	ASSERT_NE(0UL, native);
	EXPECT_EQ(0, load_for(native, 1, &seg));
	if (!is_compat())
		EXPECT_EQ(0, load_for(KEXEC_ARCH_DEFAULT, 1, &seg));
	read_segments(loaded);

	/* The default means this program's, and that is not the kernel's. */
	if (is_compat())
		EXPECT_REFUSED(EINVAL, "architecture",
			       load_for(KEXEC_ARCH_DEFAULT, 1, &seg));

	for (machine = 1; machine < 512; machine++) {
		other = (unsigned long)machine << 16;
		if (other == native)
			continue;
		EXPECT_REFUSED(EINVAL, "architecture",
			       load_for(other, 1, &seg));
	}
	EXPECT_REFUSED(EINVAL, "architecture",
		       load_for(KEXEC_ARCH_MASK, 1, &seg));
	EXPECT_REFUSED(EINVAL, "architecture",
		       load_for(KEXEC_ARCH_MASK, 0, NULL));
}

static int status_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* In a child, as what is dropped doesn't come back. */
static int load_without_sys_boot(unsigned long nr,
				 const struct kexec_segment *segs,
				 unsigned long flags)
{
	pid_t child = fork();

	if (child)
		return status_of(child);
	_exit(drop_sys_boot() ?: load(mem, nr, segs, flags));
}

static int write_without_sys_boot(const char *path, const char *text)
{
	pid_t child = fork();

	if (child)
		return status_of(child);
	_exit(drop_sys_boot() ?: write_file(path, text));
}

/* Who may not load takes the reason from nobody who may, but is in the log. */
TEST_F(kexec, capability_reason)
{
	struct kexec_segment seg = pages(mem, 1);
	char line[TEXT_MAX], before[TEXT_MAX];
	int kmsg, i;

	EXPECT_REFUSED(EINVAL, "17", load(mem, 17, &seg, 0));
	snprintf(before, sizeof(before), "%s", last_refusal());

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, kmsg);
	lseek(kmsg, 0, SEEK_END);
	/* Such refusals are logged one at a time: let their time be over. */
	sleep(6);
	EXPECT_EQ(EPERM, load_without_sys_boot(1, &seg, 0));
	EXPECT_STREQ(before, last_refusal());
	EXPECT_TRUE(log_says(kmsg, "kexec: refused: process ", line,
			     sizeof(line)));
	EXPECT_TRUE(says(line, "lacks CAP_SYS_BOOT"));

	/* Nor does it take a line from the log, as often as that is tried. */
	for (i = 0; i < 20; i++)
		EXPECT_EQ(EPERM, load_without_sys_boot(1, &seg, 0));
	EXPECT_REFUSED(EINVAL, "18", load(mem, 18, &seg, 0));
	EXPECT_TRUE(log_says(kmsg, "kexec: refused: 18 segments", line,
			     sizeof(line)));
	close(kmsg);
}

TEST_F(kexec, capability)
{
	struct kexec_segment seg = pages(mem, 1);
	char now[2 * TEXT_MAX];

	EXPECT_EQ(EPERM, load_without_sys_boot(1, &seg, 0));
	EXPECT_EQ(EPERM, load_without_sys_boot(1, &seg, KEXEC_ON_CRASH));
	EXPECT_EQ(EPERM, load_without_sys_boot(0, NULL, 0));
	/* Nothing else is looked at before. */
	EXPECT_EQ(EPERM, load_without_sys_boot(99, NULL, 0x8000));
	read_segments(now);
	EXPECT_STREQ(loaded, now);
}

/* That root owns a file is not enough; for crash_size, see kexec_shrink_test. */
TEST_F(kexec, capability_of_files)
{
	static const char verify[] = SYSCTL_KERNEL "kexec_verify";
	const long before = read_number(verify);

	EXPECT_EQ(EPERM, write_without_sys_boot(verify, "0"));
	EXPECT_EQ(EPERM, write_without_sys_boot(verify, "1"));
	EXPECT_EQ(before, read_number(verify));
	if (!access(HANDOFF_DEBUG, F_OK)) {
		EXPECT_EQ(0, change_file(HANDOFF_DEBUG, "\n"));
		EXPECT_EQ(EPERM, write_without_sys_boot(HANDOFF_DEBUG, "\n"));
	}
}

TEST_F(kexec, number_of_segments)
{
	struct kexec_segment segs[SEGMENTS_MAX + 1];
	struct placed placed[SEGMENTS_MAX];
	unsigned int i;

	EXPECT_EQ(SEGMENTS_MAX, KEXEC_SEGMENT_MAX);
	for (i = 0; i < ARRAY_SIZE(segs); i++)
		segs[i] = pages(mem + i * MIB, 2);

	EXPECT_EQ(0, load_segments(SEGMENTS_MAX, segs));
	EXPECT_EQ(SEGMENTS_MAX, read_placed(placed, SEGMENTS_MAX));
	read_segments(loaded);

	EXPECT_REFUSED(EINVAL, "17", load_segments(17, segs));
	/* It is looked at before the array is. */
	EXPECT_REFUSED(EINVAL, "17", load(mem, 17, NULL, 0));
	EXPECT_REFUSED(EINVAL, "segments", load_segments(LONG_MAX, segs));
	EXPECT_REFUSED(EINVAL, "segments", load_segments(ULONG_MAX, segs));
}

TEST_F(kexec, bad_segment_array)
{
	struct kexec_segment *segs, *last;
	const void *unmapped = buf + BUFFER_SIZE;

	EXPECT_REFUSED(EFAULT, "segments", load(mem, 1, NULL, 0));
	EXPECT_REFUSED(EFAULT, "segments", load(mem, 1, KERNEL_ADDRESS, 0));
	EXPECT_REFUSED(EFAULT, "segments", load(mem, 1, unmapped, 0));

	/* The first of two is there, of the second half. */
	last = (void *)(buf + BUFFER_SIZE - sizeof(*last) / 2);
	segs = last - 1;
	segs[0] = pages(mem, 1);
	EXPECT_EQ(0, load(mem, 1, segs, 0));
	read_segments(loaded);
	EXPECT_REFUSED(EFAULT, "segments", load(mem, 2, segs, 0));
}

TEST_F(kexec, bad_buffer)
{
	struct kexec_segment segs[] = {
		pages(mem, 1),
		pages(mem + 8 * unit, BUFFER_PAGES),
	};
	struct leak leak = {};
	char *unreadable;
	int i;

	/* No page of it is there. */
	segs[1].buf = NULL;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));
	segs[1].buf = KERNEL_ADDRESS;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));
	segs[1].buf = buf + BUFFER_SIZE;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));

	/* Goes round the end of the address space. */
	segs[1].buf = (void *)-4096L;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));

	unreadable = mmap(NULL, MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	ASSERT_TRUE(unreadable != MAP_FAILED);
	segs[1].buf = unreadable;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));

	/* All but its last byte is; then all of it. */
	segs[1].buf = buf + 1;
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_segments(2, segs));
	segs[1].bufsz--;
	EXPECT_EQ(0, load_segments(2, segs));
	read_segments(loaded);

	segs[1].bufsz++;
	do {
		leak_begin(&leak);
		for (i = 0; i < LEAK_ROUNDS; i++)
			ASSERT_EQ(EFAULT, load_segments(2, segs));
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

TEST_F(kexec, more_content_than_room)
{
	struct kexec_segment segs[] = {
		pages(mem, 1),
		pages(mem + unit, 1),
	};

	segs[1].bufsz++;
	EXPECT_REFUSED(EINVAL, "segment 1 ", load_segments(2, segs));
	segs[1].bufsz = SIZE_MAX;
	EXPECT_REFUSED(EINVAL, "segment 1 ", load_segments(2, segs));
	segs[1].bufsz = 1;
	segs[1].memsz = 0;
	EXPECT_REFUSED(EINVAL, "segment 1 ", load_segments(2, segs));
}

TEST_F(kexec, alignment)
{
	static const int offs[] = { 1, 8, 512, -1 };
	struct kexec_segment segs[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		segs[0] = pages(mem, 1);
		segs[1] = segment(buf, 1, mem + unit + offs[i], page);
		EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 at",
			       load_segments(2, segs));
		segs[1] = segment(buf, 1, mem + unit, 2 * page + offs[i]);
		EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 at",
			       load_segments(2, segs));
		/* Both, so that the end is aligned. */
		segs[1] = segment(buf, 1, mem + unit + offs[i],
				  2 * page - offs[i]);
		EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 at",
			       load_segments(2, segs));
	}

	/* The buffer may lie anywhere. */
	segs[1] = segment(buf + 3, page, mem + unit, page);
	EXPECT_EQ(0, load_segments(2, segs));
}

TEST_F(kexec, wrap_around)
{
	const struct {
		unsigned long mem;
		unsigned long memsz;
	} bad[] = {
		{ -page,	page },		/* ends at 0 */
		{ -page,	2 * page },	/* ends at page 0 */
		{ -page,	mem + 2 * page },
		{ mem,		-mem },
		{ mem,		-page },	/* ends before it begins */
		{ mem,		-mem + page },
		{ page,		-page },
		{ LONG_MIN,	LONG_MIN },
		{ 0,		-page },
	};
	struct kexec_segment segs[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		segs[0] = pages(mem - unit, 1);
		segs[1] = segment(buf, 1, bad[i].mem, bad[i].memsz);
		EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 ",
			       load_segments(2, segs));
	}
}

/*
 * On x86, memory that firmware calls RAM is a destination, though this kernel does not use
 * it.  What is looked at is the part that no line of /proc/iomem calls so.
 */
static bool is_firmware_ram(struct range range)
{
	struct range ram[RANGES_MAX];
	int i, k, nr = find_firmware_ram(ram, RANGES_MAX);

	/* In no order. */
	for (i = 0; i < nr; i++) {
		for (k = 0; k < nr; k++) {
			if (ram[k].start <= range.start && range.start < ram[k].end)
				range.start = ram[k].end;
		}
	}
	return range.start >= range.end;
}

/* Where there is no memory: next to RAM, between, beyond all of it. */
TEST_F(kexec, destination_not_ram)
{
	struct kexec_segment segs[] = { pages(mem, 1), { } };
	struct range all[RANGES_MAX];
	__u64 bad[2 * RANGES_MAX + 4], end;
	int i, nr, nr_bad = 0;

	nr = find_destinations(all, RANGES_MAX);
	ASSERT_LT(0, nr);
	for (i = 0; i < nr; i++) {
		/* The second page of this segment is past the end, ... */
		if (i == nr - 1 || all[i].end < all[i + 1].start)
			bad[nr_bad++] = all[i].end - page;
		/* ... and the first one before the start. */
		if (all[i].start && (!i || all[i - 1].end < all[i].start))
			bad[nr_bad++] = all[i].start - page;
	}
	end = all[nr - 1].end;
	bad[nr_bad++] = end;
	bad[nr_bad++] = round_up(end, GIB);
	bad[nr_bad++] = 1ULL << 51;
	bad[nr_bad++] = 1ULL << 62;

	for (i = 0; i < nr_bad; i++) {
		if (bad[i] > ULONG_MAX ||
		    is_firmware_ram((struct range) { bad[i], bad[i] + 2 * page }))
			continue;
		segs[1] = segment(buf, 1, bad[i], 2 * page);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
	}

	/* From one piece to the next, over a hole. */
	for (i = 1; i < nr && all[i].end <= ULONG_MAX; i++) {
		if (is_firmware_ram((struct range) { all[i - 1].end, all[i].start }))
			continue;
		segs[0] = segment(buf, 1, all[i - 1].start,
				  all[i].end - all[i - 1].start);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(0, &segs[0]),
			       load_segments(1, segs));
	}
}

/* Whether loaders that go by /proc/iomem keep off it. */
static bool is_listed(struct range range)
{
	struct range all[2 * RANGES_MAX];
	int nr = find_iomem("Reserved", all, RANGES_MAX), i;

	nr += find_iomem("reserved", all + nr, RANGES_MAX);
	for (i = 0; i < nr; i++) {
		if (all[i].start <= range.start && range.end <= all[i].end)
			return true;
	}
	return false;
}

/*
 * On loongarch64, in a page of the first 2 MiB, whichever that is.  There may be CPUs of which
 * this kernel knows nothing.
 */
TEST_F(kexec, destination_parking)
{
	struct kexec_segment segs[] = {
		pages(mem, 1),
		segment(buf, 1, page, 2 * MIB - page),
	};

	if (native_arch() != KEXEC_ARCH_LOONGARCH ||
	    (sysconf(_SC_NPROCESSORS_CONF) == 1 && !getenv("KEXEC_TEST_PARKED")))
		SKIP(return, "CPUs wait for the next kernel in no memory");
	EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 is over the page at",
		       load_segments(2, segs));
}

/* What firmware keeps for itself, even if it is System RAM. */
TEST_F(kexec, destination_reserved)
{
	struct kexec_segment segs[] = { pages(mem, 1), { } };
	struct range reserved[RANGES_MAX];
	int i, nr = find_reserved(reserved, RANGES_MAX);

	if (!nr)
		SKIP(return, "the device tree reserves no memory");

	for (i = 0; i < nr; i++) {
		struct range at = reserved[i];

		/* Its first page, its last one, one with all of it inside. */
		segs[1] = segment(buf, 1, at.start, page);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
		segs[1] = segment(buf, 1, at.end - page, page);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
		segs[1] = segment(buf, 1, at.start, range_len(at) + page);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
		EXPECT_TRUE(is_listed(at));
	}
	/* What follows may be used, unless that is reserved, too. */
	if (nr == 1) {
		segs[1] = segment(buf, 1, reserved[0].end, page);
		EXPECT_EQ(0, load_segments(2, segs));
	}
}

/* Pages of tables which the interrupt controller of arm64 goes on using. */
static int find_lpi_tables(struct range *ranges, int max)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char line[1024];
	ssize_t len;
	int nr = 0;

	if (kmsg < 0)
		return 0;
	while (nr < max &&
	       ((len = read(kmsg, line, sizeof(line) - 1)) > 0 || errno == EPIPE)) {
		unsigned long long at;
		char *table;

		if (len < 0)
			continue;
		line[len] = '\0';
		table = strstr(line, " LPI p");
		if (!strstr(line, "GICv3: ") || !table ||
		    sscanf(table, " LPI %*s table @%llx", &at) != 1)
			continue;
		ranges[nr++] = (struct range) {
			round_down(at, page), round_down(at, page) + page
		};
	}
	close(kmsg);
	return nr;
}

/* With EFI, all kernels leave these alone: no image may be put over them. */
TEST_F(kexec, destination_persistent)
{
	struct kexec_segment segs[] = { pages(mem, 1), { } };
	struct range tables[RANGES_MAX];
	int i, nr = find_lpi_tables(tables, RANGES_MAX);

	if (access("/sys/firmware/efi", F_OK) || !nr)
		SKIP(return, "EFI keeps no memory for good");

	/* One of all CPUs, and one of each. */
	EXPECT_LE(2, nr);
	for (i = 0; i < nr; i++) {
		segs[1] = segment(buf, 1, tables[i].start, page);
		EXPECT_REFUSED(EADDRNOTAVAIL, "EFI's list keeps",
			       load_segments(2, segs));
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
		segs[1] = segment(buf, 1, tables[i].start - page, 2 * page);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(1, &segs[1]),
			       load_segments(2, segs));
	}
}

TEST_F(kexec, overlap)
{
	/* In pages from mem; the second of each overlaps the first. */
	static const struct {
		unsigned int at, len;
	} pairs[][2] = {
		{ { 8, 8 }, { 8, 8 } },		/* the same */
		{ { 8, 8 }, { 9, 2 } },		/* inside */
		{ { 8, 8 }, { 8, 1 } },		/* its first page */
		{ { 8, 8 }, { 15, 1 } },	/* its last page */
		{ { 8, 8 }, { 15, 8 } },	/* behind, by one page */
		{ { 8, 8 }, { 1, 8 } },		/* before, by one page */
		{ { 8, 8 }, { 0, 32 } },	/* around */
	};
	struct kexec_segment segs[SEGMENTS_MAX];
	unsigned int i, first, a, b;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		for (first = 0; first < 2; first++) {
			segs[first] = pages(mem + pairs[i][0].at * page,
					    pairs[i][0].len);
			segs[!first] = pages(mem + pairs[i][1].at * page,
					     pairs[i][1].len);
			EXPECT_REFUSED(EINVAL, named(1, &segs[1]),
				       load_segments(2, segs));
			EXPECT_TRUE(says(last_refusal(), "overlaps"));
			EXPECT_TRUE(says(last_refusal(), named(0, &segs[0])));
		}
	}

	/* Any two of many, descending, one of them without content. */
	for (a = 0; a < SEGMENTS_MAX; a++) {
		for (b = a + 1; b < SEGMENTS_MAX; b++) {
			for (i = 0; i < SEGMENTS_MAX; i++)
				segs[i] = pages(mem + (64 - 2 * i) * page, 1);
			segs[b].mem = segs[a].mem;
			segs[b].bufsz = 0;
			EXPECT_REFUSED(EINVAL, named(b, &segs[b]),
				       load_segments(SEGMENTS_MAX, segs));
			EXPECT_TRUE(says(last_refusal(), named(a, &segs[a])));
		}
	}
}

TEST_F(kexec, touching_segments)
{
	struct kexec_segment segs[] = {
		pages(mem + 8 * page, 8),
		pages(mem, 8),
		pages(mem + 16 * page, 1),
	};
	struct placed placed[SEGMENTS_MAX];

	EXPECT_EQ(0, load_segments(3, segs));
	ASSERT_EQ(3, read_placed(placed, SEGMENTS_MAX));
	EXPECT_EQ(placed[0].at.end, placed[1].at.start);
	EXPECT_EQ(placed[1].at.end, placed[2].at.start);
}

TEST_F(kexec, empty_segments)
{
	struct kexec_segment segs[] = {
		pages(mem, 4),
		segment(NULL, 0, mem + page, 0),	/* inside 0 */
		segment(NULL, 0, mem + page, 0),	/* the same */
		segment(NULL, 0, 0, 0),
	};
	struct placed placed[SEGMENTS_MAX];

	EXPECT_EQ(0, load_segments(4, segs));
	ASSERT_EQ(1, read_placed(placed, SEGMENTS_MAX));
	EXPECT_EQ(mem, placed[0].at.start);
	EXPECT_EQ(4 * page, range_len(placed[0].at));
	read_segments(loaded);

	/* No place for an entry. */
	EXPECT_REFUSED(EINVAL, "entry", load(mem + page, 1, &segs[1], 0));
}

TEST_F(kexec, entry)
{
	const __u64 align = instruction_align();
	struct kexec_segment segs[] = {
		segment(buf, 1, mem + unit, 2 * page),
		pages(mem, 2),
	};
	const __u64 good[] = {
		mem, mem + align, mem + 2 * page - align,
		mem + unit + page + 16 + align,	/* in zeroes: so be it */
	};
	const __u64 bad[] = {
		0, mem - 1, mem + 2 * page,
		mem + unit - 1, mem + unit + 2 * page,
		ULONG_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_EQ(0, load(good[i], 2, segs, 0));
	read_segments(loaded);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_REFUSED(EINVAL, text_of("entry point %#llx", bad[i]),
			       load(bad[i], 2, segs, 0));
	if (align > 1)
		EXPECT_REFUSED(EINVAL, "so no instruction begins there",
			       load(mem + align / 2, 2, segs, 0));
	/* Odd is Thumb, where an instruction may begin at any even address. */
	if (native_arch() == KEXEC_ARCH_ARM) {
		EXPECT_EQ(0, load(mem + 3, 2, segs, 0));
		EXPECT_REFUSED(EINVAL, "where no instruction begins",
			       load(mem + 2, 2, segs, 0));
	}
}

/*
 * What makes a kernel of a segment that begins with it: arm and riscv64 have to find
 * a device tree for that.  Others leave all that to the image.
 */
static void make_kernel(char *image)
{
	memset(image, BREAKPOINT, page);
	memcpy(image + 0x24, "\x18\x28\x6f\x01", 4);
	memcpy(image + 0x38, "RSC\x05", 4);
}

static bool needs_device_tree(void)
{
	return native_arch() == KEXEC_ARCH_ARM ||
	       native_arch() == KEXEC_ARCH_RISCV;
}

/* Nothing but the header; numbers are big endian. */
static void make_device_tree(char *tree, __u32 size)
{
	const __u32 header[] = {
		htobe32(0xd00dfeed), htobe32(size), htobe32(40), htobe32(40),
		htobe32(40), htobe32(17), htobe32(16), 0, 0, 0,
	};

	memcpy(tree, header, sizeof(header));
}

/* What else arm takes: a list of ATAGs, or a tree behind the kernel, by its header. */
static void check_tags(struct __test_metadata *_metadata)
{
	const __u32 good[][2] = { { 2, 0x54410001 }, { 5, 0x54410001 } };
	const __u32 bad[][2] = {
		{ 0, 0x54410001 }, { 3, 0x54410001 }, { 2, 0x54410002 },
	};
	const __u32 behind[] = { 0x10000, 0x10000 + MIB - 0x1000 };
	struct kexec_segment segs[] = {
		pages(mem, 1),
		segment(buf + page, page, mem + unit, page),
	};
	unsigned int i;

	make_kernel(buf);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		memcpy(buf + page, good[i], sizeof(good[i]));
		EXPECT_EQ(0, load_segments(2, segs));
	}
	read_segments(loaded);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(buf + page, bad[i], sizeof(bad[i]));
		EXPECT_REFUSED(EINVAL, "no segment is a device tree or a list",
			       load_segments(2, segs));
	}

	/* By its header, this kernel ends a page before. */
	make_device_tree(buf + page, page);
	segs[1].bufsz = 39;
	memcpy(buf + 0x28, behind, sizeof(behind));
	EXPECT_REFUSED(EINVAL, "no segment is a device tree or a list",
		       load_segments(2, segs));
	segs[0] = segment(buf, page, mem + 0x1000, page);
	EXPECT_EQ(0, load(mem + 0x1000, 2, segs, 0));
}

/* One that says where an initrd is, and nothing else. */
static void make_initrd_tree(char *tree, __u32 start, __u32 end)
{
	static const char names[] = "linux,initrd-start\0linux,initrd-end";
	const __u32 structure[] = {
		htobe32(1), 0,					/* the root */
		htobe32(1), htobe32(0x63686f73), htobe32(0x656e0000), /* chosen */
		htobe32(3), htobe32(4), htobe32(0), htobe32(start),
		htobe32(3), htobe32(4), htobe32(19), htobe32(end),
		htobe32(2), htobe32(2), htobe32(9),
	};
	const __u32 at = 56 + sizeof(structure);
	const __u32 header[14] = {
		htobe32(0xd00dfeed), htobe32(page), htobe32(56), htobe32(at),
		htobe32(40), htobe32(17), htobe32(16), 0,
		htobe32(sizeof(names)), htobe32(sizeof(structure)),
	};

	memcpy(tree, header, sizeof(header));
	memcpy(tree + 56, structure, sizeof(structure));
	memcpy(tree + at, names, sizeof(names));
}

/* Of which mips makes arguments. */
TEST_F(kexec, command_line)
{
	struct kexec_segment segs[] = {
		pages(mem, 1),
		segment(buf + page, page, mem + unit, page),
		segment(buf + 2 * page, page, mem + 2 * unit, page),
	};
	const __u32 low_end = 512 * MIB;

	if (native_arch() != KEXEC_ARCH_MIPS)
		SKIP(return, "a command line is none of the kernel's business");
	memset(buf, BREAKPOINT, page);
	memset(buf + page, 'x', page);
	memcpy(buf + page, "kexec ", 6);
	EXPECT_REFUSED(EINVAL, "segment 1 is a command line of more than",
		       load_segments(2, segs));
	buf[page + 1024] = '\0';
	EXPECT_EQ(0, load_segments(2, segs));

	/* With 64 bits, they lie in its segment, behind it. */
	if (sizeof(long) == 8) {
		memset(buf + page + 1024, 'x', page - 1024);
		buf[page + page / 2] = '\0';
		read_segments(loaded);
		EXPECT_REFUSED(EINVAL, "segment 1, a command line, has no room",
			       load_segments(2, segs));
		segs[1].memsz = 2 * page;
		EXPECT_EQ(0, load_segments(2, segs));
		segs[1].memsz = page;
		buf[page + 1024] = '\0';
	}

	/* The device tree says where the initrd is, which ends before a byte. */
	make_initrd_tree(buf + 2 * page, low_end / 2, low_end);
	EXPECT_EQ(0, load_segments(3, segs));
	make_initrd_tree(buf + 2 * page, low_end, low_end);
	EXPECT_EQ(0, load_segments(3, segs));
	read_segments(loaded);
	make_initrd_tree(buf + 2 * page, low_end / 2, low_end + 1);
	if (sizeof(long) == 8) {
		EXPECT_EQ(0, load_segments(3, segs));
		read_segments(loaded);
	} else {
		EXPECT_REFUSED(EINVAL, "initrd [0x10000000-0x20000001]",
			       load_segments(3, segs));
	}
	make_initrd_tree(buf + 2 * page, low_end / 2, page);
	EXPECT_REFUSED(EINVAL, "initrd [0x10000000-",
		       load_segments(3, segs));

	/* It may go on in what is zeroed. */
	make_initrd_tree(buf + 2 * page, low_end / 2, low_end);
	segs[2].bufsz = 300;
	EXPECT_EQ(0, load_segments(3, segs));

	/* What follows the tree is not copied, however much it is; nor is such a tree. */
	segs[2].memsz = 8 * MIB;
	EXPECT_EQ(0, load_segments(3, segs));
	read_segments(loaded);
	((__u32 *)(buf + 2 * page))[1] = htobe32(5 * MIB);
	EXPECT_REFUSED(EINVAL, "segment 2, a device tree, has 5242880 bytes",
		       load_segments(3, segs));

	/* It is none if it begins otherwise. */
	memset(buf + page, 'x', page);
	EXPECT_EQ(0, load_segments(2, segs));
}

#ifdef __mips__
/* With 64 bits, all memory can be one, but for the command line, see there. */
TEST_F(kexec, beyond_kseg0)
{
	struct kexec_segment segs[2] = { pages(mem, 1) };
	struct range all[RANGES_MAX];
	int nr = find_iomem("System RAM", all, RANGES_MAX);
	__u64 high;

	ASSERT_LT(0, nr);
	high = round_down(all[nr - 1].start + range_len(all[nr - 1]) / 2, page);
	if (high < 512 * MIB)
		SKIP(return, "all memory is below 512 MiB");

	memset(buf, BREAKPOINT, 2 * page);
	segs[1] = segment(buf + page, page, high, page);
	if (sizeof(long) == 4) {
		EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 ", load_segments(2, segs));
		return;
	}
	EXPECT_EQ(0, load_segments(2, segs));
	EXPECT_EQ(0, load(high, 2, segs, 0));
	read_segments(loaded);
	snprintf(buf + page, page, "kexec quiet");
	EXPECT_REFUSED(EINVAL, "segment 1, a command line, is not in the first 512 MiB",
		       load_segments(2, segs));
}
#endif

TEST_F(kexec, device_tree)
{
	const bool wanted = needs_device_tree();
	/* On mips, what is started may do without. */
	const bool looked_at = wanted || native_arch() == KEXEC_ARCH_MIPS;
	struct kexec_segment segs[] = {
		pages(mem, 1),
		segment(buf + page, page, mem + unit, 2 * page),
	};
	const __u32 broken[] = { 0, 39, 2 * page + 1, 0x80000000, ~0 };
	unsigned int i;

	make_kernel(buf);
	make_device_tree(buf + page, 2 * page);
	EXPECT_EQ(0, load_segments(2, segs));
	/* In any order, and one is enough. */
	EXPECT_EQ(0, load(mem + unit, 2, segs, 0));
	EXPECT_EQ(0, load(mem, 2, (struct kexec_segment[]) { segs[1], segs[0] },
			  0));
	read_segments(loaded);

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		make_device_tree(buf + page, broken[i]);
		if (looked_at)
			EXPECT_REFUSED(EINVAL, named(1, &segs[1]),
				       load_segments(2, segs));
		else
			EXPECT_EQ(0, load_segments(2, segs));
	}

	/* None: too short to be one, or other bytes. */
	make_device_tree(buf + page, 2 * page);
	segs[1].bufsz = 39;
	for (i = 0; i < 2; i++) {
		if (wanted)
			EXPECT_REFUSED(EINVAL, "no segment is a device tree",
				       load_segments(2, segs));
		else
			EXPECT_EQ(0, load_segments(2, segs));
		segs[1].bufsz = page;
		buf[page]++;
	}
	/* Nor is anything but a kernel known to need one. */
	EXPECT_EQ(0, load(mem + 4, 2, segs, 0));

	if (native_arch() == KEXEC_ARCH_ARM)
		check_tags(_metadata);
}

#define NEEDS_REBOOT	"may restart the machine: set KEXEC_TEST_REBOOT=1"

TEST_F(kexec, reboot_with_nothing_loaded)
{
	if (!may_reboot())
		SKIP(return, NEEDS_REBOOT);
	ASSERT_EQ(0, unload());
	ASSERT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));
	read_segments(loaded);
	EXPECT_REFUSED(EINVAL, "no image", try_reboot());
}

TEST_F(kexec, sysctls)
{
	static const char verify[] = SYSCTL_KERNEL "kexec_verify";
	const long before = read_number(verify);

	EXPECT_EQ(0, read_number(SYSCTL_KERNEL "kexec_load_disabled"));
	EXPECT_LE(-1, read_number(SYSCTL_KERNEL "kexec_load_limit_reboot"));
	EXPECT_LE(-1, read_number(SYSCTL_KERNEL "kexec_load_limit_panic"));

	ASSERT_LE(0, before);
	EXPECT_EQ(0, change_file(verify, "0"));
	EXPECT_TRUE(file_says(verify, "0"));
	EXPECT_EQ(EINVAL, write_file(verify, "2"));
	EXPECT_EQ(EINVAL, write_file(verify, "-1"));
	EXPECT_EQ(EINVAL, write_file(verify, "yes"));
	EXPECT_TRUE(file_says(verify, "0"));
	EXPECT_EQ(0, write_file(verify, "1"));
	EXPECT_TRUE(file_says(verify, "1"));
	restore_files();
	EXPECT_EQ(before, read_number(verify));
}

/* Wherever a byte of what is held changes, the reason names its segment. */
TEST_F(kexec, digest)
{
	struct kexec_segment segs[] = {
		pages(mem + 16 * unit, 3),
		segment(buf + 1, 2 * page + 100, mem, 8 * page),
		segment(buf, BUFFER_SIZE, mem + 8 * unit, BUFFER_SIZE),
		segment(NULL, 0, mem + 24 * unit, page),
	};
	unsigned int i, k;

	if (access(DEBUGFS "kexec/corrupt", F_OK))
		SKIP(return, "the kernel has no CONFIG_DEBUG_KEXEC");
	if (!may_reboot())
		SKIP(return, NEEDS_REBOOT);

	ASSERT_EQ(0, change_file(SYSCTL_KERNEL "kexec_verify", "1"));
	ASSERT_EQ(0, load_segments(ARRAY_SIZE(segs), segs));
	read_segments(loaded);

	for (i = 0; i < ARRAY_SIZE(segs) - 1; i++) {
		const __u64 start = (uintptr_t)segs[i].mem;
		const __u64 offsets[] = {
			0, segs[i].bufsz / 2, segs[i].bufsz - 1,
			round_up(segs[i].bufsz, page) - 1,
		};

		for (k = 0; k < ARRAY_SIZE(offsets); k++) {
			ASSERT_EQ(0, corrupt_byte(start + offsets[k]));
			EXPECT_REFUSED(EIO, named(i, &segs[i]), try_reboot());
			/* Twice flipped is as it was. */
			ASSERT_EQ(0, corrupt_byte(start + offsets[k]));
		}
	}

	/* A load makes it good; what is corrupt then is another byte. */
	ASSERT_EQ(0, corrupt_byte(mem + 16 * unit));
	ASSERT_EQ(0, load_segments(ARRAY_SIZE(segs), segs));
	read_segments(loaded);
	ASSERT_EQ(0, corrupt_byte(mem + 8 * unit));
	EXPECT_REFUSED(EIO, named(2, &segs[2]), try_reboot());

	/* No memory is held, so there is nothing to corrupt. */
	EXPECT_EQ(ENOENT, corrupt_byte(mem + 32 * unit));
	EXPECT_EQ(ENOENT, corrupt_byte(mem + 8 * unit + BUFFER_SIZE));
	EXPECT_EQ(0, unload());
	EXPECT_EQ(ENOENT, corrupt_byte(mem + 8 * unit));
}

/*
 * A load that stops in the middle: a page of its buffer is missing, and
 * userfaultfd(2) leaves it to us when it comes.
 */
struct stalled_load {
	struct kexec_segment seg;
	int uffd;
	int ended[2];	/* a pipe: something comes when the load has returned */
	int result;
};

static void *run_stalled_load(void *arg)
{
	struct stalled_load *stalled = arg;

	stalled->result = load_segments(1, &stalled->seg);
	if (write(stalled->ended[1], "", 1) != 1)
		perror("pipe");
	return NULL;
}

static bool prepare_stalled_load(struct stalled_load *stalled)
{
	char *missing = map_untouched(2 * MIB);

	if (!missing)
		return false;
	stalled->seg = segment(missing, 2 * MIB, mem, 4 * MIB);
	stalled->uffd = stall_access(missing + MIB, MIB);
	if (stalled->uffd < 0 || pipe(stalled->ended))
		return false;
	memset(missing, BREAKPOINT, MIB);
	return true;
}

TEST_F(kexec, busy)
{
	struct kexec_segment seg = pages(mem + 32 * unit, 1);
	struct stalled_load stalled;
	struct placed placed[SEGMENTS_MAX];
	char size[32];
	pthread_t loader;

	if (syscall(SYS_userfaultfd, O_CLOEXEC) < 0)
		SKIP(return, "no userfaultfd(2): %s", strerror(errno));
	ASSERT_TRUE(prepare_stalled_load(&stalled));
	ASSERT_EQ(0, pthread_create(&loader, NULL, run_stalled_load, &stalled));
	ASSERT_TRUE(wait_for_access(stalled.uffd, stalled.ended[0]))
		TH_LOG("the load has ended: %d, \"%s\"", stalled.result,
		       last_refusal());

	/* Reading does not wait. */
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	EXPECT_REFUSED(EBUSY, "in progress", load_segments(1, &seg));
	EXPECT_REFUSED(EBUSY, "in progress", unload());
	EXPECT_REFUSED(EBUSY, "in progress", load(0, 0, NULL, KEXEC_ON_CRASH));
	if (may_reboot())
		EXPECT_REFUSED(EBUSY, "in progress", try_reboot());
	/* As it is, which would be no change. */
	if (!read_file(SYSFS_KEXEC "crash_size", size, sizeof(size)))
		EXPECT_REFUSED(EBUSY, "in progress",
			       write_file(SYSFS_KEXEC "crash_size", size));
	if (!access(HANDOFF_DEBUG, F_OK))
		EXPECT_EQ(EBUSY, change_file(HANDOFF_DEBUG, "\n"));

	resume_access(stalled.uffd, (char *)stalled.seg.buf + MIB, MIB);
	pthread_join(loader, NULL);
	EXPECT_EQ(0, stalled.result);
	ASSERT_EQ(1, read_placed(placed, SEGMENTS_MAX));
	EXPECT_EQ(mem, placed[0].at.start);
	EXPECT_EQ(0, load_segments(1, &seg));
}

#define PLACES	32

/*
 * Load @seg to where all of it comes home.  Others may have pages anywhere that they never
 * give up, such as those of the kernel, and a page block with one of them has no part at home:
 * so one place after another, all over the memory.  Returns why there is none, or NULL.
 */
static const char *load_home(struct kexec_segment *seg)
{
	const __u64 half_time = time_limit() - time_limit_s() / 2;
	const __u64 step = range_len(ram) / PLACES;
	bool some_is_home = false;
	struct placed placed;
	int i;

	for (i = 0; i < PLACES && !is_over(half_time); i++) {
		/* From the middle on, where hardly anybody else is. */
		__u64 at = ram.start + (i + PLACES / 2) % PLACES * step;

		seg->mem = (void *)(uintptr_t)round_down(at, page);
		/* Not everywhere there may be one. */
		if (load_segments(1, seg))
			continue;
		wait_until_settled();
		if (read_placed_from(SYSFS_KEXEC "segments", &placed, 1) != 1)
			die("the image can't be watched");
		if (!placed.moved)
			return NULL;
		some_is_home |= placed.in_place;
	}
	return some_is_home ? "others have pages in all places that were tried" :
			      "content stays where it is placed";
}

/* Who polls the file is woken when the worker has ended. */
TEST_F(kexec, settled_is_told)
{
	struct kexec_segment seg = segment(buf, BUFFER_SIZE, mem, BUFFER_SIZE);
	struct pollfd file = { .events = POLLPRI };
	struct placed placed;
	char settled, now[8];
	const char *why;

	why = load_home(&seg);
	if (why)
		SKIP(return, "%s", why);
	file.fd = open(SYSFS_KEXEC "settled", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, file.fd);
	/* What comes after a read is told. */
	ASSERT_EQ(1, pread(file.fd, &settled, 1, 0));
	EXPECT_EQ('1', settled);
	/* The one before is there until this one is: it has to settle. */
	ASSERT_EQ(0, load_segments(1, &seg));
	ASSERT_EQ(0, read_file(SYSFS_KEXEC "settled", now, sizeof(now)));
	ASSERT_EQ(1, read_placed_from(SYSFS_KEXEC "segments", &placed, 1));
	if (now[0] == '1' && placed.moved) {
		close(file.fd);
		SKIP(return, "content stays where it is placed");
	}
	do {
		ASSERT_EQ(1, poll(&file, 1, time_limit_s() * 500));
		EXPECT_EQ(POLLPRI | POLLERR, file.revents);
		ASSERT_EQ(1, pread(file.fd, &settled, 1, 0));
	} while (settled != '1');
	close(file.fd);
}

#define MEETINGS	40

/*
 * Wait to meet the worker that brings content home, which a load has just started.
 * Half of the times that is when so much of it is there, the first time none; no
 * worker is met then if it was too quick.  What it does before any is there can't be
 * seen.  So the other half is after delays that are spread evenly over the time before
 * it starts and a little more.  It may be in its way at none of them, wherever it is.
 */
static void wait_to_meet(int i)
{
	__u64 home = BUFFER_SIZE / MEETINGS * i;
	struct placed placed;
	char settled[8];

	if (i % 2) {
		usleep(i * 1500);
		return;
	}
	for (;;) {
		if (read_file(SYSFS_KEXEC "settled", settled, sizeof(settled)) ||
		    read_placed_from(SYSFS_KEXEC "segments", &placed, 1) != 1)
			die("the image can't be watched");
		if (settled[0] != '0' || placed.in_place >= home)
			return;
		/* The worker may have no other CPU. */
		usleep(100);
	}
}

/*
 * Who is alone is never told that somebody else is at it: the worker that brings
 * content home is no such one, whenever it is met.
 */
TEST_F(kexec, never_busy_alone)
{
	struct kexec_segment seg = segment(buf, BUFFER_SIZE, mem, BUFFER_SIZE);
	struct kexec_segment bad = pages(mem + 32 * unit, 2);
	int i;

	bad.buf = buf + BUFFER_SIZE - page;
	for (i = 0; i < MEETINGS; i++) {
		/* The one before is there until this one is: it has to settle. */
		ASSERT_EQ(0, load_segments(1, &seg));
		wait_to_meet(i);
		ASSERT_EQ(EFAULT, load_segments(1, &bad));
		ASSERT_EQ(EFAULT, load_segments(1, &bad));
		ASSERT_EQ(0, unload());
		ASSERT_EQ(0, load_segments(1, &seg));
	}
}

/* Killed in the middle of a load: at once, and it leaves nothing behind. */
static void load_and_be_killed(void)
{
	struct stalled_load stalled;
	pthread_t loader;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prepare_stalled_load(&stalled) &&
	    !pthread_create(&loader, NULL, run_stalled_load, &stalled) &&
	    wait_for_access(stalled.uffd, stalled.ended[0]))
		kill(getpid(), SIGKILL);
	_exit(1);
}

TEST_F(kexec, killed_loader)
{
	struct kexec_segment seg = pages(mem, BUFFER_PAGES);
	char now[2 * TEXT_MAX];
	__u64 before;
	int i, status;
	pid_t child;

	if (syscall(SYS_userfaultfd, O_CLOEXEC) < 0)
		SKIP(return, "no userfaultfd(2): %s", strerror(errno));

	before = settled_free_memory();
	for (i = 0; i < 20; i++) {
		child = fork();
		if (!child)
			load_and_be_killed();
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
		read_segments(now);
		EXPECT_STREQ(loaded, now);
	}
	/* Each would have lost 2 MiB. */
	EXPECT_LE(before, settled_free_memory() + 4 * MIB);
	EXPECT_EQ(0, load_segments(1, &seg));
}

#define RACERS		4
#define RACE_CALLS	1000UL	/* of each, in the end ... */
#define RACE_LEAST	40UL	/* ... or on a slow machine */

struct racer {
	pthread_t thread;
	unsigned int seed;
	int *nr_racing;
	__u64 half_time;	/* of the test */
	unsigned long nr_done;
	unsigned long nr_busy;
	int unexpected;		/* the first errno that must not be */
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	while (racer->nr_done < (is_over(racer->half_time) ? RACE_LEAST : RACE_CALLS) &&
	       !racer->unexpected) {
		unsigned int what = rand_r(&racer->seed) % 4;
		struct kexec_segment seg = pages(mem + what * page,
						 1 << (2 * what));
		int expected = 0, err;

		if (what == 3) {
			err = unload();
		} else if (what == 2) {
			seg.buf = buf + BUFFER_SIZE - page;
			expected = EFAULT;
			err = load_segments(1, &seg);
		} else {
			err = load_segments(1, &seg);
		}

		if (err == EBUSY) {
			racer->nr_busy++;
			usleep(100);
		} else if (err == expected) {
			racer->nr_done++;
		} else {
			racer->unexpected = err ?: INT_MAX;
		}
	}
	__atomic_sub_fetch(racer->nr_racing, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *watch(void *arg)
{
	struct racer *racer = arg;
	struct placed placed[SEGMENTS_MAX];
	char text[TEXT_MAX];

	do {
		int nr = read_placed(placed, SEGMENTS_MAX);

		if (nr < 0 || nr > 1)
			racer->unexpected = EPROTO;
		if (nr == 1 && placed[0].in_place + placed[0].moved +
			       placed[0].zero != range_len(placed[0].at))
			racer->unexpected = EPROTO;
		last_refusal();
		read_file(SYSFS_KEXEC "loaded", text, sizeof(text));
		racer->nr_done++;
	} while (__atomic_load_n(racer->nr_racing, __ATOMIC_RELAXED));
	return NULL;
}

TEST_F(kexec, racing_loaders)
{
	const __u64 half_time = time_limit() - time_limit_s() / 2;
	struct racer racers[RACERS + 1];
	unsigned long nr_done, nr_busy;
	void *(*run)(void *arg);
	struct leak leak = {};
	int i, nr_racing;

	do {
		leak_begin(&leak);
		nr_racing = RACERS;
		nr_done = 0;
		nr_busy = 0;
		for (i = 0; i <= RACERS; i++) {
			racers[i] = (struct racer) {
				.seed = i,
				.nr_racing = &nr_racing,
				.half_time = half_time,
			};
			run = i < RACERS ? race : watch;
			ASSERT_EQ(0, pthread_create(&racers[i].thread, NULL, run,
						    &racers[i]));
		}
		for (i = 0; i <= RACERS; i++) {
			pthread_join(racers[i].thread, NULL);
			EXPECT_EQ(0, racers[i].unexpected);
			nr_done += i < RACERS ? racers[i].nr_done : 0;
			nr_busy += racers[i].nr_busy;
		}
		TH_LOG("%lu calls done, %lu told to wait", nr_done, nr_busy);
		EXPECT_LE(RACERS * RACE_LEAST, nr_done);
		EXPECT_LT(0UL, racers[RACERS].nr_done);
		/* What the fixture had loaded, or the like. */
		EXPECT_EQ(0, unload());
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

TEST_F(kexec, no_leak)
{
	struct kexec_segment segs[] = {
		segment(buf, BUFFER_SIZE, mem, 2 * MIB),
		pages(mem + 8 * unit + page, 1),
		segment(NULL, 0, mem + 16 * unit, 32 * unit),
		/* Hard to claim: where the kernel itself lives. */
		segment(buf, BUFFER_SIZE, 0, BUFFER_SIZE),
	};
	struct range code[RANGES_MAX];
	struct leak leak = {};
	int i;

	ASSERT_LT(0, find_iomem("Kernel code", code, RANGES_MAX));
	segs[3].mem = (void *)(uintptr_t)round_down(code[0].start, page);

	do {
		/* The first round is for what is allocated once and kept. */
		for (i = 0; i <= LEAK_ROUNDS; i++) {
			ASSERT_EQ(0, load_segments(ARRAY_SIZE(segs), segs));
			if (i % 2 == 0)
				ASSERT_EQ(0, unload());
			if (!i)
				leak_begin(&leak);
		}
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

/*
 * As many segments as there may be, next to each other but for what firmware keeps,
 * with one buffer.
 */
static int load_below(__u64 end, __u64 len, const void *content)
{
	struct range reserved[RANGES_MAX];
	struct kexec_segment segs[SEGMENTS_MAX];
	__u64 each = round_down(len / SEGMENTS_MAX, page), at = end;
	int i, k, nr_reserved = find_reserved(reserved, RANGES_MAX);

	for (i = 0; i < SEGMENTS_MAX; i++) {
		at -= each;
		for (k = 0; k < nr_reserved; k++) {
			if (at < reserved[k].end && reserved[k].start < at + each) {
				at = reserved[k].start - each;
				k = -1;
			}
		}
		segs[i] = segment(content, each, at, each);
	}
	return load_segments(SEGMENTS_MAX, segs);
}

static void *shared_content(__u64 len)
{
	void *content = mmap(NULL, len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return content == MAP_FAILED ? NULL : content;
}

TEST_F(kexec, large_image)
{
	/* Where there is little, half of it is used. */
	__u64 tenths = range_len(ram) < 128 * MIB ? 3 : 6;
	__u64 len = round_down(range_len(ram) * tenths / 10, MIB);
	struct leak leak = {};
	struct placed sum;
	void *content;

	if (memory_info("MemTotal:") > MEMORY_MAX)
		SKIP(return, "would fill the memory of a large machine");

	if (memory_info("MemAvailable:") < len)
		SKIP(return, "others have too much of the memory");

	content = shared_content(len / SEGMENTS_MAX);
	ASSERT_TRUE(!!content);
	/* The first also makes the system take what it keeps, slabs for one. */
	ASSERT_EQ(0, load_below(ram.end, len, content));
	ASSERT_EQ(0, unload());
	do {
		leak_begin(&leak);
		ASSERT_EQ(0, load_below(ram.end, len, content));
		sum = sum_placed();
		EXPECT_LE(len - SEGMENTS_MAX * page, sum.in_place + sum.moved);
		EXPECT_EQ(0, unload());
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

#define LEFT_OUT	(16 * MIB)

/*
 * Every page of the machine but those at the end, with so much content.  That
 * takes no memory here: what was never written is all the zero page.
 */
static int load_all_memory(__u64 content, __u64 left_out)
{
	struct range all[RANGES_MAX];
	struct kexec_segment segs[SEGMENTS_MAX];
	int i, nr = find_usable(all, RANGES_MAX);

	/* Below 1 MiB, firmware may have something that is not for anybody. */
	if (all[0].start < MIB && all[0].end > MIB)
		all[0].start = MIB;
	all[nr - 1].end -= left_out;
	for (i = 0; i < nr; i++) {
		__u64 len = range_len(all[i]);
		__u64 bufsz = content < len ? content : len;
		void *buffer = mmap(NULL, len, PROT_READ,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		segs[i] = segment(buffer, bufsz, all[i].start, len);
		content -= bufsz;
	}
	return load_segments(nr, segs);
}

/* Somebody who needs a little memory now and then, as there always is. */
static pid_t start_forker(void)
{
	pid_t forker = fork();

	if (forker)
		return forker;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

/* How many programs the kernel has killed for want of memory. */
static unsigned long nr_oom_kills(void)
{
	static char vmstat[16 * TEXT_MAX];
	char *at;

	read_file("/proc/vmstat", vmstat, sizeof(vmstat));
	at = strstr(vmstat, "\noom_kill ");
	return at ? strtoul(at + strlen("\noom_kill "), NULL, 10) : 0;
}

TEST_F(kexec, image_without_room)
{
	struct range all[RANGES_MAX];
	unsigned long oom_kills = nr_oom_kills();
	int i, nr, nr_usable;
	struct leak leak = {};
	__u64 largest = 0, total = memory_info("MemTotal:");
	pid_t forker;

	if (total > MEMORY_MAX)
		SKIP(return, "would fill the memory of a large machine");
	nr_usable = find_usable(all, RANGES_MAX);
	ASSERT_LT(0, nr_usable);
	if (nr_usable > SEGMENTS_MAX)
		SKIP(return, "the memory is in more pieces than an image can be");
	if (range_len(all[nr_usable - 1]) <= LEFT_OUT)
		SKIP(return, "the last piece of the memory is a small one");
	nr = find_destinations(all, RANGES_MAX);
	ASSERT_LT(0, nr);
	for (i = 0; i < nr; i++)
		largest += range_len(all[i]);
	/* On 64-bit mips; with 32 bits, source pages come from no more than that. */
	if (sizeof(long) == 8 && largest < total / 2)
		SKIP(return, "half of the memory is no destination for tests");
	if (all[nr - 1].end > ULONG_MAX)
		SKIP(return, "has more memory than this program can address");

	do {
		leak_begin(&leak);
		forker = start_forker();
		ASSERT_LT(0, forker);
		/* More than there is; more than is free. */
		EXPECT_REFUSED(ENOMEM, "memory", load_all_memory(all[nr - 1].end, 0));
		EXPECT_REFUSED(ENOMEM, "memory",
			       load_all_memory(total - 4 * MIB, LEFT_OUT));
		/* Nothing is to be copied, but where could the handoff run from? */
		EXPECT_REFUSED(ENOMEM, "memory", load_all_memory(0, 0));
		kill(forker, SIGKILL);
		waitpid(forker, NULL, 0);
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
	EXPECT_EQ(oom_kills, nr_oom_kills());
}

TEST_F(kexec, failing_allocations)
{
	struct range code[RANGES_MAX];
	struct kexec_segment segs[] = {
		segment(buf, BUFFER_SIZE, mem, 2 * MIB),
		segment(buf, BUFFER_SIZE, 0, BUFFER_SIZE),
		segment(buf, 1, mem + 8 * unit, 2 * page),
	};
	const char *lacking;
	int nth, result, nr_refused;
	struct leak leak = {};

	lacking = begin_faults();
	if (lacking)
		SKIP(return, "the kernel has no %s", lacking);
	ASSERT_LT(0, find_iomem("Kernel code", code, RANGES_MAX));
	segs[1].mem = (void *)(uintptr_t)round_down(code[0].start, page);

	ASSERT_EQ(0, load_segments(ARRAY_SIZE(segs), segs));
	read_segments(loaded);
	do {
		leak_begin(&leak);
		nr_refused = 0;
		for (nth = 1; nth < 10000; nth++) {
			if (!load_failing(nth, ARRAY_SIZE(segs), segs, 0, &result))
				break;
			if (!result) {	/* there was another way */
				read_segments(loaded);
				continue;
			}
			nr_refused++;
			EXPECT_OUT_OF_MEMORY(nth, result);
		}
		TH_LOG("%d allocations, %d of them end a load", nth - 1, nr_refused);
		/* The image itself, its placement, a page for the table, ... */
		EXPECT_LE(4, nr_refused);
		EXPECT_EQ(0, result);
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);

	end_faults();
}

TEST_HARNESS_MAIN
