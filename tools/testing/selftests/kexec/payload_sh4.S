/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for sh4: the entry, the serial port with FIFO of an SH7751R, as
 * QEMU's machine "r2d" has it for a console, and how that machine is ended.
 *
 * With the MMU off, the first 512 MiB of addresses (P0) are physical ones.  So the
 * payload goes on there, and addresses are what those who load it call them.
 */
#define SERIAL		0xffe80000
#define SERIAL_CONTROL	0x08		/* offset */
#define SERIAL_DATA	0x0c
#define SERIAL_STATUS	0x10
#define CONTROL_SEND	0x20
#define STATUS_READY	0x20
#define STATUS_IDLE	0x40

#define POWER_OFF	0xa4000030

#define MMUCR		0xff000010

/* MD, RB, BL, FD and the interrupts' mask. */
#define SR_MASK		0x700080f0
#define SR_EXPECTED	0x500000f0

/* Less than it takes: the code of the entry is overwritten, unless that is needed again. */
#ifdef PAYLOAD_JUMP
#define STACK_SIZE	608
#else
#define STACK_SIZE	288
#endif

#define NR_REGISTERS	15

	.section .text.entry, "ax"
/*
 * In: what is to be checked.  Where the image's entry state says nothing, r0 is kept,
 * in SSR.
 */
	.balign	4
	.globl	payload_entry
	.hidden	payload_entry
	.type	payload_entry, @function
payload_entry:
	ldc	r0, ssr
	mova	registers, r0
	.macro	store reg
	mov.l	\reg, @(8, r0)
	add	#32, r0
	.endm
	.irp	nr, 1, 4, 5, 6, 15
	store	r\nr
	.endr
	sts	pr, r1
	store	r1
	stc	sr, r1
	store	r1
	stc	gbr, r1
	store	r1
	stc	vbr, r1
	store	r1
	mov.l	mmucr_address, r1
	mov.l	@r1, r1
	store	r1
	/* Of these, only whether one is not 0. */
	stc	ssr, r1
	or	r2, r1
	or	r3, r1
	or	r7, r1
	store	r1
	mov	r8, r1
	.irp	nr, 9, 10, 11, 12, 13, 14
	or	r\nr, r1
	.endr
	store	r1
	sts	mach, r1
	sts	macl, r2
	or	r2, r1
	store	r1
	mov	#0, r1
	.irp	nr, 0, 1, 2, 3, 4, 5, 6, 7
	stc	r\nr\()_bank, r2
	or	r2, r1
	.endr
	store	r1
	/* Where it runs. */
	store	r0

	/* Now all may be used. */
	mova	in_p0, r0
	mov.l	physical, r1
	and	r1, r0
	jmp	@r0
	 nop
	.balign	4
in_p0:
	mova	registers, r0
	mov	r0, r4
	mov	#NR_REGISTERS, r5
	mov	r15, r6
	mov	#0, r7
	mova	main_offset, r0
	mov.l	main_offset, r1
	add	r0, r1
	mova	frame, r0
	lds	r7, pr
	jmp	@r1
	 mov	r0, r15

	.balign	4
mmucr_address:
	.long	MMUCR
physical:
	.long	0x1fffffff
main_offset:
	.long	payload_main - main_offset
	.skip	STACK_SIZE, 0
frame:

	.balign	8
/* struct payload_register: name, value, expected, mask */
.macro register name, expected = 0, mask = 0xffffffff
1:	.ascii	"\name"
	.skip	8 - (. - 1b), 0
	.long	0, 0, \expected, 0, \mask, 0
.endm

/* In the order of payload_entry. */
registers:
	register r1
	register r4			/* the machine has no device tree */
	register r5
	register r6
	register r15
	/* The address to return to, in P1; go_back wants one. */
	.globl	value_pr
	.hidden	value_pr
	.set	value_pr, . + 8
#ifdef PAYLOAD_JUMP
	register pr, 0x80000000, 0xe0000001
#else
	register pr
#endif
	register sr, SR_EXPECTED, SR_MASK
	register gbr
	register vbr
	register mmucr, 0, 1
	register r0-r7
	register r8-r14
	register mac
	register banks
	register pc, 0x80000000, 0xe0000000
	/* Fails to assemble if there are more. */
	.org	registers + 32 * NR_REGISTERS

/* There is no counter that programs can read, too. */
	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	.text
	.balign	4
/* void serial_byte(unsigned char byte): waits a million times at most */
	.globl	serial_byte
	.hidden	serial_byte
	.type	serial_byte, @function
serial_byte:
	sts	pr, r7
	mov	#STATUS_READY, r3
	bsr	wait_for_serial
	 nop
	mov	#SERIAL_DATA, r0
	mov.b	r4, @(r0, r1)
	/* What has been seen is cleared. */
	mov	r2, r0
	and	#(~(STATUS_READY | STATUS_IDLE) & 0xff), r0
	mov.w	r0, @(SERIAL_STATUS, r1)
	jmp	@r7
	 nop

/* In: r3, the status to wait for.  Out: r1, the serial port; r2, the status. */
wait_for_serial:
	mov.l	serial, r1
	mov	#CONTROL_SEND, r0
	mov.w	r0, @(SERIAL_CONTROL, r1)
	mov.l	million, r6
6:	mov.w	@(SERIAL_STATUS, r1), r0
	mov	r0, r2
	tst	r3, r0
	bf	7f
	dt	r6
	bf	6b
7:	rts
	 nop

/*
 * void end_machine(int verdict): switches the machine off if all is well, else resets
 * it, which ends QEMU too.
 */
	.globl	end_machine
	.hidden	end_machine
	.type	end_machine, @function
end_machine:
	mov	#STATUS_IDLE, r3
	bsr	wait_for_serial
	 nop
	tst	r4, r4
	bf	8f
	mov.l	power_off, r1
	mov	#1, r0
	mov.w	r0, @r1
	/* It takes a while. */
	mov.l	million, r2
9:	dt	r2
	bf	9b
	/* An exception, which are blocked. */
8:	mov	#1, r0
	mov.l	@r0, r0
10:	bra	10b
	 nop

/* const char *machine_mode(void) */
	.globl	machine_mode
	.hidden	machine_mode
	.type	machine_mode, @function
machine_mode:
	mova	in_p1, r0
	rts
	 nop

	.balign	4
in_p1:
	.asciz	"P1"

	.balign	4
serial:
	.long	SERIAL
million:
	.long	1000000
power_off:
	.long	POWER_OFF

	.section .note.GNU-stack, "", %progbits
