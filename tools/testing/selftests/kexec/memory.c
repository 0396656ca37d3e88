// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory is used for, and how to have it used for something else, see
 * memory.h.  Pages are told apart by /proc/kpageflags.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/kernel-page-flags.h>

#include "../kselftest.h"
#include "memory.h"

#ifndef KPF_RESERVED
#define KPF_RESERVED	32	/* "for hacking", but it stays */
#endif

#define BLOCK_DEVICE	"/dev/ram0"
#define GARBAGE_MAX	(2 * GIB)	/* as it takes its time */
#define PIPE_SIZE	to_scale(16 * MIB)
#define FLAGS_AT_ONCE	4096

/* The unit in which the page allocator keeps movable pages apart, in bytes. */
__u64 block_size(void)
{
	static __u64 size;
	static const char label[] = "Pages per block:";
	char text[TEXT_MAX], *at;

	if (!size) {
		read_file("/proc/pagetypeinfo", text, sizeof(text));
		at = strstr(text, label);
		if (!at)
			die("no /proc/pagetypeinfo");
		size = strtoull(at + strlen(label), NULL, 10) * page_size();
	}
	return size;
}

static void count_page(struct census *census, __u64 flags)
{
	/* Without KPF_LRU: on its way to the list of the kind. */
	const __u64 cached = 1ULL << KPF_LRU | 1ULL << KPF_SWAPBACKED |
				1ULL << KPF_UPTODATE;

	if (flags & 1ULL << KPF_BUDDY)
		census->free++;
	else if (flags & (1ULL << KPF_RESERVED | 1ULL << KPF_SLAB |
			  1ULL << KPF_NOPAGE))
		census->other++;
	else if (flags & 1ULL << KPF_ANON)
		census->anon++;
	else if (flags & cached)
		census->cache++;
	else
		census->other++;
}

/* Page frames that nothing tells from ones that can be moved. */
static __u64 pinned[4096];
static int nr_pinned;

static int count_pinned(__u64 pfn, __u64 end)
{
	int i, nr = 0;

	for (i = 0; i < nr_pinned; i++)
		nr += pinned[i] >= pfn && pinned[i] < end;
	return nr;
}

/* The flags of pages from @pfn on, before @end; returns of how many. */
static ssize_t read_flags(__u64 pfn, __u64 end, __u64 flags[FLAGS_AT_ONCE])
{
	static int kpageflags = -1;
	ssize_t nr = end - pfn < FLAGS_AT_ONCE ? end - pfn : FLAGS_AT_ONCE;

	if (kpageflags < 0)
		kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (kpageflags < 0)
		die("no /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR)");

	nr = pread(kpageflags, flags, nr * 8, pfn * 8) / 8;
	if (nr <= 0)
		die("/proc/kpageflags ends early");
	return nr;
}

struct census count_pages(struct range range)
{
	static __u64 flags[FLAGS_AT_ONCE];
	struct census census = { };
	__u64 pfn = range.start / page_size(), end = range.end / page_size();
	ssize_t i, nr;

	census.other = count_pinned(pfn, end);
	census.anon = -census.other;
	for (; pfn < end; pfn += nr) {
		nr = read_flags(pfn, end, flags);
		for (i = 0; i < nr; i++)
			count_page(&census, flags[i]);
	}
	return census;
}

/* Pages that have all of these flags, and none of those; KPF_*, as a mask. */
__u64 count_flagged(struct range range, __u64 with, __u64 without)
{
	static __u64 flags[FLAGS_AT_ONCE];
	__u64 pfn = range.start / page_size(), end = range.end / page_size();
	__u64 count = 0;
	ssize_t i, nr;

	for (; pfn < end; pfn += nr) {
		nr = read_flags(pfn, end, flags);
		for (i = 0; i < nr; i++)
			count += (flags[i] & with) == with && !(flags[i] & without);
	}
	return count;
}

/* The page block with most such pages; a range of length 0 if there are none. */
struct range find_flagged(__u64 with, __u64 without)
{
	struct range ram[RANGES_MAX], most = { }, block;
	int i, nr = find_usable(ram, RANGES_MAX);
	__u64 count, most_count = 0;

	for (i = 0; i < nr; i++) {
		block.start = round_up(ram[i].start, block_size());
		for (; block.start + block_size() <= ram[i].end;
		     block.start = block.end) {
			block.end = block.start + block_size();
			count = count_flagged(block, with, without);
			if (count <= most_count)
				continue;
			most_count = count;
			most = block;
		}
	}
	return most;
}

static struct range intersection(struct range a, struct range b)
{
	return (struct range) {
		.start = a.start > b.start ? a.start : b.start,
		.end = a.end < b.end ? a.end : b.end,
	};
}

/* Bytes of a range that lie in blocks with anything unmovable in them. */
__u64 unmovable_blocks(struct range range)
{
	struct range block, inside;
	__u64 bytes = 0;

	for (block.start = round_down(range.start, block_size());
	     block.start < range.end; block.start = block.end) {
		block.end = block.start + block_size();
		if (!count_pages(block).other)
			continue;
		inside = intersection(block, range);
		bytes += range_len(inside);
	}
	return bytes;
}

/*
 * When the kernel needs another block for itself, it is likely the first of free
 * memory.  Windows that have to stay free until they are loaded stand back.
 */
#define MARGIN		to_scale(32 * MIB)

const struct range anywhere = { .end = NO_END };
const struct use all_free = { .least = { .free = 100 } };

static bool is_used(struct range range, const struct use *use)
{
	struct census census = count_pages(range);
	__u64 all = range_len(range) / page_size();

	return census.free * 100 >= use->least.free * all &&
	       census.anon * 100 >= use->least.anon * all &&
	       census.cache * 100 >= use->least.cache * all &&
	       census.other * 100 >= use->least.other * all &&
	       census.other * 100 <= use->most_other * all;
}

/* In whole units, each of which is used like that; if asked, in blocks that can be claimed. */
static bool find_window_in(struct range *window, __u64 len, struct range ram,
			   const struct use *use, __u64 unit, bool movable)
{
	struct range block;

	window->start = round_up(ram.start, unit);
	for (block.start = window->start; ; block.start = block.end) {
		if (block.start - window->start >= len) {
			window->end = window->start + len;
			if (!movable || !unmovable_blocks(*window))
				return true;
			window->start = round_up(block.start + 1, block_size());
			block.end = window->start;
			continue;
		}
		block.end = block.start + unit;
		if (block.end > ram.end)
			return false;
		if (!is_used(block, use))
			window->start = block.end;
	}
}

static bool find_window(struct range *window, __u64 len, struct range within,
			const struct use *use, __u64 unit, bool movable)
{
	struct range ram[RANGES_MAX];
	int i, nr = find_usable(ram, RANGES_MAX);

	for (i = 0; i < nr; i++) {
		struct range piece = intersection(ram[i], within);

		if (piece.start < piece.end &&
		    find_window_in(window, len, piece, use, unit, movable))
			return true;
	}
	return false;
}

static bool find_free_window_in(struct range *window, __u64 len,
				struct range within, bool movable)
{
	__u64 unit, margin;

	/* A block of 512 MiB may have a single page in it that isn't free. */
	for (unit = block_size(); unit >= MIB; unit /= 2) {
		margin = round_up(MARGIN, unit);
		if (!find_window(window, margin + len, within, &all_free, unit,
				 movable))
			continue;
		window->start += margin;
		return true;
	}
	return false;
}

/* What is on a CPU's list looks as if it can't be moved, so that there may be none. */
static bool find_free_window(struct range *window, __u64 len,
			     struct range within)
{
	return find_free_window_in(window, len, within, true) ||
	       find_free_window_in(window, len, within, false);
}

struct range get_window(__u64 len, struct range within, const struct use *use)
{
	struct range window;

	if (use->least.free == 100 && find_free_window(&window, len, within))
		return window;
	if (!find_window(&window, len, within, use, block_size(), false))
		die("no window of %llu KiB with the right use", len / KIB);
	return window;
}

/* Free memory is full of what must not be mistaken for zeroes or content. */
void leave_garbage_in_free_memory(void)
{
	__u64 free = memory_info("MemFree:");
	__u64 len = free < GARBAGE_MAX ? free * 8 / 10 : GARBAGE_MAX;
	void *garbage = mmap(NULL, len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* m68k looks for addresses from 3 GiB on, and below only if asked to. */
	if (garbage == MAP_FAILED)
		garbage = mmap((void *)0x10000000, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (garbage == MAP_FAILED)
		die("no garbage: %s", strerror(errno));
	madvise(garbage, len, MADV_HUGEPAGE);
	memset(garbage, 0xa5, len);
	munmap(garbage, len);
}

/* Each word tells where it belongs. */
static void mark(__u64 *words, __u64 bytes)
{
	__u64 i;

	for (i = 0; i < bytes / 8; i++)
		words[i] = ~i;
}

static bool is_marked(const __u64 *words, __u64 bytes)
{
	__u64 i;

	for (i = 0; i < bytes / 8; i++) {
		if (words[i] != ~i)
			return false;
	}
	return true;
}

static void *map(__u64 bytes, int fd)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		die("no mapping of %llu bytes: %s", bytes, strerror(errno));
	return at;
}

/* Only one filling is used at a time. */
static __u64 filled;
static __u64 *marked;
static int filled_fd = -1;

/* Bytes of anonymous memory; there may be something else besides. */
static __u64 nr_marked;

static void fill_anonymous_as_advised(__u64 bytes, int advice)
{
	nr_marked = bytes;
	marked = map(bytes, -1);
	madvise(marked, bytes, advice);
	mark(marked, bytes);
}

static void fill_anonymous(__u64 bytes)
{
	fill_anonymous_as_advised(bytes, MADV_NOHUGEPAGE);
}

static void fill_huge(__u64 bytes)
{
	fill_anonymous_as_advised(bytes, MADV_HUGEPAGE);
}

static bool anonymous_intact(void)
{
	return is_marked(marked, nr_marked);
}

static void fill_tmpfs(__u64 bytes)
{
	filled = bytes;
	filled_fd = memfd_create("tmpfs", MFD_CLOEXEC);
	if (filled_fd < 0 || ftruncate(filled_fd, bytes))
		die("no file on tmpfs: %s", strerror(errno));
	marked = map(bytes, filled_fd);
	mark(marked, bytes);
	munmap(marked, bytes);
}

static bool tmpfs_intact(void)
{
	marked = map(filled, filled_fd);
	return is_marked(marked, filled);
}

/*
 * Not by memcmp(), which on s390 is an instruction that emulators carry out byte by byte.
 */
static bool is_zero(const __u64 *words, size_t nr)
{
	__u64 seen = 0;

	while (nr--)
		seen |= words[nr];
	return !seen;
}

/* Reads zeroes from a disk that has nothing else. */
static bool read_block_device(void)
{
	static __u64 chunk[MIB / sizeof(__u64)];
	__u64 done;

	for (done = 0; done < filled; done += sizeof(chunk)) {
		memset(chunk, 1, sizeof(chunk));
		if (pread(filled_fd, chunk, sizeof(chunk), done) != MIB ||
		    !is_zero(chunk, ARRAY_SIZE(chunk)))
			return false;
	}
	return true;
}

static void fill_block_device(__u64 bytes)
{
	__u64 size = 0;

	filled = round_down(bytes, MIB);
	filled_fd = open(BLOCK_DEVICE, O_RDONLY | O_CLOEXEC);
	if (filled_fd < 0) {
		mknod(BLOCK_DEVICE, S_IFBLK | 0600, makedev(1, 0));
		filled_fd = open(BLOCK_DEVICE, O_RDONLY | O_CLOEXEC);
	}
	if (filled_fd < 0 || ioctl(filled_fd, BLKGETSIZE64, &size))
		die("no " BLOCK_DEVICE " (CONFIG_BLK_DEV_RAM)");
	if (size < filled)
		die(BLOCK_DEVICE " is too small (ramdisk_size=%llu)",
		    filled / KIB);
	if (!read_block_device())
		die(BLOCK_DEVICE " isn't all zeroes");
}

/* A pipe that holds pages, each written on its own. */
struct pipe {
	int from;
	int to;
};

static struct pipe make_pipe(void)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) || fcntl(fds[1], F_SETPIPE_SZ, (int)PIPE_SIZE) < 0)
		die("no pipe: %s", strerror(errno));
	return (struct pipe) { .from = fds[0], .to = fds[1] };
}

static struct pipe *make_pipes(__u64 bytes)
{
	struct rlimit limit = { .rlim_cur = 4096, .rlim_max = 4096 };
	int i, nr = bytes / PIPE_SIZE;
	struct pipe *pipes = calloc(nr + 1, sizeof(*pipes));

	setrlimit(RLIMIT_NOFILE, &limit);
	for (i = 0; i < nr; i++)
		pipes[i] = make_pipe();
	return pipes;
}

static void write_page(struct pipe pipe, __u64 nr)
{
	static __u64 page[64 * KIB / 8];
	size_t len = page_size();

	page[0] = nr;
	if (write(pipe.to, page, len) != (ssize_t)len)
		die("can't write to a pipe: %s", strerror(errno));
}

static struct pipe *pipes;

static void fill_pipes(__u64 bytes)
{
	__u64 nr, per_pipe = PIPE_SIZE / page_size();

	filled = round_down(bytes, PIPE_SIZE);
	if (!filled)
		die("too little memory for a pipe");
	pipes = make_pipes(filled);
	for (nr = 0; nr < filled / page_size(); nr++)
		write_page(pipes[nr / per_pipe], nr);
}

static bool pages_follow(struct pipe pipe, __u64 first, __u64 step)
{
	__u64 page[64 * KIB / 8], i, per_pipe = PIPE_SIZE / page_size();
	ssize_t len = page_size();

	for (i = 0; i < per_pipe; i++) {
		if (read(pipe.from, page, len) != len ||
		    page[0] != first + i * step)
			return false;
	}
	return true;
}

/* Reads one of them; what is read is free again, so not all. */
static bool pipes_intact(void)
{
	return pages_follow(pipes[0], 0, 1);
}

/* Every other page to one pipe, the rest to another, which then goes. */
static void fill_alternating(__u64 bytes)
{
	__u64 nr, per_pair = 2 * PIPE_SIZE / page_size();
	struct pipe *others;
	int i;

	filled = round_down(bytes, 2 * PIPE_SIZE);
	if (!filled)
		die("too little memory for two pipes");
	pipes = make_pipes(filled / 2);
	others = make_pipes(filled / 2);
	for (nr = 0; nr < filled / page_size(); nr++)
		write_page((nr % 2 ? others : pipes)[nr / per_pair], nr);
	for (i = 0; others[i].to; i++) {
		close(others[i].from);
		close(others[i].to);
	}
}

static bool alternating_intact(void)
{
	return pages_follow(pipes[0], 0, 2);
}

/* The pipe holds it from now on; returns its number. */
static __u64 pin_page(struct pipe pipe, void *at)
{
	const __u64 present = 1ULL << 63, pfn_mask = (1ULL << 55) - 1;
	struct iovec page = { .iov_base = at, .iov_len = page_size() };
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	__u64 entry = 0;

	if (vmsplice(pipe.to, &page, 1, 0) != (ssize_t)page_size())
		die("can't vmsplice: %s", strerror(errno));
	pread(pagemap, &entry, 8, (uintptr_t)at / page_size() * 8);
	close(pagemap);
	if (!(entry & present) || nr_pinned == ARRAY_SIZE(pinned))
		die("no way to tell where a page is");
	pinned[nr_pinned++] = entry & pfn_mask;
	return entry & pfn_mask;
}

/* A page of zeroes that stays where it is. */
void *get_pinned_page(__u64 *phys)
{
	void *at = map(page_size(), -1);

	memset(at, 0, page_size());
	*phys = pin_page(make_pipe(), at) * page_size();
	return at;
}

/* Anonymous memory of which a pipe holds every 1024th page. */
static void fill_pinned(__u64 bytes)
{
	struct pipe pipe = make_pipe();
	__u64 offset;

	fill_anonymous(bytes);
	for (offset = 0; offset < bytes; offset += 1024 * page_size())
		pin_page(pipe, (char *)marked + offset);
}

#define FILLING(name, fill_function, intact_function) \
	const struct filling name = { \
		.fill = fill_function, \
		.intact = intact_function, \
	}

FILLING(anonymous_filling, fill_anonymous, anonymous_intact);
FILLING(huge_filling, fill_huge, anonymous_intact);
FILLING(tmpfs_filling, fill_tmpfs, tmpfs_intact);
FILLING(block_device_filling, fill_block_device, read_block_device);
FILLING(pipe_filling, fill_pipes, pipes_intact);
FILLING(alternating_filling, fill_alternating, alternating_intact);
FILLING(pinned_filling, fill_pinned, anonymous_intact);
