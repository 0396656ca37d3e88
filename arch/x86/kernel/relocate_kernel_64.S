/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  It
 * switches to the page tables of the handoff, whose lower half maps all memory
 * to itself and whose upper half is still the kernel's, and jumps to the copy
 * of relocate_kernel in the control page by its physical address.
 *
 * Both get, and keep until the moves are done:
 *
 *	rdi	table, physical
 *	rsi	entry, physical
 *	rdx	control page, physical: code at +0, top of stack at +PAGE_SIZE
 *	rcx	value for CR3
 *	r8	top page table, physical
 *	r9	KEXEC_TRAMPOLINE_* flags
 */
#include <linux/linkage.h>
#include <linux/kexec.h>
#include <linux/objtool.h>
#include <asm/kexec.h>
#include <asm/nospec-branch.h>
#include <asm/page_types.h>
#include <asm/processor-flags.h>
#include <asm/unwind_hints.h>

	.text
	.code64
/*
 * In: interrupts off, the only CPU running, IDT of limit 0, CET off, CR3 the
 * kernel's with or without PCID.
 * Out: CR3 as given (PCID 0), all else as it was.
 */
SYM_CODE_START(kexec_enter_trampoline)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	movq	%rcx, %cr3
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rdx
	int3
SYM_CODE_END(kexec_enter_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * every reference is relative to rip.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(relocate_kernel)
	/*
	 * In: at the control page's physical address, on the kernel's stack,
	 * GDT and segments the kernel's.
	 * Out: nothing is used any more that lies outside of control memory:
	 * stack and GDT are the control page's, selectors those of the boot
	 * protocol, flags clear.
	 */
	leaq	PAGE_SIZE(%rdx), %rsp
	pushq	$0
	popfq
	leaq	.Lgdt(%rip), %rax
	movq	%rax, .Lgdt_base(%rip)
	lgdt	.Lgdt_limit(%rip)
	movl	$(.Lgdt_ds - .Lgdt), %eax
	.irp	seg, ss, ds, es, fs, gs
	movl	%eax, %\seg
	.endr
	xorl	%eax, %eax
	lldt	%ax
	pushq	$(.Lgdt_cs - .Lgdt)
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:
	/*
	 * CR4 to what long mode needs.  PAE and LA57 can't change in it, MCE
	 * must stay as a TDX guest may not clear it.  Without PGE the global
	 * translations of the kernel are gone too; CET goes before CR0.WP,
	 * which it needs.
	 */
	movq	%cr4, %rax
	andl	$(X86_CR4_PAE | X86_CR4_LA57 | X86_CR4_MCE), %eax
	movq	%rax, %cr4

	movq	%cr0, %rax
	andq	$~(X86_CR0_AM | X86_CR0_WP | X86_CR0_TS | X86_CR0_EM), %rax
	movq	%rax, %cr0

	/*
	 * The kernel's half of the page tables ends here: the tables below it
	 * may be overwritten by the moves, and what they then say must not be
	 * walked, not even by speculation.  Then flush what was cached of it.
	 */
	movq	%rdi, %r10
	movq	%rcx, %r11
	leaq	(PAGE_SIZE / 2)(%r8), %rdi
	movl	$(PAGE_SIZE / 2 / 8), %ecx
	xorl	%eax, %eax
	rep stosq
	movq	%r11, %cr3

	/*
	 * Memory that was used encrypted is about to be used as it is: write
	 * back what caches hold under the other name of the same lines.
	 */
	testb	$KEXEC_TRAMPOLINE_WBINVD, %r9b
	jz	.Lfollow
	wbinvd

	/*
	 * Follow the moves, in any order, as no source lies where a move
	 * writes.  Lengths are whole pages.  By words of eight bytes: where rep
	 * movsb is fast so is rep movsq, and nowhere does it take a byte at a
	 * time, as TCG does with the former.
	 *
	 *	rax	0
	 *	rbx	the entry point, as rsi is needed for copying
	 *	r10	next entry of the table
	 *	rdi, rsi, rcx	destination, source, length in words
	 */
.Lfollow:
	movq	%rsi, %rbx
	xorl	%eax, %eax
	jmp	.Lnext
.Lcopy:
	rep movsq
.Lnext:
	movq	(%r10), %rdi
	movq	8(%r10), %rsi
	movq	16(%r10), %rcx
	addq	$(KEXEC_MOVE_WORDS * 8), %r10
	shrq	$3, %rcx
	jz	.Lend_of_page
	cmpq	%rsi, %rdi
	je	.Lnext				/* in place */
	cmpq	$KEXEC_SRC_ZERO, %rsi
	jne	.Lcopy
	rep stosq
	jmp	.Lnext
.Lend_of_page:
	movq	%rsi, %r10
	testq	%r10, %r10
	jnz	.Lnext

	/*
	 * In: every destination holds its content.
	 * Out: at the entry point; all general registers 0 but rsp, which has
	 * the upper half of the control page below it.  The word it points to
	 * is the address to return to: 0, there is no way back.  (kexec-tools
	 * tells the next kernel about any other, as kexec_jump_back_entry=.)
	 * Writing CR3 makes sure that no instruction was fetched before the
	 * moves wrote it.
	 */
	movq	%r11, %cr3
	pushq	$0
	pushq	%rbx
	.irp	reg, eax, ebx, ecx, edx, esi, edi, ebp
	xorl	%\reg, %\reg
	.endr
	.irp	nr, 8, 9, 10, 11, 12, 13, 14, 15
	xorl	%r\nr\()d, %r\nr\()d
	.endr
	ret
	int3

	/* What the 64-bit boot protocol asks for: flat __BOOT_CS, __BOOT_DS. */
	.balign	16
.Lgdt:
	.quad	0
	.quad	0
.Lgdt_cs:
	.quad	0x00af9b000000ffff
.Lgdt_ds:
	.quad	0x00cf93000000ffff
.Lgdt_end:
	.skip	6				/* aligns the base */
.Lgdt_limit:
	.word	.Lgdt_end - .Lgdt - 1
.Lgdt_base:
	.quad	0

	/* Fails to assemble if the above is larger. */
	.org	relocate_kernel + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(relocate_kernel)
