/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and back.
 *
 * kexec_enter_trampoline() is kernel text, in P1.  The trampoline runs in the control
 * page: moves are followed in P1, through the caches, all else is done in P2, past them.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/addrspace.h>
#include <asm/cache.h>
#include <asm/kexec.h>
#include <cpu/mmu_context.h>

/* Privileged, bank 0, exceptions blocked, all interrupts masked. */
#define SR_QUIET	0x500000f0

/* What an address in P2 has more than the same in P1. */
#define UNCACHED	(P2SEG - P1SEG)

	.section .kprobes.text, "ax"
/*
 * In: interrupts off, the only CPU running, and
 *
 *	r4	table, physical
 *	r5	entry, in P1
 *	r6	the image's r4
 *	r7	not 0 if the image returns
 *	@r15	control page, in P1
 *
 * Out: at the control page, in P2; exceptions reset the machine; on the stack, what a
 * function keeps;
 *
 *	r4 - r7	as above
 *	r10	struct kexec_facts, in P2
 *	r12	the kernel's SR
 *	r13	the kernel's MMUCR
 */
SYM_CODE_START(kexec_enter_trampoline)
	mov.l	@r15, r0
	sts.l	pr, @-r15
	mov.l	r8, @-r15
	mov.l	r9, @-r15
	mov.l	r10, @-r15
	mov.l	r11, @-r15
	mov.l	r12, @-r15
	mov.l	r13, @-r15
	mov.l	r14, @-r15
	stc	sr, r12
	mov.l	.Lkernel_mmucr, r13
	mov.l	@r13, r13
	mov.l	.Lkernel_sr, r1
	ldc	r1, sr
	mov.l	.Lkernel_uncached, r1
	or	r1, r0
	mov.l	.Lkernel_facts, r10
	jmp	@r0
	 add	r0, r10

	.balign	4
.Lkernel_mmucr:
	.long	MMUCR
.Lkernel_sr:
	.long	SR_QUIET
.Lkernel_uncached:
	.long	UNCACHED
.Lkernel_facts:
	.long	KEXEC_FACTS
SYM_CODE_END(kexec_enter_trampoline)

/*
 * In: the image has returned, all is back where it was; r15, SR and the rest of what the
 * trampoline keeps are the kernel's.
 * Out: where kexec_enter_trampoline() was called.
 */
SYM_CODE_START_LOCAL(kexec_leave_trampoline)
	mov.l	@r15+, r14
	mov.l	@r15+, r13
	mov.l	@r15+, r12
	mov.l	@r15+, r11
	mov.l	@r15+, r10
	mov.l	@r15+, r9
	mov.l	@r15+, r8
	lds.l	@r15+, pr
	rts
	 nop
SYM_CODE_END(kexec_leave_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies.  Addresses of
 * its own are worked out from the pc.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(kexec_trampoline)
	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: nothing is in the caches and in the TLB, and the MMU is off; facts and
	 * the kernel's state are in the control page.
	 *
	 * The operand cache is indexed by virtual addresses, and may have lines of a
	 * program's for memory that is a destination, which would be written back some
	 * time.  It may also have some of this page.
	 */
	bsr	.Lempty
	 nop
	mov.l	r4, @(KEXEC_FACTS_TABLE, r10)
	mov.l	r5, @(KEXEC_FACTS_ENTRY, r10)
	mov.l	r6, @(KEXEC_FACTS_FDT, r10)
	mov.l	r7, @(KEXEC_FACTS_RETURNS, r10)
	mov	r10, r0
	add	#KEXEC_FACTS_STATE_END, r0
	mov.l	r12, @-r0
	stc.l	vbr, @-r0
	stc.l	gbr, @-r0
	stc.l	r0_bank, @-r0
	stc.l	r1_bank, @-r0
	stc.l	r2_bank, @-r0
	stc.l	r3_bank, @-r0
	stc.l	r4_bank, @-r0
	stc.l	r5_bank, @-r0
	stc.l	r6_bank, @-r0
	stc.l	r7_bank, @-r0
	mov.l	.Lccr, r1
	mov.l	@r1, r1
	mov.l	r1, @-r0
	mov.l	.Lpteh, r1
	mov.l	@r1, r1
	mov.l	r1, @-r0
	mov.l	.Lttb, r1
	mov.l	@r1, r1
	mov.l	r1, @-r0
	mov.l	r13, @-r0
	mov.l	r15, @-r0

	/* In P1. */
	mova	.Lmoves, r0
	mov.l	.Lcached, r1
	and	r1, r0
	jsr	@r0
	 nop
	/*
	 * In: every destination holds its content, as data.
	 * Out: also in memory, for who looks past the caches, and no line of code is older.
	 */
	bsr	.Lempty
	 nop

	/*
	 * In: r10 as above.
	 * Out: at the entry point, in P1, SR as the kernel's zImage sets it; r4 as the
	 * image wants it, pr the way back in P1, or 0, all other general registers 0, of
	 * both banks; an exception resets the machine, with vectors at 0 after that.
	 *
	 * rte jumps without a register.
	 */
	mov.l	@(KEXEC_FACTS_ENTRY, r10), r0
	ldc	r0, spc
	mov.l	.Lsr, r0
	ldc	r0, ssr
	mov	#0, r1
	mov.l	@(KEXEC_FACTS_RETURNS, r10), r0
	tst	r0, r0
	bt/s	1f
	 lds	r1, pr
	mova	.Lreturn, r0
	mov.l	.Lcached, r2
	and	r2, r0
	lds	r0, pr
1:	mov.l	@(KEXEC_FACTS_FDT, r10), r4
	ldc	r1, vbr
	ldc	r1, gbr
	ldc	r1, r0_bank
	ldc	r1, r1_bank
	ldc	r1, r2_bank
	ldc	r1, r3_bank
	ldc	r1, r4_bank
	ldc	r1, r5_bank
	ldc	r1, r6_bank
	ldc	r1, r7_bank
	lds	r1, mach
	lds	r1, macl
	mov	r1, r0
	mov	r1, r2
	mov	r1, r3
	mov	r1, r5
	mov	r1, r6
	mov	r1, r7
	mov	r1, r8
	mov	r1, r9
	mov	r1, r10
	mov	r1, r11
	mov	r1, r12
	mov	r1, r13
	mov	r1, r14
	mov	r1, r15
	rte
	 nop

	/*
	 * In: the image returns, in P1 or P2, privileged; nothing else is known.
	 * Out: in P2, exceptions blocked, bank 0.
	 */
	.balign	4
.Lreturn:
	mov.l	.Lsr, r0
	ldc	r0, sr
	mova	.Lback, r0
	mov.l	.Luncached, r1
	or	r1, r0
	jmp	@r0
	 nop

	/*
	 * Out: memory is what it was before the image was started, and nothing is in the
	 * caches.  What the image has in them is its own, or what it leaves.
	 */
	.balign	4
.Lback:
	mova	.Lmoves, r0
	mov.l	.Lto_facts, r10
	add	r0, r10
	bsr	.Lempty
	 nop
	mova	.Lmoves, r0
	mov.l	.Lcached, r1
	and	r1, r0
	jsr	@r0
	 nop
	bsr	.Lempty
	 nop

	/*
	 * Out: at kexec_leave_trampoline(); r15, SR, VBR, GBR, the other bank's registers,
	 * the MMU and the caches are the kernel's.  Between what is written to CCR and
	 * MMUCR and a jump to P1, there have to be eight instructions.
	 */
	mov	r10, r0
	add	#KEXEC_FACTS_STATE, r0
	mov.l	@r0+, r15
	mov.l	@r0+, r2
	mov.l	.Lttb, r1
	mov.l	@r0+, r3
	mov.l	r3, @r1
	mov.l	.Lpteh, r1
	mov.l	@r0+, r3
	mov.l	r3, @r1
	mov.l	.Lccr, r1
	mov.l	@r0+, r3
	mov.l	r3, @r1
	mov.l	.Lmmucr, r1
	mov.l	r2, @r1
	ldc.l	@r0+, r7_bank
	ldc.l	@r0+, r6_bank
	ldc.l	@r0+, r5_bank
	ldc.l	@r0+, r4_bank
	ldc.l	@r0+, r3_bank
	ldc.l	@r0+, r2_bank
	ldc.l	@r0+, r1_bank
	ldc.l	@r0+, r0_bank
	ldc.l	@r0+, gbr
	ldc.l	@r0+, vbr
	ldc.l	@r0+, ssr
	mov.l	.Lresume, r1
	ldc	r1, spc
	rte
	 nop

	/*
	 * In: r10 struct kexec_facts, in P2, as this is.
	 * Out: the operand cache is written back and empty, that of instructions is empty;
	 * the MMU is off, and the TLB empty.  Changes r0 to r3.
	 *
	 * Writing 0 to an entry of the address array writes its line back.
	 */
.Lempty:
	mov.l	.Loc_array, r1
	mov.l	@(KEXEC_FACTS_OC_END, r10), r2
	mov.l	@(KEXEC_FACTS_OC_LINE, r10), r3
	mov	#0, r0
1:	mov.l	r0, @r1
	add	r3, r1
	cmp/eq	r2, r1
	bf	1b
	mov.l	.Lccr, r1
	mov.l	.Lici, r0
	mov.l	@r1, r2
	or	r0, r2
	mov.l	r2, @r1
	mov.l	.Lmmucr, r1
	mov	#MMUCR_TI, r0
	mov.l	r0, @r1
	.rept	8
	nop
	.endr
	rts
	 nop

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.  Lengths
	 * are whole pages.
	 *
	 *	r8		next entry of the table, in P1
	 *	r10		struct kexec_facts, in P2
	 *	r11		KEXEC_SRC_ZERO
	 *	r12		what an address in P1 has more than the physical one
	 *	r1, r2		destination, source
	 *	r3		end of the destination
	 *	r0, r4 - r7, r9, r13, r14	32 bytes on their way
	 *
	 * movca.l does not read a line that is going to be written as a whole.
	 */
	.balign	4
.Lmoves:
	mov.l	.Lp1, r12
	mov	#KEXEC_SRC_ZERO, r11
	mov.l	@(KEXEC_FACTS_TABLE, r10), r8
	bra	.Lpage
	 nop
.Lnext:
	mov.l	@r8+, r1
	mov.l	@r8+, r2
	mov.l	@r8+, r3
	tst	r3, r3
	bt	.Lend_of_page
	cmp/eq	r1, r2			/* in place */
	bt	.Lnext
	add	r12, r1
	cmp/eq	r11, r2
	bt/s	.Lclear
	 add	r1, r3
	add	r12, r2
	mov.l	@(KEXEC_FACTS_RETURNS, r10), r0
	tst	r0, r0
	bf	.Lexchange
.Lcopy:
	mov.l	@r2+, r0
	mov.l	@r2+, r4
	mov.l	@r2+, r5
	mov.l	@r2+, r6
	mov.l	@r2+, r7
	mov.l	@r2+, r9
	mov.l	@r2+, r13
	mov.l	@r2+, r14
	movca.l	r0, @r1
	mov.l	r4, @(4, r1)
	mov.l	r5, @(8, r1)
	mov.l	r6, @(12, r1)
	mov.l	r7, @(16, r1)
	mov.l	r9, @(20, r1)
	mov.l	r13, @(24, r1)
	mov.l	r14, @(28, r1)
	add	#32, r1
	cmp/eq	r3, r1
	bf	.Lcopy
	bra	.Lnext
	 nop
.Lexchange:
	mov.l	@r1, r0
	mov.l	@(4, r1), r4
	mov.l	@(8, r1), r5
	mov.l	@(12, r1), r6
	mov.l	@r2, r7
	mov.l	@(4, r2), r9
	mov.l	@(8, r2), r13
	mov.l	@(12, r2), r14
	mov.l	r7, @r1
	mov.l	r9, @(4, r1)
	mov.l	r13, @(8, r1)
	mov.l	r14, @(12, r1)
	mov.l	r0, @r2
	mov.l	r4, @(4, r2)
	mov.l	r5, @(8, r2)
	mov.l	r6, @(12, r2)
	add	#16, r1
	cmp/eq	r3, r1
	bf/s	.Lexchange
	 add	#16, r2
	bra	.Lnext
	 nop
.Lclear:
	mov	#0, r0
2:	movca.l	r0, @r1
	mov.l	r0, @(4, r1)
	mov.l	r0, @(8, r1)
	mov.l	r0, @(12, r1)
	mov.l	r0, @(16, r1)
	mov.l	r0, @(20, r1)
	mov.l	r0, @(24, r1)
	mov.l	r0, @(28, r1)
	add	#32, r1
	cmp/eq	r3, r1
	bf	2b
	bra	.Lnext
	 nop
.Lend_of_page:
	mov	r2, r8
.Lpage:
	tst	r8, r8
	bf/s	.Lnext
	 add	r12, r8
	rts
	 nop

	.balign	4
.Lsr:
	.long	SR_QUIET
.Lcached:
	.long	~UNCACHED
.Luncached:
	.long	UNCACHED
.Lto_facts:
	.long	KEXEC_FACTS - (.Lmoves - kexec_trampoline)
.Lp1:
	.long	P1SEG
.Loc_array:
	.long	CACHE_OC_ADDRESS_ARRAY
.Lccr:
	.long	SH_CCR
.Lici:
	.long	CCR_CACHE_ICI
.Lmmucr:
	.long	MMUCR
.Lpteh:
	.long	MMU_PTEH
.Lttb:
	.long	MMU_TTB
.Lresume:
	.long	kexec_leave_trampoline

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(kexec_trampoline)
