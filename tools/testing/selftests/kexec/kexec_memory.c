// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads images over memory that goes away, that is in a zone of its own, or that
 * somebody does not let go of, for guests that are thrown away:
 *
 *	kexec_memory --list
 *	kexec_memory CASE
 *
 * Most cases end with a handoff to the payload, as those of kexec_handoff do.  Who
 * runs the guest has to plug memory in and pull it out when this program says
 * "please", see tools/testing/kexec/guests/memory.toml.  It then waits until that
 * has happened, however long it takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kernel-page-flags.h>
#include <linux/mempolicy.h>

#include "../kselftest.h"
#include "cases.h"
#include "hung_file.h"
#include "kexec_util.h"
#include "memory.h"
#include "plan.h"

#define MEMORY_BLOCKS	"/sys/devices/system/memory/"
#define DISK		"/dev/vda"
#define CGROUPS		"/tmp/cgroup/"
#define IMAGE_SIZE	(16 * MIB)

#define DEVICE_SIZE	(256 * MIB)	/* virtio-mem's, see memory.toml */

/* What the system needs to go on, whatever memory is filled with. */
#define MEMORY_LEFT	(96 * MIB)

/* DIMMs go where there is no other memory, and no hole for devices. */
static const struct range above_4g = { .start = 4 * GIB, .end = NO_END };

struct memory_case {
	struct case_id id;
	void (*run)(void);
};

static void say(const char *text)
{
	printf("kexec_memory: %s\n", text);
	fflush(stdout);
}

static void wait_a_little(void)
{
	usleep(20000);
}

/* All that an image is, in one window that is used like that. */
static struct plan plan_in(struct range within, const struct use *use, __u64 size)
{
	struct plan plan = { };

	use_range(&plan, get_window(size, within, use));
	return plan;
}

static void hand_over(void)
{
	struct placed sum = sum_placed();

	printf("kexec_memory: moved=%llu zero=%llu in_place=%llu\n", sum.moved,
	       sum.zero, sum.in_place);
	fflush(stdout);
	/* They are gone soon. */
	wait_until_heard();
	reboot_kexec();
	die("reboot(2): %s: %s", strerror(errno), last_refusal());
}

/* What is not in place has to wait elsewhere, so much of it. */
static void expect_moved(__u64 least, __u64 most)
{
	__u64 moved = sum_placed().moved;

	if (moved < least || moved > most)
		die("%llu bytes are moved, not %llu to %llu", moved, least, most);
}

static void expect_refused(int err, int expected, const char *words)
{
	if (err != expected)
		die("%s, not %s", strerror(err), strerror(expected));
	if (!strstr(last_refusal(), words))
		die("no \"%s\" in \"%s\"", words, last_refusal());
}

/* How to go on reading the kernel's log from here. */
static int open_log(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_CLOEXEC);

	if (log < 0)
		die("no /dev/kmsg: %s", strerror(errno));
	lseek(log, 0, SEEK_END);
	return log;
}

static void wait_for_log(int log, const char *text)
{
	char line[TEXT_MAX];
	ssize_t len;

	do {
		len = read(log, line, sizeof(line) - 1);
		if (len < 0 && errno != EPIPE)
			die("/dev/kmsg: %s", strerror(errno));
		line[len < 0 ? 0 : len] = '\0';
	} while (!strstr(line, text));
	close(log);
}

/* Memory blocks can be taken offline, each on its own. */
static __u64 memory_block_size(void)
{
	char text[32];

	if (read_file(MEMORY_BLOCKS "block_size_bytes", text, sizeof(text)))
		die("no " MEMORY_BLOCKS " (CONFIG_MEMORY_HOTPLUG)");
	return strtoull(text, NULL, 16);
}

static const char *block_file(__u64 phys)
{
	static char path[128];

	snprintf(path, sizeof(path), MEMORY_BLOCKS "memory%llu/state",
		 phys / memory_block_size());
	return path;
}

static struct range last_ram(void)
{
	struct range ram[RANGES_MAX];
	int nr = find_destinations(ram, RANGES_MAX);

	return ram[nr - 1];
}

/* A DIMM of 128 MiB or more; @online: the kernel uses it at once. */
static struct range plug_in(bool online)
{
	__u64 before = memory_info("MemTotal:"), len;
	struct range dimm;

	say("please plug the DIMM in");
	do {
		wait_a_little();
		dimm = last_ram();
		len = dimm.start < above_4g.start ? 0 : range_len(dimm);
	} while (len < 128 * MIB ||
		 (online && memory_info("MemTotal:") < before + len - 16 * MIB));
	return dimm;
}

static void wait_until_pulled_out(struct range dimm)
{
	while (last_ram().end >= dimm.end)
		wait_a_little();
}

/* The destinations hold it: nothing happens, and at once. */
static void expect_dimm_stays(struct range dimm, const struct plan *plan)
{
	int log = open_log(), err;

	say("please pull the DIMM out");
	wait_for_log(log, "can't go offline: a boot image needs it");

	/* This waits for the one who wanted it out. */
	err = write_file(block_file(plan->payload.start), "offline");
	if (err != EBUSY)
		die("offline: %s, not EBUSY", strerror(err));
	if (last_ram().end != dimm.end)
		die("the DIMM is gone");
}

static struct plan load_on_dimm(struct range dimm)
{
	struct plan plan = plan_in(dimm, &all_free, 64 * MIB);

	load_plan(&plan, 0);
	expect_moved(0, 0);
	return plan;
}

static void dimm_unloaded(void)
{
	struct range dimm = plug_in(true);
	struct plan plan = load_on_dimm(dimm);

	expect_dimm_stays(dimm, &plan);
	plan.seed = 1;
	load_plan(&plan, 0);
	expect_moved(0, 0);
	expect_dimm_stays(dimm, &plan);

	unload_image();
	if (write_file(block_file(plan.payload.start), "offline"))
		die("can't take it offline although nothing is loaded");
	if (write_file(block_file(plan.payload.start), "online_movable"))
		die("can't take it online");
	say("please pull the DIMM out");
	wait_until_pulled_out(dimm);
}

/* The machine is switched off with the image loaded. */
static void dimm_kept(void)
{
	struct range dimm = plug_in(true);
	struct plan plan = load_on_dimm(dimm);

	expect_dimm_stays(dimm, &plan);
}

static void dimm_handoff(void)
{
	struct range dimm = plug_in(true);
	struct plan plan = load_on_dimm(dimm);

	expect_dimm_stays(dimm, &plan);
	hand_over();
}

/* Nobody would keep memory that was offline before: it is no destination. */
static void dimm_offline(void)
{
	struct range dimm = plug_in(false);
	struct plan plan = { };

	use_range(&plan, (struct range) { dimm.start, dimm.start + IMAGE_SIZE });
	expect_refused(try_to_load(&plan, 0), EADDRNOTAVAIL, "is offline, and may go");
	if (write_file(block_file(dimm.start), "online_movable"))
		die("can't take it online");
	load_plan(&plan, 0);
	unload_image();
	if (write_file(block_file(dimm.start), "offline"))
		die("can't take it offline although nothing is loaded");
	expect_refused(try_to_load(&plan, 0), EADDRNOTAVAIL, "is offline, and may go");
	say("please pull the DIMM out");
	wait_until_pulled_out(dimm);
	expect_refused(try_to_load(&plan, 0), EADDRNOTAVAIL, "is no RAM by firmware's map");
}

/* What /proc/zoneinfo has of the zones of that name, on all nodes, in bytes. */
static __u64 zone_bytes(const char *name, const char *field)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	char line[256], zone[32] = "";
	__u64 sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		const char *at = line + strspn(line, " ");

		if (sscanf(line, "Node %*d, zone %31s", zone) != 1 &&
		    !strcmp(zone, name) && !strncmp(at, field, strlen(field)))
			sum += strtoull(at + strlen(field), NULL, 10) *
			       page_size();
	}
	if (file)
		fclose(file);
	return sum;
}

static __u64 free_in_zone(const char *name)
{
	return zone_bytes(name, "pages free ");
}

static void over_virtio_mem(void)
{
	static const struct use anonymous = { .least.anon = 90 };
	static const char name[] = "System RAM (virtio_mem)";
	struct plan plan = { };
	struct range range;
	void *there;
	__u64 len;

	/* It comes a memory block at a time, and is used when it has come. */
	while (zone_bytes("Movable", "managed ") < DEVICE_SIZE)
		wait_a_little();
	find_iomem(name, &range, 1);
	use_range(&plan, (struct range) { range.start, range.start + IMAGE_SIZE });
	expect_refused(try_to_load(&plan, 0), EADDRNOTAVAIL, "a driver's memory");

	/*
	 * It goes while what used to be in the destinations is moved, there, too: a
	 * program's pages come from there as long as it has any.
	 */
	len = free_in_zone("Movable");
	there = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (there == MAP_FAILED)
		die("no mapping of %llu bytes", len);
	anonymous_filling.fill(256 * MIB);
	munmap(there, len);
	plan = plan_in((struct range) { .end = range.start }, &anonymous, 64 * MIB);
	load_plan(&plan, 0);
	say("please take the memory away");
	while (find_iomem(name, &range, 1))
		wait_a_little();
	expect_moved(0, 0);
	say("please give the memory back");
	while (!find_iomem(name, &range, 1))
		wait_a_little();
	if (!anonymous_filling.intact())
		die("what was in the destination is damaged");
	hand_over();
}

static void over_balloon(void)
{
	const __u64 total = memory_info("MemTotal:");
	struct plan plan = { };
	struct range inside;

	say("please inflate the balloon");
	while (memory_info("MemTotal:") > total - 400 * MIB)
		wait_a_little();
	inside = find_flagged(1ULL << KPF_OFFLINE, 0);
	if (count_flagged(inside, 1ULL << KPF_OFFLINE, 0) * page_size() <
	    range_len(inside) / 2)
		die("no block is in the balloon");
	use_range(&plan, inside);
	/* It is in place or is moved, as the driver is busy with its pages or not. */
	load_plan(&plan, 0);
	wait_until_settled();

	/* And over what had been in it. */
	say("please deflate the balloon");
	while (memory_info("MemTotal:") < total)
		wait_a_little();
	hand_over();
}

/* The one zone of that name, on one node. */
static struct range find_zone(const char *name)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	__u64 start, spanned = 0;
	char line[256], zone[32] = "";

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %*d, zone %31s", zone) == 1 ||
		    strcmp(zone, name) ||
		    sscanf(line, " spanned %llu", &spanned) == 1)
			continue;
		if (sscanf(line, " start_pfn: %llu", &start) == 1) {
			fclose(file);
			return (struct range) { start * page_size(),
						(start + spanned) * page_size() };
		}
	}
	die("no zone %s", name);
}

static void zone_movable(void)
{
	static const struct use anonymous = { .least.anon = 90 };
	const struct range zone = find_zone("Movable");
	struct plan plan = plan_in(zone, &all_free, 64 * MIB);

	load_plan(&plan, 0);
	expect_moved(0, 0);
	unload_image();

	/* A zone is not asked for what it has not got. */
	anonymous_filling.fill(free_in_zone("Movable") - IMAGE_SIZE - MEMORY_LEFT);
	plan = plan_in(zone, &anonymous, IMAGE_SIZE);
	load_plan(&plan, 0);
	expect_moved(0, 0);
	if (!anonymous_filling.intact())
		die("what was in the destination is damaged");
	hand_over();
}

/* What waits elsewhere is the kernel's for long: not there. */
static void no_movable_sources(void)
{
	struct range kernel = find_kernel();
	struct plan plan = { };
	__u64 before, after;

	/* That is in ZONE_MOVABLE itself. */
	map_pattern(range_len(kernel));
	before = free_in_zone("Movable");
	plan.payload = get_window(PAYLOAD_LEN, (struct range) {
				  .end = find_zone("Movable").start }, &all_free);
	add_part(&plan, kernel, range_len(kernel));
	load_plan(&plan, 0);
	expect_moved(range_len(kernel) / 2, range_len(kernel));
	after = free_in_zone("Movable");
	if (after + range_len(kernel) / 2 < before)
		die("%llu bytes are free in ZONE_MOVABLE, not %llu", after, before);
	hand_over();
}

/*
 * The kernel has no memory for sources, as what is free is in ZONE_MOVABLE: the
 * destinations there can be had all the same.
 */
static void movable_only(void)
{
	static const struct use anonymous = { .least.anon = 90 };
	const struct range zone = find_zone("Movable");
	__u64 elsewhere, movable;
	struct plan plan;

	anonymous_filling.fill(free_in_zone("Movable") * 6 / 10);
	plan = plan_in(zone, &anonymous, 64 * MIB);
	/* It needs memory for the caller's side of it as well. */
	map_pattern(64 * MIB);
	elsewhere = memory_info("MemFree:") - free_in_zone("Movable");
	if (elsewhere < 80 * MIB)
		die("only %llu bytes are free for the kernel", elsewhere);
	pipe_filling.fill(elsewhere - 56 * MIB);
	elsewhere = memory_info("MemFree:") - free_in_zone("Movable");
	movable = free_in_zone("Movable");
	printf("kexec_memory: free: %llu MiB for the kernel, %llu MiB in ZONE_MOVABLE\n",
	       elsewhere / MIB, movable / MIB);
	load_plan(&plan, 0);
	expect_moved(0, 0);
	if (!anonymous_filling.intact())
		die("what was in the destination is damaged");
	if (!pipe_filling.intact())
		die("what was in the kernel's memory is damaged");
	hand_over();
}

/* What "cma=" has reserved, as the log says. */
static struct range find_cma(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char line[TEXT_MAX], *at;
	struct range area = { };
	__u64 mib;
	ssize_t len;

	while ((len = read(log, line, sizeof(line) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		line[len < 0 ? 0 : len] = '\0';
		at = strstr(line, "cma: Reserved ");
		if (at && sscanf(at, "cma: Reserved %llu MiB at %llx", &mib,
				 &area.start) == 2)
			area.end = area.start + mib * MIB;
	}
	close(log);
	if (!area.end)
		die("no CMA area (CONFIG_DMA_CMA)");
	return area;
}

/* The page allocator does not give such pages; content waits elsewhere. */
static void cma(void)
{
	struct range area = find_cma();
	struct plan plan = plan_in(area, &all_free, IMAGE_SIZE);
	__u64 before = memory_info("CmaFree:"), after;

	load_plan(&plan, 0);
	expect_moved(IMAGE_SIZE, IMAGE_SIZE);
	after = memory_info("CmaFree:");
	if (after + IMAGE_SIZE / 2 < before)
		die("%llu bytes of CMA areas are free, not %llu", after, before);
	hand_over();
}

/* Takes pages that only the kernel's zones have, and gives them back, all the time. */
static pid_t use_kernel_memory(void)
{
	int pipe[2];
	static char page[64 * KIB];
	size_t i, nr = MIB / page_size();
	pid_t child = fork_child();

	if (child)
		return child;
	if (pipe2(pipe, O_CLOEXEC) || fcntl(pipe[1], F_SETPIPE_SZ, (int)MIB) < 0)
		die("no pipe: %s", strerror(errno));
	for (;;) {
		for (i = 0; i < nr; i++)
			write(pipe[1], page, page_size());
		for (i = 0; i < nr; i++)
			read(pipe[0], page, page_size());
	}
}

/*
 * There is enough memory for the content to wait in, but not the kernel's: refused,
 * and nobody is killed who needs that.
 */
static void movable_no_help(void)
{
	static const struct use pipes = { { .other = 90 }, 100 };
	__u64 elsewhere;
	struct plan plan;
	pid_t user;

	elsewhere = memory_info("MemFree:") - free_in_zone("Movable");
	pipe_filling.fill(elsewhere * 3 / 4);
	plan = plan_in(anywhere, &pipes, round_down(elsewhere / 2, MIB));
	user = use_kernel_memory();
	expect_refused(try_to_load(&plan, 0), ENOMEM, "out of memory");
	expect_running(user, "the user of kernel memory");
	if (!pipe_filling.intact())
		die("what was in memory is damaged");
}

/* Swap as one likes, and less to swap than is asked for. */
static void swap_no_help(void)
{
	__u64 can_be_had = memory_info("MemAvailable:") +
			   memory_info("Active(anon):") +
			   memory_info("Inactive(anon):");
	__u64 len = can_be_had + 16 * MIB;
	struct range ram = largest_ram(NO_END);
	struct plan plan = { };

	if (memory_info("SwapFree:") < GIB)
		die("there is no swap");
	if (range_len(ram) < len)
		die("no room for %llu MiB", len / MIB);
	use_range(&plan, (struct range) { ram.end - len, ram.end });
	expect_refused(try_to_load(&plan, 0), ENOMEM, "KiB can be had");
}

static __u64 free_on_node(int node)
{
	char path[64], text[4096], *at;
	int err;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
	err = read_file(path, text, sizeof(text));
	at = err ? NULL : strstr(text, "MemFree:");
	if (!at)
		die("no MemFree in %s", path);
	return strtoull(at + strlen("MemFree:"), NULL, 10) * KIB;
}

static void bind_by_policy(void)
{
	unsigned long nodes = 1 << 0;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)))
		die("set_mempolicy: %s", strerror(errno));
}

static void write_or_die(const char *path, const char *text)
{
	int err = write_file(path, text);

	if (err)
		die("%s: %s", path, strerror(err));
}

static void bind_by_cpuset(void)
{
	char pid[16];

	mkdir(CGROUPS, 0755);
	if (mount("cgroup2", CGROUPS, "cgroup2", 0, NULL))
		die("no cgroup2 (CONFIG_CPUSETS): %s", strerror(errno));
	write_or_die(CGROUPS "cgroup.subtree_control", "+cpuset");
	mkdir(CGROUPS "bound", 0755);
	write_or_die(CGROUPS "bound/cpuset.mems", "0");
	snprintf(pid, sizeof(pid), "%d", getpid());
	write_or_die(CGROUPS "bound/cgroup.procs", pid);
}

/* What a program may use for itself is not what the machine has for its image. */
static void load_bound(void (*bind)(void))
{
	static const struct use pipes = { { .other = 90 }, 100 };
	const __u64 size = 128 * MIB;
	struct plan plan;

	bind();
	map_pattern(size);
	pipe_filling.fill(free_on_node(0) - MEMORY_LEFT);
	plan = plan_in(anywhere, &pipes, size);
	printf("kexec_memory: free: %llu MiB on node 0, %llu MiB on node 1\n",
	       free_on_node(0) / MIB, free_on_node(1) / MIB);
	if (free_on_node(0) > size - 16 * MIB || free_on_node(1) < size + 16 * MIB)
		die("the nodes are not filled as they should be");
	load_plan(&plan, 0);
	expect_moved(size * 9 / 10, size);
	if (!pipe_filling.intact())
		die("what was in memory is damaged");
	hand_over();
}

static void bound_to_node(void)
{
	load_bound(bind_by_policy);
}

static void bound_by_cpuset(void)
{
	load_bound(bind_by_cpuset);
}

static const __u64 is_locked = 1ULL << KPF_LOCKED;
static const __u64 has_content = 1ULL << KPF_UPTODATE;
static const __u64 is_written = 1ULL << KPF_WRITEBACK;

/*
 * A page block of those that somebody is not done with, nothing else.  A load does not
 * claim that at once, see place.c, and nothing unmovable is in it, for which it
 * would not be asked for either.
 */
static struct range find_held_up(__u64 with, __u64 without)
{
	struct range block = find_flagged(with, without);

	if (count_flagged(block, with, without) * page_size() < block_size())
		block.end = block.start;
	return block;
}

static struct hung_file get_hung_file(struct range *block)
{
	struct hung_file file = make_hung_file();

	*block = find_held_up(is_locked, has_content);
	if (block->start == block->end)
		die("no page block has nothing but pages of the file");
	return file;
}

/* A part is there, all else in free memory. */
static struct plan plan_over(struct range block)
{
	struct plan plan = plan_in(anywhere, &all_free, IMAGE_SIZE);

	add_part(&plan, block, range_len(block));
	return plan;
}

/* "wait", though somebody is not done with a page; "patient", for as long as he likes. */
static void let_claims(const char *how)
{
	char path[64];

	snprintf(path, sizeof(path), DEBUGFS "kexec/claims_%s", how);
	if (write_file(path, "Y"))
		die("no %s (CONFIG_DEBUG_KEXEC)", path);
}

/* So many bytes of the image are moved. */
static void load_over(struct range block, __u64 least, __u64 most)
{
	struct plan plan;
	int tries = 0;

	do {
		plan = plan_over(block);
		load_plan(&plan, 0);
	} while (unload_moved(most, ++tries));
	expect_moved(least, most);
}

/* Loads work, as do unloads, and an image settles; what is held up is moved. */
static void expect_loads(struct range block, __u64 held_up, __u64 most)
{
	load_over(block, held_up, most);
	unload_image();
	load_over(block, held_up, most);
}

static void hung_file(void)
{
	struct range block;

	get_hung_file(&block);
	expect_loads(block, range_len(block), range_len(block));
	hand_over();
}

/* Pages of hugetlb stay where they are: a device may know their addresses. */
static void hugetlb(void)
{
	static const __u64 is_huge = 1ULL << KPF_HUGE;
	struct range block;

	if (write_file("/proc/sys/vm/nr_hugepages", "4"))
		die("no huge pages: %s", strerror(errno));
	if (mmap(NULL, block_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0) == MAP_FAILED)
		die("no huge page: %s", strerror(errno));
	/* Those that nobody has are in the way. */
	if (write_file("/proc/sys/vm/nr_hugepages", "0"))
		die("huge pages are not given back: %s", strerror(errno));
	block = find_held_up(is_huge, 0);
	if (block.start == block.end)
		die("no page block is a huge page");
	expect_loads(block, range_len(block), range_len(block));
	hand_over();
}

static void hung_file_claimed(void)
{
	struct range block;

	let_claims("wait");
	get_hung_file(&block);
	/* One that waits keeps all others from being tried. */
	expect_loads(block, range_len(block), IMAGE_SIZE + range_len(block));
	hand_over();
}

/* It takes a moment until the claim that waited is done. */
static void wait_for_claims(struct range block)
{
	__u64 limit = time_limit();

	for (;;) {
		struct plan plan;

		unload_image();
		plan = plan_over(block);
		load_plan(&plan, 0);
		if (!sum_placed().moved)
			break;
		if (is_over(limit))
			die("claims don't work again");
		wait_a_little();
	}
}

/* What is claimed too late is given back, and claims work again. */
static void hung_file_answered(void)
{
	struct hung_file file;
	struct range block;
	__u64 before, after;

	map_pattern(IMAGE_SIZE);
	before = settled_free_memory();
	let_claims("wait");
	file = get_hung_file(&block);
	load_over(block, range_len(block), IMAGE_SIZE + range_len(block));
	end_hung_file(&file);

	wait_for_claims(block);
	unload_image();
	after = settled_free_memory();
	if (after + range_len(block) / 2 < before)
		die("%llu bytes were free, %llu are", before, after);
}

/* Nor does the system sleep while one is under way that nobody waits for. */
static void hung_file_awake(void)
{
	struct hung_file file;
	struct range block;
	int err;

	let_claims("wait");
	file = get_hung_file(&block);
	load_over(block, range_len(block), IMAGE_SIZE + range_len(block));
	kill_reader(&file);

	if (write_file("/sys/power/pm_freeze_timeout", "5000"))
		die("no /sys/power/pm_freeze_timeout");
	err = write_file("/sys/power/state", "mem");
	if (err != EBUSY)
		die("expected no sleep, but %s, saw \"%s\"", strerror(EBUSY), strerror(err));
	end_hung_file(&file);
	wait_for_claims(block);
	hand_over();
}

/*
 * Whether the task of this file, "/proc/PID/wchan", waits in one of these functions:
 * a compiler may put one into the next.
 */
static bool waits_in(const char *wchan, const char *functions)
{
	char text[TEXT_MAX];

	/* It may have ended. */
	if (read_file(wchan, text, sizeof(text)))
		return false;
	/* Of a function that was taken apart there is "name.part.0". */
	text[strcspn(text, ".\n")] = '\0';
	return text[0] && strcmp(text, "0") && strstr(functions, text);
}

static void wait_until_in(pid_t child, const char *functions)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/wchan", child);
	while (!waits_in(path, functions)) {
		expect_running(child, "who has to wait");
		wait_a_little();
	}
}

/*
 * A process that loads until it has to wait for the worker.  That sets out a moment
 * after a load, unless the next one comes before, and then does not end by itself.
 */
static pid_t start_waiter(const struct plan *plan)
{
	pid_t waiter = fork_child();

	while (!waiter) {
		load_plan(plan, 0);
		usleep(100000);
	}
	wait_until_in(waiter, "wait_for_end kexec_lock kexec_lock_settled");
	return waiter;
}

/* A waiter that is killed does not keep the worker from going on later. */
static void killed_waiter(void)
{
	struct hung_file file;
	struct range block;
	struct plan plan;
	pid_t waiter;
	int status;

	let_claims("wait");
	let_claims("patient");
	file = get_hung_file(&block);
	plan = plan_over(block);
	waiter = start_waiter(&plan);

	kill(waiter, SIGKILL);
	if (waitpid(waiter, &status, 0) != waiter || !WIFSIGNALED(status))
		die("the waiter was not killed");
	say("the waiter is dead");
	end_hung_file(&file);
	expect_moved(0, 0);
	hand_over();
}

/*
 * Memory is taken offline, which does not end: a handoff would wait for locks that
 * whoever does that has.  It is refused until then.
 */
static void hung_offline(void)
{
	const struct range zone = find_zone("Movable");
	struct hung_file file;
	struct range block;
	struct plan plan;
	pid_t child;
	int status;

	file = get_hung_file(&block);
	child = fork_child();
	if (!child)
		_exit(write_file(block_file(block.start), "offline"));
	wait_until_in(child, "folio_wait_bit_common __folio_lock migrate_folio_unmap");

	plan = plan_in((struct range) { .end = zone.start }, &all_free, IMAGE_SIZE);
	load_plan(&plan, 0);
	expect_refused(reboot_kexec() ? errno : 0, EBUSY, "is being taken offline");
	end_hung_file(&file);
	/* Ends, also if there is something else that does not go away. */
	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		die("nobody has taken it offline");
	hand_over();
}

/* The worker that settles an image has a claim that waits. */
static void wait_for_claim(void)
{
	bool waits = false;
	glob_t tasks;
	size_t i;

	while (!waits) {
		wait_a_little();
		if (glob("/proc/[0-9]*/wchan", 0, NULL, &tasks))
			die("no /proc/PID/wchan");
		for (i = 0; i < tasks.gl_pathc && !waits; i++)
			waits = waits_in(tasks.gl_pathv[i],
					 "has_returned claim_range buddy_claim");
		globfree(&tasks);
	}
}

/* As a program would; it is kept. */
static void use_memory(__u64 len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("no mapping of %llu bytes", len);
	madvise(at, len, MADV_NOHUGEPAGE);
	memset(at, 0x5a, len);
}

static void sleep_like(const char *how)
{
	int err = write_file("/sys/power/state", how);

	if (err)
		die("no sleep (\"%s\"): %s", how, strerror(err));
	_exit(0);
}

/*
 * The worker has two pieces to bring home.  It waits in a claim of the first one when
 * the system is about to sleep, so that it ends behind that; and has to begin again
 * when the system is awake.
 */
static void load_and_sleep(const char *how)
{
	/* Nothing that can't be moved has come there meanwhile. */
	static const struct use anonymous = { .least.anon = 100 };
	struct hung_file file;
	struct range block, above;
	struct plan plan;
	pid_t child;
	int status;

	/* On both sides of the file, whether memory is given upwards or downwards. */
	use_memory(4 * IMAGE_SIZE);
	let_claims("wait");
	let_claims("patient");
	file = get_hung_file(&block);
	anonymous_filling.fill(4 * IMAGE_SIZE);
	plan = plan_over(block);
	/* Not next to it, or one claim takes both. */
	above = get_window(range_len(block),
			   (struct range) { block.end + range_len(block), NO_END },
			   &anonymous);
	add_part(&plan, above, range_len(above));
	load_plan(&plan, 0);
	wait_for_claim();

	child = fork_child();
	if (!child)
		sleep_like(how);
	wait_until_in(child, "fall_asleep system_sleeps");
	end_hung_file(&file);
	if (waitpid(child, &status, 0) != child || status)
		die("the system has not slept");
	expect_moved(0, 0);
	if (!anonymous_filling.intact())
		die("what was in the destination is damaged");
	hand_over();
}

static void suspended(void)
{
	load_and_sleep("mem");
}

static void hibernated(void)
{
	load_and_sleep("disk");
}

static void write_to_disk(void)
{
	static char dirt[32 * MIB];
	int disk = open(DISK, O_WRONLY | O_CLOEXEC);

	if (disk < 0)
		die("no " DISK ": %s", strerror(errno));
	memset(dirt, 0x5a, sizeof(dirt));
	if (write(disk, dirt, sizeof(dirt)) != (ssize_t)sizeof(dirt) ||
	    fsync(disk))
		die("can't write to " DISK ": %s", strerror(errno));
	die(DISK " has taken all of it");
}

/* The disk takes a byte a second: what is on its way there stays so. */
static void dead_disk(void)
{
	struct range block;
	pid_t writer = fork_child();

	if (!writer)
		write_to_disk();
	do {
		wait_a_little();
		expect_running(writer, "the writer");
		block = find_held_up(is_written, 0);
	} while (block.start == block.end);
	expect_loads(block, page_size(), range_len(block));
	hand_over();
}

static const struct memory_case cases[] = {
	{ { "dimm", "a DIMM stays while an image needs it" }, dimm_unloaded },
	{ { "dimm-kept", "... and until the machine is off" }, dimm_kept },
	{ { "dimm-handoff", "... and until the handoff" }, dimm_handoff },
	{ { "dimm-offline", "a DIMM that is offline is no destination" }, dimm_offline },
	{ { "virtio-mem", "memory that a driver has added goes away" }, over_virtio_mem },
	{ { "balloon", "over a balloon" }, over_balloon },
	{ { "zone-movable", "over ZONE_MOVABLE" }, zone_movable },
	{ { "no-movable-sources", "nothing waits there" }, no_movable_sources },
	{ { "movable-only", "free memory is nowhere else" }, movable_only },
	{ { "movable-no-help", "... and the image has to wait" }, movable_no_help },
	{ { "swap-no-help", "more than there is, with much swap" }, swap_no_help },
	{ { "bound-to-node", "the caller may use memory of one node only" },
	  bound_to_node },
	{ { "bound-by-cpuset", "... as its cpuset says" }, bound_by_cpuset },
	{ { "cma", "over a CMA area" }, cma },
	{ { "hugetlb", "over pages of hugetlb, which stay where they are" }, hugetlb },
	{ { "hung-file", "over a file whose server hangs" }, hung_file },
	{ { "hung-file-claimed", "the same, claimed" }, hung_file_claimed },
	{ { "hung-file-answered", "... until the server dies" }, hung_file_answered },
	{ { "hung-file-awake", "... and the system stays awake" }, hung_file_awake },
	{ { "hung-offline", "memory with it is taken offline" }, hung_offline },
	{ { "killed-waiter", "somebody waits for the worker" }, killed_waiter },
	{ { "suspend", "the system sleeps before all is at home" }, suspended },
	{ { "hibernate", "... on a disk" }, hibernated },
	{ { "dead-disk", "over what a disk does not take" }, dead_disk },
};

int main(int argc, char **argv)
{
	const struct case_table table = {
		cases, ARRAY_SIZE(cases), sizeof(cases[0])
	};
	const struct memory_case *c = choose_case(argc, argv, table, NULL);

	mount_kernel_filesystems();
	c->run();
	return 0;
}
