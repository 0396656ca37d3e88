/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on 32-bit x86;
 * see jump_registers.h.
 */
#define SYS_REBOOT	88
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_MXCSR	0x7f80	/* to zero; all exceptions masked */
#define OWN_CONTROL	0x0e7f	/* to zero, double precision; the same */

#define SSE2_BIT	26		/* of cpuid(1).edx */
#define XSAVE_AVX	0x14000000	/* bits of cpuid(1).ecx */

/* On the stack: */
#define OLD_CONTROL	(%esp)		/* as the caller had it */
#define OLD_MXCSR	4(%esp)
#define CONTROL		8(%esp)		/* as it was found */
#define MXCSR		12(%esp)
#define VALUE		16(%esp)	/* 32 bytes for a register */
#define SSE		48(%esp)	/* is there any */
#define AVX		52(%esp)
#define OLD_FS		56(%esp)
#define SIZE		60
#define SEED		(SIZE + 20)(%esp)
#define COMMAND		(SIZE + 24)(%esp)

	.text
	.code32
/* bool registers_survive(long seed, long command) */
	.globl registers_survive
registers_survive:
	.irp	reg, ebx, ebp, esi, edi
	pushl	%\reg
	.endr
	subl	$SIZE, %esp
	movl	%fs, %eax
	movl	%eax, OLD_FS
	fnstcw	OLD_CONTROL

	movl	$1, %eax
	cpuid
	shrl	$SSE2_BIT, %edx
	andl	$1, %edx
	movl	%edx, SSE
	andl	$XSAVE_AVX, %ecx
	cmpl	$XSAVE_AVX, %ecx
	sete	%al
	movzbl	%al, %eax
	movl	%eax, AVX

	/* Each register gets the seed and its number. */
	movl	$OWN_CONTROL, CONTROL
	fninit
	fldcw	CONTROL
	fildl	SEED
	cmpl	$0, SSE
	je	1f
	stmxcsr	OLD_MXCSR
	movl	$OWN_MXCSR, MXCSR
	ldmxcsr	MXCSR
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	movl	SEED, %eax
	shll	$8, %eax
	addl	$\nr, %eax
	movd	%eax, %xmm\nr
	pshufd	$0, %xmm\nr, %xmm\nr
	.endr
	cmpl	$0, AVX
	je	1f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	vinsertf128 $1, %xmm\nr, %ymm\nr, %ymm\nr
	.endr
1:
	/* gs is that of the thread; fs is nobody's. */
	movl	%ds, %eax
	movl	%eax, %fs
	movl	$REBOOT_MAGIC1, %ebx
	movl	$REBOOT_MAGIC2, %ecx
	movl	COMMAND, %edx
	movl	SEED, %esi
	leal	1(%esi), %edi
	leal	2(%esi), %ebp

	cmpl	$-1, %edx
	je	2f
	movl	$SYS_REBOOT, %eax
	int	$0x80
	testl	%eax, %eax
	jnz	9f
	jmp	3f
2:	movl	$1000000, %eax
1:	decl	%eax
	jnz	1b
3:
	cmpl	$REBOOT_MAGIC1, %ebx
	jne	9f
	cmpl	$REBOOT_MAGIC2, %ecx
	jne	9f
	cmpl	COMMAND, %edx
	jne	9f
	movl	SEED, %eax
	.irp	reg, esi, edi, ebp
	cmpl	%eax, %\reg
	jne	9f
	incl	%eax
	.endr
	movl	%fs, %eax
	movl	%ds, %ecx
	cmpl	%eax, %ecx
	jne	9f

	fnstcw	CONTROL
	cmpw	$OWN_CONTROL, CONTROL
	jne	9f
	fistpl	VALUE
	movl	VALUE, %eax
	cmpl	SEED, %eax
	jne	9f
	cmpl	$0, SSE
	je	8f
	stmxcsr	MXCSR
	cmpl	$OWN_MXCSR, MXCSR
	jne	9f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	movl	SEED, %eax
	shll	$8, %eax
	addl	$\nr, %eax
	movdqu	%xmm\nr, VALUE
	cmpl	$0, AVX
	je	1f
	vmovdqu	%ymm\nr, VALUE
	.irp	at, 16, 20, 24, 28
	cmpl	%eax, \at + VALUE
	jne	9f
	.endr
1:
	.irp	at, 0, 4, 8, 12
	cmpl	%eax, \at + VALUE
	jne	9f
	.endr
	.endr
8:	movl	$1, %eax
	jmp	1f
9:	xorl	%eax, %eax
1:
	cmpl	$0, AVX
	je	1f
	vzeroupper
1:	fninit
	fldcw	OLD_CONTROL
	cmpl	$0, SSE
	je	1f
	ldmxcsr	OLD_MXCSR
1:	movl	OLD_FS, %ecx
	movl	%ecx, %fs
	addl	$SIZE, %esp
	.irp	reg, edi, esi, ebp, ebx
	popl	%\reg
	.endr
	ret
	.section .note.GNU-stack, "", @progbits
