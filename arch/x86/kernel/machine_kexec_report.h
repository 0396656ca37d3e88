/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handoff on x86 and the report page know of each other, see
 * relocate_kernel_report.S.
 */
#ifndef _X86_MACHINE_KEXEC_REPORT_H
#define _X86_MACHINE_KEXEC_REPORT_H

/* The trampoline's code segment, as the boot protocol has it. */
#define KEXEC_TRAMPOLINE_CS	0x10

/* The report page: code, IDT, on 64-bit a TSS; the stack is what is left. */
#define KEXEC_REPORT_CODE_SIZE	2304
#define KEXEC_REPORT_IDT	KEXEC_REPORT_CODE_SIZE
#define KEXEC_REPORT_TSS	(KEXEC_REPORT_IDT + 512)
#define KEXEC_REPORT_VECTORS	32	/* all exceptions */
#define KEXEC_REPORT_STRIDE	8	/* bytes of code for each */

/* What it prints when it is called: the number of a string of .Lmarks. */
#define KEXEC_MARK_TABLES	0
#define KEXEC_MARK_MOVES	1
#define KEXEC_MARK_JUMP		2
#define KEXEC_MARK_RETURN	3
#define KEXEC_MARK_KERNEL	4

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct kimage;

extern const u8 kexec_report[KEXEC_REPORT_CODE_SIZE];
/* Places in it. */
extern const u8 kexec_report_vectors[], kexec_report_page[];
extern const u8 kexec_report_moving[], kexec_report_console[];
extern const u8 kexec_report_patience[];

/* Places in relocate_kernel. */
extern const u8 kexec_trampoline_idt[], kexec_trampoline_tss[];
extern const u8 kexec_trampoline_report[];
extern const u8 kexec_moves_begin[], kexec_moves_next[];
extern const u8 kexec_moves_read[], kexec_moves_end[];

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
int kexec_report_prepare(struct kimage *image);
void kexec_report_connect(struct kimage *image);
#else
static inline int kexec_report_prepare(struct kimage *image)
{
	return 0;
}

static inline void kexec_report_connect(struct kimage *image) { }
#endif

#endif /* __ASSEMBLY__ */
#endif /* _X86_MACHINE_KEXEC_REPORT_H */
