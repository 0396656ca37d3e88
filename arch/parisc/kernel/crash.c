// SPDX-License-Identifier: GPL-2.0-only
/*
 * What parisc does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/cacheflush.h>
#include <asm/irq_regs.h>

#ifdef CONFIG_SMP
/* How long is waited for other CPUs, in ms. */
#define STOP_TIMEOUT	1000

static void __noreturn stay_here(void)
{
	local_irq_disable();
	flush_cache_all_local();
	/* What it wrote is there when it counts as stopped. */
	smp_mb();
	set_cpu_online(raw_smp_processor_id(), false);
	while (1)
		cpu_relax();
}

static void stop_this_cpu(void *unused)
{
	crash_save_cpu(get_irq_regs(), smp_processor_id());
	stay_here();
}

/* One each, so that none is waited for that somebody else sent. */
static DEFINE_PER_CPU(call_single_data_t, stop_call) =
	CSD_INIT(stop_this_cpu, NULL);

/**
 * crash_smp_send_stop - stop the other CPUs, once their registers are saved
 *
 * They have a second.  A CPU that has interrupts off does not come: there is no
 * interrupt that this does not mask.
 *
 * Context: Any, interrupts off, on the CPU that panics.  May be called again.
 */
void crash_smp_send_stop(void)
{
	static bool sent;
	unsigned int cpu, ms;

	if (sent)
		return;
	sent = true;
	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id())
			smp_call_function_single_async(cpu, &per_cpu(stop_call, cpu));
	}
	for (ms = 0; num_online_cpus() > 1 && ms < STOP_TIMEOUT; ms++)
		mdelay(1);
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
	stay_here();
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
