/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kernel/kexec/ and kernel/kexec.c share.
 */
#ifndef _KERNEL_KEXEC_INTERNAL_H
#define _KERNEL_KEXEC_INTERNAL_H

#include <linux/kexec.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/spinlock.h>

/*
 * Serialises loads, unloads and handoffs.  Taken with mutex_trylock() only:
 * who comes second is told -EBUSY.  The way from a panic to the crash image
 * never takes it.
 */
extern struct mutex kexec_mutex;

/* Held while a slot changes and while somebody looks into an image in one. */
extern spinlock_t kexec_slot_lock;

/* refuse.c */
__printf(4, 5) int kexec_refuse_segment(int err, unsigned int nr,
					const struct kexec_segment *seg,
					const char *fmt, ...);
size_t kexec_last_refusal(char *buf, size_t size);
int kexec_check_signal(void);

/* check.c */
int kexec_check_segments(const struct kexec_segment *segments,
			 unsigned int nr_segments, unsigned long entry);

/* place.c */

/**
 * struct kexec_dest - a destination: whole pages that an image will occupy
 * @pfn: its first page
 * @nr_pages: how many
 * @nr_content: the leading pages that hold bytes of the caller's; those that
 *	follow are zero
 * @index: bit of its first page in kexec_placement::owned
 * @segment: its segment's number
 */
struct kexec_dest {
	unsigned long pfn;
	unsigned long nr_pages;
	unsigned long nr_content;
	unsigned long index;
	unsigned int segment;
};

/**
 * struct kexec_page_ops - where placement gets its pages from
 * @claim: take exactly these pages, all or none; whoever uses them has to move.
 *	Returns whether they could be had.  May be NULL.
 * @alloc: take any block of pages of that order, each of them to be freed on
 *	its own; NULL if there is none
 * @free: give pages back
 *
 * The kernel's page allocator is kexec_buddy_ops; tests bring a model.
 */
struct kexec_page_ops {
	bool (*claim)(unsigned long pfn, unsigned long nr_pages);
	struct page *(*alloc)(gfp_t gfp, unsigned int order);
	void (*free)(struct page *page, unsigned long nr_pages);
};

extern const struct kexec_page_ops kexec_buddy_ops;

/**
 * struct kexec_placement - an image on its way into memory
 * @image: that image
 * @ops: where pages come from
 * @dests: the destinations, in ascending order, none empty
 * @nr_dests: how many
 * @nr_pages: pages of all destinations
 * @owned: a bit for each of them, set where the image owns that very page
 * @nr_missing: content pages at whose destination the image owns nothing
 * @pool: runs of pages outside every destination, for content to wait in
 * @nr_pool: pages in @pool
 * @nr_pool_runs: runs in @pool
 * @table_pages: pages for the move table, not written yet
 * @nr_table_pages: how many
 */
struct kexec_placement {
	struct kimage *image;
	const struct kexec_page_ops *ops;

	struct kexec_dest dests[KEXEC_SEGMENT_MAX];
	unsigned int nr_dests;
	unsigned long nr_pages;
	unsigned long *owned;
	unsigned long nr_missing;

	struct list_head pool;
	unsigned long nr_pool;
	unsigned long nr_pool_runs;

	struct list_head table_pages;
	unsigned long nr_table_pages;
};

int kexec_place_begin(struct kexec_placement *p, struct kimage *image,
		      const struct kexec_page_ops *ops);
int kexec_place_claim(struct kexec_placement *p);
int kexec_place_sources(struct kexec_placement *p);
void kexec_place_end(struct kexec_placement *p);
void kexec_place_free(struct kimage *image, const struct kexec_page_ops *ops);
void kexec_place_settle(struct kimage *image, const struct kexec_page_ops *ops);

struct kexec_move *kexec_move_first(const struct kimage *image);
struct kexec_move *kexec_move_next(struct kexec_move *move);
unsigned int kexec_move_segment(const struct kimage *image,
				const struct kexec_move *move);
void kimage_total(const struct kimage *image, struct kexec_bytes *total);

#ifdef CONFIG_DEBUG_KEXEC
int kexec_place_validate(const struct kimage *image);
#else
static inline int kexec_place_validate(const struct kimage *image)
{
	return 0;
}
#endif

/* verify.c */
extern int kexec_verify;
void kexec_digest_empty(u64 *digest);
void kexec_digest_table(struct kimage *image);
int kexec_digest_check(struct kimage *image);

/* image.c */
void *kexec_map_run(unsigned long phys, unsigned long *len);
void kexec_unmap_run(void *run);
struct kexec_move *kimage_find_move(const struct kimage *image,
				    unsigned long dst);
int kimage_load(unsigned long entry, unsigned int nr_segments,
		const struct kexec_segment *segments, unsigned long flags);
void kimage_unload(enum kexec_type type);

#endif /* _KERNEL_KEXEC_INTERNAL_H */
