// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images that consist of the payload and of what it checks, see plan.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <asm/byteorder.h>
#ifdef __mips64
#include <asm/hwcap.h>
#endif

#include "../kselftest.h"
#include "plan.h"

/*
 * The header of a device tree, of which nothing but the header is there.  Devicetree
 * specification, "Flattened Devicetree (DTB) Format"; numbers are big endian.
 */
static const __u32 device_tree[] = {
	0xd00dfeed,		/* magic */
	64,			/* totalsize */
	40, 40, 40,		/* offsets: structure, strings, reserved memory */
	17, 16,			/* version, the last that it is compatible with */
	0, 0, 0,		/* boot CPU; sizes: strings, structure */
};

#define DEVICE_TREE_SIZE	64

/* The payload's binary, by what the processor is: nobody emulates anything for that. */
static const char *payload_binary(size_t *len)
{
#ifdef __mips64
	if (getauxval(AT_HWCAP) & HWCAP_MIPS_R6) {
		*len = payload_r6_end - payload_r6_start;
		return payload_r6_start;
	}
#endif
	*len = payload_end - payload_start;
	return payload_start;
}

void add_part(struct plan *plan, struct range at, __u64 bufsz)
{
	/* Not the same in two parts, and no multiple of a page. */
	__u64 nr = plan->seed * SEGMENTS_MAX + plan->nr_parts + 1;
	__u64 phase = nr * 1234567 * 8 % PATTERN_PERIOD;

	plan->parts[plan->nr_parts++] = (struct part) {
		.at = at,
		.bufsz = bufsz,
		.phase = phase,
	};
}

/* Payload first, the rest of the range is one part, full of content. */
void use_range(struct plan *plan, struct range range)
{
	struct range rest = { range.start + PAYLOAD_LEN, range.end };

	plan->payload = range;
	if (range_len(range) <= PAYLOAD_LEN)
		return;
	plan->payload.end = rest.start;
	add_part(plan, rest, range_len(rest));
}

/* PATTERN_PERIOD bytes of it, over and over, as long as need be. */
const char *map_pattern(__u64 len)
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
	/* Private, as parisc shares at multiples of what its cache repeats after only. */
	for (i = 0; i < len; i += PATTERN_PERIOD) {
		if (mmap(at + i, PATTERN_PERIOD, PROT_READ,
			 MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
			die("no mapping of the pattern");
	}
	return at;
}

/* Part @nr has one, as the last that there is room in: kernels look for it. */
static bool has_device_tree(const struct plan *plan, int nr)
{
	int last = plan->nr_parts - 1;

	while (last >= 0 && plan->parts[last].bufsz < DEVICE_TREE_SIZE)
		last--;
	return nr == last;
}

/* Write it to the caller's own copy of these pages of the pattern. */
static void add_device_tree(const char *content)
{
	char *start = (char *)(uintptr_t)round_down((uintptr_t)content, page_size());
	size_t i, len = round_up((uintptr_t)content + sizeof(device_tree),
				 page_size()) - (uintptr_t)start;
	__be32 *field = (__be32 *)(uintptr_t)content;
	char *copy = malloc(len);

	memcpy(copy, start, len);
	if (mmap(start, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		die("no memory for a device tree: %s", strerror(errno));
	memcpy(start, copy, len);
	free(copy);
	for (i = 0; i < ARRAY_SIZE(device_tree); i++)
		field[i] = __cpu_to_be32(device_tree[i]);
}

static const char *build_content(const struct plan *plan, int nr)
{
	const struct part *part = &plan->parts[nr];
	const char *content = map_pattern(part->phase + part->bufsz) + part->phase;

	if (has_device_tree(plan, nr))
		add_device_tree(content);
	return content;
}

static __u64 plan_entry(const struct plan *plan)
{
	return plan->payload.start + plan->entry_offset;
}

/* Returns the payload's table; @used: bytes of the segment up to its end. */
static struct payload_table build_table(const struct plan *plan, __u64 *used)
{
	__u64 len = range_len(plan->payload), offset = plan->entry_offset;
	struct payload_table table = {
		.magic = PAYLOAD_MAGIC,
		.only_time = plan->only_time,
		.clock = plan->clock,
		.most_ticks = plan->most_ticks,
		.returns = plan->returns,
		.entry = plan_entry(plan),
		.start = plan->payload.start,
		.len = len,
	};
	struct payload_range *r = table.ranges;
	size_t binary_len;
	int i;

	for (i = 0; i < plan->nr_parts; i++) {
		const struct part *part = &plan->parts[i];
		__u64 content_end = part->at.start + part->bufsz, skip = 0;

		if (has_device_tree(plan, i)) {
			table.device_tree = part->at.start;
			skip = sizeof(device_tree);
		}
		if (part->bufsz)
			*r++ = (struct payload_range) {
				part->at.start + skip, part->bufsz - skip,
				PAYLOAD_PATTERN,
				(part->phase + skip) % PATTERN_PERIOD
			};
		if (content_end < part->at.end)
			*r++ = (struct payload_range) {
				content_end, part->at.end - content_end,
				PAYLOAD_ZERO, 0
			};
	}
	if (plan->word)
		*r++ = (struct payload_range) {
			plan->word, 8, PAYLOAD_WORD, plan->expected
		};
	if (offset)
		*r++ = (struct payload_range) {
			plan->payload.start, offset, PAYLOAD_PATTERN, 0
		};
	table.nr_ranges = r + 1 - table.ranges;
	payload_binary(&binary_len);
	*used = round_up(offset + binary_len +
			 offsetof(struct payload_table, ranges[table.nr_ranges]),
			 8);
	if (*used > len)
		die("the payload needs %llu bytes", *used);
	*r = (struct payload_range) {
		plan->payload.start + *used, len - *used, PAYLOAD_PATTERN, *used
	};
	return table;
}

/* What the payload is going to say if all is well. */
struct verdict expected_verdict(const struct plan *plan)
{
	__u64 i, used;
	struct payload_table table = build_table(plan, &used);
	struct verdict verdict = { .ranges = table.nr_ranges };

	for (i = 0; i < table.nr_ranges; i++)
		verdict.bytes += table.ranges[i].len;
	return verdict;
}

/* The payload, its table, and the pattern in what is left on both sides. */
static void *build_payload(const struct plan *plan)
{
	__u64 len = range_len(plan->payload), used;
	struct payload_table table = build_table(plan, &used);
	char *buf = malloc(len), *at = buf + plan->entry_offset;
	size_t binary_len;
	const char *binary = payload_binary(&binary_len);

	memcpy(buf, map_pattern(len), len);
	memcpy(at, binary, binary_len);
	if (plan->first)
		memcpy(at, plan->first, plan->first_len);
	memcpy(at + binary_len, &table,
	       offsetof(struct payload_table, ranges[table.nr_ranges]));
	return buf;
}

/* The payload's segment is neither the first nor the last if it can be. */
int build_segments(const struct plan *plan, struct kexec_segment *segs)
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
		segs[i] = segment(build_content(plan, next), part->bufsz,
				  part->at.start, range_len(part->at));
		next++;
	}
	return plan->nr_parts + 1;
}

/*
 * Loads what build_segments() has built.  @flags: of kexec_load(2), besides the
 * architecture.  Returns 0 or an errno.
 */
int load_built(const struct plan *plan, int nr,
	       const struct kexec_segment *segs, unsigned long flags)
{
	return kexec_load(plan_entry(plan) + plan->entry_state, nr, segs,
			  native_arch() | flags) ? errno : 0;
}

int try_to_load(const struct plan *plan, unsigned long flags)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	int nr = build_segments(plan, segs);

	return load_built(plan, nr, segs, flags);
}

void load_plan(const struct plan *plan, unsigned long flags)
{
	int err = try_to_load(plan, flags);

	if (err)
		die("not loaded: %s: %s", strerror(err), last_refusal());
}

void unload_image(void)
{
	if (kexec_load(0, 0, NULL, native_arch()))
		die("not unloaded: %s", strerror(errno));
}

/*
 * Between the look at a destination and the load, the kernel may have needed a page there
 * for itself.  It does not each time, wherever the destination is.
 *
 * Unloads an image of which more than @most bytes are moved.  @tries: how often it was
 * loaded.  Returns whether it is to be planned and loaded once more.
 */
bool unload_moved(__u64 most, int tries)
{
	__u64 moved = sum_placed().moved;

	if (moved <= most || tries >= PLACE_TRIES)
		return false;
	printf("%llu bytes are moved: once more\n", moved);
	fflush(stdout);
	unload_image();
	return true;
}
