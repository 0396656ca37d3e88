// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on 64-bit powerpc, for pseries (an LPAR) and powernv (bare metal).
 *
 * An image gets two pieces of control memory: a page with the trampoline, in
 * relocate_kernel_64.S, and a stack for what the kernel gives back with translation off.
 * The trampoline runs in real mode, which is also what an image is to be started in.
 * Read-only mappings, hash tables and radix trees, which may lie in a destination, then
 * mean nothing.
 *
 * Where the hypervisor lets real mode reach a part of memory only (LoPAPR, "Real Mode
 * Area"), a boot image is refused: what waits for the moves lies anywhere.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/cache.h>
#include <asm/crash_reserve.h>
#include <asm/cputable.h>
#include <asm/firmware.h>
#include <asm/ftrace.h>
#include <asm/hw_breakpoint.h>
#include <asm/hw_irq.h>
#include <asm/kexec.h>
#include <asm/machdep.h>
#include <asm/mmu.h>
#include <asm/opal.h>
#include <asm/plpar_wrappers.h>
#include <asm/reg.h>
#include <asm/rtas.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/svm.h>
#include <asm/tm.h>
#include <asm/ultravisor.h>

/* How long CPUs that are offline may take to arrive in firmware, in ms: all of them. */
#define STOP_TIMEOUT	1000

static bool is_pseries(void)
{
	/* A PS3 is a partition, too, with calls of its own. */
	return IS_ENABLED(CONFIG_PPC_PSERIES) && machine_is(pseries);
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

/* A pseries has it from firmware, or not: see pseries_cpu_hotplug_init(). */
static bool can_disable(unsigned int cpu)
{
#ifdef CONFIG_HOTPLUG_CPU
	return smp_ops->cpu_disable && smp_ops->cpu_offline_self;
#else
	return false;
#endif
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
			return can_disable(cpu);
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

static int check_reach(u64 end)
{
	u64 limit = real_mode_end();

	if (end > limit)
		return kexec_refuse(-ENOMEM,
				    "real mode reaches memory below %#llx only, of %#llx",
				    limit, end);
	return 0;
}

#ifdef CONFIG_CRASH_DUMP
/* All that the handoff needs is in the region; but beside another image. */
static int check_region_reach(void)
{
	u64 limit = real_mode_end();

	if (kexec_crash_loaded() && kexec_end_of_ram() > limit)
		return kexec_refuse(-EBUSY,
				    "real mode reaches memory below %#llx only, and the region has an image: unload that first",
				    limit);
	return crashk_res.end ? check_reach(crashk_res.end + 1) : 0;
}
#else
static inline int check_region_reach(void)
{
	return 0;
}
#endif

/**
 * machine_kexec_check - whether this machine can start an image
 * @crash: a crash image
 *
 * Context: May sleep.
 * Return: 0; -EOPNOTSUPP for a machine that is neither pseries nor powernv;
 * -ENOMEM if real mode does not reach the crash region; -EBUSY if a
 * CPU waits in some kernel's memory that this one does not know, and so can't stop, if
 * one can't be taken offline, or if a crash image has to be unloaded first.
 */
int machine_kexec_check(bool crash)
{
	int stray;

	if (!is_pseries() && !is_powernv())
		return kexec_refuse(-EOPNOTSUPP,
				    "the machine is neither pseries nor powernv");
	if (crash)
		return check_region_reach();
	if (READ_ONCE(kexec_nr_waiting))
		return kexec_refuse(-EBUSY,
				    "%u CPUs that the kernel does not use wait in its memory: nr_cpus= is too low",
				    READ_ONCE(kexec_nr_waiting));
	stray = find_stray_cpu();
	if (stray >= 0)
		return kexec_refuse(-EBUSY,
				    "CPU %d is offline, runs in the memory of a kernel, and can't be stopped",
				    stray);
	return kexec_check_cpus(reboot_cpu, can_disable);
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * What a boot image needs may come to lie in all memory that there is now.  What comes
 * later has nothing of it.
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM, also if real mode does not reach all memory.
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct page *stack;
	int err = 0;

	if (image->type == KEXEC_TYPE_DEFAULT)
		err = check_reach(kexec_end_of_ram());
	if (!err)
		err = kexec_prepare_trampoline(image);
	if (err)
		return err;
	stack = kimage_alloc_control_pages(image, get_order(KEXEC_STACK_SIZE));
	if (!stack)
		return -ENOMEM;
	image->arch.stack = page_address(stack);
	memset(image->arch.stack, 0, KEXEC_STACK_SIZE);
	return 0;
}

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
 * kexec_end_transaction - end the transaction of a program that this CPU has interrupted
 *
 * It is suspended, and neither rfid nor turning the unit off ends that (Power ISA,
 * "Transactional Memory"): the image would run in that state, until it took the program's
 * registers for those of a program of its own.
 *
 * Context: Any, interrupts off, translation on.
 */
void kexec_end_transaction(void)
{
	if (cpu_has_feature(CPU_FTR_TM) && MSR_TM_SUSPENDED(mfmsr()))
		tm_reclaim_current(TM_CAUSE_RESCHED);
}

/**
 * kexec_end_imc - have this thread write no counters to memory by itself
 *
 * It does so for a task (thread_imc), or for whoever traces (trace_imc), until the register is
 * 0.  One that goes offline ends it.  Below an ultravisor the register is not ours.
 *
 * Context: Any, interrupts off.
 */
void kexec_end_imc(void)
{
	if (firmware_has_feature(FW_FEATURE_OPAL) && cpu_has_feature(CPU_FTR_ARCH_300) &&
	    !firmware_has_feature(FW_FEATURE_ULTRAVISOR))
		mtspr(SPRN_LDBAR, 0);
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
	kexec_end_transaction();
	kexec_end_imc();
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
