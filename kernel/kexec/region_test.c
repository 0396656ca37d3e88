// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the crash region's bookkeeping.
 */
#include <kunit/test.h>

/* Also where nobody entered the region into the tree. */
static void test_cut_resource(struct kunit *test)
{
	struct resource ram = { .name = "System RAM", .end = 0xfffff };
	struct resource res = { .name = "region", .start = 0x4000, .end = 0x7fff };

	cut_resource(&res, 0x1000);
	KUNIT_EXPECT_EQ(test, 0x4000, res.start);
	KUNIT_EXPECT_EQ(test, 0x4fff, res.end);

	KUNIT_ASSERT_EQ(test, 0, insert_resource(&ram, &res));
	cut_resource(&res, 0x800);
	KUNIT_EXPECT_PTR_EQ(test, &ram, res.parent);
	KUNIT_EXPECT_EQ(test, 0x800, region_size(&res));
	cut_resource(&res, 0);
	KUNIT_EXPECT_PTR_EQ(test, NULL, ram.child);
	KUNIT_EXPECT_EQ(test, 0, region_size(&res));

	res.end = 0x7fff;
	cut_resource(&res, 0);
	KUNIT_EXPECT_EQ(test, 0, region_size(&res));
}

static struct kunit_case region_test_cases[] = {
	KUNIT_CASE(test_cut_resource),
	{ }
};

static struct kunit_suite region_test_suite = {
	.name = "kexec-region",
	.test_cases = region_test_cases,
};

kunit_test_suite(region_test_suite);
