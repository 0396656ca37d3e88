/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on arm.
 *
 * Bits and names are those of the Arm Architecture Reference Manual (DDI 0406).
 */
#define SCTLR_JUNK	0x32001802	/* A, Z, I, EE, tables read otherwise; no M, C */
#define TTBCR_JUNK	0x37
#define CPACR_ALL	0x00f00000	/* VFP and SIMD */
#define FPEXC_ON	0x40000000
#define HCR_JUNK	0x007ffffe	/* all traps but of translation */
#define HCPTR_JUNK	0x80009fff
#define JUNK		0xcafef00d	/* no address, either */

#define MODE_MASK	0x1f
#define MODE_HYP	0x1a

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

	.arch	armv7-a
	.arch_extension	virt
	.fpu	neon-vfpv4
	.arm

/* The address of something that may be anywhere in the payload. */
.macro address reg, of
	ldr	\reg, 901f
	add	\reg, pc, \reg
	b	902f
901:	.word	\of - 901b
902:
.endm

	.text
/*
 * void go_back(void)
 *
 * To the address that was in lr: the first time and every second time after that
 * by a return, on no stack, else by a jump, on another one, with the other byte
 * order.  No register has what it had, but translation and the data cache are off,
 * and interrupts are masked, as nobody is there to take one.
 *
 *	r8	the address
 *	r9	how often the payload was entered, and one
 *	r10	the mode
 */
	.globl go_back
	.hidden go_back
	.type go_back, %function
go_back:
	address	r8, value_lr
	ldr	r8, [r8]
	cmp	r8, #0
	beq	no_way_back
	address	r9, payload_table
	ldr	r9, [r9, #RETURNS]
	mrs	r10, cpsr
	and	r10, r10, #MODE_MASK

	/* Vectors, their control and status. */
	ldr	r0, =CPACR_ALL
	mcr	p15, 0, r0, c1, c0, 2
	isb
	mov	r0, #FPEXC_ON
	vmsr	fpexc, r0
	ldr	r0, =JUNK
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vdup.32	q\nr, r0
	.endr
	ldr	r0, =0x07c0009f		/* AHP, DN, FZ, to zero; all exceptions */
	vmsr	fpscr, r0
	mov	r0, #0
	mcr	p15, 0, r0, c1, c0, 2

	/* Translation, exceptions, threads. */
	ldr	r0, =JUNK
	mcr	p15, 0, r0, c2, c0, 0		@ TTBR0
	mcr	p15, 0, r0, c2, c0, 1		@ TTBR1
	mcr	p15, 0, r0, c3, c0, 0		@ DACR
	mcr	p15, 0, r0, c5, c0, 0		@ DFSR
	mcr	p15, 0, r0, c5, c0, 1		@ IFSR
	mcr	p15, 0, r0, c6, c0, 0		@ DFAR
	mcr	p15, 0, r0, c6, c0, 2		@ IFAR
	mcr	p15, 0, r0, c10, c2, 0		@ PRRR
	mcr	p15, 0, r0, c10, c2, 1		@ NMRR
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	mcr	p15, 0, r0, c13, c0, 1		@ CONTEXTIDR
	mcr	p15, 0, r0, c13, c0, 2		@ TPIDRURW
	mcr	p15, 0, r0, c13, c0, 3		@ TPIDRURO
	mcr	p15, 0, r0, c13, c0, 4		@ TPIDRPRW
	ldr	r0, =TTBCR_JUNK
	mcr	p15, 0, r0, c2, c0, 2
	mov	r0, #2
	mcr	p15, 2, r0, c0, c0, 0		@ CSSELR

	/* Timers that have fired, and that programs may not read. */
	mov	r0, #0
	mov	r1, #0
	mcr	p15, 0, r0, c14, c1, 0		@ CNTKCTL
	mcrr	p15, 2, r0, r1, c14		@ CNTP_CVAL
	mcrr	p15, 3, r0, r1, c14		@ CNTV_CVAL
	mov	r0, #1
	mcr	p15, 0, r0, c14, c2, 1		@ CNTP_CTL
	mcr	p15, 0, r0, c14, c3, 1		@ CNTV_CTL

	cmp	r10, #MODE_HYP
	bne	1f
	ldr	r0, =JUNK
	mcr	p15, 4, r0, c12, c0, 0		@ HVBAR
	mcr	p15, 4, r0, c13, c0, 2		@ HTPIDR
	mcr	p15, 4, r0, c0, c0, 0		@ VPIDR
	mcr	p15, 4, r0, c0, c0, 5		@ VMPIDR
	mcrr	p15, 4, r0, r0, c14		@ CNTVOFF
	ldr	r0, =HCPTR_JUNK
	mcr	p15, 4, r0, c1, c1, 2
	ldr	r0, =0xffff
	mcr	p15, 4, r0, c1, c1, 3		@ HSTR
	mov	r0, #0
	mcr	p15, 4, r0, c14, c1, 0		@ CNTHCTL
	ldr	r0, =HCR_JUNK
	mcr	p15, 4, r0, c1, c1, 0
1:	ldr	r0, =SCTLR_JUNK
	mcr	p15, 0, r0, c1, c0, 0
	isb

	/* The other modes' registers are nobody's. */
	mov	lr, r8
	tst	r9, #1			/* counted up: 2 the first time */
	beq	1f
	setend	be
	cpsie	a
	mov	sp, #0x1000
	add	sp, sp, #3
	mov	lr, #0xf000
	mov	ip, r8
	msr	cpsr_fs, #0xf0000000
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	mvn	r\nr, #\nr
	.endr
	bx	ip
1:
	mov	sp, #0
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	mov	r\nr, #(0xd0 + \nr)
	.endr
	bx	lr

no_way_back:
	mov	r0, #1
	b	end_machine

	.ltorg
	.section .note.GNU-stack, "", %progbits
