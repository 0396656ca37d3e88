/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory is used for, page by page, and how to have it used for something
 * else: the conditions that images are loaded under.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "kexec_util.h"

/**
 * struct census - how many pages of some memory are what
 * @free: free
 * @anon: anonymous memory of programs, that can be moved elsewhere
 * @cache: page cache, that can be moved or given up
 * @other: anything else, that stays where it is; also pages on a CPU's list of
 *	free ones, which nothing tells apart
 */
struct census {
	__u64 free;
	__u64 anon;
	__u64 cache;
	__u64 other;
};

__u64 block_size(void);
struct census count_pages(struct range range);
__u64 count_flagged(struct range range, __u64 with, __u64 without);
struct range find_flagged(__u64 with, __u64 without);
__u64 unmovable_blocks(struct range range);

/**
 * struct use - what memory is to be used for
 * @least: the least share that each kind of page has, in percent
 * @most_other: the largest share of pages that can't be moved, in percent
 */
struct use {
	struct census least;
	__u64 most_other;
};

extern const struct use all_free;

#define NO_END	(~(__u64)0)

extern const struct range anywhere;

struct range get_window(__u64 len, struct range within, const struct use *use);

/* Fills so many bytes; tells later whether the content is still the same. */
struct filling {
	void (*fill)(__u64 bytes);
	bool (*intact)(void);
};

extern const struct filling anonymous_filling;
extern const struct filling huge_filling;
extern const struct filling tmpfs_filling;
extern const struct filling block_device_filling;
extern const struct filling pipe_filling;
extern const struct filling alternating_filling;
extern const struct filling pinned_filling;

void leave_garbage_in_free_memory(void);
void *get_pinned_page(__u64 *phys);

#endif /* MEMORY_H */
