// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placement: where every byte of an image waits until the handoff.
 *
 * A destination is the memory that a segment has to occupy when the image
 * starts.  Each page of it gets one of three placements:
 *
 *	in place	the image owns that very page, the content lies there
 *	moved		the content waits in a source page, the handoff copies it
 *	zero		nothing is held, the handoff clears it
 *
 * For an image that returns, the handoff exchanges what is moved with what lies
 * there, and again when it has returned; there are no zero placements then.
 *
 * The steps, each of which sees all destinations at once:
 *
 *	claim	  take the pages of the destinations themselves from the page
 *		  allocator, wherever it can give them          [owned]
 *	control	  the architecture takes its control memory
 *	sources	  take other pages for what could not be claimed [pool]
 *	table	  write the move table: owned pages in place, pool pages moved
 *	fill	  copy the caller's bytes, once, to where they wait (image.c)
 *
 *	            +---------+----------------------+-----+
 *	destination | owned   | not to be had        | own |  zero
 *	            +---------+----------------------+-----+- - - - -
 *	                          ^        ^
 *	                  pool: [ run ] [ run ]   outside every destination
 *
 * The allocator does not know of destinations and may return such a page at
 * any time: somebody gave it back since it could not be claimed.  Placement
 * sorts every block it is given: pages inside a destination stay there, as if
 * they had been claimed, the rest serves as sources.  That keeps
 *
 *	Invariant 1: no source page and no control page lies inside a
 *	destination, except a page placed in place.
 *
 * whatever the order of events, so that the handoff can follow the moves in
 * any order.  Nothing is handed back to the allocator only to be returned by
 * it again, so the number of blocks taken is bounded by what is missing plus
 * what the destinations still lack.
 *
 * The move table is the image's only record of its pages; in-place ones are
 * listed too (src == dst), the trampoline passes over them.  Until it is
 * written, one bit for each page of the destinations says which are owned.
 * The cost is linear in the pages of the image.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

/*
 * Claiming is tried on large pieces first, as each try costs the same
 * synchronisation of all CPUs, then on halves, down to a page block.
 */
#define CLAIM_MAX_PAGES	max(PHYS_PFN(SZ_128M), pageblock_nr_pages)

/*
 * Of the pages that a load claims at once, at most one in so many may have to be
 * moved elsewhere for that, each of which takes several times as long as a copy;
 * but a few may always.
 */
#define CLAIM_BUSY_SHARE	16
#define CLAIM_BUSY_FEW		32UL

/**
 * kexec_dest_from - look up a destination
 * @p: a placement
 * @pfn: a page frame, in a destination or not
 *
 * Return: the first destination that ends past @pfn, or NULL.
 */
struct kexec_dest *kexec_dest_from(struct kexec_placement *p, unsigned long pfn)
{
	unsigned int lo = 0, hi = p->nr_dests;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (kexec_dest_end(&p->dests[mid]) > pfn)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < p->nr_dests ? &p->dests[lo] : NULL;
}

/* Pages of [@pfn, @pfn + @nr_pages), all within @d, turn out to be ours. */
static void own_pages(struct kexec_placement *p, struct kexec_dest *d,
		      unsigned long pfn, unsigned long nr_pages)
{
	unsigned long first = pfn - d->pfn;

	bitmap_set(p->owned, d->index + first, nr_pages);
	if (first < d->nr_content)
		p->nr_missing -= min(nr_pages, d->nr_content - first);
}

static void free_runs(struct list_head *runs, const struct kexec_page_ops *ops)
{
	while (!list_empty(runs)) {
		unsigned long nr_pages;
		struct page *page = kexec_take_run(runs, &nr_pages);

		ops->free(page, nr_pages);
	}
}

/* Sort pages that the allocator gave: own those in destinations, pool others. */
static void sort_pages(struct kexec_placement *p, unsigned long pfn,
		       unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages;

	while (pfn < end) {
		struct kexec_dest *d = kexec_dest_from(p, pfn);
		unsigned long stop = d ? clamp(d->pfn, pfn, end) : end;

		if (stop > pfn) {
			kexec_add_run(&p->pool, pfn_to_page(pfn), stop - pfn);
			p->nr_pool += stop - pfn;
			p->nr_pool_runs++;
		} else {
			stop = min(kexec_dest_end(d), end);
			own_pages(p, d, pfn, stop - pfn);
		}
		pfn = stop;
	}
}

static bool in_a_dest(struct kexec_placement *p, unsigned long pfn,
		      unsigned long nr_pages)
{
	const struct kexec_dest *d = kexec_dest_from(p, pfn);

	return d && d->pfn < pfn + nr_pages;
}

static unsigned long pages_to_spare(const struct kexec_page_ops *ops,
				    unsigned long wanted)
{
	return ops->spare ? ops->spare(wanted) : ULONG_MAX;
}

/*
 * Whether others can do without so many pages: of the machine's memory, and of the
 * zones that @gfp gives pages of.
 */
static bool can_be_spared(const struct kexec_page_ops *ops, gfp_t gfp,
			  unsigned long nr_pages)
{
	return pages_to_spare(ops, nr_pages) >= nr_pages &&
	       (!ops->sources || ops->sources(gfp, nr_pages) >= nr_pages);
}

static int cmp_dests(const void *a, const void *b)
{
	unsigned long x = ((const struct kexec_dest *)a)->pfn;
	unsigned long y = ((const struct kexec_dest *)b)->pfn;

	return x < y ? -1 : x > y;
}

/*
 * Whether zero pages get memory like others.  In a crash image, as a panic should
 * leave as little to do as possible; in one that returns, as what lay there has
 * to be kept somewhere, and what the image makes of them, too.
 */
static bool holds_zeroes(const struct kimage *image)
{
	return image->type == KEXEC_TYPE_CRASH || image->preserve_context;
}

/* Leading pages of a segment for which memory is held. */
static unsigned long nr_content_pages(const struct kimage *image,
				      const struct kexec_segment *seg)
{
	return PFN_UP(holds_zeroes(image) ? seg->memsz : seg->bufsz);
}

/**
 * kexec_place_begin - start to place an image
 * @p: what the other calls go on with; end it with kexec_place_end()
 * @image: its segments have passed kexec_check_segments()
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_place_begin(struct kexec_placement *p, struct kimage *image)
{
	const struct kexec_page_ops *ops = image->ops;
	unsigned long nr_spare;
	unsigned int i;

	*p = (struct kexec_placement) { .image = image };
	INIT_LIST_HEAD(&p->pool);
	INIT_LIST_HEAD(&p->table_pages);
	INIT_LIST_HEAD(&p->unfit);

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		if (!seg->memsz)
			continue;
		p->dests[p->nr_dests++] = (struct kexec_dest) {
			.pfn = PHYS_PFN(seg->mem),
			.nr_pages = PHYS_PFN(seg->memsz),
			.nr_content = nr_content_pages(image, seg),
			.segment = i,
		};
	}
	sort(p->dests, p->nr_dests, sizeof(p->dests[0]), cmp_dests, NULL);

	for (i = 0; i < p->nr_dests; i++) {
		p->dests[i].index = p->nr_pages;
		p->nr_pages += p->dests[i].nr_pages;
		p->nr_missing += p->dests[i].nr_content;
	}

	nr_spare = pages_to_spare(ops, p->nr_missing);
	if (p->nr_missing > nr_spare)
		return kexec_refuse(-ENOMEM,
				    "out of memory: %lu KiB are needed for the content, %lu KiB can be had",
				    p->nr_missing << (PAGE_SHIFT - 10),
				    nr_spare << (PAGE_SHIFT - 10));

	/* bitmap_set() counts bits by int. */
	if (p->nr_pages <= INT_MAX)
		p->owned = kvcalloc(BITS_TO_LONGS(p->nr_pages), sizeof(long),
				    GFP_KERNEL | __GFP_NOWARN);
	if (!p->owned)
		return kexec_refuse(-ENOMEM,
				    "no memory to keep track of %lu pages",
				    p->nr_pages);

	image->placement = p;
	return 0;
}

/* These pages were claimed: own those that get content, give back the others. */
static void own_claimed(struct kexec_placement *p, unsigned long pfn,
			unsigned long end)
{
	while (pfn < end) {
		struct kexec_dest *d = kexec_dest_from(p, pfn);
		unsigned long stop = end;

		if (d && pfn >= d->pfn && pfn < kexec_content_end(d)) {
			stop = min(stop, kexec_content_end(d));
			own_pages(p, d, pfn, stop - pfn);
		} else {
			if (d)
				stop = min(stop, pfn < d->pfn ? d->pfn : kexec_dest_end(d));
			p->image->ops->free(pfn_to_page(pfn), stop - pfn);
		}
		pfn = stop;
	}
}

/*
 * Large runs are taken as long as they lie around, but not from what is kept for
 * those who can't wait; for single pages, memory is reclaimed too, but never by
 * killing somebody.  They are the machine's, as is control memory: no GFP_USER, which
 * has the caller's cpuset obeyed, also where other nodes have memory.
 */
static gfp_t source_gfp(unsigned int order)
{
	gfp_t gfp = GFP_KERNEL | KEXEC_SOURCE_GFP | __GFP_NOWARN;

	if (order)
		return (gfp | __GFP_NORETRY | __GFP_NOMEMALLOC) &
		       ~__GFP_DIRECT_RECLAIM;
	return gfp | __GFP_RETRY_MAYFAIL;
}

/*
 * Whether sources for what is missing lie around.  If not, somebody's pages have
 * to be reclaimed for them, which costs no less than to claim busy ones.
 */
static bool has_idle_sources(const struct kexec_placement *p)
{
	const struct kexec_page_ops *ops = p->image->ops;

	return !ops->idle || p->nr_missing <= ops->idle(source_gfp(0));
}

/* Whether a page of [@pfn, @end) is the image's already. */
static bool owns_any(struct kexec_placement *p, unsigned long pfn,
		     unsigned long end)
{
	struct kexec_dest *d = kexec_dest_from(p, pfn);

	for (; d && d < p->dests + p->nr_dests && d->pfn < end; d++) {
		unsigned long bit = d->index + (max(pfn, d->pfn) - d->pfn);
		unsigned long stop = d->index + (min(end, kexec_dest_end(d)) - d->pfn);

		if (find_next_bit(p->owned, stop, bit) < stop)
			return true;
	}
	return false;
}

/*
 * Claim what can be had of [@pfn, @end): all of it if possible, else halves of
 * it, cut where page blocks end.
 */
static int claim_span(struct kexec_placement *p, unsigned long pfn,
		      unsigned long end)
{
	unsigned long nr_pages = end - pfn, mid;
	unsigned long most_busy = nr_pages, most = KEXEC_BUSY_CLAIM_MAX;
	int err;

	err = kexec_check_signal();
	if (err)
		return err;

	if (!p->at_any_price && has_idle_sources(p)) {
		most_busy = max(nr_pages / CLAIM_BUSY_SHARE, CLAIM_BUSY_FEW);
		most = CLAIM_MAX_PAGES;
	}
	if (nr_pages <= most && !owns_any(p, pfn, end) &&
	    !p->image->ops->claim(pfn, nr_pages, most_busy)) {
		own_claimed(p, pfn, end);
		return 0;
	}

	mid = kexec_middle_block(pfn, end);
	if (mid == end)
		return 0;

	/* The depth is the logarithm of the span's page blocks: under 64. */
	err = claim_span(p, pfn, mid);
	return err ?: claim_span(p, mid, end);
}

/*
 * The next span: content from destination *@i on, as far as it goes without
 * leaving out a whole page block.  *@i ends past the last of them.
 */
static bool next_span(const struct kexec_placement *p, unsigned int *i,
		      unsigned long *pfn, unsigned long *end)
{
	const struct kexec_dest *d;

	*end = 0;
	for (; *i < p->nr_dests; ++*i) {
		d = &p->dests[*i];
		if (!d->nr_content)
			continue;
		if (!*end)
			*pfn = d->pfn;
		else if (d->pfn >= ALIGN(*end, pageblock_nr_pages))
			break;
		*end = kexec_content_end(d);
	}
	return *end;
}

/**
 * kexec_place_claim - take the pages of the destinations themselves
 * @p: a placement just begun
 *
 * Takes what can be had of the pages that will hold content; what can't, or only
 * by moving many others' pages, is left for kexec_place_sources(), and perhaps
 * for kexec_place_settle().  Zero pages are not claimed, they need no memory.
 *
 * The page allocator isolates whole page blocks and gives up on one that has
 * a page which can't be moved, our own included.  So what lies in a block is
 * claimed together, whichever segments it belongs to, and the gaps given back.
 *
 * Context: May sleep, moves or reclaims other users' pages.
 * Return: 0, or -EINTR on a fatal signal.
 */
int kexec_place_claim(struct kexec_placement *p)
{
	unsigned long pfn, end;
	unsigned int i = 0;
	int err = 0;

	while (!err && p->image->ops->claim && next_span(p, &i, &pfn, &end))
		err = claim_span(p, pfn, end);
	return err;
}

/**
 * kexec_alloc_control - ask for a block that can be control memory
 * @p: a placement
 * @ops: where to get it from
 * @order: how much, as a power of two of pages
 *
 * It never begins with page 0, where a machine has memory there: 0 is no address in
 * the move table, but its end.  It may lie in a destination.
 *
 * Context: May sleep.
 * Return: the first page, or NULL.
 */
struct page *kexec_alloc_control(struct kexec_placement *p,
				 const struct kexec_page_ops *ops,
				 unsigned int order)
{
	struct page *page;

	for (;;) {
		page = ops->alloc(GFP_KERNEL | KEXEC_CONTROL_GFP | __GFP_NOWARN |
				  __GFP_RETRY_MAYFAIL, order);
		if (!page || page_to_pfn(page))
			return page;
		kexec_add_run(&p->unfit, page, 1UL << order);
	}
}

/* So many pages a CPU may take from a zone at once, to have them at hand: 8 MiB. */
#define AT_HAND		(PHYS_PFN(SZ_256K) << CONFIG_PCP_BATCH_SCALE_MAX)

/*
 * Pages that others are to have while control memory is looked for, which takes what
 * lies in destinations, one page after the other, as fast as it can be had.  What a
 * CPU has at hand is for none of the others, and nobody gives that back for one who
 * finds the zone empty, if there is nothing to reclaim: he is killed, although it
 * has been given back by the time that the memory is counted.  With many CPUs, few
 * have much at hand at the same time.
 */
static unsigned long search_spare(void)
{
	return min(clamp(num_online_cpus() * AT_HAND, PHYS_PFN(SZ_32M),
			 PHYS_PFN(SZ_256M)), totalram_pages() / 32);
}

/* A block of control memory, outside every destination, or NULL. */
static struct page *alloc_control(struct kexec_placement *p, unsigned int order)
{
	const struct kexec_page_ops *ops = p->image->ops;

	if (ops->control)
		return ops->control(p, order);

	for (;;) {
		struct page *page = kexec_alloc_control(p, ops, order);

		if (!page || !in_a_dest(p, page_to_pfn(page), 1UL << order))
			return page;

		/* Keeps at least one page that the destinations lacked. */
		sort_pages(p, page_to_pfn(page), 1UL << order);
		cond_resched();
		if (fatal_signal_pending(current) ||
		    !can_be_spared(ops, GFP_KERNEL | KEXEC_CONTROL_GFP,
				   search_spare()))
			return NULL;
	}
}

/**
 * kimage_alloc_control_pages - take control memory for an image
 * @image: an image in machine_kexec_prepare()
 * @order: how much, as a power of two of pages; contiguous
 *
 * The memory is zeroed, lies outside every destination, is mapped by the
 * kernel, and is freed with the image.
 *
 * Context: May sleep.  Only while @image is built: a handoff allocates nothing.
 * Return: the first page, or NULL after kexec_refuse().
 */
struct page *kimage_alloc_control_pages(struct kimage *image,
					unsigned int order)
{
	struct page *page = alloc_control(image->placement, order);

	if (!page) {
		if (!kexec_check_signal())
			kexec_refuse(-ENOMEM, "out of memory: no %lu KiB of control memory",
				     (PAGE_SIZE << order) >> 10);
		return NULL;
	}
	memset(kasan_reset_tag(page_address(page)), 0, PAGE_SIZE << order);
	kexec_add_run(&image->control_pages, page, 1UL << order);
	return page;
}

/* Whether others can do without so many pages as content is to wait in. */
static bool has_sources(const struct kexec_placement *p)
{
	const struct kexec_page_ops *ops = p->image->ops;

	return !ops->sources ||
	       p->nr_missing <= ops->sources(source_gfp(0), p->nr_missing);
}

/*
 * Take sources for what is missing.  A block that turns out to lie where zeroes are
 * to be is kept, and brings nothing: whether others can do without one more is asked
 * again then.  Returns whether there are enough, or a negative errno.
 */
static int fill_pool(struct kexec_placement *p)
{
	const struct kexec_page_ops *ops = p->image->ops;
	unsigned int order = MAX_PAGE_ORDER;

	if (!has_sources(p))
		return false;
	while (p->nr_pool < p->nr_missing) {
		unsigned long nr_lacking = p->nr_missing - p->nr_pool;
		struct page *page;
		int err;

		err = kexec_check_signal();
		if (err)
			return err;

		order = min_t(unsigned int, order, ilog2(nr_lacking));
		page = ops->alloc(source_gfp(order), order);
		if (page) {
			sort_pages(p, page_to_pfn(page), 1UL << order);
			if (p->nr_pool < p->nr_missing &&
			    p->nr_missing - p->nr_pool == nr_lacking &&
			    !can_be_spared(ops, source_gfp(0), nr_lacking))
				return false;
			continue;
		}
		if (!order)
			return false;
		order--;
	}
	return true;
}

static int refuse_for_sources(const struct kexec_placement *p)
{
	return kexec_refuse(-ENOMEM,
			    "out of memory: %lu KiB more are needed for the content",
			    (p->nr_missing - p->nr_pool) << (PAGE_SHIFT - 10));
}

/*
 * What was left to others, as there seemed to be sources enough, is claimed after
 * all if there are not.  That asks for whole page blocks, in which a source of the
 * image's own may lie: these go back first.
 */
static int take_sources(struct kexec_placement *p)
{
	int ret = fill_pool(p);

	if (ret < 0)
		return ret;
	if (!ret && p->image->ops->claim && !p->at_any_price) {
		free_runs(&p->pool, p->image->ops);
		p->nr_pool = 0;
		p->nr_pool_runs = 0;
		p->at_any_price = true;
		ret = kexec_place_claim(p) ?: fill_pool(p);
		if (ret < 0)
			return ret;
	}
	return ret ? 0 : refuse_for_sources(p);
}

/*
 * Pages for the table.  One of them may turn out to lie in a destination, stay
 * there, and cut a stretch in three; hence the outer loop.
 */
static int alloc_table_pages(struct kexec_placement *p)
{
	for (;;) {
		unsigned long nr_pages = kexec_table_pages(p);

		if (p->nr_table_pages >= nr_pages)
			return 0;
		while (p->nr_table_pages < nr_pages) {
			struct page *page = alloc_control(p, 0);

			if (!page)
				return kexec_check_signal() ?:
				       kexec_refuse(-ENOMEM,
						    "out of memory: %lu KiB more are needed for the move table",
						    (nr_pages - p->nr_table_pages) <<
						    (PAGE_SHIFT - 10));
			kexec_add_run(&p->table_pages, page, 1);
			p->nr_table_pages++;
			cond_resched();
		}
	}
}

/**
 * kexec_place_sources - find memory for what is missing, write the move table
 * @p: a placement whose claims are done and whose control memory is allocated
 *
 * On success image->table is set and owns the pages.  Their content is
 * undefined until the caller fills them.
 *
 * Context: May sleep, may reclaim memory, kills nobody.
 * Return: 0, -ENOMEM, or -EINTR on a fatal signal.
 */
int kexec_place_sources(struct kexec_placement *p)
{
	int err;

	err = take_sources(p);
	if (err)
		return err;
	err = alloc_table_pages(p);
	if (err)
		return err;

	kexec_table_write(p);
	return 0;
}

static void free_owned(struct kexec_placement *p)
{
	unsigned int i;

	for (i = 0; i < p->nr_dests; i++) {
		const struct kexec_dest *d = &p->dests[i];
		unsigned long end = d->index + d->nr_pages;
		unsigned long bit = find_next_bit(p->owned, end, d->index);

		while (bit < end) {
			unsigned long stop = find_next_zero_bit(p->owned, end, bit);

			p->image->ops->free(pfn_to_page(d->pfn + (bit - d->index)),
				     stop - bit);
			bit = find_next_bit(p->owned, end, stop);
		}
	}
}

/**
 * kexec_place_end - give back what placement took and the image did not need
 * @p: a placement, successful or not
 *
 * If no move table was written, that is all but the control memory.
 *
 * Context: May sleep.
 */
void kexec_place_end(struct kexec_placement *p)
{
	free_runs(&p->pool, p->image->ops);
	free_runs(&p->table_pages, p->image->ops);
	free_runs(&p->unfit, p->image->ops);
	if (!p->image->table)
		free_owned(p);
	kvfree(p->owned);
	p->image->placement = NULL;
}

/**
 * kexec_place_free - free every page of an image, control memory included
 * @image: an image whose placement has ended
 *
 * Context: May sleep.
 */
void kexec_place_free(struct kimage *image)
{
	const struct kexec_page_ops *ops = image->ops;
	struct kexec_move *move;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		if (move->src != KEXEC_SRC_ZERO)
			ops->free(pfn_to_page(PHYS_PFN(move->src)), PHYS_PFN(move->len));
		cond_resched();
	}
	image->table = NULL;
	free_runs(&image->control_pages, ops);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "place_test.c"
#endif
