// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of placement, against a model of the page allocator.
 *
 * The model owns an arena of real pages and says which of them are free; those
 * that are not can't be moved, and spoil their page block for claiming.  Each
 * round draws which pages are free, which segments are asked for, and what the
 * allocator returns; places the image; fills it with a pattern that depends on
 * the destination; then follows the move table as a trampoline would, and looks
 * at every byte of every destination.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "base.h"

/* Where a page block is larger, it is a part of one. */
#define ARENA_ORDER	MIN(MAX_PAGE_ORDER, 10)
#define ARENA_PAGES	BIT(ARENA_ORDER)

/* The arena and what the model knows of it; one test runs at a time. */
static struct arena {
	struct kunit *test;
	struct page *pages;
	unsigned long first;		/* pfn */
	struct rnd_state rnd;
	DECLARE_BITMAP(free, ARENA_PAGES);
	DECLARE_BITMAP(before, ARENA_PAGES);
	unsigned long nr_calls;		/* allocations asked for */
	unsigned long fail_call;	/* the one that fails; 0 for none */
	bool fail_after;		/* and all that follow */
	bool claims;
	bool busy_can_move;		/* then a claim asks for no whole blocks */
	bool all_busy;			/* a load claims nothing */
	bool offers_zero;		/* the next block is at physical 0 */
	unsigned long keep;		/* pages that others need */
	unsigned long fewest;		/* pages that were left */
} arena;

static unsigned long draw(unsigned long below)
{
	return prandom_u32_state(&arena.rnd) % below;
}

static bool all_free(unsigned long first, unsigned long nr)
{
	return find_next_zero_bit(arena.free, first + nr, first) == first + nr;
}

static int model_claim(unsigned long pfn, unsigned long nr_pages,
		       unsigned long most_busy)
{
	unsigned long first = pfn - arena.first;
	unsigned long block = ALIGN_DOWN(first, pageblock_nr_pages);
	unsigned long end = min(ALIGN(first + nr_pages, pageblock_nr_pages),
				ARENA_PAGES);

	if (!arena.claims || !all_free(first, nr_pages))
		return -EBUSY;
	if (arena.all_busy && most_busy < nr_pages)
		return -EBUSY;
	if (!arena.busy_can_move && !all_free(block, end - block))
		return -EBUSY;
	bitmap_clear(arena.free, first, nr_pages);
	return 0;
}

/* An aligned free block from a random place on, as a worn allocator would. */
static struct page *model_alloc(gfp_t gfp, unsigned int order)
{
	unsigned long nr = 1UL << order, nr_blocks = ARENA_PAGES >> order;
	unsigned long i, from = draw(nr_blocks);

	arena.nr_calls++;
	if (arena.fail_call == arena.nr_calls ||
	    (arena.fail_after && arena.fail_call &&
	     arena.nr_calls > arena.fail_call))
		return NULL;

	if (arena.offers_zero) {
		arena.offers_zero = false;
		return pfn_to_page(0);
	}

	for (i = 0; i < nr_blocks; i++) {
		unsigned long first = (from + i) % nr_blocks * nr;

		if (!all_free(first, nr))
			continue;
		bitmap_clear(arena.free, first, nr);
		arena.fewest = min(arena.fewest,
				   bitmap_weight(arena.free, ARENA_PAGES));
		/* What was there before must not be taken for content. */
		memset(page_address(arena.pages + first), 0xa5, nr * PAGE_SIZE);
		return arena.pages + first;
	}
	return NULL;
}

static void model_free(struct page *page, unsigned long nr_pages)
{
	unsigned long first = page_to_pfn(page) - arena.first;

	if (!page_to_pfn(page))
		return;
	KUNIT_ASSERT_LE(arena.test, first + nr_pages, ARENA_PAGES);
	KUNIT_EXPECT_EQ_MSG(arena.test,
			    find_next_bit(arena.free, first + nr_pages, first),
			    first + nr_pages, "page %lu freed twice", first);
	bitmap_set(arena.free, first, nr_pages);
}

static const struct kexec_page_ops model_ops = {
	.claim = model_claim,
	.alloc = model_alloc,
	.free = model_free,
};

static unsigned long nothing_idle(gfp_t gfp)
{
	return 0;
}

static const struct kexec_page_ops tight_model_ops = {
	.claim = model_claim,
	.alloc = model_alloc,
	.free = model_free,
	.idle = nothing_idle,
};

static unsigned long model_spare(unsigned long wanted)
{
	unsigned long nr_free = bitmap_weight(arena.free, ARENA_PAGES);

	return nr_free > arena.keep ? nr_free - arena.keep : 0;
}

static const struct kexec_page_ops keeping_model_ops = {
	.claim = model_claim,
	.alloc = model_alloc,
	.free = model_free,
	.spare = model_spare,
};

/* All that is free is others' only: what is not claimed can't wait anywhere. */
static unsigned long no_sources(gfp_t gfp, unsigned long wanted)
{
	return 0;
}

static const struct kexec_page_ops others_model_ops = {
	.claim = model_claim,
	.alloc = model_alloc,
	.free = model_free,
	.sources = no_sources,
};

/* What others have to themselves counts in the machine's memory. */
static unsigned long model_sources(gfp_t gfp, unsigned long wanted)
{
	return model_spare(wanted);
}

static const struct kexec_page_ops keeping_others_model_ops = {
	.claim = model_claim,
	.alloc = model_alloc,
	.free = model_free,
	.sources = model_sources,
};

static u64 pattern(unsigned long phys)
{
	return (phys + 1) * 0x9e3779b97f4a7c15ULL;
}

static void fill_pattern(struct kimage *image)
{
	struct kexec_move *move;
	unsigned long i;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned int nr = kexec_move_segment(image, move);
		const struct kexec_segment *seg = &image->segment[nr];
		u64 *to;

		if (move->src == KEXEC_SRC_ZERO)
			continue;
		to = phys_to_virt(move->src);
		for (i = 0; i < move->len; i += sizeof(*to), to++) {
			unsigned long dst = move->dst + i;

			*to = dst - seg->mem < seg->bufsz ? pattern(dst) : 0;
		}
	}
}

static void exchange(u64 *a, u64 *b, unsigned long len)
{
	unsigned long i;

	for (i = 0; i < len / sizeof(*a); i++)
		swap(a[i], b[i]);
}

/* What a trampoline does, backwards: the order must not matter. */
static void follow_moves(struct kimage *image)
{
	struct kexec_move *move;
	unsigned long nr = 0, k;
	struct kexec_move **all;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move))
		nr++;
	all = kunit_kcalloc(arena.test, nr, sizeof(*all), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(arena.test, all);
	k = nr;
	for (move = kexec_move_first(image); move; move = kexec_move_next(move))
		all[--k] = move;

	for (k = 0; k < nr; k++) {
		void *dst = phys_to_virt(all[k]->dst);

		if (all[k]->src == KEXEC_SRC_ZERO)
			memset(dst, 0, all[k]->len);
		else if (all[k]->src == all[k]->dst)
			continue;
		else if (image->preserve_context)
			exchange(dst, phys_to_virt(all[k]->src), all[k]->len);
		else
			memcpy(dst, phys_to_virt(all[k]->src), all[k]->len);
	}
	kunit_kfree(arena.test, all);
}

static void expect_content(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];
		unsigned long offset;

		for (offset = 0; offset < seg->memsz; offset += sizeof(u64)) {
			unsigned long phys = seg->mem + offset;
			u64 want = offset < seg->bufsz ? pattern(phys) : 0;
			u64 seen = *(u64 *)phys_to_virt(phys);

			if (seen == want)
				continue;
			KUNIT_FAIL(arena.test,
				   "segment %u, offset %#lx: expected %#llx, found %#llx",
				   i, offset, want, seen);
			return;
		}
	}
}

/* What an image has for an address can be read wherever it waits. */
static void expect_readable(struct kimage *image)
{
	unsigned long end = PFN_PHYS(arena.first + ARENA_PAGES);
	unsigned int i, k;
	u64 words[4];

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];
		/* Across the end of a page, if another follows. */
		unsigned long offset = PAGE_SIZE * (1 + draw(PHYS_PFN(seg->memsz))) -
				       8 * (1 + draw(ARRAY_SIZE(words)));
		unsigned long len = min(sizeof(words), seg->memsz - offset);

		KUNIT_EXPECT_TRUE(arena.test,
				  kimage_read(image, seg->mem + offset, words, len));
		for (k = 0; k < len / 8; k++, offset += 8)
			KUNIT_EXPECT_EQ(arena.test, words[k],
					offset < seg->bufsz ?
					pattern(seg->mem + offset) : 0);
	}
	/* Not all of them are the image's. */
	KUNIT_EXPECT_FALSE(arena.test,
			   kimage_read(image, end - 8, words, sizeof(words)));
}

/* What lies in page blocks that were free has to be in place. */
static void expect_claimed(struct kimage *image)
{
	struct kexec_move *move;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned long first = PHYS_PFN(move->dst) - arena.first;
		unsigned long end = first + PHYS_PFN(move->len);

		if (!kexec_is_moved(move))
			continue;
		for (first = ALIGN_DOWN(first, pageblock_nr_pages); first < end;
		     first += pageblock_nr_pages) {
			unsigned long next = first + pageblock_nr_pages;

			KUNIT_EXPECT_LT_MSG(arena.test,
					    find_next_zero_bit(arena.before, next,
							       first),
					    next,
					    "a free page block was not claimed");
		}
	}
}

/* Segments in disjoint random ranges of the arena, in random order. */
static void draw_image(struct kimage *image, unsigned int nr_segments,
		       unsigned long most)
{
	unsigned long slice = ARENA_PAGES / nr_segments;
	unsigned int i;

	memset(image, 0, sizeof(*image));
	image->ops = &model_ops;
	INIT_LIST_HEAD(&image->control_pages);
	image->nr_segments = nr_segments;

	for (i = 0; i < nr_segments; i++) {
		struct kexec_segment *seg = &image->segment[i];
		unsigned long nr = 1 + draw(min(slice, most));
		unsigned long first = i * slice + draw(slice - nr + 1);

		seg->mem = PFN_PHYS(arena.first + first);
		seg->memsz = PFN_PHYS(nr);
		switch (draw(4)) {
		case 0:
			break;
		case 1:
			seg->bufsz = 8 * (1 + draw(seg->memsz / 8));
			break;
		default:
			seg->bufsz = seg->memsz;
		}
	}
	for (i = nr_segments - 1; i; i--) {
		unsigned int k = draw(i + 1);

		swap(image->segment[i], image->segment[k]);
	}
	image->start = image->segment[0].mem;
}

/* One page in @one_in is taken, but none in one page block of two; 0: none. */
static void draw_free(unsigned int one_in)
{
	unsigned long i;
	bool whole = false;

	bitmap_zero(arena.free, ARENA_PAGES);
	for (i = 0; i < ARENA_PAGES; i++) {
		if (!(i % pageblock_nr_pages))
			whole = draw(2);
		if (whole || !one_in || draw(one_in))
			__set_bit(i, arena.free);
	}
	bitmap_copy(arena.before, arena.free, ARENA_PAGES);
}

/* As an architecture and place_image() do it. */
static int place(struct kimage *image, bool with_control)
{
	struct kexec_placement *p;
	int err;

	p = kunit_kzalloc(arena.test, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(arena.test, p);

	err = kexec_place_begin(p, image);
	KUNIT_ASSERT_EQ(arena.test, err, 0);
	err = kexec_place_claim(p);
	if (!err && with_control &&
	    (!kimage_alloc_control_pages(image, 0) ||
	     !kimage_alloc_control_pages(image, 1)))
		err = -ENOMEM;
	if (!err)
		err = kexec_place_sources(p);
	kexec_place_end(p);
	kunit_kfree(arena.test, p);
	return err;
}

static void expect_all_free(void)
{
	KUNIT_EXPECT_TRUE_MSG(arena.test,
			      bitmap_equal(arena.before, arena.free, ARENA_PAGES),
			      "%u pages are free, %u were before",
			      bitmap_weight(arena.free, ARENA_PAGES),
			      bitmap_weight(arena.before, ARENA_PAGES));
}

/* What others have in the memory that an image does not own, its destinations. */
static u64 others(unsigned long phys)
{
	return ~pattern(phys);
}

static void fill_with_others(struct kimage *image)
{
	struct kexec_move *move;
	unsigned long i;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		for (i = 0; kexec_is_moved(move) && i < move->len; i += sizeof(u64))
			*(u64 *)phys_to_virt(move->dst + i) = others(move->dst + i);
	}
}

static void expect_others(struct kimage *image)
{
	struct kexec_move *move;
	unsigned long i;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		for (i = 0; kexec_is_moved(move) && i < move->len; i += sizeof(u64)) {
			if (*(u64 *)phys_to_virt(move->dst + i) ==
			    others(move->dst + i))
				continue;
			KUNIT_FAIL(arena.test, "at %#lx others' memory did not come back",
				   move->dst + i);
			return;
		}
	}
}

/* As the image: each word that it has gets another value, the same each time. */
static void invert_content(struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];
		u64 *word = phys_to_virt(seg->mem);
		u64 *end = phys_to_virt(seg->mem + seg->memsz);

		for (; word < end; word++)
			*word = ~*word;
	}
}

/* Place, look at everything, give back. */
static void place_and_check(struct kimage *image)
{
	struct kexec_bytes total;
	unsigned long memsz = 0;
	unsigned int i;
	int err;

	err = place(image, true);
	if (!err) {
		KUNIT_EXPECT_EQ(arena.test, kexec_place_validate(image), 0);
		for (i = 0; i < image->nr_segments; i++)
			memsz += image->segment[i].memsz;
		kimage_total(image, &total);
		KUNIT_EXPECT_EQ(arena.test, memsz,
				total.in_place + total.moved + total.zero);
		if (arena.claims)
			expect_claimed(image);
		fill_pattern(image);
		expect_readable(image);
		follow_moves(image);
		expect_content(image);
	} else {
		KUNIT_EXPECT_EQ(arena.test, err, -ENOMEM);
		KUNIT_EXPECT_NULL(arena.test, image->table);
	}
	kexec_place_free(image);
	expect_all_free();
}

static struct kimage *new_image(void)
{
	struct kimage *image;

	image = kunit_kzalloc(arena.test, sizeof(*image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(arena.test, image);
	return image;
}

static void test_all_free(struct kunit *test)
{
	struct kimage *image = new_image();
	struct kexec_bytes total;

	draw_free(0);
	draw_image(image, 1, 100);
	image->segment[0].bufsz = image->segment[0].memsz;

	KUNIT_ASSERT_EQ(test, place(image, true), 0);
	kimage_total(image, &total);
	KUNIT_EXPECT_EQ(test, total.in_place, image->segment[0].memsz);
	KUNIT_EXPECT_EQ(test, total.moved, 0);
	KUNIT_EXPECT_EQ(test, total.zero, 0);
	kexec_place_free(image);
	expect_all_free();
}

/* An image of two segments, first pages and sizes in pages of the arena. */
static void two_segments(struct kimage *image, unsigned long first1,
			 unsigned long nr1, unsigned long first2,
			 unsigned long nr2)
{
	draw_image(image, 2, 1);
	image->segment[0].mem = PFN_PHYS(arena.first + first1);
	image->segment[0].memsz = PFN_PHYS(nr1);
	image->segment[0].bufsz = PFN_PHYS(nr1);
	image->segment[1].mem = PFN_PHYS(arena.first + first2);
	image->segment[1].memsz = PFN_PHYS(nr2);
	image->segment[1].bufsz = PFN_PHYS(nr2);
}

/* A free arena but for one page: what is in its page block moves, no more. */
static void test_one_page_taken(struct kunit *test)
{
	unsigned long half = ARENA_PAGES / 2;
	struct kimage *image = new_image();

	draw_free(0);
	__clear_bit(3, arena.free);
	bitmap_copy(arena.before, arena.free, ARENA_PAGES);
	two_segments(image, 0, 64, half, 64);

	KUNIT_ASSERT_EQ(test, place(image, true), 0);
	KUNIT_EXPECT_GE(test, image->bytes[0].moved, PAGE_SIZE);
	if (half >= pageblock_nr_pages)
		KUNIT_EXPECT_EQ(test, image->bytes[1].in_place, PFN_PHYS(64));
	kexec_place_free(image);
	expect_all_free();
}

/* Segments that share a page block are both in place, the gap is given back. */
static void test_shared_block(struct kunit *test)
{
	struct kimage *image = new_image();

	draw_free(0);
	two_segments(image, 40, 3, 10, 20);
	/* Zeroes within the block are not claimed either. */
	image->segment[1].bufsz = PFN_PHYS(4);

	KUNIT_ASSERT_EQ(test, place(image, false), 0);
	KUNIT_EXPECT_EQ(test, image->bytes[0].in_place, PFN_PHYS(3));
	KUNIT_EXPECT_EQ(test, image->bytes[1].in_place, PFN_PHYS(4));
	KUNIT_EXPECT_EQ(test, image->bytes[1].zero, PFN_PHYS(16));
	/* One page more than the content: the move table's. */
	KUNIT_EXPECT_EQ(test, bitmap_weight(arena.free, ARENA_PAGES),
			ARENA_PAGES - 8);
	kexec_place_free(image);
	expect_all_free();
}

static void test_random(struct kunit *test)
{
	struct kimage *image = new_image();
	unsigned int round;

	for (round = 0; round < 300; round++) {
		arena.claims = round & 1;
		draw_free(2 + draw(16));
		draw_image(image, 1 + draw(KEXEC_SEGMENT_MAX), 1 + draw(64));
		place_and_check(image);
		cond_resched();
	}
}

/* No two free pages side by side: each page of the image is a move. */
static void test_fragmented(struct kunit *test)
{
	struct kimage *image = new_image();
	unsigned long i, nr_moves = 0;
	struct kexec_move *move;

	bitmap_zero(arena.free, ARENA_PAGES);
	for (i = 1; i < ARENA_PAGES; i += 2)
		__set_bit(i, arena.free);
	bitmap_copy(arena.before, arena.free, ARENA_PAGES);

	draw_image(image, 1, 100);
	image->segment[0].mem = PFN_PHYS(arena.first);
	image->segment[0].memsz = PFN_PHYS(ARENA_PAGES / 4);
	image->segment[0].bufsz = image->segment[0].memsz;
	/* A block of order 1 is not to be had, so no control memory here. */
	KUNIT_ASSERT_EQ(test, place(image, false), 0);
	for (move = kexec_move_first(image); move; move = kexec_move_next(move))
		nr_moves++;
	KUNIT_EXPECT_GT(test, nr_moves, ARENA_PAGES / 8);
	KUNIT_EXPECT_EQ(test, kexec_place_validate(image), 0);
	fill_pattern(image);
	follow_moves(image);
	expect_content(image);
	kexec_place_free(image);
	expect_all_free();
}

/* All memory that is free lies in the destination: it is used in place. */
static void test_only_dest_free(struct kunit *test)
{
	struct kimage *image = new_image();
	struct kexec_segment *seg = &image->segment[0];
	struct kexec_bytes total;

	arena.claims = false;
	bitmap_zero(arena.free, ARENA_PAGES);
	bitmap_set(arena.free, 0, 64);
	bitmap_set(arena.free, ARENA_PAGES - 4, 4);
	bitmap_copy(arena.before, arena.free, ARENA_PAGES);

	draw_image(image, 1, 1);
	seg->mem = PFN_PHYS(arena.first);
	seg->memsz = PFN_PHYS(64);
	seg->bufsz = seg->memsz;
	KUNIT_ASSERT_EQ(test, place(image, false), 0);
	kimage_total(image, &total);
	KUNIT_EXPECT_GE(test, total.in_place, PFN_PHYS(60));
	fill_pattern(image);
	follow_moves(image);
	expect_content(image);
	kexec_place_free(image);
	expect_all_free();
}

/* Zero ranges hold nothing, however large they are. */
static void test_zero(struct kunit *test)
{
	struct kimage *image = new_image();
	struct kexec_segment *seg = &image->segment[0];
	struct kexec_bytes total;

	draw_free(0);
	draw_image(image, 1, 1);
	seg->mem = PFN_PHYS(arena.first);
	seg->memsz = PFN_PHYS(ARENA_PAGES / 2);
	seg->bufsz = PAGE_SIZE / 2;
	place_and_check(image);

	draw_free(0);
	KUNIT_ASSERT_EQ(test, place(image, false), 0);
	kimage_total(image, &total);
	KUNIT_EXPECT_EQ(test, total.moved, 0);
	/* Control memory that came from within it stays, the rest is zero. */
	KUNIT_EXPECT_GE(test, total.zero, seg->memsz / 2);
	kexec_place_free(image);
	expect_all_free();
}

/* Each allocation failing in turn, once and for good: nothing is leaked. */
/*
 * An image that returns has memory for all of it.  It finds what it left, however
 * often it is entered, and the others do, too.
 */
static void test_returning(struct kunit *test)
{
	struct kimage *image = new_image();
	unsigned int round;

	for (round = 0; round < 100; round++) {
		struct kexec_bytes total;

		arena.claims = round & 1;
		draw_free(2 + draw(16));
		draw_image(image, 1 + draw(KEXEC_SEGMENT_MAX), 1 + draw(32));
		image->preserve_context = true;
		if (place(image, true)) {
			kexec_place_free(image);
			expect_all_free();
			continue;
		}
		KUNIT_EXPECT_EQ(test, kexec_place_validate(image), 0);
		kimage_total(image, &total);
		KUNIT_EXPECT_EQ(test, total.zero, 0);

		fill_pattern(image);
		fill_with_others(image);
		/* There, and back. */
		follow_moves(image);
		expect_content(image);
		invert_content(image);
		follow_moves(image);
		expect_others(image);
		/* Once more. */
		follow_moves(image);
		invert_content(image);
		expect_content(image);
		follow_moves(image);
		expect_others(image);

		kexec_place_free(image);
		expect_all_free();
		cond_resched();
	}
}

static void test_each_failure(struct kunit *test)
{
	struct kimage *image = new_image();
	unsigned int variant;

	for (variant = 0; variant < 8; variant++) {
		unsigned long nr_calls, n;
		u64 seed = 1000 + variant;

		arena.claims = variant & 1;
		arena.fail_after = variant & 2;
		arena.fail_call = 0;
		for (n = 0, nr_calls = 1; n <= nr_calls; n++) {
			prandom_seed_state(&arena.rnd, seed);
			draw_free(variant & 4 ? 2 : 8);
			draw_image(image, 1 + variant, 16);
			arena.fail_call = n;
			arena.nr_calls = 0;
			place_and_check(image);
			if (!n)
				nr_calls = arena.nr_calls;
			cond_resched();
		}
	}
}

/* Replaced by the like: once the old image is gone, all is brought in place. */
static void test_settle(struct kunit *test)
{
	struct kimage *old = new_image(), *new = new_image();
	const bool never = false;
	struct kexec_bytes total;

	/* The new one's sources may lie in the same page block. */
	arena.busy_can_move = true;
	draw_free(0);
	draw_image(old, 1, 100);
	old->segment[0].bufsz = old->segment[0].memsz;
	KUNIT_ASSERT_EQ(test, place(old, true), 0);
	*new = *old;
	new->table = NULL;
	memset(new->bytes, 0, sizeof(new->bytes));
	INIT_LIST_HEAD(&new->control_pages);

	KUNIT_ASSERT_EQ(test, place(new, true), 0);
	kimage_total(new, &total);
	KUNIT_EXPECT_EQ(test, total.moved, new->segment[0].memsz);
	fill_pattern(new);

	kexec_place_free(old);
	KUNIT_EXPECT_EQ(test, kexec_place_settle(new, &never), 0);
	kimage_total(new, &total);
	KUNIT_EXPECT_EQ(test, total.moved, 0);
	KUNIT_EXPECT_EQ(test, total.in_place, new->segment[0].memsz);
	KUNIT_EXPECT_EQ(test, kexec_place_validate(new), 0);
	expect_content(new);

	kexec_place_free(new);
	expect_all_free();
}

/* What a load leaves to the worker: it takes the blocks that can be had. */
static void test_settle_later(struct kunit *test)
{
	const bool never = false, at_once = true;
	unsigned long brought_home = 0, left = 0;
	struct kimage *image = new_image();
	int round;

	arena.all_busy = true;
	for (round = 0; round < 200; round++) {
		struct kexec_bytes before, after;

		arena.busy_can_move = round & 1;
		draw_free(1 + draw(20));
		draw_image(image, 1 + draw(4), 600);
		if (place(image, true)) {
			kexec_place_free(image);
			expect_all_free();
			continue;
		}
		fill_pattern(image);
		kimage_total(image, &before);

		KUNIT_EXPECT_EQ(test, kexec_place_settle(image, &at_once), -EINTR);
		kimage_total(image, &after);
		KUNIT_EXPECT_EQ(test, after.moved, before.moved);

		KUNIT_EXPECT_EQ(test, kexec_place_settle(image, &never), 0);
		kimage_total(image, &after);
		KUNIT_EXPECT_EQ(test, after.moved + after.in_place,
				before.moved + before.in_place);
		brought_home += before.moved - after.moved;
		left += after.moved;

		KUNIT_EXPECT_EQ(test, kexec_place_validate(image), 0);
		follow_moves(image);
		expect_content(image);
		kexec_place_free(image);
		expect_all_free();
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, brought_home, 0);
	KUNIT_EXPECT_GT(test, left, 0);
}

/* Where there is nothing for content to wait in, used blocks are claimed, too. */
static void test_nothing_idle(struct kunit *test)
{
	struct kimage *image = new_image();
	int round;

	arena.all_busy = true;
	for (round = 0; round < 100; round++) {
		draw_free(1 + draw(20));
		draw_image(image, 1 + draw(4), 600);
		image->ops = &tight_model_ops;
		place_and_check(image);
		cond_resched();
	}
}

/*
 * There seem to be sources enough, but there are not: then used blocks are claimed
 * after all.  No two copies of the image have room in the arena.
 */
static void test_sources_run_out(struct kunit *test)
{
	struct kimage *image = new_image();
	struct kexec_bytes total;

	arena.all_busy = true;
	arena.busy_can_move = true;
	draw_free(0);
	draw_image(image, 1, ARENA_PAGES);
	image->segment[0] = (struct kexec_segment) {
		.mem = PFN_PHYS(arena.first + ARENA_PAGES / 8),
		.memsz = PFN_PHYS(ARENA_PAGES / 4 * 3),
		.bufsz = PFN_PHYS(ARENA_PAGES / 4 * 3),
	};
	KUNIT_ASSERT_EQ(test, place(image, true), 0);
	kimage_total(image, &total);
	KUNIT_EXPECT_GT(test, total.in_place, 0);
	KUNIT_EXPECT_EQ(test, kexec_place_validate(image), 0);
	fill_pattern(image);
	follow_moves(image);
	expect_content(image);
	kexec_place_free(image);
	expect_all_free();
}

/*
 * What others need is not taken from them: used blocks are claimed at once, and if
 * not all of the image can be had so, it is refused with everything as it was.
 */
static void test_no_sources(struct kunit *test)
{
	struct kimage *image = new_image();

	arena.all_busy = true;
	arena.busy_can_move = true;
	arena.fewest = ARENA_PAGES;
	draw_free(0);
	draw_image(image, 1, ARENA_PAGES);
	image->segment[0] = (struct kexec_segment) {
		.mem = PFN_PHYS(arena.first + ARENA_PAGES / 8),
		.memsz = PFN_PHYS(ARENA_PAGES / 4),
		.bufsz = PFN_PHYS(ARENA_PAGES / 4),
	};
	image->ops = &others_model_ops;
	/* A page of the image's own in the block would be in the way. */
	KUNIT_ASSERT_EQ(test, place(image, false), 0);
	kexec_place_free(image);
	expect_all_free();

	arena.claims = false;
	arena.fewest = ARENA_PAGES;
	KUNIT_EXPECT_EQ(test, place(image, true), -ENOMEM);
	/* Control memory was, before it was clear. */
	KUNIT_EXPECT_GT(test, arena.fewest + ARENA_PAGES / 4, ARENA_PAGES);
	kexec_place_free(image);
	expect_all_free();
}

/*
 * Nearly all memory is to be zero: what the allocator gives lies there, and is no
 * source.  Before others have less than they need, that ends.
 */
static void expect_zeroes_to_end(struct kunit *test,
				 const struct kexec_page_ops *ops)
{
	struct kimage *image = new_image();

	arena.claims = false;
	arena.keep = ARENA_PAGES / 4;
	arena.fewest = ARENA_PAGES;
	draw_free(0);
	draw_image(image, 1, ARENA_PAGES);
	image->ops = ops;
	image->segment[0] = (struct kexec_segment) {
		.mem = PFN_PHYS(arena.first),
		.memsz = PFN_PHYS(ARENA_PAGES),
		.bufsz = PFN_PHYS(ARENA_PAGES / 8),
	};
	/* All that is content can be had in place, if one goes on for long enough. */
	place(image, false);
	KUNIT_EXPECT_GE(test, arena.fewest + BIT(MAX_PAGE_ORDER), arena.keep);
	/* As much as is missing, and a page of the table: then it is asked. */
	KUNIT_EXPECT_GE(test, arena.fewest + ARENA_PAGES / 8 + 1, arena.keep);
	kexec_place_free(image);
	expect_all_free();
}

static void test_nothing_but_zeroes(struct kunit *test)
{
	expect_zeroes_to_end(test, &keeping_model_ops);
	expect_zeroes_to_end(test, &keeping_others_model_ops);
}

/* What the kernel can't have is no reason to search its memory for a page to the end. */
static void test_no_control_memory(struct kunit *test)
{
	struct kimage *image = new_image();

	arena.claims = false;
	arena.fewest = ARENA_PAGES;
	draw_free(0);
	draw_image(image, 1, ARENA_PAGES);
	image->ops = &others_model_ops;
	image->segment[0] = (struct kexec_segment) {
		.mem = PFN_PHYS(arena.first),
		.memsz = PFN_PHYS(ARENA_PAGES),
	};
	KUNIT_EXPECT_EQ(test, place(image, true), -ENOMEM);
	KUNIT_EXPECT_EQ(test, arena.fewest, ARENA_PAGES - 1);
	kexec_place_free(image);
	expect_all_free();
}

/* An address of 0 ends the move table: no page of it lies there. */
static void test_page_zero(struct kunit *test)
{
	struct kimage *image = new_image();
	struct page *page;

	if (!pfn_valid(0))
		kunit_skip(test, "the machine has no memory at 0");
	arena.claims = false;
	draw_free(8);
	draw_image(image, 2, 16);
	arena.offers_zero = true;
	KUNIT_ASSERT_EQ(test, place(image, true), 0);
	KUNIT_EXPECT_FALSE(test, arena.offers_zero);
	list_for_each_entry(page, &image->control_pages, lru)
		KUNIT_EXPECT_NE(test, page_to_pfn(page), 0);
	kexec_place_free(image);
	expect_all_free();
}

static int place_test_init(struct kunit *test)
{
	arena = (struct arena) { .test = test, .claims = true };
	prandom_seed_state(&arena.rnd, 612);
	arena.pages = alloc_pages(GFP_KERNEL, ARENA_ORDER);
	if (!arena.pages)
		return -ENOMEM;
	arena.first = page_to_pfn(arena.pages);
	return 0;
}

static void place_test_exit(struct kunit *test)
{
	if (arena.pages)
		__free_pages(arena.pages, ARENA_ORDER);
}

static unsigned long pages_on_cpu_lists(void)
{
	unsigned long nr_pages = 0;
	struct zone *zone;
	int cpu;

	for_each_populated_zone(zone) {
		for_each_online_cpu(cpu)
			nr_pages += per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
	}
	return nr_pages;
}

/* Give back pages one by one: CPUs keep some of them on their lists. */
static unsigned long fill_cpu_lists(struct kunit *test)
{
	unsigned long nr_pages = 1024;
	struct page *page, *next;
	LIST_HEAD(pages);

	while (nr_pages--) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page);
		list_add(&page->lru, &pages);
	}
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
	return pages_on_cpu_lists();
}

/*
 * Free pages that a CPU has kept count, but only if there is need of them.  CPUs also
 * give them back by themselves now and then, but not each time that somebody asks.
 */
static void test_spare_on_cpu_lists(struct kunit *test)
{
	unsigned long kept, left;
	int tries = 0;

	if (!kexec_cpus_keep_pages()) {
		KUNIT_EXPECT_EQ(test, fill_cpu_lists(test), 0);
		KUNIT_EXPECT_GT(test, kexec_buddy_ops.spare(0), 0);
		return;
	}

	do {
		kept = fill_cpu_lists(test);
		KUNIT_ASSERT_GT(test, kept, 64);
		KUNIT_EXPECT_GT(test, kexec_buddy_ops.spare(0), 0);
		left = pages_on_cpu_lists();
	} while (left <= kept / 2 && ++tries < 20);
	kunit_info(test, "%lu of %lu pages are on lists still\n", left, kept);
	KUNIT_EXPECT_LT(test, tries, 20);

	kept = fill_cpu_lists(test);
	kexec_buddy_ops.spare(ULONG_MAX);
	KUNIT_EXPECT_LT(test, pages_on_cpu_lists(), kept / 2);
}

static struct kunit_case place_test_cases[] = {
	KUNIT_CASE(test_all_free),
	KUNIT_CASE(test_one_page_taken),
	KUNIT_CASE(test_shared_block),
	KUNIT_CASE(test_random),
	KUNIT_CASE(test_fragmented),
	KUNIT_CASE(test_only_dest_free),
	KUNIT_CASE(test_zero),
	KUNIT_CASE(test_returning),
	KUNIT_CASE(test_each_failure),
	KUNIT_CASE(test_settle),
	KUNIT_CASE(test_settle_later),
	KUNIT_CASE(test_nothing_idle),
	KUNIT_CASE(test_sources_run_out),
	KUNIT_CASE(test_no_sources),
	KUNIT_CASE(test_nothing_but_zeroes),
	KUNIT_CASE(test_no_control_memory),
	KUNIT_CASE(test_page_zero),
	KUNIT_CASE(test_spare_on_cpu_lists),
	{ }
};

static struct kunit_suite place_test_suite = {
	.name = "kexec-place",
	.init = place_test_init,
	.exit = place_test_exit,
	.test_cases = place_test_cases,
};

kunit_test_suite(place_test_suite);
