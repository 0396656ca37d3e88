/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and
 * back, if it is an image that returns.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  It
 * jumps to the copy of relocate_kernel in control memory by its physical
 * address: TTBR0 has tables that map all memory to itself.  Memory is moved with
 * translation and caches on.  Then both are turned off, and if the kernel was
 * started at EL2, the image is, too.
 *
 * The way back begins at .Lreturn, at the exception level of the image's entry,
 * and goes on in cpu_resume(), as after a sleep that the CPU lost its registers
 * in.  Translation and data cache are off throughout: accesses are aligned, and
 * nothing is cleared by "dc zva", which faults there.
 *
 * The exception level of the kernel is EL1; or, with VHE, EL2 with HCR_EL2.E2H
 * and TGE set, where the names of EL1's registers mean EL2's, of the same
 * layout (Arm ARM, "Virtualization Host Extensions").
 *
 * Both get, and keep until the moves are done:
 *
 *	x0	table, physical
 *	x1	entry, physical
 *	x2	trampoline, physical
 *	x3	bytes a line of the data caches, the least of all CPUs
 *	x4	whether to go to EL2 by a hypervisor call
 *	x5	where the kernel resumes, physical, at the exception level that the
 *		image starts at; 0 if there is no way back
 *
 * There is no stack.  The rules are those of the Arm Architecture Reference
 * Manual (DDI 0487) and of Documentation/arch/arm64/booting.rst.
 */
#include <linux/linkage.h>
#include <linux/kexec.h>

#include <asm/assembler.h>
#include <asm/kexec.h>
#include <asm/kvm_arm.h>
#include <asm/pgtable-hwdef.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include <asm/virt.h>

#define ALL_MASKED	(PSR_D_BIT | PSR_A_BIT | PSR_I_BIT | PSR_F_BIT)

/* What a kernel has of HCR_EL2 without VHE. */
#define HCR_NVHE	(HCR_HOST_NVHE_FLAGS | HCR_ATA)

	/*
	 * Off with what this kernel uses and an older one does not know: permissions
	 * that tables name by an index, and overlays of them (TCR2_ELx).  They would
	 * judge that one's tables.  And off with shadow stacks (GCS), which booting.rst
	 * wants; at EL0 they are as the last program had them.  Translation is off.
	 * @at_el2: at EL2, and for EL1 as well.  Changes x6.
	 */
	.macro	end_new_features at_el2=0
	mrs_s	x6, SYS_ID_AA64MMFR3_EL1
	ubfx	x6, x6, #ID_AA64MMFR3_EL1_TCRX_SHIFT, #ID_AA64MMFR3_EL1_TCRX_WIDTH
	cbz	x6, .Lno_tcr2\@
	msr_s	SYS_TCR2_EL1, xzr
	.if	\at_el2
	msr_s	SYS_TCR2_EL2, xzr
	.endif
.Lno_tcr2\@:
#ifdef CONFIG_ARM64_GCS
	mrs_s	x6, SYS_ID_AA64PFR1_EL1
	ubfx	x6, x6, #ID_AA64PFR1_EL1_GCS_SHIFT, #ID_AA64PFR1_EL1_GCS_WIDTH
	cbz	x6, .Lno_gcs\@
	msr_s	SYS_GCSCR_EL1, xzr
	.if	\at_el2
	msr_s	SYS_GCSCR_EL2, xzr
	.endif
	msr_s	SYS_GCSCRE0_EL1, xzr
.Lno_gcs\@:
#endif
	isb
	.endm

/*
 * kexec_trampoline_report has the physical address of the report page, if there is
 * one (relocate_kernel_report.S), else 0.  These change x6, a mark x7 to x17 and
 * x30, too.
 */
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/* Have exceptions reported, those of each of these exception levels. */
	.macro	use_report els:vararg
	ldr	x6, kexec_trampoline_report
	cbz	x6, .Luse_end\@
	.irp	el, \els
	msr	vbar_\el, x6
	.endr
.Luse_end\@:
	.endm

	/* Print @text, if marks are asked for. */
	.macro	mark text
	ldr	x6, kexec_trampoline_report
	cbz	x6, .Lmark_end\@
	add	x6, x6, #KEXEC_REPORT_MARK
	adr	x9, .Lmark_text\@
	blr	x6
	b	.Lmark_end\@
.Lmark_text\@:
	.asciz	"\text"
	.balign	4
.Lmark_end\@:
	.endm

	/* Take one, if a test asks for that.  Leaves x6 and x7 0. */
	.macro	fault_for_test
	ldr	x6, kexec_trampoline_report
	cbz	x6, .Lfault_end\@
	ldr	w7, [x6, #(KEXEC_REPORT_DATA + KEXEC_REPORT_FLAGS)]
	tst	w7, #KEXEC_CONSOLE_FAULT
	mov	x7, xzr
	mov	x6, xzr
	b.eq	.Lfault_end\@
	udf	#0
.Lfault_end\@:
	.endm
#else
	.macro	use_report els:vararg
	.endm
	.macro	mark text
	.endm
	.macro	fault_for_test
	.endm
#endif

	.text
/*
 * In: all of DAIF masked, the only CPU running, TTBR0 and T0SZ the image's.
 * Out: as it was.
 */
SYM_CODE_START(kexec_enter_trampoline)
	bti	c
	br	x2
SYM_CODE_END(kexec_enter_trampoline)
NOKPROBE(kexec_enter_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * nothing outside of it is referred to.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(relocate_kernel)
	/*
	 * In: at the trampoline's physical address, mapped by TTBR0.
	 * Out: TTBR1 is not walked any more, not even by speculation: the
	 * kernel's tables may be overwritten.  Nor do TLBs hold anything of
	 * it.  (TCR_EL1.EPD1; at EL2 with E2H, TCR_EL2 has the same bit.)
	 */
	mrs	x6, tcr_el1
	orr	x6, x6, #TCR_EPD1_MASK
	msr	tcr_el1, x6
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	mark	"[tables]"

	/*
	 * How much "dc zva" clears, in words of four bytes, as a power of two;
	 * bit 4 says that it is not to be used (Arm ARM, "DCZID_EL0").
	 *
	 *	x18	bytes it clears, 0 if it is not to be used
	 */
	mrs	x6, dczid_el0
	and	x7, x6, #15
	mov	x18, #4
	lsl	x18, x18, x7
	tst	x6, #(1 << 4)
	csel	x18, xzr, x18, ne

	/* For the way back, which reads it with caches off. */
	adr	x6, .Lstate
	stp	x0, x3, [x6]
	str	x5, [x6, #16]
	dc	civac, x6
	add	x6, x6, #16
	dc	civac, x6
	mark	"[moves]"
	bl	.Lfollow

	/*
	 * In: every destination holds its content, in memory.
	 * Out: translation and data cache are off at this exception level: the
	 * code goes on at the same address, and was cleaned when it was copied.
	 * Data keeps this kernel's byte order.
	 */
	mrs	x6, CurrentEL
	cmp	x6, #CurrentEL_EL2
	b.eq	.Lleave_el2_host
	mov_q	x6, INIT_SCTLR_EL1_MMU_OFF
	pre_disable_mmu_workaround
	msr	sctlr_el1, x6
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	cbnz	x4, .Lcall_el2

	/* The image is entered at EL1. */
	end_new_features
	mov	x6, #(ALL_MASKED | PSR_MODE_EL1h)
	msr	spsr_el1, x6
	msr	elr_el1, x1
	b	.Lstart

	/*
	 * VHE.  The image gets EL2 as firmware leaves it, or a kernel without
	 * VHE has it: E2H and TGE clear.  First translation off, while the
	 * tables' registers still have the layout that they were written in.
	 */
.Lleave_el2_host:
	mov_q	x6, INIT_SCTLR_EL2_MMU_OFF
	pre_disable_mmu_workaround
	msr	sctlr_el2, x6
	isb
	tlbi	vmalle1
	dsb	nsh
	isb
	b	.Lenter_el2

	/*
	 * nVHE.  The copied vectors jump to x1, at EL2, with x3 in x1; there
	 * translation has been off all the time.  x0, x2 and x4 are lost.
	 */
.Lcall_el2:
	mov	x3, x1
	adr	x1, .Lenter_el2
	mov	x0, #HVC_SOFT_RESTART
	hvc	#0

	/*
	 * In: at EL2, x1 the entry.
	 * Out: HCR_EL2 as the kernel itself has it without VHE: EL1 is 64-bit,
	 * nothing traps that booting.rst wants not to (API, APK, ATA).  SCTLR
	 * again, as some of its bits mean something else now; CPTR has another
	 * layout without E2H: its RES1 bits, and no traps but of SME.  On
	 * processors that have E2H always set, it stays so.  It is read there as
	 * what was written (ID_AA64MMFR4_EL1.E2H0 is negative then), or as set.
	 */
.Lenter_el2:
	mov_q	x6, HCR_NVHE
	msr	hcr_el2, x6
	isb
	mrs_s	x7, SYS_ID_AA64MMFR4_EL1
	sbfx	x7, x7, #ID_AA64MMFR4_EL1_E2H0_SHIFT, #ID_AA64MMFR4_EL1_E2H0_WIDTH
	tbnz	x7, #63, 1f
	mrs	x6, hcr_el2
	tst	x6, #HCR_E2H
	b.ne	1f
	mov_q	x6, INIT_SCTLR_EL2_MMU_OFF
	msr	sctlr_el2, x6
	mov	x6, #CPTR_NVHE_EL2_RES1
	msr	cptr_el2, x6
1:	end_new_features at_el2=1
	/* Guests, too: the next kernel numbers them from the start (VMIDs). */
	tlbi	alle1
	tlbi	alle2
	dsb	nsh
	use_report el2, el1
	mov	x6, #(ALL_MASKED | PSR_MODE_EL2h)
	msr	spsr_el2, x6
	msr	elr_el2, x1

	/*
	 * In: SPSR and ELR are set for the entry.
	 * Out: at the entry; all general registers 0, of which x0 to x3 would
	 * be the boot protocol's to use, but x30: it has the address to return
	 * to, or 0 if there is no way back.  Stack pointers 0.  An exception
	 * return, as this takes no register to jump by, leaves nothing in PSTATE
	 * but what SPSR says, and synchronises all of the above.
	 */
.Lstart:
	mark	"[jump]\r\n"
	adr	x30, .Lreturn
	cmp	x5, #0
	csel	x30, x30, xzr, ne
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	x\nr, xzr
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	mov	x\nr, xzr
	.endr
	mov	sp, x0
	msr	sp_el0, x0
	cbnz	x30, 1f				/* on the way back */
	fault_for_test
1:	eret
	dsb	nsh
	isb

	/*
	 * The image returns.
	 * In: at the exception level of the entry, translation and data cache
	 * off.  Nothing else is known: general and system registers, stacks,
	 * flags and masks are the image's.
	 * Out: data has this kernel's byte order.  No interrupt, no breakpoint, no
	 * step: MDSCR_EL1 asks for none, also where a mask does not hold.  At
	 * EL2, E2H and TGE are clear, as they were at the entry.
	 */
.Lreturn:
	msr	daifset, #0xf
	mrs	x6, CurrentEL
	cmp	x6, #CurrentEL_EL2
	b.eq	1f
	mov_q	x6, INIT_SCTLR_EL1_MMU_OFF
	msr	sctlr_el1, x6
	isb
	end_new_features
	use_report el1
	b	2f
1:	mov_q	x6, HCR_NVHE
	msr	hcr_el2, x6
	isb
	mov_q	x6, INIT_SCTLR_EL2_MMU_OFF
	msr	sctlr_el2, x6
	isb
	end_new_features at_el2=1
	use_report el2
2:	isb
	msr	mdscr_el1, xzr
	isb
	mark	"[return]"

	/* What was in the destinations goes there again, the image is kept. */
	adr	x6, .Lstate
	ldp	x0, x3, [x6]
	ldr	x5, [x6, #16]
	mark	"[moves]"
	bl	.Lfollow

	/*
	 * In: all of the kernel's memory is as it was.
	 * Out: in cpu_resume(), in the state that firmware wakes a CPU up in;
	 * no TLB has a translation of the image's.
	 */
	mrs	x6, CurrentEL
	cmp	x6, #CurrentEL_EL2
	b.eq	1f
	tlbi	vmalle1
	b	2f
1:	tlbi	alle1
	tlbi	alle2
2:	dsb	nsh
	isb
	mark	"[kernel]\r\n"
	fault_for_test
	br	x5

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 * If there is a way back they exchange the two memories.  That is its own
	 * inverse: to follow them again brings everything back to where it was.
	 *
	 *	x0	next entry of the table
	 *	x3	bytes a line of the data caches
	 *	x5	whether to exchange
	 *	x6, x7	destination and source
	 *	x8	end of the destination
	 *	x9	where the next byte goes
	 *	x10	where the next byte is exchanged with
	 *	x10-x17	what is copied
	 *	x18	bytes that "dc zva" clears, or 0; not used if x5 is set
	 *
	 * Out: memory has what was written, and no cache of data or instructions
	 * has what was there before.  x0, x6 to x17 are changed.
	 *
	 * The next time, the table is read with caches off: it is cleaned.  An
	 * entry lies in two lines at most, its first word's and its last word's,
	 * as the smallest line has 16 bytes.
	 */
.Lfollow:
.Lnext:
	dc	civac, x0
	ldp	x6, x7, [x0], #16
	dc	civac, x0
	ldr	x8, [x0], #(KEXEC_MOVE_WORDS * 8 - 16)
	cbz	x8, .Lend_of_page
SYM_INNER_LABEL(kexec_moves_begin, SYM_L_GLOBAL)
	add	x8, x8, x6
	mov	x9, x6
	cmp	x6, x7
	b.eq	.Lclean				/* in place */
	cbnz	x5, .Lexchange
	cmp	x7, #KEXEC_SRC_ZERO
	b.eq	.Lzero
.Lcopy:
	ldp	x10, x11, [x7]
	ldp	x12, x13, [x7, #16]
	ldp	x14, x15, [x7, #32]
	ldp	x16, x17, [x7, #48]
	add	x7, x7, #64
	stp	x10, x11, [x9]
	stp	x12, x13, [x9, #16]
	stp	x14, x15, [x9, #32]
	stp	x16, x17, [x9, #48]
	add	x9, x9, #64
	cmp	x9, x8
	b.lo	.Lcopy
	b	.Lclean
.Lzero:
	cbz	x18, .Lzero_words
	dc	zva, x9
	add	x9, x9, x18
	cmp	x9, x8
	b.lo	.Lzero
	b	.Lclean
.Lzero_words:
	stp	xzr, xzr, [x9], #16
	cmp	x9, x8
	b.lo	.Lzero_words
	b	.Lclean

	/*
	 * On the way back both are read and written behind the caches, in which
	 * there may be lines of either: of the image's, if it had them on, or by
	 * speculation.  Before that, such a line may have to be written; after
	 * it, it has what was there before.  Nothing but a barrier orders an
	 * access that goes behind the caches and an operation on a line (Arm
	 * ARM, "Ordering and completion of data and instruction cache
	 * instructions").
	 */
.Lexchange:
	mov	x10, x7
1:	dc	civac, x9
	dc	civac, x10
	add	x9, x9, x3
	add	x10, x10, x3
	cmp	x9, x8
	b.lo	1b
	dsb	sy
	mov	x9, x6
	mov	x10, x7
1:	ldp	x11, x12, [x9]
	ldp	x13, x14, [x9, #16]
	ldp	x15, x16, [x10]
	stp	x11, x12, [x10], #16
	ldp	x11, x12, [x10]
	stp	x13, x14, [x10], #16
	stp	x15, x16, [x9], #16
	stp	x11, x12, [x9], #16
	cmp	x9, x8
	b.lo	1b
	dsb	sy
1:	dc	civac, x7
	add	x7, x7, x3
	cmp	x7, x10
	b.lo	1b

	/*
	 * The image starts with caches off, and reads what memory has: clean
	 * all of a destination to the point of coherency, what lies in place
	 * too (booting.rst, "Caches, MMUs").  By address: operations by set
	 * and way reach neither system caches nor the lines of other CPUs.
	 * Invalidated as well: no clean line is left to hide what the image
	 * then writes behind the caches.
	 */
.Lclean:
	dc	civac, x6
	add	x6, x6, x3
	cmp	x6, x8
	b.lo	.Lclean
	b	.Lnext

SYM_INNER_LABEL(kexec_moves_end, SYM_L_GLOBAL)
.Lend_of_page:
	mov	x0, x7
	cbnz	x0, .Lnext
	dsb	sy
	ic	ialluis
	dsb	ish
	isb
	ret

	/* What the way back needs: x0, x3 and x5 of above. */
	.balign	16
.Lstate:
	.quad	0, 0, 0
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
SYM_INNER_LABEL(kexec_trampoline_report, SYM_L_GLOBAL)
	.quad	0
#endif

	/* Fails to assemble if the above is larger. */
	.org	relocate_kernel + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(relocate_kernel)
