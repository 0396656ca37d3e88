// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how fast this machine's time stamp counter counts, in kHz.  An emulated x86
 * has the same one.  Fails if it does not count; where it can't be read, a signal ends
 * it.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <x86intrin.h>

#define TRIES		1000
#define TENTH		100000000	/* nanoseconds */

struct reading {
	uint64_t ticks;
	int64_t ns;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Both at once: of many tries, the one that was disturbed least. */
static struct reading take(void)
{
	int64_t least = INT64_MAX;
	struct reading best;
	int i;

	for (i = 0; i < TRIES; i++) {
		int64_t before = now();
		uint64_t ticks = __rdtsc();
		int64_t took = now() - before;

		if (took < least) {
			least = took;
			best = (struct reading) { ticks, before + took / 2 };
		}
	}
	return best;
}

int main(void)
{
	struct timespec tenth = { .tv_nsec = TENTH };
	struct reading from = take(), to;

	nanosleep(&tenth, NULL);
	to = take();
	if (to.ticks <= from.ticks || to.ns <= from.ns)
		return 1;
	printf("%.0f\n", (to.ticks - from.ticks) * 1e6 / (to.ns - from.ns));
	return 0;
}
