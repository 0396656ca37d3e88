// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arm does when the kernel crashes, so that the crash image finds a machine
 * that keeps still, and what keeps the image whole until then.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/crash_reserve.h>
#include <asm/irq_regs.h>
#include <asm/pgalloc.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#ifdef CONFIG_SMP
/* What IPI_CPU_STOP means from now on; never cleared. */
static bool crash_stopping;

/**
 * crash_stop_this_cpu - keep still, if another CPU panics
 * @cpu: this one
 *
 * For who handles the IPI that stops a CPU: that which is sent in a panic does not
 * return, and waits for no lock.
 *
 * Context: The IPI's handler, interrupts off.
 */
void crash_stop_this_cpu(unsigned int cpu)
{
	/* Pairs with that of crash_smp_send_stop(). */
	if (!smp_load_acquire(&crash_stopping))
		return;
	crash_save_cpu(get_irq_regs(), cpu);
	/* What it wrote is there when it counts as stopped. */
	smp_mb();
	set_cpu_online(cpu, false);
	while (1) {
		cpu_relax();
		wfe();
	}
}

/**
 * crash_smp_send_stop - stop the other CPUs, once their registers are saved
 *
 * They have a second.  A CPU that has interrupts off does not come: there is no
 * interrupt on arm that this does not mask.
 *
 * Context: Any, interrupts off, on the CPU that panics.  May be called again.
 */
void crash_smp_send_stop(void)
{
	if (crash_stopping)
		return;
	/* Pairs with that of crash_stop_this_cpu(). */
	smp_store_release(&crash_stopping, true);
	smp_send_stop();
}
#endif /* CONFIG_SMP */

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	crash_smp_send_stop();
	/* None is left half handled, and none comes until a driver is there. */
	crash_quiet_interrupts();
}

static int change_page(pte_t *ptep, unsigned long addr, void *protect)
{
	set_pte_ext(ptep, protect ? pte_wrprotect(*ptep) :
				    pte_mkwrite_novma(pte_mkdirty(*ptep)), 0);
	return 0;
}

/* What of the region is mapped by pages since arm_reserve_crashkernel(). */
static phys_addr_t paged_start __ro_after_init, paged_end __ro_after_init;

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * By tables that all processes have in common.  What is not mapped by pages stays as it
 * is: up to 2 MiB less a page at either end of a region whose address was asked for, and
 * all of it if the system can be hibernated.
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP if not all of it could be guarded; -EINVAL if it is not mapped as
 * it should be.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	phys_addr_t past = start + ((phys_addr_t)nr_pages << PAGE_SHIFT);
	phys_addr_t first = max(start, paged_start), end = min(past, paged_end);
	int left = protect && (first > start || end < past) ? -EOPNOTSUPP : 0;
	unsigned long addr = (unsigned long)__va(first);
	int err;

	if (first >= end)
		return left;
	err = apply_to_existing_page_range(&init_mm, addr, end - first, change_page,
					   protect ? &init_mm : NULL);
	/*
	 * A page at a time, each for all CPUs, 64 MiB are 16384 operations: to fill the
	 * TLB again costs less than to go through more than a table maps.
	 */
	if (end - first > PMD_SIZE)
		flush_tlb_all();
	else
		flush_tlb_kernel_range(addr, addr + (end - first));
	return err ?: left;
}

/*
 * Low memory is mapped by sections, of which, without LPAE, each process has its
 * own copy.  What is to be protected later needs pages, and tables that are there
 * before there is a process.  Only tables that map nothing but the region: memory that
 * is in use, maybe by this, can't be without a mapping for a moment, and with two sizes
 * for an address in the TLB, anything may happen.
 */
static void __init map_by_pages(phys_addr_t start, phys_addr_t end)
{
	unsigned long size = PTE_HWTABLE_OFF + PTE_HWTABLE_SIZE;
	phys_addr_t phys;
	int i;

	paged_start = ALIGN(start, PMD_SIZE);
	paged_end = ALIGN_DOWN(end, PMD_SIZE);
	for (phys = paged_start; phys < paged_end; phys += PMD_SIZE) {
		unsigned long addr = (unsigned long)__va(phys);
		pmd_t *pmd = pmd_off_k(addr);
		pte_t *table;

		if ((pmd_val(*pmd) & PMD_TYPE_MASK) == PMD_TYPE_TABLE)
			continue;
		table = memblock_alloc(size, size);
		if (!table)
			panic("No memory for page tables of the crash region");
		for (i = 0; i < PTRS_PER_PTE; i++)
			set_pte_ext(table + i,
				    pfn_pte(PHYS_PFN(phys) + i, PAGE_KERNEL), 0);
		pmd_clear(pmd);
		local_flush_tlb_kernel_range(addr, addr + PMD_SIZE);
		pmd_populate_kernel(&init_mm, pmd, table);
		local_flush_tlb_kernel_range(addr, addr + PMD_SIZE);
	}
}

/**
 * arm_reserve_crashkernel - take the memory for a crash image, as asked for
 *
 * Context: boot, when the direct map is there, and memblock in charge.
 */
void __init arm_reserve_crashkernel(void)
{
	crashkernel_reserve_asked();
	/*
	 * When a system is restored from a disk, all memory is written to by tables that share
	 * these: they may be read-only, or get another content on the way.
	 */
	if (crashk_res.end && !IS_ENABLED(CONFIG_HIBERNATION))
		map_by_pages(crashk_res.start, crashk_res.end + 1);
}
