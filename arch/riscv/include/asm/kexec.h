/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_RISCV_KEXEC_H
#define _ASM_RISCV_KEXEC_H

/*
 * The trampoline's control page: code and what it keeps in the lower half, below
 * the end of the upper the stack that the image gets to start with.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	2048

/*
 * The report page, if there is one (relocate_kernel_report.S): code, that for traps
 * first, that for marks second, struct kexec_report_data, and what it writes.
 */
#define KEXEC_REPORT_SIZE		2048
#define KEXEC_REPORT_MARK		4
#define KEXEC_REPORT_DATA		(KEXEC_REPORT_SIZE - 352)

/* Offsets of its members. */
#define KEXEC_REPORT_UART		0
#define KEXEC_REPORT_STATUS		8
#define KEXEC_REPORT_WIDE		16
#define KEXEC_REPORT_FLAGS		20
#define KEXEC_REPORT_SBI_EXT		24
#define KEXEC_REPORT_SBI_FUNCTION	32
#define KEXEC_REPORT_MOVES		40
#define KEXEC_REPORT_DATA_SIZE		56

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/instruction_pointer.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <asm/asm.h>
#include <asm/csr.h>
#include <asm/page.h>
#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_RISCV

/*
 * The trampoline runs without translation: it reaches all memory.  Physical
 * addresses have 56 bits (privileged specification, Sv39 to Sv57).
 */
#define KEXEC_DEST_LIMIT	(BIT(56) - 1)
#define KEXEC_ENTRY_ALIGN	2
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/*
 * A PLIC ignores a completion that it does not wait for (RISC-V PLIC specification,
 * "Interrupt Completion"), and AIA's controllers wait for none.
 */
#define KEXEC_END_ALL_INTERRUPTS

#define KEXEC_HANDOFF_CONSOLES	(BIT(KEXEC_CONSOLE_UART_MMIO) |		\
				 BIT(KEXEC_CONSOLE_UART_MMIO32) |	\
				 BIT(KEXEC_CONSOLE_SBI))

/**
 * struct kimage_arch - what RISC-V keeps with an image
 * @trampoline: the control page
 * @satp: for the tables that lead there; 0 if it is reached without
 * @fdt: physical address of the device tree, which the image finds in a1; 0 if it
 *	has none
 * @report: the report page; NULL if exceptions are not reported
 */
struct kimage_arch {
	void *trampoline;
	unsigned long satp;
	unsigned long fdt;
	void *report;
};

/* Not "relocate_kernel": arch/riscv/mm/init.c has one. */
extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

void __noreturn kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
				       phys_addr_t trampoline,
				       unsigned long hart, phys_addr_t resume,
				       unsigned long context, unsigned long fdt,
				       unsigned long satp);

/**
 * struct kexec_report_data - what the report page has to know
 * @uart: physical address of the register that takes a character ...
 * @status: ... and of its status
 * @wide: registers are words of 4 bytes
 * @flags: KEXEC_CONSOLE_*
 * @sbi_ext: the SBI extension that takes a character, if not a UART; else 0
 * @sbi_function: the function of it
 * @moves: physical address in the trampoline where it moves memory, and of the
 *	end of that
 */
struct kexec_report_data {
	u64 uart;
	u64 status;
	u32 wide;
	u32 flags;
	u64 sbi_ext;
	u64 sbi_function;
	u64 moves[2];
};

struct kimage;

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
extern const u8 kexec_report[KEXEC_REPORT_SIZE];
/* Places in kexec_trampoline. */
extern const u8 kexec_trampoline_report[];
extern const u8 kexec_moves_begin[], kexec_moves_end[];

int kexec_report_prepare(struct kimage *image);
void kexec_report_connect(const struct kimage *image);
#else
static inline int kexec_report_prepare(struct kimage *image)
{
	return 0;
}

static inline void kexec_report_connect(const struct kimage *image) { }
#endif

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
u64 machine_kexec_counter(u64 *hz);
#define machine_kexec_counter machine_kexec_counter
int machine_kexec_entry(struct kimage *image);
#define machine_kexec_entry machine_kexec_entry
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	/* struct pt_regs has them by their numbers, from x1 = ra to x31 = t6. */
	BUILD_BUG_ON(offsetof(struct pt_regs, ra) != sizeof(long));
	BUILD_BUG_ON(offsetof(struct pt_regs, t6) != 31 * sizeof(long));
	asm volatile(".irp nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16\n\t"
		     REG_S " x\\nr, \\nr * " RISCV_SZPTR "(%[regs])\n\t"
		     ".endr\n\t"
		     ".irp nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
		     REG_S " x\\nr, \\nr * " RISCV_SZPTR "(%[regs])\n\t"
		     ".endr"
		     : : [regs] "r" (regs) : "memory");
	regs->epc = _THIS_IP_;
	regs->status = csr_read(CSR_STATUS);
	regs->badaddr = csr_read(CSR_TVAL);
	regs->cause = csr_read(CSR_CAUSE);
	regs->orig_a0 = -1UL;
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_RISCV_KEXEC_H */
