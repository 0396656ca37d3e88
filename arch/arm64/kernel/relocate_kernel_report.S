/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handoff says of itself, on a serial port: marks, and exceptions
 * (CONFIG_KEXEC_DEBUG_HANDOFF, Documentation/admin-guide/kexec/handoff-debug.rst).
 *
 * Like the trampoline it is data to the kernel: machine_kexec_report.c copies it to
 * a page of control memory, the report page.  VBAR has the page's physical address
 * from the moment that TTBR0 maps all memory to itself.  There it stays when the
 * image is entered, until that has vectors of its own.
 *
 * An exception turns translation and caches off, so that the console is reached
 * whatever tables there are.  What is written here is written, and read, behind
 * the caches, which have nothing of it: the page was cleaned when it was filled.
 * There is no stack.
 *
 * Registers, of which marks change no others:
 *
 *	x6		looks at the UART that it is worth
 *	x7		where a mark returns to
 *	x8		what is left of a number that is printed, in bits
 *	x9		a text, or a number
 *	x10		a character
 *	x11		struct kexec_report_data
 *	x12-x14, x16, x17	.Lputc's
 *	x15		where .Lputs, .Lput_address and .Lput_digits return to
 *
 * and of a report, once those of the exception are written down:
 *
 *	x19		the registers of the exception, .Lregs
 *	x20		where the exception was taken
 *	x21		the vector; what has a name; an entry of the move table
 *	x22, x23	the cause; names and values still to be printed
 *	x24		how many more fit in the line
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/assembler.h>
#include <asm/esr.h>
#include <asm/kexec.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>

/* Looks at the UART before a character is written all the same; then half as many. */
#define PATIENCE		0x100000

#define PSCI_SYSTEM_RESET	0x84000009	/* as in uapi/linux/psci.h */

#define REGISTERS_A_LINE	4

/* In a list of names: the last one. */
#define UNNAMED			0xff

/* Offsets from .Lregs */
#define REGS_ESR		0
#define REGS_FAR		8
#define REGS_SPSR		16
#define REGS_SP			24
#define REGS_X(nr)		(32 + 8 * (nr))

/*
 * Wait until bits of the UART's status are what they are to be, or not.
 * In: x6, x11; where in the data the two are.
 */
	.macro	wait_for pair
	ldp	w12, w13, [x11, #\pair]
	mov	w14, w6
1:	ldr	x16, [x11, #KEXEC_REPORT_STATUS]
	ldr	w17, [x11, #KEXEC_REPORT_WIDE]
	cbnz	w17, 2f
	ldrb	w16, [x16]
	b	3f
2:	ldr	w16, [x16]
CPU_BE(	rev	w16, w16)
3:	and	w16, w16, w12
	cmp	w16, w13
	b.eq	4f
	subs	w14, w14, #1
	b.hi	1b
	lsr	w6, w6, #1
4:
	.endm

	.section .rodata, "a"
	.balign	2048
SYM_DATA_START(kexec_report)
	/*
	 * In: an exception, all of DAIF masked.
	 * Out: x0 and x1 are in TPIDR_EL0 and TPIDRRO_EL0, where nobody has
	 * anything of use any more; the number of the vector is in x1.
	 */
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.balign	128
	msr	tpidr_el0, x0
	msr	tpidrro_el0, x1
	mov	x1, #\nr
	b	.Lexception
	.endr

	/*
	 * A mark of progress.  The trampoline calls this at any exception level,
	 * with translation on or off.
	 * In: x9, a text; x30, where to return to.
	 * Out: x6 to x17 are changed.
	 */
	.org	kexec_report + KEXEC_REPORT_MARK
	adr	x11, .Ldata
	ldr	w12, [x11, #KEXEC_REPORT_FLAGS]
	tst	w12, #KEXEC_CONSOLE_MARKS
	b.eq	1f
	mov	x7, x30
	mov	w6, #PATIENCE
	bl	.Lputs
	mov	x30, x7
1:	ret

	/*
	 * In: as above.
	 * Out: translation and caches are off at this exception level, VHE or
	 * not; general registers are in .Lregs.
	 */
.Lexception:
	mrs	x0, CurrentEL
	cmp	x0, #CurrentEL_EL2
	b.eq	1f
	mov_q	x0, INIT_SCTLR_EL1_MMU_OFF
	pre_disable_mmu_workaround
	msr	sctlr_el1, x0
	b	2f
1:	mov_q	x0, INIT_SCTLR_EL2_MMU_OFF
	pre_disable_mmu_workaround
	msr	sctlr_el2, x0
2:	isb

	adr	x0, .Ldepth
	ldr	x0, [x0]
	cbnz	x0, .Lanother
	adr	x0, .Lregs
	.irp	nr, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	str	x\nr, [x0, #REGS_X(\nr)]
	.endr
	.irp	nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\nr, [x0, #REGS_X(\nr)]
	.endr
	mov	x19, x0
	mov	x21, x1
	adr	x0, .Ldepth
	mov	x1, #1
	str	x1, [x0]
	mrs	x0, tpidr_el0
	mrs	x1, tpidrro_el0
	stp	x0, x1, [x19, #REGS_X(0)]
	mov	x0, sp
	str	x0, [x19, #REGS_SP]

	mrs	x0, CurrentEL
	cmp	x0, #CurrentEL_EL2
	b.eq	1f
	mrs	x20, elr_el1
	mrs	x0, esr_el1
	mrs	x1, far_el1
	mrs	x2, spsr_el1
	b	2f
1:	mrs	x20, elr_el2
	mrs	x0, esr_el2
	mrs	x1, far_el2
	mrs	x2, spsr_el2
2:	stp	x0, x1, [x19, #REGS_ESR]
	str	x2, [x19, #REGS_SPSR]

	/* What it was, and where. */
	mov	w6, #PATIENCE
	ubfx	x22, x0, #ESR_ELx_EC_SHIFT, #ESR_ELx_EC_WIDTH
	adr	x9, .Lnewline
	bl	.Lputs
	adr	x9, .Lprefix
	bl	.Lputs
	adr	x9, .Lvectors
	ands	x10, x21, #3
	b.ne	1f
	adr	x9, .Lclasses
	mov	x10, x22
1:	bl	.Lfind
	mov	x21, x10
	bl	.Lputs
	cmp	x21, #UNNAMED
	b.ne	2f
	mov	x9, x22
	bl	.Lput_address
2:	adr	x9, .Lat
	bl	.Lputs
	mov	x9, x20
	bl	.Lput_address

	/* All registers, some in a line. */
	adr	x22, .Lnames
	mov	x23, x19
	mov	x24, #0
.Lnext_register:
	ldrb	w0, [x22]
	cbz	w0, .Lregisters_end
	adr	x9, .Lspace
	cbnz	x24, 1f
	mov	x24, #REGISTERS_A_LINE
	adr	x9, .Lnewline
1:	bl	.Lputs
	sub	x24, x24, #1
	mov	x9, x22
	bl	.Lputs
	mov	x22, x9
	adr	x9, .Lequals
	bl	.Lputs
	ldr	x9, [x23], #8
	bl	.Lput_digits
	b	.Lnext_register
.Lregisters_end:
	adr	x9, .Lnewline
	bl	.Lputs

	/*
	 * What was being moved, if it was between .Lmoves and .Lmoves_end of the
	 * trampoline: the entry before the one that x0 has come to.  The
	 * trampoline has cleaned it.
	 */
	adr	x11, .Ldata
	ldp	x0, x1, [x11, #KEXEC_REPORT_MOVES]
	adr	x9, .Lno_move
	cmp	x20, x0
	b.lo	1f
	cmp	x20, x1
	b.hs	1f
	ldr	x21, [x19, #REGS_X(0)]
	sub	x21, x21, #(KEXEC_MOVE_WORDS * 8)
	adr	x9, .Lmove
	bl	.Lputs
	ldr	x9, [x21]
	bl	.Lput_address
	adr	x9, .Lfrom
	bl	.Lputs
	ldr	x9, [x21, #8]
	bl	.Lput_address
	adr	x9, .Lcomma
	bl	.Lputs
	ldr	x9, [x21, #16]
	bl	.Lput_address
	adr	x9, .Lbytes
1:	bl	.Lputs

.Llast_line:
	adr	x9, .Lprefix
	bl	.Lputs
	adr	x9, .Lstopped
	adr	x11, .Ldata
	ldr	w0, [x11, #KEXEC_REPORT_PSCI]
	cbz	w0, 1f
	adr	x9, .Lresetting
1:	bl	.Lputs

	/* Nothing of it is to be lost in the UART. */
	adr	x11, .Ldata
	wait_for KEXEC_REPORT_IDLE
.Lend:
	adr	x11, .Ldata
	ldr	w1, [x11, #KEXEC_REPORT_PSCI]
	mov_q	x0, PSCI_SYSTEM_RESET
	cmp	w1, #KEXEC_PSCI_HVC
	b.eq	1f
	cbz	w1, 2f
	smc	#0
	b	2f
1:	hvc	#0
2:	wfi
	b	2b

	/*
	 * In: the report has taken an exception; x0, how many there were before.
	 * Out: at the last line; nowhere near the UART if that took it; stopped,
	 * if it is not even the UART.
	 */
.Lanother:
	adr	x1, .Ldepth
	add	x2, x0, #1
	str	x2, [x1]
	mov	w6, #PATIENCE
	cmp	x0, #2
	b.lo	.Llast_line
	b.eq	.Lend
	b	2b

	/*
	 * In: x9, a list of bytes, each with a text, the last one UNNAMED; x10, a
	 * byte.
	 * Out: x9, the text of that, or of the last one; x10, the byte it is with.
	 */
.Lfind:
	ldrb	w11, [x9], #1
	cmp	w11, w10
	b.eq	2f
	cmp	w11, #UNNAMED
	b.eq	2f
1:	ldrb	w11, [x9], #1
	cbnz	w11, 1b
	b	.Lfind
2:	mov	w10, w11
	ret

	/* In: x9, a text.  Out: x9, what follows it. */
.Lputs:
	mov	x15, x30
1:	ldrb	w10, [x9], #1
	cbz	w10, 2f
	bl	.Lputc
	b	1b
2:	ret	x15

	/* In: x9, a number. */
.Lput_address:
	mov	x15, x30
	mov	w10, #'0'
	bl	.Lputc
	mov	w10, #'x'
	bl	.Lputc
	b	1f
.Lput_digits:
	mov	x15, x30
1:	mov	x8, #64
2:	sub	x8, x8, #4
	lsr	x10, x9, x8
	and	x10, x10, #15
	cmp	x10, #10
	add	x11, x10, #('a' - 10)
	add	x10, x10, #'0'
	csel	x10, x11, x10, hs
	bl	.Lputc
	cbnz	x8, 2b
	ret	x15

	/* In: x10, a character. */
.Lputc:
	adr	x11, .Ldata
	wait_for KEXEC_REPORT_READY
	ldr	x14, [x11, #KEXEC_REPORT_UART]
	ldr	w16, [x11, #KEXEC_REPORT_WIDE]
	cbz	w16, 1f
CPU_BE(	rev	w10, w10)
	str	w10, [x14]
	ret
1:	strb	w10, [x14]
	ret

.Lprefix:
	.asciz	"kexec: handoff: "
.Lnewline:
	.asciz	"\r\n"
.Lat:
	.asciz	" at "
.Lspace:
	.asciz	" "
.Lequals:
	.asciz	"="
.Lmove:
	.asciz	"kexec: handoff: move "
.Lfrom:
	.asciz	" from "
.Lcomma:
	.asciz	", "
.Lbytes:
	.asciz	" bytes\r\n"
.Lno_move:
	.asciz	"kexec: handoff: no move\r\n"
.Lstopped:
	.asciz	"stopped\r\n"
.Lresetting:
	.asciz	"resetting\r\n"
	/* By the kind of the vector, of which 0 is for what has a class. */
	.macro	named nr, text
	.byte	\nr
	.asciz	"\text"
	.endm
.Lvectors:
	named	1, "IRQ"
	named	2, "FIQ"
	named	3, "SError"

	/* By the exception class (Arm ARM, "ESR_EL1, Exception Syndrome Register"). */
.Lclasses:
	named	ESR_ELx_EC_UNKNOWN, "undefined instruction"
	named	ESR_ELx_EC_FP_ASIMD, "floating point access"
	named	ESR_ELx_EC_BTI, "branch target"
	named	ESR_ELx_EC_ILL, "illegal state"
	named	ESR_ELx_EC_SVC64, "SVC"
	named	ESR_ELx_EC_HVC64, "HVC"
	named	ESR_ELx_EC_SMC64, "SMC"
	named	ESR_ELx_EC_SYS64, "system register access"
	named	ESR_ELx_EC_FPAC, "pointer authentication"
	named	ESR_ELx_EC_IABT_LOW, "instruction abort"
	named	ESR_ELx_EC_IABT_CUR, "instruction abort"
	named	ESR_ELx_EC_PC_ALIGN, "PC alignment"
	named	ESR_ELx_EC_DABT_LOW, "data abort"
	named	ESR_ELx_EC_DABT_CUR, "data abort"
	named	ESR_ELx_EC_SP_ALIGN, "SP alignment"
	named	ESR_ELx_EC_BRK64, "BRK"
	named	UNNAMED, "cause "

	/* Of .Lregs, in order. */
.Lnames:
	.asciz	"esr", "far", "spsr", "sp"
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.asciz	"x\nr"
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	.asciz	"x\nr"
	.endr
	.byte	0

	/* Fails to assemble if the above is larger. */
	.org	kexec_report + KEXEC_REPORT_DATA
.Ldata:
	.skip	KEXEC_REPORT_DATA_SIZE
.Lregs:
	.skip	REGS_X(31)
.Ldepth:				/* exceptions so far */
	.quad	0
	.org	kexec_report + KEXEC_REPORT_SIZE
SYM_DATA_END(kexec_report)
