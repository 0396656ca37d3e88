/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on 64-bit x86.
 */
#define EFER		0xc0000080
#define EFER_LONG_MODE	0x500

/* Model specific registers that a kernel has something in. */
#define SYSENTER_CS	0x174
#define SYSENTER_ESP	0x175
#define SYSENTER_EIP	0x176
#define PAT		0x277
#define STAR		0xc0000081
#define LSTAR		0xc0000082
#define CSTAR		0xc0000083
#define SYSCALL_MASK	0xc0000084
#define FS_BASE		0xc0000100
#define GS_BASE		0xc0000101
#define KERNEL_GS_BASE	0xc0000102

#define OWN_CS		0x8	/* in own_gdt */
#define OWN_DS		0x10
#define OWN_TSS		0x18
#define JUNK		0xdeadbeefcafef00d	/* no address, either */

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

	.text
	.code64
/*
 * void go_back(void)
 *
 * To the address that was left on the stack: the first time and every second time
 * after that by ret, on that stack, else by a jump, on none.  No register has what
 * it had, but LA57, what long mode needs, and the interrupt flag, as there is no
 * IDT.
 */
	.globl go_back
	.hidden go_back
go_back:
	mov	entry_stack(%rip), %rax
	mov	(%rax), %rax
	test	%rax, %rax
	jz	no_way_back
	mov	%rax, way_back(%rip)

	/* Tables: selectors and descriptors of our own, a task register. */
	lea	own_gdt(%rip), %rax
	mov	%rax, own_gdt_base(%rip)
	lgdt	own_gdt_limit(%rip)
	andb	$~2, own_tss + 5(%rip)		/* not busy */
	mov	$OWN_TSS, %eax
	ltr	%ax
	mov	$OWN_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	xor	%eax, %eax
	mov	%eax, %ss
	pushq	$OWN_CS
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	lidt	bad_idt(%rip)

	/* Control registers; global pages, no write protection, a priority. */
	mov	%cr4, %rax
	or	$0x6a4, %eax			/* TSD, PGE, OSFXSR, OSXMMEXCPT, PAE */
	mov	%rax, %cr4
	mov	%cr0, %rax
	and	$~0xe, %eax			/* MP, EM, TS */
	or	$0x50022, %eax			/* MP, NE, WP, AM */
	mov	%rax, %cr0
	mov	$JUNK, %rax
	mov	%rax, %cr2
	mov	$15, %eax
	mov	%rax, %cr8

	/* The FPU: unmasked exceptions, a full stack, SSE, AVX if there is any. */
	fninit
	.rept	8
	fldpi
	.endr
	fldcw	fpu_control(%rip)
	ldmxcsr	sse_control(%rip)
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	pcmpeqd	%xmm\nr, %xmm\nr
	.endr
	mov	$1, %eax
	cpuid
	and	$0x14000000, %ecx		/* XSAVE, AVX */
	cmp	$0x14000000, %ecx
	jne	1f
	mov	%cr4, %rax
	or	$0x40000, %eax			/* OSXSAVE */
	mov	%rax, %cr4
	xor	%ecx, %ecx
	xor	%edx, %edx
	mov	$7, %eax			/* x87, SSE, AVX */
	xsetbv
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vinsertf128 $1, %xmm\nr, %ymm\nr, %ymm\nr
	.endr
	mov	$1, %eax			/* x87 alone */
	xsetbv
1:
	/* Breakpoints, global ones, for writes anywhere but here. */
	mov	$0xffffffff81000000, %rax
	.irp nr, 0, 1, 2, 3
	mov	%rax, %dr\nr
	add	$0x100000, %rax
	.endr
	mov	$0x111106aa, %eax
	mov	%rax, %dr7

	.irp msr, SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, STAR, LSTAR, CSTAR, \
		  SYSCALL_MASK, FS_BASE, GS_BASE, KERNEL_GS_BASE
	mov	$\msr, %ecx
	mov	$0x5555aaaa, %eax
	mov	$0x00002aaa, %edx
	wrmsr
	.endr
	mov	$PAT, %ecx			/* all of it uncached */
	xor	%eax, %eax
	xor	%edx, %edx
	wrmsr
	mov	$EFER, %ecx			/* no SYSCALL, no NX */
	mov	$EFER_LONG_MODE, %eax
	wrmsr

	mov	way_back(%rip), %rax
	testb	$1, payload_table + RETURNS(%rip)
	jz	1f				/* RETURNS has been counted up */

	lea	flags_stack(%rip), %rsp
	pushq	$0x47cd5			/* CF PF AF ZF SF DF OF IOPL NT AC */
	popfq
	call	fill_registers
	mov	$JUNK, %rsp
	jmp	*way_back(%rip)
1:
	call	fill_registers
	mov	entry_stack(%rip), %rsp
	ret

/* All but rsp. */
fill_registers:
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	mov	$JUNK, %\reg
	.endr
	ret

no_way_back:
	mov	$1, %edi
	call	end_machine

	.data
	.balign	8
way_back:
	.quad	0
fpu_control:
	.word	0x0040				/* single precision, no masks */
sse_control:
	.long	0xe000				/* to zero, flushed; no masks */
bad_idt:
	.word	0
	.quad	JUNK

	.balign	8
own_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* OWN_CS */
	.quad	0x00cf93000000ffff		/* OWN_DS */
own_tss:
	.quad	0x0000890000000067
	.quad	0
own_gdt_limit:
	.word	. - own_gdt - 1
own_gdt_base:
	.quad	0

	.balign	16
	.skip	32, 0
flags_stack:
	.section .note.GNU-stack, "", @progbits
