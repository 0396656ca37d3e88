// SPDX-License-Identifier: GPL-2.0-only
/*
 * What m68k does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.  There is one CPU.
 */
#include <linux/crash_dump.h>
#include <linux/crash_reserve.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uio.h>

#include <asm/crash_reserve.h>
#include <asm/setup.h>
#include <asm/tlbflush.h>

/**
 * crash_smp_send_stop - stop the other CPUs, of which there are none
 */
void crash_smp_send_stop(void)
{
}

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * On virt a kernel masks nothing when it starts, and what a device goes on asking for would
 * keep it from all else.  There a register is written for each interrupt, and no lock is
 * taken.  Of other machines, most kernels mask all when they start; and what masks an
 * interrupt may map registers for that, as on Atari, for which it needs memory.
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	if (MACH_IS_VIRT)
		machine_kexec_mask_interrupts();
}

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * A 68040 has all memory mapped in single pages, each from the start on.
 *
 * Context: May sleep.
 * Return: 0.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	unsigned long virt = (unsigned long)phys_to_virt(start);
	unsigned long end = virt + (nr_pages << PAGE_SHIFT);

	for (; virt != end; virt += PAGE_SIZE) {
		pte_t *pte = virt_to_kpte(virt);

		set_pte(pte, protect ? pte_wrprotect(*pte) : pte_mkwrite_novma(*pte));
	}
	flush_tlb_all();
	return 0;
}

/**
 * copy_oldmem_page - copy from the memory of the kernel that has crashed
 * @iter: where to
 * @pfn: page frame
 * @csize: bytes
 * @offset: of the first of them, in the page
 *
 * Context: May sleep.
 * Return: how many were copied, or -ENOMEM.
 */
ssize_t copy_oldmem_page(struct iov_iter *iter, unsigned long pfn, size_t csize,
			 unsigned long offset)
{
	void *page;

	if (!csize)
		return 0;
	page = (void __force *)__ioremap(PFN_PHYS(pfn), PAGE_SIZE, IOMAP_FULL_CACHING);
	if (!page)
		return -ENOMEM;
	csize = copy_to_iter(page + offset, csize, iter);
	iounmap((void __force __iomem *)page);
	return csize;
}

/**
 * m68k_reserve_crashkernel - take the memory for a crash image, as asked for
 *
 * At the end: the next kernel is going to be where memory begins, and its initrd behind.
 *
 * No other processor than a 68040 loads an image (machine_kexec_check()), nor has all of
 * memory mapped in single pages.  A kernel for Atari wants memory at 0, which a capture
 * kernel does not have (atari_stram_init()).
 *
 * Context: boot, when memory is mapped, and memblock in charge.
 */
void __init m68k_reserve_crashkernel(void)
{
	bool bottom_up = memblock_bottom_up();

	if (!CPU_IS_040 || MACH_IS_ATARI) {
		if (strstr(boot_command_line, "crashkernel="))
			pr_warn("crashkernel: nothing is reserved on this machine\n");
		return;
	}
	memblock_set_bottom_up(false);
	crashkernel_reserve_asked();
	memblock_set_bottom_up(bottom_up);
}
