/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_KEXEC_H
#define _ASM_ARM64_KEXEC_H

/* What the trampoline's code may take of its page, in bytes. */
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
#define KEXEC_CONTROL_CODE_MAX_SIZE	1536
#else
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024
#endif

/*
 * The report page, if there is one (relocate_kernel_report.S): vectors, code, that
 * for marks first, struct kexec_report_data, and what it writes.
 */
#define KEXEC_REPORT_SIZE		4096
#define KEXEC_REPORT_MARK		2048
#define KEXEC_REPORT_DATA		(KEXEC_REPORT_SIZE - 352)

/* Offsets of its members. */
#define KEXEC_REPORT_UART		0
#define KEXEC_REPORT_STATUS		8
#define KEXEC_REPORT_READY		16
#define KEXEC_REPORT_IDLE		24
#define KEXEC_REPORT_WIDE		32
#define KEXEC_REPORT_FLAGS		36
#define KEXEC_REPORT_PSCI		40
#define KEXEC_REPORT_MOVES		48
#define KEXEC_REPORT_DATA_SIZE		64

/* How firmware is asked to reset the machine. */
#define KEXEC_PSCI_HVC			1
#define KEXEC_PSCI_SMC			2

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

struct kimage;

/**
 * struct kimage_arch - what arm64 keeps with an image; addresses are physical
 * @ttbr0: top of the page tables that the handoff runs on
 * @ident_bits: of the addresses that these translate
 * @trampoline: the page it is in
 * @el2_vectors: a page, what EL2 gets for vectors, if the kernel is at EL1 but
 *	was started at EL2; else 0
 * @report: the report page; 0 if exceptions are not reported
 *
 * Control memory never is page 0 (kexec_alloc_control()), so 0 can stand for none.
 */
struct kimage_arch {
	phys_addr_t ttbr0;
	u64 ident_bits;
	phys_addr_t trampoline;
	phys_addr_t el2_vectors;
	phys_addr_t report;
};

extern const u8 relocate_kernel[KEXEC_CONTROL_CODE_MAX_SIZE];

#define KEXEC_HANDOFF_CONSOLES	(BIT(KEXEC_CONSOLE_UART_MMIO) |		\
				 BIT(KEXEC_CONSOLE_UART_MMIO32) |	\
				 BIT(KEXEC_CONSOLE_PL011))

/**
 * struct kexec_report_data - what the report page has to know
 * @uart: physical address of the register that takes a character ...
 * @status: ... and of its status
 * @ready: bits of that, and what they are if it takes another character
 * @idle: the same, if it has sent all of them
 * @wide: registers are words of 4 bytes
 * @flags: KEXEC_CONSOLE_*
 * @psci: KEXEC_PSCI_* to reset the machine by; 0 to stop
 * @moves: physical address in the trampoline where it moves memory, and of the
 *	end of that
 */
struct kexec_report_data {
	u64 uart;
	u64 status;
	u32 ready[2];
	u32 idle[2];
	u32 wide;
	u32 flags;
	u32 psci;
	u64 moves[2];
};

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
extern const u8 kexec_report[KEXEC_REPORT_SIZE];
/* Places in relocate_kernel. */
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

void __noreturn kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
				       phys_addr_t trampoline,
				       unsigned long line_size,
				       unsigned long to_el2, phys_addr_t resume);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
u64 machine_kexec_counter(u64 *hz);
#define machine_kexec_counter machine_kexec_counter
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect

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

#ifdef CONFIG_CRASH_DUMP
void crash_turn_off_this_cpu(void);
#endif

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
