// SPDX-License-Identifier: GPL-2.0-only
/*
 * What parisc does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.
 */
#define pr_fmt(fmt) "kexec: crash: " fmt

#include <linux/cpumask.h>
#include <linux/kexec.h>
#include <linux/panic.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include <asm/cacheflush.h>

#ifdef CONFIG_SMP
/**
 * panic_smp_self_stop - stop this CPU, as another one panics
 *
 * It has interrupts off, so it does not hear the other one, which is not to wait for it.
 *
 * Context: Any, interrupts off.
 */
void __noreturn panic_smp_self_stop(void)
{
	flush_cache_all_local();
	/* What it wrote is there when it counts as stopped. */
	smp_mb();
	set_cpu_online(raw_smp_processor_id(), false);
	/* Nothing at all, by which QEMU knows one that has gone offline for good. */
	while (1)
		asm volatile("or	%%r31, %%r31, %%r31" : : : "memory");
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
