/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_M68K_KEXEC_H
#define _ASM_M68K_KEXEC_H

/*
 * The control page: the trampoline's code, and tables of the MMU, which map the page to
 * where the kernel has it, and to itself.  Each of the two may need a table of each of
 * the lower levels.  Tables of the upper levels have 512 bytes, those of the last 256.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	512
#define KEXEC_ROOT_TABLE		512
#define KEXEC_POINTER_TABLES		1024
#define KEXEC_PAGE_TABLES		2048

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <linux/elf.h>
#include <linux/instruction_pointer.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/page.h>
#include <asm/processor.h>
#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_68K
/* With the MMU off, all addresses are reached; there is none behind the last page. */
#define KEXEC_DEST_LIMIT	(-PAGE_SIZE - 1)
#define KEXEC_ENTRY_ALIGN	2
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/**
 * struct kimage_arch - what m68k keeps with an image
 * @trampoline: the control page
 */
struct kimage_arch {
	void *trampoline;
};

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

/* What the trampoline is called with, on the stack. */
void kexec_enter_trampoline(unsigned long table, unsigned long entry,
			    unsigned long root, unsigned long trampoline,
			    unsigned long trampoline_phys);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check

int machine_crash_protect(phys_addr_t start, unsigned long nr_pages, bool protect);
#define machine_crash_protect machine_crash_protect

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 *
 * struct pt_regs has no member for the stack pointer, nor for some of the registers that
 * functions keep.  What it has for the interrupted frame, @stkadj, is 0 in each that an
 * exception leaves, and holds the former here.
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	asm volatile("movel	%%d0,%0" : "=m" (regs->d0));
	asm volatile("movel	%%d1,%0" : "=m" (regs->d1));
	asm volatile("movel	%%d2,%0" : "=m" (regs->d2));
	asm volatile("movel	%%d3,%0" : "=m" (regs->d3));
	asm volatile("movel	%%d4,%0" : "=m" (regs->d4));
	asm volatile("movel	%%d5,%0" : "=m" (regs->d5));
	asm volatile("movel	%%a0,%0" : "=m" (regs->a0));
	asm volatile("movel	%%a1,%0" : "=m" (regs->a1));
	asm volatile("movel	%%a2,%0" : "=m" (regs->a2));
	asm volatile("movel	%%sp,%0" : "=m" (regs->stkadj));
	asm volatile("movew	%%sr,%0" : "=m" (regs->sr));
	regs->orig_d0 = -1;
	regs->pc = _THIS_IP_;
}

#ifndef kernel_stack_pointer
#define kernel_stack_pointer(regs)	((unsigned long)(regs)->stkadj)
#endif

/**
 * machine_crash_copy_regs - make registers what a note has of them
 * @to: the note's, in the order of PT_* of ptrace(2)
 * @regs: what was written down
 *
 * ELF_CORE_COPY_REGS() takes those that struct pt_regs lacks from what lies before it on
 * the stack of a system call.  Here they are 0.
 */
static inline void machine_crash_copy_regs(elf_gregset_t *to,
					   const struct pt_regs *regs)
{
	elf_greg_t *note = *to;

	memset(note, 0, sizeof(*to));
	note[PT_D0] = regs->d0;
	note[PT_D1] = regs->d1;
	note[PT_D2] = regs->d2;
	note[PT_D3] = regs->d3;
	note[PT_D4] = regs->d4;
	note[PT_D5] = regs->d5;
	note[PT_A0] = regs->a0;
	note[PT_A1] = regs->a1;
	note[PT_A2] = regs->a2;
	/* An exception in the kernel has not written down the kernel's own. */
	note[PT_USP] = regs->stkadj ?: (user_mode(regs) ? rdusp() : 0);
	note[PT_ORIG_D0] = regs->orig_d0;
	note[PT_SR] = regs->sr;
	note[PT_PC] = regs->pc;
	note[PT_PC + 1] = regs->format << 12 | regs->vector;
}

#define machine_crash_copy_regs machine_crash_copy_regs

#endif /* __ASSEMBLY__ */
#endif /* _ASM_M68K_KEXEC_H */
