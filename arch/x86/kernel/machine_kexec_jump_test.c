// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what x86 asks before an image that returns is started.
 */
#include <kunit/test.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>

static void do_nothing(struct irq_work *work) { }

/* It is raised by an interrupt that a CPU sends to itself. */
static void test_one_is_pending(struct kunit *test)
{
	struct irq_work work = IRQ_WORK_INIT_HARD(do_nothing);
	bool pending = false;
	int tries = 1000;

	if (!IS_ENABLED(CONFIG_X86_LOCAL_APIC) || !apic_is_there())
		kunit_skip(test, "there is no local APIC");
	local_irq_disable();
	irq_work_queue(&work);
	while (!pending && tries--)
		pending = machine_jump_pending();
	local_irq_enable();
	irq_work_sync(&work);
	KUNIT_EXPECT_TRUE(test, pending);
}

/* A clock may tick at any time, but not always when it is looked at. */
static void test_none_is_pending(struct kunit *test)
{
	bool pending = true;
	int tries = 1000;

	while (pending && tries--) {
		local_irq_disable();
		pending = machine_jump_pending();
		local_irq_enable();
	}
	KUNIT_EXPECT_FALSE(test, pending);
}

static struct kunit_case jump_test_cases[] = {
	KUNIT_CASE(test_one_is_pending),
	KUNIT_CASE(test_none_is_pending),
	{ }
};

static struct kunit_suite jump_test_suite = {
	.name = "kexec-jump",
	.test_cases = jump_test_cases,
};

kunit_test_suite(jump_test_suite);
