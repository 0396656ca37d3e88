// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on s390.
 *
 * An image gets one piece of control memory: a page with the trampoline, in
 * relocate_kernel.S.  There are no page tables: it runs with translation off,
 * which is also what an image is to be started with.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kmsg_dump.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/set_memory.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/time64.h>

#include <asm/abs_lowcore.h>
#include <asm/cpu_mf.h>
#include <asm/diag.h>
#include <asm/ipl.h>
#include <asm/lowcore.h>
#include <asm/os_info.h>
#include <asm/ptrace.h>
#include <asm/sclp.h>
#include <asm/sigp.h>
#include <asm/stacktrace.h>
#include <asm/timex.h>

/* How much of the log has been said, by the console's driver or here. */
static u64 console_ends;

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
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	memset(image->arch.trampoline + sizeof(kexec_trampoline), 0,
	       PAGE_SIZE - sizeof(kexec_trampoline));
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
 * machine_shutdown - stop the other CPUs than the one that started first
 *
 * The next kernel gets the machine from the CPU that firmware has started it on, as
 * it would after an IPL.  It is the first thread of the first core, and the kernel's
 * CPU 0.
 *
 * Context: May sleep.
 */
void machine_shutdown(void)
{
	set_cpus_allowed_ptr(current, cpumask_of(0));
	smp_shutdown_nonboot_cpus(0);
}

/* The number that the log's next line has. */
static u64 end_of_log(void)
{
	struct kmsg_dump_iter iter;

	kmsg_dump_rewind(&iter);
	return iter.next_seq;
}

/* Before the console's driver writes for the last time, at INT_MIN + 1. */
static int note_end_of_console(struct notifier_block *block, unsigned long action,
			       void *data)
{
	console_ends = end_of_log();
	return NOTIFY_DONE;
}

static struct notifier_block end_of_console = {
	.notifier_call = note_end_of_console,
	.priority = INT_MIN + 2,
};

static int __init machine_kexec_init(void)
{
	return register_reboot_notifier(&end_of_console);
}
late_initcall(machine_kexec_init);

/*
 * The console's driver buffers what it is given, and goes out of service before
 * devices are shut down.  So the youngest lines of the log, but none older than
 * @since, are said here, by way of what the kernel has for emergencies.  That wants no
 * request of the driver's to be outstanding; if one is, lines are lost.
 */
static void say_last_lines(u64 since)
{
	static char text[SZ_4K];
	struct kmsg_dump_iter iter;
	char *line, *end, next;
	size_t len;

	kmsg_dump_rewind(&iter);
	iter.cur_seq = max(iter.cur_seq, since);
	if (!kmsg_dump_get_buffer(&iter, false, text, sizeof(text) - 1, &len))
		return;
	text[len] = '\0';
	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		next = end[1];
		end[1] = '\0';
		sclp_emergency_printk(line);
		end[1] = next;
	}
}

/* Never comes back. */
static void __noreturn leave(const struct kimage *image, unsigned long reason)
{
	psw_t __aligned(16) psw = {
		.mask = PSW_MASK_BASE | PSW_MASK_EA | PSW_MASK_BA,
		.addr = __pa(image->arch.trampoline),
	};
	unsigned long table = __pa(image->table), entry = image->start;

	asm volatile("lgr	%%r2,%[table]\n"
		     "	lgr	%%r3,%[entry]\n"
		     "	lgr	%%r4,%[reason]\n"
		     "	lpswe	%[psw]\n"
		     : : [psw] "Q" (psw), [table] "d" (table),
			 [entry] "d" (entry), [reason] "d" (reason)
		     : "2", "3", "4", "memory");
	unreachable();
}

/*
 * This CPU writes samples, and follows the list of their pages, by itself, as it was told
 * by perf.
 */
static void stop_sampling(void)
{
	struct hws_lsctl_request_block off = { };

	if (cpum_sf_avail())
		lsctl(&off);
}

/*
 * A subsystem reset: no channel program, queue or PCI function is active any more that
 * could write to memory, and devices are as after an IPL.  The other CPUs are stopped, and
 * keep their registers, as this one keeps those that no initial CPU reset clears
 * (Principles of Operation, "Load Normal" and "CPU Reset").
 */
static void reset_machine(void)
{
	diag_amode31_ops.diag308_reset();
}

#ifdef CONFIG_CRASH_DUMP
/* How long to wait for a CPU to stop, in units of the TOD clock: a second. */
#define STOP_TIMEOUT		(USEC_PER_SEC << 12)

/* The status of a CPU, in its lowcore. */
#define SAVE_AREA		offsetof(struct lowcore, floating_pt_save_area)
#define SAVE_AREA_SIZE		512

/* What the CPU that panics was doing. */
static struct pt_regs *panic_regs;

/* The others, as far as they have stopped. */
static struct cpumask stopped_cpus;

/*
 * A CPU that is told to stop does so when it has ended an instruction, whatever it
 * is doing: nothing can put it off.  One in check-stop state does nothing, and never
 * will.  Returns whether there is no more to wait for.
 */
static bool try_to_stop(int cpu)
{
	u16 address = smp_cpu_get_cpu_address(cpu);
	u32 status;

	if (__pcpu_sigp(address, SIGP_STOP, 0, NULL) == SIGP_CC_NOT_OPERATIONAL)
		return true;
	if (__pcpu_sigp(address, SIGP_SENSE, 0, &status) != SIGP_CC_STATUS_STORED)
		return false;
	if (status & SIGP_STATUS_STOPPED)
		cpumask_set_cpu(cpu, &stopped_cpus);
	return status & (SIGP_STATUS_STOPPED | SIGP_STATUS_CHECK_STOP);
}

/* All are told before any is told again, so that one does not use up the time of others. */
static void stop_all(struct cpumask *cpus)
{
	u64 deadline = get_tod_clock_fast() + STOP_TIMEOUT;
	int cpu;

	for (;;) {
		for_each_cpu(cpu, cpus) {
			if (try_to_stop(cpu))
				cpumask_clear_cpu(cpu, cpus);
		}
		if (cpumask_empty(cpus) || get_tod_clock_fast() >= deadline)
			return;
		cpu_relax();
	}
}

/* Whether a CPU does anything. */
static bool cpu_runs(int cpu)
{
	u32 status;

	switch (__pcpu_sigp(smp_cpu_get_cpu_address(cpu), SIGP_SENSE, 0, &status)) {
	case SIGP_CC_NOT_OPERATIONAL:
		return false;
	case SIGP_CC_STATUS_STORED:
		return !(status & (SIGP_STATUS_STOPPED | SIGP_STATUS_CHECK_STOP));
	default:
		return true;
	}
}

/*
 * First those that can start another.  Then who is about to come online, or to go
 * offline: it would go on in memory that is the next kernel's soon.
 */
static void stop_others(void)
{
	static struct cpumask others, online;
	int cpu;

	cpumask_copy(&others, cpu_present_mask);
	cpumask_clear_cpu(raw_smp_processor_id(), &others);
	cpumask_and(&online, &others, cpu_online_mask);
	cpumask_andnot(&others, &others, &online);
	stop_all(&online);
	for_each_cpu(cpu, &others) {
		if (!cpu_runs(cpu))
			cpumask_clear_cpu(cpu, &others);
	}
	stop_all(&others);
}

/*
 * The registers of a CPU that has stopped are in its lowcore, and in itself, where
 * the next kernel reads them (smp_save_dump_secondary_cpus()).
 */
static void save_stopped_cpu(int cpu)
{
	const struct lowcore *lc = lowcore_ptr[cpu];
	const struct task_struct *task = (void *)lc->current_task;
	struct pt_regs regs = { .psw = lc->psw_save_area };

	memcpy(regs.gprs, lc->gpregs_save_area, sizeof(regs.gprs));
	crash_save_stopped_cpu(&regs, cpu, task ? task->pid : 0);
}

/**
 * crash_smp_send_stop - stop the other CPUs, and save their registers
 *
 * Context: Any.  Called again, it does nothing.
 */
void crash_smp_send_stop(void)
{
	static bool stopped;
	int cpu;

	if (stopped)
		return;
	stopped = true;
	/* Nor comes a machine check any more. */
	__load_psw_mask(PSW_KERNEL_BITS);
	stop_others();
	/* Nobody knows what is in their lowcores; all have stopped before that matters. */
	for_each_cpu(cpu, &stopped_cpus) {
		if (!smp_store_status(cpu))
			save_stopped_cpu(cpu);
	}
}

/**
 * machine_crash_image_good - ask a crash image whether it is complete
 * @image: it, with the digest that it was loaded with
 *
 * On s390 an image for a panic can be entered like a function, with 0 in r2, and
 * then says so: purgatory of kexec-tools has sums of its own.
 *
 * Context: Any, interrupts off, on the CPU that panics, the others have stopped.
 * Return: whether it returned 0.
 */
bool machine_crash_image_good(const struct kimage *image)
{
	int (*entry)(int reason) = (void *)image->start;

	return !call_nodat(1, int, entry, int, 0);
}

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * Devices go on until this kernel is left: reset_machine().
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	crash_smp_send_stop();
	panic_regs = regs;
	/* Not in the last step, which is not tried again after an exception. */
	console_ends = end_of_log();
	say_last_lines(0);
}

/* Order something of another CPU, or of this one.  Whether it was accepted. */
static bool order_cpu(u16 address, u8 order)
{
	u64 deadline = get_tod_clock_fast() + STOP_TIMEOUT;

	do {
		if (__pcpu_sigp(address, order, 0, NULL) ==
		    SIGP_CC_ORDER_CODE_ACCEPTED)
			return true;
		cpu_relax();
	} while (get_tod_clock_fast() < deadline);
	return false;
}

/*
 * The next kernel looks for the status of the CPU that it begins on at absolute 0
 * (smp_save_dump_ipl_cpu()).
 */
static void show_status(const struct lowcore *lc, struct lowcore *abs_lc)
{
	memcpy((void *)abs_lc + SAVE_AREA, (const void *)lc + SAVE_AREA,
	       SAVE_AREA_SIZE);
}

/*
 * Have the CPU that started first, which has stopped, go on in the trampoline, and stop
 * this one.  A CPU reset takes it out of a wait, and gives it the prefix 0; then it is
 * restarted with the PSW at absolute 0x1a0.  It keeps its floating point and vector
 * registers, which are no part of the status.  It resets the machine, as this one, if it is
 * a core's second thread, would not survive that.  Returns if it can't be reset.
 */
static void leave_on_first_cpu(const struct kimage *image)
{
	u16 first = smp_cpu_get_cpu_address(0), self = stap();
	struct lowcore *abs_lc = get_abs_lowcore();

	show_status(lowcore_ptr[0], abs_lc);
	abs_lc->restart_stack = __pa(image->table);
	abs_lc->restart_fn = image->start;
	abs_lc->restart_data = KEXEC_REASON_CRASH;
	abs_lc->restart_source = self;
	/* Below 2 GiB, as all of its kind. */
	abs_lc->restart_flags = (unsigned long)diag_amode31_ops.diag308_reset;
	abs_lc->restart_psw.mask = PSW_MASK_BASE | PSW_MASK_EA | PSW_MASK_BA;
	abs_lc->restart_psw.addr = __pa(image->arch.trampoline) +
				   (kexec_trampoline_restart - kexec_trampoline);
	put_abs_lowcore(abs_lc);
	if (!order_cpu(first, SIGP_INITIAL_CPU_RESET) ||
	    !order_cpu(first, SIGP_RESTART))
		return;
	for (;;)
		order_cpu(self, SIGP_STOP);
}

/*
 * What this CPU was doing when it panicked, not what has come of that since.  By way of
 * lowcore_ptr, it would see absolute 0 instead of its own lowcore.
 */
static void leave_on_this_cpu(void *image)
{
	struct lowcore *lc = get_lowcore(), *abs_lc = get_abs_lowcore();

	lc->psw_save_area = panic_regs->psw;
	memcpy(lc->gpregs_save_area, panic_regs->gprs, sizeof(panic_regs->gprs));
	show_status(lc, abs_lc);
	put_abs_lowcore(abs_lc);
	reset_machine();
	leave(image, KEXEC_REASON_CRASH);
}

static void leave_for_crash_image(struct kimage *image)
{
	/* There was an exception after machine_crash_shutdown(). */
	if (end_of_log() != console_ends)
		say_last_lines(console_ends);
	if (raw_smp_processor_id() && cpumask_test_cpu(0, &stopped_cpus))
		leave_on_first_cpu(image);
	store_status(leave_on_this_cpu, image);
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

/**
 * machine_crash_region_changed - tell dump tools how long the region is
 *
 * Those that don't run in it find it by way of absolute 0.
 *
 * Context: May sleep.
 */
void machine_crash_region_changed(void)
{
	os_info_crashkernel_add(crashk_res.start,
				crashk_res.end ? resource_size(&crashk_res) : 0);
}
#else
static inline void leave_for_crash_image(struct kimage *image) { }
#endif /* CONFIG_CRASH_DUMP */

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
	stop_sampling();
	if (image->type == KEXEC_TYPE_CRASH)
		return leave_for_crash_image(image);

	say_last_lines(console_ends);
	reset_machine();
	leave(image, KEXEC_REASON_BOOT);
}
