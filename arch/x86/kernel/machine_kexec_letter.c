// SPDX-License-Identifier: GPL-2.0-only
/*
 * The letter that the kernel before this one wrote: where it is, and the clock that
 * both have.  See kernel/kexec/letter.c.
 */
#include <linux/io.h>
#include <linux/kexec.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/setup.h>
#include <asm/tsc.h>

/**
 * machine_kexec_letter - find the letter in the list of setup_data
 *
 * setup_arch() has followed the list, and has reserved all that is in it.
 *
 * Context: While the kernel starts, on one CPU.
 * Return: the physical address, or 0 if there is none.
 */
u64 __init machine_kexec_letter(void)
{
	u64 phys, next;

	for (phys = boot_params.hdr.setup_data; phys; phys = next) {
		struct setup_data *data = early_memremap(phys, sizeof(*data));
		bool found;

		if (!data)
			return 0;
		next = data->next;
		found = data->type == SETUP_KEXEC_LETTER &&
			data->len >= sizeof(struct kexec_letter) - sizeof(*data);
		early_memunmap(data, sizeof(*data));
		if (found)
			return phys;
	}
	return 0;
}

/**
 * machine_kexec_counter - read the time stamp counter
 * @hz: gets how often it counts in a second; 0 if this kernel has found that it is no
 *	clock
 *
 * It goes on over a handoff, and the CPU that hands over is the one that the next
 * kernel starts on.
 *
 * Context: Any.
 * Return: its value.
 */
u64 machine_kexec_counter(u64 *hz)
{
	*hz = 0;
	if (!boot_cpu_has(X86_FEATURE_TSC) || check_tsc_unstable())
		return 0;
	*hz = tsc_khz * 1000ULL;
	return rdtsc_ordered();
}
