/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where sh can have the memory for a crash image.
 */
#ifndef _ASM_SH_CRASH_RESERVE_H
#define _ASM_SH_CRASH_RESERVE_H

#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

/*
 * A kernel runs where it is linked to (PHYSICAL_START), so that the address is best
 * given.  Machines have little memory: few bytes are to be lost.
 */
#define CRASH_RESERVE_ALIGN	SZ_2M
#define CRASH_RESERVE_GRAIN	SZ_2M

/* All that P1 shows is reached by devices. */
#define CRASH_RESERVE_LOW_END	min_t(u64, memblock_end_of_DRAM(), SZ_512M)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* _ASM_SH_CRASH_RESERVE_H */
