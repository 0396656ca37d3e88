/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_KEXEC_H
#define _ASM_ARM64_KEXEC_H

/* What the trampoline's code may take of its page, in bytes. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/instruction_pointer.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <asm/ptrace.h>
#include <asm/sysreg.h>

#define KEXEC_ARCH		KEXEC_ARCH_AARCH64
/* An image lies in the first 48 bits of physical addresses (booting.rst). */
#define KEXEC_DEST_LIMIT	(BIT(48) - 1)
#define KEXEC_ENTRY_ALIGN	4
/* The identity map of the handoff has all memory. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/**
 * struct kimage_arch - what arm64 keeps with an image; addresses are physical
 * @ttbr0: top of the page tables that the handoff runs on
 * @trampoline: the page it is in
 * @el2_vectors: a page, what EL2 gets for vectors, if the kernel is at EL1 but
 *	was started at EL2; else 0
 */
struct kimage_arch {
	phys_addr_t ttbr0;
	phys_addr_t trampoline;
	phys_addr_t el2_vectors;
};

extern const u8 relocate_kernel[KEXEC_CONTROL_CODE_MAX_SIZE];

void __noreturn kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
				       phys_addr_t trampoline,
				       unsigned long line_size, bool to_el2,
				       phys_addr_t resume);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	unsigned long sp;

	asm volatile("stp	x0, x1, [%[regs], #16 * 0]\n\t"
		     "stp	x2, x3, [%[regs], #16 * 1]\n\t"
		     "stp	x4, x5, [%[regs], #16 * 2]\n\t"
		     "stp	x6, x7, [%[regs], #16 * 3]\n\t"
		     "stp	x8, x9, [%[regs], #16 * 4]\n\t"
		     "stp	x10, x11, [%[regs], #16 * 5]\n\t"
		     "stp	x12, x13, [%[regs], #16 * 6]\n\t"
		     "stp	x14, x15, [%[regs], #16 * 7]\n\t"
		     "stp	x16, x17, [%[regs], #16 * 8]\n\t"
		     "stp	x18, x19, [%[regs], #16 * 9]\n\t"
		     "stp	x20, x21, [%[regs], #16 * 10]\n\t"
		     "stp	x22, x23, [%[regs], #16 * 11]\n\t"
		     "stp	x24, x25, [%[regs], #16 * 12]\n\t"
		     "stp	x26, x27, [%[regs], #16 * 13]\n\t"
		     "stp	x28, x29, [%[regs], #16 * 14]\n\t"
		     "str	x30, [%[regs], #16 * 15]\n\t"
		     "mov	%[sp], sp"
		     : [sp] "=&r" (sp)
		     : [regs] "r" (regs->regs)
		     : "memory");
	regs->sp = sp;
	regs->pc = _THIS_IP_;
	regs->pstate = read_sysreg(nzcv) | read_sysreg(daif) |
		       read_sysreg(currentel) | read_sysreg(spsel);
}

#if defined(CONFIG_CRASH_DUMP) && defined(CONFIG_HIBERNATION)
bool crash_is_nosave(unsigned long pfn);
#else
static inline bool crash_is_nosave(unsigned long pfn) { return false; }
#endif

/* A crash image stays readable, which is all that hibernation needs of it. */
static inline void crash_prepare_suspend(void) { }
static inline void crash_post_resume(void) { }

#endif /* __ASSEMBLY__ */
#endif /* _ASM_ARM64_KEXEC_H */
