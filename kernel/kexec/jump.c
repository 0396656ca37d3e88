// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff to an image that returns (KEXEC_PRESERVE_CONTEXT).
 *
 * Such an image is no successor but a guest: this kernel stops what it does,
 * lets the image have the machine, and goes on afterwards.  What there is to
 * stop, and in which order, is what hibernation stops before it takes a picture
 * of the memory; and what comes back afterwards is what comes back from one: the
 * devices may have been used by somebody else meanwhile.
 *
 *	jump_from_running	drivers are told, processes are frozen
 *	  jump_when_frozen	devices are quiet
 *	    jump_when_quiet	their interrupts are, too
 *	      jump_without_irqs	only this CPU runs
 *	        jump_alone	no interrupts, no clocks: the image runs
 *
 * Each of these functions does its step, calls the next one, and undoes the step,
 * whatever became of the rest.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/device.h>
#include <linux/freezer.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pm.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>

#include "../power/power.h"
#include "base.h"
#include "internal.h"

/* What devices are told: after an image ran, nobody knows what they went through. */
static pm_message_t resume_message(int err)
{
	return err ? PMSG_RECOVER : PMSG_RESTORE;
}

/* How often to try to have no interrupt come while the clocks are stopped. */
#define JUMP_TRIES	10

static int refuse_if_woken(void)
{
	return pm_wakeup_pending() ?
	       kexec_refuse(-EBUSY, "a device woke the system up") : 0;
}

/* @pending: set if nothing was done, as this kernel has to take an interrupt first. */
static int try_jump_alone(struct kimage *image, bool *pending)
{
	int err;

	*pending = false;
	local_irq_disable();
	system_state = SYSTEM_SUSPEND;
	/* syscore_suspend() looks for that, too, but returns -EBUSY for other things as well. */
	err = refuse_if_woken();
	if (err)
		goto running;
	err = syscore_suspend();
	if (err) {
		kexec_refuse(err, "a part of the system can't be suspended");
		goto running;
	}

	err = refuse_if_woken();
	if (!err && machine_jump_pending()) {
		*pending = true;
	} else if (!err) {
		machine_kexec(image);
		/* Who wanted wake-ups to be looked at meant this sleep. */
		events_check_enabled = false;
	}
	syscore_resume();

running:
	system_state = SYSTEM_RUNNING;
	local_irq_enable();
	return err;
}

/*
 * What came since interrupts are off, before its device was suspended, is taken when they
 * are on again.  Hardly anything is left that sends one, as devices are quiet.
 */
static int jump_alone(struct kimage *image)
{
	int tries, err;
	bool pending;

	for (tries = 0; tries < JUMP_TRIES; tries++) {
		err = try_jump_alone(image, &pending);
		if (!pending)
			return err;
	}
	return kexec_refuse(-EBUSY, "an interrupt comes each time the clocks are stopped");
}

static int jump_without_irqs(struct kimage *image)
{
	int err = pm_sleep_disable_secondary_cpus();

	if (err) {
		kexec_refuse(err, "the other CPUs can't be stopped");
	} else {
		machine_jump_shutdown();
		err = jump_alone(image);
	}
	pm_sleep_enable_secondary_cpus();
	/* The CPUs that nosmt keeps offline are halted in memory that was the image's. */
	if (!err && IS_ENABLED(CONFIG_HIBERNATION) && arch_resume_nosmt())
		pr_warn("the second threads of the cores can't be put to sleep again\n");
	return err;
}

static int jump_when_quiet(struct kimage *image)
{
	int err = dpm_suspend_end(PMSG_FREEZE);

	if (err)
		return kexec_refuse(err, "a device can't be suspended, the log has which");
	err = jump_without_irqs(image);
	dpm_resume_start(resume_message(err));
	return err;
}

static int jump_when_frozen(struct kimage *image)
{
	int err;

	/* Nobody is there to write pages to, or to read messages from. */
	kexec_suspend_consoles();
	pm_restrict_gfp_mask();

	err = dpm_suspend_start(PMSG_FREEZE);
	if (err)
		kexec_refuse(err, "a device can't be suspended, the log has which");
	else
		err = jump_when_quiet(image);
	dpm_resume_end(resume_message(err));

	pm_restore_gfp_mask();
	kexec_resume_consoles();
	return err;
}

static int freeze_everything(void)
{
	int err = freeze_processes();

	if (err)
		return err;
	err = freeze_kernel_threads();
	if (err)
		thaw_processes();
	return err;
}

static int jump_from_prepared(struct kimage *image)
{
	int err = pm_notifier_call_chain_robust(PM_HIBERNATION_PREPARE,
						PM_POST_HIBERNATION);

	if (err)
		return kexec_refuse(err, "a driver objects to suspending the system");

	err = freeze_everything();
	if (err) {
		kexec_refuse(err, "a process can't be frozen, the log has which");
	} else {
		lock_device_hotplug();
		err = jump_when_frozen(image);
		unlock_device_hotplug();
		thaw_processes();
	}
	pm_notifier_call_chain(PM_POST_HIBERNATION);
	return err;
}

static int jump_from_running(struct kimage *image)
{
	int err;

	/* Not a sleep that firmware has a part in, whatever the last one was. */
	pm_suspend_clear_flags();
	/* A program that owns the terminal must run to give it away. */
	pm_prepare_console();
	err = jump_from_prepared(image);
	pm_restore_console();
	return err;
}

/*
 * A hibernation that goes by /dev/snapshot may have begun: it has devices quiet, and
 * processes frozen, from one ioctl() to the next.
 */
static int jump_without_hibernation(struct kimage *image)
{
	int err;

	if (!IS_ENABLED(CONFIG_HIBERNATION))
		return jump_from_running(image);
	if (!hibernate_acquire())
		return kexec_refuse(-EBUSY,
				    "the system is being hibernated, by who has /dev/snapshot open");
	err = jump_from_running(image);
	hibernate_release();
	return err;
}

/* The word at @phys of the image's memory, as it left it, if there is one. */
static bool read_word(const struct kimage *image, unsigned long phys,
		      unsigned long *word)
{
	struct kexec_move *move = kexec_move_find(image, phys);
	unsigned long src, len = PAGE_SIZE;
	void *run;

	if (!move || !IS_ALIGNED(phys, sizeof(*word)))
		return false;
	src = move->src + (phys - move->dst);
	run = kexec_map_run(src & PAGE_MASK, &len);
	*word = *(unsigned long *)(run + offset_in_page(src));
	kexec_unmap_run(run);
	return true;
}

/*
 * Where the image is to be entered next.  A kernel, which waits in the middle of
 * its own kexec_jump() until it gets the machine again, leaves that address where
 * it found its own way back: at the top of the stack.  It is one in its memory, as
 * is that stack.  Who leaves anything else there is entered where it was.
 */
static unsigned long next_start(const struct kimage *image)
{
	unsigned long entry;

	/* 0 is none, also where there is memory at 0. */
	if (image->stack && read_word(image, image->stack, &entry) && entry &&
	    kexec_move_find(image, entry) && IS_ALIGNED(entry, KEXEC_ENTRY_ALIGN))
		return entry;
	return image->start;
}

/**
 * kexec_jump - start an image, and go on when it returns
 * @image: a checked image with @preserve_context
 *
 * Context: May sleep.  The caller holds system_transition_mutex and kexec_mutex,
 * and runs in a process, the only one that is not frozen.
 * Return:
 * * %0 - the image has returned; it can be started again
 * * %-EBUSY - a process or a device did not stop, something woke up, or the system is
 *   being hibernated: everything goes on as well
 * * what a device's driver returned, or what a CPU that stays online did
 */
int kexec_jump(struct kimage *image)
{
	ktime_t start = ktime_get_boottime();
	int err = jump_without_hibernation(image);

	if (err)
		return err;

	kexec_digest_retake(image, next_start);
	pr_notice("the image came back after %lld ms\n",
		  ktime_ms_delta(ktime_get_boottime(), start));
	return 0;
}
