// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of kexec.handoff_debug=, as if an architecture had all consoles.
 */
#include <kunit/test.h>

static const struct console_test {
	const char *text;
	struct kexec_handoff_console con;
	int err;
} console_tests[] = {
	{ "" },
	{ "uart,io,0x3f8", { KEXEC_CONSOLE_UART_IO, 0, 0x3f8 } },
	{ "uart,io,1016", { KEXEC_CONSOLE_UART_IO, 0, 0x3f8 } },
	{ "uart,io,0xfff8", { KEXEC_CONSOLE_UART_IO, 0, 0xfff8 } },
	{ "uart,io,0x2f8,reset,marks", { KEXEC_CONSOLE_UART_IO,
	  KEXEC_CONSOLE_RESET | KEXEC_CONSOLE_MARKS, 0x2f8 } },
	{ "uart,mmio,0x10000001,marks", { KEXEC_CONSOLE_UART_MMIO,
	  KEXEC_CONSOLE_MARKS, 0x10000001 } },
	{ "uart,mmio32,0xfe215040", { KEXEC_CONSOLE_UART_MMIO32, 0, 0xfe215040 } },
	{ "pl011,0x9000000,reset", { KEXEC_CONSOLE_PL011, KEXEC_CONSOLE_RESET,
	  0x9000000 } },
	{ "sbi", { KEXEC_CONSOLE_SBI } },
	{ "sbi,marks", { KEXEC_CONSOLE_SBI, KEXEC_CONSOLE_MARKS } },

	{ "uart", .err = -EINVAL },
	{ "uart,0x3f8", .err = -EINVAL },
	{ "uart,io", .err = -EINVAL },
	{ "uart,io,", .err = -EINVAL },
	{ "uart,io,3f8", .err = -EINVAL },
	{ "uart,io,-8", .err = -EINVAL },
	{ "uart,io,0xfff9", .err = -EINVAL },
	{ "uart,io,0x10000000000000000", .err = -EINVAL },
	{ "uart,mmio32,0xfe215042", .err = -EINVAL },
	{ "uart,mmio,0xffffffffffffffff", .err = -EINVAL },
	{ "pl011", .err = -EINVAL },
	{ "pl011,0x9000002", .err = -EINVAL },
	{ "sbi0", .err = -EINVAL },
	{ "sbi,", .err = -EINVAL },
	{ "sbi,0x10", .err = -EINVAL },
	{ "uart,io,0x3f8,", .err = -EINVAL },
	{ "uart,io,0x3f8,stop", .err = -EINVAL },
	{ "uart,io,0x3f8 reset", .err = -EINVAL },
	{ "ttyS0", .err = -EINVAL },
};

static void console_test_name(const struct console_test *t, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "\"%s\"", t->text);
}

KUNIT_ARRAY_PARAM(console, console_tests, console_test_name);

static int parse(const char *text, unsigned long consoles,
		 struct kexec_handoff_console *con)
{
	char copy[SPEC_MAX];

	strscpy(copy, text);
	return parse_console(copy, consoles, con);
}

static void test_console(struct kunit *test)
{
	const struct console_test *t = test->param_value;
	struct kexec_handoff_console con;

	KUNIT_EXPECT_EQ(test, parse(t->text, ~0UL, &con), t->err);
	if (t->err)
		return;
	KUNIT_EXPECT_EQ(test, con.kind, t->con.kind);
	KUNIT_EXPECT_EQ(test, con.flags, t->con.flags);
	KUNIT_EXPECT_EQ(test, con.address, t->con.address);
}

/* What an architecture lacks is refused, and nothing else. */
static void test_console_lacking(struct kunit *test)
{
	struct kexec_handoff_console con;
	unsigned long others = ~BIT(KEXEC_CONSOLE_PL011);

	KUNIT_EXPECT_EQ(test, parse("pl011,0x9000000", others, &con), -EINVAL);
	KUNIT_EXPECT_EQ(test, parse("sbi", others, &con), 0);
	KUNIT_EXPECT_EQ(test, parse("", 0, &con), 0);
}

/* What is said may be as long as is told, whatever white space is around it. */
static void test_console_length(struct kunit *test)
{
	char val[SPEC_MAX + 8], text[SPEC_MAX];

	memset(val, 'x', sizeof(val));
	val[0] = ' ';
	strscpy(val + SPEC_MAX, "\n ", 3);
	KUNIT_EXPECT_EQ(test, copy_stripped(text, val), 0);
	KUNIT_EXPECT_EQ(test, strlen(text), SPEC_MAX - 1);
	KUNIT_EXPECT_EQ(test, text[0], 'x');
	KUNIT_EXPECT_EQ(test, text[SPEC_MAX - 2], 'x');

	val[0] = 'x';
	KUNIT_EXPECT_EQ(test, copy_stripped(text, val), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy_stripped(text, "\n "), 0);
	KUNIT_EXPECT_STREQ(test, text, "");
}

static int find_ram_start(struct resource *res, void *found)
{
	*(resource_size_t *)found = res->start;
	return 1;
}

static int check_at(u32 kind, u64 address)
{
	const struct kexec_handoff_console con = {
		.kind = kind,
		.address = address,
	};

	return check_console(&con);
}

/* No byte of the registers may be in memory; what is next to them may be. */
static void test_console_memory(struct kunit *test)
{
	resource_size_t ram = 0;
	unsigned int i;

	walk_system_ram_res(0, -1, &ram, find_ram_start);
	if (!ram)
		kunit_skip(test, "memory begins at 0");

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		u32 kind = kinds[i].kind, len = kinds[i].registers;
		int in_memory = len ? -EINVAL : 0;

		KUNIT_EXPECT_EQ(test, check_at(kind, ram), in_memory);
		KUNIT_EXPECT_EQ(test, check_at(kind, ram - len + 1), in_memory);
		KUNIT_EXPECT_EQ(test, check_at(kind, ram - len), 0);
	}
	KUNIT_EXPECT_EQ(test, check_at(0, 0), 0);
}

static struct kunit_case handoff_debug_test_cases[] = {
	KUNIT_CASE_PARAM(test_console, console_gen_params),
	KUNIT_CASE(test_console_lacking),
	KUNIT_CASE(test_console_length),
	KUNIT_CASE(test_console_memory),
	{ }
};

static struct kunit_suite handoff_debug_test_suite = {
	.name = "kexec-handoff-debug",
	.test_cases = handoff_debug_test_cases,
};

kunit_test_suite(handoff_debug_test_suite);
