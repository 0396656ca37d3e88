// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the handoffs of 32-bit and 64-bit powerpc have in common, and what loaders are
 * told of this kernel.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/cacheflush.h>
#include <asm/crash_reserve.h>
#include <asm/kexec.h>
#include <asm/rtas.h>
#include <asm/sections.h>
#include <asm/time.h>

/**
 * machine_kexec_check_image - whether an image leaves RTAS alone
 * @image: an image that holds no memory yet, or is complete
 *
 * Firmware runs from there, also for the next kernel.
 *
 * Context: May sleep.
 * Return: 0, or -EADDRNOTAVAIL if a segment is where RTAS is.
 */
int machine_kexec_check_image(const struct kimage *image)
{
#ifdef CONFIG_PPC_RTAS
	const struct kexec_segment *segment;
	unsigned long start = rtas.base, size = rtas.size;

	for (segment = image->segment; segment < image->segment + image->nr_segments;
	     segment++) {
		if (size && segment->memsz &&
		    start < segment->mem + segment->memsz &&
		    segment->mem < start + size)
			return kexec_refuse(-EADDRNOTAVAIL,
					    "segment %zu [%#lx-%#lx] lies over RTAS: [%#lx-%#lx]",
					    segment - image->segment, segment->mem,
					    segment->mem + (segment->memsz - 1),
					    start, start + size - 1);
	}
#endif
	return 0;
}

/**
 * kexec_prepare_trampoline - put the trampoline into control memory
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_prepare_trampoline(struct kimage *image)
{
	struct page *code = kimage_alloc_control_pages(image, 0);

	if (!code)
		return -ENOMEM;
	image->arch.trampoline = page_address(code);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	memset(image->arch.trampoline + sizeof(kexec_trampoline), 0,
	       PAGE_SIZE - sizeof(kexec_trampoline));
	flush_icache_range((unsigned long)image->arch.trampoline,
			   (unsigned long)image->arch.trampoline +
			   sizeof(kexec_trampoline));
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
 * machine_kexec_counter - read the time base
 * @hz: gets how often it counts in a second
 *
 * It goes on over a handoff, and all CPUs have the same.
 *
 * Context: Any.
 * Return: its value.
 */
u64 machine_kexec_counter(u64 *hz)
{
	*hz = tb_ticks_per_sec;
	return get_tb();
}

/* What kexec-tools want to know, in /chosen of the device tree, big endian. */
static int tell_tools(const char *name, u64 value)
{
	struct device_node *chosen = of_find_node_by_path("/chosen");
	struct property *property = kzalloc(sizeof(*property), GFP_KERNEL);
	__be64 *data = kmalloc(sizeof(*data), GFP_KERNEL);
	int err = -ENOMEM;

	if (chosen && property && data) {
		*data = cpu_to_be64(value);
		property->name = (char *)name;
		property->length = sizeof(*data);
		property->value = data;
		/* It may have been passed on by the kernel before. */
		err = of_update_property(chosen, property);
	}
	if (err) {
		kfree(data);
		kfree(property);
	}
	of_node_put(chosen);
	return err;
}

/* The kernel before this one may have told it. */
static void tell_tools_nothing(const char *name)
{
	struct device_node *chosen = of_find_node_by_path("/chosen");
	struct property *property = of_find_property(chosen, name, NULL);

	if (property)
		of_remove_property(chosen, property);
	of_node_put(chosen);
}

#ifdef CONFIG_CRASH_RESERVE
/* As much as a capture kernel can use, which after a shrink may not be all. */
static int tell_region(void)
{
	u64 end = ALIGN_DOWN(crashk_res.end + 1, CRASH_MEMORY_UNIT);

	if (!crashk_res.end || end <= crashk_res.start) {
		tell_tools_nothing("linux,crashkernel-base");
		tell_tools_nothing("linux,crashkernel-size");
		return 0;
	}
	return tell_tools("linux,crashkernel-base", crashk_res.start) ?:
	       tell_tools("linux,crashkernel-size", end - crashk_res.start);
}

/**
 * machine_crash_region_changed - tell loaders where the region is
 *
 * Context: May sleep.
 */
void machine_crash_region_changed(void)
{
	if (tell_region())
		pr_warn("loaders are not told that the region for a crash image has changed\n");
}
#else
static int tell_region(void)
{
	return 0;
}
#endif

/* An address that no memory is above; without mem=, memory may come there. */
static bool is_limited __initdata;

static int __init know_limit(char *unused)
{
	is_limited = true;
	return 0;
}
early_param("mem", know_limit);

/* Where it runs, for loaders: others have these lines from their set-up code. */
static struct resource kernel_code =
	DEFINE_RES_NAMED(0, 0, "Kernel code", IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM);
static struct resource kernel_data =
	DEFINE_RES_NAMED(0, 0, "Kernel data", IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM);

/* In whole pages, as segments are.  No loader is to try there. */
static int __init list_reserved(u64 start, u64 size)
{
	struct resource *res = kzalloc(sizeof(*res), GFP_KERNEL);

	if (!res)
		return -ENOMEM;
	res->name = "Reserved";
	res->start = PAGE_ALIGN_DOWN(start);
	res->end = PAGE_ALIGN(start + size) - 1;
	res->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	/* It may be there already, or reach beyond RAM. */
	if (insert_resource(&iomem_resource, res))
		kfree(res);
	return 0;
}

/* The memory that a load refuses as firmware or devices keep it. */
static int __init list_all_reserved(void)
{
	struct device_node *root __free(device_node) =
		of_find_node_by_path("/reserved-memory");
	struct resource res;
	int i, err = 0;

#ifdef CONFIG_PPC_RTAS
	if (rtas.size)
		err = list_reserved(rtas.base, rtas.size);
#endif
	for_each_available_child_of_node_scoped(root, node) {
		if (of_property_read_bool(node, "reusable"))
			continue;
		for (i = 0; !err && !of_address_to_resource(node, i, &res); i++)
			err = list_reserved(res.start, resource_size(&res));
	}
	return err;
}

static int __init machine_kexec_init(void)
{
	int err = tell_tools("linux,kernel-end", __pa(_end));

	kernel_code.start = __pa(_stext);
	kernel_code.end = __pa(_etext) - 1;
	kernel_data.start = __pa(_etext);
	kernel_data.end = __pa(_end) - 1;
	insert_resource(&iomem_resource, &kernel_code);
	insert_resource(&iomem_resource, &kernel_data);
	if (!err)
		err = list_all_reserved();
	tell_tools_nothing("linux,memory-limit");
	if (!err && is_limited)
		err = tell_tools("linux,memory-limit", memblock_end_of_DRAM());
	return err ?: tell_region();
}
late_initcall(machine_kexec_init);
