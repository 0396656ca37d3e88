// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on x86, 64-bit.
 *
 * An image gets two pieces of control memory: page tables that map all memory
 * to itself, and one page with the trampoline, its GDT and a stack.  With
 * kexec.handoff_debug= there is the report page besides, see
 * relocate_kernel_report.S.  The trampoline is in relocate_kernel_64.S, the state
 * at the entry point is the 64-bit boot protocol's
 * (Documentation/arch/x86/boot.rst).
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cc_platform.h>
#include <linux/compiler.h>
#include <linux/efi.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/set_memory.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include <xen/xen.h>

#include <asm/coco.h>
#include <asm/cpu.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/ibt.h>
#include <asm/init.h>
#include <asm/io.h>
#include <asm/kexec_base.h>
#include <asm/setup.h>
#include <asm/smp.h>

#include "machine_kexec_report.h"
#include "machine_kexec_sampling.h"

static void *alloc_table(void *image)
{
	struct page *page = kimage_alloc_control_pages(image, 0);

	return page ? page_address(page) : NULL;
}

struct ident_map {
	struct x86_mapping_info info;
	pgd_t *pgd;
};

/* Map bytes [@start, @end) to themselves; 2 MiB or 1 GiB at a time. */
static int map_range(struct ident_map *map, phys_addr_t start, phys_addr_t end)
{
	return kernel_ident_mapping_init(&map->info, map->pgd, start, end);
}

static int map_resource(struct resource *res, void *map)
{
	return map_range(map, res->start, res->end + 1);
}

/* What of EFI's memory map the next kernel may read: code and data of run time. */
static int map_efi_runtime(struct ident_map *map,
			   const struct efi_memory_map *memmap)
{
	efi_memory_desc_t *md;
	int err;

	for_each_efi_memory_desc_in_map(memmap, md) {
		if (!(md->attribute & EFI_MEMORY_RUNTIME))
			continue;
		err = map_range(map, md->phys_addr,
				md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT));
		if (err)
			return err;
	}
	return 0;
}

/*
 * A kernel that does without EFI's services (efi=noruntime, or PREEMPT_RT) drops
 * the memory map.  But firmware's own copy of it is where the boot loader said,
 * and reserved since then.
 */
static int map_efi_runtime_unused(struct ident_map *map)
{
	const struct efi_info *info = &boot_params.efi_info;
	struct efi_memory_map memmap = { .desc_size = info->efi_memdesc_size };
	int err;

	if (!info->efi_memmap_size || !info->efi_memdesc_size)
		return 0;

	memmap.map = memremap(info->efi_memmap |
			      (u64)info->efi_memmap_hi << 32,
			      info->efi_memmap_size, MEMREMAP_WB);
	if (!memmap.map)
		return kexec_refuse(-ENOMEM, "no memory to map EFI's memory map");
	memmap.map_end = memmap.map + info->efi_memmap_size;
	err = map_efi_runtime(map, &memmap);
	memunmap(memmap.map);
	return err;
}

/*
 * What the next kernel reads before it has page tables of its own: the tables
 * that firmware left, which need not lie in memory that is System RAM.
 */
static int map_firmware_tables(struct ident_map *map)
{
	static const unsigned long descs[] = {
		IORES_DESC_ACPI_TABLES,
		IORES_DESC_ACPI_NV_STORAGE,
	};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		/* -EINVAL says that there are none. */
		err = walk_iomem_res_desc(descs[i], IORESOURCE_MEM, 0, -1, map,
					  map_resource);
		if (err && err != -EINVAL)
			return err;
	}

	if (efi_enabled(EFI_MEMMAP))
		return map_efi_runtime(map, &efi.memmap);
	if (efi_enabled(EFI_BOOT) && !efi_enabled(EFI_PARAVIRT))
		return map_efi_runtime_unused(map);
	return 0;
}

/* The registers of the port that exceptions are reported on. */
static int map_console(struct ident_map *map)
{
	const struct kexec_handoff_console *console = kexec_find_handoff_console();

	if (!console || console->kind == KEXEC_CONSOLE_UART_IO)
		return 0;
	/* The next page is mapped, too: the registers may go on there. */
	if (console->address >=
	    min(MAXMEM, BIT(boot_cpu_data.x86_phys_bits)) - PAGE_SIZE)
		return kexec_refuse(-EINVAL,
				    "the console at %#llx can't be mapped (kexec.handoff_debug=)",
				    console->address);
	map->info.page_flag |= _PAGE_PCD | _PAGE_PWT;
	return map_range(map, console->address & PAGE_MASK,
			 (console->address & PAGE_MASK) + 2 * PAGE_SIZE);
}

static int build_ident_map(struct kimage *image)
{
	struct ident_map map = {
		.info = {
			.alloc_pgt_page	= alloc_table,
			.context	= image,
			/*
			 * Not global: CR4.PGE is set again on the way back, before
			 * CR3, and what the TLB has of this must not outlive that.
			 */
			.page_flag	= __PAGE_KERNEL_LARGE_EXEC & ~_PAGE_GLOBAL,
			.kernpg_flag	= _KERNPG_TABLE,
			.direct_gbpages	= direct_gbpages,
		},
	};
	unsigned int i;
	int err;

	/*
	 * The image is started as firmware would start it: on an SME host with
	 * memory as it is, in an encrypted guest with memory private.
	 */
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		map.info.kernpg_flag = _KERNPG_TABLE_NOENC;
	else
		map.info.page_flag = cc_mkenc(map.info.page_flag);

	map.pgd = alloc_table(image);
	if (!map.pgd)
		return -ENOMEM;
	image->arch.pgd = map.pgd;

	/*
	 * Sources, control memory, RAM.  Not by pfn_mapped[], which changes when memory
	 * comes, without a lock, and keeps what has been pulled out.
	 */
	err = walk_system_ram_res(0, -1, &map, map_resource);
	if (err)
		return err;

	/* Destinations are RAM too, but need not be in the kernel's map. */
	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		err = map_range(&map, seg->mem, seg->mem + seg->memsz);
		if (err)
			return err;
	}

	/* So has the kernel that this one goes back to, if that is the image. */
	err = map_range(&map, image->start & PAGE_MASK,
			(image->start & PAGE_MASK) + PAGE_SIZE);
	if (err)
		return err;

	/* Last, as what else is so near would be mapped without caches, too. */
	return map_firmware_tables(&map) ?: map_console(&map);
}

/*
 * For the few instructions between the kernel's page tables and those of the
 * trampoline: its text, whose entry is there from the beginning and stays, and
 * in the other half the identity map.
 *
 * Not by clone_pgd_range(), which also copies what follows both tables: it takes
 * each for one of a pair, of which the second is the user's
 * (CONFIG_MITIGATION_PAGE_TABLE_ISOLATION).
 */
static int build_both_halves(struct kimage *image)
{
	pgd_t *pgd = alloc_table(image);

	if (!pgd)
		return -ENOMEM;
	memcpy(pgd, image->arch.pgd, KERNEL_PGD_BOUNDARY * sizeof(*pgd));
	memcpy(pgd + KERNEL_PGD_BOUNDARY, swapper_pg_dir + KERNEL_PGD_BOUNDARY,
	       KERNEL_PGD_PTRS * sizeof(*pgd));
	image->arch.both_pgd = pgd;
	return 0;
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
 * machine_kexec_check - whether the machine lets this kernel be left
 * @crash: for a panic; it makes no difference
 *
 * A TDX host leaves private memory behind, which the next kernel takes for memory like
 * any other.  With this erratum a write of less than a line to it, as by MOVNTI or a
 * device, is a machine check for who reads it (Documentation/arch/x86/tdx.rst).
 *
 * A paravirtualised guest of Xen has no page tables or descriptor tables that it could
 * set, and to shut it down halts it.
 *
 * Context: May sleep.
 * Return: 0, or -EOPNOTSUPP with that erratum, or in such a guest.
 */
int machine_kexec_check(bool crash)
{
	if (xen_pv_domain())
		return kexec_refuse(-EOPNOTSUPP,
				    "no kernel can be started in a paravirtualised guest of Xen");
	if (boot_cpu_has_bug(X86_BUG_TDX_PW_MCE))
		return kexec_refuse(-EOPNOTSUPP,
				    "this processor has an erratum of TDX by which the next kernel would get machine checks");
	return 0;
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
	/* What it shares with its host stays shared, and is all private to the image. */
	if (image->preserve_context && cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return kexec_refuse(-EOPNOTSUPP,
				    "no image returns in a guest whose memory is encrypted");
	/* The pages that it exchanges would come back as somebody else's, by another key. */
	if (image->preserve_context && kexec_has_private_memory())
		return kexec_refuse(-EOPNOTSUPP,
				    "no image returns on a host of TDX guests, whose memory would not come back as it was");
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
 * Return: 0 or a negative errno:
 * * %-ENOMEM		- no memory
 * * %-EINVAL		- the console of kexec.handoff_debug= can't be mapped
 * * %-EOPNOTSUPP	- no handoff is reported in this guest
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct page *page;
	int err;

	err = build_ident_map(image) ?: build_both_halves(image);
	if (err)
		return err;

	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	image->arch.trampoline = page_address(page);

	err = kexec_report_prepare(image);
	if (err)
		return err;
	init_trampoline(image);
	return 0;
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* Never comes back, or when the image returned. */
static noinline void leave(struct kimage *image)
{
	bool host_encrypted = cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT);
	phys_addr_t tables_encrypted = host_encrypted ? 0 : sme_me_mask;
	unsigned long trampoline = __pa(image->arch.trampoline);
	unsigned long both = __pa(image->arch.both_pgd) | tables_encrypted;
	unsigned long lower = __pa(image->arch.pgd) | tables_encrypted;
	unsigned long table = __pa(image->table);
	unsigned long flags = image->arch.report_flags;

	if (kexec_caches_incoherent())
		flags |= KEXEC_TRAMPOLINE_WBINVD;
	if (image->preserve_context)
		flags |= KEXEC_TRAMPOLINE_PRESERVE;

	/*
	 * From here on an exception could only be taken by a dead handler.  The host of
	 * a guest may have to see that, and may not be to be reached any more.  Without
	 * the IDT nothing is called that may be probed, as __pa() may be.
	 */
	if (hw_breakpoint_active())
		hw_breakpoint_disable();
	cet_disable();

	native_idt_invalidate();
	kexec_enter_trampoline(table, image->start, trampoline, both, lower, flags);
	/* No tail call: to objtool, what ends in a jump to nowhere never returns. */
	barrier();
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
 * Control registers, the GDT and GS base are restored by the trampoline; tables,
 * segments, MSRs and the FPU as after hibernation.
 */
static void leave_and_return(struct kimage *image)
{
	struct kexec_sampling sampling;
	u64 ibt;

	let_offline_cpus_halt();

	kexec_stop_sampling(&sampling);
	save_processor_state();
	ibt = ibt_save(false);
	leave(image);
	restore_processor_state();
	ibt_restore(ibt);
	hw_breakpoint_restore();
	kexec_resume_sampling(&sampling);

	image->stack = kexec_image_stack(image->arch.trampoline);
	init_trampoline(image);
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
	leave(image);
}

#ifdef CONFIG_AMD_MEM_ENCRYPT
/*
 * On an SME host, the image starts without encryption and has to find its
 * bytes in memory as they are; so have the trampoline its tables.
 */
int machine_kexec_adopt_pages(struct page *page, unsigned long nr_pages)
{
	if (!cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return 0;
	return set_memory_decrypted((unsigned long)page_address(page), nr_pages);
}

/* Back to what the page allocator expects of its pages. */
int machine_kexec_release_pages(struct page *page, unsigned long nr_pages)
{
	if (!cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return 0;
	return set_memory_encrypted((unsigned long)page_address(page), nr_pages);
}
#endif /* CONFIG_AMD_MEM_ENCRYPT */
