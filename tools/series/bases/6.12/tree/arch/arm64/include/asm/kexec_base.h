/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec asks of the rest of arm64, as Linux 6.12 has it.
 */
#ifndef _ASM_ARM64_KEXEC_BASE_H
#define _ASM_ARM64_KEXEC_BASE_H

/* Have no block of the kernel's map reach over @start or @end; none does. */
static inline int crash_split_blocks(unsigned long start, unsigned long end)
{
	return 0;
}

/* Whether the interrupt controller goes on to use this kernel's memory; none does. */
static inline bool kexec_gic_keeps_tables(void)
{
	return false;
}

#endif /* _ASM_ARM64_KEXEC_BASE_H */
