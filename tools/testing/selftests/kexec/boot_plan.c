// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what was asked for to a plan: what kind of kernel a file is, and who makes
 * segments of that.
 */
#include <string.h>

#include "boot_image.h"

static const struct boot_format *const formats[] = {
	&boot_sh_zimage,	/* before bzImage, whose magic it has, too */
	&boot_bzimage,
	&boot_zimage,
	&boot_arm64_image,
	&boot_riscv64_image,
	&boot_s390_image,
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
	{ 0, "\x27\x05\x19\x56", 4, "an image for U-Boot: take the kernel it was made from" },
};

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
	return bad_kernel(boot, "no kernel: no bzImage (%s), %s, no ELF",
			  "\"HdrS\" at offset 0x202, \"S390EP\" at 0x10008",
			  "no Image (\"ARM\\x64\" or \"RSC\\x05\" at 0x38), no zImage (0x016f2818 at 0x24)");
}

/**
 * boot_plan - make segments of a kernel and all that comes with it
 * @boot: what was asked for, and the machine; gets the segments
 *
 * Return: false if that can't be.
 */
bool boot_plan(struct boot *boot)
{
	char cmdline[sizeof(boot->cmdline)];
	size_t i;
	int keep;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (formats[i]->matches(&boot->kernel))
			break;
	}
	if (i == ARRAY_SIZE(formats))
		return say_what_it_is(boot);
	boot->format = formats[i];
	boot->big_endian = false;
	boot->is_64 = false;

	memcpy(cmdline, boot->cmdline, sizeof(cmdline));

	/* What is left beside the running kernel may be too little. */
	for (keep = 1; keep >= 0; keep--) {
		boot->keep_running = keep;
		if (boot->format->load(boot))
			return true;
		boot_free(boot);
		memcpy(boot->cmdline, cmdline, sizeof(cmdline));
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
