// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator, as placement sees it: pages can be claimed, taken, given
 * back and counted.  Nothing in here knows what an image is.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/freezer.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/workqueue.h>

#include "base.h"
#include "internal.h"

/*
 * What others are left with, at least: they need a little at any time, and are
 * killed if they don't get it.
 */
#define SPARE_PAGES		PHYS_PFN(SZ_8M)

/* Whether these pages are fit for an image.  If not they are lost: see the contract. */
static bool adopt(struct page *page, unsigned long nr_pages)
{
	if (!machine_kexec_adopt_pages(page, nr_pages))
		return true;
	pr_warn("%lu pages from %#llx on can't be prepared for an image, and are lost\n",
		nr_pages, (u64)page_to_phys(page));
	return false;
}

/*
 * The free pages that CPUs keep at hand are in no count: tens of megabytes each,
 * after a program has given back much memory.
 */
static void give_back_at_hand(void)
{
	struct zone *zone;

	/* All zones at once would be left out if somebody else is at it. */
	for_each_populated_zone(zone)
		drain_all_pages(zone);
}

/*
 * Free pages that are anybody's.  Those of CMA areas are not: who can't move lets
 * them be, and is killed for want of memory in the sight of them.
 */
static unsigned long free_for_all(struct zone *zone)
{
	return zone_page_state(zone, NR_FREE_PAGES) -
	       zone_page_state(zone, NR_FREE_CMA_PAGES);
}

/* Pages of files, which may be in CMA areas; then those outside are fewer. */
static unsigned long files_for_all(struct zone *zone)
{
	unsigned long files = zone_page_state(zone, NR_ZONE_ACTIVE_FILE) +
			      zone_page_state(zone, NR_ZONE_INACTIVE_FILE);

	return min(files, zone_managed_pages(zone) -
			  min(zone_managed_pages(zone), zone_cma_pages(zone)));
}

/*
 * Pages that a zone can do without, if half of the files' in it are given up: what
 * is above the mark that reclaim aims at, less a share of what others are left
 * with.  Who needs memory of that zone and no other would be killed otherwise,
 * however much there is elsewhere.
 */
static long zone_spare(struct zone *zone)
{
	unsigned long share = min(SPARE_PAGES, zone_managed_pages(zone) / 64);

	return free_for_all(zone) + files_for_all(zone) / 2 -
	       high_wmark_pages(zone) - share;
}

#ifdef CONFIG_KEXEC_IN_PLACE
/*
 * Pages that those can do without who may have memory of @zone, and so of what lies
 * below as well, of the same node: to some no other is allowed.  Who may have more, may
 * have these, too: nobody is worse off.
 */
static long spare_up_to(const struct zone *zone)
{
	enum zone_type highest = zone_idx(zone);
	long nr_pages = 0;
	struct zone *other;

	for_each_populated_zone(other) {
		if (other->zone_pgdat == zone->zone_pgdat &&
		    zone_idx(other) <= highest)
			nr_pages += max(zone_spare(other) -
					other->lowmem_reserve[highest], 0L);
	}
	return nr_pages;
}

/* Whether others can do without these. */
static bool can_spare(const struct zone *zone, unsigned long nr_pages)
{
	if (spare_up_to(zone) >= (long)nr_pages)
		return true;
	give_back_at_hand();
	return spare_up_to(zone) >= (long)nr_pages;
}

/*
 * How long a claim may take.  One that is in time takes milliseconds; one that is
 * not waits for a page that a file system, or a disk, may never be done with.
 */
#define CLAIM_PATIENCE	(10 * HZ)

/*
 * Whether to move this page is to wait for somebody, or has somebody wait who must
 * not: with PREEMPT_RT, mlock() promises that a page stays where it is
 * (compact_unevictable_allowed, Documentation/admin-guide/sysctl/vm.rst).  It may
 * change meanwhile.
 */
static bool is_held_up(struct page *page)
{
	struct folio *folio = page_folio(page);
	bool held_up;

	if (!folio_try_get(folio))
		return false;
	held_up = page_folio(page) == folio &&
		  (folio_test_locked(folio) || folio_test_writeback(folio) ||
		   (IS_ENABLED(CONFIG_PREEMPT_RT) && folio_test_mlocked(folio)));
	folio_put(folio);
	return held_up;
}

/* In a free block, which @page begins, as many as it has; else 1.  A guess. */
static unsigned long nr_free_from(const struct page *page)
{
	unsigned long order = READ_ONCE(page->private);

	return PageBuddy(page) && order <= MAX_PAGE_ORDER ? 1UL << order : 1;
}

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

		nr_busy += page_count(page) != 0;
		pfn += nr_free_from(page);
	}
	return nr_busy;
}

/* Free pages of [@pfn, @end), which is in one page block: a guess, too. */
static unsigned long count_free(unsigned long pfn, unsigned long end)
{
	unsigned long nr_free = 0;

	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);
		unsigned long nr_pages = min(nr_free_from(page), end - pfn);

		if (PageBuddy(page))
			nr_free += nr_pages;
		pfn += nr_pages;
	}
	return nr_free;
}

/* Whether one of these, which are online, would have to be waited for. */
static bool any_is_held_up(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		if (is_held_up(page))
			return true;
		pfn += nr_free_from(page);
		cond_resched();
	}
	return false;
}

/*
 * Whether one of these is a page that stays where it is: one of slab, which newer kernels
 * count no users of, so that all others would be moved first; or one of hugetlb that
 * somebody has.  Nothing that a machine does in normal operation moves these, and drivers
 * in user space rely on that (UIO, as DPDK uses it): they have told devices the physical
 * address, and nothing else pins the page.
 */
static bool has_fixed(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		if (PageSlab(page) ||
		    (PageHuge(page) && page_count(compound_head(page))))
			return true;
		pfn += nr_free_from(page);
	}
	return false;
}

/*
 * Whether these, of one page block, may be claimed.  A CMA area has an owner, and does not
 * look like one while the owner allocates there: it is isolated then, as is a block that
 * goes offline or that somebody else claims.  Who claims it, too, would be refused, and end
 * that isolation.  A block for atomic allocations is one for everybody after a claim (6.12),
 * but goes on to count as one of the few that there may be: in the end there would be none.
 */
static int check_block(unsigned long pfn, unsigned long end)
{
	int type = get_pageblock_migratetype(pfn_to_page(pfn));

	if (is_migrate_isolate(type))
		return -EAGAIN;
	if (is_migrate_cma(type) || type == MIGRATE_HIGHATOMIC || has_fixed(pfn, end))
		return -EBUSY;
	return 0;
}

/*
 * Whether these pages are the page allocator's to give at all: online, in one
 * zone as alloc_contig_range() demands, none reserved at boot or of another use;
 * whether at most @most_busy of them are busy, and none held up; and
 * whether others can do without those that are free, and those in the same page blocks,
 * which nobody can have until the claim is made.  Users of the others get pages
 * for them by the rules, and nobody is killed for these.  Of a page block, the ends
 * tell the zone of all, as for compaction.
 */
static int can_be_claimed(unsigned long start, unsigned long nr_pages,
			  unsigned long most_busy)
{
	unsigned long end = start + nr_pages, pfn, stop, nr_busy = 0, nr_taken;
	struct zone *zone = NULL;
	int err;

	for (pfn = start; pfn < end; pfn = stop) {
		struct page *first = pfn_to_online_page(pfn), *last;

		stop = min(ALIGN(pfn + 1, pageblock_nr_pages), end);
		last = pfn_to_online_page(stop - 1);
		if (!first || !last || PageReserved(first) || PageReserved(last))
			return -EBUSY;
		err = check_block(pfn, stop);
		if (err)
			return err;

		zone = zone ?: page_zone(first);
		if (page_zone(first) != zone || page_zone(last) != zone)
			return -EBUSY;
		/* It is by its first page that a block is isolated. */
		if (!zone_spans_pfn(zone, pageblock_start_pfn(pfn)))
			return -EBUSY;

		nr_busy += count_busy(pfn, stop);
		if (nr_busy > most_busy)
			return -EBUSY;
		cond_resched();
	}
	/* The blocks are isolated whole: with large pages, much of what is free. */
	nr_taken = nr_pages - nr_busy +
		   count_free(pageblock_start_pfn(start), start) +
		   count_free(end, pageblock_align(end));
	if (!can_spare(zone, nr_taken))
		return -ENOMEM;
	if (nr_busy && !kexec_debug_claims_wait() && any_is_held_up(start, end))
		return -EAGAIN;
	return 0;
}

/**
 * struct claim - a call of alloc_contig_range()
 * @work: makes it
 * @done: it has returned, and somebody still waits for that
 * @pfn: the first page
 * @nr_pages: how many
 * @err: what it returned
 * @abandoned: nobody waits: whoever comes second to set it frees this
 */
struct claim {
	struct work_struct work;
	struct completion done;
	unsigned long pfn;
	unsigned long nr_pages;
	int err;
	atomic_t abandoned;
};

/*
 * It is frozen with the processes, and a sleep is called off if that takes too long: a
 * claim that is abandoned may write a page of a file system that a picture of memory
 * knows as it was before.
 */
static struct workqueue_struct *claim_wq;

/* A claim that nobody waits for any more has not returned yet. */
static atomic_t nr_abandoned = ATOMIC_INIT(0);

static void make_claim(struct work_struct *work)
{
	struct claim *claim = container_of(work, struct claim, work);

	claim->err = atomic_read(&claim->abandoned) ? -EINTR :
		     kexec_claim_pages(claim->pfn, claim->pfn + claim->nr_pages,
				       GFP_USER | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
	kexec_stay_claim(0, 0);
	if (!atomic_xchg(&claim->abandoned, 1)) {
		complete(&claim->done);
		return;
	}
	if (!claim->err)
		free_contig_range(claim->pfn, claim->nr_pages);
	kfree(claim);
	atomic_dec(&nr_abandoned);
}

/* Whether @claim has returned; if not, it is left to itself. */
static bool has_returned(struct claim *claim)
{
	long patience = kexec_debug_claims_patient() ? MAX_SCHEDULE_TIMEOUT :
						       CLAIM_PATIENCE;

	if (wait_for_completion_killable_timeout(&claim->done, patience) > 0)
		return true;

	atomic_inc(&nr_abandoned);
	if (!atomic_xchg(&claim->abandoned, 1))
		return false;
	/* It did, just now. */
	atomic_dec(&nr_abandoned);
	wait_for_completion(&claim->done);
	return true;
}

/*
 * alloc_contig_range() moves pages synchronously: it waits, and no signal ends
 * that, for a page that is locked or under writeback, and be it that the server of
 * a file system never answers.  So it runs in a worker, which is abandoned when it
 * takes too long, and gives back what it gets then.  Meanwhile nothing else is
 * claimed: one page that is never done with would be met again and again.  What it
 * was about stays isolated as long, and CPUs do without their lists of pages that
 * are to go to an LRU list.
 */
static int claim_range(unsigned long pfn, unsigned long nr_pages)
{
	struct claim *claim = claim_wq ? kmalloc(sizeof(*claim), GFP_KERNEL) : NULL;
	int err;

	if (!claim)
		return -ENOMEM;
	*claim = (struct claim) { .pfn = pfn, .nr_pages = nr_pages };
	INIT_WORK(&claim->work, make_claim);
	init_completion(&claim->done);
	kexec_stay_claim(pfn, nr_pages);
	queue_work(claim_wq, &claim->work);
	if (!has_returned(claim)) {
		if (!fatal_signal_pending(current))
			pr_warn("somebody is not done with a page of %#llx-%#llx: what is missing of the image is placed elsewhere\n",
				(u64)PFN_PHYS(pfn),
				(u64)PFN_PHYS(pfn + nr_pages) - 1);
		return -EBUSY;
	}
	err = claim->err;
	kfree(claim);
	return err;
}

/*
 * Whether processes are frozen, or are about to be.  Who makes claims is frozen after them,
 * and would be waited for in vain.
 */
static bool is_freezing(void)
{
#ifdef CONFIG_FREEZER
	return READ_ONCE(pm_freezing);
#else
	return false;
#endif
}

/*
 * The pages can't go offline meanwhile: the image holds its destinations, of which
 * each page block here has a part, until the claim is made; and that holds them
 * itself, as it may be abandoned, and the image be gone.
 */
static int buddy_claim(unsigned long pfn, unsigned long nr_pages,
		       unsigned long most_busy)
{
	int err;

	if (atomic_read(&nr_abandoned) || is_freezing())
		return -EAGAIN;
	err = can_be_claimed(pfn, nr_pages, most_busy) ?:
	      claim_range(pfn, nr_pages);
	if (err)
		return err;
	return adopt(pfn_to_page(pfn), nr_pages) ? 0 : -EIO;
}

static int __init buddy_init(void)
{
	claim_wq = alloc_workqueue("kexec_claim", WQ_UNBOUND | WQ_FREEZABLE, 1);
	return claim_wq ? 0 : -ENOMEM;
}
subsys_initcall(buddy_init);
#else
#define buddy_claim	NULL
#endif

/* How often buddy_alloc() gave a block; under kexec_mutex. */
static unsigned long nr_given;

/**
 * kexec_buddy_given - how often pages of any place were given
 *
 * Destinations, which are claimed, do not count.
 *
 * Context: The caller holds kexec_mutex.
 * Return: a number that is another one after each time.
 */
unsigned long kexec_buddy_given(void)
{
	return nr_given;
}

static void buddy_free(struct page *page, unsigned long nr_pages)
{
	unsigned long pfn = page_to_pfn(page), i;

	if (machine_kexec_release_pages(page, nr_pages)) {
		pr_warn("%lu pages from %#llx on can't be made ordinary memory again, and are lost\n",
			nr_pages, (u64)page_to_phys(page));
		return;
	}
	for (i = 0; i < nr_pages; i++) {
		__free_page(pfn_to_page(pfn + i));
		if (!(i % MAX_ORDER_NR_PAGES))
			cond_resched();
	}
}

/*
 * Pages that can be taken from what the kernel has mapped.  Where that is not all
 * memory, control memory can only be had there, and so can most of what others need
 * that must not be killed for want of it.
 */
static long mapped_spare(void)
{
	struct zone *zone;
	long nr_pages = 0;

	for_each_populated_zone(zone) {
		if (!is_highmem(zone))
			nr_pages += zone_spare(zone);
	}
	return nr_pages;
}

/*
 * Pages that swapping can give: no more than there is to swap, however large the disk.  Half
 * of that, as it may be compressed, into the same memory (zram), or have an owner that is
 * not allowed to swap.
 */
static long swap_spare(unsigned long nr_anon)
{
	return min_t(long, max(get_nr_swap_pages(), 0L), nr_anon) / 2;
}

/*
 * Pages that can be taken from the machine, be it by reclaim or swapping.
 * Reclaim alone would go on until somebody else is killed for want of a page.
 */
static unsigned long count_spare(void)
{
	long nr_pages = si_mem_available() +
			swap_spare(global_node_page_state(NR_ACTIVE_ANON) +
				   global_node_page_state(NR_INACTIVE_ANON)) -
			global_zone_page_state(NR_FREE_CMA_PAGES);

	if (IS_ENABLED(CONFIG_HIGHMEM) && mapped_spare() <= 0)
		return 0;
	return nr_pages > (long)SPARE_PAGES ? nr_pages - SPARE_PAGES : 0;
}

/* Whether a zone's marks are raised for a moment. */
static bool is_boosted(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (READ_ONCE(zone->watermark_boost))
			return true;
	}
	return false;
}

/* A tenth of a second each: kswapd is awake, and lowers the marks again when it has run. */
#define BOOST_PATIENCE	10

/*
 * The page allocator raises its marks by a page block, which is 512 MiB with pages of
 * 64 KiB, when memory of one kind is taken from that of another (watermark_boost_factor,
 * Documentation/admin-guide/sysctl/vm.rst), and gives nobody what is below.
 */
static struct page *alloc_after_boost(gfp_t gfp, unsigned int order)
{
	struct page *page;
	int i = 0;

	do {
		if (schedule_timeout_killable(HZ / 10) || count_spare() < 1UL << order)
			return NULL;
		page = alloc_pages_node(NUMA_NO_NODE, gfp, order);
	} while (!page && ++i < BOOST_PATIENCE && is_boosted());
	return page;
}

static struct page *buddy_alloc(gfp_t gfp, unsigned int order)
{
	bool boosted = (gfp & __GFP_DIRECT_RECLAIM) && is_boosted();
	/* The machine's, not the caller's: whatever nodes those are bound to. */
	struct page *page = alloc_pages_node(NUMA_NO_NODE, gfp, order);

	if (!page && boosted)
		page = alloc_after_boost(gfp, order);
	if (!page || !adopt(page, 1UL << order))
		return NULL;
	split_page(page, order);
	nr_given++;
	return page;
}

static unsigned long buddy_spare(unsigned long wanted)
{
	unsigned long nr_pages = count_spare();

	if (nr_pages < wanted) {
		give_back_at_hand();
		nr_pages = count_spare();
	}
	return nr_pages;
}

/* In the zones that @gfp allows, and none of those that only others may have. */
static unsigned long buddy_idle(gfp_t gfp)
{
	enum zone_type highest = gfp_zone(gfp);
	unsigned long nr_pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		long nr_idle = free_for_all(zone) - high_wmark_pages(zone);

		if (zone_idx(zone) > highest)
			continue;
		nr_idle -= zone->lowmem_reserve[highest];
		nr_pages += max(nr_idle, 0L);
	}
	return nr_pages;
}

static unsigned long count_sources(gfp_t gfp)
{
	enum zone_type highest = gfp_zone(gfp);
	unsigned long nr_anon = 0;
	bool others = false;
	struct zone *zone;
	long nr_pages = 0;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) > highest) {
			others = true;
			continue;
		}
		nr_pages += zone_spare(zone);
		nr_anon += zone_page_state(zone, NR_ZONE_ACTIVE_ANON) +
			   zone_page_state(zone, NR_ZONE_INACTIVE_ANON);
	}
	nr_pages += swap_spare(nr_anon);
	return others ? max(nr_pages, 0L) : ULONG_MAX;
}

/*
 * What others have to themselves, ZONE_MOVABLE for one, is in the machine's counts,
 * and no help to the kernel: somebody would be killed for a page of the zones that
 * are left.  Where there is nothing else, buddy_spare() says enough.
 */
static unsigned long buddy_sources(gfp_t gfp, unsigned long wanted)
{
	unsigned long nr_pages = count_sources(gfp);
	int i;

	if (nr_pages < wanted) {
		give_back_at_hand();
		nr_pages = count_sources(gfp);
	}
	for (i = 0; nr_pages < wanted && i < BOOST_PATIENCE && is_boosted(); i++) {
		if (schedule_timeout_killable(HZ / 10))
			break;
		nr_pages = count_sources(gfp);
	}
	return nr_pages;
}

const struct kexec_page_ops kexec_buddy_ops = {
	.claim = buddy_claim,
	.alloc = buddy_alloc,
	.free = buddy_free,
	.spare = buddy_spare,
	.idle = buddy_idle,
	.sources = buddy_sources,
};

/* For an image whose destinations are not the page allocator's. */
const struct kexec_page_ops kexec_staging_ops = {
	.alloc = buddy_alloc,
	.free = buddy_free,
	.spare = buddy_spare,
	.sources = buddy_sources,
};
