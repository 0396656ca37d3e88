// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settling: an image comes home after it was loaded.
 *
 * A load takes those pages of its destinations that are free, or that cost no
 * more than a copy would.  For content whose pages are in use it takes sources
 * instead, and returns: moving their users elsewhere takes several times as long
 * as copying.  A worker does that afterwards, page block by page block, and
 * brings the content home, so that nothing is left to move once the machine is
 * away.  A handoff waits for it, as long as the system still runs; any other
 * call that needs the image stops it, and lets it go on afterwards.
 *
 *	load    |---claim, copy---|
 *	worker                    |--settle--.    .-------|
 *	load of a crash image                |----|
 *	handoff                                       |...|--shut down, jump-->
 *
 * The worker takes no lock: whoever changes the boot slot, or looks into its
 * image, has stopped it by kexec_lock() before, and only kexec_unlock() starts it.
 * A panic may find it at any point; it does not look at boot images.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/highmem.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"

/* Less when settling: somebody may be waiting for that to stop. */
#define SETTLE_MAX_PAGES	max(PHYS_PFN(SZ_16M), pageblock_nr_pages)

/* Jiffies before the worker starts, for the caller of the load to go on. */
#define SETTLE_DELAY	(HZ / 20)

/* Whether the worker is to run, or runs. */
static bool settling;
static bool stop_settling;
static DECLARE_WAIT_QUEUE_HEAD(settle_ended);

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
		if (!kexec_is_moved(move) || move->dst != end ||
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

	mid = kexec_middle_block(pfn, end);
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

		if (!kexec_is_moved(move)) {
			move = kexec_move_next(move);
			continue;
		}
		end = stretch_end(move);
		settle_span(image, move, end, stop);
		move = move_from(move, end);
	}
	return !READ_ONCE(*stop);
}

static void report_settled(const struct kimage *image,
			   const struct kexec_bytes *before, u64 ns)
{
	struct kexec_bytes total;

	kimage_total(image, &total);
	if (total.moved < before->moved)
		pr_info("boot image settled: %lu bytes brought home, %lu left to move, in %llu ms\n",
			before->moved - total.moved, total.moved,
			div_u64(ns, NSEC_PER_MSEC));
}

static void end_settling(void)
{
	/* All that the worker did is seen by whoever sees this. */
	smp_store_release(&settling, false);
	wake_up_all(&settle_ended);
	kexec_sysfs_notify_settled();
}

static void settle(struct work_struct *work)
{
	struct kimage *image = kexec_image;
	struct kexec_bytes before;
	u64 start = ktime_get_ns();

	kimage_total(image, &before);
	/* What is not what was loaded is left for the handoff to refuse. */
	if (kexec_digest_leads_intact(image)) {
		image->settled = kexec_place_settle(image, &stop_settling);
		kexec_digest_seal(image);
	} else {
		image->settled = true;
	}
	report_settled(image, &before, ktime_get_ns() - start);

	end_settling();
}

static DECLARE_DELAYED_WORK(settle_work, settle);

/**
 * kexec_settled - whether no worker is bringing content home
 *
 * Context: Any.
 * Return: whether that is so; a hint, unless the caller holds the lock.
 */
bool kexec_settled(void)
{
	/* Pairs with end_settling(). */
	return !smp_load_acquire(&settling);
}

static int try_lock(void)
{
	if (mutex_trylock(&kexec_mutex))
		return 0;
	return kexec_refuse(-EBUSY, "another load or a handoff is in progress");
}

/* With the lock held, so that nobody starts it again. */
static int wait_for_end(void)
{
	if (!wait_event_killable(settle_ended, kexec_settled()))
		return 0;
	mutex_unlock(&kexec_mutex);
	return kexec_refuse(-EINTR, "interrupted by a fatal signal");
}

/**
 * kexec_lock - have the slots for oneself
 *
 * Nobody else loads, unloads or hands over, and the worker that settles an image
 * has stopped.
 *
 * Context: May sleep; undo with kexec_unlock().
 * Return: 0; -EBUSY if somebody else has them; -EINTR on a fatal signal.
 */
int kexec_lock(void)
{
	int err = try_lock();

	if (err)
		return err;
	WRITE_ONCE(stop_settling, true);
	if (cancel_delayed_work(&settle_work))
		end_settling();
	return wait_for_end();
}

/**
 * kexec_lock_settled - the same, but all content comes home first that can
 *
 * Context: May sleep; undo with kexec_unlock().
 * Return: as of kexec_lock().
 */
int kexec_lock_settled(void)
{
	int err = try_lock();

	if (err)
		return err;
	/* Not mod_delayed_work(): if it runs by now, it must not run twice. */
	if (cancel_delayed_work(&settle_work))
		queue_delayed_work(system_unbound_wq, &settle_work, 0);
	return wait_for_end();
}

/**
 * kexec_unlock - let others have the slots
 *
 * The worker starts, or goes on, if the boot image is not at home yet.
 *
 * Context: May sleep.
 */
void kexec_unlock(void)
{
	struct kimage *image = kexec_image;
	struct kexec_bytes total;

	if (image && !image->settled && kexec_settled()) {
		kimage_total(image, &total);
		if (total.moved && image->ops->claim) {
			WRITE_ONCE(stop_settling, false);
			WRITE_ONCE(settling, true);
			queue_delayed_work(system_unbound_wq, &settle_work,
					   SETTLE_DELAY);
		}
	}
	mutex_unlock(&kexec_mutex);
}
