/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where x86 can have the memory for a crash image.
 */
#ifndef _ASM_X86_CRASH_RESERVE_H
#define _ASM_X86_CRASH_RESERVE_H

#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>
#include <asm/pgtable.h>

/*
 * A region starts at the largest CONFIG_PHYSICAL_ALIGN that a kernel can have,
 * so that any can run at the very start of it; and never below that, where
 * ZONE_DMA lies, which is scarce.
 */
#define CRASH_RESERVE_ALIGN	SZ_16M

/* It ends with a large page, which its write protection need not split then. */
#define CRASH_RESERVE_GRAIN	PMD_SIZE

#ifdef CONFIG_X86_64

/* What every device can reach; the first choice, as it needs nothing besides. */
#define CRASH_RESERVE_LOW_END	SZ_4G

/* What a kernel without five-level page tables can use. */
#define CRASH_RESERVE_END	SZ_64T

/*
 * How much a kernel that runs above CRASH_RESERVE_LOW_END needs below, in
 * bytes: the bounce buffers, and as good as always enough for what drivers
 * allocate for devices of 32-bit addresses.
 */
static inline unsigned long crash_reserve_low_default(void)
{
	return max(swiotlb_size_or_default() + SZ_8M, SZ_256M);
}

#else /* CONFIG_X86_32 */

/*
 * In what the kernel has mapped, so that it can fill the region and protect it:
 * less than usual with "vmalloc=" and "highmem=".  And where a bzImage and its
 * initrd can be, both of which have to lie in the lowmem of the capture kernel.
 */
#define CRASH_RESERVE_LOW_END	min_t(u64, SZ_512M, PFN_PHYS(max_low_pfn))

/* There is nothing above for it. */
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* No kernel runs above CRASH_RESERVE_LOW_END. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* CONFIG_X86_32 */

#endif /* _ASM_X86_CRASH_RESERVE_H */
