// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sh does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.  There is one CPU.
 */
#include <linux/kexec.h>
#include <linux/smp.h>

#include <asm/reboot.h>

/**
 * crash_smp_send_stop - stop the other CPUs, of which there are none
 */
void crash_smp_send_stop(void)
{
}

/**
 * native_machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void native_machine_crash_shutdown(struct pt_regs *regs)
{
	/* None is left half handled, and none comes until a driver is there. */
	crash_quiet_interrupts();
}
