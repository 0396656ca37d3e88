/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and
 * back, if it is an image that returns.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  It goes
 * to the control page, a copy of kexec_trampoline, by its physical address, to which
 * that is mapped; there translation is turned off.  On the way back, the control page
 * goes to where the kernel has a hart resume that slept, with translation off,
 * too.
 *
 * The control page, by its physical address: code and the state for the way back
 * from +0 on, the top of the image's stack at +PAGE_SIZE.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/asm.h>
#include <asm/csr.h>
#include <asm/kexec.h>
#include <asm/page.h>

/* Offsets from .Lstate */
#define STATE_TABLE	(0 * RISCV_SZPTR)
#define STATE_HART	(1 * RISCV_SZPTR)
#define STATE_RESUME	(2 * RISCV_SZPTR)
#define STATE_CONTEXT	(3 * RISCV_SZPTR)

/*
 * kexec_trampoline_report has the physical address of the report page, if there is
 * one (relocate_kernel_report.S), else 0.
 */
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/* Print @text, if marks are asked for.  See there for what is changed. */
	.macro	mark text
	REG_L	t1, kexec_trampoline_report
	beqz	t1, .Lmark_end\@
	lla	t0, .Lmark_text\@
	jalr	ra, KEXEC_REPORT_MARK(t1)
	j	.Lmark_end\@
.Lmark_text\@:
	.asciz	"\text"
	.balign	4
.Lmark_end\@:
	.endm

	/* Take an exception, if a test asks for that.  Leaves t0 0. */
	.macro	fault_for_test
	REG_L	t0, kexec_trampoline_report
	beqz	t0, .Lfault_end\@
	lw	t0, (KEXEC_REPORT_DATA + KEXEC_REPORT_FLAGS)(t0)
	andi	t0, t0, KEXEC_CONSOLE_FAULT
	beqz	t0, .Lfault_end\@
	mv	t0, zero
	unimp
.Lfault_end\@:
	.endm
#else
	.macro	mark text
	.endm
	.macro	fault_for_test
	.endm
#endif

	.text
/*
 * In: interrupts off, the only hart running, and
 *
 *	a0	table, physical
 *	a1	entry, physical
 *	a2	control page, physical
 *	a3	number of this hart
 *	a4	where to resume, physical, or 0: nothing returns
 *	a5	what is then to be in a1
 *	a6	what the image is to find in a1: a device tree, physical, or 0
 *	a7	satp for tables with the kernel's half, and the control page at its
 *		physical address; 0 if the other half does not reach that
 *
 * Out: at the control page, on these tables, or with translation off; no interrupt
 * enabled; traps go there, too; a0 to a6 as above.
 */
SYM_CODE_START(kexec_enter_trampoline)
	csrw	CSR_IE, zero

	/* Another hart may have written the control page, as data. */
	fence.i

	/*
	 * If a7 is 0, addresses are physical from the write to satp on.  That of the next
	 * instruction, the kernel's virtual one, is not: its upper bits are set,
	 * where no memory is.  Fetching it is an access fault, and the trap goes
	 * where stvec says; if the jump was fetched before, that leads to the
	 * same place.  (Privileged specification, "Supervisor Address
	 * Translation and Protection Register".)  Where the fault is not
	 * delegated, firmware passes it on, as it has no use for it.  In a guest it is
	 * the hypervisor that has to, and KVM does so only since Linux 7.3.
	 *
	 * stvec's low bits are its mode; a control page is aligned, and so that
	 * is 0, "direct".
	 */
	csrw	CSR_TVEC, a2
	csrw	CSR_SATP, a7
	sfence.vma
	jr	a2
SYM_CODE_END(kexec_enter_trampoline)
ASM_NOKPROBE(kexec_enter_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * every reference is relative to pc.
 */
	.section .rodata, "a"
	.balign	16
	.option	push
	.option	norelax
	.option	norvc
SYM_CODE_START_NOALIGN(kexec_trampoline)
	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: translation off; all that the way back needs is in the control page.
	 */
	csrw	CSR_SATP, zero
	lla	t0, .Lstate
	REG_S	a0, STATE_TABLE(t0)
	REG_S	a3, STATE_HART(t0)
	REG_S	a4, STATE_RESUME(t0)
	REG_S	a5, STATE_CONTEXT(t0)
	mv	s4, a6
	jal	.Lset_up
	mark	"[tables]"
	mark	"[moves]"
	jal	.Lfollow
	mark	"[jump]\r\n"

	/*
	 * In: every destination holds its content; a1 to a4 as above; s4 what
	 * a6 was.
	 * Out: at the entry point; a0 is this hart's number and a1 the device
	 * tree, as the boot protocol has it, sp the end of the control page,
	 * whose upper half is free below it, ra the address to return to, or 0
	 * if there is no way back, all other general registers 0.
	 *
	 * sret jumps without a register.  It stays in S-mode (SPP), with
	 * interrupts off (SPIE).  The state of the floating point and vector
	 * units (FS, VS), and the right to look at user pages (SUM), go with the
	 * old kernel.
	 */
	csrw	CSR_EPC, a1
	li	t0, SR_SPIE | SR_FS_VS | SR_SUM
	csrc	CSR_STATUS, t0
	li	t0, SR_SPP
	csrs	CSR_STATUS, t0

	mv	ra, zero
	beqz	a4, 1f
	lla	ra, .Lreturn
1:
	li	t0, PAGE_SIZE
	add	sp, a2, t0
	mv	a0, a3
	mv	a1, s4
	.irp	reg, gp, tp, t0, t1, t2, t3, t4, t5, t6, a2, a3, a4, a5, a6, a7
	mv	\reg, zero
	.endr
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	mv	s\nr, zero
	.endr
	bnez	ra, 1f				/* on the way back */
	fault_for_test
1:
	sret

	/*
	 * The image returns.
	 * In: S-mode, no translation, on the hart that the image was started on,
	 * this page with what the kernel left in it.  Nothing else is known:
	 * registers, stack, whether interrupts are enabled and where traps go are
	 * the image's.
	 * Out: where the kernel resumes, with the number of the hart in a0, the
	 * kernel's context in a1, all of its memory as it was, interrupts off.
	 */
.Lreturn:
	csrci	CSR_STATUS, SR_SIE
	csrw	CSR_IE, zero
	csrw	CSR_SATP, zero
	lla	t0, .Lstate
	REG_L	a0, STATE_TABLE(t0)
	REG_L	a3, STATE_HART(t0)
	REG_L	a4, STATE_RESUME(t0)
	REG_L	a5, STATE_CONTEXT(t0)
	jal	.Lset_up
	mark	"[return]"
	mark	"[moves]"
	jal	.Lfollow
	mark	"[kernel]\r\n"
	mv	a0, a3
	mv	a1, a5
	fault_for_test
	jr	a4

	/*
	 * In: in the control page, translation off, interrupts, too.
	 * Out: no translation is cached any more; a trap, which nothing is
	 * supposed to raise, is reported, or stops the hart in the control page.
	 * t0 and t1 are changed.
	 */
.Lset_up:
	sfence.vma
	lla	t0, .Lstop
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	REG_L	t1, kexec_trampoline_report
	beqz	t1, 1f
	mv	t0, t1
1:
#endif
	csrw	CSR_TVEC, t0
	csrw	CSR_SCRATCH, zero
	ret

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 * If there is a way back (a4) they exchange the two memories.  That is
	 * its own inverse: to follow them again brings everything back to where
	 * it was.
	 *
	 *	a0		next entry of the table
	 *	t0, t1		destination, source
	 *	t2		end of the destination
	 *	t3 - t6, a6, a7, s2, s3		64 bytes on their way
	 *
	 * a1 to a5 and s4 are kept.
	 * Out: no instruction was fetched before the moves wrote it.
	 */
.Lnext:
	REG_L	t0, 0(a0)
	REG_L	t1, RISCV_SZPTR(a0)
	REG_L	t2, 2 * RISCV_SZPTR(a0)
	addi	a0, a0, KEXEC_MOVE_WORDS * RISCV_SZPTR
	beqz	t2, .Lend_of_page
SYM_INNER_LABEL(kexec_moves_begin, SYM_L_GLOBAL)
	beq	t0, t1, .Lnext			/* in place */
	add	t2, t2, t0
	bnez	a4, .Lexchange
	li	t3, KEXEC_SRC_ZERO
	beq	t1, t3, .Lclear
.Lcopy:
	REG_L	t3, 0 * RISCV_SZPTR(t1)
	REG_L	t4, 1 * RISCV_SZPTR(t1)
	REG_L	t5, 2 * RISCV_SZPTR(t1)
	REG_L	t6, 3 * RISCV_SZPTR(t1)
	REG_L	a6, 4 * RISCV_SZPTR(t1)
	REG_L	a7, 5 * RISCV_SZPTR(t1)
	REG_L	s2, 6 * RISCV_SZPTR(t1)
	REG_L	s3, 7 * RISCV_SZPTR(t1)
	addi	t1, t1, 8 * RISCV_SZPTR
	REG_S	t3, 0 * RISCV_SZPTR(t0)
	REG_S	t4, 1 * RISCV_SZPTR(t0)
	REG_S	t5, 2 * RISCV_SZPTR(t0)
	REG_S	t6, 3 * RISCV_SZPTR(t0)
	REG_S	a6, 4 * RISCV_SZPTR(t0)
	REG_S	a7, 5 * RISCV_SZPTR(t0)
	REG_S	s2, 6 * RISCV_SZPTR(t0)
	REG_S	s3, 7 * RISCV_SZPTR(t0)
	addi	t0, t0, 8 * RISCV_SZPTR
	bne	t0, t2, .Lcopy
	j	.Lnext
.Lclear:
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	REG_S	zero, \nr * RISCV_SZPTR(t0)
	.endr
	addi	t0, t0, 8 * RISCV_SZPTR
	bne	t0, t2, .Lclear
	j	.Lnext
.Lexchange:
	REG_L	t3, 0 * RISCV_SZPTR(t0)
	REG_L	t4, 1 * RISCV_SZPTR(t0)
	REG_L	t5, 2 * RISCV_SZPTR(t0)
	REG_L	t6, 3 * RISCV_SZPTR(t0)
	REG_L	a6, 0 * RISCV_SZPTR(t1)
	REG_L	a7, 1 * RISCV_SZPTR(t1)
	REG_L	s2, 2 * RISCV_SZPTR(t1)
	REG_L	s3, 3 * RISCV_SZPTR(t1)
	REG_S	a6, 0 * RISCV_SZPTR(t0)
	REG_S	a7, 1 * RISCV_SZPTR(t0)
	REG_S	s2, 2 * RISCV_SZPTR(t0)
	REG_S	s3, 3 * RISCV_SZPTR(t0)
	REG_S	t3, 0 * RISCV_SZPTR(t1)
	REG_S	t4, 1 * RISCV_SZPTR(t1)
	REG_S	t5, 2 * RISCV_SZPTR(t1)
	REG_S	t6, 3 * RISCV_SZPTR(t1)
	addi	t0, t0, 4 * RISCV_SZPTR
	addi	t1, t1, 4 * RISCV_SZPTR
	bne	t0, t2, .Lexchange
	j	.Lnext
SYM_INNER_LABEL(kexec_moves_end, SYM_L_GLOBAL)
.Lend_of_page:
	mv	a0, t1
.Lfollow:
	bnez	a0, .Lnext
	fence.i
	ret

	/* Aligned as stvec wants it. */
	.balign	4
.Lstop:
	wfi
	j	.Lstop

	/* What the way back needs: STATE_*. */
	.balign	8
.Lstate:
	.quad	0, 0, 0, 0
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
SYM_INNER_LABEL(kexec_trampoline_report, SYM_L_GLOBAL)
	.quad	0
#endif

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
	.option	pop
SYM_CODE_END(kexec_trampoline)
