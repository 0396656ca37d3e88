// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the letter to the next kernel: which segment asks for one, in images
 * that were never placed, where it is written, and what is believed of one.
 */
#include <kunit/test.h>

#define TEST_SEGMENTS	3
#define TEST_DST(nr)	(PFN_PHYS(16 + 2 * (nr)))

/* Each segment is a page, and waits in another one. */
static struct letter_test {
	struct kimage image;
	struct kexec_move table[TEST_SEGMENTS + 1];
	void *page[TEST_SEGMENTS];
} *lt;

static struct kexec_letter *letter_of(unsigned int nr)
{
	return lt->page[nr];
}

/* As a loader asks. */
static void ask(unsigned int nr)
{
	struct kexec_letter *letter = letter_of(nr);

	memset(letter, 0, sizeof(*letter));
	memset(letter->loader, 0x11 * (nr + 1), sizeof(letter->loader));
	memcpy(letter->magic, KEXEC_LETTER_MAGIC, sizeof(letter->magic));
}

static void expect_asks(struct kunit *test, int nr)
{
	const struct kexec_segment *seg = kexec_letter_find(&lt->image);

	KUNIT_EXPECT_EQ(test, seg ? seg - lt->image.segment : -1, nr);
}

static void test_asked(struct kunit *test)
{
	expect_asks(test, -1);
	ask(2);
	expect_asks(test, 2);
	/* The first one counts. */
	ask(1);
	expect_asks(test, 1);
	/* All that is written to has to be free. */
	letter_of(1)->release[sizeof(letter_of(1)->release) - 1] = 1;
	expect_asks(test, 2);
	ask(1);
	letter_of(1)->digest = cpu_to_le64(1);
	expect_asks(test, 2);
	ask(1);
	letter_of(1)->magic[15] ^= 1;
	expect_asks(test, 2);
	/* And has to be the loader's. */
	lt->image.segment[2].bufsz = sizeof(struct kexec_letter);
	expect_asks(test, 2);
	lt->image.segment[2].bufsz--;
	expect_asks(test, -1);
	/* No memory is held for the content of this one. */
	lt->image.segment[2].bufsz = PAGE_SIZE;
	lt->table[2].src = KEXEC_SRC_ZERO;
	expect_asks(test, -1);
}

/* A panic writes none, and an image that returns is not gone. */
static void test_not_for_all(struct kunit *test)
{
	ask(0);
	lt->image.preserve_context = true;
	expect_asks(test, -1);
	lt->image.preserve_context = false;
	lt->image.type = KEXEC_TYPE_CRASH;
	expect_asks(test, -1);
	lt->image.type = KEXEC_TYPE_DEFAULT;
	expect_asks(test, 0);
}

static const struct kexec_bytes test_total = {
	.in_place = 123, .moved = 456, .zero = 789,
};

static void write_to(unsigned int nr)
{
	lt->image.letter = &lt->image.segment[nr];
	kexec_letter_write(&lt->image, &test_total);
}

static void test_written(struct kunit *test)
{
	struct kexec_letter *letter = letter_of(1);
	u64 before, after, hz;

	ask(1);
	memset(lt->page[1] + sizeof(*letter), 0x5a, PAGE_SIZE - sizeof(*letter));
	before = machine_kexec_counter(&hz);
	write_to(1);
	after = machine_kexec_counter(&hz);

	KUNIT_EXPECT_TRUE(test, is_letter(letter));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(letter->counter_hz), hz);
	KUNIT_EXPECT_GE(test, le64_to_cpu(letter->counter), before);
	KUNIT_EXPECT_LE(test, le64_to_cpu(letter->counter), after);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(letter->in_place), 123);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(letter->moved), 456);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(letter->zero), 789);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(letter->flags), KEXEC_LETTER_VERIFIED);
	KUNIT_EXPECT_STREQ(test, letter->release, init_utsname()->release);
	/* What is the loader's, or not asked for, is as it was. */
	KUNIT_EXPECT_NULL(test, memchr_inv(letter->loader, 0x22,
					   sizeof(letter->loader)));
	KUNIT_EXPECT_NULL(test, memchr_inv(lt->page[1] + sizeof(*letter), 0x5a,
					   PAGE_SIZE - sizeof(*letter)));
	KUNIT_EXPECT_NULL(test, memchr_inv(lt->page[0], 0, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(lt->page[2], 0, PAGE_SIZE));

	lt->image.unverified = KEXEC_UNVERIFIED;
	write_to(1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(letter->flags), 0);
	KUNIT_EXPECT_TRUE(test, is_letter(letter));
}

/* An entry of the table may begin before the segment's own page. */
static void test_written_within_a_move(struct kunit *test)
{
	unsigned long nr_pages = 2;
	struct page *pages = alloc_pages(GFP_KERNEL, 1);
	struct kexec_letter *letter;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	memset(page_address(pages), 0, nr_pages * PAGE_SIZE);
	letter = page_address(pages) + PAGE_SIZE;
	lt->table[0] = (struct kexec_move) {
		.dst = TEST_DST(0) - PAGE_SIZE,
		.src = page_to_phys(pages),
		.len = nr_pages * PAGE_SIZE,
	};
	write_to(0);
	KUNIT_EXPECT_TRUE(test, is_letter(letter));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(pages), 0, PAGE_SIZE));
	__free_pages(pages, 1);
}

/* Whoever did not ask gets none. */
static void test_not_written(struct kunit *test)
{
	ask(0);
	kexec_letter_write(&lt->image, &test_total);
	KUNIT_EXPECT_TRUE(test, asks_for_letter(letter_of(0)));
}

/* With a digest that says so. */
static bool is_signed_letter(struct kexec_letter *letter)
{
	letter->digest = cpu_to_le64(letter_digest(letter));
	return is_letter(letter);
}

/* Each bit of it counts, but for what is the loader's. */
static void test_each_bit(struct kunit *test)
{
	struct kexec_letter *letter = letter_of(0);
	unsigned int bit;
	u8 *byte;

	ask(0);
	KUNIT_EXPECT_FALSE(test, is_letter(letter));
	write_to(0);
	for (bit = 0; bit < 8 * sizeof(*letter); bit++) {
		byte = (u8 *)letter + bit / 8;
		*byte ^= BIT(bit % 8);
		KUNIT_EXPECT_EQ_MSG(test, is_letter(letter),
				    byte < letter->magic, "bit %u", bit);
		*byte ^= BIT(bit % 8);
	}
	KUNIT_EXPECT_TRUE(test, is_letter(letter));
}

/* What makes no sense, though its digest says that it was meant. */
static void test_nonsense(struct kunit *test)
{
	struct kexec_letter *letter = letter_of(0);

	ask(0);
	write_to(0);
	letter->version = cpu_to_le32(KEXEC_LETTER_VERSION + 1);
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->version = cpu_to_le32(KEXEC_LETTER_VERSION);
	letter->size = cpu_to_le32(sizeof(*letter) - 1);
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->size = cpu_to_le32(~0);
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->size = cpu_to_le32(sizeof(*letter));

	memset(letter->release, 'x', sizeof(letter->release));
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->release[sizeof(letter->release) - 1] = 0;
	KUNIT_EXPECT_TRUE(test, is_signed_letter(letter));
	letter->release[7] = '\n';
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->release[7] = 0xe4;
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
	letter->release[7] = 0;
	KUNIT_EXPECT_TRUE(test, is_signed_letter(letter));
	letter->release[0] = 0;
	KUNIT_EXPECT_FALSE(test, is_signed_letter(letter));
}

static void expect_gap(struct kunit *test, u64 then, u64 then_hz, u64 now, u64 hz,
		       u64 ns, s64 expected)
{
	struct kexec_letter letter = {
		.counter = cpu_to_le64(then),
		.counter_hz = cpu_to_le64(then_hz),
	};
	u64 gap = 0;
	bool known = work_out_gap(&letter, now, hz, ns, &gap);

	KUNIT_EXPECT_EQ_MSG(test, known ? (s64)gap : -1, expected,
			    "%llu at %llu Hz, %llu at %llu Hz, less %llu ns",
			    then, then_hz, now, hz, ns);
}

static void test_gap(struct kunit *test)
{
	const u64 ghz = 1000000000, year = 365 * 24 * 60 * 60ULL;

	expect_gap(test, 1000, ghz, 5000, ghz, 1500, 2500);
	expect_gap(test, 1000, 3 * ghz, 5000, 3 * ghz, 1000, 333);
	expect_gap(test, 1000, 10000000, 5000, 10000000, 0, 400000);
	expect_gap(test, 1000, ghz, 1000, ghz, 0, 0);
	/* The counter was reset, or began anew. */
	expect_gap(test, 1000, ghz, 999, ghz, 0, -1);
	expect_gap(test, ~0ULL, ghz, 5, ghz, 0, -1);
	/* It is less than this kernel has run. */
	expect_gap(test, 1000, ghz, 5000, ghz, 4001, -1);
	/* It is no clock, here or there, or not the same. */
	expect_gap(test, 1000, 0, 5000, ghz, 0, -1);
	expect_gap(test, 1000, ghz, 5000, 0, 0, -1);
	expect_gap(test, 1000, ghz + ghz / 16, 5000, ghz, 0, 4000);
	expect_gap(test, 1000, ghz + ghz / 16 + 1, 5000, ghz, 0, -1);
	expect_gap(test, 1000, ghz - ghz / 16 - 1, 5000, ghz, 0, -1);
	expect_gap(test, 1000, ~0ULL, 5000, ghz, 0, -1);
	expect_gap(test, 1000, 1, 5000, ghz, 0, -1);
	/* As long as it can be; what is longer overflows nothing. */
	expect_gap(test, 1, ghz, year * ghz + 1, ghz, 0, year * ghz);
	expect_gap(test, 0, ghz, (year + 1) * ghz, ghz, 0, -1);
	expect_gap(test, 0, 1, ~0ULL, 1, 0, -1);
	expect_gap(test, 0, ~0ULL, ~0ULL - 1, ~0ULL, 0, 999999999);
}

static int letter_test_init(struct kunit *test)
{
	unsigned int i;

	lt = kunit_kzalloc(test, sizeof(*lt), GFP_KERNEL);
	if (!lt)
		return -ENOMEM;
	lt->image.table = lt->table;
	lt->image.nr_segments = TEST_SEGMENTS;
	for (i = 0; i < TEST_SEGMENTS; i++) {
		lt->page[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!lt->page[i])
			return -ENOMEM;
		lt->image.segment[i] = (struct kexec_segment) {
			.mem = TEST_DST(i),
			.bufsz = PAGE_SIZE,
			.memsz = PAGE_SIZE,
		};
		lt->table[i] = (struct kexec_move) {
			.dst = TEST_DST(i),
			.src = virt_to_phys(lt->page[i]),
			.len = PAGE_SIZE,
		};
	}
	return 0;
}

static void letter_test_exit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; lt && i < TEST_SEGMENTS; i++)
		free_page((unsigned long)lt->page[i]);
}

static void test_tree(struct kunit *test)
{
	struct kexec_letter letter = {
		.loader = { 0xf0, 0x1e, 0x1c, 0x40, 0x01 },
	};

	KUNIT_EXPECT_TRUE(test, is_for_tree(&letter, 0x1401c1ef0));
	/* It is elsewhere: somebody has copied it. */
	KUNIT_EXPECT_FALSE(test, is_for_tree(&letter, 0x401c1ef0));
	KUNIT_EXPECT_FALSE(test, is_for_tree(&letter, 0));
	/* What follows is nobody's business. */
	letter.loader[8] = 1;
	KUNIT_EXPECT_TRUE(test, is_for_tree(&letter, 0x1401c1ef0));
	letter.loader[7] = 1;
	KUNIT_EXPECT_FALSE(test, is_for_tree(&letter, 0x1401c1ef0));
}

static struct kunit_case letter_test_cases[] = {
	KUNIT_CASE(test_asked),
	KUNIT_CASE(test_not_for_all),
	KUNIT_CASE(test_written),
	KUNIT_CASE(test_written_within_a_move),
	KUNIT_CASE(test_not_written),
	KUNIT_CASE(test_each_bit),
	KUNIT_CASE(test_nonsense),
	KUNIT_CASE(test_gap),
	KUNIT_CASE(test_tree),
	{ }
};

static struct kunit_suite letter_test_suite = {
	.name = "kexec-letter",
	.init = letter_test_init,
	.exit = letter_test_exit,
	.test_cases = letter_test_cases,
};

kunit_test_suite(letter_test_suite);
