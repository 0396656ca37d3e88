// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff: from reboot(2) to the first instruction of the image.
 *
 * Everything that can be refused is refused while the system still runs.  From
 * the moment that devices are shut down there is no way back, and nothing is
 * allocated any more (invariant 4).  To an image that returns, jump.c hands over.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cc_platform.h>
#include <linux/crash_dump.h>
#include <linux/export.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/of.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>

#include <trace/events/kexec.h>

#include "internal.h"

bool kexec_in_progress;
EXPORT_SYMBOL_GPL(kexec_in_progress);

/**
 * kexec_check_stray_cpus - whether CPUs may be in memory that a boot image gets
 * @nr_cpus: how many the machine has, at least, if that is known
 *
 * For architectures whose CPUs stop for a panic in the memory of the kernel that dies, and
 * from there reach no other: in one that captures a dump they may run that kernel still.
 * Those of the device tree count, whether this kernel knows them or not (nr_cpus=).
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY in a kernel that captures a dump if the machine has other CPUs.
 */
int kexec_check_stray_cpus(unsigned int nr_cpus)
{
	struct device_node *node;
	unsigned int nr_nodes = 0;

	if (!is_kdump_kernel())
		return 0;
	for_each_of_cpu_node(node)
		nr_nodes++;
	if (max(nr_cpus, nr_nodes) <= 1)
		return 0;
	return kexec_refuse(-EBUSY,
			    "the other CPUs of the machine may still run the kernel that has crashed");
}

static void say_farewell(const struct kimage *image,
			 const struct kexec_bytes *total)
{
	pr_notice("handing over to %#lx: %lu bytes to %s, %lu bytes to clear\n",
		  image->start, total->moved,
		  image->preserve_context ? "exchange" : "move", total->zero);
}

/*
 * From here on only this CPU runs, with interrupts off.  Nothing is printed any more:
 * a CPU may have been stopped while it had the console.
 *
 * A guest whose memory is encrypted has parted by then with what it shares with its
 * host: the clock may be there, and what takes the place of an instruction that the
 * host has to see.  It tells the next kernel before that, so without how long this
 * takes.
 */
static void stop_cpus(const struct kimage *image, const struct kexec_bytes *total)
{
	const bool parts = cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT);

	/* What it forces is a reset, which waits for no CPU; this is none. */
	reboot_force = 0;

	if (parts) {
		kexec_phase_end();
		kexec_letter_write(image, total);
	}
	machine_shutdown();

	/*
	 * No interrupt, and no allocation that could sleep: with
	 * CONFIG_DEBUG_ATOMIC_SLEEP invariant 4 is checked from here on.
	 */
	local_irq_disable();
	if (!parts) {
		kexec_phase_end();
		/* The image is not what it was checked for any more, but is started now. */
		kexec_letter_write(image, total);
	}
}

/* As for a reboot. */
static void shut_down(const struct kimage *image, const struct kexec_bytes *total)
{
	kexec_phase_watch();
	kernel_restart_prepare("kexec reboot");
	kexec_phase_next(KEXEC_PHASE_CPUS);
	/*
	 * From then on CPUs neither come nor go, but for those that machine_shutdown()
	 * takes offline: smp_shutdown_nonboot_cpus() does not ask whether they may.
	 */
	migrate_to_reboot_cpu();
	syscore_shutdown();
	say_farewell(image, total);
	kmsg_dump(KMSG_DUMP_SHUTDOWN);
	kexec_phase_unwatch();
	stop_cpus(image, total);
}

/* With all that could be refused asked. */
static int hand_over(struct kimage *image)
{
	struct kexec_bytes total;
	int err;

	kexec_debug_misdirect(image);
	kimage_total(image, &total);
	trace_kexec_handoff(image, &total);

	if (image->preserve_context) {
		say_farewell(image, &total);
		return kexec_jump(image);
	}

	/* There is no way back from what comes after that. */
	err = machine_kexec_begin();
	if (err)
		return err;
	kexec_in_progress = true;
	shut_down(image, &total);
	machine_kexec(image);

	/* An architecture that comes here has nothing left to return to. */
	panic("kexec: the handoff returned");
}

/*
 * All that can be refused; what leads to something is compared before it is followed.  The
 * caller has called kexec_stay_all(): whoever takes memory offline has locks of CPU hotplug,
 * which machine_kexec_check() may take.
 */
static int check_handoff(const struct kimage *image)
{
	return machine_kexec_check(false) ?: kexec_digest_check_leads(image) ?:
	       kexec_check_ram(image) ?: machine_kexec_check_image(image) ?:
	       kexec_digest_check(image) ?: kexec_place_validate(image);
}

/* Returns as kernel_kexec() does. */
static int check_and_hand_over(struct kimage *image, u64 settled_in_ns)
{
	ktime_t settled = ktime_get();
	int err = check_handoff(image);

	if (err)
		return err;
	kexec_phase_say(KEXEC_PHASE_SETTLE, settled_in_ns);
	kexec_phase_say(KEXEC_PHASE_VERIFY,
			ktime_to_ns(ktime_sub(ktime_get(), settled)));
	return hand_over(image);
}

/**
 * kernel_kexec - start the image in the boot slot
 *
 * It returns if it is refused, or if an image has returned that was loaded with
 * KEXEC_PRESERVE_CONTEXT.  In both cases the image stays in its slot.
 *
 * Context: May sleep.  The caller holds system_transition_mutex and has checked
 * CAP_SYS_BOOT.
 * Return:
 * * %0 - the image has returned
 * * %-EBUSY - a load or unload is running, or memory is going offline
 * * %-EADDRNOTAVAIL - memory that the image has to lie in is gone, or taken
 * * %-EINTR - a fatal signal came while it waited for the image to settle, or checked it
 * * %-EINVAL - no image is loaded
 * * %-EIO - the image is not what was loaded any more
 * * what machine_kexec_check(), machine_kexec_check_image(), machine_kexec_begin() or
 *   kexec_jump() returns
 */
int kernel_kexec(void)
{
	ktime_t began = ktime_get();
	int err;

	/* Better wait now than copy while the machine is away. */
	err = kexec_lock_settled();
	if (err)
		return err;

	err = kexec_image ? kexec_stay_all() :
			    kexec_refuse(-EINVAL, "no image is loaded");
	if (!err) {
		err = check_and_hand_over(kexec_image,
					  ktime_to_ns(ktime_sub(ktime_get(), began)));
		kexec_stay_all_end();
	}
	kexec_unlock();
	return err;
}
