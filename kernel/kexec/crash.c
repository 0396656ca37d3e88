// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a panic to the crash image.
 *
 * It can begin anywhere: in an interrupt or an NMI, with any lock held, on a
 * stack that is almost full, in the middle of a load.  Hence invariant 3: from
 * __crash_kexec() on nothing is allocated, nothing sleeps, and no lock is
 * waited for.  The slot is read without the locks that guard it: what is in
 * there is complete, as it was built before it was published, and is not freed
 * any more once the other CPUs have stopped.
 *
 *	stop	  interrupts, here and at once; the other CPUs, which
 *		  save their registers                            no way back
 *	check	  the image's digests; if they differ, panic() goes on
 *	save	  this CPU's registers, the time
 *	wait	  devices end what they write to memory that the image's
 *		  kernel is going to use, if there is such memory
 *	quiet	  interrupt controllers and whatever else could disturb
 *	leave	  machine_kexec(), as from reboot(2)
 *
 * If one of these steps runs into an exception or panics itself, that comes here
 * again on the same CPU.  A step that has begun is not begun a second time: the
 * next one follows, but an image whose check did not end is not started.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/elfcore.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/irq_regs.h>

#include "base.h"
#include "internal.h"

/* What each CPU was doing: an ELF note, for the dump. */
note_buf_t __percpu *crash_notes;

/* The boot option kexec_crash_verify=. */
static bool crash_verify __ro_after_init = true;
core_param(kexec_crash_verify, crash_verify, bool, 0444);

/* CPUs whose registers have been saved. */
static struct cpumask saved_cpus;

/*
 * How far the way down has come; only the CPU that panics looks at it.  If the platform
 * has another one go on with that, it is this one.
 */
enum crash_step {
	CRASH_NOT_BEGUN,
	CRASH_STOP,
	CRASH_CHECK,
	CRASH_SAVE,
	CRASH_WAIT,
	CRASH_QUIET,
	CRASH_LEAVE,
};

static enum crash_step crash_step;
static bool crash_image_good;

/* What the CPU that panics was doing when it began, in which task, and which it is. */
static struct pt_regs crash_regs;
static pid_t crash_regs_pid;
static unsigned int crash_regs_cpu;

/**
 * kexec_crash_verify - whether crash images are checked before they start
 *
 * Return: what the boot option kexec_crash_verify= says.
 */
bool kexec_crash_verify(void)
{
	return crash_verify;
}

/**
 * kexec_crash_loaded - whether a panic would start a crash image
 *
 * Context: Any.
 * Return: 1 or 0.
 */
int kexec_crash_loaded(void)
{
	return !!READ_ONCE(kexec_crash_image);
}
EXPORT_SYMBOL_GPL(kexec_crash_loaded);

/**
 * kexec_should_crash - whether an exception is going to end in a panic
 * @task: whom it struck
 *
 * Who handles a fatal exception calls this before it cleans up, so that
 * crash_kexec() gets the registers of the exception itself.
 *
 * Context: Any.
 * Return: 1 if nothing but panic() can follow, and the crash image is to be
 * started before the panic notifiers run; else 0.
 */
int kexec_should_crash(struct task_struct *task)
{
	/* The way down has begun, and leads on from where it broke off. */
	if (READ_ONCE(crash_step) != CRASH_NOT_BEGUN)
		return 1;
	if (crash_kexec_post_notifiers)
		return 0;
	return panic_on_oops || in_interrupt() || is_idle_task(task) ||
	       is_global_init(task);
}

#ifndef machine_crash_copy_regs
#define machine_crash_copy_regs	elf_core_copy_regs
#endif

static void write_note(u32 *note, const struct pt_regs *regs, pid_t pid)
{
	struct elf_prstatus status = { .common.pr_pid = pid };
	struct pt_regs copy = *regs;

	machine_crash_copy_regs(&status.pr_reg, &copy);
	final_note(append_elf_note(note, "CORE", NT_PRSTATUS, &status,
				   sizeof(status)));
}

/**
 * crash_cpu_is_saved - whether the registers of a CPU have been saved
 * @cpu: its number
 *
 * Context: Any.
 * Return: whether they have.
 */
bool crash_cpu_is_saved(int cpu)
{
	return cpumask_test_cpu(cpu, &saved_cpus);
}

static void save_cpu(const struct pt_regs *regs, int cpu, pid_t pid)
{
	/* Not there yet, this early. */
	if (crash_notes)
		write_note(*per_cpu_ptr(crash_notes, cpu), regs, pid);
	cpumask_set_cpu(cpu, &saved_cpus);
}

/**
 * crash_save_stopped_cpu - write down what another CPU was doing, for the dump
 * @regs: its registers
 * @cpu: its number
 * @pid: of the task that it ran
 *
 * Where a CPU is stopped by others, which read its registers.  If it has stopped by
 * itself and saved what led to that, this stays: now it is in a loop.
 *
 * Context: Any, NMI included; that CPU has stopped.
 */
void crash_save_stopped_cpu(struct pt_regs *regs, int cpu, pid_t pid)
{
	if (!crash_cpu_is_saved(cpu))
		save_cpu(regs, cpu, pid);
}

/**
 * crash_save_cpu - write down what a CPU was doing, for the dump
 * @regs: its registers
 * @cpu: its number
 *
 * What it has saved before stays, see crash_save_stopped_cpu().
 *
 * Context: Any, NMI included; on that CPU itself.
 */
void crash_save_cpu(struct pt_regs *regs, int cpu)
{
	crash_save_stopped_cpu(regs, cpu, current->pid);
}

/**
 * crash_stop_self - save this CPU's registers, and stop, as another one panics
 * @regs: the registers to be saved; NULL for those it has now
 *
 * For panic(), on the CPU that comes second.  It has interrupts off: where there is
 * no NMI, nobody else could save them.
 *
 * Context: Any, NMI included, interrupts off.
 */
void __noreturn crash_stop_self(struct pt_regs *regs)
{
	crash_save_self(regs);
	panic_smp_self_stop();
}

#if defined(CONFIG_SMP) && defined(KEXEC_STOP_BY_CALL)
/* How long is waited for other CPUs, in ms. */
#define STOP_TIMEOUT	1000

/* One that was idle may come here without an interrupt, and has no registers of it. */
static void stop_this_cpu(void *unused)
{
	crash_stop_self(get_irq_regs());
}

/* One each, so that none is waited for that somebody else sent. */
static DEFINE_PER_CPU(call_single_data_t, stop_call) =
	CSD_INIT(stop_this_cpu, NULL);

/**
 * crash_smp_send_stop - stop the other CPUs, once their registers are saved
 *
 * Where an ordinary IPI has them call panic_smp_self_stop().  They have a second.  A CPU
 * that has interrupts off does not come.
 *
 * Context: Any, interrupts off, on the CPU that panics.  May be called again.
 */
void crash_smp_send_stop(void)
{
	const unsigned int self = raw_smp_processor_id();
	static bool sent;
	unsigned int cpu, ms;

	if (sent)
		return;
	sent = true;
	for_each_online_cpu(cpu) {
		if (cpu == self)
			continue;
		smp_call_function_single_async(cpu, &per_cpu(stop_call, cpu));
		/*
		 * It sends none if that CPU has other calls to do.  Their sender sends
		 * one then, but perhaps was about to when it panicked.
		 */
		arch_send_call_function_single_ipi(cpu);
	}
	/* This one need not be online, in hotplug. */
	for (ms = 0; cpumask_any_but(cpu_online_mask, self) < nr_cpu_ids &&
	     ms < STOP_TIMEOUT; ms++)
		mdelay(1);
}
#endif

/* Whether @step is still to be done; from now on it isn't. */
static bool begin_step(enum crash_step step)
{
	WARN_ON_ONCE(IS_ENABLED(CONFIG_DEBUG_KEXEC) && !irqs_disabled());
	if (crash_step >= step)
		return false;
	WRITE_ONCE(crash_step, step);
	return true;
}

/* Whether what is said goes to the log alone. */
static bool crash_is_silent;

/* A console's driver may wait for a lock that a CPU had which was stopped. */
static void be_silent(void)
{
	if (machine_crash_console_waits()) {
		printk_deferred_enter();
		crash_is_silent = true;
	}
}

static void end_silence(void)
{
	if (crash_is_silent)
		printk_deferred_exit();
	crash_is_silent = false;
}

/*
 * Some may run and not be online: in hotplug, or as they have stopped by themselves,
 * since they panicked, too.
 */
static void stop_others(void)
{
	static struct cpumask others;

	cpumask_copy(&others, cpu_online_mask);
	crash_smp_send_stop();
	cpumask_or(&others, &others, &saved_cpus);
	cpumask_clear_cpu(raw_smp_processor_id(), &others);
	if (cpumask_empty(&others))
		return;
	be_silent();
	pr_emerg("%u of %u other CPUs stopped\n",
		 cpumask_weight_and(&others, &saved_cpus), cpumask_weight(&others));
}

/*
 * Also where the kernel, when it turns interrupts off, only puts off what they
 * would do: a handler that is entered all the same may want a lock that a CPU
 * holds which was stopped.
 */
static void no_more_interrupts(void)
{
	local_irq_disable();
	hard_irq_disable();
}

static bool image_is_good(const struct kimage *image)
{
	char reason[KEXEC_REASON_MAX];
	u64 start = ktime_get_mono_fast_ns();
	int what;

	what = kexec_digest_compare(image, false);
	if (what != KEXEC_UNCHANGED) {
		kexec_describe_change(image, what, reason);
		pr_emerg("the image is not started: %s\n", reason);
		return false;
	}
	if (kimage_is_verified(image) && !machine_crash_image_good(image)) {
		pr_emerg("the image is not started: it says itself that it is damaged\n");
		return false;
	}
	if (kimage_is_verified(image))
		pr_emerg("image verified in %llu ms\n",
			 div_u64(ktime_get_mono_fast_ns() - start, NSEC_PER_MSEC));
	return true;
}

/* Does not return if all goes well. */
static noinline void start_image(void)
{
	struct kimage *image;

	no_more_interrupts();

	if (begin_step(CRASH_STOP)) {
		stop_others();
		kexec_at_step(KEXEC_STEP_CRASH_STOPPED);
	}

	/* An unload may have ended before its CPU was stopped. */
	image = READ_ONCE(kexec_crash_image);
	if (!image)
		return;

	if (begin_step(CRASH_CHECK)) {
		kexec_at_step(KEXEC_STEP_CRASH_CHECKING);
		crash_image_good = image_is_good(image);
		kexec_at_step(KEXEC_STEP_CRASH_CHECKED);
	}
	if (!crash_image_good)
		return;

	if (begin_step(CRASH_SAVE)) {
		/* Not over an exception's, if another CPU was asked in vain to go on. */
		crash_save_stopped_cpu(&crash_regs, crash_regs_cpu, crash_regs_pid);
		crash_save_vmcoreinfo();
	}
	if (begin_step(CRASH_WAIT)) {
		crash_cma_wait();
		pr_emerg("handing over to %#lx\n", image->start);
		kexec_at_step(KEXEC_STEP_CRASH_SAVED);
	}
	if (begin_step(CRASH_QUIET)) {
		machine_crash_shutdown(&crash_regs);
		kexec_at_step(KEXEC_STEP_CRASH_QUIET);
	}
	if (begin_step(CRASH_LEAVE))
		machine_kexec(image);
}

/*
 * When an exception on the way down leads here again, it counts what led to it.  But
 * a platform may have another CPU go on, whose registers are its own.
 */
static __always_inline void take_regs(const struct pt_regs *regs)
{
	unsigned int cpu = raw_smp_processor_id();

	if (crash_step != CRASH_NOT_BEGUN) {
		if (cpu == crash_regs_cpu)
			return;
		save_cpu(&crash_regs, crash_regs_cpu, crash_regs_pid);
	}
	crash_regs_cpu = cpu;
	crash_regs_pid = current->pid;
	if (regs)
		crash_regs = *regs;
	else
		machine_crash_regs(&crash_regs);
}

/**
 * __crash_kexec - start the crash image, if there is one
 * @regs: the registers to be saved for this CPU; NULL for those it has now
 *
 * For panic(), and others that own panic_cpu.
 *
 * Context: Any, NMI included, on the CPU that panics; it can't be left for another.
 * Return: only if there is no image or it is damaged.  In the latter case the
 * other CPUs have stopped and interrupts are off, and nothing else changed.
 */
void __crash_kexec(struct pt_regs *regs)
{
	if (!kexec_crash_loaded())
		return;

	take_regs(regs);
	start_image();
	end_silence();
	/* No tail call: the registers are those of this function, with its frame. */
	barrier();
}

/**
 * crash_kexec - start the crash image, if there is one
 * @regs: the registers to be saved for this CPU
 *
 * For others than panic(), in the place of a panic that is inevitable.  Until
 * then they are in the middle of something: nobody has told the console that its
 * locks are not to be waited for, and interrupts may be on, one of which could
 * panic, too, or have this task go on elsewhere.
 *
 * Context: Any, NMI included.
 * Return: if there is no image, or another CPU panics, which is going to stop
 * this one.
 */
void crash_kexec(struct pt_regs *regs)
{
	unsigned long flags;

	if (!kexec_crash_loaded())
		return;

	local_irq_save(flags);
	/* It is on that one that the image can start, and that panic() has it start. */
	if (kexec_panic_goes_elsewhere()) {
		crash_save_self(regs);
		panic("Another CPU is to start the crash image");
	}
	if (panic_try_start()) {
		++oops_in_progress;
		__crash_kexec(regs);
		--oops_in_progress;
		/* Else panic() goes on here, as the others have stopped. */
		if (crash_step == CRASH_NOT_BEGUN)
			panic_reset();
	} else if (panic_on_this_cpu()) {
		/* An exception within panic(), perhaps on the way down. */
		WARN_ON_ONCE(IS_ENABLED(CONFIG_DEBUG_KEXEC) &&
			     crash_step != CRASH_NOT_BEGUN &&
			     !irqs_disabled_flags(flags));
		__crash_kexec(regs);
	} else {
		local_irq_restore(flags);
		return;
	}

	/* The caller relies on what needs other CPUs before it panics. */
	if (crash_step != CRASH_NOT_BEGUN)
		panic("The crash image could not be started");
	local_irq_restore(flags);
}

static int __init crash_notes_init(void)
{
	/*
	 * Who reads them has one physical address for each CPU: they may not
	 * go over a page's end.
	 */
	size_t align = roundup_pow_of_two(sizeof(note_buf_t));

	BUILD_BUG_ON(sizeof(note_buf_t) > PAGE_SIZE);
	crash_notes = __alloc_percpu(sizeof(note_buf_t),
				     min_t(size_t, align, PAGE_SIZE));
	if (!crash_notes) {
		pr_warn("out of memory: registers will be missing from a dump\n");
		return -ENOMEM;
	}
	return 0;
}
subsys_initcall(crash_notes_init);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "crash_test.c"
#endif
