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
 * checked 67108864 bytes in 2 ranges: ok".  In the cases "invalid", "no-stack" and
 * "no-console" it takes an exception instead, which the kernel reports if
 * kexec.handoff_debug= is set.
 *
 * Before, this program checks what the kernel says about the placement.  What
 * is free or can be moved has to be placed in place, a page block of the
 * allocator at a time, and what can't be has to be moved.  With --no-claim,
 * for a kernel without CONFIG_KEXEC_IN_PLACE, only the latter.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest.h"
#include "cases.h"
#include "kexec_util.h"
#include "memory.h"
#include "plan.h"

/* What the system needs to go on, whatever memory is filled with. */
#define MEMORY_LEFT	(96 * MIB)

/**
 * struct handoff_case - a way to a handoff
 * @id: what it is called
 * @size: of the image, for those that make use of it
 * @filling: what to fill the memory with
 * @use: what the destination is then used for, each block of it
 * @plan: fills the plan, with the memory filled
 * @must_move: something of the image can't be placed in place; else all can
 * @before: what else to do before the image is loaded
 * @meanwhile: what to do while the kernel still brings it home
 * @after: what to do when it was loaded, and that is done
 */
struct handoff_case {
	struct case_id id;
	__u64 size;
	const struct filling *filling;
	struct use use;
	void (*plan)(struct plan *plan, const struct handoff_case *c);
	bool must_move;
	void (*before)(const struct plan *plan);
	void (*meanwhile)(const struct plan *plan);
	void (*after)(const struct plan *plan);
};

static bool no_claim;

/* Whether destinations have to lie in few 100 MiB, as on malta. */
static bool is_small(void)
{
	return range_len(largest_ram(NO_END)) < 512 * MIB;
}

/* There also have to be as many source pages there, and what memory is filled with. */
static __u64 image_size(const struct handoff_case *c)
{
	return c->filling && is_small() ? c->size / 4 : c->size;
}

static void plan_window(struct plan *plan, const struct handoff_case *c)
{
	__u64 size = round_up(image_size(c), page_size());

	use_range(plan, get_window(size, anywhere, &c->use));
}

static void plan_above_4g(struct plan *plan, const struct handoff_case *c)
{
	struct range above = { .start = 4 * GIB, .end = NO_END };

	use_range(plan, get_window(c->size, above, &all_free));
}

/* As odd as the processor can have it. */
static void plan_odd_entry(struct plan *plan, const struct handoff_case *c)
{
	use_range(plan, get_window(c->size, anywhere, &all_free));
	plan->entry_offset = native_arch() == KEXEC_ARCH_X86_64 ||
			     native_arch() == KEXEC_ARCH_386 ? 0x7123 : 0x7130;
}

/* The payload begins with a branch in this state. */
static void plan_thumb(struct plan *plan, const struct handoff_case *c)
{
	use_range(plan, get_window(c->size, anywhere, &all_free));
	plan->entry_state = 1;
}

/* Where the kernel itself lies, as real images have it. */
static void plan_over_kernel(struct plan *plan, const struct handoff_case *c)
{
	struct range kernel = find_kernel();

	plan->payload = get_window(PAYLOAD_LEN, anywhere, &all_free);
	add_part(plan, kernel, range_len(kernel));
}

/*
 * From address 0 on, where a machine has RAM there: s390, whose CPUs have vectors and
 * what they save there.
 */
static void plan_at_zero(struct plan *plan, const struct handoff_case *c)
{
	struct range first = { 0, 64 * KIB }, low = largest_ram(MIB);

	if (low.start || low.end < first.end)
		die("there is no RAM at 0");
	plan->payload = get_window(PAYLOAD_LEN, anywhere, &all_free);
	add_part(plan, first, range_len(first) - 777);
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

	/*
	 * Only a PC has any so low.  Where it begins elsewhere, the first 2 MiB
	 * may be firmware's, as on RISC-V, and protected.
	 */
	if (!range_len(low))
		low = (struct range) { ram.start + 2 * MIB, ram.start + 3 * MIB };
	at.start = low.start > 64 * KIB ? low.start : 64 * KIB;
	at.end = round_down(low.end - 32 * KIB, page_size());
	add_part(plan, at, range_len(at) - 777);

	for (i = SEGMENTS_MAX - 2; i > 0; i--) {
		__u64 len = (1 + i * i * i * 3) * 4 * KIB;

		/* Each ends before the next one begins. */
		if (len > step * 3 / 4)
			len = step * 3 / 4;
		at.start = ram.start + i * step + i * page_size();
		at.end = at.start + round_up(len, page_size());
		add_part(plan, at, range_len(at) - i * 555);
	}
	plan->payload = (struct range) { ram.end - 2 * PAYLOAD_LEN,
					 ram.end - PAYLOAD_LEN };
}

static void plan_zero_tails(struct plan *plan, const struct handoff_case *c)
{
	const struct {
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
		{ 64 * KIB,		is_small() ? 40 * MIB : 200 * MIB },
	};
	struct range window = get_window(is_small() ? 128 * MIB : 288 * MIB,
					 anywhere, &all_free), at;
	unsigned int i;

	at.end = window.start + PAYLOAD_LEN;
	plan->payload = (struct range) { window.start, at.end };
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		at.start = at.end;
		at.end = at.start + round_up(sizes[i].memsz, page_size());
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

/*
 * The payload's first instruction is none: on x86 UD2, on Arm UDF, on RISC-V the one
 * that has all bits 0.
 */
static void plan_invalid(struct plan *plan, const struct handoff_case *c)
{
	static const unsigned char ud2[] = { 0x0f, 0x0b }, zero[4];
	bool x86 = native_arch() == KEXEC_ARCH_X86_64 ||
		   native_arch() == KEXEC_ARCH_386;

	plan_window(plan, c);
	plan->first = x86 ? ud2 : zero;
	plan->first_len = x86 ? sizeof(ud2) : sizeof(zero);
}

/* So is its third, and there is no stack then: xor %esp, %esp; not %rsp; ud2. */
static void plan_no_stack(struct plan *plan, const struct handoff_case *c)
{
	static const unsigned char code[] = {
		0x31, 0xe4, 0x48, 0xf7, 0xd4, 0x0f, 0x0b
	};

	if (native_arch() != KEXEC_ARCH_X86_64)
		die("this case is for x86_64");
	plan_window(plan, c);
	plan->first = code;
	plan->first_len = sizeof(code);
}

/*
 * So is its last one, and from 512 GiB on nothing is mapped then, nor what a console
 * has there.
 */
static void plan_no_console(struct plan *plan, const struct handoff_case *c)
{
	static const unsigned char code[] = {
		0x0f, 0x20, 0xdb,			/* mov %cr3, %rbx */
		0x48, 0x81, 0xe3, 0x00, 0xf0, 0xff, 0xff, /* and $~0xfff, %rbx */
		0x0f, 0x20, 0xe0,			/* mov %cr4, %rax */
		0x0f, 0xba, 0xe0, 0x0c,			/* bt $12 (LA57), %eax */
		0x73, 0x0a,				/* jnc 1f */
		0x48, 0x8b, 0x1b,			/* mov (%rbx), %rbx */
		0x48, 0x81, 0xe3, 0x00, 0xf0, 0xff, 0xff, /* and $~0xfff, %rbx */
		0x48, 0xc7, 0x43, 0x08, 0, 0, 0, 0,	/* 1: movq $0, 8(%rbx) */
		0x0f, 0x20, 0xd8,			/* mov %cr3, %rax */
		0x0f, 0x22, 0xd8,			/* mov %rax, %cr3 */
		0x0f, 0x0b				/* ud2 */
	};

	if (native_arch() != KEXEC_ARCH_X86_64)
		die("this case is for x86_64");
	plan_window(plan, c);
	plan->first = code;
	plan->first_len = sizeof(code);
}

/* Whether what is mapped for memory near by, in pages of 2 MiB, has it mapped. */
static bool near_memory(__u64 phys)
{
	static const char *const names[] = {
		"System RAM", "ACPI Tables", "ACPI Non-volatile Storage",
	};
	struct range at[RANGES_MAX];
	size_t name;
	int i, nr;

	for (name = 0; name < ARRAY_SIZE(names); name++) {
		nr = find_iomem(names[name], at, RANGES_MAX);
		for (i = 0; i < nr; i++) {
			if (at[i].start / (2 * MIB) <= phys / (2 * MIB) &&
			    (at[i].end - 1) / (2 * MIB) >= phys / (2 * MIB))
				return true;
		}
	}
	return false;
}

/* What a next kernel reads before it has page tables, if it knows of EFI. */
static void plan_efi(struct plan *plan, const struct handoff_case *c)
{
	static const char path[] = "/sys/kernel/boot_params/data";
	unsigned char params[0x1e0];
	__u32 low, high;
	FILE *file = fopen(path, "r");

	if (!file || fread(params, sizeof(params), 1, file) != 1)
		die("can't read %s", path);
	fclose(file);
	if (memcmp(params + 0x1c0, "EL64", 4))
		die("this kernel was not started by EFI");
	memcpy(&low, params + 0x1c4, 4);
	memcpy(&high, params + 0x1d8, 4);
	plan->word = low | (__u64)high << 32;
	plan->expected = 0x5453595320494249;	/* IBI SYST */
	if (near_memory(plan->word))
		die("EFI's system table at %#llx lies beside RAM: mem=",
		    plan->word);
	plan_window(plan, c);
}

static void load_boot_image(const struct plan *plan)
{
	load_plan(plan, 0);
}

/* To be asked before the image is loaded, as that changes it. */
static void foresee_moves(struct part *part)
{
	__u64 before = pages_on_cpu_lists(), lists, other;
	struct range content = {
		part->at.start,
		part->at.start + round_up(part->bufsz, page_size())
	};

	other = count_pages(content).other;
	/* A CPU may have taken more for its list meanwhile. */
	lists = pages_on_cpu_lists();
	if (lists < before)
		lists = before;
	part->min_moved = (other > lists ? other - lists : 0) * page_size();
	part->max_moved = unmovable_blocks(content);
	/*
	 * Where that is most of the memory, what the kernel needs from now on for itself
	 * is in it: page tables, for one.  Of a window, this is less than a block.
	 */
	part->max_moved += range_len(content) / 32;
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
	 * few, unless it is asked for pages of another segment.  They may be all of one
	 * block of it.
	 */
	if (placed->zero > tail ||
	    (!no_claim && !placed->moved &&
	     placed->zero + 4 * MIB + 64 * page_size() < tail))
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

/* As <linux/sched/types.h> has it, which not every libc lets be included. */
struct deadline {
	__u32 size;
	__u32 policy;
	__u64 flags;
	__s32 nice;
	__u32 priority;
	__u64 runtime_ns;
	__u64 deadline_ns;
	__u64 period_ns;
};

static void start_deadline_task(void)
{
	const struct deadline deadline = {
		.size		= sizeof(deadline),
		.policy		= 6,	/* SCHED_DEADLINE */
		.runtime_ns	= 85 * 1000 * 1000,
		.period_ns	= 100 * 1000 * 1000,
		.deadline_ns	= 100 * 1000 * 1000,
	};
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (pid < 0 || syscall(__NR_sched_setattr, pid, &deadline, 0))
		die("no deadline task: %s", strerror(errno));
}

/* Nobody may take a CPU offline then, but a handoff does. */
static void need_all_cpus(const struct plan *plan)
{
	static bool needed;
	long nr = needed ? 0 : sysconf(_SC_NPROCESSORS_ONLN);

	while (nr--)
		start_deadline_task();
	needed = true;
	if (write_file("/sys/devices/system/cpu/cpu1/online", "0") != EBUSY)
		die("CPU 1 can go offline, or there is no such CPU");
}

/* The handoff is refused; the image loaded again has no fault. */
static void corrupt_and_reload(const struct plan *plan)
{
	corrupt_image(plan);
	if (!reboot_kexec() || errno != EIO)
		die("reboot(2): %s, expected EIO", strerror(errno));
	load_boot_image(plan);
}

/* ... and frees nothing by a table that has changed. */
static void corrupt_table_and_reload(const struct plan *plan)
{
	if (write_file(DEBUGFS "kexec/corrupt_table", "1"))
		die("can't corrupt the table: %s", strerror(errno));
	if (!reboot_kexec() || errno != EIO)
		die("reboot(2): %s, expected EIO", strerror(errno));
	load_boot_image(plan);
}

static bool is_settled(void)
{
	char text[8];

	if (read_file(SYSFS_KEXEC "settled", text, sizeof(text)))
		die("no " SYSFS_KEXEC "settled");
	return text[0] == '1';
}

static void hand_over_at_once(const struct plan *plan)
{
	reboot_kexec();
	die("reboot(2): %s: %s", strerror(errno), last_refusal());
}

/*
 * Over and over, look into the image, which stops what goes on.  That begins 50 ms
 * later: look again before, and a little later each time, so that on no machine
 * all of it is done between two looks.
 */
static void disturb(const struct plan *plan)
{
	int nr;

	for (nr = 0; !is_settled(); nr++) {
		corrupt_image(plan);
		corrupt_image(plan);
		usleep(40000 + 500 * nr);
	}
	printf("kexec_handoff: disturbed %d times before it had settled\n", nr);
	fflush(stdout);
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
		{ "page", "one page, the payload itself" },
		OVER_FREE(4 * KIB),
	}, {
		{ "64k", "64 KiB, the payload itself" },
		OVER_FREE(64 * KIB),
	}, {
		{ "16m", "16 MiB over free memory" },
		OVER_FREE(16 * MIB),
	}, {
		{ "64m", "64 MiB over free memory" },
		OVER_FREE(64 * MIB),
	}, {
		{ "256m", "256 MiB over free memory" },
		OVER_FREE(256 * MIB),
	}, {
		{ "512m", "512 MiB over free memory" },
		OVER_FREE(512 * MIB),
	}, {
		{ "tmpfs", "over files of tmpfs" },
		OVER(tmpfs_filling), .use.least.cache = 90,
	}, {
		{ "page-cache", "over the page cache of a disk" },
		OVER(block_device_filling), .use.least.cache = 90,
	}, {
		{ "anonymous", "over anonymous memory of a program" },
		OVER(anonymous_filling), .use.least.anon = 90,
	}, {
		{ "huge-pages", "over the same, in huge pages" },
		OVER(huge_filling), .use.least.anon = 90,
	}, {
		{ "pinned", "over anonymous memory, partly pinned" },
		OVER(pinned_filling), .use = { { .anon = 90 }, 10 },
		.must_move = true,
	}, {
		{ "unmovable", "over pages that can't be moved" },
		OVER(pipe_filling), .use = { { .other = 90 }, 100 },
		.must_move = true,
	}, {
		{ "fragmented", "where every other page is free" },
		OVER(alternating_filling), .must_move = true,
		.use = { { .free = 40, .other = 40 }, 60 },
	}, {
		{ "over-kernel", "where the running kernel lies" },
		.plan = plan_over_kernel, .must_move = true,
	}, {
		{ "at-zero", "from address 0 on (s390)" },
		.plan = plan_at_zero, .must_move = true,
	}, {
		{ "scattered", "16 segments all over the memory" },
		.plan = plan_scattered, .must_move = true,
	}, {
		{ "zero-tails", "segments that are mostly zero" },
		.plan = plan_zero_tails,
	}, {
		{ "above-4g", "destinations above 4 GiB" },
		.size = 64 * MIB, .plan = plan_above_4g,
	}, {
		{ "odd-entry", "an entry in the middle of a segment" },
		.size = 16 * MIB, .plan = plan_odd_entry,
	}, {
		{ "thumb", "an entry in Thumb state (arm)" },
		.size = 64 * KIB, .use.least.free = 100, .plan = plan_thumb,
	}, {
		{ "invalid", "the payload's first instruction is none" },
		.size = 64 * KIB, .use.least.free = 100, .plan = plan_invalid,
	}, {
		{ "no-stack", "so is its third, with no stack (x86_64)" },
		.size = 64 * KIB, .use.least.free = 100, .plan = plan_no_stack,
	}, {
		{ "no-console", "so is its last, with nothing mapped from 512 GiB on (x86_64)" },
		.size = 64 * KIB, .use.least.free = 100, .plan = plan_no_console,
	}, {
		{ "efi", "EFI's system table can be read (x86_64)" },
		.size = 16 * MIB, .use.least.free = 100, .plan = plan_efi,
	}, {
		{ "most-of-memory", "60 % of the memory" },
		.plan = plan_most_of_memory, .must_move = true,
	}, {
		{ "replaced", "in place of an image loaded before" },
		OVER_FREE(64 * MIB), .before = load_boot_image,
	}, {
		{ "at-once", "before the image has settled" },
		OVER(anonymous_filling), .use.least.anon = 90,
		.meanwhile = hand_over_at_once,
	}, {
		{ "disturbed", "stopped now and then while it settles" },
		OVER(anonymous_filling), .use.least.anon = 90,
		.meanwhile = disturb,
	}, {
		{ "reloaded", "refused for a corrupt byte, then reloaded" },
		OVER_FREE(16 * MIB), .after = corrupt_and_reload,
	}, {
		{ "table-reloaded", "refused for its table, then reloaded" },
		OVER_FREE(16 * MIB), .after = corrupt_table_and_reload,
	}, {
		{ "corrupt", "with kexec_verify=0, and a corrupt byte" },
		OVER_FREE(16 * MIB),
		.before = switch_verify_off, .after = corrupt_image,
	}, {
		{ "disabled", "kexec_load_disabled set after the load" },
		OVER_FREE(16 * MIB), .after = disable_loading,
	}, {
		{ "deadline", "with tasks that no CPU can be spared for" },
		OVER_FREE(64 * KIB), .before = need_all_cpus,
	},
};

static void fill_memory(const struct handoff_case *c)
{
	__u64 leave = image_size(c) + to_scale(MEMORY_LEFT);
	__u64 free = memory_info("MemFree:");

	leave_garbage_in_free_memory();
	if (!c->filling)
		return;
	if (free < leave)
		die("only %llu MiB are free", free / MIB);
	c->filling->fill(free - leave);
}

static void report(void)
{
	struct placed sum = sum_placed();
	char text[TEXT_MAX];

	read_file(SYSFS_KEXEC "segments", text, sizeof(text));
	printf("%skexec_handoff: moved=%llu zero=%llu in_place=%llu\n", text,
	       sum.moved, sum.zero, sum.in_place);
	/* They are gone soon. */
	wait_until_heard();
}

static struct plan place_image(const struct handoff_case *c)
{
	struct plan plan = { };
	int i;

	c->plan(&plan, c);
	for (i = 0; i < plan.nr_parts; i++)
		foresee_moves(&plan.parts[i]);
	if (c->before)
		c->before(&plan);
	load_boot_image(&plan);
	if (c->meanwhile)
		c->meanwhile(&plan);
	return plan;
}

static void hand_over(const struct handoff_case *chosen)
{
	struct handoff_case scaled = *chosen, *c = &scaled;
	struct plan plan;
	int tries = 0;

	mount_kernel_filesystems();
	scaled.size = to_scale(chosen->size);
	map_pattern(PAYLOAD_LEN);
	fill_memory(c);
	do
		plan = place_image(c);
	while (!c->must_move && !no_claim && unload_moved(0, ++tries));
	check_placement(&plan, c->must_move);
	if (c->after)
		c->after(&plan);
	if (c->filling && !c->filling->intact())
		die("what was in the destination is damaged");

	report();
	reboot_kexec();
	die("reboot(2): %s: %s", strerror(errno), last_refusal());
}

int main(int argc, char **argv)
{
	const struct case_table table = {
		cases, ARRAY_SIZE(cases), sizeof(cases[0])
	};

	hand_over(choose_case(argc, argv, table, &no_claim));
}
