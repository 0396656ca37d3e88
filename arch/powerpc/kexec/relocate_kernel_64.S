/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part on powerpc: from the kernel that ends to the image.
 *
 * kexec_enter_trampoline() is kernel text.  It turns translation off, has the kernel
 * give back what its translation was made of, and goes on in the control page, a copy
 * of kexec_trampoline.
 *
 * In real mode the uppermost bits of an address are ignored, so that the kernel's own
 * addresses of the linear mapping mean the same memory there (Power ISA, "Real
 * Addressing Mode").  That holds for code, for the stack and for r2 and r13.
 */
#include <linux/kexec.h>

#include <asm/asm-offsets.h>
#include <asm/kexec.h>
#include <asm/ppc_asm.h>
#include <asm/ptrace.h>
#include <asm/reg.h>

/* Go on behind the macro with translation and interrupts off.  Changes r9 to r11. */
	.macro	enter_real_mode
	bcl	20,31,$+4
.Lhere\@:
	mflr	r9
	addi	r9,r9,.Lreal\@-.Lhere\@
	clrldi	r9,r9,2
	/* No interrupt from here to where the registers for it are used. */
	li	r10,0
	mtmsrd	r10,1
	mfmsr	r10
	li	r11,MSR_IR|MSR_DR
	andc	r10,r10,r11
	mtspr	SPRN_SRR0,r9
	mtspr	SPRN_SRR1,r10
	rfid
	b	.
.Lreal\@:
	.endm

	.text
/*
 * In: interrupts off, the only CPU running, and
 *
 *	r3	table, physical
 *	r4	entry, physical
 *	r5	control page, physical
 *	r6	number of this CPU, as the device tree has it
 *	r7	size of the cache blocks, in bytes
 *	r8	end of a stack in the linear mapping
 *
 * Out: at the control page, in real mode; no translation is left of those that are
 * the kernel's to give back; r3 table, r4 entry, r5 number of this CPU, r6 size of
 * the cache blocks.
 */
_GLOBAL(kexec_enter_trampoline)
	mr	r27,r3
	mr	r28,r4
	mr	r29,r5
	mr	r30,r6
	mr	r31,r7
	mr	r26,r8
	enter_real_mode

	/* Not before: the region for a crash image is read-only. */
	addi	r1,r26,-STACK_FRAME_MIN_SIZE
	li	r0,0
	std	r0,0(r1)
	bl	CFUNC(mmu_cleanup_all)
	nop

	mr	r3,r27
	mr	r4,r28
	mr	r5,r30
	mr	r6,r31
	mtctr	r29
	bctr
_ASM_NOKPROBE_SYMBOL(kexec_enter_trampoline)

/*
 * Where a CPU goes that a panic has stopped: in real mode, as the translation goes
 * away, and the vectors as well.
 *
 * In: interrupts off, and
 *
 *	r3	entry of RTAS, physical, or 0 if that can't stop the CPU
 *	r4	base of RTAS
 *	r5	the arguments, physical: those of "stop-self"
 *
 * RTAS runs in 32-bit mode, and is big endian.  Should it return, then to the word that
 * is "b ." for that.
 */
_GLOBAL(kexec_park_cpu)
	enter_real_mode
	li	r0,KEXEC_STATE_REAL_MODE
	stb	r0,PACAKEXECSTATE(r13)
	sync
	cmpdi	r3,0
	beq	.Lstay
	bcl	20,31,$+4
0:	mflr	r9
	addi	r9,r9,.Lreturned-0b
	mtlr	r9
	mtspr	SPRN_SRR0,r3
	li	r0,MSR_ME
	mtspr	SPRN_SRR1,r0
	mr	r3,r5
	li	r0,0
	mtcr	r0
	rfid
	b	.
.Lstay:	or	r1,r1,r1		/* low priority: others share the core */
	b	.Lstay
	.balign	4
.Lreturned:
	.byte	0x48, 0, 0, 0
_ASM_NOKPROBE_SYMBOL(kexec_park_cpu)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so there is
 * no reference to anything.
 */
	.section .rodata, "a"
	.balign	16
	.globl	kexec_trampoline
kexec_trampoline:
	b	.Lfollow

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages, and so a multiple of a cache block.
	 *
	 *	r3		next entry of the table
	 *	r7, r8		destination, source
	 *	r9		length
	 *	r10, r11	what is flushed: from, to
	 *	r14 - r21	64 bytes on their way
	 *
	 * r4 to r6 are kept.
	 * Out: what was moved and what lies in place is in memory, and no instruction
	 * of it was fetched before.
	 */
.Lnext:
	ld	r7,0(r3)
	ld	r8,8(r3)
	ld	r9,16(r3)
	addi	r3,r3,KEXEC_MOVE_WORDS*8
	cmpdi	r9,0
	beq	.Lend_of_page
	mr	r10,r7
	add	r11,r7,r9
	cmpld	r7,r8
	beq	.Lflush			/* in place */
	srdi	r9,r9,6
	mtctr	r9
	cmpldi	r8,KEXEC_SRC_ZERO
	beq	.Lclear
.Lcopy:
	ld	r14,0(r8)
	ld	r15,8(r8)
	ld	r16,16(r8)
	ld	r17,24(r8)
	ld	r18,32(r8)
	ld	r19,40(r8)
	ld	r20,48(r8)
	ld	r21,56(r8)
	addi	r8,r8,64
	std	r14,0(r7)
	std	r15,8(r7)
	std	r16,16(r7)
	std	r17,24(r7)
	std	r18,32(r7)
	std	r19,40(r7)
	std	r20,48(r7)
	std	r21,56(r7)
	addi	r7,r7,64
	bdnz	.Lcopy
	b	.Lflush
.Lclear:
	li	r0,0
	.irp	nr, 0, 8, 16, 24, 32, 40, 48, 56
	std	r0,\nr(r7)
	.endr
	addi	r7,r7,64
	bdnz	.Lclear

.Lflush:
	mr	r7,r10
1:	dcbst	0,r7
	add	r7,r7,r6
	cmpld	r7,r11
	blt	1b
	sync
1:	icbi	0,r10
	add	r10,r10,r6
	cmpld	r10,r11
	blt	1b
	b	.Lnext

.Lend_of_page:
	mr	r3,r8
.Lfollow:
	cmpdi	r3,0
	bne	.Lnext
	sync
	isync

	/*
	 * In: every destination holds its content; r4, r5 as above.
	 * Out: at the entry point, in real mode and in the kernel's byte order, with
	 * interrupts off; r3 is the number of this CPU and r4 the entry point, as
	 * kexec-tools expect it, all other general registers 0, r5 among them, by
	 * which a kernel sees that there is no Open Firmware.  No unit is available
	 * that has to be asked for (MSR: FP, VEC, VSX, TM), none of which RI and ME
	 * are: an interrupt has nowhere to go, and a machine check stops.
	 */
	mfmsr	r8
	li	r9,1
	sldi	r10,r9,MSR_SF_LG
	sldi	r11,r9,MSR_HV_LG
	or	r10,r10,r11
	ori	r10,r10,MSR_ME|MSR_LE
	and	r8,r8,r10
	mtspr	SPRN_SRR0,r4
	mtspr	SPRN_SRR1,r8
	mr	r3,r5
	li	r0,0
	mtlr	r0
	mtctr	r0
	mtspr	SPRN_XER,r0
	mtcr	r0
	.irp	nr, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	li	\nr,0
	.endr
	.irp	nr, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	\nr,0
	.endr
	rfid
	b	.

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
