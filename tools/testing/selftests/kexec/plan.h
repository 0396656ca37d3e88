/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images that consist of the payload and of what it checks: where their
 * segments lie, and what is in them.
 */
#ifndef PLAN_H
#define PLAN_H

#include "kexec_util.h"
#include "payload.h"

/* Room for the payload's segment, unless the image is smaller than that. */
#define PAYLOAD_LEN	(64 * KIB)

/* Where in a part a test changes a byte: in none that is shorter. */
#define CORRUPT_OFFSET	0x5123

/* How often an image may be loaded until all of it is in place. */
#define PLACE_TRIES	4

/**
 * struct part - a segment of the image, other than the payload's
 * @at: the destination
 * @bufsz: bytes of content; zeroes follow
 * @phase: where in the pattern the content begins, a multiple of 8
 * @min_moved: bytes that nothing but a move can place
 * @max_moved: bytes of page blocks that can't be claimed
 */
struct part {
	struct range at;
	__u64 bufsz;
	__u64 phase;
	__u64 min_moved;
	__u64 max_moved;
};

/**
 * struct plan - an image to be loaded
 * @seed: no two plans with different ones have the same content anywhere
 * @only_time: the payload checks nothing, and says when it was entered
 * @clock: physical address of time stamps that it prints, too, or 0
 * @most_ticks: how soon after reboot(2) it has to be entered, unless 0
 * @returns: the payload changes the image and returns
 * @word: physical address of a word outside of the image that it reads, or 0
 * @expected: what that has to be
 * @payload: the destination of the payload's segment
 * @entry_offset: where in it the payload begins
 * @entry_state: what is added to that address, as it says how to enter it
 * @first: what it begins with instead, unless NULL: machine code
 * @first_len: bytes of that
 * @parts: all other segments
 * @nr_parts: how many
 */
struct plan {
	unsigned int seed;
	bool only_time;
	__u64 clock;
	__u64 most_ticks;
	bool returns;
	__u64 word;
	__u64 expected;
	struct range payload;
	__u64 entry_offset;
	__u64 entry_state;
	const void *first;
	size_t first_len;
	struct part parts[SEGMENTS_MAX - 1];
	int nr_parts;
};

/**
 * struct verdict - the numbers in what the payload says of an intact image
 * @bytes: that it has checked
 * @ranges: that these are in
 */
struct verdict {
	__u64 bytes;
	__u64 ranges;
};

void add_part(struct plan *plan, struct range at, __u64 bufsz);
void use_range(struct plan *plan, struct range range);
struct verdict expected_verdict(const struct plan *plan);

const char *map_pattern(__u64 len);
int build_segments(const struct plan *plan, struct kexec_segment *segs);
int load_built(const struct plan *plan, int nr,
	       const struct kexec_segment *segs, unsigned long flags);
int try_to_load(const struct plan *plan, unsigned long flags);
void load_plan(const struct plan *plan, unsigned long flags);
void unload_image(void);
bool unload_moved(__u64 most, int tries);

#endif /* PLAN_H */
