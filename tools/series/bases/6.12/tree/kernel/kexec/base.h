/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core asks of the rest of the kernel, as Linux 6.12 has it.
 */
#ifndef _KERNEL_KEXEC_BASE_H
#define _KERNEL_KEXEC_BASE_H

#include <linux/console.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/mmzone.h>

/* Claim pages [@start, @end): free them of what can move, and allocate them. */
static inline int kexec_claim_pages(unsigned long start, unsigned long end,
				    gfp_t gfp)
{
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, gfp);
}

/* Keep what is printed, until the consoles can print again. */
static inline void kexec_suspend_consoles(void)
{
	suspend_console();
}

static inline void kexec_resume_consoles(void)
{
	resume_console();
}

/* Have @timer call @function, once it is started. */
static inline void
kexec_setup_timer(struct hrtimer *timer,
		  enum hrtimer_restart (*function)(struct hrtimer *),
		  clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

/* Whether panic() here has another CPU go on: never. */
static inline bool kexec_panic_goes_elsewhere(void)
{
	return false;
}

/* Whether a page that is given back stays with its CPU for a while. */
static inline bool kexec_cpus_keep_pages(void)
{
	return true;
}

#endif /* _KERNEL_KEXEC_BASE_H */
