/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rest of s390 asks of kexec, as Linux 6.12 has it.
 */
#ifndef _ASM_S390_KEXEC_BASE_H
#define _ASM_S390_KEXEC_BASE_H

/* What arch/s390/kernel/crash_dump.c calls the name of its notes: as the core's. */
#define KEXEC_CORE_NOTE_NAME	"CORE"

#endif /* _ASM_S390_KEXEC_BASE_H */
