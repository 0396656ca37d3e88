// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how interrupts are quieted: of one that no device has, as the
 * others are in use.
 */
#include <kunit/test.h>
#include <linux/numa.h>

static unsigned int nr_masked, nr_deactivated, nr_ended, nr_ended_outside;

static void mask_fake(struct irq_data *data)
{
	nr_masked++;
}

static void end_fake(struct irq_data *data)
{
	nr_ended++;
}

static int set_fake_state(struct irq_data *data, enum irqchip_irq_state which,
			  bool val)
{
	nr_deactivated += which == IRQCHIP_STATE_ACTIVE && !val;
	return 0;
}

static void lock_fake_bus(struct irq_data *data)
{
}

static struct irq_chip fake_chip = {
	.name			= "kexec-test",
	.irq_mask		= mask_fake,
	.irq_eoi		= end_fake,
	.irq_set_irqchip_state	= set_fake_state,
};

static struct irq_chip fake_slow_chip = {
	.name			= "kexec-slow-test",
	.irq_mask		= mask_fake,
	.irq_set_irqchip_state	= set_fake_state,
	.irq_bus_lock		= lock_fake_bus,
};

static struct irq_desc *fake_desc(struct kunit *test, struct irq_chip *chip)
{
	int irq = irq_alloc_desc(NUMA_NO_NODE);

	if (irq < 0 && !IS_ENABLED(CONFIG_SPARSE_IRQ))
		kunit_skip(test, "the kernel has no more interrupts than the machine");
	KUNIT_ASSERT_GE(test, irq, 0);
	KUNIT_ASSERT_EQ(test, irq_set_chip(irq, chip), 0);
	nr_masked = 0;
	nr_deactivated = 0;
	nr_ended = 0;
	nr_ended_outside = 0;
	return irq_to_desc(irq);
}

static void free_fake(struct irq_desc *desc)
{
	irq_free_desc(irq_desc_get_irq(desc));
}

/* Whether a guest's interrupt is looked for here at all. */
#define DEACTIVATED	IS_ENABLED(CONFIG_GENERIC_IRQ_KEXEC_CLEAR_VM_FORWARD)

/* A driver that is asked to mask may have to wait for a lock: none is asked. */
static void test_quiet(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_chip);

	quiet(desc);
	KUNIT_EXPECT_EQ(test, nr_masked, 0);
	KUNIT_EXPECT_EQ(test, nr_deactivated, DEACTIVATED);
	KUNIT_EXPECT_EQ(test, nr_ended, 0);
	free_fake(desc);
}

static void test_quiet_in_progress(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_chip);
	unsigned int *state = &ACCESS_PRIVATE(&desc->irq_common_data,
					      state_use_accessors);

	*state |= IRQD_IRQ_INPROGRESS | IRQD_IRQ_DISABLED;
	quiet(desc);
	KUNIT_EXPECT_EQ(test, nr_ended, 0);
	*state &= ~IRQD_IRQ_DISABLED;
	quiet(desc);
	KUNIT_EXPECT_EQ(test, nr_ended, !DEACTIVATED);
	*state &= ~IRQD_IRQ_INPROGRESS;
	free_fake(desc);
}

/* As what has a chained handler is always, also while that runs. */
static void test_quiet_started(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_chip);
	unsigned int *state = &ACCESS_PRIVATE(&desc->irq_common_data,
					      state_use_accessors);

	*state &= ~IRQD_IRQ_DISABLED;
	*state |= IRQD_IRQ_STARTED;
	irq_data_update_effective_affinity(irq_desc_get_irq_data(desc),
					   cpu_possible_mask);
	quiet(desc);
	KUNIT_EXPECT_EQ(test, nr_ended, END_ALL && !DEACTIVATED);

	/* Where there are such masks: to no CPU, so not to this one. */
	if (IS_ENABLED(CONFIG_GENERIC_IRQ_EFFECTIVE_AFF_MASK)) {
		irq_data_update_effective_affinity(irq_desc_get_irq_data(desc),
						   cpu_none_mask);
		nr_ended = 0;
		quiet(desc);
		KUNIT_EXPECT_EQ(test, nr_ended, 0);
	}
	*state &= ~IRQD_IRQ_STARTED;
	*state |= IRQD_IRQ_DISABLED;
	free_fake(desc);
}

#ifdef CONFIG_IRQ_DOMAIN_HIERARCHY
static void end_fake_outer(struct irq_data *data)
{
	nr_ended_outside++;
}

static struct irq_chip fake_outer_chip = {
	.name			= "kexec-outer-test",
	.irq_eoi		= end_fake_outer,
};

/* The controller before the one that the processor asks may take a lock. */
static void test_quiet_stacked(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_outer_chip);
	struct irq_data inner = { .chip = &fake_chip };

	desc->irq_data.parent_data = &inner;
	end(irq_desc_get_irq_data(desc));
	KUNIT_EXPECT_EQ(test, nr_ended, 1);
	KUNIT_EXPECT_EQ(test, nr_ended_outside, 0);
	desc->irq_data.parent_data = NULL;
	free_fake(desc);
}
#endif

#ifdef CONFIG_GENERIC_IRQ_CHIP
/* There is no lock that could be taken: if one were asked to, this would be an oops. */
static void test_quiet_generic_chip(struct kunit *test)
{
	static struct irq_chip chip = { .irq_eoi = irq_gc_eoi };
	struct irq_desc *desc = fake_desc(test, &chip);

	end(irq_desc_get_irq_data(desc));
	chip.irq_eoi = irq_gc_ack_set_bit;
	end(irq_desc_get_irq_data(desc));
	free_fake(desc);
}
#endif

/* If the lock were waited for, this would not end. */
static void test_quiet_locked(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_chip);
	unsigned long flags;

	raw_spin_lock_irqsave(&desc->lock, flags);
	quiet(desc);
	raw_spin_unlock_irqrestore(&desc->lock, flags);

	/* Without SMP there are no locks that could be seen. */
	if (IS_ENABLED(CONFIG_SMP))
		KUNIT_EXPECT_EQ(test, nr_deactivated, 0);
	free_fake(desc);
}

static void test_quiet_slow_bus(struct kunit *test)
{
	struct irq_desc *desc = fake_desc(test, &fake_slow_chip);

	quiet(desc);
	KUNIT_EXPECT_EQ(test, nr_deactivated, 0);
	free_fake(desc);
}

static struct kunit_case quiet_test_cases[] = {
	KUNIT_CASE(test_quiet),
	KUNIT_CASE(test_quiet_in_progress),
	KUNIT_CASE(test_quiet_started),
#ifdef CONFIG_IRQ_DOMAIN_HIERARCHY
	KUNIT_CASE(test_quiet_stacked),
#endif
#ifdef CONFIG_GENERIC_IRQ_CHIP
	KUNIT_CASE(test_quiet_generic_chip),
#endif
	KUNIT_CASE(test_quiet_locked),
	KUNIT_CASE(test_quiet_slow_bus),
	{ }
};

static struct kunit_suite quiet_test_suite = {
	.name = "kexec-quiet",
	.test_cases = quiet_test_cases,
};

kunit_test_suite(quiet_test_suite);
