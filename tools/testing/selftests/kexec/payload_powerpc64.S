/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payload's part for 64-bit powerpc, of both byte orders: the entry, and the
 * console and the end of QEMU's machine "pseries".
 */
#define H_PUT_TERM_CHAR		0x58
#define H_SUCCESS		0
/* What QEMU's RTAS consists of, and its number of power-off. */
#define KVMPPC_H_RTAS		0xf000
#define RTAS_POWER_OFF		0x2003
#define RTAS_QUERY_CPU		0x2005
#define CPU_IS_RUNNING		2

/* How often a call of the hypervisor is repeated that can't be done now. */
#define PATIENCE		1000000

#define SPRN_IAMR		61
#define SPRN_UAMOR		157
#define SPRN_SPRG0		272
#define SPRN_SPRG1		273
#define SPRN_AMR		29

/* MSR: 64-bit mode; no unit is enabled, nor are interrupts or translation; a machine
 * check may be. */
#define MSR_MASK		0x800000000280ef32
#define MSR_SF			0x8000000000000000
#define MSR_TRANSLATION		0x30

#define STACK_SIZE		1024
#define FRAME_SIZE		32		/* ELFv2 */

	.abiversion 2
	.machine	power8
	.section .text.entry, "ax"
/*
 * In: what is to be checked.  All registers are stored before any is used, but r31
 * and the link register, which wait in registers that the kernel keeps such in.
 */
	.globl payload_entry
	.hidden payload_entry
payload_entry:
	mtspr	SPRN_SPRG0,31
	mflr	31
	mtspr	SPRN_SPRG1,31
	bcl	20,31,1f
1:	mflr	31
	addi	31,31,registers-1b
	.set	offset, 8
	.irp nr, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	std	\nr,offset(31)
	.set	offset, offset + 32
	.endr
	.irp nr, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	std	\nr,offset(31)
	.set	offset, offset + 32
	.endr
	.irp nr, SPRN_SPRG0, SPRN_SPRG1, 9, 1, SPRN_AMR, SPRN_UAMOR, SPRN_IAMR
	mfspr	3,\nr
	std	3,offset(31)
	.set	offset, offset + 32
	.endr
	mfcr	3
	std	3,offset(31)
	mfmsr	3
	std	3,(offset + 32)(31)

	mftb	3
	std	3,(entry_time - registers)(31)
	bcl	20,31,1f
1:	mflr	4
	addi	3,4,payload_entry-1b
	std	3,(value_r4 - registers + 8)(31)	/* expected */
	addis	2,4,(.TOC.-1b)@ha
	addi	2,2,(.TOC.-1b)@l

	/*
	 * Of all CPUs this one runs, says firmware: if r3 is the number of that, it is what
	 * is expected.
	 */
	ld	14,(value_r3 - registers)(31)
	addi	15,31,query_cpu - registers
	stb	14,15(15)			/* the number, big endian */
	srdi	3,14,8
	stb	3,14(15)
	mr	16,1
	lis	3,KVMPPC_H_RTAS@h
	ori	3,3,KVMPPC_H_RTAS@l
	mr	4,15
	sc	1
	mr	1,16
	lwz	3,16(15)			/* whether there is such a CPU: 0 */
	lbz	4,23(15)			/* what it does */
	cmpdi	3,0
	bne	1f
	cmpdi	4,CPU_IS_RUNNING
	bne	1f
	clrldi	14,14,48
	std	14,(value_r3 - registers + 8)(31)
1:
	mr	5,1
	mr	3,31
	li	4,(registers_end - registers) / 32
	addi	1,31,stack_top - FRAME_SIZE - registers
	li	0,0
	std	0,0(1)
	bl	payload_main
1:	b	1b

	.text
	.type serial_byte, @function
/* void serial_byte(unsigned char byte) */
	.globl serial_byte
	.hidden serial_byte
serial_byte:
	mr	8,3
	lis	9,PATIENCE@h
	ori	9,9,PATIENCE@l
	mtctr	9
1:	li	3,H_PUT_TERM_CHAR
	li	4,0				/* whatever there is */
	li	5,1
	sldi	6,8,56
	li	7,0
	std	8,-8(1)				/* calls change r4 to r12, ctr */
	mfctr	9
	std	9,-16(1)
	sc	1
	ld	9,-16(1)
	mtctr	9
	ld	8,-8(1)
	cmpdi	3,H_SUCCESS
	beqlr
	bdnz	1b
	blr

	.type end_machine, @function
/* void end_machine(int verdict), which the log has, too */
	.globl end_machine
	.hidden end_machine
end_machine:
	bcl	20,31,1f
1:	mflr	4
	addi	4,4,power_off-1b
	lis	3,KVMPPC_H_RTAS@h
	ori	3,3,KVMPPC_H_RTAS@l
	sc	1
2:	b	2b

	.type machine_mode, @function
/* const char *machine_mode(void) */
	.globl machine_mode
	.hidden machine_mode
machine_mode:
	mflr	5
	bcl	20,31,1f
1:	mflr	4
	mtlr	5
	addi	3,4,no_translation-1b
	mfmsr	0
	andi.	0,0,MSR_TRANSLATION
	beqlr
	addi	3,4,translation-1b
	blr

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
	.irp nr, 0, 1, 2
	register r\nr
	.endr
	register r3, -1				/* the number of the CPU */
	register r4				/* where it is entered */
	.irp nr, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
	register r\nr
	.endr
	.irp nr, 23, 24, 25, 26, 27, 28, 29, 30, 31
	register r\nr
	.endr
	.irp name, lr, ctr, xer, amr, uamor, iamr, cr
	register \name
	.endr
	register msr, MSR_SF, MSR_MASK
registers_end:

	.globl	entry_time
	.hidden	entry_time
entry_time:
	.quad	0

/* What RTAS is called with is big endian: number, how many go in, how many out. */
	.balign	8
power_off:
	.irp	value, RTAS_POWER_OFF, 2, 1, -1, -1, 0
	.byte	(\value >> 24) & 0xff, (\value >> 16) & 0xff
	.byte	(\value >> 8) & 0xff, \value & 0xff
	.endr

	.balign	8
query_cpu:
	.irp	value, RTAS_QUERY_CPU, 1, 2, 0, 0, 0
	.byte	(\value >> 24) & 0xff, (\value >> 16) & 0xff
	.byte	(\value >> 8) & 0xff, \value & 0xff
	.endr

	.balign	16
	.skip	STACK_SIZE, 0
stack_top:
	.section .note.GNU-stack, "", @progbits
