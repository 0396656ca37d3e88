/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for arm: the entry, the serial port of QEMU's machine
 * "virt", and how that is ended.
 */
#define PL011_DATA	0x09000000
#define PL011_FLAGS	0x18		/* offset */
#define PL011_BUSY	(1 << 3)
#define PL011_FULL	(1 << 5)

#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009

#define CPSR_MASK	0x3c0	/* E, A, I, F */
#define CPSR_MASKED	0x1c0	/* A, I, F */
#define MODE_MASK	0x1f
#define MODE_SVC	0x13
#define MODE_HYP	0x1a

#define SCTLR_M		(1 << 0)	/* translation */
#define SCTLR_C		(1 << 2)	/* data cache */

#define DEVICE_TREE	40	/* offsetof(struct payload_table, device_tree) */

#define STACK_SIZE	640

	.arch	armv7-a
	.arch_extension	virt
	.arch_extension	sec
	.arm

/* The address of something that may be anywhere in the payload. */
.macro address reg, of
	ldr	\reg, 901f
	add	\reg, pc, \reg
	b	902f
901:	.word	\of - 901b
902:
.endm

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  All registers are stored before any is used but r0,
 * which is kept meanwhile where the image's entry state says nothing, in TPIDRURW;
 * in TPIDRURO there is whether that was Thumb.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	/* ARM: addeq lr, r0, #2, with flags that are 0.  Thumb: b . + 8 */
	.inst	0x0280e002
	b	1f
	.thumb
	bx	pc
	nop
	.arm
	mcr	p15, 0, r0, c13, c0, 2
	mov	r0, #1
	b	2f
1:	mcr	p15, 0, r0, c13, c0, 2
	mov	r0, #0
2:
	mcr	p15, 0, r0, c13, c0, 3
	address	r0, registers
	.macro	store reg, number
	str	\reg, [r0, #(8 + 32 * \number)]
	.endm
	.irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
	store	r\nr, \nr
	.endr
	mrc	p15, 0, r1, c13, c0, 2
	store	r1, 0

	/* Now all may be used. */
	mrrc	p15, 1, r1, r2, c14		@ CNTVCT
	address	r3, entry_time
	stm	r3, {r1, r2}
	mrs	r1, cpsr
	store	r1, 15
	and	r1, r1, #MODE_MASK
	address	r3, mode
	str	r1, [r3]
	cmp	r1, #MODE_HYP
	mrcne	p15, 0, r1, c1, c0, 0		@ SCTLR
	mrceq	p15, 4, r1, c1, c0, 0		@ HSCTLR
	store	r1, 16

	address	r3, payload_table
	ldr	r1, [r3, #DEVICE_TREE]
	str	r1, [r0, #(16 + 32 * 2)]	@ r2 is expected to be

	mov	r2, sp
	mov	r3, #0
	address	r1, stack_top
	mov	sp, r1
	mov	r1, #17
	mov	fp, #0
	mov	lr, #0
	b	payload_main

	.text
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
	.type serial_byte, %function
serial_byte:
	mov	r3, #PL011_DATA
	mov	r2, #PL011_FULL
	mov	ip, lr
	bl	wait_for_serial
	str	r0, [r3]
	bx	ip

/* In: r3, the serial port; r2, the flag to be clear, a million times at most. */
wait_for_serial:
	mov	r1, #0x100000
1:	push	{r0}
	ldr	r0, [r3, #PL011_FLAGS]
	tst	r0, r2
	pop	{r0}
	bxeq	lr
	subs	r1, r1, #1
	bne	1b
	bx	lr

/*
 * void end_machine(int verdict): switches the machine off if all is well, else
 * resets it, which ends QEMU too.
 *
 * PSCI is called by what QEMU has in place of firmware: in Hyp mode unless the
 * machine has that, else in Monitor mode.
 */
	.globl end_machine
	.hidden end_machine
	.type end_machine, %function
end_machine:
	mov	r3, #PL011_DATA
	mov	r2, #PL011_BUSY
	bl	wait_for_serial

	cmp	r0, #0
	ldreq	r0, =PSCI_SYSTEM_OFF
	ldrne	r0, =PSCI_SYSTEM_RESET
	address	r1, mode
	ldr	r1, [r1]
	cmp	r1, #MODE_HYP
	beq	1f
	hvc	#0
	b	2f
1:	smc	#0
2:	wfi
	b	2b

	.ltorg

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
	.type machine_mode, %function
machine_mode:
	address	r0, mode
	ldr	r1, [r0]
	mrc	p15, 0, r2, c13, c0, 3
	cmp	r2, #1
	address	r0, in_thumb
	bxeq	lr
	address	r0, in_svc
	cmp	r1, #MODE_SVC
	bxeq	lr
	address	r0, in_hyp
	cmp	r1, #MODE_HYP
	bxeq	lr
	address	r0, elsewhere
	bx	lr

	.section .rodata
in_svc:
	.asciz	"SVC mode"
in_thumb:
	.asciz	"Thumb state"
in_hyp:
	.asciz	"Hyp mode"
elsewhere:
	.asciz	"neither SVC nor Hyp mode"

	.data
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
value_\name:
	.quad	0, \expected, \mask
.endm

/* In the order of payload_entry. */
registers:
	register r0
	register r1, 0xffffffff		/* no machine's number: a device tree */
	.irp	nr, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	register r\nr
	.endr
	register sp
	/* The address to return to, in a page; go_back wants one. */
	.globl	value_lr
	.hidden	value_lr
#ifdef PAYLOAD_JUMP
	register lr, 0, 3
#else
	register lr
#endif
	register cpsr, CPSR_MASKED, CPSR_MASK
	register sctlr, 0, (SCTLR_M | SCTLR_C)
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0
mode:
	.quad	0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", %progbits
