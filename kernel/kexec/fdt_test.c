// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how the device tree is found, in images that were never placed:
 * each segment is a page, and waits in another one.
 */
#include <kunit/test.h>
#include <linux/io.h>

#define TEST_SEGMENTS	4

/* No memory need be there. */
#define TEST_DST(nr)	(PFN_PHYS(16 + 2 * (nr)))

/* The table has room for all, and the end. */
static struct fdt_test {
	struct kimage image;
	struct kexec_move table[TEST_SEGMENTS + 1];
	struct fdt_header *content[TEST_SEGMENTS];
} *fdt;

static void add_segment(unsigned int nr, unsigned long bufsz)
{
	fdt->image.segment[nr] = (struct kexec_segment) {
		.mem = TEST_DST(nr),
		.bufsz = bufsz,
		.memsz = PAGE_SIZE,
	};
	fdt->image.nr_segments = nr + 1;
	fdt->table[nr] = (struct kexec_move) {
		.dst = TEST_DST(nr),
		.src = bufsz ? virt_to_phys(fdt->content[nr]) : KEXEC_SRC_ZERO,
		.len = PAGE_SIZE,
	};
}

/* As small as one can be: nothing reserved, no node, no string. */
static struct fdt_header *add_fdt(unsigned int nr)
{
	struct fdt_header *header = fdt->content[nr];

	add_segment(nr, PAGE_SIZE);
	fdt_set_magic(header, FDT_MAGIC);
	fdt_set_totalsize(header, 128);
	fdt_set_off_mem_rsvmap(header, 40);
	fdt_set_off_dt_struct(header, 56);
	fdt_set_size_dt_struct(header, 16);
	fdt_set_off_dt_strings(header, 72);
	fdt_set_size_dt_strings(header, 0);
	fdt_set_version(header, 17);
	fdt_set_last_comp_version(header, 16);
	return header;
}

static void test_fdt_found(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), -ENOENT);
	/* Zeroes, less than a header, something else, and two of them. */
	add_segment(0, 0);
	add_fdt(1);
	add_segment(1, sizeof(struct fdt_header) - 1);
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), -ENOENT);
	add_segment(0, PAGE_SIZE);
	add_fdt(2);
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), 2);
	add_fdt(3);
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), 2);
	fdt_set_magic(fdt->content[2], FDT_MAGIC + 1);
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), 3);
}

static void expect_fdt_refused(struct kunit *test, const char *words)
{
	char reason[KEXEC_REASON_MAX];

	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), -EINVAL);
	kexec_last_refusal(reason, sizeof(reason));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(reason, words), "%s", reason);
}

static void test_fdt_broken(struct kunit *test)
{
	add_segment(0, PAGE_SIZE);
	fdt_set_totalsize(add_fdt(1), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kexec_find_fdt(&fdt->image), 1);
	fdt_set_totalsize(add_fdt(1), PAGE_SIZE + 1);
	expect_fdt_refused(test, "segment 1 [");
	expect_fdt_refused(test, "is a device tree of ");
	fdt_set_totalsize(add_fdt(1), 39);
	expect_fdt_refused(test, "broken header");
	fdt_set_totalsize(add_fdt(1), ~0);
	expect_fdt_refused(test, "broken header");
	fdt_set_off_dt_struct(add_fdt(1), 128 - 8);
	expect_fdt_refused(test, "broken header");
	fdt_set_size_dt_strings(add_fdt(1), ~0);
	expect_fdt_refused(test, "broken header");
	fdt_set_last_comp_version(add_fdt(1), 18);
	expect_fdt_refused(test, "broken header");
}

static int fdt_test_init(struct kunit *test)
{
	unsigned int i;

	fdt = kunit_kzalloc(test, sizeof(*fdt), GFP_KERNEL);
	if (!fdt)
		return -ENOMEM;
	fdt->image.table = fdt->table;
	for (i = 0; i < TEST_SEGMENTS; i++) {
		fdt->content[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!fdt->content[i])
			return -ENOMEM;
	}
	return 0;
}

static void fdt_test_exit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; fdt && i < TEST_SEGMENTS; i++)
		free_page((unsigned long)fdt->content[i]);
}

static struct kunit_case fdt_test_cases[] = {
	KUNIT_CASE(test_fdt_found),
	KUNIT_CASE(test_fdt_broken),
	{ }
};

static struct kunit_suite fdt_test_suite = {
	.name = "kexec-fdt",
	.init = fdt_test_init,
	.exit = fdt_test_exit,
	.test_cases = fdt_test_cases,
};

kunit_test_suite(fdt_test_suite);
