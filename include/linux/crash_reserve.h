/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crashkernel= - memory set aside at boot for a crash image.
 *
 * What the set-up code of the architectures calls, under
 * IS_ENABLED(CONFIG_CRASH_RESERVE).
 */
#ifndef _LINUX_CRASH_RESERVE_H
#define _LINUX_CRASH_RESERVE_H

#include <linux/ioport.h>
#include <linux/types.h>

/* The reserved region, and the part of it below 4 GiB if that is another. */
extern struct resource crashk_res;
extern struct resource crashk_low_res;

int parse_crashkernel(char *cmdline, unsigned long long system_ram,
		      unsigned long long *crash_size,
		      unsigned long long *crash_base,
		      unsigned long long *low_size, bool *high);
void reserve_crashkernel_generic(char *cmdline, unsigned long long crash_size,
				 unsigned long long crash_base,
				 unsigned long long crash_low_size, bool high);

#endif /* _LINUX_CRASH_RESERVE_H */
