// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux: the kernel as the linker has made it, an ELF file.
 *
 * Its PT_LOAD segments become one segment of the image, with the gaps between
 * them, as bzImage and Image have it too.  On x86 they lie where p_paddr says,
 * and the entry is a physical address as well.  An x86_64 kernel finds out where
 * it runs, and may lie any multiple of 2 MiB further (arch/x86/kernel/head_64.S,
 * __startup_64()).  An arm64 kernel is an Image then, header and all.  One of 64-bit
 * powerpc begins with its entry.  Those of powerpc, mips, parisc and m68k only may be
 * big endian.
 */
#include <string.h>

#include <linux/elf.h>

#include "boot_image.h"

#ifndef SHT_RELR
#define SHT_RELR	19
#endif

/* No kernel is so large; one that seems to be is broken. */
#define SPAN_MAX	GIB
#define SHIFT_UNIT	(2 * MIB)
#define CMDLINE_MAX	2047	/* COMMAND_LINE_SIZE of x86, less the NUL */

/**
 * struct elf_kernel - what the ELF headers say
 * @is_64: a 64-bit file
 * @is_be: a big endian one
 * @machine: EM_*
 * @entry: e_entry
 * @phoff: e_phoff
 * @phentsize: e_phentsize
 * @phnum: e_phnum
 * @span: the memory from the first PT_LOAD to the end of the last
 * @virt: the address that its first byte is linked to
 * @content: bytes of it up to where only zeroes follow
 * @flat: its content
 */
struct elf_kernel {
	bool is_64;
	bool is_be;
	__u64 machine;
	__u64 entry;
	__u64 phoff;
	__u64 phentsize;
	__u64 phnum;
	struct range span;
	__u64 virt;
	__u64 content;
	unsigned char *flat;
};

/* The members of a program header that matter, of either class. */
struct load {
	__u64 offset;
	__u64 virt;
	__u64 phys;
	__u64 filesz;
	__u64 memsz;
};

static bool is_elf(const struct boot_file *file)
{
	return file_has(file, 0, ELFMAG, SELFMAG);
}

/* Members of the headers: offset and size in a 32-bit file, in a 64-bit one. */
struct elf_member {
	unsigned char at_32;
	unsigned char size_32;
	unsigned char at_64;
	unsigned char size_64;
};

static const struct elf_member e_type = { 16, 2, 16, 2 };
static const struct elf_member e_machine = { 18, 2, 18, 2 };
static const struct elf_member e_entry = { 24, 4, 24, 8 };
static const struct elf_member e_phoff = { 28, 4, 32, 8 };
static const struct elf_member e_phentsize = { 42, 2, 54, 2 };
static const struct elf_member e_phnum = { 44, 2, 56, 2 };

static const struct elf_member e_shoff = { 32, 4, 40, 8 };
static const struct elf_member e_shentsize = { 46, 2, 58, 2 };
static const struct elf_member e_shnum = { 48, 2, 60, 2 };
static const struct elf_member sh_type = { 4, 4, 4, 4 };
static const struct elf_member sh_flags = { 8, 4, 8, 8 };
static const struct elf_member sh_size = { 20, 4, 32, 8 };

static const struct elf_member p_type = { 0, 4, 0, 4 };
static const struct elf_member p_offset = { 4, 4, 8, 8 };
static const struct elf_member p_vaddr = { 8, 4, 16, 8 };
static const struct elf_member p_paddr = { 12, 4, 24, 8 };
static const struct elf_member p_filesz = { 16, 4, 32, 8 };
static const struct elf_member p_memsz = { 20, 4, 40, 8 };

static __u64 member(const struct elf_kernel *elf, const unsigned char *header,
		    struct elf_member member)
{
	int size = elf->is_64 ? member.size_64 : member.size_32;

	header += elf->is_64 ? member.at_64 : member.at_32;
	return elf->is_be ? get_be(header, size) : get_le(header, size);
}

static bool may_be_big_endian(__u64 machine)
{
	return machine == EM_PPC64 || machine == EM_PPC || machine == EM_MIPS ||
	       machine == EM_PARISC || machine == EM_68K;
}

static bool read_ehdr(struct boot *boot, struct elf_kernel *elf)
{
	const unsigned char *data = boot->kernel.data;
	__u64 type;

	if (!kernel_has(boot, "ELF header", sizeof(struct elf32_hdr)))
		return false;
	elf->is_64 = data[EI_CLASS] == ELFCLASS64;
	if (!elf->is_64 && data[EI_CLASS] != ELFCLASS32)
		return bad_kernel(boot, "the ELF class at %#x is %d, neither 1 nor 2",
				  EI_CLASS, data[EI_CLASS]);
	if (elf->is_64 &&
	    !kernel_has(boot, "ELF header", sizeof(struct elf64_hdr)))
		return false;
	elf->is_be = data[EI_DATA] == ELFDATA2MSB;
	if (!elf->is_be && data[EI_DATA] != ELFDATA2LSB)
		return bad_kernel(boot, "the ELF data encoding at %#x is %d, neither 1 nor 2",
				  EI_DATA, data[EI_DATA]);
	elf->machine = member(elf, data, e_machine);
	if (elf->is_be && !may_be_big_endian(elf->machine))
		return bad_kernel(boot, "the ELF data encoding at %#x is %d, not little endian",
				  EI_DATA, data[EI_DATA]);
	boot->big_endian = elf->is_be;
	boot->is_64 = elf->is_64;
	type = member(elf, data, e_type);
	if (type != ET_EXEC && type != ET_DYN)
		return bad_kernel(boot, "e_type is %llu: an object or core file, no kernel",
				  type);
	elf->entry = member(elf, data, e_entry);
	elf->phoff = member(elf, data, e_phoff);
	elf->phentsize = member(elf, data, e_phentsize);
	elf->phnum = member(elf, data, e_phnum);
	if (elf->phentsize != (elf->is_64 ? sizeof(struct elf64_phdr) :
					    sizeof(struct elf32_phdr)))
		return bad_kernel(boot, "e_phentsize is %llu, which no program header has",
				  elf->phentsize);
	if (elf->phoff > boot->kernel.size)
		return kernel_has(boot, "part before e_phoff", elf->phoff);
	return kernel_has(boot, "program header table",
			  elf->phoff + elf->phnum * elf->phentsize);
}

/* Whether program header @i is a PT_LOAD with something in it. */
static bool get_load(const struct boot *boot, const struct elf_kernel *elf,
		     __u64 i, struct load *load)
{
	const unsigned char *phdr = boot->kernel.data + elf->phoff +
				    i * elf->phentsize;

	load->offset = member(elf, phdr, p_offset);
	load->virt = member(elf, phdr, p_vaddr);
	load->phys = member(elf, phdr, p_paddr);
	load->filesz = member(elf, phdr, p_filesz);
	load->memsz = member(elf, phdr, p_memsz);
	return member(elf, phdr, p_type) == PT_LOAD && load->memsz;
}

static bool check_loads(struct boot *boot, struct elf_kernel *elf)
{
	__u64 i, size = boot->kernel.size;
	struct ranges seen = { };

	elf->span = (struct range) { NO_LIMIT, 0 };
	for (i = 0; i < elf->phnum; i++) {
		struct load load;
		struct range at;

		if (!get_load(boot, elf, i, &load))
			continue;
		if (load.offset > size || load.filesz > size - load.offset)
			return bad_kernel(boot, "truncated: segment %llu: %#llx bytes at %#llx",
					  i, load.filesz, load.offset);
		at.start = load.phys;
		if (load.filesz > load.memsz ||
		    __builtin_add_overflow(load.phys, load.memsz, &at.end))
			return bad_kernel(boot, "segment %llu: memory %#llx + %#llx, file %#llx",
					  i, load.phys, load.memsz, load.filesz);
		if (ranges_overlap(&seen, at))
			return bad_kernel(boot, "segment %llu: [%#llx-%#llx] overlaps another",
					  i, at.start, at.end - 1);
		if (!ranges_add(&seen, at))
			return bad_kernel(boot, "more than %d PT_LOADs with gaps between them",
					  BOOT_RANGES_MAX);
		if (at.start < elf->span.start) {
			elf->span.start = at.start;
			elf->virt = load.virt;
		}
		if (at.end > elf->span.end)
			elf->span.end = at.end;
	}
	if (elf->span.start >= elf->span.end)
		return bad_kernel(boot, "none of %llu program headers is a PT_LOAD",
				  elf->phnum);
	if (range_len(elf->span) > SPAN_MAX)
		return bad_kernel(boot, "its PT_LOADs spread over %llu bytes: no kernel does",
				  range_len(elf->span));
	return true;
}

static bool flatten(struct boot *boot, struct elf_kernel *elf)
{
	struct load load;
	__u64 i;

	elf->flat = boot_alloc(boot, range_len(elf->span));
	if (!elf->flat)
		return false;
	for (i = 0; i < elf->phnum; i++) {
		__u64 at;

		if (!get_load(boot, elf, i, &load))
			continue;
		at = load.phys - elf->span.start;
		memcpy(elf->flat + at, boot->kernel.data + load.offset,
		       load.filesz);
		if (at + load.filesz > elf->content)
			elf->content = at + load.filesz;
	}
	return true;
}

/* Whether the entry is in what begins at @start: e_entry may be virtual. */
static bool entry_fits(struct boot *boot, const struct elf_kernel *elf, __u64 start)
{
	__u64 len = range_len(elf->span);

	return elf->entry - start < len ||
	       bad_kernel(boot, "e_entry is %#llx, outside of its PT_LOADs [%#llx-%#llx]",
			  elf->entry, start, start + len - 1);
}

static bool load_x86(struct boot *boot, const struct elf_kernel *elf)
{
	bool is_64 = elf->machine == EM_X86_64;
	struct x86_kernel kernel = {
		.entry_64 = is_64,
		.efi = is_64,
		.high = is_64,
		.initrd_end = 2 * GIB,
		.cmdline_max = CMDLINE_MAX,
	};
	struct hole hole = {
		.len = range_len(elf->span),
		.align = SHIFT_UNIT,
		.offset = elf->span.start % SHIFT_UNIT,
		.within = { elf->span.start, is_64 ? NO_LIMIT : elf->span.end },
	};

	if (!entry_fits(boot, elf, elf->span.start) ||
	    !begin_image(boot, is_64 ? &boot_x86_64 : &boot_i386))
		return false;
	/* The last page need not be whole. */
	if (!is_64)
		hole.within.end = round_up(hole.within.end, boot->page);
	if (!place_segment(boot, "kernel", elf->flat, elf->content, &hole,
			   &kernel.start))
		return false;
	kernel.entry = kernel.start + (elf->entry - elf->span.start);
	return place_x86_rest(boot, &kernel);
}

static bool load_arm64(struct boot *boot, const struct elf_kernel *elf)
{
	struct boot_file image = {
		.path = boot->kernel.path,
		.data = elf->flat,
		.size = elf->content,
	};

	return load_arm64_image(boot, &image);
}

static bool load_powerpc(struct boot *boot, const struct elf_kernel *elf)
{
	return load_ppc64(boot, &(struct ppc64_kernel) {
		.flat = elf->flat,
		.content = elf->content,
		.size = range_len(elf->span),
		.big_endian = elf->is_be,
	});
}

/* With @entry, an address of the same kind as @elf->span. */
static struct linked_kernel linked(const struct elf_kernel *elf, __u64 entry)
{
	return (struct linked_kernel) {
		.flat = elf->flat,
		.content = elf->content,
		.size = range_len(elf->span),
		.start = elf->span.start,
		.entry = entry,
	};
}

static bool load_mips_elf(struct boot *boot, const struct elf_kernel *elf)
{
	struct linked_kernel kernel = linked(elf, elf->entry);

	/* It is the machine that has one byte order or the other. */
	if (boot->machine && elf->is_be != boot->machine_big)
		return bad_kernel(boot, "it is %s endian, and this machine is not",
				  elf->is_be ? "big" : "little");
	if (boot->machine && elf->is_64 && !boot->machine_64)
		return bad_kernel(boot,
				  "it has 64 bits, and this kernel 32: maybe so has the processor");
	return entry_fits(boot, elf, elf->span.start) && load_mips(boot, &kernel);
}

static bool load_parisc_elf(struct boot *boot, const struct elf_kernel *elf)
{
	struct linked_kernel kernel = linked(elf, elf->entry);

	if (elf->is_64 || !elf->is_be)
		return bad_kernel(boot, "a vmlinux of parisc that is not big endian, of 32 bits");
	return entry_fits(boot, elf, elf->span.start) && load_parisc(boot, &kernel);
}

/*
 * Whether the kernel has relocations in itself, for what it does with them when it finds
 * out where it runs.  By e_type it has none, and no program header says so; sections of
 * @type do, which have @flags, unless they are empty.
 */
static bool has_relocations(const struct boot *boot, const struct elf_kernel *elf,
			    __u64 type, __u64 flags)
{
	const unsigned char *data = boot->kernel.data;
	__u64 at = member(elf, data, e_shoff), step = member(elf, data, e_shentsize);
	__u64 i, nr = member(elf, data, e_shnum), size = boot->kernel.size;

	if (step < sizeof(struct elf32_shdr) || at > size || nr * step > size - at)
		return false;
	for (i = 0; i < nr; i++) {
		const unsigned char *section = data + at + i * step;

		if (member(elf, section, sh_type) == type &&
		    (member(elf, section, sh_flags) & flags) == flags &&
		    member(elf, section, sh_size))
			return true;
	}
	return false;
}

static bool load_powerpc32(struct boot *boot, const struct elf_kernel *elf)
{
	struct linked_kernel kernel = linked(elf, elf->span.start + (elf->entry - elf->virt));

	if (elf->is_64 || !elf->is_be)
		return bad_kernel(boot, "a vmlinux of ppc that is not big endian, of 32 bits");
	kernel.relocatable = has_relocations(boot, elf, SHT_DYNAMIC, 0);
	return entry_fits(boot, elf, elf->virt) && load_ppc(boot, &kernel);
}

static bool load_loongarch_elf(struct boot *boot, const struct elf_kernel *elf)
{
	struct linked_kernel kernel = linked(elf, elf->entry);

	if (!elf->is_64)
		return bad_kernel(boot, "a 32-bit vmlinux of LoongArch, which is not supported");
	/* The latter with CONFIG_RELR. */
	kernel.relocatable = has_relocations(boot, elf, SHT_RELA, SHF_ALLOC) ||
			     has_relocations(boot, elf, SHT_RELR, SHF_ALLOC);
	return entry_fits(boot, elf, elf->span.start) && load_loongarch(boot, &kernel);
}

static bool load_m68k_elf(struct boot *boot, const struct elf_kernel *elf)
{
	struct linked_kernel kernel = linked(elf, elf->span.start + (elf->entry - elf->virt));

	if (elf->is_64 || !elf->is_be)
		return bad_kernel(boot, "a vmlinux of m68k that is not big endian, of 32 bits");
	return entry_fits(boot, elf, elf->virt) && load_m68k(boot, &kernel);
}

static bool load_elf(struct boot *boot)
{
	struct elf_kernel elf = { };

	if (!read_ehdr(boot, &elf))
		return false;
	switch (elf.machine) {
	case EM_X86_64:
	case EM_386:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_x86(boot, &elf);
	case EM_AARCH64:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_arm64(boot, &elf);
	case EM_MIPS:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_mips_elf(boot, &elf);
	case EM_68K:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_m68k_elf(boot, &elf);
	case EM_PPC64:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_powerpc(boot, &elf);
	case EM_PPC:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_powerpc32(boot, &elf);
	case EM_LOONGARCH:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_loongarch_elf(boot, &elf);
	case EM_PARISC:
		return check_loads(boot, &elf) && flatten(boot, &elf) &&
		       load_parisc_elf(boot, &elf);
	case EM_RISCV:
		/* What its relocations were is no longer in the file. */
		return bad_kernel(boot, "a vmlinux of riscv64: take arch/riscv/boot/Image");
	default:
		return bad_kernel(boot,
				  "e_machine is %llu: not of x86_64, i386, arm64, ppc64, ppc, mips, loongarch64, parisc, m68k",
				  elf.machine);
	}
}

const struct boot_format boot_elf = {
	.name = "ELF",
	.matches = is_elf,
	.load = load_elf,
};
