// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on arm, for processors of ARMv7.
 *
 * An image gets control memory for: the trampoline, a page; and tables that map
 * all memory to itself.  As they may have to map the addresses that the kernel is
 * at to something else, the way to them goes by the tables that the kernel has for
 * such purposes (idmap.c), on which it may do little, but needs no more than its
 * own text.
 *
 * The trampoline is in relocate_kernel.S, the state at the entry point is that
 * of Documentation/arch/arm/booting.rst.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bits.h>
#include <linux/cpu.h>
#include <linux/hw_breakpoint.h>
#include <linux/ioport.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/libfdt.h>
#include <linux/minmax.h>
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
#include <asm/idmap.h>
#include <asm/mach-types.h>
#include <asm/memory.h>
#include <asm/outercache.h>
#include <asm/setup.h>
#include <asm/smp_plat.h>
#include <asm/suspend.h>
#include <asm/system_info.h>
#include <asm/uaccess.h>
#include <asm/virt.h>

#include <clocksource/arm_arch_timer.h>

/* Addresses that the handoff can form: 32 bits. */
#define IDENT_END	BIT_ULL(32)

/*
 * The tables: an entry for each section of the 4 GiB, four pages.  With LPAE four
 * more, in a page of their own, lead to these pages.
 */
#define IDENT_ORDER	2
#define IDENT_SIZE	(PAGE_SIZE << IDENT_ORDER)

#ifdef CONFIG_ARM_LPAE
#define IDENT_PAGE	(PTE_TYPE_PAGE | L_PTE_YOUNG | L_PTE_MT_WRITEALLOC)
#else
/* TEX 1, C and B as in a section; AP[1:0] 1: for the kernel. */
#define IDENT_PAGE	(PTE_TYPE_SMALL | PTE_EXT_AP0 | PTE_EXT_TEX(1) | \
			 PTE_CACHEABLE | PTE_BUFFERABLE)
#endif

/*
 * Those that are offline and did not go back to firmware: one whose start took too long, or
 * that could not be killed, which the kernel only says in the log.
 */
static unsigned int cpus_left_behind(void)
{
	unsigned int cpu, nr = 0;

	if (!IS_ENABLED(CONFIG_ARM_PSCI) || !psci_ops.affinity_info)
		return 0;
	/* Nobody is on the way to or from firmware. */
	guard(cpus_read_lock)();
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			nr += psci_ops.affinity_info(cpu_logical_map(cpu), 0) ==
				PSCI_0_2_AFFINITY_LEVEL_ON;
	}
	return nr;
}

/*
 * PSCI has no CPU that is special, unless a trusted OS lives there.  What else takes
 * CPUs offline says which it can't, the first one by default.
 */
static bool can_disable(unsigned int cpu)
{
	if (IS_ENABLED(CONFIG_ARM_PSCI) && psci_ops.cpu_on)
		return psci_ops.cpu_off && !psci_tos_resident_on(cpu);
	return arch_cpu_is_hotpluggable(cpu);
}

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic: CPUs that can't be stopped may stay in its memory, which a
 *	crash image leaves alone
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if other CPUs can't be stopped for good, or may run a kernel that
 * has crashed; -EOPNOTSUPP if the handoff does not know the processor, or can't address
 * its memory, or in a guest of Xen.
 */
int machine_kexec_check(bool crash)
{
	unsigned int nr;

	if (cpu_architecture() < CPU_ARCH_ARMv7)
		return kexec_refuse(-EOPNOTSUPP,
				    "the processor is older than ARMv7");
	/* VCPUOP_register_vcpu_info fails the second time, see xen_starting_cpu(). */
	if (xen_domain())
		return kexec_refuse(-EOPNOTSUPP,
				    "no second kernel can be started in a guest of Xen, which takes what a CPU shares with it only once");
	if (arm_has_idmap_alias())
		return kexec_refuse(-EOPNOTSUPP,
				    "memory has another address when a kernel starts");
	if (crash)
		return 0;
	if (num_present_cpus() > 1 && !platform_can_cpu_hotplug())
		return kexec_refuse(-EBUSY,
				    "the machine has no means to stop its other CPUs, which would go on running this kernel");
	nr = cpus_left_behind();
	if (nr)
		return kexec_refuse(-EBUSY,
				    "%u other CPUs did not stop, and still run this kernel or one that has crashed",
				    nr);
	return kexec_check_stray_cpus(num_present_cpus()) ?:
	       kexec_check_cpus(reboot_cpu, can_disable);
}

static void *alloc_control(struct kimage *image, unsigned int order)
{
	struct page *page = kimage_alloc_control_pages(image, order);

	return page ? page_address(page) : NULL;
}

/* To memory, where tables are walked and code is executed with caches off. */
static void clean(void *start, size_t len)
{
	phys_addr_t phys = virt_to_phys(start);

	__cpuc_flush_dcache_area(start, len);
	outer_flush_range(phys, phys + len);
}

static pmdval_t shared(void)
{
	return is_smp() ? PMD_SECT_S : 0;
}

static pteval_t shared_page(void)
{
#ifdef CONFIG_ARM_LPAE
	return is_smp() ? L_PTE_SHARED : 0;
#else
	return is_smp() ? PTE_EXT_SHARED : 0;
#endif
}

/* Map the pages of [@start, @end), part of a section, to themselves. */
static int map_pages(struct kimage *image, pmdval_t *section, phys_addr_t start,
		     phys_addr_t end)
{
	pteval_t *table;
	phys_addr_t phys;

	if (*section) {
		table = phys_to_virt(*section & PAGE_MASK);
	} else {
		table = alloc_control(image, 0);
		if (!table)
			return -ENOMEM;
		*section = virt_to_phys(table) | PMD_TYPE_TABLE;
	}
	for (phys = start; phys < end; phys += PAGE_SIZE)
		table[phys % SECTION_SIZE / PAGE_SIZE] =
			phys | IDENT_PAGE | shared_page();
	clean(table, PAGE_SIZE);
	return 0;
}

/* Map [@start, @end) to itself, whole pages. */
static int map_range(struct kimage *image, pmdval_t *sections,
		     phys_addr_t start, phys_addr_t end)
{
	phys_addr_t phys, next;
	pmdval_t *section;
	int err;

	for (phys = start; phys < end; phys = next) {
		section = &sections[phys >> SECTION_SHIFT];
		next = min_t(u64, ((u64)phys | ~SECTION_MASK) + 1, end);
		if (next - phys == SECTION_SIZE) {
			*section = phys | PMD_TYPE_SECT | PMD_SECT_AP_WRITE |
				   PMD_SECT_AF | PMD_SECT_WBWA | shared();
			continue;
		}
		err = map_pages(image, section, phys, next);
		if (err)
			return err;
	}
	return 0;
}

/* The page above the tables of sections that LPAE has; otherwise these are it. */
static int alloc_top(struct kimage *image, pmdval_t *sections)
{
	u64 *top;
	int i;

	image->arch.ttbr0 = virt_to_phys(sections);
	if (!IS_ENABLED(CONFIG_ARM_LPAE))
		return 0;
	top = alloc_control(image, 0);
	if (!top)
		return -ENOMEM;
	for (i = 0; i < IDENT_SIZE / PAGE_SIZE; i++)
		top[i] = (image->arch.ttbr0 + i * PAGE_SIZE) | PMD_TYPE_TABLE;
	clean(top, PAGE_SIZE);
	image->arch.ttbr0 = virt_to_phys(top);
	return 0;
}

struct ident_map {
	struct kimage *image;
	pmdval_t *sections;
};

static int map_resource(struct resource *res, void *data)
{
	const struct ident_map *map = data;
	u64 first = PAGE_ALIGN((u64)res->start);
	u64 last = min_t(u64, (u64)res->end + 1, IDENT_END - PAGE_SIZE);

	if (first >= last)
		return 0;
	return map_range(map->image, map->sections, first, last & PAGE_MASK);
}

/*
 * Map what the kernel has, and no more: what is cacheable may be read by
 * speculation at any time, and not all that lies between may be read.
 */
static int build_ident_map(struct kimage *image)
{
	struct ident_map map = { .image = image };
	int err;

	map.sections = alloc_control(image, IDENT_ORDER);
	if (!map.sections)
		return -ENOMEM;
	err = alloc_top(image, map.sections) ?:
	      walk_system_ram_res(0, IDENT_END - 1, &map, map_resource);
	clean(map.sections, IDENT_SIZE);
	return err;
}

/* The trampoline's page as every handoff has to find it. */
static void init_trampoline(const struct kimage *image)
{
	void *trampoline = phys_to_virt(image->arch.trampoline);
	unsigned long start = (unsigned long)trampoline;

	memcpy(trampoline, relocate_kernel, sizeof(relocate_kernel));
	memset(trampoline + sizeof(relocate_kernel), 0,
	       PAGE_SIZE - sizeof(relocate_kernel));
	clean(trampoline, PAGE_SIZE);
	flush_icache_range(start, start + PAGE_SIZE);
}

static int alloc_trampoline(struct kimage *image)
{
	void *trampoline = alloc_control(image, 0);

	if (!trampoline)
		return -ENOMEM;
	image->arch.trampoline = virt_to_phys(trampoline);
	init_trampoline(image);
	return 0;
}

/* Whether what turn_outer_cache_off() does can be undone: not on UniPhier. */
static bool can_turn_outer_cache_on(void)
{
#ifdef CONFIG_OUTER_CACHE
	return !outer_cache.disable || outer_cache.resume;
#else
	return true;
#endif
}

/**
 * machine_kexec_check_image - whether this machine can start an image
 * @image: an image that holds no memory yet, or is complete
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if no instruction can begin at its entry; -EOPNOTSUPP if no image
 * can return on this machine.
 */
int machine_kexec_check_image(const struct kimage *image)
{
	if ((image->start & 3) == 2)
		return kexec_refuse(-EINVAL,
				    "entry %#lx is where no instruction begins: neither a multiple of 4, nor odd, for Thumb",
				    image->start);
	if (image->preserve_context && !can_turn_outer_cache_on())
		return kexec_refuse(-EOPNOTSUPP,
				    "no image returns on a machine whose outer cache can't be turned on again");
	return 0;
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
	return alloc_trampoline(image) ?: build_ident_map(image);
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* What a zImage has behind eight instructions and one more (head.S). */
#define ZIMAGE_HEADER	0x24
#define ZIMAGE_MAGIC	0x016f2818

struct zimage_header {
	u32 magic;
	u32 start;
	u32 end;
};

/*
 * Whether the first thing that runs is a kernel that does nothing without r2:
 * one may have a device tree behind it (CONFIG_ARM_APPENDED_DTB).
 */
static bool enters_needy_kernel(const struct kimage *image)
{
	struct zimage_header header;
	fdt32_t magic;

	if (!kimage_read(image, image->start + ZIMAGE_HEADER, &header,
			 sizeof(header)) || header.magic != ZIMAGE_MAGIC)
		return false;
	return !kimage_read(image, image->start + header.end - header.start,
			    &magic, sizeof(magic)) ||
	       fdt32_to_cpu(magic) != FDT_MAGIC;
}

/* A list of ATAGs begins with this one, which may be empty. */
static bool is_tags(const struct kimage *image, const struct kexec_segment *seg)
{
	struct tag_header header;

	return seg->bufsz >= sizeof(header) &&
	       kimage_read(image, seg->mem, &header, sizeof(header)) &&
	       header.tag == ATAG_CORE &&
	       (header.size == tag_size(tag_core) ||
		header.size == sizeof(header) / sizeof(u32));
}

/* The first list of ATAGs, or NULL. */
static const struct kexec_segment *find_tags(const struct kimage *image)
{
	unsigned int nr;

	for (nr = 0; nr < image->nr_segments; nr++) {
		if (is_tags(image, &image->segment[nr]))
			return &image->segment[nr];
	}
	return NULL;
}

/**
 * machine_kexec_entry - find what r1 and r2 have to be
 * @image: a filled image
 *
 * r2 is the device tree, and r1 then means nothing.  Without one, it is a list of
 * ATAGs, and r1 the machine's number, which is that of this kernel's machine.  A
 * kernel does nothing without either.  What else an image may begin with has to
 * know for itself, and finds 0 if there is none.
 *
 * Context: May sleep.
 * Return: 0, or -EINVAL.
 */
int machine_kexec_entry(struct kimage *image)
{
	const struct kexec_segment *tags;
	int nr = kexec_find_fdt(image);

	image->arch.machine = ~0UL;
	if (nr >= 0) {
		image->arch.tags = image->segment[nr].mem;
		return 0;
	}
	if (nr != -ENOENT)
		return nr;
	tags = find_tags(image);
	if (tags) {
		image->arch.machine = machine_arch_type;
		image->arch.tags = tags->mem;
		return 0;
	}
	if (!enters_needy_kernel(image))
		return 0;
	return kexec_refuse(-EINVAL,
			    "no segment is a device tree or a list of ATAGs, one of which the kernel at %#lx needs",
			    image->start);
}

/*
 * An outer cache knows no operation by address of the processor's, and what the
 * moves write must not stay there.  In a panic CPUs may use it that did not stop,
 * which outer_disable() would warn of.
 */
static void turn_outer_cache_off(void)
{
#ifdef CONFIG_OUTER_CACHE
	if (outer_cache.disable)
		outer_cache.disable();
#endif
}

/*
 * One that a module has set would be an exception, which nobody takes in the trampoline,
 * and at addresses like its own a surprise to the next kernel.  Before a handoff that no
 * panic begins, perf_reboot() has taken them away.
 */
static void disable_breakpoints(void)
{
#ifdef CONFIG_HAVE_HW_BREAKPOINT
	u32 dscr;

	/* To read it where these registers have no power is an undefined instruction. */
	if (!hw_breakpoint_is_used())
		return;
	/* DBGDSCRint, and DBGDSCRext, by which ARMv7 is told. */
	ARM_DBG_READ(c0, c1, 0, dscr);
	ARM_DBG_WRITE(c0, c2, 2, dscr & ~ARM_DSCR_MDBGEN);
	isb();
#endif
}

/* Never comes back here: an image that returns goes to @resume, if not 0. */
static void __noreturn leave(const struct kimage *image, phys_addr_t resume)
{
	struct kexec_way way = {
		.table		= virt_to_phys(image->table),
		.entry		= image->start,
		.trampoline	= image->arch.trampoline,
		.ttbr0		= image->arch.ttbr0,
		.idmap		= virt_to_phys(idmap_pgd),
		.ident		= virt_to_idmap(kexec_ident),
		.resume		= resume,
		.machine	= image->arch.machine,
		.tags		= image->arch.tags,
		.hyp		= is_hyp_mode_available(),
	};

	local_irq_disable();
	local_fiq_disable();
	disable_breakpoints();

	flush_cache_all();
	/* With an image that returns it is off by now: leave_and_return(). */
	if (!resume)
		turn_outer_cache_off();

	/* The way is by tables for addresses of programs. */
	if (IS_ENABLED(CONFIG_CPU_TTBR0_PAN))
		uaccess_save_and_enable();
	kexec_enter_trampoline(&way);
}

#ifdef CONFIG_KEXEC_JUMP
static int leave_for_a_while(unsigned long image)
{
	leave((const struct kimage *)image, __pa_symbol(cpu_resume_arm));
}

/*
 * To the kernel it is a sleep in which the CPU loses its registers: firmware, or
 * the image, enters cpu_resume_arm() with translation off, in the mode that
 * kernels are entered in, and cpu_suspend() goes on from what it saved.  What
 * drivers keep in a CPU has been saved by CPU_PM_ENTER's notifiers, in
 * syscore_suspend().
 *
 * The outer cache is off before cpu_suspend() saves what the processor has for it: the
 * full lines of zeros of a Cortex-A9 may be on only while its L2C-310 is, and
 * outer_resume() turns both on.
 */
static void leave_and_return(const struct kimage *image)
{
	unsigned long thread;

	/*
	 * TPIDRURW, which is saved when tasks are switched, and else by nobody.
	 * Not by get_tpuser(), which may be moved behind the call.
	 */
	asm volatile("mrc	p15, 0, %0, c13, c0, 2" : "=r" (thread));
	flush_cache_all();
	turn_outer_cache_off();
	cpu_suspend((unsigned long)image, leave_for_a_while);
	outer_resume();
	asm volatile("mcr	p15, 0, %0, c13, c0, 2" : : "r" (thread));
	init_trampoline(image);
}
#else
static inline void leave_and_return(const struct kimage *image) { }
#endif

/**
 * machine_kexec_counter - read the counter of the architected timer
 * @hz: gets how often it counts in a second; 0 on a machine that has none
 *
 * It goes on over a handoff: both kernels start in the same mode, and have the same
 * offset there.
 *
 * Context: Any, once the timer was found.
 * Return: its value.
 */
u64 machine_kexec_counter(u64 *hz)
{
	*hz = arch_timer_get_rate();
	/* To read it where there is none is an undefined instruction. */
	return *hz ? arch_timer_read_counter() : 0;
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
 * after machine_crash_shutdown(); or, with @preserve_context, after
 * syscore_suspend().
 */
void machine_kexec(struct kimage *image)
{
	if (IS_ENABLED(CONFIG_KEXEC_JUMP) && image->preserve_context)
		leave_and_return(image);
	else
		leave(image, 0);
}
