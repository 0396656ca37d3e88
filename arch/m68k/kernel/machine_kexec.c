// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on m68k: a 68040.
 *
 * Kernels are started with the MMU and the caches off.  The code that turns the MMU off
 * has to lie where it is mapped to itself.  The kernel maps memory from virtual 0 on,
 * wherever it begins, so that its own map need not do.  An image gets one page of control
 * memory, with the trampoline of relocate_kernel.S, and with tables that map this page
 * twice: where the kernel has it, and to itself.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/string.h>

#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/setup.h>

/* No table is ever written to by the MMU, which would mark what it has used. */
#define TABLE_BITS	(_PAGE_TABLE | _PAGE_ACCESSED)
#define PAGE_BITS	(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_RONLY | \
			 _PAGE_SUPER | _PAGE_CACHE040W)

#define POINTER_TABLE_SIZE	(PTRS_PER_PMD * sizeof(u32))
#define PAGE_TABLE_SIZE		(PTRS_PER_PTE * sizeof(u32))

/**
 * machine_kexec_check - whether this machine can start an image
 * @crash: a crash image
 *
 * Return: 0, or -EOPNOTSUPP if this is another processor than a 68040.
 */
int machine_kexec_check(bool crash)
{
	if (!CPU_IS_040)
		return kexec_refuse(-EOPNOTSUPP,
				    "there is no handoff for this processor: it is for a 68040");
	return 0;
}

/* The table that @entry leads to, in the page at @page; made the one at @offset if none. */
static u32 *lower_table(void *page, u32 *entry, unsigned long offset)
{
	unsigned long phys = virt_to_phys(page);

	if (!*entry)
		*entry = (phys + offset) | TABLE_BITS;
	return page + ((*entry & _TABLE_MASK) - phys);
}

/* The @nr-th mapping of @page: @virt. */
static void map_control_page(void *page, unsigned long virt, unsigned int nr)
{
	u32 *root = page + KEXEC_ROOT_TABLE;
	u32 *pointers = lower_table(page, &root[virt >> PGDIR_SHIFT],
				    KEXEC_POINTER_TABLES + nr * POINTER_TABLE_SIZE);
	u32 *ptes = lower_table(page, &pointers[virt >> PMD_SHIFT & (PTRS_PER_PMD - 1)],
				KEXEC_PAGE_TABLES + nr * PAGE_TABLE_SIZE);

	ptes[virt >> PAGE_SHIFT & (PTRS_PER_PTE - 1)] = virt_to_phys(page) | PAGE_BITS;
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
	struct page *control = kimage_alloc_control_pages(image, 0);
	void *page;

	BUILD_BUG_ON(KEXEC_ROOT_TABLE % (PTRS_PER_PGD * sizeof(u32)));
	BUILD_BUG_ON(KEXEC_POINTER_TABLES % POINTER_TABLE_SIZE);
	BUILD_BUG_ON(KEXEC_ROOT_TABLE + PTRS_PER_PGD * sizeof(u32) > KEXEC_POINTER_TABLES);
	BUILD_BUG_ON(KEXEC_PAGE_TABLES % PAGE_TABLE_SIZE);
	BUILD_BUG_ON(KEXEC_POINTER_TABLES + 2 * POINTER_TABLE_SIZE > KEXEC_PAGE_TABLES);
	BUILD_BUG_ON(KEXEC_PAGE_TABLES + 2 * PAGE_TABLE_SIZE > PAGE_SIZE);

	if (!control)
		return -ENOMEM;
	page = page_address(control);
	memset(page, 0, PAGE_SIZE);
	memcpy(page, kexec_trampoline, sizeof(kexec_trampoline));
	map_control_page(page, (unsigned long)page, 0);
	map_control_page(page, virt_to_phys(page), 1);
	image->arch.trampoline = page;
	return 0;
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/**
 * machine_shutdown - have nothing disturb the next kernel
 *
 * There is one CPU.  On some machines a kernel masks nothing when it starts, and what a
 * device goes on asking for would keep it from all else.
 */
void machine_shutdown(void)
{
	machine_kexec_mask_interrupts();
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image: the trampoline does, without the MMU.
 *
 * Context: On the only CPU, interrupts off: after machine_shutdown(); or after
 * machine_crash_shutdown().
 */
void machine_kexec(struct kimage *image)
{
	void *page = image->arch.trampoline;
	unsigned long phys = virt_to_phys(page);

	local_irq_disable();
	kexec_enter_trampoline(virt_to_phys(image->table), image->start,
			       phys + KEXEC_ROOT_TABLE, (unsigned long)page, phys);
}

static struct resource system_ram[NUM_MEMINFO];

static struct resource kernel_code = {
	.name = "Kernel code",
	.flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM,
};

static struct resource kernel_data = {
	.name = "Kernel data",
	.flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM,
};

static void __init add_resource(struct resource *res, unsigned long start,
				unsigned long end)
{
	res->start = start;
	res->end = end - 1;
	if (insert_resource(&iomem_resource, res))
		pr_warn("%s is not in /proc/iomem: %pR\n", res->name, res);
}

/*
 * Has /proc/iomem list the memory, by which a load is checked, and which loaders read.
 * Machines have asked for parts of it before, in setup_arch(), and keep these.
 */
static int __init add_system_ram(void)
{
	unsigned int i;

	for (i = 0; i < m68k_num_memory; i++) {
		system_ram[i].name = "System RAM";
		system_ram[i].flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM;
		add_resource(&system_ram[i], m68k_memory[i].addr,
			     m68k_memory[i].addr + m68k_memory[i].size);
	}
	add_resource(&kernel_code, virt_to_phys(_text), virt_to_phys(_etext));
	add_resource(&kernel_data, virt_to_phys(_sdata), virt_to_phys(_edata));
	return 0;
}
arch_initcall(add_system_ram);
