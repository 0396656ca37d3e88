/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for 32-bit x86: the entry, the serial port of a PC, and
 * how QEMU's PC is ended.
 */
#define COM1_DATA	0x3f8
#define COM1_STATUS	0x3fd
#define COM1_READY	0x20	/* takes another byte */
#define COM1_IDLE	0x40	/* has sent the last one */

#define DEBUG_EXIT	0xf4	/* isa-debug-exit: status 2 * value + 1 */
#define RESET_CONTROL	0xcf9
#define KEYBOARD	0x64

#define BOOT_CS		0x10	/* as the 32-bit boot protocol has it */
#define BOOT_DS		0x18

#define ONLY_TIME	8	/* offsetof(struct payload_table, only_time) */
#define STACK_SIZE	576

/* With the payload's own address in ebx. */
#define AT(symbol)	(symbol - payload_entry)(%ebx)

	.section .text.entry, "ax"
	.code32
/*
 * In: what is to be checked.  Nothing can be stored at a place relative to eip,
 * so the first registers wait on the stack that the payload was given, of which
 * it has a control page's upper half.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	pushl	%ebx
	call	1f
1:	popl	%ebx
	leal	(payload_entry - 1b)(%ebx), %ebx
	movl	%eax, AT(value_eax)
	popl	AT(value_ebx)
	.irp reg, ecx, edx, esi, edi, ebp
	movl	%\reg, AT(value_\reg)
	.endr
	pushfl
	popl	AT(value_eflags)
	movl	%esp, AT(entry_stack)
	leal	AT(stack_top), %esp

	/* Now eax, ecx and edx may be used. */
	rdtsc
	movl	%eax, AT(entry_time)
	movl	%edx, 4 + AT(entry_time)
	.irp reg, cs, ds, es, fs, gs, ss, cr0, cr3, cr4
	movl	%\reg, %eax
	movl	%eax, AT(value_\reg)
	.endr
#ifndef PAYLOAD_JUMP
	/* The word that the stack pointer points to: no way back. */
	movl	AT(entry_stack), %eax
	movl	(%eax), %eax
	movl	%eax, AT(value_top)
#endif

	/* The GDT of another kexec may be gone. */
	cmpl	$0, payload_table + ONLY_TIME - payload_entry(%ebx)
	jne	1f

	/* The selectors' descriptors are there, too: load them again. */
	movl	$BOOT_DS, %eax
	.irp reg, ds, es, fs, gs, ss
	movl	%eax, %\reg
	.endr
	pushl	$BOOT_CS
	leal	AT(1f), %eax
	pushl	%eax
	lretl
1:
	/* payload_main(registers, how many, entry_stack) */
	xorl	%ebp, %ebp
	pushl	$0
	pushl	AT(entry_stack)
	pushl	$(registers_end - registers) / 32
	leal	AT(registers), %eax
	pushl	%eax
	call	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	movb	$COM1_READY, %ah
	call	wait_for_serial
	movl	4(%esp), %eax
	movl	$COM1_DATA, %edx
	outb	%al, %dx
	ret

/* In: ah, the bit to wait for, a million times at most. */
wait_for_serial:
	movl	$1000000, %ecx
	movl	$COM1_STATUS, %edx
1:	inb	%dx, %al
	testb	%ah, %al
	jnz	2f
	pause
	decl	%ecx
	jnz	1b
2:	ret

/* void end_machine(int verdict): one of these works, in QEMU the first. */
	.globl end_machine
	.hidden end_machine
end_machine:
	movb	$COM1_IDLE, %ah
	call	wait_for_serial

	xorl	%eax, %eax
	cmpl	$0, 4(%esp)
	setnz	%al
	addl	$0x10, %eax
	movl	$DEBUG_EXIT, %edx
	outb	%al, %dx

	movl	$0x6, %eax
	movl	$RESET_CONTROL, %edx
	outb	%al, %dx

	movl	$0xfe, %eax
	movl	$KEYBOARD, %edx
	outb	%al, %dx

	/* A breakpoint, and nobody to take it. */
	pushl	$0
	pushl	$0
	lidt	(%esp)
	int3
1:	hlt
	jmp	1b

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	call	1f
1:	popl	%eax
	leal	(no_paging - 1b)(%eax), %eax
	ret
	/* Here, where its distance is known when this is assembled. */
no_paging:
	.asciz	"no paging"

	/* In the entry's section for the same reason. */
	.section .text.entry, "ax"
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
value_\name:
	.quad	0, \expected, \mask
.endm

registers:
	.irp reg, eax, ebx, ecx, edx, esi, edi, ebp
	register \reg
	.endr
	register eflags, 0, 0x47700		/* TF, IF, DF, IOPL, NT, AC */
	.irp reg, ds, es, fs, gs, ss
	register \reg, BOOT_DS, 0xffff
	.endr
	register cs, BOOT_CS, 0xffff
	register cr0, 0x00000001, 0xe005000d	/* PE; no paging, EM, TS, WP */
	register cr3
	register cr4
#ifndef PAYLOAD_JUMP
	register top				/* what the stack begins with */
#endif
registers_end:

	.globl	entry_stack
	.hidden	entry_stack
entry_stack:
	.long	0
	.balign	8
	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
