// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the checks on segments: a table of what is asked for, what is
 * answered, and words that the explanation has to contain.
 *
 * Addresses are relative to a stretch of RAM that the machine really has.
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#define TEST_RAM	SZ_16M		/* the stretch has this much at least */

struct check_case {
	const char *name;
	unsigned int nr_segments;
	struct kexec_segment segment[3];	/* mem: offset into the stretch */
	unsigned long entry;			/* offset, too */
	int err;
	const char *reason;
};

#define SEG(_mem, _memsz, _bufsz) \
	{ .mem = (_mem), .memsz = (_memsz), .bufsz = (_bufsz) }
#define P(n)	((n) * PAGE_SIZE)

static const struct check_case check_cases[] = {
	{ "one page", 1, { SEG(0, P(1), P(1)) }, 0 },
	{ "entry at the last byte", 1, { SEG(0, P(1), 1) }, P(1) - KEXEC_ENTRY_ALIGN },
	{ "odd entry", 1, { SEG(0, P(1), 1) }, 1,
	  KEXEC_ENTRY_ALIGN > 1 ? -EINVAL : 0, "is no multiple of" },
	{ "entry past the end", 1, { SEG(0, P(1), 1) }, P(1),
	  -EINVAL, "lies in no segment" },
	{ "entry before the start", 1, { SEG(P(1), P(1), 1) }, P(1) - 1,
	  -EINVAL, "lies in no segment" },
	{ "entry in the second segment", 2,
	  { SEG(0, P(1), 1), SEG(P(3), P(1), 1) }, P(3) + 8 },
	{ "no content at all", 1, { SEG(0, P(2), 0) }, 0 },
	{ "empty segment beside another", 2,
	  { SEG(0, 0, 0), SEG(0, P(1), 1) }, 0 },
	{ "only an empty segment", 1, { SEG(0, 0, 0) }, 0,
	  -EINVAL, "lies in no segment" },
	{ "content larger than room", 1, { SEG(0, P(1), P(1) + 1) }, 0,
	  -EINVAL, "segment 0 at" },
	{ "content in no room", 2, { SEG(0, P(1), 1), SEG(P(1), 0, 1) }, 0,
	  -EINVAL, "segment 1 at" },
	{ "mem not aligned", 1, { SEG(1, P(1), 1) }, 1,
	  -EADDRNOTAVAIL, "segment 0 at" },
	{ "memsz not aligned", 1, { SEG(0, P(1) + 8, 1) }, 0,
	  -EADDRNOTAVAIL, "not made of whole pages" },
	{ "touching", 2, { SEG(0, P(1), 1), SEG(P(1), P(1), 1) }, 0 },
	{ "touching, descending", 2, { SEG(P(1), P(1), 1), SEG(0, P(1), 1) }, 0 },
	{ "the same twice", 2, { SEG(0, P(1), 1), SEG(0, P(1), 1) }, 0,
	  -EINVAL, "segment 1 [" },
	{ "overlap at the end", 2, { SEG(0, P(2), 1), SEG(P(1), P(2), 1) }, 0,
	  -EINVAL, "overlaps segment 0 [" },
	{ "overlap at the start", 2, { SEG(P(1), P(2), 1), SEG(0, P(2), 1) }, 0,
	  -EINVAL, "overlaps segment 0 [" },
	{ "one in the other", 2, { SEG(0, P(4), 1), SEG(P(1), P(1), 1) }, 0,
	  -EINVAL, "overlaps segment 0 [" },
	{ "one around the other", 2, { SEG(P(1), P(1), 1), SEG(0, P(4), 1) }, 0,
	  -EINVAL, "overlaps segment 0 [" },
	{ "third overlaps second", 3,
	  { SEG(0, P(1), 1), SEG(P(2), P(2), 1), SEG(P(3), P(1), 1) }, 0,
	  -EINVAL, "segment 2 [" },
	{ "wraps by a page", 1, { SEG(0, -PAGE_SIZE, 1) }, 0,
	  -EADDRNOTAVAIL, "segment 0" },
};

static void check_case_desc(const struct check_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(check, check_cases, check_case_desc);

static int find_ram(unsigned long pfn, unsigned long nr_pages, void *found)
{
	if (nr_pages < PHYS_PFN(TEST_RAM))
		return 0;
	*(unsigned long *)found = PFN_PHYS(pfn + nr_pages / 2);
	return 1;
}

/*
 * The middle of the first stretch that is large enough: what the device tree
 * reserves, firmware for one, lies at an end.
 */
static unsigned long some_ram(struct kunit *test)
{
	unsigned long ram = 0;

	walk_system_ram_range(0, PHYS_PFN(KEXEC_DEST_LIMIT), &ram, find_ram);
	KUNIT_ASSERT_NE(test, ram, 0);
	return ram;
}

static void expect_refusal(struct kunit *test, const char *words)
{
	char reason[256];

	kexec_last_refusal(reason, sizeof(reason));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(reason, words),
				  "expected \"%s\" in \"%s\"", words, reason);
}

static void test_check(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	struct kexec_segment segment[ARRAY_SIZE(c->segment)];
	unsigned long ram = some_ram(test);
	unsigned int i;

	for (i = 0; i < c->nr_segments; i++) {
		segment[i] = c->segment[i];
		segment[i].mem += ram;
	}
	KUNIT_EXPECT_EQ(test, c->err,
			kexec_check_segments(KEXEC_TYPE_DEFAULT, segment,
					     c->nr_segments, c->entry + ram));
	if (c->err)
		expect_refusal(test, c->reason);
}

static int check_one(const struct kexec_segment *segment)
{
	return kexec_check_segments(KEXEC_TYPE_DEFAULT, segment, 1,
				    segment->mem);
}

static void test_check_last_page(struct kunit *test)
{
	struct kexec_segment segment = {
		.mem = -PAGE_SIZE, .memsz = PAGE_SIZE, .bufsz = 1,
	};

	/* Its end does not wrap, as one past it would; it is still refused. */
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			check_one(&segment));
	expect_refusal(test, "last address a destination may have");

	segment.memsz = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			check_one(&segment));
	expect_refusal(test, "goes round the end of the address space");
}

static int find_ram_end(unsigned long pfn, unsigned long nr_pages, void *found)
{
	if (pfn + nr_pages != PHYS_PFN(KEXEC_DEST_LIMIT))
		*(unsigned long *)found = PFN_PHYS(pfn + nr_pages);
	return 0;
}

/* The end of some RAM that a destination may have. */
static unsigned long end_of_ram(struct kunit *test)
{
	unsigned long end = 0;

	walk_system_ram_range(0, PHYS_PFN(KEXEC_DEST_LIMIT), &end, find_ram_end);
	if (!end)
		kunit_skip(test, "the machine's RAM goes on beyond the last destination");
	return end;
}

static void test_check_ram(struct kunit *test)
{
	struct kexec_segment segment = { .bufsz = 1 };
	unsigned long end = end_of_ram(test);

	/* The last page that there is, the one after it, and both. */
	segment.mem = end - PAGE_SIZE;
	segment.memsz = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, 0, check_one(&segment));
	segment.memsz = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			check_one(&segment));
	expect_refusal(test, "is not all in System RAM");
	segment.mem = end;
	segment.memsz = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			check_one(&segment));
	expect_refusal(test, "is not all in System RAM");
}

/* What is no RAM, and what to tell a loader, to the byte. */
static void test_check_cure(struct kunit *test)
{
	struct kexec_segment segment = { .bufsz = 1 };
	char words[80];
	unsigned long end = end_of_ram(test);

	segment.mem = end - PAGE_SIZE;
	segment.memsz = 4 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, check_one(&segment));
	snprintf(words, sizeof(words), "System RAM: [%#lx-%#lx] is ", end,
		 end + 3 * PAGE_SIZE - 1);
	expect_refusal(test, words);
	snprintf(words, sizeof(words), "by --mem-max=%#lx", end - 1);
	expect_refusal(test, words);

	segment.mem = end + PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, check_one(&segment));
	expect_refusal(test, words);
}

/* As of one who is killed meanwhile. */
static void test_check_killed(struct kunit *test)
{
	struct kexec_segment segment = {
		.mem = some_ram(test), .memsz = PAGE_SIZE, .bufsz = 1,
	};
	int err;

	allow_kernel_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	err = check_one(&segment);
	flush_signals(current);
	disallow_signal(SIGKILL);

	KUNIT_EXPECT_EQ(test, err, -EINTR);
	expect_refusal(test, "the load was killed");
	KUNIT_EXPECT_EQ(test, check_one(&segment), 0);
}

static bool can_disable_all_but_first(unsigned int cpu)
{
	return cpu != cpumask_first(cpu_online_mask);
}

/* Without another CPU, nothing is refused. */
static void test_check_cpus(struct kunit *test)
{
	const unsigned int first = cpumask_first(cpu_online_mask);
	const unsigned int last = cpumask_last(cpu_online_mask);
	char words[80];

	KUNIT_EXPECT_EQ(test, kexec_check_cpus(first, can_disable_all_but_first), 0);
	KUNIT_EXPECT_EQ(test, kexec_check_cpus(last, can_disable_all_but_first),
			first == last ? 0 : -EBUSY);
	if (first == last)
		return;
	snprintf(words, sizeof(words),
		 "CPU %u can't be taken offline, and CPU %u is", first, last);
	expect_refusal(test, words);
}

static struct kunit_case check_test_cases[] = {
	KUNIT_CASE_PARAM(test_check, check_gen_params),
	KUNIT_CASE(test_check_last_page),
	KUNIT_CASE(test_check_ram),
	KUNIT_CASE(test_check_cure),
	KUNIT_CASE(test_check_killed),
	KUNIT_CASE(test_check_cpus),
	{ }
};

static struct kunit_suite check_test_suite = {
	.name = "kexec-check",
	.test_cases = check_test_cases,
};

kunit_test_suite(check_test_suite);
