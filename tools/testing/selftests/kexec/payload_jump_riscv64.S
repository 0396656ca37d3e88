/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on 64-bit RISC-V.
 *
 * Registers and bits are those of the privileged specification.
 */
#define STATUS_SIE	0x2
#define STATUS_SPP	0x100
#define STATUS_UXL	0x300000000	/* programs have 64-bit registers: 2 */
#define STATUS_JUNK	0xc6620		/* SPIE, VS, FS, SUM, MXR */

#define PENDING_SOFTWARE	0x2	/* in sip */

/* SBI specification, "Timer Extension" */
#define SBI_TIME	0x54494d45
#define SBI_SET_TIMER	0

#define SENVCFG		0x10a
#define SENVCFG_JUNK	0xf1		/* FIOM, CBIE, CBCFE, CBZE */

#define JUNK		0xdeadbeefcafef00d	/* no address, either */

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

	.option	norelax
	.option	arch, +d
	.option	arch, +v

/* A vector's address is a multiple of 4. */
.macro skip_if_trap label
	lla	t0, \label
	csrw	stvec, t0
.endm

	.text
/*
 * void go_back(void)
 *
 * To the address that was in ra: the first time and every second time after that
 * by ret, with all interrupts enabled in sie, else by a jump, on another stack,
 * with interrupts enabled in sstatus.  Not both, as nobody is there to take one.
 * No register has what it had, but translation is off.
 *
 *	s0	the address
 *	s1	how often the payload was entered, and one
 */
	.globl go_back
	.hidden go_back
go_back:
	lla	t0, value_ra
	ld	s0, (t0)
	beqz	s0, no_way_back
	lla	t0, payload_table
	ld	s1, RETURNS(t0)

	/* A timer that has fired, and an interrupt by another hart. */
	li	a7, SBI_TIME
	li	a6, SBI_SET_TIMER
	li	a0, 0
	ecall
	csrsi	sip, PENDING_SOFTWARE

	/* What a hart does not have is a trap, and skipped by that. */
	skip_if_trap 1f
	li	t0, SENVCFG_JUNK
	csrw	SENVCFG, t0
	.balign	4
1:
	li	t0, STATUS_JUNK
	csrs	sstatus, t0
	li	t1, JUNK

	skip_if_trap 1f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fmv.d.x	f\nr, t1
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fmv.d.x	f\nr, t1
	.endr
	li	t0, 0xff		/* no rounding mode, all exceptions */
	csrw	fcsr, t0
	.balign	4
1:
	skip_if_trap 1f
	vsetvli	t0, zero, e64, m8, ta, ma
	.irp	nr, 0, 8, 16, 24
	vmv.v.x	v\nr, t1
	.endr
	csrwi	vcsr, 7			/* to odd, saturated */
	csrwi	vstart, 1
	.balign	4
1:
	/* Programs have 32-bit registers, if that can be, and no counters. */
	li	t0, STATUS_UXL
	csrr	t2, sstatus
	and	t2, t2, t0
	xor	t2, t2, t0
	csrc	sstatus, t0
	csrs	sstatus, t2
	li	t0, STATUS_SPP
	csrc	sstatus, t0
	csrw	scounteren, zero

	/* Exceptions. */
	andi	t0, t1, ~3
	csrw	stvec, t0
	.irp	reg, sscratch, sepc, scause, stval
	csrw	\reg, t1
	.endr

	mv	ra, s0
	andi	t0, s1, 1		/* counted up: 2 the first time */
	bnez	t0, 1f
	li	t0, -1
	csrw	sie, t0
	.irp	reg, gp, tp, t0, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
	mv	\reg, t1
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	mv	s\nr, t1
	.endr
	ret
1:
	csrw	sie, zero
	csrsi	sstatus, STATUS_SIE
	mv	t2, s0
	.irp	reg, ra, sp, gp, tp, t0, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
	not	\reg, t1
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	not	s\nr, t1
	.endr
	jr	t2

no_way_back:
	li	a0, 1
	call	end_machine
	.section .note.GNU-stack, "", @progbits
