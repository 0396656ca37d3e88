// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads an image and really hands the machine over to it, for guests that are
 * thrown away:
 *
 *	kexec_handoff --list
 *	kexec_handoff [--cpu=N] [--no-claim] CASE
 *
 * A case says what the memory is full of, where the image has to go, and what
 * happens to it before the handoff.  Every image has the payload (payload.c)
 * as one of its segments; that checks each byte of all of them, says so on the
 * serial console, and ends the machine: "payload: registers ok", and "payload:
 * checked 67108864 bytes in 2 ranges: ok".
 *
 * Before, this program checks what the kernel says about the placement.  What
 * is free or can be moved has to be placed in place, a page block of the
 * allocator at a time, and what can't be has to be moved.  With --no-claim,
 * for a kernel without CONFIG_KEXEC_IN_PLACE, only the latter.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "kexec_util.h"
#include "memory.h"
#include "payload.h"

/* Room for the payload's segment, unless the image is smaller than that. */
#define PAYLOAD_LEN	(64 * KIB)
/* What the system needs to go on, whatever memory is filled with. */
#define MEMORY_LEFT	(96 * MIB)

#define NO_END	(~(__u64)0)

static const struct range anywhere = { .end = NO_END };
static const struct use all_free = { .least = { .free = 100 } };

/**
 * struct part - a segment of the image, other than the payload's
 * @at: the destination
 * @bufsz: bytes of content; zeroes follow
 * @phase: where in the pattern the content begins, a multiple of 8
 * @min_moved: bytes that nothing but a move can place
 * @max_moved: bytes of page blocks that can't be claimed
 */
struct part {
	struct range at;
	__u64 bufsz;
	__u64 phase;
	__u64 min_moved;
	__u64 max_moved;
};

/**
 * struct plan - an image to be loaded
 * @payload: the destination of the payload's segment
 * @entry_offset: where in it the payload begins
 * @parts: all other segments
 * @nr_parts: how many
 */
struct plan {
	struct range payload;
	__u64 entry_offset;
	struct part parts[SEGMENTS_MAX - 1];
	int nr_parts;
};

/**
 * struct handoff_case - a way to a handoff
 * @name: on the command line
 * @what: in the list
 * @size: of the image, for those that make use of it
 * @filling: what to fill the memory with
 * @use: what the destination is then used for, each block of it
 * @plan: fills the plan, with the memory filled
 * @must_move: something of the image can't be placed in place; else all can
 * @before: what else to do before the image is loaded
 * @after: what to do when it was loaded
 */
struct handoff_case {
	const char *name;
	const char *what;
	__u64 size;
	const struct filling *filling;
	struct use use;
	void (*plan)(struct plan *plan, const struct handoff_case *c);
	bool must_move;
	void (*before)(const struct plan *plan);
	void (*after)(const struct plan *plan);
};

static bool no_claim;

static void add_part(struct plan *plan, struct range at, __u64 bufsz)
{
	int nr = plan->nr_parts++;

	plan->parts[nr] = (struct part) {
		.at = at,
		.bufsz = bufsz,
		/* Not the same in two parts, and no multiple of a page. */
		.phase = (nr + 1) * 1234567ULL * 8 % PATTERN_PERIOD,
	};
}

/* Payload first, the rest of the range is one part, full of content. */
static void use_range(struct plan *plan, struct range range)
{
	struct range rest = { range.start + PAYLOAD_LEN, range.end };

	plan->payload = range;
	if (range_len(range) <= PAYLOAD_LEN)
		return;
	plan->payload.end = rest.start;
	add_part(plan, rest, range_len(rest));
}

static struct range get_window(__u64 len, struct range within,
			       const struct use *use)
{
	struct range window;

	if (!find_window(&window, len, within, use))
		die("no window of %llu MiB with the right use", len / MIB);
	return window;
}

static void plan_window(struct plan *plan, const struct handoff_case *c)
{
	use_range(plan, get_window(c->size, anywhere, &c->use));
}

static void plan_above_4g(struct plan *plan, const struct handoff_case *c)
{
	struct range above = { .start = 4 * GIB, .end = NO_END };

	use_range(plan, get_window(c->size, above, &all_free));
}

static void plan_odd_entry(struct plan *plan, const struct handoff_case *c)
{
	use_range(plan, get_window(c->size, anywhere, &all_free));
	plan->entry_offset = 0x7123;
}

/* Where the kernel itself lies, as real images have it. */
static void plan_over_kernel(struct plan *plan, const struct handoff_case *c)
{
	struct range code[1], bss[1], kernel;

	if (find_iomem("Kernel code", code, 1) != 1 ||
	    find_iomem("Kernel bss", bss, 1) != 1)
		die("no kernel in /proc/iomem");
	kernel = (struct range) { code[0].start, bss[0].end };
	plan->payload = get_window(PAYLOAD_LEN, anywhere, &all_free);
	add_part(plan, kernel, range_len(kernel));
}

/*
 * As many segments as there can be, all over the memory, of any size, out of
 * order: the low ones first, which no kernel gives away, then from the top.
 */
static void plan_scattered(struct plan *plan, const struct handoff_case *c)
{
	struct range ram = largest_ram(4 * GIB), low = largest_ram(MIB), at;
	__u64 step = round_down(range_len(ram) / SEGMENTS_MAX, page_size());
	int i;

	at.start = low.start > 64 * KIB ? low.start : 64 * KIB;
	at.end = round_down(low.end - 32 * KIB, page_size());
	add_part(plan, at, range_len(at) - 777);

	for (i = SEGMENTS_MAX - 2; i > 0; i--) {
		__u64 nr_pages = 1 + i * i * i * 3;

		at.start = ram.start + i * step + i * page_size();
		at.end = at.start + nr_pages * page_size();
		add_part(plan, at, range_len(at) - i * 555);
	}
	plan->payload = (struct range) { ram.end - 2 * PAYLOAD_LEN,
					 ram.end - PAYLOAD_LEN };
}

static void plan_zero_tails(struct plan *plan, const struct handoff_case *c)
{
	static const struct {
		__u64 bufsz;
		__u64 memsz;
	} sizes[] = {
		{ 0,			32 * MIB },
		{ 1,			16 * MIB },
		{ 5000,			16 * MIB },
		{ 4 * KIB,		8 * KIB },
		{ 4 * MIB - 1,		4 * MIB },
		{ 3 * MIB + 5,		8 * MIB },
		{ 0,			4 * KIB },
		{ 4 * KIB + 1,		8 * KIB },
		{ 64 * KIB,		200 * MIB },
	};
	struct range window = get_window(288 * MIB, anywhere, &all_free), at;
	unsigned int i;

	at.end = window.start + PAYLOAD_LEN;
	plan->payload = (struct range) { window.start, at.end };
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		at.start = at.end;
		at.end = at.start + sizes[i].memsz;
		add_part(plan, at, sizes[i].bufsz);
	}
}

/* More than half of the memory, whatever is there. */
static void plan_most_of_memory(struct plan *plan, const struct handoff_case *c)
{
	struct range ram = largest_ram(NO_END);

	ram.start = ram.end - round_down(range_len(ram) * 6 / 10, MIB);
	use_range(plan, ram);
}

/* PATTERN_PERIOD bytes of it, over and over, as long as need be. */
static const char *map_pattern(__u64 len)
{
	static int fd = -1;
	__u64 i, *words;
	char *at;

	if (fd < 0) {
		fd = memfd_create("pattern", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, PATTERN_PERIOD))
			die("no memory for the pattern: %s", strerror(errno));
		words = mmap(NULL, PATTERN_PERIOD, PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, 0);
		for (i = 0; i < PATTERN_PERIOD; i += 8)
			words[i / 8] = pattern_word(i);
		munmap(words, PATTERN_PERIOD);
	}

	len = round_up(len, PATTERN_PERIOD);
	at = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("no mapping of %llu bytes", len);
	for (i = 0; i < len; i += PATTERN_PERIOD) {
		if (mmap(at + i, PATTERN_PERIOD, PROT_READ,
			 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
			die("no mapping of the pattern");
	}
	return at;
}

/* The payload, its table, and the pattern in what is left on both sides. */
static void *build_payload(const struct plan *plan)
{
	__u64 len = range_len(plan->payload), offset = plan->entry_offset;
	__u64 code_len = payload_end - payload_start, table_len, used;
	struct payload_table table = {
		.magic = PAYLOAD_MAGIC,
		.entry = plan->payload.start + offset,
		.start = plan->payload.start,
		.len = len,
	};
	struct payload_range *r = table.ranges;
	char *buf = malloc(len);
	int i;

	for (i = 0; i < plan->nr_parts; i++) {
		const struct part *part = &plan->parts[i];
		__u64 content_end = part->at.start + part->bufsz;

		if (part->bufsz)
			*r++ = (struct payload_range) {
				part->at.start, part->bufsz, PAYLOAD_PATTERN,
				part->phase
			};
		if (content_end < part->at.end)
			*r++ = (struct payload_range) {
				content_end, part->at.end - content_end,
				PAYLOAD_ZERO, 0
			};
	}
	if (offset)
		*r++ = (struct payload_range) {
			plan->payload.start, offset, PAYLOAD_PATTERN, 0
		};
	table.nr_ranges = r + 1 - table.ranges;
	table_len = offsetof(struct payload_table, ranges[table.nr_ranges]);
	used = round_up(offset + code_len + table_len, 8);
	if (used > len)
		die("the payload needs %llu bytes", used);
	*r = (struct payload_range) {
		plan->payload.start + used, len - used, PAYLOAD_PATTERN, used
	};

	memcpy(buf, map_pattern(len), len);
	memcpy(buf + offset, payload_start, code_len);
	memcpy(buf + offset + code_len, &table, table_len);
	return buf;
}

/* The payload's segment is neither the first nor the last if it can be. */
static int build_segments(const struct plan *plan, struct kexec_segment *segs)
{
	int i, next = 0;

	for (i = 0; i <= plan->nr_parts; i++) {
		const struct part *part = &plan->parts[next];

		if (i == (plan->nr_parts + 1) / 2) {
			segs[i] = segment(build_payload(plan),
					  range_len(plan->payload),
					  plan->payload.start,
					  range_len(plan->payload));
			continue;
		}
		segs[i] = segment(map_pattern(part->phase + part->bufsz) +
				  part->phase, part->bufsz, part->at.start,
				  range_len(part->at));
		next++;
	}
	return plan->nr_parts + 1;
}

static void load_plan(const struct plan *plan)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	int nr = build_segments(plan, segs);

	if (kexec_load(plan->payload.start + plan->entry_offset, nr, segs,
		       native_arch()))
		die("not loaded: %s: %s", strerror(errno), last_refusal());
}

/* To be asked before the image is loaded, as that changes it. */
static void foresee_moves(struct part *part)
{
	__u64 lists = pages_on_cpu_lists(), other;
	struct range content = {
		part->at.start,
		part->at.start + round_up(part->bufsz, page_size())
	};

	other = count_pages(content).other;
	part->min_moved = (other > lists ? other - lists : 0) * page_size();
	part->max_moved = unmovable_blocks(content);
}

static void check_part(const struct part *part, const struct placed *placed)
{
	__u64 len = range_len(part->at);
	__u64 tail = len - round_up(part->bufsz, page_size());

	if (placed->in_place + placed->moved + placed->zero != len)
		die("%llu bytes, but %llu in place, %llu moved, %llu zero",
		    len, placed->in_place, placed->moved, placed->zero);
	if (placed->moved < part->min_moved)
		die("%llu bytes are moved, but %llu can't be in place",
		    placed->moved, part->min_moved);
	if (!no_claim && placed->moved > part->max_moved)
		die("%llu bytes are moved, but only %llu can't be in place",
		    placed->moved, part->max_moved);
	/*
	 * Less, as pages are kept that the allocator happens to give out there:
	 * few, unless it is asked for pages of another segment.
	 */
	if (placed->zero > tail ||
	    (!no_claim && !placed->moved && placed->zero + MIB < tail))
		die("%llu bytes are zero, expected %llu", placed->zero, tail);
}

static const struct placed *find_placed(const struct placed *placed, int nr,
					struct range at)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (!memcmp(&placed[i].at, &at, sizeof(at)))
			return &placed[i];
	}
	die("no segment at %#llx", at.start);
}

static void check_placement(const struct plan *plan, bool must_move)
{
	struct placed placed[SEGMENTS_MAX];
	int i, nr = read_placed(placed, SEGMENTS_MAX);

	if (nr != plan->nr_parts + 1)
		die("%d segments are loaded, not %d", nr, plan->nr_parts + 1);
	find_placed(placed, nr, plan->payload);
	for (i = 0; i < plan->nr_parts; i++)
		check_part(&plan->parts[i],
			   find_placed(placed, nr, plan->parts[i].at));
	if (!must_move && !no_claim && sum_placed().moved)
		die("%llu bytes are moved for no reason", sum_placed().moved);
	if (must_move && !sum_placed().moved)
		die("nothing is moved");
}

#define CORRUPT_OFFSET	0x5123

static void corrupt_image(const struct plan *plan)
{
	int err = corrupt_byte(plan->parts[0].at.start + CORRUPT_OFFSET);

	if (err)
		die("can't corrupt the image: %s", strerror(err));
}

static void switch_verify_off(const struct plan *plan)
{
	if (write_file(SYSCTL_KERNEL "kexec_verify", "0"))
		die("can't switch kexec_verify off");
}

/* The handoff is refused; the image loaded again has no fault. */
static void corrupt_and_reload(const struct plan *plan)
{
	corrupt_image(plan);
	if (!reboot_kexec() || errno != EIO)
		die("reboot(2): %s, expected EIO", strerror(errno));
	load_plan(plan);
}

/* Takes loading away, not starting what is loaded. */
static void disable_loading(const struct plan *plan)
{
	if (write_file(SYSCTL_KERNEL "kexec_load_disabled", "1"))
		die("can't set kexec_load_disabled");
	if (!kexec_load(0, 0, NULL, native_arch()) || errno != EPERM)
		die("unloaded although kexec_load_disabled is set");
}

/* The most common conditions. */
#define OVER_FREE(len) \
	.size = (len), .use.least.free = 100, .plan = plan_window
#define OVER(used_by) \
	.size = 64 * MIB, .filling = &(used_by), .plan = plan_window

static const struct handoff_case cases[] = {
	{
		"page", "one page, the payload itself",
		OVER_FREE(4 * KIB),
	}, {
		"64k", "64 KiB, the payload itself",
		OVER_FREE(64 * KIB),
	}, {
		"16m", "16 MiB over free memory",
		OVER_FREE(16 * MIB),
	}, {
		"64m", "64 MiB over free memory",
		OVER_FREE(64 * MIB),
	}, {
		"256m", "256 MiB over free memory",
		OVER_FREE(256 * MIB),
	}, {
		"512m", "512 MiB over free memory",
		OVER_FREE(512 * MIB),
	}, {
		"tmpfs", "over files of tmpfs",
		OVER(tmpfs_filling), .use.least.cache = 90,
	}, {
		"page-cache", "over the page cache of a disk",
		OVER(block_device_filling), .use.least.cache = 90,
	}, {
		"anonymous", "over anonymous memory of a program",
		OVER(anonymous_filling), .use.least.anon = 90,
	}, {
		"huge-pages", "over the same, in huge pages",
		OVER(huge_filling), .use.least.anon = 90,
	}, {
		"pinned", "over anonymous memory, partly pinned",
		OVER(pinned_filling), .use = { { .anon = 90 }, 10 },
		.must_move = true,
	}, {
		"unmovable", "over pages that can't be moved",
		OVER(pipe_filling), .use = { { .other = 90 }, 100 },
		.must_move = true,
	}, {
		"fragmented", "where every other page is free",
		OVER(alternating_filling), .must_move = true,
		.use = { { .free = 40, .other = 40 }, 60 },
	}, {
		"over-kernel", "where the running kernel lies",
		.plan = plan_over_kernel, .must_move = true,
	}, {
		"scattered", "16 segments all over the memory",
		.plan = plan_scattered, .must_move = true,
	}, {
		"zero-tails", "segments that are mostly zero",
		.plan = plan_zero_tails,
	}, {
		"above-4g", "destinations above 4 GiB",
		.size = 64 * MIB, .plan = plan_above_4g,
	}, {
		"odd-entry", "an entry in the middle of a segment",
		.size = 16 * MIB, .plan = plan_odd_entry,
	}, {
		"most-of-memory", "60 % of the memory",
		.plan = plan_most_of_memory, .must_move = true,
	}, {
		"replaced", "in place of an image loaded before",
		OVER_FREE(64 * MIB), .before = load_plan,
	}, {
		"reloaded", "refused for a corrupt byte, then reloaded",
		OVER_FREE(16 * MIB), .after = corrupt_and_reload,
	}, {
		"corrupt", "with kexec_verify=0, and a corrupt byte",
		OVER_FREE(16 * MIB),
		.before = switch_verify_off, .after = corrupt_image,
	}, {
		"disabled", "kexec_load_disabled set after the load",
		OVER_FREE(16 * MIB), .after = disable_loading,
	},
};

static void list_cases(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		printf("%-16s %s\n", cases[i].name, cases[i].what);
}

static const struct handoff_case *find_case(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!strcmp(cases[i].name, name))
			return &cases[i];
	}
	die("no case %s, see --list", name);
}

static void fill_memory(const struct handoff_case *c)
{
	__u64 leave = c->size + MEMORY_LEFT, free = memory_info("MemFree:");

	leave_garbage_in_free_memory();
	if (!c->filling)
		return;
	if (free < leave)
		die("only %llu MiB are free", free / MIB);
	c->filling->fill(free - leave);
}

static void move_to_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("no CPU %d: %s", cpu, strerror(errno));
}

static void report(void)
{
	struct placed sum = sum_placed();
	char text[TEXT_MAX];

	read_file(SYSFS_KEXEC "segments", text, sizeof(text));
	printf("%skexec_handoff: moved=%llu zero=%llu in_place=%llu\n", text,
	       sum.moved, sum.zero, sum.in_place);
	fflush(stdout);
	/* For those who have to read it before they are gone. */
	sleep(1);
}

static void hand_over(const struct handoff_case *c, int cpu)
{
	struct plan plan = { };
	int i;

	mount_kernel_filesystems();
	map_pattern(PATTERN_PERIOD);
	fill_memory(c);
	c->plan(&plan, c);
	for (i = 0; i < plan.nr_parts; i++)
		foresee_moves(&plan.parts[i]);

	if (c->before)
		c->before(&plan);
	load_plan(&plan);
	check_placement(&plan, c->must_move);
	if (c->after)
		c->after(&plan);
	if (c->filling && !c->filling->intact())
		die("what was in the destination is damaged");

	report();
	if (cpu >= 0)
		move_to_cpu(cpu);
	reboot_kexec();
	die("reboot(2): %s: %s", strerror(errno), last_refusal());
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list",	no_argument,		NULL, 'l' },
		{ "cpu",	required_argument,	NULL, 'c' },
		{ "no-claim",	no_argument,		NULL, 'n' },
		{ },
	};
	int option, cpu = -1;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			list_cases();
			return 0;
		case 'c':
			cpu = atoi(optarg);
			break;
		case 'n':
			no_claim = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr, "usage: kexec_handoff --list\n"
			"       kexec_handoff [--cpu=N] [--no-claim] CASE\n");
		return 2;
	}
	hand_over(find_case(argv[optind]), cpu);
}
