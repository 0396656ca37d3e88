// SPDX-License-Identifier: GPL-2.0-only
/*
 * crashkernel=SIZE,cma - memory that programs use until a panic, and the capture
 * kernel from then on, beside the region that its image lies in.
 *
 * It is taken at boot, as areas of the contiguous memory allocator: what lies there
 * can be moved away, so it is pages of programs and of files, which whoever asks for
 * this does without in a dump.  A loader reads from /sys/kernel/kexec/crash_cma_ranges
 * where it is, tells the capture kernel that it may use it, and leaves it out of the
 * dump.  No image lies there.
 *
 * Devices may write to such pages, by DMA that was begun before the panic, and go on
 * with it when everything has stopped.  So the way from a panic waits, before the
 * capture kernel takes the pages for its own.
 */
#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/align.h>
#include <linux/cma.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>

#include "internal.h"
#include "reserve.h"

/* Milliseconds within which a device ends what it was told to do, or gives it up. */
#define DMA_ENDS_MS	10000

/* Areas, as memory may be in pieces. */
static struct cma *crash_cma[CRASHK_CMA_RANGES_MAX] __ro_after_init;
static unsigned int nr_crash_cma __ro_after_init;

/*
 * How much of an area there is: nothing of one that the allocator could not make
 * its own, whose pages are memory like any other now.
 */
static unsigned long size_of(unsigned int i)
{
	return cma_get_size(crash_cma[i]);
}

/**
 * crash_cma_reserve() - take memory that programs may use until a panic
 * @size: bytes
 *
 * If they can't be had in one piece, there are up to CRASHK_CMA_RANGES_MAX.  The log
 * says how much was had.
 *
 * Context: boot, as crashkernel_reserve(), and after that.
 */
void __init crash_cma_reserve(u64 size)
{
	u64 left = ALIGN(size, CMA_MIN_ALIGNMENT_BYTES), piece = left;

	while (left && nr_crash_cma < ARRAY_SIZE(crash_cma)) {
		piece = min(piece, left);
		if (!cma_declare_contiguous(0, piece, 0, 0, 0, false,
					    "crashkernel",
					    &crash_cma[nr_crash_cma])) {
			nr_crash_cma++;
			left -= piece;
			continue;
		}
		piece = ALIGN_DOWN(piece / 2, CMA_MIN_ALIGNMENT_BYTES);
		if (!piece)
			break;
	}
	if (left)
		pr_warn("of %llu MiB that programs use until a panic, %llu MiB could be had\n",
			size / SZ_1M, (size - min(size, left)) / SZ_1M);
	else
		pr_info("programs use %llu MiB more until a panic\n",
			size / SZ_1M);
}

/**
 * crash_cma_wait() - have devices end what they write to such memory
 *
 * Context: on the way from a panic, interrupts off, the other CPUs stopped.
 */
void crash_cma_wait(void)
{
	u64 start = ktime_get_mono_fast_ns();
	unsigned int i, ms;

	for (i = 0; i < nr_crash_cma && !size_of(i); i++)
		;
	if (i == nr_crash_cma)
		return;

	pr_emerg("waiting %u seconds for devices that write to memory of programs\n",
		 DMA_ENDS_MS / MSEC_PER_SEC);
	/* A turn can take longer than it should; and the clock may stand still. */
	for (ms = 0; ms < DMA_ENDS_MS; ms++) {
		if (ktime_get_mono_fast_ns() - start >=
		    (u64)DMA_ENDS_MS * NSEC_PER_MSEC)
			break;
		mdelay(1);
		kexec_calm_watchdog();
	}
}

/**
 * crash_cma_show() - write where such memory is, for a loader
 * @buf: gets a line for each area, as /proc/iomem has it; a page
 *
 * Context: Any, once the allocator has made the areas its own.
 * Return: how many bytes.
 */
int crash_cma_show(char *buf)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < nr_crash_cma; i++) {
		u64 start = cma_get_base(crash_cma[i]);

		if (size_of(i))
			len += sysfs_emit_at(buf, len, "%08llx-%08llx\n",
					     start, start + size_of(i) - 1);
	}
	return len;
}
