// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that crashkernel= asks for is taken, at boot.
 *
 * crashkernel_reserve() takes it from memblock.  Where from is decided by
 * crash_take(), which sees memory through a struct crash_memory only: tests bring
 * a model.  The regions are entered into /proc/iomem at once, as long as what is
 * not wanted there can be given back.
 *
 * All of it runs at boot only.  What was asked for has been read by crashkernel.c;
 * what is done with the region later is region.c.
 */
#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/align.h>
#include <linux/crash_reserve.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kmemleak.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <asm/crash_reserve.h>

#include "reserve.h"

/**
 * struct crash_memory - where regions are taken from
 * @take: take @size bytes from between @start and @end, whose address is a
 *	multiple of @align; returns the address, 0 if there are none
 * @give_back: the opposite
 * @next_free: the next free range, in ascending order; *@iter is 0 at first.
 *	Returns whether there was one.  @end is the first byte behind it.
 * @next_reserved: the same for memory that somebody has already
 * @ram_start: where RAM begins
 * @align: CRASH_RESERVE_ALIGN
 * @low_end: CRASH_RESERVE_LOW_END
 * @end: CRASH_RESERVE_END, no less than @low_end
 *
 * The machine's is crash_memblock(); tests bring a model.
 */
struct crash_memory {
	phys_addr_t (*take)(phys_addr_t size, phys_addr_t align,
			    phys_addr_t start, phys_addr_t end);
	int (*give_back)(phys_addr_t base, phys_addr_t size);
	bool (*next_free)(u64 *iter, phys_addr_t *start, phys_addr_t *end);
	bool (*next_reserved)(u64 *iter, phys_addr_t *start, phys_addr_t *end);
	u64 ram_start;
	u64 align;
	u64 low_end;
	u64 end;
};

static bool __init memblock_next_free(u64 *iter, phys_addr_t *start,
				      phys_addr_t *end)
{
	__next_mem_range(iter, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory,
			 &memblock.reserved, start, end, NULL);
	return *iter != U64_MAX;
}

static bool __init memblock_next_reserved(u64 *iter, phys_addr_t *start,
					  phys_addr_t *end)
{
	__next_mem_range(iter, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.reserved,
			 NULL, start, end, NULL);
	return *iter != U64_MAX;
}

/* What devices reach may be known at boot only, so this is no constant. */
static struct crash_memory __init crash_memblock(void)
{
	return (struct crash_memory){
		.take = memblock_phys_alloc_range,
		.give_back = memblock_phys_free,
		.next_free = memblock_next_free,
		.next_reserved = memblock_next_reserved,
		.ram_start = memblock_start_of_DRAM(),
		.align = CRASH_RESERVE_ALIGN,
		.low_end = min_t(u64, CRASH_RESERVE_LOW_END, CRASH_RESERVE_END),
		.end = CRASH_RESERVE_END,
	};
}

/**
 * struct crash_area - where a region may lie
 * @start: its first byte, at the lowest
 * @end: behind its last byte, at the highest
 */
struct crash_area {
	u64 start;
	u64 end;
};

static struct crash_area __init area_below(const struct crash_memory *mem)
{
	return (struct crash_area){ mem->align, mem->low_end };
}

/* Empty where no kernel runs so high. */
static struct crash_area __init area_above(const struct crash_memory *mem)
{
	return (struct crash_area){ mem->low_end, mem->end };
}

/**
 * struct crash_regions - what was taken
 * @base: physical address of the region
 * @size: its length in bytes
 * @low_base: the same of the part below CRASH_RESERVE_LOW_END, if that is
 *	another; else 0
 * @low_size: ...
 */
struct crash_regions {
	u64 base;
	u64 size;
	u64 low_base;
	u64 low_size;
};

/**
 * struct crash_failure - why nothing was taken
 * @size: bytes that could not be had
 * @where: the constraint that they could not be had under
 * @largest: bytes that could have been had under it
 */
struct crash_failure {
	u64 size;
	char where[96];
	u64 largest;
};

/* How long a region can be that lies within a free range and an area. */
static u64 __init crash_fit(const struct crash_memory *mem, u64 free_start,
			    u64 free_end, const struct crash_area *area)
{
	u64 start = ALIGN(max(free_start, area->start), mem->align);
	u64 end = ALIGN_DOWN(min(free_end, area->end), CRASH_RESERVE_GRAIN);

	return end > start ? end - start : 0;
}

static u64 __init crash_largest(const struct crash_memory *mem,
				struct crash_area area)
{
	phys_addr_t start, end;
	u64 iter = 0, largest = 0;

	while (mem->next_free(&iter, &start, &end))
		largest = max(largest, crash_fit(mem, start, end, &area));
	return largest;
}

static u64 __init crash_take_in(const struct crash_memory *mem,
				struct crash_area area, u64 size)
{
	if (area.start >= area.end)
		return 0;
	return mem->take(size, mem->align, area.start, area.end);
}

/* With the largest number there is. */
#define SIZE_TEXT_LEN	sizeof("17592186044415 MiB")

/* An address that is the end of something, for people. */
static const char * __init size_text(u64 bytes, char *text, size_t len)
{
	if (IS_ALIGNED(bytes, SZ_1G))
		scnprintf(text, len, "%llu GiB", bytes / SZ_1G);
	else
		scnprintf(text, len, "%llu MiB", bytes / SZ_1M);
	return text;
}

/* What stands in the way of a region of that size, at that address. */
static void __init explain_fixed(const struct crash_memory *mem, u64 base,
				 u64 size, struct crash_failure *failure)
{
	u64 iter = 0, free = 0, obstacle;
	phys_addr_t start, end;

	while (mem->next_free(&iter, &start, &end))
		if (base >= start && base < end)
			free = min_t(u64, end, max(base, mem->end)) - base;
	obstacle = base + free;
	failure->size = size;
	failure->largest = ALIGN_DOWN(free, CRASH_RESERVE_GRAIN);

	if (obstacle >= mem->end) {
		scnprintf(failure->where, sizeof(failure->where),
			  "at 0x%llx, as no region can end above 0x%llx",
			  base, mem->end);
		return;
	}

	iter = 0;
	while (mem->next_reserved(&iter, &start, &end)) {
		if (obstacle < start || obstacle >= end)
			continue;
		scnprintf(failure->where, sizeof(failure->where),
			  "at 0x%llx, as 0x%llx-0x%llx is reserved already",
			  base, (u64)start, (u64)end - 1);
		return;
	}
	scnprintf(failure->where, sizeof(failure->where),
		  free ? "at 0x%llx, as RAM ends at 0x%llx" :
			 "at 0x%llx, as there is no RAM at 0x%llx",
		  base, obstacle);
}

/* What could have been had, with the part below that it takes. */
static void __init explain_anywhere(const struct crash_memory *mem, u64 size,
				    u64 low, struct crash_failure *failure)
{
	u64 below = crash_largest(mem, area_below(mem));
	u64 above = below < low ? 0 : crash_largest(mem, area_above(mem));
	bool has_above = mem->end > mem->low_end;
	char text[SIZE_TEXT_LEN];

	failure->size = size;
	failure->largest = max(below, above);
	scnprintf(failure->where, sizeof(failure->where),
		  "in one piece from a multiple of %llu MiB, %sbelow %s%s",
		  mem->align / SZ_1M,
		  has_above ? "neither " : "",
		  size_text(mem->low_end, text, sizeof(text)),
		  has_above ? " nor above" : "");
}

static void __init explain_low(const struct crash_memory *mem, u64 low,
			       struct crash_failure *failure)
{
	char text[SIZE_TEXT_LEN];

	failure->size = low;
	failure->largest = crash_largest(mem, area_below(mem));
	scnprintf(failure->where, sizeof(failure->where),
		  "below %s for DMA",
		  size_text(mem->low_end, text, sizeof(text)));
}

static u64 __init crash_take_fixed(const struct crash_memory *mem, u64 base,
				   u64 size)
{
	if (base + size > mem->end)
		return 0;
	return mem->take(size, PAGE_SIZE, base, base + size);
}

/*
 * Bytes to have below, should the region lie above.  None on a machine that has
 * no RAM there: its devices do without, and what runs in the region has no other
 * ones.
 */
static u64 __init crash_low_size(const struct crash_memory *mem,
				 const struct crash_request *req)
{
	if (mem->ram_start >= mem->low_end)
		return 0;
	return ALIGN(req->low, CRASH_RESERVE_GRAIN);
}

/*
 * Takes what is asked for, or nothing.  Returns whether it was had; where not,
 * @failure says why.
 */
static bool __init crash_take(const struct crash_memory *mem,
			      const struct crash_request *req,
			      struct crash_regions *got,
			      struct crash_failure *failure)
{
	struct crash_area below = area_below(mem), above = area_above(mem);
	u64 size = ALIGN(req->size, CRASH_RESERVE_GRAIN);
	u64 low = crash_low_size(mem, req);

	*got = (struct crash_regions){ .size = size };
	if (req->base) {
		got->base = crash_take_fixed(mem, req->base, size);
		if (!got->base)
			explain_fixed(mem, req->base, size, failure);
		return got->base;
	}

	got->base = crash_take_in(mem, req->high ? above : below, size);
	if (!got->base)
		got->base = crash_take_in(mem, req->high ? below : above, size);
	if (!got->base) {
		explain_anywhere(mem, size, low, failure);
		return false;
	}
	if (got->base < mem->low_end || !low)
		return true;

	got->low_size = low;
	got->low_base = crash_take_in(mem, below, low);
	if (!got->low_base) {
		mem->give_back(got->base, size);
		explain_low(mem, low, failure);
		return false;
	}
	return true;
}

/* Give up a region that was entered already. */
static void __init leave_region(const struct crash_memory *mem,
				struct resource *res)
{
	release_resource(res);
	mem->give_back(res->start, resource_size(res));
	res->start = 0;
	res->end = 0;
}

/* Enter a region into a tree of resources; without that nobody finds it. */
static bool __init enter_region(const struct crash_memory *mem,
				struct resource *root, struct resource *res,
				u64 base, u64 size)
{
	struct resource *conflict;

	res->start = base;
	res->end = base + size - 1;
	conflict = insert_resource_conflict(root, res);
	if (!conflict)
		return true;

	pr_warn("0x%llx-0x%llx can't be entered into /proc/iomem, as %s [0x%llx-0x%llx] lies across it: nothing is reserved\n",
		base, base + size - 1, conflict->name, (u64)conflict->start,
		(u64)conflict->end);
	mem->give_back(base, size);
	res->start = 0;
	res->end = 0;
	return false;
}

static void __init report_failure(const struct crash_memory *mem,
				  const struct crash_regions *got,
				  const struct crash_failure *failure)
{
	char text[SIZE_TEXT_LEN];

	pr_warn("can't reserve %llu MiB %s: the largest that fits is %llu MiB\n",
		failure->size / SZ_1M, failure->where, failure->largest / SZ_1M);
	if (got->base)
		pr_warn("the %llu MiB above %s are given back, nothing is reserved\n",
			got->size / SZ_1M,
			size_text(mem->low_end, text, sizeof(text)));
}

static void __init report_regions(const struct crash_memory *mem,
				  const struct crash_request *req,
				  const struct crash_regions *got)
{
	char text[SIZE_TEXT_LEN];

	pr_info("reserved 0x%llx-0x%llx (%llu MiB)\n", got->base,
		got->base + got->size - 1, got->size / SZ_1M);
	if (got->low_size)
		pr_info("reserved 0x%llx-0x%llx (%llu MiB) for DMA\n",
			got->low_base, got->low_base + got->low_size - 1,
			got->low_size / SZ_1M);
	else if (req->low && !req->base && got->base >= mem->low_end)
		pr_info("nothing below %s, where there is no memory\n",
			size_text(mem->low_end, text, sizeof(text)));
}

/*
 * Take the memory, and enter it into the tree of resources: both regions, or
 * none.  What they lie in may be entered later, and becomes their parent then.
 */
static bool __init crash_reserve(const struct crash_memory *mem,
				 const struct crash_request *req,
				 struct resource *root, struct resource *res,
				 struct resource *low_res)
{
	struct crash_failure failure;
	struct crash_regions got;

	if (!crash_take(mem, req, &got, &failure)) {
		report_failure(mem, &got, &failure);
		return false;
	}
	if (!enter_region(mem, root, res, got.base, got.size)) {
		if (got.low_size)
			mem->give_back(got.low_base, got.low_size);
		return false;
	}
	if (got.low_size &&
	    !enter_region(mem, root, low_res, got.low_base, got.low_size)) {
		leave_region(mem, res);
		return false;
	}
	report_regions(mem, req, &got);
	return true;
}

/**
 * crashkernel_reserve() - take the memory for a crash image
 * @size: bytes
 * @base: physical address to have them at, all of them or nothing; or 0
 * @low: bytes to have below CRASH_RESERVE_LOW_END as well, if the region comes
 *	to lie above, and there is RAM below; not with @base
 * @high: try above CRASH_RESERVE_LOW_END first
 *
 * Sets crashk_res and crashk_low_res, and enters them into /proc/iomem.  If all
 * of it can't be had, both stay empty, and the log says why, and how much could
 * be had.  Beside a region there is what crashkernel_parse() read of memory that
 * programs use until a panic, or as much of it as can be had.
 *
 * Context: boot, when memblock knows all memory and the direct map is there, and
 * so is all that CRASH_RESERVE_LOW_END consists of; before memory is given to
 * the page allocator.
 */
void __init crashkernel_reserve(unsigned long long size, unsigned long long base,
				unsigned long long low, bool high)
{
	const struct crash_memory mem = crash_memblock();
	const struct crash_request req = {
		.size = size,
		.base = base,
		.low = low,
		.high = high,
	};

	if (!crash_reserve(&mem, &req, &iomem_resource, &crashk_res,
			   &crashk_low_res))
		return;
	/* Their content belongs to another kernel, and may not be readable. */
	kmemleak_ignore_phys(crashk_res.start);
	if (crashk_low_res.end)
		kmemleak_ignore_phys(crashk_low_res.start);
	if (IS_ENABLED(CONFIG_CRASH_CMA) && crash_cma_wanted)
		crash_cma_reserve(crash_cma_wanted);
}

/**
 * crashkernel_reserve_asked() - take the memory that the command line asks for
 *
 * What crashkernel_parse() reads of boot_command_line, where all of memblock's memory
 * counts, and nothing is to be decided in between.
 *
 * Context: boot, see crashkernel_reserve().
 */
void __init crashkernel_reserve_asked(void)
{
	unsigned long long size, base, low = 0;
	bool high = false;

	if (crashkernel_parse(boot_command_line, memblock_phys_mem_size(),
			      &size, &base, &low, &high))
		return;
	crashkernel_reserve(size, base, low, high);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "reserve_test.c"
#endif
