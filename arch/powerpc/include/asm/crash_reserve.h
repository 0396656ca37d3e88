/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where powerpc can have the memory for a crash image.
 */
#ifndef _ASM_POWERPC_CRASH_RESERVE_H
#define _ASM_POWERPC_CRASH_RESERVE_H

#include <linux/align.h>
#include <linux/sizes.h>

#include <asm/mmu.h>

/* As the pages of the linear mapping with a hash table, and with a radix tree. */
#define CRASH_RESERVE_ALIGN	SZ_16M
#define CRASH_RESERVE_GRAIN	SZ_2M

/* A kernel uses no memory behind the last multiple of that. */
#define CRASH_MEMORY_UNIT	SZ_16M

/*
 * A kernel begins in real mode, and has what it needs there in the first block of
 * memory that it is told of.  Where a hypervisor lets real mode reach less than all, that
 * may be no more than what it is now (LoPAPR, "Real Mode Area"): with a hash table.  On
 * bare metal, and with a radix tree, ppc64_rma_size is no limit.
 */
#define CRASH_RESERVE_LOW_END	ALIGN_DOWN(ppc64_rma_size, CRASH_RESERVE_GRAIN)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* _ASM_POWERPC_CRASH_RESERVE_H */
