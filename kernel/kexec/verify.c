// SPDX-License-Identifier: GPL-2.0-only
/*
 * A digest of each segment's content, taken while the image is filled and
 * checked before the handoff shuts anything down: an image that something
 * overwrote is not worth losing the running system for.
 *
 * It is xxh64: fast, and good at finding accidents.  It is no protection from
 * somebody who can write to kernel memory; nothing in here could be.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/sched.h>
#include <linux/xxhash.h>

#include "internal.h"

/* The sysctl kernel.kexec_verify: whether images loaded from now on get one. */
int kexec_verify __read_mostly = 1;

/**
 * kexec_digest_empty - the digests of segments for which no memory is held
 * @digest: %KEXEC_SEGMENT_MAX of them
 */
void kexec_digest_empty(u64 *digest)
{
	struct xxh64_state state;
	unsigned int i;

	xxh64_reset(&state, 0);
	for (i = 0; i < KEXEC_SEGMENT_MAX; i++)
		digest[i] = xxh64_digest(&state);
}

static u64 table_digest(const struct kimage *image)
{
	struct xxh64_state state;
	struct kexec_move *move;

	xxh64_reset(&state, 0);
	for (move = kexec_move_first(image); move; move = kexec_move_next(move))
		xxh64_update(&state, move, sizeof(*move));
	return xxh64_digest(&state);
}

/**
 * kexec_digest_table - take the digest of an image's move table
 * @image: a filled image, its table in its final form
 */
void kexec_digest_table(struct kimage *image)
{
	if (image->verify)
		image->table_digest = table_digest(image);
}

static void digest_move(struct xxh64_state *state, const struct kexec_move *move)
{
	unsigned long done, len;

	for (done = 0; done < move->len; done += len) {
		void *run;

		len = move->len - done;
		run = kexec_map_run(move->src + done, &len);
		xxh64_update(state, run, len);
		kexec_unmap_run(run);
		cond_resched();
	}
}

/**
 * kexec_digest_check - whether an image is still what was loaded
 * @image: a loaded image
 *
 * Context: May sleep, if cond_resched() may.
 * Return: 0, or -EIO if the move table or a segment's content changed.
 */
int kexec_digest_check(struct kimage *image)
{
	unsigned int i, last = KEXEC_SEGMENT_MAX;
	u64 digest[KEXEC_SEGMENT_MAX];
	struct kexec_move *move;
	struct xxh64_state state;

	if (!image->verify)
		return 0;

	/* First, as the rest is found by it. */
	if (table_digest(image) != image->table_digest)
		return kexec_refuse(-EIO,
				    "the move table changed in memory since the image was loaded");

	kexec_digest_empty(digest);
	for (move = kexec_move_first(image); move; move = kexec_move_next(move)) {
		unsigned int nr = kexec_move_segment(image, move);

		if (move->src == KEXEC_SRC_ZERO)
			continue;
		if (nr != last)
			xxh64_reset(&state, 0);
		last = nr;
		digest_move(&state, move);
		digest[nr] = xxh64_digest(&state);
	}

	for (i = 0; i < image->nr_segments; i++) {
		if (digest[i] != image->digest[i])
			return kexec_refuse_segment(-EIO, i, &image->segment[i],
						    "changed in memory since it was loaded");
	}
	return 0;
}
