/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for 32-bit powerpc: the entry, the serial port of QEMU's machine
 * "ppce500", and how that is ended.
 */
/* Devices lie beyond 4 GiB, and are mapped to where no memory is. */
#define DEVICES			0xf0000000
#define DEVICES_PHYS_HIGH	0xf
#define DEVICES_PHYS_LOW	0xe0000000

/* Offsets there: a UART, what resets the machine, lines of which one powers it off. */
#define SERIAL			0x4500
#define SERIAL_STATUS		5
#define SERIAL_READY		(1 << 5)
#define SERIAL_IDLE		(1 << 6)
#define RESET_HIGH		0xe
#define RESET			0xb0
#define RESET_GO		2
#define LINES_HIGH		0x10
#define LINES			(0xff000 - 0x100000)
#define LINES_DIRECTION		(LINES + 0)
#define LINES_DATA		(LINES + 8)
#define LINES_POWER_OFF_HIGH	0x8000

#define SPRN_PID		48
#define SPRN_TBRL		268
#define SPRN_TBRU		269
#define SPRN_PIR		286
#define SPRN_DBCR0		308
#define SPRN_TCR		340
#define SPRN_SPRG0		272
#define SPRN_SPRG1		273
#define SPRN_MAS0		624
#define SPRN_MAS1		625
#define SPRN_MAS2		626
#define SPRN_MAS3		627
#define SPRN_TLB1CFG		689
#define SPRN_MAS7		944

#define MAS0_TLB1_HIGH		0x1000
#define MAS1_VALID_HIGH		0xc000		/* and IPROT */
#define MAS1_1M			(10 << 7)
#define MAS2_I_G		0xa
#define MAS3_SW_SR		0x5

#define EPAPR_MAGIC		0x65504150

/* How often a byte waits for the serial port. */
#define PATIENCE_HIGH	16

#define NR_REGISTERS	10

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  All registers are stored before any is used, but r31
 * and the link register, which wait in registers that the kernel keeps such in.
 */
	.globl	payload_entry
	.hidden	payload_entry
payload_entry:
	mtspr	SPRN_SPRG0,31
	mflr	31
	mtspr	SPRN_SPRG1,31
	bcl	20,31,1f
1:	mflr	31
	addis	31,31,(registers-1b)@ha
	addi	31,31,(registers-1b)@l
	.macro	store reg, number
	stw	\reg, (12 + 32 * \number)(31)
	.endm
	store	1, 0
	store	3, 1
	store	4, 2
	store	6, 3
	store	7, 4
	/* Of others, only whether one is not 0. */
	mfspr	3,SPRN_SPRG0
	.irp	nr, 0, 2, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
	or	3,3,\nr
	.endr
	.irp	nr, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	or	3,3,\nr
	.endr
	store	3, 5
	mfcr	4
	mfctr	5
	mfxer	6
	or	3,4,5
	or	3,3,6
	store	3, 6
	mfspr	3,SPRN_SPRG1
	store	3, 7
	mfmsr	3
	store	3, 8
	mfspr	3,SPRN_PID
	mfspr	4,SPRN_TCR
	mfspr	5,SPRN_DBCR0
	or	3,3,4
	or	3,3,5
	store	3, 9

	/* Not by mftb, which e500v2 does not have. */
2:	mfspr	3,SPRN_TBRU
	mfspr	4,SPRN_TBRL
	mfspr	5,SPRN_TBRU
	cmpw	3,5
	bne	2b
	stw	3,(32 * NR_REGISTERS)(31)
	stw	4,(32 * NR_REGISTERS + 4)(31)

	/* The table of addresses has offsets from the payload's begin. */
	bcl	20,31,3f
3:	mflr	30
	addi	29,30,payload_entry-3b
	addis	28,30,(payload_got-3b)@ha
	addi	28,28,(payload_got-3b)@l
	addis	27,30,(payload_got_end-3b)@ha
	addi	27,27,(payload_got_end-3b)@l
4:	lwz	3,0(28)
	add	3,3,29
	stw	3,0(28)
	addi	28,28,4
	cmplw	28,27
	blt	4b

	mfspr	3,SPRN_PIR
	stw	3,(20 + 32 * 1)(31)	/* r3 is expected to be */
	stw	29,(20 + 32 * 2)(31)	/* and r4 */

	/* All that is mapped are pieces of 256 MiB from 0 on. */
	mfspr	4,SPRN_TLB1CFG
	andi.	4,4,0xfff
	mtctr	4
	li	3,0
	li	5,0
5:	lis	6,MAS0_TLB1_HIGH
	rlwimi	6,5,16,4,15
	mtspr	SPRN_MAS0,6
	isync
	tlbre
	isync
	mfspr	7,SPRN_MAS1
	rlwinm	7,7,1,31,31
	add	3,3,7
	addi	5,5,1
	bdnz	5b
	slwi	3,3,28
	stw	3,(20 + 32 * 4)(31)	/* r7 is expected to be */

	/* The last entry is for devices. */
	lis	7,MAS1_VALID_HIGH
	ori	7,7,MAS1_1M
	mtspr	SPRN_MAS1,7
	lis	7,DEVICES@h
	ori	7,7,MAS2_I_G
	mtspr	SPRN_MAS2,7
	lis	7,DEVICES_PHYS_LOW@h
	ori	7,7,MAS3_SW_SR
	mtspr	SPRN_MAS3,7
	li	7,DEVICES_PHYS_HIGH
	mtspr	SPRN_MAS7,7
	isync
	tlbwe
	isync

	li	5,0
	mr	6,1
	mr	3,31
	li	4,NR_REGISTERS
	addi	1,30,frame-3b
	li	0,0
	stw	0,0(1)
	stw	0,4(1)
	mtlr	0
	b	payload_main

	/* The stack is where all of the above was. */
	.balign	16
frame:
	.skip	8, 0

	.text
/* void serial_byte(unsigned char byte) */
	.globl	serial_byte
	.hidden	serial_byte
	.type	serial_byte, @function
serial_byte:
	lis	9,DEVICES@h
	lis	8,PATIENCE_HIGH
	mtctr	8
6:	lbz	8,SERIAL+SERIAL_STATUS(9)
	andi.	8,8,SERIAL_READY
	bdnzt	2,6b			/* while there is none */
	stb	3,SERIAL(9)
	blr

/*
 * void end_machine(int verdict): switches the machine off if all is well, else resets
 * it, which ends QEMU too.
 */
	.globl	end_machine
	.hidden	end_machine
	.type	end_machine, @function
end_machine:
	lis	9,DEVICES@h
	lis	8,PATIENCE_HIGH
	mtctr	8
7:	lbz	8,SERIAL+SERIAL_STATUS(9)
	andi.	8,8,SERIAL_IDLE
	bdnzt	2,7b
	cmpwi	3,0
	bne	8f
	addis	8,9,LINES_HIGH
	lis	7,LINES_POWER_OFF_HIGH
	stw	7,LINES_DIRECTION(8)
	stw	7,LINES_DATA(8)
	b	.
8:	addis	8,9,RESET_HIGH
	li	7,RESET_GO
	stw	7,RESET(8)
	b	.

/* const char *machine_mode(void) */
	.globl	machine_mode
	.hidden	machine_mode
	.type	machine_mode, @function
machine_mode:
	mflr	5
	bcl	20,31,9f
9:	mflr	3
	mtlr	5
	addi	3,3,mapped-9b
	blr
mapped:
	.asciz	"memory is mapped to itself"

	.data
	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.quad	0, \expected, \mask
.endm

/* In the order of payload_entry. */
registers:
	register r1
	register r3				/* the number of the CPU */
	register r4				/* where it is entered */
	register r6, EPAPR_MAGIC
	register r7				/* bytes that are mapped */
	register others
	register cr-xer
	register lr
	register msr
	register pid-tcr			/* and dbcr0 */
	/* Fails to assemble if there are more. */
	.org	registers + 32 * NR_REGISTERS

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.section .note.GNU-stack, "", @progbits
