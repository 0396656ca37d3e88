/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's way back to the kernel that started it, on arm64.
 *
 * Bits and names are those of the Arm Architecture Reference Manual (DDI 0487).
 */
#define CPACR_ALL	0x330000		/* no traps of SIMD, of SVE */
#define SCTLR_JUNK	0x32dd183a		/* A, SA, SA0, I, WXN, EE; no M, C */
#define TCR_JUNK	0x5a5a5a5a5a5a5a5a
#define MDSCR_JUNK	0xb000			/* MDE, KDE, TDCC */
#define MDSCR_STEP	1			/* SS */
#define BREAK_ALL	0x21e7			/* any exception level */
#define WATCH_ALL	0x3fff
#define HCR_JUNK	0x77ffffff		/* all traps of EL1, which is 32-bit */
#define HCR_HOST	0x408000000		/* E2H, TGE */
#define CPTR_JUNK	0x800037ff		/* TCPAC, TFP */
#define MDCR_JUNK	0xfff

#define AT_EL2		(2 << 2)		/* CurrentEL */
#define JUNK		0xdeadbeefcafef00d	/* no address, either */

#define RETURNS		32	/* offsetof(struct payload_table, returns) */

/* Registers of extensions: an assembler need not know their names. */
#define APIAKEYLO_EL1	S3_0_C2_C1_0
#define APIAKEYHI_EL1	S3_0_C2_C1_1
#define APIBKEYLO_EL1	S3_0_C2_C1_2
#define APIBKEYHI_EL1	S3_0_C2_C1_3
#define APDAKEYLO_EL1	S3_0_C2_C2_0
#define APDAKEYHI_EL1	S3_0_C2_C2_1
#define APDBKEYLO_EL1	S3_0_C2_C2_2
#define APDBKEYHI_EL1	S3_0_C2_C2_3
#define APGAKEYLO_EL1	S3_0_C2_C3_0
#define APGAKEYHI_EL1	S3_0_C2_C3_1
#define GCR_EL1		S3_0_C1_C0_6
#define RGSR_EL1	S3_0_C1_C0_5
#define TFSR_EL1	S3_0_C5_C6_0
#define TFSRE0_EL1	S3_0_C5_C6_1
#define ICC_PMR_EL1	S3_0_C4_C6_0
#define ICC_BPR1_EL1	S3_0_C12_C12_3
#define ICC_CTLR_EL1	S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1	S3_0_C12_C12_7
#define ZCR_EL1		S3_0_C1_C2_0
#define HCRX_EL2	S3_4_C1_C2_2

	.arch_extension fp
	.arch_extension simd
	.arch_extension sve

/* Skip what follows, up to @label, if the field of four bits is 0. */
.macro unless_has id, shift, label
	mrs	x0, \id
	ubfx	x0, x0, #\shift, #4
	cbz	x0, \label
.endm

.macro load value
	ldr	x0, =\value
.endm

.macro write value, regs:vararg
	load	\value
	.irp	reg, \regs
	msr	\reg, x0
	.endr
.endm

	.text
/*
 * void go_back(void)
 *
 * To the address that was in x30: the first time and every second time after that
 * by ret, on no stack, else by a jump, on another one.  No register has what it
 * had, but translation and the data cache are off, and interrupts are masked, as
 * nobody is there to take one.
 *
 *	x19	the address
 *	x20	how often the payload was entered, and one
 *	x21	CurrentEL
 */
	.globl go_back
	.hidden go_back
go_back:
	adr	x19, value_x30
	ldr	x19, [x19]
	cbz	x19, no_way_back
	adr	x20, payload_table
	ldr	x20, [x20, #RETURNS]
	mrs	x21, currentel

	/* Vectors, their control and status; as large as they are. */
	write	CPACR_ALL, cpacr_el1
	isb
	load	JUNK
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	dup	v\nr\().2d, x0
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	dup	v\nr\().2d, x0
	.endr
	cmp	x21, #AT_EL2
	b.eq	1f			/* CPTR_EL2 may forbid it */
	unless_has id_aa64pfr0_el1, 32, 1f
	write	0, ZCR_EL1
	isb
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	z\nr\().b, #-1
	pfalse	p\nr\().b
	.endr
1:	write	0x7c00000, fpcr		/* AHP, DN, FZ, to zero */
	write	0xf800009f, fpsr

	/* Translation, exceptions, threads. */
	write	JUNK, vbar_el1, ttbr0_el1, ttbr1_el1, mair_el1, contextidr_el1, \
		tpidr_el0, tpidrro_el0, tpidr_el1, sp_el0, elr_el1, far_el1, \
		afsr0_el1, afsr1_el1
	write	TCR_JUNK, tcr_el1
	write	0x56000000, esr_el1
	write	0x3c5, spsr_el1
	write	2, csselr_el1
	write	0, cpacr_el1

	/* Timers that have fired, and that programs may not read. */
	write	0, cntv_cval_el0, cntp_cval_el0, cntkctl_el1
	write	1, cntv_ctl_el0, cntp_ctl_el0

	/* Breakpoints, watchpoints, locks; a step if exceptions are masked. */
	write	0xffff800080010000, dbgbvr0_el1, dbgbvr1_el1
	write	0xffff000000000000, dbgwvr0_el1, dbgwvr1_el1
	write	BREAK_ALL, dbgbcr0_el1, dbgbcr1_el1
	write	WATCH_ALL, dbgwcr0_el1, dbgwcr1_el1
	write	1, oslar_el1, osdlr_el1
	ldr	x0, =MDSCR_JUNK
	tbnz	x20, #0, 1f
	orr	x0, x0, #MDSCR_STEP
1:	msr	mdscr_el1, x0

	/* Performance monitors, for programs too; 15: not those. */
	unless_has id_aa64dfr0_el1, 8, 1f
	cmp	x0, #15
	b.eq	1f
	write	15, pmuserenr_el0
1:
	/* Keys for pointers, by whichever algorithm. */
	mrs	x0, id_aa64isar1_el1
	tst	x0, #0xff0
	b.eq	1f
	write	JUNK, APIAKEYLO_EL1, APIAKEYHI_EL1, APIBKEYLO_EL1, APIBKEYHI_EL1, \
		APDAKEYLO_EL1, APDAKEYHI_EL1, APDBKEYLO_EL1, APDBKEYHI_EL1, \
		APGAKEYLO_EL1, APGAKEYHI_EL1
1:
	/* Tags of memory: none left, and a fault in both halves; 1: no registers. */
	unless_has id_aa64pfr1_el1, 8, 1f
	cmp	x0, #1
	b.eq	1f
	write	0x1ffff, GCR_EL1
	write	0, RGSR_EL1
	write	3, TFSR_EL1, TFSRE0_EL1
1:
	/* This CPU's side of a GICv3: no interrupt comes, another way to end one. */
	unless_has id_aa64pfr0_el1, 24, 1f
	write	0, ICC_PMR_EL1, ICC_IGRPEN1_EL1
	write	7, ICC_BPR1_EL1
	mrs	x0, ICC_CTLR_EL1
	eor	x0, x0, #2
	msr	ICC_CTLR_EL1, x0
1:
	cmp	x21, #AT_EL2
	b.eq	at_el2
	write	SCTLR_JUNK, sctlr_el1
	b	fill_and_leave

	/*
	 * EL2.  The last of it is what the names of EL1's registers mean, if
	 * that can be changed.  SCTLR has the same bits either way.
	 */
at_el2:
	write	JUNK, vbar_el2, ttbr0_el2, mair_el2, tpidr_el2, elr_el2, far_el2, \
		hpfar_el2, vttbr_el2, vpidr_el2, vmpidr_el2, afsr0_el2, afsr1_el2
	write	TCR_JUNK, tcr_el2
	write	0x80000010, vtcr_el2
	write	0x56000000, esr_el2
	write	0x3c5, spsr_el2
	write	0xffff, hstr_el2
	write	MDCR_JUNK, mdcr_el2
	write	0, cnthctl_el2, cnthp_cval_el2
	write	1, cnthp_ctl_el2
	write	0x123456789abcd, cntvoff_el2
	unless_has id_aa64mmfr1_el1, 40, 1f
	write	0, HCRX_EL2
1:	write	CPTR_JUNK, cptr_el2
	ldr	x1, =HCR_JUNK
	tbz	x20, #0, 1f
	unless_has id_aa64mmfr1_el1, 8, 1f
	ldr	x1, =HCR_HOST
1:	ldr	x0, =SCTLR_JUNK
	msr	hcr_el2, x1
	isb
	msr	sctlr_el2, x0

	/* From here on data has the other byte order: none is read. */
fill_and_leave:
	isb
	mov	x30, x19
	tbz	x20, #0, 1f		/* counted up: 2 the first time */
	mov	x17, x19
	mov	x30, #0xf00d
	mov	x0, #0x1003
	mov	sp, x0
	msr	spsel, #0
	msr	daifclr, #0xc		/* D, A */
	mov	x0, #0xf0000000
	msr	nzcv, x0
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	x\nr, #-\nr
	.endr
	.irp	nr, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	mov	x\nr, #-\nr
	.endr
	br	x17
1:
	mov	x0, xzr
	mov	sp, x0
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	mov	x\nr, #(0xd00 + \nr)
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	mov	x\nr, #(0xd00 + \nr)
	.endr
	ret

no_way_back:
	mov	w0, #1
	b	end_machine

	.ltorg
	.section .note.GNU-stack, "", @progbits
