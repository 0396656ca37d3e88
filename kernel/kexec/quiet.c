// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt controllers after a panic, for architectures that leave them to
 * irqchip drivers: nothing is left half handled.
 *
 * machine_kexec_mask_interrupts() does more for a handoff from a kernel that is
 * well: it masks everything.  To mask an interrupt, many drivers take locks of their
 * own, which they hold elsewhere, too; and with GENERIC_IRQ_KEXEC_CLEAR_VM_FORWARD the
 * locks of descriptors and of buses that slow controllers are on are taken before.
 * After a panic, whoever holds one may be a CPU that was stopped, or one that did not
 * stop, or the code below us on our own stack.  So here no such lock is taken
 * (invariant 3), and nothing is masked: interrupts are off in the processor, and the
 * drivers of the crash image mask what they find when they start.
 */
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqnr.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "internal.h"

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

/*
 * Only the controller next to the processor waits for it.  Those before it are devices
 * to that one, and to the drivers of the crash image, which begin anew with them; many
 * take a lock to end an interrupt.
 */
static struct irq_data *innermost(struct irq_data *data)
{
	while (behind(data) && behind(data)->chip)
		data = behind(data);
	return data;
}

/*
 * Generic chips take the lock of their controller.  Their drivers end what is left
 * when they start.
 */
static bool takes_lock(const struct irq_chip *chip)
{
	return IS_ENABLED(CONFIG_GENERIC_IRQ_CHIP) &&
	       (chip->irq_eoi == irq_gc_eoi || chip->irq_eoi == irq_gc_ack_set_bit);
}

/*
 * To end an interrupt is to access registers.  Of the controllers that come here, two
 * may want a lock for it: a PLIC, if not this CPU but another one gets the interrupt,
 * and the FPGA of a Socrates, which has one CPU.  Under it nobody does more than to
 * access that controller, with interrupts off, and neither machine has an NMI.  So
 * who was stopped has given it back.  It is held by nobody but whom the controller
 * did not answer, as it would not answer us.  HyperTransport's of an MPIC, which take
 * one, too, are on machines that have no kexec.
 */
static void end(struct irq_data *data)
{
	data = innermost(data);
	if (data->chip->irq_eoi && !takes_lock(data->chip))
		data->chip->irq_eoi(data);
}

/*
 * Of what is chained, nobody notes that it is in progress.  Who panics below such a
 * handler got the interrupt himself: end all that come to this CPU, and leave others'
 * alone, for which the driver would have to act on behalf of another one.
 */
#ifdef KEXEC_END_ALL_INTERRUPTS
#define END_ALL		1
#else
#define END_ALL		0
#endif

static bool may_be_chained(struct irq_data *data)
{
	return END_ALL && irqd_is_started(data) &&
	       cpumask_test_cpu(raw_smp_processor_id(),
				irq_data_get_effective_affinity_mask(data));
}

static bool is_to_end(struct irq_data *data)
{
	/* To end one that is disabled, a driver may have to enable it, locked. */
	return !irqd_irq_disabled(data) &&
	       (irqd_irq_inprogress(data) || may_be_chained(data));
}

static void quiet(struct irq_desc *desc)
{
	struct irq_data *data = irq_desc_get_irq_data(desc);
	struct irq_chip *chip = data->chip;

	/* Who has to lock a bus has to wait for it, too. */
	if (!chip || chip->irq_bus_lock || raw_spin_is_locked(&desc->lock))
		return;

	if (!deactivate(data) && is_to_end(data))
		end(data);
}

/**
 * crash_quiet_interrupts - end the interrupts that somebody was handling
 *
 * To end one, or to have it inactive, is to write to a register of the controller:
 * no lock is waited for, see end().  No driver takes one to have it inactive.
 *
 * Context: Any, NMI included, interrupts off, on the CPU that panics, when the
 * others have stopped.
 */
void crash_quiet_interrupts(void)
{
	struct irq_desc *desc;
	unsigned int irq;

	for_each_irq_desc(irq, desc)
		quiet(desc);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "quiet_test.c"
#endif
