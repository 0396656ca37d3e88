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

static void print_number(__u64 value, unsigned int base)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = "0123456789abcdef"[value % base];
		value /= base;
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
		print(", expected ");
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
		SAY("stack at %x lies in a destination", stack);
	return wrong;
}

static __u64 expected_word(const struct payload_range *range, __u64 offset)
{
	return range->kind == PAYLOAD_PATTERN ? pattern_word(offset) : 0;
}

static void report_bad_byte(const struct payload_range *range, __u64 nr,
			    const unsigned char *at, __u64 found,
			    __u64 expected)
{
	while ((found & 0xff) == (expected & 0xff)) {
		found >>= 8;
		expected >>= 8;
		at++;
	}
	SAY("bad byte at %x: expected %x, found %x, range %u, offset %x",
	    (uintptr_t)at, expected & 0xff, found & 0xff, nr,
	    (uintptr_t)at - range->start);
}

/* Words at multiples of 8 bytes from the start, and the bytes left over. */
static int check_range(const struct payload_range *range, __u64 nr)
{
	const unsigned char *at = (const void *)(uintptr_t)range->start;
	__u64 offset = range->phase % PATTERN_PERIOD;
	__u64 left = range->len;

	while (left) {
		__u64 word = 0, expected = expected_word(range, offset);
		unsigned int i, len = left < 8 ? left : 8;

		if (len == 8) {
			__builtin_memcpy(&word, at, 8);
		} else {
			for (i = 0; i < len; i++)
				word |= (__u64)at[i] << (8 * i);
			expected &= (1ULL << (8 * len)) - 1;
		}
		if (word != expected) {
			report_bad_byte(range, nr, at, word, expected);
			return 1;
		}

		at += len;
		left -= len;
		offset += 8;
		if (offset == PATTERN_PERIOD)
			offset = 0;
	}
	return 0;
}

static int check_image(const struct payload_table *table)
{
	__u64 i, bytes = 0;
	int wrong = 0;

	for (i = 0; i < table->nr_ranges; i++) {
		wrong += check_range(&table->ranges[i], i);
		bytes += table->ranges[i].len;
	}
	if (!wrong)
		SAY("checked %u bytes in %u ranges: ok", bytes, table->nr_ranges);
	return wrong;
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
	return took > table->most_ticks;
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
		SAY("no table of ranges at %x", (uintptr_t)table);
		wrong++;
	} else {
		wrong += check_image(table);
	}
	if (!wrong && table->returns) {
		SAY("entered %u times, returns", table->returns);
		change_image_and_return(table);
		wrong++;
	}
	end_machine(wrong);
}
