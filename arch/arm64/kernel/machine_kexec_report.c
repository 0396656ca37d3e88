// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the handoff says of itself: the report page, see
 * relocate_kernel_report.S.
 *
 * An image has one only if kexec.handoff_debug= named a console when it was loaded.
 * Its vectors are those of the handoff then, until the image has its own.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/acpi.h>
#include <linux/amba/serial.h>
#include <linux/build_bug.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/psci.h>
#include <linux/serial_reg.h>
#include <linux/string.h>

#define CHECK_OFFSET(member, offset) \
	static_assert(offsetof(struct kexec_report_data, member) == (offset))
CHECK_OFFSET(uart, KEXEC_REPORT_UART);
CHECK_OFFSET(status, KEXEC_REPORT_STATUS);
CHECK_OFFSET(ready, KEXEC_REPORT_READY);
CHECK_OFFSET(idle, KEXEC_REPORT_IDLE);
CHECK_OFFSET(wide, KEXEC_REPORT_WIDE);
CHECK_OFFSET(flags, KEXEC_REPORT_FLAGS);
CHECK_OFFSET(psci, KEXEC_REPORT_PSCI);
CHECK_OFFSET(moves, KEXEC_REPORT_MOVES);
static_assert(sizeof(struct kexec_report_data) == KEXEC_REPORT_DATA_SIZE);

/*
 * KEXEC_PSCI_*, or 0 if nobody can be asked.  From version 0.2 on PSCI resets
 * machines; its driver does not say how it calls it.
 */
static u32 find_psci(void)
{
	static const char * const names[] = { "arm,psci-1.0", "arm,psci-0.2" };
	struct device_node *node = NULL;
	const char *method = "";
	unsigned int i;

	if (!psci_ops.get_version)
		return 0;
	if (!acpi_disabled)
		return acpi_psci_use_hvc() ? KEXEC_PSCI_HVC : KEXEC_PSCI_SMC;

	for (i = 0; i < ARRAY_SIZE(names) && !node; i++)
		node = of_find_compatible_node(NULL, NULL, names[i]);
	of_property_read_string(node, "method", &method);
	of_node_put(node);
	return !strcmp(method, "hvc") ? KEXEC_PSCI_HVC :
	       !strcmp(method, "smc") ? KEXEC_PSCI_SMC : 0;
}

/* Its registers, and the bits that matter (UARTFR of the PL011; LSR of an 8250). */
static void describe_uart(const struct kexec_handoff_console *console,
			  struct kexec_report_data *data)
{
	unsigned int shift = console->kind == KEXEC_CONSOLE_UART_MMIO32 ? 2 : 0;

	if (console->kind == KEXEC_CONSOLE_PL011) {
		data->uart = console->address + UART01x_DR;
		data->status = console->address + UART01x_FR;
		data->ready[0] = UART01x_FR_TXFF;
		data->idle[0] = UART01x_FR_BUSY;
		data->wide = true;
		return;
	}
	data->uart = console->address + (UART_TX << shift);
	data->status = console->address + (UART_LSR << shift);
	data->ready[0] = UART_LSR_THRE;
	data->ready[1] = UART_LSR_THRE;
	data->idle[0] = UART_LSR_TEMT;
	data->idle[1] = UART_LSR_TEMT;
	data->wide = console->kind == KEXEC_CONSOLE_UART_MMIO32;
}

/**
 * kexec_report_prepare - have an image's handoff report exceptions, if it is to
 * @image: the image, which has the page for its trampoline
 *
 * The caller cleans the page, and maps the console.
 *
 * Context: May sleep.  kexec_mutex is held.
 * Return: 0 or a negative errno:
 * * %-EINVAL		- no console can be where it is said to be
 * * %-EOPNOTSUPP	- the machine is to be reset, and can't be
 * * %-ENOMEM		- no memory
 */
int kexec_report_prepare(struct kimage *image)
{
	const struct kexec_handoff_console *console = kexec_find_handoff_console();
	u64 trampoline = image->arch.trampoline;
	struct kexec_report_data *data;
	struct page *page;
	u32 psci = 0;
	void *report;

	if (!console)
		return 0;
	/* Also memory that is none of the kernel's. */
	if (memblock_is_memory(console->address) ||
	    console->address > KEXEC_DEST_LIMIT - PAGE_SIZE)
		return kexec_refuse(-EINVAL,
				    "the console can't be at %#llx (kexec.handoff_debug=)",
				    console->address);
	if (console->flags & KEXEC_CONSOLE_RESET) {
		psci = find_psci();
		if (!psci)
			return kexec_refuse(-EOPNOTSUPP,
					    "no PSCI resets the machine (kexec.handoff_debug=)");
	}

	page = kimage_alloc_control_pages(image, 0);
	if (!page)
		return -ENOMEM;
	image->arch.report = page_to_phys(page);
	report = page_address(page);
	memset(report, 0, PAGE_SIZE);
	memcpy(report, kexec_report, sizeof(kexec_report));

	data = report + KEXEC_REPORT_DATA;
	describe_uart(console, data);
	data->flags = console->flags;
	data->psci = psci;
	data->moves[0] = trampoline + (kexec_moves_begin - relocate_kernel);
	data->moves[1] = trampoline + (kexec_moves_end - relocate_kernel);
	return 0;
}

/**
 * kexec_report_connect - let the trampoline know of the report page
 * @image: the image, whose page for the trampoline is as relocate_kernel is
 *
 * Context: Any.
 */
void kexec_report_connect(const struct kimage *image)
{
	void *trampoline = phys_to_virt(image->arch.trampoline);

	*(u64 *)(trampoline + (kexec_trampoline_report - relocate_kernel)) =
		image->arch.report;
}
