/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of s390 asks of kexec, as Linux 7.3 has it.
 */
#ifndef _ASM_S390_KEXEC_BASE_H
#define _ASM_S390_KEXEC_BASE_H

#include <linux/types.h>

/* <linux/crash_dump.h> leaves this to arch/s390/kernel/crash_dump.c. */
bool is_kdump_kernel(void);
#define is_kdump_kernel is_kdump_kernel

#endif /* _ASM_S390_KEXEC_BASE_H */
