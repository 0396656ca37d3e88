// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on x86, 32-bit, with and without PAE.
 *
 * Memory is moved with paging off, so an image needs little control memory: one
 * page with the trampoline, its GDT and a stack, and page tables for the few
 * instructions from the kernel's to there, and back.  The trampoline is in
 * relocate_kernel_32.S, the state at the entry point is the 32-bit boot
 * protocol's (Documentation/arch/x86/boot.rst).
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/kprobes.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include <xen/xen.h>

#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/io.h>
#include <asm/msr.h>
#include <asm/smp.h>
#include <asm/special_insns.h>

#include "machine_kexec_report.h"
#include "machine_kexec_sampling.h"

static void *alloc_table(struct kimage *image)
{
	struct page *page = kimage_alloc_control_pages(image, 0);

	return page ? page_address(page) : NULL;
}

/*
 * Map the page at @addr to @phys.  Entries are stored without set_pgd() and its
 * like, which also write to the other half of what they take for a pair of page
 * tables, one of them the user's (CONFIG_MITIGATION_PAGE_TABLE_ISOLATION).
 */
static int map_page(struct kimage *image, unsigned long addr,
		    unsigned long phys)
{
	pgd_t *pgd = pgd_offset_pgd(image->arch.pgd, addr);
	pmd_t *pmd;
	pte_t *pte;

	if (IS_ENABLED(CONFIG_X86_PAE) && !pgd_val(*pgd)) {
		void *table = alloc_table(image);

		if (!table)
			return -ENOMEM;
		/* All other bits are reserved in this level (SDM 3A, 4.4.1). */
		*pgd = __pgd(__pa(table) | _PAGE_PRESENT);
	}

	pmd = pmd_offset(pud_offset(p4d_offset(pgd, addr), addr), addr);
	if (!pmd_val(*pmd)) {
		void *table = alloc_table(image);

		if (!table)
			return -ENOMEM;
		*pmd = __pmd(__pa(table) | _KERNPG_TABLE_NOENC);
	}

	pte = pte_offset_kernel(pmd, addr);
	*pte = pfn_pte(PHYS_PFN(phys), PAGE_KERNEL_EXEC);
	return 0;
}

static bool same_page(unsigned long a, unsigned long b)
{
	return !((a ^ b) & PAGE_MASK);
}

/*
 * Who reports an exception on the way may find paging still on.  If the page has the
 * very address of the kernel's code, it has to do without for some instructions.
 */
static int map_report(struct kimage *image)
{
	unsigned long report;

	if (!image->arch.report)
		return 0;
	report = __pa(image->arch.report);
	if (same_page(report, (unsigned long)kexec_enter_trampoline))
		return 0;
	return map_page(image, report, report);
}

/* With paging on: the code that leaves the kernel, and the trampoline. */
static int build_tables(struct kimage *image)
{
	unsigned long text = (unsigned long)kexec_enter_trampoline;
	unsigned long trampoline = __pa(image->arch.trampoline);

	image->arch.pgd = alloc_table(image);
	if (!image->arch.pgd)
		return -ENOMEM;

	return map_page(image, text, __pa_symbol(kexec_enter_trampoline)) ?:
	       map_page(image, trampoline, trampoline) ?:
	       map_report(image);
}

/**
 * machine_kexec_source_gfp - which zones sources may come from
 *
 * The handoff reaches 4 GiB.  Highmem is one zone, wherever it ends: either all
 * of it is below, or none is taken.
 *
 * Context: Any.
 * Return: zone modifiers.
 */
gfp_t machine_kexec_source_gfp(void)
{
	return max_pfn > PHYS_PFN(SZ_4G) ? 0 : __GFP_HIGHMEM;
}

/* The control page as every handoff has to find it. */
static void init_trampoline(struct kimage *image)
{
	memcpy(image->arch.trampoline, relocate_kernel, sizeof(relocate_kernel));
	memset(image->arch.trampoline + sizeof(relocate_kernel), 0,
	       PAGE_SIZE - sizeof(relocate_kernel));
	kexec_report_connect(image);
}

/**
 * machine_kexec_check_image - whether this machine can start an image
 * @image: an image that holds no memory yet, or is complete
 *
 * Context: May sleep.
 * Return: 0, or -EOPNOTSUPP if no image returns.
 */
int machine_kexec_check_image(const struct kimage *image)
{
	/* It is told only once where to write what a CPU and it share: the image's memory. */
	if (image->preserve_context && xen_domain())
		return kexec_refuse(-EOPNOTSUPP,
				    "no image returns in a guest of Xen, which goes on writing to its memory");
	return 0;
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or what kexec_report_prepare() returns.
 */
int machine_kexec_prepare(struct kimage *image)
{
	int err;

	/*
	 * Where the kernel has less than 3 GiB of addresses below it, one page
	 * of memory has the very address that the kernel's code has, which both
	 * have to be mapped.  The next page is another one.
	 */
	do {
		image->arch.trampoline = alloc_table(image);
		if (!image->arch.trampoline)
			return -ENOMEM;
	} while (same_page(__pa(image->arch.trampoline),
			   (unsigned long)kexec_enter_trampoline));

	err = kexec_report_prepare(image);
	if (err)
		return err;
	init_trampoline(image);
	return build_tables(image);
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* Never comes back, or when the image returned. */
static noinline void leave(struct kimage *image, unsigned long flags)
{
	unsigned long trampoline = __pa(image->arch.trampoline);
	unsigned long table = __pa(image->table);
	unsigned long pgd = __pa(image->arch.pgd);
	/* On a CPU that has none this is an exception, which needs the IDT. */
	unsigned long cr4 = native_read_cr4();

	/*
	 * From here on an exception could only be taken by a dead handler.  Without the
	 * IDT nothing is called that may be probed, as __pa() may be.
	 */
	hw_breakpoint_disable();

	native_idt_invalidate();
	kexec_enter_trampoline(table, image->start, trampoline, pgd, cr4, flags);
}

NOKPROBE_SYMBOL(leave);

#ifdef CONFIG_KEXEC_JUMP
#ifdef CONFIG_SMP
/* Who waits there for a write to memory would wake up in the image's. */
static void let_offline_cpus_halt(void)
{
	smp_kick_mwait_play_dead();
}
#else
static inline void let_offline_cpus_halt(void) { }
#endif

/*
 * The control memory as the handoff found it.  A processor notes no access in the
 * top level of PAE's tables, where that bit is reserved (SDM 3A, 4.4.1), but an
 * emulator may: QEMU does.
 */
static void restore_control_memory(struct kimage *image)
{
	unsigned int i;

	for (i = 0; IS_ENABLED(CONFIG_X86_PAE) && i < PTRS_PER_PGD; i++)
		image->arch.pgd[i].pgd &= ~(pgdval_t)_PAGE_ACCESSED;
	init_trampoline(image);
}

/*
 * Control registers, EFER, the GDT and its segments are restored by the
 * trampoline; tables, the user's gs, MSRs and the FPU as after hibernation.
 */
static void leave_and_return(struct kimage *image)
{
	unsigned long flags = image->arch.report_flags |
			      KEXEC_TRAMPOLINE_PRESERVE;
	struct kexec_sampling sampling;
	u32 low, high;

	let_offline_cpus_halt();

	/*
	 * Not every CPU has this one, and when it is read next nobody can take
	 * an exception.  What does not come back does not read it at all.
	 */
	if (!rdmsr_safe(MSR_EFER, &low, &high))
		flags |= KEXEC_TRAMPOLINE_EFER;

	kexec_stop_sampling(&sampling);
	save_processor_state();
	leave(image, flags);
	restore_processor_state();
	hw_breakpoint_restore();
	kexec_resume_sampling(&sampling);

	image->stack = kexec_image_stack(image->arch.trampoline);
	restore_control_memory(image);
}
#else
static inline void leave_and_return(struct kimage *image) { }
#endif

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image, whose memory may be protected: the trampoline
 * does, by its own map.  Returns when an image with @preserve_context does, and
 * its control memory is as it was before, then.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown(), perhaps in an NMI; or, with @preserve_context,
 * after syscore_suspend().
 */
void machine_kexec(struct kimage *image)
{
	if (IS_ENABLED(CONFIG_KEXEC_JUMP) && image->preserve_context) {
		leave_and_return(image);
		return;
	}
	kexec_end_sampling();
	leave(image, image->arch.report_flags);
}
