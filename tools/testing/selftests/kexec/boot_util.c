// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all parts of the loader need: words for what is wrong, a look into a file,
 * memory; and the architectures.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/elf.h>

#include "boot_image.h"

const struct boot_arch boot_i386 = {
	.name = "i386",
	.kexec = KEXEC_ARCH_386,
	.machine = EM_386,
	.page = 4 * KIB,
};

const struct boot_arch boot_x86_64 = {
	.name = "x86_64",
	.kexec = KEXEC_ARCH_X86_64,
	.machine = EM_X86_64,
	.page = 4 * KIB,
};

const struct boot_arch boot_arm = {
	.name = "arm",
	.kexec = KEXEC_ARCH_ARM,
	.machine = EM_ARM,
	.page = 4 * KIB,
	.core_outside = true,
	.core32 = true,
};

const struct boot_arch boot_arm64 = {
	.name = "arm64",
	.kexec = KEXEC_ARCH_AARCH64,
	.machine = EM_AARCH64,
	.page = 64 * KIB,
};

const struct boot_arch boot_riscv64 = {
	.name = "riscv64",
	.kexec = KEXEC_ARCH_RISCV,
	.machine = EM_RISCV,
	.page = 4 * KIB,
};

const struct boot_arch boot_s390x = {
	.name = "s390x",
	.kexec = KEXEC_ARCH_S390,
	.machine = EM_S390,
	.page = 4 * KIB,
};

/* Of either byte order: which one it is matters to no other kernel. */
const struct boot_arch boot_ppc64 = {
	.name = "ppc64",
	.kexec = KEXEC_ARCH_PPC64,
	.machine = EM_PPC64,
	.page = 64 * KIB,
};

const struct boot_arch boot_ppc = {
	.name = "ppc",
	.kexec = KEXEC_ARCH_PPC,
	.machine = EM_PPC,
	.page = 4 * KIB,
	.core32 = true,
};

/* Of both byte orders, as for the system call. */
const struct boot_arch boot_mips = {
	.name = "mips",
	.kexec = KEXEC_ARCH_MIPS,
	.machine = EM_MIPS,
	.page = 64 * KIB,
	.core_outside = true,
	.core32 = true,
};

const struct boot_arch boot_parisc = {
	.name = "parisc",
	.kexec = KEXEC_ARCH_PARISC,
	.machine = EM_PARISC,
	.page = 4 * KIB,
	.core_outside = true,
	.core32 = true,
};

const struct boot_arch boot_m68k = {
	.name = "m68k",
	.kexec = KEXEC_ARCH_68K,
	.machine = EM_68K,
	.page = 4 * KIB,
	.core_outside = true,
	.core32 = true,
};

const struct boot_arch boot_sh = {
	.name = "sh",
	.kexec = KEXEC_ARCH_SH,
	.machine = EM_SH,
	.page = 4 * KIB,
	.core_outside = true,
	.core32 = true,
};

const struct boot_arch boot_loongarch64 = {
	.name = "loongarch64",
	.kexec = KEXEC_ARCH_LOONGARCH,
	.machine = EM_LOONGARCH,
	.page = 64 * KIB,
};

/**
 * boot_fail - say what is wrong
 * @boot: gets the text
 * @format: as of printf()
 *
 * Return: false, so that callers can return that.
 */
bool boot_fail(struct boot *boot, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(boot->error, sizeof(boot->error), format, args);
	va_end(args);
	return false;
}

/**
 * bad_kernel - say what is wrong with the kernel's file
 * @boot: gets the text, after the file's name
 * @format: as of printf()
 *
 * Return: false.
 */
bool bad_kernel(struct boot *boot, const char *format, ...)
{
	int len = snprintf(boot->error, sizeof(boot->error), "%.200s: ",
			   boot->kernel.path);
	va_list args;

	va_start(args, format);
	vsnprintf(boot->error + len, sizeof(boot->error) - len, format, args);
	va_end(args);
	return false;
}

/**
 * kernel_has - whether the kernel's file is long enough
 * @boot: has it
 * @what: is looked for
 * @end: where in the file that ends
 *
 * Return: whether it is; if not, that is said.
 */
bool kernel_has(struct boot *boot, const char *what, __u64 end)
{
	return boot->kernel.size >= end ||
	       bad_kernel(boot, "truncated: %llu bytes, but the %s ends at %llu",
			  boot->kernel.size, what, end);
}

/**
 * words_of_init - where in a command line the words of init begin
 * @line: the line
 *
 * That is at "--", outside of quotes (next_arg() of lib/cmdline.c, parse_args() of
 * kernel/params.c).
 *
 * Return: that place; the end of the line, if it has none.
 */
const char *words_of_init(const char *line)
{
	bool quoted = false;
	const char *at;

	for (at = line; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		if (!quoted && !strncmp(at, "--", 2) &&
		    (at == line || at[-1] == ' ') && (!at[2] || at[2] == ' '))
			break;
	}
	return at;
}

/**
 * add_words - add to the command line
 * @boot: has it
 * @format: as of printf()
 *
 * A kernel does not look at what stands behind "--": they come before that.
 *
 * Return: false if it gets too long.
 */
bool add_words(struct boot *boot, const char *format, ...)
{
	char line[sizeof(boot->cmdline)];
	const char *rest = words_of_init(boot->cmdline);
	size_t len = rest - boot->cmdline;
	va_list args;
	int add, end;

	memcpy(line, boot->cmdline, len);
	if (len && line[len - 1] != ' ')
		line[len++] = ' ';
	va_start(args, format);
	add = vsnprintf(line + len, sizeof(line) - len, format, args);
	va_end(args);
	if (add < 0 || (size_t)add >= sizeof(line) - len)
		return boot_fail(boot, "the command line is too long");
	len += add;
	end = snprintf(line + len, sizeof(line) - len, "%s%s", *rest ? " " : "", rest);
	if (end < 0 || (size_t)end >= sizeof(line) - len)
		return boot_fail(boot, "the command line is too long");
	memcpy(boot->cmdline, line, len + end + 1);
	return true;
}

/**
 * cmdline_fits - whether the kernel takes all of the command line
 * @boot: has it
 * @max: characters that it takes
 *
 * Return: whether it does; if not, that is said.
 */
bool cmdline_fits(struct boot *boot, __u64 max)
{
	size_t len = strlen(boot->cmdline);

	return len <= max ||
	       bad_kernel(boot, "the command line has %zu characters, and it takes %llu",
			  len, max);
}

/**
 * has_word - whether a word stands in a command line
 * @line: the line
 * @word: the whole word
 *
 * Return: whether it does, as one of its own, and not for init.
 */
bool has_word(const char *line, const char *word)
{
	const char *at, *end = words_of_init(line);
	size_t len = strlen(word);

	for (at = strstr(line, word); at && at < end; at = strstr(at + len, word)) {
		if ((at == line || at[-1] == ' ') &&
		    (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

/**
 * drop_words - take words out of a command line
 * @line: the line; those for init stay
 * @begin: what they begin with
 */
void drop_words(char *line, const char *begin)
{
	size_t len = strlen(begin);
	char *at = line, *next;

	while ((at = strstr(at, begin)) && at < words_of_init(line)) {
		if (at > line && at[-1] != ' ') {
			at += len;
			continue;
		}
		next = strchr(at, ' ');
		if (next)
			memmove(at, next + 1, strlen(next + 1) + 1);
		else
			*at = '\0';
	}
}

/**
 * reuse_cmdline - take the command line of the running kernel
 * @boot: gets it
 * @line: that, with a newline at its end
 *
 * Less what was said to that kernel alone: where its core header is, and, for a capture
 * kernel, what memory there is and how much of it to reserve.  That one has the memory
 * that was reserved for it; all else belongs to the dump.
 *
 * Return: false if it is too long.
 */
bool reuse_cmdline(struct boot *boot, const char *line)
{
	int len = snprintf(boot->cmdline, sizeof(boot->cmdline), "%.*s",
			   (int)strcspn(line, "\n"), line);

	if (len < 0 || (size_t)len >= sizeof(boot->cmdline))
		return boot_fail(boot, "the command line is too long");
	drop_words(boot->cmdline, "elfcorehdr=");
	if (boot->panic) {
		drop_words(boot->cmdline, "crashkernel=");
		drop_words(boot->cmdline, "mem=");
		drop_words(boot->cmdline, "memmap=");
	}
	return true;
}

/**
 * boot_alloc - memory for a segment's content
 * @boot: frees it when it is freed itself
 * @size: bytes; they are zero
 *
 * Return: the memory, or NULL.
 */
void *boot_alloc(struct boot *boot, __u64 size)
{
	void *buffer = NULL;

	if (boot->nr_buffers < SEGMENTS_MAX && size <= SIZE_MAX)
		buffer = calloc(1, size);
	if (buffer)
		boot->buffer[boot->nr_buffers++] = buffer;
	else
		boot_fail(boot, "no memory for %llu bytes", size);
	return buffer;
}

/**
 * boot_free - free what a plan has allocated
 * @boot: whose files and maps stay
 */
void boot_free(struct boot *boot)
{
	while (boot->nr_buffers)
		free(boot->buffer[--boot->nr_buffers]);
	boot->nr_segments = 0;
}

/**
 * file_has - whether certain bytes stand in a file
 * @file: the file
 * @offset: where in it
 * @bytes: which
 * @size: how many
 *
 * Return: whether they do; not if the file is too short.
 */
bool file_has(const struct boot_file *file, __u64 offset, const void *bytes,
	      size_t size)
{
	return file->size >= size && offset <= file->size - size &&
	       !memcmp(file->data + offset, bytes, size);
}
