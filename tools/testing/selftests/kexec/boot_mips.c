// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux of mips.  It runs in KSEG0, at addresses that differ from physical ones in their
 * upper three bits, with 64 bits in all that are above, and only where it was linked to.
 *
 * It is told what a firmware would say: arguments, which the running kernel makes of the
 * segment that begins with "kexec ", as kexec-tools have it.  Where the initrd is stands
 * among them: arch/mips/kernel/setup.c, rd_start= and rd_size=.  With 64 bits it may be
 * anywhere, as XKPHYS shows all memory.
 */
#include <string.h>

#include "boot_image.h"

#define KSEG0		0x80000000ULL
#define CKSEG0		0xffffffff80000000ULL	/* what it is with 64 bits */
#define XKPHYS		0x9800000000000000ULL	/* cached, with 64 bits only */
#define PHYS_MASK	0x1fffffffULL
#define LOW_END		(512 * MIB)
#define FIRST_PAGE	(64 * KIB)	/* the largest there is */
/* If the running kernel has 64 bits, the line goes behind that once more, with these. */
#define ENVIRONMENT	(2 * KIB)
#define CMDLINE_MAX	4095	/* COMMAND_LINE_SIZE, less the NUL */

static bool place_kernel(struct boot *boot, const struct linked_kernel *kernel,
			 __u64 *phys)
{
	__u64 start = kernel->start & PHYS_MASK;
	struct hole hole = {
		.len = kernel->size,
		.align = boot->page,
		.offset = start % boot->page,
		.within = { start, round_up(start + kernel->size, boot->page) },
	};

	return place_segment(boot, "kernel", kernel->flat, kernel->content,
			     &hole, phys);
}

static bool add_initrd(struct boot *boot)
{
	const struct range within = { 0, boot->is_64 ? ~0ULL : LOW_END };
	struct range initrd;

	if (!boot->initrd.size)
		return true;
	if (!place_initrd(boot, within, boot->page, &initrd))
		return false;
	return add_words(boot, "rd_start=%#llx rd_size=%llu",
			 (initrd.end <= LOW_END ? KSEG0 : XKPHYS) + initrd.start,
			 boot->initrd.size);
}

/*
 * Where the core header is, and that all beside it is the kernel's.  Memory begins at 0 for
 * it nevertheless, where nothing of the dump may be touched, so that is reserved: a kernel
 * without CONFIG_SPARSEMEM counts its struct pages from 0, whatever its first memory is
 * (ARCH_PFN_OFFSET is 0; alloc_node_mem_map() in mm/mm_init.c).  "mem=" goes first: it
 * takes away what firmware says.
 */
static bool place_core(struct boot *boot)
{
	struct range core, ram = boot->ram.at[0];

	if (!place_core_header(boot, &core))
		return false;
	if (core.end != ram.end)
		return boot_fail(boot,
				 "the core header is not at the end of the crash kernel's memory");
	return add_words(boot,
			 "mem=%lluK@%lluK memmap=%lluK$0 elfcorehdr=%lluK@%lluK",
			 (core.start - ram.start) / KIB, ram.start / KIB,
			 FIRST_PAGE / KIB, range_len(core) / KIB,
			 core.start / KIB);
}

/**
 * load_mips - make segments of a kernel of mips and what comes with it
 * @boot: what was asked for
 * @kernel: what its file has
 *
 * Return: false if that can't be.
 */
bool load_mips(struct boot *boot, const struct linked_kernel *kernel)
{
	const __u64 kseg0 = boot->is_64 ? CKSEG0 : KSEG0;
	__u64 phys;

	/* Nor can it be the other way round: see load_mips_elf(). */
	if (boot->panic && boot->machine && boot->machine_64 && !boot->is_64)
		return bad_kernel(boot, "it has 32 bits, and can't read a dump of a kernel of 64");
	if (kernel->start < kseg0 ||
	    kernel->start + kernel->size > kseg0 + LOW_END)
		return bad_kernel(boot, "it is linked to [%#llx-%#llx], not in KSEG0",
				  kernel->start, kernel->start + kernel->size - 1);
	drop_words(boot->cmdline, "rd_start=");
	drop_words(boot->cmdline, "rd_size=");
	if (!begin_image(boot, &boot_mips) ||
	    !place_kernel(boot, kernel, &phys) || !add_initrd(boot))
		return false;
	boot->entry = kernel->entry & PHYS_MASK;
	return (!boot->panic || place_core(boot)) &&
	       cmdline_fits(boot, CMDLINE_MAX) &&
	       place_cmdline(boot, (struct range){ 0, LOW_END },
			     strlen(boot->cmdline) + ENVIRONMENT);
}
