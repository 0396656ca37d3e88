/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on 64-bit
 * RISC-V; see jump_registers.h.  A call changes nothing but a0, and the vector
 * registers: those are looked at without a call only.
 */
#define SYS_REBOOT	142
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_FCSR	0x75	/* up; inexact, overflow, invalid */

#define AT_HWCAP	16
#define HWCAP_V		(1 << ('V' - 'A'))

	.option	norelax
	.option	arch, +v

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	seed
 *	8	command
 *	16	fcsr, as the caller had it
 *	24	gp and tp
 *	40	what getauxval() says of the processor
 *	48	ra, s0 to s11
 *	152	fs0 to fs11
 */
#define FRAME		256

	.globl registers_survive
	.type registers_survive, @function
registers_survive:
	addi	sp, sp, -FRAME
	sd	a0, 0(sp)
	sd	a1, 8(sp)
	frcsr	t0
	sd	t0, 16(sp)
	sd	gp, 24(sp)
	sd	tp, 32(sp)
	sd	ra, 48(sp)
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\nr, 56 + 8 * \nr(sp)
	fsd	fs\nr, 152 + 8 * \nr(sp)
	.endr
	li	a0, AT_HWCAP
	call	getauxval
	sd	a0, 40(sp)

	/* Each register gets the seed and its number, except a0, a7, t0, t1. */
	ld	t1, 0(sp)
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi	t0, t1, \nr << 4
	fmv.d.x	f\nr, t0
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi	t0, t1, \nr << 4
	fmv.d.x	f\nr, t0
	.endr
	li	t0, OWN_FCSR
	fscsr	t0
	/* t2, s0, s1; a4 to a6; s2 to s11; t3 to t6 */
	.irp	nr, 7, 8, 9, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
		28, 29, 30, 31
	addi	x\nr, t1, \nr
	.endr

	ld	a2, 8(sp)
	li	t0, -1
	beq	a2, t0, .Lloop
	li	a0, REBOOT_MAGIC1
	li	a1, REBOOT_MAGIC2
	li	a3, 0
	li	a7, SYS_REBOOT
	ecall
	bnez	a0, .Lchanged
	li	t0, REBOOT_MAGIC2
	bne	a1, t0, .Lchanged
	ld	t0, 8(sp)
	bne	a2, t0, .Lchanged
	bnez	a3, .Lchanged
	li	t0, SYS_REBOOT
	bne	a7, t0, .Lchanged
	j	.Lcompare

.Lloop:
	ld	t0, 40(sp)
	li	t1, HWCAP_V
	and	t0, t0, t1
	bnez	t0, .Lloop_vectors
	li	t0, 0x100000
1:	addi	t0, t0, -1
	bnez	t0, 1b

.Lcompare:
	/* What sp points to is the seed, if anything is to be relied on. */
	ld	t1, 0(sp)
	.irp	nr, 7, 8, 9, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
		28, 29, 30, 31
	addi	t0, t1, \nr
	bne	x\nr, t0, .Lchanged
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi	t0, t1, \nr << 4
	fmv.x.d	a0, f\nr
	bne	a0, t0, .Lchanged
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi	t0, t1, \nr << 4
	fmv.x.d	a0, f\nr
	bne	a0, t0, .Lchanged
	.endr
	frcsr	a0
	li	t0, OWN_FCSR
	bne	a0, t0, .Lchanged
	ld	t0, 24(sp)
	bne	gp, t0, .Lchanged
	ld	t0, 32(sp)
	bne	tp, t0, .Lchanged
	li	a0, 1
	j	.Ldone
.Lchanged:
	li	a0, 0
.Ldone:
	ld	t0, 16(sp)
	fscsr	t0
	ld	ra, 48(sp)
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\nr, 56 + 8 * \nr(sp)
	fld	fs\nr, 152 + 8 * \nr(sp)
	.endr
	addi	sp, sp, FRAME
	ret

	/*
	 * All of each vector, whatever its size: a register more than the one
	 * before, the first has the seed.
	 */
.Lloop_vectors:
	ld	t1, 0(sp)
	vsetvli	t0, zero, e64, m1, ta, ma
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	addi	t0, t1, \nr
	vmv.v.x	v\nr, t0
	.endr
	li	t0, 0x100000
1:	addi	t0, t0, -1
	bnez	t0, 1b
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	addi	t0, t1, \nr
	vmsne.vx v31, v\nr, t0
	vcpop.m	a0, v31
	bnez	a0, .Lchanged
	.endr
	j	.Lcompare

	.size registers_survive, . - registers_survive
	.section .note.GNU-stack, "", @progbits
