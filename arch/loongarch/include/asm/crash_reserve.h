/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where LoongArch can have the memory for a crash image.
 */
#ifndef _ASM_LOONGARCH_CRASH_RESERVE_H
#define _ASM_LOONGARCH_CRASH_RESERVE_H

#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include <asm/addrspace.h>

/*
 * A kernel that is built for that runs at any multiple of 64 KiB.  More, as on x86, so
 * that crashkernel= gets the same on both.
 */
#define CRASH_RESERVE_ALIGN	SZ_16M
#define CRASH_RESERVE_GRAIN	SZ_2M

/* What every device can reach: ZONE_DMA32. */
#define CRASH_RESERVE_LOW_END	SZ_4G

/* What the windows show, in which kernels run. */
#define CRASH_RESERVE_END	(TO_PHYS_MASK + 1)

/*
 * How much a kernel that runs above CRASH_RESERVE_LOW_END needs below, in
 * bytes: the bounce buffers, and some for drivers.
 */
static inline unsigned long crash_reserve_low_default(void)
{
	return max(swiotlb_size_or_default() + SZ_8M, SZ_128M);
}

#endif /* _ASM_LOONGARCH_CRASH_RESERVE_H */
