/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handoff says of itself, on a serial port: marks, and exceptions
 * (CONFIG_KEXEC_DEBUG_HANDOFF, Documentation/admin-guide/kexec/handoff-debug.rst).
 *
 * Like the trampoline it is data to the kernel: machine_kexec_report.c copies it to
 * a page of control memory, the report page, and adds an IDT that leads to .Lvectors.
 * It runs there, by the page's physical address:
 *
 *	+0				this
 *	+KEXEC_REPORT_IDT		the IDT
 *	+KEXEC_REPORT_TSS		64-bit: a TSS, for its stack
 *	+PAGE_SIZE			the end of the stack
 *
 * Nothing is known of the state in which an exception is taken, but that the IDT and
 * the GDT's code segment were there.  So 64-bit code gets its stack from the TSS.
 * 32-bit code, for which paging is off, begins on the one in use: if there is no
 * memory, what it says is wrong, but it says it.  For the same reason memory is reached
 * by the stack segment there: it has just been used.
 *
 * 32-bit registers serve for both, but where an address or a word is meant.
 */
#include <linux/kexec.h>
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/kexec.h>
#include <asm/page_types.h>
#include <asm/segment.h>
#include <asm/trapnr.h>

#include "machine_kexec_report.h"

#ifdef CONFIG_X86_64
	.code64
#define AT(symbol)	symbol(%rip)
#define MEM(reg)	(reg)
#define INDEXED(reg, i)	(reg, i, 8)
#define WORD		8
#else
	.code32
/* ebp has the report page; what it leads to is in the stack segment. */
#define AT(symbol)	(symbol - kexec_report)(%ebp)
#define MEM(reg)	%ss:(reg)
#define INDEXED(reg, i)	%ss:(reg, i, 4)
#define WORD		4
#endif
#define DIGITS		(2 * WORD)

#define UART_TX		0
#define UART_LSR	5
#define LSR_READY	0x20	/* takes another byte */
#define LSR_IDLE	0x40	/* has sent the last one */

/* Looks at the port before a character is written all the same; then half as many. */
#define PATIENCE	0x100000

#define RESET_CONTROL	0xcf9
#define KEYBOARD	0x64
#define KEYBOARD_RESET	0xfe

/* Vectors with an error code (SDM 3A, 6.3.1; APM 2, 8.2). */
#define WITH_ERROR	(1 << X86_TRAP_DF | 1 << X86_TRAP_TS | 1 << X86_TRAP_NP | \
			 1 << X86_TRAP_SS | 1 << X86_TRAP_GP | 1 << X86_TRAP_PF | \
			 1 << X86_TRAP_AC | 1 << X86_TRAP_CP | 1 << 29 | 1 << 30)

/* Places in .Lvalues, in words. */
#define VALUE_SP	7
#ifdef CONFIG_X86_64
#define VALUE_NEXT	10	/* r10 has the next entry of the move table */
#define VALUE_ERROR	16
#define VALUES		24
#else
#define VALUE_NEXT	6	/* ebp */
#define VALUE_ERROR	8
#define VALUES		15
#endif
#define VALUE(nr)	AT(.Lvalues + (nr) * WORD)

/* Note a register as number @nr of .Lnames.  Of the second kind rax is changed. */
.macro store reg, nr
	mov	%\reg, VALUE(\nr)
.endm
.macro store_special reg, nr
	mov	%\reg, %_ASM_AX
	mov	%_ASM_AX, VALUE(\nr)
.endm

	.section .rodata, "a"
	.balign	16
/*
 * Print mark number eax.
 * In: on a stack that is good for a few words, called with this page's address.
 * Out: eax and flags are changed.
 */
SYM_CODE_START_NOALIGN(kexec_report)
	push	%_ASM_CX
	push	%_ASM_DX
	push	%_ASM_SI
	push	%_ASM_BP
#ifdef CONFIG_X86_32
	call	1f
1:	popl	%ebp
	subl	$(1b - kexec_report), %ebp
#endif
	lea	AT(.Lmarks), %_ASM_SI
	call	.Lput_nth
	pop	%_ASM_BP
	pop	%_ASM_SI
	pop	%_ASM_DX
	pop	%_ASM_CX
	ret
	int3

	/* KEXEC_REPORT_STRIDE bytes each: its number, and on. */
	.balign	KEXEC_REPORT_STRIDE
SYM_INNER_LABEL(kexec_report_vectors, SYM_L_GLOBAL)
	.set	vector, 0
	.rept	KEXEC_REPORT_VECTORS
	.balign	KEXEC_REPORT_STRIDE
	push	$vector
	jmp	.Lexception
	.set	vector, vector + 1
	.endr

	/*
	 * In: on the stack the vector's number, and what the processor put there.
	 * Out: never.
	 */
	.balign	KEXEC_REPORT_STRIDE
.Lexception:
#ifdef CONFIG_X86_32
	pushl	%ebp
	.byte	0xbd				/* movl $page, %ebp */
SYM_INNER_LABEL(kexec_report_page, SYM_L_GLOBAL)
	.long	0
#endif
	/* Is it one in the report itself?  No more of that. */
	cmpb	$1, AT(.Ldepth)
	je	.Llast_line
	ja	.Lagain
	movb	$1, AT(.Ldepth)

#ifdef CONFIG_X86_64
	store	rax, 0
	store	rbx, 1
	store	rcx, 2
	store	rdx, 3
	store	rsi, 4
	store	rdi, 5
	store	rbp, 6
	store	r8, 8
	store	r9, 9
	store	r10, 10
	store	r11, 11
	store	r12, 12
	store	r13, 13
	store	r14, 14
	store	r15, 15
#else
	store	eax, 0
	store	ebx, 1
	store	ecx, 2
	store	edx, 3
	store	esi, 4
	store	edi, 5
	popl	VALUE(6)
#endif
	pop	%_ASM_DI			/* the vector's number */
	andl	$31, %edi
	movl	$WITH_ERROR, %edx
	xorl	%eax, %eax
	btl	%edi, %edx
	jnc	1f
	pop	%_ASM_AX
1:
	mov	%_ASM_AX, VALUE(VALUE_ERROR)
	pop	%_ASM_BX			/* the instruction */
#ifdef CONFIG_X86_64
	popq	VALUE(VALUE_ERROR + 2)		/* cs */
	popq	VALUE(VALUE_ERROR + 1)		/* rflags */
	popq	VALUE(VALUE_SP)
	popq	VALUE(VALUE_ERROR + 3)		/* ss */
	store_special cr0, 20
	store_special cr2, 21
	store_special cr3, 22
	store_special cr4, 23
#else
	popl	VALUE(VALUE_ERROR + 2)
	popl	VALUE(VALUE_ERROR + 1)
	store	esp, VALUE_SP
	movl	%ss, %eax
	store	eax, VALUE_ERROR + 3
	store_special cr0, 12
	store_special cr2, 13
	store_special cr3, 14
	leal	PAGE_SIZE(%ebp), %esp
#endif
	cld

	/*
	 * In: edi is the vector's number, rbx the instruction's address, the other
	 * registers are in .Lvalues; own stack.  rbx is kept until the moves are
	 * dealt with.
	 */
	lea	AT(.Lbegin), %_ASM_SI
	call	.Lputs
	movl	%edi, %eax
	lea	AT(.Lcauses), %_ASM_SI
	call	.Lnth
	cmpb	$0, MEM(%_ASM_SI)
	je	1f
	call	.Lputs
	jmp	2f
1:
	lea	AT(.Lvector), %_ASM_SI
	call	.Lputs
	movl	%edi, %eax
	movb	$10, %cl
	divb	%cl				/* al: tens, ah: ones */
	movl	%eax, %edi
	addb	$'0', %al
	call	.Lputc
	movl	%edi, %eax
	movb	%ah, %al
	addb	$'0', %al
	call	.Lputc
2:
	lea	AT(.Lat), %_ASM_SI
	call	.Lputs
	mov	%_ASM_BX, %_ASM_AX
	call	.Lput_digits

	/* The registers: edi counts them, rsi goes through their names. */
	xorl	%edi, %edi
	lea	AT(.Lnames), %_ASM_SI
.Lregister:
	movb	$' ', %al
	testl	$3, %edi
	jnz	1f
	movb	$'\r', %al
	call	.Lputc
	movb	$'\n', %al
1:
	call	.Lputc
	call	.Lputs
	movb	$'=', %al
	call	.Lputc
	lea	AT(.Lvalues), %_ASM_CX
	mov	INDEXED(%_ASM_CX, %_ASM_DI), %_ASM_AX
	call	.Lput_digits
	incl	%edi
	cmpl	$VALUES, %edi
	jb	.Lregister

	/*
	 * In: rbx is still the instruction's address.
	 * In the middle of a move it is in those parts of the trampoline where
	 * the move's entry has been read and the next one has not: what lies in
	 * front of the pointer to that.
	 */
	lea	AT(.Lno_move), %_ASM_SI
	cmp	AT(kexec_report_moving), %_ASM_BX
	jb	.Lput_last
	cmp	AT(kexec_report_moving + WORD), %_ASM_BX
	jb	1f
	cmp	AT(kexec_report_moving + 2 * WORD), %_ASM_BX
	jb	.Lput_last
	cmp	AT(kexec_report_moving + 3 * WORD), %_ASM_BX
	jae	.Lput_last
1:
	mov	VALUE(VALUE_NEXT), %_ASM_DI
	sub	$(KEXEC_MOVE_WORDS * WORD), %_ASM_DI
	lea	AT(.Lmove), %_ASM_SI
	movl	$KEXEC_MOVE_WORDS, %ebx
1:
	call	.Lputs
	mov	MEM(%_ASM_DI), %_ASM_AX
	add	$WORD, %_ASM_DI
	call	.Lput_digits
	decl	%ebx
	jnz	1b
.Lput_last:
	call	.Lputs

	/* In: nothing but the page's address, and the stack on 64-bit. */
.Llast_line:
#ifdef CONFIG_X86_32
	leal	PAGE_SIZE(%ebp), %esp
#endif
	/* An exception from here on says nothing. */
	movb	$2, AT(.Ldepth)
	lea	AT(.Lstopped), %_ASM_SI
	testb	$KEXEC_CONSOLE_RESET, AT(kexec_report_console + 4)
	jz	1f
	lea	AT(.Lresetting), %_ASM_SI
1:
	call	.Lputs
	testb	$KEXEC_CONSOLE_RESET, AT(kexec_report_console + 4)
	jz	.Lhalt

	/* Nothing of it is to be lost in the port. */
	movl	AT(kexec_report_patience), %ecx
1:
	call	.Lstatus
	testb	$LSR_IDLE, %al
	jnz	.Lreset
	pause
	decl	%ecx
	jnz	1b
	jmp	.Lreset

	/*
	 * In: the last line has taken an exception, or what comes after it has.
	 * Out: stopped, or reset, and nowhere near the port, which may have taken
	 * it; if another one is taken there, nothing is left to be tried.
	 */
.Lagain:
#ifdef CONFIG_X86_32
	leal	PAGE_SIZE(%ebp), %esp
#endif
	testb	$KEXEC_CONSOLE_RESET, AT(kexec_report_console + 4)
	jz	.Lhalt
	cmpb	$2, AT(.Ldepth)
	ja	.Ltriple_fault
	movb	$3, AT(.Ldepth)

	/*
	 * By the chipset, by the keyboard controller, or by an exception that
	 * nobody can take.
	 */
.Lreset:
	movl	$RESET_CONTROL, %edx
	movl	$2, %eax			/* of everything ... */
	outb	%al, %dx
	movl	$6, %eax			/* ... now */
	outb	%al, %dx
	movl	$KEYBOARD_RESET, %eax
	outb	%al, $KEYBOARD
.Ltriple_fault:
	lidt	AT(.Lno_idt)
	ud2
.Lhalt:
	hlt
	jmp	.Lhalt

	/* Go on at rsi after eax strings; eax is changed. */
1:
	inc	%_ASM_SI
.Lskip:
	cmpb	$0, MEM(%_ASM_SI)
	jne	1b
	inc	%_ASM_SI
	decl	%eax
.Lnth:
	testl	%eax, %eax
	jnz	.Lskip
	ret
	int3

	/* Print the string after eax others at rsi. */
.Lput_nth:
	call	.Lnth
	/* Print the string at rsi, and go on behind it; eax, ecx, edx are changed. */
.Lputs:
	movb	MEM(%_ASM_SI), %al
	inc	%_ASM_SI
	testb	%al, %al
	jz	1f
	call	.Lputc
	jmp	.Lputs
1:
	ret
	int3

	/* Print rax in hexadecimal; eax, ecx, edx are changed. */
.Lput_digits:
	push	%_ASM_DI
	push	%_ASM_BX
	mov	%_ASM_AX, %_ASM_BX
	movl	$DIGITS, %edi
1:
	rol	$4, %_ASM_BX
	movl	%ebx, %eax
	andl	$15, %eax
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	2f
	addb	$('a' - '9' - 1), %al
2:
	call	.Lputc
	decl	%edi
	jnz	1b
	pop	%_ASM_BX
	pop	%_ASM_DI
	ret
	int3

	/* Print al; eax, ecx, edx are changed. */
.Lputc:
	push	%_ASM_AX
	mov	AT(kexec_report_console + 8), %_ASM_DX
	movl	AT(kexec_report_patience), %ecx
1:
	call	.Lstatus
	testb	$LSR_READY, %al
	jnz	2f
	pause
	decl	%ecx
	jnz	1b
	/* Not once for each character. */
	shrl	AT(kexec_report_patience)
	jnz	2f
	incl	AT(kexec_report_patience)
2:
	pop	%_ASM_AX
	cmpl	$KEXEC_CONSOLE_UART_MMIO, AT(kexec_report_console)
	je	3f
	ja	4f
	outb	%al, %dx
	ret
3:
	movb	%al, MEM(%_ASM_DX)
	ret
4:
	movzbl	%al, %eax
	movl	%eax, MEM(%_ASM_DX)
	ret
	int3

	/* The line's status to al; eax is changed, rdx becomes the port's address. */
.Lstatus:
	mov	AT(kexec_report_console + 8), %_ASM_DX
	cmpl	$KEXEC_CONSOLE_UART_MMIO, AT(kexec_report_console)
	je	1f
	ja	2f
	addl	$UART_LSR, %edx
	inb	%dx, %al
	subl	$UART_LSR, %edx
	ret
1:
	add	$UART_LSR, %_ASM_DX
	movb	MEM(%_ASM_DX), %al
	sub	$UART_LSR, %_ASM_DX
	ret
2:
	add	$(4 * UART_LSR), %_ASM_DX
	movl	MEM(%_ASM_DX), %eax
	sub	$(4 * UART_LSR), %_ASM_DX
	ret
	int3

	/* A string each, in the order of KEXEC_MARK_*. */
.Lmarks:
	.asciz	"[tables]"
	.asciz	"[moves]"
	.asciz	"[jump]\r\n"
	.asciz	"[return]"
	.asciz	"[kernel]\r\n"

	/* Of each vector; what has no name is empty. */
.Lcauses:
	.asciz	"divide error"
	.asciz	"debug exception"
	.asciz	"non-maskable interrupt"
	.asciz	"breakpoint"
	.asciz	"overflow"
	.asciz	"bound range exceeded"
	.asciz	"invalid opcode"
	.asciz	"device not available"
	.asciz	"double fault"
	.asciz	""
	.asciz	"invalid TSS"
	.asciz	"segment not present"
	.asciz	"stack fault"
	.asciz	"general protection fault"
	.asciz	"page fault"
	.asciz	""
	.asciz	"floating-point error"
	.asciz	"alignment check"
	.asciz	"machine check"
	.asciz	"SIMD floating-point error"
	.asciz	"virtualization exception"
	.asciz	"control protection exception"
	.asciz	"", "", "", "", "", ""
	.asciz	"hypervisor injection"
	.asciz	"VMM communication exception"
	.asciz	"security exception"
	.asciz	""

.Lbegin:
	.asciz	"\r\nkexec: handoff: "
.Lvector:
	.asciz	"vector "
.Lat:
	.asciz	" at 0x"
.Lno_move:
	.asciz	"\r\nkexec: handoff: no move"
	/* These three are printed in turn, and what follows. */
.Lmove:
	.asciz	"\r\nkexec: handoff: move 0x"
	.asciz	" from 0x"
	.asciz	", 0x"
	.asciz	" bytes"
.Lstopped:
	.asciz	"\r\nkexec: handoff: stopped\r\n"
.Lresetting:
	.asciz	"\r\nkexec: handoff: resetting\r\n"

.Lnames:
#ifdef CONFIG_X86_64
	.asciz	"rax", "rbx", "rcx", "rdx"
	.asciz	"rsi", "rdi", "rbp", "rsp"
	.asciz	"r8", "r9", "r10", "r11"
	.asciz	"r12", "r13", "r14", "r15"
	.asciz	"error", "rflags", "cs", "ss"
	.asciz	"cr0", "cr2", "cr3", "cr4"
#else
	.asciz	"eax", "ebx", "ecx", "edx"
	.asciz	"esi", "edi", "ebp", "esp"
	.asciz	"error", "eflags", "cs", "ss"
	.asciz	"cr0", "cr2", "cr3"
#endif

	.balign	8
.Lvalues:
	.skip	VALUES * WORD, 0
	/* Of the trampoline: begin and end, twice. */
SYM_INNER_LABEL(kexec_report_moving, SYM_L_GLOBAL)
	.skip	4 * WORD, 0
	.balign	8
	/* struct kexec_handoff_console */
SYM_INNER_LABEL(kexec_report_console, SYM_L_GLOBAL)
	.long	0, 0
	.quad	0
SYM_INNER_LABEL(kexec_report_patience, SYM_L_GLOBAL)
	.long	PATIENCE
	/* 1 in a report, 2 in its last line, 3 if that has taken an exception. */
.Ldepth:
	.byte	0
.Lno_idt:
	.skip	2 + WORD, 0

	/* Fails to assemble if the above is larger. */
	.org	kexec_report + KEXEC_REPORT_CODE_SIZE
SYM_CODE_END(kexec_report)
