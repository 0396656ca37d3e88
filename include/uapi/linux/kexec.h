/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * kexec - the contract between user space and the kernel.
 *
 * Used by kexec_load(2) and kexec_file_load(2).  Every number in here is ABI.
 */
#ifndef _UAPILINUX_KEXEC_H
#define _UAPILINUX_KEXEC_H

#include <linux/types.h>

/*
 * Flags of kexec_load(2).  The low half holds the bits below, the high half
 * (KEXEC_ARCH_MASK) names the architecture that the segments are meant for.
 */
#define KEXEC_ON_CRASH			0x00000001	/* the image for a panic */
#define KEXEC_PRESERVE_CONTEXT		0x00000002	/* the image will return */
#define KEXEC_UPDATE_ELFCOREHDR		0x00000004	/* kernel may rewrite elfcorehdr */
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008	/* caller left room for hotplug */
#define KEXEC_ARCH_MASK			0xffff0000

/* Flags of kexec_file_load(2). */
#define KEXEC_FILE_UNLOAD		0x00000001	/* drop the loaded image */
#define KEXEC_FILE_ON_CRASH		0x00000002	/* the image for a panic */
#define KEXEC_FILE_NO_INITRAMFS		0x00000004	/* initrd_fd is not used */
#define KEXEC_FILE_DEBUG		0x00000008	/* log what is loaded where */
#define KEXEC_FILE_NO_CMA		0x00000010	/* keep out of CMA areas */
#define KEXEC_FILE_FORCE_DTB		0x00000020	/* always pass a device tree */

/*
 * Architectures: ELF's e_machine, shifted left by 16.  KEXEC_ARCH_DEFAULT
 * stands for the one that the kernel runs on.
 */
#define KEXEC_ARCH_DEFAULT		(0 << 16)
#define KEXEC_ARCH_386			(3 << 16)
#define KEXEC_ARCH_68K			(4 << 16)
#define KEXEC_ARCH_MIPS			(8 << 16)
#define KEXEC_ARCH_MIPS_LE		(10 << 16)
#define KEXEC_ARCH_PARISC		(15 << 16)
#define KEXEC_ARCH_PPC			(20 << 16)
#define KEXEC_ARCH_PPC64		(21 << 16)
#define KEXEC_ARCH_S390			(22 << 16)
#define KEXEC_ARCH_ARM			(40 << 16)
#define KEXEC_ARCH_SH			(42 << 16)
#define KEXEC_ARCH_IA_64		(50 << 16)
#define KEXEC_ARCH_X86_64		(62 << 16)
#define KEXEC_ARCH_AARCH64		(183 << 16)
#define KEXEC_ARCH_RISCV		(243 << 16)
#define KEXEC_ARCH_LOONGARCH		(258 << 16)

/* The most segments that one image may have. */
#define KEXEC_SEGMENT_MAX		16

/*
 * The letter: what a kernel tells the next one of the handoff.  No segment is
 * written to that did not ask for it.  One that does begins with a struct
 * kexec_letter, all of it content, of which what follows @magic is 0.  Of several,
 * the first one gets the letter; an image for a panic, or one that returns, gets
 * none.
 *
 * The loader also tells the next kernel where it is, and has the memory reserved:
 *
 * x86			@loader is a struct setup_data of the type SETUP_KEXEC_LETTER,
 *			in the list that boot_params begins; the rest is its data
 * device tree		/chosen has the property below: address and size, in cells of
 *			the root; /memreserve/ has them, too.  The first 8 bytes of
 *			@loader are the physical address of the tree: a tree that
 *			somebody copies for a later kernel lies elsewhere
 *
 * Numbers are little endian.
 */
#define KEXEC_LETTER_MAGIC		"kexec\0letter\xf3\x9a\x51\xc7"
#define KEXEC_LETTER_VERSION		1
#define KEXEC_LETTER_VERIFIED		0x00000001	/* the image was, before it was started */

#define KEXEC_LETTER_PROPERTY		"linux,kexec-previous"

struct kexec_letter {
	__u8 loader[16];	/* the loader's; see above */
	__u8 magic[16];		/* KEXEC_LETTER_MAGIC, without its last zero */
	__le64 digest;		/* xxh64, with seed 0, of what follows */
	__le32 version;		/* KEXEC_LETTER_VERSION */
	__le32 size;		/* of the whole struct */
	__le32 flags;		/* KEXEC_LETTER_VERIFIED */
	__le32 reserved;	/* 0 */
	__le64 counter;		/* of the processor, when the last line was logged */
	__le64 counter_hz;	/* how fast it counts; 0 if it is no clock */
	__le64 in_place;	/* bytes of the image that were in place ... */
	__le64 moved;		/* ... were moved by the handoff ... */
	__le64 zero;		/* ... or cleared by it */
	__le64 phase_ns[5];	/* settle, verify, notifiers, devices, CPUs */
	__u8 release[72];	/* of the kernel that wrote it, with zeroes at its end */
};

#ifndef __KERNEL__

/* A piece of an image: bytes of the caller's, and where they have to lie. */
struct kexec_segment {
	const void *buf;	/* the content, in the caller's memory */
	__kernel_size_t bufsz;	/* bytes of it */
	const void *mem;	/* physical address at the start of the image */
	__kernel_size_t memsz;	/* bytes there, whole pages; zero past bufsz */
};

#endif /* __KERNEL__ */

#endif /* _UAPILINUX_KEXEC_H */
