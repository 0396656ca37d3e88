// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes the payload one that returns: for kexec_jump, instead of the end of
 * the machine.
 */
#include "payload.h"

/* The next time, this is what has to be there. */
static void change_range(struct payload_range *range)
{
	unsigned char *at = (void *)(uintptr_t)range->start;
	__u64 offset = (range->phase + 4088) % PATTERN_PERIOD;
	__u64 left = range->len;
	unsigned int i, len;

	range->kind = PAYLOAD_PATTERN;
	range->phase = offset;
	while (left) {
		__u64 word = pattern_word(offset);

		len = left < 8 ? left : 8;
		if (len == 8) {
			__builtin_memcpy(at, &word, 8);
		} else {
			for (i = 0; i < len; i++)
				at[i] = word >> (8 * i);
		}
		at += len;
		left -= len;
		offset += 8;
		if (offset == PATTERN_PERIOD)
			offset = 0;
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
