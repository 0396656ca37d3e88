// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that has to stay while an image needs it.
 *
 * A destination is memory of the machine, claimed or not: were it taken offline
 * and pulled out, the handoff would write to nothing.  And claimed pages in
 * ZONE_MOVABLE, where everything is taken to be movable, would have the one who
 * offlines them try for ever.  So nobody waits for anybody:
 *
 *	an image that holds its destinations	the offlining is refused
 *	memory that is going offline		the load is refused
 *
 * A handoff needs that nothing at all is going offline: whoever does that has locks, of
 * devices and of CPU hotplug, until others are done with the pages.
 *
 *	any memory that is going offline	the handoff is refused
 *	a handoff that has begun		the offlining is refused
 *
 * Both look at what the other one has put down, under one spinlock: of two that
 * come at the same time, the second is refused.
 *
 * Memory that comes is counted: what a handoff maps is looked up once for an image, and
 * none of its pages may be from memory that came after that.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/init.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/notifier.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "internal.h"

/* Guards all of the below, and is held for a few comparisons only. */
static DEFINE_SPINLOCK(stay_lock);

/* The images whose destinations have to stay. */
static LIST_HEAD(holders);

/*
 * The page frames that are going offline, if nr_pages is not 0.  Offlining is
 * serialised by mem_hotplug_begin(), so there is one such range at most.
 */
static struct {
	unsigned long pfn;
	unsigned long nr_pages;
} leaving;

/*
 * The page frames that are being claimed.  A claim may outlive the image that it is
 * made for, see buddy.c; there is one at a time.
 */
static struct {
	unsigned long pfn;
	unsigned long nr_pages;
} claimed;

/* A handoff has begun, and is not called off. */
static bool all_stays;

/* How often memory was about to come online. */
static unsigned long arrivals;

/* The first segment with a part in [@pfn, @pfn + @nr_pages), or -1; none if empty. */
static int segment_in(const struct kimage *image, unsigned long pfn,
		      unsigned long nr_pages)
{
	unsigned int i;

	for (i = 0; nr_pages && i < kimage_nr_segments(image); i++) {
		const struct kexec_segment *seg = &image->segment[i];
		unsigned long first = PHYS_PFN(seg->mem);

		if (seg->memsz && first < pfn + nr_pages &&
		    pfn < first + PHYS_PFN(seg->memsz))
			return i;
	}
	return -1;
}

/**
 * kexec_stay_hold - keep the destinations of an image online
 * @image: a boot image that holds no memory yet
 *
 * Context: May sleep.  Undo with kexec_stay_release().
 * Return: 0, or -EBUSY if one of them is going offline right now.
 */
int kexec_stay_hold(struct kimage *image)
{
	int nr;

	spin_lock(&stay_lock);
	nr = segment_in(image, leaving.pfn, leaving.nr_pages);
	if (nr < 0)
		list_add(&image->holder, &holders);
	spin_unlock(&stay_lock);

	if (nr >= 0)
		return kexec_refuse_segment(-EBUSY, nr, &image->segment[nr],
					    "lies in memory that is being taken offline");
	return 0;
}

/**
 * kexec_stay_release - let the destinations of an image go
 * @image: an image whose pages have been freed, held or not
 *
 * Context: May sleep.
 */
void kexec_stay_release(struct kimage *image)
{
	spin_lock(&stay_lock);
	list_del_init(&image->holder);
	spin_unlock(&stay_lock);
}

/**
 * kexec_stay_all - keep all memory online, for a handoff
 *
 * Context: May sleep.  Undo with kexec_stay_all_end() if there is a way back.
 * Return: 0, or -EBUSY if some is going offline right now.
 */
int kexec_stay_all(void)
{
	unsigned long pfn, nr_pages;

	spin_lock(&stay_lock);
	pfn = leaving.pfn;
	nr_pages = leaving.nr_pages;
	all_stays = !nr_pages;
	spin_unlock(&stay_lock);

	if (nr_pages)
		return kexec_refuse(-EBUSY, "the memory %#llx-%#llx is being taken offline",
				    (u64)PFN_PHYS(pfn),
				    (u64)PFN_PHYS(pfn + nr_pages) - 1);
	return 0;
}

/**
 * kexec_stay_all_end - let memory go again that no image needs
 *
 * Context: May sleep.
 */
void kexec_stay_all_end(void)
{
	spin_lock(&stay_lock);
	all_stays = false;
	spin_unlock(&stay_lock);
}

/**
 * kexec_stay_claim - keep memory online while it is claimed
 * @pfn: the first page; an image holds it
 * @nr_pages: how many; 0 when the claim has ended
 *
 * Context: May sleep.
 */
void kexec_stay_claim(unsigned long pfn, unsigned long nr_pages)
{
	spin_lock(&stay_lock);
	claimed.pfn = pfn;
	claimed.nr_pages = nr_pages;
	spin_unlock(&stay_lock);
}

/**
 * kexec_stay_arrivals - how often memory was about to come online
 *
 * Before the page allocator has any of it: so a page that was allocated between two calls
 * that return the same is from memory that was there at the first.
 *
 * Context: May sleep.
 * Return: a number that is another one each time.
 */
unsigned long kexec_stay_arrivals(void)
{
	unsigned long nr;

	spin_lock(&stay_lock);
	nr = arrivals;
	spin_unlock(&stay_lock);
	return nr;
}

/* Why these can't leave; if they can, nobody gets to need them from now on. */
static const char *why_they_stay(unsigned long pfn, unsigned long nr_pages)
{
	static const char by_image[] =
		"a boot image needs it, see /sys/kernel/kexec/segments; kexec -u unloads that";
	/* The image that it was made for may be gone: see buddy.c. */
	static const char by_claim[] =
		"somebody is not done with a page of it, which was claimed for a boot image";
	const struct kimage *image;
	const char *why = NULL;

	spin_lock(&stay_lock);
	if (claimed.pfn < pfn + nr_pages && pfn < claimed.pfn + claimed.nr_pages)
		why = by_claim;
	list_for_each_entry(image, &holders, holder) {
		if (segment_in(image, pfn, nr_pages) >= 0)
			why = by_image;
	}
	if (all_stays)
		why = "a handoff is in progress";
	if (!why) {
		leaving.pfn = pfn;
		leaving.nr_pages = nr_pages;
	}
	spin_unlock(&stay_lock);
	return why;
}

static void nobody_leaves(void)
{
	spin_lock(&stay_lock);
	leaving.nr_pages = 0;
	spin_unlock(&stay_lock);
}

/* Without memory hotplug nobody asks but tests. */
static unsigned long pages_of_block(void)
{
	return PHYS_PFN(IS_ENABLED(CONFIG_MEMORY_HOTPLUG) ? memory_block_size_bytes() :
							    SZ_128M);
}

/*
 * A memory block goes as a whole, but is named without the part that has its own struct
 * pages (memory_hotplug.memmap_on_memory=).
 */
static void to_whole_blocks(unsigned long *pfn, unsigned long *nr_pages)
{
	unsigned long block = pages_of_block();
	unsigned long end = ALIGN(*pfn + *nr_pages, block);

	*pfn = ALIGN_DOWN(*pfn, block);
	*nr_pages = end - *pfn;
}

/*
 * MEM_CANCEL_OFFLINE also comes when this one has refused, or somebody before it;
 * there is nothing to undo then.
 */
static int memory_changes(struct notifier_block *nb, unsigned long action,
			  void *data)
{
	const struct memory_notify *range = data;
	unsigned long pfn, nr_pages;
	const char *why;

	switch (action) {
	case MEM_GOING_ONLINE:
		spin_lock(&stay_lock);
		arrivals++;
		spin_unlock(&stay_lock);
		break;
	case MEM_GOING_OFFLINE:
		pfn = range->start_pfn;
		nr_pages = range->nr_pages;
		to_whole_blocks(&pfn, &nr_pages);
		why = why_they_stay(pfn, nr_pages);
		if (!why)
			break;
		pr_notice("the memory %#llx-%#llx can't go offline: %s\n",
			  (u64)PFN_PHYS(pfn), (u64)PFN_PHYS(pfn + nr_pages) - 1, why);
		return notifier_from_errno(-EBUSY);
	case MEM_OFFLINE:
	case MEM_CANCEL_OFFLINE:
		nobody_leaves();
		break;
	}
	return NOTIFY_OK;
}

static int __init stay_init(void)
{
	return hotplug_memory_notifier(memory_changes, DEFAULT_CALLBACK_PRI);
}
subsys_initcall(stay_init);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "stay_test.c"
#endif
