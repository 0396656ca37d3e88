// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on 64-bit powerpc, for pseries (an LPAR) and powernv (bare metal).
 *
 * An image gets two pieces of control memory: a page with the trampoline, in
 * relocate_kernel.S, and a stack for what the kernel gives back with translation off.
 * The trampoline runs in real mode, which is also what an image is to be started in.
 * Read-only mappings, hash tables and radix trees, which may lie in a destination, then
 * mean nothing.
 *
 * Where the hypervisor lets real mode reach a part of memory only (LoPAPR, "Real Mode
 * Area"), a boot image is refused: what waits for the moves lies anywhere.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/cache.h>
#include <asm/cacheflush.h>
#include <asm/crash_reserve.h>
#include <asm/firmware.h>
#include <asm/ftrace.h>
#include <asm/hw_breakpoint.h>
#include <asm/hw_irq.h>
#include <asm/kexec.h>
#include <asm/machdep.h>
#include <asm/mmu.h>
#include <asm/opal.h>
#include <asm/plpar_wrappers.h>
#include <asm/rtas.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/svm.h>
#include <asm/time.h>
#include <asm/ultravisor.h>

/* How long CPUs that are offline may take to arrive in firmware, in ms: all of them. */
#define STOP_TIMEOUT	1000

static bool is_pseries(void)
{
	return IS_ENABLED(CONFIG_PPC_PSERIES) && firmware_has_feature(FW_FEATURE_LPAR);
}

static bool is_powernv(void)
{
	return IS_ENABLED(CONFIG_PPC_POWERNV) && firmware_has_feature(FW_FEATURE_OPAL);
}

/*
 * The end of the memory that is reached with translation off.  With a hash table a
 * hypervisor may let that be a part, which is the first block of memory that the
 * device tree has (LoPAPR, "Real Mode Area").
 */
static u64 real_mode_end(void)
{
	struct device_node *node;
	struct resource res;
	u64 end = ppc64_rma_size;

	if (radix_enabled() || !firmware_has_feature(FW_FEATURE_LPAR))
		return U64_MAX;
	for_each_node_by_type(node, "memory") {
		if (!of_address_to_resource(node, 0, &res) && !res.start) {
			end = resource_size(&res);
			of_node_put(node);
			break;
		}
	}
	/* Of an address there, less counts (Power ISA, "Virtual Real Mode"). */
	return min(end, 1UL << SID_SHIFT_1T);
}

#ifdef CONFIG_SMP
static bool is_in_firmware(unsigned int hwcpu);

static bool is_online(unsigned int hwcpu)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (get_hard_smp_processor_id(cpu) == hwcpu)
			return true;
	}
	return false;
}

/* Whether this kernel can have it go offline, and so to firmware. */
static bool can_be_woken(unsigned int hwcpu)
{
	unsigned int cpu;

	/* Those that a panic could not stop are in another kernel. */
	if (is_kdump_kernel())
		return false;
	/* No thread comes online against that. */
	if (IS_ENABLED(CONFIG_HOTPLUG_SMT) && cpu_smt_control != CPU_SMT_ENABLED &&
	    cpu_smt_control != CPU_SMT_NOT_SUPPORTED &&
	    cpu_smt_control != CPU_SMT_NOT_IMPLEMENTED)
		return false;
	for_each_present_cpu(cpu) {
		if (get_hard_smp_processor_id(cpu) == hwcpu)
			return true;
	}
	return false;
}

/* One that is not where the next kernel finds it, or -1. */
static int find_stray_cpu(void)
{
	struct device_node *node;
	int i, len;

	for_each_of_cpu_node(node) {
		const __be32 *threads =
			of_get_property(node, "ibm,ppc-interrupt-server#s", &len);

		for (i = 0; threads && i < len / (int)sizeof(*threads); i++) {
			unsigned int hwcpu = be32_to_cpu(threads[i]);

			if (is_online(hwcpu) || is_in_firmware(hwcpu) ||
			    can_be_woken(hwcpu))
				continue;
			of_node_put(node);
			return hwcpu;
		}
	}
	return -1;
}
#else
static int find_stray_cpu(void)
{
	return -1;
}
#endif

/**
 * machine_kexec_check - whether this machine can start an image
 * @crash: a crash image
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP for a machine that is neither pseries nor powernv;
 * -ENOMEM if real mode does not reach the memory that the handoff needs; -EBUSY if a
 * CPU waits in some kernel's memory that this one does not know, and so can't stop, or
 * if a crash image has to be unloaded first.
 */
int machine_kexec_check(bool crash)
{
	u64 end = memblock_end_of_DRAM(), limit = real_mode_end();
	int stray;

#ifdef CONFIG_CRASH_DUMP
	/* All that the handoff needs is in the region; but beside another image. */
	if (crash && end > limit && kexec_crash_loaded())
		return kexec_refuse(-EBUSY,
				    "real mode reaches memory below %#llx only, and the region has an image: unload that first",
				    limit);
	if (crash)
		end = crashk_res.end ? crashk_res.end + 1 : 0;
#endif
	if (!is_pseries() && !is_powernv())
		return kexec_refuse(-EOPNOTSUPP,
				    "the machine is neither pseries nor powernv");
	if (end > limit)
		return kexec_refuse(-ENOMEM,
				    "real mode reaches memory below %#llx only, of %#llx",
				    limit, end);
	if (!crash && READ_ONCE(kexec_nr_waiting))
		return kexec_refuse(-EBUSY,
				    "%u CPUs that the kernel does not use wait in its memory: nr_cpus= is too low",
				    READ_ONCE(kexec_nr_waiting));
	stray = crash ? -1 : find_stray_cpu();
	if (stray >= 0)
		return kexec_refuse(-EBUSY,
				    "CPU %d is offline, runs in the memory of a kernel, and can't be stopped",
				    stray);
	return 0;
}

/* What firmware runs from, also for the next kernel. */
static int refuse_rtas(const struct kimage *image)
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
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or -EADDRNOTAVAIL if a segment is where RTAS is.
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct page *code, *stack;
	int err = refuse_rtas(image);

	if (err)
		return err;
	code = kimage_alloc_control_pages(image, 0);
	stack = kimage_alloc_control_pages(image, get_order(KEXEC_STACK_SIZE));
	if (!code || !stack)
		return -ENOMEM;
	image->arch.trampoline = page_address(code);
	image->arch.stack = page_address(stack);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	memset(image->arch.trampoline + sizeof(kexec_trampoline), 0,
	       PAGE_SIZE - sizeof(kexec_trampoline));
	memset(image->arch.stack, 0, KEXEC_STACK_SIZE);
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

#ifdef CONFIG_SMP
/* Whether it is in the hands of firmware, from which the next kernel starts it. */
static bool is_in_firmware(unsigned int hwcpu)
{
#ifdef CONFIG_PPC_POWERNV
	if (is_powernv()) {
		u8 status;

		return opal_query_cpu_status(hwcpu, &status) == OPAL_SUCCESS &&
		       status != OPAL_THREAD_STARTED;
	}
#endif
#ifdef CONFIG_PPC_RTAS
	{
		int token = rtas_function_token(RTAS_FN_QUERY_CPU_STOPPED_STATE);
		int status;

		return token != RTAS_UNKNOWN_SERVICE &&
		       !rtas_call(token, 1, 2, &status, hwcpu) && !status;
	}
#endif
	return false;
}

/* Those that were offline before the handoff began. */
static cpumask_t woken_cpus;

/* One that waits in this kernel's memory, or -1. */
static int find_offline_cpu(void)
{
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (!cpu_online(cpu) &&
		    !is_in_firmware(get_hard_smp_processor_id(cpu)))
			return cpu;
	}
	return -1;
}

static int wake_offline_cpus(void)
{
	int cpu, err;

	while ((cpu = find_offline_cpu()) >= 0) {
		/* It came online, and somebody took it offline again. */
		if (cpumask_test_and_set_cpu(cpu, &woken_cpus))
			return kexec_refuse(-EBUSY, "CPU %d does not stay online", cpu);
		err = add_cpu(cpu);
		if (err) {
			cpumask_clear_cpu(cpu, &woken_cpus);
			return kexec_refuse(-EBUSY,
					    "CPU %d is offline, runs in the memory of this kernel, and can't be woken: error %d",
					    cpu, err);
		}
	}
	return 0;
}

static void leave_cpus_offline(void)
{
	unsigned int cpu;

	for_each_cpu(cpu, &woken_cpus) {
		/* As it was; if not, it is a CPU more that works. */
		remove_cpu(cpu);
	}
	cpumask_clear(&woken_cpus);
}

/**
 * machine_kexec_begin - wake CPUs that are offline, and keep them from going there again
 *
 * One that is offline may wait in this kernel's memory: it was never started
 * (maxcpus=), or it is powernv, where it sleeps there until it is wanted.  It goes to
 * firmware when it goes offline in machine_shutdown().  To have it come online
 * allocates memory, and may fail.
 *
 * Context: May sleep.  Before devices are shut down.  CPUs neither come nor go from here
 * on, until kexec_stop_other_cpus() takes all of them.
 * Return: 0; -EBUSY if one can't be woken: then all are as they were.
 */
int machine_kexec_begin(void)
{
	int cpu, err = wake_offline_cpus();

	if (!err) {
		cpu_hotplug_disable();
		cpu = find_offline_cpu();
		if (cpu < 0)
			return 0;
		cpu_hotplug_enable();
		err = kexec_refuse(-EBUSY, "CPU %d does not stay online", cpu);
	}
	leave_cpus_offline();
	return err;
}

/* Those that don't arrive in time are left alone: there is no way back. */
static void wait_until_stopped(void)
{
	unsigned int cpu, ms = 0;

	for_each_present_cpu(cpu) {
		unsigned int hwcpu = get_hard_smp_processor_id(cpu);

		if (cpu == smp_processor_id())
			continue;
		for (; !is_in_firmware(hwcpu) && ms < STOP_TIMEOUT; ms++)
			mdelay(1);
		if (!is_in_firmware(hwcpu))
			pr_emerg("CPU %u is offline, but does not stop\n", cpu);
	}
}

/*
 * What the hypervisor writes to when it dispatches one that the next kernel has
 * started, until that has registered its own (LoPAPR, "H_REGISTER_VPA").
 */
static void give_back_areas(unsigned int cpu)
{
#ifdef CONFIG_PPC_PSERIES
	unsigned int hwcpu = get_hard_smp_processor_id(cpu);

	unregister_dtl(hwcpu);
	unregister_slb_shadow(hwcpu);
	unregister_vpa(hwcpu);
#endif
}

/**
 * kexec_stop_other_cpus - take the other CPUs offline, and to firmware
 *
 * Context: May sleep.  Called by machine_shutdown() in a handoff.
 */
void kexec_stop_other_cpus(void)
{
	unsigned int cpu;

	/* As machine_kexec_begin() left it. */
	cpu_hotplug_enable();
	smp_shutdown_nonboot_cpus(smp_processor_id());
	wait_until_stopped();
	if (!is_pseries())
		return;
	for_each_present_cpu(cpu) {
		if (cpu != smp_processor_id())
			give_back_areas(cpu);
	}
}
#else
void kexec_stop_other_cpus(void)
{
}
#endif /* CONFIG_SMP */

/* Both are there on every machine that this runs on; a block is no less than 32. */
static unsigned long cache_block(void)
{
	return min_not_zero(ppc64_caches.l1d.block_size,
			    ppc64_caches.l1i.block_size) ?: 32;
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
	return mftb();
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image; the stack is control memory, and at its end.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown().
 */
void machine_kexec(struct kimage *image)
{
	bool crash = image->type == KEXEC_TYPE_CRASH;

	hard_irq_disable();
	/* What follows runs partly with translation off, and where tracers don't. */
	this_cpu_disable_ftrace();
	hw_breakpoint_disable();
	if (!crash && is_secure_guest())
		uv_unshare_all_pages();
	if (ppc_md.kexec_cpu_down)
		ppc_md.kexec_cpu_down(crash, 0);
	/*
	 * How interrupts are to be taken, which the hypervisor knows for all CPUs.  At a
	 * panic that is left to the next kernel: it may be necessary to ask again and
	 * again for as long as others are at it.
	 */
	if (is_pseries() && !crash && firmware_has_feature(FW_FEATURE_SET_MODE)) {
		pseries_disable_reloc_on_exc();
#ifdef __LITTLE_ENDIAN__
		/* With a hash table there may still be one: mmu_cleanup_all() does it. */
		if (radix_enabled())
			pseries_big_endian_exceptions();
#endif
	}
	kexec_enter_trampoline(__pa(image->table), image->start,
			       __pa(image->arch.trampoline), hard_smp_processor_id(),
			       cache_block(), image->arch.stack + KEXEC_STACK_SIZE);
}
