/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec asks of the rest of x86, as Linux 6.12 has it.
 */
#ifndef _ASM_X86_KEXEC_BASE_H
#define _ASM_X86_KEXEC_BASE_H

#include <linux/cc_platform.h>

#include <asm/e820/types.h>
#include <asm/reboot.h>

/* Whether the kernel takes memory of this type for RAM. */
static inline bool kexec_type_is_ram(enum e820_type type)
{
	return type == E820_TYPE_RAM || type == E820_TYPE_RESERVED_KERN;
}

/*
 * Whether this CPU's caches may have lines by another key than the one by which
 * the next kernel uses the memory.
 */
static inline bool kexec_caches_incoherent(void)
{
	return cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT);
}

/* Whether memory may be a guest's of the TDX module: there is none with kexec. */
static inline bool kexec_has_private_memory(void)
{
	return false;
}

/* Leave virtualization on this CPU, at a panic. */
static inline void crash_leave_virtualization(void)
{
	cpu_emergency_disable_virtualization();
}

#endif /* _ASM_X86_KEXEC_BASE_H */
