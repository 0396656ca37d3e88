// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of settling; what it does with pages is in place_test.c.
 */
#include <kunit/test.h>

/* Damage that was done before the worker came must not get its blessing. */
static void test_damaged(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	const bool never = false;

	KUNIT_ASSERT_NOT_NULL(test, image);
	INIT_LIST_HEAD(&image->control_pages);
	image->ops = &kexec_staging_ops;
	kexec_digest_seal(image);
	KUNIT_ASSERT_EQ(test, kexec_digest_compare(image, true), KEXEC_UNCHANGED);

	image->start ^= 1;
	KUNIT_EXPECT_EQ(test, settle_image(image, &never), 0);
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, true),
			KEXEC_RECORD_CHANGED);
}

/* Nor what was done to the record and the list while it was at it. */
static void test_damaged_meanwhile(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	struct kexec_run *control = kunit_kzalloc(test, sizeof(*control), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_ASSERT_NOT_NULL(test, control);
	INIT_LIST_HEAD(&image->control_pages);
	image->ops = &kexec_staging_ops;
	image->control = control;
	kexec_digest_seal(image);

	image->start ^= 1;
	kexec_digest_reseal(image);
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, true),
			KEXEC_RECORD_CHANGED);
	image->start ^= 1;
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, true), KEXEC_UNCHANGED);

	/* One run of no pages: a list that is another one. */
	image->nr_control = 1;
	kexec_digest_seal(image);
	control->pfn = 1;
	kexec_digest_reseal(image);
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, true),
			KEXEC_CONTROL_CHANGED);
}

/* Whoever ends a pass early, or wants no more of them now, gives up none of them. */
static void test_passes(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->settle_passes = SETTLE_PASSES - 1;
	KUNIT_EXPECT_TRUE(test, is_over(image, 0));
	KUNIT_EXPECT_FALSE(test, is_over(image, -EAGAIN));
	KUNIT_EXPECT_FALSE(test, is_over(image, -EINTR));
	image->settle_passes++;
	KUNIT_EXPECT_TRUE(test, is_over(image, -EAGAIN));
	KUNIT_EXPECT_FALSE(test, is_over(image, -EINTR));
}

static struct kunit_case settle_test_cases[] = {
	KUNIT_CASE(test_damaged),
	KUNIT_CASE(test_damaged_meanwhile),
	KUNIT_CASE(test_passes),
	{ }
};

static struct kunit_suite settle_test_suite = {
	.name = "kexec-settle",
	.test_cases = settle_test_cases,
};

kunit_test_suite(settle_test_suite);
