/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_KEXEC_H
#define _ASM_X86_KEXEC_H

#include <asm/page.h>

/*
 * The trampoline's control page: code, GDT and the kernel's state in the lower
 * half, the stack in the upper, which the image gets to start with.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	2048

/* In it, for the kernel: the stack pointer of the image that returned. */
#define KEXEC_TRAMPOLINE_STACK		(KEXEC_CONTROL_CODE_MAX_SIZE - 8)

/* Flags to the trampoline. */
#define KEXEC_TRAMPOLINE_WBINVD		1	/* write caches back first */
#define KEXEC_TRAMPOLINE_PRESERVE	2	/* exchange memory; there is a way back */
#define KEXEC_TRAMPOLINE_EFER		4	/* EFER is there, and to be restored */
#define KEXEC_TRAMPOLINE_REPORT		8	/* the IDT is that of the report page */
#define KEXEC_TRAMPOLINE_MARKS		16	/* say how far it comes */
#define KEXEC_TRAMPOLINE_FAULT		32	/* for tests: fault, last of all */

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/instruction_pointer.h>
#include <linux/linkage.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <asm/irqflags.h>
#include <asm/ptrace.h>
#include <asm/segment.h>

#define KEXEC_ENTRY_ALIGN	1

#ifdef CONFIG_X86_64
#define KEXEC_ARCH		KEXEC_ARCH_X86_64
#define KEXEC_DEST_LIMIT	(MAXMEM - 1)
/* The identity map of the handoff has all memory. */
#define KEXEC_SOURCE_GFP	0
#else
#define KEXEC_ARCH		KEXEC_ARCH_386
/*
 * The handoff moves memory without paging, so it reaches 4 GiB, whatever PAE
 * lets the kernel have.  The last page of those is the firmware's, with the
 * reset vector: without it, no end of a destination wraps around to 0.
 */
#define KEXEC_DEST_LIMIT	(-PAGE_SIZE - 1)
#define KEXEC_SOURCE_GFP	machine_kexec_source_gfp()
#endif
/* Directly mapped. */
#define KEXEC_CONTROL_GFP	0

#define KEXEC_HANDOFF_CONSOLES	(BIT(KEXEC_CONSOLE_UART_IO) | \
				 BIT(KEXEC_CONSOLE_UART_MMIO) | \
				 BIT(KEXEC_CONSOLE_UART_MMIO32))

struct kimage;
struct page;

/**
 * struct kimage_arch - what x86 keeps with an image
 * @pgd: top of the page tables that the handoff runs on, an identity map
 * @both_pgd: the same, with the kernel's half: for the way there and back
 * @trampoline: the control page
 * @report: the report page; NULL if exceptions are not reported
 * @report_flags: KEXEC_TRAMPOLINE_* for that
 */
struct kimage_arch {
	pgd_t *pgd;
	pgd_t *both_pgd;
	void *trampoline;
	void *report;
	unsigned long report_flags;
};

extern const u8 relocate_kernel[KEXEC_CONTROL_CODE_MAX_SIZE];

int machine_kexec_check_image(const struct kimage *image);
#define machine_kexec_check_image machine_kexec_check_image

#ifdef CONFIG_KEXEC_JUMP
bool machine_jump_pending(void);
#define machine_jump_pending machine_jump_pending
#endif

#ifdef CONFIG_X86_64
int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check

void kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
			    phys_addr_t trampoline, unsigned long both_cr3,
			    unsigned long own_cr3, unsigned long flags);
#else
gfp_t machine_kexec_source_gfp(void);

asmlinkage void kexec_enter_trampoline(unsigned long table,
				       unsigned long entry,
				       unsigned long trampoline,
				       unsigned long pgd, unsigned long cr4,
				       unsigned long flags);
#endif

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
#define AT(member)	offsetof(struct pt_regs, member)
	unsigned long flags = native_save_fl();

#ifdef CONFIG_X86_64
#define STORE(reg, member) \
	"movq %%" #reg ", %c[" #member "](%[regs])\n\t"
	asm volatile(STORE(rax, ax) STORE(rbx, bx) STORE(rcx, cx)
		     STORE(rdx, dx) STORE(rsi, si) STORE(rdi, di)
		     STORE(rbp, bp) STORE(rsp, sp) STORE(r8, r8)
		     STORE(r9, r9) STORE(r10, r10) STORE(r11, r11)
		     STORE(r12, r12) STORE(r13, r13) STORE(r14, r14)
		     STORE(r15, r15)
		     : : [regs] "r" (regs),
		       [ax] "i" (AT(ax)), [bx] "i" (AT(bx)),
		       [cx] "i" (AT(cx)), [dx] "i" (AT(dx)),
		       [si] "i" (AT(si)), [di] "i" (AT(di)),
		       [bp] "i" (AT(bp)), [sp] "i" (AT(sp)),
		       [r8] "i" (AT(r8)), [r9] "i" (AT(r9)),
		       [r10] "i" (AT(r10)), [r11] "i" (AT(r11)),
		       [r12] "i" (AT(r12)), [r13] "i" (AT(r13)),
		       [r14] "i" (AT(r14)), [r15] "i" (AT(r15))
		     : "memory");
#else
#define STORE(reg, member) \
	"movl %%" #reg ", %c[" #member "](%[regs])\n\t"
	asm volatile(STORE(eax, ax) STORE(ebx, bx) STORE(ecx, cx)
		     STORE(edx, dx) STORE(esi, si) STORE(edi, di)
		     STORE(ebp, bp) STORE(esp, sp)
		     : : [regs] "r" (regs),
		       [ax] "i" (AT(ax)), [bx] "i" (AT(bx)),
		       [cx] "i" (AT(cx)), [dx] "i" (AT(dx)),
		       [si] "i" (AT(si)), [di] "i" (AT(di)),
		       [bp] "i" (AT(bp)), [sp] "i" (AT(sp))
		     : "memory");
	savesegment(ds, regs->ds);
	savesegment(es, regs->es);
	savesegment(fs, regs->fs);
	savesegment(gs, regs->gs);
#endif
#undef STORE
#undef AT
	regs->ip = _THIS_IP_;
	regs->flags = flags;
	regs->cs = __KERNEL_CS;
	regs->ss = __KERNEL_DS;
	regs->orig_ax = -1;
}

const char *machine_kexec_why_no_ram(u64 start, u64 end);
#define machine_kexec_why_no_ram machine_kexec_why_no_ram

u64 machine_kexec_letter(void);
#define machine_kexec_letter machine_kexec_letter
u64 machine_kexec_counter(u64 *hz);
#define machine_kexec_counter machine_kexec_counter
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect
bool machine_crash_console_waits(void);
#define machine_crash_console_waits machine_crash_console_waits

/*
 * The word that an image left at the top of its stack says where it goes on.  An
 * image that has returned by "ret" has nothing of its own above.
 */
static inline unsigned long kexec_image_stack(const void *trampoline)
{
	unsigned long stack = *(const unsigned long *)(trampoline +
						       KEXEC_TRAMPOLINE_STACK);

	return stack == __pa(trampoline) + PAGE_SIZE ? 0 : stack;
}

#ifdef CONFIG_X86_32
/* /proc/vmcore may be that of a 64-bit kernel: <linux/crash_dump.h>. */
#define vmcore_elf_check_arch_cross(header) ((header)->e_machine == EM_X86_64)
#endif

/* For smp_ops. */
void kdump_nmi_shootdown_cpus(void);

#ifdef CONFIG_AMD_MEM_ENCRYPT
int machine_kexec_adopt_pages(struct page *page, unsigned long nr_pages);
#define machine_kexec_adopt_pages machine_kexec_adopt_pages

int machine_kexec_release_pages(struct page *page, unsigned long nr_pages);
#define machine_kexec_release_pages machine_kexec_release_pages
#endif

/* For Hyper-V's root partition (7.3): @old, or the registers as they are. */
static __always_inline void crash_setup_regs(struct pt_regs *regs,
					     struct pt_regs *old)
{
	if (old)
		*regs = *old;
	else
		machine_crash_regs(regs);
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_X86_KEXEC_H */
