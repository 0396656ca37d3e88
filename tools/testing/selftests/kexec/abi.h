/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of kexec_load(2)'s ABI share.  To be included after
 * kselftest_harness.h.
 */
#ifndef ABI_H
#define ABI_H

#include <limits.h>
#include <sys/types.h>

#include "kexec_util.h"
#include "patience.h"

#define BUFFER_SIZE	MIB
#define BUFFER_PAGES	(BUFFER_SIZE / page)

/*
 * How much less free memory is no leak.  A page lost each time shows in a
 * test that repeats what it does LEAK_ROUNDS times.
 */
#define LEAK_ROUNDS	200
#define LEAK_SLACK	(LEAK_ROUNDS / 2 * page_size())

/*
 * Others take memory meanwhile, and the kernel keeps some.  That is over when all is
 * done once more; a leak is not.
 */
#define LEAK_TRIES	3

struct leak {
	__u64 before;		/* free memory, bytes */
	__u64 lost;		/* bytes, the last time */
	int tries;
};

/*
 * Whatever a segment holds must not be run.  Should a test be handed over
 * after all, this brings the machine down at once: a breakpoint, and nobody
 * to take it.
 */
#define BREAKPOINT	0xcc

/* A trace of the tests' own. */
#define TRACE		TRACEFS "instances/kexec_test/"

/* What prepare_abi_test() prepares, for each test anew. */
extern size_t page;
extern char *buf;		/* BUFFER_SIZE bytes, then nothing mapped */
extern unsigned long arch;	/* what a caller like this has to ask for */

/* The segments of the images in both slots, as they should be. */
extern char loaded[2 * TEXT_MAX];

bool prepare_abi_test(void);
void clear_up(void);
const char *no_loads(unsigned long flags);
bool may_reboot(void);
struct range addressable_ram(void);
const char *no_crash_images(struct range *region);
void read_segments(char text[2 * TEXT_MAX]);

/* All of these return an errno, or 0. */
int load(__u64 entry, unsigned long nr, const struct kexec_segment *segs,
	 unsigned long flags);
int load_segments(unsigned long nr, const struct kexec_segment *segs);
int load_crash(unsigned long nr, const struct kexec_segment *segs);
int unload(void);
int unload_crash(void);

void leak_begin(struct leak *leak);
bool leak_again(struct leak *leak);

__u64 instruction_align(void);
struct kexec_segment pages(__u64 at, unsigned int nr_pages);
const char *named(int nr, const struct kexec_segment *seg);
const char *text_of(const char *format, ...) __printf(1, 2);
bool says(const char *text, const char *part);
bool file_says(const char *path, const char *line);
bool has_mode(const char *path, mode_t mode);
long read_number(const char *path);
void refuse_other(void);
int change_file(const char *path, const char *text);
void restore_files(void);
int hold_nothing_back(void);

const char *begin_faults(void);
int drop_sys_boot(void);
bool load_failing(int nth, unsigned long nr, const struct kexec_segment *segs,
		  unsigned long flags, int *result);
void end_faults(void);

/*
 * Expects a refusal, for a reason that has these words in it, and that the
 * images loaded before are still there, the same as they were.
 */
#define EXPECT_REFUSED(error, words, call) do { \
	const char *expected_words = (words); \
	char now[2 * TEXT_MAX]; \
	\
	refuse_other(); \
	EXPECT_EQ(error, call); \
	EXPECT_TRUE(says(last_refusal(), expected_words)) \
		TH_LOG("no \"%s\" in \"%s\"", expected_words, last_refusal()); \
	read_segments(now); \
	EXPECT_STREQ(loaded, now); \
} while (0)

/* Expects that a load was refused since the nth allocation failed. */
#define EXPECT_OUT_OF_MEMORY(nth, result) do { \
	int failed_nth = (nth); \
	char now[2 * TEXT_MAX]; \
	\
	EXPECT_EQ(ENOMEM, result) \
		TH_LOG("allocation %d", failed_nth); \
	EXPECT_TRUE(says(last_refusal(), "memory")) \
		TH_LOG("allocation %d: \"%s\"", failed_nth, last_refusal()); \
	read_segments(now); \
	EXPECT_STREQ(loaded, now) \
		TH_LOG("allocation %d", failed_nth); \
} while (0)

#endif /* ABI_H */
