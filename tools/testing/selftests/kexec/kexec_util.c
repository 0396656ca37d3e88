// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kexec selftests share, see kexec_util.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/membarrier.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>

#include "../kselftest.h"
#include "kexec_util.h"
#include "patience.h"

long kexec_load(__u64 entry, unsigned long nr_segments,
		const struct kexec_segment *segments, unsigned long flags)
{
	return syscall(SYS_kexec_load, (unsigned long)entry, nr_segments,
		       segments, flags);
}

/* Returns only if there was no handoff. */
long reboot_kexec(void)
{
	return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       LINUX_REBOOT_CMD_KEXEC, NULL);
}

struct kexec_segment segment(const void *buf, size_t bufsz, __u64 mem,
			     size_t memsz)
{
	return (struct kexec_segment) {
		.buf = buf,
		.bufsz = bufsz,
		.mem = (const void *)(uintptr_t)mem,
		.memsz = memsz,
	};
}

/* KEXEC_ARCH_* of the running kernel, whatever this program is built for. */
unsigned long native_arch(void)
{
	static const struct {
		const char *machine;
		unsigned long arch;
	} arches[] = {
		{ "x86_64",	KEXEC_ARCH_X86_64 },
		{ "i686",	KEXEC_ARCH_386 },
		{ "i586",	KEXEC_ARCH_386 },
		{ "i486",	KEXEC_ARCH_386 },
		{ "aarch64",	KEXEC_ARCH_AARCH64 },
		{ "arm",	KEXEC_ARCH_ARM },
		/* Of either byte order. */
		{ "mips",	KEXEC_ARCH_MIPS },
		{ "ppc64",	KEXEC_ARCH_PPC64 },
		{ "ppc",	KEXEC_ARCH_PPC },
		{ "s390x",	KEXEC_ARCH_S390 },
		{ "riscv",	KEXEC_ARCH_RISCV },
		{ "sh",		KEXEC_ARCH_SH },
		{ "parisc",	KEXEC_ARCH_PARISC },
		{ "m68k",	KEXEC_ARCH_68K },
		{ "loongarch",	KEXEC_ARCH_LOONGARCH },
	};
	struct utsname uts;
	size_t i;

	uname(&uts);
	for (i = 0; i < ARRAY_SIZE(arches); i++) {
		if (!strncmp(uts.machine, arches[i].machine,
			     strlen(arches[i].machine)))
			return arches[i].arch;
	}
	return KEXEC_ARCH_DEFAULT;
}

/* Whether this is a 32-bit program on a 64-bit kernel. */
bool is_compat(void)
{
	struct utsname uts;

	uname(&uts);
	return sizeof(long) == 4 &&
	       (strstr(uts.machine, "64") || !strcmp(uts.machine, "s390x"));
}

__u64 page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/*
 * As fork(2), but what it starts does not outlive this program: whoever reads what
 * that prints would wait for the end of the last one that could print more.
 */
pid_t fork_child(void)
{
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		die("no process: %s", strerror(errno));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return child;
}

/*
 * Whoever waits for something that a child does is not to wait for one that has ended;
 * why it has, it has said itself.
 */
void expect_running(pid_t child, const char *name)
{
	int status = 0;

	if (waitpid(child, &status, WNOHANG))
		die("%s has ended, with wait status %#x", name, status);
}

static __u64 now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* What has not come at that time never will: see patience.h. */
__u64 time_limit(void)
{
	return now_s() + time_limit_s();
}

bool is_over(__u64 limit)
{
	return now_s() >= limit;
}

/* Reads the whole of it, or as much as fits; ends it with a NUL. */
int read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;
	int err = 0;

	text[0] = '\0';
	if (fd < 0)
		return errno;
	while ((n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	if (n < 0)
		err = errno;
	text[len] = '\0';
	close(fd);
	return err;
}

/* In one write(2), as files of the kernel want it. */
int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

/* A line of /proc/meminfo, in bytes. */
__u64 memory_info(const char *field)
{
	char text[TEXT_MAX], *line;

	read_file("/proc/meminfo", text, sizeof(text));
	line = strstr(text, field);
	return line ? strtoull(line + strlen(field) + 1, NULL, 10) * KIB : 0;
}

#define PLACED_FORMAT	"0x%llx-0x%llx in_place=%llu moved=%llu zero=%llu"

/* The lines of such a file; -1 if one isn't as documented. */
int read_placed_from(const char *path, struct placed *placed, int max)
{
	char text[TEXT_MAX], *line = text, *end;
	int nr = 0;

	if (read_file(path, text, sizeof(text)))
		return -1;
	for (; *line; line = end + 1) {
		char again[256];
		struct placed *p = &placed[nr];

		end = strchr(line, '\n');
		if (!end || nr++ == max)
			return -1;
		*end = '\0';

		if (sscanf(line, PLACED_FORMAT, &p->at.start, &p->at.end,
			   &p->in_place, &p->moved, &p->zero) != 5)
			return -1;
		/* sscanf() forgives much; whoever parses with less must not. */
		snprintf(again, sizeof(again), PLACED_FORMAT, p->at.start,
			 p->at.end, p->in_place, p->moved, p->zero);
		if (strcmp(line, again))
			return -1;
		p->at.end++;
	}
	return nr;
}

/* Until the kernel has moved all of the image to where it has to lie. */
void wait_until_settled(void)
{
	const char *path = SYSFS_KEXEC "settled";
	/* Before the test that waits here is at an end. */
	__u64 limit = now_s() + time_limit_s() / 2;
	char text[8];
	int err;

	for (;;) {
		err = read_file(path, text, sizeof(text));
		if (err)
			die("%s: %s", path, strerror(err));
		if (text[0] == '1')
			return;
		if (is_over(limit))
			die("the image does not settle");
		usleep(10000);
	}
}

/* Of the boot image, when it has settled. */
int read_placed(struct placed *placed, int max)
{
	wait_until_settled();
	return read_placed_from(SYSFS_KEXEC "segments", placed, max);
}

/* All segments of the boot image, added up. */
struct placed sum_placed(void)
{
	struct placed placed[SEGMENTS_MAX], sum = { };
	int i, nr = read_placed(placed, SEGMENTS_MAX);

	for (i = 0; i < nr; i++) {
		sum.in_place += placed[i].in_place;
		sum.moved += placed[i].moved;
		sum.zero += placed[i].zero;
	}
	return sum;
}

/* Without the newline; the text is good until the next call. */
const char *last_refusal(void)
{
	static char text[TEXT_MAX];

	read_file(SYSFS_KEXEC "last_refusal", text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

int write_address(const char *path, __u64 phys)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", phys);
	return write_file(path, text);
}

/* Flips a bit of what is going to lie there at the handoff; 0 or an errno. */
int corrupt_byte(__u64 phys)
{
	return write_address(DEBUGFS "kexec/corrupt", phys);
}

/*
 * Until whoever reads what this program prints, line by line, has done with
 * all of it: it has when it has read of what follows.
 */
void wait_until_heard(void)
{
	int unread;

	printf("\n");
	fflush(stdout);
	while (!ioctl(STDOUT_FILENO, FIONREAD, &unread) && unread)
		usleep(1000);
}

void mount_kernel_filesystems(void)
{
	if (access(DEBUGFS "kexec", F_OK))
		mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	if (access(TRACEFS "events", F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
}

/* Whether that is what is asked for; "System RAM (" is it with any ending. */
static bool has_name(const char *text, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(text, name, len) && (name[len - 1] == '(' || !text[len]);
}

/*
 * The whole pages in the lines of /proc/iomem that bear this name: all of these, but for
 * who asks for just one.
 */
int find_iomem(const char *name, struct range *ranges, int max)
{
	FILE *iomem = fopen("/proc/iomem", "re");
	char line[256];
	int nr = 0;

	if (!iomem)
		return 0;
	while ((nr < max || max > 1) && fgets(line, sizeof(line), iomem)) {
		__u64 first, last;
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, " %llx-%llx : %n", &first, &last, &at) != 2 ||
		    !has_name(line + at, name))
			continue;
		if (nr == max)
			die("more than %d pieces of \"%s\"", max, name);
		ranges[nr].start = round_up(first, page_size());
		ranges[nr].end = round_down(last + 1, page_size());
		if (ranges[nr].start < ranges[nr].end)
			nr++;
	}
	fclose(iomem);
	return nr;
}

/* What firmware calls RAM; only x86 keeps that, and has destinations by it. */
int find_firmware_ram(struct range *ranges, int max)
{
	char path[64], text[32];
	int i, nr = 0;

	for (i = 0; ; i++) {
		snprintf(path, sizeof(path), MEMMAP "%d/type", i);
		if (read_file(path, text, sizeof(text)))
			return nr;
		if (strcmp(text, "System RAM\n"))
			continue;
		if (nr == max)
			die("more than %d pieces of RAM in " MEMMAP, max);
		snprintf(path, sizeof(path), MEMMAP "%d/start", i);
		read_file(path, text, sizeof(text));
		ranges[nr].start = strtoull(text, NULL, 16);
		snprintf(path, sizeof(path), MEMMAP "%d/end", i);
		read_file(path, text, sizeof(text));
		ranges[nr++].end = strtoull(text, NULL, 16) + 1;
	}
}

/* From its code to its bss or, where there is no line for that, its data. */
struct range find_kernel(void)
{
	struct range code, last;

	if (find_iomem("Kernel code", &code, 1) != 1 ||
	    (find_iomem("Kernel bss", &last, 1) != 1 &&
	     find_iomem("Kernel data", &last, 1) != 1))
		die("no kernel in /proc/iomem");
	return (struct range) { code.start, last.end };
}

/* Bytes of all of them. */
__u64 sum_iomem(const char *name)
{
	struct range all[RANGES_MAX];
	int i, nr = find_iomem(name, all, RANGES_MAX);
	__u64 sum = 0;

	for (i = 0; i < nr; i++)
		sum += range_len(all[i]);
	return sum;
}

/* Cells of a property of the device tree; they are big-endian. */
static int read_cells(const char *path, __u32 *cells, int max)
{
	int fd = open(path, O_RDONLY), i, nr;

	if (fd < 0)
		return 0;
	nr = read(fd, cells, max * sizeof(*cells)) / (int)sizeof(*cells);
	close(fd);
	for (i = 0; i < nr; i++)
		cells[i] = be32toh(cells[i]);
	return nr;
}

static __u64 join_cells(const __u32 *cells, int nr)
{
	__u64 value = 0;

	while (nr--)
		value = value << 32 | *cells++;
	return value;
}

#define RTAS		"/proc/device-tree/rtas/"
#define RESERVED	"/proc/device-tree/reserved-memory/"

static struct range whole_pages(__u64 start, __u64 len)
{
	return (struct range) {
		round_down(start, page_size()), round_up(start + len, page_size())
	};
}

/* What powerpc's firmware runs from. */
static int find_rtas(struct range *range)
{
	__u32 base, size;

	if (read_cells(RTAS "linux,rtas-base", &base, 1) != 1 ||
	    read_cells(RTAS "rtas-size", &size, 1) != 1)
		return 0;
	*range = whole_pages(base, size);
	return 1;
}

/*
 * What firmware keeps for itself, even if it is System RAM, in whole pages: the first
 * range of each node that reserves memory; RTAS.  On parisc there is no device tree, and the
 * kernel says so.
 */
int find_reserved(struct range *ranges, int max)
{
	__u32 nr_address, nr_size, reg[4];
	glob_t nodes;
	int i, nr = find_rtas(ranges);

	if (native_arch() == KEXEC_ARCH_PARISC)
		return find_iomem("reserved", ranges, max);
	if (read_cells(RESERVED "#address-cells", &nr_address, 1) != 1 ||
	    read_cells(RESERVED "#size-cells", &nr_size, 1) != 1 ||
	    nr_address > 2 || nr_size > 2 ||
	    glob(RESERVED "*/reg", 0, NULL, &nodes))
		return nr;
	for (i = 0; i < (int)nodes.gl_pathc && nr < max; i++) {
		if (read_cells(nodes.gl_pathv[i], reg, 4) <
		    (int)(nr_address + nr_size))
			continue;
		ranges[nr++] = whole_pages(join_cells(reg, nr_address),
					   join_cells(reg + nr_address, nr_size));
	}
	globfree(&nodes);
	return nr;
}

/* Cut a hole into ranges that are in order, and stay so. */
static int cut_hole(struct range hole, struct range *ranges, int nr, int max)
{
	struct range kept[RANGES_MAX];
	int i, nr_kept = 0;

	for (i = 0; i < nr; i++) {
		struct range front = ranges[i], behind = ranges[i];

		if (front.end > hole.start)
			front.end = hole.start;
		if (behind.start < hole.end)
			behind.start = hole.end;
		if (nr_kept + 2 > max)
			die("memory is in more than %d pieces", max - 2);
		if (front.start < front.end)
			kept[nr_kept++] = front;
		if (behind.start < behind.end)
			kept[nr_kept++] = behind;
	}
	memcpy(ranges, kept, nr_kept * sizeof(*ranges));
	return nr_kept;
}

/*
 * System RAM that can be a destination, and that payloads see: on mips, what can be shown
 * without the TLB, with 64 bits as with 32.
 */
int find_destinations(struct range *ranges, int max)
{
	__u64 end = native_arch() == KEXEC_ARCH_MIPS ? 512 * MIB : ~0ULL;
	int i, nr = find_iomem("System RAM", ranges, max);

	for (i = 0; i < nr && ranges[i].start < end; i++) {
		if (ranges[i].end > end)
			ranges[i].end = end;
	}
	return i;
}

/* The same, but for what firmware keeps. */
int find_usable(struct range *ranges, int max)
{
	struct range reserved[RANGES_MAX];
	int i, nr = find_destinations(ranges, max);
	int nr_reserved = find_reserved(reserved, RANGES_MAX);

	for (i = 0; i < nr_reserved; i++)
		nr = cut_hole(reserved[i], ranges, nr, max);
	return nr;
}

/*
 * How many bytes a test is to use where it would use @bytes on a machine of 512 MiB and
 * more: less, where there is less than a quarter of that.  Whole pages of any size.
 */
__u64 to_scale(__u64 bytes)
{
	const __u64 unit = 64 * KIB;
	__u64 ram = sum_iomem("System RAM");
	__u64 nr = bytes / unit * ram / (512 * MIB);

	if (ram >= 128 * MIB || bytes <= unit)
		return bytes;
	return (nr ? nr : 1) * unit;
}

/* Where crash images go.  A second one, below it, is for what they do. */
bool find_crash_region(struct range *region)
{
	struct range all[RANGES_MAX];
	int nr = find_iomem("Crash kernel", all, RANGES_MAX);

	if (nr)
		*region = all[nr - 1];
	return nr;
}

/* The largest piece of RAM below an address. */
struct range largest_ram(__u64 below)
{
	struct range ram[RANGES_MAX], largest = { };
	int i, nr = find_destinations(ram, RANGES_MAX);

	for (i = 0; i < nr && ram[i].start < below; i++) {
		if (ram[i].end > below)
			ram[i].end = below;
		if (range_len(ram[i]) > range_len(largest))
			largest = ram[i];
	}
	return largest;
}

/*
 * Pages that are free, and those of them that are on the lists of a CPU and
 * look like used ones.  For each zone both are from the same moment: the kernel
 * prints a zone with its lock held, which moving pages between the two takes.
 */
static void count_free_pages(__u64 *free, __u64 *on_lists)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	__u64 value;
	char line[256];

	*free = *on_lists = 0;
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " pages free %llu", &value) == 1) {
			*free += value;
		} else if (sscanf(line, " count: %llu", &value) == 1) {
			*free += value;
			*on_lists += value;
		}
	}
	fclose(file);
}

/* Free pages that are on the lists of a CPU, and look like used ones. */
__u64 pages_on_cpu_lists(void)
{
	__u64 free, on_lists;

	count_free_pages(&free, &on_lists);
	return on_lists;
}

/*
 * Bytes of free memory, what CPUs hold back for themselves included.  CPUs count
 * by themselves, too, and tell each other now and then: while pages go from one
 * list to the other, a reading is off by some hundred.  So let two agree.
 */
__u64 free_memory(void)
{
	__u64 free, before, on_lists;
	int i;

	write_file("/proc/sys/vm/stat_refresh", "1");
	count_free_pages(&free, &on_lists);
	for (i = 0; i < 50; i++) {
		before = free;
		usleep(2000);
		count_free_pages(&free, &on_lists);
		if (free == before)
			break;
	}
	return page_size() * free;
}

/* A grace period of RCU, after which others may free what they have put off. */
static void wait_for_grace_period(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}

static __u64 shrink_and_count(void)
{
	glob_t slabs;
	size_t i;

	sync();
	write_file("/proc/sys/vm/drop_caches", "3");
	wait_for_grace_period();
	if (!glob("/sys/kernel/slab/*/shrink", 0, NULL, &slabs)) {
		for (i = 0; i < slabs.gl_pathc; i++)
			write_file(slabs.gl_pathv[i], "1");
		globfree(&slabs);
	}
	wait_for_grace_period();
	return free_memory();
}

/*
 * The same when caches were emptied and slabs shrunk, and no more of it became
 * free three times in a row.  Two readings with nothing between them differ by some
 * dozen pages at most.
 */
__u64 settled_free_memory(void)
{
	__u64 now, most = 0;
	int idle = 0;

	wait_until_settled();
	while (idle < 3) {
		now = shrink_and_count();
		idle = now > most + 32 * page_size() ? 0 : idle + 1;
		most = now > most ? now : most;
	}
	return most;
}

/*
 * Memory that nobody has touched, for stall_access(); NULL if there is none.  Were it
 * one mapping with what lies beside it, or allowed to have huge pages, khugepaged might
 * fill it before it is watched.
 */
void *map_untouched(size_t len)
{
	void *start = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	/* Fails if there are no huge pages at all. */
	madvise(start, len, MADV_NOHUGEPAGE);
	return mprotect(start, len, PROT_READ | PROT_WRITE) ? NULL : start;
}

/*
 * Let everybody wait who is the first to access one of these pages, also the
 * kernel on behalf of a system call.  Returns what the two functions below want, or
 * -1.
 */
int stall_access(void *start, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)start, len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		return -1;
	/* Whatever came to be there before: from now on nobody puts anything there. */
	return madvise(start, len, MADV_DONTNEED) ? -1 : uffd;
}

/* Until somebody waits, or until @ended can be read: nobody is going to then. */
bool wait_for_access(int uffd, int ended)
{
	struct pollfd pollfds[] = {
		{ .fd = uffd, .events = POLLIN },
		{ .fd = ended, .events = POLLIN },
	};

	return poll(pollfds, 2, -1) > 0 && pollfds[0].revents == POLLIN;
}

void resume_access(int uffd, void *start, size_t len)
{
	struct uffdio_range range = { (uintptr_t)start, len };

	ioctl(uffd, UFFDIO_UNREGISTER, &range);
	close(uffd);
}
