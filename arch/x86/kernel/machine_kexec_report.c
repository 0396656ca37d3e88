// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the handoff says of itself: the report page, see relocate_kernel_report.S.
 *
 * An image has one only if kexec.handoff_debug= named a console when it was loaded.
 * Its IDT is the trampoline's then, from the step on that makes the page reachable
 * until the image has one of its own.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/cc_platform.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <asm/desc.h>

#include "machine_kexec_report.h"

#define IN_REPORT(image, symbol) \
	((image)->arch.report + ((symbol) - kexec_report))
#define IN_TRAMPOLINE(image, symbol) \
	((image)->arch.trampoline + ((symbol) - relocate_kernel))

/* As the processor wants it: the last byte. */
#define REPORT_IDT_LIMIT	(KEXEC_REPORT_VECTORS * sizeof(gate_desc) - 1)

static void fill_idt(struct kimage *image)
{
	gate_desc *idt = image->arch.report + KEXEC_REPORT_IDT;
	unsigned long code = __pa(IN_REPORT(image, kexec_report_vectors));
	unsigned int i;

	BUILD_BUG_ON(KEXEC_REPORT_IDT + KEXEC_REPORT_VECTORS * sizeof(*idt) >
		     KEXEC_REPORT_TSS);
#ifdef CONFIG_X86_64
	/* So it is known before the trampoline has a GDT of its own. */
	BUILD_BUG_ON(KEXEC_TRAMPOLINE_CS != __KERNEL_CS);
#endif
	for (i = 0; i < KEXEC_REPORT_VECTORS; i++)
		pack_gate(&idt[i], GATE_INTERRUPT,
			  code + i * KEXEC_REPORT_STRIDE, 0, 1,
			  KEXEC_TRAMPOLINE_CS);
}

/* Where the trampoline is in the middle of a move. */
static void fill_moving(struct kimage *image)
{
	unsigned long *moving = IN_REPORT(image, kexec_report_moving);

	moving[0] = __pa(IN_TRAMPOLINE(image, kexec_moves_begin));
	moving[1] = __pa(IN_TRAMPOLINE(image, kexec_moves_next));
	moving[2] = __pa(IN_TRAMPOLINE(image, kexec_moves_read));
	moving[3] = __pa(IN_TRAMPOLINE(image, kexec_moves_end));
}

#ifdef CONFIG_X86_64
/* Whatever the stack is, there is a good one for exceptions. */
static void fill_tss(struct kimage *image)
{
	struct x86_hw_tss *tss = image->arch.report + KEXEC_REPORT_TSS;

	tss->ist[0] = __pa(image->arch.report) + PAGE_SIZE;
	tss->io_bitmap_base = sizeof(*tss);
}

static void connect_tss(struct kimage *image)
{
	set_tssldt_descriptor(IN_TRAMPOLINE(image, kexec_trampoline_tss),
			      __pa(image->arch.report) + KEXEC_REPORT_TSS,
			      DESC_TSS, sizeof(struct x86_hw_tss) - 1);
}
#else
/* The code knows where it is, as it has no other way to find out. */
static void fill_tss(struct kimage *image)
{
	*(u32 *)IN_REPORT(image, kexec_report_page) = __pa(image->arch.report);
}

static void connect_tss(struct kimage *image) { }
#endif

/**
 * kexec_report_prepare - have an image's handoff report exceptions, if it is to
 * @image: the image, which has its control page
 *
 * The caller maps the page, and the registers of the console.
 *
 * Context: May sleep.  kexec_mutex is held.
 * Return: 0 or a negative errno:
 * * %-EOPNOTSUPP	- not in this guest
 * * %-ENOMEM		- no memory
 */
int kexec_report_prepare(struct kimage *image)
{
	const struct kexec_handoff_console *console = kexec_find_handoff_console();
	struct page *page;

	if (!console)
		return 0;
	/* Firmware or the host may have to be asked for each access. */
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT))
		return kexec_refuse(-EOPNOTSUPP,
				    "an encrypted guest can't report a handoff (kexec.handoff_debug=)");

	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	image->arch.report = page_address(page);

	image->arch.report_flags = KEXEC_TRAMPOLINE_REPORT;
	if (console->flags & KEXEC_CONSOLE_MARKS)
		image->arch.report_flags |= KEXEC_TRAMPOLINE_MARKS;
	if (console->flags & KEXEC_CONSOLE_FAULT)
		image->arch.report_flags |= KEXEC_TRAMPOLINE_FAULT;

	memset(image->arch.report, 0, PAGE_SIZE);
	memcpy(image->arch.report, kexec_report, sizeof(kexec_report));
	*(struct kexec_handoff_console *)IN_REPORT(image, kexec_report_console) =
		*console;
	fill_idt(image);
	fill_moving(image);
	fill_tss(image);
	return 0;
}

/**
 * kexec_report_connect - let the trampoline know of the report page
 * @image: the image, whose control page is as relocate_kernel is
 *
 * Context: Any.
 */
void kexec_report_connect(struct kimage *image)
{
	struct desc_ptr *idt = IN_TRAMPOLINE(image, kexec_trampoline_idt);

	if (!image->arch.report)
		return;
	/* All of it that a handoff without an exception changes. */
	memcpy(IN_REPORT(image, kexec_report_patience), kexec_report_patience,
	       sizeof(u32));

	idt->size = REPORT_IDT_LIMIT;
	idt->address = __pa(image->arch.report) + KEXEC_REPORT_IDT;
	*(unsigned long *)IN_TRAMPOLINE(image, kexec_trampoline_report) =
		__pa(image->arch.report);
	connect_tss(image);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "machine_kexec_report_test.c"
#endif
