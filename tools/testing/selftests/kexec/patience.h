/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A time limit that only ends what hangs.  Each test of a program has it that
 * includes this after kselftest_harness.h.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdlib.h>

/* Seconds: emulated machines with every debugging option on take their time. */
#define TIME_LIMIT_S	600

/* Who runs the tests may know the machine, and say how long. */
static inline int time_limit_s(void)
{
	const char *told = getenv("KEXEC_TEST_TIMEOUT");

	return told ? atoi(told) : TIME_LIMIT_S;
}

#ifdef __KSELFTEST_HARNESS_H
/* Constructors that have a priority, as those that register tests, are first. */
static void __attribute__((constructor)) set_time_limits(void)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *test;

	for (fixture = __fixture_list; fixture; fixture = fixture->next)
		for (test = fixture->tests; test; test = test->next)
			test->timeout = time_limit_s();
}
#endif

#endif /* PATIENCE_H */
