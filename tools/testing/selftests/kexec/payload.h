/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the payload and the programs that load it (plan.c) agree on.
 *
 * The payload's segment holds its flat binary and right behind that, wherever
 * the binary lies, a struct payload_table.  Each range of the table is memory
 * that has to have a certain content when the payload starts.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdint.h>

#include <linux/types.h>

#define PAYLOAD_MAGIC	0x64616f6c79617021ULL
/* A pattern and zeroes for each segment, one range more for the payload, a word. */
#define PAYLOAD_RANGES	35

/*
 * The pattern repeats after so many bytes, a prime number of the largest pages
 * that there are: that a few pages of a caller's memory can fill any number of
 * destinations, and yet no two places that could be mistaken for each other are
 * the same.
 */
#ifdef __sh__
#define PATTERN_PERIOD	(251 * 4096ULL)		/* it has not got so much memory */
#else
#define PATTERN_PERIOD	(251 * 65536ULL)
#endif

enum payload_kind {
	PAYLOAD_ZERO,
	PAYLOAD_PATTERN,
	PAYLOAD_WORD,
};

/**
 * struct payload_range - what some memory has to hold
 * @start: physical address of its first byte
 * @len: bytes
 * @kind: enum payload_kind
 * @phase: where in the pattern the word is that has the first byte, a multiple of
 *	8, less than PATTERN_PERIOD; words lie at multiples of 8 in memory, too.  Of
 *	PAYLOAD_WORD, which is no part of the image, the word itself
 */
struct payload_range {
	__u64 start;
	__u64 len;
	__u64 kind;
	__u64 phase;
};

/**
 * struct payload_clock - time stamps in memory that is no destination
 * @reboot: before reboot(2)
 * @beat: written over and over by a thread, as long as threads run
 */
struct payload_clock {
	__u64 reboot;
	__u64 beat;
};

/**
 * struct payload_table - what the payload has to check
 * @magic: %PAYLOAD_MAGIC
 * @only_time: say when it was entered, and nothing else; payload_<arch>.S knows
 *	that it is the second member
 * @clock: physical address of a struct payload_clock, or 0
 * @most_ticks: the payload has to be entered so soon after reboot(2), unless 0
 * @returns: how often it was entered, from 1 on, or 0: it does not return, but
 *	ends the machine; else it does if all is well, and changes every byte of
 *	the image before that
 * @device_tree: physical address of what the kernel has to take for the image's
 *	device tree, or 0; payload_<arch>.S knows that it is the sixth member
 * @entry: physical address of the payload's first instruction
 * @start: of the payload's segment
 * @len: of the payload's segment
 * @nr_ranges: used entries of @ranges
 * @ranges: only the used ones are there
 */
struct payload_table {
	__u64 magic;
	__u64 only_time;
	__u64 clock;
	__u64 most_ticks;
	__u64 returns;
	__u64 device_tree;
	__u64 entry;
	__u64 start;
	__u64 len;
	__u64 nr_ranges;
	struct payload_range ranges[PAYLOAD_RANGES];
};

#define PATTERN_FACTOR	0x9e3779b97f4a7c15ULL

/* What the word at an offset is made of; that of the next is a step further. */
static inline __u64 pattern_product(__u64 offset)
{
	return (offset + 0x7061796c6f616421) * PATTERN_FACTOR;
}

/*
 * A loop that needs all registers for itself, so that it does not write to the stack: 32
 * bits take two for a word, and an emulator takes what is written beside code for code.
 */
#if __SIZEOF_POINTER__ == 4
#define INNERMOST	__attribute__((noipa))
#else
#define INNERMOST
#endif

/* Shifted by 29; no function where none is inline, as on i386. */
#ifdef __mc68000__
/* It would call one for a shift, and write to the stack. */
static inline __u64 upper_part(__u64 product)
{
	__u32 high = product >> 32, low = product;

	return (__u64)(high >> 29) << 32 | (high << 3 | low >> 29);
}
#else
#define upper_part(product)	((product) >> 29)
#endif

/* The eight bytes of the pattern at an offset, a multiple of 8, in it. */
static inline __u64 pattern_word(__u64 offset)
{
	__u64 product = pattern_product(offset);

	return product ^ upper_part(product);
}

/*
 * How many whole words there are from @at on, until @end or until the pattern, at
 * @offset there, begins anew; 0 if @at is within a word.
 */
static inline uintptr_t whole_words(const unsigned char *at,
				    const unsigned char *end, uintptr_t offset)
{
	uintptr_t len = end - at, left = PATTERN_PERIOD - offset;

	if ((uintptr_t)at % 8)
		return 0;
	return (len < left ? len : left) / 8;
}

/* All in one file, whichever of the two that is: nothing needs a GOT. */
#pragma GCC visibility push(hidden)

/* The binary as those programs have it (payload_blob.S). */
extern const char payload_start[], payload_end[];
#ifdef __mips64
/* The same for a processor of Release 6, for which a kernel emulates this program. */
extern const char payload_r6_start[], payload_r6_end[];
#endif

/* Within it: the table behind the binary, and what payload_<arch>.S provides. */
extern struct payload_table payload_table;
extern const char payload_entry[];

/**
 * struct payload_register - a register and what it has to be at the entry
 * @name: padded with NULs
 * @value: what it was
 * @expected: what it has to be
 * @mask: the bits of it that matter
 */
struct payload_register {
	char name[8];
	__u64 value;
	__u64 expected;
	__u64 mask;
};

/* The time stamp counter at the entry. */
extern const __u64 entry_time;

void payload_main(const struct payload_register *regs, int nr_regs,
		  __u64 stack);
void serial_byte(unsigned char byte);
const char *machine_mode(void);
void end_machine(int verdict);

/* In payload_jump.c, which only a payload that returns has. */
#ifdef PAYLOAD_JUMP
void change_image_and_return(struct payload_table *table);
#else
static inline void change_image_and_return(const struct payload_table *table)
{
	(void)table;
}
#endif

/*
 * In payload_jump_<arch>.S: leaves every register that it can with something else
 * in it, and returns to whoever started the payload; ends the machine if there is
 * nobody.
 */
void go_back(void);

#pragma GCC visibility pop

#endif /* PAYLOAD_H */
