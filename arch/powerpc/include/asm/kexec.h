/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_KEXEC_H
#define _ASM_POWERPC_KEXEC_H

/* The trampoline, at the start of its control page. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024

/* Of the stack that the kernel's own helpers run on when translation is off. */
#define KEXEC_STACK_SIZE		16384

/* How far a CPU has come that goes out of service: paca_struct.kexec_state. */
#define KEXEC_STATE_NONE		0
#define KEXEC_STATE_REAL_MODE		1

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/init.h>
#include <linux/instruction_pointer.h>
#include <linux/kconfig.h>
#include <linux/types.h>

#include <asm/cputable.h>
#include <asm/page.h>
#include <asm/ptrace.h>
#include <asm/reg.h>

#ifdef CONFIG_PPC64
#define KEXEC_ARCH		KEXEC_ARCH_PPC64
/*
 * The trampoline runs in real mode: it reaches all memory, as machine_kexec_check()
 * sees to it.  Real addresses have 60 bits (Power ISA, "Address Translation").
 */
#define KEXEC_DEST_LIMIT	(BIT(60) - 1)
#else
#define KEXEC_ARCH		KEXEC_ARCH_PPC
/*
 * BookE: one entry of the TLB maps 256 MiB; of 16, one is for the way to the others.
 * Book3S: without the last page, no end of a destination wraps around to 0.
 */
#define KEXEC_DEST_LIMIT	(IS_ENABLED(CONFIG_BOOKE) ? 0xf0000000UL - 1 : \
							    -PAGE_SIZE - 1)
#endif
#define KEXEC_ENTRY_ALIGN	4
/* Without highmem, of which there may be some beyond 4 GiB. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/**
 * struct kimage_arch - what powerpc keeps with an image
 * @trampoline: the control page
 * @stack: the lowest address of the stack; of 64 bits only
 */
struct kimage_arch {
	void *trampoline;
#ifdef CONFIG_PPC64
	void *stack;
#endif
};

struct kimage;

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
int machine_kexec_check_image(const struct kimage *image);
#define machine_kexec_check_image machine_kexec_check_image
#ifdef CONFIG_PPC64
#ifdef CONFIG_SMP
int machine_kexec_begin(void);
#define machine_kexec_begin machine_kexec_begin
#endif
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect
#endif /* CONFIG_PPC64 */
u64 machine_kexec_counter(u64 *hz);
#define machine_kexec_counter machine_kexec_counter
#ifdef CONFIG_CRASH_RESERVE
void machine_crash_region_changed(void);
#define machine_crash_region_changed machine_crash_region_changed
#endif

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

int kexec_prepare_trampoline(struct kimage *image);

#ifdef CONFIG_PPC64
void __noreturn kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
				       phys_addr_t trampoline, unsigned long cpu,
				       unsigned long block, void *stack_end);
void kexec_end_transaction(void);
void kexec_end_imc(void);
void __noreturn kexec_park_cpu(unsigned long entry, unsigned long base,
			       unsigned long args);
#ifdef CONFIG_KEXEC_CORE
void kexec_stop_other_cpus(void);
#endif
#else
void __noreturn kexec_enter_trampoline(unsigned long table, unsigned long entry,
				       unsigned long trampoline, unsigned long cpu,
				       unsigned long block, unsigned long ram,
				       unsigned long size);

/* There is none: machine_kexec_check(). */
static inline void kexec_stop_other_cpus(void) { }
#endif /* CONFIG_PPC64 */

/* In misc_64.S: how many CPUs are there that this kernel does not know. */
extern const u32 kexec_nr_waiting;

#ifdef CONFIG_PPC_BOOK3S_64
/*
 * What the next kernel may not know of, and so does not set itself (Power ISA).  What
 * this one forbids itself by keys ("Virtual Page Class Key Protection") is not forbidden
 * to the next.  It is not interrupted where xmon had set a breakpoint ("Completed
 * Instruction Address Breakpoint"), which in a partition is the hypervisor's: see
 * pseries_kexec_cpu_down().  Its programs run as if there were no DEXCR, and no key of this
 * one's is left ("Hash instructions").  In real mode none means anything to the kernel
 * itself but the breakpoint, so that it does not matter when that is done.
 */
static inline void reset_sprs(void)
{
	if (cpu_has_feature(CPU_FTR_ARCH_31)) {
		mtspr(SPRN_HASHKEYR, 0);
		mtspr(SPRN_DEXCR, 0);
	}
	if (cpu_has_feature(CPU_FTR_HVMODE) && cpu_has_feature(CPU_FTR_ARCH_207S))
		mtspr(SPRN_CIABR, 0);
	if (cpu_has_feature(CPU_FTR_ARCH_207S))
		mtspr(SPRN_IAMR, 0);
	if (cpu_has_feature(CPU_FTR_ARCH_206)) {
		mtspr(SPRN_UAMOR, 0);
		mtspr(SPRN_AMR, 0);
	}
	isync();
}
#endif

typedef void (*crash_shutdown_t)(void);

#ifdef CONFIG_CRASH_RESERVE
void reserve_crashkernel(void);
int overlaps_crashkernel(unsigned long start, unsigned long size);
#else
static inline void reserve_crashkernel(void) { }

static inline int overlaps_crashkernel(unsigned long start, unsigned long size)
{
	return 0;
}
#endif

#ifdef CONFIG_CRASH_DUMP
extern int crashing_cpu;
extern int crash_wake_offline;

void crash_send_ipi(void (*crash_ipi_callback)(struct pt_regs *regs));
void crash_ipi_callback(struct pt_regs *regs);
void crash_kexec_prepare(void);
void crash_kexec_secondary(struct pt_regs *regs);
int crash_shutdown_register(crash_shutdown_t handler);
int crash_shutdown_unregister(crash_shutdown_t handler);

/* <linux/crash_dump.h> has another one. */
bool is_kdump_kernel(void);
#define is_kdump_kernel is_kdump_kernel

/* Whether a crash image is on its way. */
static inline bool kdump_in_progress(void)
{
	return crashing_cpu >= 0;
}

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	unsigned long value;

	/* The general ones come first in struct pt_regs. */
#ifdef CONFIG_PPC64
	asm volatile(".irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
		     "std \\nr, 8 * \\nr(%[regs])\n\t"
		     ".endr\n\t"
		     ".irp nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
		     "std \\nr, 8 * \\nr(%[regs])\n\t"
		     ".endr"
		     : : [regs] "b" (regs->gpr) : "memory");
#else
	asm volatile("stmw 0, 0(%[regs])"
		     : : [regs] "b" (regs->gpr) : "memory");
#endif
	asm volatile("mflr %0" : "=r" (regs->link));
	asm volatile("mfctr %0" : "=r" (regs->ctr));
	asm volatile("mfxer %0" : "=r" (regs->xer));
	asm volatile("mfcr %0" : "=r" (value));
	regs->ccr = value;
	regs->nip = _THIS_IP_;
	regs->msr = mfmsr();
	regs->orig_gpr3 = 0;
	regs->trap = 0;
	regs->dar = 0;
	regs->dsisr = 0;
	regs->result = 0;
}
#else
static inline bool kdump_in_progress(void)
{
	return false;
}

/* Nobody is called. */
static inline int crash_shutdown_unregister(crash_shutdown_t unused) { return 0; }
static inline int crash_shutdown_register(crash_shutdown_t unused) { return 0; }

static inline void crash_ipi_callback(struct pt_regs *unused) { }
static inline void crash_kexec_secondary(struct pt_regs *unused) { }
#endif /* CONFIG_CRASH_DUMP */

#endif /* __ASSEMBLY__ */
#endif /* _ASM_POWERPC_KEXEC_H */
