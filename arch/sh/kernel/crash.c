// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sh does when the kernel crashes, so that the crash image finds a machine that
 * keeps still.  There is one CPU.
 */
#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/smp.h>

#include <asm/crash_reserve.h>
#include <asm/reboot.h>
#include <asm/setup.h>

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

/**
 * machine_crash_protect - guard memory from being written to by the kernel
 * @start: physical address, page aligned
 * @nr_pages: how many
 * @protect: true: read-only; false: as usual
 *
 * P1 has no read-only memory.
 *
 * Return: 0, or -EOPNOTSUPP if it is to be guarded.
 */
int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect)
{
	return protect ? -EOPNOTSUPP : 0;
}

/**
 * sh_reserve_crashkernel - take the memory for a crash image, as asked for
 *
 * Context: boot, when all memory that the kernel is to use is known, and memblock in
 * charge.
 */
void __init sh_reserve_crashkernel(void)
{
	unsigned long long size, base, low = 0;
	bool high = false;

	if (crashkernel_parse(boot_command_line, memblock_phys_mem_size(),
			      &size, &base, &low, &high))
		return;
	crashkernel_reserve(size, base, low, high);
}
