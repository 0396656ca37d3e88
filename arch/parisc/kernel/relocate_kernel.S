/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * kexec_enter_trampoline() is kernel text, the last code that runs translated.  The
 * trampoline runs in the control page, in real mode: addresses are physical, memory is
 * cached, and nobody looks into a TLB.
 *
 * References: PA-RISC 1.1 Architecture and Instruction Set Reference Manual, third edition:
 * chapter 4 for interruptions; chapter 5 for rfi, which wants PSW.Q to have been 0 for
 * eight instructions; for fdce, fice, pdtlbe and pitlbe, and for sync, which
 * seven instructions have to follow.  PA-RISC 1.1 I/O Firmware Architecture Reference
 * Specification: PDC_CACHE for the loops that flush and purge.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/asm-offsets.h>
#include <asm/assembly.h>
#include <asm/kexec.h>
#include <asm/psw.h>

	.level	PA_ASM_LEVEL

	/*
	 * Go on at an address in real mode, interrupts off.  In: PSW.I is 0.  Changes
	 * %r1; no register is needed for what comes after the macro.
	 */
	.macro	load_queue address
	rsm	PSW_SM_QUIET, %r0
	mtctl	%r0, %cr17		/* space, of the two next instructions */
	mtctl	%r0, %cr17
	mtctl	\address, %cr18
	ldo	4(\address), %r1
	mtctl	%r1, %cr18
	ldi	REAL_MODE_PSW, %r1
	mtctl	%r1, %ipsw
	.endm

	.section .kprobes.text, "ax"
	/* Within a page. */
	.align	128
/*
 * In: interrupts off, the only CPU running, and
 *
 *	arg0	table, physical
 *	arg1	entry, physical
 *	arg2	control page, physical
 *
 * Out: at the control page, in real mode; arg0 to arg2 as above.
 */
ENTRY_CFI(kexec_enter_trampoline)
	pcxt_ssm_bug
	load_queue %arg2
	nop
	rfi
	nop
ENDPROC_CFI(kexec_enter_trampoline)

	/*
	 * Purge all entries of a TLB, or flush all lines of a cache: \op for each address,
	 * \loop times.  In: r3, struct pdc_cache_info; r9, the first address; r10, the step
	 * to the next one; r11, how many; r12, how often each; the space in sr1.
	 */
	.macro	walk op
.Laddress\@:
	cmpb,>=	%r0, %r11, .Ldone\@
	copy	%r12, %r13
.Lagain\@:
	cmpb,>=	%r0, %r13, .Lstep\@
	nop
	\op	%r0(%sr1, %r9)
	b	.Lagain\@
	ldo	-1(%r13), %r13
.Lstep\@:
	addl	%r10, %r9, %r9
	b	.Laddress\@
	ldo	-1(%r11), %r11
.Ldone\@:
	.endm

	.macro	flush_cache op, base, stride, count, loop
	ldw	\base(%r3), %r9
	ldw	\stride(%r3), %r10
	ldw	\count(%r3), %r11
	ldw	\loop(%r3), %r12
	walk	\op
	.endm

	.macro	purge_tlb op, sid_base, sid_stride, sid_count, base, stride, count, loop
	ldw	\sid_base(%r3), %r6
	ldw	\sid_stride(%r3), %r7
	ldw	\sid_count(%r3), %r8
.Lspace\@:
	cmpb,>=	%r0, %r8, .Lspaces_done\@
	nop
	mtsp	%r6, %sr1
	flush_cache \op, \base, \stride, \count, \loop
	addl	%r7, %r6, %r6
	b	.Lspace\@
	ldo	-1(%r8), %r8
.Lspaces_done\@:
	.endm

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies.
 */
	.section .rodata, "a"
	.align	16
	.export	kexec_trampoline
kexec_trampoline:
	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: an exception ends in a loop, as the kernel's vectors may be overwritten; no
	 * interrupt is enabled; the TLBs are empty, whose entries the image's kernel would
	 * take for its own; nothing is in the caches;
	 *
	 *	arg0	table, physical
	 *	r3	struct pdc_cache_info
	 *	r4	entry, physical
	 *
	 * The data cache may have lines of a program's, by other indexes, for memory that
	 * is a destination, which would be written back some time.
	 */
	ldo	KEXEC_CACHES(%arg2), %r3
	copy	%arg1, %r4
	ldo	KEXEC_VECTORS(%arg2), %r1
	mtctl	%r1, %cr14
	mtctl	%r0, %cr15
	purge_tlb pitlbe, ITLB_SID_BASE, ITLB_SID_STRIDE, ITLB_SID_COUNT, \
		ITLB_OFF_BASE, ITLB_OFF_STRIDE, ITLB_OFF_COUNT, ITLB_LOOP
	purge_tlb pdtlbe, DTLB_SID_BASE, DTLB_SID_STRIDE, DTLB_SID_COUNT, \
		DTLB_OFF_BASE, DTLB_OFF_STRIDE, DTLB_OFF_COUNT, DTLB_LOOP
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	mtsp	%r0, %sr\nr
	.endr
	BL	.Lempty, %rp
	nop

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 *	arg0		next entry of the table
	 *	r19, r20	destination, source
	 *	r21		end of the destination
	 *	r1, r5 - r8, r22, r28, r31	32 bytes on their way
	 *
	 * r3 and r4 are kept.
	 */
	b	.Lpage
	nop
.Lnext:
	ldw,ma	4(%arg0), %r19
	ldw,ma	4(%arg0), %r20
	ldw,ma	4(%arg0), %r21
	cmpb,=	%r0, %r21, .Lend_of_page
	nop
	cmpb,=	%r19, %r20, .Lnext		/* in place */
	nop
	cmpib,=	KEXEC_SRC_ZERO, %r20, .Lclear
	addl	%r19, %r21, %r21
.Lcopy:
	ldw	0(%r20), %r1
	ldw	4(%r20), %r5
	ldw	8(%r20), %r6
	ldw	12(%r20), %r7
	ldw	16(%r20), %r8
	ldw	20(%r20), %r22
	ldw	24(%r20), %r28
	ldw	28(%r20), %r31
	ldo	32(%r20), %r20
	stw	%r1, 0(%r19)
	stw	%r5, 4(%r19)
	stw	%r6, 8(%r19)
	stw	%r7, 12(%r19)
	stw	%r8, 16(%r19)
	stw	%r22, 20(%r19)
	stw	%r28, 24(%r19)
	stw	%r31, 28(%r19)
	ldo	32(%r19), %r19
	cmpb,<>	%r19, %r21, .Lcopy
	nop
	b	.Lnext
	nop
.Lclear:
	stw	%r0, 0(%r19)
	stw	%r0, 4(%r19)
	stw	%r0, 8(%r19)
	stw	%r0, 12(%r19)
	stw	%r0, 16(%r19)
	stw	%r0, 20(%r19)
	stw	%r0, 24(%r19)
	stw	%r0, 28(%r19)
	ldo	32(%r19), %r19
	cmpb,<>	%r19, %r21, .Lclear
	nop
	b	.Lnext
	nop
.Lend_of_page:
	copy	%r20, %arg0
.Lpage:
	cmpb,<>	%r0, %arg0, .Lnext
	nop

	/*
	 * In: every destination holds its content, as data.
	 * Out: also in memory, for devices, and no line of code is older.
	 *
	 * All of the caches, so that what lies in place counts as well, and it takes no
	 * longer for a large image.
	 */
	BL	.Lempty, %rp
	nop

	/*
	 * In: r4 as above.
	 * Out: at the entry point, in real mode, PSW has Q only; all general registers, all
	 * space registers and SAR 0; an exception ends in a loop of the control page.
	 *
	 * rfi jumps without a register, and fetches anew.
	 */
	mtctl	%r0, %cr11
	load_queue %r4
	.irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	copy	%r0, %r\nr
	.endr
	.irp	nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	copy	%r0, %r\nr
	.endr
	rfi
	nop

	/*
	 * In: r3 struct pdc_cache_info; sr1 is 0; rp, where to go on.
	 * Out: what the data cache had is in memory, and neither cache has a line.
	 * Changes r9 to r13.
	 */
.Lempty:
	flush_cache fdce, DCACHE_BASE, DCACHE_STRIDE, DCACHE_COUNT, DCACHE_LOOP
	sync
	flush_cache fice, ICACHE_BASE, ICACHE_STRIDE, ICACHE_COUNT, ICACHE_LOOP
	sync
	.rept	7
	nop
	.endr
	bv	%r0(%rp)
	nop

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CACHES
	.org	kexec_trampoline + KEXEC_VECTORS
	/*
	 * Thirty-two vectors of eight words, a loop each.  That of the high priority machine
	 * check names no handler for it, and its checksum is wrong: firmware handles it.
	 */
	.rept	32
	b	.
	nop
	.word	0, 0, 0, 0, 0, 0
	.endr
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
	.size	kexec_trampoline, . - kexec_trampoline
