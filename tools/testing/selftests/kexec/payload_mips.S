/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for mips: the entry, the serial port of QEMU's machine "malta", and
 * how that is ended.
 *
 * With Status.ERL, the first 2 GiB of addresses are physical ones, uncached.  So the
 * payload finds what is in memory, and addresses are what those who load it call them.
 *
 * A processor of Release 6 has no hi, no lo, and not all instructions of one of Release 2.
 */
#define SERIAL		0xb80003f8	/* uncached: port 0x3f8 */
#define SERIAL_STATUS	5		/* offset */
#define SERIAL_READY	(1 << 5)
#define SERIAL_IDLE	(1 << 6)

#define POWER_CONTROL	0xb8001004	/* of the PIIX4, where Linux has set it to */
#define RESET		0xbf000500
#define RESET_GO	0x42

#define STATUS_ERL	(1 << 2)
/* Coprocessors, interrupts, BEV, KX, SX, UX, mode. */
#define STATUS_MASK	0xf040ffff
#define STATUS_EXPECTED	(0x00400000 | STATUS_KX)

#define CP0_COUNT	$9
#define CP0_COMPARE	$11
#define CP0_STATUS	$12
#define CP0_EPC		$14
#define CP0_ERROREPC	$30

#define DEVICE_TREE	40	/* offsetof(struct payload_table, device_tree) */
#ifdef __MIPSEB__
#define LOW_WORD	4
#define POWER_OFF	0x0020		/* 0x2000, as that bus is little endian */
#else
#define LOW_WORD	0
#define POWER_OFF	0x2000
#endif

/* How registers are moved; XKPHYS, where the handoff runs with 64 bits, takes KX. */
#ifdef __mips64
#define LOAD	ld
#define STORE	sd
#define MOVE_FROM_CP0	dmfc0
#define MOVE_TO_CP0	dmtc0
#define ADD	daddu
#define GOT	%got_disp
#define WORD	8
#define FULL	-1
#define STATUS_KX	0x80
#define STACK_SIZE	1024
#else
#define LOAD	lw
#define STORE	sw
#define MOVE_FROM_CP0	mfc0
#define MOVE_TO_CP0	mtc0
#define ADD	addu
#define GOT	%got
#define WORD	4
#define FULL	0xffffffff
#define STATUS_KX	0
/* Less than it takes: the code of the entry is overwritten. */
#define STACK_SIZE	160
#endif
/* Of a number of 64 bits, what STORE stores. */
#if WORD == 8
#define PART	0
#else
#define PART	LOW_WORD
#endif

#define NR_REGISTERS	15

/* From the start of GOT to what gp is. */
#define GOT_TO_GP	0x7ff0

	.set	noat
	.set	noreorder
	.set	nomips16
#ifndef __mips64
	.set	mips32r2
#endif

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  Where the image's entry state says nothing, registers are
 * kept that are needed before: ra in ErrorEPC, k0 in EPC, Status in Compare.
 */
	.globl	payload_entry
	.hidden	payload_entry
	.type	payload_entry, @function
payload_entry:
	MOVE_TO_CP0	$ra, CP0_ERROREPC
	MOVE_TO_CP0	$k0, CP0_EPC
	bal	1f
	mfc0	$k0, CP0_STATUS
1:	mtc0	$k0, CP0_COMPARE
	ori	$k0, $k0, STATUS_ERL
	mtc0	$k0, CP0_STATUS
	ehb
	ext	$k0, $ra, 0, 29
	addiu	$k0, $k0, 2f - 1b
	jr.hb	$k0
	nop

	/* k0 is where this is, a physical address, and ra is going to be. */
2:	move	$ra, $k0
	addiu	$k0, $k0, registers - 2b
	.macro	store reg, number
	STORE	\reg, (8 + PART + 32 * \number)($k0)
	.endm
	store	$a0, 0
	store	$a1, 1
	store	$a2, 2
	store	$a3, 3
	store	$gp, 4
	store	$sp, 5
	store	$fp, 6
#if __mips_isa_rev < 6
	mfhi	$a0
	store	$a0, 7
	mflo	$a0
	store	$a0, 8
#endif
	MOVE_FROM_CP0	$a0, CP0_ERROREPC
	store	$a0, 9
	mfc0	$a0, CP0_COMPARE
	store	$a0, 10
	/* Of these, only whether one is not 0. */
	or	$a0, $at, $v0
	or	$a0, $a0, $v1
	store	$a0, 11
	or	$a0, $8, $9
	.irp	nr, 10, 11, 12, 13, 14, 15
	or	$a0, $a0, $\nr
	.endr
	store	$a0, 12
	or	$a0, $s0, $s1
	.irp	nr, 18, 19, 20, 21, 22, 23
	or	$a0, $a0, $\nr
	.endr
	store	$a0, 13
	MOVE_FROM_CP0	$a0, CP0_EPC
	or	$a0, $a0, $k1
	or	$a0, $a0, $t8
	or	$a0, $a0, $t9
	store	$a0, 14

	/* Now all may be used. */
	mfc0	$t0, CP0_COUNT
	sw	$t0, (32 * NR_REGISTERS + LOW_WORD)($k0)

	/* The GOT has offsets from the payload's begin. */
	addiu	$t9, $ra, 3f - 2b
3:
#ifdef __mips64
	lui	$gp, %hi(%neg(%gp_rel(3b)))
	addiu	$gp, $gp, %lo(%neg(%gp_rel(3b)))
	daddu	$gp, $gp, $t9
#else
	.cpload	$t9
#endif
	addiu	$t0, $ra, payload_entry - 2b
	addiu	$t1, $gp, -GOT_TO_GP
	LOAD	$t2, GOT(payload_got_end)($gp)
	ADD	$t2, $t2, $t0
4:	LOAD	$t3, ($t1)
	ADD	$t3, $t3, $t0
	STORE	$t3, ($t1)
	addiu	$t1, $t1, WORD
	bne	$t1, $t2, 4b
	nop

	/* By UHI, a0 is -2 and a1 in KSEG0, if there is a device tree. */
	LOAD	$t0, GOT(payload_table)($gp)
	lw	$t1, (DEVICE_TREE + LOW_WORD)($t0)
	beqz	$t1, 5f
	lui	$t2, 0x8000
	or	$t1, $t1, $t2
	STORE	$t1, (16 + PART + 32 * 1)($k0)
	li	$t1, -2
	STORE	$t1, (16 + PART + 32 * 0)($k0)
5:
	/* A stack of 0 is in no destination. */
	move	$a0, $k0
	li	$a1, NR_REGISTERS
#if defined(__MIPSEB__) && !defined(__mips64)
	move	$a2, $zero
	move	$a3, $sp
#else
	move	$a2, $sp
	move	$a3, $zero
#endif
	LOAD	$t9, GOT(payload_main)($gp)
	addiu	$sp, $ra, frame - 2b
	jr	$t9
	move	$ra, $zero

	.balign	2 * WORD
	.skip	STACK_SIZE, 0
frame:
	.skip	24, 0		/* where a callee stores its arguments */

/* void serial_byte(unsigned char byte): waits a million times at most */
	.globl	serial_byte
	.hidden	serial_byte
	.type	serial_byte, @function
serial_byte:
	li	$t0, SERIAL_READY
	b	write_serial
	li	$t3, 1

/* In: $t0, the status to wait for; $t3: whether $a0 is to be written then. */
write_serial:
	lui	$t1, SERIAL >> 16
	ori	$t1, $t1, SERIAL & 0xffff
	lui	$t2, 16
6:	beqz	$t2, 7f
	lbu	$at, SERIAL_STATUS($t1)
	and	$at, $at, $t0
	beqz	$at, 6b
	addiu	$t2, $t2, -1
7:	beqz	$t3, 8f
	nop
	sb	$a0, ($t1)
8:	jr	$ra
	nop

/*
 * void end_machine(int verdict): switches the machine off if all is well, else resets
 * it, which ends QEMU too.
 */
	.globl	end_machine
	.hidden	end_machine
	.type	end_machine, @function
end_machine:
	li	$t0, SERIAL_IDLE
	bal	write_serial
	move	$t3, $zero
	lui	$t0, POWER_CONTROL >> 16
	ori	$t0, $t0, POWER_CONTROL & 0xffff
	li	$t1, POWER_OFF
	bnez	$a0, 9f
	lui	$t2, RESET >> 16
	sh	$t1, ($t0)
	/* It takes a while. */
	lui	$t3, 0x1000
10:	bnez	$t3, 10b
	addiu	$t3, $t3, -1
9:	ori	$t2, $t2, RESET & 0xffff
	li	$t1, RESET_GO
	sw	$t1, ($t2)
11:	b	11b
	nop

/* const char *machine_mode(void) */
	.globl	machine_mode
	.hidden	machine_mode
	.type	machine_mode, @function
machine_mode:
	move	$t0, $ra
	bal	12f
	nop
12:	addiu	$v0, $ra, in_kseg0 - 12b
	jr	$t0
	nop
in_kseg0:
	.asciz	"KSEG0"

	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = FULL
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.quad	0, \expected, \mask
.endm

/* In the order of payload_entry. */
registers:
	register a0
	register a1
	register a2
	register a3
	register gp
	register sp
	register fp
	register hi
	register lo
	register ra
	register status, STATUS_EXPECTED, STATUS_MASK
	register at-v1
	register t0-t7
	register s0-s7
	register t8-k1
	/* Fails to assemble if there are more. */
	.org	registers + 32 * NR_REGISTERS

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.section .note.GNU-stack, "", %progbits
