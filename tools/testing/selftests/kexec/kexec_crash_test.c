// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_load(2) with KEXEC_ON_CRASH as user space sees it, where crashkernel=
 * has reserved memory: what is accepted, what is refused and why, and that the
 * image in the slot stays until there is another.
 *
 * Nothing panics, and nothing here lasts longer than the program.  To be run as
 * root, on any machine.  If an image is loaded, in either slot, it is left alone,
 * and the tests are skipped, unless KEXEC_TEST_REPLACE=1 is in the environment: then
 * it is gone.  With KEXEC_TEST_REBOOT=1, reboot(2) is tried where nothing can be
 * started, unless somebody loads an image meanwhile.
 *
 * The same source, built for 32 bits, tests the compat system call.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"
#include "abi.h"

#define CRASH_SIZE	SYSFS_KEXEC "crash_size"
#define CRASH_LOADED	SYSFS_KEXEC "crash_loaded"

/* What the fixture prepares, for each test anew. */
static struct range region;
static __u64 unit;		/* of which it has 16 */

FIXTURE(crash) {
};

FIXTURE_SETUP(crash)
{
	const char *why = no_crash_images(&region) ?:
			  no_loads(KEXEC_ON_CRASH) ?: no_loads(0);
	struct kexec_segment seg;

	if (why)
		SKIP(return, "%s", why);
	unit = memory_info("MemTotal:") < 128 * MIB ? MIB / 2 : MIB;
	ASSERT_LE(16 * unit, range_len(region));
	ASSERT_TRUE(prepare_abi_test());

	/* Not in any test's way; it shows what happens to the other slot. */
	seg = pages(round_down(addressable_ram().start + to_scale(64 * MIB),
			       MIB), 2);
	ASSERT_EQ(0, load_segments(1, &seg));
	read_segments(loaded);
}

FIXTURE_TEARDOWN(crash)
{
	clear_up();
}

/* Whether all bytes of the crash image lie where they belong. */
static bool all_in_place(void)
{
	struct placed placed[SEGMENTS_MAX];
	int i, nr;

	nr = read_placed_from(SYSFS_KEXEC "crash_segments", placed, SEGMENTS_MAX);
	for (i = 0; i < nr; i++) {
		if (placed[i].in_place != range_len(placed[i].at))
			return false;
	}
	return nr > 0;
}

TEST_F(crash, load_and_unload)
{
	struct kexec_segment segs[] = {
		pages(region.start + 8 * unit, 3),
		segment(buf, 1, region.start + MIB, 5 * page),
	};
	char now[2 * TEXT_MAX];

	EXPECT_TRUE(file_says(CRASH_LOADED, "0"));
	EXPECT_TRUE(file_says("/sys/kernel/kexec_crash_loaded", "0"));
	EXPECT_EQ(0, unload_crash());

	ASSERT_EQ(0, load_crash(2, segs));
	EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
	EXPECT_TRUE(file_says("/sys/kernel/kexec_crash_loaded", "1"));
	EXPECT_TRUE(file_says(SYSFS_KEXEC "crash_segments",
			      text_of("%#llx-%#llx in_place=%zu moved=0 zero=0\n"
				      "%#llx-%#llx in_place=%zu moved=0 zero=0",
				      region.start + MIB,
				      region.start + MIB + 5 * page - 1,
				      5 * page,
				      region.start + 8 * unit,
				      region.start + 8 * unit + 3 * page - 1,
				      3 * page)));

	ASSERT_EQ(0, unload_crash());
	EXPECT_TRUE(file_says(CRASH_LOADED, "0"));
	read_segments(now);
	EXPECT_STREQ(loaded, now);
}

/* Loaders say so, in case that the kernel changes what they have loaded. */
TEST_F(crash, flags)
{
	struct kexec_segment seg = pages(region.start + MIB, 1);

	EXPECT_EQ(0, load((uintptr_t)seg.mem, 1, &seg,
			  KEXEC_ON_CRASH | KEXEC_UPDATE_ELFCOREHDR));
	EXPECT_EQ(0, load((uintptr_t)seg.mem, 1, &seg,
			  KEXEC_ON_CRASH | KEXEC_CRASH_HOTPLUG_SUPPORT));
	EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
	EXPECT_EQ(0, unload_crash());
	EXPECT_TRUE(file_says(CRASH_LOADED, "0"));
}

TEST_F(crash, sysfs_files)
{
	static const struct {
		const char *path;
		mode_t mode;
	} files[] = {
		{ CRASH_LOADED,				0444 },
		{ CRASH_SIZE,				0644 },
		{ SYSFS_KEXEC "crash_segments",		0400 },
		{ SYSFS_KEXEC "crash_cma_ranges",	0400 },
		{ "/sys/kernel/kexec_crash_loaded",	0444 },
		{ "/sys/kernel/kexec_crash_size",	0644 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_TRUE(has_mode(files[i].path, files[i].mode))
			TH_LOG("%s", files[i].path);
	}
}

/* In RAM, and far from the region, which may be where most of RAM begins. */
static __u64 far_from_the_region(void)
{
	__u64 at = addressable_ram().start + to_scale(32 * MIB);

	return at + 2 * page > region.start && at < region.end ?
	       region.end + to_scale(32 * MIB) : at;
}

TEST_F(crash, outside_of_the_region)
{
	const __u64 bad[] = {
		region.start - page,		/* its first half is */
		region.start - 2 * page,	/* right before */
		region.end - page,		/* its second half is */
		region.end,			/* right behind */
		far_from_the_region(),
		0,
	};
	struct kexec_segment segs[] = {
		pages(region.start + MIB, 1),
		{ },
	};
	struct range all[RANGES_MAX];
	unsigned int i;
	bool first;

	ASSERT_EQ(0, load_crash(1, segs));
	read_segments(loaded);

	for (i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		first = i % 2;
		segs[first] = pages(region.start + MIB, 1);
		segs[!first] = pages(bad[i / 2], 2);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(!first, &segs[!first]),
			       load((uintptr_t)segs[first].mem, 2, segs,
				    KEXEC_ON_CRASH));
		EXPECT_TRUE(says(last_refusal(), "crash region"));
	}

	/* From before the start to past the end. */
	segs[0] = segment(buf, page, region.start - page,
			  range_len(region) + 2 * page);
	EXPECT_REFUSED(EADDRNOTAVAIL, named(0, &segs[0]), load_crash(1, segs));

	if (find_iomem("Crash kernel", all, RANGES_MAX) > 1) {
		segs[0] = pages(all[0].start, 1);
		EXPECT_REFUSED(EADDRNOTAVAIL, named(0, &segs[0]),
			       load_crash(1, segs));
	}
}

TEST_F(crash, entry)
{
	struct kexec_segment seg = pages(region.start + MIB, 2);
	const __u64 bad[] = {
		region.start + MIB - 1, region.start + MIB + 2 * page,
		region.start, region.end, 0,
	};
	unsigned int i;

	ASSERT_EQ(0, load(region.start + MIB + 2 * page - instruction_align(),
			  1, &seg, KEXEC_ON_CRASH));
	read_segments(loaded);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_REFUSED(EINVAL, text_of("entry point %#llx", bad[i]),
			       load(bad[i], 1, &seg, KEXEC_ON_CRASH));
}

TEST_F(crash, unsound_segments)
{
	struct kexec_segment segs[] = {
		pages(region.start + MIB, 4),
		pages(region.start + MIB + 3 * page, 4),
	};

	EXPECT_REFUSED(EINVAL, "overlaps segment 0", load_crash(2, segs));
	segs[1] = segment(buf, 2 * page, region.start, page);
	EXPECT_REFUSED(EINVAL, "segment 1 ", load_crash(2, segs));
	segs[1] = segment(buf, page, region.start + 1, page);
	EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 at", load_crash(2, segs));
	segs[1] = segment(buf, page, region.start, -region.start);
	EXPECT_REFUSED(EADDRNOTAVAIL, "segment 1 ", load_crash(2, segs));
}

/*
 * There is no room in the region then but for the image itself: its control
 * memory lies elsewhere, and is given back.
 */
TEST_F(crash, whole_region)
{
	struct kexec_segment seg = segment(buf, BUFFER_SIZE, region.start,
					   range_len(region));
	struct leak leak = {};
	int i;

	do {
		/* Of control memory there are some pages each time. */
		for (i = 0; i <= LEAK_ROUNDS / 5; i++) {
			ASSERT_EQ(0, load_crash(1, &seg));
			if (!i) {
				/* In place of itself. */
				ASSERT_EQ(0, load_crash(1, &seg));
				EXPECT_TRUE(all_in_place());
				leak_begin(&leak);
			}
			ASSERT_EQ(0, unload_crash());
		}
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

TEST_F(crash, many_segments)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	struct placed placed[SEGMENTS_MAX];
	__u64 step = round_down(range_len(region) / SEGMENTS_MAX, page);
	int i;

	/* Downwards, each with a page free behind it; touching; far apart. */
	for (i = 0; i < SEGMENTS_MAX; i++)
		segs[i] = segment(buf, i * 777,
				  region.end - (i + 1) * step, step - page);
	ASSERT_EQ(0, load_crash(SEGMENTS_MAX, segs));
	EXPECT_EQ(SEGMENTS_MAX, read_placed_from(SYSFS_KEXEC "crash_segments",
						 placed, SEGMENTS_MAX));
	EXPECT_TRUE(all_in_place());

	for (i = 0; i < SEGMENTS_MAX; i++)
		segs[i] = pages(region.start + i * page, 1);
	ASSERT_EQ(0, load_crash(SEGMENTS_MAX, segs));
	EXPECT_TRUE(all_in_place());

	for (i = 0; i < SEGMENTS_MAX; i++)
		segs[i] = pages(region.start + i * step, 1);
	ASSERT_EQ(0, load_crash(SEGMENTS_MAX, segs));
	EXPECT_TRUE(all_in_place());
	EXPECT_EQ(EINVAL, load_crash(SEGMENTS_MAX + 1, segs));
}

/* Of zeroes a crash image holds the memory, too: it has to be right already. */
TEST_F(crash, segments_without_content)
{
	struct kexec_segment segs[] = {
		segment(NULL, 0, region.start, MIB),
		segment(NULL, 0, region.start + 4 * MIB, page),
		segment(NULL, 0, region.start + 8 * unit, 0),
	};
	struct placed placed[SEGMENTS_MAX];

	ASSERT_EQ(0, load_crash(3, segs));
	EXPECT_EQ(2, read_placed_from(SYSFS_KEXEC "crash_segments", placed,
				      SEGMENTS_MAX));
	EXPECT_TRUE(all_in_place());
	/* And in place of that. */
	ASSERT_EQ(0, load_crash(1, segs));
	EXPECT_TRUE(all_in_place());
}

TEST_F(crash, unreadable_content)
{
	struct kexec_segment good = pages(region.start, 16), segs[] = {
		pages(region.start, BUFFER_PAGES),
		pages(region.start + 8 * unit, BUFFER_PAGES),
	};

	/* All but its last byte can be read. */
	segs[1].buf = buf + 1;

	/* Nothing is loaded, and nothing is after that. */
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_crash(2, segs));
	EXPECT_TRUE(file_says(CRASH_LOADED, "0"));

	ASSERT_EQ(0, load_crash(1, &good));
	read_segments(loaded);
	EXPECT_REFUSED(EFAULT, named(1, &segs[1]), load_crash(2, segs));
	EXPECT_TRUE(file_says(CRASH_LOADED, "1"));

	segs[1].bufsz--;
	EXPECT_EQ(0, load_crash(2, segs));
	EXPECT_TRUE(all_in_place());
}

TEST_F(crash, slots_are_independent)
{
	struct kexec_segment seg = pages(region.start + MIB, 4);
	char boot[TEXT_MAX], crash[TEXT_MAX], now[TEXT_MAX];

	ASSERT_EQ(0, load_crash(1, &seg));
	wait_until_settled();
	read_file(SYSFS_KEXEC "segments", boot, sizeof(boot));
	read_file(SYSFS_KEXEC "crash_segments", crash, sizeof(crash));

	EXPECT_EQ(0, unload_crash());
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
	read_file(SYSFS_KEXEC "segments", now, sizeof(now));
	EXPECT_STREQ(boot, now);

	ASSERT_EQ(0, load_crash(1, &seg));
	EXPECT_EQ(0, unload());
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "0"));
	EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
	read_file(SYSFS_KEXEC "crash_segments", now, sizeof(now));
	EXPECT_STREQ(crash, now);

	/* It is not what reboot(2) starts. */
	if (may_reboot()) {
		EXPECT_EQ(-1, reboot_kexec());
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
}

TEST_F(crash, replace_without_leak)
{
	struct leak leak = {};
	int i;

	do {
		/* The first round is for what is allocated once and kept. */
		for (i = 0; i <= LEAK_ROUNDS; i++) {
			/* Here over the one before, there beside it. */
			struct kexec_segment segs[] = {
				segment(buf, BUFFER_SIZE, region.start, 2 * MIB),
				pages(region.end - (i % 3 + 1) * MIB, i % BUFFER_PAGES + 1),
			};

			ASSERT_EQ(0, load_crash(2, segs));
			ASSERT_TRUE(all_in_place());
			EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
			if (!i)
				leak_begin(&leak);
		}
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
	EXPECT_TRUE(file_says(SYSFS_KEXEC "loaded", "1"));
}

#define LISTS_MAX	"/proc/sys/vm/percpu_pagelist_high_fraction"

/*
 * Have CPUs keep few free pages for themselves: those are in no count until a load
 * that needs them has them given back.
 */
static bool empty_cpu_lists(void)
{
	int i;

	if (change_file(LISTS_MAX, "1000000"))
		return false;
	for (i = 0; i < 500; i++) {
		if (page * pages_on_cpu_lists() <= 6 * MIB)
			return true;
		/* Each CPU gives back some of what is too much; without SMP, if it gets more. */
		if (write_file("/proc/sys/vm/stat_refresh", "1"))
			munmap(mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
			       4 * MIB);
		usleep(10000);
	}
	return false;
}

#define TAKEN_MAX	64

/* Memory that is kept from others. */
struct taken {
	void *at[TAKEN_MAX];
	__u64 len[TAKEN_MAX];
	int nr;
};

/* With what each CPU has counted by itself. */
static __u64 memory_available(void)
{
	write_file("/proc/sys/vm/stat_refresh", "1");
	return memory_info("MemAvailable:");
}

/*
 * Leave at most so much of the memory.  What is given up for that by others makes
 * more available, so it is looked at again; and no less is taken than they may give
 * up at a time, or that would not end.
 *
 * What makes the kernel kill for want of memory, and no count has, is a huge page that
 * a CPU keeps for itself (32 MiB where pages are of 16 KiB), and as much again that is
 * held back after an allocation of another kind: there is neither.
 */
static bool take_all_but(__u64 left, struct taken *taken)
{
	__u64 available, len;
	void *at;

	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) ||
	    hold_nothing_back())
		return false;
	while ((available = memory_available()) > left) {
		if (taken->nr == TAKEN_MAX)
			return false;
		len = round_up(available - left, MIB / 4);
		at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (at == MAP_FAILED)
			return false;
		taken->at[taken->nr] = at;
		taken->len[taken->nr++] = len;
	}
	return true;
}

static void give_back(struct taken *taken)
{
	while (taken->nr) {
		taken->nr--;
		munmap(taken->at[taken->nr], taken->len[taken->nr]);
	}
}

/*
 * An image is replaced though there is not as much memory again: what overlaps
 * the old one waits in the rest of the region.  If that is not enough either, the
 * old one stays.
 */
TEST_F(crash, replace_with_little_memory)
{
	__u64 len = round_down(range_len(region), 8 * MIB);
	struct kexec_segment part = segment(buf, BUFFER_SIZE, region.start,
					    len / 8 * 3);
	struct kexec_segment most = segment(buf, BUFFER_SIZE, region.start,
					    len / 8 * 7);
	struct taken taken = { };
	int i;

	if (memory_info("MemTotal:") > GIB + GIB / 2)
		SKIP(return, "would fill the memory of a large machine");
	ASSERT_LE(to_scale(32 * MIB), len);

	ASSERT_EQ(0, load_crash(1, &part));
	settled_free_memory();
	ASSERT_TRUE(empty_cpu_lists());
	ASSERT_TRUE(take_all_but(part.memsz / 4 * 3, &taken));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, load_crash(1, &part)) {
			TH_LOG("%s", last_refusal());
		}
		EXPECT_TRUE(all_in_place());
	}
	ASSERT_TRUE(empty_cpu_lists());
	ASSERT_TRUE(take_all_but(part.memsz / 4 * 3, &taken));
	read_segments(loaded);
	EXPECT_REFUSED(ENOMEM, "kexec -p -u", load_crash(1, &most));

	EXPECT_EQ(0, unload_crash());
	EXPECT_EQ(0, load_crash(1, &most));
	read_segments(loaded);
	EXPECT_REFUSED(ENOMEM, "kexec -p -u", load_crash(1, &most));
	give_back(&taken);
	restore_files();
	EXPECT_EQ(0, load_crash(1, &most));
	EXPECT_TRUE(all_in_place());
}

/* What the region lies in, and beside, is listed all the same: loaders go by that. */
TEST_F(crash, system_ram)
{
	/* "System RAM (virtio_mem)", and the like: a driver has it, and counts it. */
	EXPECT_GE(sum_iomem("System RAM") + sum_iomem("System RAM ("),
		  memory_info("MemTotal:"));
}

TEST_F(crash, size)
{
	static const char old_file[] = "/sys/kernel/kexec_crash_size";
	__u64 size = sum_iomem("Crash kernel");
	char text[32], larger[32];
	struct kexec_segment seg = pages(region.start, 1);

	snprintf(text, sizeof(text), "%llu", size);
	snprintf(larger, sizeof(larger), "%llu", size + page);
	EXPECT_TRUE(file_says(CRASH_SIZE, text));
	EXPECT_TRUE(file_says(old_file, text));

	EXPECT_REFUSED(EINVAL, "can only shrink",
		       write_file(CRASH_SIZE, larger));
	EXPECT_REFUSED(EINVAL, "can only shrink", write_file(old_file, larger));
	EXPECT_EQ(EINVAL, write_file(CRASH_SIZE, "some"));
	EXPECT_EQ(EINVAL, write_file(CRASH_SIZE, "-1"));
	EXPECT_EQ(ERANGE, write_file(CRASH_SIZE, "0x10000000000000000"));
	/* That is no change. */
	EXPECT_EQ(0, write_file(CRASH_SIZE, text));

	ASSERT_EQ(0, load_crash(1, &seg));
	read_segments(loaded);
	EXPECT_REFUSED(ENOENT, "while an image is loaded",
		       write_file(CRASH_SIZE, "0"));
	EXPECT_REFUSED(ENOENT, "while an image is loaded",
		       write_file(old_file, "0"));
	EXPECT_TRUE(file_says(CRASH_SIZE, text));
}

#define RACERS		2
#define RACE_LOADS	100UL	/* of each, in the end ... */
#define RACE_LEAST	4UL	/* ... or on a slow machine */

/* What a child that loads images found out. */
struct race {
	unsigned long nr_loads;
	unsigned long nr_busy;
	int unexpected;		/* the first errno that must not be */
};

/* Two images that have no segment in common, with so many of them. */
static int race_image(int which, struct kexec_segment *segs)
{
	int i, nr = which ? 5 : 3;

	for (i = 0; i < nr; i++)
		segs[i] = pages(region.start + (2 * i + which) * unit,
				BUFFER_PAGES / 2);
	return nr;
}

static void race_to_load(int which, struct race *race)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	int err, nr = race_image(which, segs);
	__u64 half_time = time_limit() - time_limit_s() / 2;

	while (race->nr_loads < (is_over(half_time) ? RACE_LEAST : RACE_LOADS) &&
	       !race->unexpected) {
		err = load_crash(nr, segs);
		if (!err) {
			race->nr_loads++;
		} else if (err == EBUSY) {
			race->nr_busy++;
			/* The other one may have no other CPU. */
			usleep(100);
		} else {
			race->unexpected = err;
		}
	}
	_exit(0);
}

/* Whether there is one of the two images in the slot, all of it. */
static bool one_is_loaded(void)
{
	struct placed placed[SEGMENTS_MAX];
	struct kexec_segment segs[SEGMENTS_MAX];
	int i, which, nr;

	nr = read_placed_from(SYSFS_KEXEC "crash_segments", placed, SEGMENTS_MAX);
	if (nr < 1)
		return false;
	which = placed[0].at.start != region.start;
	if (nr != race_image(which, segs))
		return false;
	for (i = 0; i < nr; i++) {
		const struct placed *p = &placed[i];

		if (p->at.start != (uintptr_t)segs[i].mem ||
		    range_len(p->at) != segs[i].memsz ||
		    p->in_place + p->moved + p->zero != segs[i].memsz)
			return false;
	}
	return true;
}

TEST_F(crash, racing_loaders)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	unsigned long nr_torn = 0;
	struct race *races;
	int i, status, nr_racing = RACERS;

	races = mmap(NULL, sizeof(*races) * RACERS, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(races != MAP_FAILED);
	ASSERT_EQ(0, load_crash(race_image(0, segs), segs));

	for (i = 0; i < RACERS; i++) {
		pid_t child = fork();

		ASSERT_LE(0, child);
		if (!child)
			race_to_load(i, &races[i]);
	}
	while (nr_racing) {
		nr_torn += !one_is_loaded();
		nr_torn += !file_says(CRASH_LOADED, "1");
		nr_racing -= waitpid(-1, &status, WNOHANG) > 0;
		usleep(100);
	}
	EXPECT_EQ(0UL, nr_torn);
	for (i = 0; i < RACERS; i++) {
		EXPECT_EQ(0, races[i].unexpected);
		EXPECT_LE(RACE_LEAST, races[i].nr_loads);
		TH_LOG("%lu loads, %lu told to wait", races[i].nr_loads,
		       races[i].nr_busy);
	}
	EXPECT_TRUE(one_is_loaded());
	EXPECT_TRUE(all_in_place());
}

static void load_until_killed(unsigned int *nr_loads)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; ; i++) {
		load_crash(race_image(i % 2, segs), segs);
		__atomic_add_fetch(nr_loads, 1, __ATOMIC_RELAXED);
	}
}

/* At any moment of a load: it ends, or is complete. */
TEST_F(crash, killed_loader)
{
	struct kexec_segment segs[SEGMENTS_MAX];
	unsigned int i, seed = 1, *nr_loads;
	struct leak leak = {};
	pid_t child;

	nr_loads = mmap(NULL, sizeof(*nr_loads), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)nr_loads);
	ASSERT_EQ(0, load_crash(race_image(0, segs), segs));
	do {
		for (i = 0; i <= 50; i++) {
			child = fork();
			ASSERT_LE(0, child);
			if (!child)
				load_until_killed(nr_loads);
			/* It is at it. */
			while (!__atomic_load_n(nr_loads, __ATOMIC_RELAXED)) {
				expect_running(child, "the loader");
				usleep(1000);
			}
			usleep(rand_r(&seed) % 50000);
			ASSERT_EQ(0, kill(child, SIGKILL));
			ASSERT_EQ(child, waitpid(child, NULL, 0));
			*nr_loads = 0;
			EXPECT_TRUE(one_is_loaded());
			if (!i)
				leak_begin(&leak);
		}
		/* An image that is lost once would be more. */
	} while (leak_again(&leak));
	EXPECT_LE(leak.lost, LEAK_SLACK);
	ASSERT_EQ(0, load_crash(race_image(0, segs), segs));
	EXPECT_TRUE(all_in_place());
}

/*
 * An image is replaced, by itself, with an allocation failing: it is refused,
 * and the old one stays; or there was another way, and the new one is loaded.
 */
TEST_F(crash, failing_allocations)
{
	struct kexec_segment segs[] = {
		segment(buf, BUFFER_SIZE, region.start, 2 * MIB),
		pages(region.end - BUFFER_SIZE / 4, BUFFER_PAGES / 4),
	};
	int nth, result, nr_refused, nr_elsewhere;
	char whole[2 * TEXT_MAX];
	const char *lacking;
	struct leak leak = {};

	lacking = begin_faults();
	if (lacking)
		SKIP(return, "the kernel has no %s", lacking);

	ASSERT_EQ(0, load_crash(2, segs));
	read_segments(whole);
	ASSERT_EQ(0, load_crash(2, segs));
	read_segments(loaded);
	EXPECT_STREQ(whole, loaded);
	do {
		leak_begin(&leak);
		nr_refused = 0;
		nr_elsewhere = 0;
		for (nth = 1; nth < 10000; nth++) {
			if (!load_failing(nth, 2, segs, KEXEC_ON_CRASH, &result))
				break;
			EXPECT_TRUE(file_says(CRASH_LOADED, "1"));
			if (!result) {
				/* Perhaps it couldn't be brought into the region. */
				read_segments(loaded);
				nr_elsewhere += strcmp(loaded, whole) != 0;
				continue;
			}
			nr_refused++;
			EXPECT_OUT_OF_MEMORY(nth, result);
		}
		TH_LOG("%d allocations: %d end a load, %d leave it outside of the region",
		       nth - 1, nr_refused, nr_elsewhere);
		/* The image itself, its placement, a page for the table, ... */
		EXPECT_LE(4, nr_refused);
		EXPECT_EQ(0, result);
		EXPECT_TRUE(all_in_place());
	} while (leak_again(&leak));
	end_faults();
	EXPECT_LE(leak.lost, LEAK_SLACK);
}

TEST_HARNESS_MAIN
