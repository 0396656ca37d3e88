/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_S390_KEXEC_H
#define _ASM_S390_KEXEC_H

/* The trampoline, at the start of the control page. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	512

/* What an image finds in r2. */
#define KEXEC_REASON_BOOT	0
#define KEXEC_REASON_CRASH	1

#ifndef __ASSEMBLY__

#include <linux/bits.h>
#include <linux/instruction_pointer.h>
#include <linux/types.h>

#include <asm/kexec_base.h>
#include <asm/page.h>
#include <asm/ptrace.h>

#define KEXEC_ARCH		KEXEC_ARCH_S390

/* The trampoline runs without translation: it reaches all memory. */
#define KEXEC_DEST_LIMIT	(BIT(CONFIG_MAX_PHYSMEM_BITS) - 1)
#define KEXEC_ENTRY_ALIGN	2
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

/* What crashkernel= reserves begins and ends where the kernel's large pages do. */
#define KEXEC_CRASH_MEM_ALIGN	HPAGE_SIZE

/**
 * struct kimage_arch - what s390 keeps with an image
 * @trampoline: the control page
 */
struct kimage_arch {
	void *trampoline;
};

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];
/* A place in it. */
extern const u8 kexec_trampoline_restart[];

struct kimage;

bool machine_crash_image_good(const struct kimage *image);
#define machine_crash_image_good machine_crash_image_good
void machine_crash_region_changed(void);
#define machine_crash_region_changed machine_crash_region_changed

/* An order stops a CPU anywhere; machine_crash_shutdown() says what is in the log then. */
#define machine_crash_console_waits machine_crash_console_waits
static inline bool machine_crash_console_waits(void)
{
	return true;
}

int machine_crash_protect(phys_addr_t start, unsigned long nr_pages,
			  bool protect);
#define machine_crash_protect machine_crash_protect

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	asm volatile("stmg	%%r0,%%r15,%[gprs]"
		     : [gprs] "=S" (regs->gprs));
	regs->psw.mask = __extract_psw();
	regs->psw.addr = _THIS_IP_;
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_S390_KEXEC_H */
