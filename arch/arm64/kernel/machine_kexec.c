// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on arm64.
 *
 * An image gets control memory for: the trampoline, a page; tables that map all
 * memory to itself, for TTBR0; and, if the kernel runs at EL1 but was started
 * at EL2, a copy of the vectors by which to go there again, as the kernel's may
 * be overwritten.  With kexec.handoff_debug= there is the report page besides, see
 * relocate_kernel_report.S.
 *
 * An identity map, rather than a copy of the linear map for TTBR1: it takes some
 * pages, in blocks as large as can be, whereas the linear map consists of single
 * pages by default, whose tables are a page for each 2 MiB of memory.  And with
 * it, nothing is in use of the half of the addresses that the kernel is in.
 *
 * The trampoline is in relocate_kernel.S, the state at the entry point is that
 * of Documentation/arch/arm64/booting.rst.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/cc_platform.h>
#include <linux/cpu.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/psci.h>
#include <linux/reboot.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <uapi/linux/psci.h>

#include <xen/xen.h>

#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/daifflags.h>
#include <asm/fpsimd.h>
#include <asm/kexec_base.h>
#include <asm/mmu_context.h>
#include <asm/smp_plat.h>
#include <asm/suspend.h>
#include <asm/sysreg.h>
#include <asm/trans_pgd.h>
#include <asm/virt.h>
#ifdef CONFIG_ARM64_GCS
#include <asm/gcs.h>
#endif
/* It can't be included without. */
#if IS_ENABLED(CONFIG_HYPERV)
#include <asm/mshyperv.h>
#else
static inline bool hv_is_hyperv_initialized(void)
{
	return false;
}
#endif

#include <clocksource/arm_arch_timer.h>

/*
 * The identity map has 48 bits of addresses, whatever the kernel has; or 52, where
 * memory is that high.  With pages of 4 KiB, those are translated from level 0 on, these
 * from level -1 on; with larger pages, both from the same level on.
 */
#define IDENT_BITS		48
#define IDENT_BITS_HIGH		52

/*
 * The first level whose entries can be blocks (Arm ARM, "VMSAv8-64 Block
 * descriptor"): those of 1 GiB with pages of 4 KiB, of 32 MiB or 512 MiB with
 * larger ones.  Some processors have larger blocks, which nobody needs here.
 */
#define IDENT_BLOCK_LEVEL	(PAGE_SHIFT == 12 ? 1 : 2)

/*
 * In a kernel that captures a dump: those that did not stop for the panic.  Also those that
 * nr_cpus= keeps from it: it has their numbers.
 */
static unsigned int cpus_left_behind(void)
{
	unsigned int cpu, nr = 0;

	if (!psci_ops.affinity_info)
		return 0;
	/* Nobody is on the way to or from firmware. */
	guard(cpus_read_lock)();
	for (cpu = 0; cpu < ARRAY_SIZE(__cpu_logical_map); cpu++) {
		if (cpu_logical_map(cpu) == INVALID_HWID ||
		    (cpu < nr_cpu_ids && cpu_online(cpu)))
			continue;
		nr += psci_ops.affinity_info(cpu_logical_map(cpu), 0) ==
			PSCI_0_2_AFFINITY_LEVEL_ON;
	}
	return nr;
}

/* What cpu_operations::cpu_disable() says: not if a trusted OS lives there, for one. */
static bool can_disable(unsigned int cpu)
{
	return arch_cpu_is_hotpluggable(cpu) && psci_ops.cpu_off;
}

/*
 * What runs this kernel as its guest, and would be in the way of the next one.
 *
 * Xen: VCPUOP_register_vcpu_info fails the second time, see xen_starting_cpu().
 *
 * Hyper-V: hv_setup_kexec_handler() does nothing here, so nobody takes back what the
 * host writes to; and a CPU that has channels can't go offline, hv_synic_cleanup().  In a
 * panic, its own notifier does that.
 *
 * A Realm: memory that is shared with the host has no protected address, by which the
 * handoff would write to it.
 */
static int check_hypervisor(bool crash)
{
	if (xen_domain())
		return kexec_refuse(-EOPNOTSUPP,
				    "no second kernel can be started in a guest of Xen, which takes what a CPU shares with it only once");
	if (crash)
		return 0;
	if (hv_is_hyperv_initialized())
		return kexec_refuse(-EOPNOTSUPP,
				    "nothing tells Hyper-V to stop writing to this kernel's memory");
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT))
		return kexec_refuse(-EOPNOTSUPP,
				    "the handoff can't write to memory that a Realm shares with its host");
	return 0;
}

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic: CPUs that are stuck stay in its memory, which a crash image
 *	leaves alone
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if other CPUs can't be stopped for good; -EOPNOTSUPP in a guest of a
 * hypervisor that would be in the way, or with a GICv5.
 */
int machine_kexec_check(bool crash)
{
	unsigned int nr = crash ? 0 : cpus_left_behind();
	int err = check_hypervisor(crash);

	if (err)
		return err;
	if (kexec_gic_keeps_tables())
		return kexec_refuse(-EOPNOTSUPP,
				    "the interrupt controller, a GICv5, can't be given to another kernel");
	if (!crash && cpus_are_stuck_in_kernel())
		return kexec_refuse(-EBUSY,
				    "the other CPUs can't be taken offline, and would go on running this kernel");
	if (nr)
		return kexec_refuse(-EBUSY,
				    "%u other CPUs did not stop, and still run this kernel or one that has crashed",
				    nr);
	return crash ? 0 : kexec_check_cpus(reboot_cpu, can_disable);
}

static void *alloc_table(void *image)
{
	struct page *page = kimage_alloc_control_pages(image, 0);

	return page ? page_address(page) : NULL;
}

static u64 make_entry(phys_addr_t phys, pgprot_t prot)
{
	return pte_val(pfn_pte(PHYS_PFN(phys), prot));
}

struct ident_map {
	struct kimage *image;
	u64 *top;
};

/*
 * The table that an entry of a table points to; allocated if there is none.  A block
 * is none: what it points to is somebody's memory.
 */
static u64 *next_table(struct kimage *image, u64 *entry)
{
	u64 *table;

	if (WARN_ON_ONCE(*entry &&
			 (*entry & PMD_TYPE_MASK) != PMD_TYPE_TABLE))
		return NULL;
	if (*entry)
		return phys_to_virt(__pte_to_phys(__pte(*entry)));
	table = alloc_table(image);
	/* Who walks it may note so in the entry (FEAT_HAFT): it is noted already. */
	if (table)
		*entry = make_entry(virt_to_phys(table),
				    __pgprot(PMD_TYPE_TABLE | PTE_AF));
	return table;
}

/* Map @phys to itself by an entry of that level, to which it is aligned. */
static int map_entry(const struct ident_map *map, phys_addr_t phys, int level,
		     pgprot_t prot)
{
	u64 *table = map->top, *entry, new;
	int at;

	for (at = 4 - ARM64_HW_PGTABLE_LEVELS(map->image->arch.ident_bits); ; at++) {
		entry = &table[(phys >> ARM64_HW_PGTABLE_LEVEL_SHIFT(at)) %
			       PTRS_PER_PTE];
		if (at == level)
			break;
		table = next_table(map->image, entry);
		if (!table)
			return -ENOMEM;
	}
	if (level < 3)
		prot = __pgprot((pgprot_val(prot) & ~PMD_TYPE_MASK) |
				PMD_TYPE_SECT);
	new = make_entry(phys, prot);
	/* Two registers may be in a page, and nothing else is mapped twice. */
	if (WARN_ON_ONCE(*entry && *entry != new))
		return -EINVAL;
	*entry = new;
	return 0;
}

/* Map [@start, @end) to itself, by entries as large as fit. */
static int map_range(const struct ident_map *map, phys_addr_t start,
		     phys_addr_t end)
{
	phys_addr_t phys, size;
	int level, err;

	for (phys = start; phys < end; phys += size) {
		for (level = IDENT_BLOCK_LEVEL; level < 3; level++) {
			size = BIT_ULL(ARM64_HW_PGTABLE_LEVEL_SHIFT(level));
			if (IS_ALIGNED(phys, size) && end - phys >= size)
				break;
		}
		size = BIT_ULL(ARM64_HW_PGTABLE_LEVEL_SHIFT(level));
		err = map_entry(map, phys, level, PAGE_KERNEL_EXEC);
		if (err)
			return err;
	}
	return 0;
}

static int map_resource(struct resource *res, void *map)
{
	return map_range(map, PAGE_ALIGN(res->start), PAGE_ALIGN_DOWN(res->end + 1));
}

static int map_register(const struct ident_map *map, u64 reg)
{
	return map_entry(map, PAGE_ALIGN_DOWN(reg), 3, pgprot_device(PAGE_KERNEL));
}

/* Marks are printed with translation on, too; what reports turns it off. */
static int map_console(const struct ident_map *map)
{
	const struct kexec_report_data *data;

	if (!IS_ENABLED(CONFIG_KEXEC_DEBUG_HANDOFF) || !map->image->arch.report)
		return 0;
	data = phys_to_virt(map->image->arch.report + KEXEC_REPORT_DATA);
	return map_register(map, data->uart) ?: map_register(map, data->status);
}

/*
 * Whether processors translate addresses of 52 bits: with pages of 64 KiB if they have
 * LVA, with others as the kernel has turned LPA2 on, or not.
 */
static bool can_map_high(void)
{
	if (!IS_ENABLED(CONFIG_ARM64_PA_BITS_52))
		return false;
	return IS_ENABLED(CONFIG_ARM64_64K_PAGES) ? cpu_has_lva() : lpa2_is_enabled();
}

/*
 * Map what the linear map has, and no more: what is cacheable may be read by
 * speculation at any time, and not all that lies between may be read.  System RAM is
 * that, and can be walked through while memory comes and goes.
 */
static int build_ident_map(struct kimage *image)
{
	struct ident_map map = { .image = image };
	u64 end = kexec_end_of_ram();
	int err;

	image->arch.ident_bits = end > BIT_ULL(IDENT_BITS) ? IDENT_BITS_HIGH :
							     IDENT_BITS;
	if (image->arch.ident_bits > IDENT_BITS && !can_map_high())
		return kexec_refuse(-EOPNOTSUPP,
				    "memory goes on above 2^%d", IDENT_BITS);

	map.top = alloc_table(image);
	if (!map.top)
		return -ENOMEM;
	image->arch.ttbr0 = phys_to_ttbr(virt_to_phys(map.top));

	err = walk_system_ram_res(0, end - 1, &map, map_resource);
	return err ?: map_console(&map);
}

/*
 * What is in a page is executed with caches off, too: clean it to the point of
 * coherency, besides what instruction fetch needs.
 */
static void clean_code(void *page)
{
	unsigned long start = (unsigned long)page;

	dcache_clean_inval_poc(start, start + PAGE_SIZE);
	caches_clean_inval_pou(start, start + PAGE_SIZE);
}

/* The trampoline's page as every handoff has to find it. */
static void init_trampoline(const struct kimage *image)
{
	void *trampoline = phys_to_virt(image->arch.trampoline);

	memcpy(trampoline, relocate_kernel, sizeof(relocate_kernel));
	memset(trampoline + sizeof(relocate_kernel), 0,
	       PAGE_SIZE - sizeof(relocate_kernel));
	kexec_report_connect(image);
	clean_code(trampoline);
}

static int alloc_trampoline(struct kimage *image)
{
	void *trampoline = alloc_table(image);

	if (!trampoline)
		return -ENOMEM;
	image->arch.trampoline = virt_to_phys(trampoline);
	return 0;
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM; -EOPNOTSUPP if there is memory that the handoff can't reach; -EINVAL if
 * something is to be mapped twice, which is a bug; or what kexec_report_prepare() returns.
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct trans_pgd_info info = {
		.trans_alloc_page	= alloc_table,
		.trans_alloc_arg	= image,
	};
	int err;

	err = alloc_trampoline(image) ?: kexec_report_prepare(image) ?:
	      build_ident_map(image);
	if (err)
		return err;
	init_trampoline(image);
	if (image->arch.report)
		clean_code(phys_to_virt(image->arch.report));
	if (is_hyp_nvhe() && !is_pkvm_initialized())
		err = trans_pgd_copy_el2_vectors(&info,
						 &image->arch.el2_vectors);
	return err;
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* In CTR_EL0: words of four bytes in a data cache's line, as a power of two. */
#define CTR_MIN_LINE		GENMASK(19, 16)

/* Bytes; the least of all CPUs, as any of them may have cached a line. */
static unsigned long dcache_line_size(void)
{
	return 4UL << FIELD_GET(CTR_MIN_LINE,
				read_sanitised_ftr_reg(SYS_CTR_EL0));
}

/*
 * Samples (SPE) and traces (TRBE) of the task that panics, or that starts the handoff: the
 * CPU writes them to memory by itself, at addresses that mean something else from here on.
 * What is on its way arrives first.  Of buffers that a higher exception level owns, this one
 * can't ask for more than that.
 *
 * The other CPUs' have ended when they went offline.  After a panic these go on, in memory
 * of the kernel that has crashed.
 */
static void end_sampling(void)
{
	u64 dfr0 = read_cpuid(ID_AA64DFR0_EL1);

	if (cpuid_feature_extract_unsigned_field(dfr0, ID_AA64DFR0_EL1_PMSVer_SHIFT) &&
	    !(read_sysreg_s(SYS_PMBIDR_EL1) & PMBIDR_EL1_P) &&
	    read_sysreg_s(SYS_PMBLIMITR_EL1) & PMBLIMITR_EL1_E) {
		write_sysreg_s(0, SYS_PMSCR_EL1);
		isb();
		psb_csync();
		dsb(nsh);
		write_sysreg_s(0, SYS_PMBLIMITR_EL1);
		isb();
	}
	if (cpuid_feature_extract_unsigned_field(dfr0, ID_AA64DFR0_EL1_TraceBuffer_SHIFT) &&
	    !(read_sysreg_s(SYS_TRBIDR_EL1) & TRBIDR_EL1_P) &&
	    read_sysreg_s(SYS_TRBLIMITR_EL1) & TRBLIMITR_EL1_E) {
		tsb_csync();
		dsb(nsh);
		write_sysreg_s(0, SYS_TRBLIMITR_EL1);
		/* Or what the next kernel writes there is lost: Cortex-A510's erratum 2064142. */
		tsb_csync();
		dsb(nsh);
		isb();
	}
}

/* Never comes back here: an image that returns goes to @resume, if not 0. */
static void __noreturn leave(const struct kimage *image, phys_addr_t resume)
{
	const struct kimage_arch *arch = &image->arch;

	/* From here on the kernel's handlers can't be relied on. */
	local_daif_mask();
	end_sampling();

	/*
	 * An exception has left the program's streaming mode as it was, and a kernel
	 * that knows nothing of that mode takes another exception at each instruction
	 * of Advanced SIMD.  What a program has in ZA comes back with an image that
	 * returns.
	 */
	if (!image->preserve_context && system_supports_sme())
		sme_smstop();

	if (arch->el2_vectors) {
		/* After a panic there may still be KVM. */
		__hyp_reset_vectors();
		__hyp_set_vectors(arch->el2_vectors);
	}
	cpu_install_ttbr0(arch->ttbr0, TCR_T0SZ(arch->ident_bits));
	if (arch->report) {
		write_sysreg(arch->report, vbar_el1);
		isb();
	}
	kexec_enter_trampoline(virt_to_phys(image->table), image->start,
			       arch->trampoline, dcache_line_size(),
			       !!arch->el2_vectors, resume);
}

#ifdef CONFIG_KEXEC_JUMP
/* What is a program's own, and nobody but a switch of tasks saves. */
struct user_registers {
	u64 tpidr2;
	u64 por;
	u64 gcscre0;
	u64 gcspr;
};

#ifdef CONFIG_ARM64_GCS
/* Shadow stacks.  What was written to one is in memory before that changes places. */
static void save_gcs(struct user_registers *regs)
{
	if (!system_supports_gcs())
		return;
	gcsb_dsync();
	regs->gcscre0 = read_sysreg_s(SYS_GCSCRE0_EL1);
	regs->gcspr = read_sysreg_s(SYS_GCSPR_EL0);
}

static void restore_gcs(const struct user_registers *regs)
{
	if (!system_supports_gcs())
		return;
	write_sysreg_s(regs->gcspr, SYS_GCSPR_EL0);
	write_sysreg_s(regs->gcscre0, SYS_GCSCRE0_EL1);
}
#else
static inline void save_gcs(struct user_registers *regs) { }
static inline void restore_gcs(const struct user_registers *regs) { }
#endif

static void save_user_registers(struct user_registers *regs)
{
	save_gcs(regs);
	if (system_supports_tpidr2())
		regs->tpidr2 = read_sysreg_s(SYS_TPIDR2_EL0);
	if (system_supports_poe())
		regs->por = read_sysreg_s(SYS_POR_EL0);
}

/* Before anything uses vectors: streaming mode has others, which the image left. */
static void restore_user_registers(const struct user_registers *regs)
{
	if (system_supports_sme())
		sme_smstop();
	if (system_supports_tpidr2())
		write_sysreg_s(regs->tpidr2, SYS_TPIDR2_EL0);
	if (system_supports_poe())
		write_sysreg_s(regs->por, SYS_POR_EL0);
	restore_gcs(regs);
}

static int leave_for_a_while(unsigned long image)
{
	leave((const struct kimage *)image, __pa_symbol(cpu_resume));
}

/*
 * To the kernel it is a sleep in which the CPU loses its registers: firmware, or
 * the image, enters cpu_resume() with translation off, at the exception level
 * that kernels are entered at.  There EL2, if that is it, is set up again, VHE
 * turned on if it was, and cpu_suspend() goes on from what it saved.  What
 * drivers keep in a CPU, vectors of programs, interrupts and timers, has been
 * saved by CPU_PM_ENTER's notifiers, in syscore_suspend().
 */
static void leave_and_return(const struct kimage *image)
{
	struct user_registers regs;

	save_user_registers(&regs);
	cpu_suspend((unsigned long)image, leave_for_a_while);
	restore_user_registers(&regs);

	init_trampoline(image);
}
#else
static inline void leave_and_return(const struct kimage *image) { }
#endif

/**
 * machine_kexec_counter - read the counter of the architected timer
 * @hz: gets how often it counts in a second
 *
 * It goes on over a handoff: both kernels start at the same exception level, and have
 * the same offset there.
 *
 * Context: Any, once the timer was found.
 * Return: its value.
 */
u64 machine_kexec_counter(u64 *hz)
{
	*hz = arch_timer_get_rate();
	return arch_timer_read_counter();
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image, whose memory may be protected: the trampoline
 * does, by its own map.  That also cleans what lies in place.  Returns when an
 * image with @preserve_context does, and its control memory is as it was before,
 * then.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown(), perhaps in an NMI; or, with @preserve_context,
 * after syscore_suspend().
 */
void machine_kexec(struct kimage *image)
{
	if (IS_ENABLED(CONFIG_KEXEC_JUMP) && image->preserve_context)
		leave_and_return(image);
	else
		leave(image, 0);
}
