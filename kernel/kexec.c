// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2): what user space may ask for, and how it is refused.
 *
 * The checks come in this order: may the caller load at all; are the flags and
 * the architecture such as this kernel knows; then, one load at a time, the
 * segments are copied and kernel/kexec/ takes over.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/compat.h>
#include <linux/init.h>
#include <linux/kernel_read_file.h>
#include <linux/security.h>
#include <linux/syscalls.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>

#include "kexec/internal.h"

/* What the flags may hold.  All of a long: they have 64 bits to check there. */
#define KEXEC_KNOWN_FLAGS	((unsigned long)(KEXEC_ARCH_MASK | \
						 KEXEC_ON_CRASH | \
						 KEXEC_PRESERVE_CONTEXT | \
						 KEXEC_UPDATE_ELFCOREHDR | \
						 KEXEC_CRASH_HOTPLUG_SUPPORT))

/* The size of the user space structure is ABI. */
static_assert(sizeof(struct kexec_segment) == 4 * sizeof(long));
static_assert(offsetof(struct kexec_segment, bufsz) == sizeof(long));
static_assert(offsetof(struct kexec_segment, mem) == 2 * sizeof(long));
static_assert(offsetof(struct kexec_segment, memsz) == 3 * sizeof(long));

/* The sysctl kernel.kexec_load_disabled. */
static int kexec_load_disabled;

/* The sysctls kernel.kexec_load_limit_*: calls left, -1 for any number. */
static DEFINE_MUTEX(load_limit_mutex);
static int load_limit_reboot = -1;
static int load_limit_panic = -1;

/* Whether one more call is within the limit of its kind; counts it. */
static bool use_up_limit(int *limit)
{
	guard(mutex)(&load_limit_mutex);
	if (*limit < 0)
		return true;
	if (!*limit)
		return false;
	--*limit;
	return true;
}

static int check_not_disabled(void)
{
	if (READ_ONCE(kexec_load_disabled))
		return kexec_refuse(-EPERM, "sysctl kernel.kexec_load_disabled is set");
	return 0;
}

static int check_not_locked_down(void)
{
	int err = security_locked_down(LOCKDOWN_KEXEC);

	return err ? kexec_refuse(err, "the kernel is locked down") : 0;
}

/**
 * kexec_check_still_allowed - whether loading has been taken away meanwhile
 *
 * A call may take as long as whoever has its content likes.  It is to have no effect once
 * kernel.kexec_load_disabled has been written, or the kernel locked down; the latter but
 * for a moment, as no lock orders that.  The limits on the number of calls are not asked
 * again.
 *
 * Context: Any but interrupts.
 * Return: 0, or -EPERM.
 */
int kexec_check_still_allowed(void)
{
	return check_not_disabled() ?: check_not_locked_down();
}

static int check_permission(unsigned long flags)
{
	bool crash = flags & KEXEC_ON_CRASH;
	int err;

	err = kexec_check_privilege() ?: check_not_disabled();
	if (err)
		return err;
	if (!use_up_limit(crash ? &load_limit_panic : &load_limit_reboot))
		return kexec_refuse(-EPERM,
				    "the calls that sysctl kernel.kexec_load_limit_%s allows are used up",
				    crash ? "panic" : "reboot");

	/* The content has no file that could be measured or signed. */
	err = security_kernel_load_data(LOADING_KEXEC_IMAGE, false);
	if (err)
		return kexec_refuse(err, "a security module forbids kexec_load");
	return check_not_locked_down();
}

static int check_flags(unsigned long flags, unsigned long nr_segments)
{
	unsigned long arch = flags & KEXEC_ARCH_MASK;
	unsigned long unknown = flags & ~KEXEC_KNOWN_FLAGS;

	if (unknown)
		return kexec_refuse(-EINVAL, "unknown flags %#lx", unknown);
	if (flags & KEXEC_PRESERVE_CONTEXT && !IS_ENABLED(CONFIG_KEXEC_JUMP))
		return kexec_refuse(-EINVAL,
				    "this kernel can't come back from an image (KEXEC_PRESERVE_CONTEXT)");
	if (flags & KEXEC_PRESERVE_CONTEXT && flags & KEXEC_ON_CRASH)
		return kexec_refuse(-EINVAL,
				    "a kernel that crashed can't be come back to (KEXEC_PRESERVE_CONTEXT)");
	if (arch != KEXEC_ARCH && arch != KEXEC_ARCH_DEFAULT)
		return kexec_refuse(-EINVAL,
				    "segments are for architecture %lu, this is %lu",
				    arch >> 16, (unsigned long)KEXEC_ARCH >> 16);
	if (nr_segments > KEXEC_SEGMENT_MAX)
		return kexec_refuse(-EINVAL, "%lu segments, at most %d are allowed",
				    nr_segments, KEXEC_SEGMENT_MAX);
	return 0;
}

static int load_or_unload(unsigned long entry, unsigned long nr_segments,
			  const struct kexec_segment *segments,
			  unsigned long flags)
{
	if (nr_segments)
		return kimage_load(entry, nr_segments, segments, flags);

	return kimage_unload(flags & KEXEC_ON_CRASH ? KEXEC_TYPE_CRASH :
						      KEXEC_TYPE_DEFAULT);
}

static int load_one_at_a_time(unsigned long entry, unsigned long nr_segments,
			      const struct kexec_segment *segments,
			      unsigned long flags)
{
	int err;

	err = kexec_lock();
	if (err)
		return err;
	/* Who had the lock may have been at it for long. */
	err = kexec_check_still_allowed() ?:
	      load_or_unload(entry, nr_segments, segments, flags);
	kexec_unlock();
	return err;
}

/**
 * sys_kexec_load - load another kernel, to be started by reboot(2)
 * @entry: physical address of its first instruction
 * @nr_segments: how many @segments there are; 0 unloads
 * @segments: what is to lie where when it starts
 * @flags: KEXEC_* of <linux/kexec.h>
 *
 * See Documentation/man/man2/kexec_load.2.
 *
 * Return: 0 or a negative errno; /sys/kernel/kexec/last_refusal has the reason.
 */
SYSCALL_DEFINE4(kexec_load, unsigned long, entry, unsigned long, nr_segments,
		struct kexec_segment __user *, segments, unsigned long, flags)
{
	struct kexec_segment copy[KEXEC_SEGMENT_MAX];
	int err;

	err = check_permission(flags) ?: check_flags(flags, nr_segments);
	if (err)
		return err;

	if (copy_from_user(copy, segments, nr_segments * sizeof(copy[0])))
		return kexec_refuse(-EFAULT, "the array of segments can't be read");

	return load_one_at_a_time(entry, nr_segments, copy, flags);
}

#ifdef CONFIG_COMPAT
struct compat_kexec_segment {
	compat_uptr_t buf;
	compat_size_t bufsz;
	compat_ulong_t mem;
	compat_size_t memsz;
};

COMPAT_SYSCALL_DEFINE4(kexec_load, compat_ulong_t, entry,
		       compat_ulong_t, nr_segments,
		       struct compat_kexec_segment __user *, segments,
		       compat_ulong_t, flags)
{
	struct compat_kexec_segment compat_copy[KEXEC_SEGMENT_MAX];
	struct kexec_segment copy[KEXEC_SEGMENT_MAX];
	unsigned int i;
	int err;

	err = check_permission(flags);
	if (err)
		return err;
	/* "The kernel's own" is not what a 32-bit program takes it to be. */
	if ((flags & KEXEC_ARCH_MASK) == KEXEC_ARCH_DEFAULT)
		return kexec_refuse(-EINVAL,
				    "a 32-bit program has to name the kernel's architecture");
	err = check_flags(flags, nr_segments);
	if (err)
		return err;

	if (copy_from_user(compat_copy, segments,
			   nr_segments * sizeof(compat_copy[0])))
		return kexec_refuse(-EFAULT, "the array of segments can't be read");

	for (i = 0; i < nr_segments; i++)
		copy[i] = (struct kexec_segment) {
			.buf = compat_ptr(compat_copy[i].buf),
			.bufsz = compat_copy[i].bufsz,
			.mem = compat_copy[i].mem,
			.memsz = compat_copy[i].memsz,
		};

	return load_one_at_a_time(entry, nr_segments, copy, flags);
}
#endif /* CONFIG_COMPAT */

#ifdef CONFIG_SYSCTL
/* A limit can only get tighter: lower than it is, or a number where none was. */
static int load_limit_handler(const struct ctl_table *table, int write,
			      void *buffer, size_t *lenp, loff_t *ppos)
{
	int *limit = table->data;
	int value;
	const struct ctl_table proxy = {
		.data = &value,
		.maxlen = sizeof(value),
		.mode = table->mode,
	};
	int err;

	guard(mutex)(&load_limit_mutex);
	value = *limit;
	err = proc_dointvec(&proxy, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (value < 0 || (*limit >= 0 && value >= *limit))
		return -EINVAL;
	*limit = value;
	return 0;
}

/*
 * A call that has not seen the new value has changed its slot by the time that this
 * returns: exchange_if_allowed().
 */
static int disabled_handler(const struct ctl_table *table, int write,
			    void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (write) {
		spin_lock(&kexec_slot_lock);
		spin_unlock(&kexec_slot_lock);
	}
	return err;
}

/* The others only ever get tighter; this one takes a check away. */
static int verify_handler(const struct ctl_table *table, int write,
			  void *buffer, size_t *lenp, loff_t *ppos)
{
	int err = write ? kexec_check_privilege() : 0;

	return err ?: proc_dointvec_minmax(table, write, buffer, lenp, ppos);
}

static struct ctl_table kexec_sysctls[] = {
	{
		.procname	= "kexec_load_limit_reboot",
		.data		= &load_limit_reboot,
		.mode		= 0644,
		.proc_handler	= load_limit_handler,
	},
	{
		.procname	= "kexec_load_limit_panic",
		.data		= &load_limit_panic,
		.mode		= 0644,
		.proc_handler	= load_limit_handler,
	},
	{
		/* Once set, it stays: 1 is the only value that can be written. */
		.procname	= "kexec_load_disabled",
		.data		= &kexec_load_disabled,
		.mode		= 0644,
		.maxlen		= sizeof(kexec_load_disabled),
		.extra1		= SYSCTL_ONE,
		.extra2		= SYSCTL_ONE,
		.proc_handler	= disabled_handler,
	},
	{
		.procname	= "kexec_verify",
		.data		= &kexec_verify,
		.mode		= 0644,
		.maxlen		= sizeof(kexec_verify),
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
		.proc_handler	= verify_handler,
	},
};

static int __init kexec_sysctl_init(void)
{
	register_sysctl_init("kernel", kexec_sysctls);
	return 0;
}
late_initcall(kexec_sysctl_init);
#endif /* CONFIG_SYSCTL */
