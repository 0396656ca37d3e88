// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on LoongArch.
 *
 * An image gets one page of control memory, with the trampoline of relocate_kernel.S and a
 * stack.  There are no page tables: the trampoline runs with translation off, which is
 * also what an image is started with, and returns with.
 *
 * What an image finds in a0 to a2 is what the loader of this kernel had there: whether
 * firmware is UEFI, the command line, and firmware's system table
 * (Documentation/arch/loongarch/booting.rst).  The command line is the image's own.
 *
 * The next kernel wakes other CPUs as firmware would have it: by an address in the
 * mailbox of a CPU, and an interrupt.  Those that go offline wait for an address there, but
 * in this kernel's memory, over which an image may be moved.  So they are sent on to wait
 * in a page of the first 2 MiB, which no kernel uses (memblock_init()).
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/acpi.h>
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/efi.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_fdt.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/addrspace.h>
#include <asm/bootinfo.h>
#include <asm/cacheflush.h>
#include <asm/fpu.h>
#include <asm/lbt.h>
#include <asm/loongson.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/tlbflush.h>
#include <asm/topology.h>

/* A segment that begins like this is a command line, by what kexec-tools do. */
#define COMMAND_LINE	"kexec "

/* What memblock_init() reserves in each kernel, and the places that there are in it. */
#define RESERVED_SIZE	SZ_2M
#define NR_PLACES	(RESERVED_SIZE / KEXEC_PARKING_SIZE)

/* How long a table of firmware's may be that does not say it. */
#define TABLE_MAX	SZ_64K

static bool overlaps(u64 start, u64 len, u64 addr)
{
	return start < addr + KEXEC_PARKING_SIZE && addr < start + len;
}

/* Whether a page has what firmware's system table leads to. */
static bool has_tables(u64 addr)
{
	const efi_system_table_t *systab = (void *)TO_CACHE(fw_arg2);
	const efi_config_table_t *table;
	unsigned long i;

	if (overlaps(TO_PHYS(fw_arg2), sizeof(*systab), addr))
		return true;
	table = (void *)TO_CACHE((unsigned long)systab->tables);
	if (overlaps(PHYSADDR(table), sizeof(*table) * systab->nr_tables, addr))
		return true;
	for (i = 0; i < systab->nr_tables; i++) {
		if (overlaps(TO_PHYS((unsigned long)table[i].table), TABLE_MAX, addr))
			return true;
	}
	return false;
}

/* Whether the device tree keeps a page from kernels. */
static bool is_reserved(u64 addr)
{
	struct device_node *root __free(device_node) =
		of_find_node_by_path("/reserved-memory");
	struct resource page = DEFINE_RES_MEM(addr, KEXEC_PARKING_SIZE), res;
	int i;

	for_each_available_child_of_node_scoped(root, node) {
		for (i = 0; !of_address_to_resource(node, i, &res); i++) {
			if (resource_overlaps(&res, &page))
				return true;
		}
	}
	return false;
}

/* The same for the tree itself, and what its header lists. */
static bool is_tree(u64 addr)
{
#ifdef CONFIG_OF_EARLY_FLATTREE
	const void *fdt = initial_boot_params;
	u64 start, len;
	int i;

	if (!fdt)
		return false;
	if (overlaps(initial_boot_params_pa, fdt_totalsize(fdt), addr))
		return true;
	for (i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		if (!fdt_get_mem_rsv(fdt, i, &start, &len) &&
		    overlaps(start, len, addr))
			return true;
	}
#endif
	return false;
}

/*
 * Whether a page is memory in which firmware, and who loaded this kernel, have nothing.
 * Without UEFI there is no map, and the device tree says what is memory.
 */
static bool is_unused(u64 addr)
{
	if (efi_enabled(EFI_MEMMAP) ? efi_mem_type(addr) != EFI_CONVENTIONAL_MEMORY :
	    !memblock_is_region_memory(addr, KEXEC_PARKING_SIZE))
		return false;
	return !overlaps(TO_PHYS(fw_arg1), COMMAND_LINE_SIZE, addr) &&
	       !has_tables(addr) && !is_tree(addr) && !is_reserved(addr);
}

static bool is_parking(const struct kexec_parking *place)
{
	return !memcmp(place->code, kexec_parking, KEXEC_PARKING_ENTER);
}

static u64 nth_place(unsigned int nr)
{
	return PHYS_OFFSET + (u64)nr * KEXEC_PARKING_SIZE;
}

/*
 * CPUs that this kernel knows nothing of (nr_cpus=, or it has no SMP) may wait in a page
 * that a kernel before has filled.
 */
static DECLARE_BITMAP(places_before, NR_PLACES) __ro_after_init;

/* Where other CPUs can wait for the next kernel, or NULL. */
static struct kexec_parking *parking __ro_after_init;

/* A page that has what we would write there can be used, and is not written to. */
static bool __init is_good(const struct kexec_parking *place)
{
	return IS_ENABLED(CONFIG_SMP) &&
	       (!is_parking(place) ||
		!memcmp(place->code, kexec_parking, sizeof(place->code)));
}

static int __init find_parking(void)
{
	unsigned int nr;

	if (!fw_arg2)
		return 0;
	for (nr = 0; nr < NR_PLACES; nr++) {
		struct kexec_parking *place = (void *)TO_CACHE(nth_place(nr));

		if (!is_unused(nth_place(nr)))
			continue;
		__assign_bit(nr, places_before, is_parking(place));
		/* The last one. */
		if (is_good(place))
			parking = place;
	}
	return 0;
}
subsys_initcall(find_parking);

static bool is_for_waiting(unsigned int nr)
{
	return test_bit(nr, places_before) ||
	       (parking && num_present_cpus() > 1 &&
		nth_place(nr) == PHYSADDR(parking));
}

/**
 * machine_kexec_check_image - whether an image leaves alone where other CPUs wait
 * @image: an image that holds no memory yet, or is complete
 *
 * Context: May sleep.
 * Return: 0, or -EADDRNOTAVAIL if it is to lie there.
 */
int machine_kexec_check_image(const struct kimage *image)
{
	unsigned int nr, place;

	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];

		for (place = 0; place < NR_PLACES; place++) {
			if (overlaps(seg->mem, seg->memsz, nth_place(place)) &&
			    is_for_waiting(place))
				return kexec_refuse(-EADDRNOTAVAIL,
						    "segment %u is over the page at %#lx, where other CPUs wait for the next kernel",
						    nr, (unsigned long)nth_place(place));
		}
	}
	return 0;
}

#ifdef CONFIG_SMP
/* How long is waited for a CPU, in ms. */
#define PARK_TIMEOUT	1000

/* By the mailbox and the interrupt that loongson_boot_secondary() starts a CPU with. */
static void send_to(u64 entry, unsigned int id)
{
	const u64 to = IOCSR_MBUF_SEND_BLOCKING | (u64)id << IOCSR_MBUF_SEND_CPU_SHIFT;
	const u64 high = IOCSR_MBUF_SEND_BOX_HI(0) << IOCSR_MBUF_SEND_BOX_SHIFT;
	const u64 low = IOCSR_MBUF_SEND_BOX_LO(0) << IOCSR_MBUF_SEND_BOX_SHIFT;

	iocsr_write64(to | high | (entry & IOCSR_MBUF_SEND_H32_MASK),
		      LOONGARCH_IOCSR_MBUF_SEND);
	iocsr_write64(to | low | entry << IOCSR_MBUF_SEND_BUF_SHIFT,
		      LOONGARCH_IOCSR_MBUF_SEND);
	iocsr_write32(IOCSR_IPI_SEND_BLOCKING | id << IOCSR_IPI_SEND_CPU_SHIFT |
		      ACTION_BOOT_CPU, LOONGARCH_IOCSR_IPI_SEND);
}

/*
 * One that this kernel has not started waits in firmware, of which nobody knows whether it
 * loses an interrupt that comes before it waits.  So it is sent more than one.
 */
static void park_cpu(unsigned int cpu)
{
	const u64 entry = PHYSADDR(parking) + KEXEC_PARKING_ENTER;
	const unsigned int id = cpu_logical_map(cpu);
	unsigned int ms;

	/* None has this number: it is there by name only. */
	if (id >= KEXEC_PARKING_CPUS)
		return;
	for (ms = 0; ms < PARK_TIMEOUT; ms++) {
		if (ms % 16 == 0)
			send_to(entry, id);
		if (READ_ONCE(parking->waits[id]))
			return;
		mdelay(1);
	}
	pr_emerg("CPU %u is offline, but does not leave this kernel's memory\n", cpu);
}

static void park_cpus(void)
{
	unsigned int cpu;

	BUILD_BUG_ON(sizeof(*parking) > KEXEC_PARKING_SIZE);

	if (num_present_cpus() == 1 || !parking)
		return;
	if (!is_parking(parking))
		memcpy(parking->code, kexec_parking, sizeof(parking->code));
	memset(parking->waits, 0, sizeof(parking->waits));
	flush_icache_range((unsigned long)parking, (unsigned long)(parking + 1));
	/* A CPU that gets there finds all of it. */
	smp_wmb();
	for_each_present_cpu(cpu) {
		if (cpu != raw_smp_processor_id())
			park_cpu(cpu);
	}
}

/*
 * Whether a CPU can't be taken offline: one of those that serve interrupts of devices.  The
 * first is, too, but goes on.
 */
static bool is_tied(unsigned int cpu)
{
	return cpu && io_master(cpu);
}

static int check_cpus(void)
{
	unsigned int cpu;

	if (num_present_cpus() == 1)
		return 0;
	for_each_online_cpu(cpu) {
		if (is_tied(cpu))
			return kexec_refuse(-EBUSY,
					    "CPU %u serves interrupts of devices, and can't be taken offline",
					    cpu);
	}
	if (!parking)
		return kexec_refuse(-EBUSY,
				    "firmware has left no page of the first 2 MiB where other CPUs could wait for the next kernel");
	return 0;
}

#else
static inline void park_cpus(void) { }

static inline int check_cpus(void)
{
	return 0;
}
#endif /* CONFIG_SMP */

/* How many CPUs ACPI lists, whether this kernel uses them or not. */
static unsigned int count_cpus(void)
{
	if (acpi_disabled)
		return 0;
#ifdef CONFIG_SMP
	return num_processors;
#else
	/* Nobody has counted. */
	return UINT_MAX;
#endif
}

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic: other CPUs may stay in its memory, which a crash image leaves alone
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY if other CPUs can't be stopped or taken offline, have no place to
 * wait, or may run a kernel that has crashed.
 */
int machine_kexec_check(bool crash)
{
	if (crash)
		return 0;
	return kexec_check_stray_cpus(count_cpus()) ?: check_cpus() ?:
	       kexec_check_cpus(0, NULL);
}

/* The control page as every handoff has to find it. */
static void init_trampoline(const struct kimage *image)
{
	memset(image->arch.trampoline, 0, PAGE_SIZE);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
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
 * machine_kexec_entry - find the command line, whose address goes to a1
 * @image: a filled image
 *
 * It is in the first segment that begins with what kexec-tools put before one.  A kernel
 * reads a1 whatever it is told by others, so an image without has an empty one, in the
 * control page.
 *
 * Context: May sleep.
 * Return: 0
 */
int machine_kexec_entry(struct kimage *image)
{
	char begin[sizeof(COMMAND_LINE) - 1];
	unsigned int nr;

	image->arch.command_line = __pa(image->arch.trampoline) + KEXEC_NO_COMMAND_LINE;
	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];

		if (seg->bufsz >= sizeof(begin) &&
		    kimage_read(image, seg->mem, begin, sizeof(begin)) &&
		    !memcmp(begin, COMMAND_LINE, sizeof(begin))) {
			image->arch.command_line = seg->mem + sizeof(begin);
			break;
		}
	}
	return 0;
}

/**
 * machine_shutdown - stop the other CPUs, so that the next kernel can start them
 *
 * The first one serves interrupts of devices, and can't be taken offline.
 *
 * Context: May sleep.
 */
void machine_shutdown(void)
{
#ifdef CONFIG_SMP
	set_cpus_allowed_ptr(current, cpumask_of(0));
	smp_shutdown_nonboot_cpus(0);
#endif
	park_cpus();
}

static void leave(const struct kimage *image, bool returns)
{
	kexec_enter_trampoline(__pa(image->table), image->start,
			       __pa(image->arch.trampoline), fw_arg0,
			       image->arch.command_line, fw_arg2, returns);
}

#ifdef CONFIG_KEXEC_JUMP
/**
 * machine_jump_shutdown - send CPUs that are offline where an image that returns leaves them
 *
 * They take an interrupt on the way, which reads the clock.
 *
 * Context: The only CPU online; interrupts on.
 */
void machine_jump_shutdown(void)
{
	park_cpus();
}

static void leave_and_return(const struct kimage *image)
{
	/* What a program has in these is loaded again when it wants that. */
	lose_fpu(1);
	lose_lbt(1);
	leave(image, true);
	local_flush_tlb_all();
	init_trampoline(image);
}
#else
static inline void leave_and_return(const struct kimage *image) { }
#endif

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image: the trampoline does, to its control page.  Returns
 * when an image with @preserve_context does, and its control page is as it was before,
 * then.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); after
 * machine_crash_shutdown(); or, with @preserve_context, after syscore_suspend().
 */
void machine_kexec(struct kimage *image)
{
	local_irq_disable();
	if (IS_ENABLED(CONFIG_KEXEC_JUMP) && image->preserve_context)
		leave_and_return(image);
	else
		leave(image, false);
}
