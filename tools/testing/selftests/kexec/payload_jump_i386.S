/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on 32-bit x86.
 */
#define EFER		0xc0000080

/* Model specific registers that a kernel has something in. */
#define SYSENTER_CS	0x174
#define SYSENTER_ESP	0x175
#define SYSENTER_EIP	0x176
#define PAT		0x277

/* What cpuid says of them: in edx of leaf 1, in ecx of that, in edx of 0x80000001. */
#define HAS_SEP		0x800
#define HAS_PAT		0x10000
#define HAS_SSE2	0x4000000
#define HAS_XSAVE_AVX	0x14000000
#define HAS_EFER	0x20100800	/* LM, NX, SYSCALL */

#define OWN_CS		0x8	/* in own_gdt */
#define OWN_DS		0x10
#define OWN_TSS		0x18
#define OWN_TINY	0x20
#define JUNK		0xdeadf00d

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

/* With the address of "here" in esi. */
#define AT(symbol)	symbol - here(%esi)

	.text
	.code32
/*
 * void go_back(void)
 *
 * To the address that was left on the stack: the first time and every second time
 * after that by ret, on that stack, else by a jump, on none.  No register has what
 * it had, but paging, and the interrupt flag, as there is no IDT.
 */
	.globl go_back
	.hidden go_back
go_back:
	call	here
here:
	popl	%esi
	movl	AT(entry_stack), %eax
	movl	(%eax), %eax
	testl	%eax, %eax
	jz	no_way_back
	movl	%eax, AT(way_back)

	/* Tables: selectors and descriptors of our own, a task register. */
	leal	AT(own_gdt), %eax
	movl	%eax, AT(own_gdt_base)
	lgdtl	AT(own_gdt_limit)
	andb	$~2, 5 + AT(own_tss)		/* not busy */
	movl	$OWN_TSS, %eax
	ltr	%ax
	movl	$OWN_DS, %eax
	.irp	reg, ds, es, fs, gs, ss
	movl	%eax, %\reg
	.endr
	pushl	$OWN_CS
	leal	AT(1f), %eax
	pushl	%eax
	lretl
1:	lidtl	AT(bad_idt)

	movl	$1, %eax
	cpuid
	movl	%ecx, %edi			/* HAS_* */
	movl	%edx, %ebp

	/* Control registers; PAE, global pages, no write protection, a CR2. */
	movl	%cr4, %eax
	orl	$0xa4, %eax			/* TSD, PAE, PGE */
	movl	%eax, %cr4
	movl	%cr0, %eax
	andl	$~0xe, %eax			/* MP, EM, TS */
	orl	$0x50022, %eax			/* MP, NE, WP, AM */
	movl	%eax, %cr0
	movl	$JUNK, %eax
	movl	%eax, %cr2
	movl	$0x12345000, %eax		/* no table */
	movl	%eax, %cr3

	/* The FPU: unmasked exceptions, a full stack, SSE, AVX if there is any. */
	fninit
	.rept	8
	fldpi
	.endr
	fldcw	AT(fpu_control)
	testl	$HAS_SSE2, %ebp
	jz	1f
	movl	%cr4, %eax
	orl	$0x600, %eax			/* OSFXSR, OSXMMEXCPT */
	movl	%eax, %cr4
	ldmxcsr	AT(sse_control)
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7
	pcmpeqd	%xmm\nr, %xmm\nr
	.endr
	andl	$HAS_XSAVE_AVX, %edi
	cmpl	$HAS_XSAVE_AVX, %edi
	jne	1f
	movl	%cr4, %eax
	orl	$0x40000, %eax			/* OSXSAVE */
	movl	%eax, %cr4
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	movl	$7, %eax			/* x87, SSE, AVX */
	xsetbv
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7
	vinsertf128 $1, %xmm\nr, %ymm\nr, %ymm\nr
	.endr
	movl	$1, %eax			/* x87 alone */
	xsetbv
1:
	/* Breakpoints, global ones, for writes anywhere but here. */
	movl	$0xc1000000, %eax
	.irp nr, 0, 1, 2, 3
	movl	%eax, %dr\nr
	addl	$0x100000, %eax
	.endr
	movl	$0x111106aa, %eax
	movl	%eax, %dr7

	testl	$HAS_SEP, %ebp
	jz	1f
	.irp msr, SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP
	movl	$\msr, %ecx
	movl	$0x5555aaaa, %eax
	xorl	%edx, %edx
	wrmsr
	.endr
1:	testl	$HAS_PAT, %ebp
	jz	1f
	movl	$PAT, %ecx			/* all of it uncached */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
1:	movl	$0x80000001, %eax
	cpuid
	testl	$HAS_EFER, %edx
	jz	1f
	movl	$EFER, %ecx			/* no NX */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
1:
	/* And no FPU: what touches it is an exception. */
	movl	%cr0, %eax
	orl	$0x8, %eax			/* TS */
	movl	%eax, %cr0

	testb	$1, RETURNS + AT(payload_table)
	jz	by_ret				/* RETURNS has been counted up */

	leal	AT(flags_stack), %esp
	pushl	$0x47cd5			/* CF PF AF ZF SF DF OF IOPL NT AC */
	popfl
	call	fill_registers
	movl	$OWN_TINY, %eax
	movl	%eax, %ss
	movl	$JUNK, %eax
	movl	%eax, %esp
	.byte	0xea				/* ljmp $OWN_CS, $way_back */
way_back:
	.long	0
	.word	OWN_CS

by_ret:
	movl	AT(entry_stack), %esp
	/* Falls through: to where that stack says. */

/* All but esp and ss; nothing can be read by way of the others. */
fill_registers:
	xorl	%eax, %eax
	.irp reg, ds, es, fs, gs
	movl	%eax, %\reg
	.endr
	.irp reg, eax, ebx, ecx, edx, esi, edi, ebp
	movl	$JUNK, %\reg
	.endr
	ret

no_way_back:
	pushl	$1
	call	end_machine

	.balign	8
fpu_control:
	.word	0x0040				/* single precision, no masks */
	.balign	4
sse_control:
	.long	0xe000				/* to zero, flushed; no masks */
bad_idt:
	.word	0
	.long	JUNK

	.balign	8
own_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff		/* OWN_CS */
	.quad	0x00cf93000000ffff		/* OWN_DS */
own_tss:
	.quad	0x0000890000000067
	.quad	0x1200930000340000		/* OWN_TINY: one byte, elsewhere */
	.word	0
own_gdt_limit:
	.word	. - own_gdt - 3
own_gdt_base:
	.long	0

	.balign	16
	.skip	32, 0
flags_stack:
	.section .note.GNU-stack, "", @progbits
