// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settling: an image comes home after it was loaded.
 *
 * A load takes those pages of its destinations that are free, or that cost no
 * more than a copy would.  For content whose pages are in use it takes sources
 * instead, and returns: moving their users elsewhere takes several times as long
 * as copying.  A worker does that afterwards, page block by page block, and
 * brings the content home, so that nothing is left to move once the machine is
 * away.  A handoff waits for it, for a while, as long as the system still runs; any
 * other call that needs the image stops it, and lets it go on afterwards.
 *
 *	load    |---claim, copy---|
 *	worker                    |--settle--.    .-------|
 *	load of a crash image                |----|
 *	handoff                                       |...|--shut down, jump-->
 *
 * The worker does not need kexec_mutex: whoever changes the boot slot, or looks into
 * its image, has stopped it by kexec_lock() before, and it does not start until
 * kexec_unlock().  It stands still while the system sleeps or is about to.  A panic may
 * find it at any point; it does not look at boot images.
 *
 * Content is at home when it lies at its destination.  Settling is over when all was
 * tried; some of the content may stay away.  An image has settled, to those who watch,
 * when no worker runs or is queued.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bits.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/suspend.h>
#include <linux/sysfs.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"

/* Jiffies before the worker starts, for the caller of the load to go on. */
#define SETTLE_DELAY	(HZ / 20)

/*
 * What could not be had as somebody was busy with a page of it, or as others could not
 * spare it, is tried again, so many times in all.
 */
#define SETTLE_PASSES	5

/* For so long a handoff waits for the worker; what is left then is moved by it. */
#define SETTLE_PATIENCE	(30 * HZ)

static struct workqueue_struct *settle_wq;

/*
 * Guards what follows, up to stop_settling, and what is in the queue: a worker that
 * decides whether it comes again, and somebody who tells it not to, do so one after
 * the other.  Of the first three, may_settle() makes one answer; who changes one of them
 * calls update_worker() (but the worker itself, which knows).
 */
static DEFINE_SPINLOCK(settle_lock);
/* There is more to settle in the slot's image: set by kexec_unlock(), cleared by settle(). */
static bool has_more;
/* Somebody has kexec_mutex, and may change the slot. */
static bool held;
/* The system sleeps or is about to, a bit for each kind of sleep. */
static unsigned long asleep;
/* A handoff waits: no pass is to follow. */
static bool last_pass;
/* The worker is queued, or runs ... */
static bool settling;
/* ... but was told to end early. */
static bool stop_settling;

/* The file of sysfs that says whether it runs; NULL if there is none. */
static struct kernfs_node *settled_file;
static DECLARE_WAIT_QUEUE_HEAD(settle_ended);

/* The destination of @move is ours now: the content goes there. */
static void bring_home(struct kimage *image, struct kexec_move *move)
{
	struct kexec_bytes *bytes = &image->bytes[kexec_move_segment(image, move)];
	unsigned long src = PHYS_PFN(move->src), dst = PHYS_PFN(move->dst);
	unsigned long nr_pages = PHYS_PFN(move->len), i;

	/* Not to be read; the handoff is going to refuse the image. */
	if (kexec_is_broken(move->src, move->len, true))
		goto stay;
	for (i = 0; i < nr_pages; i++) {
		/* Nobody may have noticed yet that it is broken. */
		if (copy_mc_highpage(pfn_to_page(dst + i), pfn_to_page(src + i)))
			goto stay;
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
	return;
stay:
	image->ops->free(pfn_to_page(dst), nr_pages);
}

/*
 * Where a stretch of moved entries, whose destinations follow each other, ends.  In
 * pages: behind the last page there is, an address would be 0.
 */
static unsigned long stretch_end(struct kexec_move *move)
{
	unsigned long start = PHYS_PFN(move->dst), end = start;

	for (; move; move = kexec_move_next(move)) {
		if (!kexec_is_moved(move) || PHYS_PFN(move->dst) != end ||
		    end - start + PHYS_PFN(move->len) > KEXEC_BUSY_CLAIM_MAX)
			break;
		end += PHYS_PFN(move->len);
	}
	return end;
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
 * had of both halves, cut where page blocks end and thus entries, too.  Returns
 * whether some of it is worth another try.
 */
static bool settle_span(struct kimage *image, struct kexec_move *move,
			unsigned long end, const bool *stop)
{
	unsigned long pfn = PHYS_PFN(move->dst), mid;
	bool again;
	int err;

	if (READ_ONCE(*stop))
		return true;

	err = image->ops->claim(pfn, end - pfn, end - pfn);
	if (!err) {
		for (; move && PHYS_PFN(move->dst) < end;
		     move = kexec_move_next(move))
			bring_home(image, move);
		return false;
	}

	mid = kexec_middle_block(pfn, end);
	/* Others may be able to spare it later. */
	if (mid == end)
		return err == -EAGAIN || err == -ENOMEM;
	again = settle_span(image, move, mid, stop);
	return settle_span(image, move_from(move, mid), end, stop) || again;
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
 * Return: 0 if all was tried; -EAGAIN if some of it is worth another try;
 * -EINTR if it was stopped.
 */
int kexec_place_settle(struct kimage *image, const bool *stop)
{
	struct kexec_move *move = kexec_move_first(image);
	bool again = false;

	while (image->ops->claim && move && !READ_ONCE(*stop)) {
		unsigned long end;

		if (!kexec_is_moved(move)) {
			move = kexec_move_next(move);
			continue;
		}
		end = stretch_end(move);
		again |= settle_span(image, move, end, stop);
		move = move_from(move, end);
	}
	if (READ_ONCE(*stop))
		return -EINTR;
	return again ? -EAGAIN : 0;
}

static void report_settled(unsigned long before, unsigned long moved, u64 ns)
{
	if (moved < before)
		pr_info("boot image settled: %lu bytes brought home, %lu left to move, in %llu ms\n",
			before - moved, moved, div_u64(ns, NSEC_PER_MSEC));
}

static void settle(struct work_struct *work);
static DECLARE_DELAYED_WORK(settle_work, settle);

/* When the worker wants to come again, in jiffies: what was busy has to have time. */
static unsigned long retry_at;

static unsigned long retry_delay(void)
{
	unsigned long left = retry_at - jiffies;

	/* The time may be past, which is far away then. */
	return left <= HZ ? max(left, SETTLE_DELAY) : SETTLE_DELAY;
}

/* With settle_lock held, as for the next three. */
static bool may_settle(void)
{
	return has_more && !held && !asleep;
}

static void end_settling(void)
{
	struct kernfs_node *file = READ_ONCE(settled_file);

	/* All that the worker did is seen by whoever sees this. */
	smp_store_release(&settling, false);
	wake_up_all(&settle_ended);
	/* Nobody minds if it comes too often. */
	if (file)
		sysfs_notify_dirent(file);
}

static void begin_pass(unsigned long delay)
{
	WRITE_ONCE(stop_settling, false);
	WRITE_ONCE(settling, true);
	queue_delayed_work(settle_wq, &settle_work, delay);
}

/*
 * Start the worker if it may run, or else end it: then it is pending no more, or runs, and
 * comes to an end soon.  One that was told to end, and still runs, is left alone if it may
 * run again by now: settle() begins the next pass then.
 */
static void update_worker(void)
{
	if (may_settle() && !settling) {
		begin_pass(retry_delay());
	} else if (!may_settle() && settling) {
		WRITE_ONCE(stop_settling, true);
		if (cancel_delayed_work(&settle_work))
			end_settling();
	}
}

/*
 * What is not what was loaded is neither followed nor sealed: the handoff is going
 * to find it, and to refuse the image.
 */
static int settle_image(struct kimage *image, const bool *stop)
{
	struct kexec_bytes before, after;
	u64 start = ktime_get_ns();
	int ret;

	if (!kexec_digest_leads_intact(image))
		return 0;
	kimage_total(image, &before);
	ret = kexec_place_settle(image, stop);
	kexec_digest_reseal(image);
	kimage_total(image, &after);
	report_settled(before.moved, after.moved, ktime_get_ns() - start);
	/* It may have been stopped when all was home. */
	return after.moved ? ret : 0;
}

/* Whether all was tried that is worth it, after a pass that returned @ret. */
static bool is_over(const struct kimage *image, int ret)
{
	return !ret || (ret == -EAGAIN && image->settle_passes >= SETTLE_PASSES);
}

static void settle(struct work_struct *work)
{
	struct kimage *image = kexec_image;
	int ret = settle_image(image, &stop_settling);

	image->settle_passes += ret != -EINTR;
	WRITE_ONCE(image->settle_over, is_over(image, ret));

	spin_lock(&settle_lock);
	if (image->settle_over || (last_pass && ret == -EAGAIN))
		has_more = false;
	if (ret == -EAGAIN)
		retry_at = jiffies + HZ;
	/* The image may be gone once it has ended. */
	if (may_settle())
		begin_pass(last_pass ? 0 : retry_delay());
	else
		end_settling();
	spin_unlock(&settle_lock);
}

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

/**
 * kexec_settle_watch - have those woken who poll a file of sysfs
 * @file: it says what kexec_settled() does; NULL for none
 *
 * Context: Once, at boot.
 */
void kexec_settle_watch(struct kernfs_node *file)
{
	WRITE_ONCE(settled_file, file);
}

static int try_lock(void)
{
	if (mutex_trylock(&kexec_mutex))
		return 0;
	return kexec_refuse(-EBUSY, "another load or a handoff is in progress");
}

/* The worker that was waited for goes on, or comes again if it has ended by now. */
static int killed(void)
{
	kexec_unlock();
	return kexec_refuse(-EINTR, "interrupted by a fatal signal");
}

/* With the lock held, so that nobody starts it again.  It takes one claim. */
static int wait_for_end(void)
{
	return wait_event_killable(settle_ended, kexec_settled()) ? killed() : 0;
}

static void stop_worker(void)
{
	spin_lock(&settle_lock);
	held = true;
	update_worker();
	spin_unlock(&settle_lock);
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
	stop_worker();
	return wait_for_end();
}

/**
 * kexec_lock_settled - the same, but all content comes home first that can
 *
 * For so long as %SETTLE_PATIENCE, that is, and not if the worker can't run, as the
 * system is about to sleep.
 *
 * Context: May sleep; undo with kexec_unlock().
 * Return: as of kexec_lock().
 */
int kexec_lock_settled(void)
{
	int err = try_lock();
	long left;

	if (err)
		return err;
	spin_lock(&settle_lock);
	last_pass = true;
	/* Not mod_delayed_work(): if it runs by now, it must not run twice. */
	if (cancel_delayed_work(&settle_work))
		queue_delayed_work(settle_wq, &settle_work, 0);
	spin_unlock(&settle_lock);
	left = wait_event_killable_timeout(settle_ended, kexec_settled(),
					   SETTLE_PATIENCE);
	if (left < 0)
		return killed();
	if (!left)
		pr_warn("the image has not settled in %u s, what is left is moved by the handoff\n",
			SETTLE_PATIENCE / HZ);
	stop_worker();
	return wait_for_end();
}

/* With the lock held. */
static bool has_to_settle(const struct kimage *image)
{
	struct kexec_bytes total;

	if (!IS_ENABLED(CONFIG_KEXEC_IN_PLACE) || !image || !settle_wq)
		return false;
	/* The worker may be at it, if who waited for its end was killed. */
	spin_lock(&kexec_slot_lock);
	kimage_total(image, &total);
	spin_unlock(&kexec_slot_lock);
	return total.moved && !READ_ONCE(image->settle_over);
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
	bool more = has_to_settle(kexec_image);

	spin_lock(&settle_lock);
	held = false;
	last_pass = false;
	has_more = more;
	update_worker();
	spin_unlock(&settle_lock);
	mutex_unlock(&kexec_mutex);
}

#ifdef CONFIG_PM_SLEEP
/*
 * One sleep may begin and end within another one, of another kind.  One that is called
 * off without a word, as opening /dev/snapshot can be, is over when the next of its
 * kind is.
 */
enum sleep {
	SLEEP_HIBERNATION,
	SLEEP_SUSPEND,
	SLEEP_RESTORE,
};

/*
 * One that runs ends, which takes one claim.  It is waited for here, and the caller has
 * system_transition_mutex until that, as a handoff has while it waits for content
 * to come home: neither meets the other half done.
 */
static void fall_asleep(enum sleep kind)
{
	spin_lock(&settle_lock);
	asleep |= BIT(kind);
	update_worker();
	spin_unlock(&settle_lock);
	wait_event(settle_ended, kexec_settled());
}

/* Without kexec_mutex: a load that comes at the same time is not refused for it. */
static void wake_up_again(enum sleep kind)
{
	spin_lock(&settle_lock);
	asleep &= ~BIT(kind);
	update_worker();
	spin_unlock(&settle_lock);
}

/*
 * Content must not move while a picture of memory is taken, nor while the devices
 * are away that a page may have to be written to first.  The workqueue is frozen
 * with the processes; what runs already ends before, so that it need not be waited
 * for then.  An image that returns has the lock, and no worker.
 */
static int system_sleeps(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	switch (action) {
	case PM_HIBERNATION_PREPARE:
		fall_asleep(SLEEP_HIBERNATION);
		break;
	case PM_SUSPEND_PREPARE:
		fall_asleep(SLEEP_SUSPEND);
		break;
	case PM_RESTORE_PREPARE:
		fall_asleep(SLEEP_RESTORE);
		break;
	case PM_POST_HIBERNATION:
		wake_up_again(SLEEP_HIBERNATION);
		break;
	case PM_POST_SUSPEND:
		wake_up_again(SLEEP_SUSPEND);
		break;
	case PM_POST_RESTORE:
		wake_up_again(SLEEP_RESTORE);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block sleep_notifier = {
	.notifier_call = system_sleeps,
};

static int watch_sleep(void)
{
	return register_pm_notifier(&sleep_notifier);
}
#else
static inline int watch_sleep(void)
{
	return 0;
}
#endif

static int __init settle_init(void)
{
	settle_wq = alloc_workqueue("kexec_settle", WQ_UNBOUND | WQ_FREEZABLE, 1);
	if (!settle_wq)
		return -ENOMEM;
	return watch_sleep();
}
subsys_initcall(settle_init);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "settle_test.c"
#endif
