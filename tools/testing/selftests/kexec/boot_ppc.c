// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel of 32-bit powerpc is told: a device tree
 * (Documentation/arch/powerpc/booting.rst, entry b; ePAPR).
 *
 * kexec enters an image with the number of the CPU in r3, and its own address in r4.
 * A few instructions behind the device tree write that number into the tree, as a
 * kernel looks for it there, and enter the kernel with the tree in r3, and its own
 * address in r4.
 *
 * One that is relocatable takes the memory that it is loaded to the start of for the
 * start of all, and maps 64 MiB of it at first.  Another one runs where it was linked to.
 */
#define _GNU_SOURCE
#include <string.h>

#include "boot_image.h"

#define VERSION		"Linux version "

/* A kernel uses no memory behind the last multiple of that. */
#define MEMORY_UNIT	(16 * MIB)

/* What it maps at first. */
#define FIRST_MAP	(64 * MIB)

/* What it has addresses for in the end, at the least, with the usual options. */
#define LOW_MEMORY	(512 * MIB)

/* COMMAND_LINE_SIZE, less the NUL */
#define CMDLINE_MAX	2047

static const __u32 stub[] = {
	0x429f0005,		/* bcl 20,31,1f */
	0x7d0802a6,		/* 1: mflr r8 */
	0x8128001c,		/* lwz r9,fdt(r8) */
	0x9069001c,		/* stw r3,boot_cpuid_phys(r9) */
	0x7d234b78,		/* mr r3,r9 */
	0x80880020,		/* lwz r4,kernel(r8) */
	0x7c8903a6,		/* mtctr r4 */
	0x4e800420,		/* bctr */
				/* fdt, kernel: .long */
};

#define STUB_WORDS	(ARRAY_SIZE(stub) + 2)

/**
 * find_ppc_version - find the version of a kernel of powerpc
 * @boot: gets it, if it is there
 * @flat: what the kernel consists of
 * @content: bytes of that
 */
void find_ppc_version(struct boot *boot, const unsigned char *flat, __u64 content)
{
	const unsigned char *at, *end = flat + content;
	size_t len;

	at = memmem(flat, content, VERSION, strlen(VERSION));
	if (!at)
		return;
	at += strlen(VERSION);
	for (len = 0; len < sizeof(boot->version) - 1 && at + len < end &&
	     at[len] > ' '; len++)
		boot->version[len] = at[len];
	boot->version[len] = '\0';
}

/**
 * keep_ppc_units - leave what no kernel of powerpc uses
 * @boot: of the region of a capture kernel, which may have shrunk
 *
 * Return: false if the memory is in too many pieces.
 */
bool keep_ppc_units(struct boot *boot)
{
	struct range rest = { 0, NO_LIMIT };

	if (!boot->panic)
		return true;
	rest.start = round_down(boot->ram.at[0].end, MEMORY_UNIT);
	return (ranges_remove(&boot->ram, rest) &&
		ranges_remove(&boot->free, rest)) ||
	       boot_fail(boot, "the memory map is in too many pieces");
}

/*
 * Where the kernel lies, whatever is there now.  It may be at address 0, where nothing
 * else goes.
 */
static bool place_kernel(struct boot *boot, const struct linked_kernel *kernel,
			 __u64 *start)
{
	struct hole hole = {
		.len = kernel->size,
		.align = boot->page,
	};
	struct range at, page;

	*start = kernel->relocatable ? boot->ram.at[0].start : kernel->start;
	at = (struct range) { *start, *start + round_up(kernel->size, boot->page) };
	if (!ranges_have(&boot->ram, at))
		return boot_fail(boot, "no room for the kernel%s: it takes [%#llx-%#llx]",
				 boot->panic ? " in the crash kernel's memory" : "",
				 at.start, at.end - 1);
	page = (struct range) { at.start, at.start + boot->page };
	if (!ranges_add(&boot->free, page))
		return boot_fail(boot, "the memory map is in too many pieces");
	hole.within = at;
	return place_segment(boot, "kernel", kernel->flat, kernel->content, &hole,
			     start);
}

/* With its size, so that the next kernel keeps it. */
static bool place_core(struct boot *boot, struct range *core)
{
	if (!place_core_header(boot, core))
		return false;
	return add_words(boot, "elfcorehdr=%lluK@%lluK",
			 range_len(*core) / KIB, core->start / KIB);
}

static void put_stub(unsigned char *at, __u64 fdt, __u64 kernel)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stub); i++)
		put_be(at + 4 * i, 4, stub[i]);
	put_be(at + 4 * i, 4, fdt);
	put_be(at + 4 * (i + 1), 4, kernel);
}

static bool place_fdt(struct boot *boot, struct range within, __u64 kernel,
		      struct range initrd, struct range core)
{
	struct hole hole = {
		.align = boot->page,
		.within = within,
	};
	unsigned char *buffer, *letter;
	struct range letter_at;
	__u64 size, phys, at;
	void *fdt;

	if (!place_letter(boot, within, &letter_at, &letter))
		return false;
	fdt = make_fdt(boot, initrd, core, letter_at, &size);
	if (!fdt)
		return false;
	at = round_up(size, 4);
	hole.len = at + 4 * STUB_WORDS;
	buffer = boot_alloc(boot, hole.len);
	if (!buffer)
		return false;
	memcpy(buffer, fdt, size);
	if (!place_segment(boot, "device tree", buffer, hole.len, &hole, &phys))
		return false;
	put_stub(buffer + at, phys, kernel);
	if (letter)
		put_le(letter, 8, phys);
	boot->entry = phys + at;
	return true;
}

/**
 * load_ppc - make segments of a kernel of 32-bit powerpc, and of what it is told
 * @boot: gets them
 * @kernel: what it is
 *
 * Return: false if it can't be loaded, or there is no place.
 */
bool load_ppc(struct boot *boot, const struct linked_kernel *kernel)
{
	struct range initrd = { }, core = { }, first, low;
	__u64 start;

	find_ppc_version(boot, kernel->flat, kernel->content);
	if (!check_fdt(boot) || !begin_image(boot, &boot_ppc) ||
	    !keep_ppc_units(boot) || !place_kernel(boot, kernel, &start))
		return false;
	first = (struct range) { 0, round_down(start, FIRST_MAP) + FIRST_MAP };
	low = (struct range) { 0, boot->ram.at[0].start + LOW_MEMORY };
	if (!place_initrd(boot, low, boot->page, &initrd) ||
	    (boot->panic && !place_core(boot, &core)))
		return false;
	if (!cmdline_fits(boot, CMDLINE_MAX))
		return false;
	return place_fdt(boot, first, start + (kernel->entry - kernel->start), initrd,
			 core);
}
