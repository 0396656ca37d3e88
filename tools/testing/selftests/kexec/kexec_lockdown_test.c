// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2) and kexec.handoff_debug= on a kernel that is locked down.  There is
 * no way back but a restart, so this is for a guest that is thrown away.  The kernel
 * has to be started with the security module "lockdown" and without lockdown=.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "../kselftest_harness.h"
#include "kexec_util.h"
#include "patience.h"

#define SECURITYFS	"/sys/kernel/security/"
#define LOCKDOWN	SECURITYFS "lockdown"

TEST(locked_down)
{
	struct range ram = largest_ram(4 * GIB);
	struct kexec_segment seg;
	char text[TEXT_MAX];

	if (geteuid())
		SKIP(return, "has to be run as root");
	if (access(SYSFS_KEXEC "segments", F_OK))
		SKIP(return, "the kernel has no " SYSFS_KEXEC "segments");
	if (access(LOCKDOWN, F_OK))
		mount("securityfs", SECURITYFS, "securityfs", 0, NULL);
	if (access(LOCKDOWN, F_OK))
		SKIP(return, "the kernel has no " LOCKDOWN);

	seg = segment(&seg, 1, round_down(ram.end - range_len(ram) / 2,
					  page_size()), page_size());
	ASSERT_EQ(0, kexec_load((uintptr_t)seg.mem, 1, &seg, 0));
	if (!access(HANDOFF_DEBUG, F_OK))
		ASSERT_EQ(0, write_file(HANDOFF_DEBUG, "\n"));

	ASSERT_EQ(0, write_file(LOCKDOWN, "integrity"));
	EXPECT_EQ(-1, kexec_load((uintptr_t)seg.mem, 1, &seg, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_TRUE(!!strstr(last_refusal(), "locked down"));
	EXPECT_EQ(-1, kexec_load(0, 0, NULL, 0));
	EXPECT_EQ(EPERM, errno);

	/* What was loaded before can still be started. */
	EXPECT_EQ(0, read_file(SYSFS_KEXEC "loaded", text, sizeof(text)));
	EXPECT_STREQ("1\n", text);
}

/* What writes to registers that somebody names could be had to write anywhere. */
TEST(console_stays)
{
	char text[TEXT_MAX];

	if (geteuid())
		SKIP(return, "has to be run as root");
	if (access(HANDOFF_DEBUG, F_OK))
		SKIP(return, "the kernel has no " HANDOFF_DEBUG);
	if (read_file(LOCKDOWN, text, sizeof(text)) ||
	    !strstr(text, "[integrity]"))
		SKIP(return, "the kernel is not locked down");

	EXPECT_EQ(EPERM, write_file(HANDOFF_DEBUG, "\n"));
}

TEST_HARNESS_MAIN
