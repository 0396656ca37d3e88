// SPDX-License-Identifier: GPL-2.0-only
/*
 * What mips does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#ifdef CONFIG_SMP
/*
 * What the first CPU does.  It is to start the image: a kernel takes the CPU that it begins
 * on for the first one of the machine, to which the interrupts of devices go.
 */
enum first_cpu {
	FIRST_RUNS,		/* or is offline */
	FIRST_WAITS,		/* in panic_smp_self_stop() */
	FIRST_IS_ASKED,		/* by the CPU that panics */
	FIRST_STARTS,		/* the image */
};

static atomic_t first_cpu = ATOMIC_INIT(FIRST_RUNS);

static bool pass_first_cpu(enum first_cpu from, enum first_cpu to)
{
	return atomic_cmpxchg(&first_cpu, from, to) == from;
}

static void wait_to_start(void)
{
	while (atomic_read(&first_cpu) != FIRST_IS_ASKED ||
	       !pass_first_cpu(FIRST_IS_ASKED, FIRST_STARTS))
		cpu_relax();
	machine_kexec(kexec_crash_image);
}

/**
 * panic_smp_self_stop - stop this CPU, as another one panics
 *
 * It has interrupts off, so it does not hear the other one, which is not to wait for it.
 *
 * Context: Any, interrupts off.
 */
void __noreturn panic_smp_self_stop(void)
{
	unsigned int cpu = raw_smp_processor_id();

	/*
	 * It can be asked as soon as it counts as stopped.  An exception may lead here again,
	 * when it has been asked.
	 */
	if (!cpu)
		pass_first_cpu(FIRST_RUNS, FIRST_WAITS);
	/* What it wrote is there when it counts as stopped. */
	smp_mb();
	set_cpu_online(cpu, false);
	if (!cpu)
		wait_to_start();
	while (1)
		cpu_relax();
}

/* How long the first CPU has to say that it starts the image, in ms. */
#define START_TIMEOUT	1000

/**
 * crash_start_elsewhere - have the first CPU start the crash image, if it has stopped
 *
 * Context: Any, interrupts off, on the CPU that panics.
 * Return: if this CPU is to start it: it is the first, or that one does not come.
 */
void crash_start_elsewhere(void)
{
	unsigned int ms;

	if (!raw_smp_processor_id() || atomic_read(&first_cpu) != FIRST_WAITS)
		return;
	/* Before it does, as nothing that it says itself is printed. */
	pr_emerg("the first CPU is to start the image\n");
	pass_first_cpu(FIRST_WAITS, FIRST_IS_ASKED);
	for (ms = 0; ms < START_TIMEOUT && atomic_read(&first_cpu) == FIRST_IS_ASKED;
	     ms++)
		mdelay(1);
	if (pass_first_cpu(FIRST_IS_ASKED, FIRST_RUNS)) {
		pr_emerg("the first CPU does not answer: this one starts it\n");
		return;
	}
	while (1)
		cpu_relax();
}
#else
void crash_smp_send_stop(void)
{
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
}
