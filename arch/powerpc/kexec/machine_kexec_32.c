// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on 32-bit powerpc: Book3S (603 to 7450), and BookE of the e500 family.
 *
 * An image gets a page of control memory for the trampoline, in relocate_kernel_32.S.
 * Book3S runs that in real mode, in which an image is to be started.  BookE can't turn
 * translation off: the trampoline maps memory to itself, which an image finds, too
 * (ePAPR, "Boot program image").
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqflags.h>
#include <linux/irqnr.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <asm/cputable.h>
#include <asm/hw_breakpoint.h>
#include <asm/hw_irq.h>
#include <asm/kexec.h>
#include <asm/mpic.h>
#include <asm/smp.h>

/* What an entry of the TLB maps. */
#define MAPPED_BY_ENTRY		SZ_256M

/**
 * machine_kexec_check - whether this machine can start an image
 * @crash: a crash image
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if there are other CPUs, as there is no place to stop them in that
 * is not a kernel's memory; -EOPNOTSUPP if the handoff does not reach the memory that
 * it needs, in which the kernel runs; -ENOMEM if it is not all mapped.
 */
int machine_kexec_check(bool crash)
{
	phys_addr_t end = virt_to_phys(high_memory - 1);

	if (!crash && num_present_cpus() > 1)
		return kexec_refuse(-EBUSY,
				    "the machine has no means to stop its other CPUs, which would go on running this kernel");
	if (end > KEXEC_DEST_LIMIT)
		return kexec_refuse(-EOPNOTSUPP,
				    "the handoff reaches memory below %#lx only, and the kernel runs in memory up to %#llx",
				    KEXEC_DEST_LIMIT + 1, (u64)end + 1);
#ifdef CONFIG_CRASH_DUMP
	if (crash && crashk_res.end > end)
		return kexec_refuse(-ENOMEM,
				    "the region for a crash image ends at %#llx, and the kernel has an address for memory below %#llx only",
				    (u64)crashk_res.end + 1, (u64)end + 1);
#endif
	return crash ? 0 : kexec_check_stray_cpus(num_present_cpus());
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int machine_kexec_prepare(struct kimage *image)
{
	return kexec_prepare_trampoline(image);
}

/*
 * A bit for each piece of the 4 GiB that an entry of the TLB maps, and has memory.  With
 * 32 bits none comes or goes, so that memblock is as it was at boot.
 */
static unsigned long pieces_with_ram(void)
{
	phys_addr_t start, end;
	unsigned long pieces = 0;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		u64 last = min_t(u64, end, (u64)KEXEC_DEST_LIMIT + 1);

		if (start < last)
			pieces |= GENMASK((last - 1) / MAPPED_BY_ENTRY,
					  start / MAPPED_BY_ENTRY);
	}
	return pieces;
}

/*
 * After a panic: registers are written for each source of an MPIC, and no lock is taken.
 * What is in service is ended, whatever it is: crash_quiet_interrupts() has not seen an
 * IPI, nor what a cascade came in by.  Nothing of the same priority would get through any
 * more.  To end what there is not does nothing.
 */
static void quiet_mpic(void)
{
	struct irq_desc *desc;
	unsigned int irq;

	for_each_irq_desc(irq, desc) {
		struct irq_data *data = irq_desc_get_irq_data(desc);

		if (!IS_ENABLED(CONFIG_MPIC) || !data->chip ||
		    data->chip->irq_mask != mpic_mask_irq)
			continue;
		mpic_mask_irq(data);
		mpic_end_irq(data);
	}
}

/*
 * An MPIC that is not to be reset (MPIC_NO_RESET) comes to the next kernel as it is here.
 * An interrupt that nobody there has asked for comes again and again, or is never ended.
 * To mask one, other controllers than that take locks.  After a panic they are left to
 * their drivers, most of which begin with all masked.
 */
static void quiet_controllers(bool crash)
{
	if (crash)
		quiet_mpic();
	else
		machine_kexec_mask_interrupts();
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image: the trampoline does, by its own map or without one.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown().
 */
void machine_kexec(struct kimage *image)
{
	unsigned long pieces = pieces_with_ram();

	hard_irq_disable();
	quiet_controllers(image->type == KEXEC_TYPE_CRASH);
	hw_breakpoint_disable();
	kexec_enter_trampoline(__pa(image->table), image->start,
			       __pa(image->arch.trampoline), hard_smp_processor_id(),
			       min(cur_cpu_spec->dcache_bsize,
				   cur_cpu_spec->icache_bsize),
			       pieces, ffz(pieces) * MAPPED_BY_ENTRY);
}
