// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a panic does on 32-bit powerpc: how CPUs are stopped.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kexec.h>
#include <linux/panic.h>
#include <linux/processor.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/hw_irq.h>
#include <asm/kexec.h>
#include <asm/reg.h>
#include <asm/setup.h>
#include <asm/smp.h>

#ifdef CONFIG_SMP
/* How long is waited for other CPUs, in ms. */
#define STOP_TIMEOUT	1000

/* The CPUs that came here, and those of them that have saved their registers. */
static struct cpumask stopping_cpus, stopped_cpus;

/*
 * Nobody serves its watchdog, which would reset the machine while the next kernel runs.  WRC
 * stays as it is, and the period 0 is the longest (booke_wdt.c).
 */
static void stop_watchdog(void)
{
#ifdef CONFIG_PPC_85xx
	mtspr(SPRN_TCR, 0);
	mtspr(SPRN_TSR, mfspr(SPRN_TSR));
#endif
}

/**
 * panic_smp_self_stop - stop this CPU, as another one panics
 *
 * It has interrupts off, so it does not hear the other one.
 *
 * Context: Any, interrupts off.
 */
void __noreturn panic_smp_self_stop(void)
{
	stop_watchdog();
	while (1)
		cpu_relax();
}

/**
 * crash_ipi_callback - stop this CPU for a panic on another
 * @regs: its registers
 *
 * It stays in this kernel's memory, which a crash image leaves alone.
 *
 * Context: Any, NMI included.  Does not return, unless the CPU is here already, and was
 * interrupted: that goes on.
 */
void crash_ipi_callback(struct pt_regs *regs)
{
	int cpu = smp_processor_id();

	if (cpumask_test_and_set_cpu(cpu, &stopping_cpus))
		return;
	hard_irq_disable();
	stop_watchdog();
	if (cpu_online(cpu))
		crash_save_cpu(regs, cpu);
	/* What it wrote is there when it counts as stopped. */
	smp_mb();
	cpumask_set_cpu(cpu, &stopped_cpus);
	while (1)
		cpu_relax();
}

/**
 * crash_kexec_prepare - stop the other CPUs, after they have saved their registers
 *
 * One that does not answer is left alone after a while: crash_smp_send_stop() is
 * called once, and so is this.
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void crash_kexec_prepare(void)
{
	/* This one need not be online, in hotplug. */
	unsigned int others = num_online_cpus() - cpu_online(smp_processor_id());
	unsigned int ms;

	hard_irq_disable();
	WRITE_ONCE(crashing_cpu, smp_processor_id());
	/* For others that see the above, and come here by themselves. */
	smp_mb();
	crash_send_ipi(crash_ipi_callback);
	for (ms = 0; cpumask_weight(&stopped_cpus) < others && ms < STOP_TIMEOUT; ms++)
		mdelay(1);
}
#else
void crash_smp_send_stop(void)
{
	WRITE_ONCE(crashing_cpu, 0);
}

void crash_ipi_callback(struct pt_regs *regs)
{
}
#endif /* CONFIG_SMP */

/**
 * crash_kexec_secondary - after a system reset, leave the panic to another CPU
 * @regs: the registers of this one
 *
 * Of 32-bit machines none brings it to more than one CPU.
 *
 * Context: NMI.
 */
void crash_kexec_secondary(struct pt_regs *regs)
{
}
