// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a machine that this kernel does not use, and an image may.
 *
 * Loaders take firmware's map, which /sys/firmware/memmap shows, for the memory
 * that the next kernel will have.  This kernel may use less: by mem= or memmap=,
 * or as it keeps what firmware has left in memory of EFI's boot services.
 */
#include <linux/efi.h>
#include <linux/kexec.h>
#include <linux/minmax.h>

#include <asm/e820/api.h>
#include <asm/kexec_base.h>

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
 * What else this kernel took it for when it started: by memmap=, which can make
 * persistent memory of RAM, and tables of ACPI; or for RAM, and now it is not even
 * System RAM, as somebody has pulled it out.
 */
static const char *why_something_else(u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < e820_table->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table->entries[i];

		if (!overlap(entry, start, end))
			continue;
		if (kexec_type_is_ram(entry->type))
			return "has been removed from the machine";
		if (entry->type != E820_TYPE_RESERVED)
			return "is no RAM by memmap=";
	}
	return NULL;
}

#ifdef CONFIG_EFI
/* The last byte of the piece that this kernel has reserved around @at. */
static u64 end_of_reserved(u64 at)
{
	unsigned int i;

	for (i = 0; i < e820_table->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table->entries[i];

		if (entry->type == E820_TYPE_RESERVED && overlap(entry, at, at))
			return entry->addr + entry->size - 1;
	}
	return at;
}

/*
 * A table in memory of EFI's boot services, where firmware or a boot loader has put
 * it.  EFI's list of tables goes on pointing there.  Where it ends is not known any
 * more, but what was reserved for it is a piece of its own in EFI's memory map; a
 * kernel without EFI's services has dropped that, and knows only what it reserved
 * there for one thing or another.
 */
static bool is_table(unsigned long table, u64 start, u64 end)
{
	efi_memory_desc_t md;
	u64 last;

	if (table == EFI_INVALID_TABLE_ADDR)
		return false;
	if (efi_enabled(EFI_MEMMAP) && !efi_mem_desc_lookup(table, &md))
		last = md.phys_addr + (md.num_pages << EFI_PAGE_SHIFT) - 1;
	else
		last = end_of_reserved(table);
	return table <= end && last >= start;
}

/*
 * What this kernel has kept for the next one, too, which parses what it finds there:
 * in the place of the owner's keys, it even writes to that.  There is a third such
 * thing, firmware's logo; the next kernel can do without.
 */
static bool has_efi_table(u64 start, u64 end)
{
	return is_table(efi.esrt, start, end) ||
	       is_table(efi.mokvar_table, start, end);
}
#else
static bool has_efi_table(u64 start, u64 end)
{
	return false;
}
#endif

/**
 * machine_kexec_why_no_ram - why memory that this kernel does not use is no RAM
 * @start: physical address of its first byte; none of it is System RAM
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
	if (has_efi_table(start, end))
		return "has a table of EFI that the next kernel reads";
	return why_something_else(start, end);
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "machine_kexec_ram_test.c"
#endif
