// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to be known of the machine that this runs on, from /proc and /sys.
 * What isn't there isn't known; only the memory map has to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <linux/elf.h>

#include "boot_machine.h"

/**
 * read_whole - read a file
 * @boot: for its error
 * @path: of the file
 * @file: gets it; there is a NUL behind it
 *
 * Return: false if that can't be.
 */
bool read_whole(struct boot *boot, const char *path, struct boot_file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 64 * KIB, size = 0;
	unsigned char *data = NULL, *more;
	ssize_t n = -1;

	while (fd >= 0) {
		more = size + 1 < room && data ? data : realloc(data, room *= 2);
		if (!more)
			break;
		data = more;
		n = read(fd, data + size, room - size - 1);
		if (n <= 0)
			break;
		size += n;
	}
	if (fd < 0 || n) {
		boot_fail(boot, "%s: %s", path, strerror(errno));
		free(data);
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(fd);
	data[size] = '\0';
	*file = (struct boot_file) { path, data, size };
	return true;
}

/* A file that need not be there: then it stays empty. */
static void read_if_there(const char *path, struct boot_file *file)
{
	struct boot ignored;

	read_whole(&ignored, path, file);
}

static __u64 read_hex(const char *directory, const char *name)
{
	char path[256], text[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (read_file(path, text, sizeof(text)))
		return 0;
	return strtoull(text, NULL, 16);
}

/* Each entry is a directory with the files start, end and type. */
static bool read_firmware_map(struct boot *boot)
{
	bool ok = true;
	glob_t entries;
	size_t i;

	if (glob("/sys/firmware/memmap/*", 0, NULL, &entries))
		return true;
	for (i = 0; i < entries.gl_pathc && ok; i++) {
		const char *entry = entries.gl_pathv[i];
		struct range at = {
			.start = read_hex(entry, "start"),
			.end = read_hex(entry, "end") + 1,
		};
		char path[256], type[BOOT_NAME_MAX];

		snprintf(path, sizeof(path), "%s/type", entry);
		if (read_file(path, type, sizeof(type)))
			continue;
		type[strcspn(type, "\n")] = '\0';
		ok = add_map_line(&boot->firmware, at, 0, type);
	}
	globfree(&entries);
	return ok || boot_fail(boot, "no memory");
}

/* EFI knows where ACPI begins; else boot_params of the running kernel may. */
static void find_tables(struct boot *boot)
{
	char text[TEXT_MAX], *line;

	if (read_file("/sys/firmware/efi/systab", text, sizeof(text)))
		return;
	line = strstr(text, "ACPI20=");
	if (!line)
		line = strstr(text, "ACPI=");
	if (line)
		boot->rsdp = strtoull(strchr(line, '=') + 1, NULL, 0);
	line = strstr(text, "SMBIOS=");
	if (line)
		boot->efi.smbios = strtoull(strchr(line, '=') + 1, NULL, 0);
}

/* What EFI needs at run time is a directory each, by numbers. */
static bool read_efi(struct boot *boot)
{
	struct boot_efi *efi = &boot->efi;
	char directory[64];

	efi->fw_vendor = read_hex("/sys/firmware/efi", "fw_vendor");
	efi->config_table = read_hex("/sys/firmware/efi", "config_table");
	for (;; efi->nr_regions++) {
		struct boot_efi_region *more;

		snprintf(directory, sizeof(directory),
			 "/sys/firmware/efi/runtime-map/%d", efi->nr_regions);
		if (access(directory, F_OK))
			return true;
		more = reallocarray(efi->region, efi->nr_regions + 1,
				    sizeof(*more));
		if (!more)
			return boot_fail(boot, "no memory");
		efi->region = more;
		more[efi->nr_regions] = (struct boot_efi_region) {
			.type = read_hex(directory, "type"),
			.phys = read_hex(directory, "phys_addr"),
			.virt = read_hex(directory, "virt_addr"),
			.pages = read_hex(directory, "num_pages"),
			.attribute = read_hex(directory, "attribute"),
		};
	}
}

static bool add_note(struct boot *boot, __u64 phys, __u64 size)
{
	struct boot_note *more;

	more = reallocarray(boot->cpu_notes, boot->nr_cpu_notes + 1,
			    sizeof(*more));
	if (!more)
		return boot_fail(boot, "no memory");
	boot->cpu_notes = more;
	more[boot->nr_cpu_notes++] = (struct boot_note) { phys, size };
	return true;
}

/* In the order of the CPUs' numbers, which is not that of their names. */
static bool read_notes(struct boot *boot)
{
	char directory[64], text[128];
	int cpu;

	for (cpu = 0; cpu < BOOT_CPUS_MAX; cpu++) {
		__u64 phys, size;

		snprintf(directory, sizeof(directory),
			 "/sys/devices/system/cpu/cpu%d", cpu);
		phys = read_hex(directory, "crash_notes");
		snprintf(directory + strlen(directory),
			 sizeof(directory) - strlen(directory),
			 "/crash_notes_size");
		if (!phys || read_file(directory, text, sizeof(text)))
			continue;
		size = strtoull(text, NULL, 10);
		if (!add_note(boot, phys, size))
			return false;
	}
	if (!boot->nr_cpu_notes)
		return boot_fail(boot, "no crash_notes in /sys/devices/system/cpu/cpu*");
	if (!read_file("/sys/kernel/vmcoreinfo", text, sizeof(text)))
		sscanf(text, "%llx %llx", &boot->vmcoreinfo.phys,
		       &boot->vmcoreinfo.size);
	return true;
}

/*
 * Memory that programs use until the panic, and the capture kernel afterwards: a line
 * each in the map, as that has lines for memory of the capture kernel's own.
 */
static bool read_shared(struct boot *boot)
{
	FILE *file = fopen("/sys/kernel/kexec/crash_cma_ranges", "re");
	unsigned long long first, last;
	bool ok = true;

	while (file && ok && fscanf(file, "%llx-%llx", &first, &last) == 2)
		ok = add_map_line(&boot->map, (struct range) { first, last + 1 },
				  1, SHARED_MEMORY);
	if (file)
		fclose(file);
	return ok || boot_fail(boot, "no memory");
}

static bool add_mapping(struct boot *boot, const struct elf64_phdr *phdr)
{
	struct boot_virtual *more;

	if (phdr->p_type != PT_LOAD || phdr->p_paddr == NO_LIMIT)
		return true;
	more = reallocarray(boot->mapped, boot->nr_mapped + 1, sizeof(*more));
	if (!more)
		return boot_fail(boot, "no memory");
	boot->mapped = more;
	more[boot->nr_mapped++] = (struct boot_virtual) {
		.virt = phdr->p_vaddr,
		.phys = phdr->p_paddr,
		.size = phdr->p_memsz,
	};
	return true;
}

/* As those of 64 bits: an address that is not known has all bits set. */
static __u64 widen(__u32 address)
{
	return address == (__u32)-1 ? NO_LIMIT : address;
}

static bool read_phdr(int fd, off_t at, struct elf64_phdr *phdr)
{
	return pread(fd, phdr, sizeof(*phdr), at) == sizeof(*phdr);
}

static bool read_phdr32(int fd, off_t at, struct elf64_phdr *phdr)
{
	struct elf32_phdr phdr32;

	if (pread(fd, &phdr32, sizeof(phdr32), at) != sizeof(phdr32))
		return false;
	*phdr = (struct elf64_phdr) {
		.p_type = phdr32.p_type,
		.p_vaddr = phdr32.p_vaddr,
		.p_paddr = widen(phdr32.p_paddr),
		.p_memsz = phdr32.p_memsz,
	};
	return true;
}

/* The address that /proc/kallsyms has for a symbol; 0 if it has none. */
static __u64 find_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[TEXT_MAX], seen[TEXT_MAX];
	unsigned long long at, found = 0;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %127s", &at, seen) == 2 &&
		    !strcmp(seen, name))
			found = at;
	}
	if (file)
		fclose(file);
	return found;
}

/* Where memory begins that the kernel has not mapped; NO_LIMIT if it has all. */
static __u64 find_highmem(const struct boot *boot)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	bool high = false, populated = false;
	unsigned long long pfn, start = NO_LIMIT;
	char line[TEXT_MAX];

	while (file && fgets(line, sizeof(line), file)) {
		if (strstr(line, ", zone "))
			high = strstr(line, " HighMem");
		if (high && sscanf(line, " present %llu", &pfn) == 1)
			populated = pfn;
		if (high && populated && sscanf(line, " start_pfn: %llu", &pfn) == 1)
			start = pfn * boot->page;
	}
	if (file)
		fclose(file);
	return start;
}

/*
 * The map of all memory that a kernel of 32 bits has, its own code included: there may
 * be no /proc/kcore.
 */
static bool guess_mappings(struct boot *boot)
{
	__u64 end = find_highmem(boot), text = find_symbol("_text");
	const struct map_line *line;
	struct range code = { };
	struct ranges ram = { };
	int i;

	for (i = 0; i < boot->map.nr && !range_len(code); i++) {
		line = &boot->map.line[i];
		if (!strcmp(line->name, "Kernel code"))
			code = line->at;
	}
	if (!text || text > UINT32_MAX || !range_len(code))
		return true;
	if (!map_ranges(boot, &boot->map, "System RAM", &ram))
		return false;
	for (i = 0; i < ram.nr; i++) {
		struct elf64_phdr phdr = {
			.p_type = PT_LOAD,
			.p_vaddr = ram.at[i].start - code.start + text,
			.p_paddr = ram.at[i].start,
		};

		if (ram.at[i].start >= end)
			break;
		phdr.p_memsz = (ram.at[i].end < end ? ram.at[i].end : end) -
			       ram.at[i].start;
		if (!add_mapping(boot, &phdr))
			return false;
	}
	return true;
}

/* /proc/kcore's headers say where the kernel has mapped what. */
static bool read_mappings(struct boot *boot)
{
	int i, fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), nr = 0;
	bool (*read_one)(int fd, off_t at, struct elf64_phdr *phdr) = NULL;
	union {
		struct elf64_hdr of64;
		struct elf32_hdr of32;
	} header;
	struct elf64_phdr phdr;
	off_t at = 0, step = 0;
	bool ok = true;

	if (fd < 0)
		return guess_mappings(boot);
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		goto out;
	switch (header.of64.e_ident[EI_CLASS]) {
	case ELFCLASS64:
		nr = header.of64.e_phnum;
		at = header.of64.e_phoff;
		step = sizeof(struct elf64_phdr);
		read_one = read_phdr;
		break;
	case ELFCLASS32:
		nr = header.of32.e_phnum;
		at = header.of32.e_phoff;
		step = sizeof(struct elf32_phdr);
		read_one = read_phdr32;
		break;
	}
	for (i = 0; i < nr && ok && read_one(fd, at + i * step, &phdr); i++)
		ok = add_mapping(boot, &phdr);
out:
	close(fd);
	return ok;
}

/**
 * read_machine - find out what there is to know of this machine
 * @boot: gets it; knows whether it is for a panic, and may have a device tree
 *
 * Return: false if the memory map can't be had.
 */
bool read_machine(struct boot *boot)
{
	static const struct boot_arch *const archs[] = {
		&boot_i386, &boot_x86_64, &boot_arm, &boot_arm64, &boot_riscv64,
		&boot_s390x, &boot_ppc64, &boot_ppc, &boot_mips, &boot_sh,
		&boot_loongarch64, &boot_parisc, &boot_m68k,
	};
	struct boot_file iomem;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(archs); i++) {
		if (archs[i]->kexec == native_arch())
			boot->machine = archs[i];
	}
	boot->machine_big = __BYTE_ORDER == __BIG_ENDIAN;
	boot->machine_64 = sizeof(long) == 8 || is_compat();
	if (!boot->machine)
		return boot_fail(boot, "there is no support for this machine's architecture");
	boot->page = page_size();
	if (!read_whole(boot, "/proc/iomem", &iomem) ||
	    !parse_map(boot, &boot->map, iomem.path, (const char *)iomem.data) ||
	    !read_firmware_map(boot))
		return false;
	if (!boot->fdt.path) {
		read_if_there("/sys/firmware/fdt", &boot->fdt);
		if (boot->machine == &boot_ppc64 && boot->fdt.path &&
		    !read_tree(boot, "/proc/device-tree"))
			return false;
	}
	read_if_there("/sys/kernel/boot_params/data", &boot->params);
	if (!boot->bootinfo.path)
		read_if_there("/proc/bootinfo", &boot->bootinfo);
	find_tables(boot);
	if (!read_efi(boot))
		return false;
	if (getrandom(boot->random, sizeof(boot->random), 0) !=
	    sizeof(boot->random))
		return boot_fail(boot, "getrandom: %s", strerror(errno));
	return !boot->panic || (read_notes(boot) && read_shared(boot) &&
				read_mappings(boot));
}
