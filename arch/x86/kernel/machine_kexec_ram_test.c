// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what x86 takes for RAM beyond System RAM: by the map of the
 * machine, of which each has RAM at 0, and by tables of EFI that are made up.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#define TEST_RAM	SZ_4K		/* what firmware calls RAM, and nobody uses */
#define TEST_END	(TEST_RAM + 4 * SZ_4K - 1)

static void expect_no_ram(struct kunit *test, u64 start, u64 end,
			  const char *words)
{
	const char *why = machine_kexec_why_no_ram(start, end);

	KUNIT_ASSERT_NOT_NULL(test, why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, words),
				  "expected \"%s\" in \"%s\"", words, why);
}

static u64 end_of_firmware_ram(void)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < e820_table_firmware->nr_entries; i++) {
		const struct e820_entry *entry = &e820_table_firmware->entries[i];

		if (entry->type == E820_TYPE_RAM)
			end = max(end, entry->addr + entry->size);
	}
	return end;
}

static void test_firmware_map(struct kunit *test)
{
	u64 end = end_of_firmware_ram();

	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM, TEST_END));
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(end - 1, end - 1));
	expect_no_ram(test, end - 1, end, "firmware's map");
	expect_no_ram(test, end, end + 10, "firmware's map");
	/* Video memory, between two pieces. */
	expect_no_ram(test, 0x9000, 0x100fff, "firmware's map");
	expect_no_ram(test, 0xa0000, 0xa0000, "firmware's map");
}

/* What this kernel took it for, before and behind what is asked for, too. */
static void test_something_else(struct kunit *test)
{
	struct e820_entry *entry = e820_table->entries;

	e820_table->nr_entries = 1;
	*entry = (struct e820_entry) {
		.addr = TEST_RAM + SZ_4K, .size = SZ_4K, .type = E820_TYPE_PRAM,
	};
	expect_no_ram(test, TEST_RAM, TEST_END, "memmap=");
	expect_no_ram(test, TEST_RAM + SZ_8K - 1, TEST_END, "memmap=");
	expect_no_ram(test, TEST_RAM, TEST_RAM + SZ_4K, "memmap=");
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM,
							 TEST_RAM + SZ_4K - 1));
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM + SZ_8K,
							 TEST_END));
	entry->type = E820_TYPE_RESERVED;
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM, TEST_END));
	entry->type = E820_TYPE_RAM;
	expect_no_ram(test, TEST_RAM, TEST_END, "removed");
	entry->type = E820_TYPE_ACPI;
	expect_no_ram(test, TEST_RAM, TEST_END, "memmap=");
}

#ifdef CONFIG_EFI
static void test_efi_tables(struct kunit *test)
{
	unsigned long esrt = efi.esrt, mokvar = efi.mokvar_table;

	efi.esrt = TEST_RAM;
	expect_no_ram(test, TEST_RAM, TEST_END, "a table of EFI");
	efi.esrt = TEST_END;
	expect_no_ram(test, TEST_RAM, TEST_END, "a table of EFI");
	efi.esrt = TEST_END + 1;
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM, TEST_END));
	efi.esrt = esrt;

	efi.mokvar_table = TEST_RAM + 0x18;
	expect_no_ram(test, TEST_RAM, TEST_END, "a table of EFI");
	/* Without EFI's memory map, it is all that is reserved there. */
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM + SZ_4K,
							 TEST_END));
	e820_table->nr_entries = 1;
	e820_table->entries[0] = (struct e820_entry) {
		.addr = TEST_RAM, .size = SZ_8K, .type = E820_TYPE_RESERVED,
	};
	expect_no_ram(test, TEST_RAM + SZ_8K - 1, TEST_END, "a table of EFI");
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM + SZ_8K,
							 TEST_END));
	efi.mokvar_table = mokvar;
}

/* A table that begins before the destination: by what was reserved for it. */
static void test_efi_reserved(struct kunit *test)
{
	efi_memory_desc_t md[] = {
		{ .type = EFI_BOOT_SERVICES_DATA, .num_pages = 2,
		  .attribute = EFI_MEMORY_WB | EFI_MEMORY_RUNTIME,
		  .phys_addr = TEST_RAM },
		{ .type = EFI_BOOT_SERVICES_DATA, .num_pages = 1,
		  .attribute = EFI_MEMORY_WB | EFI_MEMORY_RUNTIME,
		  .phys_addr = TEST_RAM + SZ_8K },
	};
	bool had_memmap = efi_enabled(EFI_MEMMAP);
	struct efi_memory_map old = efi.memmap;
	unsigned long esrt = efi.esrt;

	efi.memmap = (struct efi_memory_map) {
		.map = md, .map_end = md + ARRAY_SIZE(md),
		.nr_map = ARRAY_SIZE(md), .desc_size = sizeof(*md),
	};
	set_bit(EFI_MEMMAP, &efi.flags);
	efi.esrt = TEST_RAM + 0x18;
	expect_no_ram(test, TEST_RAM, TEST_END, "a table of EFI");
	expect_no_ram(test, TEST_RAM + SZ_4K, TEST_END, "a table of EFI");
	expect_no_ram(test, TEST_RAM + SZ_8K - 1, TEST_END, "a table of EFI");
	/* What lies beside it, the logo, is no table. */
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM + SZ_8K,
							 TEST_END));
	efi.esrt = EFI_INVALID_TABLE_ADDR;
	KUNIT_EXPECT_NULL(test, machine_kexec_why_no_ram(TEST_RAM, TEST_END));

	efi.esrt = esrt;
	if (!had_memmap)
		clear_bit(EFI_MEMMAP, &efi.flags);
	efi.memmap = old;
}
#endif

/* A kernel that takes the machine's memory for nothing. */
static struct e820_table *real_table;

static int ram_test_init(struct kunit *test)
{
	struct e820_table *table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	real_table = e820_table;
	e820_table = table;
	return 0;
}

static void ram_test_exit(struct kunit *test)
{
	if (real_table)
		e820_table = real_table;
	real_table = NULL;
}

static struct kunit_case ram_test_cases[] = {
	KUNIT_CASE(test_firmware_map),
	KUNIT_CASE(test_something_else),
#ifdef CONFIG_EFI
	KUNIT_CASE(test_efi_tables),
	KUNIT_CASE(test_efi_reserved),
#endif
	{ }
};

static struct kunit_suite ram_test_suite = {
	.name = "kexec-ram",
	.init = ram_test_init,
	.exit = ram_test_exit,
	.test_cases = ram_test_cases,
};

kunit_test_suite(ram_test_suite);
