// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks for tests, in debugfs, under CONFIG_DEBUG_KEXEC.
 *
 * kexec/corrupt: write a physical address; a bit of the byte that is going to
 * lie there after the handoff is flipped, wherever it waits.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mm.h>

#include "internal.h"

static int flip_bit_at(unsigned long dst)
{
	struct kexec_move *move;
	unsigned long phys, len = PAGE_SIZE;
	u8 *run;

	if (!kexec_image)
		return -ENOENT;
	move = kimage_find_move(kexec_image, dst);
	if (!move || move->src == KEXEC_SRC_ZERO)
		return -ENOENT;

	phys = move->src + (dst - move->dst);
	run = kexec_map_run(phys & PAGE_MASK, &len);
	run[offset_in_page(phys)] ^= 1;
	kexec_unmap_run(run);
	return 0;
}

static int corrupt_set(void *data, u64 dst)
{
	int err;

	if (dst > KEXEC_DEST_LIMIT)
		return -EINVAL;

	if (!mutex_trylock(&kexec_mutex))
		return -EBUSY;
	err = flip_bit_at(dst);
	mutex_unlock(&kexec_mutex);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(corrupt_fops, NULL, corrupt_set, "%llu\n");

static int __init kexec_debug_init(void)
{
	struct dentry *dir = debugfs_create_dir("kexec", NULL);

	debugfs_create_file_unsafe("corrupt", 0200, dir, NULL, &corrupt_fops);
	return 0;
}
late_initcall(kexec_debug_init);
