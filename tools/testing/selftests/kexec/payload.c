// SPDX-License-Identifier: GPL-2.0-only
/*
 * The payload: what kexec_handoff, kexec_jump and kexec_crash have started instead
 * of a kernel.  It checks the state that it was started in and every byte of the
 * image, prints the verdict on the serial console, and ends the machine or, for
 * kexec_jump, changes every byte and returns.
 *
 * Freestanding and position independent, with nothing but its own segment to
 * live in.  What depends on the architecture is in payload_<arch>.S, which
 * calls payload_main() on a stack of its own.
 */
#include "payload.h"

static void print(const char *text)
{
	while (*text)
		serial_byte(*text++);
}

/*
 * Divides, and returns the remainder.  A divisor of up to 16 bits, as 64 are more
 * than some processors divide, and a library's function takes too much room.
 */
static unsigned int divide(__u64 *value, unsigned int divisor)
{
	unsigned int rest = 0;
	__u64 quotient = 0;
	int shift;

	for (shift = 48; shift >= 0; shift -= 16) {
		rest = rest << 16 | (*value >> shift & 0xffff);
		quotient = quotient << 16 | rest / divisor;
		rest %= divisor;
	}
	*value = quotient;
	return rest;
}

static void print_number(__u64 value, unsigned int base)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[divide(&value, base)];
	} while (value);
	if (base == 16)
		print("0x");
	print(p);
}

/* Each % of the text stands for a number: %x or %u. */
static void say(const char *text, const __u64 *numbers)
{
	print("payload: ");
	for (; *text; text++) {
		if (*text == '%')
			print_number(*numbers++, *++text == 'x' ? 16 : 10);
		else
			serial_byte(*text);
	}
	print("\r\n");
}

#define SAY(text, ...)	say(text, (const __u64[]) { __VA_ARGS__ })

static int check_registers(const struct payload_register *regs, int nr_regs)
{
	int i, wrong = 0;

	for (i = 0; i < nr_regs; i++) {
		if (!((regs[i].value ^ regs[i].expected) & regs[i].mask))
			continue;
		print("payload: register ");
		print(regs[i].name);
		print(" is ");
		print_number(regs[i].value, 16);
		print(", not ");
		print_number(regs[i].expected, 16);
		print("\r\n");
		wrong++;
	}
	return wrong;
}

static int inside(__u64 address, __u64 start, __u64 len)
{
	return address - start < len;
}

/* The stack that the payload is started on may be in no destination. */
static int check_stack(const struct payload_table *table, __u64 stack)
{
	__u64 i, wrong = inside(stack - 1, table->start, table->len);

	for (i = 0; i < table->nr_ranges; i++)
		wrong |= inside(stack - 1, table->ranges[i].start,
				table->ranges[i].len);
	if (wrong)
		SAY("stack %x in a destination", stack);
	return wrong;
}

/*
 * How many words, of @nr at most, are as they have to be: all 0, or those of the
 * pattern from @offset on.  Almost all the time is spent here, so it makes do with
 * few registers: where a processor is emulated, to write to memory right beside
 * code, as the stack is, takes long.
 */
static INNERMOST uintptr_t good_words(const __u64 *at, uintptr_t nr, int kind,
				      uintptr_t offset)
{
	__u64 product = kind == PAYLOAD_PATTERN ? pattern_product(offset) : 0;
	__u64 step = kind == PAYLOAD_PATTERN ? 8 * PATTERN_FACTOR : 0;
	const __u64 *word, *end = at + nr;

	for (word = at; word != end; word++, product += step) {
		if (*word != (product ^ upper_part(product)))
			break;
	}
	return word - at;
}

static unsigned char expected_byte(const struct payload_range *range,
				   uintptr_t offset, unsigned int byte)
{
	const __u64 word = range->kind == PAYLOAD_PATTERN ?
			   pattern_word(offset) : 0;

	return ((const unsigned char *)&word)[byte];
}

/* All whole words at once, byte by byte those that aren't, or that are wrong. */
static int check_range(const struct payload_range *range, __u64 nr)
{
	const unsigned char *at = (const void *)(uintptr_t)range->start;
	const unsigned char *end = at + range->len;
	uintptr_t offset = range->phase, good;
	unsigned int i;

	while (at != end) {
		if (offset == PATTERN_PERIOD)
			offset = 0;
		good = good_words((const __u64 *)at, whole_words(at, end, offset),
				  range->kind, offset);
		at += good * 8;
		offset += good * 8;
		if (good)
			continue;

		for (i = (uintptr_t)at % 8; i < 8 && at != end; i++, at++) {
			unsigned char expected = expected_byte(range, offset, i);

			if (*at == expected)
				continue;
			SAY("bad byte at %x: %x, not %x, range %u, offset %x",
			    (uintptr_t)at, *at, expected, nr,
			    (uintptr_t)at - range->start);
			return 1;
		}
		offset += 8;
	}
	return 0;
}

/* What firmware has left outside of the image, and an image may read. */
static int check_word(const struct payload_range *range)
{
	__u64 word = *(const __u64 *)(uintptr_t)range->start;

	if (word == range->phase)
		return 0;
	SAY("bad word at %x: %x, not %x", range->start, word, range->phase);
	return 1;
}

static int check_image(const struct payload_table *table)
{
	__u64 i, bytes = 0;
	int wrong = 0;

	for (i = 0; i < table->nr_ranges; i++) {
		wrong += table->ranges[i].kind == PAYLOAD_WORD ?
			check_word(&table->ranges[i]) :
			check_range(&table->ranges[i], i);
		bytes += table->ranges[i].len;
	}
	if (!wrong)
		SAY("checked %u bytes in %u ranges: ok", bytes, table->nr_ranges);
	return wrong;
}

/* It is no range, as its first bytes follow no pattern. */
static int check_device_tree(const struct payload_table *table)
{
	const unsigned char *at = (const void *)(uintptr_t)table->device_tree;

	if (!at || (at[0] == 0xd0 && at[1] == 0x0d && at[2] == 0xfe &&
		    at[3] == 0xed))
		return 0;
	SAY("no device tree at %x", table->device_tree);
	return 1;
}

/* When it was entered, and how long nothing else ran: no more than allowed? */
static int report_time(const struct payload_table *table)
{
	const struct payload_clock *clock =
		(const void *)(uintptr_t)table->clock;
	__u64 took;

	if (!clock) {
		SAY("time stamp %u", entry_time);
		return 0;
	}
	SAY("time stamp %u, %u at reboot(2), %u when a program last ran",
	    entry_time, clock->reboot, clock->beat);

	took = entry_time - clock->reboot;
	if (!table->most_ticks)
		return 0;
	SAY("entered after %u ticks, %u are allowed", took, table->most_ticks);
	if (took <= table->most_ticks)
		return 0;
	print("payload: too late\n");
	return 1;
}

/**
 * payload_main - check everything, say so, and end the machine or return
 * @regs: the registers at the entry, and what they have to be
 * @nr_regs: how many
 * @stack: the stack pointer at the entry
 *
 * Return: does not.
 */
void payload_main(const struct payload_register *regs, int nr_regs, __u64 stack)
{
	struct payload_table *table = &payload_table;
	int wrong;

	if (table->only_time)
		end_machine(report_time(table));

	SAY("started at %x, stack at %x", (uintptr_t)payload_entry, stack);
	print("payload: ");
	print(machine_mode());
	print("\r\n");

	wrong = check_registers(regs, nr_regs) + check_stack(table, stack);
	if (!wrong)
		SAY("registers ok", 0);

	if (table->magic != PAYLOAD_MAGIC ||
	    table->entry != (uintptr_t)payload_entry) {
		SAY("no table at %x", (uintptr_t)table);
		wrong++;
	} else {
		wrong += check_device_tree(table) + check_image(table);
	}
	if (!wrong && table->returns) {
		SAY("entered %u times, returns", table->returns);
		change_image_and_return(table);
		wrong++;
	}
	end_machine(wrong);
}
