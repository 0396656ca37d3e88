// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the digests of what leads to an image's content.
 */
#include <kunit/test.h>

/* Without segments, with two pages of control memory; sealed. */
static struct kimage *sealed_image(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, image);
	INIT_LIST_HEAD(&image->control_pages);
	for (i = 0; i < 2; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, page);
		memset(page_address(page), i, PAGE_SIZE);
		kexec_add_run(&image->control_pages, page, 1);
	}
	KUNIT_ASSERT_EQ(test, kexec_digest_list(image), 0);
	kexec_digest_seal(image);
	KUNIT_ASSERT_EQ(test, kexec_digest_compare(image, true), KEXEC_UNCHANGED);
	return image;
}

static void free_image(struct kimage *image)
{
	unsigned long nr_pages;

	while (!list_empty(&image->control_pages))
		__free_page(kexec_take_run(&image->control_pages, &nr_pages));
	kvfree(image->control);
}

static void test_record(struct kunit *test)
{
	struct kimage *image = sealed_image(test);

	image->start ^= 1;
	KUNIT_EXPECT_FALSE(test, kexec_digest_leads_intact(image));
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
			KEXEC_RECORD_CHANGED);
	image->start ^= 1;
	KUNIT_EXPECT_TRUE(test, kexec_digest_leads_intact(image));
	free_image(image);
}

/* Nor does it say any more that there are digests. */
static void test_zeroed_record(struct kunit *test)
{
	struct kimage *image = sealed_image(test);
	struct kimage *kept = kunit_kzalloc(test, sizeof(*kept), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kept);
	*kept = *image;
	memset(image, 0, sizeof(*image));
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
			KEXEC_RECORD_CHANGED);
	*image = *kept;
	free_image(image);
}

static void test_control(struct kunit *test)
{
	struct kimage *image = sealed_image(test);
	u8 *byte = __va(PFN_PHYS(image->control[1].pfn));

	byte[PAGE_SIZE - 1] ^= 1;
	KUNIT_EXPECT_FALSE(test, kexec_digest_leads_intact(image));
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
			KEXEC_CONTROL_CHANGED);
	byte[PAGE_SIZE - 1] ^= 1;
	KUNIT_EXPECT_TRUE(test, kexec_digest_leads_intact(image));
	free_image(image);
}

/* One page may change, and no other. */
static void test_vmcoreinfo(struct kunit *test)
{
	struct kimage *image = sealed_image(test);
	unsigned int i;

	image->vmcoreinfo_pfn = image->control[1].pfn;
	kexec_digest_seal(image);
	for (i = 0; i < 2; i++) {
		u8 *byte = __va(PFN_PHYS(image->control[i].pfn));

		byte[0] ^= 1;
		KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
				i ? KEXEC_UNCHANGED : KEXEC_CONTROL_CHANGED);
		byte[0] ^= 1;
	}
	free_image(image);
}

/* What is not what it was is not followed: neither of these leads anywhere. */
static void test_list(struct kunit *test)
{
	struct kimage *image = sealed_image(test);
	struct list_head kept = image->control_pages;
	unsigned long pfn = image->control[0].pfn;

	image->control[0].pfn = ULONG_MAX >> PAGE_SHIFT;
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
			KEXEC_CONTROL_CHANGED);
	image->control[0].pfn = pfn;

	image->control_pages.next = LIST_POISON1;
	KUNIT_EXPECT_EQ(test, kexec_digest_compare(image, false),
			KEXEC_UNCHANGED);
	image->control_pages = kept;
	free_image(image);
}

/* Who is killed meanwhile does not start it, and it is still what it was. */
static void test_killed(struct kunit *test)
{
	struct kimage *image = sealed_image(test);
	int err;

	allow_kernel_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	err = kexec_digest_check(image);
	flush_signals(current);
	disallow_signal(SIGKILL);

	KUNIT_EXPECT_EQ(test, err, -EINTR);
	KUNIT_EXPECT_EQ(test, kexec_digest_check(image), 0);
	free_image(image);
}

static struct kunit_case verify_test_cases[] = {
	KUNIT_CASE(test_record),
	KUNIT_CASE(test_zeroed_record),
	KUNIT_CASE(test_control),
	KUNIT_CASE(test_vmcoreinfo),
	KUNIT_CASE(test_list),
	KUNIT_CASE(test_killed),
	{ }
};

static struct kunit_suite verify_test_suite = {
	.name = "kexec-verify",
	.test_cases = verify_test_cases,
};

kunit_test_suite(verify_test_suite);
