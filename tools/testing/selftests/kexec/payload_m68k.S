/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for m68k: the entry, the goldfish terminal of QEMU's machine "virt",
 * and how that is ended.  The MMU is off, so that addresses are physical ones.
 */
#define TERMINAL	0xff008000
#define CONTROL		0xff009000
#define CONTROL_COMMAND	4		/* offset */
#define COMMAND_RESET	1
#define COMMAND_HALT	2

/* Trace, supervisor, master, the interrupts' mask. */
#define SR_MASK		0xf700
#define SR_EXPECTED	0x2700

/* Less than it takes: the code of the entry is overwritten. */
#define STACK_SIZE	192

#define NR_REGISTERS	11

	.chip	68040

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  Where the image's entry state says nothing, a0 is kept, in
 * the pointer to the stack of the master state.
 */
	.balign	4
	.globl	payload_entry
	.hidden	payload_entry
	.type	payload_entry, @function
payload_entry:
	movec	%a0, %msp
	lea	%pc@(registers), %a0
	.macro	store reg, number
	movel	\reg, %a0@(12 + 32 * \number)
	.endm
	store	%sp, 0
	.irp	nr, 1, 2, 3, 4, 5, 6, 7
	orl	%d\nr, %d0
	.endr
	store	%d0, 1
	movec	%msp, %d0
	.irp	nr, 1, 2, 3, 4, 5, 6
	movel	%a\nr, %d1
	orl	%d1, %d0
	.endr
	store	%d0, 2
	clrl	%d0
	movew	%sr, %d0
	store	%d0, 3
	movel	%usp, %a1
	store	%a1, 4
	movec	%vbr, %d0
	store	%d0, 5
	movec	%cacr, %d0
	store	%d0, 6
	movec	%tc, %d0
	store	%d0, 7
	movec	%itt0, %d0
	movec	%itt1, %d1
	orl	%d1, %d0
	store	%d0, 8
	movec	%dtt0, %d0
	movec	%dtt1, %d1
	orl	%d1, %d0
	store	%d0, 9
	movec	%sfc, %d0
	movec	%dfc, %d1
	orl	%d1, %d0
	store	%d0, 10

	/* Now all may be used. */
	movel	%sp, %d0
	lea	%pc@(frame), %sp
	movel	%d0, %sp@-
	clrl	%sp@-			/* an address of 64 bits */
	pea	NR_REGISTERS
	movel	%a0, %sp@-
	clrl	%sp@-			/* where to return to */
	bra	payload_main

	.balign	4
	.skip	STACK_SIZE, 0
frame:

	.text
	.balign	4
/* void serial_byte(unsigned char byte) */
	.globl	serial_byte
	.hidden	serial_byte
	.type	serial_byte, @function
serial_byte:
	movel	%sp@(4), %d0
	andil	#0xff, %d0
	movel	%d0, TERMINAL
	rts

/*
 * void end_machine(int verdict): switches the machine off if all is well, else resets
 * it, which ends QEMU too.
 */
	.globl	end_machine
	.hidden	end_machine
	.type	end_machine, @function
end_machine:
	moveq	#COMMAND_HALT, %d0
	tstl	%sp@(4)
	beq	1f
	moveq	#COMMAND_RESET, %d0
1:	movel	%d0, CONTROL + CONTROL_COMMAND
2:	bra	2b

/* const char *machine_mode(void) */
	.globl	machine_mode
	.hidden	machine_mode
	.type	machine_mode, @function
machine_mode:
	lea	%pc@(without_mmu), %a0
	movel	%a0, %d0
	rts
without_mmu:
	.asciz	"without MMU"

	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.long	0, 0, 0, \expected, 0, \mask
.endm

/* In the order of payload_entry. */
registers:
	register sp
	register d0-d7
	register a0-a6
	register sr, SR_EXPECTED, SR_MASK
	register usp
	register vbr
	register cacr
	register tc, 0, 0x8000
	register itt
	register dtt
	register sfc-dfc
	/* Fails to assemble if there are more. */
	.org	registers + 32 * NR_REGISTERS

/* There is no counter that programs can read, too. */
	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.section .note.GNU-stack, "", @progbits
