/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and
 * back, if it is an image that returns.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  It
 * switches to page tables whose lower half maps all memory to itself and whose
 * upper half is the kernel's, and jumps to the copy of relocate_kernel in the
 * control page by its physical address.  That runs on page tables that have the
 * lower half only.  On the way back it is the same in reverse order, and ends in
 * kexec_leave_trampoline().
 *
 * The control page, by its physical address: code, GDT and the kernel's state
 * from +0 on, the top of the stack at +PAGE_SIZE.
 */
#include <linux/linkage.h>
#include <linux/kexec.h>
#include <linux/objtool.h>
#include <asm/asm-offsets.h>
#include <asm/asm.h>
#include <asm/kexec.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/page_types.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#include "machine_kexec_report.h"

/* PAE and LA57 can't change in long mode; a TDX guest may not clear MCE. */
#define CR4_KEPT	(X86_CR4_PAE | X86_CR4_LA57 | X86_CR4_MCE)

/* Say how far the trampoline has come, if it is asked to; rax is changed. */
.macro mark nr
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$KEXEC_TRAMPOLINE_MARKS, .Lflags(%rip)
	jz	.Lno_mark\@
	movl	$\nr, %eax
	call	*kexec_trampoline_report(%rip)
.Lno_mark\@:
#endif
.endm

	.text
	.code64
/*
 * In: interrupts off, the only CPU running, IDT of limit 0, S_CET 0, CR3 the
 * kernel's with or without PCID, and
 *
 *	rdi	table, physical
 *	rsi	entry, physical
 *	rdx	control page, physical
 *	rcx	CR3 for both halves
 *	r8	CR3 for the lower half only
 *	r9	KEXEC_TRAMPOLINE_* flags
 *
 * Out: at the control page; on the kernel's stack what kexec_leave_trampoline
 * needs, if there is a way back, and
 *
 *	rdi, rsi, r8, r9	as above
 *	r10			kexec_leave_trampoline, as the kernel has it
 *	r11			CR3 for both halves, which is in CR3 (PCID 0)
 *	r12			the kernel's CR3
 *	r13			the kernel's CR4; CR4 has little of it left
 *	IDT			of limit 0, or the report page's
 *
 * It begins as a function does, with room before it: where calls are counted
 * (callthunks.c), the one to here has to be, as the RET below is.
 */
SYM_START(kexec_enter_trampoline, SYM_L_GLOBAL, SYM_F_ALIGN)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	pushfq
	.irp	reg, rbx, rbp, r12, r13, r14, r15
	pushq	%\reg
	.endr
	movq	%rdx, %rbx
	movq	%rcx, %r11

	/*
	 * Where reading an MSR is up to somebody else, as in a confidential
	 * guest, it may take an exception, and there is nobody to take that any
	 * more.  What does not come back has no need to ask.
	 */
	testb	$KEXEC_TRAMPOLINE_PRESERVE, %r9b
	jz	1f
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	pushq	%rax
	pushq	%rdx
1:
	leaq	kexec_leave_trampoline(%rip), %r10
	movq	%cr3, %r12
	movq	%r11, %cr3

	/*
	 * With CR4.LASS, whose name not every base has, nothing in the lower half
	 * can be read or executed.  So all goes that long mode can do without.
	 */
	movq	%cr4, %r13
	movl	%r13d, %eax
	andl	$CR4_KEPT, %eax
	movq	%rax, %cr4
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/* Not before: what is at its address in the kernel's map is a user's. */
	lidt	(kexec_trampoline_idt - relocate_kernel)(%rbx)
#endif
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%rbx
	int3
SYM_CODE_END(kexec_enter_trampoline)
_ASM_NOKPROBE(kexec_enter_trampoline)

/*
 * In: interrupts off, the kernel's GDT, IDT of limit 0, CR3 for both halves, CR4
 * with little in it, EFER the kernel's, flat segments of another GDT, and
 *
 *	rdi	the kernel's rsp, from above
 *	rsi	the kernel's CR0
 *	rdx	the kernel's CR4
 *	rcx	the kernel's CR3
 *
 * Out: to the caller of kexec_enter_trampoline(); its registers, GS base, CR0,
 * CR3, CR4, GDT, CS and SS are as they were.
 */
SYM_CODE_START(kexec_leave_trampoline)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	/* CR4.CET needs CR0.WP, and CR4.PCIDE that CR3 has no PCID yet. */
	movq	%rsi, %cr0
	movq	%rdx, %cr4
	movq	%rcx, %cr3
	movq	%rdi, %rsp

	movl	$__KERNEL_DS, %eax
	.irp	seg, ss, ds, es
	movl	%eax, %\seg
	.endr
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	popq	%rdx
	popq	%rax
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	pushq	$__KERNEL_CS
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	.irp	reg, r15, r14, r13, r12, rbp, rbx
	popq	%\reg
	.endr
	popfq
	RET
SYM_CODE_END(kexec_leave_trampoline)
_ASM_NOKPROBE(kexec_leave_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * every reference is relative to rip.
 */
	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(relocate_kernel)
	/*
	 * In: as kexec_enter_trampoline() leaves it: on the kernel's stack, GDT
	 * and segments the kernel's.
	 * Out: all that the way back needs is in the control page.  MSRs are
	 * only looked at if there is one, see above.
	 */
	movq	%rsp, .Lkernel_rsp(%rip)
	movq	%r10, .Lkernel_text(%rip)
	movq	%r12, .Lkernel_cr3(%rip)
	movq	%cr0, %rax
	movq	%rax, .Lkernel_cr0(%rip)
	movq	%r13, .Lkernel_cr4(%rip)
	testb	$KEXEC_TRAMPOLINE_PRESERVE, %r9b
	jz	1f
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%eax, .Lkernel_efer(%rip)
	movl	%edx, .Lkernel_efer + 4(%rip)
1:
	sgdt	.Lkernel_gdt(%rip)
	movq	%r11, .Lboth_cr3(%rip)
	movq	%r8, .Lown_cr3(%rip)
	movq	%rdi, .Ltable(%rip)
	movb	%r9b, .Lflags(%rip)
	leaq	.Lgdt(%rip), %rax
	movq	%rax, .Lgdt_base(%rip)

	movq	%rsi, %rbx
	leaq	relocate_kernel + PAGE_SIZE(%rip), %rsp
	call	.Lset_up

	testb	$(KEXEC_TRAMPOLINE_WBINVD | KEXEC_TRAMPOLINE_MARKS), .Lflags(%rip)
	jz	2f
	mark	KEXEC_MARK_TABLES
	/*
	 * Memory that was used encrypted is about to be used as it is: write
	 * back what caches hold under the other name of the same lines.
	 */
	testb	$KEXEC_TRAMPOLINE_WBINVD, .Lflags(%rip)
	jz	1f
	wbinvd
1:
	mark	KEXEC_MARK_MOVES
2:
	call	.Lfollow

	/*
	 * In: every destination holds its content, rbx is the entry point.
	 * Out: there; all general registers 0 but rsp, which has the upper half
	 * of the control page below it.  The word it points to is the address
	 * to return to, or 0 if there is no way back.  (kexec-tools tells the
	 * next kernel about it, as kexec_jump_back_entry=.)
	 * Writing CR3 makes sure that no instruction was fetched before the
	 * moves wrote it.
	 */
	movq	.Lown_cr3(%rip), %rax
	movq	%rax, %cr3
	xorl	%eax, %eax
	testb	$KEXEC_TRAMPOLINE_PRESERVE, .Lflags(%rip)
	jz	1f
	leaq	.Lreturn(%rip), %rax
1:
	pushq	%rax
	pushq	%rbx
	.irp	reg, eax, ebx, ecx, edx, esi, edi, ebp
	xorl	%\reg, %\reg
	.endr
	.irp	nr, 8, 9, 10, 11, 12, 13, 14, 15
	xorl	%r\nr\()d, %r\nr\()d
	.endr
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$(KEXEC_TRAMPOLINE_MARKS | KEXEC_TRAMPOLINE_FAULT), .Lflags(%rip)
	jz	1f
	mark	KEXEC_MARK_JUMP
	xorl	%eax, %eax
	testb	$KEXEC_TRAMPOLINE_FAULT, .Lflags(%rip)
	jz	1f
	testb	$KEXEC_TRAMPOLINE_PRESERVE, .Lflags(%rip)
	jnz	1f				/* on the way back */
	ud2
1:
#endif
	ret
	int3

	/*
	 * The image returns.
	 * In: 64-bit mode, this page mapped to its physical address, with what
	 * the kernel left in it; CR4.LA57 as the image found it.  Nothing else is
	 * known: stack, registers, flags, tables and control registers are the
	 * image's.
	 * Out: on own stack; no breakpoint, no exception, no interrupt.  The
	 * image's stack pointer is where KEXEC_TRAMPOLINE_STACK says; what it points
	 * to is looked at when all of the kernel is back.
	 */
.Lreturn:
	endbr64
	cli
	movq	%rsp, .Limage_rsp(%rip)
	leaq	relocate_kernel + PAGE_SIZE(%rip), %rsp
	xorl	%eax, %eax
	movq	%rax, %dr7
	call	.Lset_up
	movl	.Lkernel_efer(%rip), %eax
	movl	.Lkernel_efer + 4(%rip), %edx
	movl	$MSR_EFER, %ecx
	wrmsr
	mark	KEXEC_MARK_RETURN

	/* What was in the destinations goes there again, the image is kept. */
	mark	KEXEC_MARK_MOVES
	call	.Lfollow
	mark	KEXEC_MARK_KERNEL
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$KEXEC_TRAMPOLINE_FAULT, .Lflags(%rip)
	jz	1f
	ud2
1:
#endif
	testb	$KEXEC_TRAMPOLINE_WBINVD, .Lflags(%rip)
	jz	1f
	wbinvd
1:
	/*
	 * In: all of the kernel's memory is as it was.
	 * Out: in kexec_leave_trampoline(), the state as described there.  Before
	 * CR4.CET is set again, S_CET must not ask for anything.
	 */
	movq	.Lboth_cr3(%rip), %rax
	movq	%rax, %cr3
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/* The kernel's tables don't map it; the null descriptors say "none". */
	lidt	.Lgdt(%rip)
#endif
	lgdt	.Lkernel_gdt(%rip)
	testl	$X86_CR4_CET, .Lkernel_cr4(%rip)
	jz	1f
	movl	$MSR_IA32_S_CET, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
1:
	movq	.Lkernel_rsp(%rip), %rdi
	movq	.Lkernel_cr0(%rip), %rsi
	movq	.Lkernel_cr4(%rip), %rdx
	movq	.Lkernel_cr3(%rip), %rcx
	jmp	*.Lkernel_text(%rip)
	int3

	/*
	 * In: on own stack, in the control page, mapped by whatever tables.
	 * Out: nothing is used any more that lies outside of control memory: page
	 * tables and GDT are the handoff's, selectors those of the boot protocol,
	 * flags clear, no IDT but the report page's.  rax is changed.
	 */
.Lset_up:
	pushq	$0
	popfq
	lidt	kexec_trampoline_idt(%rip)

#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/*
	 * The stack of exceptions, before the kernel's goes.  The processor has
	 * marked the TSS as busy the last time that it was loaded: it has to be
	 * an available one (SDM 3A, 8.2.3).
	 */
	testb	$KEXEC_TRAMPOLINE_REPORT, .Lflags(%rip)
	jz	1f
	lgdt	.Lgdt_limit(%rip)
	movb	$0x89, 5 + kexec_trampoline_tss(%rip)
	movl	$(kexec_trampoline_tss - .Lgdt), %eax
	ltr	%ax
1:
#endif

	/*
	 * The tables that were in use, the kernel's half of them too, may be
	 * overwritten by the moves, and what they then say must not be walked,
	 * not even by speculation.
	 */
	movq	.Lown_cr3(%rip), %rax
	movq	%rax, %cr3

	/*
	 * CR4 to what long mode needs: on the way back it is the image's.  Without
	 * PGE global translations are gone too; CET goes before CR0.WP, which it
	 * needs.
	 */
	movq	.Lkernel_cr4(%rip), %rax
	andl	$CR4_KEPT, %eax
	movq	%rax, %cr4
	movq	.Lkernel_cr0(%rip), %rax
	andq	$~(X86_CR0_AM | X86_CR0_WP | X86_CR0_TS | X86_CR0_EM), %rax
	movq	%rax, %cr0

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
	ret
	int3

	/*
	 * Follow the moves, in any order, as no source lies where a move writes.
	 * Lengths are whole pages.  By words of eight bytes: where rep movsb is
	 * fast so is rep movsq, and nowhere does it take a byte at a time, as TCG
	 * does with the former.
	 *
	 * If there is a way back they exchange the two memories.  That is its own
	 * inverse: to follow them again brings everything back to where it was.
	 *
	 *	rax	0 while clearing; a word of the destination
	 *	rdx	a word of the source
	 *	r9	flags
	 *	r10	next entry of the table
	 *	rdi, rsi, rcx	destination, source, length in words
	 *
	 * rbx is kept.
	 */
.Lfollow:
	movq	.Ltable(%rip), %r10
	movb	.Lflags(%rip), %r9b
	jmp	.Lnext
SYM_INNER_LABEL(kexec_moves_begin, SYM_L_GLOBAL)
.Lexchange:
	movq	(%rdi), %rax
	movq	(%rsi), %rdx
	movq	%rax, (%rsi)
	movq	%rdx, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	decq	%rcx
	jnz	.Lexchange
	jmp	.Lnext
.Lcopy:
	rep movsq
SYM_INNER_LABEL(kexec_moves_next, SYM_L_GLOBAL)
.Lnext:
	movq	(%r10), %rdi
	movq	8(%r10), %rsi
	movq	16(%r10), %rcx
	addq	$(KEXEC_MOVE_WORDS * 8), %r10
SYM_INNER_LABEL(kexec_moves_read, SYM_L_GLOBAL)
	jrcxz	.Lend_of_page
	cmpq	%rsi, %rdi
	je	.Lnext				/* in place */
	shrq	$3, %rcx
	testb	$KEXEC_TRAMPOLINE_PRESERVE, %r9b
	jnz	.Lexchange
	cmpq	$KEXEC_SRC_ZERO, %rsi
	jne	.Lcopy
	xorl	%eax, %eax
	rep stosq
	jmp	.Lnext
SYM_INNER_LABEL(kexec_moves_end, SYM_L_GLOBAL)
.Lend_of_page:
	movq	%rsi, %r10
	testq	%r10, %r10
	jnz	.Lnext
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
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
SYM_INNER_LABEL(kexec_trampoline_tss, SYM_L_GLOBAL)
	.quad	0, 0
#endif
.Lgdt_end:
	.skip	6				/* aligns the base */
.Lgdt_limit:
	.word	.Lgdt_end - .Lgdt - 1
.Lgdt_base:
	.quad	0
	.skip	6
	/* None, or the report page's. */
SYM_INNER_LABEL(kexec_trampoline_idt, SYM_L_GLOBAL)
	.word	0
	.quad	0

	/* The kernel, as it was left; how to get back to it. */
	.skip	6
.Lkernel_gdt:
	.word	0
	.quad	0
.Lkernel_rsp:
	.quad	0
.Lkernel_text:
	.quad	0
.Lkernel_cr0:
	.quad	0
.Lkernel_cr3:
	.quad	0
.Lkernel_cr4:
	.quad	0
.Lkernel_efer:
	.quad	0

	/* The handoff. */
.Lboth_cr3:
	.quad	0
.Lown_cr3:
	.quad	0
.Ltable:
	.quad	0
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
SYM_INNER_LABEL(kexec_trampoline_report, SYM_L_GLOBAL)
	.quad	0
#endif
.Lflags:
	.byte	0

	/* Fails to assemble if the above is larger. */
	.org	relocate_kernel + KEXEC_TRAMPOLINE_STACK
.Limage_rsp:
	.quad	0
	.org	relocate_kernel + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(relocate_kernel)
