/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on sh4; see
 * jump_registers.h.  A call changes nothing but r0.
 */
#define SYS_REBOOT	88
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define FPSCR_SINGLE	0x00040001	/* both banks' registers, one by one */
#define FPSCR_OWN	0x00240001	/* the other bank in front */

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	seed
 *	4	command
 *	8	fpscr, as the caller had it
 *	12	fr12 to fr15
 *	28	r8 to r14, pr, macl, mach
 */
	.balign	4
	.globl	registers_survive
	.type	registers_survive, @function
registers_survive:
	sts.l	mach, @-r15
	sts.l	macl, @-r15
	sts.l	pr, @-r15
	.irp	nr, 14, 13, 12, 11, 10, 9, 8
	mov.l	r\nr, @-r15
	.endr
	sts	fpscr, r1
	mov.l	single, r2
	lds	r2, fpscr
	.irp	nr, 15, 14, 13, 12
	fmov.s	fr\nr, @-r15
	.endr
	mov.l	r1, @-r15
	mov.l	r5, @-r15
	mov.l	r4, @-r15

	/* Each register gets the seed and its number. */
	mov	r4, r0
	add	#32, r0
	.rept	2
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	lds	r0, fpul
	fsts	fpul, fr\nr
	add	#1, r0
	.endr
	frchg
	.endr
	mov.l	own, r2
	lds	r2, fpscr
	lds	r0, fpul
	add	#1, r0
	lds	r0, mach
	add	#1, r0
	lds	r0, macl
	add	#1, r0
	lds	r0, pr
	mov	r4, r0
	.irp	nr, 1, 2, 8, 9, 10, 11, 12, 13, 14
	mov	r0, r\nr
	add	#\nr, r\nr
	.endr

	mov	r5, r3
	mov	#-1, r0
	cmp/eq	r0, r3
	bt	loop
	mov	r5, r6
	mov	#0, r7
	mov.l	magic1, r4
	mov.l	magic2, r5
	mov	#SYS_REBOOT, r3
	trapa	#0x14
	tst	r0, r0
	bf	changed_near
	/* Its arguments are as they were, too. */
	mov.l	magic1, r0
	cmp/eq	r0, r4
	bf	changed_near
	mov.l	magic2, r0
	cmp/eq	r0, r5
	bf	changed_near
	tst	r7, r7
	bf	changed_near
	mov.l	@(4, r15), r0
	cmp/eq	r0, r6
	bf	changed_near
	mov	r3, r0
	cmp/eq	#SYS_REBOOT, r0
	bf	changed_near
	bra	compare
	 nop
changed_near:
	bra	changed
	 nop
loop:
	mov.l	turns, r3
1:	dt	r3
	bf	1b

compare:
	/* What r15 points to is the seed, if anything is to be relied on. */
	mov.l	@r15, r4
	.irp	nr, 1, 2, 8, 9, 10, 11, 12, 13, 14
	mov	r4, r0
	add	#\nr, r0
	cmp/eq	r0, r\nr
	bf	changed_near
	.endr
	/* Differences, of which one is not 0. */
	sts	fpscr, r3
	mov.l	own, r0
	xor	r0, r3
	sts	fpul, r2
	mov	r4, r0
	add	#64, r0
	xor	r0, r2
	or	r2, r3
	add	#1, r0
	sts	mach, r2
	xor	r0, r2
	or	r2, r3
	add	#1, r0
	sts	macl, r2
	xor	r0, r2
	or	r2, r3
	add	#1, r0
	sts	pr, r2
	xor	r0, r2
	or	r2, r3
	mov.l	single, r2
	lds	r2, fpscr
	mov	r4, r0
	add	#32, r0
	.rept	2
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	flds	fr\nr, fpul
	sts	fpul, r2
	xor	r0, r2
	or	r2, r3
	add	#1, r0
	.endr
	frchg
	.endr
	tst	r3, r3
	bf	changed
	bra	done
	 mov	#1, r0
changed:
	mov	#0, r0
done:
	mov.l	single, r2
	lds	r2, fpscr
	add	#8, r15
	mov.l	@r15+, r1
	.irp	nr, 12, 13, 14, 15
	fmov.s	@r15+, fr\nr
	.endr
	lds	r1, fpscr
	.irp	nr, 8, 9, 10, 11, 12, 13, 14
	mov.l	@r15+, r\nr
	.endr
	lds.l	@r15+, pr
	lds.l	@r15+, macl
	rts
	 lds.l	@r15+, mach

	.balign	4
single:
	.long	FPSCR_SINGLE
own:
	.long	FPSCR_OWN
magic1:
	.long	REBOOT_MAGIC1
magic2:
	.long	REBOOT_MAGIC2
turns:
	.long	0x100000

	.size	registers_survive, . - registers_survive
	.section .note.GNU-stack, "", %progbits
