// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel of x86 is told: struct boot_params, with the machine's memory,
 * the initrd and the command line.  A kernel of another machine can be planned,
 * so the struct isn't that of the headers; Documentation/arch/x86/zero-page.rst
 * and boot.rst have the offsets.
 *
 * All of it is one segment, with the few instructions that come first:
 *
 *	0x0000	boot_params
 *	0x1000	the instructions
 *	0x1040	setup_data with random bytes
 *	0x1090	the command line
 *	behind	setup_data with EFI
 *
 * The list of setup_data ends with the letter, which is a segment of its own.
 */
#include <string.h>

#include "boot_image.h"

#define SCREEN_INFO		0x000
#define SCREEN_INFO_END		0x040
#define ACPI_RSDP_ADDR		0x070
#define EXT_RAMDISK_IMAGE	0x0c0
#define EXT_RAMDISK_SIZE	0x0c4
#define EXT_CMD_LINE_PTR	0x0c8
#define EDID_INFO		0x140
#define EDID_INFO_END		0x1c0
#define E820_ENTRIES		0x1e8
#define BOOT_FLAG		0x1fe
#define HEADER_MAGIC		0x202
#define VERSION			0x206
#define TYPE_OF_LOADER		0x210
#define LOADFLAGS		0x211
#define CODE32_START		0x214
#define RAMDISK_IMAGE		0x218
#define RAMDISK_SIZE		0x21c
#define CMD_LINE_PTR		0x228
#define SETUP_DATA		0x250
#define E820_TABLE		0x2d0

#define E820_MAX		128
#define E820_ENTRY_SIZE		20
#define UNKNOWN_LOADER		0xff
#define LOADED_HIGH		1

#define STUB			0x1000
#define SEED			0x1040
#define CMDLINE			0x1090

#define SETUP_RNG_SEED		9
#define SEED_SIZE		32

/* Below are the tables of a BIOS, and what other CPUs start from. */
#define LOW_MEMORY		MIB

enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_PMEM = 7,
	E820_PRAM = 12,
	E820_SOFT_RESERVED = 0xefffffff,
};

/* As /proc/iomem and /sys/firmware/memmap call them. */
static const struct {
	const char *name;
	enum e820_type type;
} e820_names[] = {
	{ "System RAM",				E820_RAM },
	{ "Reserved",				E820_RESERVED },
	{ "ACPI Tables",			E820_ACPI },
	{ "ACPI Non-volatile Storage",		E820_NVS },
	{ "Unusable memory",			E820_UNUSABLE },
	{ "Persistent Memory",			E820_PMEM },
	{ "Persistent Memory (legacy)",		E820_PRAM },
	{ "Soft Reserved",			E820_SOFT_RESERVED },
};

static bool add_e820(struct boot *boot, unsigned char *params, struct range at,
		     enum e820_type type)
{
	unsigned char *entry;

	if (at.start >= at.end)
		return true;
	if (params[E820_ENTRIES] == E820_MAX)
		return boot_fail(boot, "the memory map has over %d entries, which boot_params has",
				 E820_MAX);
	entry = params + E820_TABLE + params[E820_ENTRIES]++ * E820_ENTRY_SIZE;
	put_le(entry, 8, at.start);
	put_le(entry + 8, 8, range_len(at));
	put_le(entry + 16, 4, type);
	return true;
}

static bool add_e820_ranges(struct boot *boot, unsigned char *params,
			    const struct ranges *ranges, enum e820_type type)
{
	int i;

	for (i = 0; i < ranges->nr; i++) {
		if (!add_e820(boot, params, ranges->at[i], type))
			return false;
	}
	return true;
}

/*
 * A capture kernel has the memory that is reserved for it, without what the
 * core header lies in, what it shares with the other one's programs, and low
 * memory, where its CPUs start.  The rest is what
 * it captures: reserved, so that no device is put there either.
 */
static bool add_capture_ram(struct boot *boot, unsigned char *params,
			    struct ranges *ram, struct range core)
{
	struct range low = { 0, LOW_MEMORY }, high = { LOW_MEMORY, NO_LIMIT };
	struct ranges usable = { }, rest = *ram;
	int i;

	if (!map_ranges(boot, &boot->map, "Crash kernel", &usable) ||
	    !map_ranges(boot, &boot->map, SHARED_MEMORY, &usable))
		return false;
	if (!ranges_remove(&usable, core) || !ranges_remove(ram, high))
		return boot_fail(boot, "the memory map is in too many pieces");
	for (i = 0; i < usable.nr; i++) {
		if (!ranges_remove(&rest, usable.at[i]))
			return boot_fail(boot, "the memory map is in too many pieces");
	}
	return ranges_remove(&rest, low) &&
	       add_e820_ranges(boot, params, ram, E820_RAM) &&
	       add_e820_ranges(boot, params, &usable, E820_RAM) &&
	       add_e820_ranges(boot, params, &rest, E820_RESERVED);
}

static bool fill_e820(struct boot *boot, unsigned char *params,
		      struct range core)
{
	const struct boot_map *map;
	struct ranges ram = { };
	size_t name;
	int i;

	map = boot->firmware.nr ? &boot->firmware : &boot->map;
	if (!map_ranges(boot, map, "System RAM", &ram))
		return false;
	if (!(boot->panic ? add_capture_ram(boot, params, &ram, core) :
			    add_e820_ranges(boot, params, &ram, E820_RAM)))
		return false;

	for (i = 0; i < map->nr; i++) {
		const struct map_line *line = &map->line[i];

		for (name = 1; name < ARRAY_SIZE(e820_names); name++) {
			if (line->depth ||
			    strcmp(line->name, e820_names[name].name))
				continue;
			if (!add_e820(boot, params, line->at,
				      e820_names[name].type))
				return false;
		}
	}
	return true;
}

/* The setup header of the kernel's file, or what stands for it. */
static void fill_header(unsigned char *params, const struct x86_kernel *kernel)
{
	if (kernel->header) {
		memcpy(params + X86_HEADER, kernel->header,
		       kernel->header_size);
	} else {
		put_le(params + BOOT_FLAG, 2, 0xaa55);
		memcpy(params + HEADER_MAGIC, "HdrS", 4);
		put_le(params + VERSION, 2, 0x20f);
	}
	params[TYPE_OF_LOADER] = UNKNOWN_LOADER;
	params[LOADFLAGS] |= LOADED_HIGH;
	put_le(params + CODE32_START, 4, kernel->start);
}

/* What the running kernel was told of the screen, and of ACPI. */
static void pass_on(const struct boot *boot, unsigned char *params)
{
	const struct boot_file *old = &boot->params;

	put_le(params + ACPI_RSDP_ADDR, 8, boot->rsdp);
	if (old->size < EDID_INFO_END)
		return;
	memcpy(params + SCREEN_INFO, old->data + SCREEN_INFO,
	       SCREEN_INFO_END - SCREEN_INFO);
	memcpy(params + EDID_INFO, old->data + EDID_INFO,
	       EDID_INFO_END - EDID_INFO);
	if (!boot->rsdp)
		memcpy(params + ACPI_RSDP_ADDR, old->data + ACPI_RSDP_ADDR, 8);
}

/* struct setup_data: next, type, len, data. */
static void fill_seed(const struct boot *boot, unsigned char *seed)
{
	put_le(seed + 8, 4, SETUP_RNG_SEED);
	put_le(seed + 12, 4, SEED_SIZE);
	memcpy(seed + 16, boot->random, SEED_SIZE);
}

/* What a 32-bit kernel has mapped for good, whatever its options: it reads that only. */
#define LOWMEM_END	(768 * MIB)

/*
 * The letter is setup_data, too.  It is said to have all of its page, which is then
 * reserved as a whole.
 */
static bool place_x86_letter(struct boot *boot, const struct x86_kernel *kernel,
			     unsigned char *last)
{
	struct range at, within = {
		LOW_MEMORY,
		kernel->high ? NO_LIMIT : kernel->initrd_end,
	};
	unsigned char *letter;

	if (!kernel->entry_64 && within.end > LOWMEM_END)
		within.end = LOWMEM_END;

	if (!place_letter(boot, within, &at, &letter))
		return false;
	if (!letter)
		return true;
	put_le(letter + 8, 4, SETUP_KEXEC_LETTER);
	put_le(letter + 12, 4, range_len(at) - 16);
	put_le(last, 8, at.start);
	return true;
}

/*
 * In: 64-bit mode, what is mapped is mapped to itself.
 * Out: rsi is the address of boot_params.
 */
static void fill_stub_64(unsigned char *code, __u64 params, __u64 entry)
{
	static const unsigned char stub[] = {
		0x48, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0,	/* mov $params, %rsi */
		0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,	/* mov $entry, %rax */
		0xff, 0xe0,				/* jmp *%rax */
	};

	memcpy(code, stub, sizeof(stub));
	put_le(code + 2, 8, params);
	put_le(code + 12, 8, entry);
}

/*
 * In: 32-bit protected mode, flat segments, no paging.
 * Out: esi is the address of boot_params; ebp, edi and ebx are 0.
 */
static void fill_stub_32(unsigned char *code, __u64 params, __u64 entry)
{
	static const unsigned char stub[] = {
		0xbe, 0, 0, 0, 0,			/* mov $params, %esi */
		0x31, 0xed,				/* xor %ebp, %ebp */
		0x31, 0xff,				/* xor %edi, %edi */
		0x31, 0xdb,				/* xor %ebx, %ebx */
		0xb8, 0, 0, 0, 0,			/* mov $entry, %eax */
		0xff, 0xe0,				/* jmp *%eax */
	};

	memcpy(code, stub, sizeof(stub));
	put_le(code + 1, 4, params);
	put_le(code + 12, 4, entry);
}

static bool add_initrd(struct boot *boot, const struct x86_kernel *kernel,
		       unsigned char *params)
{
	struct range within = {
		LOW_MEMORY,
		kernel->high ? NO_LIMIT : kernel->initrd_end,
	}, initrd;

	if (!boot->initrd.size)
		return true;
	if (!place_initrd(boot, within, boot->page, &initrd))
		return false;
	put_le(params + RAMDISK_IMAGE, 4, initrd.start);
	put_le(params + EXT_RAMDISK_IMAGE, 4, initrd.start >> 32);
	put_le(params + RAMDISK_SIZE, 4, boot->initrd.size);
	put_le(params + EXT_RAMDISK_SIZE, 4, boot->initrd.size >> 32);
	return true;
}

/* A capture kernel of x86 finds the core header by its command line. */
static bool tell_of_core(struct boot *boot, struct range *core)
{
	if (!boot->panic)
		return true;
	if (!place_core_header(boot, core))
		return false;
	return add_words(boot, "elfcorehdr=0x%llx", core->start);
}

/**
 * place_x86_rest - all but the kernel itself
 * @boot: has the kernel; gets the entry, and the other segments
 * @kernel: what is known of it
 *
 * Return: false if there is no place for them, or they can't be told.
 */
bool place_x86_rest(struct boot *boot, const struct x86_kernel *kernel)
{
	struct hole hole = {
		.align = boot->page,
		.within = {
			LOW_MEMORY,
			kernel->high ? NO_LIMIT : 4 * GIB,
		},
	};
	__u64 phys, efi, efi_len = kernel->efi ? efi_size(boot) : 0;
	struct range core = { };
	unsigned char *params;

	if (!tell_of_core(boot, &core) || !cmdline_fits(boot, kernel->cmdline_max))
		return false;
	hole.len = CMDLINE + strlen(boot->cmdline) + 1;
	efi = round_up(hole.len, 16);
	if (efi_len)
		hole.len = efi + efi_len;
	params = boot_alloc(boot, hole.len);
	if (!params)
		return false;

	fill_header(params, kernel);
	pass_on(boot, params);
	if (!fill_e820(boot, params, core) ||
	    !add_initrd(boot, kernel, params) ||
	    !place_segment(boot, "parameters", params, hole.len, &hole, &phys))
		return false;

	put_le(params + CMD_LINE_PTR, 4, phys + CMDLINE);
	put_le(params + EXT_CMD_LINE_PTR, 4, (phys + CMDLINE) >> 32);
	memcpy(params + CMDLINE, boot->cmdline, strlen(boot->cmdline) + 1);
	put_le(params + SETUP_DATA, 8, phys + SEED);
	fill_seed(boot, params + SEED);
	if (efi_len) {
		fill_efi(boot, params, params + efi, phys + efi);
		put_le(params + SEED, 8, phys + efi);
	}
	if (!place_x86_letter(boot, kernel, params + (efi_len ? efi : SEED)))
		return false;
	if (kernel->entry_64)
		fill_stub_64(params + STUB, phys, kernel->entry);
	else
		fill_stub_32(params + STUB, phys, kernel->entry);
	boot->entry = phys + STUB;
	return true;
}
