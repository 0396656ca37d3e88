// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kind of kernel a file is, and what every kind of image has in common.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "boot_image.h"

#ifndef EM_RISCV
#define EM_RISCV	243
#endif

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

static const struct boot_format *const formats[] = {
	&boot_bzimage,
	&boot_arm64_image,
	&boot_riscv64_image,
	&boot_elf,
};

/* What a kernel can be packed into, and how to get it out. */
static const struct {
	__u64 offset;
	const char *magic;
	size_t size;
	const char *what;
} not_ours[] = {
	{ 0, "\x1f\x8b", 2, "compressed: gzip -dc %s >Image" },
	{ 0, "\xfd\x37zXZ", 5, "compressed: xz -dc %s >Image" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "compressed: zstd -dc %s >Image" },
	{ 0, "\x02\x21\x4c\x18", 4, "compressed: lz4 -dc %s >Image" },
	{ 4, "zimg", 4, "an EFI program with a kernel in it: take the Image it was made from" },
	{ 0x24, "\x18\x28\x6f\x01", 4, "a zImage of 32-bit Arm, which is not supported" },
	{ 0, "\x27\x05\x19\x56", 4, "an image for U-Boot: take the kernel it was made from" },
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

/**
 * begin_image - what is known once the kernel's architecture is
 * @boot: gets the architecture, and the memory that can be used
 * @arch: the architecture
 *
 * Return: false if it isn't the machine's, or there is no memory.
 */
bool begin_image(struct boot *boot, const struct boot_arch *arch)
{
	if (boot->machine && boot->machine != arch)
		return bad_kernel(boot, "a kernel for %s, and this machine runs %s",
				  arch->name, boot->machine->name);
	boot->arch = arch;
	if (!boot->page)
		boot->page = arch->page;
	return prepare_memory(boot);
}

static bool say_what_it_is(struct boot *boot)
{
	const struct boot_file *kernel = &boot->kernel;
	char text[256];
	size_t i;

	if (!kernel->size)
		return bad_kernel(boot, "an empty file");
	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		if (!file_has(kernel, not_ours[i].offset, not_ours[i].magic,
			      not_ours[i].size))
			continue;
		snprintf(text, sizeof(text), not_ours[i].what, kernel->path);
		return bad_kernel(boot, "this is %s", text);
	}
	return bad_kernel(boot, "no kernel: no bzImage (\"HdrS\" at offset 0x202), %s, no ELF",
			  "no Image (\"ARM\\x64\" or \"RSC\\x05\" at 0x38)");
}

/**
 * boot_plan - make segments of a kernel and all that comes with it
 * @boot: what was asked for, and the machine; gets the segments
 *
 * Return: false if that can't be.
 */
bool boot_plan(struct boot *boot)
{
	size_t i, cmdline = strlen(boot->cmdline);
	int keep;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i]->matches(&boot->kernel))
			break;
	}
	if (i == ARRAY_SIZE(formats))
		return say_what_it_is(boot);
	boot->format = formats[i];

	/* What is left beside the running kernel may be too little. */
	for (keep = 1; keep >= 0; keep--) {
		boot->keep_running = keep;
		if (boot->format->load(boot))
			return true;
		boot_free(boot);
		boot->cmdline[cmdline] = '\0';
	}
	return false;
}

/**
 * boot_print - show what a plan came to
 * @boot: a complete plan
 * @out: where to
 */
void boot_print(const struct boot *boot, FILE *out)
{
	int i;

	fprintf(out, "%s: %s, %s%s%s\n", boot->kernel.path, boot->format->name,
		boot->arch->name, boot->version[0] ? ", " : "", boot->version);
	fprintf(out, "  %-12s %-35s %12s %12s\n", "segment", "memory", "bytes",
		"of content");
	for (i = 0; i < boot->nr_segments; i++) {
		const struct boot_segment *segment = &boot->segment[i];

		fprintf(out, "  %-12s 0x%016llx-0x%016llx %12llu %12llu\n",
			segment->what, segment->at.start, segment->at.end - 1,
			range_len(segment->at), segment->bufsz);
	}
	fprintf(out, "  entry        0x%016llx\n", boot->entry);
	fprintf(out, "  command line \"%s\"\n", boot->cmdline);
}
