// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures kexec, this kernel's or another one's, in a guest that is thrown
 * away; tools/testing/kexec/harness/bench.py puts the figures together:
 *
 *	kexec_bench crash MIB TTY
 *
 * loads a crash image of so many MiB, has the kernel panic, and writes to TTY,
 * as the console had better be silent meanwhile:
 *
 *	bench: loaded 31457280 bytes in 123456 ticks
 *	bench: 2445.5 ticks are a microsecond
 *	bench: panic at 123456789
 *	payload: time stamp 123459876
 *
 * Ticks are those of the time stamp counter, which counts instructions where
 * QEMU is told to (-icount shift=0).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../kselftest.h"
#include "kexec_util.h"
#include "memory.h"
#include "plan.h"

static int tty;

/* Waits until it has been sent. */
__printf(1, 2) static void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(tty, format, args);
	va_end(args);
	tcdrain(tty);
}

static __u64 nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static double ticks_per_microsecond(void)
{
	__u64 ns = nanoseconds(), from = __rdtsc();

	usleep(200000);
	return (__rdtsc() - from) * 1000.0 / (nanoseconds() - ns);
}

static void bench_crash(__u64 bytes)
{
	struct plan plan = { .only_time = true };
	struct range region;
	__u64 from;

	if (find_iomem("Crash kernel", &region, 1) < 1)
		die("no memory is reserved by crashkernel=");
	if (bytes > range_len(region))
		die("the crash region has %llu MiB", range_len(region) / MIB);
	region.end = region.start + bytes;
	use_range(&plan, region);

	from = __rdtsc();
	load_plan(&plan, KEXEC_ON_CRASH);
	report("bench: loaded %llu bytes in %llu ticks\n", bytes, __rdtsc() - from);
	report("bench: %.1f ticks are a microsecond\n", ticks_per_microsecond());
	report("bench: panic at %llu\n", __rdtsc());
	write_file("/proc/sysrq-trigger", "c");
	die("no panic");
}

int main(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[1], "crash")) {
		fprintf(stderr, "usage: kexec_bench crash MIB TTY\n");
		return 2;
	}
	tty = open(argv[3], O_WRONLY | O_NOCTTY);
	if (tty < 0)
		die("%s: %s", argv[3], strerror(errno));
	mount_kernel_filesystems();
	map_pattern(PATTERN_PERIOD);
	bench_crash(strtoull(argv[2], NULL, 0) * MIB);
}
