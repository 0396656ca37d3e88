// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes the payload one that returns: for kexec_jump, instead of the end of
 * the machine.
 */
#include "payload.h"

/* As in payload.c, with as few registers as it can be. */
static void write_words(__u64 *at, uintptr_t nr, uintptr_t offset)
{
	__u64 product = pattern_product(offset);
	const __u64 *end = at + nr;

	for (; at != end; at++, product += 8 * PATTERN_FACTOR)
		*at = product ^ upper_part(product);
}

/* The next time, this is what has to be there. */
static void change_range(struct payload_range *range)
{
	unsigned char *at = (void *)(uintptr_t)range->start;
	const unsigned char *end = at + range->len;
	uintptr_t offset, nr;
	unsigned int i;

	range->kind = PAYLOAD_PATTERN;
	range->phase += 4088;
	if (range->phase >= PATTERN_PERIOD)
		range->phase -= PATTERN_PERIOD;

	offset = range->phase;
	while (at != end) {
		if (offset == PATTERN_PERIOD)
			offset = 0;
		nr = whole_words(at, end, offset);
		if (nr) {
			write_words((__u64 *)at, nr, offset);
			at += nr * 8;
			offset += nr * 8;
			continue;
		}
		for (i = (uintptr_t)at % 8; i < 8 && at != end; i++)
			*at++ = pattern_word(offset) >> (8 * i);
		offset += 8;
	}
}

/**
 * change_image_and_return - leave no byte as it is, and return
 * @table: what was checked; it says what is to be checked the next time
 *
 * Return: not here, but to who started the payload.
 */
void change_image_and_return(struct payload_table *table)
{
	__u64 i;

	for (i = 0; i < table->nr_ranges; i++)
		change_range(&table->ranges[i]);
	table->returns++;
	go_back();
}
