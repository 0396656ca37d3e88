/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for LoongArch: the entry, and the serial port and the switch of
 * QEMU's machine "virt".
 *
 * It runs with translation off.  QEMU does not mind that registers of devices are read
 * and written through the caches then.
 */
#define UART		0x1fe001e0
#define UART_STATUS	5
#define UART_READY	0x20	/* takes another byte */
#define UART_IDLE	0x40	/* has sent the last one */

/* "syscon-poweroff" of the device tree */
#define SLEEP		0x100e001c
#define SLEEP_OFF	0x34

/* Control and status registers */
#define CRMD		0x0
#define PRMD		0x1
#define EUEN		0x2
#define ECFG		0x4
#define SAVE0		0x30
#define TCFG		0x41
#define CRMD_DA		0x8
/* DA, memory through the caches; PLV 0, no interrupts, no watchpoints */
#define CRMD_EXPECTED	0xa8

/* Where in the control page an image without a command line has one. */
#define NO_COMMAND_LINE	0x420
#define SYSTEM_TABLE	0x5453595320494249	/* EFI_SYSTEM_TABLE_SIGNATURE */

#define STACK_SIZE	640

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  All registers are stored before any is used, but t0, which
 * waits in a control and status register.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	csrwr	$t0, SAVE0
	la.local $t0, registers
	.set	offset, 8
	.irp reg, $ra, $tp, $a0, $a1, $a2, $a3, $a4, $a5, $a6, $a7, $t1, $t2, $t3, $t4, $t5, $t6, \
		$t7, $t8, $r21, $fp, $s0, $s1, $s2, $s3, $s4, $s5, $s6, $s7, $s8
	st.d	\reg, $t0, offset
	.set	offset, offset + 32
	.endr
	csrrd	$t1, SAVE0
	st.d	$t1, $t0, offset
	.set	offset, offset + 32
	.irp reg, CRMD, PRMD, EUEN, ECFG, TCFG
	csrrd	$t1, \reg
	st.d	$t1, $t0, offset
	.set	offset, offset + 32
	.endr
	ld.bu	$t1, $a1, 0
	st.d	$t1, $t0, offset
	.set	offset, offset + 32
	ld.d	$t1, $a2, 0
	st.d	$t1, $t0, offset
	rdtime.d $t1, $zero
	la.local $t2, entry_time
	st.d	$t1, $t2, 0

	move	$a0, $t0
	la.local $a1, registers_end
	sub.d	$a1, $a1, $a0
	srli.d	$a1, $a1, 5
	move	$a2, $sp
	la.local $sp, stack_top
	bl	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	li.w	$t0, UART_READY
	move	$t1, $ra
	bl	wait_for_serial
	st.b	$a0, $t2, 0
	jr	$t1

/*
 * In: t0, the bit to wait for, a million times at most.
 * Out: t2, the port.
 */
wait_for_serial:
	li.w	$t2, UART
	li.w	$t3, 1000000
1:	ld.bu	$t4, $t2, UART_STATUS
	and	$t4, $t4, $t0
	bnez	$t4, 2f
	addi.w	$t3, $t3, -1
	bnez	$t3, 1b
2:	jr	$ra

/* void end_machine(int verdict), which the log has, too */
	.globl end_machine
	.hidden end_machine
end_machine:
	li.w	$t0, UART_IDLE
	bl	wait_for_serial
	li.w	$t0, SLEEP_OFF
	li.w	$t2, SLEEP
	st.b	$t0, $t2, 0
1:	idle	0
	b	1b

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	la.local $a0, no_translation
	csrrd	$t0, CRMD
	andi	$t0, $t0, CRMD_DA
	bnez	$t0, 1f
	la.local $a0, translation
1:	jr	$ra

	.section .rodata
	.balign	4
no_translation:
	.asciz	"no translation"
	.balign	4
translation:
	.asciz	"with translation"

	.data
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = -1
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.quad	0, \expected, \mask
.endm

/* In the order of payload_entry. */
registers:
	/* The address to return to, in a page; go_back wants one. */
	.globl	value_ra
	.hidden	value_ra
	.set	value_ra, . + 8
#ifdef PAYLOAD_JUMP
	register ra, 12, 0xfff
#else
	register ra
#endif
	register tp
	register a0, 1				/* QEMU passes for UEFI */
	register a1, NO_COMMAND_LINE, 0xfff
	register a2, 0, 7			/* see below */
	.irp reg, a3, a4, a5, a6, a7, t1, t2, t3, t4, t5, t6, t7, t8, u0, fp, s0, s1, s2, \
		s3, s4, s5, s6, s7, s8, t0
	register \reg
	.endr
	register crmd, CRMD_EXPECTED
	register prmd
	register euen
	register ecfg
	register tcfg, 0, 1			/* is it on */
	register "*a1"				/* the command line is empty */
	register "*a2", SYSTEM_TABLE
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
