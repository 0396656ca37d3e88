/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * kexec_enter_trampoline() is kernel text.  The trampoline runs in the control page, where
 * the kernel has that: in KSEG0 or, with 64 bits, in XKPHYS.  Both are cached, without the
 * TLB, at addresses that follow from physical ones: "the window" below.
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

/* With 64 bits, XKPHYS takes KX, with which all addresses of 64 bits are valid. */
#ifdef CONFIG_64BIT
#define STATUS	(ST0_BEV | ST0_KX)
#else
#define STATUS	ST0_BEV
#endif

	.section .kprobes.text, "ax"
	.set	noat
	.set	reorder

/*
 * In: interrupts off, the only CPU running, and
 *
 *	a0	table, physical
 *	a1	entry, in KSEG0 or XKPHYS
 *	a2	control page
 *	a3	struct kexec_way
 *
 * Out: at the control page; exceptions go to firmware's memory, as after a reset, since
 * the kernel's vectors may be overwritten; no coprocessor but 0 can be used.
 *
 *	a0	table, physical
 *	s0	control page
 *	s1	entry, in KSEG0 or XKPHYS
 *	s2 - s5	the image's a0 to a3
 *	s6	the start of the window
 *	t8	words to be copied after the moves, in the window
 *	t9, s8	where to, in KSEG0, and the end of that; the same if there are none
 */
SYM_CODE_START(kexec_enter_trampoline)
	move	s0, a2
	move	s1, a1
	LONG_L	s2, (KEXEC_WAY_REG + 0 * LONGSIZE)(a3)
	LONG_L	s3, (KEXEC_WAY_REG + 1 * LONGSIZE)(a3)
	LONG_L	s4, (KEXEC_WAY_REG + 2 * LONGSIZE)(a3)
	LONG_L	s5, (KEXEC_WAY_REG + 3 * LONGSIZE)(a3)
	LONG_L	s6, KEXEC_WAY_WINDOW(a3)
	LONG_L	t8, KEXEC_WAY_FROM(a3)
	LONG_L	t9, KEXEC_WAY_TO(a3)
	LONG_L	s8, KEXEC_WAY_END(a3)
	li	t0, STATUS
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
	PTR_LI	ta0, CKSEG0
	beqz	t0, .Lempty\@
.Lway\@:
	move	ta1, ta0
	PTR_ADDU ta2, ta0, t2
.Lline\@:
	cache	\op, 0(ta1)
	PTR_ADDU ta1, t3
	bne	ta1, ta2, .Lline\@
	PTR_ADDU ta0, t1
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
	sync
	empty_cache KEXEC_CACHE_DATA, Index_Writeback_Inv_D
	sync

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 *	a0		next entry of the table, in the window
	 *	s6		the start of the window: what an address there has more
	 *			than the physical one
	 *	s7		KEXEC_SRC_ZERO
	 *	t0, t1		destination, source
	 *	t2		end of the destination
	 *	t3, ta0 - ta2, v0, v1, a1, a2	eight words on their way
	 *
	 * s0 to s5, s8, t8 and t9 are kept.
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
	LONG_L	ta0, 1 * LONGSIZE(t1)
	LONG_L	ta1, 2 * LONGSIZE(t1)
	LONG_L	ta2, 3 * LONGSIZE(t1)
	LONG_L	v0, 4 * LONGSIZE(t1)
	LONG_L	v1, 5 * LONGSIZE(t1)
	LONG_L	a1, 6 * LONGSIZE(t1)
	LONG_L	a2, 7 * LONGSIZE(t1)
	PTR_ADDIU t1, 8 * LONGSIZE
	LONG_S	t3, 0 * LONGSIZE(t0)
	LONG_S	ta0, 1 * LONGSIZE(t0)
	LONG_S	ta1, 2 * LONGSIZE(t0)
	LONG_S	ta2, 3 * LONGSIZE(t0)
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
	 * In: every destination holds its content.
	 * Out: behind a command line there are arguments.
	 *
	 *	t8, t9, s8	as kexec_enter_trampoline() leaves them; t8 and t9 go on
	 *	t0		a word on its way
	 */
	b	.Lmore
.Lword:
	LONG_L	t0, (t8)
	PTR_ADDIU t8, LONGSIZE
	LONG_S	t0, (t9)
	PTR_ADDIU t9, LONGSIZE
.Lmore:
	bne	t9, s8, .Lword

	/*
	 * In: all of the image is in place, as data.
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
	 * 0, kernel mode, interrupts off, exceptions as after a reset; KX stays on, as the
	 * eret itself lies in XKPHYS.
	 *
	 * eret jumps without a register, and fetches anew.
	 */
	MTC0	s1, CP0_EPC
	li	t0, STATUS | ST0_EXL
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
