// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of kexec_load(2)'s ABI share, see abi.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "../kselftest.h"
#include "abi.h"

size_t page;
char *buf;
unsigned long arch;
char loaded[2 * TEXT_MAX];

static const struct slot {
	unsigned long flags;
	const char *loaded;
	const char *limit;
} slots[] = {
	{ 0, SYSFS_KEXEC "loaded", SYSCTL_KERNEL "kexec_load_limit_reboot" },
	{ KEXEC_ON_CRASH, SYSFS_KEXEC "crash_loaded",
	  SYSCTL_KERNEL "kexec_load_limit_panic" },
};

/* When the program started. */
static bool was_loaded[ARRAY_SIZE(slots)];

/* What a test has to clear up; shared, as it may be killed, and others do it then. */
static struct {
	pid_t group;		/* of its processes */
	bool used[ARRAY_SIZE(slots)];
	int nr_changes;
	struct change {
		const char *path;
		char text[128];	/* that was there before */
	} changes[16];
} *left;

/* Who was killed in the middle of a load may not be gone yet. */
static int unload_slot(unsigned long flags)
{
	__u64 limit = time_limit();
	int err;

	while ((err = load(0, 0, NULL, flags)) == EBUSY && !is_over(limit))
		usleep(10000);
	return err;
}

/* Until restore_files(), the file says something else.  Of the path no copy is made. */
int change_file(const char *path, const char *text)
{
	struct change *change;
	int i, err;

	for (i = 0; i < left->nr_changes; i++) {
		if (!strcmp(left->changes[i].path, path))
			return write_file(path, text);
	}
	if (i == ARRAY_SIZE(left->changes))
		die("too many files are changed");
	change = &left->changes[i];
	change->path = path;
	err = read_file(path, change->text, sizeof(change->text));
	if (err)
		return err;
	left->nr_changes++;
	return write_file(path, text);
}

void restore_files(void)
{
	for (; left->nr_changes; left->nr_changes--) {
		struct change *last = &left->changes[left->nr_changes - 1];

		write_file(last->path, last->text);
	}
}

/* What was loaded is not to be started, and what was changed not to stay. */
void clear_up(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		if (left->used[i])
			unload_slot(slots[i].flags);
		left->used[i] = false;
	}
	restore_files();
	rmdir(TRACE);
	/* It is at an end, and somebody else may get its number. */
	left->group = 0;
}

/* A test is a group of its own, which would go on. */
static void end_program(int signal)
{
	if (left->group && left->group != getpgrp())
		kill(-left->group, SIGKILL);
	clear_up();
	_exit(128 + signal);
}

/* However a test or the program ends. */
static void __attribute__((constructor)) clear_up_at_end(void)
{
	unsigned int i;

	arch = is_compat() ? native_arch() : KEXEC_ARCH_DEFAULT;
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		was_loaded[i] = file_says(slots[i].loaded, "1");

	left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (left == MAP_FAILED)
		die("no memory");
	atexit(clear_up);
	signal(SIGHUP, end_program);
	signal(SIGINT, end_program);
	signal(SIGTERM, end_program);
}

bool prepare_abi_test(void)
{
	mount_kernel_filesystems();
	page = page_size();
	left->group = getpgrp();

	buf = mmap(NULL, BUFFER_SIZE + page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buf == MAP_FAILED || munmap(buf + BUFFER_SIZE, page))
		return false;
	memset(buf, BREAKPOINT, BUFFER_SIZE);
	return true;
}

/* Returns why this slot is not for tests, or NULL; then it is empty. */
const char *no_loads(unsigned long flags)
{
	const int nr = flags == KEXEC_ON_CRASH;
	int err;

	/* Of a test that was killed. */
	restore_files();
	if (was_loaded[nr] && !getenv("KEXEC_TEST_REPLACE"))
		return "would replace the image that is loaded: set KEXEC_TEST_REPLACE=1";
	if (read_number(slots[nr].limit) >= 0)
		return "would use up what kernel.kexec_load_limit_* allows";
	err = unload_slot(flags);
	if (err == EPERM || err == EACCES)
		return "loading is forbidden, the kernel's log says why";
	left->used[nr] = true;
	return NULL;
}

/* Somebody else may have loaded an image meanwhile, and it would be started. */
bool may_reboot(void)
{
	return getenv("KEXEC_TEST_REBOOT");
}

/* The largest piece of RAM that can be had, without the last page of all addresses. */
struct range addressable_ram(void)
{
	return largest_ram(sizeof(long) == 8 ? ~0ULL : 4 * GIB - MIB);
}

/* Returns why there can be no crash image here, or NULL. */
const char *no_crash_images(struct range *region)
{
	if (geteuid())
		return "has to be run as root";
	if (access(SYSFS_KEXEC "crash_segments", F_OK))
		return "the kernel has no CONFIG_CRASH_DUMP";
	if (!find_crash_region(region))
		return "no memory is reserved by crashkernel=";
	if (region->end > ULONG_MAX)
		return "this program can't address the crash region";
	return NULL;
}

void read_segments(char text[2 * TEXT_MAX])
{
	wait_until_settled();
	read_file(SYSFS_KEXEC "segments", text, TEXT_MAX);
	/* Not there without CONFIG_CRASH_DUMP. */
	read_file(SYSFS_KEXEC "crash_segments", text + strlen(text), TEXT_MAX);
}

int load(__u64 entry, unsigned long nr, const struct kexec_segment *segs,
	 unsigned long flags)
{
	return kexec_load(entry, nr, segs, arch | flags) ? errno : 0;
}

/* These two have the entry at the first byte of the first segment. */
int load_segments(unsigned long nr, const struct kexec_segment *segs)
{
	return load((uintptr_t)segs[0].mem, nr, segs, 0);
}

int load_crash(unsigned long nr, const struct kexec_segment *segs)
{
	return load((uintptr_t)segs[0].mem, nr, segs, KEXEC_ON_CRASH);
}

int unload(void)
{
	return load(0, 0, NULL, 0);
}

int unload_crash(void)
{
	return load(0, 0, NULL, KEXEC_ON_CRASH);
}

/* To be called once the system has taken what it keeps. */
void leak_begin(struct leak *leak)
{
	leak->before = settled_free_memory();
}

/* Whether to do it all once more, as this time memory was lost: see LEAK_TRIES. */
bool leak_again(struct leak *leak)
{
	__u64 now = settled_free_memory();

	leak->lost = leak->before > now ? leak->before - now : 0;
	return leak->lost > LEAK_SLACK && ++leak->tries < LEAK_TRIES;
}

/* What an address has to be a multiple of for an instruction to begin there. */
__u64 instruction_align(void)
{
	switch (native_arch()) {
	case KEXEC_ARCH_AARCH64:
	case KEXEC_ARCH_LOONGARCH:
	case KEXEC_ARCH_MIPS:
	case KEXEC_ARCH_PARISC:
	case KEXEC_ARCH_PPC:
	case KEXEC_ARCH_PPC64:
		return 4;
	case KEXEC_ARCH_RISCV:
	case KEXEC_ARCH_S390:
	case KEXEC_ARCH_SH:
	case KEXEC_ARCH_68K:
		return 2;
	default:
		return 1;
	}
}

/* A segment that is full of content. */
struct kexec_segment pages(__u64 at, unsigned int nr_pages)
{
	return segment(buf, nr_pages * page, at, nr_pages * page);
}

/* "segment 1 [0x1000000-0x1ffffff]", in one of some buffers used in turn. */
const char *named(int nr, const struct kexec_segment *seg)
{
	static char names[4][64];
	static unsigned int turn;
	char *name = names[turn++ % ARRAY_SIZE(names)];

	snprintf(name, sizeof(names[0]), "segment %d [0x%lx-0x%lx]", nr,
		 (unsigned long)seg->mem,
		 (unsigned long)seg->mem + seg->memsz - 1);
	return name;
}

const char *text_of(const char *format, ...)
{
	static char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

bool says(const char *text, const char *part)
{
	return strstr(text, part);
}

/* Whether the file holds exactly this line. */
bool file_says(const char *path, const char *line)
{
	char text[TEXT_MAX];
	size_t len = strlen(line);

	return !read_file(path, text, sizeof(text)) &&
	       !strncmp(text, line, len) && !strcmp(text + len, "\n");
}

bool has_mode(const char *path, mode_t mode)
{
	struct stat st;

	return !stat(path, &st) && (st.st_mode & 07777) == mode;
}

long read_number(const char *path)
{
	char text[TEXT_MAX];

	if (read_file(path, text, sizeof(text)))
		return LONG_MIN;
	return strtol(text, NULL, 10);
}

/* So that an old reason isn't taken for a new one. */
void refuse_other(void)
{
	kexec_load(0, 99, NULL, arch);
}

/* Fault injection: settings that make every allocation one that may fail. */
static const struct setting {
	const char *path;
	const char *value;
} fault_settings[] = {
	{ DEBUGFS "failslab/ignore-gfp-wait",		"N" },
	{ DEBUGFS "failslab/verbose",			"0" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait",	"N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem",	"N" },
	{ DEBUGFS "fail_page_alloc/min-order",		"0" },
	{ DEBUGFS "fail_page_alloc/verbose",		"0" },
};

static int fail_nth = -1;

#define BOOST	"/proc/sys/vm/watermark_boost_factor"
#define SCALE	"/proc/sys/vm/watermark_scale_factor"

/* Until restore_files(), no memory is held back for a while; nor is it from now on. */
int hold_nothing_back(void)
{
	char scale[16];
	int err = change_file(BOOST, "0");

	if (!err)
		err = read_file(SCALE, scale, sizeof(scale));
	/* What it was: that starts anew. */
	return err ? err : write_file(SCALE, scale);
}

/* Returns what the kernel lacks for it, or NULL. */
const char *begin_faults(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fault_settings); i++) {
		if (access(fault_settings[i].path, F_OK))
			return fault_settings[i].path;
	}
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		return "/proc/thread-self/fail-nth";

	for (i = 0; i < ARRAY_SIZE(fault_settings); i++) {
		const struct setting *s = &fault_settings[i];

		if (change_file(s->path, s->value))
			return s->path;
	}
	/* An allocation that fails is asked for again after that. */
	return hold_nothing_back() ? BOOST : NULL;
}

/* Loads with the nth allocation failing; whether that many were attempted. */
bool load_failing(int nth, unsigned long nr, const struct kexec_segment *segs,
		  unsigned long flags, int *result)
{
	char text[16] = "";

	snprintf(text, sizeof(text), "%d", nth);
	pwrite(fail_nth, text, strlen(text), 0);
	*result = load((uintptr_t)segs[0].mem, nr, segs, flags);
	memset(text, 0, sizeof(text));
	pread(fail_nth, text, sizeof(text) - 1, 0);
	pwrite(fail_nth, "0", 1, 0);
	return !atoi(text);
}

void end_faults(void)
{
	restore_files();
	close(fail_nth);
}

/* Gives CAP_SYS_BOOT up, for good. */
int drop_sys_boot(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return errno;
	data[0].effective &= ~(1U << CAP_SYS_BOOT);
	data[0].permitted &= ~(1U << CAP_SYS_BOOT);
	return syscall(SYS_capset, &header, data) ? errno : 0;
}
