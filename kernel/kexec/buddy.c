// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator, as placement sees it: pages can be claimed, taken, given
 * back and counted.  Nothing in here knows what an image is.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>
#include <linux/swap.h>

#include "internal.h"

/*
 * What others are left with, at least: they need a little at any time, and are
 * killed if they don't get it.
 */
#define SPARE_PAGES		PHYS_PFN(SZ_8M)

#ifdef CONFIG_KEXEC_IN_PLACE
/*
 * Pages of [@pfn, @end), which is in one page block, that are in use: a guess, as
 * nothing keeps them from being freed or taken meanwhile.  Clean page cache
 * counts, too: to give it up takes as long as a copy.
 */
static unsigned long count_busy(unsigned long pfn, unsigned long end)
{
	unsigned long nr_busy = 0;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		/* In a free block that is its order; at worst a wrong guess. */
		unsigned long order = READ_ONCE(page->private);

		if (PageBuddy(page) && order <= MAX_PAGE_ORDER) {
			pfn += 1UL << order;
			continue;
		}
		nr_busy += page_count(page) != 0;
		pfn++;
	}
	return nr_busy;
}

/*
 * Whether these pages are the page allocator's to give at all: online, in one
 * zone as alloc_contig_range() demands, none reserved at boot; and whether at
 * most @most_busy of them are busy.  Of a page block, the ends tell the zone of
 * all, as for compaction.
 */
static bool can_be_claimed(unsigned long pfn, unsigned long nr_pages,
			   unsigned long most_busy)
{
	unsigned long end = pfn + nr_pages, stop, nr_busy = 0;
	struct zone *zone = NULL;

	for (; pfn < end; pfn = stop) {
		struct page *first = pfn_to_online_page(pfn), *last;

		stop = min(ALIGN(pfn + 1, pageblock_nr_pages), end);
		last = pfn_to_online_page(stop - 1);
		if (!first || !last || PageReserved(first) || PageReserved(last))
			return false;

		zone = zone ?: page_zone(first);
		if (page_zone(first) != zone || page_zone(last) != zone)
			return false;

		nr_busy += count_busy(pfn, stop);
		if (nr_busy > most_busy)
			return false;
	}
	return true;
}

static bool buddy_claim(unsigned long pfn, unsigned long nr_pages,
			unsigned long most_busy)
{
	int err = -EBUSY;

	/* Keeps the pages online while they are looked at. */
	get_online_mems();
	if (can_be_claimed(pfn, nr_pages, most_busy))
		err = alloc_contig_range(pfn, pfn + nr_pages, MIGRATE_MOVABLE,
					 GFP_USER | __GFP_NOWARN |
					 __GFP_RETRY_MAYFAIL);
	put_online_mems();

	/* Pages that can't be adopted are lost: see the contract. */
	return !err && !machine_kexec_adopt_pages(pfn_to_page(pfn), nr_pages);
}
#else
#define buddy_claim	NULL
#endif

static struct page *buddy_alloc(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	if (!page || machine_kexec_adopt_pages(page, 1UL << order))
		return NULL;
	split_page(page, order);
	return page;
}

static void buddy_free(struct page *page, unsigned long nr_pages)
{
	unsigned long pfn = page_to_pfn(page), i;

	if (machine_kexec_release_pages(page, nr_pages))
		return;
	for (i = 0; i < nr_pages; i++)
		__free_page(pfn_to_page(pfn + i));
}

/*
 * Pages that can be taken from what the kernel has mapped, half of the files'
 * among them.  Where that is not all memory, control memory can only be had there,
 * and so can most of what others need that must not be killed for want of it.
 */
static long mapped_available(void)
{
	struct zone *zone;
	long nr_pages = 0;

	for_each_populated_zone(zone) {
		if (is_highmem(zone))
			continue;
		nr_pages += zone_page_state(zone, NR_FREE_PAGES);
		nr_pages += (zone_page_state(zone, NR_ZONE_ACTIVE_FILE) +
			     zone_page_state(zone, NR_ZONE_INACTIVE_FILE)) / 2;
		nr_pages -= high_wmark_pages(zone);
	}
	return nr_pages;
}

/*
 * Pages that can be taken from the machine, be it by reclaim or swapping.
 * Reclaim alone would go on until somebody else is killed for want of a page.
 */
static unsigned long count_spare(void)
{
	long nr_pages = si_mem_available() + get_nr_swap_pages();

	if (IS_ENABLED(CONFIG_HIGHMEM) && mapped_available() < (long)SPARE_PAGES)
		return 0;
	return nr_pages > (long)SPARE_PAGES ? nr_pages - SPARE_PAGES : 0;
}

/*
 * The free pages that CPUs keep at hand are in no count: tens of megabytes each,
 * after a program has given back much memory.
 */
static unsigned long buddy_spare(unsigned long wanted)
{
	unsigned long nr_pages = count_spare();
	struct zone *zone;

	if (nr_pages < wanted) {
		/* All zones at once would be left out if somebody else is at it. */
		for_each_populated_zone(zone)
			drain_all_pages(zone);
		nr_pages = count_spare();
	}
	return nr_pages;
}

static unsigned long buddy_idle(void)
{
	unsigned long nr_pages = global_zone_page_state(NR_FREE_PAGES);

	return nr_pages > totalreserve_pages ? nr_pages - totalreserve_pages : 0;
}

const struct kexec_page_ops kexec_buddy_ops = {
	.claim = buddy_claim,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.spare = buddy_spare,
	.idle = buddy_idle,
};

/* For an image whose destinations are not the page allocator's. */
const struct kexec_page_ops kexec_staging_ops = {
	.alloc = buddy_alloc,
	.free = buddy_free,
	.spare = buddy_spare,
};
