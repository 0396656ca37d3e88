/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for 64-bit x86: the entry, the serial port of a PC, and
 * how QEMU's PC is ended.
 */
#define COM1_DATA	0x3f8
#define COM1_STATUS	0x3fd
#define COM1_READY	0x20	/* takes another byte */
#define COM1_IDLE	0x40	/* has sent the last one */

#define DEBUG_EXIT	0xf4	/* isa-debug-exit: status 2 * value + 1 */
#define RESET_CONTROL	0xcf9
#define KEYBOARD	0x64

#define BOOT_CS		0x10	/* as the 64-bit boot protocol has it */
#define BOOT_DS		0x18

#define EFER		0xc0000080
#define ONLY_TIME	8	/* offsetof(struct payload_table, only_time) */
#define STACK_SIZE	768

	.section .text.entry, "ax"
	.code64
/*
 * In: what is to be checked.  Stored are all registers before any is used,
 * which takes none, as the place is relative to rip.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	mov	%\reg, value_\reg(%rip)
	.endr
	mov	%rsp, entry_stack(%rip)
	lea	stack_top(%rip), %rsp
	pushfq
	popq	value_rflags(%rip)

	/* Now rax, rcx and rdx may be used. */
	rdtsc
	mov	%eax, entry_time(%rip)
	mov	%edx, entry_time + 4(%rip)
	.irp reg, cs, ds, es, ss, cr0, cr3, cr4
	mov	%\reg, %rax
	mov	%rax, value_\reg(%rip)
	.endr
	mov	$EFER, %ecx
	rdmsr
	mov	%eax, value_efer(%rip)

	/* The GDT of another kexec may be gone. */
	cmpq	$0, payload_table + ONLY_TIME(%rip)
	jne	1f

	/* The selectors' descriptors are there, too: load them again. */
	mov	$BOOT_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	pushq	$BOOT_CS
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:
	lea	registers(%rip), %rdi
	mov	$(registers_end - registers) / 32, %esi
	mov	entry_stack(%rip), %rdx
	xor	%ebp, %ebp
	call	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	mov	$COM1_READY, %ah
	call	wait_for_serial
	mov	%edi, %eax
	mov	$COM1_DATA, %edx
	out	%al, %dx
	ret

/* In: ah, the bit to wait for, a million times at most. */
wait_for_serial:
	mov	$1000000, %ecx
	mov	$COM1_STATUS, %edx
1:	in	%dx, %al
	test	%ah, %al
	jnz	2f
	pause
	dec	%ecx
	jnz	1b
2:	ret

/* void end_machine(int verdict): one of these works, in QEMU the first. */
	.globl end_machine
	.hidden end_machine
end_machine:
	mov	$COM1_IDLE, %ah
	call	wait_for_serial

	xor	%eax, %eax
	test	%edi, %edi
	setnz	%al
	add	$0x10, %eax
	mov	$DEBUG_EXIT, %edx
	out	%al, %dx

	mov	$0x6, %eax
	mov	$RESET_CONTROL, %edx
	out	%al, %dx

	mov	$0xfe, %eax
	mov	$KEYBOARD, %edx
	out	%al, %dx

	/* A breakpoint, and nobody to take it. */
	lidt	no_idt(%rip)
	int3
1:	hlt
	jmp	1b

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	lea	four_levels(%rip), %rax
	mov	%cr4, %rcx
	bt	$12, %rcx		/* LA57 */
	jnc	1f
	lea	five_levels(%rip), %rax
1:	ret

	.section .rodata
four_levels:
	.asciz	"4-level paging"
five_levels:
	.asciz	"5-level paging"

	.data
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = -1
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
value_\name:
	.quad	0, \expected, \mask
.endm

registers:
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	register \reg
	.endr
	register rflags, 0, 0x47700		/* TF, IF, DF, IOPL, NT, AC */
	register cs, BOOT_CS, 0xffff
	register ds, BOOT_DS, 0xffff
	register es, BOOT_DS, 0xffff
	register ss, BOOT_DS, 0xffff
	register cr0, 0x80000001, 0x8000000d	/* PE and PG, not EM and TS */
	register cr3, 0, 0xfff			/* no PCID */
	register cr4, 0x20, ~0x1040		/* PAE; LA57 and MCE as they were */
	register efer, 0x500, 0x500		/* LME and LMA */
registers_end:

	.globl	entry_stack
	.hidden	entry_stack
entry_stack:
	.quad	0
	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0
no_idt:
	.skip	10, 0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
