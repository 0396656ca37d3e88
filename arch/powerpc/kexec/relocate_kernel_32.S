/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part on 32-bit powerpc: from the kernel that ends to the image.
 *
 * kexec_enter_trampoline() is kernel text.  It leads to the control page, a copy of
 * kexec_trampoline: Book3S goes there by turning translation off.  On BookE (e500) the
 * control page is mapped to itself in the other address space, which neither the kernel nor
 * its programs use, by an entry of the TLB of its own.
 */
#include <linux/kexec.h>

#include <asm/kexec.h>
#include <asm/mmu.h>
#include <asm/page.h>
#include <asm/ppc_asm.h>
#include <asm/ptrace.h>
#include <asm/reg.h>

/* ePAPR, "Client program image": what r6 has. */
#define EPAPR_MAGIC	0x65504150

#ifdef CONFIG_PPC_85xx
/* Select an entry of the TLB that has pages of all sizes.  Changes \tmp. */
	.macro	select_entry entry, tmp
	lis	\tmp,MAS0_TLBSEL(1)@h
	rlwimi	\tmp,\entry,16,4,15
	mtspr	SPRN_MAS0,\tmp
	.endm

	.macro	write_entry
	isync
	tlbwe
	isync
	.endm
#endif

	.text
/*
 * In: interrupts off, the only CPU running, and
 *
 *	r3	table, physical
 *	r4	entry, physical
 *	r5	control page, physical
 *	r6	the number of this CPU, as the device tree has it
 *	r7	size of the cache blocks, in bytes
 *	r8	bit n: there is memory in the 256 MiB that begin at n times that
 *	r9	bytes from 0 on of which all is in such
 *
 * Out: at the control page, r3 to r9 as they are.  Book3S: in real mode.  BookE: in
 * address space 1, in which the control page is mapped to itself, by the TLB's entry
 * that r10 has the number of, the last one.  The kernel is mapped by the first
 * (LOWMEM_CAM_NUM), which are fewer than there are; the last may be a program's huge
 * page, which nobody uses any more.
 *
 * All of it is in one page, which is in the TLB when it comes to SRR0.
 */
	.balign	128
_GLOBAL(kexec_enter_trampoline)
#ifdef CONFIG_PPC_85xx
	/* No entry of KVM's, which are all in the other address space, has this number. */
	li	r10,0
	mtspr	SPRN_PID0,r10
	isync
	mfspr	r10,SPRN_TLB1CFG
	andi.	r10,r10,TLBnCFG_N_ENTRY
	subi	r10,r10,1
	select_entry r10, r11
	lis	r11,(MAS1_VALID|MAS1_IPROT)@h
	ori	r11,r11,MAS1_TS|MAS1_TSIZE(BOOK3E_PAGESZ_4K)
	mtspr	SPRN_MAS1,r11
	ori	r11,r5,MAS2_M|MAS2_G
	mtspr	SPRN_MAS2,r11
	ori	r11,r5,MAS3_SX|MAS3_SW|MAS3_SR
	mtspr	SPRN_MAS3,r11
#ifdef CONFIG_PHYS_64BIT
	li	r11,0
	mtspr	SPRN_MAS7,r11
#endif
	write_entry
	li	r11,MSR_IS|MSR_DS
#else
	li	r11,0
#endif
	mtspr	SPRN_SRR0,r5
	mtspr	SPRN_SRR1,r11
	rfi
	b	.
_ASM_NOKPROBE_SYMBOL(kexec_enter_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so there is
 * no reference to anything.
 */
	.section .rodata, "a"
	.balign	16
	.globl	kexec_trampoline
kexec_trampoline:
#ifdef CONFIG_PPC_85xx
	/*
	 * Out: in address space 0, where nothing is mapped but memory, to itself; no
	 * timer and no event wants an interrupt, no process has a number; r3, r4, r6,
	 * r7 and r9 as they are.
	 *
	 *	r10		the entry that maps this page in address space 1
	 *	r11		an entry
	 *	r12		an address
	 *	r0, r5		values
	 */
	li	r0,0
	mtspr	SPRN_TCR,r0
	mtspr	SPRN_DBCR0,r0
	mtspr	SPRN_PID0,r0
	isync
	li	r11,0
1:	select_entry r11, r5
	mtspr	SPRN_MAS1,r0
	write_entry
	addi	r11,r11,1
	cmpw	r11,r10
	blt	1b
	li	r5,MMUCSR0_TLB0FI
	mtspr	SPRN_MMUCSR0,r5
1:	mfspr	r5,SPRN_MMUCSR0
	andi.	r5,r5,MMUCSR0_TLB0FI
	bne	1b
	isync

	li	r11,0
	li	r12,0
1:	andi.	r0,r8,1
	beq	2f
	select_entry r11, r5
	lis	r0,(MAS1_VALID|MAS1_IPROT)@h
	ori	r0,r0,MAS1_TSIZE(BOOK3E_PAGESZ_256M)
	mtspr	SPRN_MAS1,r0
	/* Guarded: what else is there is not to be read by speculation. */
	ori	r0,r12,MAS2_M|MAS2_G
	mtspr	SPRN_MAS2,r0
	ori	r0,r12,MAS3_SX|MAS3_SW|MAS3_SR
	mtspr	SPRN_MAS3,r0
	write_entry
	addi	r11,r11,1
2:	addis	r12,r12,0x1000
	srwi.	r8,r8,1
	bne	1b

	bcl	20,31,$+4
1:	mflr	r5
	addi	r5,r5,2f-1b
	li	r0,0
	mtspr	SPRN_SRR0,r5
	mtspr	SPRN_SRR1,r0
	rfi
2:	select_entry r10, r5
	mtspr	SPRN_MAS1,r0
	write_entry
#endif
	b	.Lfollow

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages, and so a multiple of a cache block.
	 *
	 *	r3		next entry of the table
	 *	r5, r8		destination, source
	 *	r10		length
	 *	r11, r12	what is flushed: from, to
	 *	r14 - r21	32 bytes on their way
	 *
	 * r4, r6, r7 and r9 are kept.
	 * Out: what was moved and what lies in place is in memory, and no instruction
	 * of it was fetched before.
	 */
.Lnext:
	lwz	r5,0(r3)
	lwz	r8,4(r3)
	lwz	r10,8(r3)
	addi	r3,r3,KEXEC_MOVE_WORDS*4
	cmpwi	r10,0
	beq	.Lend_of_page
	mr	r11,r5
	add	r12,r5,r10
	cmplw	r5,r8
	beq	.Lflush			/* in place */
	srwi	r10,r10,5
	mtctr	r10
	cmplwi	r8,KEXEC_SRC_ZERO
	beq	.Lclear
.Lcopy:
	lwz	r14,0(r8)
	lwz	r15,4(r8)
	lwz	r16,8(r8)
	lwz	r17,12(r8)
	lwz	r18,16(r8)
	lwz	r19,20(r8)
	lwz	r20,24(r8)
	lwz	r21,28(r8)
	addi	r8,r8,32
	stw	r14,0(r5)
	stw	r15,4(r5)
	stw	r16,8(r5)
	stw	r17,12(r5)
	stw	r18,16(r5)
	stw	r19,20(r5)
	stw	r20,24(r5)
	stw	r21,28(r5)
	addi	r5,r5,32
	bdnz	.Lcopy
	b	.Lflush
.Lclear:
	li	r0,0
1:
	.irp	nr, 0, 4, 8, 12, 16, 20, 24, 28
	stw	r0,\nr(r5)
	.endr
	addi	r5,r5,32
	bdnz	1b

.Lflush:
	mr	r5,r11
1:	dcbst	0,r5
	add	r5,r5,r7
	cmplw	r5,r12
	blt	1b
	sync
1:	icbi	0,r11
	add	r11,r11,r7
	cmplw	r11,r12
	blt	1b
	b	.Lnext

.Lend_of_page:
	mr	r3,r8
.Lfollow:
	cmpwi	r3,0
	bne	.Lnext
	sync
	isync

	/*
	 * In: every destination holds its content; r4, r6 and r9 as above.
	 * Out: at the entry point, with interrupts off, and all that has to be asked for
	 * (MSR); r3 is the number of the CPU, r4 the entry, and r5 0, by which a kernel sees
	 * that there is no Open Firmware.  Book3S: in real mode; r1 is a stack.  BookE: memory
	 * is mapped to itself; r6 is ePAPR's number, r7 says how much of it there is
	 * without a gap.  All other general registers are 0.
	 */
	li	r0,0
	mtspr	SPRN_SRR0,r4
	mtspr	SPRN_SRR1,r0
	mr	r3,r6
#ifdef CONFIG_PPC_85xx
	lis	r6,EPAPR_MAGIC@h
	ori	r6,r6,EPAPR_MAGIC@l
	mr	r7,r9
	li	r1,0
#else
	/* A kernel calls functions before it has a stack: it has the rest of this page. */
	bcl	20,31,$+4
	mflr	r1
	clrrwi	r1,r1,PAGE_SHIFT
	addi	r1,r1,PAGE_SIZE-STACK_FRAME_MIN_SIZE
	stw	r0,0(r1)
	li	r6,0
	li	r7,0
#endif
	mtlr	r0
	mtctr	r0
	mtspr	SPRN_XER,r0
	mtcr	r0
	.irp	nr, 2, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	li	\nr,0
	.endr
	.irp	nr, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	\nr,0
	.endr
	rfi
	b	.

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
