// SPDX-License-Identifier: GPL-2.0-only
/*
 * What x86 asks before an image that returns is started.
 */
#include <linux/kexec.h>

#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>

/* A processor without such an MSR has its local APIC where it always is. */
static bool apic_is_there(void)
{
	u32 low, high;

	return boot_cpu_has(X86_FEATURE_APIC) &&
	       (rdmsr_safe(MSR_IA32_APICBASE, &low, &high) ||
		low & MSR_IA32_APICBASE_ENABLE);
}

/**
 * machine_jump_pending - whether an interrupt waits in the local APIC of this CPU
 *
 * The local APIC keeps what is pending also when it is disabled by software, which its
 * suspending did, and accepts no more from then on (Intel SDM volume 3, "Local APIC State
 * After It Has Been Software Disabled").  So what this says holds until the image runs.
 *
 * Context: Only this CPU is online, interrupts are off, and system cores are suspended.
 * Return: true if the image would get an interrupt that is meant for this kernel.
 */
bool machine_jump_pending(void)
{
	u32 pending = 0;
	int i;

	if (!apic_is_there())
		return false;
	/* The first 32 vectors are exceptions', which no interrupt has. */
	for (i = 1; i < APIC_ISR_NR; i++)
		pending |= apic_read(APIC_IRR + i * 0x10);
	return pending;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "machine_kexec_jump_test.c"
#endif
