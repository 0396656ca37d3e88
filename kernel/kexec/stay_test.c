// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what keeps memory online, with a memory block that nobody takes
 * offline.
 */
#include <kunit/test.h>

/* A block of any size can begin there. */
#define BLOCK_START	PHYS_PFN(SZ_2G)
#define BLOCK_PAGES	((long)pages_of_block())
/* The part with the block's own struct pages, of which nobody is told. */
#define MEMMAP_PAGES	16

static int change(unsigned long action)
{
	struct memory_notify block = {
		.start_pfn = BLOCK_START + MEMMAP_PAGES,
		.nr_pages = BLOCK_PAGES - MEMMAP_PAGES,
	};

	return notifier_to_errno(memory_changes(NULL, action, &block));
}

/* An image of two pages, @offset pages behind the start of the block. */
static struct kimage *image_at(struct kunit *test, long offset)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	INIT_LIST_HEAD(&image->holder);
	image->nr_segments = 2;
	image->segment[1].mem = PFN_PHYS(BLOCK_START + offset);
	image->segment[1].memsz = 2 * PAGE_SIZE;
	return image;
}

static void test_held(struct kunit *test)
{
	const struct {
		long offset;
		int err;
	} cases[] = {
		{ -2, 0 }, { -1, -EBUSY }, { 0, -EBUSY },
		{ MEMMAP_PAGES, -EBUSY }, { 1000, -EBUSY },
		{ BLOCK_PAGES - 1, -EBUSY }, { BLOCK_PAGES, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kimage *image = image_at(test, cases[i].offset);

		KUNIT_ASSERT_EQ(test, kexec_stay_hold(image), 0);
		KUNIT_EXPECT_EQ_MSG(test, change(MEM_GOING_OFFLINE), cases[i].err,
				    "%ld pages from the start", cases[i].offset);
		/* It comes in any case. */
		change(MEM_CANCEL_OFFLINE);

		kexec_stay_release(image);
		KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), 0);
		change(MEM_OFFLINE);
	}
}

static void test_leaving(struct kunit *test)
{
	struct kimage *inside = image_at(test, 1000), *outside = image_at(test, -2);

	KUNIT_ASSERT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, kexec_stay_hold(outside), 0);
	KUNIT_EXPECT_EQ(test, kexec_stay_hold(inside), -EBUSY);
	/* Who was refused may be released all the same. */
	kexec_stay_release(inside);

	change(MEM_CANCEL_OFFLINE);
	KUNIT_EXPECT_EQ(test, kexec_stay_hold(inside), 0);
	kexec_stay_release(inside);
	kexec_stay_release(outside);
}

static void expect_why(struct kunit *test, const char *words)
{
	const char *why = why_they_stay(BLOCK_START, BLOCK_PAGES);

	KUNIT_ASSERT_NOT_NULL(test, why);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, words), "%s", why);
}

/* A handoff and an offlining: the second is refused, wherever the memory is. */
static void test_handoff(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	KUNIT_EXPECT_EQ(test, kexec_stay_all(), -EBUSY);
	change(MEM_CANCEL_OFFLINE);

	KUNIT_EXPECT_EQ(test, kexec_stay_all(), 0);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), -EBUSY);
	change(MEM_CANCEL_OFFLINE);
	expect_why(test, "a handoff is in progress");
	kexec_stay_all_end();
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	change(MEM_OFFLINE);
}

/* What is being claimed, whoever for; only an image can be unloaded. */
static void test_claimed(struct kunit *test)
{
	struct kimage *image = image_at(test, 1000);

	kexec_stay_claim(BLOCK_START - 1, 1);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	change(MEM_CANCEL_OFFLINE);
	kexec_stay_claim(BLOCK_START - 1, 2);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), -EBUSY);
	expect_why(test, "somebody is not done with a page");
	KUNIT_EXPECT_EQ(test, kexec_stay_hold(image), 0);
	expect_why(test, "kexec -u");
	kexec_stay_release(image);
	kexec_stay_claim(0, 0);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	change(MEM_CANCEL_OFFLINE);
}

/* Each time that memory comes, and no other. */
static void test_arrivals(struct kunit *test)
{
	unsigned long before = kexec_stay_arrivals();

	KUNIT_EXPECT_EQ(test, kexec_stay_arrivals(), before);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_OFFLINE), 0);
	change(MEM_CANCEL_OFFLINE);
	change(MEM_ONLINE);
	KUNIT_EXPECT_EQ(test, kexec_stay_arrivals(), before);
	KUNIT_EXPECT_EQ(test, change(MEM_GOING_ONLINE), 0);
	KUNIT_EXPECT_NE(test, kexec_stay_arrivals(), before);
}

static struct kunit_case stay_test_cases[] = {
	KUNIT_CASE(test_held),
	KUNIT_CASE(test_leaving),
	KUNIT_CASE(test_handoff),
	KUNIT_CASE(test_claimed),
	KUNIT_CASE(test_arrivals),
	{ }
};

static struct kunit_suite stay_test_suite = {
	.name = "kexec-stay",
	.test_cases = stay_test_cases,
};

kunit_test_suite(stay_test_suite);
