// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the crash path, as far as it comes back: the notes, and the
 * protection of the region.
 */
#include <kunit/test.h>
#include <linux/crash_reserve.h>
#include <linux/io.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

/* What readers of a dump expect, spelt out. */
static void test_note(struct kunit *test)
{
	note_buf_t *buf = kunit_kmalloc(test, sizeof(*buf), GFP_KERNEL);
	const struct elf_prstatus *status;
	struct pt_regs regs;
	elf_gregset_t gregs;
	const struct elf32_note *note, *end;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	/* A note of an earlier time must not shine through. */
	memset(buf, 0xff, sizeof(*buf));
	memset(&regs, 0x5a, sizeof(regs));
	machine_crash_copy_regs(&gregs, &regs);

	write_note(*buf, &regs, 612);

	note = (const struct elf32_note *)*buf;
	KUNIT_EXPECT_EQ(test, note->n_namesz, sizeof("CORE"));
	KUNIT_EXPECT_EQ(test, note->n_type, NT_PRSTATUS);
	KUNIT_ASSERT_EQ(test, note->n_descsz, sizeof(*status));
	KUNIT_EXPECT_STREQ(test, (const char *)(note + 1), "CORE");

	status = (const void *)(note + 1) + ALIGN(note->n_namesz, 4);
	KUNIT_EXPECT_EQ(test, status->common.pr_pid, 612);
	KUNIT_EXPECT_MEMEQ(test, &status->pr_reg, &gregs, sizeof(gregs));
	KUNIT_EXPECT_EQ(test, status->common.pr_cursig, 0);
	KUNIT_EXPECT_EQ(test, status->common.pr_utime.tv_sec, 0);

	/* An empty note ends it, within the buffer. */
	end = (const void *)status + ALIGN(note->n_descsz, 4);
	KUNIT_ASSERT_LE(test, (unsigned long)(end + 1), (unsigned long)(buf + 1));
	KUNIT_EXPECT_EQ(test, end->n_namesz, 0);
	KUNIT_EXPECT_EQ(test, end->n_descsz, 0);
	KUNIT_EXPECT_EQ(test, end->n_type, 0);
}

/* The dump's reader has one physical address for each CPU's note. */
static void test_notes_in_a_page(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_ASSERT_TRUE(test, !!crash_notes);
	for_each_possible_cpu(cpu) {
		phys_addr_t first = per_cpu_ptr_to_phys(per_cpu_ptr(crash_notes, cpu));

		KUNIT_EXPECT_LE(test, offset_in_page(first) + sizeof(note_buf_t),
				PAGE_SIZE);
	}
}

/* A CPU that has stopped by itself is stopped by others, too. */
static void test_first_stays(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_possible_mask);
	struct cpumask *saved = kunit_kmalloc(test, sizeof(*saved), GFP_KERNEL);
	note_buf_t *first = kunit_kmalloc(test, sizeof(*first), GFP_KERNEL);
	note_buf_t *before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	struct pt_regs regs;
	note_buf_t *buf;

	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_TRUE(test, !!crash_notes);
	buf = per_cpu_ptr(crash_notes, cpu);
	memcpy(before, buf, sizeof(*before));
	cpumask_copy(saved, &saved_cpus);

	memset(&regs, 0x11, sizeof(regs));
	memset(first, 0, sizeof(*first));
	write_note(*first, &regs, 1);
	crash_save_stopped_cpu(&regs, cpu, 1);
	memset(&regs, 0x22, sizeof(regs));
	crash_save_stopped_cpu(&regs, cpu, 2);

	KUNIT_EXPECT_TRUE(test, crash_cpu_is_saved(cpu));
	KUNIT_EXPECT_MEMEQ(test, buf, first, sizeof(*first));

	memcpy(buf, before, sizeof(*buf));
	cpumask_copy(&saved_cpus, saved);
}

/* The registers are those of the function that asks. */
static void test_regs(struct kunit *test)
{
	unsigned long low, size, offset;
	struct pt_regs regs = { };

	/* Where functions have descriptors, that is the address of one. */
	low = (unsigned long)dereference_function_descriptor(test_regs);
	machine_crash_regs(&regs);
	KUNIT_EXPECT_TRUE(test, object_is_on_stack((void *)kernel_stack_pointer(&regs)));
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(low, &size, &offset));
	KUNIT_EXPECT_LT(test, instruction_pointer(&regs) - low, size);
}

/* Between loads the kernel can read the region, but not write to it. */
static void test_protected(struct kunit *test)
{
	unsigned long phys;
	void *first;
	u8 byte;

	if (!crashk_res.end)
		kunit_skip(test, "no crashkernel=");
	first = phys_to_virt(crashk_res.start);
	KUNIT_ASSERT_EQ(test, copy_from_kernel_nofault(&byte, first, 1), 0);
	if (!copy_to_kernel_nofault(first, &byte, 1)) {
		/* Not asked before: the answer protects what can be. */
		if (machine_crash_protect(crashk_res.start,
					  PHYS_PFN(resource_size(&crashk_res)),
					  true) == -EOPNOTSUPP)
			kunit_skip(test, "memory can't be protected");
		KUNIT_FAIL(test, "nobody has protected the region");
	}

	for (phys = crashk_res.start; phys < crashk_res.end; phys += SZ_1M) {
		void *at = phys_to_virt(phys);

		KUNIT_ASSERT_EQ(test, copy_from_kernel_nofault(&byte, at, 1), 0);
		KUNIT_EXPECT_EQ(test, copy_to_kernel_nofault(at, &byte, 1), -EFAULT);
	}

	/* Its neighbours are not affected. */
	if (page_is_ram(PHYS_PFN(crashk_res.start) - 1)) {
		void *at = phys_to_virt(crashk_res.start - 1);

		KUNIT_ASSERT_EQ(test, copy_from_kernel_nofault(&byte, at, 1), 0);
		KUNIT_EXPECT_EQ(test, copy_to_kernel_nofault(at, &byte, 1), 0);
	}
}

static struct kunit_case crash_test_cases[] = {
	KUNIT_CASE(test_note),
	KUNIT_CASE(test_notes_in_a_page),
	KUNIT_CASE(test_first_stays),
	KUNIT_CASE(test_regs),
	KUNIT_CASE(test_protected),
	{ }
};

static struct kunit_suite crash_test_suite = {
	.name = "kexec-crash",
	.test_cases = crash_test_cases,
};

kunit_test_suite(crash_test_suite);
