/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handoff says of itself, by firmware or on a serial port: marks, and
 * exceptions (CONFIG_KEXEC_DEBUG_HANDOFF,
 * Documentation/admin-guide/kexec/handoff-debug.rst).
 *
 * Like the trampoline it is data to the kernel: machine_kexec_report.c copies it to
 * a page of control memory, the report page.  stvec has the page's physical address
 * from the moment that translation is off.  There it stays when the image is
 * entered, until that has a handler of its own.  If the image had translation on,
 * with a map in which this page has that address, it is turned off.
 *
 * There is no stack.  Registers, of which marks change no others:
 *
 *	t0		a text, or a number
 *	t1		a character
 *	t2-t5, a6, a7	.Lputc's; t2 .Lfind's, too
 *	t6		what is left of a number that is printed, in bits
 *	s0		where a mark returns to
 *	s1		looks at the UART that it is worth
 *	s2		where .Lputc returns to
 *	ra		where the others return to
 *
 * and of a report, once those of the exception are written down:
 *
 *	s3		the registers of the exception, .Lregs
 *	s4		where the exception was taken
 *	s5		the cause; names still to be printed
 *	s6		what has a name; values still to be printed
 *	s7		how many more fit in the line
 *	s8		an entry of the move table
 */
#include <linux/kexec.h>
#include <linux/linkage.h>

#include <asm/asm.h>
#include <asm/csr.h>
#include <asm/kexec.h>

/* Looks at the UART before a character is written all the same; then half as many. */
#define PATIENCE	0x100000

#define LSR_READY	0x20	/* takes another byte */
#define LSR_IDLE	0x40	/* has sent the last one */

#define SRST		0x53525354	/* SBI's extension, as in asm/sbi.h */
#define SRST_COLD	1

#define REGISTERS_A_LINE	4

/* In a list of names: the last one. */
#define UNNAMED		0xff

/* Offsets from .Lregs */
#define REGS_CAUSE	(0 * RISCV_SZPTR)
#define REGS_TVAL	(1 * RISCV_SZPTR)
#define REGS_STATUS	(2 * RISCV_SZPTR)
#define REGS_X(nr)	((2 + (nr)) * RISCV_SZPTR)
#define REGS_SIZE	REGS_X(32)

	.section .rodata, "a"
	/* As stvec wants it, of which the low bits are its mode: "direct". */
	.balign	16
	.option	push
	.option	norelax
	.option	norvc
SYM_DATA_START(kexec_report)
	j	.Lexception

	/*
	 * A mark of progress, for the trampoline.
	 * In: t0, a text; ra, where to return to.
	 * Out: t0 to t6, a6, a7, s0 to s2 are changed.
	 */
	.org	kexec_report + KEXEC_REPORT_MARK
	lla	t2, .Ldata
	lw	t2, KEXEC_REPORT_FLAGS(t2)
	andi	t2, t2, KEXEC_CONSOLE_MARKS
	beqz	t2, 1f
	mv	s0, ra
	li	s1, PATIENCE
	jal	.Lputs
	mv	ra, s0
1:	ret

	/*
	 * In: a trap, interrupts off.
	 * Out: no translation; general registers are in .Lregs.
	 */
.Lexception:
	csrw	CSR_SCRATCH, t0
	csrw	CSR_SATP, zero
	sfence.vma
	lla	t0, .Ldepth
	REG_L	t0, (t0)
	bnez	t0, .Lanother
	lla	t0, .Lregs
	.irp	nr, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	REG_S	x\nr, REGS_X(\nr)(t0)
	.endr
	.irp	nr, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	REG_S	x\nr, REGS_X(\nr)(t0)
	.endr
	mv	s3, t0
	csrr	t0, CSR_SCRATCH
	REG_S	t0, REGS_X(5)(s3)
	lla	t0, .Ldepth
	li	t1, 1
	REG_S	t1, (t0)

	csrr	s4, CSR_EPC
	csrr	s5, CSR_CAUSE
	REG_S	s5, REGS_CAUSE(s3)
	csrr	t0, CSR_TVAL
	REG_S	t0, REGS_TVAL(s3)
	csrr	t0, CSR_STATUS
	REG_S	t0, REGS_STATUS(s3)

	/* What it was, and where. */
	li	s1, PATIENCE
	lla	t0, .Lnewline
	jal	.Lputs
	lla	t0, .Lprefix
	jal	.Lputs
	li	t1, UNNAMED
	bgeu	s5, t1, 1f		/* an interrupt has the highest bit */
	mv	t1, s5
1:	lla	t0, .Lcauses
	jal	.Lfind
	mv	s6, t1
	jal	.Lputs
	li	t1, UNNAMED
	bne	s6, t1, 2f
	mv	t0, s5
	jal	.Lput_address
2:	lla	t0, .Lat
	jal	.Lputs
	mv	t0, s4
	jal	.Lput_address

	/* All registers, some in a line. */
	lla	s5, .Lnames
	mv	s6, s3
	mv	s7, zero
.Lnext_register:
	lbu	t1, (s5)
	beqz	t1, .Lregisters_end
	lla	t0, .Lspace
	bnez	s7, 1f
	li	s7, REGISTERS_A_LINE
	lla	t0, .Lnewline
1:	jal	.Lputs
	addi	s7, s7, -1
	mv	t0, s5
	jal	.Lputs
	mv	s5, t0
	lla	t0, .Lequals
	jal	.Lputs
	REG_L	t0, (s6)
	addi	s6, s6, RISCV_SZPTR
	jal	.Lput_digits
	j	.Lnext_register
.Lregisters_end:
	lla	t0, .Lnewline
	jal	.Lputs

	/*
	 * What was being moved, if it was between the trampoline's
	 * kexec_moves_begin and kexec_moves_end: the entry before the one that a0
	 * has come to.
	 */
	lla	t0, .Lno_move
	lla	t1, .Ldata
	REG_L	t2, KEXEC_REPORT_MOVES(t1)
	bltu	s4, t2, 1f
	REG_L	t2, (KEXEC_REPORT_MOVES + RISCV_SZPTR)(t1)
	bgeu	s4, t2, 1f
	REG_L	s8, REGS_X(10)(s3)
	addi	s8, s8, -(KEXEC_MOVE_WORDS * RISCV_SZPTR)
	lla	t0, .Lmove
	jal	.Lputs
	REG_L	t0, (s8)
	jal	.Lput_address
	lla	t0, .Lfrom
	jal	.Lputs
	REG_L	t0, RISCV_SZPTR(s8)
	jal	.Lput_address
	lla	t0, .Lcomma
	jal	.Lputs
	REG_L	t0, (2 * RISCV_SZPTR)(s8)
	jal	.Lput_address
	lla	t0, .Lbytes
1:	jal	.Lputs

.Llast_line:
	lla	t0, .Lprefix
	jal	.Lputs
	lla	t0, .Lstopped
	lla	t1, .Ldata
	lw	t1, KEXEC_REPORT_FLAGS(t1)
	andi	t1, t1, KEXEC_CONSOLE_RESET
	beqz	t1, 1f
	lla	t0, .Lresetting
1:	jal	.Lputs

	/* Nothing of it is to be lost in the UART. */
	lla	t2, .Ldata
	REG_L	a7, KEXEC_REPORT_SBI_EXT(t2)
	bnez	a7, .Lend
	li	a6, LSR_IDLE
	jal	s2, .Lwait
.Lend:
	lla	t1, .Ldata
	lw	t1, KEXEC_REPORT_FLAGS(t1)
	andi	t1, t1, KEXEC_CONSOLE_RESET
	beqz	t1, 1f
	li	a7, SRST
	li	a6, 0
	li	a0, SRST_COLD
	li	a1, 0
	ecall
1:
.Lstopped_for_good:
	wfi
	j	.Lstopped_for_good

	/*
	 * In: the report has taken an exception; t0, how many there were before.
	 * Out: at the last line; nowhere near the UART if that took it; stopped,
	 * if it is not even the UART.
	 */
.Lanother:
	lla	t1, .Ldepth
	addi	t2, t0, 1
	REG_S	t2, (t1)
	li	t2, 2
	beq	t0, t2, .Lend
	bgtu	t0, t2, .Lstopped_for_good
	li	s1, PATIENCE
	j	.Llast_line

	/*
	 * In: t0, a list of bytes, each with a text, the last one UNNAMED; t1, a
	 * byte.
	 * Out: t0, the text of that, or of the last one; t1, the byte it is with.
	 */
.Lfind:
	lbu	t2, (t0)
	addi	t0, t0, 1
	beq	t2, t1, 2f
	li	t3, UNNAMED
	beq	t2, t3, 2f
1:	lbu	t2, (t0)
	addi	t0, t0, 1
	bnez	t2, 1b
	j	.Lfind
2:	mv	t1, t2
	ret

	/* In: t0, a text.  Out: t0, what follows it. */
.Lputs:
	lbu	t1, (t0)
	addi	t0, t0, 1
	beqz	t1, 1f
	jal	s2, .Lputc
	j	.Lputs
1:	ret

	/* In: t0, a number. */
.Lput_address:
	li	t1, '0'
	jal	s2, .Lputc
	li	t1, 'x'
	jal	s2, .Lputc
.Lput_digits:
	li	t6, 8 * RISCV_SZPTR
1:	addi	t6, t6, -4
	srl	t1, t0, t6
	andi	t1, t1, 15
	addi	t2, t1, -10
	addi	t1, t1, '0'
	bltz	t2, 2f
	addi	t1, t2, 'a'
2:	jal	s2, .Lputc
	bnez	t6, 1b
	ret

	/* In: t1, a character; s2, where to return to. */
.Lputc:
	lla	t2, .Ldata
	REG_L	a7, KEXEC_REPORT_SBI_EXT(t2)
	beqz	a7, 1f

	/* SBI changes a0 and a1, and nothing else. */
	REG_L	a6, KEXEC_REPORT_SBI_FUNCTION(t2)
	mv	t3, a0
	mv	t4, a1
	mv	a0, t1
	ecall
	mv	a0, t3
	mv	a1, t4
	jr	s2

	/* .Lwait must not come back here but after that. */
1:	mv	t5, s2
	li	a6, LSR_READY
	jal	s2, .Lwait
	mv	s2, t5
	REG_L	t3, KEXEC_REPORT_UART(t2)
	lw	t4, KEXEC_REPORT_WIDE(t2)
	bnez	t4, 2f
	sb	t1, (t3)
	jr	s2
2:	sw	t1, (t3)
	jr	s2

	/*
	 * In: t2, the data; a6, a bit of the UART's status; s1; s2, where to
	 * return to.
	 * Out: the bit is set, or s1 is less.  t3, t4 and a7 are changed.
	 */
.Lwait:
	mv	a7, s1
1:	REG_L	t3, KEXEC_REPORT_STATUS(t2)
	lw	t4, KEXEC_REPORT_WIDE(t2)
	bnez	t4, 2f
	lbu	t3, (t3)
	j	3f
2:	lw	t3, (t3)
3:	and	t3, t3, a6
	bnez	t3, 4f
	addi	a7, a7, -1
	bgtz	a7, 1b
	srli	s1, s1, 1
4:	jr	s2

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

	/* Privileged specification, "Supervisor Cause Register". */
	.macro	named nr, text
	.byte	\nr
	.asciz	"\text"
	.endm
.Lcauses:
	named	EXC_INST_MISALIGNED, "instruction address misaligned"
	named	EXC_INST_ACCESS, "instruction access fault"
	named	EXC_INST_ILLEGAL, "illegal instruction"
	named	EXC_BREAKPOINT, "breakpoint"
	named	EXC_LOAD_MISALIGNED, "load address misaligned"
	named	EXC_LOAD_ACCESS, "load access fault"
	named	EXC_STORE_MISALIGNED, "store address misaligned"
	named	EXC_STORE_ACCESS, "store access fault"
	named	EXC_SYSCALL, "environment call from U-mode"
	named	EXC_INST_PAGE_FAULT, "instruction page fault"
	named	EXC_LOAD_PAGE_FAULT, "load page fault"
	named	EXC_STORE_PAGE_FAULT, "store page fault"
	named	UNNAMED, "cause "

	/* Of .Lregs, in order. */
.Lnames:
	.asciz	"scause", "stval", "sstatus"
	.irp	reg, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6
	.asciz	"\reg"
	.endr
	.irp	reg, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
	.asciz	"\reg"
	.endr
	.byte	0

	/* Fails to assemble if the above is larger. */
	.org	kexec_report + KEXEC_REPORT_DATA
.Ldata:
	.skip	KEXEC_REPORT_DATA_SIZE
.Lregs:
	.skip	REGS_X(32)
.Ldepth:				/* exceptions so far */
	.quad	0
	.org	kexec_report + KEXEC_REPORT_SIZE
	.option	pop
SYM_DATA_END(kexec_report)
