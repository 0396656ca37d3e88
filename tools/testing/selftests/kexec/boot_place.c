// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where in memory the parts of an image go: each to the lowest place that is
 * large enough and none of another part.  What the running kernel and firmware
 * have reserved for good stays as it is.
 *
 * The running kernel itself is going to be gone.  But a part that lies where it
 * is can't be put in place before the handoff, so that is avoided as long as
 * there is another place.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "boot_image.h"

static bool too_many_pieces(struct boot *boot)
{
	return boot_fail(boot, "the memory map has more than %d pieces",
			 BOOT_RANGES_MAX);
}

/* Only whole pages can be loaded. */
static bool keep_whole_pages(struct ranges *ranges, __u64 page)
{
	struct ranges all = *ranges;
	int i;

	ranges->nr = 0;
	for (i = 0; i < all.nr; i++) {
		struct range at = {
			round_up(all.at[i].start, page),
			round_down(all.at[i].end, page),
		};

		if (!ranges_add(ranges, at))
			return false;
	}
	return true;
}

/* Where the kernel runs, its code and data, and what lies between. */
static void find_running_kernel(struct boot *boot)
{
	struct range all = { NO_LIMIT, 0 };
	int i;

	for (i = 0; i < boot->map.nr; i++) {
		const struct map_line *line = &boot->map.line[i];

		if (strncmp(line->name, "Kernel ", 7))
			continue;
		if (line->at.start < all.start)
			all.start = line->at.start;
		if (line->at.end > all.end)
			all.end = line->at.end;
	}
	all.start = round_down(all.start, boot->page);
	boot->running = all.end ? all : (struct range) { };
}

/* For a kernel that is booted: RAM, but for what nobody may overwrite. */
static bool find_ram(struct boot *boot)
{
	int i;

	if (!map_ranges(boot, &boot->map, "System RAM", &boot->ram))
		return false;
	for (i = 0; i < boot->map.nr; i++) {
		const struct map_line *line = &boot->map.line[i];

		/* In RAM, arm64 has "reserved", riscv64 "Reserved" memory. */
		if (strcasecmp(line->name, "reserved") &&
		    strcmp(line->name, "Crash kernel"))
			continue;
		if (!ranges_remove(&boot->ram, line->at))
			return too_many_pieces(boot);
	}
	if (!boot->ram.nr)
		return boot_fail(boot, "the memory map has no line \"System RAM\"");
	return true;
}

/*
 * For one that is started at a panic: what is reserved for it.  Of two such
 * regions the lower one is there for its devices, and isn't to be loaded to.
 */
static bool find_crash_ram(struct boot *boot)
{
	struct range at = { };
	int i;

	for (i = 0; i < boot->map.nr; i++) {
		if (!strcmp(boot->map.line[i].name, "Crash kernel"))
			at = boot->map.line[i].at;
	}
	if (!at.end)
		return boot_fail(boot, "no \"Crash kernel\" in the memory map: crashkernel=");
	return ranges_add(&boot->ram, at);
}

/*
 * Which memory an image can use: of the map, by what it is loaded for, and within
 * limits.  Returns false if there is none.
 */
static bool prepare_memory(struct boot *boot)
{
	boot->ram.nr = 0;
	if (!(boot->panic ? find_crash_ram(boot) : find_ram(boot)))
		return false;
	boot->free = boot->ram;
	if (!keep_whole_pages(&boot->ram, boot->page) ||
	    !keep_whole_pages(&boot->free, boot->page) ||
	    !ranges_remove(&boot->free, (struct range) { 0, boot->limits.start }) ||
	    !ranges_remove(&boot->free,
			   (struct range) { boot->limits.end, NO_LIMIT }) ||
	    /* Address 0 is what many take for none. */
	    !ranges_remove(&boot->free, (struct range) { 0, boot->page }))
		return too_many_pieces(boot);
	find_running_kernel(boot);
	if (!boot->free.nr)
		return boot_fail(boot, "no usable memory in [%#llx-%#llx]",
				 boot->limits.start, boot->limits.end - 1);
	return true;
}

/**
 * begin_image - what is known once the kernel's architecture is
 * @boot: gets the architecture, and the memory that can be used
 * @arch: the architecture
 *
 * Return: false if it isn't the machine's, or there is no memory.
 */
bool begin_image(struct boot *boot, const struct boot_arch *arch)
{
	if (boot->machine && boot->machine != arch)
		return bad_kernel(boot, "a kernel for %s, and this machine runs %s",
				  arch->name, boot->machine->name);
	boot->arch = arch;
	if (!boot->page)
		boot->page = arch->page;
	return prepare_memory(boot);
}

/* The lowest one in a piece of memory. */
static bool fits(const struct hole *hole, struct range piece, __u64 *phys)
{
	__u64 start = piece.start, end = piece.end, rest;

	if (start < hole->within.start)
		start = hole->within.start;
	if (end > hole->within.end)
		end = hole->within.end;
	if (start < hole->offset)
		start = hole->offset;
	rest = (start - hole->offset) % hole->align;
	if (rest && __builtin_add_overflow(start, hole->align - rest, &start))
		return false;
	if (start > end || end - start < hole->len)
		return false;
	*phys = start;
	return true;
}

static bool find_in(const struct ranges *ranges, const struct hole *hole,
		    __u64 *phys)
{
	int i;

	for (i = 0; i < ranges->nr; i++) {
		if (fits(hole, ranges->at[i], phys))
			return true;
	}
	return false;
}

/**
 * find_hole - look for a place
 * @boot: what is free
 * @what: is to go there, for people
 * @hole: what is looked for
 * @phys: gets the address
 *
 * Nothing is taken yet.
 *
 * Return: false if there is none.
 */
bool find_hole(struct boot *boot, const char *what, const struct hole *hole,
	       __u64 *phys)
{
	struct ranges avoiding = boot->free;

	if (boot->keep_running && !ranges_remove(&avoiding, boot->running))
		return too_many_pieces(boot);
	if (find_in(&avoiding, hole, phys) || find_in(&boot->free, hole, phys))
		return true;
	return boot_fail(boot,
			 "no room for the %s%s: %llu bytes at n * %#llx + %#llx, from %#llx to %#llx",
			 what, boot->panic ? " in the crash kernel's memory" : "",
			 hole->len, hole->align, hole->offset, hole->within.start,
			 hole->within.end);
}

/**
 * add_segment - make something a segment of the image
 * @boot: gets it
 * @what: it is, for people
 * @buf: its content
 * @bufsz: bytes of @buf
 * @at: where it has to go; it ends up as whole pages
 *
 * Return: false if that memory isn't free, or there are too many segments.
 */
bool add_segment(struct boot *boot, const char *what, const void *buf,
		 __u64 bufsz, struct range at)
{
	__u64 end;

	if (at.end < at.start || bufsz > range_len(at) ||
	    __builtin_add_overflow(at.end, boot->page - 1, &end))
		return boot_fail(boot, "the %s, %llu bytes, can't fill [%#llx-%#llx]",
				 what, bufsz, at.start, at.end - 1);
	if (at.start % boot->page)
		return boot_fail(boot, "the %s would begin at %#llx, but pages have %llu bytes",
				 what, at.start, boot->page);
	at.end = round_down(end, boot->page);
	if (!ranges_have(&boot->free, at))
		return boot_fail(boot, "the %s has to go to [%#llx-%#llx], which is not %s",
				 what, at.start, at.end - 1,
				 ranges_have(&boot->ram, at) ?
				 "free: --mem-min, --mem-max, or another segment" :
				 boot->panic ? "within what crashkernel= has reserved" :
				 "RAM, or is reserved");
	if (boot->nr_segments == SEGMENTS_MAX)
		return boot_fail(boot, "no segment is left for the %s: a kernel takes %d",
				 what, SEGMENTS_MAX);
	if (!ranges_remove(&boot->free, at))
		return too_many_pieces(boot);
	boot->segment[boot->nr_segments++] = (struct boot_segment) {
		.what = what,
		.buf = buf,
		.bufsz = bufsz,
		.at = at,
	};
	return true;
}

/**
 * place_segment - find a place for something, and make it a segment there
 * @boot: gets it
 * @what: it is, for people
 * @buf: its content
 * @bufsz: bytes of @buf
 * @hole: what place it needs
 * @phys: gets the address
 *
 * Return: false if there is none.
 */
bool place_segment(struct boot *boot, const char *what, const void *buf,
		   __u64 bufsz, const struct hole *hole, __u64 *phys)
{
	struct hole pages = *hole;

	pages.len = round_up(hole->len, boot->page);
	if (pages.align < boot->page)
		pages.align = boot->page;
	return find_hole(boot, what, &pages, phys) &&
	       add_segment(boot, what, buf, bufsz,
			   (struct range) { *phys, *phys + pages.len });
}

/**
 * place_initrd - make a segment of the initrd, if there is one
 * @boot: gets it
 * @within: where it has to lie
 * @align: of what its address is a multiple, as of a page in any case
 * @initrd: gets where it is; it stays as it is if there is none
 *
 * Return: false if there is no place for it.
 */
bool place_initrd(struct boot *boot, struct range within, __u64 align,
		  struct range *initrd)
{
	const struct boot_file *file = &boot->initrd;
	struct hole hole = { .len = file->size, .align = align, .within = within };

	if (!file->size)
		return true;
	if (!place_segment(boot, "initrd", file->data, file->size, &hole,
			   &initrd->start))
		return false;
	initrd->end = initrd->start + file->size;
	return true;
}

/**
 * place_cmdline - make a segment of the command line
 * @boot: gets it
 * @within: where it has to lie
 * @room: so many bytes behind it are for the running kernel
 *
 * It begins with a word by which mips and loongarch find it among the segments, in the
 * place of the name that their firmware has there.
 *
 * Return: false if there is no place for it.
 */
bool place_cmdline(struct boot *boot, struct range within, size_t room)
{
	static const char prefix[] = "kexec ";
	size_t size = sizeof(prefix) + strlen(boot->cmdline);
	struct hole hole = {
		.len = size + room,
		.align = boot->page,
		.within = within,
	};
	char *line = boot_alloc(boot, size);
	__u64 phys;

	if (!line)
		return false;
	snprintf(line, size, "%s%s", prefix, boot->cmdline);
	return place_segment(boot, "command line", line, size, &hole, &phys);
}
