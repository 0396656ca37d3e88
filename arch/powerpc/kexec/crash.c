// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a panic does on powerpc: where the region for a crash image is, and who is called
 * before that starts.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/crash_reserve.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/reboot.h>
#include <linux/spinlock.h>

#include <asm/crash_reserve.h>
#include <asm/kexec.h>
#include <asm/setup.h>

/* How many can register for a panic: there are three. */
#define NR_HANDLERS	4

/* Set by platforms whose offline CPUs sleep in the kernel, and answer an IPI. */
int crash_wake_offline;

static crash_shutdown_t handlers[NR_HANDLERS];
static DEFINE_SPINLOCK(handlers_lock);

/**
 * reserve_crashkernel - take the memory for a crash image
 *
 * The lowest there is: a capture kernel is told of all memory before it as well, which
 * is reserved, and what it has for each page of that comes out of the region.
 *
 * Context: boot, when all that firmware and boot loader have reserved is known.
 */
void __init reserve_crashkernel(void)
{
	unsigned long long size, base, low = 0;
	bool high = false;

	if (crashkernel_parse(boot_command_line, memblock_phys_mem_size(), &size,
			      &base, &low, &high))
		return;
	memblock_set_bottom_up(true);
	crashkernel_reserve(ALIGN(size, CRASH_MEMORY_UNIT), base, low, high);
	memblock_set_bottom_up(false);
}

/**
 * overlaps_crashkernel - whether memory lies in the region
 * @start: physical address
 * @size: bytes
 *
 * Context: boot.
 * Return: 1 or 0.
 */
int __init overlaps_crashkernel(unsigned long start, unsigned long size)
{
	return crashk_res.end && start <= crashk_res.end &&
	       start + size > crashk_res.start;
}

static int replace_handler(crash_shutdown_t old, crash_shutdown_t new)
{
	int i, err = -ENOENT;

	spin_lock(&handlers_lock);
	for (i = 0; i < NR_HANDLERS; i++) {
		if (handlers[i] == old) {
			WRITE_ONCE(handlers[i], new);
			err = 0;
			break;
		}
	}
	spin_unlock(&handlers_lock);
	return err;
}

/**
 * crash_shutdown_register - have a function called before a crash image starts
 * @handler: it is called with interrupts off, on the only CPU that runs
 *
 * Context: May sleep.
 * Return: 0, or -ENOSPC.
 */
int crash_shutdown_register(crash_shutdown_t handler)
{
	return replace_handler(NULL, handler) ? -ENOSPC : 0;
}
EXPORT_SYMBOL(crash_shutdown_register);

/**
 * crash_shutdown_unregister - undo crash_shutdown_register()
 * @handler: what was registered
 *
 * Context: May sleep.
 * Return: 0, or -ENOENT if it was not.
 */
int crash_shutdown_unregister(crash_shutdown_t handler)
{
	return replace_handler(handler, NULL);
}
EXPORT_SYMBOL(crash_shutdown_unregister);

/**
 * machine_crash_shutdown - quiet the machine for the crash image
 * @regs: the registers of the CPU that panics
 *
 * The interrupt controller is given back later, by machine_kexec().
 *
 * Context: Any, interrupts off, on the CPU that panics.
 */
void machine_crash_shutdown(struct pt_regs *regs)
{
	crash_shutdown_t handler;
	int i;

	crash_smp_send_stop();
	/* None is left half handled, and none comes until a driver is there. */
	crash_quiet_interrupts();
	for (i = 0; i < NR_HANDLERS; i++) {
		handler = READ_ONCE(handlers[i]);
		if (handler)
			handler();
	}
}
