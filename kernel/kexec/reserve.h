/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crashkernel.c and reserve.c share.
 */
#ifndef _KERNEL_KEXEC_RESERVE_H
#define _KERNEL_KEXEC_RESERVE_H

#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/types.h>
#include <asm/crash_reserve.h>

/**
 * struct crash_request - what crashkernel= asks for
 * @size: bytes; 0 for nothing
 * @base: physical address of the region, 0 if the kernel is to choose it
 * @low: bytes below CRASH_RESERVE_LOW_END, should the region lie above
 * @high: try above CRASH_RESERVE_LOW_END first
 * @cma: bytes more, which programs use until a panic
 */
struct crash_request {
	u64 size;
	u64 base;
	u64 low;
	bool high;
	u64 cma;
};

/* Set by crashkernel_parse(), for crashkernel_reserve(). */
extern u64 crash_cma_wanted;

/* crash_cma.c */
void __init crash_cma_reserve(u64 size);

#endif /* _KERNEL_KEXEC_RESERVE_H */
