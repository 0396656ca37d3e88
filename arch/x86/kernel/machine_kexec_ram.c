// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a machine that this kernel does not use, and an image may.
 *
 * Loaders take firmware's map, which /sys/firmware/memmap shows, for the memory
 * that the next kernel will have.  This kernel may use less: by mem= or memmap=,
 * or as it keeps what firmware has left in memory of EFI's boot services.
 */
#include <linux/efi.h>
#include <linux/efi-bgrt.h>
#include <linux/kexec.h>
#include <linux/minmax.h>
#include <linux/pfn.h>

#include <asm/e820/api.h>

/* How many bytes of [@start, @end] are in an entry. */
static u64 overlap(const struct e820_entry *entry, u64 start, u64 end)
{
	u64 first = max(start, entry->addr);
	u64 last = min(end, entry->addr + entry->size - 1);

	return entry->size && first <= last ? last - first + 1 : 0;
}

/* No two entries of a table overlap. */
static bool firmware_calls_it_ram(u64 start, u64 end)
{
	u64 ram = 0;
	unsigned int i;

	for (i = 0; i < e820_table_firmware->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table_firmware->entries[i];

		if (entry->type == E820_TYPE_RAM)
			ram += overlap(entry, start, end);
	}
	return ram == end - start + 1;
}

/*
 * Whether the command line says that this is something else: memmap= can make
 * persistent memory of RAM, and tables of ACPI.
 */
static bool declared_as_other(u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < e820_table->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table->entries[i];

		if (entry->type != E820_TYPE_RAM &&
		    entry->type != E820_TYPE_RESERVED &&
		    entry->type != E820_TYPE_RESERVED_KERN &&
		    overlap(entry, start, end))
			return true;
	}
	return false;
}

#ifdef CONFIG_EFI
static bool is_inside(unsigned long table, u64 start, u64 end)
{
	return table != EFI_INVALID_TABLE_ADDR && table >= start && table <= end;
}

/* Firmware's logo, whole pages: the next kernel can do without. */
static bool is_logo(u64 start, u64 end)
{
#ifdef CONFIG_ACPI_BGRT
	u64 logo = bgrt_tab.image_address;

	return logo && start >= PFN_PHYS(PFN_DOWN(logo)) &&
	       end < PFN_PHYS(PFN_UP(logo + bgrt_image_size));
#else
	return false;
#endif
}

/*
 * Tables that firmware, or a boot loader, has put into memory of its boot
 * services: EFI's list of tables goes on pointing there.  The next kernel parses
 * them, and that of the owner's keys it even writes to.  efi_mem_reserve() marks
 * all that this kernel keeps of such memory for run time.
 */
static bool has_efi_table(u64 start, u64 end)
{
	efi_memory_desc_t *md;

	if (is_inside(efi.esrt, start, end) ||
	    is_inside(efi.mokvar_table, start, end))
		return true;
	if (!efi_enabled(EFI_MEMMAP))
		return false;

	for_each_efi_memory_desc(md) {
		u64 last = md->phys_addr + (md->num_pages << EFI_PAGE_SHIFT) - 1;

		if ((md->attribute & EFI_MEMORY_RUNTIME) &&
		    md->phys_addr <= end && last >= start &&
		    !is_logo(md->phys_addr, last))
			return true;
	}
	return false;
}
#else
static bool has_efi_table(u64 start, u64 end)
{
	return false;
}
#endif

/**
 * machine_kexec_why_no_ram - why memory that this kernel does not use is no RAM
 * @start: physical address of its first byte
 * @end: of its last byte
 *
 * Context: Process context.
 * Return: NULL if firmware calls it RAM, and the next kernel needs nothing that
 * lies there; otherwise words for people, with the memory as their subject.
 */
const char *machine_kexec_why_no_ram(u64 start, u64 end)
{
	if (!firmware_calls_it_ram(start, end))
		return "is no RAM by firmware's map";
	if (declared_as_other(start, end))
		return "is no RAM by memmap=";
	if (has_efi_table(start, end))
		return "has a table of EFI that the next kernel reads";
	return NULL;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "machine_kexec_ram_test.c"
#endif
