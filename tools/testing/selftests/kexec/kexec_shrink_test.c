// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/kexec/crash_size gives memory back that crashkernel= reserved.
 * There is no way back but a restart, so this is for a guest that is thrown
 * away.  The tests build on each other; the last one gives all of it back.
 */
#include <errno.h>
#include <sys/mman.h>

#include "../kselftest_harness.h"
#include "abi.h"

#define CRASH_SIZE	SYSFS_KEXEC "crash_size"

/* What the fixture prepares, for each test anew. */
static struct range region;
static __u64 size;		/* what crash_size says */

FIXTURE(shrink) {
};

FIXTURE_SETUP(shrink)
{
	const char *why = no_crash_images(&region);

	if (why)
		SKIP(return, "%s", why);
	ASSERT_TRUE(prepare_abi_test());
	size = read_number(CRASH_SIZE);
	ASSERT_EQ(0, unload_crash());
	read_segments(loaded);
}

FIXTURE_TEARDOWN(shrink)
{
	unload_crash();
}

/* Whether so much memory is reserved, says everybody who knows. */
static bool is_reserved(__u64 bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", bytes);
	return file_says(CRASH_SIZE, text) &&
	       file_says("/sys/kernel/kexec_crash_size", text) &&
	       sum_iomem("Crash kernel") == bytes;
}

static int shrink_to(__u64 bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", bytes);
	return write_file(CRASH_SIZE, text);
}

/*
 * Others may have taken memory meanwhile.  CPUs keep some pages for themselves, which are
 * larger on some machines.
 */
static __u64 slack(void)
{
	return MIB + 16 * page;
}

/* Who may not load may not give that memory away either, and leaves no reason. */
TEST_F(shrink, without_capability)
{
	char before[TEXT_MAX];

	EXPECT_REFUSED(EINVAL, "can only shrink", shrink_to(size + 1));
	snprintf(before, sizeof(before), "%s", last_refusal());
	ASSERT_EQ(0, drop_sys_boot());
	EXPECT_EQ(EPERM, shrink_to(size / 2));
	EXPECT_EQ(EPERM, shrink_to(size + 1));
	EXPECT_TRUE(is_reserved(size));
	EXPECT_STREQ(before, last_refusal());
}

TEST_F(shrink, by_a_part)
{
	__u64 total = memory_info("MemTotal:"), free = settled_free_memory();
	__u64 ram = sum_iomem("System RAM"), start = region.start, given = 5 * MIB;

	ASSERT_LE(16 * MIB, range_len(region));
	ASSERT_EQ(0, shrink_to(size - given));
	EXPECT_TRUE(is_reserved(size - given));
	EXPECT_EQ(total + given, memory_info("MemTotal:"));
	EXPECT_LE(free + given, settled_free_memory() + slack());
	EXPECT_EQ(ram, sum_iomem("System RAM"));

	/* It was taken from the end. */
	ASSERT_TRUE(find_crash_region(&region));
	EXPECT_EQ(start, region.start);
	EXPECT_REFUSED(EINVAL, "can only shrink", shrink_to(size));
}

TEST_F(shrink, to_an_odd_size)
{
	ASSERT_EQ(0, shrink_to(size - 5 * page - 1));
	EXPECT_TRUE(is_reserved(size - 5 * page));
}

TEST_F(shrink, images_in_the_rest)
{
	struct kexec_segment segs[] = {
		pages(region.start, 16),
		pages(region.end - 16 * page, 16),
	}, seg = pages(region.end - page, 2);

	/* The first load, then one in its place. */
	ASSERT_EQ(0, load_crash(2, segs));
	ASSERT_EQ(0, load_crash(2, segs));
	read_segments(loaded);
	EXPECT_TRUE(file_says(SYSFS_KEXEC "crash_loaded", "1"));
	EXPECT_REFUSED(ENOENT, "while an image is loaded",
		       shrink_to(size - MIB));
	EXPECT_TRUE(is_reserved(size));

	/* That is not in the region any more. */
	EXPECT_REFUSED(EADDRNOTAVAIL, named(0, &seg), load_crash(1, &seg));
}

/* Whether there is so much memory, all of it good. */
static bool can_be_used(__u64 bytes)
{
	__u64 *words = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__u64 i, wrong = 0;

	if (words == MAP_FAILED)
		return false;
	for (i = 0; i < bytes / 8; i++)
		words[i] = ~i;
	for (i = 0; i < bytes / 8; i++)
		wrong += words[i] != ~i;
	munmap(words, bytes);
	return !wrong;
}

TEST_F(shrink, to_nothing)
{
	struct kexec_segment seg = pages(region.start, 1);
	__u64 total = memory_info("MemTotal:"), free = settled_free_memory();
	__u64 ram = sum_iomem("System RAM");
	__u64 low = size - range_len(region);

	/* A region below 4 GiB is of no use alone, and goes too. */
	ASSERT_EQ(0, shrink_to(low / 2));
	EXPECT_TRUE(is_reserved(0));
	EXPECT_EQ(total + size, memory_info("MemTotal:"));
	EXPECT_LE(free + size, settled_free_memory() + slack());
	EXPECT_EQ(ram, sum_iomem("System RAM"));

	EXPECT_REFUSED(EADDRNOTAVAIL, "no memory is reserved",
		       load_crash(1, &seg));
	EXPECT_EQ(0, unload_crash());
	EXPECT_EQ(0, shrink_to(0));
	EXPECT_REFUSED(EINVAL, "can only shrink", shrink_to(page));

	/* More than was free before; all of a large machine takes long. */
	if (free < GIB)
		EXPECT_TRUE(can_be_used(free + size / 2));

	/* It is memory as any other now: a boot image gets it where nobody else has a page. */
	if (range_len(region) >= 4 * MIB && region.end <= ULONG_MAX) {
		__u64 at = region.start, moved;

		do {
			seg = segment(buf, BUFFER_SIZE, at, 2 * MIB);
			ASSERT_EQ(0, load_segments(1, &seg));
			moved = sum_placed().moved;
			at += 2 * MIB;
		} while (moved && at + 2 * MIB <= region.end);
		EXPECT_EQ(0ULL, moved);
		EXPECT_EQ(0, unload());
	}
}

TEST_HARNESS_MAIN
