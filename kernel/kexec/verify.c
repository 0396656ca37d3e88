// SPDX-License-Identifier: GPL-2.0-only
/*
 * Digests of an image: of each segment's content, taken while the image is
 * filled, of its control memory, and of the record that leads to both.  They
 * are compared before the handoff: an image that something overwrote is not
 * worth losing the running system for, nor the messages of one that panics.
 *
 * It is xxh64: fast, and good at finding accidents.  It is no protection from
 * somebody who can write to kernel memory; nothing in here could be.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nmi.h>
#include <linux/page-flags.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stddef.h>
#include <linux/xxhash.h>

#include "internal.h"

/* The sysctl kernel.kexec_verify: whether images loaded from now on get one. */
int kexec_verify __read_mostly = 1;

/**
 * kexec_digest_empty - the digests of segments for which no memory is held
 * @digest: %KEXEC_SEGMENT_MAX of them
 */
void kexec_digest_empty(u64 *digest)
{
	struct xxh64_state state;
	unsigned int i;

	xxh64_reset(&state, 0);
	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		digest[i] = xxh64_digest(&state);
}

/**
 * kexec_calm_watchdog - say that this CPU is not stuck
 *
 * Interrupts are off, so timers don't fire, and a watchdog that is an NMI would
 * take that for a fault.  Such a one looks at this CPU's flag; to set it is one
 * store.  Not by touch_nmi_watchdog(): what an architecture does there may need
 * a lock, which a CPU that was stopped may hold.
 *
 * Context: Any, on a CPU that no task leaves; to be called again each second.
 */
void kexec_calm_watchdog(void)
{
#ifdef CONFIG_HARDLOCKUP_DETECTOR_COUNTS_HRTIMER
	watchdog_hardlockup_touch_cpu(raw_smp_processor_id());
#endif
}

/* To be called every few milliseconds. */
static void take_a_breath(bool may_sleep)
{
	if (may_sleep)
		cond_resched();
	else
		kexec_calm_watchdog();
}

/* Pages that are looked at in one go. */
#define BROKEN_AT_ONCE	BIT(15)

/**
 * kexec_is_broken - whether a page is known to have a hardware error
 * @phys: physical address, page aligned
 * @len: bytes, whole pages
 * @may_sleep: whether the caller may
 *
 * To read such a page is a machine check, and an image that lies there is not
 * what was loaded.
 *
 * Context: Any, NMI included, if not @may_sleep.
 * Return: whether one of them has, as far as the kernel was told.
 */
bool kexec_is_broken(unsigned long phys, unsigned long len, bool may_sleep)
{
	unsigned long pfn = PHYS_PFN(phys), i;

	if (!IS_ENABLED(CONFIG_MEMORY_FAILURE))
		return false;
	for (i = 0; i < PHYS_PFN(len); i++) {
		/* Of memory that is offline there may be nothing to look at. */
		struct page *page = pfn_to_online_page(pfn + i);

		/* Of a huge page, the first one is marked for all. */
		if (page && is_page_hwpoison(page))
			return true;
		/* Some milliseconds. */
		if (i % BROKEN_AT_ONCE == BROKEN_AT_ONCE - 1)
			take_a_breath(may_sleep);
	}
	return false;
}

static bool control_is_broken(const struct kimage *image, bool may_sleep)
{
	unsigned int i;

	for (i = 0; i < image->nr_control; i++) {
		if (kexec_is_broken(PFN_PHYS(image->control[i].pfn),
				    PFN_PHYS(image->control[i].nr_pages), may_sleep))
			return true;
	}
	return false;
}

/* @len bytes from @phys; @may_sleep: the caller is in no hurry. */
static void digest_run(struct xxh64_state *state, unsigned long phys,
		       unsigned long len, bool may_sleep)
{
	unsigned long done, part;

	for (done = 0; done < len; done += part) {
		void *run;

		part = len - done;
		run = kexec_map_run(phys + done, &part);
		xxh64_update(state, run, part);
		kexec_unmap_run(run);
		take_a_breath(may_sleep);
	}
}

/**
 * kexec_digest_list - write down what the control memory consists of
 * @image: a placed image
 *
 * The list that it is freed by goes through struct page, of which there is no
 * digest, and that no panic should follow.
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kexec_digest_list(struct kimage *image)
{
	const struct page *page;
	unsigned int nr = 0;

	list_for_each_entry(page, &image->control_pages, lru)
		nr++;
	image->control = kvmalloc_array(nr, sizeof(*image->control),
					GFP_KERNEL | __GFP_NOWARN);
	if (!image->control)
		return kexec_refuse(-ENOMEM, "out of memory for a list of %u runs",
				    nr);
	list_for_each_entry(page, &image->control_pages, lru)
		image->control[image->nr_control++] = (struct kexec_run) {
			.pfn = page_to_pfn(page),
			.nr_pages = page_private(page),
		};
	return 0;
}

static u64 list_digest(const struct kimage *image)
{
	return xxh64(image->control, image->nr_control * sizeof(*image->control), 0);
}

/*
 * All but the copy of vmcoreinfo, a run of its own, which leads nowhere.  It is written
 * after the image was sealed: when another one is freed, and in a panic.  And that goes by
 * a mapping of its own, so that what is read here by the kernel's would be older where
 * caches can hold both, and encrypted on an SME host.
 */
static u64 control_digest(const struct kimage *image, bool may_sleep)
{
	struct xxh64_state state;
	unsigned int i;

	xxh64_reset(&state, 0);
	for (i = 0; i < image->nr_control; i++) {
		const struct kexec_run *run = &image->control[i];

		if (!run->pfn || run->pfn != image->vmcoreinfo_pfn)
			digest_run(&state, PFN_PHYS(run->pfn), PFN_PHYS(run->nr_pages),
				   may_sleep);
	}
	return xxh64_digest(&state);
}

static u64 record_digest(const struct kimage *image)
{
	return xxh64(image, offsetof(struct kimage, record_digest), 0);
}

/**
 * kexec_digest_seal - take the digests that the content's are found by
 * @image: a filled image; its table, its control memory and the members that
 *	@record_digest covers don't change any more
 *
 * Context: May sleep.
 */
void kexec_digest_seal(struct kimage *image)
{
	image->sealed = true;
	if (!kimage_is_verified(image))
		return;
	image->list_digest = list_digest(image);
	image->control_digest = control_digest(image, true);
	image->record_digest = record_digest(image);
}

/**
 * kexec_digest_reseal - take the digest of the control memory again
 * @image: a sealed image of which only entries of the move table have changed
 *
 * If the record or the list of the control memory has, too, the digests stay what they are,
 * and the handoff refuses the image.  What else has changed in the control memory itself
 * can't be told.
 *
 * Context: May sleep.
 */
void kexec_digest_reseal(struct kimage *image)
{
	if (kimage_is_verified(image) &&
	    (record_digest(image) != image->record_digest ||
	     list_digest(image) != image->list_digest))
		return;
	/* Not to be read; the handoff is going to refuse the image. */
	if (control_is_broken(image, true))
		return;
	kexec_digest_seal(image);
}

/* What leads to the content, each thing before it is followed, or read. */
static int compare_leads(const struct kimage *image, bool may_sleep)
{
	if (kimage_is_verified(image) && record_digest(image) != image->record_digest)
		return KEXEC_RECORD_CHANGED;
	if (kimage_is_verified(image) && list_digest(image) != image->list_digest)
		return KEXEC_CONTROL_CHANGED;
	if (control_is_broken(image, may_sleep))
		return KEXEC_CONTROL_BROKEN;
	if (kimage_is_verified(image) &&
	    control_digest(image, may_sleep) != image->control_digest)
		return KEXEC_CONTROL_CHANGED;
	return KEXEC_UNCHANGED;
}

/**
 * kexec_digest_leads_intact - whether all that leads to the content is as sealed
 * @image: a sealed image
 *
 * That is its record, and its control memory, with the move table.
 *
 * Context: May sleep.
 * Return: whether they can be read, and are the same, or no digest was taken.
 */
bool kexec_digest_leads_intact(const struct kimage *image)
{
	return compare_leads(image, true) == KEXEC_UNCHANGED;
}

/* Of the content of each segment, as it is now. */
static void content_digests(const struct kimage *image, bool may_sleep,
			    u64 digest[KEXEC_SEGMENT_MAX])
{
	unsigned int last = KEXEC_SEGMENT_MAX;
	struct kexec_move *move;
	struct xxh64_state state;

	kexec_digest_empty(digest);
	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned int nr = kexec_move_segment(image, move);

		if (move->src == KEXEC_SRC_ZERO)
			continue;
		if (nr != last)
			xxh64_reset(&state, 0);
		last = nr;
		digest_run(&state, move->src, move->len, may_sleep);
		digest[nr] = xxh64_digest(&state);
	}
}

/* The segment of which a page is broken, where it waits or where it goes; or -1. */
static int find_broken_segment(const struct kimage *image, bool may_sleep)
{
	struct kexec_move *move;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		if (kexec_is_broken(move->dst, move->len, may_sleep) ||
		    (move->src != KEXEC_SRC_ZERO &&
		     kexec_is_broken(move->src, move->len, may_sleep)))
			return kexec_move_segment(image, move);
	}
	return -1;
}

/**
 * kexec_digest_retake - take the digests of an image that has returned
 * @image: a sealed image
 * @start: says where it is to be entered the next time, by its table and its content
 *
 * Its content is what it made of it.  But its control memory is not its own to
 * change, and is the same as before: see the contract of machine_kexec().  If
 * it is not, the digests stay what they are, and the next handoff is refused.
 *
 * Context: May sleep.
 */
void kexec_digest_retake(struct kimage *image,
			 unsigned long (*start)(const struct kimage *image))
{
	if (!kexec_digest_leads_intact(image)) {
		pr_warn("the control memory changed while the image ran; it can't be started again\n");
		return;
	}
	/* Not to be read; the next handoff is refused for that. */
	if (find_broken_segment(image, true) >= 0)
		return;
	image->start = start(image);
	if (kimage_is_verified(image))
		content_digests(image, true, image->digest);
	kexec_digest_seal(image);
}

/**
 * kexec_digest_compare - whether an image is still what was loaded
 * @image: a sealed image
 * @may_sleep: whether the caller may
 *
 * What leads to something is compared before it is followed, and nothing is read
 * that is known to be broken.  That is looked at also where no digest was taken.
 *
 * Context: Any, NMI included, if not @may_sleep.  Takes no lock.
 * Return: %KEXEC_UNCHANGED, or what changed, the first such thing.
 */
int kexec_digest_compare(const struct kimage *image, bool may_sleep)
{
	u64 digest[KEXEC_SEGMENT_MAX];
	unsigned int i;
	int what;

	what = compare_leads(image, may_sleep);
	if (what != KEXEC_UNCHANGED)
		return what;
	what = find_broken_segment(image, may_sleep);
	if (what >= 0)
		return KEXEC_BROKEN + what;
	if (!kimage_is_verified(image))
		return KEXEC_UNCHANGED;

	content_digests(image, may_sleep, digest);
	for (i = 0; i < image->nr_segments; i++) {
		if (digest[i] != image->digest[i])
			return i;
	}
	return KEXEC_UNCHANGED;
}

/**
 * kexec_describe_change - put in words what kexec_digest_compare() found
 * @image: the image
 * @what: a thing that changed
 * @reason: where the words go
 *
 * Context: Any.
 */
void kexec_describe_change(const struct kimage *image, int what,
			   char reason[KEXEC_REASON_MAX])
{
	static const char changed[] = "changed in memory since it was loaded";
	static const char broken[] = "has a page with a hardware error";
	const struct kexec_segment *seg;

	switch (what) {
	case KEXEC_RECORD_CHANGED:
		scnprintf(reason, KEXEC_REASON_MAX, "the record of the image %s",
			  changed);
		break;
	case KEXEC_CONTROL_CHANGED:
		scnprintf(reason, KEXEC_REASON_MAX, "the control memory %s",
			  changed);
		break;
	case KEXEC_CONTROL_BROKEN:
		scnprintf(reason, KEXEC_REASON_MAX, "the control memory %s",
			  broken);
		break;
	default:
		seg = &image->segment[what % KEXEC_BROKEN];
		scnprintf(reason, KEXEC_REASON_MAX, "segment %d [%#lx-%#lx] %s",
			  what % KEXEC_BROKEN, seg->mem,
			  seg->mem + (seg->memsz - 1),
			  what < KEXEC_BROKEN ? changed : broken);
	}
}

static int refuse_change(const struct kimage *image, int what)
{
	char reason[KEXEC_REASON_MAX];

	if (what == KEXEC_UNCHANGED)
		return 0;
	kexec_describe_change(image, what, reason);
	return kexec_refuse(-EIO, "%s", reason);
}

/**
 * kexec_digest_check_leads - refuse to follow what is not as it was sealed
 * @image: a sealed image
 *
 * What kexec_digest_leads_intact() says, for who looks into the image before
 * kexec_digest_check().
 *
 * Context: May sleep.
 * Return: 0 or -EIO.
 */
int kexec_digest_check_leads(const struct kimage *image)
{
	return refuse_change(image, compare_leads(image, true));
}

/**
 * kexec_digest_check - refuse to start an image that is not what was loaded
 * @image: a sealed image
 *
 * Context: May sleep.
 * Return: 0 or -EIO; -EINTR on a fatal signal.
 */
int kexec_digest_check(const struct kimage *image)
{
	int what = kexec_digest_compare(image, true);

	/* It takes a while: who was killed does not want the rest. */
	if (fatal_signal_pending(current))
		return kexec_refuse(-EINTR, "interrupted by a fatal signal");
	return refuse_change(image, what);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "verify_test.c"
#endif
