/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on arm; see
 * jump_registers.h.  A call changes nothing but r0.
 */
#define SYS_REBOOT	88
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_FPSCR	0xf3c0001f	/* flags; default NaN, flushed, to zero */
#define OWN_THREAD	0x5a5a0000	/* in TPIDRURW, which is a program's own */

	.arch	armv7-a
	.fpu	neon-vfpv4
	.arm

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	seed
 *	4	command
 *	8	fpscr, as the caller had it
 *	12	tpidruro
 *	16	d8 to d15
 *	80	r4 to r11, lr
 */
	.globl registers_survive
	.type registers_survive, %function
registers_survive:
	push	{r4 - r11, lr}
	vpush	{d8 - d15}
	sub	sp, sp, #16
	str	r0, [sp]
	str	r1, [sp, #4]
	vmrs	r2, fpscr
	str	r2, [sp, #8]
	mrc	p15, 0, r2, c13, c0, 3
	str	r2, [sp, #12]

	/* Each register gets the seed and its number. */
	ldr	r1, [sp]
	ldr	r2, =OWN_THREAD
	mcr	p15, 0, r2, c13, c0, 2
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	r0, r1, #(\nr << 4)
	mvn	r2, r0
	vmov	d\nr, r0, r2
	.endr
	ldr	r0, =OWN_FPSCR
	vmsr	fpscr, r0
	.irp	nr, 4, 5, 6, 8, 9, 10, 11, 12
	add	r\nr, r1, #\nr
	.endr
	add	lr, r1, #14

	ldr	r2, [sp, #4]
	cmn	r2, #1
	beq	.Lloop
	ldr	r0, =REBOOT_MAGIC1
	ldr	r1, =REBOOT_MAGIC2
	mov	r3, #0
	mov	r7, #SYS_REBOOT
	svc	#0
	cmp	r0, #0
	bne	.Lchanged
	ldr	r0, =REBOOT_MAGIC2
	cmp	r1, r0
	ldreq	r0, [sp, #4]
	cmpeq	r2, r0
	cmpeq	r3, #0
	cmpeq	r7, #SYS_REBOOT
	bne	.Lchanged
	b	.Lcompare

.Lloop:
	mov	r2, #0x100000
1:	subs	r2, r2, #1
	bne	1b

.Lcompare:
	/* What sp points to is the seed, if anything is to be relied on. */
	ldr	r1, [sp]
	.irp	nr, 4, 5, 6, 8, 9, 10, 11, 12
	add	r0, r1, #\nr
	cmp	r\nr, r0
	bne	.Lchanged
	.endr
	add	r0, r1, #14
	cmp	lr, r0
	bne	.Lchanged
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	r0, r1, #(\nr << 4)
	vmov	r2, r3, d\nr
	cmp	r2, r0
	mvn	r3, r3
	cmpeq	r3, r0
	bne	.Lchanged
	.endr
	vmrs	r0, fpscr
	ldr	r1, =OWN_FPSCR
	cmp	r0, r1
	bne	.Lchanged
	mrc	p15, 0, r0, c13, c0, 2
	ldr	r1, =OWN_THREAD
	cmp	r0, r1
	bne	.Lchanged
	mrc	p15, 0, r0, c13, c0, 3
	ldr	r1, [sp, #12]
	cmp	r0, r1
	bne	.Lchanged
	mov	r0, #1
	b	.Ldone
.Lchanged:
	mov	r0, #0
.Ldone:
	ldr	r2, [sp, #8]
	vmsr	fpscr, r2
	add	sp, sp, #16
	vpop	{d8 - d15}
	pop	{r4 - r11, pc}

	.size registers_survive, . - registers_survive
	.ltorg
	.section .note.GNU-stack, "", %progbits
