// SPDX-License-Identifier: GPL-2.0-only
/*
 * The move table: an array of entries, in pages of control memory that are
 * linked; <linux/kexec.h> has its form.
 *
 * It is written once, by placement, and is the image's only record of its pages
 * from then on.  In-place ones are listed too (src == dst), the trampoline passes
 * over them.  Who fills, digests, settles, checks or frees an image walks it.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

#include "internal.h"

/* The last entry of each table page is the one that ends it. */
#define MOVES_PER_PAGE	(PAGE_SIZE / sizeof(struct kexec_move) - 1)

static_assert(sizeof(struct kexec_move) ==
	      KEXEC_MOVE_WORDS * sizeof(unsigned long));
/* Not a multiple of any page size, so never a source page's address. */
static_assert(!IS_ALIGNED(KEXEC_SRC_ZERO, PAGE_SIZE));

/*
 * How much is copied, and then digested, at a time: little enough to stay in
 * the processor's cache in between.
 */
#define KEXEC_CHUNK	SZ_64K

/* Page blocks that a destination has a part in. */
static unsigned long nr_blocks(const struct kexec_dest *d)
{
	return (ALIGN(kexec_dest_end(d), pageblock_nr_pages) -
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

/**
 * kexec_table_pages - how many pages the move table needs
 * @p: a placement whose sources are in its pool
 *
 * Return: enough of them.
 */
unsigned long kexec_table_pages(const struct kexec_placement *p)
{
	/* The end of a table without entries has to be somewhere, too. */
	return max(1UL, DIV_ROUND_UP(max_moves(p), MOVES_PER_PAGE));
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
	struct page *page = kexec_take_run(&w->p->table_pages, &nr_pages);
	struct kexec_move *moves = page_address(page);

	w->p->nr_table_pages--;
	kexec_add_run(&image->control_pages, page, nr_pages);

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
		struct page *page = kexec_take_run(&p->pool, &nr_run);
		unsigned long nr = min3(nr_pages, nr_run,
					ALIGN(dst_pfn + 1, pageblock_nr_pages) -
					dst_pfn);

		write_move(w, dst_pfn, page_to_phys(page), nr);
		p->nr_pool -= nr;
		p->nr_missing -= nr;
		dst_pfn += nr;
		nr_pages -= nr;

		if (nr < nr_run) {
			/* It may go on in another section. */
			page = pfn_to_page(page_to_pfn(page) + nr);
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
 * kexec_table_write - write the move table of a placement
 * @p: a placement that has sources, and table pages as of kexec_table_pages()
 *
 * Sets image->table, and counts how the bytes are placed.  Can't fail.
 */
void kexec_table_write(struct kexec_placement *p)
{
	struct table_writer w = { .p = p };
	unsigned int i;

	start_table_page(&w);
	for (i = 0; i < p->nr_dests; i++)
		write_dest(&w, &p->dests[i]);
	*w.next = (struct kexec_move) { };
	count_bytes(p->image);
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
 * kexec_move_find - find what is going to lie at an address
 * @image: a placed image
 * @dst: physical address
 *
 * Return: the entry of the move table that covers @dst; NULL if that is in none of
 * the destinations.
 */
struct kexec_move *kexec_move_find(const struct kimage *image, unsigned long dst)
{
	struct kexec_move *move;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		if (dst - move->dst < move->len)
			return move;
	}
	return NULL;
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
	for (i = 0; i < kimage_nr_segments(image); i++) {
		total->in_place += image->bytes[i].in_place;
		total->moved += image->bytes[i].moved;
		total->zero += image->bytes[i].zero;
	}
}

/**
 * kexec_map_run - make physically contiguous pages accessible
 * @phys: where they start, page aligned
 * @len: bytes wanted; on return, how many of them are mapped, at least a page
 *
 * Where the kernel has all memory mapped, the mapping is linear and reaches as
 * far as one likes; otherwise it is of one page.
 *
 * Context: Any.  Undo with kexec_unmap_run() in reverse order.
 * Return: the kernel's address of the first byte.
 */
void *kexec_map_run(unsigned long phys, unsigned long *len)
{
	unsigned long most = IS_ENABLED(CONFIG_KMAP_LOCAL) ? PAGE_SIZE : KEXEC_CHUNK;

	*len = min(*len, most);
	/* Pages of a run may have come with different tags. */
	return kasan_reset_tag(kmap_local_page(pfn_to_page(PHYS_PFN(phys))));
}

/**
 * kexec_unmap_run - end what kexec_map_run() began
 * @run: what it returned
 */
void kexec_unmap_run(void *run)
{
	kunmap_local(run);
}

/**
 * kimage_read - read what is going to lie at an address when an image starts
 * @image: a filled image
 * @phys: the address, physical
 * @buf: where the bytes go
 * @len: how many
 *
 * They are those of the image itself, wherever they wait.
 *
 * Context: May sleep.
 * Return: whether all of them belong to the image; if not, @buf may have some.
 */
bool kimage_read(const struct kimage *image, unsigned long phys, void *buf,
		 unsigned long len)
{
	unsigned long done, part;

	for (done = 0; done < len; done += part) {
		unsigned long dst = phys + done, page_len = PAGE_SIZE;
		const struct kexec_move *move = kexec_move_find(image, dst);
		void *run;

		if (!move)
			return false;
		/* Moves are of whole pages. */
		part = min(len - done, PAGE_SIZE - offset_in_page(dst));
		if (move->src == KEXEC_SRC_ZERO) {
			memset(buf + done, 0, part);
			continue;
		}
		run = kexec_map_run(move->src + (PAGE_ALIGN_DOWN(dst) - move->dst),
				    &page_len);
		memcpy(buf + done, run + offset_in_page(dst), part);
		kexec_unmap_run(run);
	}
	return true;
}
