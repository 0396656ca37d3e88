// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the handoff says of itself: the report page, see
 * relocate_kernel_report.S.
 *
 * An image has one only if kexec.handoff_debug= named a console when it was loaded.
 * Traps are taken there then, until the image has a handler of its own.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/serial_reg.h>
#include <linux/string.h>

#include <asm/sbi.h>

#define CHECK_OFFSET(member, offset) \
	static_assert(offsetof(struct kexec_report_data, member) == (offset))
CHECK_OFFSET(uart, KEXEC_REPORT_UART);
CHECK_OFFSET(status, KEXEC_REPORT_STATUS);
CHECK_OFFSET(wide, KEXEC_REPORT_WIDE);
CHECK_OFFSET(flags, KEXEC_REPORT_FLAGS);
CHECK_OFFSET(sbi_ext, KEXEC_REPORT_SBI_EXT);
CHECK_OFFSET(sbi_function, KEXEC_REPORT_SBI_FUNCTION);
CHECK_OFFSET(moves, KEXEC_REPORT_MOVES);
static_assert(sizeof(struct kexec_report_data) == KEXEC_REPORT_DATA_SIZE);

/* SBI specification, "Console Putchar": the extension, which has one function. */
#define LEGACY_PUTCHAR	0x01

/* SBI specification, "System Reset Extension". */
static bool firmware_resets(void)
{
	return sbi_spec_version >= sbi_mk_version(0, 3) &&
	       sbi_probe_extension(SBI_EXT_SRST) > 0;
}

/* The debug console, or what firmware had before that. */
static int find_sbi_console(struct kexec_report_data *data)
{
	if (sbi_debug_console_available) {
		data->sbi_ext = SBI_EXT_DBCN;
		data->sbi_function = SBI_EXT_DBCN_CONSOLE_WRITE_BYTE;
		return 0;
	}
	if (sbi_spec_is_0_1() || sbi_probe_extension(LEGACY_PUTCHAR) > 0) {
		data->sbi_ext = LEGACY_PUTCHAR;
		return 0;
	}
	return kexec_refuse(-EOPNOTSUPP,
			    "the firmware has no console (kexec.handoff_debug=)");
}

static int find_uart(const struct kexec_handoff_console *console,
		     struct kexec_report_data *data)
{
	data->wide = console->kind == KEXEC_CONSOLE_UART_MMIO32;
	if (console->address > KEXEC_DEST_LIMIT - PAGE_SIZE)
		return kexec_refuse(-EINVAL,
				    "the console can't be at %#llx (kexec.handoff_debug=)",
				    console->address);
	data->uart = console->address + (UART_TX << (data->wide ? 2 : 0));
	data->status = console->address + (UART_LSR << (data->wide ? 2 : 0));
	return 0;
}

/**
 * kexec_report_prepare - have an image's handoff report exceptions, if it is to
 * @image: the image, which has the page for its trampoline
 *
 * Context: May sleep.  kexec_mutex is held.
 * Return: 0 or a negative errno:
 * * %-EINVAL		- no console can be where it is said to be
 * * %-EOPNOTSUPP	- the firmware has no console, or does not reset the machine
 * * %-ENOMEM		- no memory
 */
int kexec_report_prepare(struct kimage *image)
{
	const struct kexec_handoff_console *console = kexec_find_handoff_console();
	unsigned long trampoline = __pa(image->arch.trampoline);
	struct kexec_report_data data = { };
	struct page *page;
	int err;

	if (!console)
		return 0;
	if (console->kind == KEXEC_CONSOLE_SBI)
		err = find_sbi_console(&data);
	else
		err = find_uart(console, &data);
	if (err)
		return err;
	if ((console->flags & KEXEC_CONSOLE_RESET) && !firmware_resets())
		return kexec_refuse(-EOPNOTSUPP,
				    "the firmware has no SBI SRST, and does not reset the machine (kexec.handoff_debug=)");
	data.flags = console->flags;
	data.moves[0] = trampoline + (kexec_moves_begin - kexec_trampoline);
	data.moves[1] = trampoline + (kexec_moves_end - kexec_trampoline);

	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	image->arch.report = page_address(page);
	memset(image->arch.report, 0, PAGE_SIZE);
	memcpy(image->arch.report, kexec_report, sizeof(kexec_report));
	memcpy(image->arch.report + KEXEC_REPORT_DATA, &data, sizeof(data));
	return 0;
}

/**
 * kexec_report_connect - let the trampoline know of the report page
 * @image: the image, whose control page is as kexec_trampoline is
 *
 * Context: Any.
 */
void kexec_report_connect(const struct kimage *image)
{
	void *report = image->arch.report;

	*(u64 *)(image->arch.trampoline +
		 (kexec_trampoline_report - kexec_trampoline)) =
		report ? __pa(report) : 0;	/* never page 0 */
}
