// SPDX-License-Identifier: GPL-2.0-only
/*
 * crashkernel= - what is asked for: memory that is set aside at boot for a crash
 * image.
 *
 * The architecture calls crashkernel_parse() for the command line.  The result
 * is a struct crash_request, or the flaw in the option.  What is then taken, and
 * where, is reserve.c, or code of an architecture that selects
 * ARCH_RESERVES_CRASHKERNEL.
 *
 * All of it runs at boot only.  Documentation/admin-guide/kexec/crashkernel.rst
 * has the syntax, and what each line in the log means.
 */
#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/align.h>
#include <linux/crash_reserve.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/crash_reserve.h>
#include <asm/setup.h>

#include "reserve.h"

/* Whoever takes them. */
struct resource crashk_res = {
	.name = "Crash kernel",
	.flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM,
	.desc = IORES_DESC_CRASH_KERNEL,
};

struct resource crashk_low_res = {
	.name = "Crash kernel",
	.flags = IORESOURCE_BUSY | IORESOURCE_SYSTEM_RAM,
	.desc = IORES_DESC_CRASH_KERNEL,
};

u64 crash_cma_wanted __initdata;

/* The kinds of options.  Of each kind, the last one counts. */
enum crash_kind {
	CRASH_PLAIN,
	CRASH_HIGH,
	CRASH_LOW,
	CRASH_PROGRAMS,
	CRASH_KINDS
};

static const char * const crash_suffix[CRASH_KINDS] __initconst = {
	[CRASH_PLAIN] = "",
	[CRASH_HIGH] = ",high",
	[CRASH_LOW] = ",low",
	[CRASH_PROGRAMS] = ",cma",
};

/**
 * struct crash_text - an option's value while it is read
 * @value: all of it
 * @at: what is left to read
 * @part: what is wrong with the value, if anything is: the offending part ...
 * @part_len: ... its length ...
 * @flaw: ... and what is wrong with that; NULL as long as nothing is
 */
struct crash_text {
	const char *value;
	const char *at;
	const char *part;
	int part_len;
	const char *flaw;
};

/* Always false, for the convenience of those who read. */
static bool __init crash_flaw(struct crash_text *text, const char *part,
			      int len, const char *flaw)
{
	text->part = part;
	text->part_len = len;
	text->flaw = flaw;
	return false;
}

static bool __init crash_missing(struct crash_text *text)
{
	if (text->at > text->value)
		return crash_flaw(text, text->value, text->at - text->value,
				  "a number is missing after it");
	return crash_flaw(text, text->at, strlen(text->at),
			  "a number is missing before it");
}

static size_t __init count_digits(const char *s)
{
	if (s[0] == '0' && tolower(s[1]) == 'x')
		return 2 + strspn(s + 2, "0123456789abcdefABCDEF");
	return strspn(s, "0123456789");
}

/* By how much a unit shifts a number: 0 for none, negative if it is none. */
static int __init unit_shift(const char *unit, size_t len)
{
	static const char units[] __initconst = "KMGTPE";
	const char *found;

	if (!len)
		return 0;
	found = strchr(units, toupper(*unit));
	return len == 1 && found ? 10 * (found - units + 1) : -EINVAL;
}

/*
 * An amount of memory, or an address.  It is what memparse() takes; but that
 * wraps silently, and can't tell a number that is missing from 0.
 */
static bool __init read_amount(struct crash_text *text, u64 *amount)
{
	const char *part = text->at;
	size_t len = strcspn(part, ",:-@");
	size_t digits = count_digits(part);
	char number[32];
	int err, shift;

	if (!len)
		return crash_missing(text);
	text->at += len;

	shift = unit_shift(part + digits, len - digits);
	if (digits < sizeof(number)) {
		memcpy(number, part, digits);
		number[digits] = '\0';
		err = kstrtoull(number, 0, amount);
	} else {
		err = -ERANGE;
	}
	if (shift < 0 || err == -EINVAL)
		return crash_flaw(text, part, len,
				  "no amount (a number and K, M, G, T, P or E)");
	if (err || check_shl_overflow(*amount, shift, amount))
		return crash_flaw(text, part, len, "more than 64 bits hold");
	return true;
}

/* The size of a region, which has to be less than @ram, in bytes. */
static bool __init read_size(struct crash_text *text, u64 ram, u64 *size)
{
	const char *part = text->at;

	if (!read_amount(text, size))
		return false;
	if (*size > ram)
		return crash_flaw(text, part, text->at - part,
				  "more than this machine's memory");
	return true;
}

static bool __init skip_char(struct crash_text *text, char c)
{
	if (*text->at != c)
		return false;
	text->at++;
	return true;
}

/*
 * What a machine was sold with, as opposed to what its firmware left of it.
 * That is what those who write ranges have in mind.
 */
static u64 __init nominal_ram(u64 ram)
{
	return ALIGN(ram, SZ_128M);
}

/* start-[end]:size, of which the size counts if @ram is in the range. */
static bool __init read_range(struct crash_text *text, u64 ram, u64 *last_end,
			      u64 *size)
{
	const char *part = text->at;
	u64 start, end = U64_MAX, range_size;
	bool match;

	if (!read_amount(text, &start))
		return false;
	if (!skip_char(text, '-'))
		return crash_flaw(text, part, text->at - part,
				  "no range (start-[end]:size)");
	if (*text->at != ':' && !read_amount(text, &end))
		return false;
	if (end <= start)
		return crash_flaw(text, part, text->at - part,
				  "a range that ends before it starts");
	if (start < *last_end)
		return crash_flaw(text, part, text->at - part,
				  "not above the range before it");
	*last_end = end;
	if (!skip_char(text, ':'))
		return crash_flaw(text, part, text->at - part,
				  "a range without a size (start-[end]:size)");

	match = nominal_ram(ram) >= start && nominal_ram(ram) < end;
	if (!read_size(text, match ? ram : U64_MAX, &range_size))
		return false;
	if (match)
		*size = range_size;
	return true;
}

/* All ranges are read, whichever matches: flaws show on every machine. */
static bool __init read_ranges(struct crash_text *text, u64 ram, u64 *size)
{
	u64 last_end = 0;

	do {
		if (!read_range(text, ram, &last_end, size))
			return false;
	} while (skip_char(text, ','));
	return true;
}

static bool __init read_offset(struct crash_text *text, u64 size, u64 *base)
{
	const char *part = text->at;
	u64 end;

	if (!read_amount(text, base))
		return false;
	if (!PAGE_ALIGNED(*base))
		return crash_flaw(text, part, text->at - part,
				  "not the start of a page");
	if (check_add_overflow(*base, size, &end))
		return crash_flaw(text, part, text->at - part,
				  "too high for that size");
	return true;
}

/*
 * What auto stands for: with so much memory at least, the region has that size.
 * Documentation/admin-guide/kexec/crashkernel.rst has the reasons.
 */
struct crash_auto {
	u64 ram;
	u64 size;
};

static const struct crash_auto crash_auto[] __initconst = {
	{ SZ_512M, SZ_128M },
	{ SZ_1G, SZ_256M },
	{ SZ_2G, SZ_256M + SZ_128M },
	{ SZ_32G, SZ_512M },
	{ SZ_128G, SZ_512M + SZ_256M },
	{ SZ_1T, SZ_1G },
};

static u64 __init auto_size(u64 ram)
{
	u64 size = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(crash_auto); i++)
		if (nominal_ram(ram) >= crash_auto[i].ram)
			size = crash_auto[i].size;

	if (size)
		pr_info("auto: %llu MiB for %llu MiB of memory\n",
			size / SZ_1M, ram / SZ_1M);
	else
		pr_info("auto: nothing for %llu MiB of memory, which is less than %llu MiB\n",
			ram / SZ_1M, crash_auto[0].ram / SZ_1M);
	return size;
}

/* auto, size[@offset], or range:size[,range:size...][@offset] */
static bool __init read_plain(struct crash_text *text, u64 ram,
			      struct crash_request *req)
{
	size_t len = str_has_prefix(text->at, "auto");

	if (len) {
		text->at += len;
		if (!*text->at)
			req->size = auto_size(ram);
		return true;
	}
	if (strpbrk(text->at, ":-")) {
		if (!read_ranges(text, ram, &req->size))
			return false;
	} else if (!read_size(text, ram, &req->size)) {
		return false;
	}
	return !skip_char(text, '@') ||
	       read_offset(text, req->size, &req->base);
}

/* The value of an option of that @kind, all of it. */
static bool __init read_value(struct crash_text *text, const char *value,
			      enum crash_kind kind, u64 ram,
			      struct crash_request *req)
{
	*text = (struct crash_text){ .value = value, .at = value };

	if (!*value)
		return crash_flaw(text, "crashkernel=", strlen("crashkernel="),
				  "a size is missing after it");

	switch (kind) {
	case CRASH_HIGH:
		if (!read_size(text, ram, &req->size))
			return false;
		req->high = true;
		break;
	case CRASH_LOW:
		if (!read_size(text, ram, &req->low))
			return false;
		break;
	case CRASH_PROGRAMS:
		/* Too much of that is no reason to have no region. */
		if (!read_size(text, U64_MAX, &req->cma))
			return false;
		break;
	default:
		if (!read_plain(text, ram, req))
			return false;
		break;
	}

	if (strcmp(text->at, crash_suffix[kind]))
		return crash_flaw(text, text->at, strlen(text->at),
				  "has no meaning here");
	return true;
}

static enum crash_kind __init kind_of(const char *value)
{
	const char *comma = strrchr(value, ',');
	enum crash_kind kind;

	for (kind = CRASH_HIGH; comma && kind < CRASH_KINDS; kind++) {
		if (!strcmp(comma, crash_suffix[kind]))
			return kind;
	}
	return CRASH_PLAIN;
}

/*
 * The value of the last option of each kind, NULL if there is none.  Cuts
 * @cmdline into words in the way that parse_args() does.
 */
static void __init find_options(char *cmdline, const char **values)
{
	char *param, *value;

	cmdline = skip_spaces(cmdline);
	while (*cmdline) {
		cmdline = next_arg(cmdline, &param, &value);
		if (!value && !strcmp(param, "--"))
			break;
		if (!strcmp(param, "crashkernel"))
			values[kind_of(value ?: "")] = value ?: "";
	}
}

/*
 * Reads the options that count: the last of each kind, a plain one rather than
 * one for high memory, one for low memory only beside the latter, and one for
 * memory that programs use beside either.
 *
 * @cmdline is cut into pieces, @text points to some of them afterwards.
 * Returns 0, -ENOENT if nothing is asked for, or -EINVAL with the flaw in @text.
 */
static int __init read_cmdline(char *cmdline, u64 ram, bool can_be_high,
			       struct crash_text *text,
			       struct crash_request *req)
{
	const char *values[CRASH_KINDS] = { };
	enum crash_kind kind;

	*req = (struct crash_request){ .low = crash_reserve_low_default() };
	find_options(cmdline, values);
	kind = values[CRASH_PLAIN] ? CRASH_PLAIN : CRASH_HIGH;
	if (!values[kind]) {
		if (values[CRASH_LOW])
			pr_info("'%s' counts beside size,high only, nothing is reserved\n",
				values[CRASH_LOW]);
		if (values[CRASH_PROGRAMS])
			pr_info("'%s' counts beside another size only, nothing is reserved\n",
				values[CRASH_PROGRAMS]);
		return -ENOENT;
	}

	if (!read_value(text, values[kind], kind, ram, req))
		return -EINVAL;
	if (kind == CRASH_HIGH && !can_be_high) {
		crash_flaw(text, values[kind], strlen(values[kind]),
			   "not on this architecture");
		return -EINVAL;
	}
	if (kind == CRASH_HIGH && values[CRASH_LOW] &&
	    !read_value(text, values[CRASH_LOW], CRASH_LOW, ram, req))
		return -EINVAL;
	if (values[CRASH_PROGRAMS] &&
	    !read_value(text, values[CRASH_PROGRAMS], CRASH_PROGRAMS, ram, req))
		return -EINVAL;
	if (!req->size && strchr(values[kind], ':'))
		pr_info("'%s' has nothing for %llu MiB of memory, nothing is reserved\n",
			values[kind], ram / SZ_1M);
	return req->size ? 0 : -ENOENT;
}

/**
 * crashkernel_parse() - read the options crashkernel= of a command line
 * @cmdline: the command line; it is not changed
 * @system_ram: bytes of memory that the machine has
 * @crash_size: set to the bytes to reserve; 0 unless 0 is returned
 * @crash_base: set to the physical address to have them at, 0 for any
 * @low_size: set to the bytes to reserve below CRASH_RESERVE_LOW_END as well,
 *	should the region lie above; may be %NULL
 * @high: set to whether memory above that is preferred; may be %NULL, where
 *	nobody can ask for it then
 *
 * What programs are to use until a panic is noted for crashkernel_reserve().
 *
 * An option that is malformed is named in the log, with what is wrong.
 *
 * Context: boot, once the log and the memory's size are there.
 *
 * Return:
 * * %0 - there is something to reserve
 * * %-ENOENT - nothing is asked for, or nothing on this machine
 * * %-EINVAL - an option is malformed
 */
int __init crashkernel_parse(char *cmdline, unsigned long long system_ram,
			     unsigned long long *crash_size,
			     unsigned long long *crash_base,
			     unsigned long long *low_size, bool *high)
{
	static char copy[COMMAND_LINE_SIZE] __initdata;
	struct crash_request req;
	struct crash_text text;
	int err;

	strscpy(copy, cmdline, sizeof(copy));
	err = read_cmdline(copy, system_ram, high, &text, &req);
	if (err == -EINVAL)
		pr_warn("'%.*s': %s, nothing is reserved\n",
			text.part_len, text.part, text.flaw);

	if (!err && req.cma && !IS_ENABLED(CONFIG_CRASH_CMA)) {
		pr_warn("size,cma is not taken: %s\n",
			IS_ENABLED(CONFIG_CMA) ? "not on this architecture" :
						 "this kernel has no CONFIG_CMA");
		req.cma = 0;
	}

	crash_cma_wanted = err ? 0 : req.cma;
	*crash_size = err ? 0 : req.size;
	*crash_base = err ? 0 : req.base;
	if (low_size)
		*low_size = err ? 0 : req.low;
	if (high)
		*high = !err && req.high;
	return err;
}

/* It is read above, later than early parameters are; this claims the name. */
static int __init crashkernel_is_known(char *value)
{
	return 0;
}
early_param("crashkernel", crashkernel_is_known);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "crashkernel_test.c"
#endif
