/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * s390 takes the memory for a crash image by itself (arch/s390/kernel/setup.c).
 */
#ifndef _ASM_S390_CRASH_RESERVE_H
#define _ASM_S390_CRASH_RESERVE_H

/* There is no memory that devices can't reach. */
static inline unsigned long crash_reserve_low_default(void)
{
	return 0;
}

#endif /* _ASM_S390_CRASH_RESERVE_H */
