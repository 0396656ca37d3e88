/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where mips can have the memory for a crash image.
 */
#ifndef _ASM_MIPS_CRASH_RESERVE_H
#define _ASM_MIPS_CRASH_RESERVE_H

#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include <asm/bootinfo.h>

/*
 * A kernel runs where it is linked to (PHYSICAL_START), so that the address is best
 * given.  Few multiples of this mean few kernels to build.
 */
#define CRASH_RESERVE_ALIGN	SZ_64M
/* Nothing asks for more than a page, and it is not worth to offer a few of these. */
#define CRASH_RESERVE_GRAIN	SZ_2M

/* What comes after it begins in KSEG0, as this kernel does. */
#define CRASH_RESERVE_LOW_END	min_t(u64, PFN_PHYS(max_low_pfn), SZ_512M)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#ifdef CONFIG_KEXEC_CORE
void mips_keep_environment(void);
#else
static inline void mips_keep_environment(void) { }
#endif

#endif /* _ASM_MIPS_CRASH_RESERVE_H */
