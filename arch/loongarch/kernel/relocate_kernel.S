/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and back.
 *
 * kexec_enter_trampoline() is kernel text, in the window that shows memory through the
 * caches (DMW1).  It turns translation off, windows included ("direct address
 * translation", CRMD.DA), and goes on in the control page, a copy of kexec_trampoline,
 * by its physical address.  Addresses are cut to the bits that physical ones have then
 * (LoongArch reference manual, volume 1, "Direct address translation mode"), so the
 * instruction behind the switch is found in both modes.
 *
 * Hardware keeps the instruction caches coherent; ibar drops what was fetched already
 * (the same, "IBAR").
 *
 * The control page: exceptions come to +0, the kernel to +KEXEC_CONTROL_ENTER, an image
 * that returns to +KEXEC_CONTROL_RETURN; what the way back needs is at +KEXEC_STATE, and
 * the top of the image's stack at +PAGE_SIZE.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/asm.h>
#include <asm/kexec.h>
#include <asm/loongarch.h>
#include <asm/page.h>
#include <asm/regdef.h>

/*
 * Translation off, memory through the caches, coherently (DACF, DACM: 1); PLV 0,
 * interrupts and watchpoints off.
 */
#define CRMD_DIRECT	(CSR_CRMD_DA | 1 << CSR_CRMD_DACF_SHIFT | 1 << CSR_CRMD_DACM_SHIFT)

/* The same, as MERRCTL has the fields of CRMD: PDA, PDATF, PDATM. */
#define MERRCTL_DIRECT	(1 << 7 | 1 << 9 | 1 << 11)
#define MERRCTL_MASK	0x1ffc		/* all of these fields */

/* Offsets from the control page. */
#define STATE_TABLE	(KEXEC_STATE + 0)
#define STATE_SP	(KEXEC_STATE + 8)
#define STATE_RESUME	(KEXEC_STATE + 16)

/*
 * What the kernel wants back from an image that returns: what a function keeps, and control
 * and status registers.  The windows always have the same.  Others are overwritten by the
 * next exception, or they are of drivers, which are suspended.
 */
#define FRAME_CRMD	104
#define FRAME_CSRS	112
#define FRAME_SIZE	(FRAME_CSRS + 20 * 8)

	.macro	for_each_register op
	\op	ra, sp, 0
	\op	tp, sp, 8
	\op	u0, sp, 16
	\op	fp, sp, 24
	\op	s0, sp, 32
	\op	s1, sp, 40
	\op	s2, sp, 48
	\op	s3, sp, 56
	\op	s4, sp, 64
	\op	s5, sp, 72
	\op	s6, sp, 80
	\op	s7, sp, 88
	\op	s8, sp, 96
	.endm

	/* In t0.  KS3 is where the kernel has the data of this CPU, KS4 and 5 are KVM's. */
	.macro	for_each_csr op
	.set	offset, FRAME_CSRS
	.irp	csr, LOONGARCH_CSR_PRMD, LOONGARCH_CSR_EUEN, LOONGARCH_CSR_ECFG, \
		LOONGARCH_CSR_EENTRY, LOONGARCH_CSR_TLBRENTRY, \
		LOONGARCH_CSR_MERRENTRY, LOONGARCH_CSR_PGDL, LOONGARCH_CSR_PGDH, \
		LOONGARCH_CSR_PWCTL0, LOONGARCH_CSR_PWCTL1, LOONGARCH_CSR_STLBPGSIZE, \
		LOONGARCH_CSR_RVACFG, LOONGARCH_CSR_ASID, LOONGARCH_CSR_TLBIDX, \
		LOONGARCH_CSR_TLBREHI, LOONGARCH_CSR_KS3, LOONGARCH_CSR_KS4, \
		LOONGARCH_CSR_KS5, LOONGARCH_CSR_TCFG, LOONGARCH_CSR_CNTC
	\op	\csr, offset
	.set	offset, offset + 8
	.endr
	.endm

	.macro	save_csr csr, offset
	csrrd	t0, \csr
	st.d	t0, sp, \offset
	.endm

	.macro	restore_csr csr, offset
	ld.d	t0, sp, \offset
	csrwr	t0, \csr
	.endm

	.text
/*
 * In: interrupts off, the only CPU running, and
 *
 *	a0	table, physical
 *	a1	entry, physical
 *	a2	control page, physical
 *	a3 - a5	the image's a0 to a2
 *	a6	not 0 if the image returns
 *
 * Out: at the control page, translation off; no interrupt is enabled, and exceptions go
 * there; a0 to a6 as above;
 *
 *	a7	the kernel's stack, with all that it wants back
 *	t0	where the kernel resumes, in the window
 */
SYM_CODE_START(kexec_enter_trampoline)
	addi.d	sp, sp, -FRAME_SIZE
	for_each_register st.d
	save_csr LOONGARCH_CSR_CRMD, FRAME_CRMD
	for_each_csr save_csr
	move	a7, sp

	/* With VS 0, all exceptions and interrupts have one entry. */
	csrwr	zero, LOONGARCH_CSR_ECFG
	move	t0, a2
	csrwr	t0, LOONGARCH_CSR_EENTRY
	move	t0, a2
	csrwr	t0, LOONGARCH_CSR_TLBRENTRY
	move	t0, a2
	csrwr	t0, LOONGARCH_CSR_MERRENTRY

	la.pcrel t0, kexec_leave_trampoline
	addi.d	t1, a2, KEXEC_CONTROL_ENTER
	/* Another CPU may have written the control page. */
	dbar	0
	ibar	0
	li.w	t2, CRMD_DIRECT
	csrwr	t2, LOONGARCH_CSR_CRMD
	jr	t1
SYM_CODE_END(kexec_enter_trampoline)
_ASM_NOKPROBE(kexec_enter_trampoline)

/*
 * In: the image has returned, all of memory is as it was; translation off; sp the
 * kernel's.
 * Out: where kexec_enter_trampoline() was called, in the windows, with interrupts off; what
 * is in the TLB is the image's.
 */
SYM_CODE_START(kexec_leave_trampoline)
	li.d	t0, CSR_DMW0_INIT
	csrwr	t0, LOONGARCH_CSR_DMWIN0
	li.d	t0, CSR_DMW1_INIT
	csrwr	t0, LOONGARCH_CSR_DMWIN1
	li.d	t0, CSR_DMW2_INIT
	csrwr	t0, LOONGARCH_CSR_DMWIN2
	li.d	t0, CSR_DMW3_INIT
	csrwr	t0, LOONGARCH_CSR_DMWIN3
	/* From here on in the window, whose address the jump had. */
	restore_csr LOONGARCH_CSR_CRMD, FRAME_CRMD
	for_each_csr restore_csr
	for_each_register ld.d
	addi.d	sp, sp, FRAME_SIZE
	jr	ra
SYM_CODE_END(kexec_leave_trampoline)
_ASM_NOKPROBE(kexec_leave_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies.  Addresses of
 * its own are worked out from the control page's.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START(kexec_trampoline)
	/* An exception, which nothing is supposed to raise, stops the CPU. */
.Lstop:
	idle	0
	b	.Lstop

	.org	kexec_trampoline + KEXEC_CONTROL_ENTER
	b	.Lenter
	.org	kexec_trampoline + KEXEC_CONTROL_RETURN
	b	.Lreturn

	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: all that the way back needs is in the control page; nothing is in the
	 * TLB;
	 *
	 *	s0	the table
	 *	s1	entry
	 *	s2	control page
	 *	s3 - s5	the image's a0 to a2
	 *	s6	not 0 if the image returns
	 */
.Lenter:
	st.d	a0, a2, STATE_TABLE
	st.d	a7, a2, STATE_SP
	st.d	t0, a2, STATE_RESUME
	invtlb	0, zero, zero
	move	s0, a0
	move	s1, a1
	move	s2, a2
	move	s3, a3
	move	s4, a4
	move	s5, a5
	move	s6, a6
	bl	.Lmoves

	/*
	 * In: every destination holds its content; s1 to s6 as above.
	 * Out: at the entry point, translation off, interrupts off; a0 to a2 as the image
	 * wants them; sp the end of the control page, which is free from +2048 on below
	 * it; ra the address to return to, or 0; all other general registers 0.  The
	 * timer has stopped; floating point and vectors are off (EUEN).
	 *
	 * ertn jumps without a register.  It takes the mode from PRMD (PLV 0, IE 0, WE 0),
	 * and leaves translation alone; or, in a kernel that has panicked for a machine
	 * error, all of it from MERRCTL (LoongArch reference manual, "ERTN", "Machine
	 * error control").  In one that has panicked in a refill of the TLB it would go on
	 * by TLBRERA, with translation on, unless its bit 0 is cleared ("TLB refill
	 * exception return address").
	 */
	csrwr	zero, LOONGARCH_CSR_EUEN
	csrwr	zero, LOONGARCH_CSR_TCFG
	li.w	t0, CSR_TINTCLR_TI
	csrwr	t0, LOONGARCH_CSR_TINTCLR
	csrwr	zero, LOONGARCH_CSR_PRMD
	csrwr	zero, LOONGARCH_CSR_TLBRERA
	li.w	t0, MERRCTL_DIRECT
	li.w	t1, MERRCTL_MASK
	csrxchg	t0, t1, LOONGARCH_CSR_MERRCTL
	move	t0, s1
	csrwr	t0, LOONGARCH_CSR_MERRERA
	csrwr	s1, LOONGARCH_CSR_ERA

	move	ra, zero
	beqz	s6, 1f
	addi.d	ra, s2, KEXEC_CONTROL_RETURN
1:
	li.w	sp, PAGE_SIZE
	add.d	sp, sp, s2
	move	a0, s3
	move	a1, s4
	move	a2, s5
	.irp	reg, tp, a3, a4, a5, a6, a7, t0, t1, t2, t3, t4, t5, t6, t7, t8, u0, fp
	move	\reg, zero
	.endr
	.irp	reg, s0, s1, s2, s3, s4, s5, s6, s7, s8
	move	\reg, zero
	.endr
	ertn

	/*
	 * The image returns.
	 * In: PLV 0, here by the physical address or in a window; nothing else is known.
	 * Out: at kexec_leave_trampoline(), in the window, translation off, interrupts
	 * off, sp the kernel's; memory is as it was.
	 */
.Lreturn:
	li.w	t0, CRMD_DIRECT
	csrwr	t0, LOONGARCH_CSR_CRMD
	pcaddi	s2, 0
	bstrins.d s2, zero, 11, 0
	bstrpick.d s2, s2, DMW_PABITS - 1, 0
	csrwr	zero, LOONGARCH_CSR_ECFG
	/* The kernel's next ertn is none from a refill of the TLB. */
	csrwr	zero, LOONGARCH_CSR_TLBRERA
	move	t0, s2
	csrwr	t0, LOONGARCH_CSR_EENTRY
	move	t0, s2
	csrwr	t0, LOONGARCH_CSR_TLBRENTRY
	move	t0, s2
	csrwr	t0, LOONGARCH_CSR_MERRENTRY
	invtlb	0, zero, zero
	ld.d	s0, s2, STATE_TABLE
	li.w	s6, 1
	bl	.Lmoves
	ld.d	sp, s2, STATE_SP
	ld.d	t0, s2, STATE_RESUME
	jr	t0

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.  Lengths
	 * are whole pages.
	 *
	 * If there is a way back (s6) they exchange the two memories.  That is its own
	 * inverse: to follow them again brings everything back to where it was.
	 *
	 *	s0		next entry of the table
	 *	s7		KEXEC_SRC_ZERO
	 *	t0, t1		destination, source
	 *	t2		end of the destination
	 *	t3 - t8, a6, a7	64 bytes on their way
	 *
	 * s1 to s6 are kept.
	 * Out: no instruction was fetched before the moves wrote it.
	 */
.Lnext:
	ld.d	t0, s0, 0
	ld.d	t1, s0, 8
	ld.d	t2, s0, 16
	addi.d	s0, s0, KEXEC_MOVE_WORDS * 8
	beqz	t2, .Lend_of_page
	beq	t0, t1, .Lnext			/* in place */
	add.d	t2, t2, t0
	beq	t1, s7, .Lclear
	bnez	s6, .Lexchange
.Lcopy:
	ld.d	t3, t1, 0
	ld.d	t4, t1, 8
	ld.d	t5, t1, 16
	ld.d	t6, t1, 24
	ld.d	t7, t1, 32
	ld.d	t8, t1, 40
	ld.d	a6, t1, 48
	ld.d	a7, t1, 56
	addi.d	t1, t1, 64
	st.d	t3, t0, 0
	st.d	t4, t0, 8
	st.d	t5, t0, 16
	st.d	t6, t0, 24
	st.d	t7, t0, 32
	st.d	t8, t0, 40
	st.d	a6, t0, 48
	st.d	a7, t0, 56
	addi.d	t0, t0, 64
	bne	t0, t2, .Lcopy
	b	.Lnext
.Lclear:
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	st.d	zero, t0, 8 * \nr
	.endr
	addi.d	t0, t0, 64
	bne	t0, t2, .Lclear
	b	.Lnext
.Lexchange:
	ld.d	t3, t0, 0
	ld.d	t4, t0, 8
	ld.d	t5, t0, 16
	ld.d	t6, t0, 24
	ld.d	t7, t1, 0
	ld.d	t8, t1, 8
	ld.d	a6, t1, 16
	ld.d	a7, t1, 24
	st.d	t7, t0, 0
	st.d	t8, t0, 8
	st.d	a6, t0, 16
	st.d	a7, t0, 24
	st.d	t3, t1, 0
	st.d	t4, t1, 8
	st.d	t5, t1, 16
	st.d	t6, t1, 24
	addi.d	t0, t0, 32
	addi.d	t1, t1, 32
	bne	t0, t2, .Lexchange
	b	.Lnext
.Lend_of_page:
	move	s0, t1
	bnez	s0, .Lnext
	dbar	0
	ibar	0
	ret
.Lmoves:
	li.w	s7, KEXEC_SRC_ZERO
	bnez	s0, .Lnext
	ret

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(kexec_trampoline)

/*
 * Where other CPUs wait for the next kernel: struct kexec_parking.  It wakes them as
 * firmware is woken: it writes an address to the mailbox, and sends an interrupt.  They
 * go by the mailbox alone: "idle" may need interrupts on to end, and here is nothing that
 * could take one.  The same is how they are sent here.
 *
 * In: at +KEXEC_PARKING_ENTER, by the physical address or in a window, PLV 0, with an
 * interrupt that may be pending; nothing else is known.
 * Out: at the physical address that the mailbox has, translation off, interrupts off.
 *
 *	t0 - t3	scratch
 *	t4	this page, physical
 *	t5	this CPU's byte
 */
	.balign	16
SYM_CODE_START(kexec_parking)
	.ascii	"kxparked"
	.org	kexec_parking + KEXEC_PARKING_ENTER
	ibar	0
	li.w	t0, CRMD_DIRECT
	csrwr	t0, LOONGARCH_CSR_CRMD
	pcaddi	t4, 0
	bstrins.d t4, zero, 11, 0
	bstrpick.d t4, t4, DMW_PABITS - 1, 0

	csrwr	zero, LOONGARCH_CSR_ECFG
	li.w	t1, LOONGARCH_IOCSR_IPI_CLEAR
	li.w	t0, -1
	iocsrwr.w t0, t1
	li.w	t1, LOONGARCH_IOCSR_IPI_EN
	iocsrwr.w t0, t1
	li.w	t1, LOONGARCH_IOCSR_MBUF0
	iocsrwr.d zero, t1
	csrrd	t5, LOONGARCH_CSR_CPUID
	bstrpick.d t5, t5, 10, 0		/* KEXEC_PARKING_CPUS */
	add.d	t5, t5, t4
	li.w	t0, 1
	dbar	0
	st.b	t0, t5, KEXEC_PARKING_CODE_SIZE

	/* The high half is written first: with the low one, which is never 0, all is there. */
	li.w	t1, LOONGARCH_IOCSR_MBUF0
.Lwait:
	iocsrrd.w t2, t1
	beqz	t2, .Lwait
	iocsrrd.d t2, t1

	st.b	zero, t5, KEXEC_PARKING_CODE_SIZE
	dbar	0
	ibar	0
	jr	t2

	/* Fails to assemble if the above is larger. */
	.org	kexec_parking + KEXEC_PARKING_CODE_SIZE
SYM_CODE_END(kexec_parking)
