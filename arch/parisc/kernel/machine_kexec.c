// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on 32-bit parisc.
 *
 * An image gets one page of control memory, with the trampoline of relocate_kernel.S.
 * Kernels are entered in real mode, where addresses are physical ones, and so runs the
 * trampoline: there are no page tables.  Caches have the same index by an address of the
 * kernel's mapping and by the physical one, as the two differ by a multiple of what
 * indexes repeat after.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/cache.h>
#include <asm/cacheflush.h>
#include <asm/io.h>
#include <asm/page.h>
#include <asm/pdc.h>

/* What firmware runs code of the console from, see mm/init.c. */
#define IODC_SIZE	32768

/*
 * From address 0 on, firmware has its own memory, and tells of itself.  The next kernel
 * calls it, too.
 */
static unsigned long firmware_end(void)
{
	return PAGE_ALIGN(PAGE0->mem_free + IODC_SIZE);
}

/* Loaders find it by this name. */
static int __init show_firmware(void)
{
	static struct resource firmware = {
		.name	= "reserved",
		.flags	= IORESOURCE_BUSY | IORESOURCE_MEM,
	};

	firmware.end = firmware_end() - 1;
	return insert_resource(&iomem_resource, &firmware);
}
arch_initcall(show_firmware);

/**
 * machine_kexec_check_image - whether an image leaves firmware's memory alone
 * @image: an image that holds no memory yet, or is complete
 *
 * Context: May sleep.
 * Return: 0, or -EADDRNOTAVAIL if a segment is where that is.
 */
int machine_kexec_check_image(const struct kimage *image)
{
	unsigned long end = firmware_end();
	unsigned int nr;

	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];

		if (seg->memsz && seg->mem < end)
			return kexec_refuse(-EADDRNOTAVAIL,
					    "segment %u [%#lx-%#lx] lies over firmware's memory, which ends at %#lx",
					    nr, seg->mem, seg->mem + (seg->memsz - 1),
					    end - 1);
	}
	return 0;
}

/* What firmware has told of caches and TLBs, with none of what there is not. */
static void describe_caches(struct pdc_cache_info *caches)
{
	BUILD_BUG_ON(KEXEC_CACHES + sizeof(*caches) > KEXEC_VECTORS);

	*caches = cache_info;
	if (!caches->ic_size)
		caches->ic_count = 0;
	if (!caches->dc_size)
		caches->dc_count = 0;
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
	unsigned long start;

	BUILD_BUG_ON(sizeof(kexec_trampoline) > PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	image->arch.trampoline = page_address(page);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	describe_caches(image->arch.trampoline + KEXEC_CACHES);
	start = (unsigned long)image->arch.trampoline;
	flush_icache_range(start, start + sizeof(kexec_trampoline));
	return 0;
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* The one that firmware has started the kernel on. */
#define BOOT_CPU	0U

/* A CPU that went offline is still in this kernel's memory. */
static bool cpu_stays;

static int refuse_stay(void)
{
	return kexec_refuse(-EBUSY,
			    "firmware has no means to stop a CPU, so that one that is offline goes on running this kernel");
}

/**
 * kexec_cpu_stays - a CPU goes offline, and firmware does not take it
 *
 * Context: On that CPU, interrupts off, for the rest of its time.
 */
void kexec_cpu_stays(void)
{
	WRITE_ONCE(cpu_stays, true);
}

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic: CPUs that can't be stopped may stay in its memory, which a
 *	crash image leaves alone
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY if other CPUs can't be stopped for good.
 */
int machine_kexec_check(bool crash)
{
	if (!crash && READ_ONCE(cpu_stays))
		return refuse_stay();
	return 0;
}

#ifdef CONFIG_SMP
/* Those that machine_kexec_begin() has taken offline. */
static cpumask_t stopped_cpus;

static int stop_other_cpus(void)
{
	unsigned int cpu;
	int err;

	for_each_online_cpu(cpu) {
		if (cpu == BOOT_CPU)
			continue;
		err = remove_cpu(cpu);
		if (err)
			return kexec_refuse(-EBUSY,
					    "CPU %u can't be taken offline: error %d",
					    cpu, err);
		/* This one never comes back: it must not be waited for. */
		if (READ_ONCE(cpu_stays))
			return refuse_stay();
		cpumask_set_cpu(cpu, &stopped_cpus);
	}
	return 0;
}

static void start_stopped_cpus(void)
{
	unsigned int cpu;

	for_each_cpu(cpu, &stopped_cpus) {
		/* If not, it is one less, which firmware or this kernel has. */
		add_cpu(cpu);
	}
	cpumask_clear(&stopped_cpus);
}

/**
 * machine_kexec_begin - have firmware take the other CPUs
 *
 * Each that goes offline calls firmware for that (arch_cpu_idle_dead()), and waits there
 * until the next kernel wants it.  When it has arrived nothing says: it has the two
 * seconds that arch_cpuhp_cleanup_dead_cpu() gives it.  If firmware can't do it the call
 * returns, which nobody knows before.  The next kernel takes the CPU that it starts on
 * for the one that firmware had boot.
 *
 * Context: May sleep.  Before devices are shut down.  CPUs neither come nor go from here
 * on.
 * Return: 0; -EBUSY if one can't be taken, or stays in this kernel: then the others are
 * as they were, but for the latter, and CPU 0 is online.
 */
int machine_kexec_begin(void)
{
	int err = cpu_online(BOOT_CPU) ? 0 : add_cpu(BOOT_CPU);

	if (err)
		return kexec_refuse(-EBUSY,
				    "CPU %u, on which the next kernel has to start, can't be woken: error %d",
				    BOOT_CPU, err);
	err = stop_other_cpus();
	if (!err) {
		cpu_hotplug_disable();
		if (num_online_cpus() == 1 && cpu_online(BOOT_CPU)) {
			reboot_cpu = BOOT_CPU;
			return 0;
		}
		cpu_hotplug_enable();
		err = kexec_refuse(-EBUSY, "other CPUs do not stay offline");
	}
	start_stopped_cpus();
	return err;
}
#endif /* CONFIG_SMP */

/**
 * machine_shutdown - stop the other CPUs, which machine_kexec_begin() has done
 */
void machine_shutdown(void)
{
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown().
 */
void machine_kexec(struct kimage *image)
{
	local_irq_disable();
	kexec_enter_trampoline(virt_to_phys(image->table), image->start,
			       virt_to_phys(image->arch.trampoline));
}
