/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in a program's registers before and after a system call, on LoongArch; see
 * jump_registers.h.  A call changes a0, and may change t0 to t8.
 */
#define SYS_REBOOT	142
#define REBOOT_MAGIC1	0xfee1dead
#define REBOOT_MAGIC2	0x28121969

#define OWN_FCSR	0x200		/* to positive infinity */
#define OWN_FCC		0xa5

#define AT_HWCAP	16
#define HWCAP_LASX	(1 << 5)

	.text
/*
 * bool registers_survive(long seed, long command)
 *
 * On the stack:
 *	0	seed
 *	8	command
 *	16	fcsr, as the caller had it
 *	24	tp and r21
 *	40	what getauxval() says of the processor
 *	48	ra, fp, s0 to s8
 *	144	fs0 to fs7
 *	224	a vector
 */
#define FRAME		256

	.globl registers_survive
	.type registers_survive, @function
registers_survive:
	addi.d	$sp, $sp, -FRAME
	st.d	$a0, $sp, 0
	st.d	$a1, $sp, 8
	movfcsr2gr $t0, $fcsr0
	st.d	$t0, $sp, 16
	st.d	$tp, $sp, 24
	st.d	$r21, $sp, 32
	st.d	$ra, $sp, 48
	.irp	nr, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	st.d	$r\nr, $sp, 56 + 8 * (\nr - 22)
	.endr
	.irp	nr, 24, 25, 26, 27, 28, 29, 30, 31
	fst.d	$f\nr, $sp, 144 + 8 * (\nr - 24)
	.endr
	li.w	$a0, AT_HWCAP
	bl	getauxval
	st.d	$a0, $sp, 40

	/*
	 * Each register gets the seed and its number, but those of the call and t0 to t8;
	 * vectors have that in each of their four words.
	 */
	ld.d	$t1, $sp, 0
	andi	$t2, $a0, HWCAP_LASX
	beqz	$t2, .Lscalars
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi.d	$t0, $t1, \nr << 4
	xvreplgr2vr.d $xr\nr, $t0
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$t0, $t1, \nr << 4
	xvreplgr2vr.d $xr\nr, $t0
	.endr
	b	.Lcontrol
.Lscalars:
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi.d	$t0, $t1, \nr << 4
	movgr2fr.d $f\nr, $t0
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$t0, $t1, \nr << 4
	movgr2fr.d $f\nr, $t0
	.endr
.Lcontrol:
	li.w	$t0, OWN_FCSR
	movgr2fcsr $fcsr0, $t0
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	li.w	$t0, (OWN_FCC >> \nr) & 1
	movgr2cf $fcc\nr, $t0
	.endr
	/* a4 to a6; fp, s0 to s8 */
	.irp	nr, 8, 9, 10, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$r\nr, $t1, \nr
	.endr

	ld.d	$a2, $sp, 8
	li.d	$t0, -1
	beq	$a2, $t0, .Lloop
	li.w	$a0, REBOOT_MAGIC1
	li.w	$a1, REBOOT_MAGIC2
	li.w	$a3, 0
	li.w	$a7, SYS_REBOOT
	syscall	0
	bnez	$a0, .Lchanged
	li.w	$t0, REBOOT_MAGIC2
	bne	$a1, $t0, .Lchanged
	ld.d	$t0, $sp, 8
	bne	$a2, $t0, .Lchanged
	bnez	$a3, .Lchanged
	li.w	$t0, SYS_REBOOT
	bne	$a7, $t0, .Lchanged
	b	.Lcompare

.Lloop:
	li.w	$t0, 0x100000
1:	addi.d	$t0, $t0, -1
	bnez	$t0, 1b

.Lcompare:
	/* What sp points to is the seed, if anything is to be relied on. */
	ld.d	$t1, $sp, 0
	.irp	nr, 8, 9, 10, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$t0, $t1, \nr
	bne	$r\nr, $t0, .Lchanged
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	movcf2gr $t2, $fcc\nr
	li.w	$t0, (OWN_FCC >> \nr) & 1
	bne	$t2, $t0, .Lchanged
	.endr
	movfcsr2gr $t2, $fcsr0
	li.w	$t0, OWN_FCSR
	bne	$t2, $t0, .Lchanged
	ld.d	$t2, $sp, 40
	andi	$t2, $t2, HWCAP_LASX
	bnez	$t2, .Lcompare_vectors
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi.d	$t0, $t1, \nr << 4
	movfr2gr.d $t2, $f\nr
	bne	$t2, $t0, .Lchanged
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$t0, $t1, \nr << 4
	movfr2gr.d $t2, $f\nr
	bne	$t2, $t0, .Lchanged
	.endr
	b	.Lcompare_rest
.Lcompare_vectors:
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	addi.d	$t0, $t1, \nr << 4
	xvst	$xr\nr, $sp, 224
	bl	.Lsame_words
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	addi.d	$t0, $t1, \nr << 4
	xvst	$xr\nr, $sp, 224
	bl	.Lsame_words
	.endr
.Lcompare_rest:
	ld.d	$t0, $sp, 24
	bne	$tp, $t0, .Lchanged
	ld.d	$t0, $sp, 32
	bne	$r21, $t0, .Lchanged
	li.w	$a0, 1
	b	.Ldone
	/* Each word of the vector on the stack is t0. */
.Lsame_words:
	.irp	nr, 0, 1, 2, 3
	ld.d	$t2, $sp, 224 + 8 * \nr
	bne	$t2, $t0, .Lchanged
	.endr
	jr	$ra
.Lchanged:
	li.w	$a0, 0
.Ldone:
	ld.d	$t0, $sp, 16
	movgr2fcsr $fcsr0, $t0
	ld.d	$ra, $sp, 48
	.irp	nr, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld.d	$r\nr, $sp, 56 + 8 * (\nr - 22)
	.endr
	.irp	nr, 24, 25, 26, 27, 28, 29, 30, 31
	fld.d	$f\nr, $sp, 144 + 8 * (\nr - 24)
	.endr
	addi.d	$sp, $sp, FRAME
	jr	$ra

	.size registers_survive, . - registers_survive
	.section .note.GNU-stack, "", @progbits
