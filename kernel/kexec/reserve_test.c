// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of reservations, from a model of the memory.
 */
#include <kunit/test.h>

#define MiB(n)	((u64)(n) * SZ_1M)
#define GiB(n)	((u64)(n) * SZ_1G)

/*
 * The model of the memory: ranges of RAM, and ranges of it that are reserved,
 * both ascending.  What lies between two reserved ranges of the same RAM is
 * free.  Taking adds a reserved range.
 */
#define MODEL_RANGES	8

struct model_range {
	u64 start;
	u64 end;
};

static struct model {
	struct model_range ram[MODEL_RANGES];
	struct model_range reserved[MODEL_RANGES];
} model __initdata;

static bool __init in_model(const struct model_range *ranges, u64 phys,
			    u64 *next)
{
	unsigned int i;

	*next = U64_MAX;
	for (i = 0; i < MODEL_RANGES && ranges[i].end; i++) {
		if (phys < ranges[i].start) {
			*next = ranges[i].start;
			return false;
		}
		if (phys < ranges[i].end) {
			*next = ranges[i].end;
			return true;
		}
	}
	return false;
}

/* Steps from boundary to boundary; *@iter is a physical address. */
static bool __init model_next_free(u64 *iter, phys_addr_t *start,
				   phys_addr_t *end)
{
	u64 ram_next, reserved_next;

	for (; *iter != U64_MAX; *iter = min(ram_next, reserved_next)) {
		bool ram = in_model(model.ram, *iter, &ram_next);

		if (in_model(model.reserved, *iter, &reserved_next) || !ram)
			continue;
		*start = *iter;
		*end = *iter = min(ram_next, reserved_next);
		return true;
	}
	return false;
}

static bool __init model_next_reserved(u64 *iter, phys_addr_t *start,
				       phys_addr_t *end)
{
	if (*iter == MODEL_RANGES || !model.reserved[*iter].end)
		return false;
	*start = model.reserved[*iter].start;
	*end = model.reserved[(*iter)++].end;
	return true;
}

/* From the top, as memblock does. */
static phys_addr_t __init model_take(phys_addr_t size, phys_addr_t align,
				     phys_addr_t low, phys_addr_t high)
{
	phys_addr_t start, end, found = 0;
	unsigned int i = 0, j;
	u64 iter = 0;

	while (model_next_free(&iter, &start, &end)) {
		start = max(start, low);
		end = min(end, high);
		if (end > start && end - start >= size &&
		    ALIGN_DOWN(end - size, align) >= start)
			found = ALIGN_DOWN(end - size, align);
	}
	if (!found || model.reserved[MODEL_RANGES - 1].end)
		return 0;

	while (model.reserved[i].end && model.reserved[i].start < found)
		i++;
	for (j = MODEL_RANGES - 1; j > i; j--)
		model.reserved[j] = model.reserved[j - 1];
	model.reserved[i] = (struct model_range){ found, found + size };
	return found;
}

static int __init model_give_back(phys_addr_t base, phys_addr_t size)
{
	unsigned int i, j;

	for (i = 0; i < MODEL_RANGES; i++) {
		if (model.reserved[i].start != base ||
		    model.reserved[i].end != base + size)
			continue;
		for (j = i; j < MODEL_RANGES - 1; j++)
			model.reserved[j] = model.reserved[j + 1];
		model.reserved[j] = (struct model_range){ };
		return 0;
	}
	return -EINVAL;
}

/*
 * The model with all devices reaching memory below @low_end, or, where that is 0,
 * below 4 GiB; no region ends above @end, or, where that is 0, 64 TiB.  What the
 * machine aligns regions to does not matter.
 */
static struct crash_memory __init crash_model(u64 low_end, u64 end)
{
	return (struct crash_memory){
		.take = model_take,
		.give_back = model_give_back,
		.next_free = model_next_free,
		.next_reserved = model_next_reserved,
		.ram_start = model.ram[0].start,
		.align = SZ_16M,
		.low_end = low_end ?: GiB(4),
		.end = end ?: BIT_ULL(46),
	};
}

#define RAM_2G	{ { 0, SZ_2G } }
/* Nothing of it below 4 GiB. */
#define RAM_ABOVE { { GiB(8), GiB(12) } }
/* 3 GiB below the hole for devices, the rest above. */
#define RAM_8G	{ { 0, GiB(3) }, { GiB(4), GiB(9) } }
/* Almost nothing is free below 4 GiB: 64 MiB at 1 GiB, and 1 MiB more. */
#define BUSY_LOW { { 0, GiB(1) }, { GiB(1) + MiB(65), GiB(3) } }

static const struct take_case {
	const char *name;
	struct model model;
	struct crash_request req;
	struct crash_regions got;		/* size 0: a failure */
	struct crash_failure failure;		/* where: words of it */
	u64 low_end;				/* for crash_model() */
	u64 end;
} take_cases[] = {
	{ "plain: the top of low memory",
	  { RAM_8G }, { MiB(256), 0, MiB(256) },
	  { GiB(3) - MiB(256), MiB(256) } },
	{ "plain: below what is reserved",
	  { RAM_2G, { { SZ_2G - MiB(100), SZ_2G } } },
	  { MiB(256), 0, MiB(256) },
	  { SZ_2G - MiB(368), MiB(256) } },
	{ "the size is rounded up",
	  { RAM_2G }, { MiB(5) + 1, 0, 0 },
	  { SZ_2G - MiB(16), MiB(6) } },
	{ "plain: falls back above",
	  { RAM_8G }, { GiB(4), 0, MiB(256) },
	  { GiB(5), GiB(4), GiB(3) - MiB(256), MiB(256) } },
	{ "plain: does not join two areas",
	  { { { 0, GiB(5) } } }, { GiB(4), 0, 0 }, { },
	  { GiB(4), "neither below 4 GiB nor above", GiB(4) - MiB(16) } },
	{ "high: the top of all memory",
	  { RAM_8G }, { MiB(512), 0, MiB(256), true },
	  { GiB(9) - MiB(512), MiB(512), GiB(3) - MiB(256), MiB(256) } },
	{ "high: the low part rounded up",
	  { RAM_8G }, { MiB(512), 0, 1, true },
	  { GiB(9) - MiB(512), MiB(512), GiB(3) - MiB(16), MiB(2) } },
	{ "high: no low part",
	  { RAM_8G }, { MiB(512), 0, 0, true },
	  { GiB(9) - MiB(512), MiB(512) } },
	{ "high: falls back below, and needs no low part there",
	  { RAM_2G }, { MiB(512), 0, MiB(256), true },
	  { SZ_2G - MiB(512), MiB(512) } },
	{ "high: the low part can't be had",
	  { RAM_8G, BUSY_LOW }, { MiB(512), 0, MiB(256), true }, { },
	  { MiB(256), "below 4 GiB for DMA", MiB(64) } },
	{ "high: a low part that just fits",
	  { RAM_8G, BUSY_LOW }, { MiB(512), 0, MiB(64), true },
	  { GiB(9) - MiB(512), MiB(512), GiB(1), MiB(64) } },
	{ "plain: neither, no RAM above",
	  { RAM_2G, { { 0, MiB(17) }, { GiB(1), SZ_2G } } },
	  { GiB(1), 0, MiB(256) }, { },
	  { GiB(1), "multiple of 16 MiB", GiB(1) - MiB(32) } },
	{ "plain: neither, most above",
	  { RAM_8G }, { GiB(6), 0, MiB(256) }, { },
	  { GiB(6), "neither below 4 GiB nor above", GiB(5) } },
	{ "plain: neither, as what fits above lacks a low part",
	  { RAM_8G, BUSY_LOW }, { GiB(6), 0, MiB(256) }, { },
	  { GiB(6), "neither below 4 GiB nor above", MiB(64) } },
	{ "plain: nothing below the lowest alignment",
	  { { { 0, MiB(16) } } }, { MiB(4), 0, 0 }, { },
	  { MiB(4), "neither", 0 } },
	{ "no RAM below: plain, without a low part",
	  { RAM_ABOVE }, { MiB(256), 0, MiB(256) },
	  { GiB(12) - MiB(256), MiB(256) } },
	{ "no RAM below: high, without the low part that is asked for",
	  { RAM_ABOVE }, { MiB(256), 0, MiB(64), true },
	  { GiB(12) - MiB(256), MiB(256) } },
	{ "no RAM below: too large",
	  { RAM_ABOVE }, { GiB(5), 0, MiB(256) }, { },
	  { GiB(5), "neither below 4 GiB nor above", GiB(4) } },
	{ "devices that reach 1 GiB: the top of that",
	  { RAM_2G }, { MiB(256), 0, MiB(128) },
	  { GiB(1) - MiB(256), MiB(256) }, .low_end = GiB(1),
	  .end = GiB(3) },
	{ "devices that reach 1 GiB: above, with a low part below that",
	  { RAM_2G }, { MiB(256), 0, MiB(128), true },
	  { SZ_2G - MiB(256), MiB(256), GiB(1) - MiB(128), MiB(128) },
	  .low_end = GiB(1), .end = GiB(3) },
	{ "devices that reach 1 GiB: the low part can't be had",
	  { RAM_2G, { { 0, MiB(960) } } }, { MiB(256), 0, MiB(128), true }, { },
	  { MiB(128), "below 1 GiB for DMA", MiB(64) }, .low_end = GiB(1),
	  .end = GiB(3) },
	{ "devices that reach an odd address",
	  { RAM_2G, { { 0, MiB(960) } } }, { MiB(256), 0, MiB(128), true }, { },
	  { MiB(128), "below 1025 MiB for DMA", MiB(64) },
	  .low_end = GiB(1) + MiB(1) + SZ_4K, .end = GiB(3) },
	{ "devices that reach all RAM: its top, for high as well",
	  { RAM_8G }, { MiB(512), 0, MiB(256), true },
	  { GiB(9) - MiB(512), MiB(512) }, .low_end = GiB(9) },
	{ "fixed",
	  { RAM_8G }, { MiB(64), MiB(16), MiB(256) }, { MiB(16), MiB(64) } },
	{ "fixed, above, without a low part",
	  { RAM_8G }, { MiB(64), GiB(5), MiB(256) }, { GiB(5), MiB(64) } },
	{ "fixed, at the start of a page",
	  { RAM_8G }, { MiB(64), SZ_64K, 0 }, { SZ_64K, MiB(64) } },
	{ "fixed, up to the end",
	  { RAM_2G }, { MiB(64), SZ_2G - MiB(64), 0 },
	  { SZ_2G - MiB(64), MiB(64) } },
	{ "fixed, past the end",
	  { RAM_2G }, { MiB(66), SZ_2G - MiB(64), 0 }, { },
	  { MiB(66), "at 0x7c000000, as RAM ends at 0x80000000", MiB(64) } },
	{ "fixed, outside",
	  { RAM_8G }, { MiB(64), GiB(3), 0 }, { },
	  { MiB(64), "at 0xc0000000, as there is no RAM at 0xc0000000", 0 } },
	{ "nothing above: the top of what is below",
	  { RAM_2G }, { MiB(64), 0, MiB(256) },
	  { MiB(512) - MiB(64), MiB(64) }, .low_end = MiB(512), .end = MiB(512) },
	{ "nothing above: the same for high",
	  { RAM_2G }, { MiB(64), 0, MiB(256), true },
	  { MiB(512) - MiB(64), MiB(64) }, .low_end = MiB(512), .end = MiB(512) },
	{ "nothing above: too large",
	  { RAM_2G }, { GiB(1), 0, 0 }, { },
	  { GiB(1), "16 MiB, below 512 MiB", MiB(512 - 16) },
	  .low_end = MiB(512), .end = MiB(512) },
	{ "nothing above: fixed, up to the end",
	  { RAM_2G }, { MiB(64), MiB(512 - 64), 0 },
	  { MiB(512 - 64), MiB(64) }, .low_end = MiB(512), .end = MiB(512) },
	{ "nothing above: fixed, past the end",
	  { RAM_2G }, { MiB(68), MiB(512 - 64), 0 }, { },
	  { MiB(68), "at 0x1c000000, as no region can end above 0x20000000",
	    MiB(64) }, .low_end = MiB(512), .end = MiB(512) },
	{ "nothing above: fixed, above",
	  { RAM_2G }, { MiB(64), GiB(1), 0 }, { },
	  { MiB(64), "at 0x40000000, as no region can end above 0x20000000",
	    0 }, .low_end = MiB(512), .end = MiB(512) },
	{ "fixed, the start is reserved",
	  { RAM_2G, { { MiB(1), MiB(17) } } }, { MiB(64), MiB(16), 0 }, { },
	  { MiB(64), "at 0x1000000, as 0x100000-0x10fffff is reserved",
	    0 } },
	{ "fixed, the end is reserved",
	  { RAM_2G, { { MiB(49), MiB(50) } } }, { MiB(64), MiB(16), 0 }, { },
	  { MiB(64), "as 0x3100000-0x31fffff is reserved",
	    MiB(32) } },
};

static void take_case_desc(const struct take_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(take, take_cases, take_case_desc);

/* The size that a failure offers instead can be had, and no larger one. */
static void __init expect_largest(struct kunit *test, const struct take_case *c)
{
	struct crash_request req = c->req;
	struct crash_failure failure;
	struct crash_memory mem;
	struct crash_regions got;
	/* If it is the low part that can't be had, that is what to change. */
	u64 *tried = c->failure.size == req.size ? &req.size : &req.low;

	model = c->model;
	mem = crash_model(c->low_end, c->end);
	*tried = c->failure.largest + CRASH_RESERVE_GRAIN;
	KUNIT_EXPECT_FALSE(test, crash_take(&mem, &req, &got, &failure));
	if (!c->failure.largest)
		return;
	*tried = c->failure.largest;
	KUNIT_EXPECT_TRUE(test, crash_take(&mem, &req, &got, &failure));
}

static void __init test_take(struct kunit *test)
{
	const struct take_case *c = test->param_value;
	struct crash_failure failure = { };
	struct crash_regions got = { };
	struct crash_memory mem;
	bool taken;

	model = c->model;
	mem = crash_model(c->low_end, c->end);
	if (mem.low_end > PHYS_ADDR_MAX)
		kunit_skip(test, "more memory than this kernel has addresses for");

	taken = crash_take(&mem, &c->req, &got, &failure);
	KUNIT_ASSERT_EQ(test, c->got.size != 0, taken);
	if (taken) {
		KUNIT_EXPECT_EQ(test, c->got.base, got.base);
		KUNIT_EXPECT_EQ(test, c->got.size, got.size);
		KUNIT_EXPECT_EQ(test, c->got.low_base, got.low_base);
		KUNIT_EXPECT_EQ(test, c->got.low_size, got.low_size);
		return;
	}

	/* Nothing is kept. */
	KUNIT_EXPECT_MEMEQ(test, &model, &c->model, sizeof(model));
	KUNIT_EXPECT_EQ(test, c->failure.size, failure.size);
	KUNIT_EXPECT_EQ(test, c->failure.largest, failure.largest);
	KUNIT_EXPECT_NOT_NULL_MSG(test,
				  strstr(failure.where, c->failure.where),
				  "expected \"%s\" in \"%s\"", c->failure.where,
				  failure.where);
	expect_largest(test, c);
}

/* What a region comes to lie across when it is entered into the tree. */
static const struct enter_case {
	const char *name;
	u64 start;
	u64 end;
	bool entered;
} enter_cases[] = {
	{ "nothing", 0, 0, true },
	{ "RAM around both", 0, SZ_2G, true },
	{ "RAM around the first", GiB(1), SZ_2G, true },
	{ "the start of the first", SZ_2G - MiB(257), SZ_2G - MiB(255), false },
	{ "the end of the first", SZ_2G - MiB(1), SZ_2G + MiB(1), false },
	{ "the start of the low one", GiB(1) - MiB(129), GiB(1) - MiB(127),
	  false },
};

static void enter_case_desc(const struct enter_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(enter, enter_cases, enter_case_desc);

/* Both regions are in the tree, or nothing is taken. */
static void __init test_enter(struct kunit *test)
{
	static const struct model machine = { RAM_2G };
	const struct crash_request req = { MiB(256), 0, MiB(128), true };
	const struct enter_case *c = test->param_value;
	struct resource root = { .end = GiB(3) };
	struct resource other = { .name = "other", .start = c->start,
				  .end = c->end - 1 };
	struct resource res = { .name = "first" }, low = { .name = "low" };
	struct crash_memory mem;

	model = machine;
	mem = crash_model(GiB(1), GiB(3));
	if (c->end)
		KUNIT_ASSERT_EQ(test, 0, insert_resource(&root, &other));

	KUNIT_ASSERT_EQ(test, c->entered,
			crash_reserve(&mem, &req, &root, &res, &low));
	if (!c->entered) {
		KUNIT_EXPECT_MEMEQ(test, &model, &machine, sizeof(model));
		KUNIT_EXPECT_EQ(test, 0, res.end);
		KUNIT_EXPECT_EQ(test, 0, low.end);
		KUNIT_EXPECT_PTR_EQ(test, NULL, res.parent);
		KUNIT_EXPECT_PTR_EQ(test, NULL, low.parent);
		return;
	}
	KUNIT_EXPECT_EQ(test, SZ_2G - MiB(256), res.start);
	KUNIT_EXPECT_EQ(test, SZ_2G - 1, res.end);
	KUNIT_EXPECT_EQ(test, GiB(1) - MiB(128), low.start);
	KUNIT_EXPECT_EQ(test, GiB(1) - 1, low.end);
	KUNIT_EXPECT_NOT_NULL(test, res.parent);
	KUNIT_EXPECT_NOT_NULL(test, low.parent);
}

/* RAM that is entered later than the regions. */
static void __init test_enter_first(struct kunit *test)
{
	static const struct model machine = { RAM_2G };
	const struct crash_request req = { MiB(256), 0, MiB(128), true };
	struct resource root = { .end = GiB(3) };
	struct resource ram = { .name = "System RAM", .end = SZ_2G - 1 };
	struct resource res = { .name = "first" }, low = { .name = "low" };
	struct crash_memory mem;

	model = machine;
	mem = crash_model(GiB(1), GiB(3));
	KUNIT_ASSERT_TRUE(test, crash_reserve(&mem, &req, &root, &res, &low));
	KUNIT_ASSERT_EQ(test, 0, insert_resource(&root, &ram));
	KUNIT_EXPECT_PTR_EQ(test, &ram, res.parent);
	KUNIT_EXPECT_PTR_EQ(test, &ram, low.parent);
}

static struct kunit_case __refdata reserve_test_cases[] = {
	KUNIT_CASE_PARAM(test_take, take_gen_params),
	KUNIT_CASE_PARAM(test_enter, enter_gen_params),
	KUNIT_CASE(test_enter_first),
	{ }
};

static struct kunit_suite reserve_test_suite = {
	.name = "kexec-reserve",
	.test_cases = reserve_test_cases,
};

kunit_test_init_section_suites(&reserve_test_suite);
