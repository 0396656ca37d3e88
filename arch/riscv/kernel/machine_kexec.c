// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on RISC-V.
 *
 * An image gets a page with the trampoline and a stack, and a page table of the top
 * level that leads there; with kexec.handoff_debug=, the report page besides
 * (relocate_kernel_report.S).  The trampoline, in relocate_kernel.S, runs
 * with translation off, which is also what an image is to be started with
 * (Documentation/arch/riscv/boot.rst).
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/array_size.h>
#include <linux/cpu.h>
#include <linux/kexec.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/pgtable.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/set_memory.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/cpu_ops.h>
#include <asm/cpufeature.h>
#include <asm/csr.h>
#include <asm/delay.h>
#include <asm/image.h>
#include <asm/pgalloc.h>
#include <asm/sbi.h>
#include <asm/smp.h>
#include <asm/suspend.h>
#include <asm/switch_to.h>
#include <asm/timex.h>
#include <asm/vector.h>

/*
 * Without SBI's extension HSM, firmware starts all harts at once, and those that
 * the kernel has no use for spin in its memory, too, whatever it was told about
 * their number.
 */
static unsigned int harts_that_spin(void)
{
	struct device_node *node;
	unsigned int harts = 0;

	if (!IS_ENABLED(CONFIG_RISCV_BOOT_SPINWAIT) ||
	    cpu_ops != &cpu_ops_spinwait)
		return 0;
	for_each_of_cpu_node(node)
		harts++;
	return harts - 1;
}

static bool can_stop_harts(void)
{
#ifdef CONFIG_HOTPLUG_CPU
	return cpu_ops->cpu_stop;
#else
	return false;
#endif
}

/* SBI_HSM_STATE_*; one that the firmware does not have is stopped. */
static unsigned long hart_state(unsigned int cpu)
{
	struct sbiret ret;

	ret = sbi_ecall(SBI_EXT_HSM, SBI_EXT_HSM_HART_STATUS,
			cpuid_to_hartid_map(cpu), 0, 0, 0, 0, 0);
	if (ret.error == SBI_ERR_INVALID_PARAM)
		return SBI_HSM_STATE_STOPPED;
	return ret.error ? SBI_HSM_STATE_STARTED : ret.value;
}

#ifdef CONFIG_SMP
/* Also those that nr_cpus= keeps from the kernel: it has their numbers. */
static bool is_offline(unsigned int cpu)
{
	return cpuid_to_hartid_map(cpu) != INVALID_HARTID &&
	       (cpu >= nr_cpu_ids || !cpu_online(cpu));
}

/*
 * Those that are not online and did not go back to the firmware: one whose start took too
 * long, or that is not like the others (smp_callin() has it wait for good if its vectors
 * are of another length); or, in a kernel that captures a dump, one that did not stop for
 * the panic.  While nobody is on the way to or from the firmware.
 */
static unsigned int harts_left_behind(void)
{
	unsigned int cpu, harts = 0;

	if (!can_stop_harts())
		return 0;
	guard(cpus_read_lock)();
	for (cpu = 0; cpu < ARRAY_SIZE(__cpuid_to_hartid_map); cpu++) {
		unsigned long state;

		if (!is_offline(cpu))
			continue;
		state = hart_state(cpu);
		harts += state != SBI_HSM_STATE_STOPPED &&
			 state != SBI_HSM_STATE_STOP_PENDING;
	}
	return harts;
}
#else
static inline unsigned int harts_left_behind(void)
{
	return 0;
}
#endif

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic
 *
 * The next kernel starts the other harts by SBI's extension HSM, for which they
 * have to be stopped, and that is how they are taken offline, too (SBI
 * specification, "Hart State Management Extension").
 *
 * In a panic they only have to keep still, which they do in this kernel's memory;
 * a kernel that captures a dump is content with one hart.
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY if other harts can't be stopped, or not all be taken offline.
 */
int machine_kexec_check(bool crash)
{
	unsigned int harts;

	if (crash)
		return 0;
	harts = harts_that_spin();
	if (!can_stop_harts())
		harts = max(harts, num_online_cpus() - 1);
	if (harts)
		return kexec_refuse(-EBUSY,
				    "%u other harts can't be stopped: the firmware has no SBI HSM",
				    harts);
	harts = harts_left_behind();
	if (harts)
		return kexec_refuse(-EBUSY,
				    "%u other CPUs did not stop, and still run this kernel or one that has crashed",
				    harts);
	return kexec_check_cpus(reboot_cpu, NULL);
}

/* The control page as every handoff has to find it. */
static void init_trampoline(const struct kimage *image)
{
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	memset(image->arch.trampoline + sizeof(kexec_trampoline), 0,
	       PAGE_SIZE - sizeof(kexec_trampoline));
	kexec_report_connect(image);
}

/*
 * For the few instructions between the kernel's tables and none: the kernel's half, and
 * in the other one an entry of the top level that maps the control page to itself.
 * Beyond what that half has, the trampoline is reached without.
 */
static int build_tables(struct kimage *image)
{
	phys_addr_t code = __pa(image->arch.trampoline);
	struct page *page;
	pgd_t *pgd;

	if (code >= BIT(VA_BITS - 1))
		return 0;
	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	pgd = page_address(page);
	sync_kernel_mappings(pgd);
	/* Accessed and dirty already: the walk writes nothing. */
	set_pgd(pgd + pgd_index(code),
		pfn_pgd(PHYS_PFN(code & PGDIR_MASK), PAGE_KERNEL_EXEC));
	image->arch.satp = page_to_pfn(page) | satp_mode;
	return 0;
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0, -ENOMEM, or what kexec_report_prepare() returns.
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct page *page = kimage_alloc_control_pages(image, 0);
	int err;

	if (!page)
		return -ENOMEM;
	image->arch.trampoline = page_address(page);
	err = build_tables(image) ?: kexec_report_prepare(image);
	if (err)
		return err;
	init_trampoline(image);
	return 0;
}

/* Whether the first thing that runs is a kernel, not a program that starts one. */
static bool enters_kernel(const struct kimage *image)
{
	struct riscv_image_header header;

	return kimage_read(image, image->start, &header, sizeof(header)) &&
	       !memcmp(&header.magic2, RISCV_IMAGE_MAGIC2, sizeof(header.magic2));
}

/**
 * machine_kexec_entry - find the device tree, whose address goes to a1
 * @image: a filled image
 *
 * A kernel does nothing without (Documentation/arch/riscv/boot.rst).  What else
 * an image may begin with has to know for itself, and finds 0 if there is none.
 *
 * Context: May sleep.
 * Return: 0, or -EINVAL.
 */
int machine_kexec_entry(struct kimage *image)
{
	int nr = kexec_find_fdt(image);

	if (nr >= 0) {
		image->arch.fdt = image->segment[nr].mem;
		return 0;
	}
	if (nr != -ENOENT)
		return nr;
	if (!enters_kernel(image))
		return 0;
	return kexec_refuse(-EINVAL,
			    "no segment is a device tree, which the kernel at %#lx needs",
			    image->start);
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/*
 * A hart that is offline may still be on its way to the firmware.  Until it is
 * there it executes the kernel, over which an image may be moved, and it can't be
 * started again, neither by the next kernel nor by this one.  That takes no time;
 * a second is too long, and something is wrong with it.
 */
static void wait_until_stopped(void)
{
	u64 deadline = get_cycles64() + riscv_timebase;
	unsigned int cpu;

	if (!IS_ENABLED(CONFIG_SMP) || !can_stop_harts())
		return;
	for_each_present_cpu(cpu) {
		while (cpu != raw_smp_processor_id() &&
		       hart_state(cpu) != SBI_HSM_STATE_STOPPED) {
			if (get_cycles64() > deadline) {
				pr_emerg("CPU %u is offline, but does not stop\n",
					 cpu);
				return;
			}
			cpu_relax();
		}
	}
}

/**
 * machine_shutdown - stop the other harts, so that the next kernel can start them
 *
 * Context: May sleep.
 */
void machine_shutdown(void)
{
	smp_shutdown_nonboot_cpus(smp_processor_id());
	wait_until_stopped();
}

/*
 * Never comes back here: an image that returns goes to @resume, a physical
 * address, with @context in a1.  If @resume is 0 there is no way back.
 */
static void __noreturn leave(const struct kimage *image, phys_addr_t resume,
			     unsigned long context)
{
	/* What the last program asked for: shadow stacks, landing pads, CBZE. */
	if (riscv_has_extension_unlikely(RISCV_ISA_EXT_XLINUXENVCFG))
		csr_write(CSR_ENVCFG, 0);
	kexec_enter_trampoline(__pa(image->table), image->start,
			       __pa(image->arch.trampoline),
			       cpuid_to_hartid_map(raw_smp_processor_id()),
			       resume, context, image->arch.fdt,
			       image->arch.satp);
}

#ifdef CONFIG_KEXEC_JUMP
static int leave_for_a_while(unsigned long image, unsigned long resume,
			     unsigned long context)
{
	leave((const struct kimage *)image, resume, context);
}

/*
 * To the kernel it is a sleep in which the hart loses its registers: firmware, or
 * the trampoline on the way back, enters __cpu_resume_enter() with translation
 * off, and cpu_suspend() goes on from what it saved.  The timer and whatever else
 * has a driver is suspended, others' registers were saved when they were switched
 * away from.  Left are the caller's floating point and vector registers, which are
 * live, and which counters programs may read.
 */
static void leave_and_return(const struct kimage *image)
{
	unsigned long counters = csr_read(CSR_SCOUNTEREN);

	wait_until_stopped();
	fstate_save(current, task_pt_regs(current));
	riscv_v_vstate_save(&current->thread.vstate, task_pt_regs(current));
	cpu_suspend((unsigned long)image, leave_for_a_while);
	riscv_v_vstate_restore(&current->thread.vstate, task_pt_regs(current));
	fstate_restore(current, task_pt_regs(current));
	csr_write(CSR_SCOUNTEREN, counters);

	init_trampoline(image);
}
#else
static inline void leave_and_return(const struct kimage *image) { }
#endif

/**
 * machine_kexec_counter - read the time register
 * @hz: gets how often it counts in a second
 *
 * It goes on over a handoff, and all harts have the same.
 *
 * Context: Any.
 * Return: its value.
 */
u64 machine_kexec_counter(u64 *hz)
{
	*hz = riscv_timebase;
	return get_cycles64();
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image, whose memory may be protected: the trampoline
 * does, with translation off.  Returns when an image with @preserve_context does,
 * and its control memory is as it was before, then.
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
		leave(image, 0, 0);
}

#ifdef CONFIG_CRASH_DUMP
#ifdef CONFIG_SMP
/**
 * panic_smp_self_stop - stop this CPU, as another one panics
 *
 * It has interrupts off.  As the other one does not wait for it, it does what those do
 * that hear it: they are stopped where the next kernel can start them.
 *
 * Context: Any, NMI included, interrupts off.
 */
void __noreturn panic_smp_self_stop(void)
{
	set_cpu_online(raw_smp_processor_id(), false);
#ifdef CONFIG_HOTPLUG_CPU
	if (cpu_has_hotplug(raw_smp_processor_id()))
		cpu_ops->cpu_stop();
#endif
	for (;;)
		wait_for_interrupt();
}
#endif /* CONFIG_SMP */

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	crash_smp_send_stop();
	/* None is left half handled, and none comes until a driver is there. */
	crash_quiet_interrupts();
	/*
	 * An interrupt for one of KVM's guests (SGEIE) is no part of sie.  The next kernel
	 * would get it, has no use for it, and would never be done with it.
	 */
	if (__riscv_isa_extension_available(NULL, 'h' - 'a'))
		csr_write(CSR_HIE, 0);
}

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM if a large page can't be split.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	unsigned long addr = (unsigned long)__va(start);

	return protect ? set_memory_ro(addr, nr_pages) :
			 set_memory_rw(addr, nr_pages);
}
#endif /* CONFIG_CRASH_DUMP */
