/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_SH_KEXEC_H
#define _ASM_SH_KEXEC_H

/* The trampoline's page: its code, and behind it struct kexec_facts. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024
#define KEXEC_FACTS			KEXEC_CONTROL_CODE_MAX_SIZE

/* Offsets in struct kexec_facts. */
#define KEXEC_FACTS_OC_END		0
#define KEXEC_FACTS_OC_LINE		4
#define KEXEC_FACTS_TABLE		8
#define KEXEC_FACTS_ENTRY		12
#define KEXEC_FACTS_RETURNS		16
#define KEXEC_FACTS_FDT			20
#define KEXEC_FACTS_STATE		24
#define KEXEC_FACTS_STATE_END		88

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <linux/instruction_pointer.h>
#include <linux/types.h>

#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_SH
/* What P1 and P2 show, in which kernels run, and so does the trampoline. */
#define KEXEC_DEST_LIMIT	0x1fffffffUL
#define KEXEC_ENTRY_ALIGN	2
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/**
 * struct kexec_facts - what the trampoline has to know, and the kernel's state
 * @oc_end: the end of the address array of the operand cache
 * @oc_line: from one entry of that to the next, in bytes of an address
 * @table: the move table, physical
 * @entry: the entry point, in P1
 * @returns: not 0 if the image returns
 * @fdt: the image's r4
 * @state: r15, MMUCR, TTB, PTEH, CCR, the other bank's r7 to r0, GBR, VBR and SR of
 *	this kernel, while such an image runs
 *
 * relocate_kernel.S reads it, and writes all but the first two members.  These are the
 * only ones that are not 0 but in a handoff.
 */
struct kexec_facts {
	u32 oc_end;
	u32 oc_line;
	u32 table;
	u32 entry;
	u32 returns;
	u32 fdt;
	u32 state[16];
};

/**
 * struct kimage_arch - what sh keeps with an image
 * @trampoline: the control page
 * @fdt: physical address of the device tree, or 0
 */
struct kimage_arch {
	void *trampoline;
	unsigned long fdt;
};

struct kimage;

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

/* What the trampoline is called with, in r4 to r7 and on the stack. */
void kexec_enter_trampoline(unsigned long table, unsigned long entry,
			    unsigned long fdt, unsigned long returns,
			    unsigned long trampoline);

int machine_kexec_entry(struct kimage *image);
#define machine_kexec_entry machine_kexec_entry

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	asm volatile(".irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
		     "mov.l	r\\nr, @(4 * \\nr, %0)\n\t"
		     ".endr"
		     : : "r" (regs->regs) : "memory");
	asm volatile("sts	pr, %0" : "=r" (regs->pr));
	asm volatile("stc	sr, %0" : "=r" (regs->sr));
	asm volatile("stc	gbr, %0" : "=r" (regs->gbr));
	asm volatile("sts	mach, %0" : "=r" (regs->mach));
	asm volatile("sts	macl, %0" : "=r" (regs->macl));
	regs->tra = 0;
	regs->pc = _THIS_IP_;
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_SH_KEXEC_H */
