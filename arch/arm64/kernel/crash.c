// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arm64 does when the kernel crashes, so that the crash image finds a
 * machine that keeps still, and what keeps the image whole until then.
 *
 * The other CPUs are stopped by crash_smp_send_stop(), which is in smp.c.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/arm_sdei.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pagewalk.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/preempt.h>
#include <linux/reboot.h>
#include <linux/set_memory.h>
#include <linux/smp.h>

#include <asm/cpu_ops.h>
#include <asm/daifflags.h>
#include <asm/kexec_base.h>
#include <asm/tlbflush.h>

/**
 * crash_turn_off_this_cpu - go to firmware, as another CPU panics
 *
 * For a CPU that panics, too, and has interrupts off.  Those that hear the IPI which
 * stops them go there, and so does this one: the next kernel can start it.  But not
 * in an NMI: that may be an event of firmware's (SDEI) which is not complete, and
 * firmware need not expect to be asked to turn the CPU off then.
 *
 * Context: Any, interrupts off, registers saved.
 * Return: only if it is to wait in this kernel's memory.
 */
void crash_turn_off_this_cpu(void)
{
	unsigned int cpu = raw_smp_processor_id();
	const struct cpu_operations *ops = get_cpu_ops(cpu);

	if (!kexec_crash_loaded() || in_nmi() || !ops || !ops->cpu_die)
		return;
	local_daif_mask();
	sdei_mask_local_cpu();
	/* From here on the CPU that panicked first may start the image. */
	set_cpu_online(cpu, false);
	ops->cpu_die(cpu);
}

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * Context: Any, on the CPU that panics, interrupts off.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	crash_smp_send_stop();
	if (smp_crash_stop_failed())
		pr_emerg("some CPUs did not stop and go on running the old kernel\n");

	/* The interrupt controller, as far as it knows of devices. */
	crash_quiet_interrupts();
}

/* What walk->private points to: whether memory is to be read-only. */
static pte_t changed(pte_t pte, const struct mm_walk *walk)
{
	const bool *protect = walk->private;

	return *protect ? pte_wrprotect(pte) :
			  pte_mkwrite_novma(pte_mkdirty(pte));
}

static int change_pud(pud_t *pudp, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	pud_t pud = READ_ONCE(*pudp);

	if (pud_leaf(pud)) {
		set_pud(pudp, pte_pud(changed(pud_pte(pud), walk)));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int change_pmd(pmd_t *pmdp, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	pmd_t pmd = READ_ONCE(*pmdp);

	if (pmd_leaf(pmd)) {
		set_pmd(pmdp, pte_pmd(changed(pmd_pte(pmd), walk)));
		walk->action = ACTION_CONTINUE;
	}
	return 0;
}

static int change_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		      struct mm_walk *walk)
{
	__set_pte(ptep, changed(__ptep_get(ptep), walk));
	return 0;
}

static const struct mm_walk_ops protect_ops = {
	.pud_entry = change_pud,
	.pmd_entry = change_pmd,
	.pte_entry = change_pte,
};

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * Where the kernel's map has blocks that can't be split while they are in use
 * ("rodata=on" or "noalias", "rodata=off"), nothing is guarded.  Where they can be, those at
 * the ends are, and the others stay whole.
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if nothing can be guarded.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	unsigned long addr = (unsigned long)__va(start);
	unsigned long end = addr + (nr_pages << PAGE_SHIFT);
	int err;

	if (!can_set_direct_map())
		return protect ? -EOPNOTSUPP : 0;
	err = crash_split_blocks(addr, end);
	if (err)
		return err;

	mmap_read_lock(&init_mm);
	err = walk_kernel_page_table_range(addr, end, &protect_ops, NULL,
					   &protect);
	mmap_read_unlock(&init_mm);
	flush_tlb_kernel_range(addr, end);
	return err;
}

#ifdef CONFIG_HIBERNATION
/**
 * crash_is_nosave - whether hibernation need not save a page
 * @pfn: of memory that the kernel has
 *
 * Context: Interrupts off, on the only CPU running.
 * Return: whether it is reserved for a crash image, and none is there.
 */
bool crash_is_nosave(unsigned long pfn)
{
	phys_addr_t phys = PFN_PHYS(pfn);

	return !kexec_crash_loaded() && crashk_res.end &&
	       phys >= crashk_res.start && phys <= crashk_res.end;
}
#endif
