// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sysctls that take kexec_load(2) away: kernel.kexec_load_limit_* and
 * kernel.kexec_load_disabled.  There is no way back but a restart, so this is
 * for a guest that is thrown away.  The tests build on each other; the last
 * one of the first fixture is kexec_load_disabled.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "hung_file.h"
#include "kexec_util.h"
#include "patience.h"

#define LIMIT_REBOOT	SYSCTL_KERNEL "kexec_load_limit_reboot"
#define LIMIT_PANIC	SYSCTL_KERNEL "kexec_load_limit_panic"
#define DISABLED	SYSCTL_KERNEL "kexec_load_disabled"

static struct kexec_segment seg;

FIXTURE(kexec) {
};

FIXTURE_SETUP(kexec)
{
	struct range ram = largest_ram(4 * GIB);

	if (geteuid())
		SKIP(return, "has to be run as root");
	if (access(DISABLED, F_OK))
		SKIP(return, "the kernel has no " DISABLED);
	seg = segment(&seg, 1, round_down(ram.end - range_len(ram) / 2,
					  page_size()), page_size());
}

FIXTURE_TEARDOWN(kexec)
{
}

static int load(unsigned long flags)
{
	return kexec_load((uintptr_t)seg.mem, 1, &seg, flags) ? errno : 0;
}

static int unload(unsigned long flags)
{
	return kexec_load(0, 0, NULL, flags) ? errno : 0;
}

static bool refusal_says(const char *words)
{
	return strstr(last_refusal(), words);
}

static bool file_says(const char *path, const char *line)
{
	char text[TEXT_MAX];

	return !read_file(path, text, sizeof(text)) && !strcmp(text, line);
}

TEST_F(kexec, limits_get_tighter_only)
{
	static const char * const paths[] = { LIMIT_REBOOT, LIMIT_PANIC };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		EXPECT_TRUE(file_says(paths[i], "-1\n"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "-1"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "some"));
		EXPECT_EQ(0, write_file(paths[i], "9"));
		EXPECT_TRUE(file_says(paths[i], "9\n"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "9"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "10"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "-1"));
		EXPECT_EQ(EINVAL, write_file(paths[i], "-2"));
		EXPECT_EQ(0, write_file(paths[i], "6"));
		EXPECT_TRUE(file_says(paths[i], "6\n"));
	}
}

TEST_F(kexec, limits_count_down)
{
	/* Any call counts, also one that fails, and for its kind alone. */
	EXPECT_EQ(0, load(0));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "5\n"));
	EXPECT_EQ(0, unload(0));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "4\n"));
	EXPECT_EQ(EINVAL, load(KEXEC_ARCH_MASK));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "3\n"));
	EXPECT_TRUE(file_says(LIMIT_PANIC, "6\n"));

	EXPECT_EQ(EADDRNOTAVAIL, load(KEXEC_ON_CRASH));
	EXPECT_TRUE(file_says(LIMIT_PANIC, "5\n"));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "3\n"));
}

TEST_F(kexec, limit_used_up)
{
	struct kexec_segment crash_seg = { };
	struct range region;

	ASSERT_EQ(0, write_file(LIMIT_REBOOT, "1"));
	EXPECT_EQ(0, load(0));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "0\n"));

	EXPECT_EQ(EPERM, load(0));
	EXPECT_TRUE(refusal_says("kexec_load_limit_reboot"));
	EXPECT_EQ(EPERM, unload(0));
	EXPECT_TRUE(file_says(LIMIT_REBOOT, "0\n"));
	EXPECT_EQ(EINVAL, write_file(LIMIT_REBOOT, "1"));
	/* What is loaded stays, also for reboot(2). */
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1\n"));

	EXPECT_EQ(0, unload(KEXEC_ON_CRASH));
	if (find_crash_region(&region)) {
		crash_seg = segment(&seg, 1, region.start, page_size());
		EXPECT_EQ(0, kexec_load(region.start, 1, &crash_seg,
					KEXEC_ON_CRASH));
	}
	ASSERT_EQ(0, write_file(LIMIT_PANIC, "0"));
	EXPECT_EQ(EPERM, load(KEXEC_ON_CRASH));
	EXPECT_TRUE(refusal_says("kexec_load_limit_panic"));
	EXPECT_EQ(EPERM, unload(KEXEC_ON_CRASH));
	EXPECT_TRUE(refusal_says("kexec_load_limit_panic"));
	/* What is loaded stays, also for a panic. */
	EXPECT_TRUE(file_says(SYSFS_KEXEC "crash_loaded",
			      crash_seg.memsz ? "1\n" : "0\n"));
}

TEST_F(kexec, disabled)
{
	EXPECT_TRUE(file_says(DISABLED, "0\n"));
	EXPECT_EQ(EINVAL, write_file(DISABLED, "2"));
	EXPECT_TRUE(file_says(DISABLED, "0\n"));

	ASSERT_EQ(0, write_file(DISABLED, "1"));
	EXPECT_TRUE(file_says(DISABLED, "1\n"));
	EXPECT_EQ(EINVAL, write_file(DISABLED, "0"));
	EXPECT_TRUE(file_says(DISABLED, "1\n"));

	EXPECT_EQ(EPERM, load(0));
	EXPECT_TRUE(refusal_says("kexec_load_disabled"));
	EXPECT_EQ(EPERM, load(KEXEC_ON_CRASH));
	EXPECT_EQ(EPERM, unload(0));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1\n"));
}

/* For a guest of its own: all of these tests take loading away. */
FIXTURE(meanwhile) {
};

FIXTURE_SETUP(meanwhile)
{
	struct range ram = largest_ram(4 * GIB);

	if (geteuid())
		SKIP(return, "has to be run as root");
	if (access("/dev/fuse", F_OK))
		SKIP(return, "the kernel has no FUSE");
	if (!file_says(DISABLED, "0\n") || !file_says(LIMIT_REBOOT, "-1\n"))
		SKIP(return, "loading has been restricted before");
	seg = segment(&seg, 1, round_down(ram.end - range_len(ram) / 2,
					  page_size()), page_size());
}

FIXTURE_TEARDOWN(meanwhile)
{
}

/* A process whose load waits for content, and ends with what it came to. */
static pid_t load_hung_file(const struct hung_file *file)
{
	pid_t child = fork_child();
	int fd, err;

	if (child)
		return child;
	fd = open(file->path, O_RDONLY | O_CLOEXEC);
	seg.buf = mmap(NULL, page_size(), PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd < 0 || seg.buf == MAP_FAILED)
		die("no %s: %s", file->path, strerror(errno));
	seg.bufsz = page_size();
	/* The parent looks whether it is at it, and is in its way meanwhile. */
	while ((err = load(0)) == EBUSY)
		usleep(100);
	_exit(err);
}

TEST_F(meanwhile, disabled)
{
	char before[TEXT_MAX], after[TEXT_MAX];
	struct hung_file file;
	pid_t child;
	int status;

	ASSERT_EQ(0, load(0));
	wait_until_settled();
	ASSERT_EQ(0, read_file(SYSFS_KEXEC "segments", before, sizeof(before)));
	file = make_hung_file();
	child = load_hung_file(&file);
	/* Until it is at it: others have to come later then. */
	while (unload(KEXEC_ON_CRASH) != EBUSY) {
		ASSERT_EQ(0, waitpid(child, &status, WNOHANG));
		usleep(100);
	}

	ASSERT_EQ(0, write_file(DISABLED, "1"));
	kill_reader(&file);
	answer_hung_file(&file);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	EXPECT_TRUE(refusal_says("kexec_load_disabled"));
	end_hung_file(&file);

	ASSERT_EQ(0, read_file(SYSFS_KEXEC "segments", after, sizeof(after)));
	EXPECT_STREQ(before, after);
}

TEST_HARNESS_MAIN
