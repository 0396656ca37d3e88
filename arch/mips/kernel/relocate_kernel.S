/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * kexec_enter_trampoline() is kernel text.  The trampoline runs in the control page, in
 * KSEG0: cached, without the TLB, at an address that follows from the physical one.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/addrspace.h>
#include <asm/asm.h>
#include <asm/asmmacro.h>
#include <asm/cacheops.h>
#include <asm/kexec.h>
#include <asm/mipsregs.h>
#include <asm/regdef.h>

	.text
	.set	noat
	.set	reorder

/*
 * In: interrupts off, the only CPU running, and
 *
 *	a0	table, physical
 *	a1	entry, in KSEG0
 *	a2	control page, in KSEG0
 *	a3	where the image's a0 to a3 stand
 *
 * Out: at the control page; exceptions go to firmware's memory, as after a reset, since
 * the kernel's vectors may be overwritten; no coprocessor but 0 can be used.
 *
 *	a0	table, physical
 *	s0	control page, in KSEG0
 *	s1	entry, in KSEG0
 *	s2 - s5	the image's a0 to a3
 */
SYM_CODE_START(kexec_enter_trampoline)
	move	s0, a2
	move	s1, a1
	LONG_L	s2, 0 * LONGSIZE(a3)
	LONG_L	s3, 1 * LONGSIZE(a3)
	LONG_L	s4, 2 * LONGSIZE(a3)
	LONG_L	s5, 3 * LONGSIZE(a3)
	li	t0, ST0_BEV
	mtc0	t0, CP0_STATUS
	_ehb
	jr	s0
SYM_CODE_END(kexec_enter_trampoline)

	/* Write back and invalidate, or invalidate, all lines of a cache. */
	.macro	empty_cache nr op
	lw	t0, (KEXEC_CACHES + \nr * KEXEC_CACHE_BYTES + KEXEC_CACHE_WAYS)(s0)
	lw	t1, (KEXEC_CACHES + \nr * KEXEC_CACHE_BYTES + KEXEC_CACHE_STEP)(s0)
	lw	t2, (KEXEC_CACHES + \nr * KEXEC_CACHE_BYTES + KEXEC_CACHE_SIZE)(s0)
	lw	t3, (KEXEC_CACHES + \nr * KEXEC_CACHE_BYTES + KEXEC_CACHE_LINE)(s0)
	move	t4, s6
	beqz	t0, .Lempty\@
.Lway\@:
	move	t5, t4
	PTR_ADDU t6, t4, t2
.Lline\@:
	cache	\op, 0(t5)
	PTR_ADDU t5, t3
	bne	t5, t6, .Lline\@
	PTR_ADDU t4, t1
	addiu	t0, -1
	bnez	t0, .Lway\@
.Lempty\@:
	.endm

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so there are no
 * jumps (j, jal), which have an address in them.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(kexec_trampoline)
	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: nothing is in the data cache.
	 *
	 * Where its lines are chosen by more of an address than the offset in a page, it
	 * may have those of a program for memory that is a destination, which would be
	 * written back some time.
	 */
	PTR_LI	s6, CKSEG0
	sync
	empty_cache KEXEC_CACHE_DATA, Index_Writeback_Inv_D
	sync

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 *	a0		next entry of the table, in KSEG0
	 *	s6		the start of KSEG0: what an address there has more than
	 *			the physical one
	 *	s7		KEXEC_SRC_ZERO
	 *	t0, t1		destination, source
	 *	t2		end of the destination
	 *	t3 - t6, v0, v1, a1, a2		32 bytes on their way
	 *
	 * s0 to s5 are kept.
	 */
	li	s7, KEXEC_SRC_ZERO
	b	.Lpage
.Lnext:
	LONG_L	t0, 0 * LONGSIZE(a0)
	LONG_L	t1, 1 * LONGSIZE(a0)
	LONG_L	t2, 2 * LONGSIZE(a0)
	PTR_ADDIU a0, KEXEC_MOVE_WORDS * LONGSIZE
	beqz	t2, .Lend_of_page
	beq	t0, t1, .Lnext			/* in place */
	PTR_ADDU t0, s6
	PTR_ADDU t2, t0
	beq	t1, s7, .Lclear
	PTR_ADDU t1, s6
.Lcopy:
	LONG_L	t3, 0 * LONGSIZE(t1)
	LONG_L	t4, 1 * LONGSIZE(t1)
	LONG_L	t5, 2 * LONGSIZE(t1)
	LONG_L	t6, 3 * LONGSIZE(t1)
	LONG_L	v0, 4 * LONGSIZE(t1)
	LONG_L	v1, 5 * LONGSIZE(t1)
	LONG_L	a1, 6 * LONGSIZE(t1)
	LONG_L	a2, 7 * LONGSIZE(t1)
	PTR_ADDIU t1, 8 * LONGSIZE
	LONG_S	t3, 0 * LONGSIZE(t0)
	LONG_S	t4, 1 * LONGSIZE(t0)
	LONG_S	t5, 2 * LONGSIZE(t0)
	LONG_S	t6, 3 * LONGSIZE(t0)
	LONG_S	v0, 4 * LONGSIZE(t0)
	LONG_S	v1, 5 * LONGSIZE(t0)
	LONG_S	a1, 6 * LONGSIZE(t0)
	LONG_S	a2, 7 * LONGSIZE(t0)
	PTR_ADDIU t0, 8 * LONGSIZE
	bne	t0, t2, .Lcopy
	b	.Lnext
.Lclear:
	LONG_S	zero, 0 * LONGSIZE(t0)
	LONG_S	zero, 1 * LONGSIZE(t0)
	LONG_S	zero, 2 * LONGSIZE(t0)
	LONG_S	zero, 3 * LONGSIZE(t0)
	LONG_S	zero, 4 * LONGSIZE(t0)
	LONG_S	zero, 5 * LONGSIZE(t0)
	LONG_S	zero, 6 * LONGSIZE(t0)
	LONG_S	zero, 7 * LONGSIZE(t0)
	PTR_ADDIU t0, 8 * LONGSIZE
	bne	t0, t2, .Lclear
	b	.Lnext
.Lend_of_page:
	move	a0, t1
.Lpage:
	beqz	a0, .Lmoved
	PTR_ADDU a0, s6
	b	.Lnext
.Lmoved:

	/*
	 * In: every destination holds its content, as data.
	 * Out: also in memory, for who looks uncached, and no line of code is older.
	 *
	 * By index, so that what lies in place counts as well, and it takes no longer for
	 * a large image.  Data may be in both caches, so the first one goes first.
	 */
	sync
	empty_cache KEXEC_CACHE_DATA, Index_Writeback_Inv_D
	sync
	empty_cache KEXEC_CACHE_SECOND, Index_Writeback_Inv_SD
	sync
	empty_cache KEXEC_CACHE_CODE, Index_Invalidate_I
	sync

	/*
	 * In: s1 to s5 as above.
	 * Out: at the entry point; a0 to a3 as the image wants them, all other registers
	 * 0, kernel mode, interrupts off, exceptions as after a reset.
	 *
	 * eret jumps without a register, and fetches anew.
	 */
	MTC0	s1, CP0_EPC
	li	t0, ST0_BEV | ST0_EXL
	mtc0	t0, CP0_STATUS
	_ehb
	move	a0, s2
	move	a1, s3
	move	a2, s4
	move	a3, s5
#ifndef CONFIG_CPU_MIPSR6
	mthi	zero
	mtlo	zero
#endif
	.irp	nr, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
	move	$\nr, zero
	.endr
	.irp	nr, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	move	$\nr, zero
	.endr
	eret

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(kexec_trampoline)
