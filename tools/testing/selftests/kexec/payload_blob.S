/* SPDX-License-Identifier: GPL-2.0-only */
/* The payload's binary, as data of the programs that load it. */
	.section .rodata
	.globl payload_start, payload_end
payload_start:
	.incbin "payload.bin"
payload_end:
	.section .note.GNU-stack, "", @progbits
