// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arm64 does when the kernel crashes, so that the crash image finds a
 * machine that keeps still, and what keeps the image whole until then.
 *
 * The other CPUs are stopped by crash_smp_send_stop(), which is in smp.c.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/crash_reserve.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/reboot.h>
#include <linux/set_memory.h>
#include <linux/smp.h>

#include <asm/tlbflush.h>

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

static int change_page(pte_t *ptep, unsigned long addr, void *protect)
{
	pte_t pte = __ptep_get(ptep);

	__set_pte(ptep, protect ? pte_wrprotect(pte) :
				  pte_mkwrite_novma(pte_mkdirty(pte)));
	return 0;
}

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * Where memory is not mapped by pages ("rodata=on", "rodata=off"), a large one
 * can't be split while it is in use, and nothing is guarded.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	unsigned long addr = (unsigned long)__va(start);
	unsigned long len = nr_pages << PAGE_SHIFT;
	int err;

	if (!can_set_direct_map())
		return 0;
	err = apply_to_page_range(&init_mm, addr, len, change_page,
				  protect ? &init_mm : NULL);
	flush_tlb_kernel_range(addr, addr + len);
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
