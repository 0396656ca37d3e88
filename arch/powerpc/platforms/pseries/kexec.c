// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CPU of an LPAR gives back to the hypervisor before another kernel has it.
 */
#include <linux/printk.h>
#include <linux/types.h>

#include <asm/cputable.h>
#include <asm/hvcall.h>
#include <asm/plpar_wrappers.h>
#include <asm/smp.h>
#include <asm/xics.h>
#include <asm/xive.h>

#include "pseries.h"

/*
 * Areas that the hypervisor writes to, or reads, whenever it dispatches the CPU
 * (LoPAPR, "H_REGISTER_VPA").  The VPA goes last: while others are registered the
 * hypervisor keeps it.  One that there is not is not worth a word.
 */
static void give_back_areas(unsigned int hwcpu)
{
	long err;

	unregister_dtl(hwcpu);
	unregister_slb_shadow(hwcpu);
	err = unregister_vpa(hwcpu);
	if (err != H_SUCCESS && err != H_FUNCTION)
		pr_emerg("kexec: the hypervisor keeps the VPA of CPU %u: error %ld\n",
			 hwcpu, err);
}

/**
 * pseries_kexec_cpu_down - give back what the hypervisor has for a CPU
 * @crash_shutdown: a panic: nothing that takes a lock
 * @secondary: it is not the CPU that starts the image
 *
 * Context: Any, interrupts off, on the CPU itself.
 */
void pseries_kexec_cpu_down(int crash_shutdown, int secondary)
{
	give_back_areas(hard_smp_processor_id());
	/* xmon's breakpoint: see reset_sprs().  Where there is no such call there is none. */
	if (cpu_has_feature(CPU_FTR_ARCH_207S))
		plpar_set_ciabr(0);

	if (!xive_enabled()) {
		/*
		 * With 1, it would also leave the group of CPUs that interrupts are
		 * given to, which is a call of RTAS, and takes a lock.
		 */
		xics_kexec_teardown_cpu(crash_shutdown ? 0 : secondary);
		return;
	}
	/* It frees pages, which takes locks; what follows ends the queues anyway. */
	if (!crash_shutdown)
		xive_teardown_cpu();
	/* Back to what it was at boot, for all of the LPAR (H_INT_RESET). */
	if (!secondary)
		xive_shutdown();
}
