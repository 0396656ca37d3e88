/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for parisc: the entry, the serial port of LASI in QEMU's machine
 * "B160L", and how that is ended.
 *
 * It runs in real mode, where addresses are physical ones.
 */
#define LASI_SERIAL	0xffd05800
#define SERIAL_STATUS	5		/* offset */
#define SERIAL_READY	(1 << 5)
#define SERIAL_IDLE	(1 << 6)

#define LASI_POWER	0xffd0c000
#define POWER_OFF	2

/* In the first page of memory; a call of it, which resets the machine. */
#define MEM_PDC		0x388
#define PDC_BROADCAST_RESET	136

#define SYSTEM_MASK	0x7f		/* G, F, R, Q, P, D, I */
#define SYSTEM_EXPECTED	0x08

/* The first coprocessor: floating point, by which words are multiplied. */
#define COPROCESSORS	0xc0

/* It grows upwards, from the entry on, over code that has done its work. */
#define STACK_SIZE	1024

#define NR_REGISTERS	15

	.level	1.1
/*
 * To the linker all that C refers to is data: what addresses it takes from a table for code
 * can't be moved.
 */
	.section .data.table, "aw"
	.align	8
	.globl	payload_table
	.hidden	payload_table
payload_table:

	.section .entry, "aw"
/*
 * In: what is to be checked.  Where the image's entry state says nothing, rp is kept, in
 * a control register, of those that software may use for anything.
 */
	.align	8
	.globl	payload_entry
	.hidden	payload_entry
payload_entry:
	mtctl	%r2, %cr28
	bl	1f, %r2
	nop
1:	ldo	registers - 1b(%r2), %r2
	.macro	store reg, number
	stw	\reg, 12 + 32 * \number(%r2)
	.endm
	store	%r26, 0
	store	%r25, 1
	store	%r24, 2
	store	%r23, 3
	store	%r30, 4
	store	%r27, 5
	/* Of these, only whether one is not 0. */
	or	%r1, %r3, %r1
	or	%r1, %r4, %r1
	or	%r1, %r5, %r1
	or	%r1, %r6, %r1
	or	%r1, %r7, %r1
	or	%r1, %r8, %r1
	or	%r1, %r9, %r1
	or	%r1, %r10, %r1
	or	%r1, %r11, %r1
	or	%r1, %r12, %r1
	store	%r1, 6
	or	%r13, %r14, %r1
	or	%r1, %r15, %r1
	or	%r1, %r16, %r1
	or	%r1, %r17, %r1
	or	%r1, %r18, %r1
	or	%r1, %r19, %r1
	or	%r1, %r20, %r1
	or	%r1, %r21, %r1
	or	%r1, %r22, %r1
	store	%r1, 7
	or	%r28, %r29, %r1
	or	%r1, %r31, %r1
	store	%r1, 8
	mfctl	%cr28, %r1
	store	%r1, 9
	ssm	0, %r1
	store	%r1, 10
	mfctl	%cr15, %r1
	store	%r1, 11
	mfctl	%cr11, %r1
	store	%r1, 12
	mfctl	%cr14, %r1
	store	%r1, 13
	copy	%r0, %r1
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	mfsp	%sr\nr, %r3
	or	%r3, %r1, %r1
	.endr
	store	%r1, 14
	mfctl	%cr16, %r1
	stw	%r1, entry_time + 4 - registers(%r2)
	ldo	payload_entry - registers(%r2), %r3

	/* The GOT has offsets from the payload's begin. */
	ldil	L%$global$, %r1
	ldo	R%$global$(%r1), %r1
	addl	%r1, %r3, %r19
	copy	%r19, %r27
	ldil	L%payload_got_end, %r4
	ldo	R%payload_got_end(%r4), %r4
	addl	%r4, %r3, %r4
	copy	%r19, %r5
2:	cmpb,=	%r4, %r5, 3f
	ldw	0(%r5), %r6
	addl	%r3, %r6, %r6
	b	2b
	stw,ma	%r6, 4(%r5)
3:
	ldi	COPROCESSORS, %r1
	mtctl	%r1, %cr10
	copy	%r30, %r24
	copy	%r0, %r23
	copy	%r2, %r26
	ldi	NR_REGISTERS, %r25
	/* A frame begins at a multiple of 64. */
	ldo	64 + 63(%r3), %r30
	depi	0, 31, 6, %r30
	b	payload_main
	copy	%r0, %r2
	.align	8
	.skip	STACK_SIZE - (. - payload_entry), 0

/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.word	0, 0, 0, \expected, 0, \mask
.endm

/* In the order of payload_entry. */
registers:
	register arg0
	register arg1
	register arg2
	register arg3
	register sp
	register dp
	register r1-r12
	register r13-r22
	register r28-r31
	register rp
	register psw, SYSTEM_EXPECTED, SYSTEM_MASK
	register eiem
	register sar
	/* Vectors of the trampoline. */
	register iva, 0x800, 0xfff
	register sr0-sr7
	/* Fails to assemble if there are more. */
	.org	registers + 32 * NR_REGISTERS

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.word	0, 0

	.text
/* void serial_byte(unsigned char byte): waits a million times at most */
	.globl	serial_byte
	.hidden	serial_byte
	.type	serial_byte, @function
serial_byte:
	ldi	SERIAL_READY, %r22
	ldil	L%LASI_SERIAL, %r20
	ldo	R%LASI_SERIAL(%r20), %r20
	ldil	L%0x100000, %r21
4:	ldb	SERIAL_STATUS(%r20), %r1
	and	%r1, %r22, %r1
	cmpb,<>,n %r0, %r1, 5f
	addib,<> -1, %r21, 4b
	nop
5:	bv	%r0(%r2)
	stb	%r26, 0(%r20)

/*
 * void end_machine(int verdict): switches the machine off if all is well, else has
 * firmware reset it, which ends QEMU too.
 */
	.globl	end_machine
	.hidden	end_machine
	.type	end_machine, @function
end_machine:
	/* What is left to send. */
	ldil	L%LASI_SERIAL, %r20
	ldo	R%LASI_SERIAL(%r20), %r20
	ldil	L%0x100000, %r21
6:	ldb	SERIAL_STATUS(%r20), %r1
	bb,<,n	%r1, 25, 7f
	addib,<> -1, %r21, 6b
	nop
7:	cmpb,<>	%r0, %r26, 8f
	ldil	L%LASI_POWER, %r20
	ldo	R%LASI_POWER(%r20), %r20
	ldi	POWER_OFF, %r1
	stw	%r1, 0(%r20)
	b	.
	nop
8:	ldw	MEM_PDC(%r0), %r1
	ldi	PDC_BROADCAST_RESET, %r26
	copy	%r0, %r25
	ldo	64(%r30), %r30
	bv	%r0(%r1)
	copy	%r0, %r2

/* const char *machine_mode(void) */
	.globl	machine_mode
	.hidden	machine_mode
	.type	machine_mode, @function
machine_mode:
	bl	9f, %r1
	nop
9:	bv	%r0(%r2)
	ldo	real_mode - 9b(%r1), %r28
real_mode:
	.asciz	"real mode"

	.section .note.GNU-stack, "", %progbits
