/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where arm64 can have the memory for a crash image.
 */
#ifndef _ASM_ARM64_CRASH_RESERVE_H
#define _ASM_ARM64_CRASH_RESERVE_H

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>
#include <asm/processor.h>

/*
 * An Image starts at a multiple of 2 MiB (Documentation/arch/arm64/booting.rst).
 * More, as on x86, so that crashkernel= gets the same on both.
 */
#define CRASH_RESERVE_ALIGN	SZ_16M
#define CRASH_RESERVE_GRAIN	SZ_2M

/*
 * What every device can reach, as firmware tells, of 32 bits at most if there is
 * RAM: the end of ZONE_DMA.  The first choice, as it needs nothing besides.  On a
 * machine without such devices it is the end of RAM, and nothing lies above.
 */
#define CRASH_RESERVE_LOW_END	arm64_dma_phys_limit

/* An Image lies in the first 48 bits of physical addresses (booting.rst). */
#define CRASH_RESERVE_END	BIT_ULL(48)

/*
 * How much a kernel that runs above CRASH_RESERVE_LOW_END needs below, in
 * bytes: the bounce buffers, and what drivers allocate for devices that reach no
 * more.
 */
static inline unsigned long crash_reserve_low_default(void)
{
	return max(swiotlb_size_or_default() + SZ_8M, SZ_128M);
}

#endif /* _ASM_ARM64_CRASH_RESERVE_H */
