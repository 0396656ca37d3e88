/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handoff's last part: from the kernel that ends to the one that starts, and
 * back, if it is an image that returns.
 *
 * kexec_enter_trampoline() is kernel text and runs at its usual address.  It
 * switches to page tables that have two pages only, both as they are needed
 * here: the one that it lies in at its usual address, and the control page
 * mapped to itself.  There it jumps to the copy of relocate_kernel, which can
 * then turn paging off under its own feet.  On the way back it is the same in
 * reverse order, and ends in kexec_leave_trampoline().
 *
 * The control page, by its physical address, which edx has all the time: code,
 * GDT and the kernel's state from +0 on, the top of the stack at +PAGE_SIZE.
 */
#include <linux/linkage.h>
#include <linux/kexec.h>
#include <asm/asm.h>
#include <asm/kexec.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/page_types.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "machine_kexec_report.h"

	.text
	.code32
	/* Both ways within one page, as only one of them is mapped. */
	.balign	128
/*
 * In: interrupts off, the only CPU running, IDT of limit 0; on the stack the
 * table, the entry, the control page, the top page table, CR4 and the flags
 * (KEXEC_TRAMPOLINE_*).
 * Out: at the control page, global pages off; on the kernel's stack what
 * kexec_leave_trampoline needs, and
 *
 *	ebp	table, physical
 *	ebx	entry, physical
 *	edx	control page, physical
 *	edi	what CR4 held; 0 also on a CPU that has none
 *	esi	the kernel's CR3
 *	ecx	flags
 *	eax	kexec_leave_trampoline, as the kernel has it
 *	CR3	for the way there and back, as given
 */
SYM_CODE_START_NOALIGN(kexec_enter_trampoline)
	pushfl
	.irp	reg, ebx, ebp, esi, edi
	pushl	%\reg
	.endr
#define ARGUMENT(nr)	((5 + (nr)) * 4)(%esp)
	movl	ARGUMENT(1), %ebp
	movl	ARGUMENT(2), %ebx
	movl	ARGUMENT(3), %edx
	movl	ARGUMENT(5), %edi
	movl	ARGUMENT(6), %ecx

	/*
	 * Changing CR4.PGE flushes global translations too, which CR3 leaves
	 * (SDM 3A, 4.10.4.1): the kernel may have had its own page where the
	 * control page is mapped now.
	 */
	testl	%edi, %edi
	jz	1f
	movl	%edi, %eax
	andl	$~X86_CR4_PGE, %eax
	movl	%eax, %cr4
1:
	movl	%cr3, %esi
	movl	ARGUMENT(4), %eax
	movl	%eax, %cr3
	movl	$kexec_leave_trampoline, %eax
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%edx
	int3
SYM_CODE_END(kexec_enter_trampoline)
_ASM_NOKPROBE(kexec_enter_trampoline)

/*
 * In: interrupts off, the kernel's GDT, CR0 and EFER, IDT of limit 0, CR3 as
 * above, CR4 the kernel's without PGE, flat segments of another GDT, and
 *
 *	eax	the kernel's esp, from above
 *	ecx	the kernel's CR3
 *	edi	the kernel's CR4; 0 also on a CPU that has none
 *
 * Out: to the caller of kexec_enter_trampoline(); its registers, CR0, CR3, CR4,
 * GDT and segments are as they were, except that gs, which may be the user's, is 0.
 */
SYM_CODE_START_NOALIGN(kexec_leave_trampoline)
	movl	%ecx, %cr3
	testl	%edi, %edi
	jz	1f
	movl	%edi, %cr4
1:
	movl	$__KERNEL_DS, %ecx
	movl	%ecx, %ss
	movl	%eax, %esp
	movl	$__USER_DS, %ecx
	movl	%ecx, %ds
	movl	%ecx, %es
	movl	$__KERNEL_PERCPU, %ecx
	movl	%ecx, %fs
	xorl	%ecx, %ecx
	movl	%ecx, %gs
	ljmp	$__KERNEL_CS, $1f
1:
	.irp	reg, edi, esi, ebp, ebx
	popl	%\reg
	.endr
	popfl
	RET
	/* Fails to assemble if the above is larger. */
	.org	kexec_enter_trampoline + 128
SYM_CODE_END(kexec_leave_trampoline)
_ASM_NOKPROBE(kexec_leave_trampoline)

/*
 * Data to the kernel: only its copy is ever executed, wherever that lies, so
 * every reference is relative to edx.
 */
#define AT(symbol)	(symbol - relocate_kernel)(%edx)

/* Say how far the trampoline has come, if it is asked to; eax is changed. */
.macro mark nr
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$KEXEC_TRAMPOLINE_MARKS, AT(.Lflags)
	jz	.Lno_mark\@
	movl	$\nr, %eax
	call	*AT(kexec_trampoline_report)
.Lno_mark\@:
#endif
.endm

	.section .rodata, "a"
	.balign	16
SYM_CODE_START_NOALIGN(relocate_kernel)
	/*
	 * In: as kexec_enter_trampoline() leaves it: paging on, on the kernel's
	 * stack, which is not mapped any more, GDT and segments the kernel's.
	 * Out: all that the way back needs is in the control page.
	 */
	movl	%esp, AT(.Lkernel_esp)
	movl	%eax, AT(.Lkernel_text)
	movl	%esi, AT(.Lkernel_cr3)
	movl	%edi, AT(.Lkernel_cr4)
	movl	%cr0, %eax
	movl	%eax, AT(.Lkernel_cr0)
	sgdtl	AT(.Lkernel_gdt)
	movl	%cr3, %eax
	movl	%eax, AT(.Lboth_cr3)
	movl	%ebp, AT(.Ltable)
	movb	%cl, AT(.Lflags)
	leal	AT(.Lgdt), %eax
	movl	%eax, AT(.Lgdt_base)
	movl	%edx, AT(.Lreturn_page)

	testb	$KEXEC_TRAMPOLINE_EFER, %cl
	jz	1f
	movl	%edx, %edi
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%edx, %esi
	movl	%edi, %edx
	movl	%eax, AT(.Lkernel_efer)
	movl	%esi, AT(.Lkernel_efer + 4)
1:
	leal	AT(1f), %esi
	jmp	.Lset_up
1:
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$KEXEC_TRAMPOLINE_MARKS, AT(.Lflags)
	jz	1f
	mark	KEXEC_MARK_TABLES
	mark	KEXEC_MARK_MOVES
1:
#endif
	call	.Lfollow

	/*
	 * In: every destination holds its content, ebx is the entry point.
	 * Out: there; all general registers 0 but esp, which has the upper half
	 * of the control page below it.  The word it points to is the address
	 * to return to, or 0 if there is no way back.  (kexec-tools tells the
	 * next kernel about it, as kexec_jump_back_entry=.)
	 * Writing CR3 makes sure that no instruction was fetched before the
	 * moves wrote it.
	 */
	xorl	%eax, %eax
	movl	%eax, %cr3
	testb	$KEXEC_TRAMPOLINE_PRESERVE, AT(.Lflags)
	jz	1f
	leal	AT(.Lreturn), %eax
1:
	pushl	%eax
	pushl	%ebx
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$(KEXEC_TRAMPOLINE_MARKS | KEXEC_TRAMPOLINE_FAULT), AT(.Lflags)
	jz	1f
	mark	KEXEC_MARK_JUMP
	testb	$KEXEC_TRAMPOLINE_FAULT, AT(.Lflags)
	jz	1f
	testb	$KEXEC_TRAMPOLINE_PRESERVE, AT(.Lflags)
	jnz	1f				/* on the way back */
	ud2
1:
#endif
	.irp	reg, eax, ebx, ecx, edx, esi, edi, ebp
	xorl	%\reg, %\reg
	.endr
	ret
	int3

	/*
	 * The image returns.
	 * In: protected mode, paging off, CS a flat segment of 32-bit code that
	 * can be read.  Nothing else is known: stack, registers, flags, the other
	 * segments, tables and control registers are the image's.  edx is in the
	 * instruction, as there is nowhere else to look for it.
	 * Out: on own stack; no breakpoint, no exception, no interrupt; EFER the
	 * kernel's, without which paging is another one.  The image's stack
	 * pointer is where KEXEC_TRAMPOLINE_STACK says; what it points to is looked
	 * at when all of the kernel is back.
	 */
.Lreturn:
	endbr32
	cli
	.byte	0xba				/* movl $page, %edx */
.Lreturn_page:
	.long	0
	movl	%esp, %edi
	xorl	%eax, %eax
	movl	%eax, %dr7
	leal	AT(1f), %esi
	jmp	.Lset_up
1:
	movl	%edi, AT(.Limage_esp)
	testb	$KEXEC_TRAMPOLINE_EFER, AT(.Lflags)
	jz	1f
	movl	%edx, %edi
	movl	AT(.Lkernel_efer), %eax
	movl	AT(.Lkernel_efer + 4), %edx
	movl	$MSR_EFER, %ecx
	wrmsr
	movl	%edi, %edx
1:
	mark	KEXEC_MARK_RETURN

	/* What was in the destinations goes there again, the image is kept. */
	mark	KEXEC_MARK_MOVES
	call	.Lfollow
	mark	KEXEC_MARK_KERNEL
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	testb	$KEXEC_TRAMPOLINE_FAULT, AT(.Lflags)
	jz	1f
	ud2
1:
#endif

	/*
	 * In: all of the kernel's memory is as it was.
	 * Out: paging on, in kexec_leave_trampoline(), the state as described
	 * there.  No global page gets into the TLB before the kernel's own.
	 */
	movl	AT(.Lkernel_cr4), %edi
	testl	%edi, %edi
	jz	1f
	movl	%edi, %eax
	andl	$~X86_CR4_PGE, %eax
	movl	%eax, %cr4
1:
	movl	AT(.Lboth_cr3), %eax
	movl	%eax, %cr3
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
	/* The kernel's tables don't map it; the null descriptors say "none". */
	lidtl	AT(.Lgdt)
#endif
	lgdtl	AT(.Lkernel_gdt)
	movl	AT(.Lkernel_esp), %eax
	movl	AT(.Lkernel_cr3), %ecx
	movl	AT(.Lkernel_text), %ebx
	movl	AT(.Lkernel_cr0), %esi
	movl	%esi, %cr0
	jmp	1f
1:
	jmp	*%ebx
	int3

	/*
	 * In: in the control page, CS a flat segment that can be read, paging off
	 * or the page mapped to itself; esi is where to go on.
	 * Out: nothing is used any more that lies outside of control memory: own
	 * stack and GDT, selectors those of the boot protocol, paging off, flags
	 * clear, no IDT but the report page's.  eax is changed.
	 */
.Lset_up:
	lidtl	%cs:AT(kexec_trampoline_idt)
	lgdtl	%cs:AT(.Lgdt_limit)
	movl	$(.Lgdt_ds - .Lgdt), %eax
	movl	%eax, %ss
	leal	PAGE_SIZE(%edx), %esp
	.irp	seg, ds, es, fs, gs
	movl	%eax, %\seg
	.endr
	pushl	$0
	popfl
	xorl	%eax, %eax
	lldt	%ax
	pushl	$(.Lgdt_cs - .Lgdt)
	leal	AT(1f), %eax
	pushl	%eax
	lretl
1:
	/*
	 * Paging off, on a page that is mapped to itself, and a jump right
	 * after that (SDM 3A, 10.9.2).  Before that, what needs CR0.WP; then
	 * what depended on paging: CR3 is loaded to flush what the TLB still
	 * has, CR4 cleared of PAE, PSE and all the rest, none of which the boot
	 * protocol knows.
	 */
	cmpl	$0, AT(.Lkernel_cr4)
	je	1f
	movl	%cr4, %eax
	andl	$(X86_CR4_PAE | X86_CR4_PSE), %eax
	movl	%eax, %cr4
1:
	movl	AT(.Lkernel_cr0), %eax
	andl	$~(X86_CR0_PG | X86_CR0_AM | X86_CR0_WP | X86_CR0_TS | X86_CR0_EM), %eax
	movl	%eax, %cr0
	jmp	1f
1:
	xorl	%eax, %eax
	movl	%eax, %cr3
	cmpl	%eax, AT(.Lkernel_cr4)
	je	1f
	movl	%eax, %cr4
1:
	jmp	*%esi
	int3

	/*
	 * Follow the moves, in any order, as no source lies where a move
	 * writes.  Lengths are whole pages.
	 *
	 * If there is a way back they exchange the two memories.  That is its own
	 * inverse: to follow them again brings everything back to where it was.
	 *
	 *	eax	0 while clearing; a word of the destination
	 *	ebx	a word of the source
	 *	ebp	next entry of the table
	 *	edi, esi, ecx	destination, source, length in words
	 *
	 * ebx is kept.
	 */
.Lfollow:
	pushl	%ebx
	movl	AT(.Ltable), %ebp
	jmp	.Lnext
SYM_INNER_LABEL(kexec_moves_begin, SYM_L_GLOBAL)
.Lexchange:
	movl	(%edi), %eax
	movl	(%esi), %ebx
	movl	%eax, (%esi)
	movl	%ebx, (%edi)
	addl	$4, %esi
	addl	$4, %edi
	decl	%ecx
	jnz	.Lexchange
	jmp	.Lnext
.Lcopy:
	rep movsl
SYM_INNER_LABEL(kexec_moves_next, SYM_L_GLOBAL)
.Lnext:
	movl	(%ebp), %edi
	movl	4(%ebp), %esi
	movl	8(%ebp), %ecx
	addl	$(KEXEC_MOVE_WORDS * 4), %ebp
SYM_INNER_LABEL(kexec_moves_read, SYM_L_GLOBAL)
	jecxz	.Lend_of_page
	cmpl	%esi, %edi
	je	.Lnext				/* in place */
	shrl	$2, %ecx
	testb	$KEXEC_TRAMPOLINE_PRESERVE, AT(.Lflags)
	jnz	.Lexchange
	cmpl	$KEXEC_SRC_ZERO, %esi
	jne	.Lcopy
	xorl	%eax, %eax
	rep stosl
	jmp	.Lnext
SYM_INNER_LABEL(kexec_moves_end, SYM_L_GLOBAL)
.Lend_of_page:
	movl	%esi, %ebp
	testl	%ebp, %ebp
	jnz	.Lnext
	popl	%ebx
	ret
	int3

	/* What the 32-bit boot protocol asks for: flat __BOOT_CS, __BOOT_DS. */
	.balign	16
.Lgdt:
	.quad	0
	.quad	0
.Lgdt_cs:
	.quad	0x00cf9b000000ffff
.Lgdt_ds:
	.quad	0x00cf93000000ffff
.Lgdt_end:
	.skip	2				/* aligns the base */
.Lgdt_limit:
	.word	.Lgdt_end - .Lgdt - 1
.Lgdt_base:
	.long	0
	.skip	2
	/* None, or the report page's. */
SYM_INNER_LABEL(kexec_trampoline_idt, SYM_L_GLOBAL)
	.word	0
	.long	0

	/* The kernel, as it was left; how to get back to it. */
	.skip	2
.Lkernel_gdt:
	.word	0
	.long	0
.Lkernel_esp:
	.long	0
.Lkernel_text:
	.long	0
.Lkernel_cr0:
	.long	0
.Lkernel_cr3:
	.long	0
.Lkernel_cr4:
	.long	0
.Lkernel_efer:
	.quad	0

	/* The handoff. */
.Lboth_cr3:
	.long	0
.Ltable:
	.long	0
#ifdef CONFIG_KEXEC_DEBUG_HANDOFF
SYM_INNER_LABEL(kexec_trampoline_report, SYM_L_GLOBAL)
	.long	0
#endif
.Lflags:
	.byte	0

	/* Fails to assemble if the above is larger. */
	.org	relocate_kernel + KEXEC_TRAMPOLINE_STACK
.Limage_esp:
	.long	0
	.org	relocate_kernel + KEXEC_CONTROL_CODE_MAX_SIZE
SYM_CODE_END(relocate_kernel)
