/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for 64-bit RISC-V: the entry, and the serial port and the
 * switch of QEMU's machine "virt".
 */
#define UART		0x10000000
#define UART_STATUS	5
#define UART_READY	0x20	/* takes another byte */
#define UART_IDLE	0x40	/* has sent the last one */

#define TEST_DEVICE	0x100000	/* "sifive,test0" of the device tree */
#define TEST_PASS	0x5555

/* sstatus: interrupts, floating point and vectors off; no user pages */
#define STATUS_MASK	0xc6602
#define HART_MAX	0x1000

#define DEVICE_TREE	40	/* offsetof(struct payload_table, device_tree) */

#define STACK_SIZE	640

	.section .text.entry, "ax"
	.option	norelax
/*
 * In: what is to be checked.  All registers are stored before any is used, but
 * t0, which waits in sscratch.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	csrw	sscratch, t0
	lla	t0, registers
	.set	offset, 8
	.irp reg, ra, gp, tp, t1, t2, t3, t4, t5, t6, a0, a1, a2, a3, a4, a5, a6, a7
	sd	\reg, offset(t0)
	.set	offset, offset + 32
	.endr
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\nr, offset(t0)
	.set	offset, offset + 32
	.endr
	csrr	t1, sscratch
	sd	t1, offset(t0)
	.set	offset, offset + 32
	.irp reg, satp, sie, sstatus
	csrr	t1, \reg
	sd	t1, offset(t0)
	.set	offset, offset + 32
	.endr
	rdtime	t1
	lla	t2, entry_time
	sd	t1, (t2)

	lla	t1, payload_table
	ld	t1, DEVICE_TREE(t1)
	lla	t2, value_a1
	sd	t1, 8(t2)		/* expected */

	mv	a0, t0
	lla	a1, registers_end
	sub	a1, a1, a0
	srli	a1, a1, 5
	mv	a2, sp
	lla	sp, stack_top
	call	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	li	t0, UART_READY
	call	t1, wait_for_serial
	sb	a0, (t2)
	ret

/*
 * In: t0, the bit to wait for, a million times at most; t1, where to return to.
 * Out: t2, the port.
 */
wait_for_serial:
	li	t2, UART
	li	t3, 1000000
1:	lbu	t4, UART_STATUS(t2)
	and	t4, t4, t0
	bnez	t4, 2f
	addi	t3, t3, -1
	bnez	t3, 1b
2:	jr	t1

/* void end_machine(int verdict), which the log has, too */
	.globl end_machine
	.hidden end_machine
end_machine:
	li	t0, UART_IDLE
	call	t1, wait_for_serial
	li	t0, TEST_PASS
	li	t2, TEST_DEVICE
	sw	t0, (t2)
1:	wfi
	j	1b

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	lla	a0, no_translation
	csrr	t0, satp
	beqz	t0, 1f
	lla	a0, translation
1:	ret

	.section .rodata
no_translation:
	.asciz	"no translation"
translation:
	.asciz	"with translation"

	.data
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = -1
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
value_\name:
	.quad	0, \expected, \mask
.endm

/* In the order of payload_entry. */
registers:
	/* The address to return to, in a page; go_back wants one. */
	.globl	value_ra
	.hidden	value_ra
#ifdef PAYLOAD_JUMP
	register ra, 0, 3
#else
	register ra
#endif
	.irp reg, gp, tp, t1, t2, t3, t4, t5, t6
	register \reg
	.endr
	register a0, 0, ~(HART_MAX - 1)		/* a hart's number */
	.irp reg, a1, a2, a3, a4, a5, a6, a7
	register \reg			/* a1: the device tree */
	.endr
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	register s\nr
	.endr
	.irp reg, t0, satp, sie
	register \reg
	.endr
	register sstatus, 0, STATUS_MASK
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
