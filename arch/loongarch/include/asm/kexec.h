/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOONGARCH_KEXEC_H
#define _ASM_LOONGARCH_KEXEC_H

/*
 * The trampoline's control page: its code, what it keeps, and, below the end, the stack
 * that an image gets to start with.  Exceptions come to its first instruction.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024
#define KEXEC_CONTROL_ENTER		8
#define KEXEC_CONTROL_RETURN		12
#define KEXEC_STATE			KEXEC_CONTROL_CODE_MAX_SIZE
#define KEXEC_STATE_SIZE		32
/* Here it is 0 up to the end. */
#define KEXEC_NO_COMMAND_LINE		(KEXEC_STATE + KEXEC_STATE_SIZE)

/*
 * Where other CPUs wait, see struct kexec_parking.
 */
#define KEXEC_PARKING_SIZE		4096
#define KEXEC_PARKING_ENTER		8
#define KEXEC_PARKING_CODE_SIZE		512
#define KEXEC_PARKING_CPUS		2048

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/instruction_pointer.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include <asm/addrspace.h>
#include <asm/loongarch.h>
#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_LOONGARCH
/* What the windows show, in which kernels run. */
#define KEXEC_DEST_LIMIT	TO_PHYS_MASK
#define KEXEC_ENTRY_ALIGN	4
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0
/* No interrupt gets through to a CPU that has them off. */
#define KEXEC_STOP_BY_CALL

/**
 * struct kimage_arch - what LoongArch keeps with an image
 * @trampoline: the control page
 * @command_line: physical address of the command line, which the image finds in a1
 */
struct kimage_arch {
	void *trampoline;
	unsigned long command_line;
};

struct kimage;

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];
extern const u8 kexec_parking[KEXEC_PARKING_CODE_SIZE];

/**
 * struct kexec_parking - where other CPUs wait for the next kernel
 * @code: what they do there, position independent; it begins with a magic number
 * @waits: for each CPU, by its number, not 0 if it is there
 *
 * It lies in the first 2 MiB of memory, which no kernel uses.
 */
struct kexec_parking {
	u8 code[KEXEC_PARKING_CODE_SIZE];
	u8 waits[KEXEC_PARKING_CPUS];
};

void kexec_enter_trampoline(unsigned long table, unsigned long entry,
			    unsigned long trampoline, unsigned long a0,
			    unsigned long a1, unsigned long a2, unsigned long returns);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
int machine_kexec_check_image(const struct kimage *image);
#define machine_kexec_check_image machine_kexec_check_image
void machine_jump_shutdown(void);
#define machine_jump_shutdown machine_jump_shutdown
int machine_kexec_entry(struct kimage *image);
#define machine_kexec_entry machine_kexec_entry

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	asm volatile(".irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
		     "st.d	$r\\nr, %0, \\nr * 8\n\t"
		     ".endr\n\t"
		     ".irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
		     "st.d	$r\\nr, %0, \\nr * 8\n\t"
		     ".endr"
		     : : "r" (regs->regs) : "memory");
	regs->orig_a0 = 0;
	regs->csr_era = _THIS_IP_;
	regs->csr_badvaddr = csr_read64(LOONGARCH_CSR_BADV);
	regs->csr_crmd = csr_read32(LOONGARCH_CSR_CRMD);
	regs->csr_prmd = csr_read32(LOONGARCH_CSR_PRMD);
	regs->csr_euen = csr_read32(LOONGARCH_CSR_EUEN);
	regs->csr_ecfg = csr_read32(LOONGARCH_CSR_ECFG);
	regs->csr_estat = csr_read32(LOONGARCH_CSR_ESTAT);
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_LOONGARCH_KEXEC_H */
