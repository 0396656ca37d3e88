// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what crashkernel= asks for: tables of command lines.
 */
#include <kunit/test.h>

#define MiB(n)	((u64)(n) * SZ_1M)
#define GiB(n)	((u64)(n) * SZ_1G)

/* Stands for the architecture's default. */
#define LOW_DEFAULT	U64_MAX

struct cmdline_case {
	const char *cmdline;
	u64 ram;
	int err;
	struct crash_request req;
	const char *part;		/* with -EINVAL, the offending part ... */
	const char *flaw;		/* ... and words of what is wrong */
};

#define GOOD(_cmdline, _ram, _size, _base) {				\
	.cmdline = (_cmdline), .ram = (_ram),				\
	.req = { .size = (_size), .base = (_base), .low = LOW_DEFAULT },\
}

#define GOOD_HIGH(_cmdline, _size, _low) {				\
	.cmdline = (_cmdline), .ram = GiB(8),				\
	.req = { .size = (_size), .low = (_low), .high = true },	\
}

#define GOOD_CMA(_cmdline, _size, _base, _cma) {			\
	.cmdline = (_cmdline), .ram = GiB(8),				\
	.req = { .size = (_size), .base = (_base), .low = LOW_DEFAULT,	\
		 .cma = (_cma) },					\
}

#define NOTHING(_cmdline, _ram) {					\
	.cmdline = (_cmdline), .ram = (_ram), .err = -ENOENT,		\
}

#define BAD(_cmdline, _part, _flaw) {					\
	.cmdline = (_cmdline), .ram = GiB(8), .err = -EINVAL,		\
	.part = (_part), .flaw = (_flaw),				\
}

#define RANGES	"512M-2G:64M,2G-:128M"

static const struct cmdline_case cmdline_cases[] = {
	/* size[@offset] */
	GOOD("crashkernel=256M", GiB(8), MiB(256), 0),
	GOOD("crashkernel=256m", GiB(8), MiB(256), 0),
	GOOD("crashkernel=262144K", GiB(8), MiB(256), 0),
	GOOD("crashkernel=268435456", GiB(8), MiB(256), 0),
	GOOD("crashkernel=0x10000000", GiB(8), MiB(256), 0),
	GOOD("crashkernel=0X100m", GiB(8), MiB(256), 0),
	GOOD("crashkernel=0400M", GiB(8), MiB(256), 0),
	GOOD("crashkernel=2G", GiB(8), GiB(2), 0),
	GOOD("crashkernel=1T", GiB(8192), GiB(1024), 0),
	GOOD("crashkernel=256M@16M", GiB(8), MiB(256), MiB(16)),
	GOOD("crashkernel=64M@0x1000000", GiB(8), MiB(64), MiB(16)),
	GOOD("crashkernel=256M@0", GiB(8), MiB(256), 0),
	GOOD("crashkernel=256M@5G", GiB(8), MiB(256), GiB(5)),
	GOOD("crashkernel=64M@64K", GiB(8), MiB(64), SZ_64K),
	GOOD("crashkernel=1", GiB(8), 1, 0),
	GOOD("crashkernel=8G", GiB(8), GiB(8), 0),
	NOTHING("crashkernel=0", GiB(8)),
	NOTHING("crashkernel=0M@16M", GiB(8)),

	/* ranges */
	NOTHING("crashkernel=" RANGES, MiB(256)),
	NOTHING("crashkernel=" RANGES, MiB(384)),
	GOOD("crashkernel=" RANGES, MiB(384) + 1, MiB(64), 0),
	GOOD("crashkernel=" RANGES, MiB(512), MiB(64), 0),
	GOOD("crashkernel=" RANGES, GiB(2) - MiB(128), MiB(64), 0),
	GOOD("crashkernel=" RANGES, GiB(2) - MiB(1), MiB(128), 0),
	GOOD("crashkernel=" RANGES, GiB(2), MiB(128), 0),
	GOOD("crashkernel=" RANGES, GiB(4096), MiB(128), 0),
	GOOD("crashkernel=" RANGES "@16M", GiB(1), MiB(64), MiB(16)),
	GOOD("crashkernel=" RANGES "@0", GiB(1), MiB(64), 0),
	NOTHING("crashkernel=" RANGES "@16M", MiB(128)),
	GOOD("crashkernel=0-:64M", MiB(128), MiB(64), 0),
	GOOD("crashkernel=1G-:64M", GiB(1), MiB(64), 0),
	GOOD("crashkernel=1G-2G:64M,4G-8G:128M,8G-:1G", GiB(8), GiB(1), 0),
	NOTHING("crashkernel=1G-2G:64M,4G-8G:128M", GiB(3)),
	NOTHING("crashkernel=1G-2G:64M,4G-8G:128M", GiB(8)),
	NOTHING("crashkernel=1G-2G:0,2G-:128M", GiB(1)),
	GOOD("crashkernel=1G-2G:64M,64G-:16G", GiB(1), MiB(64), 0),
	GOOD("crashkernel=0-15E:64M", GiB(1), MiB(64), 0),

	/* high and low */
	GOOD_HIGH("crashkernel=512M,high", MiB(512), LOW_DEFAULT),
	GOOD_HIGH("crashkernel=512M,high crashkernel=72M,low",
		  MiB(512), MiB(72)),
	GOOD_HIGH("crashkernel=72M,low crashkernel=512M,high",
		  MiB(512), MiB(72)),
	GOOD_HIGH("crashkernel=512M,high crashkernel=0,low", MiB(512), 0),
	NOTHING("crashkernel=0,high", GiB(8)),
	NOTHING("crashkernel=72M,low", GiB(8)),

	/* memory that programs use */
	GOOD_CMA("crashkernel=64M crashkernel=1G,cma", MiB(64), 0, GiB(1)),
	GOOD_CMA("crashkernel=1G,cma crashkernel=64M@16M", MiB(64), MiB(16),
		 GiB(1)),
	GOOD_CMA("crashkernel=64M crashkernel=1G,cma crashkernel=2G,cma",
		 MiB(64), 0, GiB(2)),
	GOOD_CMA("crashkernel=64M crashkernel=1G,cma crashkernel=0,cma",
		 MiB(64), 0, 0),
	NOTHING("crashkernel=1G,cma", GiB(8)),
	NOTHING("crashkernel=1G,cma crashkernel=64M,low", GiB(8)),
	NOTHING("crashkernel=0 crashkernel=1G,cma", GiB(8)),
	GOOD_CMA("crashkernel=64M crashkernel=9G,cma", MiB(64), 0, GiB(9)),
	GOOD("crashkernel=64M crashkernel=1X,cma crashkernel=0,cma", GiB(8),
	     MiB(64), 0),

	/* several */
	GOOD("crashkernel=64M crashkernel=128M", GiB(8), MiB(128), 0),
	GOOD("crashkernel=64M@16M crashkernel=128M", GiB(8), MiB(128), 0),
	GOOD("crashkernel=64M crashkernel=" RANGES, GiB(8), MiB(128), 0),
	GOOD("crashkernel=" RANGES " crashkernel=auto", GiB(8), MiB(384), 0),
	GOOD_HIGH("crashkernel=1G,high crashkernel=512M,high",
		  MiB(512), LOW_DEFAULT),
	GOOD_HIGH("crashkernel=512M,high crashkernel=0,low crashkernel=72M,low",
		  MiB(512), MiB(72)),
	GOOD("crashkernel=64M crashkernel=512M,high", GiB(8), MiB(64), 0),
	GOOD("crashkernel=512M,high crashkernel=64M", GiB(8), MiB(64), 0),
	GOOD("crashkernel=72M,low crashkernel=64M", GiB(8), MiB(64), 0),
	NOTHING("crashkernel=64M crashkernel=0", GiB(8)),
	NOTHING("crashkernel=512M,high crashkernel=0", GiB(8)),
	/* one that does not count is not read */
	GOOD("crashkernel=64X crashkernel=128M", GiB(8), MiB(128), 0),
	GOOD("crashkernel=64M crashkernel=1X,high", GiB(8), MiB(64), 0),
	GOOD("crashkernel=64M crashkernel=1X,low", GiB(8), MiB(64), 0),
	BAD("crashkernel=64M crashkernel=128X", "128X", "no amount"),
	BAD("crashkernel=1G,high crashkernel=1X,low", "1X", "no amount"),
	BAD("crashkernel=1G,high crashkernel=64X", "64X", "no amount"),

	/* where the option stands */
	NOTHING("", GiB(8)),
	NOTHING("   ", GiB(8)),
	NOTHING("root=/dev/sda quiet", GiB(8)),
	GOOD("  quiet  crashkernel=64M   ro ", GiB(8), MiB(64), 0),
	GOOD("quiet\tcrashkernel=64M\nro", GiB(8), MiB(64), 0),
	NOTHING("xcrashkernel=64M", GiB(8)),
	NOTHING("my.crashkernel=64M crashkernelx=1M", GiB(8)),
	NOTHING("root=crashkernel=64M", GiB(8)),
	NOTHING("a=\"b crashkernel=64M c\"", GiB(8)),
	GOOD("crashkernel=\"64M\" quiet", GiB(8), MiB(64), 0),
	GOOD("\"crashkernel=64M\" quiet", GiB(8), MiB(64), 0),
	NOTHING("quiet -- crashkernel=64M", GiB(8)),
	GOOD("crashkernel=64M -- crashkernel=128M", GiB(8), MiB(64), 0),
	GOOD("x=-- crashkernel=64M", GiB(8), MiB(64), 0),

	/* malformed: numbers */
	BAD("crashkernel=", "crashkernel=", "a size is missing"),
	BAD("crashkernel", "crashkernel=", "a size is missing"),
	BAD("crashkernel=M", "M", "no amount"),
	BAD("crashkernel=big", "big", "no amount"),
	BAD("crashkernel=12X", "12X", "no amount"),
	BAD("crashkernel=12MB", "12MB", "no amount"),
	BAD("crashkernel=12MM", "12MM", "no amount"),
	BAD("crashkernel=1.5G", "1.5G", "no amount"),
	BAD("crashkernel=+64M", "+64M", "no amount"),
	BAD("crashkernel=0xM", "0xM", "no amount"),
	BAD("crashkernel=089M", "089M", "no amount"),
	BAD("crashkernel=\"64M 1\"", "64M 1", "no amount"),
	BAD("crashkernel=-64M", "-64M", "missing before"),
	BAD("crashkernel=@16M", "@16M", "missing before"),
	BAD("crashkernel=64M@", "64M@", "missing after"),
	BAD("crashkernel=64M@X", "X", "no amount"),
	BAD("crashkernel=64M@16M@16M", "@16M", "no meaning"),
	BAD("crashkernel=16777216T", "16777216T", "more than 64 bits"),
	BAD("crashkernel=16E", "16E", "more than 64 bits"),
	BAD("crashkernel=18446744073709551616", "18446744073709551616",
	    "more than 64 bits"),
	BAD("crashkernel=9999999999999999999999999999999999999999",
	    "9999999999999999999999999999999999999999", "more than 64 bits"),
	BAD("crashkernel=64M@16E", "16E", "more than 64 bits"),
	BAD("crashkernel=64M@100", "100", "not the start of a page"),
	BAD("crashkernel=64M@0xffffffffffff0000", "0xffffffffffff0000",
	    "too high"),
	BAD("crashkernel=8193M", "8193M", "more than this machine"),
	BAD("crashkernel=9G@16M", "9G", "more than this machine"),

	/* malformed: ranges */
	BAD("crashkernel=512M-2G", "512M-2G", "without a size"),
	BAD("crashkernel=512M-", "512M-", "missing after"),
	BAD("crashkernel=512M:64M", "512M", "no range"),
	BAD("crashkernel=512M-2G:", "512M-2G:", "missing after"),
	BAD("crashkernel=512M-2G:,2G-:64M", "512M-2G:", "missing after"),
	BAD("crashkernel=-2G:64M", "-2G:64M", "missing before"),
	BAD("crashkernel=:64M", ":64M", "missing before"),
	BAD("crashkernel=" RANGES ",", RANGES ",", "missing after"),
	BAD("crashkernel=512M-2G:64M,,2G-:64M", "512M-2G:64M,",
	    "missing after"),
	BAD("crashkernel=512M-2G:64M,128M", "128M", "no range"),
	BAD("crashkernel=64M,2G-:128M", "64M", "no range"),
	BAD("crashkernel=2G-512M:64M", "2G-512M", "ends before it starts"),
	BAD("crashkernel=2G-2G:64M", "2G-2G", "ends before it starts"),
	BAD("crashkernel=512M-2G:64M,1G-:128M", "1G-", "not above"),
	BAD("crashkernel=2G-:128M,512M-2G:64M", "512M-2G", "not above"),
	BAD("crashkernel=512M-:64M,2G-:128M", "2G-", "not above"),
	BAD("crashkernel=512M-2G:64M,2G-:128Q", "128Q", "no amount"),
	BAD("crashkernel=512M-2Z:64M", "2Z", "no amount"),
	BAD("crashkernel=512M-2G:64M:128M", ":128M", "no meaning"),
	BAD("crashkernel=512M-2G-4G:64M", "512M-2G", "without a size"),
	BAD("crashkernel=512M-2G:64M@", "512M-2G:64M@", "missing after"),
	BAD("crashkernel=512M-2G:64M@16M,2G-:128M", ",2G-:128M", "no meaning"),
	BAD("crashkernel=1G-:9G", "9G", "more than this machine"),

	/* malformed: high, low, and what is neither */
	BAD("crashkernel=,high", ",high", "missing before"),
	BAD("crashkernel=high", "high", "no amount"),
	BAD("crashkernel=512M,", ",", "no meaning"),
	BAD("crashkernel=512M,hihg", ",hihg", "no meaning"),
	BAD("crashkernel=512M,HIGH", ",HIGH", "no meaning"),
	BAD("crashkernel=512M,highest", ",highest", "no meaning"),
	BAD("crashkernel=512M@16M,high", "@16M,high", "no meaning"),
	BAD("crashkernel=1G-:512M,high", "-:512M,high", "no meaning"),
	BAD("crashkernel=512M,low,high", ",low,high", "no meaning"),
	BAD("crashkernel=auto,high", "auto", "no amount"),
	BAD("crashkernel=9G,high", "9G", "more than this machine"),
	BAD("crashkernel=512M,high crashkernel=,low", ",low",
	    "missing before"),
	BAD("crashkernel=512M,high crashkernel=9G,low", "9G",
	    "more than this machine"),
	BAD("crashkernel=64M crashkernel=1X,cma", "1X", "no amount"),
	BAD("crashkernel=64M crashkernel=1G@1G,cma", "@1G,cma", "no meaning"),
	BAD("crashkernel=64M crashkernel=auto,cma", "auto", "no amount"),
	BAD("crashkernel=auto@16M", "@16M", "no meaning"),
	BAD("crashkernel=automatic", "matic", "no meaning"),
	BAD("crashkernel=AUTO", "AUTO", "no amount"),
};

static void cmdline_case_desc(const struct cmdline_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s', %llu MiB", c->cmdline,
		 c->ram / SZ_1M);
}

KUNIT_ARRAY_PARAM(cmdline, cmdline_cases, cmdline_case_desc);

static char *__init copy_of(struct kunit *test, const char *cmdline)
{
	char *copy = kunit_kstrdup(test, cmdline, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	return copy;
}

/* What is read, and in which words it is refused. */
static void __init test_cmdline(struct kunit *test)
{
	const struct cmdline_case *c = test->param_value;
	struct crash_request expected = c->req, req;
	struct crash_text text = { };
	char part[128];

	if (expected.low == LOW_DEFAULT)
		expected.low = crash_reserve_low_default();

	KUNIT_ASSERT_EQ(test, c->err,
			read_cmdline(copy_of(test, c->cmdline), c->ram, true,
				     &text, &req));
	if (!c->err) {
		KUNIT_EXPECT_EQ(test, expected.size, req.size);
		KUNIT_EXPECT_EQ(test, expected.base, req.base);
		KUNIT_EXPECT_EQ(test, expected.low, req.low);
		KUNIT_EXPECT_EQ(test, expected.high, req.high);
		KUNIT_EXPECT_EQ(test, expected.cma, req.cma);
	}
	if (c->err != -EINVAL)
		return;

	KUNIT_ASSERT_NOT_NULL(test, text.flaw);
	snprintf(part, sizeof(part), "%.*s", text.part_len, text.part);
	KUNIT_EXPECT_STREQ(test, c->part, part);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text.flaw, c->flaw),
				  "expected \"%s\" in \"%s\"", c->flaw,
				  text.flaw);
}

/* What the architecture gets: nothing of what was read before a flaw. */
static void __init test_parse(struct kunit *test)
{
	const struct cmdline_case *c = test->param_value;
	unsigned long long size = 1, base = 1, low = 1;
	char *cmdline = copy_of(test, c->cmdline);
	bool high = true;

	KUNIT_EXPECT_EQ(test, c->err,
			crashkernel_parse(cmdline, c->ram, &size, &base, &low,
					  &high));
	KUNIT_EXPECT_STREQ(test, c->cmdline, cmdline);
	KUNIT_EXPECT_EQ(test, c->req.size, size);
	KUNIT_EXPECT_EQ(test, c->req.base, base);
	KUNIT_EXPECT_EQ(test, c->req.high, high);
	if (c->err)
		KUNIT_EXPECT_EQ(test, 0, low);
}

/* On architectures without high memory. */
static void __init test_parse_no_high(struct kunit *test)
{
	char *plain = copy_of(test, "crashkernel=1G,high crashkernel=64M@16M");
	char *high = copy_of(test, "crashkernel=1G,high crashkernel=72M,low");
	unsigned long long size, base;

	KUNIT_EXPECT_EQ(test, 0, crashkernel_parse(plain, GiB(2), &size, &base,
						   NULL, NULL));
	KUNIT_EXPECT_EQ(test, MiB(64), size);
	KUNIT_EXPECT_EQ(test, MiB(16), base);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			crashkernel_parse(high, GiB(2), &size, &base, NULL,
					  NULL));
	KUNIT_EXPECT_EQ(test, 0, size);
	KUNIT_EXPECT_EQ(test, 0, base);
}

/* A command line that is longer than any is cut, and nothing worse. */
static void __init test_parse_long(struct kunit *test)
{
	static const char option[] __initconst = "crashkernel=64M ";
	size_t len = 2 * COMMAND_LINE_SIZE;
	char *cmdline = kunit_kzalloc(test, len, GFP_KERNEL);
	unsigned long long size, base, low;
	bool high;

	KUNIT_ASSERT_NOT_NULL(test, cmdline);
	memset(cmdline, 'x', len - sizeof(option) - 1);
	cmdline[len - sizeof(option) - 1] = ' ';
	memcpy(cmdline + len - sizeof(option), option, sizeof(option));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			crashkernel_parse(cmdline, GiB(2), &size, &base, &low,
					  &high));

	memcpy(cmdline, option, strlen(option));
	KUNIT_EXPECT_EQ(test, 0, crashkernel_parse(cmdline, GiB(2), &size,
						   &base, &low, &high));
	KUNIT_EXPECT_EQ(test, MiB(64), size);
}

static void __init test_auto(struct kunit *test)
{
	static const struct crash_auto expected[] __initconst = {
		{ 0, 0 },
		{ MiB(384), 0 },
		{ MiB(511), MiB(128) },		/* a machine of 512 MiB */
		{ MiB(512), MiB(128) },
		{ MiB(896), MiB(128) },
		{ MiB(1023), MiB(256) },
		{ GiB(1), MiB(256) },
		{ GiB(2) - MiB(128), MiB(256) },
		{ MiB(2047), MiB(384) },
		{ GiB(4), MiB(384) },
		{ GiB(32) - MiB(128), MiB(384) },
		{ GiB(32), MiB(512) },
		{ GiB(128) - MiB(128), MiB(512) },
		{ GiB(128), MiB(768) },
		{ GiB(1024) - MiB(128), MiB(768) },
		{ GiB(1024), GiB(1) },
		{ GiB(65536), GiB(1) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(expected); i++)
		KUNIT_EXPECT_EQ_MSG(test, expected[i].size,
				    auto_size(expected[i].ram),
				    "for %llu bytes", expected[i].ram);
	for (i = 1; i < ARRAY_SIZE(crash_auto); i++) {
		KUNIT_EXPECT_GT(test, crash_auto[i].ram, crash_auto[i - 1].ram);
		KUNIT_EXPECT_GT(test, crash_auto[i].size,
				crash_auto[i - 1].size);
	}
}

static struct kunit_case __refdata crashkernel_test_cases[] = {
	KUNIT_CASE_PARAM(test_cmdline, cmdline_gen_params),
	KUNIT_CASE_PARAM(test_parse, cmdline_gen_params),
	KUNIT_CASE(test_parse_no_high),
	KUNIT_CASE(test_parse_long),
	KUNIT_CASE(test_auto),
	{ }
};

static struct kunit_suite crashkernel_test_suite = {
	.name = "kexec-crashkernel",
	.test_cases = crashkernel_test_cases,
};

kunit_test_init_section_suites(&crashkernel_test_suite);
