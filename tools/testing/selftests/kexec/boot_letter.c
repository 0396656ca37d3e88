// SPDX-License-Identifier: GPL-2.0-only
/*
 * The segment in which the running kernel writes a letter to the next one, about the
 * handoff: <linux/kexec.h> says how to ask for it.  How the next one is told where it
 * is depends on what else that is told.
 */
#include <string.h>

#include "boot_image.h"

/**
 * place_letter - make a segment that asks for a letter
 * @boot: gets it, and owns its content
 * @within: where it may go
 * @at: gets the place, one page; empty if there is no letter: where there is no room,
 *	and the kernel that dies writes none to a capture kernel
 * @letter: gets the content, for what is the loader's in there; or NULL
 *
 * Return: false if there is no memory for it, here.
 */
bool place_letter(struct boot *boot, struct range within, struct range *at,
		  unsigned char **letter)
{
	struct hole hole = {
		.len = boot->page,
		.align = boot->page,
		.within = within,
	};

	*at = (struct range) { };
	*letter = NULL;
	if (boot->panic)
		return true;
	if (!find_hole(boot, "letter", &hole, &at->start)) {
		/* The kernel can start without. */
		*at = (struct range) { };
		boot->error[0] = '\0';
		return true;
	}
	*letter = boot_alloc(boot, boot->page);
	if (!*letter)
		return false;
	memcpy(*letter + offsetof(struct kexec_letter, magic), KEXEC_LETTER_MAGIC,
	       sizeof(((struct kexec_letter *)0)->magic));
	if (!place_segment(boot, "letter", *letter, boot->page, &hole, &at->start))
		return false;
	at->end = at->start + boot->page;
	return true;
}
