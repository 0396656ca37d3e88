// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images and memory that has a hardware error, by CONFIG_HWPOISON_INJECT: to
 * read such a page would be a machine check.  There is no way to mend it but a
 * restart, so this is for a guest that is thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "abi.h"

#define CORRUPT_PFN	DEBUGFS "hwpoison/corrupt-pfn"
#define KPAGEFLAGS	"/proc/kpageflags"
#define KPF_HWPOISON	19

/* In the middle of the largest piece of RAM, other places for each test. */
static __u64 place(unsigned int nr)
{
	struct range ram = largest_ram(4 * GIB);

	return round_down(ram.end - range_len(ram) / 2, MIB) + nr * 16 * MIB;
}

static bool is_broken(__u64 phys)
{
	int fd = open(KPAGEFLAGS, O_RDONLY);
	__u64 flags = 0;

	if (fd < 0)
		return false;
	if (pread(fd, &flags, sizeof(flags), phys / page_size() * sizeof(flags)) !=
	    sizeof(flags))
		flags = 0;
	close(fd);
	return flags >> KPF_HWPOISON & 1;
}

/* The kernel can't do anything about a page of its own, and says so. */
static void break_page(__u64 phys)
{
	char text[32];

	snprintf(text, sizeof(text), "%#llx", phys / page_size());
	write_file(CORRUPT_PFN, text);
}

FIXTURE(broken)
{
};

FIXTURE_SETUP(broken)
{
	ASSERT_TRUE(prepare_abi_test());
	ASSERT_EQ(0, access(CORRUPT_PFN, W_OK))
		TH_LOG("no CONFIG_HWPOISON_INJECT");
	wait_until_settled();
}

FIXTURE_TEARDOWN(broken)
{
	unload();
}

TEST_F(broken, before_the_load)
{
	__u64 at = place(0);
	struct kexec_segment segs[] = {
		segment(buf, page, at, 2 * page),
		segment(buf, page, at + MIB, 4 * page),
	};

	break_page(at + MIB + 3 * page);
	ASSERT_TRUE(is_broken(at + MIB + 3 * page));
	EXPECT_EQ(EADDRNOTAVAIL, load(at, 2, segs, 0));
	EXPECT_TRUE(says(last_refusal(), named(1, &segs[1])));
	EXPECT_TRUE(says(last_refusal(), "is broken"));

	segs[1].memsz = 3 * page;
	EXPECT_EQ(0, load(at, 2, segs, 0));
}

/* Breaks the page at @offset of the second of two segments. */
static void break_loaded(struct __test_metadata *_metadata, __u64 at,
			 unsigned long offset)
{
	struct kexec_segment segs[] = {
		segment(buf, page, at, 2 * page),
		segment(buf, 2 * page, at + MIB, 4 * page),
	};

	ASSERT_EQ(0, load(at, 2, segs, 0));
	wait_until_settled();
	break_page(at + MIB + offset);
	ASSERT_TRUE(is_broken(at + MIB + offset));

	EXPECT_EQ(-1, reboot_kexec());
	EXPECT_EQ(EIO, errno);
	EXPECT_TRUE(says(last_refusal(), named(1, &segs[1])));
	EXPECT_TRUE(says(last_refusal(), "hardware error"));
}

TEST_F(broken, content)
{
	break_loaded(_metadata, place(1), 1 * page);
}

TEST_F(broken, zeroes)
{
	break_loaded(_metadata, place(2), 3 * page);
}

TEST_F(broken, content_without_digest)
{
	char verify[8];

	ASSERT_EQ(0, read_file(SYSCTL_KERNEL "kexec_verify", verify,
			       sizeof(verify)));
	ASSERT_EQ(0, write_file(SYSCTL_KERNEL "kexec_verify", "0"));
	break_loaded(_metadata, place(3), 0);
	ASSERT_EQ(0, write_file(SYSCTL_KERNEL "kexec_verify", verify));
}

/* The pages that were broken are not given to anybody, the others are. */
TEST_F(broken, unload)
{
	__u64 at = place(4);
	struct kexec_segment seg = segment(buf, BUFFER_SIZE, at, BUFFER_SIZE);

	ASSERT_EQ(0, load(at, 1, &seg, 0));
	wait_until_settled();
	break_page(at + 5 * page);
	ASSERT_TRUE(is_broken(at + 5 * page));
	EXPECT_EQ(0, unload());
	EXPECT_TRUE(is_broken(at + 5 * page));
	EXPECT_EQ(EADDRNOTAVAIL, load(at, 1, &seg, 0));
	seg = segment(buf, 5 * page, at, 5 * page);
	EXPECT_EQ(0, load(at, 1, &seg, 0));
}

TEST_HARNESS_MAIN
