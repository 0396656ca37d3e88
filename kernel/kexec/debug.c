// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks for tests, in debugfs, under CONFIG_DEBUG_KEXEC.  They are documented
 * in Documentation/ABI/testing/debugfs-kexec.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/console.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "internal.h"

/* Whether @len bytes from @phys touch a destination of the image. */
static bool touches_dest(const struct kimage *image, unsigned long phys,
			 unsigned long len)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];

		if (seg->memsz && phys <= seg->mem + (seg->memsz - 1) &&
		    seg->mem <= phys + (len - 1))
			return true;
	}
	return false;
}

/**
 * kexec_place_validate - check the invariants of a placed image
 * @image: the image
 *
 * Every byte of every destination is covered by exactly one entry, in
 * ascending order; sources and control memory lie outside the destinations.
 * For an image that returns memory is held for all.
 *
 * Context: Any.
 * Return: 0, or -EIO after a warning about the first offence.
 */
int kexec_place_validate(const struct kimage *image)
{
	unsigned long covered[KEXEC_SEGMENT_MAX] = { };
	struct kexec_move *move;
	const struct page *page;
	unsigned long last_dst = 0, phys;
	unsigned int nr;

	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		const struct kexec_segment *seg;

		nr = kexec_move_segment(image, move);
		seg = &image->segment[nr];
		if (WARN(move->dst != seg->mem + covered[nr] ||
			 move->len > seg->memsz - covered[nr] ||
			 move->dst < last_dst,
			 "kexec: move to %#lx, %#lx bytes, does not follow the one before in segment %u",
			 move->dst, move->len, nr))
			goto broken;
		if (WARN(image->preserve_context && move->src == KEXEC_SRC_ZERO,
			 "kexec: no memory is held for %#lx, %#lx bytes, of an image that returns",
			 move->dst, move->len))
			goto broken;
		if (WARN(kexec_is_moved(move) &&
			 touches_dest(image, move->src, move->len),
			 "kexec: source %#lx, %#lx bytes, lies in a destination",
			 move->src, move->len))
			goto broken;
		covered[nr] += move->len;
		last_dst = move->dst;
	}

	for (nr = 0; nr < image->nr_segments; nr++) {
		if (WARN(covered[nr] != image->segment[nr].memsz,
			 "kexec: %#lx of %#zx bytes of segment %u are placed",
			 covered[nr], image->segment[nr].memsz, nr))
			goto broken;
	}

	list_for_each_entry(page, &image->control_pages, lru) {
		phys = PFN_PHYS(page_to_pfn(page));
		if (WARN(touches_dest(image, phys, PFN_PHYS(page_private(page))),
			 "kexec: control memory at %#lx lies in a destination",
			 phys))
			goto broken;
	}
	return 0;

broken:
	return kexec_refuse(-EIO, "an invariant of the image is broken, the log has which");
}

static const char * const step_names[] = {
	[KEXEC_STEP_NONE]			= "none",
	[KEXEC_STEP_PLACED]			= "placed",
	[KEXEC_STEP_FILLING]			= "filling",
	[KEXEC_STEP_FILLED]			= "filled",
	[KEXEC_STEP_PUBLISHING]			= "publishing",
	[KEXEC_STEP_PUBLISHED]			= "published",
	[KEXEC_STEP_HALF_HOME]			= "half-home",
	[KEXEC_STEP_HOME]			= "home",
	[KEXEC_STEP_SETTLING]			= "settling",
	[KEXEC_STEP_UNLOADING]			= "unloading",
	[KEXEC_STEP_UNLOADED]			= "unloaded",
	[KEXEC_STEP_SHRINKING]			= "shrinking",
	[KEXEC_STEP_SHRUNK]			= "shrunk",
	[KEXEC_STEP_CRASH_STOPPED]		= "crash-stopped",
	[KEXEC_STEP_CRASH_CHECKING]		= "crash-checking",
	[KEXEC_STEP_CRASH_CHECKED]		= "crash-checked",
	[KEXEC_STEP_CRASH_SAVED]		= "crash-saved",
	[KEXEC_STEP_CRASH_QUIET]		= "crash-quiet",
};

/* Whether claims don't look for pages that they would have to wait for. */
static bool claims_wait;

/**
 * kexec_debug_claims_wait - whether a test wants to see a claim wait
 *
 * Return: what the file claims_wait says.
 */
bool kexec_debug_claims_wait(void)
{
	return READ_ONCE(claims_wait);
}

/* Whether a claim is abandoned only if its caller is killed. */
static bool claims_patient;

/**
 * kexec_debug_claims_patient - whether a test wants a claim to wait until it ends it
 *
 * Return: what the file claims_patient says.
 */
bool kexec_debug_claims_patient(void)
{
	return READ_ONCE(claims_patient);
}

/* What is to happen at which step. */
static enum kexec_step panic_at, oops_at;

/* Whether @at is this step; once. */
static bool is_step(enum kexec_step *at, enum kexec_step step)
{
	if (READ_ONCE(*at) != step)
		return false;
	WRITE_ONCE(*at, KEXEC_STEP_NONE);
	return true;
}

/* Whether the exceptions that tests ask for are by BUG(). */
static bool exception_by_bug;

static void take_exception(void)
{
	u8 *nowhere = NULL;

	BUG_ON(READ_ONCE(exception_by_bug));
	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 0);
}

/**
 * kexec_at_step - panic or take an exception, if a test asked for it here
 * @step: where we are
 *
 * Context: Any.
 */
void kexec_at_step(enum kexec_step step)
{
	if (is_step(&panic_at, step))
		panic("kexec: a test asked for it at the step \"%s\"",
		      step_names[step]);
	if (is_step(&oops_at, step))
		take_exception();
}

/* Where the first move of the next handoff goes, unless 0. */
static u64 misdirect;

/**
 * kexec_debug_misdirect - have a move go astray, if a test asked for it
 * @image: the image, of which all has been checked
 *
 * Context: kexec_mutex is held.
 */
void kexec_debug_misdirect(const struct kimage *image)
{
	struct kexec_move *move;

	if (!misdirect)
		return;

	move = kexec_move_first(image);
	while (move && !kexec_is_moved(move))
		move = kexec_move_next(move);
	if (!move)
		return;
	pr_warn("a test has the move to %#lx go to %#llx\n", move->dst, misdirect);
	move->dst = misdirect;
}

static int step_show(struct seq_file *file, void *data)
{
	enum kexec_step at = *(enum kexec_step *)file->private;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(step_names); i++)
		seq_printf(file, i == at ? "[%s]\n" : "%s\n", step_names[i]);
	return 0;
}

static int step_open(struct inode *inode, struct file *file)
{
	return single_open(file, step_show, inode->i_private);
}

static ssize_t step_write(struct file *file, const char __user *data,
			  size_t count, loff_t *ppos)
{
	enum kexec_step *at = file_inode(file)->i_private;
	char name[32] = { };
	int step;

	if (count >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, data, count))
		return -EFAULT;
	step = sysfs_match_string(step_names, name);
	if (step < 0)
		return step;
	WRITE_ONCE(*at, step);
	return count;
}

static const struct file_operations step_fops = {
	.owner		= THIS_MODULE,
	.open		= step_open,
	.read		= seq_read,
	.write		= step_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* In the crash region, through a mapping that nothing protects. */
static int flip_bit(const struct kimage *image, unsigned long dst)
{
	struct kexec_move *move;
	unsigned long phys;
	struct page *page;
	u8 *mapped;

	if (!image)
		return -ENOENT;
	move = kexec_move_find(image, dst);
	if (!move || move->src == KEXEC_SRC_ZERO)
		return -ENOENT;

	phys = move->src + (dst - move->dst);
	page = pfn_to_page(PHYS_PFN(phys));
	mapped = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!mapped)
		return -ENOMEM;
	mapped[offset_in_page(phys)] ^= 1;
	vunmap(mapped);
	return 0;
}

static int corrupt(struct kimage *const *slot, u64 dst)
{
	int err;

	if (dst > KEXEC_DEST_LIMIT)
		return -EINVAL;

	err = kexec_lock();
	if (err)
		return err;
	err = flip_bit(*slot, dst);
	kexec_unlock();
	return err;
}

static int corrupt_set(void *data, u64 dst)
{
	return corrupt(&kexec_image, dst);
}
DEFINE_DEBUGFS_ATTRIBUTE(corrupt_fops, NULL, corrupt_set, "%llu\n");

static int corrupt_crash_set(void *data, u64 dst)
{
	return corrupt(&kexec_crash_image, dst);
}
DEFINE_DEBUGFS_ATTRIBUTE(corrupt_crash_fops, NULL, corrupt_crash_set, "%llu\n");

/* By the table as it is then, a page of others belongs to the image. */
static int corrupt_table_set(void *data, u64 ignored)
{
	struct kexec_move *move;
	int err;

	err = kexec_lock();
	if (err)
		return err;
	move = kexec_image ? kexec_move_first(kexec_image) : NULL;
	if (move)
		move->src ^= PAGE_SIZE;
	else
		err = -ENOENT;
	kexec_unlock();
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(corrupt_table_fops, NULL, corrupt_table_set, "%llu\n");

/* As a bug would: through the kernel's own mapping, come what may. */
static int scribble_set(void *data, u64 phys)
{
	if (!pfn_valid(PHYS_PFN(phys)) || PageHighMem(pfn_to_page(PHYS_PFN(phys))))
		return -EINVAL;
	WRITE_ONCE(*(u8 *)phys_to_virt(phys), 0x5a);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(scribble_fops, NULL, scribble_set, "%llu\n");

#ifdef CONFIG_CRASH_DUMP
/* As from code that has not prepared for it: in a process, interrupts on. */
static int crash_set(void *data, u64 ignored)
{
	crash_kexec(NULL);
	return -ENOENT;
}
DEFINE_DEBUGFS_ATTRIBUTE(crash_fops, NULL, crash_set, "%llu\n");

static int oops_set(void *data, u64 ignored)
{
	take_exception();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(oops_fops, NULL, oops_set, "%llu\n");

/* In an interrupt, so that no other comes through; an NMI does. */
static void hear_nothing(void *heard)
{
	WRITE_ONCE(*(bool *)heard, true);
	for (;;)
		cpu_relax();
}

/* As one that comes online or goes offline, and is not as far yet. */
static void be_in_hotplug(void *heard)
{
	set_cpu_online(smp_processor_id(), false);
	hear_nothing(heard);
}

/* As the other one has. */
static void panic_second(void *heard)
{
	WRITE_ONCE(*(bool *)heard, true);
	while (!panic_in_progress())
		cpu_relax();
	panic("kexec: a test asked for it, and another CPU has panicked before");
}

/*
 * Have @cpu do something with interrupts off, for ever.  From the moment that it does,
 * whoever waits for it waits for ever.  Not this CPU: it can't be preempted, by
 * stop_machine() for one, and no lock of the console is held over there.  Returns with
 * preemption off if it does that.
 */
static int take_cpu(u64 cpu, smp_call_func_t what)
{
	static bool heard;
	int err = -EINVAL;

	/* With console_lock() whoever unlocks it may sleep. */
	while (!console_trylock())
		cond_resched();
	preempt_disable();
	if (cpu < nr_cpu_ids && cpu != smp_processor_id())
		err = smp_call_function_single(cpu, what, &heard, false);
	while (!err && !READ_ONCE(heard))
		cpu_relax();
	console_unlock();
	if (err)
		preempt_enable();
	return err;
}

static void do_nothing(void *unused)
{
}

static bool panic_at_second(int cpu, void *nr)
{
	if (cpu != smp_processor_id() && ++*(unsigned int *)nr == 2)
		panic("kexec: a test asked for it while calls are sent to all CPUs");
	return true;
}

/* Calls are queued one by one, and then all CPUs are told. */
static int panic_in_call_set(void *data, u64 ignored)
{
	unsigned int nr = 0;

	if (num_online_cpus() < 3)
		return -EINVAL;
	on_each_cpu_cond(panic_at_second, do_nothing, &nr, true);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(panic_in_call_fops, NULL, panic_in_call_set, "%llu\n");

static int panic_without_set(void *data, u64 cpu)
{
	int err = take_cpu(cpu, hear_nothing);

	if (!err)
		panic("kexec: a test asked for it while CPU %llu hears nothing",
		      cpu);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(panic_without_fops, NULL, panic_without_set, "%llu\n");

static int panic_hotplug_set(void *data, u64 cpu)
{
	int err = take_cpu(cpu, be_in_hotplug);

	if (!err)
		panic("kexec: a test asked for it while CPU %llu is in hotplug",
		      cpu);
	return err;
}
DEFINE_DEBUGFS_ATTRIBUTE(panic_hotplug_fops, NULL, panic_hotplug_set, "%llu\n");

/* As a CPU that comes online does, or one that goes offline. */
static int panic_not_online_set(void *data, u64 ignored)
{
	local_irq_disable();
	set_cpu_online(smp_processor_id(), false);
	panic("kexec: a test asked for it on a CPU that is not online");
}
DEFINE_DEBUGFS_ATTRIBUTE(panic_not_online_fops, NULL, panic_not_online_set,
			 "%llu\n");

/* This one is first.  When it goes on, the other one has got as far as it ever does. */
static int panic_first_set(void *data, u64 cpu)
{
	int err = take_cpu(cpu, panic_second);

	if (err)
		return err;
	local_irq_disable();
	if (panic_try_start()) {
		while (!crash_cpu_is_saved(cpu))
			cpu_relax();
	}
	panic("kexec: a test asked for it, and CPU %llu panics, too", cpu);
}
DEFINE_DEBUGFS_ATTRIBUTE(panic_first_fops, NULL, panic_first_set, "%llu\n");

static void create_crash_files(struct dentry *dir)
{
	debugfs_create_file_unsafe("crash", 0200, dir, NULL, &crash_fops);
	debugfs_create_file_unsafe("oops", 0200, dir, NULL, &oops_fops);
	debugfs_create_file_unsafe("panic_in_call", 0200, dir, NULL,
				   &panic_in_call_fops);
	debugfs_create_file_unsafe("panic_without", 0200, dir, NULL,
				   &panic_without_fops);
	debugfs_create_file_unsafe("panic_hotplug", 0200, dir, NULL,
				   &panic_hotplug_fops);
	debugfs_create_file_unsafe("panic_not_online", 0200, dir, NULL,
				   &panic_not_online_fops);
	debugfs_create_file_unsafe("panic_first", 0200, dir, NULL,
				   &panic_first_fops);
}
#else
static void create_crash_files(struct dentry *dir)
{
}
#endif

/**
 * struct slow_shutdown - how a device of ours is shut down
 * @sleep_ms: it sleeps so many milliseconds
 * @spin: it loops with interrupts off, until it is named as hanging on the consoles
 */
struct slow_shutdown {
	unsigned int sleep_ms;
	bool spin;
};

/* As a handoff does, in what the log has since @log was here last. */
static bool is_named(struct kmsg_dump_iter *log, const struct device *dev)
{
	char what[64], line[256];

	snprintf(what, sizeof(what), "still at %s %s,", dev_driver_string(dev),
		 dev_name(dev));
	while (kmsg_dump_get_line(log, false, line, sizeof(line), NULL)) {
		if (strstr(line, what))
			return true;
	}
	return false;
}

/* Whether all consoles have come so far in the log: what is there alone, nobody sees. */
static bool is_printed(u32 seq)
{
	struct console *con;
	bool printed = true;
	int cookie = console_srcu_read_lock();

	for_each_console_srcu(con) {
		short flags = console_srcu_read_flags(con);
		u32 next = flags & CON_NBCON ?
			   atomic_long_read(&ACCESS_PRIVATE(con, nbcon_seq)) :
			   READ_ONCE(con->seq);

		if ((flags & CON_ENABLED) && (s32)(next - seq) < 0)
			printed = false;
	}
	console_srcu_read_unlock(cookie);
	return printed;
}

/* Another CPU has to name it: the last one that is left would loop for ever. */
static void spin_until_named(const struct device *dev)
{
	struct kmsg_dump_iter log;

	if (num_online_cpus() < 2) {
		pr_warn("%s: there is no other CPU, its shutdown does not loop\n",
			dev_name(dev));
		return;
	}
	kmsg_dump_rewind(&log);
	guard(irqsave)();
	while (!is_named(&log, dev))
		cpu_relax();
	while (!is_printed(log.cur_seq))
		cpu_relax();
}

static void shut_down_slowly(struct platform_device *pdev)
{
	const struct slow_shutdown *how = dev_get_platdata(&pdev->dev);

	if (how->sleep_ms)
		msleep(how->sleep_ms);
	if (how->spin)
		spin_until_named(&pdev->dev);
}

static struct platform_driver slow_driver = {
	.driver.name	= "kexec-slow",
	.shutdown	= shut_down_slowly,
};

static int add_slow_device(struct slow_shutdown how)
{
	return PTR_ERR_OR_ZERO(platform_device_register_data(NULL, "kexec-slow",
							     PLATFORM_DEVID_AUTO,
							     &how, sizeof(how)));
}

static int shutdown_sleeps_set(void *data, u64 ms)
{
	if (ms > UINT_MAX)
		return -EINVAL;
	return add_slow_device((struct slow_shutdown){ .sleep_ms = ms });
}
DEFINE_DEBUGFS_ATTRIBUTE(shutdown_sleeps_fops, NULL, shutdown_sleeps_set, "%llu\n");

/* See spin_until_named(). */
static int shutdown_spins_set(void *data, u64 ignored)
{
	if (num_online_cpus() < 2 || !IS_ENABLED(CONFIG_PRINTK))
		return -EINVAL;
	return add_slow_device((struct slow_shutdown){ .spin = true });
}
DEFINE_DEBUGFS_ATTRIBUTE(shutdown_spins_fops, NULL, shutdown_spins_set, "%llu\n");

static int __init kexec_debug_init(void)
{
	struct dentry *dir = debugfs_create_dir("kexec", NULL);

	debugfs_create_file_unsafe("corrupt", 0200, dir, NULL, &corrupt_fops);
	debugfs_create_file_unsafe("corrupt_crash", 0200, dir, NULL,
				   &corrupt_crash_fops);
	debugfs_create_file_unsafe("corrupt_table", 0200, dir, NULL,
				   &corrupt_table_fops);
	debugfs_create_file_unsafe("scribble", 0200, dir, NULL, &scribble_fops);
	debugfs_create_bool("claims_wait", 0600, dir, &claims_wait);
	debugfs_create_bool("claims_patient", 0600, dir, &claims_patient);
	create_crash_files(dir);
	debugfs_create_x64("misdirect", 0600, dir, &misdirect);
	debugfs_create_file("panic_at", 0600, dir, &panic_at, &step_fops);
	debugfs_create_file("oops_at", 0600, dir, &oops_at, &step_fops);
	debugfs_create_bool("exception_by_bug", 0600, dir, &exception_by_bug);
	debugfs_create_file_unsafe("shutdown_sleeps", 0200, dir, NULL,
				   &shutdown_sleeps_fops);
	debugfs_create_file_unsafe("shutdown_spins", 0200, dir, NULL,
				   &shutdown_spins_fops);
	return platform_driver_register(&slow_driver);
}
late_initcall(kexec_debug_init);
