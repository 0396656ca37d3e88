/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core asks of the rest of the kernel, as Linux 7.3 has it.
 */
#ifndef _KERNEL_KEXEC_BASE_H
#define _KERNEL_KEXEC_BASE_H

#include <linux/console.h>
#include <linux/crash_reserve.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/kconfig.h>

#include "../../mm/page_alloc.h"		/* drain_all_pages() */

/* Claim pages [@start, @end): free them of what can move, and allocate them. */
static inline int kexec_claim_pages(unsigned long start, unsigned long end,
				    gfp_t gfp)
{
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, gfp);
}

/* Keep what is printed, until the consoles can print again. */
static inline void kexec_suspend_consoles(void)
{
	console_suspend_all();
}

static inline void kexec_resume_consoles(void)
{
	console_resume_all();
}

/* Have @timer call @function, once it is started. */
static inline void
kexec_setup_timer(struct hrtimer *timer,
		  enum hrtimer_restart (*function)(struct hrtimer *),
		  clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_setup(timer, function, clock, mode);
}

/* Whether panic() here has another CPU go on (panic_force_cpu=). */
static inline bool kexec_panic_goes_elsewhere(void)
{
	return panic_goes_elsewhere();
}

/* Whether a page that is given back stays with its CPU for a while. */
static inline bool kexec_cpus_keep_pages(void)
{
	return IS_ENABLED(CONFIG_SMP);
}

#endif /* _KERNEL_KEXEC_BASE_H */
