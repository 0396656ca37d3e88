/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on arm64; see
 * jump_registers.h.  A call changes nothing but x0, and of SVE's registers what
 * goes beyond those of SIMD: the former are looked at without a call only.
 */
#define SYS_REBOOT	142
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_FPCR	0x3c00000	/* a default NaN, flushed, to zero */
#define OWN_FPSR	0x800001f	/* all that can be sticky */

#define AT_HWCAP	16
#define HWCAP_SVE_BIT	22

	.arch_extension sve

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	fpcr and fpsr, as the caller had them
 *	16	seed
 *	24	command
 *	32	tpidr_el0
 *	40	what getauxval() says of the processor
 *	48	x19 to x30
 *	144	d8 to d15
 */
#define FRAME		208

	.globl registers_survive
	.type registers_survive, @function
registers_survive:
	sub	sp, sp, #FRAME
	stp	x19, x20, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x23, x24, [sp, #80]
	stp	x25, x26, [sp, #96]
	stp	x27, x28, [sp, #112]
	stp	x29, x30, [sp, #128]
	stp	d8, d9, [sp, #144]
	stp	d10, d11, [sp, #160]
	stp	d12, d13, [sp, #176]
	stp	d14, d15, [sp, #192]
	stp	x0, x1, [sp, #16]
	mrs	x2, fpcr
	mrs	x3, fpsr
	stp	x2, x3, [sp]
	mov	x0, #AT_HWCAP
	bl	getauxval
	mrs	x1, tpidr_el0
	stp	x1, x0, [sp, #32]

	/* Each register gets the seed and its number. */
	ldr	x0, =OWN_FPCR
	msr	fpcr, x0
	ldr	x0, =OWN_FPSR
	msr	fpsr, x0
	ldr	x1, [sp, #16]
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	x0, x1, #(\nr << 4)
	mov	v\nr\().d[0], x0
	mvn	x0, x0
	mov	v\nr\().d[1], x0
	.endr
	.irp	nr, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
		21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	add	x\nr, x1, #\nr
	.endr

	ldr	x2, [sp, #24]
	cmn	x2, #1
	b.eq	.Lloop
	ldr	w0, =REBOOT_MAGIC1
	ldr	w1, =REBOOT_MAGIC2
	mov	x3, xzr
	mov	x8, #SYS_REBOOT
	svc	#0
	cbnz	x0, .Lchanged
	b	.Lcompare

.Lloop:
	mov	w2, #0x100000
	ldr	x0, [sp, #40]
	tbnz	x0, #HWCAP_SVE_BIT, .Lloop_sve
1:	subs	w2, w2, #1
	b.ne	1b

.Lcompare:
	/* What sp points to is the seed, if anything is to be relied on. */
	ldr	x1, [sp, #16]
	.irp	nr, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, \
		21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	add	x0, x1, #\nr
	cmp	x\nr, x0
	b.ne	.Lchanged
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	add	x0, x1, #(\nr << 4)
	mov	x2, v\nr\().d[0]
	cmp	x2, x0
	b.ne	.Lchanged
	mov	x2, v\nr\().d[1]
	mvn	x2, x2
	cmp	x2, x0
	b.ne	.Lchanged
	.endr

.Lcompare_control:
	mrs	x0, fpcr
	ldr	x1, =OWN_FPCR
	cmp	x0, x1
	b.ne	.Lchanged
	mrs	x0, fpsr
	ldr	x1, =OWN_FPSR
	cmp	x0, x1
	b.ne	.Lchanged
	mrs	x0, tpidr_el0
	ldr	x1, [sp, #32]
	cmp	x0, x1
	b.ne	.Lchanged
	mov	w0, #1
	b	.Ldone
.Lchanged:
	mov	w0, wzr
.Ldone:
	ldp	x2, x3, [sp]
	msr	fpcr, x2
	msr	fpsr, x3
	ldp	x19, x20, [sp, #48]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #80]
	ldp	x25, x26, [sp, #96]
	ldp	x27, x28, [sp, #112]
	ldp	x29, x30, [sp, #128]
	ldp	d8, d9, [sp, #144]
	ldp	d10, d11, [sp, #160]
	ldp	d12, d13, [sp, #176]
	ldp	d14, d15, [sp, #192]
	add	sp, sp, #FRAME
	ret

	/* All of each vector, whatever its size; the seed does not matter. */
.Lloop_sve:
	ptrue	p0.b
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	mov	z\nr\().b, #(\nr - 16)
	.endr
1:	subs	w2, w2, #1
	b.ne	1b
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	cmpne	p1.b, p0/z, z\nr\().b, #(\nr - 16)
	b.ne	.Lchanged
	.endr
	b	.Lcompare_control

	.size registers_survive, . - registers_survive
	.ltorg
	.section .note.GNU-stack, "", @progbits
