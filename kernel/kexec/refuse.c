// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refusals: the errno is what programs act on, the reason is for the person
 * who has to find out what to change.  The same words go to the log, to the
 * tracepoint kexec:kexec_refused and, unless the caller may not load at all, to
 * /sys/kernel/kexec/last_refusal.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/capability.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <trace/events/kexec.h>

#include "internal.h"

/* Raw: refusals come also where interrupts are off, as in jump.c. */
static DEFINE_RAW_SPINLOCK(refusal_lock);
static char last_refusal[KEXEC_REASON_MAX];

static void remember(const char *reason)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&refusal_lock, flags);
	strscpy(last_refusal, reason);
	raw_spin_unlock_irqrestore(&refusal_lock, flags);
}

static void report_refusal(int err, const char *reason,
			   struct ratelimit_state *limit)
{
	trace_kexec_refused(err, reason);
	if (__ratelimit(limit))
		pr_notice("refused: %s\n", reason);
}

static int refuse(int err, const char *reason)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	remember(reason);
	report_refusal(err, reason, &limit);
	return err;
}

/**
 * kexec_refuse - say why a request is refused
 * @err: negative errno that the caller of the system call will see
 * @fmt: the reason as a clause without a full stop: what, where, which rule
 *
 * Context: Any but NMI.
 * Return: @err, so that a check can end in "return kexec_refuse(...)".
 */
int kexec_refuse(int err, const char *fmt, ...)
{
	char reason[KEXEC_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vscnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return refuse(err, reason);
}

/*
 * Anybody can bring this about, as often as they like.  So it takes nothing from
 * those who may load: neither their reason from last_refusal, nor their lines
 * from the log; and how many were not logged is not logged either.
 */
static __printf(2, 3) int kexec_refuse_unprivileged(int err, const char *fmt, ...)
{
	static struct ratelimit_state limit =
		RATELIMIT_STATE_INIT_FLAGS(limit, DEFAULT_RATELIMIT_INTERVAL, 1,
					   RATELIMIT_MSG_ON_RELEASE);
	char reason[KEXEC_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vscnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	report_refusal(err, reason, &limit);
	return err;
}

/**
 * kexec_check_privilege - whether the caller may say what the machine starts, and how
 *
 * Asked also by what is a file: in a container, too, root owns that.
 *
 * Context: Process context, from the start of the kernel on.
 * Return: 0 or -EPERM.
 */
int kexec_check_privilege(void)
{
	/* Who may restart the machine may choose what it starts next. */
	if (capable(CAP_SYS_BOOT))
		return 0;
	return kexec_refuse_unprivileged(-EPERM, "process %d lacks CAP_SYS_BOOT",
					 task_pid_nr(current));
}

/**
 * kexec_refuse_segment - say why a request is refused because of a segment
 * @err: negative errno that the caller of the system call will see
 * @nr: the segment's number in the caller's array
 * @seg: the segment; not empty, its end does not wrap
 * @fmt: what is wrong with it, a verb first
 *
 * Context: Any but NMI.
 * Return: @err.
 */
int kexec_refuse_segment(int err, unsigned int nr,
			 const struct kexec_segment *seg, const char *fmt, ...)
{
	char reason[KEXEC_REASON_MAX];
	va_list args;
	int len;

	len = scnprintf(reason, sizeof(reason), "segment %u [%#lx-%#lx] ", nr,
			seg->mem, seg->mem + (seg->memsz - 1));
	va_start(args, fmt);
	vscnprintf(reason + len, sizeof(reason) - len, fmt, args);
	va_end(args);
	return refuse(err, reason);
}

/**
 * kexec_last_refusal - read the reason of the latest refusal
 * @buf: where it goes, NUL terminated; empty if nothing was refused yet
 * @size: bytes of @buf
 *
 * Context: Any but NMI.
 * Return: length of the reason in bytes.
 */
size_t kexec_last_refusal(char *buf, size_t size)
{
	unsigned long flags;
	ssize_t len;

	raw_spin_lock_irqsave(&refusal_lock, flags);
	len = strscpy(buf, last_refusal, size);
	raw_spin_unlock_irqrestore(&refusal_lock, flags);
	return len < 0 ? size - 1 : len;
}

/**
 * kexec_check_signal - whether a long loop should go on
 *
 * Also lets others run.  Only a fatal signal ends a load: a load that was
 * interrupted by any other would have to start again from the beginning.
 *
 * Context: May sleep.
 * Return: 0, or -EINTR on a fatal signal.
 */
int kexec_check_signal(void)
{
	cond_resched();
	if (fatal_signal_pending(current))
		return kexec_refuse(-EINTR, "the load was killed");
	return 0;
}
