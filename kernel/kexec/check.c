// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks on what a caller of kexec_load(2) wants placed where.  Nothing it
 * passes is believed, and no byte is allocated before all of it was checked.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/efi.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/overflow.h>
#include <linux/pfn.h>
#include <linux/tick.h>

#include "internal.h"

/*
 * A walk through a destination: where it is, and the first error.  The pieces are
 * to the byte: what the loader of this kernel left for it (setup_data) may be one
 * of its own that ends within a page.
 */
struct ram_walk {
	const struct kexec_segment *seg;
	unsigned int nr;
	u64 next;
};

static int is_busy(struct resource *res, void *unused)
{
	return -EBUSY;
}

static int note_end(struct resource *res, void *end)
{
	*(u64 *)end = res->end;
	return 0;
}

/**
 * kexec_end_of_ram - where System RAM ends, of which memory that comes is a part first
 *
 * Context: Process context; takes resource_lock for reading.
 * Return: the address behind its last byte.
 */
u64 kexec_end_of_ram(void)
{
	u64 last = 0;

	walk_system_ram_res(0, -1, &last, note_end);
	return last + 1;
}

/* Refuse a destination for bytes that it has: [@start, @end], or a part of these. */
static int refuse_bytes(const struct ram_walk *walk, u64 start, u64 end, const char *why)
{
	u64 below = 0;

	if (start)
		walk_system_ram_res(0, start - 1, &below, note_end);
	if (!below)
		return kexec_refuse_segment(-EADDRNOTAVAIL, walk->nr, walk->seg,
					    "is not all in System RAM: [%#llx-%#llx] %s; kexec-tools leave it out by --mem-min=%#llx",
					    start, end, why, end + 1);
	return kexec_refuse_segment(-EADDRNOTAVAIL, walk->nr, walk->seg,
				    "is not all in System RAM: [%#llx-%#llx] %s; kexec-tools leave it out by --mem-max=%#llx",
				    start, end, why, below);
}

/* Bytes of a destination that are no System RAM. */
static int check_unused(const struct ram_walk *walk, u64 start, u64 end)
{
	const char *why = machine_kexec_why_no_ram(start, end);

	/* -EINVAL says that nothing is there. */
	if (!why && walk_mem_res(start, end, NULL, is_busy) == -EBUSY)
		why = "is kept for the system or a driver";
	return why ? refuse_bytes(walk, start, end, why) : 0;
}

#ifdef CONFIG_MEMORY_HOTPLUG
static bool is_offline(unsigned long section)
{
	return present_section_nr(section) && !online_section_nr(section);
}
#endif

/*
 * What is offline is System RAM, too.  It may be removed at any moment, of which nobody is
 * told; of standby memory, the machine may have none there; and nobody knows its broken
 * pages, which may be why it is offline.  What is online stays so from kexec_stay_hold() on.
 */
static int check_online(const struct ram_walk *walk, u64 start, u64 end)
{
#ifdef CONFIG_MEMORY_HOTPLUG
	unsigned long nr = pfn_to_section_nr(PHYS_PFN(start)), first, next;
	unsigned long last = pfn_to_section_nr(PHYS_PFN(end));

	while (nr <= last && !is_offline(nr))
		nr++;
	if (nr > last)
		return 0;
	/* All that is offline there: a loader has to leave it out as a whole. */
	for (first = nr; first && is_offline(first - 1); first--)
		;
	for (next = nr + 1; is_offline(next); next++)
		;
	return refuse_bytes(walk, PFN_PHYS(section_nr_to_pfn(first)),
			    PFN_PHYS(section_nr_to_pfn(next)) - 1, "is offline, and may go");
#else
	return 0;
#endif
}

static int walk_ram(struct resource *res, void *data)
{
	struct ram_walk *walk = data;
	int err = 0;

	if (res->start > walk->next)
		err = check_unused(walk, walk->next, res->start - 1);
	if (!err && res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		err = kexec_refuse_segment(-EADDRNOTAVAIL, walk->nr, walk->seg,
					   "has [%#llx-%#llx] of a driver's memory, which the next kernel does not know of, and the driver takes away",
					   (u64)res->start, (u64)res->end);
	if (!err)
		err = check_online(walk, res->start, res->end);
	walk->next = (u64)res->end + 1;
	return err;
}

/*
 * Whether all of a destination is ordinary memory: System RAM, or what
 * firmware calls RAM and this kernel has no use for.  The latter has no struct
 * page, maybe; it can be moved to, and is never claimed.  What a driver has added,
 * virtio-mem for one, is System RAM to those who ask it for memory only.
 *
 * The walk reports each piece of System RAM in the range once, cut to the range.
 */
static int check_ram(const struct kexec_segment *seg, unsigned int nr)
{
	struct ram_walk walk = { .seg = seg, .nr = nr, .next = seg->mem };
	u64 end = seg->mem + (seg->memsz - 1);
	int err;

	err = walk_system_ram_res(seg->mem, end, &walk, walk_ram);
	if (err == -EADDRNOTAVAIL || walk.next > end)
		return err == -EADDRNOTAVAIL ? err : 0;
	return check_unused(&walk, walk.next, end);
}

/* A piece of memory that a node below /reserved-memory names, or none. */
static bool reserved_overlaps(struct device_node *node, struct resource *dest)
{
	struct resource res;
	int i;

	for (i = 0; !of_address_to_resource(node, i, &res); i++) {
		if (resource_overlaps(&res, dest))
			return true;
	}
	return false;
}

/*
 * The device tree has what firmware and devices keep of the memory; System RAM
 * nevertheless, unless it says "no-map".  To write there may hang the machine, as
 * with OpenSBI's own memory.  What it calls reusable is the page allocator's until
 * a driver claims it, and the next kernel's as well.
 */
static int check_reserved(const struct kexec_segment *seg, unsigned int nr)
{
	struct device_node *root __free(device_node) =
		of_find_node_by_path("/reserved-memory");
	struct resource dest = DEFINE_RES_MEM(seg->mem, seg->memsz);

	for_each_available_child_of_node_scoped(root, node) {
		if (!of_property_read_bool(node, "reusable") &&
		    reserved_overlaps(node, &dest))
			return kexec_refuse_segment(-EADDRNOTAVAIL, nr, seg,
						    "lies over %pOF, which is not for kernels",
						    node);
	}
	return 0;
}

/*
 * EFI's list has what a device goes on using until the machine is reset, whichever
 * kernel runs: tables of the interrupt controller that are read and written.  It is
 * itself read by the next kernel, early.  All of it is System RAM.
 */
static int check_persistent(const struct kexec_segment *seg, unsigned int nr)
{
	if (IS_ENABLED(CONFIG_EFI) &&
	    efi_mem_is_persistent(seg->mem, seg->memsz))
		return kexec_refuse_segment(-EADDRNOTAVAIL, nr, seg,
					    "lies over memory that EFI's list keeps, for this kernel and the next ones");
	return 0;
}

/* In pieces: a destination may be most of a large machine's memory. */
static int check_broken(const struct kexec_segment *seg, unsigned int nr)
{
	unsigned long done, len;
	int err;

	for (done = 0; done < seg->memsz; done += len) {
		err = kexec_check_signal();
		if (err)
			return err;
		len = min_t(unsigned long, seg->memsz - done,
			    PFN_PHYS(MAX_ORDER_NR_PAGES));
		if (kexec_is_broken(seg->mem + done, len, true))
			return kexec_refuse_segment(-EADDRNOTAVAIL, nr, seg,
						    "lies over memory that is broken");
	}
	return 0;
}

static int check_segment(enum kexec_type type, const struct kexec_segment *seg,
			 unsigned int nr)
{
	unsigned long end;
	int err;

	if (seg->bufsz > seg->memsz)
		return kexec_refuse(-EINVAL,
				    "segment %u at %#lx has more content (%#zx bytes) than room (%#zx bytes)",
				    nr, seg->mem, seg->bufsz, seg->memsz);

	if (!PAGE_ALIGNED(seg->mem) || !PAGE_ALIGNED(seg->memsz))
		return kexec_refuse(-EADDRNOTAVAIL,
				    "segment %u at %#lx, %#zx bytes, is not made of whole pages",
				    nr, seg->mem, seg->memsz);

	if (!seg->memsz)
		return 0;

	/* The last byte has an address, but one past it may be 0. */
	if (check_add_overflow(seg->mem, seg->memsz - 1, &end))
		return kexec_refuse(-EADDRNOTAVAIL,
				    "segment %u at %#lx, %#zx bytes, goes round the end of the address space",
				    nr, seg->mem, seg->memsz);

	if (end > KEXEC_DEST_LIMIT)
		return kexec_refuse_segment(-EADDRNOTAVAIL, nr, seg,
					    "reaches past %#lx, the last address a destination may have",
					    (unsigned long)KEXEC_DEST_LIMIT);

	err = type == KEXEC_TYPE_CRASH ?
		kexec_region_check_segment(seg, nr) :
		check_ram(seg, nr) ?: check_reserved(seg, nr) ?:
		check_persistent(seg, nr);
	/* Only then: a range that is not memory may be very long. */
	return err ?: check_broken(seg, nr);
}

static bool segments_overlap(const struct kexec_segment *a,
			     const struct kexec_segment *b)
{
	return a->memsz && b->memsz &&
	       a->mem <= b->mem + (b->memsz - 1) &&
	       b->mem <= a->mem + (a->memsz - 1);
}

/* Segment @nr against those before it. */
static int check_overlap(const struct kexec_segment *segments, unsigned int nr)
{
	const struct kexec_segment *seg = &segments[nr];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct kexec_segment *other = &segments[i];

		if (segments_overlap(seg, other))
			return kexec_refuse_segment(-EINVAL, nr, seg,
						    "overlaps segment %u [%#lx-%#lx]",
						    i, other->mem,
						    other->mem + (other->memsz - 1));
	}
	return 0;
}

static int check_alignment(unsigned long entry)
{
	if (!IS_ALIGNED(entry, KEXEC_ENTRY_ALIGN))
		return kexec_refuse(-EINVAL,
				    "entry point %#lx is no multiple of %d, so no instruction begins there",
				    entry, KEXEC_ENTRY_ALIGN);
	return 0;
}

/**
 * kexec_check_segments - whether an image can be asked for at all
 * @type: the slot that it is meant for
 * @segments: its segments, already copied from the caller
 * @nr_segments: how many, at most %KEXEC_SEGMENT_MAX
 * @entry: physical address that the handoff is to jump to
 *
 * Looks at numbers only, not at the content.  A segment of memsz 0 is fine and
 * means nothing.  Each refusal is explained by kexec_refuse().
 *
 * Context: May sleep; takes resource_lock for reading.
 * Return:
 * * %0 - it can
 * * %-EINVAL - more content than room; two segments overlap; @entry lies in none, or
 *   no instruction can begin there
 * * %-EADDRNOTAVAIL - not whole pages; wraps; past KEXEC_DEST_LIMIT; not RAM, or kept
 *   for firmware, a driver or a device; for a crash image, not in the crash region; broken
 * * %-ENOMEM - more content than the machine has memory
 * * %-EINTR - a fatal signal came
 */
int kexec_check_segments(enum kexec_type type,
			 const struct kexec_segment *segments,
			 unsigned int nr_segments, unsigned long entry)
{
	unsigned long nr_content = 0;
	bool entry_inside = false;
	unsigned int i;
	int err;

	for (i = 0; i < nr_segments; i++) {
		const struct kexec_segment *seg = &segments[i];

		err = check_segment(type, seg, i);
		if (err)
			return err;

		err = check_overlap(segments, i);
		if (err)
			return err;

		/* Wraps below seg->mem to a large number: one comparison. */
		if (entry - seg->mem < seg->memsz)
			entry_inside = true;

		/*
		 * Can't overflow: the segments so far are disjoint, so that
		 * their pages are fewer than there are page frames.
		 */
		nr_content += DIV_ROUND_UP(seg->bufsz, PAGE_SIZE);
	}

	if (!entry_inside)
		return kexec_refuse(-EINVAL,
				    "entry point %#lx lies in no segment", entry);
	err = check_alignment(entry);
	if (err)
		return err;

	if (type == KEXEC_TYPE_DEFAULT && nr_content > totalram_pages())
		return kexec_refuse(-ENOMEM,
				    "%lu KiB of content, but the machine has %lu KiB of memory",
				    nr_content << (PAGE_SHIFT - 10),
				    totalram_pages() << (PAGE_SHIFT - 10));
	return 0;
}

/**
 * kexec_check_ram - whether the machine still has what a boot image needs of it
 * @image: an image whose segments have been checked before
 *
 * Memory can be pulled out of a machine: a part that a driver took back, or that was taken
 * offline before kexec_stay_hold().  And a CPU that came online may have a table from then
 * on that the interrupt controller uses.
 *
 * Context: Process context; takes resource_lock for reading.
 * Return: 0 or -EADDRNOTAVAIL.
 */
int kexec_check_ram(const struct kimage *image)
{
	unsigned int i;

	for (i = 0; i < image->nr_segments; i++) {
		const struct kexec_segment *seg = &image->segment[i];
		int err;

		if (!seg->memsz)
			continue;
		if (check_ram(seg, i))
			return kexec_refuse_segment(-EADDRNOTAVAIL, i, seg,
						    "lies in memory that is gone, load the image again");
		err = check_persistent(seg, i);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kexec_check_way_back - whether a kernel may wait at an address
 * @entry: the entry point of an image that has no memory
 *
 * A kernel that was started by one that lent it the machine goes back by such an
 * image: all of that one is where it was left, in memory that this one has never
 * been given.
 *
 * Context: Process context; takes resource_lock for reading.
 * Return:
 * * %0 - it may
 * * %-EINVAL - it is in this kernel's memory; or no instruction can begin there
 * * %-EADDRNOTAVAIL - past KEXEC_DEST_LIMIT
 */
int kexec_check_way_back(unsigned long entry)
{
	if (entry > KEXEC_DEST_LIMIT)
		return kexec_refuse(-EADDRNOTAVAIL,
				    "entry point %#lx is past %#lx, the last address that can be reached",
				    entry, (unsigned long)KEXEC_DEST_LIMIT);
	if (region_intersects(entry, 1, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return kexec_refuse(-EINVAL,
				    "entry point %#lx lies in no segment, but in memory of this kernel, so no other one waits there",
				    entry);
	return check_alignment(entry);
}

/**
 * kexec_check_cpus - whether all CPUs but the one that hands over can go offline
 * @stays: that one; if it is not online, it is the first that is, as for a reboot
 * @can_disable: whether the architecture can take a CPU offline; NULL if it can all
 *
 * For machine_kexec_check(), where machine_shutdown() takes CPUs offline: once devices
 * are shut down, it is too late to find that one can't be.  Neither can the CPU that keeps
 * the time for those of nohz_full=: timers of CPUs that go have to go there.
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY.
 */
int kexec_check_cpus(unsigned int stays, bool (*can_disable)(unsigned int cpu))
{
	unsigned int cpu;

	guard(cpus_read_lock)();
	if (!cpu_online(stays))
		stays = cpumask_first(cpu_online_mask);
	for_each_online_cpu(cpu) {
		if (cpu == stays)
			continue;
		if (!tick_nohz_cpu_hotpluggable(cpu) ||
		    (can_disable && !can_disable(cpu)))
			return kexec_refuse(-EBUSY,
					    "CPU %u can't be taken offline, and CPU %u is to hand over",
					    cpu, stays);
	}
	return 0;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "check_test.c"
#endif
