// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a capture kernel is told of the kernel that died: the header of an ELF
 * core file, in memory.  The capture kernel makes /proc/vmcore of it.
 *
 *	PT_NOTE		a CPU's registers, as crash_notes; one for each
 *	PT_NOTE		vmcoreinfo
 *	PT_LOAD		a piece of RAM, as the kernel has it mapped
 *
 * Offsets are the addresses that all this has in memory.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <linux/elf.h>

#include "boot_image.h"

/* Tools take it for an address that they don't know. */
#define UNKNOWN_ADDRESS		NO_LIMIT

#define PHDRS_MAX		0xfffe

/* What deflate makes of zeroes, the most that it can. */
#define DEFLATE_RATIO_MAX	1032

static void add_phdr(struct elf64_hdr *header, __u32 type, __u64 phys, __u64 virt,
		     __u64 size)
{
	struct elf64_phdr *phdrs = (struct elf64_phdr *)(header + 1);

	phdrs[header->e_phnum++] = (struct elf64_phdr) {
		.p_type = type,
		.p_flags = type == PT_LOAD ? PF_R | PF_W | PF_X : 0,
		.p_offset = phys,
		.p_vaddr = virt,
		.p_paddr = phys,
		.p_filesz = size,
		.p_memsz = size,
	};
}

static __u16 order16(__u16 value, bool big)
{
	return big ? htobe16(value) : htole16(value);
}

static __u32 order32(__u32 value, bool big)
{
	return big ? htobe32(value) : htole32(value);
}

static __u64 order64(__u64 value, bool big)
{
	return big ? htobe64(value) : htole64(value);
}

/* To that of the kernel that reads it, whatever machine plans for it. */
static void set_byte_order(struct elf64_hdr *header, bool big)
{
	struct elf64_phdr *phdr = (struct elf64_phdr *)(header + 1);
	struct elf64_phdr *end = phdr + header->e_phnum;

	for (; phdr < end; phdr++) {
		phdr->p_type = order32(phdr->p_type, big);
		phdr->p_flags = order32(phdr->p_flags, big);
		phdr->p_offset = order64(phdr->p_offset, big);
		phdr->p_vaddr = order64(phdr->p_vaddr, big);
		phdr->p_paddr = order64(phdr->p_paddr, big);
		phdr->p_filesz = order64(phdr->p_filesz, big);
		phdr->p_memsz = order64(phdr->p_memsz, big);
	}
	header->e_type = order16(header->e_type, big);
	header->e_machine = order16(header->e_machine, big);
	header->e_version = order32(header->e_version, big);
	header->e_phoff = order64(header->e_phoff, big);
	header->e_ehsize = order16(header->e_ehsize, big);
	header->e_phentsize = order16(header->e_phentsize, big);
	header->e_phnum = order16(header->e_phnum, big);
}

static void set_byte_order_32(struct elf32_hdr *header, bool big)
{
	struct elf32_phdr *phdr = (struct elf32_phdr *)(header + 1);
	struct elf32_phdr *end = phdr + header->e_phnum;

	for (; phdr < end; phdr++) {
		phdr->p_type = order32(phdr->p_type, big);
		phdr->p_flags = order32(phdr->p_flags, big);
		phdr->p_offset = order32(phdr->p_offset, big);
		phdr->p_vaddr = order32(phdr->p_vaddr, big);
		phdr->p_paddr = order32(phdr->p_paddr, big);
		phdr->p_filesz = order32(phdr->p_filesz, big);
		phdr->p_memsz = order32(phdr->p_memsz, big);
	}
	header->e_type = order16(header->e_type, big);
	header->e_machine = order16(header->e_machine, big);
	header->e_version = order32(header->e_version, big);
	header->e_phoff = order32(header->e_phoff, big);
	header->e_ehsize = order16(header->e_ehsize, big);
	header->e_phentsize = order16(header->e_phentsize, big);
	header->e_phnum = order16(header->e_phnum, big);
}

/* The largest mapping that an address has: that of all memory. */
static const struct boot_virtual *find_mapping(const struct boot *boot,
					       __u64 phys)
{
	const struct boot_virtual *largest = NULL;
	int i;

	for (i = 0; i < boot->nr_mapped; i++) {
		const struct boot_virtual *mapped = &boot->mapped[i];

		if (phys >= mapped->phys && phys - mapped->phys < mapped->size &&
		    (!largest || mapped->size > largest->size))
			largest = mapped;
	}
	return largest;
}

/* The RAM of the kernel that may die, but for what the other one uses. */
static bool find_captured(struct boot *boot, struct ranges *ram)
{
	struct ranges own = { };
	int i;

	if (!map_ranges(boot, &boot->map, "System RAM", ram) ||
	    !map_ranges(boot, &boot->map, "Crash kernel", &own) ||
	    !map_ranges(boot, &boot->map, SHARED_MEMORY, &own))
		return false;
	for (i = 0; i < own.nr; i++) {
		if (!ranges_remove(ram, own.at[i]))
			return boot_fail(boot, "the memory map is in too many pieces");
	}
	if (!ram->nr)
		return boot_fail(boot, "the memory map has no line \"System RAM\"");
	return true;
}

/* Does a mapping end in @at, by a page at least? @first gets what is before. */
static bool split_mapped(const struct boot *boot, struct range *at,
			 struct range *first)
{
	const struct boot_virtual *mapped = find_mapping(boot, at->start);
	__u64 end = mapped ? mapped->phys + mapped->size : NO_LIMIT;

	if (end >= at->end || at->end - end < boot->page)
		return false;
	*first = (struct range) { at->start, end };
	at->start = end;
	return true;
}

static void add_range(const struct boot *boot, struct elf64_hdr *header,
		      struct range at)
{
	const struct boot_virtual *mapped = find_mapping(boot, at.start);
	__u64 virt = UNKNOWN_ADDRESS;

	if (mapped)
		virt = mapped->virt + (at.start - mapped->phys);
	add_phdr(header, PT_LOAD, at.start, virt, range_len(at));
}

/* What lies first in memory is where the next kernel has not written to. */
static void add_backup(const struct boot *boot, struct elf64_hdr *header,
		       struct range *at)
{
	struct elf64_phdr *phdrs = (struct elf64_phdr *)(header + 1);
	struct range first = { at->start, CRASH_BACKUP };

	if (!boot->backup || at->start || at->end < first.end)
		return;
	add_range(boot, header, first);
	phdrs[header->e_phnum - 1].p_offset = boot->backup;
	at->start = first.end;
}

static void add_ram(const struct boot *boot, struct elf64_hdr *header,
		    const struct ranges *ram)
{
	int i;

	/* The kernel's own text and data have addresses of their own. */
	for (i = 0; i < boot->nr_mapped; i++) {
		const struct boot_virtual *mapped = &boot->mapped[i];

		if (find_mapping(boot, mapped->phys) != mapped)
			add_phdr(header, PT_LOAD, mapped->phys, mapped->virt,
				 mapped->size);
	}
	for (i = 0; i < ram->nr; i++) {
		struct range at = ram->at[i], mapped;

		add_backup(boot, header, &at);
		/* A 32-bit kernel has mapped the beginning of it, perhaps. */
		while (split_mapped(boot, &at, &mapped))
			add_range(boot, header, mapped);
		add_range(boot, header, at);
	}
}

/* What lies beyond 4 GiB has no place in a header of 32 bits, and is left out. */
static void narrow_phdr(struct elf32_hdr *header, const struct elf64_phdr *phdr)
{
	struct elf32_phdr *phdrs = (struct elf32_phdr *)(header + 1);
	__u64 size = phdr->p_memsz;

	if (phdr->p_paddr > UINT32_MAX)
		return;
	if (size > 4 * GIB - phdr->p_paddr)
		size = 4 * GIB - phdr->p_paddr;
	if (size > UINT32_MAX)
		size = round_down(UINT32_MAX, 4 * KIB);
	phdrs[header->e_phnum++] = (struct elf32_phdr) {
		.p_type = phdr->p_type,
		.p_flags = phdr->p_flags,
		.p_offset = phdr->p_offset,
		.p_vaddr = phdr->p_vaddr,
		.p_paddr = phdr->p_paddr,
		.p_filesz = size,
		.p_memsz = size,
	};
}

/* @header as one of 32 bits; NULL if there is no memory. */
static void *narrow_header(struct boot *boot, const struct elf64_hdr *header,
			   __u64 *len)
{
	const struct elf64_phdr *phdrs = (const struct elf64_phdr *)(header + 1);
	struct elf32_hdr *narrow;
	int i;

	*len = sizeof(*narrow) + header->e_phnum * sizeof(struct elf32_phdr);
	narrow = boot_alloc(boot, *len);
	if (!narrow)
		return NULL;
	memcpy(narrow->e_ident, header->e_ident, EI_NIDENT);
	narrow->e_ident[EI_CLASS] = ELFCLASS32;
	narrow->e_type = header->e_type;
	narrow->e_machine = header->e_machine;
	narrow->e_version = header->e_version;
	narrow->e_phoff = sizeof(*narrow);
	narrow->e_ehsize = sizeof(*narrow);
	narrow->e_phentsize = sizeof(struct elf32_phdr);
	for (i = 0; i < header->e_phnum; i++)
		narrow_phdr(narrow, &phdrs[i]);
	set_byte_order_32(narrow, header->e_ident[EI_DATA] == ELFDATA2MSB);
	return narrow;
}

/**
 * place_core_header - make the core header a segment
 * @boot: gets it
 * @at: gets where it is, whole pages
 *
 * Return: false if it can't be had.
 */
bool place_core_header(struct boot *boot, struct range *at)
{
	int i, phdrs = boot->nr_cpu_notes + 1 + boot->nr_mapped;
	struct hole hole = {
		.align = boot->page,
		.within = { 0, NO_LIMIT },
	};
	struct ranges ram = { };
	struct elf64_hdr *header;
	void *content;

	/* CPUs' registers, which that kernel reads, are in the order of this machine's. */
	if (boot->machine && boot->big_endian != boot->machine_big)
		return bad_kernel(boot,
				  "it is %s endian, and can't read a dump of a kernel that is not",
				  boot->big_endian ? "big" : "little");
	if (!find_captured(boot, &ram))
		return false;
	/* Each end of a mapping may split one, and what was first in memory another. */
	phdrs += ram.nr + boot->nr_mapped + 1;
	if (phdrs > PHDRS_MAX)
		return boot_fail(boot, "%d CPUs, %d pieces of RAM: too many for ELF",
				 boot->nr_cpu_notes, ram.nr);
	hole.len = sizeof(*header) + phdrs * sizeof(struct elf64_phdr);
	header = boot_alloc(boot, hole.len);
	if (!header)
		return false;

	memcpy(header->e_ident, ELFMAG, SELFMAG);
	header->e_ident[EI_CLASS] = ELFCLASS64;
	header->e_ident[EI_DATA] = boot->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	header->e_ident[EI_VERSION] = EV_CURRENT;
	header->e_type = ET_CORE;
	header->e_machine = boot->arch->machine;
	header->e_version = EV_CURRENT;
	header->e_phoff = sizeof(*header);
	header->e_ehsize = sizeof(*header);
	header->e_phentsize = sizeof(struct elf64_phdr);

	for (i = 0; i < boot->nr_cpu_notes; i++)
		add_phdr(header, PT_NOTE, boot->cpu_notes[i].phys, 0,
			 boot->cpu_notes[i].size);
	if (boot->vmcoreinfo.size)
		add_phdr(header, PT_NOTE, boot->vmcoreinfo.phys, 0,
			 boot->vmcoreinfo.size);
	add_ram(boot, header, &ram);

	content = boot->arch->core32 && !boot->is_64 ?
		  narrow_header(boot, header, &hole.len) : header;
	if (!content)
		return false;
	set_byte_order(header, boot->big_endian);

	/* So that what it uses remains one piece, of large pages. */
	if (boot->arch->core_outside && boot->ram.nr)
		hole.within.start = boot->ram.at[boot->ram.nr - 1].end -
				    round_up(hole.len, boot->page);
	if (!place_segment(boot, "core header", content, hole.len, &hole,
			   &at->start))
		return false;
	at->end = at->start + round_up(hole.len, boot->page);
	return true;
}

/*
 * How many bytes an initrd has when it is unpacked, at least; 0 if that is not
 * known.  gzip says so in its last four bytes, modulo 2^32 (RFC 1952, ISIZE); what
 * begins as cpio does is not packed.
 */
static __u64 unpacked_size(const struct boot_file *initrd)
{
	const unsigned char *data = initrd->data, *end = data + initrd->size;
	__u64 size;

	if (initrd->size < 18)
		return 0;
	if (!memcmp(data, "07070", 5))
		return initrd->size;
	if (data[0] != 0x1f || data[1] != 0x8b)
		return 0;
	size = end[-4] | end[-3] << 8 | end[-2] << 16 | (__u64)end[-1] << 24;
	/* Something else follows, or it is larger than can be told. */
	if (size < initrd->size / 2 || size / DEFLATE_RATIO_MAX > initrd->size)
		return 0;
	return size;
}

/**
 * boot_is_tight - whether a capture kernel has to run out of memory
 * @boot: with all of its segments
 * @why: gets a sentence about it
 * @size: of that
 *
 * The initrd is unpacked to what its kernel has left beside what was loaded, and
 * is given up only then.
 *
 * Return: true if that can't be; not if it isn't known.
 */
bool boot_is_tight(const struct boot *boot, char *why, size_t size)
{
	__u64 left = 0, unpacked = unpacked_size(&boot->initrd);
	int i;

	for (i = 0; i < boot->free.nr; i++)
		left += range_len(boot->free.at[i]);
	for (i = 0; i < boot->map.nr; i++) {
		if (!strcmp(boot->map.line[i].name, SHARED_MEMORY))
			left += range_len(boot->map.line[i].at);
	}
	if (!boot->panic || unpacked <= left)
		return false;
	snprintf(why, size,
		 "%s has %llu KiB unpacked, and %llu KiB are left of the crash kernel's memory: it will run out of memory",
		 boot->initrd.path, unpacked / KIB, left / KIB);
	return true;
}
