/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where m68k can have the memory for a crash image.
 */
#ifndef _ASM_M68K_CRASH_RESERVE_H
#define _ASM_M68K_CRASH_RESERVE_H

#include <linux/memblock.h>
#include <linux/sizes.h>
#include <linux/types.h>

/*
 * A kernel runs a page behind the start of its first piece of memory, wherever that is.
 * Machines have little of it: few bytes are to be lost.
 */
#define CRASH_RESERVE_ALIGN	SZ_2M
#define CRASH_RESERVE_GRAIN	SZ_2M

/* All memory is mapped, and reached by devices. */
#define CRASH_RESERVE_LOW_END	((u64)memblock_end_of_DRAM())
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#ifdef CONFIG_CRASH_RESERVE
void m68k_reserve_crashkernel(void);
#else
static inline void m68k_reserve_crashkernel(void) { }
#endif

#endif /* _ASM_M68K_CRASH_RESERVE_H */
