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
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/swap.h>

#include "internal.h"

/* The last entry of each table page is the one that ends it. */
#define MOVES_PER_PAGE	(PAGE_SIZE / sizeof(struct kexec_move) - 1)

/*
 * Claiming is tried on large pieces first, as each try costs the same
 * synchronisation of all CPUs, then on halves, down to a page block.
 */
#define CLAIM_MAX_PAGES	max(PHYS_PFN(SZ_128M), pageblock_nr_pages)

/* Less when settling: somebody may be waiting for that to stop. */
#define SETTLE_MAX_PAGES	max(PHYS_PFN(SZ_16M), pageblock_nr_pages)

/*
 * Of the pages that a load claims at once, at most one in so many may have to be
 * moved elsewhere for that, each of which takes several times as long as a copy;
 * but a few may always.
 */
#define CLAIM_BUSY_SHARE	16
#define CLAIM_BUSY_FEW		32UL

/*
 * What others are left with, at least: they need a little at any time, and are
 * killed if they don't get it.
 */
#define SPARE_PAGES		PHYS_PFN(SZ_8M)

static_assert(sizeof(struct kexec_move) ==
	      KEXEC_MOVE_WORDS * sizeof(unsigned long));
/* Not a multiple of any page size, so never a source page's address. */
static_assert(!IS_ALIGNED(KEXEC_SRC_ZERO, PAGE_SIZE));

static unsigned long dest_end(const struct kexec_dest *d)
{
	return d->pfn + d->nr_pages;
}

/* Where its content ends and zeroes begin. */
static unsigned long content_end(const struct kexec_dest *d)
{
	return d->pfn + d->nr_content;
}

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

		if (dest_end(&p->dests[mid]) > pfn)
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

/* A run in a list of pages: its first page's lru, its length in ->private. */
static void add_run(struct list_head *runs, struct page *page,
		    unsigned long nr_pages)
{
	set_page_private(page, nr_pages);
	list_add_tail(&page->lru, runs);
}

static struct page *take_run(struct list_head *runs, unsigned long *nr_pages)
{
	struct page *page = list_first_entry(runs, struct page, lru);

	list_del(&page->lru);
	*nr_pages = page_private(page);
	set_page_private(page, 0);
	return page;
}

static void free_runs(struct list_head *runs, const struct kexec_page_ops *ops)
{
	while (!list_empty(runs)) {
		unsigned long nr_pages;
		struct page *page = take_run(runs, &nr_pages);

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
			add_run(&p->pool, pfn_to_page(pfn), stop - pfn);
			p->nr_pool += stop - pfn;
			p->nr_pool_runs++;
		} else {
			stop = min(dest_end(d), end);
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

		if (d && pfn >= d->pfn && pfn < content_end(d)) {
			stop = min(stop, content_end(d));
			own_pages(p, d, pfn, stop - pfn);
		} else {
			if (d)
				stop = min(stop, pfn < d->pfn ? d->pfn : dest_end(d));
			p->image->ops->free(pfn_to_page(pfn), stop - pfn);
		}
		pfn = stop;
	}
}

/*
 * Whether sources for what is missing lie around.  If not, somebody's pages have
 * to be reclaimed for them, which costs no less than to claim busy ones.
 */
static bool has_idle_sources(const struct kexec_placement *p)
{
	const struct kexec_page_ops *ops = p->image->ops;

	return !ops->idle || p->nr_missing <= ops->idle();
}

/* Where to halve [@pfn, @end): at the end of a page block; @end if none ends. */
static unsigned long middle_block(unsigned long pfn, unsigned long end)
{
	unsigned long mid = ALIGN_DOWN(pfn + (end - pfn) / 2, pageblock_nr_pages);

	return min(mid > pfn ? mid : ALIGN(pfn + 1, pageblock_nr_pages), end);
}

/*
 * Claim what can be had of [@pfn, @end): all of it if possible, else halves of
 * it, cut where page blocks end.
 */
static int claim_span(struct kexec_placement *p, unsigned long pfn,
		      unsigned long end)
{
	unsigned long nr_pages = end - pfn, most_busy = nr_pages, mid;
	int err;

	err = kexec_check_signal();
	if (err)
		return err;

	if (has_idle_sources(p))
		most_busy = max(nr_pages / CLAIM_BUSY_SHARE, CLAIM_BUSY_FEW);
	if (nr_pages <= CLAIM_MAX_PAGES &&
	    p->image->ops->claim(pfn, nr_pages, most_busy)) {
		own_claimed(p, pfn, end);
		return 0;
	}

	mid = middle_block(pfn, end);
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
		*end = content_end(d);
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

/* A block of control memory, outside every destination, or NULL. */
static struct page *alloc_control(struct kexec_placement *p, unsigned int order)
{
	const struct kexec_page_ops *ops = p->image->ops;

	if (ops->control)
		return ops->control(p, order);

	for (;;) {
		struct page *page = ops->alloc(GFP_KERNEL | KEXEC_CONTROL_GFP |
					       __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
					       order);

		if (!page || !in_a_dest(p, page_to_pfn(page), 1UL << order))
			return page;

		/* Keeps at least one page that the destinations lacked. */
		sort_pages(p, page_to_pfn(page), 1UL << order);
		if (!pages_to_spare(ops, 1))
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
		kexec_refuse(-ENOMEM, "out of memory: no %lu KiB of control memory",
			     (PAGE_SIZE << order) >> 10);
		return NULL;
	}
	memset(kasan_reset_tag(page_address(page)), 0, PAGE_SIZE << order);
	add_run(&image->control_pages, page, 1UL << order);
	return page;
}

/*
 * Large runs are taken as long as they lie around; for single pages, memory
 * is reclaimed too, but never by killing somebody.
 */
static gfp_t source_gfp(unsigned int order)
{
	gfp_t gfp = GFP_USER | KEXEC_SOURCE_GFP | __GFP_NOWARN;

	if (order)
		return (gfp | __GFP_NORETRY) & ~__GFP_DIRECT_RECLAIM;
	return gfp | __GFP_RETRY_MAYFAIL;
}

static int fill_pool(struct kexec_placement *p)
{
	unsigned int order = MAX_PAGE_ORDER;

	while (p->nr_pool < p->nr_missing) {
		struct page *page;
		int err;

		err = kexec_check_signal();
		if (err)
			return err;

		order = min_t(unsigned int, order,
			      ilog2(p->nr_missing - p->nr_pool));
		page = p->image->ops->alloc(source_gfp(order), order);
		if (page) {
			sort_pages(p, page_to_pfn(page), 1UL << order);
			continue;
		}
		if (!order)
			return kexec_refuse(-ENOMEM,
					    "out of memory: %lu KiB more are needed for the content",
					    (p->nr_missing - p->nr_pool) <<
					    (PAGE_SHIFT - 10));
		order--;
	}
	return 0;
}

/* Page blocks that a destination has a part in. */
static unsigned long nr_blocks(const struct kexec_dest *d)
{
	return (ALIGN(dest_end(d), pageblock_nr_pages) -
		ALIGN_DOWN(d->pfn, pageblock_nr_pages)) / pageblock_nr_pages;
}

/*
 * At most how many entries the table will have: one for each stretch of owned
 * pages and of others, one more where content ends within a stretch, and one
 * for each end of a pool run or of a page block within one.
 */
static unsigned long max_moves(const struct kexec_placement *p)
{
	unsigned long nr_moves = p->nr_pool_runs + p->nr_dests;
	unsigned int i;

	for (i = 0; i < p->nr_dests; i++) {
		const struct kexec_dest *d = &p->dests[i];
		unsigned long bit = d->index, end = d->index + d->nr_pages;

		nr_moves += nr_blocks(d);
		while (bit < end) {
			bool owned = test_bit(bit, p->owned);

			bit = owned ? find_next_zero_bit(p->owned, end, bit)
				    : find_next_bit(p->owned, end, bit);
			nr_moves++;
		}
	}
	return nr_moves;
}

/*
 * Pages for the table.  One of them may turn out to lie in a destination, stay
 * there, and cut a stretch in three; hence the outer loop.
 */
static int alloc_table_pages(struct kexec_placement *p)
{
	for (;;) {
		unsigned long nr_pages = DIV_ROUND_UP(max_moves(p), MOVES_PER_PAGE);

		if (p->nr_table_pages >= nr_pages)
			return 0;
		while (p->nr_table_pages < nr_pages) {
			struct page *page = alloc_control(p, 0);

			if (!page)
				return kexec_refuse(-ENOMEM,
						    "out of memory: %lu KiB more are needed for the move table",
						    (nr_pages - p->nr_table_pages) <<
						    (PAGE_SHIFT - 10));
			add_run(&p->table_pages, page, 1);
			p->nr_table_pages++;
			cond_resched();
		}
	}
}

/* Where the table is written: the entry after the last, and its page's end. */
struct table_writer {
	struct kexec_placement *p;
	struct kexec_move *last;
	struct kexec_move *next;
	struct kexec_move *end;
};

static void start_table_page(struct table_writer *w)
{
	struct kimage *image = w->p->image;
	unsigned long nr_pages;
	struct page *page = take_run(&w->p->table_pages, &nr_pages);
	struct kexec_move *moves = page_address(page);

	w->p->nr_table_pages--;
	add_run(&image->control_pages, page, nr_pages);

	if (image->table)
		*w->next = (struct kexec_move) { .src = page_to_phys(page) };
	else
		image->table = moves;

	w->next = moves;
	w->end = moves + MOVES_PER_PAGE;
}

/*
 * Whether @move goes on where @last ends, in both memories.  If content has to
 * wait elsewhere, an entry ends where a page block does at the destination, so
 * that kexec_place_settle() can bring it home by itself.
 */
static bool goes_on(const struct kexec_move *last, const struct kexec_move *move)
{
	if (last->dst + last->len != move->dst)
		return false;
	if (last->src == KEXEC_SRC_ZERO || move->src == KEXEC_SRC_ZERO)
		return last->src == move->src;
	return last->src + last->len == move->src &&
	       (move->src == move->dst ||
		!IS_ALIGNED(PHYS_PFN(move->dst), pageblock_nr_pages));
}

static void write_move(struct table_writer *w, unsigned long dst_pfn,
		       unsigned long src, unsigned long nr_pages)
{
	struct kexec_move move = {
		.dst = PFN_PHYS(dst_pfn),
		.src = src,
		.len = PFN_PHYS(nr_pages),
	};

	if (w->last && goes_on(w->last, &move)) {
		w->last->len += move.len;
		return;
	}

	if (w->next == w->end)
		start_table_page(w);
	w->last = w->next++;
	*w->last = move;
}

/* A stretch of content that has to wait elsewhere. */
static void write_moved(struct table_writer *w, unsigned long dst_pfn,
			unsigned long nr_pages)
{
	struct kexec_placement *p = w->p;

	while (nr_pages) {
		unsigned long nr_run;
		struct page *page = take_run(&p->pool, &nr_run);
		unsigned long nr = min3(nr_pages, nr_run,
					ALIGN(dst_pfn + 1, pageblock_nr_pages) -
					dst_pfn);

		write_move(w, dst_pfn, page_to_phys(page), nr);
		p->nr_pool -= nr;
		p->nr_missing -= nr;
		dst_pfn += nr;
		nr_pages -= nr;

		if (nr < nr_run) {
			page += nr;
			set_page_private(page, nr_run - nr);
			list_add(&page->lru, &p->pool);
		}
	}
}

static void write_dest(struct table_writer *w, const struct kexec_dest *d)
{
	const unsigned long *owned = w->p->owned;
	unsigned long end = d->index + d->nr_pages;
	unsigned long zero = d->index + d->nr_content;
	unsigned long bit = d->index, stop;

	/* No entry reaches from one segment into the next. */
	w->last = NULL;

	for (; bit < end; bit = stop) {
		unsigned long pfn = d->pfn + (bit - d->index);

		if (test_bit(bit, owned)) {
			stop = find_next_zero_bit(owned, end, bit);
			write_move(w, pfn, PFN_PHYS(pfn), stop - bit);
			continue;
		}
		stop = find_next_bit(owned, bit < zero ? zero : end, bit);
		if (bit < zero)
			write_moved(w, pfn, stop - bit);
		else
			write_move(w, pfn, KEXEC_SRC_ZERO, stop - bit);
	}
}

/* Cannot fail, as there are sources and table pages enough by now. */
static void write_table(struct kexec_placement *p)
{
	struct table_writer w = { .p = p };
	unsigned int i;

	start_table_page(&w);
	for (i = 0; i < p->nr_dests; i++)
		write_dest(&w, &p->dests[i]);
	*w.next = (struct kexec_move) { };
}

static void count_bytes(struct kimage *image)
{
	struct kexec_move *move;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned int nr = kexec_move_segment(image, move);
		struct kexec_bytes *bytes = &image->bytes[nr];

		if (move->src == KEXEC_SRC_ZERO)
			bytes->zero += move->len;
		else if (move->src == move->dst)
			bytes->in_place += move->len;
		else
			bytes->moved += move->len;
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

	err = fill_pool(p);
	if (err)
		return err;
	err = alloc_table_pages(p);
	if (err)
		return err;

	write_table(p);
	count_bytes(p->image);
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

static bool is_moved(const struct kexec_move *move)
{
	return move->src != KEXEC_SRC_ZERO && move->src != move->dst;
}

/* The destination of @move is ours now: the content goes there. */
static void bring_home(struct kimage *image, struct kexec_move *move)
{
	struct kexec_bytes *bytes = &image->bytes[kexec_move_segment(image, move)];
	unsigned long src = PHYS_PFN(move->src), dst = PHYS_PFN(move->dst);
	unsigned long nr_pages = PHYS_PFN(move->len), i;

	for (i = 0; i < nr_pages; i++) {
		copy_highpage(pfn_to_page(dst + i), pfn_to_page(src + i));
		cond_resched();
	}
	kexec_at_step(KEXEC_STEP_SETTLING);
	image->ops->free(pfn_to_page(src), nr_pages);
	move->src = move->dst;

	/* sysfs may be reading them. */
	spin_lock(&kexec_slot_lock);
	bytes->moved -= move->len;
	bytes->in_place += move->len;
	spin_unlock(&kexec_slot_lock);
}

/* Where a stretch of moved entries, whose destinations follow each other, ends. */
static unsigned long stretch_end(struct kexec_move *move)
{
	unsigned long start = move->dst, end = start;

	for (; move; move = kexec_move_next(move)) {
		if (!is_moved(move) || move->dst != end ||
		    PHYS_PFN(end - start + move->len) > SETTLE_MAX_PAGES)
			break;
		end += move->len;
	}
	return PHYS_PFN(end);
}

/* The first entry from @move on that is for @pfn or what follows. */
static struct kexec_move *move_from(struct kexec_move *move, unsigned long pfn)
{
	while (move && PHYS_PFN(move->dst) < pfn)
		move = kexec_move_next(move);
	return move;
}

/*
 * Bring home what is moved to [@move->dst, @end): all of it, or else what can be
 * had of both halves, cut where page blocks end and thus entries, too.
 */
static void settle_span(struct kimage *image, struct kexec_move *move,
			unsigned long end, const bool *stop)
{
	unsigned long pfn = PHYS_PFN(move->dst), mid;

	if (READ_ONCE(*stop))
		return;

	if (image->ops->claim(pfn, end - pfn, end - pfn)) {
		for (; move && PHYS_PFN(move->dst) < end;
		     move = kexec_move_next(move))
			bring_home(image, move);
		return;
	}

	mid = middle_block(pfn, end);
	if (mid < end) {
		settle_span(image, move, mid, stop);
		settle_span(image, move_from(move, mid), end, stop);
	}
}

/**
 * kexec_place_settle - bring home what had to be placed elsewhere
 * @image: a filled image
 * @stop: to be set when the caller wants it to end early
 *
 * Claims what a load left to others, as they had to be moved for it; and what
 * another image occupied that this one replaces: better copy now than while the
 * machine is away.
 *
 * Context: May sleep.
 * Return: whether all was tried.
 */
bool kexec_place_settle(struct kimage *image, const bool *stop)
{
	struct kexec_move *move = kexec_move_first(image);

	while (image->ops->claim && move && !READ_ONCE(*stop)) {
		unsigned long end;

		if (!is_moved(move)) {
			move = kexec_move_next(move);
			continue;
		}
		end = stretch_end(move);
		settle_span(image, move, end, stop);
		move = move_from(move, end);
	}
	return !READ_ONCE(*stop);
}

/* @move itself if it is an entry, else the first of the page it links to. */
static struct kexec_move *seek_move(struct kexec_move *move)
{
	while (move && !move->len)
		move = move->src ? phys_to_virt(move->src) : NULL;
	return move;
}

/**
 * kexec_move_first - start to walk an image's move table
 * @image: an image, placed or not
 *
 * The entries come in ascending order of dst; those of a segment, which none
 * reaches out of, one after the other.
 *
 * Return: the first entry; NULL if the table is not written yet.
 */
struct kexec_move *kexec_move_first(const struct kimage *image)
{
	return seek_move(image->table);
}

/**
 * kexec_move_next - go on in a move table
 * @move: an entry
 *
 * Return: the one after it, NULL at the end.
 */
struct kexec_move *kexec_move_next(struct kexec_move *move)
{
	return seek_move(move + 1);
}

/**
 * kexec_move_segment - which segment an entry belongs to
 * @image: a placed image
 * @move: an entry of its table
 *
 * Return: the segment's number.
 */
unsigned int kexec_move_segment(const struct kimage *image,
				const struct kexec_move *move)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		if (move->dst - seg->mem < seg->memsz)
			return i;
	}
	WARN_ONCE(1, "move to %#lx belongs to no segment", move->dst);
	return 0;
}

/**
 * kimage_total - how the bytes of a whole image are placed
 * @image: a placed image
 * @total: the sums over its segments
 */
void kimage_total(const struct kimage *image, struct kexec_bytes *total)
{
	unsigned int i;

	*total = (struct kexec_bytes) { };
	for (i = 0; i < image->nr_segments; i++) {
		total->in_place += image->bytes[i].in_place;
		total->moved += image->bytes[i].moved;
		total->zero += image->bytes[i].zero;
	}
}

#ifdef CONFIG_DEBUG_KEXEC
/* Whether @len bytes from @phys touch a destination of the image. */
static bool touches_dest(const struct kimage *image, unsigned long phys,
			 unsigned long len)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		if (seg->memsz && phys <= seg->mem + (seg->memsz - 1) &&
		    seg->mem <= phys + (len - 1))
			return true;
	}
	return false;
}

/**
 * kexec_place_validate - check the invariants of a placed image
 * @image: the image
 *
 * Every byte of every destination is covered by exactly one entry, in
 * ascending order; sources and control memory lie outside the destinations.
 * For an image that returns memory is held for all.
 *
 * Context: Any.
 * Return: 0, or -EIO after a warning about the first offence.
 */
int kexec_place_validate(const struct kimage *image)
{
	unsigned long covered[KEXEC_SEGMENT_MAX] = { };
	struct kexec_move *move;
	const struct page *page;
	unsigned long last_dst = 0;
	unsigned int nr;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		const struct kexec_segment *seg;

		nr = kexec_move_segment(image, move);
		seg = &image->segment[nr];
		if (WARN(move->dst != seg->mem + covered[nr] ||
			 move->len > seg->memsz - covered[nr] ||
			 move->dst < last_dst,
			 "kexec: move to %#lx, %#lx bytes, does not follow the one before in segment %u",
			 move->dst, move->len, nr))
			goto broken;
		if (WARN(image->preserve_context && move->src == KEXEC_SRC_ZERO,
			 "kexec: no memory is held for %#lx, %#lx bytes, of an image that returns",
			 move->dst, move->len))
			goto broken;
		if (WARN(is_moved(move) &&
			 touches_dest(image, move->src, move->len),
			 "kexec: source %#lx, %#lx bytes, lies in a destination",
			 move->src, move->len))
			goto broken;
		covered[nr] += move->len;
		last_dst = move->dst;
	}

	for (nr = 0; nr < image->nr_segments; nr++) {
		if (WARN(covered[nr] != image->segment[nr].memsz,
			 "kexec: %#lx of %#zx bytes of segment %u are placed",
			 covered[nr], image->segment[nr].memsz, nr))
			goto broken;
	}

	list_for_each_entry(page, &image->control_pages, lru) {
		if (WARN(touches_dest(image, page_to_phys(page),
				      PFN_PHYS(page_private(page))),
			 "kexec: control memory at %#lx lies in a destination",
			 (unsigned long)page_to_phys(page)))
			goto broken;
	}
	return 0;

broken:
	return kexec_refuse(-EIO, "an invariant of the image is broken, the log has which");
}
#endif /* CONFIG_DEBUG_KEXEC */

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

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "place_test.c"
#endif
