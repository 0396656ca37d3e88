// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzImage: the kernel of x86_64 and i386, with what unpacks it.
 *
 * Its first sectors are the setup code for a PC's BIOS, which isn't run here;
 * in there is the setup header, which says what has to be known of the rest.
 * That rest is loaded, and entered at its start in 32-bit mode, or 0x200 bytes
 * further in 64-bit mode.  Documentation/arch/x86/boot.rst has all of it; the
 * numbers below are the offsets that it gives, in the file.
 */
#include <string.h>

#include "boot_image.h"

#define SETUP_SECTS		0x1f1
#define SYSSIZE			0x1f4
#define BOOT_FLAG		0x1fe
#define JUMP_LENGTH		0x201
#define HEADER_MAGIC		0x202
#define VERSION			0x206
#define KERNEL_VERSION		0x20e
#define LOADFLAGS		0x211
#define INITRD_ADDR_MAX		0x22c
#define KERNEL_ALIGNMENT	0x230
#define RELOCATABLE_KERNEL	0x234
#define XLOADFLAGS		0x236
#define CMDLINE_SIZE		0x238
#define PREF_ADDRESS		0x258
#define INIT_SIZE		0x260
#define INIT_SIZE_END		0x264

#define SECTOR			512
#define PARAGRAPH		16
#define LOADED_HIGH		1
#define XLF_KERNEL_64		1
#define XLF_ABOVE_4G		2
#define XLF_EFI_KEXEC		0x10
#define ENTRY_64		0x200

static bool is_bzimage(const struct boot_file *file)
{
	return file_has(file, HEADER_MAGIC, "HdrS", 4);
}

static __u64 field(const struct boot *boot, int offset, int size)
{
	return get_le(boot->kernel.data + offset, size);
}

/* The header has all that is read of it below, and makes sense. */
static bool check_header(struct boot *boot)
{
	__u64 version, align, end;

	if (!kernel_has(boot, "setup header", INIT_SIZE_END))
		return false;
	if (field(boot, BOOT_FLAG, 2) != 0xaa55)
		return bad_kernel(boot, "boot_flag at %#x is %#llx, not 0xaa55",
				  BOOT_FLAG, field(boot, BOOT_FLAG, 2));
	version = field(boot, VERSION, 2);
	if (version < 0x20a)
		return bad_kernel(boot, "version at %#x is %llu.%02llu, less than 2.10",
				  VERSION, version >> 8, version & 0xff);
	end = HEADER_MAGIC + field(boot, JUMP_LENGTH, 1);
	if (end < INIT_SIZE_END || end > X86_HEADER_END)
		return bad_kernel(boot, "jump at %#x: the header ends at %#llx, not in [%#x-%#x]",
				  JUMP_LENGTH - 1, end, INIT_SIZE_END,
				  X86_HEADER_END);
	if (!kernel_has(boot, "setup header", end))
		return false;
	if (!(field(boot, LOADFLAGS, 1) & LOADED_HIGH))
		return bad_kernel(boot, "bit 0 of loadflags at %#x is 0: a zImage, not a bzImage",
				  LOADFLAGS);
	align = field(boot, KERNEL_ALIGNMENT, 4);
	if (!align || (align & (align - 1)))
		return bad_kernel(boot, "kernel_alignment at %#x is %#llx, not a power of 2",
				  KERNEL_ALIGNMENT, align);
	return true;
}

/* What of the file is loaded. */
static bool find_protected_mode(struct boot *boot, struct range *code)
{
	__u64 said = field(boot, SYSSIZE, 4) * PARAGRAPH;

	code->start = ((field(boot, SETUP_SECTS, 1) ?: 4) + 1) * SECTOR;
	code->end = boot->kernel.size;
	/* The last paragraph need not be whole. */
	return kernel_has(boot, "kernel, by setup_sects and syssize,",
			  code->start + (said > PARAGRAPH ? said - PARAGRAPH : 0) + 1);
}

static void find_version(struct boot *boot)
{
	const struct boot_file *kernel = &boot->kernel;
	__u64 at = field(boot, KERNEL_VERSION, 2) + 0x200;

	if (at == 0x200 || at >= kernel->size)
		return;
	snprintf(boot->version, sizeof(boot->version), "%.*s",
		 (int)strnlen((const char *)kernel->data + at,
			      kernel->size - at),
		 kernel->data + at);
	/* What follows is who built it. */
	boot->version[strcspn(boot->version, " ")] = '\0';
}

/*
 * All the memory is taken that the kernel needs before it reads its memory map:
 * what unpacks it overwrites that, while it still runs on the page tables and
 * the stack of the handoff.  These never lie within a segment.
 */
static bool place_kernel(struct boot *boot, struct x86_kernel *kernel)
{
	__u64 preferred = field(boot, PREF_ADDRESS, 8);
	struct hole hole = {
		.len = field(boot, INIT_SIZE, 4),
		.align = field(boot, KERNEL_ALIGNMENT, 4),
		.within = { preferred, kernel->high ? NO_LIMIT : 4 * GIB },
	};
	struct range code;

	if (!find_protected_mode(boot, &code))
		return false;
	if (hole.len < range_len(code))
		hole.len = range_len(code);
	/* One that can't be relocated moves itself there. */
	if (!field(boot, RELOCATABLE_KERNEL, 1)) {
		if (__builtin_add_overflow(preferred,
					   round_up(hole.len, boot->page),
					   &hole.within.end))
			return bad_kernel(boot, "pref_address at %#x, %#llx, is past all memory",
					  PREF_ADDRESS, preferred);
		hole.align = boot->page;
	}
	return place_segment(boot, "kernel", boot->kernel.data + code.start,
			     range_len(code), &hole, &kernel->start);
}

static bool load_bzimage(struct boot *boot)
{
	struct x86_kernel kernel = {
		.header = boot->kernel.data + X86_HEADER,
	};
	bool is_64;

	if (!check_header(boot))
		return false;
	find_version(boot);
	kernel.header_size = HEADER_MAGIC + field(boot, JUMP_LENGTH, 1) -
			     X86_HEADER;
	kernel.initrd_end = field(boot, INITRD_ADDR_MAX, 4) + 1;
	kernel.cmdline_max = field(boot, CMDLINE_SIZE, 4);

	/* A 64-bit kernel has the other entry as well, for i386. */
	is_64 = field(boot, VERSION, 2) >= 0x20c &&
		field(boot, XLOADFLAGS, 2) & XLF_KERNEL_64;
	kernel.entry_64 = is_64 && boot->machine != &boot_i386;
	kernel.high = kernel.entry_64 &&
		      field(boot, XLOADFLAGS, 2) & XLF_ABOVE_4G;
	kernel.efi = kernel.entry_64 &&
		     field(boot, XLOADFLAGS, 2) & XLF_EFI_KEXEC;
	if (!begin_image(boot, kernel.entry_64 ? &boot_x86_64 : &boot_i386) ||
	    !place_kernel(boot, &kernel))
		return false;
	kernel.entry = kernel.start + (kernel.entry_64 ? ENTRY_64 : 0);
	return place_x86_rest(boot, &kernel);
}

const struct boot_format boot_bzimage = {
	.name = "bzImage",
	.matches = is_bzimage,
	.load = load_bzimage,
};
