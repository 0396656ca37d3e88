// SPDX-License-Identifier: GPL-2.0-only
/*
 * Image: the kernel of arm64 and of riscv64, as it lies in memory.  Both begin
 * with almost the same header, little endian:
 *
 *	0x00	instructions, which jump behind the header
 *	0x08	text_offset: behind a multiple of 2 MiB, there it wants to lie
 *	0x10	image_size: the memory that it takes, which is more than the file
 *	0x18	flags
 *	0x38	magic
 *
 * See Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot.rst
 * and boot-image-header.rst.  Either is entered at its first byte, with the
 * address of a device tree in a register.  On riscv64 the running kernel sees to
 * that, on arm64 a few instructions behind the device tree do.
 */
#include <string.h>

#include "boot_image.h"

#define TEXT_OFFSET	0x08
#define IMAGE_SIZE	0x10
#define FLAGS		0x18
#define MAGIC		0x38
#define HEADER_END	0x40

#define FLAG_BIG_ENDIAN	1
#define KERNEL_ALIGN	(2 * MIB)

#define STUB_SIZE	48

/* Room for the instructions, and the two addresses behind them. */
static const __u32 arm64_stub[] = {
	0x580000c0,		/* ldr x0, fdt */
	0xaa1f03e1,		/* mov x1, xzr */
	0xaa1f03e2,		/* mov x2, xzr */
	0xaa1f03e3,		/* mov x3, xzr */
	0x58000084,		/* ldr x4, kernel */
	0xd61f0080,		/* br x4 */
				/* fdt: .quad; kernel: .quad */
};

/**
 * struct image_kind - what differs between them
 * @arch: whose it is
 * @name: of the format
 * @stub: what enters it; NULL if the running kernel does
 * @stub_size: bytes of that
 * @whole: the kernel takes its last 2 MiB as a whole: it maps them read-only, and
 *	has no use for an initrd there (arch/riscv/mm/init.c, setup_bootmem())
 * @initrd_window: the initrd has to lie in so large a window, which begins at
 *	the multiple of 1 GiB below the kernel; 0 if it may be anywhere
 * @cmdline_max: characters of the command line that it looks at: COMMAND_LINE_SIZE,
 *	less the NUL
 */
struct image_kind {
	const struct boot_arch *arch;
	const char *name;
	const __u32 *stub;
	size_t stub_size;
	bool whole;
	__u64 initrd_window;
	__u64 cmdline_max;
};

static const struct image_kind arm64_kind = {
	.arch = &boot_arm64,
	.stub = arm64_stub,
	.stub_size = sizeof(arm64_stub),
	.initrd_window = 32 * GIB,
	.cmdline_max = 2047,
};

static const struct image_kind riscv64_kind = {
	.arch = &boot_riscv64,
	.whole = true,
	.cmdline_max = 1023,	/* newer ones take 2047, and none says so */
};

static bool is_arm64_image(const struct boot_file *file)
{
	return file_has(file, MAGIC, "ARM\x64", 4);
}

static bool is_riscv64_image(const struct boot_file *file)
{
	return file_has(file, MAGIC, "RSC\x05", 4);
}

static bool check_header(struct boot *boot, const struct boot_file *image)
{
	if (image->size < HEADER_END)
		return bad_kernel(boot, "truncated: %llu bytes, but the header has %d",
				  image->size, HEADER_END);
	if (get_le(image->data + FLAGS, 8) & FLAG_BIG_ENDIAN)
		return bad_kernel(boot, "bit 0 of flags at %#x is 1: a big endian kernel",
				  FLAGS);
	if (!get_le(image->data + IMAGE_SIZE, 8))
		return bad_kernel(boot, "image_size at %#x is 0: Linux 3.17 is needed",
				  IMAGE_SIZE);
	return true;
}

static bool place_kernel(struct boot *boot, const struct boot_file *image,
			 const struct image_kind *kind, __u64 *phys)
{
	__u64 offset = get_le(image->data + TEXT_OFFSET, 8);
	struct hole hole = {
		.len = get_le(image->data + IMAGE_SIZE, 8),
		.align = KERNEL_ALIGN,
		.offset = offset % KERNEL_ALIGN,
		.within = { 0, NO_LIMIT },
	};

	if (offset % boot->page)
		return bad_kernel(boot, "text_offset at %#x is %#llx; pages have %llu bytes",
				  TEXT_OFFSET, offset, boot->page);
	if (hole.len > NO_LIMIT - KERNEL_ALIGN)
		return bad_kernel(boot, "image_size at %#x is %#llx, more than any memory",
				  IMAGE_SIZE, hole.len);
	/* A signature may follow what the header speaks of. */
	if (hole.len < image->size)
		hole.len = image->size;
	if (kind->whole)
		hole.len = round_up(hole.offset + hole.len, KERNEL_ALIGN) -
			   hole.offset;
	return place_segment(boot, "kernel", image->data, image->size, &hole,
			     phys);
}

static void fill_stub(const struct image_kind *kind, unsigned char *code,
		      __u64 fdt, __u64 kernel)
{
	size_t i;

	for (i = 0; i < kind->stub_size / 4; i++)
		put_le(code + 4 * i, 4, kind->stub[i]);
	put_le(code + kind->stub_size, 8, fdt);
	put_le(code + kind->stub_size + 8, 8, kernel);
}

/* The device tree, and behind it what enters the kernel with its address, if any. */
static bool place_fdt(struct boot *boot, const struct image_kind *kind,
		      __u64 kernel, struct range initrd, struct range core)
{
	struct hole hole = {
		.align = boot->page,
		.within = { 0, NO_LIMIT },
	};
	unsigned char *buffer, *letter;
	__u64 size, phys, stub;
	struct range at;
	void *fdt;

	if (!place_letter(boot, hole.within, &at, &letter))
		return false;
	fdt = make_fdt(boot, initrd, core, at, &size);
	if (!fdt)
		return false;
	stub = round_up(size, 8);
	hole.len = kind->stub ? stub + STUB_SIZE : size;
	buffer = boot_alloc(boot, hole.len);
	if (!buffer)
		return false;
	memcpy(buffer, fdt, size);
	if (!place_segment(boot, "device tree", buffer, hole.len, &hole, &phys))
		return false;
	if (letter)
		put_le(letter, 8, phys);
	boot->entry = kernel;
	if (kind->stub) {
		fill_stub(kind, buffer + stub, phys, kernel);
		boot->entry = phys + stub;
	}
	return true;
}

static bool load_image(struct boot *boot, const struct boot_file *image,
		       const struct image_kind *kind)
{
	struct range initrd = { }, core = { }, within = { 0, NO_LIMIT };
	__u64 kernel;

	if (!check_header(boot, image) || !begin_image(boot, kind->arch) ||
	    !place_kernel(boot, image, kind, &kernel))
		return false;
	if (kind->initrd_window) {
		within.start = round_down(kernel, GIB);
		within.end = within.start + kind->initrd_window;
	}
	return place_initrd(boot, within, boot->page, &initrd) &&
	       (!boot->panic || place_core_header(boot, &core)) &&
	       cmdline_fits(boot, kind->cmdline_max) &&
	       place_fdt(boot, kind, kernel, initrd, core);
}

/**
 * load_arm64_image - make segments of an Image that comes out of another file
 * @boot: gets them
 * @image: the Image
 *
 * Return: false if it isn't one.
 */
bool load_arm64_image(struct boot *boot, const struct boot_file *image)
{
	static const char *const page_sizes[] = {
		"", "4K pages", "16K pages", "64K pages"
	};

	if (!is_arm64_image(image))
		return bad_kernel(boot, "no \"ARM\\x64\" at %#x of what it loads",
				  MAGIC);
	if (check_header(boot, image))
		snprintf(boot->version, sizeof(boot->version), "%s",
			 page_sizes[get_le(image->data + FLAGS, 8) >> 1 & 3]);
	return load_image(boot, image, &arm64_kind);
}

static bool load_arm64(struct boot *boot)
{
	return load_arm64_image(boot, &boot->kernel);
}

static bool load_riscv64(struct boot *boot)
{
	return load_image(boot, &boot->kernel, &riscv64_kind);
}

const struct boot_format boot_arm64_image = {
	.name = "Image",
	.matches = is_arm64_image,
	.load = load_arm64,
};

const struct boot_format boot_riscv64_image = {
	.name = "Image",
	.matches = is_riscv64_image,
	.load = load_riscv64,
};
