/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on LoongArch.
 *
 * Numbers and bits of control and status registers are those of the LoongArch reference
 * manual, volume 1, "Control and status registers".
 */
#define CRMD		0x0
#define EUEN		0x2
#define ECFG		0x4
#define TCFG		0x41
#define DMWIN0		0x180

#define CRMD_JUNK	0x2b4	/* PG, IE, watchpoints; memory through the caches */
#define ECFG_ALL	0x71fff	/* all interrupts, each with an entry of its own */
#define ECFG_JUNK	0x70000
#define DMW_ALL		0x11	/* all of memory by its physical addresses, PLV 0 */
#define EUEN_ALL	0x7	/* floating point, vectors of both sizes */
#define EUEN_JUNK	0
#define TCFG_FIRE	0x3	/* at once, and again and again */
#define JUNK		0xdeadbeefcafef00d	/* no address, either */

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

	.text
/*
 * void go_back(void)
 *
 * To the address that was in ra: the first time and every second time after that with
 * translation off and all interrupts enabled in ECFG, else in a window that shows all of
 * memory where it is, with interrupts enabled in CRMD, on another stack.  Not both, as
 * nobody is there to take one.  No register has what it had.
 *
 *	s0	the address
 *	s1	how often the payload was entered, and one
 */
	.globl go_back
	.hidden go_back
go_back:
	la.local $t0, value_ra
	ld.d	$s0, $t0, 0
	beqz	$s0, no_way_back
	la.local $t0, payload_table
	ld.d	$s1, $t0, RETURNS

	/* Floating point and vectors: of 256 bits. */
	li.d	$t1, JUNK
	li.w	$t0, EUEN_ALL
	csrwr	$t0, EUEN
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	xvreplgr2vr.d $xr\nr, $t1
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	xvreplgr2vr.d $xr\nr, $t1
	.endr
	li.w	$t0, 0x300		/* to negative infinity, no exceptions */
	movgr2fcsr $fcsr0, $t0
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	movgr2cf $fcc\nr, $t1
	.endr
	li.w	$t0, EUEN_JUNK
	csrwr	$t0, EUEN

	/* Exceptions, translation, what the kernel keeps for itself, the time. */
	.irp	reg, 0x1, 0x6, 0xc, 0x10, 0x11, 0x18, 0x19, 0x1a, 0x1c, 0x1d, 0x1e, \
		0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x43, 0x88, 0x8e, 0x93
	move	$t0, $t1
	csrwr	$t0, \reg
	.endr
	li.w	$t0, TCFG_FIRE
	csrwr	$t0, TCFG

	andi	$t0, $s1, 1		/* counted up: 2 the first time */
	bnez	$t0, 1f
	csrwr	$zero, DMWIN0
	csrwr	$zero, DMWIN0 + 1
	csrwr	$zero, DMWIN0 + 2
	csrwr	$zero, DMWIN0 + 3
	li.w	$t0, ECFG_ALL
	csrwr	$t0, ECFG
	move	$ra, $s0
	.irp	reg, $tp, $a0, $a1, $a2, $a3, $a4, $a5, $a6, $a7, $t0, $t2, $t3, $t4, $t5, $t6, \
		$t7, $t8, $r21, $fp, $s0, $s1, $s2, $s3, $s4, $s5, $s6, $s7, $s8
	move	\reg, $t1
	.endr
	jr	$ra
1:
	li.w	$t0, ECFG_JUNK
	csrwr	$t0, ECFG
	li.d	$t0, DMW_ALL
	csrwr	$t0, DMWIN0
	csrwr	$zero, DMWIN0 + 1
	csrwr	$zero, DMWIN0 + 2
	csrwr	$zero, DMWIN0 + 3
	li.w	$t0, CRMD_JUNK
	csrwr	$t0, CRMD
	move	$t2, $s0
	.irp	reg, $ra, $sp, $tp, $a0, $a1, $a2, $a3, $a4, $a5, $a6, $a7, $t0, $t3, $t4, $t5, \
		$t6, $t7, $t8, $r21, $fp, $s0, $s1, $s2, $s3, $s4, $s5, $s6, $s7, $s8
	nor	\reg, $t1, $zero
	.endr
	jr	$t2

no_way_back:
	li.w	$a0, 1
	bl	end_machine
	.section .note.GNU-stack, "", @progbits
