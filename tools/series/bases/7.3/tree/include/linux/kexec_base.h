/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the architectures of Linux 7.3 call what <linux/crash_reserve.h> has, and what
 * kernel/panic.c has for kexec.
 */
#ifndef _LINUX_KEXEC_BASE_H
#define _LINUX_KEXEC_BASE_H

/*
 * Whether crashkernel= asks for memory, and for which.  What programs use until a
 * panic is noted by crashkernel_parse(), and not the architecture's to take.
 */
static __always_inline int
parse_crashkernel(char *cmdline, unsigned long long system_ram,
		  unsigned long long *crash_size, unsigned long long *crash_base,
		  unsigned long long *low_size, unsigned long long *cma_size,
		  bool *high)
{
	if (cma_size)
		*cma_size = 0;
	return crashkernel_parse(cmdline, system_ram, crash_size, crash_base,
				 low_size, high);
}

/* Take it. */
static __always_inline void
reserve_crashkernel_generic(unsigned long long size, unsigned long long base,
			    unsigned long long low, bool high)
{
	crashkernel_reserve(size, base, low, high);
}

/* crashkernel_reserve() has done that. */
static inline void reserve_crashkernel_cma(unsigned long long cma_size) { }

bool panic_goes_elsewhere(void);

#endif /* _LINUX_KEXEC_BASE_H */
