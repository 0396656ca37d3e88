/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_KEXEC_H
#define _ASM_X86_KEXEC_H

#include <asm/page.h>

/*
 * The trampoline's control page: code and GDT in the lower half, the stack in
 * the upper, which the image gets to start with.
 */
#define KEXEC_CONTROL_CODE_MAX_SIZE	2048

/* Flags to the trampoline. */
#define KEXEC_TRAMPOLINE_WBINVD		1	/* write caches back first */

#ifndef __ASSEMBLY__

#include <linux/types.h>

#define KEXEC_ARCH		KEXEC_ARCH_X86_64
#define KEXEC_DEST_LIMIT	(MAXMEM - 1)
/* The identity map of the handoff has all memory. */
#define KEXEC_SOURCE_GFP	0
#define KEXEC_CONTROL_GFP	0

struct page;

/**
 * struct kimage_arch - what x86 keeps with an image
 * @pgd: top of the page tables that the handoff runs on
 * @trampoline: the control page
 */
struct kimage_arch {
	pgd_t *pgd;
	void *trampoline;
};

extern const u8 relocate_kernel[KEXEC_CONTROL_CODE_MAX_SIZE];

void kexec_enter_trampoline(phys_addr_t table, unsigned long entry,
			    phys_addr_t trampoline, unsigned long cr3,
			    phys_addr_t pgd, unsigned long flags);

#ifdef CONFIG_AMD_MEM_ENCRYPT
int machine_kexec_adopt_pages(struct page *page, unsigned long nr_pages);
#define machine_kexec_adopt_pages machine_kexec_adopt_pages

int machine_kexec_release_pages(struct page *page, unsigned long nr_pages);
#define machine_kexec_release_pages machine_kexec_release_pages
#endif

#endif /* __ASSEMBLY__ */
#endif /* _ASM_X86_KEXEC_H */
