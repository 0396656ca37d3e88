// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how the report page drives a UART whose registers are memory.  Few
 * machines have one, so memory plays it: the last character stays in the register that
 * takes them.  A copy of kexec_report runs in the kernel's map, and prints a mark.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/set_memory.h>
#include <linux/vmalloc.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

#define TEST_LSR	5	/* the register for the line's status */
#define TEST_READY	0x20	/* it takes another character */
#define TEST_REGISTERS	8
#define TEST_MARK	"[tables]"

/**
 * struct report_test - what a test has
 * @report: the copy, in a page that can be executed
 * @before: the copy, before it ran
 * @uart: the registers, and others behind them that are nobody's
 * @expected: what these have to have in the end
 */
struct report_test {
	void *report;
	u8 before[sizeof(kexec_report)];
	u32 uart[2 * TEST_REGISTERS];
	u32 expected[2 * TEST_REGISTERS];
};

static u32 *patience_of(void *report)
{
	return report + (kexec_report_patience - kexec_report);
}

/* Prints TEST_MARK to a console of that kind. */
static void print_mark(struct report_test *this, u32 kind)
{
	struct kexec_handoff_console *console =
		this->report + (kexec_report_console - kexec_report);
	unsigned long mark = KEXEC_MARK_TABLES;
	unsigned long flags;
	u64 ibt;

	console->kind = kind;
	console->address = (unsigned long)this->uart;
	memcpy(this->before, this->report, sizeof(this->before));

	/* It is not meant to be called by a kernel, and says so nowhere. */
	local_irq_save(flags);
	ibt = ibt_save(true);
	asm volatile(ANNOTATE_RETPOLINE_SAFE "\n\tcall *%[report]"
		     : "+a" (mark), ASM_CALL_CONSTRAINT
		     : [report] "r" (this->report)
		     : "cc", "memory");
	ibt_restore(ibt);
	local_irq_restore(flags);
}

/* What was printed, as far as it can be seen, and nothing else. */
static void expect_printed(struct kunit *test, u32 patience)
{
	struct report_test *this = test->priv;

	KUNIT_EXPECT_MEMEQ(test, this->expected, this->uart,
			   sizeof(this->uart));
	KUNIT_EXPECT_EQ(test, patience, *patience_of(this->report));
	*patience_of(this->report) = *patience_of(this->before);
	KUNIT_EXPECT_MEMEQ(test, this->before, this->report,
			   sizeof(this->before));
}

static void test_bytes(struct kunit *test)
{
	struct report_test *this = test->priv;
	u32 patience = *patience_of(this->report);
	u8 *uart = (u8 *)this->uart, *expected = (u8 *)this->expected;

	memset(uart, (u8)~TEST_READY, sizeof(this->uart));
	uart[TEST_LSR] = TEST_READY;
	memcpy(expected, uart, sizeof(this->uart));
	expected[0] = ']';

	print_mark(this, KEXEC_CONSOLE_UART_MMIO);
	expect_printed(test, patience);
}

static void test_words(struct kunit *test)
{
	struct report_test *this = test->priv;
	u32 patience = *patience_of(this->report);

	memset(this->uart, (u8)~TEST_READY, sizeof(this->uart));
	this->uart[TEST_LSR] = TEST_READY;
	memcpy(this->expected, this->uart, sizeof(this->uart));
	this->expected[0] = ']';

	print_mark(this, KEXEC_CONSOLE_UART_MMIO32);
	expect_printed(test, patience);
}

/* A UART that is never ready gets each character all the same, sooner each time. */
static void test_never_ready(struct kunit *test)
{
	static const u32 kinds[] = {
		KEXEC_CONSOLE_UART_MMIO, KEXEC_CONSOLE_UART_MMIO32,
	};
	struct report_test *this = test->priv;
	u32 patience = *patience_of(this->report);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		memset(this->uart, 0, sizeof(this->uart));
		memset(this->expected, 0, sizeof(this->expected));
		this->expected[0] = ']';

		print_mark(this, kinds[i]);
		expect_printed(test, patience >> strlen(TEST_MARK));
	}
}

static int report_test_init(struct kunit *test)
{
	struct report_test *this;

	this = kunit_kzalloc(test, sizeof(*this), GFP_KERNEL);
	if (!this)
		return -ENOMEM;
	test->priv = this;

	this->report = vmalloc(PAGE_SIZE);
	if (!this->report)
		return -ENOMEM;
	memcpy(this->report, kexec_report, sizeof(kexec_report));
	return set_memory_x((unsigned long)this->report, 1);
}

static void report_test_exit(struct kunit *test)
{
	struct report_test *this = test->priv;

	if (this)
		vfree(this->report);
}

static struct kunit_case report_test_cases[] = {
	KUNIT_CASE(test_bytes),
	KUNIT_CASE(test_words),
	KUNIT_CASE(test_never_ready),
	{ }
};

static struct kunit_suite report_test_suite = {
	.name = "kexec-report",
	.init = report_test_init,
	.exit = report_test_exit,
	.test_cases = report_test_cases,
};

kunit_test_suite(report_test_suite);
