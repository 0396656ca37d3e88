// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzImage of s390, the kernel with what unpacks it, as it lies in memory from
 * address 0 on.  All of its fields have 8 bytes, big endian:
 *
 *	0x10000	the first instruction
 *	0x10008	magic
 *	0x10010	the first instruction of a capture kernel
 *	0x10408	initrd: where, and its size
 *	0x10418	memory that has changed places with that from 0 on: where, and its size
 *	0x10428	where the version stands
 *	0x10430	how long the command line may be; 0 is 896
 *	0x10480	the command line
 *
 * See arch/s390/boot/head.S, and struct parmarea of arch/s390/include/asm/setup.h.
 * What lies below 0x10000 is for a boot from a device, and stays out of the image.
 *
 * A capture kernel lies in the crash region as if that began at 0, and changes
 * places with what is there when it starts (head_kdump.S): so its addresses are those
 * from 0 on.  It uses pages near the begin of the region for that.  It is entered
 * by a few instructions of ours, as the running kernel asks first whether all is well.
 */
#include <string.h>

#include "boot_image.h"

#define ENTRY		0x10000
#define MAGIC		0x10008
#define KDUMP_ENTRY	0x10010
#define INITRD		0x10408
#define INITRD_SIZE	0x10410
#define OLDMEM		0x10418
#define OLDMEM_SIZE	0x10420
#define VERSION		0x10428
#define CMDLINE_SIZE	0x10430
#define CMDLINE		0x10480

/* Before kernels said so. */
#define OLD_CMDLINE_SIZE	896

#define STUB_KERNEL	24
#define STUB_SIZE	32

/*
 * Asked with 0 in r2 it returns that: the running kernel has compared all that was
 * loaded.  Else the kernel is entered.
 */
static const unsigned char stub[STUB_KERNEL] = {
	0xb9, 0x02, 0x00, 0x22,			/* ltgr %r2,%r2 */
	0xa7, 0x74, 0x00, 0x03,			/* jnz 1f */
	0x07, 0xfe,				/* br %r14 */
	0xc4, 0x18, 0x00, 0x00, 0x00, 0x07,	/* 1: lgrl %r1,kernel */
	0x07, 0xf1,				/* br %r1 */
						/* kernel: .quad */
};

static bool is_s390(const struct boot_file *file)
{
	return file_has(file, MAGIC, "S390EP", 6);
}

static __u64 field(const struct boot *boot, int offset)
{
	return get_be(boot->kernel.data + offset, 8);
}

static __u64 cmdline_room(const struct boot *boot)
{
	return field(boot, CMDLINE_SIZE) ?: OLD_CMDLINE_SIZE;
}

static bool check_header(struct boot *boot)
{
	__u64 room;

	if (!kernel_has(boot, "header", CMDLINE))
		return false;
	room = cmdline_room(boot);
	if (room > boot->kernel.size - CMDLINE)
		return bad_kernel(boot, "the size at %#x has the command line end behind the file",
				  CMDLINE_SIZE);
	return cmdline_fits(boot, room - 1);
}

static void find_version(struct boot *boot)
{
	const struct boot_file *kernel = &boot->kernel;
	__u64 at = field(boot, VERSION);

	if (!at || at >= kernel->size)
		return;
	snprintf(boot->version, sizeof(boot->version), "%.*s",
		 (int)strnlen((const char *)kernel->data + at, kernel->size - at),
		 kernel->data + at);
	/* What follows is who built it. */
	boot->version[strcspn(boot->version, " ")] = '\0';
}

static bool add_initrd(struct boot *boot, __u64 zero, unsigned char *kernel)
{
	struct range initrd;

	if (!boot->initrd.size)
		return true;
	if (!place_initrd(boot, (struct range) { 0, NO_LIMIT }, boot->page, &initrd))
		return false;
	put_be(kernel + INITRD, 8, initrd.start - zero);
	put_be(kernel + INITRD_SIZE, 8, boot->initrd.size);
	return true;
}

static bool place_stub(struct boot *boot, __u64 kernel)
{
	struct hole hole = {
		.len = STUB_SIZE,
		.align = boot->page,
		.within = { 0, NO_LIMIT },
	};
	unsigned char *code = boot_alloc(boot, STUB_SIZE);

	if (!code)
		return false;
	memcpy(code, stub, sizeof(stub));
	put_be(code + STUB_KERNEL, 8, kernel);
	return place_segment(boot, "entry", code, STUB_SIZE, &hole, &boot->entry);
}

/* The pages with the parameters are changed, the rest is loaded as it is. */
static bool place_kernel(struct boot *boot, __u64 zero, unsigned char **kernel)
{
	__u64 end = round_up(CMDLINE + cmdline_room(boot), boot->page);

	if (end > boot->kernel.size)
		end = boot->kernel.size;
	*kernel = boot_alloc(boot, end);
	if (!*kernel)
		return false;
	memcpy(*kernel, boot->kernel.data, end);
	memcpy(*kernel + CMDLINE, boot->cmdline, strlen(boot->cmdline) + 1);
	if (!add_segment(boot, "parameters", *kernel + ENTRY, end - ENTRY,
			 (struct range) { zero + ENTRY, zero + end }))
		return false;
	return end == boot->kernel.size ||
	       add_segment(boot, "kernel", boot->kernel.data + end,
			   boot->kernel.size - end,
			   (struct range) { zero + end, zero + boot->kernel.size });
}

static bool load_s390(struct boot *boot)
{
	unsigned char *kernel;
	__u64 zero;

	if (!check_header(boot) || !begin_image(boot, &boot_s390x))
		return false;
	find_version(boot);
	zero = boot->panic ? boot->ram.at[0].start : 0;
	if (!ranges_remove(&boot->free, (struct range) { zero, zero + ENTRY }))
		return boot_fail(boot, "the memory map is in too many pieces");
	if (!place_kernel(boot, zero, &kernel) ||
	    !add_initrd(boot, zero, kernel))
		return false;
	boot->entry = ENTRY;
	if (!boot->panic)
		return true;
	put_be(kernel + OLDMEM, 8, zero);
	put_be(kernel + OLDMEM_SIZE, 8, range_len(boot->ram.at[0]));
	return place_stub(boot, zero + KDUMP_ENTRY);
}

const struct boot_format boot_s390_image = {
	.name = "bzImage",
	.matches = is_s390,
	.load = load_s390,
};
