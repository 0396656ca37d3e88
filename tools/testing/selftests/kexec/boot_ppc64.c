// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel of 64-bit powerpc is told, in either byte order: a device tree
 * (Documentation/arch/powerpc/booting.rst, entry b).
 *
 * A kernel that is booted copies itself to address 0, so that nothing else may lie
 * where it is then.  One that is started at a panic has a word in it that tells it to
 * stay.
 *
 * kexec enters an image with the number of the CPU in r3, and its own address in r4.
 * A few instructions behind the device tree write that number into the tree, as a
 * kernel looks for it there, and enter the kernel with what it expects.  Before that, of
 * a kernel that died, they copy the first pages: the next one has its vectors there.
 */
#include <endian.h>
#include <string.h>

#include <libfdt.h>

#include "boot_image.h"

/* In vmlinux, at the start of the memory that it takes (arch/powerpc/kernel/head_64.S). */
#define RUN_AT_LOAD		0x5c
#define RUN_AT_LOAD_DEFAULT	0x72756e30	/* "run0" */

/* A kernel has to lie at a multiple of 16 KiB; the largest pages are larger. */
#define KERNEL_ALIGN		(64 * KIB)

/* COMMAND_LINE_SIZE, less the NUL */
#define CMDLINE_MAX		2047

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define STORE_BIG_ENDIAN	0x7c60452c	/* stwbrx r3,0,r8 */
#else
#define STORE_BIG_ENDIAN	0x90680000	/* stw r3,0(r8) */
#endif

/* In the byte order of the running kernel, and so in that of this program. */
static const __u32 stub[] = {
	0x429f0005,		/* bcl 20,31,1f */
	0x7cc802a6,		/* 1: mflr r6 */
	0xe8e60054,		/* ld r7,fdt(r6) */
	0x3907001c,		/* addi r8,r7,boot_cpuid_phys */
	STORE_BIG_ENDIAN,
	0xe946005c,		/* ld r10,backup(r6) */
	0xe9660064,		/* ld r11,backup_size(r6) */
	0x796be8c3,		/* rldicl. r11,r11,61,3: in words of 8 bytes */
	0x41820020,		/* beq 3f */
	0x7d6903a6,		/* mtctr r11 */
	0x39200000,		/* li r9,0 */
	0xe9890000,		/* 2: ld r12,0(r9) */
	0xf98a0000,		/* std r12,0(r10) */
	0x39290008,		/* addi r9,r9,8 */
	0x394a0008,		/* addi r10,r10,8 */
	0x4200fff0,		/* bdnz 2b */
	0xe886006c,		/* 3: ld r4,kernel(r6) */
	0x7ce33b78,		/* mr r3,r7 */
	0x38a00000,		/* li r5,0 */
	0x7c8903a6,		/* mtctr r4 */
	0x4e800420,		/* bctr */
	0x60000000,		/* nop */
				/* fdt, backup, backup_size, kernel: .quad */
};

#define STUB_SIZE	(sizeof(stub) + 4 * sizeof(__u64))

/*
 * The end of the first block of memory: the kernel reaches that in real mode, all or in
 * part.
 */
static __u64 real_mode_end(const void *fdt)
{
	int node = -1, len;
	const fdt64_t *reg;

	for (;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			return NO_LIMIT;
		reg = fdt_getprop(fdt, node, "reg", &len);
		if (reg && len >= 16 && !fdt64_ld(reg))
			return fdt64_ld(reg + 1);
	}
}

/* RTAS, which not every kernel has in /proc/iomem. */
static bool keep_rtas(struct boot *boot)
{
	const void *fdt = boot->fdt.data;
	const fdt32_t *base, *size;
	int node, len;
	__u64 start;

	node = fdt_path_offset(fdt, "/rtas");
	if (node < 0)
		return true;
	base = fdt_getprop(fdt, node, "linux,rtas-base", &len);
	if (!base || len != 4)
		return true;
	size = fdt_getprop(fdt, node, "rtas-size", &len);
	if (!size || len != 4)
		return true;
	start = fdt32_ld(base);
	return ranges_remove(&boot->free, (struct range) {
		round_down(start, boot->page),
		round_up(start + fdt32_ld(size), boot->page),
	}) || boot_fail(boot, "the memory map is in too many pieces");
}

static bool stay_where_it_is(struct boot *boot, const struct ppc64_kernel *kernel)
{
	unsigned char *word = kernel->flat + RUN_AT_LOAD;

	if (kernel->content < RUN_AT_LOAD + 4 ||
	    (kernel->big_endian ? get_be(word, 4) : get_le(word, 4)) !=
	    RUN_AT_LOAD_DEFAULT)
		return bad_kernel(boot, "no \"run0\" at %#x: built without RELOCATABLE",
				  RUN_AT_LOAD);
	if (kernel->big_endian)
		put_be(word, 4, 1);
	else
		put_le(word, 4, 1);
	return true;
}

/* What a kernel that died had first in its memory. */
static bool place_backup(struct boot *boot, __u64 *phys)
{
	struct hole hole = {
		.len = CRASH_BACKUP,
		.align = boot->page,
		.within = { 0, NO_LIMIT },
	};

	return place_segment(boot, "backup", NULL, 0, &hole, phys);
}

static bool place_core(struct boot *boot, struct range *core)
{
	if (!place_backup(boot, &boot->backup) || !place_core_header(boot, core))
		return false;
	return add_words(boot, "elfcorehdr=0x%llx", core->start);
}

static bool place_fdt(struct boot *boot, struct hole *hole, __u64 kernel,
		      struct range initrd, struct range core)
{
	__u64 size, phys, at, words[4];
	unsigned char *buffer, *letter;
	struct range letter_at;
	void *fdt;

	if (!place_letter(boot, hole->within, &letter_at, &letter))
		return false;
	fdt = make_fdt(boot, initrd, core, letter_at, &size);
	if (!fdt)
		return false;
	at = round_up(size, 8);
	hole->len = at + STUB_SIZE;
	hole->align = boot->page;
	buffer = boot_alloc(boot, hole->len);
	if (!buffer)
		return false;
	memcpy(buffer, fdt, size);
	memcpy(buffer + at, stub, sizeof(stub));
	if (!place_segment(boot, "device tree", buffer, hole->len, hole, &phys))
		return false;
	if (letter)
		put_le(letter, 8, phys);
	words[0] = phys;
	words[1] = boot->panic ? boot->backup : 0;
	words[2] = boot->panic ? CRASH_BACKUP : 0;
	words[3] = kernel;
	memcpy(buffer + at + sizeof(stub), words, sizeof(words));
	boot->entry = phys + at;
	return true;
}

/**
 * load_ppc64 - make segments of a kernel of 64-bit powerpc, and of what it is told
 * @boot: gets them
 * @kernel: what it is; it may be changed
 *
 * Return: false if it can't be loaded, or there is no place.
 */
bool load_ppc64(struct boot *boot, const struct ppc64_kernel *kernel)
{
	__u64 phys, above = round_up(kernel->size, KERNEL_ALIGN);
	struct range initrd = { }, core = { };
	struct hole hole = {
		.len = kernel->size,
		.align = KERNEL_ALIGN,
	};

	find_ppc_version(boot, kernel->flat, kernel->content);
	if (!check_fdt(boot) || !begin_image(boot, &boot_ppc64) ||
	    !keep_rtas(boot) || !keep_ppc_units(boot) ||
	    (boot->panic && !stay_where_it_is(boot, kernel)))
		return false;
	hole.within = (struct range) {
		boot->panic ? 0 : above, real_mode_end(boot->fdt.data)
	};
	if (!place_segment(boot, "kernel", kernel->flat, kernel->content, &hole, &phys))
		return false;
	if (!place_initrd(boot, hole.within, boot->page, &initrd) ||
	    (boot->panic && !place_core(boot, &core)))
		return false;
	if (!cmdline_fits(boot, CMDLINE_MAX))
		return false;
	return place_fdt(boot, &hole, phys, initrd, core);
}
