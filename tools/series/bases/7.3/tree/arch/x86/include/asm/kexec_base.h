/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kexec asks of the rest of x86, as Linux 7.3 has it.
 */
#ifndef _ASM_X86_KEXEC_BASE_H
#define _ASM_X86_KEXEC_BASE_H

#include <linux/cc_platform.h>
#include <linux/percpu.h>

#include <asm/cpufeature.h>
#include <asm/e820/types.h>
#include <asm/processor.h>
#include <asm/tdx.h>
#include <asm/virt.h>

/* Whether the kernel takes memory of this type for RAM. */
static inline bool kexec_type_is_ram(enum e820_type type)
{
	return type == E820_TYPE_RAM;
}

/*
 * Whether this CPU's caches may have lines by another key than the one by which
 * the next kernel uses the memory.  Not in a guest: its host has to see WBINVD, by an
 * exception, and may still have said that the processor can encrypt memory.
 */
static inline bool kexec_caches_incoherent(void)
{
	return this_cpu_read(cache_state_incoherent) &&
	       !cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);
}

/* Whether memory may be a guest's of the TDX module, or its own: nobody else can read it. */
static inline bool kexec_has_private_memory(void)
{
	return cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM);
}

/* Leave virtualization on this CPU, at a panic; the TDX module needs it to end. */
static inline void crash_leave_virtualization(void)
{
	if (cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		tdx_sys_disable();
	x86_virt_emergency_disable_virtualization_cpu();
}

#endif /* _ASM_X86_KEXEC_BASE_H */
