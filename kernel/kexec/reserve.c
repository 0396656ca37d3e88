// SPDX-License-Identifier: GPL-2.0-only
/*
 * crashkernel= - memory that is set aside at boot for a crash image.
 *
 * 1. The command line is read.  The architecture calls parse_crashkernel() for
 *    it; the result is a struct crash_request, or the flaw in the option.
 * 2. The memory is taken from memblock: reserve_crashkernel_generic().  Where
 *    from is decided by crash_take(), which sees memory through a struct
 *    crash_memory only: tests bring a model.
 * 3. Once there are resources, the regions are entered into them.
 *
 * All of it runs at boot only.  Documentation/admin-guide/kexec/crashkernel.rst
 * has the syntax, and what each line in the log means.
 */
#define pr_fmt(fmt) "crashkernel: " fmt

#include <linux/align.h>
#include <linux/crash_reserve.h>
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kmemleak.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <asm/crash_reserve.h>
#include <asm/setup.h>

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

/**
 * struct crash_request - what crashkernel= asks for
 * @size: bytes; 0 for nothing
 * @base: physical address of the region, 0 if the kernel is to choose it
 * @low: bytes below CRASH_RESERVE_LOW_END, should the region lie above
 * @high: try above CRASH_RESERVE_LOW_END first
 */
struct crash_request {
	u64 size;
	u64 base;
	u64 low;
	bool high;
};

/*
 * 1. The command line
 */

/* The kinds of options.  Of each kind, the last one counts. */
enum crash_kind {
	CRASH_PLAIN,
	CRASH_HIGH,
	CRASH_LOW,
	CRASH_KINDS
};

static const char * const crash_suffix[CRASH_KINDS] __initconst = {
	[CRASH_PLAIN] = "",
	[CRASH_HIGH] = ",high",
	[CRASH_LOW] = ",low",
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
	{ SZ_1G, SZ_128M + SZ_64M },
	{ SZ_4G, SZ_256M },
	{ SZ_32G, SZ_256M + SZ_128M },
	{ SZ_128G, SZ_512M },
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

	if (comma && !strcmp(comma, crash_suffix[CRASH_HIGH]))
		return CRASH_HIGH;
	if (comma && !strcmp(comma, crash_suffix[CRASH_LOW]))
		return CRASH_LOW;
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
 * one for high memory, and one for low memory only beside the latter.
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
	if (!req->size && strchr(values[kind], ':'))
		pr_info("'%s' has nothing for %llu MiB of memory, nothing is reserved\n",
			values[kind], ram / SZ_1M);
	return req->size ? 0 : -ENOENT;
}

/**
 * parse_crashkernel() - read the options crashkernel= of a command line
 * @cmdline: the command line; it is not changed
 * @system_ram: bytes of memory that the machine has
 * @crash_size: set to the bytes to reserve; 0 unless 0 is returned
 * @crash_base: set to the physical address to have them at, 0 for any
 * @low_size: set to the bytes to reserve below CRASH_RESERVE_LOW_END as well,
 *	should the region lie above; may be %NULL
 * @high: set to whether memory above that is preferred; may be %NULL, where
 *	nobody can ask for it then
 *
 * An option that is malformed is named in the log, with what is wrong.
 *
 * Context: boot, once the log and the memory's size are there.
 *
 * Return:
 * * 0		there is something to reserve
 * * -ENOENT	nothing is asked for, or nothing on this machine
 * * -EINVAL	an option is malformed
 */
int __init parse_crashkernel(char *cmdline, unsigned long long system_ram,
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

/*
 * 2. The memory
 */

/**
 * struct crash_memory - where regions are taken from
 * @take: take @size bytes from between @start and @end, whose address is a
 *	multiple of @align; returns the address, 0 if there are none
 * @give_back: the opposite
 * @next_free: the next free range, in ascending order; *@iter is 0 at first.
 *	Returns whether there was one.  @end is the first byte behind it.
 * @next_reserved: the same for memory that somebody has already
 * @low_end: CRASH_RESERVE_LOW_END
 * @end: CRASH_RESERVE_END
 *
 * The machine's is crash_memblock; tests bring a model.
 */
struct crash_memory {
	phys_addr_t (*take)(phys_addr_t size, phys_addr_t align,
			    phys_addr_t start, phys_addr_t end);
	int (*give_back)(phys_addr_t base, phys_addr_t size);
	bool (*next_free)(u64 *iter, phys_addr_t *start, phys_addr_t *end);
	bool (*next_reserved)(u64 *iter, phys_addr_t *start, phys_addr_t *end);
	u64 low_end;
	u64 end;
};

static bool __init memblock_next_free(u64 *iter, phys_addr_t *start,
				      phys_addr_t *end)
{
	__next_mem_range(iter, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.memory,
			 &memblock.reserved, start, end, NULL);
	return *iter != U64_MAX;
}

static bool __init memblock_next_reserved(u64 *iter, phys_addr_t *start,
					  phys_addr_t *end)
{
	__next_mem_range(iter, NUMA_NO_NODE, MEMBLOCK_NONE, &memblock.reserved,
			 NULL, start, end, NULL);
	return *iter != U64_MAX;
}

static const struct crash_memory crash_memblock __initconst = {
	.take = memblock_phys_alloc_range,
	.give_back = memblock_phys_free,
	.next_free = memblock_next_free,
	.next_reserved = memblock_next_reserved,
	.low_end = CRASH_RESERVE_LOW_END,
	.end = CRASH_RESERVE_END,
};

/**
 * struct crash_area - where a region may lie
 * @start: its first byte, at the lowest
 * @end: behind its last byte, at the highest
 */
struct crash_area {
	u64 start;
	u64 end;
};

static struct crash_area __init area_below(const struct crash_memory *mem)
{
	return (struct crash_area){ CRASH_RESERVE_ALIGN, mem->low_end };
}

/* Empty where no kernel runs so high. */
static struct crash_area __init area_above(const struct crash_memory *mem)
{
	return (struct crash_area){ mem->low_end, mem->end };
}

/**
 * struct crash_regions - what was taken
 * @base: physical address of the region
 * @size: its length in bytes
 * @low_base: the same of the part below CRASH_RESERVE_LOW_END, if that is
 *	another; else 0
 * @low_size: ...
 */
struct crash_regions {
	u64 base;
	u64 size;
	u64 low_base;
	u64 low_size;
};

/**
 * struct crash_failure - why nothing was taken
 * @size: bytes that could not be had
 * @where: the constraint that they could not be had under
 * @largest: bytes that could have been had under it
 */
struct crash_failure {
	u64 size;
	char where[96];
	u64 largest;
};

/* How long a region can be that lies within a free range and an area. */
static u64 __init crash_fit(u64 free_start, u64 free_end,
			    const struct crash_area *area)
{
	u64 start = ALIGN(max(free_start, area->start), CRASH_RESERVE_ALIGN);
	u64 end = ALIGN_DOWN(min(free_end, area->end), CRASH_RESERVE_GRAIN);

	return end > start ? end - start : 0;
}

static u64 __init crash_largest(const struct crash_memory *mem,
				struct crash_area area)
{
	phys_addr_t start, end;
	u64 iter = 0, largest = 0;

	while (mem->next_free(&iter, &start, &end))
		largest = max(largest, crash_fit(start, end, &area));
	return largest;
}

static u64 __init crash_take_in(const struct crash_memory *mem,
				struct crash_area area, u64 size)
{
	if (area.start >= area.end)
		return 0;
	return mem->take(size, CRASH_RESERVE_ALIGN, area.start, area.end);
}

/* An address that is the end of something, for people. */
static const char * __init size_text(u64 bytes, char *text, size_t len)
{
	if (bytes >= SZ_1G)
		scnprintf(text, len, "%llu GiB", bytes / SZ_1G);
	else
		scnprintf(text, len, "%llu MiB", bytes / SZ_1M);
	return text;
}

/* What stands in the way of a region of that size, at that address. */
static void __init explain_fixed(const struct crash_memory *mem, u64 base,
				 u64 size, struct crash_failure *failure)
{
	u64 iter = 0, free = 0, obstacle;
	phys_addr_t start, end;

	while (mem->next_free(&iter, &start, &end))
		if (base >= start && base < end)
			free = min_t(u64, end, max(base, mem->end)) - base;
	obstacle = base + free;
	failure->size = size;
	failure->largest = ALIGN_DOWN(free, CRASH_RESERVE_GRAIN);

	if (obstacle >= mem->end) {
		scnprintf(failure->where, sizeof(failure->where),
			  "at 0x%llx, as no region can end above 0x%llx",
			  base, mem->end);
		return;
	}

	iter = 0;
	while (mem->next_reserved(&iter, &start, &end)) {
		if (obstacle < start || obstacle >= end)
			continue;
		scnprintf(failure->where, sizeof(failure->where),
			  "at 0x%llx, as 0x%llx-0x%llx is reserved already",
			  base, (u64)start, (u64)end - 1);
		return;
	}
	scnprintf(failure->where, sizeof(failure->where),
		  free ? "at 0x%llx, as RAM ends at 0x%llx" :
			 "at 0x%llx, as there is no RAM at 0x%llx",
		  base, obstacle);
}

/* What could have been had, with the part below that it takes. */
static void __init explain_anywhere(const struct crash_memory *mem, u64 size,
				    u64 low, struct crash_failure *failure)
{
	u64 below = crash_largest(mem, area_below(mem));
	u64 above = below < low ? 0 : crash_largest(mem, area_above(mem));
	bool has_above = mem->end > mem->low_end;
	char text[16];

	failure->size = size;
	failure->largest = max(below, above);
	scnprintf(failure->where, sizeof(failure->where),
		  "in one piece from a multiple of %llu MiB, %sbelow %s%s",
		  (u64)CRASH_RESERVE_ALIGN / SZ_1M,
		  has_above ? "neither " : "",
		  size_text(mem->low_end, text, sizeof(text)),
		  has_above ? " nor above" : "");
}

static void __init explain_low(const struct crash_memory *mem, u64 low,
			       struct crash_failure *failure)
{
	char text[16];

	failure->size = low;
	failure->largest = crash_largest(mem, area_below(mem));
	scnprintf(failure->where, sizeof(failure->where),
		  "below %s for 32-bit DMA",
		  size_text(mem->low_end, text, sizeof(text)));
}

static u64 __init crash_take_fixed(const struct crash_memory *mem, u64 base,
				   u64 size)
{
	if (base + size > mem->end)
		return 0;
	return mem->take(size, PAGE_SIZE, base, base + size);
}

/*
 * Takes what is asked for, or nothing.  Returns whether it was had; where not,
 * @failure says why.
 */
static bool __init crash_take(const struct crash_memory *mem,
			      const struct crash_request *req,
			      struct crash_regions *got,
			      struct crash_failure *failure)
{
	struct crash_area below = area_below(mem), above = area_above(mem);
	u64 size = ALIGN(req->size, CRASH_RESERVE_GRAIN);
	u64 low = ALIGN(req->low, CRASH_RESERVE_GRAIN);

	*got = (struct crash_regions){ .size = size };
	if (req->base) {
		got->base = crash_take_fixed(mem, req->base, size);
		if (!got->base)
			explain_fixed(mem, req->base, size, failure);
		return got->base;
	}

	got->base = crash_take_in(mem, req->high ? above : below, size);
	if (!got->base)
		got->base = crash_take_in(mem, req->high ? below : above, size);
	if (!got->base) {
		explain_anywhere(mem, size, low, failure);
		return false;
	}
	if (got->base < mem->low_end || !low)
		return true;

	got->low_size = low;
	got->low_base = crash_take_in(mem, below, low);
	if (!got->low_base) {
		mem->give_back(got->base, size);
		explain_low(mem, low, failure);
		return false;
	}
	return true;
}

static void __init set_region(struct resource *res, u64 base, u64 size,
			      const char *purpose)
{
	res->start = base;
	res->end = base + size - 1;
	/* Its content belongs to another kernel, and may not be readable. */
	kmemleak_ignore_phys(base);
	pr_info("reserved 0x%llx-0x%llx (%llu MiB)%s\n", base, base + size - 1,
		size / SZ_1M, purpose);
}

/**
 * reserve_crashkernel_generic() - take the memory for a crash image
 * @cmdline: not used; parse_crashkernel() has read it
 * @size: bytes
 * @base: physical address to have them at, all of them or nothing; or 0
 * @low: bytes to have below CRASH_RESERVE_LOW_END as well, if the region comes
 *	to lie above; not with @base
 * @high: try above CRASH_RESERVE_LOW_END first
 *
 * Sets crashk_res and crashk_low_res.  If all of it can't be had, both stay
 * empty, and the log says why, and how much could be had.
 *
 * Context: boot, when memblock knows all memory and the direct map is there.
 */
void __init reserve_crashkernel_generic(char *cmdline, unsigned long long size,
					unsigned long long base,
					unsigned long long low, bool high)
{
	const struct crash_request req = {
		.size = size,
		.base = base,
		.low = low,
		.high = high,
	};
	struct crash_failure failure;
	struct crash_regions got;

	if (!crash_take(&crash_memblock, &req, &got, &failure)) {
		pr_warn("can't reserve %llu MiB %s: the largest that fits is %llu MiB\n",
			failure.size / SZ_1M, failure.where,
			failure.largest / SZ_1M);
		if (got.base)
			pr_warn("the %llu MiB above %llu GiB are given back, nothing is reserved\n",
				got.size / SZ_1M,
				(u64)CRASH_RESERVE_LOW_END / SZ_1G);
		return;
	}

	set_region(&crashk_res, got.base, got.size, "");
	if (got.low_base)
		set_region(&crashk_low_res, got.low_base, got.low_size,
			   " for 32-bit DMA");
}

/*
 * 3. The resources
 */

static void __init insert_region(struct resource *res)
{
	if (res->end && insert_resource(&iomem_resource, res))
		pr_warn("%pR can't be entered into /proc/iomem\n", res);
}

/*
 * Once there is System RAM for the regions to be children of, and before
 * anybody asks what is in it.
 */
static int __init insert_regions(void)
{
	insert_region(&crashk_res);
	insert_region(&crashk_low_res);
	return 0;
}
early_initcall(insert_regions);

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "reserve_test.c"
#endif
