// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on SH-4.
 *
 * An image gets one page of control memory, with the trampoline of relocate_kernel.S.
 * Kernels run in P1, which shows the first 512 MiB of physical memory without the MMU,
 * through the caches, and so does the trampoline.  P2 shows the same without the caches;
 * what empties these runs there.  There are no page tables.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <asm/addrspace.h>
#include <asm/cache.h>
#include <asm/cacheflush.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <asm/ptrace.h>

/* The control page as every handoff has to find it. */
static void init_trampoline(const struct kimage *image)
{
	const struct cache_info *cache = &boot_cpu_data.dcache;
	struct kexec_facts *facts = image->arch.trampoline + KEXEC_FACTS;

	BUILD_BUG_ON(offsetof(struct kexec_facts, oc_end) != KEXEC_FACTS_OC_END);
	BUILD_BUG_ON(offsetof(struct kexec_facts, oc_line) != KEXEC_FACTS_OC_LINE);
	BUILD_BUG_ON(offsetof(struct kexec_facts, table) != KEXEC_FACTS_TABLE);
	BUILD_BUG_ON(offsetof(struct kexec_facts, entry) != KEXEC_FACTS_ENTRY);
	BUILD_BUG_ON(offsetof(struct kexec_facts, returns) != KEXEC_FACTS_RETURNS);
	BUILD_BUG_ON(offsetof(struct kexec_facts, fdt) != KEXEC_FACTS_FDT);
	BUILD_BUG_ON(offsetof(struct kexec_facts, state) != KEXEC_FACTS_STATE);
	BUILD_BUG_ON(sizeof(struct kexec_facts) != KEXEC_FACTS_STATE_END);

	memset(image->arch.trampoline, 0, PAGE_SIZE);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	facts->oc_end = CACHE_OC_ADDRESS_ARRAY +
			(cache->sets << cache->entry_shift) * cache->ways;
	facts->oc_line = 1 << cache->entry_shift;
	/* It begins past the caches, in P2. */
	__flush_purge_region(image->arch.trampoline, PAGE_SIZE);
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
	struct page *page = kimage_alloc_control_pages(image, 0);

	if (!page)
		return -ENOMEM;
	image->arch.trampoline = page_address(page);
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

/**
 * machine_kexec_entry - find the device tree, whose address goes to r4
 * @image: a filled image
 *
 * Only kernels of boards that are described by one look at it, and this is one of such a
 * board; others find their parameters in a page before their first instruction, which the
 * loader has filled.
 *
 * Context: May sleep.
 * Return: 0, or -EINVAL.
 */
int machine_kexec_entry(struct kimage *image)
{
	int nr;

	if (!IS_ENABLED(CONFIG_OF_EARLY_FLATTREE))
		return 0;
	nr = kexec_find_fdt(image);
	if (nr < 0)
		return nr == -ENOENT ? 0 : nr;
	image->arch.fdt = image->segment[nr].mem;
	return 0;
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image.  Returns only if the image does, with its control page
 * as it was.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); after
 * syscore_suspend(); or after machine_crash_shutdown().
 */
void machine_kexec(struct kimage *image)
{
	local_irq_disable();
	/* What a program has in the FPU is loaded again when it wants that. */
	if (image->preserve_context)
		unlazy_fpu(current, task_pt_regs(current));
	kexec_enter_trampoline(virt_to_phys(image->table), P1SEGADDR(image->start),
			       image->arch.fdt, image->preserve_context,
			       (unsigned long)image->arch.trampoline);
	init_trampoline(image);
}
