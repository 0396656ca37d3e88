/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on sh4.
 */
#define MMU_PTEH	0xff000000
#define MMU_PTEL	0xff000004
#define MMU_TTB		0xff000008
#define MMU_TEA		0xff00000c
#define MMUCR		0xff000010
#define MMUCR_JUNK	0x5	/* translation on, and nothing in the TLB */

/* Privileged, bank 1, exceptions not blocked, interrupts masked; T, S, Q, M. */
#define SR_JUNK		0x600003f3
/* As at the entry. */
#define SR_QUIET	0x500000f0

#define FPSCR_JUNK	0x00240fff	/* the other bank, all exceptions and flags */
#define FPSCR_RESET	0x00040001

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

	.text
/*
 * void go_back(void)
 *
 * To the address that was in pr: the first time and every second time after that by a
 * return, on no stack, else by a jump, in the other bank and with translation.  No
 * register has what it had, but interrupts are masked, as nobody is there to take one.
 *
 *	r8	the address
 *	r9	how often the payload was entered, and one
 */
	.balign	4
	.globl	go_back
	.hidden	go_back
	.type	go_back, @function
go_back:
	mova	back_offset, r0
	mov.l	back_offset, r1
	add	r0, r1
	mov.l	@r1, r8
	tst	r8, r8
	bt	no_way_back
	mova	table, r0
	mov.l	table, r1
	add	r0, r1
	mov	#RETURNS, r0
	mov.l	@(r0, r1), r9

	/* Translation may only be on in P1. */
	mova	in_p1, r0
	mov.l	p1, r1
	or	r1, r0
	jmp	@r0
	 nop

	.balign	4
back_offset:
	.long	value_pr - back_offset
table:
	.long	payload_table - table
p1:
	.long	0x80000000

	.balign	4
in_p1:
	mov.l	junk, r0
	mov.l	mmu_pteh, r1
	mov.l	r0, @r1
	mov.l	mmu_ptel, r1
	mov.l	r0, @r1
	mov.l	mmu_ttb, r1
	mov.l	r0, @r1
	mov.l	mmu_tea, r1
	mov.l	r0, @r1
	ldc	r0, gbr
	ldc	r0, vbr
	ldc	r0, ssr
	ldc	r0, spc
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	ldc	r0, r\nr\()_bank
	.endr
	lds	r0, mach
	lds	r0, macl

	lds	r0, fpul
	mov.l	fpscr_reset, r1
	lds	r1, fpscr
	.rept	2
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fsts	fpul, fr\nr
	.endr
	frchg
	.endr
	mov.l	fpscr_junk, r1
	lds	r1, fpscr

	mov	r9, r0
	tst	#1, r0			/* counted up: 2 the first time */
	bf	1f
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14
	mov	#(0x40 + \nr), r\nr
	.endr
	lds	r8, pr
	mov	#0, r15
	rts
	 not	r15, r8

1:	mov.l	mmucr, r1
	mov	#MMUCR_JUNK, r0
	mov.l	r0, @r1
	.rept	8
	nop
	.endr
	mov	#3, r15
	lds	r15, pr
	mov.l	sr_junk, r9
	ldc	r9, sr
	jmp	@r8
	 not	r8, r9

no_way_back:
	mova	end_offset, r0
	mov.l	end_offset, r1
	add	r0, r1
	jmp	@r1
	 mov	#1, r4

	.balign	4
junk:
	.long	0xcafef00d
mmu_pteh:
	.long	MMU_PTEH
mmu_ptel:
	.long	MMU_PTEL
mmu_ttb:
	.long	MMU_TTB
mmu_tea:
	.long	MMU_TEA
mmucr:
	.long	MMUCR
sr_junk:
	.long	SR_JUNK
fpscr_reset:
	.long	FPSCR_RESET
fpscr_junk:
	.long	FPSCR_JUNK
end_offset:
	.long	end_machine - end_offset

	.section .note.GNU-stack, "", %progbits
