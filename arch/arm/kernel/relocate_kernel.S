/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and
 * back, if it is an image that returns.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  By way
 * of kexec_ident(), which the kernel has a map to itself of, it gets to the copy
 * of relocate_kernel in control memory, on tables that map all memory to itself.
 * Memory is moved with translation and caches on.  Then both are turned off, and
 * if the kernel was started in Hyp mode, the image is, too.
 *
 * The way back begins at .Lreturn, in the mode of the image's entry, and goes on
 * in cpu_resume_arm(), as after a sleep that the CPU lost its registers in.
 * Translation and data cache are off throughout.
 *
 * There is no stack.  The rules are those of the Arm Architecture Reference
 * Manual for ARMv7 (DDI 0406) and of Documentation/arch/arm/booting.rst.  All is
 * ARM code, also where the kernel is Thumb.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/assembler.h>
#include <asm/cp15.h>
#include <asm/kexec.h>
#include <asm/ptrace.h>
#include <asm/virt.h>

	.arch	armv7-a
	.arch_extension virt
	.arm

/* Offsets from .Lstate */
#define STATE_TABLE	0
#define STATE_ENTRY	4
#define STATE_RESUME	8
#define STATE_MACHINE	12
#define STATE_TAGS	16
#define STATE_HYP	20

/* TTBCR, with LPAE: sizes of the halves, whose tables TTBR0 is, walks off */
#define TTBCR_HALVES	((7 << 16) | (1 << 23) | (1 << 22) | (1 << 7) | 7)

/* Translation and the data cache */
#define SCTLR_DATA	(CR_M | CR_C)

/* Translation, alignment checks, caches, and how both read tables; Thumb. */
#define SCTLR_CLEAR	(CR_M | CR_A | CR_C | CR_Z | CR_I | CR_TRE | CR_AFE | \
			 CR_TE)

/*
 * In: \phys, tables' top; \tmp is changed.
 * Out: they are in use, and no TLB has anything of others.  Without LPAE the low
 * bits of TTBR0 say how tables are cached, and stay.
 */
.macro	switch_tables phys, tmp
#ifdef CONFIG_ARM_LPAE
	mov	\tmp, #0
	mcrr	p15, 0, \phys, \tmp, c2
#else
	mrc	p15, 0, \tmp, c2, c0, 0
	ubfx	\tmp, \tmp, #0, #14
	orr	\tmp, \tmp, \phys
	mcr	p15, 0, \tmp, c2, c0, 0
#endif
	isb
	mcr	p15, 0, \tmp, c8, c7, 0		@ TLBIALL
	mcr	p15, 0, \tmp, c7, c5, 6		@ BPIALL
	dsb
	isb
.endm

/* Translation and caches off, by \tmp and \mask. */
.macro	all_off tmp, mask
	ldr	\mask, .Lsctlr_clear
	mrc	p15, 0, \tmp, c1, c0, 0
	bic	\tmp, \tmp, \mask
	mcr	p15, 0, \tmp, c1, c0, 0
	isb
	mcr	p15, 0, \tmp, c8, c7, 0		@ TLBIALL
	mcr	p15, 0, \tmp, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, \tmp, c7, c5, 6		@ BPIALL
	dsb
	isb
.endm

	.text
	.align	2
/*
 * In: r0, a struct kexec_way; interrupts off, the only CPU running.
 * Out: kexec_ident(), at its physical address, with all that in r0 to r9; domains
 * let everything through that tables do.
 */
	.globl	kexec_enter_trampoline
	.type	kexec_enter_trampoline, %function
kexec_enter_trampoline:
	cpsid	aif
	ldmia	r0, {r0 - r9}
	ldr	r10, =0x55555555
	mcr	p15, 0, r10, c3, c0, 0		@ DACR
	switch_tables r4, r10
	bx	r5
	.ltorg
	.size	kexec_enter_trampoline, . - kexec_enter_trampoline
_ASM_NOKPROBE(kexec_enter_trampoline)

	.pushsection .idmap.text, "ax"
	.align	2
/*
 * In: on tables that map this to itself, the kernel's.
 * Out: the trampoline, on the image's tables; TTBR1 is not walked.
 */
	.globl	kexec_ident
	.type	kexec_ident, %function
kexec_ident:
	switch_tables r3, r10
#ifdef CONFIG_ARM_LPAE
	ldr	r11, =TTBCR_HALVES
	mrc	p15, 0, r10, c2, c0, 2
	bic	r10, r10, r11
	mcr	p15, 0, r10, c2, c0, 2
	isb
	mcr	p15, 0, r10, c8, c7, 0
	dsb
	isb
#endif
	bx	r2
	.ltorg
	.size	kexec_ident, . - kexec_ident
	.popsection

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * nothing outside of it is referred to.
 */
	.section .rodata, "a"
	.balign	32
	.globl	relocate_kernel
	.type	relocate_kernel, %object
relocate_kernel:
	/*
	 * In: at the trampoline's physical address; r0 table, r1 entry, r6 where
	 * to resume, r7 and r8 the image's r1 and r2, r9 whether it starts in
	 * Hyp mode.
	 * Out: all of that is in memory, where it is read with caches off.
	 */
	adr	ip, .Lstate
	stmia	ip, {r0, r1, r6 - r9}
	mcr	p15, 0, ip, c7, c14, 1		@ DCCIMVAC
	add	ip, ip, #STATE_TAGS
	mcr	p15, 0, ip, c7, c14, 1
	dsb

	/*
	 * Hyp mode gets vectors that are not overwritten.  The kernel's jump to
	 * r1, without translation.
	 */
	cmp	r9, #0
	beq	1f
	mov	r0, #HVC_SOFT_RESTART
	adr	r1, .Lset_hyp
	hvc	#0
1:
	adr	ip, .Lstate
	ldr	r0, [ip, #STATE_TABLE]
	ldr	r4, [ip, #STATE_RESUME]
	bl	.Lfollow

	/*
	 * In: every destination holds its content, in memory; r9 as above.
	 * Out: at .Lstart, translation and caches off, in SVC or in Hyp mode.
	 * What speculation has read since destinations were invalidated is
	 * gone, and so is what caches had of other memory, where a kernel
	 * unpacks itself, say: it takes for granted that they have nothing.
	 */
	mrc	p15, 0, r10, c1, c0, 0
	bic	r10, r10, #SCTLR_DATA
	mcr	p15, 0, r10, c1, c0, 0
	isb
	bl	.Lflush
	all_off	r10, r11
	mov	sp, #0
	mov	lr, #0
	cmp	r9, #0
	beq	1f
	hvc	#0
1:	cpsid	aif, #SVC_MODE

	/*
	 * Out: at the entry; r0 0, r1 the machine, r2 the device tree, as the
	 * boot protocol has them, lr the address to return to, or 0 if there is
	 * no way back, all other general registers 0.
	 */
.Lstart:
	adr	ip, .Lstate
	ldr	r1, [ip, #STATE_MACHINE]
	ldr	r2, [ip, #STATE_TAGS]
	ldr	r3, [ip, #STATE_RESUME]
	cmp	r3, #0
	adrne	lr, .Lreturn
	moveq	lr, #0
	mov	sp, #0
	.irp	nr, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	mov	r\nr, #0
	.endr
	msr	cpsr_f, #0
	ldr	pc, .Lstate + STATE_ENTRY

	/*
	 * In: Hyp mode, called from the kernel's vectors; the caller's state is
	 * in ELR and SPSR.
	 * Out: back there.  Exceptions are taken by the vectors below, in ARM
	 * state.
	 */
.Lset_hyp:
	adr	ip, .Lhyp_vectors
	mcr	p15, 4, ip, c12, c0, 0		@ HVBAR
	mov	ip, #0
	mcr	p15, 4, ip, c1, c0, 0		@ HSCTLR
	eret

	/*
	 * The image returns.
	 * In: in the mode of the entry, translation and data cache off.  Nothing
	 * else is known.
	 * Out: in cpu_resume_arm(), all of the kernel's memory as it was.
	 */
.Lreturn:
	setend	le
	cpsid	aif
	mrs	r9, cpsr
	and	r9, r9, #MODE_MASK
	cmp	r9, #HYP_MODE
	bne	1f
	mov	ip, #0
	mcr	p15, 4, ip, c1, c1, 0		@ HCR
	mcr	p15, 4, ip, c1, c0, 0		@ HSCTLR
	isb
1:	all_off	r10, r11
	adr	ip, .Lstate
	ldr	r0, [ip, #STATE_TABLE]
	ldr	r4, [ip, #STATE_RESUME]
	bl	.Lfollow
	bx	r4

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 * If there is a way back (r4) they exchange the two memories.  That is
	 * its own inverse: to follow them again brings everything back to where
	 * it was.
	 *
	 *	r0	next entry of the table
	 *	r1, r2	destination and source
	 *	r3	bytes a line of the data caches, the least of this CPU's
	 *	r4	whether to exchange
	 *	r5	end of the destination
	 *	r6-r8	what is copied
	 *	r10	what is copied; where the next byte is exchanged with
	 *	r12	where the next byte goes
	 *
	 * Out: memory has what was written, and no cache of data or instructions
	 * has what was there before.  r4 and r9 are kept, the others changed.
	 */
.Lfollow:
	mrc	p15, 0, r3, c0, c0, 1		@ CTR
	ubfx	r3, r3, #16, #4
	mov	r5, #4
	lsl	r3, r5, r3
.Lnext:
	/* The way back reads the table with caches off. */
	mcr	p15, 0, r0, c7, c14, 1
	ldmia	r0!, {r1, r2}
	mcr	p15, 0, r0, c7, c14, 1
	ldr	r5, [r0], #(KEXEC_MOVE_WORDS * 4 - 8)
	cmp	r5, #0
	beq	.Lend_of_page
	add	r5, r5, r1
	cmp	r1, r2
	beq	.Lclean				@ in place
	mov	ip, r1
	cmp	r4, #0
	bne	.Lexchange
	cmp	r2, #KEXEC_SRC_ZERO
	beq	.Lzero
.Lcopy:
	.rept	4
	ldmia	r2!, {r6 - r8, r10}
	stmia	ip!, {r6 - r8, r10}
	.endr
	cmp	ip, r5
	blo	.Lcopy
	b	.Lclean
.Lzero:
	mov	r6, #0
	mov	r7, #0
	mov	r8, #0
	mov	r10, #0
1:	.rept	4
	stmia	ip!, {r6 - r8, r10}
	.endr
	cmp	ip, r5
	blo	1b
	b	.Lclean

	/*
	 * On the way back both are read and written behind the caches, in which
	 * there may be lines of either.  Before that, such a line may have to be
	 * written; after it, it has what was there before.
	 */
.Lexchange:
	mov	r10, r2
1:	mcr	p15, 0, ip, c7, c14, 1
	mcr	p15, 0, r10, c7, c14, 1
	add	ip, ip, r3
	add	r10, r10, r3
	cmp	ip, r5
	blo	1b
	dsb
	mov	ip, r1
	mov	r10, r2
1:	ldmia	ip, {r6, r7}
	ldr	r8, [r10]
	str	r8, [ip], #4
	ldr	r8, [r10, #4]
	str	r8, [ip], #4
	stmia	r10!, {r6, r7}
	cmp	ip, r5
	blo	1b
	dsb
1:	mcr	p15, 0, r2, c7, c14, 1
	add	r2, r2, r3
	cmp	r2, r10
	blo	1b

	/*
	 * The image starts with caches off, and reads what memory has: clean all
	 * of a destination to the point of coherency, what lies in place too.
	 * By address, which reaches the lines of other CPUs.  Invalidated as
	 * well: no clean line is left to hide what the image then writes behind
	 * the caches.
	 */
.Lclean:
	mcr	p15, 0, r1, c7, c14, 1
	add	r1, r1, r3
	cmp	r1, r5
	blo	.Lclean
	b	.Lnext

.Lend_of_page:
	movs	r0, r2
	bne	.Lnext
	dsb
	mcr	p15, 0, r0, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r0, c7, c5, 6		@ BPIALL
	dsb
	isb
	bx	lr

	/*
	 * In: the data cache is off, so that caches get nothing new.
	 * Out: this CPU's are empty, to the point of coherency: by set and way,
	 * as it is not known what they have.  r4 and r9 are kept, the others
	 * changed.
	 *
	 *	r0	CLIDR
	 *	r1, r2	levels, and which one this is
	 *	r3	CCSIDR
	 *	r5, r6	where numbers of sets and ways stand in an operand
	 *	r7, r8	the last way; the set
	 *	r10	the way
	 *	r12	the operand
	 */
.Lflush:
	mrc	p15, 1, r0, c0, c0, 1
	ubfx	r1, r0, #24, #3
	mov	r2, #0
.Llevel:
	cmp	r2, r1
	bhs	.Lend_of_levels
	add	r3, r2, r2, lsl #1
	lsr	r3, r0, r3
	and	r3, r3, #7
	cmp	r3, #2				@ 2 and above: it has data
	blo	.Lnext_level
	lsl	r3, r2, #1
	mcr	p15, 2, r3, c0, c0, 0		@ CSSELR
	isb
	mrc	p15, 1, r3, c0, c0, 0		@ CCSIDR
	and	r5, r3, #7
	add	r5, r5, #4
	ubfx	r7, r3, #3, #10
	clz	r6, r7				@ 32, a shift to nothing, of one way
	ubfx	r8, r3, #13, #15
.Lset:	mov	r10, r7
1:	lsl	ip, r10, r6
	orr	ip, ip, r8, lsl r5
	orr	ip, ip, r2, lsl #1
	mcr	p15, 0, ip, c7, c14, 2		@ DCCISW
	subs	r10, r10, #1
	bhs	1b
	subs	r8, r8, #1
	bhs	.Lset
.Lnext_level:
	dsb					@ Cortex-A7, 814220: L2 may overtake L1
	add	r2, r2, #1
	b	.Llevel
.Lend_of_levels:
	dsb
	isb
	bx	lr

	.align	2
.Lsctlr_clear:
	.word	SCTLR_CLEAR

	/* HVC from SVC is the sixth. */
	.balign	32
.Lhyp_vectors:
	.rept	5
	b	.
	.endr
	b	.Lstart
	b	.
	b	.

	/* STATE_* */
	.balign	32
.Lstate:
	.word	0, 0, 0, 0, 0, 0

	/* Fails to assemble if the above is larger. */
	.org	relocate_kernel + KEXEC_CONTROL_CODE_MAX_SIZE
	.size	relocate_kernel, . - relocate_kernel
