/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crashkernel= - memory set aside at boot for a crash image.
 *
 * What the set-up code of the architectures calls, under
 * IS_ENABLED(CONFIG_CRASH_RESERVE).
 *
 * An architecture provides <asm/crash_reserve.h>, of which one that takes the
 * region by itself (ARCH_RESERVES_CRASHKERNEL) has the last only:
 *
 * CRASH_RESERVE_ALIGN		a region that the kernel places starts at a
 *				multiple of this, never at 0
 * CRASH_RESERVE_GRAIN		the length of a region is a multiple of this
 * CRASH_RESERVE_LOW_END	memory below this physical address is reached
 *				by every device; what is known when
 *				crashkernel_reserve() is called
 * CRASH_RESERVE_END		a region ends here at the latest, also one whose
 *				address is given; CRASH_RESERVE_LOW_END where
 *				there is nothing above
 * crash_reserve_low_default()	bytes needed below CRASH_RESERVE_LOW_END if the
 *				region lies above, on a machine that has RAM
 *				there
 */
#ifndef _LINUX_CRASH_RESERVE_H
#define _LINUX_CRASH_RESERVE_H

#include <linux/ioport.h>
#include <linux/types.h>

/*
 * The reserved region, and the one for DMA below it, if there is one.
 * Both bounds are 0 in one that there is not.
 */
extern struct resource crashk_res;
extern struct resource crashk_low_res;

/* In how many pieces memory can be that programs use until a panic. */
#define CRASHK_CMA_RANGES_MAX	4

int crashkernel_parse(char *cmdline, unsigned long long system_ram,
		      unsigned long long *crash_size,
		      unsigned long long *crash_base,
		      unsigned long long *low_size, bool *high);
void crashkernel_reserve(unsigned long long size, unsigned long long base,
			 unsigned long long low, bool high);
#ifdef CONFIG_CRASH_RESERVE
void crashkernel_reserve_asked(void);
#else
static inline void crashkernel_reserve_asked(void) { }
#endif

/* parse_crashkernel() and reserve_crashkernel_generic() */
#include <linux/kexec_base.h>

#endif /* _LINUX_CRASH_RESERVE_H */
