// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux of m68k: told what a boot loader knows by records behind it, big endian.
 *
 *	0x0	what it is
 *	0x2	bytes, with these four; always even
 *	0x4	data
 *
 * A record of 0 ends them.  The running kernel's own are in /proc/bootinfo
 * (CONFIG_BOOTINFO_PROC), and most hold for the next one.  A kernel takes the first piece
 * of memory that they list for where all begins, and has to lie there, as far from its
 * start as it was linked to; what lies before that piece it leaves alone.
 *
 * See arch/m68k/include/uapi/asm/bootinfo.h, arch/m68k/kernel/head.S and setup_mm.c.
 */
#include <string.h>

#include "boot_image.h"

#define BI_LAST		0x0000
#define BI_MEMCHUNK	0x0005
#define BI_RAMDISK	0x0006
#define BI_COMMAND_LINE	0x0007
#define BI_RNG_SEED	0x0008
#define BI_HEADER	4

/*
 * A kernel begins a page behind the start of memory, with a jump over this, and over
 * versions for each kind of machine.  Some linkers have that page begin with the headers
 * of the file.
 */
#define KERNEL_START	(4 * KIB)
#define BOOTINFOV_AT	2
#define BOOTINFOV_MAGIC	"BIV\x1a"

/* The next kernel keeps what is no larger. */
#define BOOTINFO_MAX	1536

#define CMDLINE_MAX	255	/* COMMAND_LINE_SIZE, less the NUL */

/* All kernels can map pieces of that; smaller ones not all. */
#define MEMORY_UNIT	(256 * KIB)

/*
 * Behind the records a kernel makes tables, before it knows of the initrd.  In the first
 * 16 MiB it makes some more after that, and is to find place for them.
 */
#define TABLES_FIRST	(1 * MIB)
#define TABLES_ALL	(16 * MIB)

/* Tables that a kernel makes in what it maps at first, and what these are for. */
#define TABLES_MAPPED	(256 * KIB)

/**
 * struct records - the records, as they grow
 * @at: the first
 * @size: bytes so far
 * @full: one had no room
 */
struct records {
	unsigned char *at;
	__u64 size;
	bool full;
};

/* Room for a record with @size bytes, 0 at first, or NULL. */
static unsigned char *add_record(struct records *records, unsigned int tag,
				 __u64 size)
{
	unsigned char *at = records->at + records->size;
	__u64 all = BI_HEADER + round_up(size, 4);

	/* The end needs some, too. */
	if (records->full || records->size + all + BI_HEADER > BOOTINFO_MAX) {
		records->full = true;
		return NULL;
	}
	put_be(at, 2, tag);
	put_be(at + 2, 2, all);
	records->size += all;
	return at + BI_HEADER;
}

static void add_place(struct records *records, unsigned int tag, struct range at)
{
	unsigned char *data = add_record(records, tag, 8);

	if (!data)
		return;
	put_be(data, 4, at.start);
	put_be(data + 4, 4, range_len(at));
}

/* The next record behind @at of those that there are, or NULL: the end, or broken. */
static const unsigned char *next_record(const struct boot_file *info,
					const unsigned char *at)
{
	__u64 left;

	at = at ? at + get_be(at + 2, 2) : info->data;
	left = info->size - (at - info->data);
	if (left < BI_HEADER || get_be(at, 2) == BI_LAST)
		return NULL;
	return get_be(at + 2, 2) >= BI_HEADER && get_be(at + 2, 2) <= left ? at : NULL;
}

/* What is there of memory: the first piece that a kernel is told of. */
static bool first_memory(struct boot *boot, struct range *memory)
{
	const unsigned char *at = NULL;

	while ((at = next_record(&boot->bootinfo, at))) {
		if (get_be(at, 2) != BI_MEMCHUNK || get_be(at + 2, 2) < BI_HEADER + 8)
			continue;
		memory->start = get_be(at + BI_HEADER, 4);
		memory->end = memory->start + get_be(at + BI_HEADER + 4, 4);
		return true;
	}
	return boot_fail(boot, "no memory in the records of a boot loader: %s",
			 "no /proc/bootinfo (CONFIG_BOOTINFO_PROC), and no --bootinfo?");
}

/* Those of the running kernel, but for what the next one is told anew. */
static void copy_records(struct boot *boot, struct records *records)
{
	const unsigned char *at = NULL;
	unsigned char *data;

	while ((at = next_record(&boot->bootinfo, at))) {
		__u64 size = get_be(at + 2, 2) - BI_HEADER;

		switch (get_be(at, 2)) {
		case BI_RAMDISK:
		case BI_COMMAND_LINE:
		case BI_RNG_SEED:
			continue;
		case BI_MEMCHUNK:
			if (boot->panic)
				continue;
		}
		data = add_record(records, get_be(at, 2), size);
		if (data)
			memcpy(data, at + BI_HEADER, size);
	}
}

static bool add_records(struct boot *boot, unsigned char *at, struct range memory,
			struct range initrd)
{
	struct records records = { .at = at };
	size_t len = strlen(boot->cmdline) + 1;
	unsigned char *data;

	copy_records(boot, &records);
	if (boot->panic)
		add_place(&records, BI_MEMCHUNK, memory);
	if (range_len(initrd))
		add_place(&records, BI_RAMDISK, initrd);
	data = add_record(&records, BI_COMMAND_LINE, len);
	if (data)
		memcpy(data, boot->cmdline, len);
	data = add_record(&records, BI_RNG_SEED, 2 + sizeof(boot->random));
	if (data) {
		put_be(data, 2, sizeof(boot->random));
		memcpy(data + 2, boot->random, sizeof(boot->random));
	}
	put_be(at + records.size, 2, BI_LAST);
	put_be(at + records.size + 2, 2, BI_HEADER);
	return !records.full ||
	       boot_fail(boot, "records and command line take more than %d bytes",
			 BOOTINFO_MAX);
}

/* @flat: the kernel's content, and room for the records behind it. */
static bool place_kernel(struct boot *boot, const struct linked_kernel *kernel,
			 struct range memory, const void *flat, __u64 *start)
{
	__u64 at = memory.start + kernel->start, size = kernel->size + BOOTINFO_MAX;
	struct hole hole = {
		.len = size,
		.align = boot->page,
		.offset = at % boot->page,
		.within = { at, round_up(at + size, boot->page) },
	};

	/* What it is told of may end before. */
	if (hole.within.end > memory.end)
		hole.within.end = memory.end;
	return place_segment(boot, "kernel", flat, size, &hole, start);
}

static bool find_initrd(struct boot *boot, struct range memory, __u64 kernel_end,
			struct range *initrd)
{
	struct hole hole = {
		.len = boot->initrd.size,
		.align = boot->page,
		.within = { memory.start + TABLES_ALL, memory.end },
	};
	__u64 phys;

	if (!boot->initrd.size)
		return true;
	if (hole.within.start < kernel_end + TABLES_FIRST ||
	    !find_hole(boot, "initrd", &hole, &phys))
		hole.within.start = kernel_end + TABLES_FIRST;
	return place_initrd(boot, hole.within, hole.align, initrd);
}

/* The core header lies behind all memory that the capture kernel is told of. */
static bool place_core(struct boot *boot, struct range *memory)
{
	struct range core;

	*memory = boot->ram.at[0];
	if (!place_core_header(boot, &core))
		return false;
	if (core.end != memory->end)
		return boot_fail(boot,
				 "the core header is not at the end of the crash kernel's memory");
	memory->end = round_down(core.start, MEMORY_UNIT);
	return add_words(boot, "elfcorehdr=%lluK@%lluK",
			 range_len(core) / KIB, core.start / KIB);
}

/* Drops what lies before the start. */
static bool find_start(struct boot *boot, struct linked_kernel *kernel)
{
	__u64 before = KERNEL_START - kernel->start;

	if (kernel->start > KERNEL_START ||
	    kernel->content < before + BOOTINFOV_AT + 4 ||
	    memcmp(kernel->flat + before + BOOTINFOV_AT, BOOTINFOV_MAGIC, 4))
		return bad_kernel(boot, "no \"BIV\" at %#llx: it does not know bootinfo",
				  KERNEL_START + BOOTINFOV_AT);
	if (kernel->entry < KERNEL_START)
		return bad_kernel(boot, "its entry is %#llx, before its start at %#llx",
				  kernel->entry, (__u64)KERNEL_START);
	kernel->flat += before;
	kernel->content -= before;
	kernel->size -= before;
	kernel->start += before;
	return true;
}

/*
 * A kernel maps 4, 8 or 16 MiB before it knows of more (head.S, mmu_init), as many as its
 * first memory has.  That of a capture kernel has less than the region.
 */
static bool fits_first_map(struct boot *boot, const struct linked_kernel *kernel,
			   struct range memory)
{
	__u64 end = kernel->start + kernel->size + BOOTINFO_MAX + TABLES_MAPPED;
	__u64 mapped = 16 * MIB;

	while (mapped > 4 * MIB && mapped > range_len(memory))
		mapped /= 2;
	if (end <= mapped)
		return true;
	return bad_kernel(boot, "%llu KiB are more than it maps at first: %llu MiB of %llu KiB",
			  end / KIB, mapped / MIB, range_len(memory) / KIB);
}

/**
 * load_m68k - make segments of a kernel of m68k, and of what it is told
 * @boot: gets them
 * @kernel: what it is; loses what is before its start
 *
 * Return: false if it can't be loaded, or there is no place.
 */
bool load_m68k(struct boot *boot, struct linked_kernel *kernel)
{
	struct range memory, initrd = { };
	unsigned char *flat;
	__u64 start;

	if (!find_start(boot, kernel))
		return false;
	if (kernel->size % 4)
		return bad_kernel(boot, "it has %llu bytes, and no record can be behind these",
				  kernel->size);
	flat = boot_alloc(boot, kernel->size + BOOTINFO_MAX);
	if (!flat || !begin_image(boot, &boot_m68k) || !first_memory(boot, &memory))
		return false;
	memcpy(flat, kernel->flat, kernel->content);
	if ((boot->panic && !place_core(boot, &memory)) ||
	    !fits_first_map(boot, kernel, memory) ||
	    !place_kernel(boot, kernel, memory, flat, &start) ||
	    !find_initrd(boot, memory, start + kernel->size + BOOTINFO_MAX, &initrd))
		return false;
	if (!cmdline_fits(boot, CMDLINE_MAX))
		return false;
	boot->entry = start + (kernel->entry - kernel->start);
	return add_records(boot, flat + kernel->size, memory, initrd);
}
