/* SPDX-License-Identifier: GPL-2.0-only */
/* The payload's binary, as data of the programs that load it. */
	.section .rodata
	.globl payload_start, payload_end
payload_start:
#ifdef PAYLOAD_JUMP
	.incbin "payload_jump.bin"
#else
	.incbin "payload.bin"
#endif
payload_end:
#ifdef __mips64
	.globl payload_r6_start, payload_r6_end
payload_r6_start:
	.incbin "payload_r6.bin"
payload_r6_end:
#endif
	.section .note.GNU-stack, "", %progbits
