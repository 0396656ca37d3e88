/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_MIPS_KEXEC_H
#define _ASM_MIPS_KEXEC_H

/* The trampoline's page: its code, and behind it struct kexec_cache of each cache. */
#define KEXEC_CONTROL_CODE_MAX_SIZE	1024
#define KEXEC_CACHES			KEXEC_CONTROL_CODE_MAX_SIZE

/* Which caches, in the order in which the trampoline empties them. */
#define KEXEC_CACHE_DATA		0
#define KEXEC_CACHE_SECOND		1
#define KEXEC_CACHE_CODE		2
#define KEXEC_NR_CACHES			3

/* Offsets in struct kexec_cache, and its size. */
#define KEXEC_CACHE_WAYS		0
#define KEXEC_CACHE_STEP		4
#define KEXEC_CACHE_SIZE		8
#define KEXEC_CACHE_LINE		12
#define KEXEC_CACHE_BYTES		16

/* Offsets in struct kexec_way. */
#define KEXEC_WAY_WINDOW		(0 * LONGSIZE)
#define KEXEC_WAY_REG			(1 * LONGSIZE)
#define KEXEC_WAY_FROM			(5 * LONGSIZE)
#define KEXEC_WAY_TO			(6 * LONGSIZE)
#define KEXEC_WAY_END			(7 * LONGSIZE)

#ifndef __ASSEMBLY__

#include <linux/compiler.h>
#include <linux/instruction_pointer.h>
#include <linux/stringify.h>
#include <linux/types.h>

#include <asm/addrspace.h>
#include <asm/asm.h>
#include <asm/mipsregs.h>
#include <asm/ptrace.h>

/* Of both byte orders, and 64 bits as well: kexec-tools know only this one. */
#define KEXEC_ARCH		KEXEC_ARCH_MIPS
/* What the trampoline's window shows: XKPHYS, or KSEG0. */
#ifdef CONFIG_64BIT
#define KEXEC_DEST_LIMIT	((unsigned long)TO_PHYS_MASK)
#else
#define KEXEC_DEST_LIMIT	0x1fffffffUL
#endif
/* Bit 0 would say that it is microMIPS or MIPS16, which the handoff can't enter. */
#define KEXEC_ENTRY_ALIGN	4
/* Without highmem, which KSEG0 does not show; XKPHYS shows all. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0
/* No interrupt gets through to a CPU that has them off. */
#define KEXEC_STOP_BY_CALL

/**
 * struct kexec_cache - a cache, to be emptied by index
 * @ways: how many; 0 if there is no such cache
 * @step: from one way to the next, in bytes of an index
 * @size: bytes of a way
 * @line: bytes of a line
 *
 * relocate_kernel.S reads it.
 */
struct kexec_cache {
	u32 ways;
	u32 step;
	u32 size;
	u32 line;
};

/**
 * struct kimage_arch - what mips keeps with an image
 * @trampoline: the control page
 * @args: the control page that has the arguments a firmware would have
 * @args_phys: where the image finds them: physical address
 * @args_len: bytes that the handoff copies there, whole words; 0 if they are there
 * @reg: the image's a0 to a3
 */
struct kimage_arch {
	void *trampoline;
	void *args;
	unsigned long args_phys;
	unsigned long args_len;
	unsigned long reg[4];
};

/**
 * struct kexec_way - what kexec_enter_trampoline() is told
 * @window: where the trampoline finds physical address 0
 * @reg: the image's a0 to a3
 * @from: words that are copied when all moves are done
 * @to: where to
 * @end: the end of that
 */
struct kexec_way {
	unsigned long window;
	unsigned long reg[4];
	unsigned long from;
	unsigned long to;
	unsigned long end;
};

struct kimage;

extern const u8 kexec_trampoline[KEXEC_CONTROL_CODE_MAX_SIZE];

void __noreturn kexec_enter_trampoline(unsigned long table, unsigned long entry,
				       const void *trampoline,
				       const struct kexec_way *way);

int machine_kexec_check(bool crash);
#define machine_kexec_check machine_kexec_check
int machine_kexec_entry(struct kimage *image);
#define machine_kexec_entry machine_kexec_entry

#if defined(CONFIG_SMP) && defined(CONFIG_CRASH_DUMP)
void crash_start_elsewhere(void);
#else
static inline void crash_start_elsewhere(void) {}
#endif

/**
 * machine_crash_regs - write down the registers as they are
 * @regs: where to; one of the registers has its address
 */
static __always_inline void machine_crash_regs(struct pt_regs *regs)
{
	regs->regs[0] = 0;
	asm volatile(".set	push\n\t"
		     ".set	noat\n\t"
		     ".irp	nr, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16\n\t"
		     __stringify(LONG_S) " $\\nr, \\nr * %[size](%[regs])\n\t"
		     ".endr\n\t"
		     ".irp	nr, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
		     __stringify(LONG_S) " $\\nr, \\nr * %[size](%[regs])\n\t"
		     ".endr\n\t"
		     ".set	pop"
		     : : [regs] "r" (regs->regs), [size] "i" (sizeof(long)) : "memory");
	regs->hi = 0;
	regs->lo = 0;
#ifndef CONFIG_CPU_MIPSR6
	asm volatile("mfhi	%0" : "=r" (regs->hi));
	asm volatile("mflo	%0" : "=r" (regs->lo));
#endif
	regs->cp0_status = read_c0_status();
	regs->cp0_cause = read_c0_cause();
	regs->cp0_badvaddr = read_c0_badvaddr();
	regs->cp0_epc = _THIS_IP_;
}

#endif /* __ASSEMBLY__ */
#endif /* _ASM_MIPS_KEXEC_H */
