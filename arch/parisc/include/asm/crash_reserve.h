/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where parisc can have the memory for a crash image.
 */
#ifndef _ASM_PARISC_CRASH_RESERVE_H
#define _ASM_PARISC_CRASH_RESERVE_H

#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sizes.h>

#include <asm/page.h>

/* Nothing asks for more than a page, and it is not worth to offer a few of these. */
#define CRASH_RESERVE_ALIGN	SZ_2M
#define CRASH_RESERVE_GRAIN	SZ_2M

/* The kernel maps all memory that it uses, and devices reach it. */
#define CRASH_RESERVE_LOW_END	PFN_PHYS((u64)max_low_pfn)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* _ASM_PARISC_CRASH_RESERVE_H */
