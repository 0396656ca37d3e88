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

/* A bitmap for the region that is there, with the page in its middle taken. */
static unsigned long begin_bookkeeping(struct kunit *test)
{
	unsigned long middle = region_pages() / 2;

	if (!region_pages())
		kunit_skip(test, "no crash region: crashkernel=");
	taken = kunit_kcalloc(test, BITS_TO_LONGS(region_pages()), sizeof(long),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, taken);
	take_pages(region_pfn() + middle, 1);
	return region_pfn() + middle;
}

static void region_test_exit(struct kunit *test)
{
	taken = NULL;
}

static unsigned long nr_taken(void)
{
	return bitmap_weight(taken, region_pages());
}

static void test_take_pages(struct kunit *test)
{
	unsigned long start, end;

	begin_bookkeeping(test);
	start = region_pfn();
	end = start + region_pages();
	take_pages(start - 3, 2);
	take_pages(end, 2);
	KUNIT_EXPECT_EQ(test, 1, nr_taken());
	take_pages(start - 3, 5);
	take_pages(end - 1, 5);
	KUNIT_EXPECT_EQ(test, 1 + 2 + 1, nr_taken());
}

static void test_beside_claim(struct kunit *test)
{
	unsigned long middle = begin_bookkeeping(test);

	KUNIT_EXPECT_EQ(test, beside_claim(middle - 4, 5, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, beside_claim(middle, 5, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, 1, nr_taken());
	KUNIT_EXPECT_EQ(test, beside_claim(middle - 4, 4, 4), 0);
	KUNIT_EXPECT_EQ(test, beside_claim(middle + 1, 4, 4), 0);
	KUNIT_EXPECT_EQ(test, beside_claim(middle - 8, 5, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, 9, nr_taken());
	beside_free(pfn_to_page(middle - 4), 4);
	KUNIT_EXPECT_EQ(test, 5, nr_taken());
}

/* All of the region is given, each page once, before anything else is. */
static void test_beside_alloc(struct kunit *test)
{
	unsigned long middle = begin_bookkeeping(test), nr = region_pages() - 1;
	unsigned long given = kexec_buddy_given();
	unsigned int order = MAX_PAGE_ORDER;
	struct page *page, *outside;

	KUNIT_EXPECT_EQ(test, nr, beside_spare(nr));
	KUNIT_EXPECT_LE(test, nr, beside_spare(nr + 1));
	while (nr) {
		unsigned long before = nr_taken();

		order = min_t(unsigned int, order, ilog2(nr));
		if (bitmap_find_next_zero_area(taken, region_pages(), 0,
					       1UL << order, 0) >= region_pages()) {
			order--;
			continue;
		}
		page = beside_alloc(GFP_KERNEL, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_TRUE(test, middle < page_to_pfn(page) ||
				  middle >= page_to_pfn(page) + (1UL << order));
		KUNIT_ASSERT_EQ(test, before + (1UL << order), nr_taken());
		nr -= 1UL << order;
	}
	/* Which is what images are asked for if memory comes meanwhile. */
	KUNIT_EXPECT_EQ(test, given, kexec_buddy_given());
	outside = beside_alloc(GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, outside);
	KUNIT_EXPECT_NE(test, given, kexec_buddy_given());
	KUNIT_EXPECT_FALSE(test, in_region(page_to_phys(outside),
					   page_to_phys(outside)));
	beside_free(outside, 1);
	KUNIT_EXPECT_EQ(test, region_pages(), nr_taken());
	beside_free(pfn_to_page(region_pfn()), region_pages());
	KUNIT_EXPECT_EQ(test, 0, nr_taken());
}

/* Outside of the destinations, and of what is taken; then outside of it all. */
static void test_control(struct kunit *test)
{
	unsigned long middle = begin_bookkeeping(test), last, nr = 0;
	struct kexec_placement *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, p);
	/* Left are 4 pages at the very start, less than 8 about the middle. */
	p->dests[0] = (struct kexec_dest) {
		.pfn = region_pfn() + 4,
		.nr_pages = middle - 4 - (region_pfn() + 4),
	};
	p->dests[1] = (struct kexec_dest) {
		.pfn = middle + 4,
		.nr_pages = region_pages() - (middle + 4 - region_pfn()),
	};
	p->nr_dests = 2;

	for (last = ULONG_MAX; ; last = page_to_pfn(page), nr += 2) {
		page = region_control(p, 1);
		KUNIT_ASSERT_NOT_NULL(test, page);
		if (!in_region(page_to_phys(page), page_to_phys(page)))
			break;
		KUNIT_EXPECT_LT(test, page_to_pfn(page), last);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(page_to_pfn(page), 2));
		KUNIT_EXPECT_NE(test, page_to_pfn(page), middle);
		KUNIT_EXPECT_NE(test, page_to_pfn(page) + 1, middle);
		KUNIT_EXPECT_FALSE(test, page_to_pfn(page) >= middle + 4);
	}
	beside_free(page, 2);
	KUNIT_EXPECT_EQ(test, 4 + 4 + 2, nr);
	KUNIT_EXPECT_EQ(test, 1 + nr, nr_taken());
}

/* Kernel, RAM disk, and something small; sizes in MiB, as they were measured. */
static void test_is_tight(struct kunit *test)
{
	static const struct {
		unsigned long kernel, kernel_len, disk, region;
		bool tight;
	} cases[] = {
		{ 8, 64, 32, 192, true },	/* Debian 12's */
		{ 8, 64, 32, 240, true },
		{ 8, 64, 32, 288, false },
		{ 3, 17, 2, 48, false },	/* that of these tests */
		{ 30, 40, 0, 48, false },	/* no RAM disk */
		{ 30, 40, 8, 49, true },	/* nothing is left */
		{ 30, 40, 1, 48, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct kexec_segment segments[] = {
			{ NULL, cases[i].kernel * SZ_1M, 0,
			  cases[i].kernel_len * SZ_1M },
			{ NULL, 100, 0, PAGE_SIZE },
			{ NULL, cases[i].disk * SZ_1M, 0, cases[i].disk * SZ_1M },
		};

		KUNIT_EXPECT_EQ_MSG(test, cases[i].tight,
				    is_tight(ARRAY_SIZE(segments), segments,
					     cases[i].region * SZ_1M),
				    "case %u", i);
	}
}

static struct kunit_case region_test_cases[] = {
	KUNIT_CASE(test_is_tight),
	KUNIT_CASE(test_cut_resource),
	KUNIT_CASE(test_take_pages),
	KUNIT_CASE(test_beside_claim),
	KUNIT_CASE(test_beside_alloc),
	KUNIT_CASE(test_control),
	{ }
};

static struct kunit_suite region_test_suite = {
	.name = "kexec-region",
	.exit = region_test_exit,
	.test_cases = region_test_cases,
};

kunit_test_suite(region_test_suite);
