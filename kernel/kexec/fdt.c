// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree among an image's segments.
 *
 * kexec_load(2) does not say which segment is what.  Where the boot protocol has
 * a register for the device tree, the architecture's machine_kexec_entry() finds
 * it by what it begins with.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/libfdt.h>

#include "internal.h"

/**
 * kexec_find_fdt - find the segment that is a device tree
 * @image: a filled image
 *
 * That is the first one, in the caller's order, that begins as one does.  The
 * image's own copy counts, as the caller's memory may have changed since.
 *
 * Context: May sleep.
 * Return: its number; -ENOENT, which is no refusal, if there is none; -EINVAL
 * if it has a header that is broken, or says that the tree is larger.
 */
int kexec_find_fdt(const struct kimage *image)
{
	unsigned int nr;

	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];
		struct fdt_header header __aligned(8);

		if (seg->bufsz < sizeof(header) ||
		    !kimage_read(image, seg->mem, &header, sizeof(header)) ||
		    fdt_magic(&header) != FDT_MAGIC)
			continue;
		if (fdt_check_header(&header))
			return kexec_refuse_segment(-EINVAL, nr, seg,
						    "begins as a device tree does, but has a broken header");
		if (fdt_totalsize(&header) > seg->memsz)
			return kexec_refuse_segment(-EINVAL, nr, seg,
						    "is a device tree of %u bytes, which are more",
						    fdt_totalsize(&header));
		return nr;
	}
	return -ENOENT;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "fdt_test.c"
#endif
