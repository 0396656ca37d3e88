/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec - the contract between the core, the architectures and the rest of
 * the kernel.  Documentation/core-api/kexec/design.rst explains the words.
 */
#ifndef _LINUX_KEXEC_H
#define _LINUX_KEXEC_H

/*
 * The move table, as the trampoline of every architecture reads it: pages of
 * entries of three machine words, dst, src and len.  An entry of len 0 ends a
 * page; its src is the physical address of the next page, 0 after the last.
 */
#define KEXEC_MOVE_WORDS	3

/* A src that is no page's address: the destination is to be cleared. */
#define KEXEC_SRC_ZERO		1

/* What kind of console a trampoline reports to, see struct kexec_handoff_console. */
#define KEXEC_CONSOLE_UART_IO		1	/* 8250, at an I/O port */
#define KEXEC_CONSOLE_UART_MMIO		2	/* the same in memory, bytes */
#define KEXEC_CONSOLE_UART_MMIO32	3	/* the same, a word of 4 bytes each */
#define KEXEC_CONSOLE_PL011		4
#define KEXEC_CONSOLE_SBI		5	/* firmware's, on RISC-V */

/* What is asked of it. */
#define KEXEC_CONSOLE_RESET	1	/* reset the machine; else it stops */
#define KEXEC_CONSOLE_MARKS	2	/* print how far it comes */
#define KEXEC_CONSOLE_FAULT	4	/* for tests: fault, last of all */

#ifndef __ASSEMBLY__

#include <linux/crash_reserve.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <linux/vmcore_info.h>
#include <uapi/linux/kexec.h>

struct device;
struct pt_regs;
struct task_struct;
struct kimage;

#ifdef CONFIG_KEXEC_CORE

#include <linux/list.h>
#include <linux/mm_types.h>
#include <asm/kexec.h>

/*
 * What <asm/kexec.h> provides; Documentation/core-api/kexec/porting.rst has the rules:
 *
 * KEXEC_ARCH		what KEXEC_ARCH_MASK of the flags has to hold
 * KEXEC_DEST_LIMIT	the last physical address a destination may reach
 * KEXEC_ENTRY_ALIGN	what an address has to be a multiple of for an
 *			instruction to begin there
 * KEXEC_SOURCE_GFP	zone modifiers of pages that content waits in
 * KEXEC_CONTROL_GFP	zone modifiers of control memory
 * struct kimage_arch	what the architecture keeps with an image
 * KEXEC_STOP_BY_CALL	defined if an ordinary IPI, on which they call
 *			panic_smp_self_stop(), is how a panic stops other CPUs
 * KEXEC_END_ALL_INTERRUPTS  defined if it does no harm to tell an interrupt controller
 *			that an interrupt is over which nobody handles
 *
 * where pages need more than being allocated, machine_kexec_adopt_pages() and
 * machine_kexec_release_pages() with a macro of the same name each.  When one
 * of them fails, nobody knows what state the pages are in: they are lost;
 *
 * where a machine of it may be unable to stop its other CPUs, or to leave the
 * running kernel for some other reason, machine_kexec_check() with a macro of
 * the same name, which refuses with words; it is asked before an image is loaded,
 * and of a boot image again before the handoff.  In a panic the other CPUs may
 * stay in the memory of this kernel, so that some reasons don't count then;
 *
 * where its segments, its flags or its entry are enough to refuse an image,
 * machine_kexec_check_image() with a macro of the same name, which does so with words
 * before memory is claimed for it, and again before the handoff of a boot image;
 *
 * where CPUs have to be fetched from somewhere before they can be stopped for good,
 * machine_kexec_begin() with a macro of the same name: the last that may allocate, and
 * fail, of a handoff that does not return; it refuses with words, and then leaves all
 * as it was;
 *
 * where CPUs that are offline wait in the kernel's memory, machine_jump_shutdown() with a
 * macro of the same name: sends them elsewhere for an image that returns, as
 * machine_shutdown() does for others; called when the other CPUs are offline, with
 * interrupts on, and before the clocks stop;
 *
 * where an interrupt that is pending in this CPU outlives a handoff, and would do harm to
 * an image, machine_jump_pending() with a macro of the same name: whether there is one;
 * called last of all before an image that returns is entered;
 *
 * where the boot protocol has registers that depend on the image, such as the
 * address of a device tree, machine_kexec_entry() with a macro of the same name:
 * it works them out, and keeps them in struct kimage_arch;
 *
 * where the kernel may use less memory than the machine has, and loaders know
 * of it, machine_kexec_why_no_ram() with a macro of the same name: asked for
 * memory that is no System RAM and that a destination is to be in;
 *
 * where a counter of the processor goes on over a handoff, machine_kexec_counter()
 * with a macro of the same name;
 *
 * where a kernel is told by other means than the device tree where the letter is,
 * machine_kexec_letter() with a macro of the same name;
 *
 * where it is told by the device tree, but that is not at initial_boot_params_pa,
 * machine_kexec_tree(): a macro for its physical address;
 *
 * with ARCH_HAS_KEXEC_DEBUG_HANDOFF, where a trampoline can report exceptions:
 *
 * KEXEC_HANDOFF_CONSOLES  BIT(KEXEC_CONSOLE_*) of each kind of console that it
 *			can print to
 *
 * and with CONFIG_CRASH_DUMP:
 *
 * machine_crash_regs()	fill struct pt_regs with the registers as they are; it
 *			is inlined, so that they are its caller's
 *
 * each with a macro of the same name, if there is a use for it:
 *
 * machine_crash_copy_regs(to, regs)	fill a note's registers, elf_gregset_t, from
 *			what was written down, where struct pt_regs has not got all that
 *			ELF_CORE_COPY_REGS() looks for
 * machine_crash_image_good()	ask a crash image itself whether it is complete;
 *			called in a panic, when its digest was right and the other
 *			CPUs have stopped
 * machine_crash_region_changed()	the region has become smaller: tell whoever
 *			else knows where it is
 * machine_crash_console_waits()	whether a console's driver may wait for a CPU
 *			that was stopped; called in a panic, when the other CPUs have
 */

/* The kernel's own view of the user space structure: no const, __user. */
struct kexec_segment {
	void __user *buf;
	size_t bufsz;
	unsigned long mem;
	size_t memsz;
};

/**
 * struct kexec_move - an entry of the move table
 * @dst: physical address of a destination, page aligned
 * @src: physical address of the content; @dst itself where it lies in place;
 *	 %KEXEC_SRC_ZERO for zeroes
 * @len: bytes, whole pages; 0 ends a page of the table
 */
struct kexec_move {
	unsigned long dst;
	unsigned long src;
	unsigned long len;
};

/**
 * struct kexec_bytes - how the bytes of a segment or an image are placed
 * @in_place: they lie at their destination already
 * @moved: the handoff copies them there, or exchanges them with what is there
 * @zero: the handoff clears them, no memory is held
 */
struct kexec_bytes {
	unsigned long in_place;
	unsigned long moved;
	unsigned long zero;
};

/**
 * struct kexec_handoff_console - where a trampoline reports an exception
 * @kind: KEXEC_CONSOLE_*, not 0
 * @flags: KEXEC_CONSOLE_RESET, KEXEC_CONSOLE_MARKS, KEXEC_CONSOLE_FAULT
 * @address: the I/O port, or the physical address of its registers; 0 for a kind
 *	that has none.  It fits an unsigned long, and those of 4 bytes are aligned
 *
 * The console is used as the kernel left it: nothing sets its speed.
 */
struct kexec_handoff_console {
	u32 kind;
	u32 flags;
	u64 address;
};

enum kexec_type {
	KEXEC_TYPE_DEFAULT,
	KEXEC_TYPE_CRASH,
};

/**
 * struct kexec_run - pages that follow each other
 * @pfn: the first one
 * @nr_pages: how many
 */
struct kexec_run {
	unsigned long pfn;
	unsigned long nr_pages;
};

struct kexec_page_ops;

/**
 * struct kimage - what one load built
 * @type: the slot it is meant for
 * @preserve_context: it returns: moves exchange the two memories, and
 *	machine_kexec() returns
 * @start: physical address of the entry point
 * @nr_segments: how many of @segment count
 * @segment: the segments, in the caller's order; @buf is stale after the load
 * @table: first page of the move table; it lists every page of the image
 * @ops: where the image's pages came from
 * @arch: the architecture's own
 * @letter: the segment that asks for a letter to the next kernel, see letter.c; or
 *	NULL
 * @vmcoreinfo_pfn: in a crash image, the page of the control memory that has a copy of
 *	the notes on this kernel; of it there is no digest
 * @unverified: KEXEC_UNVERIFIED if no digest was taken; with anything else, as a
 *	record that was overwritten has, digests are compared
 * @digest: of the content of each segment
 * @control: the control memory once more, as an array: what the digest goes by
 * @nr_control: runs in @control
 * @list_digest: of @control itself
 * @control_digest: of the control memory, the move table included, @vmcoreinfo_pfn not
 * @record_digest: of the members of this structure up to here, which don't
 *	change once the load is complete
 * @sealed: the digests are there: from then on, @table is not followed if they are wrong
 * @bytes: how each segment is placed
 * @settle_over: all was tried: what still has to be moved, the handoff moves
 * @settle_passes: how often settling has gone through the whole image
 * @stack: of an image that has returned, the physical address of the word that
 *	says where it goes on, if there is such a one; see jump.c
 * @control_pages: control memory, linked by page->lru, order in page->private
 * @holder: keeps the destinations of a boot image online, see stay.c
 * @vmcoreinfo: where @vmcoreinfo_pfn can be written to
 * @placement: while the image is built, see kernel/kexec/internal.h
 */
struct kimage {
	enum kexec_type type;
	bool preserve_context;
	unsigned long start;
	unsigned int nr_segments;
	struct kexec_segment segment[KEXEC_SEGMENT_MAX];
	struct kexec_move *table;
	const struct kexec_page_ops *ops;
	struct kimage_arch arch;
	const struct kexec_segment *letter;
	unsigned long vmcoreinfo_pfn;

	u32 unverified;
	u64 digest[KEXEC_SEGMENT_MAX];
	struct kexec_run *control;
	unsigned int nr_control;
	u64 list_digest;
	u64 control_digest;
	u64 record_digest;

	bool sealed;
	struct kexec_bytes bytes[KEXEC_SEGMENT_MAX];
	bool settle_over;
	u8 settle_passes;
	unsigned long stack;
	struct list_head control_pages;
	struct list_head holder;
	void *vmcoreinfo;
	struct kexec_placement *placement;
};

/* No value that comes about by chance. */
#define KEXEC_UNVERIFIED	0x756e7665

static inline bool kimage_is_verified(const struct kimage *image)
{
	return image->unverified != KEXEC_UNVERIFIED;
}

/* The two slots.  Written under the kexec lock, read by anyone as a hint. */
extern struct kimage *kexec_image;
extern struct kimage *kexec_crash_image;

/*
 * Set from the moment that a handoff shuts devices down; never cleared.  One to
 * an image that returns shuts nothing down, and does not set it.
 */
extern bool kexec_in_progress;

int kernel_kexec(void);

void __kexec_device_shuts_down(struct device *dev);
void __kexec_device_is_down(void);

/**
 * kexec_device_shuts_down - a device is going to be shut down
 * @dev: which; the caller holds a reference until kexec_device_is_down()
 *
 * In a handoff it is named if that takes long; else nothing happens.
 *
 * Context: May sleep.  Called by device_shutdown() only, before the device is
 * locked.
 */
static inline void kexec_device_shuts_down(struct device *dev)
{
	if (kexec_in_progress)
		__kexec_device_shuts_down(dev);
}

/**
 * kexec_device_is_down - the device was shut down
 *
 * Context: May sleep.  Called by device_shutdown() only.
 */
static inline void kexec_device_is_down(void)
{
	if (kexec_in_progress)
		__kexec_device_is_down();
}

/* What an architecture calls, and what it provides. */
__printf(2, 3) int kexec_refuse(int err, const char *fmt, ...);
struct page *kimage_alloc_control_pages(struct kimage *image,
					unsigned int order);
struct kexec_move *kexec_move_first(const struct kimage *image);
struct kexec_move *kexec_move_next(struct kexec_move *move);
bool kimage_read(const struct kimage *image, unsigned long phys, void *buf,
		 unsigned long len);
int kexec_find_fdt(const struct kimage *image);
u64 kexec_end_of_ram(void);
int kexec_check_cpus(unsigned int stays, bool (*can_disable)(unsigned int cpu));
int kexec_check_stray_cpus(unsigned int nr_cpus);
int machine_kexec_prepare(struct kimage *image);
void machine_kexec_cleanup(struct kimage *image);
void machine_kexec(struct kimage *image);

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
const struct kexec_handoff_console *kexec_find_handoff_console(void);
#else
static inline const struct kexec_handoff_console *kexec_find_handoff_console(void)
{
	return NULL;
}
#endif

#ifndef machine_kexec_check
static inline int machine_kexec_check(bool crash)
{
	return 0;
}
#endif

#ifndef machine_kexec_check_image
static inline int machine_kexec_check_image(const struct kimage *image)
{
	return 0;
}
#endif

#ifndef machine_kexec_begin
static inline int machine_kexec_begin(void)
{
	return 0;
}
#endif

#ifndef machine_jump_shutdown
static inline void machine_jump_shutdown(void) { }
#endif

#ifndef machine_jump_pending
static inline bool machine_jump_pending(void)
{
	return false;
}
#endif

#ifndef machine_kexec_entry
static inline int machine_kexec_entry(struct kimage *image)
{
	return 0;
}
#endif

#ifndef machine_kexec_why_no_ram
static inline const char *machine_kexec_why_no_ram(u64 start, u64 end)
{
	return "is something else";
}
#endif

#ifndef machine_kexec_counter
static inline u64 machine_kexec_counter(u64 *hz)
{
	*hz = 0;
	return 0;
}
#endif

#ifndef machine_kexec_adopt_pages
static inline int machine_kexec_adopt_pages(struct page *page,
					    unsigned long nr_pages)
{
	return 0;
}
#endif

#ifndef machine_kexec_release_pages
static inline int machine_kexec_release_pages(struct page *page,
					      unsigned long nr_pages)
{
	return 0;
}
#endif

#else /* !CONFIG_KEXEC_CORE */

#define kexec_in_progress false

static inline void kexec_device_shuts_down(struct device *dev) { }
static inline void kexec_device_is_down(void) { }

#endif /* CONFIG_KEXEC_CORE */

#ifdef CONFIG_CRASH_DUMP
void __crash_kexec(struct pt_regs *regs);
void crash_kexec(struct pt_regs *regs);
int kexec_should_crash(struct task_struct *task);
int kexec_crash_loaded(void);
void crash_save_cpu(struct pt_regs *regs, int cpu);
void crash_save_stopped_cpu(struct pt_regs *regs, int cpu, pid_t pid);
void __noreturn crash_stop_self(struct pt_regs *regs);
void crash_quiet_interrupts(void);

/**
 * crash_save_self - write down what this CPU is doing, for the dump
 * @regs: the registers to be saved; NULL for those of the caller
 *
 * For a CPU that stops by itself.  As for crash_save_cpu(), what it has saved before
 * stays.
 *
 * Context: Any, NMI included, interrupts off; the caller does not return.
 */
static __always_inline void crash_save_self(struct pt_regs *regs)
{
	struct pt_regs now = { };

	if (!regs)
		machine_crash_regs(&now);
	crash_save_cpu(regs ?: &now, raw_smp_processor_id());
}

/*
 * What an architecture provides besides crash_smp_send_stop() of <linux/smp.h>
 * and machine_crash_shutdown() of <linux/reboot.h>.
 */
#ifndef machine_crash_protect
/* The kernel's mapping of memory stays as it is. */
static inline int machine_crash_protect(phys_addr_t start,
					unsigned long nr_pages, bool protect)
{
	return protect ? -EOPNOTSUPP : 0;
}
#endif

#ifndef machine_crash_image_good
static inline bool machine_crash_image_good(const struct kimage *image)
{
	return true;
}
#endif

#ifndef machine_crash_region_changed
static inline void machine_crash_region_changed(void) { }
#endif

#ifndef machine_crash_console_waits
/* An IPI that waits until interrupts are on finds no CPU with such a lock. */
static inline bool machine_crash_console_waits(void)
{
	return false;
}
#endif
#else
/* There are no crash images: a panic ends as it would without kexec. */
static inline void __crash_kexec(struct pt_regs *regs) { }
static inline void crash_kexec(struct pt_regs *regs) { }
static inline int kexec_should_crash(struct task_struct *task) { return 0; }
static inline int kexec_crash_loaded(void) { return 0; }
static inline void crash_save_cpu(struct pt_regs *regs, int cpu) { }
static inline void crash_save_self(struct pt_regs *regs) { }
static inline void __noreturn crash_stop_self(struct pt_regs *regs)
{
	panic_smp_self_stop();
}
#endif /* CONFIG_CRASH_DUMP */

/*
 * What IMA's policy for Secure Boot asks for under CONFIG_KEXEC_SIG: from now on
 * only signed images.  No image has a signature, and IMA refuses all of them
 * then, by itself: see ima_load_data().
 */
static inline void set_kexec_sig_enforced(void) { }

#endif /* __ASSEMBLY__ */
#endif /* _LINUX_KEXEC_H */
