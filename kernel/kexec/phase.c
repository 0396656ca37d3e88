// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phases of a handoff: how long each took, and what holds one up.
 *
 * As each phase ends, the log says its name and its time, so that the last line
 * of a kernel that got stuck says how far it came; of the last phase only the next
 * kernel is told, see letter.c:
 *
 *	settle		content comes home, the system runs
 *	verify		the image is checked, the system runs
 *	notifiers	the reboot notifiers
 *	devices		device_shutdown()
 *	CPUs		the rest, until one CPU is left, with interrupts off
 *
 * While the middle ones last, somebody watches: whatever is not done after a
 * second is named a little later, and again whenever it has taken twice as long.
 * In the phase of devices that is the device whose turn it is, from the wait for
 * its lock on.
 *
 * The watch is a timer on each of two CPUs, so that there is one that fires while
 * the other loops with interrupts off.  It goes by the clock, as jiffies may be that
 * other CPU's to count, and fires in the interrupt, whatever else its CPU does.
 * What it says is printed there, too: a thread that prints may have to wait for the
 * CPU that hangs.
 * What it can't see: a device that does so on a machine with one CPU; one that
 * stops both of the two, or the bus; one that has the console, or is it, as then
 * nobody can print; and the time after the watch ends, when the other CPUs are
 * stopped.
 *
 * Nothing here allocates, and a panic calls nothing of it.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/console.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/seq_buf.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "base.h"
#include "internal.h"

static const char * const phase_names[] = {
	[KEXEC_PHASE_SETTLE]	= "settle",
	[KEXEC_PHASE_VERIFY]	= "verify",
	[KEXEC_PHASE_NOTIFIERS]	= "notifiers",
	[KEXEC_PHASE_DEVICES]	= "devices",
	[KEXEC_PHASE_CPUS]	= "CPUs",
};

/* How long they took: of the last handoff that had them. */
static u64 phase_ns[KEXEC_NR_PHASES];

/* How often it is looked whether something is due to be named. */
#define LOOK_EACH_MS	250

/* Devices that are remembered, and as much of a name as is printed. */
#define NR_SLOWEST	3
#define DEVICE_NAME_MAX	56

/* All of them, and their times. */
#define SLOWEST_MAX	(NR_SLOWEST * (DEVICE_NAME_MAX + 24) + 16)

/**
 * struct slow_device - a device that took long to shut down
 * @dev: which, with a reference to it
 * @ns: how long; 0 if there is no such device
 */
struct slow_device {
	struct device *dev;
	u64 ns;
};

/**
 * struct watch - what is watched
 * @task: who does the handoff; NULL if nobody does
 * @lock: protects the members up to @due; @dev may change from %NULL without it
 * @phase: where the handoff is
 * @began: when that began
 * @dev: the device that is being shut down, if there is one; as long as it is
 *	here there is a reference to it
 * @since: when the last device had ended, or else whatever goes on began: what is
 *	done between two devices, which is to let the first one go, counts for the
 *	second
 * @due: at how many seconds after that it is named
 * @any_device: there was a device
 * @slowest: devices, the slowest first
 */
struct watch {
	struct task_struct *task;
	raw_spinlock_t lock;	/* see above */
	enum kexec_phase phase;
	ktime_t began;
	struct device *dev;
	ktime_t since;
	u32 due;

	bool any_device;
	struct slow_device slowest[NR_SLOWEST];
};

static struct watch watch = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(watch.lock),
};

static void name_device(struct device *dev, char name[DEVICE_NAME_MAX])
{
	const char *driver = dev_driver_string(dev);

	snprintf(name, DEVICE_NAME_MAX, "%s%s%s", driver, *driver ? " " : "",
		 dev_name(dev));
}

static void remember_if_slow(struct slow_device slowest[NR_SLOWEST],
			     struct device *dev, u64 ns)
{
	unsigned int i = NR_SLOWEST - 1;

	if (ns <= slowest[i].ns)
		return;
	put_device(slowest[i].dev);
	for (; i && ns > slowest[i - 1].ns; i--)
		slowest[i] = slowest[i - 1];
	slowest[i].dev = get_device(dev);
	slowest[i].ns = ns;
}

/* Milliseconds, and the microseconds that are left. */
static u64 split_ms(u64 ns, u32 *us)
{
	return div_u64_rem(div_u64(ns, NSEC_PER_USEC), USEC_PER_MSEC, us);
}

static void print_slowest(struct seq_buf *line,
			  const struct slow_device slowest[NR_SLOWEST])
{
	char name[DEVICE_NAME_MAX];
	unsigned int i;

	for (i = 0; i < NR_SLOWEST && slowest[i].ns; i++) {
		u32 us;
		u64 ms = split_ms(slowest[i].ns, &us);

		name_device(slowest[i].dev, name);
		seq_buf_printf(line, "%s %s %llu.%03u ms",
			       i ? "," : "; slowest:", name, ms, us);
	}
}

/**
 * kexec_phase_say - log how long a phase took, and remember it
 * @phase: which
 * @ns: nanoseconds
 *
 * Context: Any, but for a panic.
 */
void kexec_phase_say(enum kexec_phase phase, u64 ns)
{
	DECLARE_SEQ_BUF(slowest, SLOWEST_MAX);
	u32 us;
	u64 ms = split_ms(ns, &us);

	phase_ns[phase] = ns;
	if (phase == KEXEC_PHASE_DEVICES)
		print_slowest(&slowest, watch.slowest);
	nbcon_cpu_emergency_enter();
	pr_notice("%s %llu.%03u ms%s\n", phase_names[phase], ms, us,
		  seq_buf_str(&slowest));
	nbcon_cpu_emergency_exit();
}

/**
 * kexec_phase_ns - how long a phase took
 * @phase: which
 *
 * Context: Any.  The caller does the handoff, and the phase has ended.
 * Return: nanoseconds, those that were logged.
 */
u64 kexec_phase_ns(enum kexec_phase phase)
{
	return phase_ns[phase];
}

static void begin(struct watch *w, ktime_t now)
{
	lockdep_assert_held(&w->lock);
	w->dev = NULL;
	w->since = now;
	w->due = 1;
}

/* How long the one before it took. */
static u64 begin_phase(struct watch *w, enum kexec_phase phase, ktime_t now)
{
	unsigned long flags;
	u64 ns;

	raw_spin_lock_irqsave(&w->lock, flags);
	ns = ktime_to_ns(ktime_sub(now, w->began));
	w->phase = phase;
	w->began = now;
	begin(w, now);
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return ns;
}

/* Before the first one, somebody may have waited: it is not that device's time. */
static void expect_first_device(struct watch *w, ktime_t now)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&w->lock, flags);
	w->any_device = true;
	begin(w, now);
	raw_spin_unlock_irqrestore(&w->lock, flags);
}

static void begin_device(struct watch *w, struct device *dev)
{
	/* Pairs with is_due(), which may see either. */
	WRITE_ONCE(w->dev, dev);
}

static void end_device(struct watch *w, ktime_t now)
{
	struct device *dev = w->dev;
	u64 ns = ktime_to_ns(ktime_sub(now, w->since));

	scoped_guard(raw_spinlock_irqsave, &w->lock)
		begin(w, now);
	remember_if_slow(w->slowest, dev, ns);
}

/**
 * kexec_phase_next - a phase ends, which is logged, and another one begins
 * @phase: the one that begins
 *
 * Context: May sleep.  The caller does the handoff.
 */
void kexec_phase_next(enum kexec_phase phase)
{
	enum kexec_phase ended = watch.phase;

	kexec_phase_say(ended, begin_phase(&watch, phase, ktime_get()));
}

/* However the notifiers ended. */
static void begin_devices(void)
{
	if (watch.phase != KEXEC_PHASE_DEVICES)
		kexec_phase_next(KEXEC_PHASE_DEVICES);
}

/*
 * Others may shut the devices down at the same time: not every reboot is one by
 * reboot(2), and one may have begun before the handoff did.
 */
static bool is_ours(const struct watch *w)
{
	return w->task == current;
}

/* See kexec_device_shuts_down(). */
void __kexec_device_shuts_down(struct device *dev)
{
	if (!is_ours(&watch))
		return;
	if (unlikely(!watch.any_device)) {
		begin_devices();
		expect_first_device(&watch, ktime_get());
	}
	begin_device(&watch, dev);
}

/* See kexec_device_is_down(). */
void __kexec_device_is_down(void)
{
	if (is_ours(&watch))
		end_device(&watch, ktime_get());
}

static int notifiers_end(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	if (is_ours(&watch))
		begin_devices();
	return NOTIFY_DONE;
}

/* Of those with this priority the last one, as it comes last. */
static struct notifier_block last_notifier = {
	.notifier_call	= notifiers_end,
	.priority	= INT_MIN,
};

/* After how many seconds something is due to be named by now; 0 if none is. */
static u32 seconds_due(struct watch *w, ktime_t now)
{
	s64 ns = ktime_to_ns(ktime_sub(now, w->since));
	u32 seconds;

	lockdep_assert_held(&w->lock);
	/* It may have begun since @now was read. */
	if (ns < (s64)w->due * NSEC_PER_SEC)
		return 0;
	seconds = div_u64(ns, NSEC_PER_SEC);
	while (w->due <= seconds)
		w->due *= 2;
	return seconds;
}

/* The same, and what that is. */
static bool is_due(struct watch *w, ktime_t now, char name[DEVICE_NAME_MAX],
		   u32 *seconds)
{
	struct device *dev;
	unsigned long flags;

	raw_spin_lock_irqsave(&w->lock, flags);
	*seconds = seconds_due(w, now);
	dev = READ_ONCE(w->dev);
	if (*seconds && dev)
		name_device(dev, name);
	else if (*seconds)
		strscpy(name, phase_names[w->phase], DEVICE_NAME_MAX);
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return *seconds;
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	char name[DEVICE_NAME_MAX];
	u32 seconds;

	if (is_due(&watch, ktime_get(), name, &seconds)) {
		nbcon_cpu_emergency_enter();
		pr_warn("still at %s, after %u s\n", name, seconds);
		nbcon_cpu_emergency_exit();
	}
	hrtimer_forward_now(timer, ms_to_ktime(LOOK_EACH_MS));
	return HRTIMER_RESTART;
}

static struct hrtimer looks[2];

/* Here, and in an interrupt, whatever else this CPU does then. */
static void start_one(void *timer)
{
	hrtimer_start(timer, ms_to_ktime(LOOK_EACH_MS),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/*
 * On this CPU, and on another one, which is not waited for: it may hang by now.  Nor
 * for anything else, as nothing that holds this up would be named.
 */
static void start_looking(void)
{
	static call_single_data_t call = CSD_INIT(start_one, &looks[1]);
	unsigned int i, cpu;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		kexec_setup_timer(&looks[i], look, CLOCK_MONOTONIC,
				  HRTIMER_MODE_REL_PINNED_HARD);

	guard(preempt)();
	start_one(&looks[0]);
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	if (cpu < nr_cpu_ids)
		smp_call_function_single_async(cpu, &call);
}

/**
 * kexec_phase_watch - begin the phase of notifiers, and watch from there on
 *
 * Context: May sleep.  The caller holds system_transition_mutex, and there is no
 * way back.
 */
void kexec_phase_watch(void)
{
	begin_phase(&watch, KEXEC_PHASE_NOTIFIERS, ktime_get());
	watch.task = current;
	start_looking();
}

/**
 * kexec_phase_unwatch - end watching
 *
 * Before CPUs are stopped: one of them may be looking, and would be waited for.
 *
 * Context: May sleep.
 */
void kexec_phase_unwatch(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		hrtimer_cancel(&looks[i]);
}

/**
 * kexec_phase_end - remember how long the last phase took
 *
 * It is not logged: see stop_cpus().
 *
 * Context: Any, but for a panic.
 */
void kexec_phase_end(void)
{
	phase_ns[watch.phase] = begin_phase(&watch, watch.phase, ktime_get());
}

/* Before any handoff: to be added to the notifiers is to wait for those that run. */
static int __init phase_init(void)
{
	return register_reboot_notifier(&last_notifier);
}
late_initcall(phase_init);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "phase_test.c"
#endif
