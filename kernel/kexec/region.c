// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash region: the memory that crashkernel= reserved (see reserve.c), and
 * how an image gets there.
 *
 * A crash image lies where it starts: content, control memory, and a copy of
 * the notes on this kernel, all in the region, which nothing else uses.  The
 * kernel's own mapping of it is read-only except while an image is written, which takes
 * as long as whoever has the content does.
 *
 *	first load	straight into the region, then published
 *
 *	further loads	a panic at any moment has to find a complete image, and
 *	(staged)	both can't have the same place.  So the new one is first
 *			built around the old one.  Where they don't overlap, it
 *			is in place; what belongs to a place that the old one
 *			holds waits where the region has room, and elsewhere if
 *			that is not enough, with moves to its place.  It is
 *			published like that; from then on the old one may be
 *			overwritten.  The content is copied to its place, for a
 *			second image that has no moves, and that is published.
 *
 *				while built	published	at home
 *
 *	its place, where the	old		free		new
 *	old one lies
 *	its place, where not	new		new		new
 *	room besides		new, waiting	new, waiting	free
 *	in the slot		old		new, moves	new, no moves
 *
 * What of the region is held by an image while a load goes on, and must not be
 * written to, is in a bitmap.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/crash_reserve.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "internal.h"

static unsigned long region_size(const struct resource *res)
{
	return res->end ? resource_size(res) : 0;
}

static int protect_resource(const struct resource *res, bool protect)
{
	if (!region_size(res))
		return 0;
	return machine_crash_protect(res->start, PHYS_PFN(resource_size(res)),
				     protect);
}

/*
 * Whether all bytes from @start to @end, the last one, are in the region where
 * an image may lie.  A second one below 4 GiB, if there is any, is for what the
 * image does with it.
 */
static bool in_region(unsigned long start, unsigned long end)
{
	return region_size(&crashk_res) && start >= crashk_res.start &&
	       end <= crashk_res.end;
}

/**
 * kexec_region_check - whether there is a region for a crash image
 *
 * Return: 0 or -EADDRNOTAVAIL.
 */
int kexec_region_check(void)
{
	if (!region_size(&crashk_res))
		return kexec_refuse(-EADDRNOTAVAIL,
				    "no memory is reserved for a crash image, see crashkernel=");
	return 0;
}

/**
 * kexec_region_check_segment - whether a segment of a crash image is in its place
 * @seg: the segment; not empty, its end does not wrap
 * @nr: its number
 *
 * Return: 0 or -EADDRNOTAVAIL.
 */
int kexec_region_check_segment(const struct kexec_segment *seg, unsigned int nr)
{
	if (!in_region(seg->mem, seg->mem + (seg->memsz - 1)))
		return kexec_refuse_segment(-EADDRNOTAVAIL, nr, seg,
					    "is not inside the crash region %pa-%pa",
					    &crashk_res.start, &crashk_res.end);
	return 0;
}

/*
 * A bit for each page of the region, set where an image holds it that a panic
 * may start, or that is being built.  It exists during a load only.
 */
static unsigned long *taken;

/*
 * Pages of it that the control memory of an image beside another one has; so many
 * that of the same image at home is going to need, before the first is freed.
 */
static unsigned long nr_control;

static unsigned long region_pfn(void)
{
	return PHYS_PFN(crashk_res.start);
}

static unsigned long region_pages(void)
{
	return PHYS_PFN(region_size(&crashk_res));
}

/* The part of some pages that is in the region; empty if there is none. */
static void clamp_to_region(unsigned long *pfn, unsigned long *end)
{
	unsigned long start = region_pfn();

	*pfn = clamp(start, *pfn, *end);
	*end = clamp(start + region_pages(), *pfn, *end);
}

static void take_pages(unsigned long pfn, unsigned long nr_pages)
{
	unsigned long end = pfn + nr_pages;

	clamp_to_region(&pfn, &end);
	if (pfn < end)
		bitmap_set(taken, pfn - region_pfn(), end - pfn);
}

/* Pages that have a hardware error serve for nothing. */
static void take_broken(void)
{
	unsigned long i;

	for (i = 0; IS_ENABLED(CONFIG_MEMORY_FAILURE) && i < region_pages(); i++) {
		if (kexec_is_broken(PFN_PHYS(region_pfn() + i), PAGE_SIZE, true))
			__set_bit(i, taken);
		cond_resched();
	}
}

/* Of a moved entry it is the source that is held, not yet the destination. */
static void take_image(const struct kimage *image)
{
	struct kexec_move *move;
	struct page *page;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		if (move->src != KEXEC_SRC_ZERO)
			take_pages(PHYS_PFN(move->src), PHYS_PFN(move->len));
	}
	list_for_each_entry(page, &image->control_pages, lru)
		take_pages(page_to_pfn(page), page_private(page));
}

/* What it held besides, as it found no room in the region. */
static void free_outside(unsigned long pfn, unsigned long end)
{
	unsigned long start = pfn, stop = end;

	clamp_to_region(&start, &stop);
	if (start > pfn)
		kexec_staging_ops.free(pfn_to_page(pfn), start - pfn);
	if (end > stop)
		kexec_staging_ops.free(pfn_to_page(stop), end - stop);
}

/*
 * From the end of the region down, between the destinations and what another
 * image holds.
 */
static struct page *region_control(struct kexec_placement *p, unsigned int order)
{
	unsigned long start = region_pfn(), nr = 1UL << order, at;
	unsigned long pfn = p->control_end ?: start + region_pages();

	while (pfn >= start + nr) {
		const struct kexec_dest *d;

		pfn = ALIGN_DOWN(pfn - nr, nr);
		if (pfn < start)
			break;
		d = kexec_dest_from(p, pfn);
		if (d && d->pfn < pfn + nr) {
			pfn = d->pfn;
			continue;
		}
		at = find_next_bit(taken, pfn - start + nr, pfn - start);
		if (at < pfn - start + nr) {
			pfn = start + at;
			continue;
		}
		take_pages(pfn, nr);
		nr_control += nr;
		p->control_end = pfn;
		return pfn_to_page(pfn);
	}
	/* It would be safer in the region, but it works. */
	return kexec_alloc_control(p, &kexec_staging_ops, order);
}

/* An image at home has its destinations, whoever had them: others are done. */
static int home_claim(unsigned long pfn, unsigned long nr_pages,
		      unsigned long most_busy)
{
	return 0;
}

static void home_free(struct page *page, unsigned long nr_pages)
{
	free_outside(page_to_pfn(page), page_to_pfn(page) + nr_pages);
}

static const struct kexec_page_ops home_ops = {
	.claim = home_claim,
	.free = home_free,
	.control = region_control,
};

/* An image beside another one gets what that one does not hold. */
static int beside_claim(unsigned long pfn, unsigned long nr_pages,
			unsigned long most_busy)
{
	unsigned long first = pfn - region_pfn(), end = first + nr_pages;

	if (find_next_bit(taken, end, first) < end)
		return -EBUSY;
	bitmap_set(taken, first, nr_pages);
	return 0;
}

static struct page *beside_alloc(gfp_t gfp, unsigned int order)
{
	unsigned long nr_pages = 1UL << order, size = region_pages();
	unsigned long nr_free = size - bitmap_weight(taken, size);
	unsigned long first = bitmap_find_next_zero_area(taken, size, 0, nr_pages, 0);

	if (first < size && nr_free >= nr_pages + nr_control) {
		bitmap_set(taken, first, nr_pages);
		return pfn_to_page(region_pfn() + first);
	}
	/* Smaller blocks of it come before memory that is less safe. */
	if (order && nr_free > nr_control)
		return NULL;
	return kexec_staging_ops.alloc(gfp, order);
}

static void beside_free(struct page *page, unsigned long nr_pages)
{
	unsigned long pfn = page_to_pfn(page), end = pfn + nr_pages;

	/* Those of a run that were neighbours by chance may have come from both. */
	free_outside(pfn, end);
	clamp_to_region(&pfn, &end);
	if (taken && pfn < end)
		bitmap_clear(taken, pfn - region_pfn(), end - pfn);
}

/* What the region has for content that waits. */
static unsigned long beside_free_pages(void)
{
	unsigned long nr_free = region_pages() -
				bitmap_weight(taken, region_pages());

	return nr_free - min(nr_free, nr_control);
}

static unsigned long beside_spare(unsigned long wanted)
{
	unsigned long nr_free = beside_free_pages();

	if (nr_free >= wanted)
		return nr_free;
	return nr_free + kexec_staging_ops.spare(wanted - nr_free);
}

/* With no limit beside the machine's own count, there is none here. */
static unsigned long beside_sources(gfp_t gfp, unsigned long wanted)
{
	unsigned long nr_free = beside_free_pages();

	if (nr_free >= wanted)
		return nr_free;
	return size_add(nr_free, kexec_staging_ops.sources(gfp, wanted - nr_free));
}

static const struct kexec_page_ops beside_ops = {
	.claim = beside_claim,
	.alloc = beside_alloc,
	.free = beside_free,
	.spare = beside_spare,
	.sources = beside_sources,
	.control = region_control,
};

static void close_region(void)
{
	int err = protect_resource(&crashk_res, true);

	if (err)
		pr_warn("the crash region is not protected from being overwritten (%d)\n",
			err);
}

static int open_region(void)
{
	int err = protect_resource(&crashk_res, false);

	if (!err)
		return 0;
	/* A part of it may be. */
	close_region();
	return kexec_refuse(err, "the crash region can't be made writable");
}

/*
 * How much of the region has to be left beside an image for what it unpacks, as a
 * multiple of the packed bytes.  Of these nothing is known here but that, of what
 * is loaded, a RAM disk is the largest part without zeroes past its end.  It is
 * unpacked to some four times its size before it is freed, and somebody has to
 * work there then.  crashkernel.rst has what was measured.
 */
#define UNPACKED_SHARE	5

/* The largest segment that is content up to its last page. */
static unsigned long largest_full(unsigned int nr_segments,
				  const struct kexec_segment *segments)
{
	unsigned long largest = 0;
	unsigned int i;

	for (i = 0; i < nr_segments; i++) {
		if (PAGE_ALIGN(segments[i].bufsz) == segments[i].memsz)
			largest = max(largest, segments[i].bufsz);
	}
	return largest;
}

/* Whether an image may run out of memory in a region of @size bytes. */
static bool is_tight(unsigned int nr_segments,
		     const struct kexec_segment *segments, unsigned long size)
{
	unsigned long packed = largest_full(nr_segments, segments);
	unsigned int i;

	for (i = 0; i < nr_segments; i++)
		size -= segments[i].memsz;
	return size / UNPACKED_SHARE < packed;
}

/* Better now than in a panic. */
static void warn_if_tight(const struct kimage *image)
{
	if (is_tight(image->nr_segments, image->segment, region_size(&crashk_res)))
		pr_warn("the crash image may run out of memory: its largest part, %lu KiB, is more than a fifth of what the crash region has left beside the image; crashkernel= can reserve more\n",
			largest_full(image->nr_segments, image->segment) / SZ_1K);
}

/* Copy the content of a staged image to where it belongs. */
static int copy_home(const struct kimage *staged, unsigned long nr_moved)
{
	struct kexec_move *move = kexec_move_first(staged);
	unsigned long i, nr_pages, done = 0;

	for (; move; move = kexec_move_next(move)) {
		if (!kexec_is_moved(move))
			continue;
		if (kexec_is_broken(move->src, move->len, true))
			return -EIO;
		nr_pages = PHYS_PFN(move->len);
		for (i = 0; i < nr_pages; i++) {
			if (copy_mc_highpage(pfn_to_page(PHYS_PFN(move->dst) + i),
					     pfn_to_page(PHYS_PFN(move->src) + i)))
				return -EIO;
			if (done++ == nr_moved / 2)
				kexec_at_step(KEXEC_STEP_HALF_HOME);
			cond_resched();
		}
	}
	return 0;
}

/*
 * The same image once more, at home.  @staged is in the slot, and no other image
 * holds anything of the region.
 */
static struct kimage *build_at_home(const struct kimage *staged,
				    unsigned long nr_moved)
{
	struct kimage *image __free(kimage) =
		kimage_new(KEXEC_ON_CRASH, &home_ops, staged->start,
			   staged->nr_segments, staged->segment);
	int err;

	if (IS_ERR(image))
		return image;
	bitmap_zero(taken, region_pages());
	take_broken();
	take_image(staged);
	err = kimage_place(image);
	if (err)
		return ERR_PTR(err);

	err = copy_home(staged, nr_moved);
	if (err)
		return ERR_PTR(err);
	memcpy(image->digest, staged->digest, sizeof(image->digest));
	err = machine_kexec_entry(image);
	if (!err)
		err = kexec_place_validate(image);
	if (err)
		return ERR_PTR(err);
	return_ptr(image);
}

static struct kimage *replace_image(unsigned long entry, unsigned int nr_segments,
				    const struct kexec_segment *segments)
{
	struct kimage *staged, *image;
	struct kexec_bytes total;
	int err;

	take_image(kexec_crash_image);
	staged = kimage_build(KEXEC_ON_CRASH, &beside_ops, entry, nr_segments,
			      segments);
	if (PTR_ERR_OR_ZERO(staged) == -ENOMEM)
		kexec_refuse(-ENOMEM,
			     "no memory for a crash image beside the one that is loaded: unload that first (kexec -p -u)");
	if (IS_ERR(staged))
		return staged;

	/* The old one may be overwritten once it is not in the slot. */
	err = kimage_publish_new(staged);
	if (err)
		return ERR_PTR(err);

	kimage_total(staged, &total);
	if (!total.moved)
		return staged;
	image = build_at_home(staged, PHYS_PFN(total.moved));
	if (IS_ERR(image)) {
		pr_warn("the crash image can't be brought to its place, and may wait outside of the crash region, where it is less safe\n");
		return staged;
	}
	kexec_digest_seal(image);
	kexec_at_step(KEXEC_STEP_HOME);

	/* Frees what both of them hold, but nobody looks at the bitmap again. */
	kimage_free(kimage_publish(KEXEC_TYPE_CRASH, image));
	return image;
}

static struct kimage *first_image(unsigned long entry, unsigned int nr_segments,
				  const struct kexec_segment *segments)
{
	struct kimage *image = kimage_build(KEXEC_ON_CRASH, &home_ops, entry,
					    nr_segments, segments);
	int err;

	if (IS_ERR(image))
		return image;
	err = kimage_publish_new(image);
	return err ? ERR_PTR(err) : image;
}

/* One that has changed says nothing about what it holds, and would not be started. */
static void drop_changed_image(void)
{
	if (kexec_crash_image && !kexec_digest_leads_intact(kexec_crash_image))
		kimage_free(kimage_publish(KEXEC_TYPE_CRASH, NULL));
}

/**
 * kexec_region_load - load a crash image into the region and its slot
 * @entry: physical address of its first instruction
 * @nr_segments: how many @segments there are
 * @segments: checked by kexec_check_segments()
 *
 * If the slot has an image, it stays there until the new one is complete, unless it has
 * changed.
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return: the image, or an error pointer: -ENOMEM; what kimage_build(),
 * kimage_publish_new() or machine_crash_protect() returns.
 */
struct kimage *kexec_region_load(unsigned long entry, unsigned int nr_segments,
				 const struct kexec_segment *segments)
{
	struct kimage *image;
	int err;

	lockdep_assert_held(&kexec_mutex);

	taken = kvcalloc(BITS_TO_LONGS(region_pages()), sizeof(long),
			 GFP_KERNEL | __GFP_NOWARN);
	if (!taken)
		return ERR_PTR(kexec_refuse(-ENOMEM,
					    "no memory to keep track of the crash region"));
	take_broken();
	nr_control = 0;
	drop_changed_image();
	err = open_region();
	if (err) {
		image = ERR_PTR(err);
	} else {
		image = kexec_crash_image ?
			replace_image(entry, nr_segments, segments) :
			first_image(entry, nr_segments, segments);
		close_region();
	}
	kvfree(taken);
	taken = NULL;
	if (!IS_ERR(image))
		warn_if_tight(image);
	return image;
}

/**
 * kexec_vmcoreinfo_attach - keep a copy of the notes on this kernel safe
 * @image: an image in kimage_place()
 *
 * With a crash image goes a copy of vmcoreinfo, by which the dump is read: a
 * panic uses it, whatever became of the original.  It gets a mapping of its
 * own, as the time of the crash is added to it when the region is read-only.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_vmcoreinfo_attach(struct kimage *image)
{
	struct page *page;

	static_assert(VMCOREINFO_BYTES == PAGE_SIZE);

	if (image->type != KEXEC_TYPE_CRASH)
		return 0;
	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	image->vmcoreinfo = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!image->vmcoreinfo)
		return kexec_refuse(-ENOMEM, "out of memory for a mapping");
	image->vmcoreinfo_pfn = page_to_pfn(page);
	/* Copies, and uses the copy from now on. */
	crash_update_vmcoreinfo_safecopy(image->vmcoreinfo);
	return 0;
}

/**
 * kexec_vmcoreinfo_detach - give up an image's copy of vmcoreinfo
 * @image: an image that is about to be freed
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 */
void kexec_vmcoreinfo_detach(struct kimage *image)
{
	struct kimage *crash_image = kexec_crash_image;

	if (!image->vmcoreinfo)
		return;
	crash_update_vmcoreinfo_safecopy(crash_image ? crash_image->vmcoreinfo :
						       NULL);
	vunmap(image->vmcoreinfo);
	image->vmcoreinfo = NULL;
}

/**
 * crash_get_memory_size - how much memory is reserved for a crash image
 *
 * Anybody may ask: not under kexec_mutex, so that nobody keeps others from loading.
 *
 * Context: Process context.
 * Return: bytes, those of a second region below 4 GiB included.
 */
ssize_t crash_get_memory_size(void)
{
	ssize_t size;

	spin_lock(&kexec_slot_lock);
	size = region_size(&crashk_res) + region_size(&crashk_low_res);
	spin_unlock(&kexec_slot_lock);
	return size;
}

static void free_pages_of(const struct resource *res)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(res->start); pfn <= PHYS_PFN(res->end); pfn++) {
		free_reserved_page(pfn_to_page(pfn));
		kexec_at_step(KEXEC_STEP_SHRINKING);
		cond_resched();
	}
}

/* Keep the first @size bytes of a region, which may be in no tree. */
static void cut_resource(struct resource *res, unsigned long size)
{
	/* Others read the size meanwhile. */
	spin_lock(&kexec_slot_lock);
	if (size) {
		adjust_resource(res, res->start, size);
	} else {
		if (res->parent)
			release_resource(res);
		res->start = 0;
		res->end = 0;
	}
	spin_unlock(&kexec_slot_lock);
}

/*
 * Give back what of a region lies past its first @size bytes.  Where the region
 * is no part of System RAM, @ram becomes that.  Can't fail.
 */
static void shrink_resource(struct resource *res, unsigned long size,
			    struct resource *ram)
{
	struct resource *parent = res->parent;

	*ram = (struct resource) {
		.name = "System RAM",
		.start = res->start + size,
		.end = res->end,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	cut_resource(res, size);
	free_pages_of(ram);
	if (parent == &iomem_resource)
		insert_resource(parent, ram);
	else
		kfree(ram);
	kexec_at_step(KEXEC_STEP_SHRUNK);
}

static int shrink_region(unsigned long size)
{
	resource_size_t start = crashk_res.start + size;
	unsigned long nr_pages = PHYS_PFN(crashk_res.end + 1 - start);
	struct resource *ram = kzalloc(sizeof(*ram), GFP_KERNEL);
	int err;

	if (!ram)
		return kexec_refuse(-ENOMEM, "out of memory");

	/* Make ordinary memory of what lies past it. */
	err = machine_crash_protect(start, nr_pages, false);
	if (err) {
		kfree(ram);
		/* A part of it may be. */
		close_region();
		return kexec_refuse(err, "the crash region can't be made writable");
	}
	err = machine_kexec_release_pages(pfn_to_page(PHYS_PFN(start)), nr_pages);
	if (err) {
		/* Nobody knows how they can be read: they are of no use any more. */
		kfree(ram);
		cut_resource(&crashk_res, size);
		machine_crash_region_changed();
		return kexec_refuse(err,
				    "the memory of the crash region is lost, as it can't be given back");
	}
	shrink_resource(&crashk_res, size, ram);
	machine_crash_region_changed();
	return 0;
}

/* It serves for nothing any more, if there is one: the other region is gone, or lost. */
static int give_back_low_region(void)
{
	struct resource *ram;

	if (!region_size(&crashk_low_res))
		return 0;
	ram = kzalloc(sizeof(*ram), GFP_KERNEL);
	if (!ram)
		return kexec_refuse(-ENOMEM, "out of memory");
	shrink_resource(&crashk_low_res, 0, ram);
	return 0;
}

static int shrink_to(unsigned long new_size)
{
	unsigned long size = region_size(&crashk_res);
	unsigned long low_size = region_size(&crashk_low_res);
	int err = 0;

	if (kexec_crash_image)
		return kexec_refuse(-ENOENT,
				    "the crash region can't shrink while an image is loaded");
	if (new_size > size + low_size)
		return kexec_refuse(-EINVAL,
				    "the crash region can only shrink, and has %lu bytes",
				    size + low_size);

	/* The low region keeps its size, which the devices need. */
	new_size = PAGE_ALIGN(new_size);
	new_size -= min(new_size, low_size);
	if (new_size < size)
		err = shrink_region(new_size);
	if (!region_size(&crashk_res))
		err = give_back_low_region() ?: err;
	return err;
}

/**
 * crash_shrink_memory - give back memory that was reserved for a crash image
 * @new_size: bytes to keep; rounded up to whole pages
 *
 * Context: May sleep.
 * Return:
 * * %0 - the rest is given back
 * * %-EPERM - the caller lacks CAP_SYS_BOOT
 * * %-EBUSY - a load or a handoff is in progress
 * * %-ENOENT - a crash image is loaded
 * * %-EINVAL - more than is reserved
 * * %-ENOMEM - no memory
 * * what machine_crash_protect() returns: nothing is given back
 * * what machine_kexec_release_pages() returns: the region is smaller, and the rest lost
 */
int crash_shrink_memory(unsigned long new_size)
{
	int err;

	err = kexec_check_privilege();
	if (err)
		return err;
	if (!mutex_trylock(&kexec_mutex))
		return kexec_refuse(-EBUSY, "a load or a handoff is in progress");
	err = shrink_to(new_size);
	/* Not kexec_unlock(), which is for who has stopped the worker. */
	mutex_unlock(&kexec_mutex);
	return err;
}

/* Runs once page tables can be split, and before anybody can load. */
static int __init region_init(void)
{
	unsigned long size = region_size(&crashk_res);

	if (!size)
		return 0;
	if (!machine_kexec_adopt_pages(pfn_to_page(PHYS_PFN(crashk_res.start)),
				       PHYS_PFN(size))) {
		close_region();
		return 0;
	}
	pr_warn("the crash region can't be prepared: its %lu KiB are lost\n",
		size / SZ_1K);
	cut_resource(&crashk_res, 0);
	return give_back_low_region();
}
subsys_initcall(region_init);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "region_test.c"
#endif
