// SPDX-License-Identifier: GPL-2.0-only
/*
 * zImage: the kernel of arm, compressed, with the program before it that unpacks it.
 * Little endian, also of a big endian kernel:
 *
 *	0x24	magic
 *	0x28	where it was linked to begin, mostly 0
 *	0x2c	and to end
 *	0x34	magic: what follows is there
 *	0x38	offset of a table
 *
 * The table has words: how many follow, itself included; magic; where the size of
 * the unpacked kernel stands; bytes of that one's .bss; how far behind the start of
 * memory it wants to lie; bytes that unpacking takes behind the zImage.  See
 * arch/arm/boot/compressed/head.S and vmlinux.lds.S, and
 * Documentation/arch/arm/booting.rst.
 *
 * It is entered at its first byte, and the running kernel sees to the registers.
 * It unpacks the kernel to the start of memory: that of the device tree's which has
 * the multiple of 128 MiB below the zImage, or else the lowest that may be used
 * (fdt_check_mem_start.c).  Nothing is loaded there, but nothing else of the image
 * may be there either.
 */
#include <string.h>

#include "boot_image.h"

#define MAGIC		0x24
#define START		0x28
#define END		0x2c
#define TABLE_MAGIC	0x34
#define TABLE		0x38
#define HEADER_END	0x3c

/* In the table. */
#define SIZE_AT		8
#define BSS_SIZE	12
#define TEXT_OFFSET	16
#define MALLOC_SIZE	20
#define TABLE_END	24

#define CMDLINE_MAX	1023	/* COMMAND_LINE_SIZE, less the NUL */

#define MEMORY_ALIGN	(128 * MIB)
#define KERNEL_ALIGN	(2 * MIB)	/* of the start of memory */
/* .bss, a stack, and a device tree's growth: what it has beside MALLOC_SIZE. */
#define WORK_SIZE	(1 * MIB)
/* What a kernel maps of its memory for good, at least, without options. */
#define LOWMEM		(512 * MIB)

/**
 * struct zimage - what was found out of a zImage
 * @room: from the start of memory to the end of the kernel, once it is unpacked
 * @len: what the zImage takes while it does that
 * @memory: where memory starts
 */
struct zimage {
	__u64 room;
	__u64 len;
	__u64 memory;
};

static bool is_zimage(const struct boot_file *file)
{
	return file_has(file, MAGIC, "\x18\x28\x6f\x01", 4);
}

static bool check_header(struct boot *boot, struct zimage *zimage)
{
	const struct boot_file *file = &boot->kernel;
	const unsigned char *table;
	__u64 at, size_at, size;

	if (!kernel_has(boot, "header", HEADER_END) ||
	    !kernel_has(boot, "zImage, by its header,",
			get_le(file->data + END, 4) -
			get_le(file->data + START, 4)))
		return false;
	if (get_le(file->data + TABLE_MAGIC, 4) != 0x45454545)
		return bad_kernel(boot,
				  "no table of sizes, by the magic at %#x: Linux 4.15 is needed",
				  TABLE_MAGIC);
	at = get_le(file->data + TABLE, 4);
	if (!kernel_has(boot, "table", at + TABLE_END))
		return false;
	table = file->data + at;
	if (get_le(table, 4) < TABLE_END / 4 ||
	    get_le(table + 4, 4) != 0x5a534c4b)
		return bad_kernel(boot, "no table of sizes at %#llx, where the header says",
				  at);
	size_at = get_le(table + SIZE_AT, 4);
	if (!kernel_has(boot, "size of the unpacked kernel", size_at + 4))
		return false;
	size = get_le(file->data + size_at, 4);
	zimage->room = round_up(get_le(table + TEXT_OFFSET, 4) + size +
				get_le(table + BSS_SIZE, 4), MIB);
	zimage->len = file->size + get_le(table + MALLOC_SIZE, 4) + WORK_SIZE;
	return true;
}

/* The start of what the kernel will take for its memory. */
static bool find_memory(struct boot *boot, struct zimage *zimage)
{
	struct ranges ram = { };

	if (boot->panic)
		ram = boot->ram;
	else if (!map_ranges(boot, &boot->map, "System RAM", &ram))
		return false;
	zimage->memory = round_up(ram.at[0].start, KERNEL_ALIGN);
	return true;
}

static bool place_kernel(struct boot *boot, const struct zimage *zimage,
			 __u64 *phys)
{
	__u64 start = zimage->memory + zimage->room;
	struct hole hole = {
		.len = zimage->len,
		.align = boot->page,
		.within = {
			start,
			round_down(zimage->memory, MEMORY_ALIGN) + MEMORY_ALIGN,
		},
	};

	if (!ranges_remove(&boot->free,
			   (struct range) { zimage->memory, start }))
		return boot_fail(boot, "the memory map is in too many pieces");
	return place_segment(boot, "kernel", boot->kernel.data,
			     boot->kernel.size, &hole, phys);
}

static bool place_fdt(struct boot *boot, const struct zimage *zimage,
		      struct range initrd, struct range core)
{
	struct hole hole = {
		.align = boot->page,
		.within = { 0, zimage->memory + LOWMEM },
	};
	unsigned char *letter;
	struct range at;
	__u64 phys;
	void *fdt;

	if (!place_letter(boot, hole.within, &at, &letter))
		return false;
	fdt = make_fdt(boot, initrd, core, at, &hole.len);
	if (!fdt ||
	    !place_segment(boot, "device tree", fdt, hole.len, &hole, &phys))
		return false;
	if (letter)
		put_le(letter, 8, phys);
	return true;
}

static bool load_zimage(struct boot *boot)
{
	struct range initrd = { }, core = { };
	struct zimage zimage;

	return check_header(boot, &zimage) && begin_image(boot, &boot_arm) &&
	       find_memory(boot, &zimage) &&
	       place_kernel(boot, &zimage, &boot->entry) &&
	       place_initrd(boot, (struct range) { 0, zimage.memory + LOWMEM },
			    boot->page, &initrd) &&
	       (!boot->panic || place_core_header(boot, &core)) &&
	       cmdline_fits(boot, CMDLINE_MAX) &&
	       place_fdt(boot, &zimage, initrd, core);
}

const struct boot_format boot_zimage = {
	.name = "zImage",
	.matches = is_zimage,
	.load = load_zimage,
};
