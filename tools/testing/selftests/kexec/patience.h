/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A time limit for each test of a program that only ends what hangs.  To be
 * included after kselftest_harness.h.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

/* Emulated machines with every debugging option on take their time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

#endif /* PATIENCE_H */
