// SPDX-License-Identifier: GPL-2.0-only
/*
 * The letter: what a kernel tells the next one of the handoff between them.
 *
 * The next kernel knows nothing of it: the log of this one is gone, and no clock
 * says how long the machine was away.  So a loader can add a segment that asks for
 * a letter, and tell the next kernel where it is, by a means that the boot protocol
 * has anyway: <uapi/linux/kexec.h> has both.  Without such a segment nothing is
 * written: programs in an image, such as the purgatory of kexec-tools, have digests
 * of all others.
 *
 * It is found when the image is loaded, by its magic number, and written last, when
 * this kernel's own digests were compared.  What is there then is on its way into
 * its place still, or lies there, like any other content.
 *
 * The next kernel reads it before the page allocator has more than it, believes
 * nothing of it, and clears it: so no later one can take it for its own.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_fdt.h>
#include <linux/libfdt.h>
#include <linux/sched/clock.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/time64.h>
#include <linux/unaligned.h>
#include <linux/utsname.h>
#include <linux/xxhash.h>

#include "internal.h"

/* ABI: kernels of any two versions write and read it. */
static_assert(sizeof(struct kexec_letter) == 208);
static_assert(offsetof(struct kexec_letter, version) == 40);
static_assert(offsetof(struct kexec_letter, release) == 136);
static_assert(sizeof(KEXEC_LETTER_MAGIC) - 1 ==
	      sizeof_field(struct kexec_letter, magic));
static_assert(sizeof_field(struct kexec_letter, phase_ns) ==
	      KEXEC_NR_PHASES * sizeof(__le64));
/* The end of it stays 0. */
static_assert(sizeof_field(struct kexec_letter, release) > __NEW_UTS_LEN);
/* So it is all in the first page of its segment. */
static_assert(sizeof(struct kexec_letter) <= PAGE_SIZE);

/* How long a gap may be that is believed; and clocks differ by a 16th at most. */
#define GAP_MAX_SECONDS	(365 * 24 * 60 * 60)
#define HZ_SHIFT	4

static bool has_magic(const struct kexec_letter *letter)
{
	return !memcmp(letter->magic, KEXEC_LETTER_MAGIC, sizeof(letter->magic));
}

static bool asks_for_letter(const struct kexec_letter *letter)
{
	return has_magic(letter) &&
	       !memchr_inv(&letter->digest, 0,
			   sizeof(*letter) - offsetof(struct kexec_letter, digest));
}

/**
 * kexec_letter_find - find the segment that asks for a letter
 * @image: a filled image
 *
 * That is the first one, in the caller's order.  What asks in the image's own copy
 * counts, as the caller's memory may have changed since.
 *
 * Context: May sleep.
 * Return: the segment, or NULL if none asks, or the image can't get a letter: in a
 * panic nothing is written, and an image that returns comes back to who knows.
 */
const struct kexec_segment *kexec_letter_find(const struct kimage *image)
{
	unsigned int nr;

	if (image->type != KEXEC_TYPE_DEFAULT || image->preserve_context)
		return NULL;
	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];
		struct kexec_letter letter;

		if (seg->bufsz >= sizeof(letter) &&
		    kimage_read(image, seg->mem, &letter, sizeof(letter)) &&
		    asks_for_letter(&letter))
			return seg;
	}
	return NULL;
}

static u64 letter_digest(const struct kexec_letter *letter)
{
	return xxh64(&letter->version,
		     sizeof(*letter) - offsetof(struct kexec_letter, version), 0);
}

/* All but what is the loader's. */
static void fill_letter(struct kexec_letter *letter, const struct kimage *image,
			const struct kexec_bytes *total)
{
	enum kexec_phase phase;
	u64 counter, hz;

	memset_startat(letter, 0, magic);
	memcpy(letter->magic, KEXEC_LETTER_MAGIC, sizeof(letter->magic));
	letter->version = cpu_to_le32(KEXEC_LETTER_VERSION);
	letter->size = cpu_to_le32(sizeof(*letter));
	letter->flags = cpu_to_le32(kimage_is_verified(image) ? KEXEC_LETTER_VERIFIED : 0);
	letter->in_place = cpu_to_le64(total->in_place);
	letter->moved = cpu_to_le64(total->moved);
	letter->zero = cpu_to_le64(total->zero);
	for (phase = 0; phase < KEXEC_NR_PHASES; phase++)
		letter->phase_ns[phase] = cpu_to_le64(kexec_phase_ns(phase));
	strscpy(letter->release, init_utsname()->release, sizeof(letter->release));

	counter = machine_kexec_counter(&hz);
	letter->counter = cpu_to_le64(counter);
	letter->counter_hz = cpu_to_le64(hz);
	letter->digest = cpu_to_le64(letter_digest(letter));
}

/**
 * kexec_letter_write - write the letter, if the image asks for one
 * @image: an image that is going to be started: its digests don't hold any more
 * @total: how its bytes are placed
 *
 * Wherever the segment's first page waits, or lies in place.  Content is never of
 * the kind that no memory is held for.
 *
 * Context: The only CPU, with interrupts off; or shortly before.
 */
void kexec_letter_write(const struct kimage *image,
			const struct kexec_bytes *total)
{
	const struct kexec_segment *seg = image->letter;
	const struct kexec_move *move;
	unsigned long len = PAGE_SIZE;
	void *letter;

	if (!seg)
		return;
	move = kexec_move_find(image, seg->mem);
	if (WARN_ON_ONCE(!move || move->src == KEXEC_SRC_ZERO))
		return;
	letter = kexec_map_run(move->src + (seg->mem - move->dst), &len);
	fill_letter(letter, image, total);
	kexec_unmap_run(letter);
}

/* From here on, the other side: the next kernel. */

/**
 * struct previous - what is known of the handoff by which this kernel was started
 * @known: anything is
 * @gap_known: the next is
 * @gap_ns: nanoseconds from when the last line of the old kernel was logged to when
 *	the clock of this one's log began to count
 * @letter: what the old kernel wrote
 */
static struct previous {
	bool known;
	bool gap_known;
	u64 gap_ns;
	struct kexec_letter letter;
} previous __ro_after_init;

static bool is_release(const u8 *text, size_t size)
{
	size_t len = strnlen(text, size), i;

	for (i = 0; i < len; i++) {
		if (!isascii(text[i]) || !isgraph(text[i]))
			return false;
	}
	return len && len < size;
}

/* Whether all of it is as fill_letter() has left it. */
static bool is_letter(const struct kexec_letter *letter)
{
	return has_magic(letter) &&
	       letter->version == cpu_to_le32(KEXEC_LETTER_VERSION) &&
	       letter->size == cpu_to_le32(sizeof(*letter)) &&
	       letter->digest == cpu_to_le64(letter_digest(letter)) &&
	       is_release(letter->release, sizeof(letter->release));
}

/*
 * @ns had this kernel's clock counted when the counter was at @now.  A counter that was
 * reset, or that another processor's kernel has read, is no clock over a handoff.
 */
static bool work_out_gap(const struct kexec_letter *letter, u64 now, u64 hz,
			 u64 ns, u64 *gap_ns)
{
	u64 then = le64_to_cpu(letter->counter);
	u64 then_hz = le64_to_cpu(letter->counter_hz);
	u64 seconds, rest;

	if (!hz || !then_hz || then > now ||
	    max(hz, then_hz) - min(hz, then_hz) > hz >> HZ_SHIFT)
		return false;
	seconds = div64_u64_rem(now - then, hz, &rest);
	if (seconds > GAP_MAX_SECONDS)
		return false;
	*gap_ns = seconds * NSEC_PER_SEC +
		  mul_u64_u64_div_u64(rest, NSEC_PER_SEC, hz);
	if (*gap_ns < ns)
		return false;
	*gap_ns -= ns;
	return true;
}

/*
 * Whether it was asked for with the device tree at @phys.  Others than its own loader
 * hand on properties that they don't know, in a tree of their own.
 */
static bool __maybe_unused is_for_tree(const struct kexec_letter *letter, u64 phys)
{
	return get_unaligned_le64(letter->loader) == phys;
}

#if defined(machine_kexec_letter)
static u64 __init told_address(void)
{
	return machine_kexec_letter();
}

static bool __init is_told_by_its_loader(const struct kexec_letter *letter)
{
	return true;
}
#elif defined(CONFIG_OF_EARLY_FLATTREE)
static u64 __init told_address(void)
{
	const __be32 *cells;
	int chosen, len;

	if (!initial_boot_params)
		return 0;
	chosen = fdt_path_offset(initial_boot_params, "/chosen");
	if (chosen < 0)
		return 0;
	cells = fdt_getprop(initial_boot_params, chosen, KEXEC_LETTER_PROPERTY,
			    &len);
	if (!cells || len != (dt_root_addr_cells + dt_root_size_cells) *
			     (int)sizeof(*cells))
		return 0;
	return of_read_number(cells, dt_root_addr_cells);
}

/* Where the tree is in memory, if the architecture does not know better. */
#ifndef machine_kexec_tree
#define machine_kexec_tree()	initial_boot_params_pa
#endif

static bool __init is_told_by_its_loader(const struct kexec_letter *letter)
{
	return is_for_tree(letter, machine_kexec_tree());
}
#else
static u64 __init told_address(void)
{
	return 0;
}

static bool __init is_told_by_its_loader(const struct kexec_letter *letter)
{
	return false;
}
#endif

/*
 * What a loader says may be anything: so it has to be memory, that the kernel has
 * mapped, that nobody was given, and in one page.
 */
static bool __init can_be_read(u64 phys)
{
	u64 last = phys + sizeof(struct kexec_letter) - 1;

	/* It begins a segment: aligned, it neither wraps nor leaves its page. */
	return phys && IS_ALIGNED(phys, SZ_4K) && last <= (phys_addr_t)-1 &&
	       memblock_is_map_memory(phys) &&
	       memblock_is_reserved(phys) && memblock_is_reserved(last) &&
	       !PageHighMem(pfn_to_page(PHYS_PFN(phys)));
}

/* Early, as only then it is known what is reserved. */
static int __init read_letter(void)
{
	u64 phys = told_address(), now, hz, ns;
	struct kexec_letter *letter;
	unsigned long flags;

	if (!can_be_read(phys))
		return 0;
	letter = memremap(phys, sizeof(*letter), MEMREMAP_WB);
	if (!letter)
		return 0;
	previous.letter = *letter;
	previous.known = is_letter(&previous.letter) &&
			 is_told_by_its_loader(&previous.letter);
	if (previous.known)
		memset_startat(letter, 0, magic);
	memunmap(letter);
	if (!previous.known)
		return 0;

	/*
	 * Not local_clock(), which the log goes by: both count from the same moment on,
	 * but that one may wait for ticks, of which some were lost by now.
	 */
	local_irq_save(flags);
	now = machine_kexec_counter(&hz);
	ns = sched_clock();
	local_irq_restore(flags);
	previous.gap_known = work_out_gap(&previous.letter, now, hz, ns,
					  &previous.gap_ns);
	return 0;
}
early_initcall(read_letter);

#define PREVIOUS_ATTR(_name, _value)					\
static ssize_t _name##_show(struct kobject *kobj,			\
			    struct kobj_attribute *attr, char *buf)	\
{									\
	return sysfs_emit(buf, "%llu\n", (u64)(_value));		\
}									\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

#define PREVIOUS_PHASE(_name, _phase)					\
	PREVIOUS_ATTR(_name,						\
		      div_u64(le64_to_cpu(previous.letter.phase_ns[_phase]), \
			      NSEC_PER_USEC))

PREVIOUS_ATTR(in_place, le64_to_cpu(previous.letter.in_place));
PREVIOUS_ATTR(moved, le64_to_cpu(previous.letter.moved));
PREVIOUS_ATTR(zero, le64_to_cpu(previous.letter.zero));
PREVIOUS_ATTR(verified, !!(previous.letter.flags &
			   cpu_to_le32(KEXEC_LETTER_VERIFIED)));
PREVIOUS_PHASE(settle_us, KEXEC_PHASE_SETTLE);
PREVIOUS_PHASE(verify_us, KEXEC_PHASE_VERIFY);
PREVIOUS_PHASE(notifiers_us, KEXEC_PHASE_NOTIFIERS);
PREVIOUS_PHASE(devices_us, KEXEC_PHASE_DEVICES);
PREVIOUS_PHASE(cpus_us, KEXEC_PHASE_CPUS);

static ssize_t release_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", previous.letter.release);
}

static struct kobj_attribute release_attr = __ATTR_RO(release);

static ssize_t gap_us_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	if (!previous.gap_known)
		return sysfs_emit(buf, "unknown\n");
	return sysfs_emit(buf, "%llu\n",
			  div_u64(previous.gap_ns, NSEC_PER_USEC));
}

static struct kobj_attribute gap_us_attr = __ATTR_RO(gap_us);

static struct attribute *previous_attrs[] = {
	&release_attr.attr,
	&gap_us_attr.attr,
	&in_place_attr.attr,
	&moved_attr.attr,
	&zero_attr.attr,
	&verified_attr.attr,
	&settle_us_attr.attr,
	&verify_us_attr.attr,
	&notifiers_us_attr.attr,
	&devices_us_attr.attr,
	&cpus_us_attr.attr,
	NULL
};

static const struct attribute_group previous_group = {
	.name = "previous",
	.attrs = previous_attrs,
};

/**
 * kexec_letter_show - show what the kernel before this one wrote, if it did
 * @kobj: the directory that gets the directory "previous"
 *
 * Context: May sleep.
 * Return: 0 or a negative errno.
 */
int kexec_letter_show(struct kobject *kobj)
{
	return previous.known ? sysfs_create_group(kobj, &previous_group) : 0;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "letter_test.c"
#endif
