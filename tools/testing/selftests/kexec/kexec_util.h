/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kexec selftests share: the system calls, the machine's memory map,
 * and the files in /proc and /sys that tell what the kernel made of an image.
 *
 * Physical addresses are __u64 here, as a 32-bit program may run on a 64-bit
 * kernel.
 */
#ifndef KEXEC_UTIL_H
#define KEXEC_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/kexec.h>
#include <linux/types.h>

#ifndef KEXEC_UPDATE_ELFCOREHDR
#define KEXEC_UPDATE_ELFCOREHDR		0x00000004
#endif
#ifndef KEXEC_CRASH_HOTPLUG_SUPPORT
#define KEXEC_CRASH_HOTPLUG_SUPPORT	0x00000008
#endif

#define SYSFS_KEXEC	"/sys/kernel/kexec/"
#define SYSCTL_KERNEL	"/proc/sys/kernel/"
#define MEMMAP		"/sys/firmware/memmap/"
#define DEBUGFS		"/sys/kernel/debug/"
#define TRACEFS		"/sys/kernel/tracing/"
#define HANDOFF_DEBUG	"/sys/module/kexec/parameters/handoff_debug"

#define SEGMENTS_MAX	16	/* what the kernel takes; KEXEC_SEGMENT_MAX */
#define RANGES_MAX	64
#define TEXT_MAX	4096	/* what a file in sysfs can say */

#define KIB		((__u64)1024)
#define MIB		(1024 * KIB)
#define GIB		(1024 * MIB)

/* The conditions can't be had, or something is wrong: the program ends. */
#define die(format, ...) \
	ksft_exit_fail_msg("%s: " format "\n", \
			   program_invocation_short_name, ##__VA_ARGS__)

/**
 * struct range - a piece of physical memory
 * @start: its first byte
 * @end: the byte after its last
 */
struct range {
	__u64 start;
	__u64 end;
};

static inline __u64 range_len(struct range range)
{
	return range.end - range.start;
}

static inline __u64 round_down(__u64 value, __u64 unit)
{
	return value / unit * unit;
}

static inline __u64 round_up(__u64 value, __u64 unit)
{
	return round_down(value + unit - 1, unit);
}

/**
 * struct placed - a line of /sys/kernel/kexec/segments or crash_segments
 * @at: the destination
 * @in_place: bytes of it that need nothing done at the handoff
 * @moved: bytes that the handoff copies there
 * @zero: bytes that the handoff clears
 */
struct placed {
	struct range at;
	__u64 in_place;
	__u64 moved;
	__u64 zero;
};

/* System calls; these two return -1 and set errno, as libc would have it. */
long kexec_load(__u64 entry, unsigned long nr_segments,
		const struct kexec_segment *segments, unsigned long flags);
long reboot_kexec(void);

struct kexec_segment segment(const void *buf, size_t bufsz, __u64 mem,
			     size_t memsz);
unsigned long native_arch(void);
bool is_compat(void);
__u64 page_size(void);

/* Processes.  One that is forked ends when its parent does. */
pid_t fork_child(void);
void expect_running(pid_t child, const char *name);

/* Files; the first two return 0 or an errno. */
int read_file(const char *path, char *text, size_t size);
int write_file(const char *path, const char *text);
__u64 memory_info(const char *field);

/* What is waited for, if it does not come. */
__u64 time_limit(void);
bool is_over(__u64 limit);

/* What the kernel says. */
void wait_until_settled(void);
int read_placed_from(const char *path, struct placed *placed, int max);
int read_placed(struct placed *placed, int max);
struct placed sum_placed(void);
const char *last_refusal(void);
int write_address(const char *path, __u64 phys);
int corrupt_byte(__u64 phys);
void mount_kernel_filesystems(void);
void wait_until_heard(void);

/* Memory. */
int find_iomem(const char *name, struct range *ranges, int max);
int find_firmware_ram(struct range *ranges, int max);
int find_reserved(struct range *ranges, int max);
int find_usable(struct range *ranges, int max);
struct range find_kernel(void);
__u64 sum_iomem(const char *name);
__u64 to_scale(__u64 bytes);
bool find_crash_region(struct range *region);
int find_destinations(struct range *ranges, int max);
struct range largest_ram(__u64 below);
__u64 pages_on_cpu_lists(void);
__u64 free_memory(void);
__u64 settled_free_memory(void);
void *map_untouched(size_t len);
int stall_access(void *start, size_t len);
bool wait_for_access(int uffd, int ended);
void resume_access(int uffd, void *start, size_t len);

#endif /* KEXEC_UTIL_H */
