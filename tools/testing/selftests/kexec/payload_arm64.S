/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for arm64: the entry, the serial port of QEMU's machine
 * "virt", and how that is ended.
 */
#define PL011_DATA	0x09000000
#define PL011_FLAGS	0x18		/* offset */
#define PL011_BUSY	(1 << 3)
#define PL011_FULL	(1 << 5)

#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009

#define SCTLR_M		(1 << 0)	/* translation */
#define SCTLR_C		(1 << 2)	/* data cache */
#define HCR_TGE		(1 << 27)
#define HCR_E2H		(1 << 34)

#define STACK_SIZE	512

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  All registers are stored before any is used but
 * two, which are kept meanwhile where the image's entry state says nothing:
 * x0 in TPIDRRO_EL0, x1 in TPIDR_EL0.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	msr	tpidrro_el0, x0
	msr	tpidr_el0, x1
	adr	x0, registers
	.macro	store reg, number
	str	\reg, [x0, #(value_x0 - registers + 32 * \number)]
	.endm
	.irp	nr, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	store	x\nr, \nr
	.endr
	.irp	nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	store	x\nr, \nr
	.endr
	mrs	x1, tpidrro_el0
	store	x1, 0
	mrs	x1, tpidr_el0
	store	x1, 1

	/* Now all may be used. */
	mrs	x1, cntvct_el0
	adr	x2, entry_time
	str	x1, [x2]
	mrs	x1, daif
	store	x1, 31
	mrs	x1, spsel
	store	x1, 32
	mrs	x1, currentel
	adr	x2, exception_level
	str	x1, [x2]
	cmp	x1, #(2 << 2)
	b.eq	1f
	mrs	x1, sctlr_el1
	mov	x3, xzr
	b	2f
1:	mrs	x1, sctlr_el2
	mrs	x3, hcr_el2
2:	store	x1, 33
	store	x3, 34

	mov	x2, sp
	adr	x1, stack_top
	mov	sp, x1
	mov	w1, #(registers_end - registers) / 32
	mov	x29, xzr
	mov	x30, xzr
	b	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	mov	x3, #PL011_DATA
	mov	w4, #PL011_FULL
	mov	x6, x30
	bl	wait_for_serial
	str	w0, [x3]
	ret	x6

/* In: x3, the serial port; w4, the flag to be clear, a million times at most. */
wait_for_serial:
	mov	w5, #0x100000
1:	ldr	w7, [x3, #PL011_FLAGS]
	tst	w7, w4
	b.eq	2f
	yield
	subs	w5, w5, #1
	b.ne	1b
2:	ret

/*
 * void end_machine(int verdict): switches the machine off if all is well, else
 * resets it, which ends QEMU too.
 *
 * PSCI is called by what QEMU has in place of firmware: at EL2 unless the machine
 * has that, else at EL3.
 */
	.globl end_machine
	.hidden end_machine
end_machine:
	mov	x3, #PL011_DATA
	mov	w4, #PL011_BUSY
	bl	wait_for_serial

	ldr	w1, =PSCI_SYSTEM_OFF
	ldr	w2, =PSCI_SYSTEM_RESET
	cmp	w0, #0
	csel	w0, w1, w2, eq
	adr	x1, exception_level
	ldr	x1, [x1]
	cmp	x1, #(2 << 2)
	b.eq	1f
	hvc	#0
	b	2f
1:	smc	#0
2:	wfi
	b	2b

	.ltorg

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	adr	x1, exception_level
	ldr	x1, [x1]
	adr	x0, at_el1
	adr	x2, at_el2
	cmp	x1, #(2 << 2)
	csel	x0, x2, x0, eq
	ret

	.section .rodata
at_el1:
	.asciz	"EL1"
at_el2:
	.asciz	"EL2"

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
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	register x\nr
	.endr
	.irp	nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	register x\nr
	.endr
	/* The address to return to, in a page; go_back wants one. */
	.globl	value_x30
	.hidden	value_x30
#ifdef PAYLOAD_JUMP
	register x30, 0, 3
#else
	register x30
#endif
	register daif, 0x3c0
	register spsel, 1
	register sctlr, 0, (SCTLR_M | SCTLR_C)
	register hcr, 0, (HCR_TGE | HCR_E2H)
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0
exception_level:
	.quad	0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
