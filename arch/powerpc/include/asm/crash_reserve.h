/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where powerpc can have the memory for a crash image.
 */
#ifndef _ASM_POWERPC_CRASH_RESERVE_H
#define _ASM_POWERPC_CRASH_RESERVE_H

#include <linux/align.h>
#include <linux/kconfig.h>
#include <linux/sizes.h>

#include <asm/mmu.h>
#include <asm/page.h>

/* A kernel uses no memory behind the last multiple of that. */
#define CRASH_MEMORY_UNIT	SZ_16M

/* As the pages of the linear mapping with a radix tree. */
#define CRASH_RESERVE_GRAIN	SZ_2M

#ifdef CONFIG_PPC64
/* As the pages of the linear mapping with a hash table. */
#define CRASH_RESERVE_ALIGN	SZ_16M

/*
 * A kernel begins in real mode, and has what it needs there in the first block of
 * memory that it is told of.  Where a hypervisor lets real mode reach less than all, that
 * may be no more than what it is now (LoPAPR, "Real Mode Area"): with a hash table.  On
 * bare metal, and with a radix tree, ppc64_rma_size is no limit.
 */
#define CRASH_RESERVE_LOW_END	ALIGN_DOWN(ppc64_rma_size, CRASH_RESERVE_GRAIN)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END

#else
/*
 * A kernel of BookE has what it begins with in the 64 MiB, at a multiple of that, which
 * it is loaded to.  Another one runs where it was linked to, at 32 MiB.
 */
#define CRASH_RESERVE_ALIGN	(IS_ENABLED(CONFIG_BOOKE) ? SZ_64M : SZ_32M)

/* The handoff's own memory is in the region, and has to be mapped. */
#define CRASH_RESERVE_LOW_END	((unsigned long long)memstart_addr + CONFIG_LOWMEM_SIZE)
#define CRASH_RESERVE_END	CRASH_RESERVE_LOW_END
#endif

/* There is nothing above. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* _ASM_POWERPC_CRASH_RESERVE_H */
