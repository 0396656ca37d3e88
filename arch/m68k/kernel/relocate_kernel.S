/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * Rules of the 68040 (MC68040 User's Manual, 3 and 4): caches are found by physical
 * addresses, so that they hold the same with the MMU off.  Then memory that no TTR has is
 * cacheable, written through, and an address is the physical one.  What MOVE16 reads may
 * be in the data cache; a line that it writes is invalid there after.  A new root pointer
 * or page table counts once PFLUSHA has emptied the ATCs.
 *
 * At the entry (arch/m68k/kernel/head.S): interrupts masked, MMU and caches off,
 * supervisor state.  What a kernel is told lies behind it, and in no register.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/kexec.h>

/* Supervisor state, by the interrupt stack, no trace, all interrupts masked. */
#define SR_QUIET	0x2700

	.chip	68040

	.text
/*
 * In: interrupts off, the only CPU, and on the stack
 *
 *	4	table, physical
 *	8	entry
 *	12	root table, physical
 *	16	control page
 *	20	control page, physical
 *
 * Out: at the control page, by the kernel's map; all that was written is in memory, and
 * nothing in the caches;
 *
 *	a1	control page, physical
 *	a2	table
 *	a3	entry
 *	d1	root table
 */
SYM_CODE_START(kexec_enter_trampoline)
	movew	#SR_QUIET, %sr
	movel	%sp@(4), %a2
	movel	%sp@(8), %a3
	movel	%sp@(12), %d1
	movel	%sp@(16), %a0
	movel	%sp@(20), %a1
	nop				/* what waits to be written, is */
	cpusha	%bc
	nop
	jmp	%a0@
SYM_CODE_END(kexec_enter_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(kexec_trampoline)
	/*
	 * In: as kexec_enter_trampoline() leaves it.
	 * Out: at .Lphysical, where the page is mapped to itself, by its own tables: or by
	 * a TTR of the kernel's, which does the same.  No data is read or written here.
	 */
	movec	%d1, %srp
	pflusha
	nop
	jmp	%a1@(.Lphysical - kexec_trampoline)

	/*
	 * Out: the MMU is off, and each address is the physical one; no TTR says more of
	 * some; vectors are at 0.
	 */
.Lphysical:
	moveq	#0, %d0
	movec	%d0, %tc
	movec	%d0, %itt0
	movec	%d0, %itt1
	movec	%d0, %dtt0
	movec	%d0, %dtt1
	pflusha
	nop
	movec	%d0, %vbr
	/* The jump to it goes by no register. */
	lea	%pc@(.Lentry), %a0
	movel	%a3, %a0@

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.  Lengths
	 * are whole pages.
	 *
	 *	a2		next entry of the table
	 *	d0, a0		destination; of what is cleared, the end
	 *	d1, a1		source
	 *	d2		bytes, then 32 bytes that are left
	 *	d3 - d7, a4 - a6	0
	 */
	moveq	#0, %d3
	moveq	#0, %d4
	moveq	#0, %d5
	moveq	#0, %d6
	moveq	#0, %d7
	moveal	%d3, %a4
	moveal	%d3, %a5
	moveal	%d3, %a6
	movel	%a2, %d1
.Lpage:
	tstl	%d1
	jeq	.Ldone
	moveal	%d1, %a2
.Lnext:
	moveml	%a2@+, %d0-%d2
	tstl	%d2
	jeq	.Lpage
	cmpl	%d0, %d1		/* in place */
	jeq	.Lnext
	moveal	%d0, %a0
	cmpil	#KEXEC_SRC_ZERO, %d1
	jeq	.Lclear
	moveal	%d1, %a1
	lsrl	#5, %d2
.Lcopy:
	move16	%a1@+, %a0@+
	move16	%a1@+, %a0@+
	subql	#1, %d2
	jne	.Lcopy
	jra	.Lnext
.Lclear:
	addal	%d2, %a0
	lsrl	#5, %d2
.Lclear_line:
	moveml	%d3-%d7/%a4-%a6, %a0@-
	subql	#1, %d2
	jne	.Lclear_line
	jra	.Lnext

	/*
	 * In: every destination holds its content.
	 * Out: at the entry point; the content is in memory, and nothing in the caches,
	 * which are off; all registers are 0, and SR is SR_QUIET.
	 */
.Ldone:
	nop
	cpusha	%bc
	nop
	movec	%d3, %cacr
	cinva	%bc			/* code since then, which is clean */
	movec	%d3, %sfc
	movec	%d3, %dfc
	moveq	#0, %d0
	moveq	#0, %d1
	moveq	#0, %d2
	moveal	%d0, %a0
	moveal	%d0, %a1
	moveal	%d0, %a2
	moveal	%d0, %a3
	movel	%a0, %usp
	moveal	%d0, %sp
	jmp	%pc@(.Lentry)@(0)

	.balign	4
.Lentry:
	.long	0

	/* Fails to assemble if the above is larger. */
	.org	kexec_trampoline + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(kexec_trampoline)
