/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of kexec_boot share: a kernel of any format, the memory that
 * it can be put in, and the segments that come of it.
 *
 *	boot_plan.c	what kind of kernel a file is, and who makes segments of it
 *	boot_bzimage.c	bzImage of x86_64 and i386
 *	boot_elf.c	vmlinux
 *	boot_header.c	Image of arm64 and riscv64
 *	boot_zimage.c	zImage of arm
 *	boot_s390.c	bzImage of s390
 *	boot_mips.c	what of a vmlinux is different on mips
 *	boot_parisc.c	the same on parisc
 *	boot_sh.c	zImage of sh
 *	boot_m68k.c	what a kernel of m68k is told
 *	boot_ppc64.c	what a kernel of 64-bit powerpc is told
 *	boot_ppc.c	the same of 32 bits
 *	boot_x86.c	what a kernel of x86 is told: boot_params
 *	boot_efi.c	what that is told of EFI
 *	boot_fdt.c	what others are told: the device tree
 *	boot_tree.c	that, as a directory has it
 *	boot_crash.c	what a capture kernel is told of the one that died
 *	boot_letter.c	where the running kernel tells the next one of the handoff
 *	boot_place.c	where in memory something fits
 *	boot_map.c	the machine's memory, as /proc/iomem tells it
 *	boot_util.c	words for what is wrong; files; the architectures
 *
 * Calls go down this list.  None of these asks what machine it runs on, nor changes
 * anything: all that is known of the machine is in struct boot, and comes from
 * boot_machine.c, which reads /proc and /sys.  So an image can be placed, and be
 * looked at, on any machine.
 *
 * A function that can fail returns false then, and has called boot_fail().
 * Addresses are physical, sizes are bytes.
 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

#include "../kselftest.h"
#include "kexec_util.h"

#define BOOT_RANGES_MAX	512	/* pieces of free memory */
#define BOOT_NAME_MAX	48
#define BOOT_CPUS_MAX	8192
#define NO_LIMIT	(~(__u64)0)

/* Of x86's <asm/setup_data.h>, which other architectures don't have. */
#define SETUP_KEXEC_LETTER	0x6b6c7472

/**
 * struct boot_file - a file, as it was read
 * @path: what to call it; NULL if there is none
 * @data: its content
 * @size: of that
 */
struct boot_file {
	const char *path;
	const unsigned char *data;
	__u64 size;
};

/**
 * struct map_line - a line of /proc/iomem
 * @at: the range, not rounded to pages
 * @depth: in how many others it lies
 * @name: what it is
 */
struct map_line {
	struct range at;
	int depth;
	char name[BOOT_NAME_MAX];
};

/**
 * struct boot_map - a map of the machine's memory
 * @line: its lines, in the order of /proc/iomem
 * @nr: how many
 */
struct boot_map {
	struct map_line *line;
	int nr;
};

/**
 * struct ranges - some memory: pieces that neither touch nor overlap, sorted
 * @nr: how many
 * @at: where
 */
struct ranges {
	int nr;
	struct range at[BOOT_RANGES_MAX];
};

/**
 * struct hole - what is looked for
 * @len: how large
 * @align: its first byte is @offset behind a multiple of that
 * @offset: see @align
 * @within: where to look
 */
struct hole {
	__u64 len;
	__u64 align;
	__u64 offset;
	struct range within;
};

/**
 * struct boot_segment - a segment of the image
 * @what: a name for people
 * @buf: its content; zeroes follow
 * @bufsz: bytes of @buf
 * @at: where it goes, whole pages
 */
struct boot_segment {
	const char *what;
	const void *buf;
	__u64 bufsz;
	struct range at;
};

/**
 * struct boot_note - a note of the kernel that may die, in its memory
 * @phys: where
 * @size: how large at most
 */
struct boot_note {
	__u64 phys;
	__u64 size;
};

/**
 * struct boot_virtual - where the running kernel has mapped some memory
 * @virt: address that it uses
 * @phys: what lies there
 * @size: bytes
 */
struct boot_virtual {
	__u64 virt;
	__u64 phys;
	__u64 size;
};

/**
 * struct boot_efi_region - memory that EFI needs at run time
 * @type: of it, as in EFI's memory map
 * @phys: where it is
 * @virt: where the running kernel has mapped it; firmware relies on that
 * @pages: of 4 KiB
 * @attribute: as in EFI's memory map
 */
struct boot_efi_region {
	__u32 type;
	__u64 phys;
	__u64 virt;
	__u64 pages;
	__u64 attribute;
};

/**
 * struct boot_efi - what is known of EFI
 * @fw_vendor: where the vendor's name is
 * @config_table: where EFI's list of tables is
 * @smbios: what it has of SMBIOS, or 0
 * @region: the memory that it needs
 * @nr_regions: how many; 0 if the running kernel does not use EFI
 */
struct boot_efi {
	__u64 fw_vendor;
	__u64 config_table;
	__u64 smbios;
	struct boot_efi_region *region;
	int nr_regions;
};

/**
 * struct boot_arch - an architecture that images are for
 * @name: as people call it
 * @kexec: its KEXEC_ARCH_*
 * @machine: its EM_*
 * @page: the page size that suits all its kernels
 * @core_outside: a kernel can't read the core header in memory that it uses
 * @core32: those of 32 bits take one of 32 bits only
 */
struct boot_arch {
	const char *name;
	unsigned long kexec;
	__u16 machine;
	__u64 page;
	bool core_outside;
	bool core32;
};

extern const struct boot_arch boot_i386, boot_x86_64, boot_arm, boot_arm64,
	boot_riscv64, boot_s390x, boot_ppc64, boot_ppc, boot_mips, boot_sh,
	boot_loongarch64, boot_parisc, boot_m68k;

struct boot;

/**
 * struct boot_format - a kind of kernel file
 * @name: as people call it
 * @matches: whether a file is one, from its magic numbers; it may be broken
 * @load: checks the file, and makes segments of it and of what comes with it
 */
struct boot_format {
	const char *name;
	bool (*matches)(const struct boot_file *file);
	bool (*load)(struct boot *boot);
};

extern const struct boot_format boot_bzimage, boot_zimage, boot_elf;
extern const struct boot_format boot_arm64_image, boot_riscv64_image;
extern const struct boot_format boot_s390_image, boot_sh_zimage;

/**
 * struct boot - a kernel that is to be booted
 * @kernel: its file
 * @initrd: an initial RAM disk, if there is to be one
 * @fdt: the device tree to start from, where kernels need one
 * @cmdline: the command line; it grows when a capture kernel is told more
 * @panic: it is to be started when the running kernel panics
 * @limits: what of the memory may be used, by the user's wish
 * @page: the machine's page size; 0 takes the architecture's
 * @map: the machine's memory
 * @firmware: the same as firmware told it; empty if that isn't known (x86)
 * @params: the boot_params of the running kernel, if known (x86)
 * @bootinfo: what the running kernel was told, if known (m68k)
 * @rsdp: where ACPI begins, or 0 (x86)
 * @efi: what is known of EFI (x86)
 * @random: is passed on
 * @cpu_notes: where each CPU's registers are going to be found
 * @nr_cpu_notes: how many of these there are
 * @vmcoreinfo: what dump tools have to know of the running kernel
 * @mapped: what of the memory it has mapped, and where
 * @nr_mapped: pieces of that
 * @backup: where a copy of the first pages of a kernel that died is put (ppc64)
 * @machine: what the kernel is to run on; NULL for whatever it is made for
 * @machine_big: with that, whether the running kernel is big endian
 * @machine_64: and whether it has 64 bits
 * @arch: for which architecture the kernel turned out to be
 * @big_endian: whether it is so, where both byte orders are known
 * @is_64: whether its file says that it has 64 bits
 * @format: and of which format
 * @version: the kernel's version, where its file tells
 * @ram: memory that the image may use at all
 * @free: what is left of it
 * @keep_running: the place of the running kernel is avoided
 * @running: that place
 * @entry: the first instruction
 * @segment: what is to be loaded
 * @nr_segments: how many
 * @buffer: what was allocated for them
 * @nr_buffers: how many
 * @error: what is wrong
 */
struct boot {
	struct boot_file kernel;
	struct boot_file initrd;
	struct boot_file fdt;
	char cmdline[8192];
	bool panic;
	struct range limits;

	__u64 page;
	struct boot_map map;
	struct boot_map firmware;
	struct boot_file params;
	struct boot_file bootinfo;
	__u64 rsdp;
	struct boot_efi efi;
	unsigned char random[64];
	struct boot_note *cpu_notes;
	int nr_cpu_notes;
	struct boot_note vmcoreinfo;
	struct boot_virtual *mapped;
	int nr_mapped;
	__u64 backup;

	const struct boot_arch *machine;
	bool machine_big;
	bool machine_64;
	const struct boot_arch *arch;
	bool big_endian;
	bool is_64;
	const struct boot_format *format;
	char version[128];
	struct ranges ram;
	struct ranges free;
	bool keep_running;
	struct range running;
	__u64 entry;
	struct boot_segment segment[SEGMENTS_MAX];
	int nr_segments;
	void *buffer[SEGMENTS_MAX];
	int nr_buffers;
	char error[512];
};

/* boot_util.c */
__printf(2, 3) bool boot_fail(struct boot *boot, const char *format, ...);
__printf(2, 3) bool bad_kernel(struct boot *boot, const char *format, ...);
bool kernel_has(struct boot *boot, const char *what, __u64 end);
bool file_has(const struct boot_file *file, __u64 offset, const void *bytes,
	      size_t size);
__printf(2, 3) bool add_words(struct boot *boot, const char *format, ...);
const char *words_of_init(const char *line);
bool cmdline_fits(struct boot *boot, __u64 max);
bool has_word(const char *line, const char *word);
void drop_words(char *line, const char *begin);
bool reuse_cmdline(struct boot *boot, const char *line);
void *boot_alloc(struct boot *boot, __u64 size);
void boot_free(struct boot *boot);

/* boot_map.c */
/* A line's name: memory of programs, until a panic, and of the capture kernel then. */
#define SHARED_MEMORY		"Crash kernel (CMA)"

bool parse_map(struct boot *boot, struct boot_map *map, const char *path,
	       const char *text);
bool add_map_line(struct boot_map *map, struct range at, int depth,
		  const char *name);
bool ranges_add(struct ranges *ranges, struct range at);
bool ranges_remove(struct ranges *ranges, struct range at);
bool ranges_have(const struct ranges *ranges, struct range at);
bool ranges_overlap(const struct ranges *ranges, struct range at);
bool map_ranges(struct boot *boot, const struct boot_map *map,
		const char *name, struct ranges *ranges);

/* boot_place.c */
bool begin_image(struct boot *boot, const struct boot_arch *arch);
bool find_hole(struct boot *boot, const char *what, const struct hole *hole,
	       __u64 *phys);
bool add_segment(struct boot *boot, const char *what, const void *buf,
		 __u64 bufsz, struct range at);
bool place_segment(struct boot *boot, const char *what, const void *buf,
		   __u64 bufsz, const struct hole *hole, __u64 *phys);
bool place_initrd(struct boot *boot, struct range within, __u64 align,
		  struct range *initrd);
bool place_cmdline(struct boot *boot, struct range within, size_t room);

/* boot_plan.c */
bool boot_plan(struct boot *boot);
void boot_print(const struct boot *boot, FILE *out);

/* boot_crash.c */
bool place_core_header(struct boot *boot, struct range *at);
bool boot_is_tight(const struct boot *boot, char *why, size_t size);

/* boot_letter.c */
bool place_letter(struct boot *boot, struct range within, struct range *at,
		  unsigned char **letter);

/* boot_x86.c */

/**
 * struct x86_kernel - what was found out of a kernel for x86
 * @header: the setup header, as in its file; NULL if that has none
 * @header_size: of that
 * @start: where it was placed
 * @entry: the first instruction
 * @entry_64: that is entered in 64-bit mode
 * @efi: it can go on with EFI where another kernel leaves it
 * @high: all may lie above 4 GiB
 * @initrd_end: what the initrd has to lie below, if it may not
 * @cmdline_max: characters that the command line can have
 */
struct x86_kernel {
	const unsigned char *header;
	__u64 header_size;
	__u64 start;
	__u64 entry;
	bool entry_64;
	bool efi;
	bool high;
	__u64 initrd_end;
	__u64 cmdline_max;
};

#define X86_HEADER	0x1f1	/* where the setup header begins */
#define X86_HEADER_END	0x290	/* what it never reaches */

bool place_x86_rest(struct boot *boot, const struct x86_kernel *kernel);

/* What of a vmlinux these look at. */

/**
 * struct linked_kernel - a kernel that was linked to an address
 * @flat: its content, from the first PT_LOAD on
 * @content: bytes of that; only zeroes follow
 * @size: bytes of memory that it takes
 * @start: the address that it was linked to; on ppc the physical one, on m68k how far that
 *	is from the start of memory
 * @entry: the same of its first instruction
 * @relocatable: it may lie elsewhere (loongarch64, ppc)
 */
struct linked_kernel {
	const unsigned char *flat;
	__u64 content;
	__u64 size;
	__u64 start;
	__u64 entry;
	bool relocatable;
};

/* boot_mips.c */
bool load_mips(struct boot *boot, const struct linked_kernel *kernel);

/* boot_loongarch.c */
bool load_loongarch(struct boot *boot, const struct linked_kernel *kernel);

/* boot_parisc.c */
bool load_parisc(struct boot *boot, const struct linked_kernel *kernel);

/* boot_m68k.c */
bool load_m68k(struct boot *boot, struct linked_kernel *kernel);

/* boot_efi.c */
__u64 efi_size(const struct boot *boot);
void fill_efi(const struct boot *boot, unsigned char *params,
	      unsigned char *data, __u64 phys);

/* boot_header.c */
bool load_arm64_image(struct boot *boot, const struct boot_file *image);

/* boot_ppc64.c */

/* What a kernel that runs elsewhere takes from address 0 on, for its vectors. */
#define CRASH_BACKUP	(64 * KIB)

/**
 * struct ppc64_kernel - a kernel for 64-bit powerpc
 * @flat: what it consists of, from where it is entered on
 * @content: bytes of that; only zeroes follow
 * @size: bytes of memory that it takes
 * @big_endian: its byte order
 */
struct ppc64_kernel {
	unsigned char *flat;
	__u64 content;
	__u64 size;
	bool big_endian;
};

bool load_ppc64(struct boot *boot, const struct ppc64_kernel *kernel);

/* boot_ppc.c */
void find_ppc_version(struct boot *boot, const unsigned char *flat, __u64 content);
bool keep_ppc_units(struct boot *boot);
bool load_ppc(struct boot *boot, const struct linked_kernel *kernel);

/* boot_tree.c */
bool read_tree(struct boot *boot, const char *path);

/* boot_fdt.c */
bool check_fdt(struct boot *boot);
void *make_fdt(struct boot *boot, struct range initrd, struct range core,
	       struct range letter, __u64 *size);

/**
 * get_le - read a number of a file's header
 * @bytes: where it lies, little endian as in most of these formats
 * @size: how many bytes it has
 *
 * Return: the number.
 */
static inline __u64 get_le(const unsigned char *bytes, int size)
{
	__u64 value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

/**
 * put_le - write a number to what another kernel reads
 * @bytes: where to
 * @size: how many bytes it has
 * @value: the number
 */
static inline void put_le(unsigned char *bytes, int size, __u64 value)
{
	for (; size--; value >>= 8)
		*bytes++ = value;
}

/**
 * get_be - the same, big endian
 * @bytes: where it lies
 * @size: how many bytes it has
 *
 * Return: the number.
 */
static inline __u64 get_be(const unsigned char *bytes, int size)
{
	__u64 value = 0;

	while (size--)
		value = value << 8 | *bytes++;
	return value;
}

/**
 * put_be - the same, big endian
 * @bytes: where to
 * @size: how many bytes it has
 * @value: the number
 */
static inline void put_be(unsigned char *bytes, int size, __u64 value)
{
	for (; size--; value >>= 8)
		bytes[size] = value;
}

#endif /* BOOT_IMAGE_H */
