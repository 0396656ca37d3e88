/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where RISC-V can have the memory for a crash image.
 */
#ifndef _ASM_RISCV_CRASH_RESERVE_H
#define _ASM_RISCV_CRASH_RESERVE_H

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

/*
 * A kernel lies at a multiple of 2 MiB (Documentation/arch/riscv/boot.rst).
 * More, as on x86, so that crashkernel= gets the same on both.
 */
#define CRASH_RESERVE_ALIGN	SZ_16M

/* Write protection then splits no large page. */
#define CRASH_RESERVE_GRAIN	SZ_2M

/* What every device can reach: ZONE_DMA32. */
#define CRASH_RESERVE_LOW_END	SZ_4G

/* As far as physical addresses go (privileged specification, Sv39 to Sv57). */
#define CRASH_RESERVE_END	BIT_ULL(56)

/*
 * How much a kernel that runs above CRASH_RESERVE_LOW_END needs below, in
 * bytes: the bounce buffers, and some for drivers.
 */
static inline unsigned long crash_reserve_low_default(void)
{
	return max(swiotlb_size_or_default() + SZ_8M, SZ_128M);
}

#endif /* _ASM_RISCV_CRASH_RESERVE_H */
