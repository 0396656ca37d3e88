// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux of LoongArch.  It runs in a window that shows memory at addresses which have
 * more than the physical ones in their upper 16 bits.  It is linked to the third MiB, and
 * finds out where it runs, if it was built with CONFIG_RELOCATABLE.
 *
 * It gets the address of its command line in a register, which the running kernel takes
 * from the segment that begins with "kexec ", as kexec-tools have it.  Where the initrd is
 * stands in that line (initrd=), as do the memory and the core header of one that captures
 * a dump: arch/loongarch/kernel/setup.c.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "boot_image.h"

#define PHYS_MASK	((1ULL << 48) - 1)	/* DMW_PABITS */
#define KERNEL_ALIGN	(64 * KIB)	/* PECOFF_SEGMENT_ALIGN */
#define CMDLINE_MAX	4095	/* COMMAND_LINE_SIZE, less the NUL */
#define NOKASLR		"nokaslr"

static bool place_kernel(struct boot *boot, const struct linked_kernel *kernel,
			 __u64 *phys)
{
	__u64 start = kernel->start & PHYS_MASK;
	/* Up to there it reserves memory for itself (_end), and refuses an initrd in it. */
	__u64 len = round_up(kernel->size, KERNEL_ALIGN);
	struct hole hole = {
		.len = len,
		.align = KERNEL_ALIGN,
		.offset = start % KERNEL_ALIGN,
		.within = { start, start + len },
	};

	if (kernel->relocatable)
		hole.within = (struct range) { 0, PHYS_MASK + 1 };
	return place_segment(boot, "kernel", kernel->flat, kernel->content,
			     &hole, phys);
}

static bool add_initrd(struct boot *boot)
{
	struct range initrd;

	return !boot->initrd.size ||
	       (place_initrd(boot, (struct range) { 0, PHYS_MASK + 1 }, boot->page,
			     &initrd) &&
		add_words(boot, "initrd=%#llx,%llu",
			  initrd.start, boot->initrd.size));
}

/*
 * One that puts itself elsewhere at random (CONFIG_RANDOMIZE_BASE) knows nothing of what
 * else is loaded.  Another one would have the word for an argument of init.
 */
static bool keep_in_place(struct boot *boot, const struct linked_kernel *kernel)
{
	return !memmem(kernel->flat, kernel->content, NOKASLR, sizeof(NOKASLR)) ||
	       has_word(boot->cmdline, NOKASLR) || add_words(boot, NOKASLR);
}

/*
 * Where the core header is, and that the memory reserved for it and no other is the
 * kernel's: with crashkernel=SIZE,high some of it is below 4 GiB, for devices.
 */
static bool place_core(struct boot *boot)
{
	struct range core;
	int i;

	if (!place_core_header(boot, &core))
		return false;
	for (i = 0; i < boot->map.nr; i++) {
		struct range ram = boot->map.line[i].at;

		if (!strcmp(boot->map.line[i].name, "Crash kernel") &&
		    !add_words(boot, "mem=%lluK@%lluK", range_len(ram) / KIB,
			       ram.start / KIB))
			return false;
	}
	return add_words(boot, "elfcorehdr=%lluK@%lluK", range_len(core) / KIB,
			 core.start / KIB);
}

/**
 * load_loongarch - make segments of a kernel of LoongArch and what comes with it
 * @boot: what was asked for
 * @kernel: what its file has
 *
 * Return: false if that can't be.
 */
bool load_loongarch(struct boot *boot, const struct linked_kernel *kernel)
{
	__u64 phys;

	/* Of the running kernel. */
	drop_words(boot->cmdline, "initrd=");
	if (boot->panic)
		drop_words(boot->cmdline, "mem=");
	if (!begin_image(boot, &boot_loongarch64) ||
	    !keep_in_place(boot, kernel) ||
	    !place_kernel(boot, kernel, &phys) || !add_initrd(boot))
		return false;
	boot->entry = phys + (kernel->entry - kernel->start);
	return (!boot->panic || place_core(boot)) &&
	       cmdline_fits(boot, CMDLINE_MAX) &&
	       place_cmdline(boot, (struct range){ 0, PHYS_MASK + 1 }, 0);
}
