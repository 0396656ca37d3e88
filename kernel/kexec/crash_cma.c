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
#include <linux/array_size.h>
#include <linux/cma.h>
#include <linux/crash_reserve.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/kconfig.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>
#include <asm/crash_reserve.h>

#include "internal.h"
#include "reserve.h"

/* Seconds within which a device ends what it was told to do, or gives it up. */
#define DMA_ENDS_S	10U

/* What one area can have, whose size is an unsigned long of bytes in some places. */
#define PIECE_MAX	(IS_ENABLED(CONFIG_64BIT) ? (u64)SZ_1G << 20 : SZ_2G)

/* Areas, as memory may be in pieces. */
static struct cma *crash_cma[CRASHK_CMA_RANGES_MAX] __ro_after_init;
static unsigned int nr_crash_cma __ro_after_init;

/* Each has a name of its own: a directory in sysfs. */
static const char * const crash_cma_names[CRASHK_CMA_RANGES_MAX] __initconst = {
	"crashkernel0", "crashkernel1", "crashkernel2", "crashkernel3",
};

static u64 crash_cma_asked __initdata;

/*
 * How much of an area there is: nothing of one that the allocator could not make
 * its own, whose pages are memory like any other now.
 */
static unsigned long size_of(unsigned int i)
{
	return cma_get_size(crash_cma[i]);
}

/* Asked first: who is asked for an area and has none says that in the log as an error. */
static bool __init is_room(u64 size, u64 start, u64 end)
{
	phys_addr_t phys = memblock_phys_alloc_range(size, CMA_MIN_ALIGNMENT_BYTES,
						     start, end);

	if (phys)
		memblock_phys_free(phys, size);
	return phys;
}

/*
 * An area has to be within a zone, or the allocator does not take it over: neither
 * over the end of what all devices reach, nor over 4 GiB or into highmem, where that is
 * another zone's end.  Nobody is given less than all of an area, so its map can be coarse.
 */
static bool __init take_area(u64 size)
{
	const u64 starts[] = {
		max_t(u64, CRASH_RESERVE_LOW_END, SZ_4G),
		IS_ENABLED(CONFIG_HIGHMEM) ? __pa(high_memory - 1) + 1 : SZ_4G,
		min_t(u64, CRASH_RESERVE_LOW_END, SZ_4G),
		0,
	};
	u64 end = memblock_end_of_DRAM();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		u64 start = starts[i];

		if (start < end && end - start >= size &&
		    is_room(size, start, end) &&
		    !cma_declare_contiguous(start, size, end, 0,
					    ilog2(CMA_MIN_ALIGNMENT_PAGES),
					    false, crash_cma_names[nr_crash_cma],
					    &crash_cma[nr_crash_cma])) {
			nr_crash_cma++;
			return true;
		}
		end = min(end, start);
	}
	return false;
}

/* What the kernel may use itself: with movable_node, no memory that may be pulled out. */
static u64 __init free_memory(void)
{
	phys_addr_t start, end;
	u64 i, free = 0;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL)
		free += end - start;
	return free;
}

/**
 * crash_cma_reserve() - take memory that programs may use until a panic
 * @size: bytes
 *
 * If they can't be had in one piece, there are up to CRASHK_CMA_RANGES_MAX.  A quarter
 * of all that is free stays for what can't be moved, as a kernel without that does not
 * come up.  How much was had is said when the allocator has taken it over.
 *
 * Context: boot, as crashkernel_reserve(), and after that.
 */
void __init crash_cma_reserve(u64 size)
{
	u64 most = ALIGN_DOWN(free_memory() / 4 * 3, CMA_MIN_ALIGNMENT_BYTES);
	u64 left = size < most ? ALIGN(size, CMA_MIN_ALIGNMENT_BYTES) : most;
	u64 piece = min(left, PIECE_MAX);

	crash_cma_asked = size;
	while (left && nr_crash_cma < ARRAY_SIZE(crash_cma)) {
		piece = min(piece, left);
		if (take_area(piece)) {
			left -= piece;
			continue;
		}
		piece = ALIGN_DOWN(piece / 2, CMA_MIN_ALIGNMENT_BYTES);
		if (!piece)
			break;
	}
}

/*
 * Areas are taken over by a core_initcall; not one over the border of two zones, as there
 * may be with movablecore=.
 */
static int __init crash_cma_report(void)
{
	u64 size = 0;
	unsigned int i;

	for (i = 0; i < nr_crash_cma; i++)
		size += size_of(i);
	if (size < crash_cma_asked)
		pr_warn("of %llu MiB that programs use until a panic, %llu MiB could be had\n",
			crash_cma_asked / SZ_1M, size / SZ_1M);
	else if (size)
		pr_info("programs use %llu MiB more until a panic\n",
			size / SZ_1M);
	return 0;
}
postcore_initcall(crash_cma_report);

/**
 * crash_cma_wait() - have devices end what they write to such memory
 *
 * Context: on the way from a panic, interrupts off, the other CPUs stopped.
 */
void crash_cma_wait(void)
{
	u64 start = ktime_get_mono_fast_ns();
	unsigned int i, turns;

	for (i = 0; i < nr_crash_cma && !size_of(i); i++)
		;
	if (i == nr_crash_cma)
		return;

	pr_emerg("waiting %u seconds for devices that write to memory of programs\n",
		 DMA_ENDS_S);
	/* A turn can take longer than it should; and the clock may stand still. */
	for (turns = 0; turns < DMA_ENDS_S * 1000; turns++) {
		if (ktime_get_mono_fast_ns() - start >=
		    DMA_ENDS_S * (u64)NSEC_PER_SEC)
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
