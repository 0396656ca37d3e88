// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a panic does on 64-bit powerpc: how CPUs are stopped, and what guards the region
 * for a crash image until then.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/firmware.h>
#include <asm/ftrace.h>
#include <asm/hw_irq.h>
#include <asm/kexec.h>
#include <asm/machdep.h>
#include <asm/mmu.h>
#include <asm/paca.h>
#include <asm/rtas.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/tlbflush.h>

/* How long is waited for other CPUs, in ms. */
#define STOP_TIMEOUT	1000

#ifdef CONFIG_PPC_RTAS
/* What is asked of RTAS by a CPU that stops. */
static struct rtas_args stop_self;
#endif

/* The CPUs that came here. */
static struct cpumask stopped_cpus;

/* In real mode, as the translation goes away; RTAS has the CPU then, if it can. */
static void __noreturn park_cpu(void)
{
	unsigned long entry = 0, base = 0, args = 0;
#ifdef CONFIG_PPC_RTAS
	int token = rtas_function_token(RTAS_FN_STOP_SELF);

	/* The same for all CPUs, and it does not return: no lock is needed. */
	stop_self.token = cpu_to_be32(token);
	stop_self.nargs = 0;
	stop_self.nret = cpu_to_be32(1);
	/* It takes addresses of 32 bits. */
	if (firmware_has_feature(FW_FEATURE_LPAR) && token != RTAS_UNKNOWN_SERVICE &&
	    upper_32_bits(__pa(&stop_self)) == 0) {
		entry = rtas.entry;
		base = rtas.base;
		args = __pa(&stop_self);
	}
#endif
	kexec_park_cpu(entry, base, args);
}

/**
 * crash_ipi_callback - stop this CPU for a panic on another
 * @regs: its registers
 *
 * It goes to firmware, from which the next kernels can start it.
 *
 * Context: Any, NMI included.  Does not return, unless the CPU is here already, and was
 * interrupted: that goes on.
 */
void crash_ipi_callback(struct pt_regs *regs)
{
	int cpu = smp_processor_id();

	if (cpumask_test_and_set_cpu(cpu, &stopped_cpus))
		return;
	hard_irq_disable();
	this_cpu_disable_ftrace();
	if (cpu_online(cpu))
		crash_save_cpu(regs, cpu);
	kexec_end_transaction();
	kexec_end_imc();
	if (ppc_md.kexec_cpu_down)
		ppc_md.kexec_cpu_down(1, 1);
	park_cpu();
}

/**
 * crash_kexec_secondary - after a system reset, leave the panic to another CPU
 * @regs: the registers of this one
 *
 * A system reset may come to all CPUs at once.  One of them panics, and sends the
 * others an NMI IPI; but this one may already be where that would bring it.
 *
 * Context: NMI.
 * Return: only if there is no crash image, or no CPU panics.
 */
void crash_kexec_secondary(struct pt_regs *regs)
{
	unsigned int ms;

	if (!kexec_crash_loaded())
		return;
	for (ms = 0; !kdump_in_progress(); ms++) {
		if (ms == STOP_TIMEOUT)
			return;
		mdelay(1);
	}
	/* Back here from crash_smp_send_stop(), as there was no good image. */
	if (READ_ONCE(crashing_cpu) == smp_processor_id())
		return;
	crash_ipi_callback(regs);
	/* It was on its way to stop, and would not get back there. */
	park_cpu();
}

#ifdef CONFIG_SMP
static bool all_parked(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id() &&
		    READ_ONCE(paca_ptrs[cpu]->kexec_state) != KEXEC_STATE_REAL_MODE)
			return false;
	}
	return true;
}

/**
 * crash_kexec_prepare - stop the other CPUs, after they have saved their registers
 *
 * One that does not answer is left alone after a while: crash_smp_send_stop() is
 * called once, and so is this.
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void crash_kexec_prepare(void)
{
	unsigned int ms;

	hard_irq_disable();
	WRITE_ONCE(crashing_cpu, smp_processor_id());
	/* For others that see the above, and come here by themselves. */
	smp_mb();
	crash_send_ipi(crash_ipi_callback);
	for (ms = 0; !all_parked() && ms < STOP_TIMEOUT; ms++)
		mdelay(1);
}
#else
void crash_smp_send_stop(void)
{
	WRITE_ONCE(crashing_cpu, 0);
}
#endif /* CONFIG_SMP */

/*
 * What has been guarded is only whole pages of the linear mapping, and what is to be
 * writable all those that it is in: the region may end in the middle of one since it
 * has shrunk.  None of them goes beyond @end, as that is memory of others.
 */
static unsigned long first_page(unsigned long start, unsigned long size, bool protect)
{
	return protect ? ALIGN(start, size) : ALIGN_DOWN(start, size);
}

#ifdef CONFIG_PPC_RADIX_MMU
/*
 * The entry that maps an address of the linear mapping, and how much memory it maps;
 * NULL for one that maps a gigabyte, which other memory needs as well.  To split it,
 * it would have to be invalid for a while (Power ISA, "Modifying a Translation Table
 * Entry"), and others use that memory all the time.
 */
static pte_t *find_radix_entry(unsigned long addr, unsigned long *size)
{
	pud_t *pud = pud_offset(p4d_offset(pgd_offset_k(addr), addr), addr);
	pmd_t *pmd;

	*size = PUD_SIZE;
	if (pud_none(*pud) || pud_leaf(*pud))
		return NULL;
	*size = PMD_SIZE;
	pmd = pmd_offset(pud, addr);
	if (pmd_none(*pmd))
		return NULL;
	if (pmd_leaf(*pmd))
		return pmdp_ptep(pmd);
	*size = PAGE_SIZE;
	return pte_offset_kernel(pmd, addr);
}

/* Returns how many bytes are guarded now, or writable. */
static unsigned long protect_radix(unsigned long start, unsigned long end,
				   bool protect)
{
	unsigned long addr, at, size, done = 0;
	pte_t *pte;

	for (addr = start; addr < end; addr = ALIGN_DOWN(addr, size) + size) {
		pte = find_radix_entry(addr, &size);
		at = first_page(addr, size, protect);
		if (!pte || at > addr || at + size > end)
			continue;
		radix__pte_update(&init_mm, at, pte, protect ? _PAGE_WRITE : 0,
				  protect ? 0 : _PAGE_WRITE, 1);
		done += at + size - addr;
	}
	radix__flush_tlb_kernel_range(start, end);
	return done;
}
#else
static inline unsigned long protect_radix(unsigned long start, unsigned long end,
					  bool protect)
{
	return 0;
}
#endif

#ifdef CONFIG_PPC_64S_HASH_MMU
/*
 * An entry that changes may be invalid for a moment, in which nobody uses the memory
 * that it maps: only a load does, which this is part of, or a shrink.
 */
static unsigned long protect_hash(unsigned long start, unsigned long end,
				  bool protect)
{
	unsigned long size = 1UL << mmu_psize_defs[mmu_linear_psize].shift;
	unsigned long addr, rights, done = 0;

	/* Older processors have no pages that only the kernel reads. */
	if (!mmu_has_feature(MMU_FTR_KERNEL_RO))
		return 0;
	rights = htab_convert_pte_flags(pgprot_val(protect ? PAGE_KERNEL_RO :
							     PAGE_KERNEL),
					HPTE_USE_KERNEL_KEY);
	for (addr = first_page(start, size, protect); addr + size <= end; addr += size) {
		mmu_hash_ops.hpte_updateboltedpp(rights, addr, mmu_linear_psize,
						 mmu_kernel_ssize);
		done += addr + size - max(addr, start);
	}
	return done;
}
#else
static inline unsigned long protect_hash(unsigned long start, unsigned long end,
					 bool protect)
{
	return 0;
}
#endif

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * Pages of the linear mapping that hold other memory as well are not guarded.  Nor is
 * anything if the processor has no read-only pages for the kernel, or if the system can be
 * restored from a disk: then all memory is written to.  The digest of the image has to do.
 *
 * Context: May sleep.
 * Return: 0, or -EOPNOTSUPP if not all is guarded.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	unsigned long addr = (unsigned long)__va(start);
	unsigned long len = nr_pages << PAGE_SHIFT, done;

	if (IS_ENABLED(CONFIG_HIBERNATION))
		return protect ? -EOPNOTSUPP : 0;
	if (radix_enabled())
		done = protect_radix(addr, addr + len, protect);
	else
		done = protect_hash(addr, addr + len, protect);
	/* What is not writable now was never guarded, and is. */
	return protect && done < len ? -EOPNOTSUPP : 0;
}
