// SPDX-License-Identifier: GPL-2.0-only
/*
 * zImage of sh: the kernel, compressed, with the program before it that moves itself to
 * where it was linked to, and unpacks the kernel.  All is linked to P1, where addresses
 * differ from physical ones in their upper three bits.
 *
 *	0x004	mova: where the program looks whether it lies where it was linked to,
 *		at a word that has its own address
 *	...	words: where .bss begins; where all ends; 0x500000f0; the magic, 0x400000f0;
 *		two addresses; where the kernel is entered, a page behind its start
 *	0x202	"HdrS"
 *
 * That page has the kernel's parameters, little endian, and is not in the zImage:
 *
 *	0x00	whether the root is mounted read-only
 *	0x08	the number of the root's device
 *	0x0c	whether a loader says this: then the next two mean something
 *	0x10	where an initrd begins, from the start of memory on
 *	0x14	bytes of that
 *	0x100	the command line
 *
 * See arch/sh/boot/compressed/head_32.S and misc.c, arch/sh/include/asm/setup.h.
 */
#include <string.h>

#include "boot_image.h"

#define P1		0x80000000ULL
#define P1_MASK		0xe0000000ULL
#define PHYS_MASK	0x1fffffffULL

#define MOVA_AT		4
#define MOVA		0xc7	/* its high byte; the low one counts words from here on */
#define HEADER_END	0x200
#define INIT_SR		0x500000f0U
#define MAGIC		0x400000f0U

/* Words, before and behind the magic. */
#define BSS_START	(-3)
#define END		(-2)
#define KERNEL_START	3

#define READ_ONLY	0x00
#define LOADER_TYPE	0x0c
#define INITRD_START	0x10
#define INITRD_SIZE	0x14
#define COMMAND_LINE	0x100
#define CMDLINE_MAX	255	/* COMMAND_LINE_SIZE, less the NUL */

/* The page is one of 4 to 64 KiB, whose size the file does not tell. */
#define PARAMS_STEP	(4 * KIB)
#define PARAMS_SIZE	(64 * KIB)

/* .bss begins at a page, of whatever size, behind all that is in the file. */
#define BSS_ALIGN	(64 * KIB)

/* What it unpacks with, behind its end, at most. */
#define HEAP_SIZE	(4 * MIB)

/**
 * struct sh_zimage - what was found out of a zImage; physical addresses
 * @link: where it was linked to
 * @end: where what it needs to unpack the kernel ends
 * @kernel: where the kernel is entered
 */
struct sh_zimage {
	__u64 link;
	__u64 end;
	__u64 kernel;
};

/* The offset of the magic, or 0. */
static __u64 find_magic(const struct boot_file *file)
{
	__u64 at;

	for (at = 12; at + 16 <= HEADER_END && at + 16 <= file->size; at += 4) {
		if (get_le(file->data + at, 4) == MAGIC &&
		    get_le(file->data + at - 4, 4) == INIT_SR)
			return at;
	}
	return 0;
}

static bool is_sh_zimage(const struct boot_file *file)
{
	return file_has(file, 0x202, "HdrS", 4) && find_magic(file);
}

static bool get_address(struct boot *boot, const char *what, __u64 at,
			__u64 *phys)
{
	__u64 address = get_le(boot->kernel.data + at, 4);

	*phys = address & PHYS_MASK;
	return (address & P1_MASK) == P1 ||
	       bad_kernel(boot, "%s, at offset %#llx, is %#llx, not in P1", what, at,
			  address);
}

static bool check_zimage(struct boot *boot, struct sh_zimage *zimage)
{
	const struct boot_file *file = &boot->kernel;
	__u64 magic = find_magic(file), own, bss;

	if (file->data[MOVA_AT + 1] != MOVA)
		return bad_kernel(boot, "no mova at offset %#x", MOVA_AT);
	own = MOVA_AT + 4 + 4 * file->data[MOVA_AT];
	if (!kernel_has(boot, "address of itself", own + 4) ||
	    !get_address(boot, "its own address", own, &zimage->link) ||
	    !get_address(boot, "the start of .bss", magic + 4 * BSS_START, &bss) ||
	    !get_address(boot, "the end", magic + 4 * END, &zimage->end) ||
	    !get_address(boot, "the kernel's entry", magic + 4 * KERNEL_START,
			 &zimage->kernel))
		return false;
	zimage->link -= own;
	if (bss < zimage->link || bss > zimage->end)
		return bad_kernel(boot, ".bss begins at %#llx, outside of [%#llx-%#llx]",
				  bss, zimage->link, zimage->end - 1);
	if (bss - zimage->link > BSS_ALIGN &&
	    !kernel_has(boot, "zImage, but for what .bss is aligned to,",
			bss - zimage->link - BSS_ALIGN))
		return false;
	if (zimage->kernel < PARAMS_STEP || zimage->kernel % PARAMS_STEP ||
	    zimage->kernel > zimage->link)
		return bad_kernel(boot, "the kernel's entry is at %#llx, and the zImage at %#llx",
				  zimage->kernel, zimage->link);
	zimage->end += HEAP_SIZE;
	return true;
}

/* The memory that the kernel takes for where all begins. */
static __u64 start_of_memory(const struct boot *boot, __u64 phys)
{
	int i;

	for (i = 0; i < boot->map.nr; i++) {
		const struct map_line *line = &boot->map.line[i];

		if (!strcmp(line->name, "System RAM") && phys >= line->at.start &&
		    phys < line->at.end)
			return line->at.start;
	}
	return 0;
}

/* In each page that can be the one before the kernel's entry. */
static bool add_params(struct boot *boot, const struct sh_zimage *zimage,
		       __u64 memory, __u64 initrd)
{
	__u64 end = zimage->kernel, at;
	struct range where = { memory, end };
	unsigned char *params;

	if (end - memory > PARAMS_SIZE)
		where.start = end - PARAMS_SIZE;
	params = boot_alloc(boot, range_len(where));
	if (!params)
		return false;
	for (at = 0; at < range_len(where); at += PARAMS_STEP) {
		put_le(params + at + READ_ONLY, 4, 1);
		if (boot->initrd.size) {
			put_le(params + at + LOADER_TYPE, 4, 1);
			put_le(params + at + INITRD_START, 4, initrd - memory);
			put_le(params + at + INITRD_SIZE, 4, boot->initrd.size);
		}
		memcpy(params + at + COMMAND_LINE, boot->cmdline,
		       strlen(boot->cmdline));
	}
	return add_segment(boot, "parameters", params, range_len(where), where);
}

static bool load_sh_zimage(struct boot *boot)
{
	struct sh_zimage zimage;
	struct range initrd = { };
	__u64 memory;

	if (!check_zimage(boot, &zimage) || !begin_image(boot, &boot_sh))
		return false;
	if (boot->panic)
		return bad_kernel(boot, "capture kernels of sh are not loaded");
	if (!cmdline_fits(boot, CMDLINE_MAX))
		return false;
	memory = start_of_memory(boot, zimage.kernel);
	if (!memory)
		return bad_kernel(boot, "it is for memory at %#llx, and there is none",
				  zimage.kernel);
	boot->entry = zimage.link;
	return add_segment(boot, "kernel", boot->kernel.data, boot->kernel.size,
			   (struct range) { zimage.link,
					    zimage.link + boot->kernel.size }) &&
	       /*
		* Behind all that the zImage writes to, and the kernel, which ends before,
		* at a multiple of that kernel's pages, of which it has up to 64 KiB.
		*/
	       place_initrd(boot, (struct range) { zimage.end, PHYS_MASK + 1 },
			    PARAMS_SIZE, &initrd) &&
	       add_params(boot, &zimage, memory, initrd.start);
}

const struct boot_format boot_sh_zimage = {
	.name = "zImage",
	.matches = is_sh_zimage,
	.load = load_sh_zimage,
};
