/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec asks of the rest of arm64, as Linux 7.3 has it.
 */
#ifndef _ASM_ARM64_KEXEC_BASE_H
#define _ASM_ARM64_KEXEC_BASE_H

#include <asm/cpufeature.h>
#include <asm/mmu.h>

/* Have no block of the kernel's map reach over @start or @end. */
static inline int crash_split_blocks(unsigned long start, unsigned long end)
{
	return split_kernel_leaf_mapping(start, end);
}

/*
 * Whether interrupts come by a GICv5: nothing tells its IRS to let its tables go, and the next
 * kernel finds it at work, and gives up (gicv5_irs_init_ist()).
 */
static inline bool kexec_gic_keeps_tables(void)
{
	return cpus_have_final_cap(ARM64_HAS_GICV5_CPUIF);
}

#endif /* _ASM_ARM64_KEXEC_BASE_H */
