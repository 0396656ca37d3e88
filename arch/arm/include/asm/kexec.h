/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM_KEXEC_H
#define _ASM_ARM_KEXEC_H

/* What the trampoline's code may take of its page, in bytes. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024

#ifndef __ASSEMBLY__

#include <linux/instruction_pointer.h>
#include <linux/types.h>

#include <asm/page.h>
#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_ARM
/*
 * The handoff reaches 4 GiB, whatever LPAE lets the kernel have.  Without the last
 * page of those, no end of a destination wraps around to 0.
 */
#define KEXEC_DEST_LIMIT	(-PAGE_SIZE - 1)
/*
 * Bit 0 says that the instruction is one of Thumb; machine_kexec_check_image() refuses
 * what no instruction begins at.
 */
#define KEXEC_ENTRY_ALIGN	1
/* Without highmem, of which there may be some beyond 4 GiB. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/**
 * struct kimage_arch - what arm keeps with an image; addresses are physical
 * @ttbr0: top of the page tables that the handoff runs on
 * @trampoline: the page it is in
 * @machine: the image's r1, a machine's number
 * @tags: the image's r2, its device tree or list of ATAGs, or 0
 */
struct kimage_arch {
	unsigned long ttbr0;
	unsigned long trampoline;
	unsigned long machine;
	unsigned long tags;
};

/**
 * struct kexec_way - what the way to an image needs, in registers' order
 * @table: of the moves
 * @entry: bit 0 is set if it is in Thumb state
 * @trampoline: the page it is in
 * @ttbr0: top of the tables that map all memory to itself
 * @idmap: top of the kernel's tables that map @ident to itself
 * @ident: kexec_ident() where @idmap has it
 * @resume: where the kernel goes on if the image returns, 0 if it does not
 * @machine: the image's r1
 * @tags: the image's r2
 * @hyp: the image starts in Hyp mode
 *
 * Addresses are physical.  relocate_kernel.S loads it as it stands.
 */
struct kexec_way {
	unsigned long table;
	unsigned long entry;
	unsigned long trampoline;
	unsigned long ttbr0;
	unsigned long idmap;
	unsigned long ident;
	unsigned long resume;
	unsigned long machine;
	unsigned long tags;
	unsigned long hyp;
};

struct kimage;

extern const u8 relocate_kernel[KEXEC_CONTROL_CODE_MAX_SIZE];

void __noreturn kexec_enter_trampoline(const struct kexec_way *way);
void kexec_ident(void);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
int machine_kexec_check_image(const struct kimage *image);
#define machine_kexec_check_image machine_kexec_check_image
int machine_kexec_entry(struct kimage *image);
#define machine_kexec_entry machine_kexec_entry
u64 machine_kexec_counter(u64 *hz);
#define machine_kexec_counter machine_kexec_counter
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect

/*
 * Where the device tree is in memory: arm maps it to an address of its own, from which
 * initial_boot_params_pa does not follow.
 */
extern unsigned int __atags_pointer;
#define machine_kexec_tree()	__atags_pointer

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	asm volatile("stmia	%[regs], {r0 - r12}\n\t"
		     "str	sp, [%[regs], #13 * 4]\n\t"
		     "str	lr, [%[regs], #14 * 4]"
		     : : [regs] "r" (regs->uregs) : "memory");
	regs->ARM_pc = _THIS_IP_;
	asm volatile("mrs	%0, cpsr" : "=r" (regs->ARM_cpsr));
	regs->ARM_ORIG_r0 = -1UL;
}

void crash_stop_this_cpu(unsigned int cpu);

#endif /* __ASSEMBLY__ */
#endif /* _ASM_ARM_KEXEC_H */
