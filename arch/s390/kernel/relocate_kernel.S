/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * The control page has a copy of kexec_trampoline at its start, which is entered
 * there, by its physical address, with translation off.  It is data: nothing of it
 * runs where it is linked.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/asm-offsets.h>
#include <asm/kexec.h>
#include <asm/sigp.h>

/* Condition codes 0 and 2, and 3, as masks of a branch. */
#define SIGP_CC_ACCEPTED_OR_BUSY	10
#define SIGP_CC_GONE			1

/* Of a CPU's status: stopped, check-stop. */
#define SIGP_STOPPED			0x50

	.section .rodata, "a"
	.balign	16
/*
 * In: 64-bit mode, translation off, interrupts and machine checks, too:
 *	r2	first page of the move table, a physical address
 *	r3	where the image is entered
 *	r4	what the image is to find in r2
 * No other CPU runs.  Or at kexec_trampoline_restart, see there.
 *
 * The address of an operand is a real one.  It is an absolute one, too, once the
 * prefix is 0; of this page it always is, as no CPU has its prefix there.
 *
 * Out: at the image's entry, r1 its address, r2 what was asked for.
 */
SYM_CODE_START(kexec_trampoline)
	/*
	 * The kernel's lowcore is memory as any other from here on, and moves to page
	 * 0 end up there.  Control registers are what a CPU starts with, and the image
	 * may use all floating point and vector registers, as kexec-tools do: neither
	 * low-address protection nor program event recording is on, and no
	 * subclass of interrupts.  Nothing is cached of the kernel's tables, which
	 * moves may overwrite.
	 */
	larl	%r1,.Lprefix
	spx	0(%r1)
	larl	%r1,.Lcontrol
	lctlg	%c0,%c15,0(%r1)
	ptlb

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.
	 *
	 *	r2		next entry of the table
	 *	r6, r7		destination, and what is left of it
	 *	r8, r9		source, and what is left of it: none, and the
	 *			destination is filled with the byte 0
	 */
	j	.Lfollow

	/*
	 * In: the same state, in a panic, of a CPU that another one has reset, and
	 * restarted; the prefix is 0, and lowcore is what that one has left there.
	 */
SYM_INNER_LABEL(kexec_trampoline_restart, SYM_L_GLOBAL)
	lgf	%r1,__LC_RESTART_SOURCE(%r0)
0:	sigp	%r4,%r1,SIGP_SENSE
	brc	SIGP_CC_ACCEPTED_OR_BUSY,0b	/* that one runs: no status */
	brc	SIGP_CC_GONE,1f
	tmll	%r4,SIGP_STOPPED		/* a pending call is a status, too */
	jz	0b
1:
	/*
	 * Before anything is moved: devices may still write to memory.  The function
	 * keeps the control register of floating point, which has to be allowed.
	 */
	larl	%r1,.Lcontrol
	lctlg	%c0,%c15,0(%r1)
	llgf	%r5,__LC_RESTART_FLAGS(%r0)
	basr	%r14,%r5			/* diag308_reset(): r0 to r4 */
	lg	%r2,__LC_RESTART_STACK(%r0)
	lg	%r3,__LC_RESTART_FN(%r0)
	lg	%r4,__LC_RESTART_DATA(%r0)
	j	kexec_trampoline
.Lnext:
	lg	%r6,0(%r2)
	lg	%r8,8(%r2)
	lg	%r7,16(%r2)
	aghi	%r2,KEXEC_MOVE_WORDS * 8
	ltgr	%r7,%r7
	jz	.Lend_of_page
	clgr	%r6,%r8
	je	.Lnext				/* in place */
	lghi	%r9,0
	cghi	%r8,KEXEC_SRC_ZERO
	je	.Lmove
	lgr	%r9,%r7
.Lmove:
	mvcle	%r6,%r8,0
	jo	.Lmove				/* it stops now and then */
	j	.Lnext
.Lend_of_page:
	lgr	%r2,%r8
.Lfollow:
	ltgr	%r2,%r2
	jnz	.Lnext

	/*
	 * A branch to no address serialises: no instruction was fetched before
	 * the moves wrote it.  Floating point and vector registers stay: of a CPU
	 * that crashed they are in no other place (arch/s390/kernel/early.c,
	 * save_vector_registers()).
	 */
	bcr	15,0
	lgr	%r1,%r3
	lgr	%r2,%r4
	larl	%r3,.Lzeroes
	lam	%a0,%a15,0(%r3)
	lghi	%r0,0
	lmg	%r4,%r15,0(%r3)
	lghi	%r3,0
	br	%r1

	.balign	8
	/*
	 * As after an initial CPU reset (Principles of Operation, "Resets"), and bits
	 * 45 and 46 of control register 0.
	 */
.Lcontrol:
	.quad	0x600e0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2000000, 0
.Lzeroes:
	.quad	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
.Lprefix:
	.long	0, 0

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(kexec_trampoline)
