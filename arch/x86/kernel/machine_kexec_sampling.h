/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a processor of Intel's writes to memory by itself: samples (PEBS), branches that it
 * took (BTS), and a trace of all it does (PT).  The former two go to addresses that this
 * kernel's tables translate.  By those of a handoff, or of an image, they are an exception,
 * or somebody else's memory.
 */
#ifndef _X86_MACHINE_KEXEC_SAMPLING_H
#define _X86_MACHINE_KEXEC_SAMPLING_H

#include <linux/array_size.h>
#include <linux/types.h>

#include <asm/cpufeature.h>
#include <asm/msr.h>

/* Each of no use without the feature, and perhaps not there. */
static const struct {
	u32 msr;
	u32 feature;
} sampling_msrs[] = {
	{ MSR_CORE_PERF_GLOBAL_CTRL, X86_FEATURE_ARCH_PERFMON },
	{ MSR_IA32_PEBS_ENABLE, X86_FEATURE_PEBS },
	{ MSR_IA32_DEBUGCTLMSR, X86_FEATURE_BTS },
	{ MSR_IA32_RTIT_CTL, X86_FEATURE_INTEL_PT },
};

/**
 * struct kexec_sampling - what this CPU samples
 * @low: of a register, bits 0 to 31
 * @high: the others
 * @is_there: whether this CPU has the register; otherwise the former mean nothing
 */
struct kexec_sampling {
	u32 low[ARRAY_SIZE(sampling_msrs)];
	u32 high[ARRAY_SIZE(sampling_msrs)];
	bool is_there[ARRAY_SIZE(sampling_msrs)];
};

/**
 * kexec_stop_sampling - have this CPU write nothing by itself
 * @was: gets what it did
 *
 * Perf ends only the events of CPUs for a reboot.  Those of the task that a CPU runs go
 * on until another one takes its place.
 *
 * Context: Any, NMI included, interrupts off, and the IDT still there.  In a guest of SEV
 * no register is read, which would ask the host: no processor of AMD's has any of the
 * features.
 */
static inline void kexec_stop_sampling(struct kexec_sampling *was)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sampling_msrs); i++) {
		u32 msr = sampling_msrs[i].msr;

		was->is_there[i] = boot_cpu_has(sampling_msrs[i].feature) &&
				   !rdmsr_safe(msr, &was->low[i], &was->high[i]);
		if (was->is_there[i])
			wrmsr_safe(msr, 0, 0);
	}
}

/**
 * kexec_end_sampling - the same, for good
 *
 * Context: As of kexec_stop_sampling(), in an NMI, or with the counters' own masked:
 * perf's handler turns them on again.
 */
static inline void kexec_end_sampling(void)
{
	struct kexec_sampling was;

	kexec_stop_sampling(&was);
}

/**
 * kexec_resume_sampling - undo kexec_stop_sampling()
 * @was: what that wrote
 *
 * Context: Interrupts off, on the same CPU, when the record area is known again.
 */
static inline void kexec_resume_sampling(const struct kexec_sampling *was)
{
	unsigned int i = ARRAY_SIZE(sampling_msrs);

	/* Counters last. */
	while (i--) {
		if (was->is_there[i])
			wrmsr_safe(sampling_msrs[i].msr, was->low[i], was->high[i]);
	}
}

#endif /* _X86_MACHINE_KEXEC_SAMPLING_H */
