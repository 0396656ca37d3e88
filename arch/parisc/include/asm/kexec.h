/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PARISC_KEXEC_H
#define _ASM_PARISC_KEXEC_H

/*
 * The trampoline's page: its code; behind it struct pdc_cache_info, as firmware has told
 * it; and vectors, which begin at a multiple of 2 KiB.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	4096
#define KEXEC_CACHES			1024
#define KEXEC_VECTORS			2048

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <linux/instruction_pointer.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include <asm/ptrace.h>
#include <asm/special_insns.h>

#define KEXEC_ARCH		KEXEC_ARCH_PARISC
/* Beyond is I/O, in each machine of 32 bits. */
#define KEXEC_DEST_LIMIT	0xefffffffUL
/* Its lower two bits would be a privilege level. */
#define KEXEC_ENTRY_ALIGN	4
/* All memory is mapped, and real mode reaches all of it. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0
/* No interrupt gets through to a CPU that has them off. */
#define KEXEC_STOP_BY_CALL

/**
 * struct kimage_arch - what parisc keeps with an image
 * @trampoline: the control page
 */
struct kimage_arch {
	void *trampoline;
};

struct kimage;

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

void __noreturn kexec_enter_trampoline(unsigned long table, unsigned long entry,
				       unsigned long trampoline);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
int machine_kexec_check_image(const struct kimage *image);
#define machine_kexec_check_image machine_kexec_check_image
#ifdef CONFIG_SMP
int machine_kexec_begin(void);
#define machine_kexec_begin machine_kexec_begin
#endif
void kexec_cpu_stays(void);

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	regs->gr[0] = 0;
	asm volatile(".irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16\n\t"
		     "stw	%%r\\nr, 4 * \\nr(%0)\n\t"
		     ".endr\n\t"
		     ".irp	nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
		     "stw	%%r\\nr, 4 * \\nr(%0)\n\t"
		     ".endr"
		     : : "r" (regs->gr) : "memory");
	regs->sr[0] = mfsp(0);
	regs->sr[1] = mfsp(1);
	regs->sr[2] = mfsp(2);
	regs->sr[3] = mfsp(3);
	regs->sr[4] = mfsp(4);
	regs->sr[5] = mfsp(5);
	regs->sr[6] = mfsp(6);
	regs->sr[7] = mfsp(7);
	regs->iaoq[0] = _THIS_IP_;
	regs->iaoq[1] = regs->iaoq[0] + 4;
	regs->iasq[0] = 0;
	regs->iasq[1] = 0;
	regs->sar = mfctl(11);
	regs->iir = 0;
	regs->isr = 0;
	regs->ior = 0;
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_PARISC_KEXEC_H */
