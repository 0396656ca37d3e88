// SPDX-License-Identifier: GPL-2.0-only
/*
 * What x86 does when the kernel crashes, so that the crash image finds a
 * machine that keeps still.
 *
 * The IOMMU is left as it is, on purpose: devices may still write where the
 * dead kernel told them to, and its tables are what keeps them there.  Were it
 * turned off, the same bus addresses would be taken for physical ones.  The
 * drivers of the capture kernel notice that translation is on, and take the
 * tables over until they have reset the devices.
 */
#include <linux/array_size.h>
#include <linux/console.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/set_memory.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/apic.h>
#include <asm/hpet.h>
#include <asm/intel_pt.h>
#include <asm/io_apic.h>
#include <asm/kexec_base.h>
#include <asm/reboot.h>
#include <asm/sev.h>
#include <asm/x86_init.h>

#include "machine_kexec_sampling.h"

#ifdef CONFIG_SMP
/* On each of the other CPUs, in an NMI, which then halts it for good. */
static void stop_this_one(int cpu, struct pt_regs *regs)
{
	crash_save_cpu(regs, cpu);

	/* On an SEV-SNP host, or the panic notifier can't shut that down. */
	kdump_sev_callback();

	/* Its trace must not go on into memory that the dump is to show. */
	cpu_emergency_stop_pt();
	/* Nor its samples when the capture kernel has it run. */
	kexec_end_sampling();
	disable_local_APIC();
}

/**
 * kdump_nmi_shootdown_cpus - stop the other CPUs, whatever they are doing
 *
 * What smp_ops.crash_stop_other_cpus is, unless a hypervisor has another way.
 *
 * Context: Any, NMI included.
 */
void kdump_nmi_shootdown_cpus(void)
{
	nmi_shootdown_cpus(stop_this_one);
}

/**
 * crash_smp_send_stop - stop the other CPUs and save their registers
 *
 * Called again, does nothing.
 *
 * Context: Any, NMI included, on the CPU that panics.
 */
void crash_smp_send_stop(void)
{
	static bool stopped;

	if (stopped)
		return;
	stopped = true;

	/* A guest of Xen without hardware support has no NMI to send. */
	if (smp_ops.crash_stop_other_cpus)
		smp_ops.crash_stop_other_cpus();
	else
		smp_send_stop();
}
#endif /* CONFIG_SMP */

/*
 * Those of serial ports and of the screen only try their locks in a panic, and those of
 * earlyprintk=, which may be kept, have none.
 */
static bool console_waits(const char *name, short flags)
{
	static const char * const harmless[] = {
		"ttyS", "tty", "earlyser", "earlyvga",
	};

	return (flags & CON_ENABLED) && !(flags & (CON_BOOT | CON_NBCON)) &&
	       match_string(harmless, ARRAY_SIZE(harmless), name) < 0;
}

/**
 * machine_crash_console_waits - whether a console's driver waits in a panic
 *
 * An NMI stops a CPU also where it has a lock with interrupts off, and these drivers have
 * one while they wait for the host: hvc, of virtio and Xen, for one.
 *
 * Context: Any, NMI included, on the CPU that panics, others having stopped.
 * Return: whether one that is in use may wait for a CPU that was stopped.
 */
bool machine_crash_console_waits(void)
{
	struct console *console;
	bool waits = false;
	int cookie;

	cookie = console_srcu_read_lock();
	for_each_console_srcu(console) {
		if (console_waits(console->name, console_srcu_read_flags(console)))
			waits = true;
	}
	console_srcu_read_unlock(cookie);
	return waits;
}

#ifdef CONFIG_HPET_TIMER
static void quiet_hpet(void)
{
	hpet_disable();
}
#else
static inline void quiet_hpet(void) { }
#endif

#ifdef CONFIG_X86_IO_APIC
static void quiet_io_apic(void)
{
	/* A CPU that was stopped may have held one. */
	ioapic_zap_locks();
	clear_IO_APIC();
}
#else
static inline void quiet_io_apic(void) { }
#endif

/**
 * native_machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * What machine_ops.crash_shutdown is, or is ended with.
 *
 * Context: Any, NMI included, interrupts off, on the CPU that panics.
 */
void native_machine_crash_shutdown(struct pt_regs *regs)
{
	crash_smp_send_stop();

	/* A confidential guest: nothing is shared with its host any more. */
	x86_platform.guest.enc_kexec_begin();

	/* Or the INIT by which the capture kernel starts CPUs is not noticed. */
	crash_leave_virtualization();
	cpu_emergency_stop_pt();

	/* Interrupts, from where they come to where they go, as after a reset. */
	quiet_hpet();
	quiet_io_apic();
	lapic_shutdown();
	restore_boot_irq_mode();

	x86_platform.guest.enc_kexec_finish();
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
