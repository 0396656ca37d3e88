// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images and the two slots that they are loaded into.
 *
 * An image is built whole, aside, and then published by one pointer (invariant
 * 2): until that moment the slot keeps what it had, and a load that fails
 * leaves nothing behind.  The order of the steps is placement's, see place.c;
 * the architecture gets its say before memory is claimed, and once more before the
 * content is copied, so that what it refuses costs no time.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xxhash.h>

#define CREATE_TRACE_POINTS
#include <trace/events/kexec.h>

#include "internal.h"

/* See internal.h for both. */
DEFINE_MUTEX(kexec_mutex);
DEFINE_SPINLOCK(kexec_slot_lock);

struct kimage *kexec_image;
struct kimage *kexec_crash_image;

/* How many of the @len bytes at @offset of a segment the caller gives. */
static unsigned long content_of(const struct kexec_segment *seg,
				unsigned long offset, unsigned long len)
{
	return offset < seg->bufsz ? min(len, seg->bufsz - offset) : 0;
}

/*
 * Copy @len bytes at @offset of a segment to @to; zeroes past its content.  @atomic:
 * nobody is waited for; -EAGAIN if content is not in memory.
 */
static int fill_run(void *to, const struct kexec_segment *seg,
		    unsigned long offset, unsigned long len, bool atomic)
{
	unsigned long content = content_of(seg, offset, len), left;

	if (atomic)
		pagefault_disable();
	left = copy_from_user(to, seg->buf + offset, content);
	if (atomic)
		pagefault_enable();
	if (left)
		return atomic ? -EAGAIN : -EFAULT;
	memset(to + content, 0, len - content);
	return 0;
}

/* Have content in memory, for a moment at least. */
static int fault_in(const struct kexec_segment *seg, unsigned long offset,
		    unsigned long len)
{
	return fault_in_readable(seg->buf + offset, content_of(seg, offset, len)) ?
		-EFAULT : 0;
}

static int fill_move(struct kimage *image, unsigned int nr,
		     const struct kexec_move *move, struct xxh64_state *state)
{
	const struct kexec_segment *seg = &image->segment[nr];
	unsigned long done, len;

	for (done = 0; done < move->len; done += len) {
		unsigned long offset = move->dst + done - seg->mem, src = move->src + done;
		/*
		 * A page of highmem that is mapped keeps this task on its CPU, and the
		 * caller's content may be somebody's who never answers: who takes the CPU
		 * offline would wait for him, with locks held that each handoff needs.
		 */
		bool atomic = PageHighMem(pfn_to_page(PHYS_PFN(src)));
		void *run;
		int err;

		err = kexec_check_signal();
		if (err)
			return err;

		len = move->len - done;
		run = kexec_map_run(src, &len);
		err = fill_run(run, seg, offset, len, atomic);
		if (!err && kimage_is_verified(image))
			xxh64_update(state, run, len);
		kexec_unmap_run(run);
		if (err == -EAGAIN) {
			err = fault_in(seg, offset, len);
			len = 0;
		}
		kexec_at_step(KEXEC_STEP_FILLING);
		if (err)
			return kexec_check_signal() ?:
			       kexec_refuse_segment(err, nr, seg,
						    "has content that the caller can't read, from offset %#lx on",
						    offset);
	}
	return 0;
}

/*
 * Copy the content from the caller, once, to where it waits.  The entries of a
 * segment stand in the table in one stretch.
 */
static int fill_image(struct kimage *image)
{
	unsigned int last = KEXEC_SEGMENT_MAX;
	struct kexec_move *move;
	struct xxh64_state state;

	kexec_digest_empty(image->digest);
	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned int nr = kexec_move_segment(image, move);
		int err;

		if (move->src == KEXEC_SRC_ZERO)
			continue;
		if (nr != last)
			xxh64_reset(&state, 0);
		last = nr;

		err = fill_move(image, nr, move, &state);
		if (err)
			return err;
		if (kimage_is_verified(image))
			image->digest[nr] = xxh64_digest(&state);
	}
	return 0;
}

/**
 * kimage_free - free an image and all that it holds
 * @image: an image that is in no slot, complete or not; NULL or an error pointer
 *
 * Context: May sleep.
 */
void kimage_free(struct kimage *image)
{
	if (IS_ERR_OR_NULL(image))
		return;
	kexec_vmcoreinfo_detach(image);
	if (image->sealed && !kexec_digest_leads_intact(image)) {
		/*
		 * By its table, memory of others would be freed, and what is known to be
		 * broken would be read.  Where it has its destinations, it may have
		 * memory, which can't go offline: that would be tried for ever.  What is
		 * the crash region's is told by crashk_res.
		 */
		pr_warn("an image that changed in memory is given up, with what it holds of the system's memory\n");
		return;
	}
	machine_kexec_cleanup(image);
	kexec_place_free(image);
	kexec_stay_release(image);
	kvfree(image->control);
	kfree(image);
}

static enum kexec_type type_of(unsigned long flags)
{
	return flags & KEXEC_ON_CRASH ? KEXEC_TYPE_CRASH : KEXEC_TYPE_DEFAULT;
}

/**
 * kimage_new - start an image
 * @flags: of kexec_load(2)
 * @ops: where its pages are to come from
 * @entry: physical address of its first instruction
 * @nr_segments: how many @segments there are
 * @segments: checked by kexec_check_segments()
 *
 * Context: May sleep.
 * Return: an image that holds no memory yet, or an error pointer.
 */
struct kimage *kimage_new(unsigned long flags, const struct kexec_page_ops *ops,
			  unsigned long entry, unsigned int nr_segments,
			  const struct kexec_segment *segments)
{
	struct kimage *image = kzalloc(sizeof(*image), GFP_KERNEL);
	bool verify;

	if (!image)
		return ERR_PTR(kexec_refuse(-ENOMEM, "out of memory"));

	image->type = type_of(flags);
	image->preserve_context = flags & KEXEC_PRESERVE_CONTEXT;
	image->ops = ops;
	image->start = entry;
	image->nr_segments = nr_segments;
	memcpy(image->segment, segments, nr_segments * sizeof(*segments));
	INIT_LIST_HEAD(&image->control_pages);
	INIT_LIST_HEAD(&image->holder);
	verify = image->type == KEXEC_TYPE_CRASH ? kexec_crash_verify() :
						   READ_ONCE(kexec_verify);
	image->unverified = verify ? 0 : KEXEC_UNVERIFIED;
	return image;
}

/*
 * In a guest whose memory is accepted when it is first used: the page allocator
 * did so for what it gave, and the handoff writes to the rest.
 */
static int accept_destinations(const struct kimage *image)
{
	unsigned long done, len;
	unsigned int i;
	int err;

	if (!IS_ENABLED(CONFIG_UNACCEPTED_MEMORY))
		return 0;
	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		/* Interrupts are off while a piece of it is accepted. */
		for (done = 0; done < seg->memsz; done += len) {
			err = kexec_check_signal();
			if (err)
				return err;
			len = min_t(unsigned long, seg->memsz - done,
				    PFN_PHYS(MAX_ORDER_NR_PAGES));
			accept_memory(seg->mem + done, len);
		}
	}
	return 0;
}

/**
 * kimage_place - find a place for all that an image consists of
 * @image: from kimage_new()
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return: 0, -ENOMEM, -EINTR on a fatal signal, -EBUSY if memory came online meanwhile;
 * what machine_kexec_prepare() returns.
 */
int kimage_place(struct kimage *image)
{
	struct kexec_placement *p __free(kfree) = kmalloc(sizeof(*p), GFP_KERNEL);
	unsigned long arrivals, given;
	int err;

	if (!p)
		return kexec_refuse(-ENOMEM, "out of memory");

	err = kexec_place_begin(p, image);
	if (err)
		return err;
	err = kexec_place_claim(p);
	if (!err)
		err = accept_destinations(image);
	/* What the handoff maps is the memory that there is now. */
	arrivals = kexec_stay_arrivals();
	given = kexec_buddy_given();
	if (!err)
		err = machine_kexec_prepare(image);
	if (!err)
		err = kexec_vmcoreinfo_attach(image);
	/* Control memory is looked for until the caller is killed. */
	if (err == -ENOMEM && fatal_signal_pending(current))
		err = -EINTR;
	if (!err)
		err = kexec_place_sources(p);
	kexec_place_end(p);
	/*
	 * ... and is not enough for pages of memory that came later.  A crash image that
	 * has the region's pages only is loaded anew whenever memory comes: it has none.
	 */
	if (!err && kexec_buddy_given() != given &&
	    kexec_stay_arrivals() != arrivals)
		err = kexec_refuse(-EBUSY, "memory came online meanwhile");
	if (!err)
		err = kexec_digest_list(image);
	if (!err)
		kexec_at_step(KEXEC_STEP_PLACED);
	return err;
}

/**
 * kimage_build - build an image, all but its seal
 * @flags: of kexec_load(2)
 * @ops: where its pages are to come from
 * @entry: physical address of its first instruction
 * @nr_segments: how many @segments there are
 * @segments: checked by kexec_check_segments(); their content is read from
 *	current's memory
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return: the image, or an error pointer: -EFAULT, -EINTR; -EIO if its placement is
 * wrong; -EBUSY or -EADDRNOTAVAIL if memory that it has to lie in goes away; -EINVAL if
 * the console of kexec.handoff_debug= is in memory; what machine_kexec_check_image(),
 * kimage_place() or machine_kexec_entry() returns.
 */
struct kimage *kimage_build(unsigned long flags,
			    const struct kexec_page_ops *ops,
			    unsigned long entry, unsigned int nr_segments,
			    const struct kexec_segment *segments)
{
	struct kimage *image __free(kimage) =
		kimage_new(flags, ops, entry, nr_segments, segments);
	int err;

	if (IS_ERR(image))
		return image;

	/* What the segments were checked for may have gone in between. */
	if (image->type == KEXEC_TYPE_DEFAULT)
		err = kexec_stay_hold(image) ?: kexec_check_ram(image);
	else
		err = 0;
	if (!err)
		err = machine_kexec_check_image(image) ?:
		      kexec_check_handoff_console();
	if (!err)
		err = kimage_place(image);
	if (!err)
		err = fill_image(image);
	if (!err)
		err = machine_kexec_entry(image);
	if (err)
		return ERR_PTR(err);
	image->letter = kexec_letter_find(image);
	kexec_at_step(KEXEC_STEP_FILLED);

	err = kexec_place_validate(image);
	if (err)
		return ERR_PTR(err);
	return_ptr(image);
}

/* With kexec_slot_lock held. */
static struct kimage *exchange(enum kexec_type type, struct kimage *image)
{
	struct kimage **slot = type == KEXEC_TYPE_CRASH ? &kexec_crash_image :
							  &kexec_image;
	struct kimage *old = *slot;

	kexec_at_step(KEXEC_STEP_PUBLISHING);
	/* A panic may look at it from now on: it has to be complete. */
	smp_store_release(slot, image);
	return old;
}

/**
 * kimage_publish - put an image into a slot
 * @type: which slot
 * @image: a complete image, or NULL
 *
 * Context: Any but interrupts.  The caller holds kexec_mutex.
 * Return: what was in the slot.
 */
struct kimage *kimage_publish(enum kexec_type type, struct kimage *image)
{
	struct kimage *old;

	lockdep_assert_held(&kexec_mutex);
	spin_lock(&kexec_slot_lock);
	old = exchange(type, image);
	spin_unlock(&kexec_slot_lock);
	return old;
}

/*
 * kexec_slot_lock orders this and the write of kernel.kexec_load_disabled: when that has
 * returned, no call changes a slot any more.
 */
static int exchange_if_allowed(enum kexec_type type, struct kimage *image,
			       struct kimage **old)
{
	int err;

	lockdep_assert_held(&kexec_mutex);
	spin_lock(&kexec_slot_lock);
	err = kexec_check_still_allowed();
	if (!err)
		*old = exchange(type, image);
	spin_unlock(&kexec_slot_lock);
	return err;
}

/**
 * kimage_publish_new - seal an image that a caller loads, and put it into its slot
 * @image: a complete image; freed if it may not be loaded any more
 *
 * What was in the slot is freed.
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return: 0, or -EPERM: the slot has what it had.
 */
int kimage_publish_new(struct kimage *image)
{
	struct kimage *old;
	int err;

	kexec_digest_seal(image);
	err = exchange_if_allowed(image->type, image, &old);
	if (err) {
		kimage_free(image);
		return err;
	}
	kexec_at_step(KEXEC_STEP_PUBLISHED);
	kimage_free(old);
	return 0;
}

static void report_load(const struct kimage *image, u64 ns)
{
	struct kexec_bytes total;
	unsigned int i;

	kimage_total(image, &total);
	for (i = 0; i < image->nr_segments; i++) {
		if (image->segment[i].memsz)
			trace_kexec_segment(i, &image->segment[i],
					    &image->bytes[i]);
	}
	trace_kexec_load(image, &total, ns);
	pr_info("%s image loaded: %u segments, %lu bytes: %lu in place, %lu moved, %lu zero, in %llu ms\n",
		image->type == KEXEC_TYPE_CRASH ? "crash" : "boot",
		image->nr_segments, total.in_place + total.moved + total.zero,
		total.in_place, total.moved, total.zero,
		div_u64(ns, NSEC_PER_MSEC));
}

/* The new image is complete while the old one still is, and takes its place. */
static struct kimage *load_boot_image(unsigned long entry,
				      unsigned int nr_segments,
				      const struct kexec_segment *segments,
				      unsigned long flags)
{
	struct kimage *image;
	int err;

	image = kimage_build(flags, &kexec_buddy_ops, entry, nr_segments,
			     segments);
	if (IS_ERR(image))
		return image;
	err = kimage_publish_new(image);
	return err ? ERR_PTR(err) : image;
}

/* Nothing but an entry point: the kernel that started this one, and waits. */
static bool is_way_back(unsigned long flags, unsigned int nr_segments,
			const struct kexec_segment *segments)
{
	unsigned int i;

	if (!(flags & KEXEC_PRESERVE_CONTEXT))
		return false;
	for (i = 0; i < nr_segments; i++) {
		if (segments[i].memsz || segments[i].bufsz)
			return false;
	}
	return true;
}

/**
 * kimage_load - load an image into its slot
 * @entry: physical address of its first instruction
 * @nr_segments: at least 1, at most %KEXEC_SEGMENT_MAX
 * @segments: copied from the caller, not checked yet; their content is read
 *	from current's memory
 * @flags: of kexec_load(2), known bits only
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return:
 * * %0 - the image is in its slot
 * * %-EADDRNOTAVAIL - a crash image, but no memory is reserved for one; a boot image,
 *   and memory that it has to lie in is gone
 * * %-EBUSY - memory that it has to lie in is going offline, or some came online
 * * %-EFAULT - content can't be read
 * * %-ENOMEM - no memory; the slot keeps what it had, as ever
 * * %-EINTR - a fatal signal came
 * * %-EINVAL - the console of kexec.handoff_debug= is in memory
 * * %-EIO - its placement is wrong, a bug, with CONFIG_DEBUG_KEXEC
 * * %-EPERM - loading was forbidden meanwhile
 * * what kexec_check_segments(), kexec_check_way_back(), machine_kexec_check(),
 *   machine_kexec_check_image(), machine_kexec_prepare(), machine_kexec_entry() or,
 *   for a crash image, machine_crash_protect() returns
 */
int kimage_load(unsigned long entry, unsigned int nr_segments,
		const struct kexec_segment *segments, unsigned long flags)
{
	enum kexec_type type = type_of(flags);
	u64 start = ktime_get_ns();
	struct kimage *image;
	int err;

	lockdep_assert_held(&kexec_mutex);

	err = machine_kexec_check(type == KEXEC_TYPE_CRASH);
	if (!err && type == KEXEC_TYPE_CRASH)
		err = kexec_region_check();
	if (!err)
		err = is_way_back(flags, nr_segments, segments) ?
		      kexec_check_way_back(entry) :
		      kexec_check_segments(type, segments, nr_segments, entry);
	if (err)
		return err;

	image = type == KEXEC_TYPE_CRASH ?
		kexec_region_load(entry, nr_segments, segments) :
		load_boot_image(entry, nr_segments, segments, flags);
	if (IS_ERR(image))
		return PTR_ERR(image);

	report_load(image, ktime_get_ns() - start);
	return 0;
}

/**
 * kimage_unload - empty a slot
 * @type: which
 *
 * Context: May sleep.  The caller holds kexec_mutex.
 * Return: 0, or -EPERM if unloading was forbidden meanwhile.
 */
int kimage_unload(enum kexec_type type)
{
	struct kimage *image;
	int err;

	kexec_at_step(KEXEC_STEP_UNLOADING);
	err = exchange_if_allowed(type, NULL, &image);
	if (err)
		return err;
	kexec_at_step(KEXEC_STEP_UNLOADED);
	if (image)
		trace_kexec_unload(image);
	kimage_free(image);
	return 0;
}
