/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where arm can have the memory for a crash image.
 */
#ifndef _ASM_ARM_CRASH_RESERVE_H
#define _ASM_ARM_CRASH_RESERVE_H

#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sizes.h>

/*
 * A zImage that has no other means looks for the start of its memory at the
 * multiple of 128 MiB below itself (AUTO_ZRELADDR), and puts the kernel there.
 */
#define CRASH_RESERVE_ALIGN	SZ_128M

/* Two sections, which one table of pages takes the place of. */
#define CRASH_RESERVE_GRAIN	SZ_2M

/*
 * The kernel loads and protects the region by its direct map, and so does what
 * comes after it: neither goes beyond low memory.
 */
#define CRASH_RESERVE_LOW_END	((unsigned long long)__pa(high_memory - 1) + 1)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#ifdef CONFIG_CRASH_RESERVE
void __init arm_reserve_crashkernel(void);
#else
static inline void arm_reserve_crashkernel(void) { }
#endif

#endif /* _ASM_ARM_CRASH_RESERVE_H */
