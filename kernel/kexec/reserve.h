/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crashkernel.c and reserve.c share.
 */
#ifndef _KERNEL_KEXEC_RESERVE_H
#define _KERNEL_KEXEC_RESERVE_H

#include <linux/types.h>

/**
 * struct crash_request - what crashkernel= asks for
 * @size: bytes; 0 for nothing
 * @base: physical address of the region, 0 if the kernel is to choose it
 * @low: bytes below CRASH_RESERVE_LOW_END, should the region lie above
 * @high: try above CRASH_RESERVE_LOW_END first
 */
struct crash_request {
	u64 size;
	u64 base;
	u64 low;
	bool high;
};

#endif /* _KERNEL_KEXEC_RESERVE_H */
