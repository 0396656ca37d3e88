// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of kexec_boot, with kernels and machines that are made up here: what
 * is refused and in which words, what goes where, and what a kernel is told.
 * Needs no privilege, and runs on any machine.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libfdt.h>
#include <linux/elf.h>

#include "../kselftest_harness.h"
#include "boot_image.h"
#include "patience.h"

#define KERNEL_SIZE	(64 * KIB)

/* Numbers, whatever types they have. */
#define ASSERT_SAME(expected, seen) \
	ASSERT_EQ((__u64)(expected), (__u64)(seen))

static const char pc[] =
	"00000000-00000fff : Reserved\n"
	"00001000-0009fbff : System RAM\n"
	"0009fc00-0009ffff : Reserved\n"
	"000f0000-000fffff : Reserved\n"
	"  000f0000-000fffff : System ROM\n"
	"00100000-3ffdffff : System RAM\n"
	"  01000000-01a00fff : Kernel code\n"
	"  01c00000-01e6efff : Kernel rodata\n"
	"  02000000-021233ff : Kernel data\n"
	"  024d5000-025fffff : Kernel bss\n"
	"  3a000000-3dffffff : Crash kernel\n"
	"3ffe0000-3fffffff : ACPI Tables\n"
	"fed00000-fed003ff : HPET 0\n";

static const char board[] =
	"40000000-7fffffff : System RAM\n"
	"  40010000-40ffffff : Kernel code\n"
	"  41000000-415fffff : reserved\n"
	"  41600000-41a0ffff : Kernel data\n"
	"  48000000-48123fff : reserved\n"
	"  70000000-77ffffff : Crash kernel\n";

FIXTURE(loader) {
	struct boot boot;
	unsigned char kernel[KERNEL_SIZE];
	unsigned char initrd[10000];
};

/* Aligned, as libfdt wants it, and as the above need not be. */
#define TREE_SIZE	4096
static unsigned char *device_tree;

/* A PC of 1 GiB that boots a bzImage of 16 sectors. */
FIXTURE_SETUP(loader)
{
	struct boot *boot = &self->boot;
	unsigned char *kernel = self->kernel;

	memset(self, 0, sizeof(*self));
	device_tree = malloc(TREE_SIZE);
	ASSERT_TRUE(!!device_tree);
	boot->kernel = (struct boot_file) { "vmlinuz", kernel, KERNEL_SIZE };
	boot->limits = (struct range) { 0, NO_LIMIT };
	memset(self->initrd, 0x5a, sizeof(self->initrd));
	memset(boot->random, 0x77, sizeof(boot->random));
	snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	ASSERT_TRUE(parse_map(boot, &boot->map, "iomem", pc));

	kernel[0x1f1] = 15;
	put_le(kernel + 0x1f4, 4, (KERNEL_SIZE - 16 * 512) / 16);
	put_le(kernel + 0x1fe, 2, 0xaa55);
	kernel[0x200] = 0xeb;
	kernel[0x201] = 0x6a;
	memcpy(kernel + 0x202, "HdrS", 4);
	put_le(kernel + 0x206, 2, 0x20f);
	put_le(kernel + 0x20e, 2, 0x1000);
	memcpy(kernel + 0x1200, "6.12.0-test (me@here) #1", 25);
	kernel[0x211] = 1;
	put_le(kernel + 0x22c, 4, 0x7fffffff);
	put_le(kernel + 0x230, 4, 0x200000);
	kernel[0x234] = 1;
	put_le(kernel + 0x236, 2, 3);
	put_le(kernel + 0x238, 4, 2047);
	put_le(kernel + 0x258, 8, 0x1000000);
	put_le(kernel + 0x260, 4, 0x1234000);
	put_le(kernel + 16 * 512, 4, 0xc0ffee);
}

FIXTURE_TEARDOWN(loader)
{
	boot_free(&self->boot);
	free(device_tree);
	free(self->boot.map.line);
	free(self->boot.firmware.line);
}

static void use_map(struct boot *boot, const char *text)
{
	boot->map.nr = 0;
	if (!parse_map(boot, &boot->map, "iomem", text))
		ksft_exit_fail_msg("%s\n", boot->error);
}

static void use_initrd(struct _test_data_loader *self)
{
	self->boot.initrd = (struct boot_file) {
		"initrd", self->initrd, sizeof(self->initrd)
	};
}

/* A board of 1 GiB, and an Image of arm64, or of riscv64, for it. */
static void use_board(struct _test_data_loader *self, const char *magic)
{
	unsigned char *kernel = self->kernel;
	int chosen;

	use_map(&self->boot, board);
	memset(kernel, 0, KERNEL_SIZE);
	put_le(kernel + 0x08, 8, 0x10000);
	put_le(kernel + 0x10, 8, 0x345678);
	put_le(kernel + 0x18, 8, 0xa);
	memcpy(kernel + 0x38, magic, 4);

	/*
	 * As firmware has left it: an initrd, and a region for its own use; and a
	 * letter, as if it were the second kernel that runs.
	 */
	if (fdt_create_empty_tree(device_tree, TREE_SIZE) ||
	    fdt_setprop_u32(device_tree, 0, "#address-cells", 2) ||
	    fdt_setprop_u32(device_tree, 0, "#size-cells", 2) ||
	    fdt_add_mem_rsv(device_tree, 0x48000000, 0x124000) ||
	    fdt_add_mem_rsv(device_tree, 0x49000000, 0x1000) ||
	    fdt_add_mem_rsv(device_tree, 0x4a000000, 0x1000))
		ksft_exit_fail_msg("no device tree\n");
	chosen = fdt_add_subnode(device_tree, 0, "chosen");
	if (fdt_setprop_string(device_tree, chosen, "stdout-path", "/uart") ||
	    fdt_setprop_string(device_tree, chosen, "bootargs", "old") ||
	    fdt_setprop_u64(device_tree, chosen, "kaslr-seed", 0) ||
	    fdt_setprop_u64(device_tree, chosen, "linux,initrd-start", 0x48000000) ||
	    fdt_setprop_u64(device_tree, chosen, "linux,initrd-end", 0x48123456) ||
	    fdt_setprop_u64(device_tree, chosen, "linux,elfcorehdr", 0x1234) ||
	    fdt_setprop_u64(device_tree, chosen, "linux,crashkernel-size", MIB) ||
	    fdt_appendprop_addrrange(device_tree, 0, chosen, KEXEC_LETTER_PROPERTY,
				     0x49000000, 0x1000))
		ksft_exit_fail_msg("no /chosen\n");
	self->boot.fdt = (struct boot_file) {
		"board.dtb", device_tree, fdt_totalsize(device_tree)
	};
}

/* A zImage for it: unpacked, it has 9 MiB and some .bss, and ends below 11 MiB. */
static void use_zimage(struct _test_data_loader *self)
{
	unsigned char *kernel = self->kernel;

	use_board(self, "ARM\x64");
	memset(kernel, 0, KERNEL_SIZE);
	put_le(kernel + 0x24, 4, 0x016f2818);
	put_le(kernel + 0x2c, 4, KERNEL_SIZE);
	put_le(kernel + 0x30, 4, 0x04030201);
	put_le(kernel + 0x34, 4, 0x45454545);
	put_le(kernel + 0x38, 4, 0x2000);
	put_le(kernel + 0x2000, 4, 6);
	put_le(kernel + 0x2004, 4, 0x5a534c4b);
	put_le(kernel + 0x2008, 4, KERNEL_SIZE - 4);
	put_le(kernel + 0x200c, 4, 0x123456);
	put_le(kernel + 0x2010, 4, 0x8000);
	put_le(kernel + 0x2014, 4, 0x10000);
	put_le(kernel + KERNEL_SIZE - 4, 4, 9 * MIB);
}

#define S390_SIZE	(128 * KIB)

/* A machine of 512 MiB, and a bzImage of s390; it is larger than the others. */
static void use_s390(struct _test_data_loader *self)
{
	static unsigned char kernel[S390_SIZE];

	use_map(&self->boot, "00000000-1fffffff : System RAM\n"
			     "  00100000-00ffffff : Kernel code\n"
			     "  01000000-013fffff : Kernel data\n"
			     "  10000000-17ffffff : Crash kernel\n");
	memset(kernel, 0x33, sizeof(kernel));
	memset(kernel + 0x10400, 0, 0x1400);
	memcpy(kernel + 0x10008, "S390EP", 6);
	put_be(kernel + 0x10428, 8, 0x1f000);
	memcpy(kernel + 0x1f000, "6.12.0-test (me@here) #1", 25);
	put_be(kernel + 0x10430, 8, 4096);
	self->boot.kernel = (struct boot_file) { "image", kernel, S390_SIZE };
}

/* An x86_64 vmlinux: text, data with some bss, a note. */
static void use_vmlinux(struct _test_data_loader *self)
{
	unsigned char *kernel = self->kernel;
	struct elf64_hdr *header = (void *)kernel;
	struct elf64_phdr *phdr = (void *)(kernel + 64);

	memset(kernel, 0, KERNEL_SIZE);
	memcpy(header->e_ident, ELFMAG, SELFMAG);
	header->e_ident[EI_CLASS] = ELFCLASS64;
	header->e_ident[EI_DATA] = ELFDATA2LSB;
	header->e_type = htole16(ET_EXEC);
	header->e_machine = htole16(EM_X86_64);
	header->e_entry = htole64(0x1000040);
	header->e_phoff = htole64(64);
	header->e_phentsize = htole16(sizeof(*phdr));
	header->e_phnum = htole16(3);
	phdr[0] = (struct elf64_phdr) {
		.p_type = htole32(PT_LOAD),
		.p_offset = htole64(0x1000),
		.p_paddr = htole64(0x1000000),
		.p_vaddr = htole64(0xffffffff81000000),
		.p_filesz = htole64(0x3000),
		.p_memsz = htole64(0x3000),
	};
	phdr[1] = (struct elf64_phdr) {
		.p_type = htole32(PT_NOTE),
		.p_offset = htole64(0x1000),
		.p_filesz = htole64(0x10),
	};
	phdr[2] = (struct elf64_phdr) {
		.p_type = htole32(PT_LOAD),
		.p_offset = htole64(0x8000),
		.p_paddr = htole64(0x1200000),
		.p_vaddr = htole64(0xffffffff81200000),
		.p_filesz = htole64(0x800),
		.p_memsz = htole64(0x5000),
	};
	memset(kernel + 0x1000, 0x11, 0x3000);
	memset(kernel + 0x8000, 0x22, 0x800);
}

static const char server[] =
	"00000000-3fffffff : System RAM\n"
	"  10000000-1fffffff : Crash kernel\n";

static void put(unsigned char *bytes, int size, __u64 value, bool big)
{
	if (big)
		put_be(bytes, size, value);
	else
		put_le(bytes, size, value);
}

/* A pseries of 1 GiB with RTAS in it, and a vmlinux of ppc64 or ppc64le for it. */
static void use_server(struct _test_data_loader *self, bool big)
{
	const fdt64_t first[] = { 0, cpu_to_fdt64(GIB) };
	const fdt64_t second[] = { cpu_to_fdt64(4 * GIB), cpu_to_fdt64(GIB) };
	unsigned char *kernel = self->kernel, *phdr = kernel + 64;
	int node;

	use_map(&self->boot, server);
	memset(kernel, 0, KERNEL_SIZE);
	memcpy(kernel, ELFMAG, SELFMAG);
	kernel[EI_CLASS] = ELFCLASS64;
	kernel[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	put(kernel + 0x10, 2, ET_DYN, big);
	put(kernel + 0x12, 2, EM_PPC64, big);
	put(kernel + 0x18, 8, 0xc000000000000000, big);
	put(kernel + 0x20, 8, 64, big);
	put(kernel + 0x36, 2, 56, big);
	put(kernel + 0x38, 2, 1, big);
	put(phdr, 4, PT_LOAD, big);
	put(phdr + 8, 8, 0x1000, big);
	put(phdr + 16, 8, 0xc000000000000000, big);
	put(phdr + 32, 8, 0x4000, big);
	put(phdr + 40, 8, 0x1234567, big);
	memset(kernel + 0x1000, 0x44, 0x4000);
	put(kernel + 0x105c, 4, 0x72756e30, big);
	memcpy(kernel + 0x2000, "Linux version 6.12.0-test (me@here)", 35);

	if (fdt_create_empty_tree(device_tree, TREE_SIZE) ||
	    fdt_setprop_u32(device_tree, 0, "#address-cells", 2) ||
	    fdt_setprop_u32(device_tree, 0, "#size-cells", 2))
		ksft_exit_fail_msg("no device tree\n");
	node = fdt_add_subnode(device_tree, 0, "memory@100000000");
	if (fdt_setprop_string(device_tree, node, "device_type", "memory") ||
	    fdt_setprop(device_tree, node, "reg", second, sizeof(second)))
		ksft_exit_fail_msg("no memory\n");
	node = fdt_add_subnode(device_tree, 0, "memory@0");
	if (fdt_setprop_string(device_tree, node, "device_type", "memory") ||
	    fdt_setprop(device_tree, node, "reg", first, sizeof(first)))
		ksft_exit_fail_msg("no memory\n");
	node = fdt_add_subnode(device_tree, 0, "rtas");
	if (fdt_setprop_u32(device_tree, node, "linux,rtas-base", 0x3002000) ||
	    fdt_setprop_u32(device_tree, node, "rtas-size", 0x1000))
		ksft_exit_fail_msg("no RTAS\n");
	self->boot.fdt = (struct boot_file) {
		"server.dtb", device_tree, fdt_totalsize(device_tree)
	};
}

/* A vmlinux of 32 bits, with one PT_LOAD. */
static void put_vmlinux_32(unsigned char *kernel, int machine, __u64 virt, __u64 phys,
			   bool big)
{
	unsigned char *phdr = kernel + 52;

	memset(kernel, 0, KERNEL_SIZE);
	memcpy(kernel, ELFMAG, SELFMAG);
	kernel[EI_CLASS] = ELFCLASS32;
	kernel[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
	put(kernel + 0x10, 2, ET_EXEC, big);
	put(kernel + 0x12, 2, machine, big);
	put(kernel + 0x18, 4, virt + 0x10, big);
	put(kernel + 0x1c, 4, 52, big);
	put(kernel + 0x2a, 2, 32, big);
	put(kernel + 0x2c, 2, 1, big);
	put(phdr, 4, PT_LOAD, big);
	put(phdr + 4, 4, 0x1000, big);
	put(phdr + 8, 4, virt, big);
	put(phdr + 12, 4, phys, big);
	put(phdr + 16, 4, 0x4000, big);
	put(phdr + 20, 4, 0x523456, big);
	memset(kernel + 0x1000, 0x44, 0x4000);
	memcpy(kernel + 0x2000, "Linux version 6.12.0-test (me@here)", 35);
}

/* A big endian one. */
static void put_vmlinux(unsigned char *kernel, int machine, __u64 virt, __u64 phys)
{
	put_vmlinux_32(kernel, machine, virt, phys, true);
}

/* A malta of 256 MiB, and a vmlinux of mips or mipsel for it. */
static void use_malta(struct _test_data_loader *self, bool big, __u64 virt)
{
	use_map(&self->boot, "00000000-0fffffff : System RAM\n"
			     "  00100000-003fffff : Kernel code\n"
			     "  00400000-004fffff : Kernel data\n"
			     "  04000000-09ffffff : Crash kernel\n");
	put_vmlinux_32(self->kernel, EM_MIPS, virt, virt, big);
}

/* A workstation of 256 MiB, and a vmlinux of parisc for it. */
static void use_workstation(struct _test_data_loader *self)
{
	use_map(&self->boot, "00000000-0fffffff : System RAM\n"
			     "  00000000-0000dfff : reserved\n"
			     "    00000000-000009ff : PDC data (Page Zero)\n"
			     "  00400000-007fffff : Kernel code\n"
			     "  00800000-00bfffff : Kernel data\n");
	put_vmlinux(self->kernel, EM_PARISC, 0x10100000, 0x10100000);
}

/* The same with a vmlinux of 64 bits. */
static void use_malta_64(struct _test_data_loader *self, __u64 virt)
{
	unsigned char *kernel = self->kernel, *phdr = kernel + 64;

	use_malta(self, false, 0x80100000);
	memset(kernel + EI_CLASS, 0, 0x800);
	kernel[EI_CLASS] = ELFCLASS64;
	kernel[EI_DATA] = ELFDATA2LSB;
	put_le(kernel + 0x10, 2, ET_EXEC);
	put_le(kernel + 0x12, 2, EM_MIPS);
	put_le(kernel + 0x18, 8, virt + 0x10);
	put_le(kernel + 0x20, 8, 64);
	put_le(kernel + 0x36, 2, 56);
	put_le(kernel + 0x38, 2, 1);
	put_le(phdr, 4, PT_LOAD);
	put_le(phdr + 8, 8, 0x1000);
	put_le(phdr + 16, 8, virt);
	put_le(phdr + 24, 8, virt);
	put_le(phdr + 32, 8, 0x4000);
	put_le(phdr + 40, 8, 0x523456);
}

/* A board of 1 GiB with an e500, and a vmlinux of ppc for it. */
static void use_embedded(struct _test_data_loader *self, bool relocatable)
{
	unsigned char *kernel = self->kernel;
	int node;

	use_map(&self->boot, "00000000-3fffffff : System RAM\n"
			     "  00000000-003fffff : Kernel code\n"
			     "  00400000-004fffff : Kernel data\n"
			     "  10000000-13ffffff : Crash kernel\n");
	put_vmlinux(kernel, EM_PPC, 0xc0000000, relocatable ? 0 : 0x2000000);
	put_be(kernel + 0x20, 4, 0x800);
	put_be(kernel + 0x2e, 2, 40);
	put_be(kernel + 0x30, 2, 2);
	put_be(kernel + 0x800 + 40 + 4, 4, relocatable ? SHT_DYNAMIC : SHT_NOTE);
	put_be(kernel + 0x800 + 40 + 20, 4, 8);

	if (fdt_create_empty_tree(device_tree, TREE_SIZE) ||
	    fdt_setprop_u32(device_tree, 0, "#address-cells", 2) ||
	    fdt_setprop_u32(device_tree, 0, "#size-cells", 2))
		ksft_exit_fail_msg("no device tree\n");
	node = fdt_add_subnode(device_tree, 0, "memory");
	if (fdt_setprop_string(device_tree, node, "device_type", "memory") ||
	    fdt_appendprop_addrrange(device_tree, 0, node, "reg", 0, GIB))
		ksft_exit_fail_msg("no memory\n");
	self->boot.fdt = (struct boot_file) {
		"board.dtb", device_tree, fdt_totalsize(device_tree)
	};
}

/* A board of 1 GiB, and a vmlinux of LoongArch for it. */
static void use_loongarch(struct _test_data_loader *self, bool relocatable)
{
	unsigned char *kernel = self->kernel, *phdr = kernel + 64;

	use_map(&self->boot, "00000000-0fffffff : System RAM\n"
			     "  00000000-001fffff : Reserved\n"
			     "  00200000-00ffffff : Kernel code\n"
			     "  01000000-012fffff : Kernel data\n"
			     "80000000-afffffff : System RAM\n"
			     "  a0000000-a3ffffff : Crash kernel\n");
	memset(kernel, 0, KERNEL_SIZE);
	memcpy(kernel, ELFMAG, SELFMAG);
	kernel[EI_CLASS] = ELFCLASS64;
	kernel[EI_DATA] = ELFDATA2LSB;
	put_le(kernel + 0x10, 2, ET_EXEC);
	put_le(kernel + 0x12, 2, EM_LOONGARCH);
	put_le(kernel + 0x18, 8, 0x9000000000201000);
	put_le(kernel + 0x20, 8, 64);
	put_le(kernel + 0x28, 8, 0x800);
	put_le(kernel + 0x36, 2, 56);
	put_le(kernel + 0x38, 2, 1);
	put_le(kernel + 0x3a, 2, 64);
	put_le(kernel + 0x3c, 2, 2);
	/* Those that a linker keeps for other programs are none of the kernel's. */
	put_le(kernel + 0x800 + 64 + 4, 4, SHT_RELA);
	put_le(kernel + 0x800 + 64 + 8, 8, relocatable ? SHF_ALLOC : 0);
	put_le(kernel + 0x800 + 64 + 32, 8, 24);
	put_le(phdr, 4, PT_LOAD);
	put_le(phdr + 8, 8, 0x1000);
	put_le(phdr + 16, 8, 0x9000000000200000);
	put_le(phdr + 24, 8, 0x9000000000200000);
	put_le(phdr + 32, 8, 0x4000);
	put_le(phdr + 40, 8, 0x523456);
	memset(kernel + 0x1000, 0x44, 0x4000);
}

static const struct boot_segment *find(const struct boot *boot,
				       const char *what)
{
	int i;

	for (i = 0; i < boot->nr_segments; i++) {
		if (!strcmp(boot->segment[i].what, what))
			return &boot->segment[i];
	}
	ksft_exit_fail_msg("no segment \"%s\"\n", what);
}

/* What the image has at an address of its memory. */
static const unsigned char *at(const struct boot *boot, __u64 phys)
{
	int i;

	for (i = 0; i < boot->nr_segments; i++) {
		const struct boot_segment *segment = &boot->segment[i];

		if (phys >= segment->at.start &&
		    phys < segment->at.start + segment->bufsz)
			return (const unsigned char *)segment->buf +
			       (phys - segment->at.start);
	}
	ksft_exit_fail_msg("nothing is loaded to %#llx\n", phys);
}

/* It asks for a letter, as the kernel that runs looks for that. */
static const struct boot_segment *
check_letter(struct __test_metadata *_metadata, const struct boot *boot)
{
	const struct boot_segment *segment = find(boot, "letter");
	const struct kexec_letter *letter = segment->buf;
	const char *bytes = (const char *)&letter->digest;

	ASSERT_SAME(boot->page, range_len(segment->at));
	ASSERT_SAME(boot->page, segment->bufsz);
	ASSERT_SAME(0, memcmp(letter->magic, KEXEC_LETTER_MAGIC,
			      sizeof(letter->magic)));
	for (; bytes < (const char *)letter + segment->bufsz; bytes++)
		ASSERT_EQ(0, *bytes);
	return segment;
}

/* x86: it is the last setup_data, and so is its page reserved. */
static void check_setup_letter(struct __test_metadata *_metadata,
			       const struct boot *boot, __u64 phys)
{
	const struct boot_segment *segment = check_letter(_metadata, boot);

	ASSERT_SAME(segment->at.start, phys);
	ASSERT_SAME(0, get_le(segment->buf, 8));
	ASSERT_SAME(SETUP_KEXEC_LETTER, get_le(at(boot, phys) + 8, 4));
	ASSERT_SAME(range_len(segment->at) - 16, get_le(at(boot, phys) + 12, 4));
}

/* What has to hold of every plan. */
static void check_plan(struct __test_metadata *_metadata,
		       const struct boot *boot)
{
	int i, j;

	for (i = 0; i < boot->nr_segments; i++) {
		const struct boot_segment *a = &boot->segment[i];

		ASSERT_SAME(0, a->at.start % boot->page);
		ASSERT_SAME(0, a->at.end % boot->page);
		ASSERT_LT(a->at.start, a->at.end);
		ASSERT_LE(a->bufsz, range_len(a->at));
		ASSERT_TRUE(ranges_have(&boot->ram, a->at));
		ASSERT_LE(boot->limits.start, a->at.start);
		ASSERT_GE(boot->limits.end, a->at.end);
		for (j = 0; j < i; j++) {
			const struct boot_segment *b = &boot->segment[j];

			ASSERT_TRUE(a->at.end <= b->at.start ||
				    b->at.end <= a->at.start);
		}
	}
	at(boot, boot->entry);
}

/* Back to before the plan. */
static void forget_plan(struct boot *boot)
{
	boot_free(boot);
	boot->error[0] = '\0';
}

static void plan(struct __test_metadata *_metadata, struct boot *boot)
{
	ASSERT_TRUE(boot_plan(boot)) {
		TH_LOG("%s", boot->error);
	}
	check_plan(_metadata, boot);
}

static void refuse(struct __test_metadata *_metadata, struct boot *boot,
		   const char *words)
{
	char cmdline[sizeof(boot->cmdline)];

	boot->error[0] = '\0';
	snprintf(cmdline, sizeof(cmdline), "%s", boot->cmdline);
	ASSERT_FALSE(boot_plan(boot)) {
		TH_LOG("not refused: \"%s\"", words);
	}
	ASSERT_STREQ(cmdline, boot->cmdline);
	ASSERT_TRUE(!!strstr(boot->error, words)) {
		TH_LOG("\"%s\", not \"%s\"", boot->error, words);
	}
	forget_plan(boot);
}

/* A field of a header, broken. */
struct broken {
	int offset;
	int size;
	__u64 value;
	const char *words;
};

static void check_broken(struct __test_metadata *_metadata, struct boot *boot,
			 unsigned char *kernel, const struct broken *broken,
			 size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct broken *b = &broken[i];
		__u64 old = get_le(kernel + b->offset, b->size);

		put_le(kernel + b->offset, b->size, b->value);
		refuse(_metadata, boot, b->words);
		put_le(kernel + b->offset, b->size, old);
	}
	plan(_metadata, boot);
}

TEST_F(loader, bzimage)
{
	struct boot *boot = &self->boot;
	const unsigned char *params, *stub;
	const struct boot_segment *kernel, *rest;
	__u64 phys;

	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_x86_64);
	ASSERT_STREQ("6.12.0-test", boot->version);
	kernel = find(boot, "kernel");
	/* Behind the kernel that runs; it ends at 0x2600000. */
	ASSERT_SAME(0x2600000, kernel->at.start);
	ASSERT_SAME(0x1234000, range_len(kernel->at));
	ASSERT_SAME(KERNEL_SIZE - 16 * 512, kernel->bufsz);
	ASSERT_SAME(0xc0ffee, get_le(kernel->buf, 4));

	rest = find(boot, "parameters");
	stub = at(boot, boot->entry);
	ASSERT_SAME(0xbe48, get_le(stub, 2));
	ASSERT_SAME(rest->at.start, get_le(stub + 2, 8));
	ASSERT_SAME(kernel->at.start + 0x200, get_le(stub + 12, 8));

	params = rest->buf;
	ASSERT_SAME(0, params[0x1ef]);
	ASSERT_SAME(0xff, params[0x210]);
	ASSERT_SAME(0, memcmp(params + 0x230, self->kernel + 0x230, 0x20));
	phys = get_le(params + 0x228, 4) | get_le(params + 0xc8, 4) << 32;
	ASSERT_STREQ("console=ttyS0 quiet", (const char *)at(boot, phys));
	phys = get_le(params + 0x218, 4) | get_le(params + 0xc0, 4) << 32;
	ASSERT_SAME(find(boot, "initrd")->at.start, phys);
	ASSERT_SAME(sizeof(self->initrd), get_le(params + 0x21c, 4));
	/* setup_data: random bytes, and the letter. */
	phys = get_le(params + 0x250, 8);
	check_setup_letter(_metadata, boot, get_le(at(boot, phys), 8));
	ASSERT_SAME(9, get_le(at(boot, phys) + 8, 4));
	ASSERT_SAME(0x77, at(boot, phys)[16]);
}

static void check_e820(struct __test_metadata *_metadata,
		       const unsigned char *params, int i, __u64 start,
		       __u64 end, __u64 type)
{
	const unsigned char *entry = params + 0x2d0 + 20 * i;

	ASSERT_GT(params[0x1e8], i);
	ASSERT_SAME(start, get_le(entry, 8));
	ASSERT_SAME(end - start, get_le(entry + 8, 8));
	ASSERT_SAME(type, get_le(entry + 16, 4));
}

TEST_F(loader, bzimage_memory_map)
{
	const unsigned char *params;

	plan(_metadata, &self->boot);
	params = find(&self->boot, "parameters")->buf;
	ASSERT_SAME(6, params[0x1e8]);
	check_e820(_metadata, params, 0, 0x1000, 0x9fc00, 1);
	check_e820(_metadata, params, 1, 0x100000, 0x3ffe0000, 1);
	check_e820(_metadata, params, 2, 0, 0x1000, 2);
	check_e820(_metadata, params, 3, 0x9fc00, 0xa0000, 2);
	check_e820(_metadata, params, 4, 0xf0000, 0x100000, 2);
	check_e820(_metadata, params, 5, 0x3ffe0000, 0x40000000, 3);
}

TEST_F(loader, bzimage_firmware_map)
{
	const unsigned char *params;

	ASSERT_TRUE(parse_map(&self->boot, &self->boot.firmware, "memmap",
			      "0-9ffff : System RAM\n"
			      "100000-3fffffff : System RAM\n"
			      "fffc0000-ffffffff : Reserved\n"));
	plan(_metadata, &self->boot);
	params = find(&self->boot, "parameters")->buf;
	ASSERT_SAME(3, params[0x1e8]);
	check_e820(_metadata, params, 0, 0, 0xa0000, 1);
	check_e820(_metadata, params, 1, 0x100000, 0x40000000, 1);
	check_e820(_metadata, params, 2, 0xfffc0000, 0x100000000, 2);
}

/* What a machine with EFI has told the running kernel; descriptors of 48 bytes. */
static void use_efi(struct boot *boot, unsigned char *params)
{
	static struct boot_efi_region regions[] = {
		{ 5, 0x3f8ed000, 0xfffffffeff000000, 0x100, 0x800000000000000f },
		{ 6, 0x3fa00000, 0xfffffffeff200000, 0x16d, 0x8000000000000001 },
	};

	memcpy(params + 0x1c0, "EL64", 4);
	put_le(params + 0x1c4, 4, 0x3f9ec018);
	put_le(params + 0x1c8, 4, 48);
	put_le(params + 0x1cc, 4, 1);
	put_le(params + 0x1d0, 4, 0x11111000);
	put_le(params + 0x1d4, 4, 100 * 48);
	put_le(params + 0x1d8, 4, 3);
	put_le(params + 0x1dc, 4, 4);
	params[0x1ec] = 3;
	boot->params = (struct boot_file) { "boot_params", params, 0x1000 };
	boot->efi = (struct boot_efi) {
		0x3f912000, 0x3f9d0000, 0x3f918000, regions, 2
	};
}

TEST_F(loader, bzimage_efi)
{
	struct boot *boot = &self->boot;
	unsigned char old[0x1000] = { };
	const unsigned char *params, *data, *map;
	__u64 phys;

	use_efi(boot, old);
	put_le(self->kernel + 0x236, 2, 0x13);
	plan(_metadata, boot);
	params = find(boot, "parameters")->buf;
	ASSERT_EQ(0, memcmp(params + 0x1c0, old + 0x1c0, 0x10));
	ASSERT_SAME(3, get_le(params + 0x1d8, 4));
	ASSERT_SAME(3, params[0x1ec]);

	/* setup_data: behind the random bytes, and before the letter. */
	phys = get_le(params + 0x250, 8);
	data = at(boot, get_le(at(boot, phys), 8));
	check_setup_letter(_metadata, boot, get_le(data, 8));
	ASSERT_SAME(4, get_le(data + 8, 4));
	ASSERT_SAME(12 * 8, get_le(data + 12, 4));
	ASSERT_SAME(0x3f912000, get_le(data + 16, 8));
	ASSERT_SAME(0x3f9d0000, get_le(data + 32, 8));
	ASSERT_SAME(0x3f918000, get_le(data + 40, 8));

	ASSERT_SAME(2 * 48, get_le(params + 0x1d4, 4));
	map = at(boot, get_le(params + 0x1d0, 4) |
		       get_le(params + 0x1dc, 4) << 32);
	ASSERT_SAME(6, get_le(map + 48, 4));
	ASSERT_SAME(0x3fa00000, get_le(map + 48 + 8, 8));
	ASSERT_SAME(0xfffffffeff200000, get_le(map + 48 + 16, 8));
	ASSERT_SAME(0x16d, get_le(map + 48 + 24, 8));
	ASSERT_SAME(0x8000000000000001, get_le(map + 48 + 32, 8));
}

/* One that can't go on with EFI, or of which too little is known, gets nothing. */
TEST_F(loader, bzimage_without_efi)
{
	struct boot *boot = &self->boot;
	unsigned char old[0x1000] = { };
	int i;

	for (i = 0; i < 5; i++) {
		const unsigned char *params;
		static const unsigned char none[0x20];

		use_efi(boot, old);
		put_le(self->kernel + 0x236, 2, i ? 0x13 : 3);
		if (i == 1)
			boot->efi.nr_regions = 0;
		if (i == 2)
			boot->params.size = 0x1c0;
		if (i == 3)
			memcpy(old + 0x1c0, "EL32", 4);
		if (i == 4)
			put_le(old + 0x1c8, 4, 39);
		plan(_metadata, boot);
		params = find(boot, "parameters")->buf;
		ASSERT_EQ(0, memcmp(params + 0x1c0, none, sizeof(none))) {
			TH_LOG("EFI in case %d", i);
		}
		check_setup_letter(_metadata, boot,
				   get_le(at(boot, get_le(params + 0x250, 8)), 8));
		forget_plan(boot);
	}
}

/* The 32-bit kernel sees it only below what its initrd is below. */
TEST_F(loader, bzimage_letter_in_lowmem)
{
	struct boot *boot = &self->boot;
	int nr_segments;

	boot->machine = &boot_i386;
	boot->limits.start = 0x2e000000;
	plan(_metadata, boot);
	ASSERT_SAME(0x2f236000, check_letter(_metadata, boot)->at.start);
	nr_segments = boot->nr_segments;
	forget_plan(boot);
	/* Without room for it the kernel starts, too. */
	boot->limits.start = 0x30000000;
	plan(_metadata, boot);
	ASSERT_EQ(nr_segments - 1, boot->nr_segments);
	forget_plan(boot);
	boot->machine = NULL;
	plan(_metadata, boot);
	ASSERT_SAME(0x31236000, check_letter(_metadata, boot)->at.start);
}

TEST_F(loader, bzimage_32_bit_entry)
{
	struct boot *boot = &self->boot;
	const unsigned char *stub;

	boot->machine = &boot_i386;
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_i386);
	stub = at(boot, boot->entry);
	ASSERT_SAME(0xbe, stub[0]);
	ASSERT_SAME(find(boot, "parameters")->at.start, get_le(stub + 1, 4));
	ASSERT_SAME(find(boot, "kernel")->at.start, get_le(stub + 12, 4));
}

TEST_F(loader, bzimage_32_bit_kernel)
{
	put_le(self->kernel + 0x236, 2, 0);
	plan(_metadata, &self->boot);
	ASSERT_TRUE(self->boot.arch == &boot_i386);
	forget_plan(&self->boot);

	self->boot.machine = &boot_x86_64;
	refuse(_metadata, &self->boot, "vmlinuz: a kernel for i386, and this machine runs x86_64");
}

/* It moves itself to pref_address, so that has to be free: over the old one. */
TEST_F(loader, bzimage_not_relocatable)
{
	self->kernel[0x234] = 0;
	plan(_metadata, &self->boot);
	ASSERT_SAME(0x1000000, find(&self->boot, "kernel")->at.start);
}

TEST_F(loader, bzimage_broken)
{
	static const struct broken broken[] = {
		{ 0x1fe, 2, 0xaa54, "boot_flag at 0x1fe is 0xaa54" },
		{ 0x206, 2, 0x209, "version at 0x206 is 2.09" },
		{ 0x201, 1, 0x61, "the header ends at 0x263" },
		{ 0x201, 1, 0xff, "the header ends at 0x301" },
		{ 0x211, 1, 0, "a zImage, not a bzImage" },
		{ 0x230, 4, 0, "kernel_alignment at 0x230 is 0," },
		{ 0x230, 4, 0x300000, "kernel_alignment at 0x230 is 0x300000" },
		{ 0x230, 4, 0x80000000, "no room for the kernel" },
		{ 0x1f4, 4, 0xffffffff, "truncated: 65536 bytes" },
		{ 0x1f1, 1, 0xff, "truncated: 65536 bytes" },
		{ 0x238, 4, 18, "command line has 19 characters, and it takes 18" },
		{ 0x260, 4, 0xffffffff, "no room for the kernel: 4294967296" },
		{ 0x258, 8, 0x3fc00000, "no room for the kernel" },
		{ 0x258, 8, NO_LIMIT, "no room for the kernel" },
		{ 0x202, 1, 0, "no kernel: no bzImage" },
	};

	check_broken(_metadata, &self->boot, self->kernel, broken,
		     ARRAY_SIZE(broken));
	forget_plan(&self->boot);

	self->kernel[0x234] = 0;
	put_le(self->kernel + 0x258, 8, NO_LIMIT);
	refuse(_metadata, &self->boot, "pref_address at 0x258");
}

/* Each kind of file, cut off anywhere, in memory that ends there. */
static void check_truncated(struct __test_metadata *_metadata,
			    struct boot *boot, __u64 step)
{
	const unsigned char *whole = boot->kernel.data;
	__u64 size, full = boot->kernel.size;

	for (size = 0; size < full; size += size < 4 * KIB ? 1 : step) {
		unsigned char *copy = malloc(size ?: 1);

		memcpy(copy, whole, size);
		boot->kernel.data = copy;
		boot->kernel.size = size;
		boot->error[0] = '\0';
		ASSERT_FALSE(boot_plan(boot)) {
			TH_LOG("%llu bytes are enough", size);
		}
		ASSERT_NE(0, boot->error[0]);
		forget_plan(boot);
		free(copy);
	}
	boot->kernel.data = whole;
	boot->kernel.size = full;
	plan(_metadata, boot);
}

TEST_F(loader, bzimage_truncated)
{
	check_truncated(_metadata, &self->boot, 16);
}

TEST_F(loader, vmlinux)
{
	const struct boot_segment *kernel;

	use_vmlinux(self);
	plan(_metadata, &self->boot);
	kernel = find(&self->boot, "kernel");
	/* Shifted behind the one that runs, its parts as far apart as they were. */
	ASSERT_SAME(0x2600000, kernel->at.start);
	ASSERT_SAME(0x205000, range_len(kernel->at));
	ASSERT_SAME(0x200800, kernel->bufsz);
	ASSERT_SAME(0x11, at(&self->boot, 0x2600000)[0]);
	ASSERT_SAME(0x11, at(&self->boot, 0x2602fff)[0]);
	ASSERT_SAME(0, at(&self->boot, 0x2603000)[0]);
	ASSERT_SAME(0x22, at(&self->boot, 0x28007ff)[0]);
	ASSERT_SAME(0x2600040, get_le(at(&self->boot, self->boot.entry) + 12, 8));
}

TEST_F(loader, vmlinux_broken)
{
	static const struct broken broken[] = {
		{ 0x04, 1, 3, "the ELF class at 0x4 is 3" },
		{ 0x05, 1, 2, "not little endian" },
		{ 0x10, 2, ET_REL, "e_type is 1: an object" },
		{ 0x10, 2, ET_CORE, "e_type is 4" },
		{ 0x12, 2, 2, "e_machine is 2:" },
		{ 0x12, 2, 20, "not big endian, of 32 bits" },
		{ 0x12, 2, 243, "take arch/riscv/boot/Image" },
		{ 0x12, 2, EM_AARCH64, "no \"ARM\\x64\" at 0x38" },
		{ 0x18, 8, 0x1205000, "e_entry is 0x1205000" },
		{ 0x18, 8, 0, "e_entry is 0" },
		{ 0x20, 8, NO_LIMIT - 3, "truncated" },
		{ 0x20, 8, KERNEL_SIZE - 100, "truncated" },
		{ 0x36, 2, 32, "e_phentsize is 32" },
		{ 0x38, 2, 0xffff, "truncated" },
		{ 0x38, 2, 0, "none of 0 program headers" },
		/* The first PT_LOAD: offset, address, size in file, in memory. */
		{ 0x48, 8, KERNEL_SIZE, "truncated: segment 0" },
		{ 0x48, 8, NO_LIMIT, "truncated: segment 0" },
		{ 0x58, 8, 0x1204fff, "segment 2: [0x1200000-0x1204fff] overlaps" },
		{ 0x58, 8, 0x41200000, "spread over" },
		{ 0x58, 8, NO_LIMIT, "segment 0: memory" },
		{ 0x60, 8, 0x3001, "segment 0: memory" },
		{ 0x60, 8, NO_LIMIT, "truncated: segment 0" },
		{ 0x68, 8, 0x2fff, "segment 0: memory" },
		{ 0x68, 8, 0x200001, "overlaps" },
		{ 0x68, 8, NO_LIMIT, "segment 0: memory" },
	};

	use_vmlinux(self);
	check_broken(_metadata, &self->boot, self->kernel, broken,
		     ARRAY_SIZE(broken));
}

TEST_F(loader, vmlinux_truncated)
{
	use_vmlinux(self);
	self->boot.kernel.size = 0x8800;
	check_truncated(_metadata, &self->boot, 256);
}

static __u64 chosen_number(struct __test_metadata *_metadata, const void *fdt,
			   const char *name)
{
	const void *value;
	int len;

	value = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), name, &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(8, len);
	return fdt64_ld(value);
}

/* It is in the tree, reserved, and knows which tree it is in. */
static void check_tree_letter(struct __test_metadata *_metadata,
			      const struct boot *boot)
{
	const struct boot_segment *segment = check_letter(_metadata, boot);
	const struct boot_segment *tree = find(boot, "device tree");
	const void *fdt = tree->buf, *value;
	uint64_t start, size;
	int len;

	value = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"),
			    KEXEC_LETTER_PROPERTY, &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(16, len);
	ASSERT_SAME(segment->at.start, fdt64_ld(value));
	ASSERT_SAME(range_len(segment->at), fdt64_ld((const fdt64_t *)value + 1));
	ASSERT_SAME(0, fdt_get_mem_rsv(fdt, fdt_num_mem_rsv(fdt) - 1, &start,
				       &size));
	ASSERT_SAME(segment->at.start, start);
	ASSERT_SAME(range_len(segment->at), size);
	ASSERT_SAME(tree->at.start, get_le(segment->buf, 8));
	ASSERT_SAME(0, get_le((const unsigned char *)segment->buf + 8, 8));
}

/* As long as it may be, and longer by one. */
static void check_longest_line(struct __test_metadata *_metadata, struct boot *boot,
			       size_t max)
{
	char words[80];

	memset(boot->cmdline, 'x', max + 1);
	boot->cmdline[max + 1] = '\0';
	snprintf(words, sizeof(words), "the command line has %zu characters, and it takes %zu",
		 max + 1, max);
	refuse(_metadata, boot, words);
	boot->cmdline[max] = '\0';
	plan(_metadata, boot);
}

TEST_F(loader, arm64)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *kernel, *initrd;
	const unsigned char *stub;
	const void *fdt;
	int chosen, len;
	uint64_t start, size;

	use_board(self, "ARM\x64");
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_SAME(64 * KIB, boot->page);
	ASSERT_STREQ("4K pages", boot->version);
	kernel = find(boot, "kernel");
	initrd = find(boot, "initrd");
	/* 64 KiB behind a multiple of 2 MiB, right behind the old kernel. */
	ASSERT_SAME(0x41a10000, kernel->at.start);
	ASSERT_SAME(0x350000, range_len(kernel->at));

	fdt = find(boot, "device tree")->buf;
	ASSERT_SAME(0, fdt_check_header(fdt));
	stub = at(boot, boot->entry);
	ASSERT_SAME(0x580000c0, get_le(stub, 4));
	ASSERT_SAME(find(boot, "device tree")->at.start, get_le(stub + 24, 8));
	ASSERT_SAME(kernel->at.start, get_le(stub + 32, 8));

	chosen = fdt_path_offset(fdt, "/chosen");
	ASSERT_STREQ(boot->cmdline, fdt_getprop(fdt, chosen, "bootargs", &len));
	ASSERT_STREQ("/uart", fdt_getprop(fdt, chosen, "stdout-path", &len));
	ASSERT_SAME(initrd->at.start,
		    chosen_number(_metadata, fdt, "linux,initrd-start"));
	ASSERT_SAME(initrd->at.start + sizeof(self->initrd),
		    chosen_number(_metadata, fdt, "linux,initrd-end"));
	ASSERT_FALSE(!!fdt_getprop(fdt, chosen, "kaslr-seed", &len));
	ASSERT_TRUE(!!fdt_getprop(fdt, chosen, "rng-seed", &len));
	ASSERT_FALSE(!!fdt_getprop(fdt, chosen, "linux,elfcorehdr", &len));
	ASSERT_FALSE(!!fdt_getprop(fdt, chosen, "linux,crashkernel-size", &len));
	/* Of what was reserved, the old initrd and the old letter are gone. */
	ASSERT_SAME(2, fdt_num_mem_rsv(fdt));
	ASSERT_SAME(0, fdt_get_mem_rsv(fdt, 0, &start, &size));
	ASSERT_SAME(0x4a000000, start);
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
	check_longest_line(_metadata, boot, 2047);
}

/* Strings in kernels: of one with kexec_file_load(2), and of one that takes a seed. */
#define HANDS_ON	"linux,booted-from-kexec|kaslr-seed"
#define MISSES_ONE	"KASLR disabled due to lack of seed\n|"

/* A kernel gets a seed if it is going to use that up. */
TEST_F(loader, kaslr_seed)
{
	static const struct {
		const char *magic;
		const char *kernel;	/* strings in it, each ended by a bar or NUL */
		const char *cmdline;
		bool seed;
	} cases[] = {
		{ "ARM\x64", "", "quiet", false },
		{ "ARM\x64", "kaslr-seed", "quiet", true },
		{ "RSC\x05", "kaslr-seed", "quiet", true },
		{ "ARM\x64", "kaslr-seeds", "quiet", false },
		{ "ARM\x64", "kaslr-seed", "nokaslr", false },
		{ "ARM\x64", "kaslr-seed", "quiet nokaslr ro", false },
		{ "ARM\x64", "kaslr-seed", "nokaslrs xnokaslr", true },
		{ "ARM\x64", "kaslr-seed", "xnokaslr nokaslr", false },
		/* It loads others by itself; only if it takes one, it misses that. */
		{ "ARM\x64", HANDS_ON, "quiet", false },
		{ "ARM\x64", MISSES_ONE HANDS_ON, "quiet", true },
		{ "ARM\x64", MISSES_ONE HANDS_ON, "nokaslr", false },
		{ "ARM\x64", MISSES_ONE, "quiet", false },
		{ "ARM\x64", "linux,booted-from-kexecs|kaslr-seed", "quiet", true },
		{ "RSC\x05", HANDS_ON, "quiet", true },
	};
	struct boot *boot = &self->boot;
	const void *fdt;
	size_t i;
	int len;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char *end = (char *)self->kernel + KERNEL_SIZE, *bar;

		use_board(self, cases[i].magic);
		/* The end of a kernel is looked at, too. */
		len = strlen(cases[i].kernel) + 1;
		memcpy(end - len, cases[i].kernel, len);
		while ((bar = memchr(end - len, '|', len)))
			*bar = 0;
		snprintf(boot->cmdline, sizeof(boot->cmdline), "%s",
			 cases[i].cmdline);
		plan(_metadata, boot);
		fdt = find(boot, "device tree")->buf;
		ASSERT_SAME(cases[i].seed,
			    !!fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"),
					  "kaslr-seed", &len))
			TH_LOG("case %zu", i);
		if (cases[i].seed)
			ASSERT_SAME(0x7777777777777777,
				    chosen_number(_metadata, fdt, "kaslr-seed"));
		boot_free(boot);
	}
}

TEST_F(loader, arm64_vmlinux)
{
	struct boot *boot = &self->boot;
	unsigned char image[64];

	use_board(self, "ARM\x64");
	memcpy(image, self->kernel, sizeof(image));
	use_vmlinux(self);
	put_le(self->kernel + 0x12, 2, EM_AARCH64);
	memcpy(self->kernel + 0x1000, image, sizeof(image));
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_arm64);
	ASSERT_SAME(0x41a10000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x22, at(boot, 0x41c10000)[0]);
}

TEST_F(loader, riscv64)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *tree;

	use_board(self, "RSC\x05");
	put_le(self->kernel + 0x08, 8, 0x200000);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_riscv64);
	ASSERT_SAME(0x41c00000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x42000000, find(boot, "kernel")->at.end);
	/* The running kernel finds the device tree by how it begins. */
	ASSERT_SAME(0x41c00000, boot->entry);
	tree = find(boot, "device tree");
	ASSERT_SAME(0, fdt_check_header(tree->buf));
	ASSERT_SAME(tree->bufsz, fdt_totalsize(tree->buf));
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
	check_longest_line(_metadata, boot, 1023);
}

TEST_F(loader, zimage)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *kernel;

	use_zimage(self);
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_arm);
	kernel = find(boot, "kernel");
	/* Behind the old kernel, with room to work in. */
	ASSERT_SAME(0x41a10000, kernel->at.start);
	ASSERT_SAME(0x120000, range_len(kernel->at));
	ASSERT_SAME(0x41a10000, boot->entry);
	/* Nothing is where it unpacks itself to. */
	ASSERT_SAME(0x41b30000, find(boot, "initrd")->at.start);
	ASSERT_SAME(0, fdt_check_header(find(boot, "device tree")->buf));
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
	check_longest_line(_metadata, boot, 1023);
}

/* Of a small machine, over the old kernel, but behind where it unpacks itself to. */
TEST_F(loader, zimage_over_kernel)
{
	struct boot *boot = &self->boot;

	use_zimage(self);
	use_map(boot, "40000000-40d3ffff : System RAM\n"
		      "  40008000-40cfffff : Kernel code\n");
	plan(_metadata, boot);
	ASSERT_SAME(0x40b00000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x40d00000, find(boot, "letter")->at.start);
	ASSERT_SAME(0x40d01000, find(boot, "device tree")->at.start);
}

/* Memory need not begin at a multiple of 128 MiB, nor the kernel lie in the first. */
TEST_F(loader, zimage_start_of_memory)
{
	struct boot *boot = &self->boot;

	use_zimage(self);
	use_map(boot, "41101000-7fffffff : System RAM\n");
	plan(_metadata, boot);
	ASSERT_SAME(0x41d00000, boot->entry);
	forget_plan(boot);

	use_map(boot, "47800000-7fffffff : System RAM\n");
	refuse(_metadata, boot, "no room for the kernel");
}

TEST_F(loader, zimage_broken)
{
	static const struct broken broken[] = {
		{ 0x24, 1, 0, "no kernel" },
		{ 0x28, 4, KERNEL_SIZE + 1, "truncated: 65536 bytes, but the zImage" },
		{ 0x2c, 4, KERNEL_SIZE + 1, "truncated: 65536 bytes, but the zImage" },
		{ 0x34, 4, 0, "no table of sizes, by the magic at 0x34" },
		{ 0x38, 4, 0x2004, "no table of sizes at 0x2004" },
		{ 0x38, 4, KERNEL_SIZE - 23, "truncated: 65536 bytes, but the table" },
		{ 0x2000, 4, 5, "no table of sizes at 0x2000" },
		{ 0x2008, 4, KERNEL_SIZE - 3, "truncated: 65536 bytes, but the size" },
		{ 0x2008, 4, 0xffffffff, "truncated: 65536 bytes, but the size" },
		{ 0x200c, 4, 0x08000000, "no room for the kernel" },
		{ 0x2010, 4, 0xffffffff, "no room for the kernel" },
		{ 0x2014, 4, 0xffffffff, "no room for the kernel" },
		{ KERNEL_SIZE - 4, 4, 0xffffffff, "no room for the kernel" },
	};

	use_zimage(self);
	check_broken(_metadata, &self->boot, self->kernel, broken,
		     ARRAY_SIZE(broken));
}

TEST_F(loader, zimage_truncated)
{
	use_zimage(self);
	check_truncated(_metadata, &self->boot, 64);
}

/* A machine of 64 MiB, and a zImage of sh that is linked to 8 MiB behind its start. */
static void use_sh(struct _test_data_loader *self)
{
	unsigned char *kernel = self->kernel;

	use_map(&self->boot, "0c000000-0fffffff : System RAM\n"
			     "  0c011000-0c3fffff : Kernel code\n");
	memset(kernel, 0, KERNEL_SIZE);
	put_le(kernel + 4, 2, 0xc716);
	put_le(kernel + 0x60, 4, 0x8c800060);
	put_le(kernel + 0x80, 4, 0x8c810000 + KERNEL_SIZE);
	put_le(kernel + 0x84, 4, 0x8c821000);
	put_le(kernel + 0x88, 4, 0x500000f0);
	put_le(kernel + 0x8c, 4, 0x400000f0);
	put_le(kernel + 0x98, 4, 0x8c011000);
	memcpy(kernel + 0x202, "HdrS", 4);
}

TEST_F(loader, sh_zimage)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *params;
	const unsigned char *page;
	int i;

	use_sh(self);
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_sh);
	ASSERT_SAME(0x0c800000, boot->entry);
	ASSERT_SAME(0x0c800000, find(boot, "kernel")->at.start);
	/* Behind all that unpacking writes to. */
	ASSERT_SAME(0x0cc30000, find(boot, "initrd")->at.start);
	/* In each page that may be the one before the kernel's entry. */
	params = find(boot, "parameters");
	ASSERT_SAME(0x0c001000, params->at.start);
	ASSERT_SAME(0x0c011000, params->at.end);
	for (i = 0; i < 16; i++) {
		page = (const unsigned char *)params->buf + i * 4096;
		ASSERT_SAME(1, get_le(page + 0x00, 4));
		ASSERT_SAME(0, get_le(page + 0x08, 4));
		ASSERT_SAME(1, get_le(page + 0x0c, 4));
		ASSERT_SAME(0xc30000, get_le(page + 0x10, 4));
		ASSERT_SAME(sizeof(self->initrd), get_le(page + 0x14, 4));
		ASSERT_STREQ("console=ttyS0 quiet", (const char *)page + 0x100);
	}
}

/* The page is not in front of memory, and there may be no initrd. */
TEST_F(loader, sh_zimage_low)
{
	struct boot *boot = &self->boot;
	const unsigned char *page;

	use_sh(self);
	put_le(self->kernel + 0x98, 4, 0x8c002000);
	plan(_metadata, boot);
	ASSERT_SAME(0x0c000000, find(boot, "parameters")->at.start);
	ASSERT_SAME(0x0c002000, find(boot, "parameters")->at.end);
	page = find(boot, "parameters")->buf;
	ASSERT_SAME(0, get_le(page + 0x100c, 4));
	forget_plan(boot);

	check_longest_line(_metadata, boot, 255);
	forget_plan(boot);

	boot->panic = true;
	use_map(boot, "0c000000-0fffffff : System RAM\n"
		      "  0e000000-0effffff : Crash kernel\n");
	refuse(_metadata, boot, "capture kernels of sh are not loaded");
	boot->panic = false;

	use_map(boot, "40000000-7fffffff : System RAM\n");
	refuse(_metadata, boot, "it is for memory at 0xc002000, and there is none");
}

TEST_F(loader, sh_zimage_broken)
{
	static const struct broken broken[] = {
		{ 0x05, 1, 0xc8, "no mova at offset 0x4" },
		{ 0x04, 1, 0xff, "its own address, at offset 0x404, is 0, not in P1" },
		{ 0x60, 4, 0x0c800060, "its own address, at offset 0x60, is 0xc800060" },
		{ 0x80, 4, 0x8c700000, ".bss begins at 0xc700000, outside" },
		{ 0x80, 4, 0x8c840000, ".bss begins at 0xc840000, outside" },
		{ 0x80, 4, 0x8c820004, "truncated: 65536 bytes, but the zImage" },
		{ 0x80, 4, 0xac810000, "the start of .bss, at offset 0x80, is" },
		{ 0x84, 4, 0, "the end, at offset 0x84, is 0, not in P1" },
		{ 0x98, 4, 0x8c011004, "the kernel's entry is at 0xc011004" },
		{ 0x98, 4, 0x8c801000, "the kernel's entry is at 0xc801000" },
		{ 0x98, 4, 0x80000000, "the kernel's entry is at 0" },
		{ 0x98, 4, 0x88801000, "it is for memory at 0x8801000" },
	};

	use_sh(self);
	check_broken(_metadata, &self->boot, self->kernel, broken,
		     ARRAY_SIZE(broken));
}

TEST_F(loader, sh_zimage_truncated)
{
	use_sh(self);
	check_truncated(_metadata, &self->boot, 64);
}

/* What the running kernel was told of its own initrd is no business of the next. */
TEST_F(loader, loongarch)
{
	const struct boot_segment *line;
	struct boot *boot = &self->boot;
	char text[128];

	use_loongarch(self, true);
	use_initrd(self);
	snprintf(boot->cmdline, sizeof(boot->cmdline),
		 "initrd=0x3000000,1 console=ttyS0 noinitrd=1 initrd=1,2");
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_loongarch64);
	/* Beside the running one, where there is room, at a multiple of 64 KiB. */
	ASSERT_SAME(0x1300000, find(boot, "kernel")->at.start);
	/* All that it takes for its own, whatever the machine's pages are. */
	ASSERT_SAME(0x530000, range_len(find(boot, "kernel")->at));
	ASSERT_SAME(0x1301000, boot->entry);
	ASSERT_SAME(0x44, *at(boot, 0x1303fff));
	snprintf(text, sizeof(text),
		 "kexec console=ttyS0 noinitrd=1 initrd=%#llx,10000",
		 find(boot, "initrd")->at.start);
	line = find(boot, "command line");
	ASSERT_STREQ(text, (const char *)line->buf);
	ASSERT_SAME(strlen(text) + 1, line->bufsz);
	forget_plan(boot);
	boot->page = 4 * KIB;
	plan(_metadata, boot);
	ASSERT_SAME(0x530000, range_len(find(boot, "kernel")->at));
	forget_plan(boot);

	/* One that does not find out where it runs lies where this one does. */
	use_loongarch(self, false);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "quiet");
	plan(_metadata, boot);
	ASSERT_SAME(0x200000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x201000, boot->entry);
	forget_plan(boot);

	/* Nothing is left of a plan that did not succeed, nor of what it dropped. */
	use_loongarch(self, true);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "initrd=1,2 console=ttyS0");
	boot->limits.end = 0x900000;
	boot->initrd.size = 0;
	plan(_metadata, boot);
	ASSERT_STREQ("console=ttyS0", boot->cmdline);
	forget_plan(boot);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "initrd=1,2 console=ttyS0");
	boot->limits.end = 0x300000;
	refuse(_metadata, boot, "no room for the kernel");
}

/* Relocations may be packed; and a section of theirs may be empty. */
TEST_F(loader, loongarch_relocations)
{
	static const struct {
		__u64 type;
		__u64 size;
		__u64 start;
	} sections[] = {
		{ SHT_RELA, 24, 0x1300000 },
		{ SHT_RELA, 0, 0x200000 },
		{ 19 /* SHT_RELR */, 8, 0x1300000 },
		{ 19, 0, 0x200000 },
		{ SHT_REL, 16, 0x200000 },
	};
	struct boot *boot = &self->boot;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		use_loongarch(self, true);
		put_le(self->kernel + 0x800 + 64 + 4, 4, sections[i].type);
		put_le(self->kernel + 0x800 + 64 + 32, 8, sections[i].size);
		plan(_metadata, boot);
		ASSERT_SAME(sections[i].start, find(boot, "kernel")->at.start);
		forget_plan(boot);
	}
}

TEST_F(loader, loongarch_broken)
{
	static const struct broken broken[] = {
		{ 0x04, 1, ELFCLASS32, "e_phentsize is 0" },
		{ 0x18, 8, 0x9000000000100000, "e_entry is 0x9000000000100000, outside" },
		{ 0x18, 8, 0x9000000000724000, "e_entry is 0x9000000000724000, outside" },
		{ 0x18, 8, 0x201000, "e_entry is 0x201000, outside" },
		{ 0x60, 8, 0x10000, "truncated: segment 0" },
	};
	struct boot *boot = &self->boot;

	use_loongarch(self, true);
	check_broken(_metadata, boot, self->kernel, broken, ARRAY_SIZE(broken));
	check_longest_line(_metadata, boot, 4095);
}

TEST_F(loader, mips)
{
	struct boot *boot = &self->boot;
	int big;

	use_initrd(self);
	for (big = 0; big < 2; big++) {
		use_malta(self, big, 0x80100000);
		plan(_metadata, boot);
		ASSERT_TRUE(boot->arch == &boot_mips);
		ASSERT_SAME(0x100000, find(boot, "kernel")->at.start);
		ASSERT_SAME(0x630000, find(boot, "kernel")->at.end);
		ASSERT_SAME(0x100010, boot->entry);
		ASSERT_SAME(0x10000, find(boot, "initrd")->at.start);
		ASSERT_STREQ("kexec console=ttyS0 quiet rd_start=0x80010000 rd_size=10000",
			     find(boot, "command line")->buf);
		forget_plan(boot);
		snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	}
}

/* Both are mips for the system call; a machine runs kernels of one byte order only. */
TEST_F(loader, mips_refused)
{
	struct boot *boot = &self->boot;
	int big;

	for (big = 0; big < 2; big++) {
		use_malta(self, big, 0x80100000);
		boot->machine = &boot_mips;
		boot->machine_big = big;
		plan(_metadata, boot);
		forget_plan(boot);
		boot->machine_big = !big;
		refuse(_metadata, boot, big ? "it is big endian, and this machine is not" :
					      "it is little endian, and this machine is not");
		boot->machine = NULL;
		put(self->kernel + 0x18, 4, 0x80700000, big);
		refuse(_metadata, boot, "e_entry is 0x80700000, outside of its PT_LOADs");
		use_malta(self, big, 0x7ff00000);
		refuse(_metadata, boot, "it is linked to [0x7ff00000-0x80423455], not in KSEG0");
		use_malta(self, big, 0x9fb00000);
		refuse(_metadata, boot, "it is linked to [0x9fb00000-0xa0023455], not in KSEG0");
	}
	use_malta(self, true, 0x80100000);
	memset(boot->cmdline, 'x', 4096);
	boot->cmdline[4096] = '\0';
	refuse(_metadata, boot, "the command line has 4096 characters, and it takes 4095");
}

TEST_F(loader, mips64)
{
	unsigned char *large = calloc(1, 16 * MIB);
	const struct boot_segment *line;
	struct boot *boot = &self->boot;

	ASSERT_TRUE(!!large);
	use_initrd(self);
	use_malta_64(self, 0xffffffff80100000);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_mips);
	ASSERT_SAME(0x100000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x100010, boot->entry);
	line = find(boot, "command line");
	ASSERT_STREQ("kexec console=ttyS0 quiet rd_start=0x80010000 rd_size=10000",
		     line->buf);
	/* The running kernel makes arguments of it, behind it. */
	ASSERT_TRUE(range_len(line->at) >= 2 * line->bufsz + 1200);
	forget_plan(boot);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	memset(boot->cmdline, 'x', 4095);
	boot->cmdline[4095] = '\0';
	boot->initrd = (struct boot_file) { };
	plan(_metadata, boot);
	line = find(boot, "command line");
	ASSERT_TRUE(range_len(line->at) >= 2 * line->bufsz + 1200);

	/* What does not fit below 256 MiB goes beyond, but for the line. */
	forget_plan(boot);
	use_malta_64(self, 0xffffffff80100000);
	use_map(boot, "00000000-00ffffff : System RAM\n"
		      "  00100000-003fffff : Kernel code\n"
		      "90000000-ffffffff : System RAM\n");
	boot->initrd = (struct boot_file) { "initrd", large, 16 * MIB };
	snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	plan(_metadata, boot);
	ASSERT_SAME(0x90000000, find(boot, "initrd")->at.start);
	line = find(boot, "command line");
	ASSERT_TRUE(line->at.end <= 0x1000000);
	ASSERT_STREQ("kexec console=ttyS0 quiet rd_start=0x9800000090000000 rd_size=16777216",
		     line->buf);
	free(large);
}

TEST_F(loader, mips64_refused)
{
	struct boot *boot = &self->boot;

	use_malta_64(self, 0xffffffff80100000);
	boot->machine = &boot_mips;
	boot->machine_64 = true;
	plan(_metadata, boot);
	forget_plan(boot);
	boot->machine_64 = false;
	refuse(_metadata, boot, "it has 64 bits, and this kernel 32");
	boot->machine = NULL;
	use_malta_64(self, 0x80100000);
	refuse(_metadata, boot, "it is linked to [0x80100000-0x80623455], not in KSEG0");
	use_malta_64(self, 0xa800000000100000);
	refuse(_metadata, boot, "not in KSEG0");
}

TEST_F(loader, parisc)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *arguments;
	const unsigned char *words;

	use_workstation(self);
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_parisc);
	ASSERT_SAME(0x100000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x624000, find(boot, "kernel")->at.end);
	/* Behind the kernel, and where none runs. */
	ASSERT_SAME(0xc00000, find(boot, "initrd")->at.start);
	/* In what a kernel has mapped when it reads them, and not over firmware. */
	arguments = find(boot, "arguments");
	ASSERT_SAME(0xf0000, arguments->at.start);
	ASSERT_SAME(0xf0000, boot->entry);
	words = (const unsigned char *)arguments->buf + 32;
	ASSERT_TRUE(get_be(words, 4) >= 64);
	ASSERT_SAME(0xf0034, get_be(words + 4, 4));
	ASSERT_SAME(0xc00000, get_be(words + 8, 4));
	ASSERT_SAME(0xc00000 + sizeof(self->initrd), get_be(words + 12, 4));
	ASSERT_SAME(0x100010, get_be(words + 16, 4));
	ASSERT_STREQ("console=ttyS0 quiet", (const char *)words + 20);
	forget_plan(boot);

	memset(&boot->initrd, 0, sizeof(boot->initrd));
	plan(_metadata, boot);
	words = (const unsigned char *)find(boot, "arguments")->buf + 32;
	ASSERT_SAME(0, get_be(words + 8, 4));
	ASSERT_SAME(0, get_be(words + 12, 4));
}

TEST_F(loader, parisc_refused)
{
	struct boot *boot = &self->boot;

	use_workstation(self);
	put_be(self->kernel + 0x18, 4, 0x10700000);
	refuse(_metadata, boot, "e_entry is 0x10700000, outside of its PT_LOADs");
	put_vmlinux(self->kernel, EM_PARISC, 0x10001000, 0x10001000);
	refuse(_metadata, boot, "it is linked to [0x10001000-0x10524455], where parisc has none");
	put_vmlinux(self->kernel, EM_PARISC, 0x1fb00000, 0x1fb00000);
	refuse(_metadata, boot, "it is linked to [0x1fb00000-0x20023455], where parisc has none");

	use_workstation(self);
	self->kernel[EI_CLASS] = ELFCLASS64;
	memset(self->kernel + 0x1c, 0, 0x100);
	put_be(self->kernel + 0x36, 2, 56);
	put_be(self->kernel + 0x20, 8, 64);
	put_be(self->kernel + 0x38, 2, 1);
	put_be(self->kernel + 64, 4, PT_LOAD);
	put_be(self->kernel + 64 + 40, 8, 0x1000);
	refuse(_metadata, boot, "a vmlinux of parisc that is not big endian, of 32 bits");

	use_workstation(self);
	check_longest_line(_metadata, boot, 1023);
	forget_plan(boot);

	boot->panic = true;
	use_map(boot, "00000000-0fffffff : System RAM\n"
		      "  04000000-07ffffff : Crash kernel\n");
	refuse(_metadata, boot, "it runs where this kernel does: it can't capture a dump");
}

/* A machine of 256 MiB whose memory begins at 16 MiB, and a vmlinux of m68k. */
static void use_m68k(struct _test_data_loader *self)
{
	static const unsigned char records[] = {
		0x00, 0x01, 0, 8, 0, 0, 0, 14,
		0x00, 0x05, 0, 12, 0x01, 0, 0, 0, 0x0c, 0, 0, 0,
		0x00, 0x05, 0, 12, 0x40, 0, 0, 0, 0x04, 0, 0, 0,
		0x00, 0x06, 0, 12, 0x02, 0, 0, 0, 0, 0x10, 0, 0,
		0x00, 0x07, 0, 12, 'o', 'l', 'd', ' ', 'o', 'n', 'e', 0,
		0x00, 0x08, 0, 8, 0, 2, 0x12, 0x34,
		0x80, 0x03, 0, 12, 0xff, 0, 0x80, 0, 0, 0, 0, 39,
		0, 0,
	};
	unsigned char *kernel = self->kernel, *phdr = kernel + 52;

	use_map(&self->boot, "01000000-0cffffff : System RAM\n"
			     "  01001000-013fffff : Kernel code\n"
			     "  01400000-015fffff : Kernel data\n"
			     "  08000000-09ffffff : Crash kernel\n"
			     "40000000-43ffffff : System RAM\n");
	memset(kernel, 0, KERNEL_SIZE);
	memcpy(kernel, ELFMAG, SELFMAG);
	kernel[EI_CLASS] = ELFCLASS32;
	kernel[EI_DATA] = ELFDATA2MSB;
	put_be(kernel + 0x10, 2, ET_EXEC);
	put_be(kernel + 0x12, 2, 4);
	put_be(kernel + 0x18, 4, 0x2000);
	put_be(kernel + 0x1c, 4, 52);
	put_be(kernel + 0x2a, 2, 32);
	put_be(kernel + 0x2c, 2, 1);
	put_be(phdr, 4, PT_LOAD);
	put_be(phdr + 4, 4, 0x1000);
	put_be(phdr + 8, 4, 0x1000);
	put_be(phdr + 12, 4, 0x1000);
	put_be(phdr + 16, 4, KERNEL_SIZE - 0x1000);
	put_be(phdr + 20, 4, 0x652000);
	memset(kernel + 0x1000, 0x44, KERNEL_SIZE - 0x1000);
	memcpy(kernel + 0x1002, "BIV\x1a", 4);
	self->boot.bootinfo = (struct boot_file) {
		"bootinfo", records, sizeof(records)
	};
}

/* The record is there, and has these bytes; returns the next one. */
static const unsigned char *check_record(struct __test_metadata *_metadata,
					 const unsigned char *record,
					 unsigned int tag, const void *data,
					 size_t size)
{
	ASSERT_SAME(tag, get_be(record, 2));
	ASSERT_SAME(4 + round_up(size, 4), get_be(record + 2, 2));
	ASSERT_SAME(0, memcmp(record + 4, data, size));
	return record + get_be(record + 2, 2);
}

/* What comes last: where the initrd is, the command line, a seed, the end. */
static void check_last_records(struct __test_metadata *_metadata, struct boot *boot,
			       const unsigned char *record)
{
	unsigned char place[8], seed[2 + sizeof(boot->random)];

	put_be(place, 4, find(boot, "initrd")->at.start);
	put_be(place + 4, 4, boot->initrd.size);
	record = check_record(_metadata, record, 6, place, 8);
	record = check_record(_metadata, record, 7, boot->cmdline,
			      strlen(boot->cmdline) + 1);
	put_be(seed, 2, sizeof(boot->random));
	memcpy(seed + 2, boot->random, sizeof(boot->random));
	record = check_record(_metadata, record, 8, seed, sizeof(seed));
	ASSERT_SAME(0, get_be(record, 2));
}

/* The old kernel's records, less what was for it alone, lie right behind the kernel. */
TEST_F(loader, m68k)
{
	struct boot *boot = &self->boot;
	const unsigned char *record;

	use_m68k(self);
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_m68k);
	ASSERT_SAME(0x01002000, boot->entry);
	ASSERT_SAME(0x01001000, find(boot, "kernel")->at.start);
	/* Behind what the kernel has mapped when it makes its tables. */
	ASSERT_SAME(0x02000000, find(boot, "initrd")->at.start);
	record = check_record(_metadata, at(boot, 0x01653000), 1, "\0\0\0\x0e", 4);
	record = check_record(_metadata, record, 5, "\1\0\0\0\x0c\0\0", 8);
	record = check_record(_metadata, record, 5, "\x40\0\0\0\4\0\0", 8);
	record = check_record(_metadata, record, 0x8003, "\xff\0\x80\0\0\0\0\x27", 8);
	check_last_records(_metadata, boot, record);
	forget_plan(boot);

	/* Without the file's own headers, which a linker may have put before it. */
	put_be(self->kernel + 52 + 4, 4, 0);
	put_be(self->kernel + 52 + 8, 4, 0);
	put_be(self->kernel + 52 + 12, 4, 0);
	put_be(self->kernel + 52 + 16, 4, KERNEL_SIZE);
	put_be(self->kernel + 52 + 20, 4, 0x653000);
	plan(_metadata, boot);
	ASSERT_SAME(0x01002000, boot->entry);
	ASSERT_SAME(0x01001000, find(boot, "kernel")->at.start);
	check_record(_metadata, at(boot, 0x01653000), 1, "\0\0\0\x0e", 4);
	forget_plan(boot);

	/* The initrd lies before, if there is no more memory. */
	boot->limits.end = 0x02000000;
	plan(_metadata, boot);
	ASSERT_SAME(0x01754000, find(boot, "initrd")->at.start);
}

TEST_F(loader, m68k_broken)
{
	struct boot *boot = &self->boot;
	static const unsigned char cut[] = { 0x00, 0x05, 0, 12, 0x01, 0, 0 };
	static const unsigned char small[] = { 0x00, 0x01, 0, 2, 0, 5, 0, 12, 0, 0, 0, 0 };

	use_m68k(self);
	put_be(self->kernel + 0x18, 4, 0x653000);
	refuse(_metadata, boot, "e_entry is 0x653000, outside of its PT_LOADs [0x1000-0x652fff]");
	use_m68k(self);
	memset(self->kernel + 52 + 4, 0, 12);
	put_be(self->kernel + 0x18, 4, 0xfff);
	refuse(_metadata, boot, "its entry is 0xfff, before its start at 0x1000");
	use_m68k(self);
	self->kernel[0x1002] = 0;
	refuse(_metadata, boot, "no \"BIV\" at 0x1002");
	use_m68k(self);
	put_be(self->kernel + 52 + 12, 4, 0x2000);
	put_be(self->kernel + 52 + 8, 4, 0x2000);
	refuse(_metadata, boot, "no \"BIV\" at 0x1002");
	use_m68k(self);
	put_be(self->kernel + 52 + 20, 4, 0x652002);
	refuse(_metadata, boot, "no record can be behind");
	use_m68k(self);
	put_be(self->kernel + 52 + 20, 4, 0x1000000);
	refuse(_metadata, boot, "than it maps at first: 16 MiB of 196608 KiB");
	use_m68k(self);
	boot->bootinfo.size = 0;
	refuse(_metadata, boot, "no memory in the records of a boot loader");
	boot->bootinfo = (struct boot_file) { "bootinfo", cut, sizeof(cut) };
	refuse(_metadata, boot, "no memory in the records of a boot loader");
	boot->bootinfo = (struct boot_file) { "bootinfo", small, sizeof(small) };
	refuse(_metadata, boot, "no memory in the records of a boot loader");
	use_m68k(self);
	memset(boot->cmdline, 'x', 256);
	boot->cmdline[256] = '\0';
	refuse(_metadata, boot, "the command line has 256 characters, and it takes 255");
}

TEST_F(loader, m68k_truncated)
{
	use_m68k(self);
	check_truncated(_metadata, &self->boot, 0x5000);
}

TEST_F(loader, s390)
{
	struct boot *boot = &self->boot;

	use_s390(self);
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_s390x);
	ASSERT_STREQ("6.12.0-test", boot->version);
	ASSERT_SAME(0x10000, boot->entry);
	ASSERT_SAME(0x10000, find(boot, "parameters")->at.start);
	/* Up to the page in which the command line would end. */
	ASSERT_SAME(0x12000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x20000, find(boot, "kernel")->at.end);
	ASSERT_SAME(0x33, *at(boot, 0x1ffff));
	ASSERT_STREQ("console=ttyS0 quiet", (const char *)at(boot, 0x10480));
	ASSERT_SAME(0x20000, find(boot, "initrd")->at.start);
	ASSERT_SAME(0x20000, get_be(at(boot, 0x10408), 8));
	ASSERT_SAME(sizeof(self->initrd), get_be(at(boot, 0x10410), 8));
	ASSERT_SAME(0, get_be(at(boot, 0x10418), 8));
	/* The file's own is what it was. */
	ASSERT_SAME(0, get_be(boot->kernel.data + 0x10408, 8));
}

/* It changes places with what is there from 0 on. */
TEST_F(loader, s390_panic)
{
	const __u64 zero = 0x10000000;
	struct boot *boot = &self->boot;
	const unsigned char *stub;

	use_s390(self);
	use_initrd(self);
	boot->panic = true;
	plan(_metadata, boot);
	ASSERT_SAME(zero + 0x10000, find(boot, "parameters")->at.start);
	ASSERT_SAME(zero + 0x12000, find(boot, "kernel")->at.start);
	ASSERT_SAME(zero + 0x20000, find(boot, "initrd")->at.start);
	ASSERT_SAME(0x20000, get_be(at(boot, zero + 0x10408), 8));
	ASSERT_SAME(zero, get_be(at(boot, zero + 0x10418), 8));
	ASSERT_SAME(128 * MIB, get_be(at(boot, zero + 0x10420), 8));
	/* Goes on at the entry of a capture kernel, where it lies now. */
	stub = at(boot, boot->entry);
	ASSERT_SAME(0xb9020022, get_be(stub, 4));
	ASSERT_SAME(zero + 0x10010, get_be(stub + 24, 8));
}

TEST_F(loader, s390_broken)
{
	struct boot *boot = &self->boot;
	unsigned char *kernel;
	size_t i;

	use_s390(self);
	kernel = (unsigned char *)boot->kernel.data;
	boot->kernel.size = 0x1047f;
	refuse(_metadata, boot, "truncated: 66687 bytes, but the header");
	boot->kernel.size = 0x1147f;
	refuse(_metadata, boot, "the size at 0x10430 has the command line end behind the file");
	/* The parameters are all that there is. */
	boot->kernel.size = 0x11480;
	plan(_metadata, boot);
	forget_plan(boot);

	boot->kernel.size = S390_SIZE;
	put_be(kernel + 0x10430, 8, NO_LIMIT);
	refuse(_metadata, boot, "the size at 0x10430");
	put_be(kernel + 0x10430, 8, 19);
	refuse(_metadata, boot, "the command line has 19 characters, and it takes 18");
	put_be(kernel + 0x10430, 8, 20);
	plan(_metadata, boot);
	forget_plan(boot);

	/* 896 of a kernel that does not say. */
	put_be(kernel + 0x10430, 8, 0);
	plan(_metadata, boot);
	forget_plan(boot);
	for (i = 0; i < 896; i++)
		boot->cmdline[i] = 'a';
	refuse(_metadata, boot, "and it takes 895");

	/* A version that is nowhere. */
	boot->cmdline[0] = '\0';
	put_be(kernel + 0x10428, 8, S390_SIZE);
	boot->version[0] = '\0';
	plan(_metadata, boot);
	ASSERT_STREQ("", boot->version);
	forget_plan(boot);

	use_map(boot, "00020000-1fffffff : System RAM\n");
	refuse(_metadata, boot, "the parameters has to go to [0x10000-0x10fff], which is not RAM");
}

/* What the instructions that enter a kernel find behind them. */
static __u64 stub_word(const struct boot *boot, int nr)
{
	__u64 word;

	memcpy(&word, at(boot, boot->entry) + 88 + 8 * nr, sizeof(word));
	return word;
}

static void check_ppc64(struct __test_metadata *_metadata, struct boot *boot)
{
	const struct boot_segment *kernel, *tree;

	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_ppc64);
	ASSERT_STREQ("6.12.0-test", boot->version);
	kernel = find(boot, "kernel");
	/* Not where it goes by itself, nor is RTAS. */
	ASSERT_SAME(0x1240000, kernel->at.start);
	ASSERT_SAME(0x4000, kernel->bufsz);
	ASSERT_SAME(0x72, at(boot, 0x124005c)[0] ^ at(boot, 0x124005f)[0] ^ 0x30);
	ASSERT_SAME(0x2480000, find(boot, "initrd")->at.start);
	tree = find(boot, "device tree");
	ASSERT_SAME(0, fdt_check_header(tree->buf));
	ASSERT_SAME(tree->at.start, stub_word(boot, 0));
	ASSERT_SAME(0, stub_word(boot, 1));
	ASSERT_SAME(0, stub_word(boot, 2));
	ASSERT_SAME(0x1240000, stub_word(boot, 3));
	ASSERT_SAME(0x2480000, chosen_number(_metadata, tree->buf,
					     "linux,initrd-start"));
	ASSERT_SAME(1, fdt_num_mem_rsv(tree->buf));
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
}

TEST_F(loader, ppc64)
{
	int big;

	use_initrd(self);
	for (big = 0; big < 2; big++) {
		use_server(self, big);
		check_ppc64(_metadata, &self->boot);
	}
}

static void check_ppc(struct __test_metadata *_metadata, struct boot *boot,
		      __u64 start)
{
	const struct boot_segment *tree;

	plan(_metadata, boot);
	ASSERT_TRUE(boot->arch == &boot_ppc);
	ASSERT_STREQ("6.12.0-test", boot->version);
	ASSERT_SAME(start, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x524000, range_len(find(boot, "kernel")->at));
	tree = find(boot, "device tree");
	ASSERT_SAME(0, fdt_check_header(tree->buf));
	/* The stub behind it. */
	ASSERT_SAME(round_up(tree->at.start + fdt_totalsize(tree->buf), 4),
		    boot->entry);
	ASSERT_SAME(tree->at.start, get_be(at(boot, boot->entry) + 32, 4));
	ASSERT_SAME(start + 0x10, get_be(at(boot, boot->entry) + 36, 4));
	/* In the 64 MiB that the kernel has mapped. */
	ASSERT_TRUE(tree->at.start / (64 * MIB) == start / (64 * MIB) &&
		    (tree->at.end - 1) / (64 * MIB) == start / (64 * MIB));
	ASSERT_SAME(find(boot, "initrd")->at.start,
		    chosen_number(_metadata, tree->buf, "linux,initrd-start"));
}

/* Where memory begins, whatever is there now; or where it was linked to. */
TEST_F(loader, ppc)
{
	struct boot *boot = &self->boot;

	use_initrd(self);
	use_embedded(self, true);
	check_ppc(_metadata, boot, 0);
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
	use_embedded(self, false);
	check_ppc(_metadata, boot, 0x2000000);
	check_tree_letter(_metadata, boot);
	forget_plan(boot);
	put_be(self->kernel + 0x18, 4, 0xbfffffff);
	refuse(_metadata, boot, "e_entry is 0xbfffffff, outside of its PT_LOADs [0xc0000000-");
}

TEST_F(loader, ppc64_placement)
{
	struct boot *boot = &self->boot;

	use_server(self, false);
	/* Over RTAS, but for that. */
	boot->limits.start = 0x3000000;
	plan(_metadata, boot);
	ASSERT_SAME(0x3010000, find(boot, "kernel")->at.start);
	forget_plan(boot);

	/* Real mode ends before the second block of memory. */
	use_map(boot, "00000000-3fffffff : System RAM\n"
		      "100000000-13fffffff : System RAM\n");
	boot->limits.start = GIB - MIB;
	refuse(_metadata, boot, "no room for the kernel: 19136512 bytes");
	boot->limits.start = 0;
	check_longest_line(_metadata, boot, 2047);
}

TEST_F(loader, image_broken)
{
	static const struct broken broken[] = {
		{ 0x08, 8, 0x10001, "text_offset at 0x8 is 0x10001" },
		{ 0x10, 8, 0, "image_size at 0x10 is 0" },
		{ 0x10, 8, 0x40000000, "no room for the kernel" },
		{ 0x10, 8, NO_LIMIT, "image_size at 0x10 is 0xffffffffffffffff" },
		{ 0x18, 8, 1, "a big endian kernel" },
		{ 0x38, 1, 0, "no kernel" },
	};
	static const char *const magics[] = { "ARM\x64", "RSC\x05" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(magics); i++) {
		use_board(self, magics[i]);
		check_broken(_metadata, &self->boot, self->kernel, broken,
			     ARRAY_SIZE(broken));
		forget_plan(&self->boot);
		self->boot.page = 0;
	}
}

TEST_F(loader, image_truncated)
{
	use_board(self, "RSC\x05");
	self->boot.kernel.size = 0x40;
	check_truncated(_metadata, &self->boot, 1);
}

TEST_F(loader, fdt_broken)
{
	struct boot *boot = &self->boot;

	use_board(self, "ARM\x64");
	boot->fdt.size--;
	refuse(_metadata, boot, "board.dtb: truncated: it has 4095 bytes");
	boot->fdt.size = 20;
	refuse(_metadata, boot, "board.dtb: no device tree: FDT_ERR_TRUNCATED");
	boot->fdt.size = 4096;
	device_tree[0] = 0;
	refuse(_metadata, boot, "board.dtb: no device tree: FDT_ERR_BADMAGIC");
	boot->fdt.path = NULL;
	refuse(_metadata, boot, "no device tree in /sys/firmware/fdt");
}

static void make_property(struct __test_metadata *_metadata, const char *dir,
			  const char *name, const void *value, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	ASSERT_TRUE(!!file);
	ASSERT_EQ(size, fwrite(value, 1, size, file));
	ASSERT_EQ(0, fclose(file));
}

static void make_node(struct __test_metadata *_metadata, char *path, size_t size,
		      const char *dir, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
	ASSERT_EQ(0, mkdir(path, 0700));
	make_property(_metadata, path, "name", name, strlen(name) + 1);
	make_property(_metadata, path, "ibm,server#s", name, strlen(name));
}

static int remove_one(const char *path, const struct stat *stat, int type,
		      struct FTW *where)
{
	return remove(path);
}

TEST_F(loader, tree_in_a_directory)
{
	static const char *const order[] = { "cpus", "memory@0", "memory@20000000",
					     "memory@100000000", "rtas" };
	char top[] = "/tmp/kexec_boot_test-XXXXXX", node[128], inner[192];
	struct boot *boot = &self->boot;
	struct boot_file before;
	uint64_t address, size;
	const void *fdt;
	int i, at, len;

	use_board(self, "ARM\x64");
	before = boot->fdt;
	ASSERT_TRUE(!!mkdtemp(top));
	make_property(_metadata, top, "rtas", "property", 8);
	/* In none of these orders. */
	make_node(_metadata, node, sizeof(node), top, order[3]);
	make_node(_metadata, node, sizeof(node), top, order[2]);
	make_node(_metadata, node, sizeof(node), top, "rtas#1");
	make_node(_metadata, node, sizeof(node), top, order[1]);
	make_node(_metadata, node, sizeof(node), top, order[0]);
	make_node(_metadata, inner, sizeof(inner), node, "cpu@0");

	ASSERT_TRUE(read_tree(boot, top)) TH_LOG("%s", boot->error);
	ASSERT_TRUE(check_fdt(boot));
	fdt = boot->fdt.data;
	EXPECT_EQ(3, fdt_num_mem_rsv(fdt));
	EXPECT_EQ(0, fdt_get_mem_rsv(fdt, 0, &address, &size));
	EXPECT_TRUE(address == 0x48000000 && size == 0x124000);
	EXPECT_TRUE(!!fdt_getprop(fdt, 0, "rtas", &len));
	EXPECT_EQ(8, len);
	i = 0;
	fdt_for_each_subnode(at, fdt, 0) {
		ASSERT_LT(i, (int)ARRAY_SIZE(order));
		EXPECT_STREQ(order[i], fdt_get_name(fdt, at, NULL));
		EXPECT_TRUE(!fdt_getprop(fdt, at, "name", NULL));
		EXPECT_TRUE(!!fdt_getprop(fdt, at, "ibm,server#s", NULL));
		i++;
	}
	EXPECT_EQ((int)ARRAY_SIZE(order), i);
	EXPECT_LT(0, fdt_path_offset(fdt, "/cpus/cpu@0"));

	free((void *)fdt);
	boot->fdt = before;
	EXPECT_EQ(0, nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS));
	EXPECT_FALSE(read_tree(boot, top));
}

TEST_F(loader, other_files)
{
	static const struct {
		int offset;
		const char *magic;
		const char *words;
	} files[] = {
		{ 0, "\x1f\x8b", "vmlinuz: this is compressed: gzip -dc vmlinuz >Image" },
		{ 0, "\xfd\x37zXZ", "xz -dc" },
		{ 4, "zimg", "an EFI program" },
		{ 0, "#!/bin/sh", "no kernel" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		memset(self->kernel, 0, KERNEL_SIZE);
		memcpy(self->kernel + files[i].offset, files[i].magic,
		       strlen(files[i].magic));
		refuse(_metadata, &self->boot, files[i].words);
	}
	self->boot.kernel.size = 0;
	refuse(_metadata, &self->boot, "an empty file");
}

TEST_F(loader, maps)
{
	static const struct {
		const char *text;
		const char *words;
	} maps[] = {
		{ "", "there is nothing in it" },
		{ "00000000-00000000 : System RAM\n", "only root sees" },
		{ "0-fff : System RAM\nRAM\n", "line 2 is no" },
		{ "2000-1000 : System RAM\n", "line 1 is no" },
	};
	struct boot *boot = &self->boot;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(maps); i++) {
		boot->map.nr = 0;
		ASSERT_FALSE(parse_map(boot, &boot->map, "iomem",
				       maps[i].text));
		ASSERT_TRUE(!!strstr(boot->error, maps[i].words)) {
			TH_LOG("%s", boot->error);
		}
	}

	/* All there is, of which the last byte has no use. */
	use_map(boot, "1000-3fffffff : System RAM\n"
		"fffffffffffff000-ffffffffffffffff : System RAM\n");
	ASSERT_EQ(2, boot->map.nr);
	ASSERT_EQ(NO_LIMIT, boot->map.line[1].at.end);
	plan(_metadata, boot);

	use_map(boot, "1000-1fff : ROM");
	refuse(_metadata, boot, "no line \"System RAM\"");
	use_map(boot, pc);
	boot->limits.start = 0x40000000;
	refuse(_metadata, boot, "no usable memory in [0x40000000-");
}

TEST_F(loader, ranges)
{
	struct ranges ranges = { };
	int i;

	ASSERT_TRUE(ranges_add(&ranges, (struct range) { 10, 20 }));
	ASSERT_TRUE(ranges_add(&ranges, (struct range) { 30, 40 }));
	ASSERT_TRUE(ranges_add(&ranges, (struct range) { 50, 60 }));
	ASSERT_TRUE(ranges_add(&ranges, (struct range) { 40, 45 }));
	ASSERT_SAME(3, ranges.nr);
	ASSERT_SAME(45, ranges.at[1].end);
	ASSERT_TRUE(ranges_remove(&ranges, (struct range) { 12, 15 }));
	ASSERT_SAME(4, ranges.nr);
	ASSERT_TRUE(ranges_have(&ranges, (struct range) { 15, 20 }));
	ASSERT_FALSE(ranges_have(&ranges, (struct range) { 11, 16 }));
	ASSERT_TRUE(ranges_overlap(&ranges, (struct range) { 14, 16 }));
	ASSERT_FALSE(ranges_overlap(&ranges, (struct range) { 12, 15 }));
	ASSERT_TRUE(ranges_add(&ranges, (struct range) { 11, 55 }));
	ASSERT_SAME(1, ranges.nr);
	ASSERT_SAME(10, ranges.at[0].start);
	ASSERT_SAME(60, ranges.at[0].end);
	ASSERT_TRUE(ranges_remove(&ranges, (struct range) { 0, NO_LIMIT }));
	ASSERT_SAME(0, ranges.nr);

	for (i = 0; i < BOOT_RANGES_MAX; i++) {
		struct range at = { 10 * i, 10 * i + 5 };

		ASSERT_TRUE(ranges_add(&ranges, at));
	}
	ASSERT_FALSE(ranges_add(&ranges, (struct range) { 9999, 10000 }));
}

/* The lowest places, whatever there is; over the old kernel only if need be. */
TEST_F(loader, placement)
{
	struct boot *boot = &self->boot;

	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_SAME(0x100000, find(boot, "initrd")->at.start);
	ASSERT_SAME(0x103000, find(boot, "parameters")->at.start);

	forget_plan(boot);
	boot->limits = (struct range) { 0x10000000, 0x12000000 };
	plan(_metadata, boot);
	ASSERT_SAME(0x10000000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x11234000, find(boot, "initrd")->at.start);

	forget_plan(boot);
	boot->limits = (struct range) { 0, 0x3000000 };
	plan(_metadata, boot);
	ASSERT_SAME(0x1000000, find(boot, "kernel")->at.start);

	/* Beside the old kernel there is room for the new one, or the initrd. */
	forget_plan(boot);
	boot->limits = (struct range) { 0x1000000, 0x3a40000 };
	boot->initrd.size = 0x1800000;
	plan(_metadata, boot);
	ASSERT_SAME(0x1000000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x2234000, find(boot, "initrd")->at.start);
	use_initrd(self);

	forget_plan(boot);
	boot->limits = (struct range) { 0x10000000, 0x11236000 };
	refuse(_metadata, boot, "no room for the initrd: 12288 bytes");

	/* The highest address that the kernel allows for its initrd. */
	boot->limits = (struct range) { 0x30000000, NO_LIMIT };
	put_le(self->kernel + 0x22c, 4, 0x2fffffff);
	put_le(self->kernel + 0x236, 2, 1);
	refuse(_metadata, boot, "no room for the initrd");
	put_le(self->kernel + 0x236, 2, 3);
	plan(_metadata, boot);
}

/* What firmware, the running kernel or a crash kernel has reserved. */
TEST_F(loader, placement_reserved)
{
	struct boot *boot = &self->boot;

	use_board(self, "RSC\x05");
	use_initrd(self);
	boot->limits.start = 0x48000000;
	plan(_metadata, boot);
	ASSERT_SAME(0x48124000, find(boot, "initrd")->at.start);

	forget_plan(boot);
	boot->limits.start = 0x70000000;
	plan(_metadata, boot);
	ASSERT_SAME(0x78000000, find(boot, "initrd")->at.start);
}

TEST_F(loader, placement_above_4g)
{
	struct boot *boot = &self->boot;

	use_map(boot, "1000-9ffff : System RAM\n"
		      "100000000-1ffffffff : System RAM\n");
	use_initrd(self);
	plan(_metadata, boot);
	ASSERT_SAME(4 * GIB, find(boot, "kernel")->at.start);

	forget_plan(boot);
	put_le(self->kernel + 0x236, 2, 1);
	refuse(_metadata, boot, "no room for the kernel");
}

/* arm64: not further from the kernel than it can see at first. */
TEST_F(loader, placement_initrd_window)
{
	struct boot *boot = &self->boot;

	use_board(self, "ARM\x64");
	use_initrd(self);
	use_map(boot, "40010000-4035ffff : System RAM\n"
		      "900000000-90fffffff : System RAM\n");
	refuse(_metadata, boot, "no room for the initrd");
	use_map(boot, "40010000-4035ffff : System RAM\n"
		      "800000000-80fffffff : System RAM\n");
	plan(_metadata, boot);
}

static void know_crash_notes(struct boot *boot)
{
	static struct boot_note notes[] = {
		{ 0x3f001000, 0x200 }, { 0x3f002000, 0x200 },
	};
	static struct boot_virtual mapped[] = {
		{ 0xffffffff81000000, 0x1000000, 0x1600000 },
		{ 0xffff888000000000, 0, 0x40000000 },
	};

	boot->panic = true;
	boot->cpu_notes = notes;
	boot->nr_cpu_notes = ARRAY_SIZE(notes);
	boot->vmcoreinfo = (struct boot_note) { 0x3f003000, 0x1000 };
	boot->mapped = mapped;
	boot->nr_mapped = ARRAY_SIZE(mapped);
}

static void check_phdrs(struct __test_metadata *_metadata, struct boot *boot,
			const struct elf64_phdr *expected, size_t nr)
{
	const struct elf64_hdr *header = find(boot, "core header")->buf;
	const struct elf64_phdr *phdr = (const void *)(header + 1);
	size_t i;

	ASSERT_SAME(nr, le16toh(header->e_phnum));
	for (i = 0; i < nr; i++) {
		ASSERT_SAME(expected[i].p_type, le32toh(phdr[i].p_type));
		ASSERT_SAME(expected[i].p_paddr, le64toh(phdr[i].p_paddr));
		ASSERT_SAME(expected[i].p_paddr, le64toh(phdr[i].p_offset));
		ASSERT_SAME(expected[i].p_memsz, le64toh(phdr[i].p_memsz));
		ASSERT_SAME(expected[i].p_memsz, le64toh(phdr[i].p_filesz));
		ASSERT_SAME(expected[i].p_vaddr, le64toh(phdr[i].p_vaddr));
	}
}

TEST_F(loader, panic)
{
	static const struct elf64_phdr expected[] = {
		{ .p_type = PT_NOTE, .p_paddr = 0x3f001000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f002000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f003000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x1000000, .p_memsz = 0x1600000,
		  .p_vaddr = 0xffffffff81000000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x1000, .p_memsz = 0x9ec00,
		  .p_vaddr = 0xffff888000001000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x100000, .p_memsz = 0x39f00000,
		  .p_vaddr = 0xffff888000100000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x3e000000, .p_memsz = 0x1fe0000,
		  .p_vaddr = 0xffff88803e000000 },
	};
	struct boot *boot = &self->boot;
	const struct boot_segment *core;
	const struct elf64_hdr *header;
	const unsigned char *params;
	char words[64];

	know_crash_notes(boot);
	use_initrd(self);
	plan(_metadata, boot);
	core = find(boot, "core header");
	snprintf(words, sizeof(words), "console=ttyS0 quiet elfcorehdr=0x%llx",
		 core->at.start);
	ASSERT_STREQ(words, boot->cmdline);

	/* Nobody writes to the image: no letter. */
	ASSERT_EQ(4, boot->nr_segments);
	params = find(boot, "parameters")->buf;
	ASSERT_SAME(0, get_le(at(boot, get_le(params + 0x250, 8)), 8));

	header = core->buf;
	ASSERT_SAME(0, memcmp(header->e_ident, ELFMAG, SELFMAG));
	ASSERT_SAME(ET_CORE, le16toh(header->e_type));
	ASSERT_SAME(EM_X86_64, le16toh(header->e_machine));
	check_phdrs(_metadata, boot, expected, ARRAY_SIZE(expected));

	check_e820(_metadata, params, 0, 0x1000, 0x9fc00, 1);
	check_e820(_metadata, params, 1, 0x3a000000, core->at.start, 1);
	check_e820(_metadata, params, 2, core->at.end, 0x3e000000, 1);
	check_e820(_metadata, params, 3, 0x100000, 0x3a000000, 2);
	check_e820(_metadata, params, 4, core->at.start, core->at.end, 2);
	check_e820(_metadata, params, 5, 0x3e000000, 0x3ffe0000, 2);
}

/* What programs use until the panic is the capture kernel's memory, and in no dump. */
TEST_F(loader, panic_shared)
{
	static const struct elf64_phdr expected[] = {
		{ .p_type = PT_NOTE, .p_paddr = 0x3f001000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f002000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f003000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x1000000, .p_memsz = 0x1600000,
		  .p_vaddr = 0xffffffff81000000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x1000, .p_memsz = 0x9ec00,
		  .p_vaddr = 0xffff888000001000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x100000, .p_memsz = 0x7f00000,
		  .p_vaddr = 0xffff888000100000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x10000000,
		  .p_memsz = 0x2a000000, .p_vaddr = 0xffff888010000000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x3e000000, .p_memsz = 0x1fe0000,
		  .p_vaddr = 0xffff88803e000000 },
	};
	struct boot *boot = &self->boot;
	const struct boot_segment *core;
	const unsigned char *params;

	know_crash_notes(boot);
	ASSERT_TRUE(add_map_line(&boot->map, (struct range) {
					 0x8000000, 0x10000000
				 }, 1, SHARED_MEMORY));
	plan(_metadata, boot);
	check_phdrs(_metadata, boot, expected, ARRAY_SIZE(expected));

	core = find(boot, "core header");
	params = find(boot, "parameters")->buf;
	check_e820(_metadata, params, 0, 0x1000, 0x9fc00, 1);
	check_e820(_metadata, params, 1, 0x8000000, 0x10000000, 1);
	check_e820(_metadata, params, 2, 0x3a000000, core->at.start, 1);
	check_e820(_metadata, params, 3, core->at.end, 0x3e000000, 1);
	check_e820(_metadata, params, 4, 0x100000, 0x8000000, 2);
	check_e820(_metadata, params, 5, 0x10000000, 0x3a000000, 2);
}

/* A 32-bit kernel has addresses for some of the memory only. */
TEST_F(loader, panic_lowmem)
{
	static struct boot_virtual lowmem = { 0xc0000000, 0, 0x37fe0000 };
	static const struct elf64_phdr expected[] = {
		{ .p_type = PT_NOTE, .p_paddr = 0x3f001000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f002000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f003000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x1000, .p_memsz = 0x9ec00,
		  .p_vaddr = 0xc0001000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x100000, .p_memsz = 0x37ee0000,
		  .p_vaddr = 0xc0100000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x37fe0000, .p_memsz = 0x2020000,
		  .p_vaddr = NO_LIMIT },
		{ .p_type = PT_LOAD, .p_paddr = 0x3e000000, .p_memsz = 0x1fe0000,
		  .p_vaddr = NO_LIMIT },
	};
	struct boot *boot = &self->boot;

	know_crash_notes(boot);
	boot->mapped = &lowmem;
	boot->nr_mapped = 1;
	plan(_metadata, boot);
	check_phdrs(_metadata, boot, expected, ARRAY_SIZE(expected));
}

/* What a capture kernel is told: where the core header is, and what memory it has. */
static void check_capture(struct __test_metadata *_metadata, struct boot *boot,
			  __u64 memory, __u64 memory_len)
{
	const struct boot_segment *core;
	const void *fdt, *value;
	int chosen, len;

	plan(_metadata, boot);
	core = find(boot, "core header");
	fdt = find(boot, "device tree")->buf;
	chosen = fdt_path_offset(fdt, "/chosen");
	value = fdt_getprop(fdt, chosen, "linux,elfcorehdr", &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(16, len);
	ASSERT_SAME(core->at.start, fdt64_ld(value));
	ASSERT_SAME(range_len(core->at),
		    fdt64_ld((const fdt64_t *)value + 1));
	value = fdt_getprop(fdt, chosen, "linux,usable-memory-range", &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(16, len);
	ASSERT_SAME(memory, fdt64_ld(value));
	ASSERT_SAME(memory_len, fdt64_ld((const fdt64_t *)value + 1));
	/* Nothing of a letter, nor of the one that this kernel got. */
	ASSERT_FALSE(!!fdt_getprop(fdt, chosen, KEXEC_LETTER_PROPERTY, &len));
	ASSERT_SAME(1, fdt_num_mem_rsv(fdt));
	ASSERT_EQ(3, boot->nr_segments);
}

TEST_F(loader, panic_arm64)
{
	use_board(self, "ARM\x64");
	know_crash_notes(&self->boot);
	check_capture(_metadata, &self->boot, 0x70000000, 0x8000000);
}

TEST_F(loader, panic_arm64_shared)
{
	static const __u64 usable[] = {
		0x70000000, 0x8000000, 0x50000000, 0x4000000,
	};
	struct boot *boot = &self->boot;
	const void *fdt, *value;
	unsigned int i;
	int len;

	use_board(self, "ARM\x64");
	know_crash_notes(boot);
	ASSERT_TRUE(add_map_line(&boot->map, (struct range) {
					 0x50000000, 0x54000000
				 }, 1, SHARED_MEMORY));
	plan(_metadata, boot);
	fdt = find(boot, "device tree")->buf;
	value = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"),
			    "linux,usable-memory-range", &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(sizeof(usable), len);
	for (i = 0; i < ARRAY_SIZE(usable); i++)
		ASSERT_SAME(usable[i], fdt64_ld((const fdt64_t *)value + i));
}

/*
 * A kernel of arm can't read the core header in memory that it uses, nor one of 64
 * bits, and has addresses for some of the memory only.
 */
TEST_F(loader, panic_zimage)
{
	static struct boot_virtual lowmem = { 0xc0000000, 0x40000000, 0x20000000 };
	static const struct elf32_phdr expected[] = {
		{ .p_type = PT_NOTE, .p_paddr = 0x3f001000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f002000, .p_memsz = 0x200 },
		{ .p_type = PT_NOTE, .p_paddr = 0x3f003000, .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x40000000,
		  .p_memsz = 0x20000000, .p_vaddr = 0xc0000000 },
		{ .p_type = PT_LOAD, .p_paddr = 0x60000000,
		  .p_memsz = 0x10000000, .p_vaddr = 0xffffffff },
		{ .p_type = PT_LOAD, .p_paddr = 0x78000000,
		  .p_memsz = 0x88000000, .p_vaddr = 0xffffffff },
	};
	struct boot *boot = &self->boot;
	const struct elf32_hdr *header;
	const struct elf32_phdr *phdr;
	size_t i;

	use_zimage(self);
	use_map(boot, "40000000-13fffffff : System RAM\n"
		      "  40008000-409fffff : Kernel code\n"
		      "  70000000-77ffffff : Crash kernel\n"
		      "200000000-20fffffff : System RAM\n");
	know_crash_notes(boot);
	boot->mapped = &lowmem;
	boot->nr_mapped = 1;
	check_capture(_metadata, boot, 0x70000000, 0x7fff000);
	ASSERT_SAME(0x77fff000, find(boot, "core header")->at.start);

	header = find(boot, "core header")->buf;
	ASSERT_SAME(ELFCLASS32, header->e_ident[EI_CLASS]);
	ASSERT_SAME(ET_CORE, le16toh(header->e_type));
	ASSERT_SAME(EM_ARM, le16toh(header->e_machine));
	ASSERT_SAME(ARRAY_SIZE(expected), le16toh(header->e_phnum));
	phdr = (const void *)((const char *)header + le32toh(header->e_phoff));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		ASSERT_SAME(expected[i].p_type, le32toh(phdr[i].p_type));
		ASSERT_SAME(expected[i].p_paddr, le32toh(phdr[i].p_paddr));
		ASSERT_SAME(expected[i].p_paddr, le32toh(phdr[i].p_offset));
		ASSERT_SAME(expected[i].p_memsz, le32toh(phdr[i].p_memsz));
		ASSERT_SAME(expected[i].p_memsz, le32toh(phdr[i].p_filesz));
		ASSERT_SAME(expected[i].p_vaddr, le32toh(phdr[i].p_vaddr));
	}
}

static void check_usable(struct __test_metadata *_metadata, const void *fdt,
			 const char *path, __u64 size)
{
	const fdt64_t *value;
	int len;

	value = fdt_getprop(fdt, fdt_path_offset(fdt, path), "linux,usable-memory",
			    &len);
	ASSERT_TRUE(!!value);
	ASSERT_SAME(16, len);
	ASSERT_SAME(0, fdt64_ld(value));
	ASSERT_SAME(size, fdt64_ld(value + 1));
}

/* The one who reads the core header is the kernel, whatever plans for it. */
static void check_byte_order(struct __test_metadata *_metadata, const void *core,
			     __u64 machine, bool big)
{
	const unsigned char *header = core;

	ASSERT_SAME(big ? ELFDATA2MSB : ELFDATA2LSB, header[EI_DATA]);
	ASSERT_SAME(machine, big ? get_be(header + 0x12, 2) : get_le(header + 0x12, 2));
}

static __u64 core_number(const __u64 *value, bool big)
{
	return big ? be64toh(*value) : le64toh(*value);
}

TEST_F(loader, mips_panic)
{
	const struct boot_segment *core;
	struct boot *boot = &self->boot;
	int big;

	for (big = 0; big < 2; big++) {
		use_malta(self, big, 0x84000000);
		know_crash_notes(boot);
		plan(_metadata, boot);
		ASSERT_SAME(0x4000000, find(boot, "kernel")->at.start);
		core = find(boot, "core header");
		ASSERT_SAME(ELFCLASS32, ((const unsigned char *)core->buf)[EI_CLASS]);
		check_byte_order(_metadata, core->buf, EM_MIPS, big);
		/* Three notes, the kernel, and memory on both sides of the region. */
		ASSERT_SAME(6, big ? get_be((const unsigned char *)core->buf + 0x2c, 2) :
				     get_le((const unsigned char *)core->buf + 0x2c, 2));
		ASSERT_SAME(0xa000000, core->at.end);
		forget_plan(boot);
		snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	}
}

/* A capture kernel of 64 bits reads a header of 64. */
TEST_F(loader, mips64_panic)
{
	const unsigned char *header;
	struct boot *boot = &self->boot;
	const struct boot_segment *core;

	use_malta_64(self, 0xffffffff84000000);
	know_crash_notes(boot);
	plan(_metadata, boot);
	ASSERT_SAME(0x4000000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0x4000010, boot->entry);
	core = find(boot, "core header");
	header = core->buf;
	ASSERT_SAME(ELFCLASS64, header[EI_CLASS]);
	ASSERT_SAME(EM_MIPS, get_le(header + 0x12, 2));
	/* Three notes, the kernel, and memory on both sides of the region. */
	ASSERT_SAME(6, get_le(header + 0x38, 2));
	ASSERT_SAME(0xa000000, core->at.end);
	ASSERT_STREQ("console=ttyS0 quiet mem=98240K@65536K memmap=64K$0 elfcorehdr=64K@163776K",
		     boot->cmdline);
	forget_plan(boot);

	boot->machine = &boot_mips;
	boot->machine_64 = true;
	use_malta(self, false, 0x84000000);
	refuse(_metadata, boot, "it has 32 bits, and can't read a dump of a kernel of 64");
}

TEST_F(loader, ppc64_panic)
{
	const struct elf64_phdr *phdr;
	struct boot *boot = &self->boot;
	const struct boot_segment *core;
	uint64_t address, size;
	char text[64];
	__u64 backup;
	void *fdt;
	int big;

	for (big = 0; big < 2; big++) {
		use_server(self, big);
		know_crash_notes(boot);
		plan(_metadata, boot);
		/* It stays there. */
		ASSERT_SAME(0x10000000, find(boot, "kernel")->at.start);
		ASSERT_SAME(1, big ? get_be(at(boot, 0x1000005c), 4) :
				     get_le(at(boot, 0x1000005c), 4));
		backup = find(boot, "backup")->at.start;
		ASSERT_SAME(0x10000, range_len(find(boot, "backup")->at));
		ASSERT_SAME(backup, stub_word(boot, 1));
		ASSERT_SAME(0x10000, stub_word(boot, 2));
		ASSERT_SAME(0x10000000, stub_word(boot, 3));

		core = find(boot, "core header");
		snprintf(text, sizeof(text), "console=ttyS0 quiet elfcorehdr=0x%llx",
			 core->at.start);
		ASSERT_STREQ(text, boot->cmdline);
		check_byte_order(_metadata, core->buf, EM_PPC64, big);
		phdr = (const void *)((const struct elf64_hdr *)core->buf + 1);
		while (get_le((const void *)&phdr->p_type, 4) != PT_LOAD &&
		       get_be((const void *)&phdr->p_type, 4) != PT_LOAD)
			phdr++;
		while (phdr->p_paddr)
			phdr++;
		ASSERT_SAME(backup, core_number(&phdr[0].p_offset, big));
		ASSERT_SAME(0x10000, core_number(&phdr[0].p_filesz, big));
		ASSERT_SAME(0x10000, core_number(&phdr[1].p_paddr, big));
		ASSERT_SAME(0x10000, core_number(&phdr[1].p_offset, big));
		ASSERT_SAME(0xfff0000, core_number(&phdr[1].p_filesz, big));

		fdt = (void *)find(boot, "device tree")->buf;
		check_usable(_metadata, fdt, "/memory@0", 0x20000000);
		check_usable(_metadata, fdt, "/memory@100000000", 0);
		ASSERT_SAME(1, fdt_num_mem_rsv(fdt));
		ASSERT_SAME(0, fdt_get_mem_rsv(fdt, 0, &address, &size));
		ASSERT_SAME(0x10000, address);
		ASSERT_SAME(0xfff0000, size);

		/* Of that none is left when the capture kernel starts another. */
		memcpy(device_tree, fdt, fdt_totalsize(fdt));
		boot->fdt.size = fdt_totalsize(device_tree);
		forget_plan(boot);
		boot->panic = false;
		plan(_metadata, boot);
		fdt = (void *)find(boot, "device tree")->buf;
		ASSERT_SAME(1, fdt_num_mem_rsv(fdt));
		check_tree_letter(_metadata, boot);
		ASSERT_TRUE(!fdt_getprop(fdt, fdt_path_offset(fdt, "/memory@0"),
					 "linux,usable-memory", NULL));
		forget_plan(boot);
		snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
		boot->panic = true;
		boot->machine = &boot_ppc64;
		boot->machine_big = !big;
		refuse(_metadata, boot, "endian, and can't read a dump of a kernel that is not");
		boot->machine = NULL;
		put(self->kernel + 0x105c, 4, 0, big);
		refuse(_metadata, boot, "no \"run0\" at 0x5c");
	}
}

/* It has no memory behind the last multiple of 16 MiB. */
TEST_F(loader, ppc_panic)
{
	const struct boot_segment *core;
	const struct elf32_hdr *header;
	struct boot *boot = &self->boot;
	const fdt64_t *usable;
	char text[64];
	void *fdt;
	int len;

	use_initrd(self);
	use_embedded(self, true);
	know_crash_notes(boot);
	check_ppc(_metadata, boot, 0x10000000);
	core = find(boot, "core header");
	snprintf(text, sizeof(text), "console=ttyS0 quiet elfcorehdr=%lluK@%lluK",
		 range_len(core->at) / KIB, core->at.start / KIB);
	ASSERT_STREQ(text, boot->cmdline);
	header = core->buf;
	ASSERT_SAME(ELFCLASS32, header->e_ident[EI_CLASS]);
	check_byte_order(_metadata, core->buf, EM_PPC, true);

	fdt = (void *)find(boot, "device tree")->buf;
	usable = fdt_getprop(fdt, fdt_path_offset(fdt, "/memory"),
			     "linux,usable-memory", &len);
	ASSERT_TRUE(usable && len == 16);
	ASSERT_SAME(0x10000000, fdt64_ld(usable));
	ASSERT_SAME(0x4000000, fdt64_ld(usable + 1));

	/* Of that none is left when the capture kernel starts another. */
	memcpy(device_tree, fdt, fdt_totalsize(fdt));
	boot->fdt.size = fdt_totalsize(device_tree);
	forget_plan(boot);
	boot->panic = false;
	plan(_metadata, boot);
	fdt = (void *)find(boot, "device tree")->buf;
	ASSERT_TRUE(!fdt_getprop(fdt, fdt_path_offset(fdt, "/memory"),
				 "linux,usable-memory", NULL));
	forget_plan(boot);

	use_embedded(self, false);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "console=ttyS0 quiet");
	boot->panic = true;
	refuse(_metadata, boot, "crash kernel's memory: it takes [0x2000000-");
}

/* A kernel that would put itself elsewhere, over what comes with it, is told not to. */
TEST_F(loader, loongarch_in_place)
{
	static const struct {
		const char *had;
		bool panic;
		const char *has;
	} lines[] = {
		{ "quiet", false, "kexec quiet nokaslr" },
		{ "", false, "kexec nokaslr" },
		{ "nokaslr quiet", false, "kexec nokaslr quiet" },
		{ "xnokaslr", false, "kexec xnokaslr nokaslr" },
		{ "quiet", true, "kexec quiet nokaslr mem=" },
		{ "quiet nokaslr", true, "kexec quiet nokaslr mem=" },
	};
	struct boot *boot = &self->boot;
	size_t i;

	use_loongarch(self, true);
	know_crash_notes(boot);
	memcpy(self->kernel + 0x2000, "nokaslr", 8);
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *line;

		snprintf(boot->cmdline, sizeof(boot->cmdline), "%s", lines[i].had);
		boot->panic = lines[i].panic;
		plan(_metadata, boot);
		line = find(boot, "command line")->buf;
		ASSERT_SAME(0, strncmp(lines[i].has, line, strlen(lines[i].has)))
			TH_LOG("\"%s\" became \"%s\"", lines[i].had, line);
		if (!boot->panic)
			ASSERT_STREQ(lines[i].has, line);
		forget_plan(boot);
	}
}

/* What is said to the kernel stands before what is said to init. */
TEST_F(loader, words_for_the_kernel)
{
	static const struct {
		const char *had, *has;
	} lines[] = {
		{ "", "mem=1G" },
		{ "quiet", "quiet mem=1G" },
		{ "quiet ", "quiet mem=1G" },
		{ "--", "mem=1G --" },
		{ "-- single", "mem=1G -- single" },
		{ "quiet -- single -- x", "quiet mem=1G -- single -- x" },
		{ "a=-- --b c--", "a=-- --b c-- mem=1G" },
		{ "a=\"b -- c\" -- d", "a=\"b -- c\" mem=1G -- d" },
	};
	struct boot *boot = &self->boot;
	size_t i, room;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(boot->cmdline, sizeof(boot->cmdline), "%s", lines[i].had);
		ASSERT_TRUE(add_words(boot, "mem=%dG", 1));
		ASSERT_STREQ(lines[i].has, boot->cmdline);
	}

	/* It holds as many as there is room for, and is left alone if there are more. */
	room = sizeof(boot->cmdline) - sizeof(" mem=1G");
	for (i = 0; i < 2; i++, room++) {
		memset(boot->cmdline, 'x', room);
		memcpy(boot->cmdline + room - 4, " -- ", sizeof(" -- "));
		ASSERT_EQ(!i, add_words(boot, "mem=1G"));
		ASSERT_EQ(i ? room : sizeof(boot->cmdline) - 1, strlen(boot->cmdline));
	}
}

/* What was said to the running kernel about its own memory is not for the next one. */
TEST_F(loader, reused_words)
{
	static const char had[] =
		"mem=256M a elfcorehdr=1M@2M memmap=1M$2M crashkernel=1M xmem=1 -- mem=1\n";
	struct boot *boot = &self->boot;
	char longest[sizeof(boot->cmdline) + 1];

	ASSERT_TRUE(reuse_cmdline(boot, had));
	ASSERT_STREQ("mem=256M a memmap=1M$2M crashkernel=1M xmem=1 -- mem=1",
		     boot->cmdline);
	boot->panic = true;
	ASSERT_TRUE(reuse_cmdline(boot, had));
	ASSERT_STREQ("a xmem=1 -- mem=1", boot->cmdline);
	ASSERT_TRUE(has_word(boot->cmdline, "xmem=1"));
	ASSERT_FALSE(has_word(boot->cmdline, "mem=1"));
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	ASSERT_FALSE(reuse_cmdline(boot, longest));
	longest[sizeof(longest) - 2] = '\n';
	ASSERT_TRUE(reuse_cmdline(boot, longest));
}

TEST_F(loader, loongarch_panic)
{
	const struct boot_segment *core;
	const struct elf64_hdr *header;
	struct boot *boot = &self->boot;
	char text[192];

	use_loongarch(self, true);
	use_initrd(self);
	know_crash_notes(boot);
	snprintf(boot->cmdline, sizeof(boot->cmdline), "mem=1G@0 quiet mem=1G@2G");
	plan(_metadata, boot);
	ASSERT_SAME(0xa0000000, find(boot, "kernel")->at.start);
	ASSERT_SAME(0xa0001000, boot->entry);
	core = find(boot, "core header");
	header = core->buf;
	ASSERT_SAME(ELFCLASS64, header->e_ident[EI_CLASS]);
	ASSERT_SAME(EM_LOONGARCH, le16toh(header->e_machine));
	snprintf(text, sizeof(text),
		 "quiet initrd=%#llx,10000 mem=65536K@2621440K elfcorehdr=%lluK@%lluK",
		 find(boot, "initrd")->at.start, range_len(core->at) / KIB,
		 core->at.start / KIB);
	ASSERT_STREQ(text, boot->cmdline);
	forget_plan(boot);

	/* It was linked to where the running kernel is. */
	use_loongarch(self, false);
	refuse(_metadata, boot, "no room for the kernel in the crash kernel's memory");

	/* With crashkernel=SIZE,high it has some below 4 GiB, too, for its devices. */
	use_loongarch(self, true);
	use_map(boot, "80000000-afffffff : System RAM\n"
		      "  a0000000-a7ffffff : Crash kernel\n"
		      "100000000-13fffffff : System RAM\n"
		      "  130000000-13fffffff : Crash kernel\n");
	snprintf(boot->cmdline, sizeof(boot->cmdline), "quiet");
	plan(_metadata, boot);
	ASSERT_SAME(0x130000000, find(boot, "kernel")->at.start);
	ASSERT_TRUE(!!strstr(boot->cmdline,
			     " mem=131072K@2621440K mem=262144K@4980736K elfcorehdr="));
}

/* It is told of the region only, less what ends it. */
TEST_F(loader, m68k_panic)
{
	struct boot *boot = &self->boot;
	const struct boot_segment *core;
	const struct elf32_hdr *header;
	const unsigned char *record;
	char text[80];

	use_m68k(self);
	use_initrd(self);
	know_crash_notes(boot);
	plan(_metadata, boot);
	ASSERT_SAME(0x08002000, boot->entry);
	core = find(boot, "core header");
	ASSERT_SAME(0x0a000000, core->at.end);
	snprintf(text, sizeof(text), "console=ttyS0 quiet elfcorehdr=%lluK@%lluK",
		 range_len(core->at) / KIB, core->at.start / KIB);
	ASSERT_STREQ(text, boot->cmdline);
	header = core->buf;
	ASSERT_SAME(ELFCLASS32, header->e_ident[EI_CLASS]);
	check_byte_order(_metadata, core->buf, 4, true);
	record = check_record(_metadata, at(boot, 0x08653000), 1, "\0\0\0\x0e", 4);
	record = check_record(_metadata, record, 0x8003, "\xff\0\x80\0\0\0\0\x27", 8);
	record = check_record(_metadata, record, 5, "\x08\0\0\0\x01\xfc\0", 8);
	check_last_records(_metadata, boot, record);
	forget_plan(boot);

	/* With the core header in it, 16 MiB are fewer, of which a kernel maps 8. */
	use_map(boot, "01000000-0cffffff : System RAM\n"
		      "  08000000-08ffffff : Crash kernel\n");
	put_be(self->kernel + 52 + 20, 4, 0x7be800);
	plan(_metadata, boot);
	forget_plan(boot);
	put_be(self->kernel + 52 + 20, 4, 0x7bf000);
	refuse(_metadata, boot, "than it maps at first: 8 MiB of 16128 KiB");
}

TEST_F(loader, ppc64_panic_odd_region)
{
	struct boot *boot = &self->boot;

	use_server(self, false);
	know_crash_notes(boot);
	use_map(boot, "00000000-3fffffff : System RAM\n"
		      "  10000000-1483ffff : Crash kernel\n");
	plan(_metadata, boot);
	check_usable(_metadata, find(boot, "device tree")->buf, "/memory@0",
		     0x14000000);
	forget_plan(boot);
	boot->limits.start = 0x14000000;
	refuse(_metadata, boot, "no room for the kernel in the crash kernel's memory");
}

/* Of each block of memory that can come and go, the capture kernel has none. */
TEST_F(loader, ppc64_panic_blocks)
{
	static const char node_name[] = "ibm,dynamic-reconfiguration-memory";
	static const struct {
		const char *list;
		int nr_cells;
		__u32 cells[13];	/* the number of entries, then 6 for each */
		int blocks;		/* -1: refused */
	} cases[] = {
		{ "ibm,dynamic-memory", 1, { 0 }, 0 },
		{ "ibm,dynamic-memory", 13, { 2 }, 2 },
		{ "ibm,dynamic-memory", 12, { 2 }, -1 },
		{ "ibm,dynamic-memory", 1, { 0x20000000 }, -1 },
		{ "ibm,dynamic-memory", 1, { 0xffffffff }, -1 },
		{ "ibm,dynamic-memory-v2", 1, { 0 }, 0 },
		{ "ibm,dynamic-memory-v2", 7, { 1, 4096 }, 4096 },
		{ "ibm,dynamic-memory-v2", 13, { 2, 4096, [7] = 100000 }, 104096 },
		{ "ibm,dynamic-memory-v2", 7, { 2, 4096 }, -1 },
		{ "ibm,dynamic-memory-v2", 7, { 1, 0x20000000 }, -1 },
		{ "ibm,dynamic-memory-v2", 7, { 1, 0x80000000 }, -1 },
		{ "ibm,dynamic-memory-v2", 13,
		  { 2, 0xffffffff, [7] = 0xffffffff }, -1 },
		{ "ibm,dynamic-memory-v2", 13, { 2, 0x80000000, [7] = 0x80000001 }, -1 },
	};
	const unsigned char *value;
	struct boot *boot = &self->boot;
	const void *fdt;
	size_t i;
	int node, len, cell, byte;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		use_server(self, false);
		know_crash_notes(boot);
		node = fdt_add_subnode(device_tree, 0, node_name);
		ASSERT_LT(0, node);
		for (cell = 0; cell < cases[i].nr_cells; cell++)
			ASSERT_EQ(0, fdt_appendprop_u32(device_tree, node, cases[i].list,
							cases[i].cells[cell]));
		if (cases[i].blocks < 0) {
			refuse(_metadata, boot, "FDT_ERR_BADVALUE");
			continue;
		}
		plan(_metadata, boot);
		fdt = find(boot, "device tree")->buf;
		node = fdt_subnode_offset(fdt, 0, node_name);
		value = fdt_getprop(fdt, node, "linux,drconf-usable-memory", &len);
		if (!value)
			len = 0;
		ASSERT_EQ(8 * cases[i].blocks, len)
			TH_LOG("case %zu", i);
		for (byte = 0; byte < 8 * cases[i].blocks; byte++)
			ASSERT_EQ(0, value[byte]);
		forget_plan(boot);
	}
}

/* What OPAL runs from is memory, too: the kernel looks at it. */
TEST_F(loader, ppc64_panic_opal)
{
	static const struct {
		__u64 base, start, end;
		const char *path;
	} cases[] = {
		{ 0x30000000, 0x30000000, 0x32000000, "/memory@0" },
		{ 0x1f000000, 0x20000000, 0x21000000, "/memory@0" },
		{ 0x130000000, 0x130000000, 0x132000000, "/memory@100000000" },
	};
	struct boot *boot = &self->boot;
	const fdt64_t *value;
	const void *fdt;
	int node, len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		use_server(self, false);
		know_crash_notes(boot);
		node = fdt_add_subnode(device_tree, 0, "ibm,opal");
		ASSERT_LT(0, node);
		ASSERT_EQ(0, fdt_setprop_u64(device_tree, node, "opal-base-address",
					     cases[i].base));
		ASSERT_EQ(0, fdt_setprop_u64(device_tree, node, "opal-runtime-size",
					     0x2000000));
		plan(_metadata, boot);
		fdt = find(boot, "device tree")->buf;
		value = fdt_getprop(fdt, fdt_path_offset(fdt, cases[i].path),
				    "linux,usable-memory", &len);
		ASSERT_TRUE(!!value);
		ASSERT_SAME(32, len);
		ASSERT_SAME(0, fdt64_ld(value));
		ASSERT_SAME(i < 2 ? 0x20000000 : 0, fdt64_ld(value + 1));
		ASSERT_SAME(cases[i].start, fdt64_ld(value + 2));
		ASSERT_SAME(cases[i].end - cases[i].start, fdt64_ld(value + 3));
		forget_plan(boot);
	}
}

TEST_F(loader, panic_with_little_memory)
{
	/* Of 26 MiB, the kernel takes 18.2. */
	static const char small[] = "100000-3fffffff : System RAM\n"
				    "  3a000000-3b9fffff : Crash kernel\n";
	static const struct {
		unsigned char magic[6];
		__u32 unpacked;
		bool tight;
	} initrds[] = {
		{ "\x1f\x8b\x08", 9 * MIB, true },
		{ "\x1f\x8b\x08", 7 * MIB, false },
		{ "\x1f\x8b\x08", 11 * MIB, false },	/* more than it can be */
		{ "\x1f\x8b\x08", 0, false },		/* padded */
		{ "070701", 9 * MIB, false },		/* not packed */
		{ "\x28\xb5\x2f\xfd", 9 * MIB, false },
	};
	unsigned char *initrd = self->initrd;
	struct boot *boot = &self->boot;
	char why[256];
	unsigned int i, byte;

	know_crash_notes(boot);
	use_map(boot, small);
	for (i = 0; i < ARRAY_SIZE(initrds); i++) {
		use_initrd(self);
		memcpy(initrd, initrds[i].magic, sizeof(initrds[i].magic));
		for (byte = 0; byte < 4; byte++)
			initrd[sizeof(self->initrd) - 4 + byte] =
				initrds[i].unpacked >> (8 * byte);
		plan(_metadata, boot);
		ASSERT_EQ(initrds[i].tight,
			  boot_is_tight(boot, why, sizeof(why)))
			TH_LOG("initrd %u", i);
		if (initrds[i].tight)
			ASSERT_TRUE(!!strstr(why, "initrd has 9216 KiB unpacked"));
		forget_plan(boot);
	}

	/* Not for a panic: there is the rest of the machine's memory. */
	use_initrd(self);
	memcpy(initrd, initrds[0].magic, sizeof(initrds[0].magic));
	initrd[sizeof(self->initrd) - 2] = 9 * MIB >> 16;
	boot->panic = false;
	plan(_metadata, boot);
	ASSERT_FALSE(boot_is_tight(boot, why, sizeof(why)));
}

TEST_F(loader, panic_without_memory)
{
	know_crash_notes(&self->boot);
	use_map(&self->boot, "100000-3fffffff : System RAM\n");
	refuse(_metadata, &self->boot, "no \"Crash kernel\" in the memory map");
	use_map(&self->boot, "100000-3fffffff : System RAM\n"
			     "  3a000000-3affffff : Crash kernel\n");
	refuse(_metadata, &self->boot, "no room for the kernel in the crash kernel's memory");
	use_map(&self->boot, pc);
	self->boot.initrd = (struct boot_file) { "initrd", NULL, 48 * MIB };
	refuse(_metadata, &self->boot, "no room for the initrd in the crash kernel's memory");
}

TEST_F(loader, shown)
{
	static const char expected[] =
"vmlinuz: bzImage, x86_64, 6.12.0-test\n"
"  segment      memory                                     bytes   of content\n"
"  kernel       0x0000000002600000-0x0000000003833fff     19087360        57344\n"
"  initrd       0x0000000000100000-0x0000000000102fff        12288        10000\n"
"  parameters   0x0000000000103000-0x0000000000104fff         8192         4260\n"
"  letter       0x0000000000105000-0x0000000000105fff         4096         4096\n"
"  entry        0x0000000000104000\n"
"  command line \"console=ttyS0 quiet\"\n";
	char *text;
	size_t size;
	FILE *out;

	use_initrd(self);
	plan(_metadata, &self->boot);
	out = open_memstream(&text, &size);
	boot_print(&self->boot, out);
	fclose(out);
	ASSERT_STREQ(expected, text);
	free(text);
}

TEST_HARNESS_MAIN
