/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kernel/kexec/ and kernel/kexec.c share.
 */
#ifndef _KERNEL_KEXEC_INTERNAL_H
#define _KERNEL_KEXEC_INTERNAL_H

#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kexec.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

/*
 * Serialises loads, unloads and handoffs.  Taken with mutex_trylock() only:
 * who comes second is told -EBUSY.  Whoever needs the boot image takes it by
 * kexec_lock(), which is in settle.c.  The way from a panic to the crash image
 * never takes it.
 */
extern struct mutex kexec_mutex;

/* Held while a slot changes and while somebody looks into an image in one. */
extern spinlock_t kexec_slot_lock;

/* kexec.c */
int kexec_check_still_allowed(void);

/* For who looks at an image whose record has not been compared, and may be overwritten. */
static inline unsigned int kimage_nr_segments(const struct kimage *image)
{
	return min(image->nr_segments, KEXEC_SEGMENT_MAX);
}

/* refuse.c */
__printf(4, 5) int kexec_refuse_segment(int err, unsigned int nr,
					const struct kexec_segment *seg,
					const char *fmt, ...);
size_t kexec_last_refusal(char *buf, size_t size);
int kexec_check_signal(void);
int kexec_check_privilege(void);

/* check.c */
int kexec_check_segments(enum kexec_type type,
			 const struct kexec_segment *segments,
			 unsigned int nr_segments, unsigned long entry);
int kexec_check_ram(const struct kimage *image);
int kexec_check_way_back(unsigned long entry);

/* place.c */

/*
 * Pages that are asked for at a time where many may have to be moved elsewhere: it
 * takes time, and somebody may be waiting for it to end.
 */
#define KEXEC_BUSY_CLAIM_MAX	max(PHYS_PFN(SZ_16M), pageblock_nr_pages)

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

struct kexec_placement;

/**
 * struct kexec_page_ops - where placement gets its pages from
 * @claim: take exactly these pages, all or none; whoever uses them has to move,
 *	if it is no more than most_busy of them that are used.  Returns 0, or a
 *	negative errno: -EAGAIN if somebody is busy with one of them and will be
 *	done with it.  It takes a bounded time.  May be NULL.
 * @alloc: take any block of pages of that order, each of them to be freed on
 *	its own; NULL if there is none
 * @free: give pages back
 * @spare: pages that can be had without harm to others; NULL for any number.  If
 *	it is less than wanted, nothing was left out of the count.  May sleep.
 * @idle: pages that can be had at once, as they are free, by an allocation with
 *	these flags; NULL for any number
 * @sources: pages that can be had by an allocation with these flags without harm to
 *	others, which may not have what @alloc can't give; NULL for any number.  If
 *	it is less than wanted, nothing was left out of the count.  May sleep.
 * @control: take a block for control memory; NULL for what @alloc gives
 *	outside of the destinations
 *
 * The kernel's page allocator is kexec_buddy_ops; tests bring a model.
 */
struct kexec_page_ops {
	int (*claim)(unsigned long pfn, unsigned long nr_pages,
		     unsigned long most_busy);
	struct page *(*alloc)(gfp_t gfp, unsigned int order);
	void (*free)(struct page *page, unsigned long nr_pages);
	unsigned long (*spare)(unsigned long wanted);
	unsigned long (*idle)(gfp_t gfp);
	unsigned long (*sources)(gfp_t gfp, unsigned long wanted);
	struct page *(*control)(struct kexec_placement *p, unsigned int order);
};

/**
 * struct kexec_placement - an image on its way into memory
 * @image: that image; its @ops give the pages
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
 * @unfit: runs of pages that are no use for the image, and given back in the end
 * @at_any_price: what is claimed from now on may be busy
 * @control_end: in the crash region, where control memory begins
 */
struct kexec_placement {
	struct kimage *image;

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

	struct list_head unfit;
	bool at_any_price;

	unsigned long control_end;
};

/* The page frame behind it. */
static inline unsigned long kexec_dest_end(const struct kexec_dest *d)
{
	return d->pfn + d->nr_pages;
}

/* Where its content ends and zeroes begin. */
static inline unsigned long kexec_content_end(const struct kexec_dest *d)
{
	return d->pfn + d->nr_content;
}

/* A run in a list of pages: its first page's lru, its length in ->private. */
static inline void kexec_add_run(struct list_head *runs, struct page *page,
				 unsigned long nr_pages)
{
	set_page_private(page, nr_pages);
	list_add_tail(&page->lru, runs);
}

static inline struct page *kexec_take_run(struct list_head *runs,
					  unsigned long *nr_pages)
{
	struct page *page = list_first_entry(runs, struct page, lru);

	list_del(&page->lru);
	*nr_pages = page_private(page);
	set_page_private(page, 0);
	return page;
}

/* Whether content has to be moved by the handoff. */
static inline bool kexec_is_moved(const struct kexec_move *move)
{
	return move->src != KEXEC_SRC_ZERO && move->src != move->dst;
}

/* Where to halve [@pfn, @end): at the end of a page block; @end if none ends. */
static inline unsigned long kexec_middle_block(unsigned long pfn,
					       unsigned long end)
{
	unsigned long mid = ALIGN_DOWN(pfn + (end - pfn) / 2, pageblock_nr_pages);

	return min(mid > pfn ? mid : ALIGN(pfn + 1, pageblock_nr_pages), end);
}

struct kexec_dest *kexec_dest_from(struct kexec_placement *p,
				   unsigned long pfn);
int kexec_place_begin(struct kexec_placement *p, struct kimage *image);
int kexec_place_claim(struct kexec_placement *p);
int kexec_place_sources(struct kexec_placement *p);
struct page *kexec_alloc_control(struct kexec_placement *p,
				 const struct kexec_page_ops *ops,
				 unsigned int order);
void kexec_place_end(struct kexec_placement *p);
void kexec_place_free(struct kimage *image);

/* stay.c */
int kexec_stay_hold(struct kimage *image);
int kexec_stay_all(void);
void kexec_stay_all_end(void);
void kexec_stay_release(struct kimage *image);
void kexec_stay_claim(unsigned long pfn, unsigned long nr_pages);
unsigned long kexec_stay_arrivals(void);

/* buddy.c */
unsigned long kexec_buddy_given(void);

extern const struct kexec_page_ops kexec_buddy_ops;
extern const struct kexec_page_ops kexec_staging_ops;

/* table.c */
unsigned long kexec_table_pages(const struct kexec_placement *p);
void kexec_table_write(struct kexec_placement *p);
struct kexec_move *kexec_move_find(const struct kimage *image,
				   unsigned long dst);
unsigned int kexec_move_segment(const struct kimage *image,
				const struct kexec_move *move);
void kimage_total(const struct kimage *image, struct kexec_bytes *total);
void *kexec_map_run(unsigned long phys, unsigned long *len);
void kexec_unmap_run(void *run);

/* verify.c */

/*
 * What of an image changed; from 0 on, the number of a segment, and from
 * KEXEC_BROKEN on, that of one whose memory is broken.
 */
enum {
	KEXEC_UNCHANGED		= -1,
	KEXEC_RECORD_CHANGED	= -2,
	KEXEC_CONTROL_CHANGED	= -3,
	KEXEC_CONTROL_BROKEN	= -4,
	KEXEC_BROKEN		= KEXEC_SEGMENT_MAX,
};

#define KEXEC_REASON_MAX	256

extern int kexec_verify;
void kexec_digest_empty(u64 *digest);
int kexec_digest_list(struct kimage *image);
void kexec_digest_seal(struct kimage *image);
void kexec_digest_reseal(struct kimage *image);
bool kexec_digest_leads_intact(const struct kimage *image);
bool kexec_is_broken(unsigned long phys, unsigned long len, bool may_sleep);
int kexec_digest_compare(const struct kimage *image, bool may_sleep);
void kexec_describe_change(const struct kimage *image, int what,
			   char reason[KEXEC_REASON_MAX]);
void kexec_digest_retake(struct kimage *image,
			 unsigned long (*start)(const struct kimage *image));
int kexec_digest_check_leads(const struct kimage *image);
int kexec_digest_check(const struct kimage *image);
void kexec_calm_watchdog(void);

/* settle.c */
struct kernfs_node;

int kexec_place_settle(struct kimage *image, const bool *stop);
int kexec_lock(void);
void kexec_unlock(void);
bool kexec_settled(void);
void kexec_settle_watch(struct kernfs_node *file);
int kexec_lock_settled(void);

/* image.c */
struct kimage *kimage_new(unsigned long flags, const struct kexec_page_ops *ops,
			  unsigned long entry, unsigned int nr_segments,
			  const struct kexec_segment *segments);
int kimage_place(struct kimage *image);
struct kimage *kimage_build(unsigned long flags,
			    const struct kexec_page_ops *ops,
			    unsigned long entry, unsigned int nr_segments,
			    const struct kexec_segment *segments);
struct kimage *kimage_publish(enum kexec_type type, struct kimage *image);
int kimage_publish_new(struct kimage *image);
void kimage_free(struct kimage *image);
int kimage_load(unsigned long entry, unsigned int nr_segments,
		const struct kexec_segment *segments, unsigned long flags);
int kimage_unload(enum kexec_type type);

DEFINE_FREE(kimage, struct kimage *, kimage_free(_T))

/* phase.c */
enum kexec_phase {
	KEXEC_PHASE_SETTLE,
	KEXEC_PHASE_VERIFY,
	KEXEC_PHASE_NOTIFIERS,
	KEXEC_PHASE_DEVICES,
	KEXEC_PHASE_CPUS,
};

#define KEXEC_NR_PHASES	(KEXEC_PHASE_CPUS + 1)

void kexec_phase_say(enum kexec_phase phase, u64 ns);
u64 kexec_phase_ns(enum kexec_phase phase);
void kexec_phase_watch(void);
void kexec_phase_next(enum kexec_phase phase);
void kexec_phase_unwatch(void);
void kexec_phase_end(void);

/* letter.c */
struct kobject;

const struct kexec_segment *kexec_letter_find(const struct kimage *image);
void kexec_letter_write(const struct kimage *image,
			const struct kexec_bytes *total);
int kexec_letter_show(struct kobject *kobj);

/* jump.c */
#ifdef CONFIG_KEXEC_JUMP
int kexec_jump(struct kimage *image);
#else
static inline int kexec_jump(struct kimage *image)
{
	return -EOPNOTSUPP;
}
#endif

/* crash_cma.c */
#ifdef CONFIG_CRASH_CMA
void crash_cma_wait(void);
int crash_cma_show(char *buf);
#else
static inline void crash_cma_wait(void) { }
static inline int crash_cma_show(char *buf)
{
	return 0;
}
#endif

/* region.c, crash.c */
#ifdef CONFIG_CRASH_DUMP
ssize_t crash_get_memory_size(void);
int crash_shrink_memory(unsigned long new_size);
int kexec_region_check(void);
int kexec_region_check_segment(const struct kexec_segment *seg,
			       unsigned int nr);
struct kimage *kexec_region_load(unsigned long entry, unsigned int nr_segments,
				 const struct kexec_segment *segments);
bool kexec_crash_verify(void);
bool crash_cpu_is_saved(int cpu);
int kexec_vmcoreinfo_attach(struct kimage *image);
void kexec_vmcoreinfo_detach(struct kimage *image);
#else
static inline int kexec_region_check(void)
{
	return kexec_refuse(-EADDRNOTAVAIL,
			    "this kernel can't start a crash image (CONFIG_CRASH_DUMP)");
}

static inline int kexec_region_check_segment(const struct kexec_segment *seg,
					     unsigned int nr)
{
	return -EADDRNOTAVAIL;
}

static inline struct kimage *
kexec_region_load(unsigned long entry, unsigned int nr_segments,
		  const struct kexec_segment *segments)
{
	return ERR_PTR(-EADDRNOTAVAIL);
}

static inline bool kexec_crash_verify(void)
{
	return false;
}

static inline int kexec_vmcoreinfo_attach(struct kimage *image)
{
	return 0;
}

static inline void kexec_vmcoreinfo_detach(struct kimage *image)
{
}
#endif

/* debug.c */

/* Where a test can have the kernel die; the names are in debug.c. */
enum kexec_step {
	KEXEC_STEP_NONE,
	KEXEC_STEP_PLACED,
	KEXEC_STEP_FILLING,
	KEXEC_STEP_FILLED,
	KEXEC_STEP_PUBLISHING,
	KEXEC_STEP_PUBLISHED,
	KEXEC_STEP_HALF_HOME,
	KEXEC_STEP_HOME,
	KEXEC_STEP_SETTLING,
	KEXEC_STEP_UNLOADING,
	KEXEC_STEP_UNLOADED,
	KEXEC_STEP_SHRINKING,
	KEXEC_STEP_SHRUNK,
	KEXEC_STEP_CRASH_STOPPED,
	KEXEC_STEP_CRASH_CHECKING,
	KEXEC_STEP_CRASH_CHECKED,
	KEXEC_STEP_CRASH_SAVED,
	KEXEC_STEP_CRASH_QUIET,
};

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
int kexec_check_handoff_console(void);
#else
static inline int kexec_check_handoff_console(void)
{
	return 0;
}
#endif

#ifdef CONFIG_DEBUG_KEXEC
int kexec_place_validate(const struct kimage *image);
void kexec_at_step(enum kexec_step step);
void kexec_debug_misdirect(const struct kimage *image);
bool kexec_debug_claims_wait(void);
bool kexec_debug_claims_patient(void);
#else
static inline int kexec_place_validate(const struct kimage *image)
{
	return 0;
}

static inline void kexec_at_step(enum kexec_step step)
{
}

static inline void kexec_debug_misdirect(const struct kimage *image)
{
}

static inline bool kexec_debug_claims_wait(void)
{
	return false;
}

static inline bool kexec_debug_claims_patient(void)
{
	return false;
}
#endif

#endif /* _KERNEL_KEXEC_INTERNAL_H */
