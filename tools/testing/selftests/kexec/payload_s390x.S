/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for s390: the entry, and the console and the end of QEMU's
 * machine "s390-ccw-virtio".
 */
#define SIGP_STOP		5

/* Service calls, and the event that is text for a terminal in ASCII. */
#define SCLP_WRITE_EVENT_DATA	0x00760005
#define SCLP_WRITE_EVENT_MASK	0x00780005
#define SCLP_EVENT_VT220	0x1a
#define SCLP_MASK_VT220		0x00000040

/* How often a service call is tried, and its response looked for. */
#define PATIENCE		1000000

/* The first subchannel, and where its information says that it is on. */
#define SUBCHANNEL_0		0x00010000
#define SCHIB_ENABLED_BYTE	5
#define SCHIB_ENABLED		0x80

/* The PSW: neither a condition code nor what comes of arithmetic. */
#define PSW_MASK		0xffffc0ff

/* What a function finds above the stack pointer, for registers (s390x ELF ABI). */
#define FRAME_SIZE		160
#define STACK_SIZE		(FRAME_SIZE + 448)

	.section .text.entry, "ax"
	.machine "z13"
/*
 * In: what is to be checked.  All registers are stored before any is used, but
 * r1, which waits in f0.  There is no room in a page for what each may be: of those
 * that are to be 0, what all of them have together is stored.
 *
 * A crash image is also entered to be asked whether it is complete, and then has an
 * address to return to, and all that it is asked with.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	ltgr	%r14,%r14
	jnz	image_is_complete
	ldgr	%f0,%r1
	larl	%r1,registers
	.set	offset, 8
	.irp nr, 0, 2, 14, 15
	stg	%r\nr,offset(%r1)
	.set	offset, offset + 32
	.endr
	.irp nr, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
	ogr	%r3,%r\nr
	.endr
	stg	%r3,offset(%r1)
	.set	offset, offset + 32
	larl	%r15,stack_top - FRAME_SIZE
	lgdr	%r0,%f0
	stg	%r0,offset(%r1)
	epsw	%r0,%r2
	st	%r0,(offset + 32)(%r1)
	st	%r2,(offset + 36)(%r1)
	stpx	(offset + 64 + 4)(%r1)
	.set	offset, offset + 96
	stctg	%c0,%c15,-128(%r15)
	lghi	%r2,0
	lg	%r3,-128(%r15)
	stg	%r3,offset(%r1)
	lg	%r3,(8 * 14 - 128)(%r15)
	stg	%r3,(offset + 32)(%r1)
	.irp nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15
	og	%r2,(8 * \nr - 128)(%r15)
	.endr
	stg	%r2,(offset + 64)(%r1)
	stamy	%a0,%a15,-64(%r15)
	lghi	%r0,0
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7
	og	%r0,(8 * \nr - 64)(%r15)
	.endr
	stg	%r0,(offset + 96)(%r1)

	/* A reset has turned all devices off: of the first subchannels, what is on. */
	lgr	%r5,%r1
	larl	%r4,schib
	llilf	%r1,SUBCHANNEL_0 + 15
1:	stsch	0(%r4)
	jnz	2f				/* there is none */
	oc	(offset + 128 + 7)(1,%r5),SCHIB_ENABLED_BYTE(%r4)
2:	ahi	%r1,-1
	cfi	%r1,SUBCHANNEL_0
	jnl	1b

	larl	%r2,entry_time
	stckf	0(%r2)
	larl	%r2,payload_entry
	larl	%r3,value_r1
	stg	%r2,8(%r3)			/* expected */

	brasl	%r14,set_up_console
	larl	%r2,registers
	larl	%r3,registers_end
	sgr	%r3,%r2
	srlg	%r3,%r3,5
	lghi	%r4,0				/* there is no stack */
	brasl	%r14,payload_main

image_is_complete:
	lghi	%r2,0
	br	%r14

	.text
/*
 * In: r0, a command; r1, what it is about, with its length set.
 * Changes r3 and r4.
 */
service_call:
	llilf	%r3,PATIENCE
	lghi	%r4,0
	sth	%r4,6(%r1)			/* no response yet */
1:	.insn	rre,0xb2200000,%r0,%r1
	jz	2f
	brctg	%r3,1b
2:	llilf	%r3,PATIENCE
3:	llgh	%r4,6(%r1)
	ltgr	%r4,%r4
	bnzr	%r14
	brctg	%r3,3b
	br	%r14

/* Text for a terminal is going to come; a subsystem reset has ended all that. */
set_up_console:
	llilf	%r0,SCLP_WRITE_EVENT_MASK
	larl	%r1,event_mask
	j	service_call

/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	llilf	%r0,SCLP_WRITE_EVENT_DATA
	larl	%r1,event
	stc	%r2,14(%r1)
	lghi	%r3,0
	stc	%r3,11(%r1)			/* taken: not yet */
	j	service_call

/* void end_machine(int verdict), which the log has, too */
	.globl end_machine
	.hidden end_machine
end_machine:
	stap	0(%r15)
	llgh	%r1,0(%r15)
	lghi	%r2,0
1:	sigp	%r2,%r1,SIGP_STOP
	j	1b

/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	larl	%r2,no_translation
	epsw	%r0,%r1
	tmlh	%r0,0x0400
	bzr	%r14
	larl	%r2,translation
	br	%r14

	.section .rodata
	.balign	2
no_translation:
	.asciz	"no translation"
	.balign	2
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
	register r0
	register r2, 0, ~1			/* 1 in a panic */
	register r14				/* no way back */
	register r15
	register r3to13			/* all of them */
	register r1				/* where it is entered */
	/* 64-bit mode, nothing else. */
	register psw, 0x180000000, (0xffff << 48 | PSW_MASK << 32 | 0xffffffff)
	register prefix
	register c0, 0x600e0			/* floating point, vectors */
	register c14, 0xc2000000
	register others				/* of the control registers, all */
	register access				/* all of them */
	register devices, 0, SCHIB_ENABLED	/* any that is on */
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

	/* Neither may reach from one page into the next. */
	.balign	32
event:
	.short	15				/* length */
	.byte	0, 0, 0, 0
	.short	0				/* response */
	.short	7				/* length */
	.byte	SCLP_EVENT_VT220, 0, 0, 0
	.byte	0				/* the text */
	.balign	32
event_mask:
	.short	28				/* length */
	.byte	0, 0, 0, 0
	.short	0				/* response */
	.short	0, 4				/* length of a mask */
	.long	0, SCLP_MASK_VT220		/* to receive, to send */
	.long	0, 0

	.balign	4
schib:
	.skip	52, 0

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
