// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux of 32-bit parisc.  It runs where it was linked to, at addresses that differ from
 * physical ones in their upper four bits, and is entered in real mode.
 *
 * It is told what a boot loader says, in arg0 to arg3 (arch/parisc/kernel/setup.c): where
 * memory is free, which only has to be 64 or more; the command line; where an initrd
 * begins, and where it ends.  All of these are physical addresses.  As the running kernel has
 * zeroes there, a few instructions of ours are the entry.
 *
 * When it reads the command line, a kernel has mapped memory up to its own end only.  So
 * that is before its start.
 */
#include <string.h>

#include "boot_image.h"

#define PHYS_MASK	0x0fffffffULL
#define CMDLINE_MAX	1023	/* COMMAND_LINE_SIZE, less the NUL */

/* Where, before the kernel: firmware's own memory ends below. */
#define ROOM		(64 * KIB)

/* In any case not in firmware's memory, which is at 0. */
#define KERNEL_MIN	(512 * KIB)

static const __u32 stub[] = {
	0xe8200000,	/* bl .+8, %r1 */
	0x483a0030,	/* ldw 0x18(%r1), %r26 */
	0x48390038,	/* ldw 0x1c(%r1), %r25 */
	0x48380040,	/* ldw 0x20(%r1), %r24 */
	0x48370048,	/* ldw 0x24(%r1), %r23 */
	0x48210050,	/* ldw 0x28(%r1), %r1 */
	0xe820c000,	/* bv %r0(%r1) */
	0x08000240,	/* nop */
			/* arg0 to arg3, the kernel's entry, the command line */
};

#define NR_WORDS	5
#define CMDLINE_AT	(sizeof(stub) + NR_WORDS * 4)

static bool place_kernel(struct boot *boot, const struct linked_kernel *kernel,
			 __u64 start)
{
	struct hole hole = {
		.len = kernel->size,
		.align = boot->page,
		.offset = start % boot->page,
		.within = { start, round_up(start + kernel->size, boot->page) },
	};

	return place_segment(boot, "kernel", kernel->flat, kernel->content,
			     &hole, &start);
}

static bool place_arguments(struct boot *boot, __u64 start, __u64 entry,
			    struct range initrd)
{
	size_t i, len = CMDLINE_AT + strlen(boot->cmdline) + 1;
	struct hole hole = {
		.len = len,
		.align = boot->page,
		.within = { start - ROOM, start },
	};
	unsigned char *code = boot_alloc(boot, len);
	__u64 words[NR_WORDS];

	if (!code ||
	    !place_segment(boot, "arguments", code, len, &hole, &boot->entry))
		return false;
	words[0] = round_down(boot->entry, boot->page);
	words[1] = boot->entry + CMDLINE_AT;
	words[2] = initrd.start;
	words[3] = initrd.end;
	words[4] = entry;
	for (i = 0; i < ARRAY_SIZE(stub); i++)
		put_be(code + 4 * i, 4, stub[i]);
	for (i = 0; i < NR_WORDS; i++)
		put_be(code + sizeof(stub) + 4 * i, 4, words[i]);
	memcpy(code + CMDLINE_AT, boot->cmdline, strlen(boot->cmdline));
	return true;
}

/**
 * load_parisc - make segments of a kernel of parisc and what comes with it
 * @boot: what was asked for
 * @kernel: what its file has
 *
 * Return: false if that can't be.
 */
bool load_parisc(struct boot *boot, const struct linked_kernel *kernel)
{
	__u64 start = kernel->start & PHYS_MASK;
	struct range initrd = { };

	if (start < KERNEL_MIN || start + kernel->size > PHYS_MASK + 1)
		return bad_kernel(boot, "it is linked to [%#llx-%#llx], where parisc has none",
				  kernel->start, kernel->start + kernel->size - 1);
	if (!cmdline_fits(boot, CMDLINE_MAX))
		return false;
	if (!begin_image(boot, &boot_parisc))
		return false;
	if (boot->panic)
		return bad_kernel(boot, "it runs where this kernel does: it can't capture a dump");
	/* Behind the kernel, which takes its first page tables from before it. */
	return place_kernel(boot, kernel, start) &&
	       place_initrd(boot, (struct range) { start + kernel->size, NO_LIMIT },
			    boot->page, &initrd) &&
	       place_arguments(boot, start, kernel->entry & PHYS_MASK, initrd);
}
