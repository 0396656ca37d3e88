// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt controllers after a panic, for architectures that leave them to
 * irqchip drivers: nothing is left half handled, and nothing comes before the
 * crash image has a driver for it.
 *
 * machine_kexec_mask_interrupts() does that for a handoff from a kernel that is
 * well.  It takes the lock of each descriptor, and those of the buses that slow
 * controllers are on.  After a panic, whoever holds one may be a CPU that was
 * stopped, or one that did not stop, or the code below us on our own stack.  So
 * here no such lock is taken (invariant 3).  Where one is held somebody was
 * about to talk to a controller, in whose driver there may be more locks: then
 * nothing is masked.  The drivers of the crash image mask what they find when
 * they start; this only helps those that don't.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqnr.h>
#include <linux/spinlock.h>

#include "internal.h"

static bool is_locked(struct irq_desc *desc)
{
	return raw_spin_is_locked(&desc->lock);
}

static bool any_is_locked(void)
{
	struct irq_desc *desc;
	unsigned int irq;

	for_each_irq_desc(irq, desc) {
		if (is_locked(desc))
			return true;
	}
	return false;
}

/* Of controllers that are stacked, the one behind this one. */
static struct irq_data *behind(struct irq_data *data)
{
#ifdef CONFIG_IRQ_DOMAIN_HIERARCHY
	return data->parent_data;
#else
	return NULL;
#endif
}

/* It may be a guest's, who would have ended it. */
static bool deactivate(struct irq_data *data)
{
	if (!IS_ENABLED(CONFIG_GENERIC_IRQ_KEXEC_CLEAR_VM_FORWARD))
		return false;

	for (; data && data->chip; data = behind(data)) {
		if (data->chip->irq_set_irqchip_state)
			return !data->chip->irq_set_irqchip_state(data,
						IRQCHIP_STATE_ACTIVE, false);
	}
	return false;
}

static void quiet(struct irq_desc *desc, bool mask)
{
	struct irq_data *data = irq_desc_get_irq_data(desc);
	struct irq_chip *chip = data->chip;

	/* Who has to lock a bus has to wait for it, too. */
	if (!chip || chip->irq_bus_lock || is_locked(desc))
		return;

	if (!deactivate(data) && chip->irq_eoi && irqd_irq_inprogress(data))
		chip->irq_eoi(data);
	if (mask && chip->irq_mask)
		chip->irq_mask(data);
	if (mask && chip->irq_disable && !irqd_irq_disabled(data))
		chip->irq_disable(data);
}

/**
 * crash_quiet_interrupts - end and mask the interrupts of all devices
 *
 * What a driver does for that is its own affair; that of a common controller
 * takes no lock, or none but what its descriptors' locks are held around.
 *
 * Context: Any, NMI included, interrupts off, on the CPU that panics, when the
 * others have stopped.
 */
void crash_quiet_interrupts(void)
{
	bool mask = !any_is_locked();
	struct irq_desc *desc;
	unsigned int irq;

	for_each_irq_desc(irq, desc)
		quiet(desc, mask);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "quiet_test.c"
#endif
