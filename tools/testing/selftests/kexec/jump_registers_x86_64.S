/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on 64-bit x86;
 * see jump_registers.h.
 */
#define SYS_REBOOT	169
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_MXCSR	0x7f80	/* to zero; all exceptions masked */
#define OWN_CONTROL	0x0e7f	/* to zero, double precision; the same */

#define XSAVE_AVX	0x14000000	/* bits of cpuid(1).ecx */

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	x87 control word and mxcsr, as the caller had them
 *	8	x87 control word and mxcsr, as they were found
 *	16	32 bytes for a register, to be looked at
 *	48	seed
 *	56	command
 *	64	whether there is AVX
 */
	.globl registers_survive
registers_survive:
	.irp	reg, rbx, rbp, r12, r13, r14, r15
	push	%\reg
	.endr
	sub	$72, %rsp
	fnstcw	(%rsp)
	stmxcsr	4(%rsp)
	mov	%rdi, 48(%rsp)
	mov	%rsi, 56(%rsp)

	mov	$1, %eax
	cpuid
	and	$XSAVE_AVX, %ecx
	cmp	$XSAVE_AVX, %ecx
	sete	%al
	movzbl	%al, %eax
	mov	%rax, 64(%rsp)

	/* Each register gets the seed and its number. */
	movl	$OWN_CONTROL, 8(%rsp)
	movl	$OWN_MXCSR, 12(%rsp)
	fninit
	fldcw	8(%rsp)
	ldmxcsr	12(%rsp)
	fildq	48(%rsp)
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	48(%rsp), %rax
	shl	$8, %rax
	add	$\nr, %rax
	movq	%rax, %xmm\nr
	punpcklqdq %xmm\nr, %xmm\nr
	.endr
	cmpb	$0, 64(%rsp)
	je	1f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vinsertf128 $1, %xmm\nr, %ymm\nr, %ymm\nr
	.endr
1:
	mov	48(%rsp), %rbx
	lea	1(%rbx), %rbp
	lea	2(%rbx), %r12
	lea	3(%rbx), %r13
	lea	4(%rbx), %r14
	lea	5(%rbx), %r15
	lea	6(%rbx), %r8
	lea	7(%rbx), %r9

	mov	56(%rsp), %rdx
	cmp	$-1, %rdx
	je	2f
	mov	$REBOOT_MAGIC1, %edi
	mov	$REBOOT_MAGIC2, %esi
	xor	%r10d, %r10d
	mov	$SYS_REBOOT, %eax
	syscall
	test	%rax, %rax
	jnz	9f
	jmp	3f
2:	mov	$1000000, %ecx
1:	dec	%ecx
	jnz	1b
3:
	/* rbx holds the seed, if anything is to be relied on. */
	mov	48(%rsp), %rax
	.irp	reg, rbx, rbp, r12, r13, r14, r15, r8, r9
	cmp	%rax, %\reg
	jne	9f
	inc	%rax
	.endr

	fnstcw	8(%rsp)
	cmpw	$OWN_CONTROL, 8(%rsp)
	jne	9f
	stmxcsr	12(%rsp)
	cmpl	$OWN_MXCSR, 12(%rsp)
	jne	9f
	fistpq	16(%rsp)
	mov	16(%rsp), %rax
	cmp	48(%rsp), %rax
	jne	9f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	48(%rsp), %rax
	shl	$8, %rax
	add	$\nr, %rax
	movdqu	%xmm\nr, 16(%rsp)
	cmpb	$0, 64(%rsp)
	je	1f
	vmovdqu	%ymm\nr, 16(%rsp)
	cmp	%rax, 32(%rsp)
	jne	9f
	cmp	%rax, 40(%rsp)
	jne	9f
1:	cmp	%rax, 16(%rsp)
	jne	9f
	cmp	%rax, 24(%rsp)
	jne	9f
	.endr
	mov	$1, %eax
	jmp	1f
9:	xor	%eax, %eax
1:
	cmpb	$0, 64(%rsp)
	je	1f
	vzeroupper
1:	fninit
	fldcw	(%rsp)
	ldmxcsr	4(%rsp)
	add	$72, %rsp
	.irp	reg, r15, r14, r13, r12, rbp, rbx
	pop	%\reg
	.endr
	ret
	.section .note.GNU-stack, "", @progbits
