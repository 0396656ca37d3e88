// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree that a kernel is told: the one of the running kernel, or one
 * from a file, with what is said in /chosen made anew.
 */
#define _GNU_SOURCE
#include <string.h>

#include <libfdt.h>

#include "boot_image.h"

/* What a kernel maps of it before it knows its memory. */
#define FDT_MAX		(2 * MIB)
/* Properties, and the strings of these names in a kernel. */
#define KASLR_SEED	"kaslr-seed"
#define BY_KEXEC	"linux,booted-from-kexec"

static bool fdt_failed(struct boot *boot, const char *what, int err)
{
	return boot_fail(boot, "%s: %s: %s", boot->fdt.path, what,
			 fdt_strerror(err));
}

/**
 * check_fdt - whether there is a device tree to start from
 * @boot: has it
 *
 * Return: false if there is none, or it is broken.
 */
bool check_fdt(struct boot *boot)
{
	const struct boot_file *file = &boot->fdt;
	int err;

	if (!file->path)
		return boot_fail(boot, "no device tree in /sys/firmware/fdt: --dtb=FILE");
	err = file->size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED :
	      fdt_check_header(file->data);
	if (err)
		return fdt_failed(boot, "no device tree", err);
	if (fdt_totalsize(file->data) > file->size)
		return boot_fail(boot, "%s: truncated: it has %llu bytes, and its header says %u",
				 file->path, file->size,
				 fdt_totalsize(file->data));
	return true;
}

/*
 * What a property has of the running kernel's boot begins at an address of that many
 * bytes; nothing has to be kept there any more.
 */
static int forget_reserved(void *fdt, int chosen, const char *property, int bytes)
{
	const void *start;
	uint64_t old, address, size;
	int i, len, err;

	start = fdt_getprop(fdt, chosen, property, &len);
	if (!start || len < bytes || (bytes != 8 && bytes != 4))
		return 0;
	old = bytes == 8 ? fdt64_ld(start) : fdt32_ld(start);
	for (i = fdt_num_mem_rsv(fdt) - 1; i >= 0; i--) {
		err = fdt_get_mem_rsv(fdt, i, &address, &size);
		if (!err && address == old)
			err = fdt_del_mem_rsv(fdt, i);
		if (err)
			return err;
	}
	return 0;
}

/* The initrd, and the letter. */
static int forget_old_reserved(void *fdt)
{
	static const char initrd[] = "linux,initrd-start";
	int len, err;

	fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), initrd, &len);
	err = forget_reserved(fdt, fdt_path_offset(fdt, "/chosen"), initrd, len);
	/* What is reserved is before the tree in the file, and moves it. */
	return err ?: forget_reserved(fdt, fdt_path_offset(fdt, "/chosen"),
				      KEXEC_LETTER_PROPERTY,
				      4 * fdt_address_cells(fdt, 0));
}

static int forget_old(void *fdt, int chosen)
{
	static const char *const properties[] = {
		"bootargs", "linux,initrd-start", "linux,initrd-end",
		KASLR_SEED, "rng-seed", "linux,elfcorehdr",
		"linux,usable-memory-range", KEXEC_LETTER_PROPERTY,
		/* What powerpc's kernel adds, of its own memory. */
		"linux,crashkernel-base", "linux,crashkernel-size",
		"linux,memory-limit",
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(properties); i++) {
		err = fdt_delprop(fdt, chosen, properties[i]);
		if (err && err != -FDT_ERR_NOTFOUND)
			return err;
	}
	return 0;
}

/* Whether the kernel's file has @text, of @size bytes. */
static bool has_text(const struct boot *boot, const char *text, size_t size)
{
	return memmem(boot->kernel.data, boot->kernel.size, text, size);
}

/*
 * Whether the kernel takes a seed for where it puts itself, and clears it.  One that
 * does has the property's name in its file.  In the tree of one that does not, the seed
 * would stay; and kexec-tools on arm64 then load nothing, since they take it for one that
 * is in use.
 *
 * A kernel which loads others by itself has the name for these, too.  Beside it is that
 * of a property which no other part of a kernel for arm64 has.  All of these that take a
 * seed complain if there is none.
 */
static bool takes_seed(const struct boot *boot)
{
	static const char complaint[] = "KASLR disabled due to lack of seed";

	if (!has_text(boot, KASLR_SEED, sizeof(KASLR_SEED)) ||
	    has_word(boot->cmdline, "nokaslr"))
		return false;
	return boot->arch != &boot_arm64 ||
	       !has_text(boot, BY_KEXEC, sizeof(BY_KEXEC)) ||
	       has_text(boot, complaint, strlen(complaint));
}

static int set_boot(const struct boot *boot, void *fdt, int chosen,
		    struct range initrd)
{
	int err;

	err = fdt_setprop_string(fdt, chosen, "bootargs", boot->cmdline);
	if (!err && initrd.end)
		err = fdt_setprop_u64(fdt, chosen, "linux,initrd-start",
				      initrd.start);
	if (!err && initrd.end)
		err = fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
				      initrd.end);
	if (!err && takes_seed(boot))
		err = fdt_setprop(fdt, chosen, KASLR_SEED, boot->random, 8);
	if (!err)
		err = fdt_setprop(fdt, chosen, "rng-seed", boot->random + 8,
				  sizeof(boot->random) - 8);
	return err;
}

static int add_usable(void *fdt, int chosen, struct range at)
{
	if (!range_len(at))
		return 0;
	return fdt_appendprop_addrrange(fdt, 0, chosen,
					"linux,usable-memory-range", at.start,
					range_len(at));
}

/*
 * The region that it runs in comes first, one for devices after it, and last what it
 * shares with the other one's programs: a kernel takes the first few.
 */
static int set_capture(const struct boot *boot, void *fdt, int chosen,
		       struct range core)
{
	int i, err;

	err = fdt_appendprop_addrrange(fdt, 0, chosen, "linux,elfcorehdr",
				       core.start, range_len(core));
	for (i = boot->map.nr - 1; i >= 0 && !err; i--) {
		struct range at = boot->map.line[i].at, behind = { };

		if (strcmp(boot->map.line[i].name, "Crash kernel"))
			continue;
		if (boot->arch->core_outside && core.start >= at.start &&
		    core.end <= at.end) {
			behind = (struct range) { core.end, at.end };
			at.end = core.start;
		}
		err = add_usable(fdt, chosen, at) ?:
		      add_usable(fdt, chosen, behind);
	}
	for (i = 0; i < boot->map.nr && !err; i++) {
		if (!strcmp(boot->map.line[i].name, SHARED_MEMORY))
			err = add_usable(fdt, chosen, boot->map.line[i].at);
	}
	return err;
}

static int set_letter(void *fdt, int chosen, struct range letter)
{
	return fdt_appendprop_addrrange(fdt, 0, chosen, KEXEC_LETTER_PROPERTY,
					letter.start, range_len(letter)) ?:
	       fdt_add_mem_rsv(fdt, letter.start, range_len(letter));
}

static int find_blocks(const void *fdt)
{
	return fdt_path_offset(fdt, "/ibm,dynamic-reconfiguration-memory");
}

/*
 * So many blocks of memory can come and go, says firmware: a list has an entry for each,
 * or for so many that follow each other.  Negative if a list is shorter than it says, or
 * if there are more than a kernel takes a tree with.
 */
static int count_blocks(const void *fdt)
{
	const int entry = 24;
	const fdt32_t *list;
	const char *set;
	int len, node = find_blocks(fdt);
	__u64 nr, sum = 0;

	if (node < 0)
		return 0;
	list = fdt_getprop(fdt, node, "ibm,dynamic-memory", &len);
	if (list && len >= 4) {
		sum = fdt32_ld(list);
		if (sum > (__u64)(len - 4) / entry)
			return -FDT_ERR_BADVALUE;
	} else {
		list = fdt_getprop(fdt, node, "ibm,dynamic-memory-v2", &len);
		if (!list || len < 4)
			return 0;
		nr = fdt32_ld(list);
		if (nr > (__u64)(len - 4) / entry)
			return -FDT_ERR_BADVALUE;
		for (set = (const char *)(list + 1); nr; nr--, set += entry)
			sum += fdt32_ld((const fdt32_t *)set);
	}
	return sum > FDT_MAX / sizeof(fdt64_t) ? -FDT_ERR_BADVALUE : (int)sum;
}

/* What bare metal's firmware runs from; its log is there, too, and a kernel reads that. */
static struct range find_opal(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/ibm,opal"), base_len, size_len;
	const fdt64_t *base, *size;
	uint64_t start;

	if (node < 0)
		return (struct range) { };
	base = fdt_getprop(fdt, node, "opal-base-address", &base_len);
	size = fdt_getprop(fdt, node, "opal-runtime-size", &size_len);
	if (!base || base_len != 8 || !size || size_len != 8)
		return (struct range) { };
	start = fdt64_ld(base);
	return (struct range) { start, start + fdt64_ld(size) };
}

/*
 * powerpc looks for the memory that a capture kernel has where it looks for memory.  It
 * begins at 0, as real mode does, and what there is before the region is reserved, but
 * for where the vectors are.  What OPAL runs from is reserved by the tree, and has to be
 * memory for all that.
 */
static int set_usable_memory(const struct boot *boot, void *fdt)
{
	const struct range region = boot->ram.at[0];
	struct range opal = find_opal(fdt);
	const fdt64_t *reg;
	fdt64_t usable[4];
	void *counts;
	uint64_t start;
	int node, len, err;

	for (node = -1;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			break;
		reg = fdt_getprop(fdt, node, "reg", &len);
		memset(usable, 0, sizeof(usable));
		start = reg && len >= 16 ? fdt64_ld(reg) : NO_LIMIT;
		if (!start) {
			usable[1] = cpu_to_fdt64(region.end);
			if (opal.start < region.end)
				opal.start = region.end;
		}
		if (opal.start < opal.end && opal.start >= start &&
		    opal.end - start <= fdt64_ld(reg + 1)) {
			usable[2] = cpu_to_fdt64(opal.start);
			usable[3] = cpu_to_fdt64(range_len(opal));
		}
		err = fdt_setprop(fdt, node, "linux,usable-memory", usable,
				  usable[3] ? sizeof(usable) : 2 * sizeof(*usable));
		if (err)
			return err;
	}
	len = count_blocks(fdt);
	if (len < 0)
		return len;
	if (len) {
		/* None of each. */
		len *= sizeof(fdt64_t);
		err = fdt_setprop_placeholder(fdt, find_blocks(fdt),
					      "linux,drconf-usable-memory", len, &counts);
		if (err)
			return err;
		memset(counts, 0, len);
	}
	if (region.start <= CRASH_BACKUP)
		return 0;
	return fdt_add_mem_rsv(fdt, CRASH_BACKUP, region.start - CRASH_BACKUP);
}

/* The same of a capture kernel that starts another kernel, after the dump. */
static int forget_usable_memory(void *fdt)
{
	uint64_t address, size;
	int i, node, err;

	for (node = -1;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			break;
		err = fdt_delprop(fdt, node, "linux,usable-memory");
		if (err && err != -FDT_ERR_NOTFOUND)
			return err;
	}
	node = find_blocks(fdt);
	if (node >= 0) {
		err = fdt_delprop(fdt, node, "linux,drconf-usable-memory");
		if (err && err != -FDT_ERR_NOTFOUND)
			return err;
	}
	for (i = fdt_num_mem_rsv(fdt) - 1; i >= 0; i--) {
		err = fdt_get_mem_rsv(fdt, i, &address, &size);
		if (!err && address == CRASH_BACKUP)
			err = fdt_del_mem_rsv(fdt, i);
		if (err)
			return err;
	}
	return 0;
}

/*
 * 32-bit powerpc takes what that says for all memory: other memory that the tree has is
 * not there.
 */
static int set_only_memory(const struct boot *boot, void *fdt)
{
	struct range at = boot->ram.at[0];
	int node, err;

	for (node = -1;;) {
		node = fdt_node_offset_by_prop_value(fdt, node, "device_type",
						     "memory", sizeof("memory"));
		if (node < 0)
			return 0;
		err = fdt_appendprop_addrrange(fdt, 0, node, "linux,usable-memory",
					       at.start, range_len(at));
		if (err)
			return err;
		/* The same memory again is no error, and would be more of it. */
		at = (struct range) { at.start, at.start };
	}
}

static int set_capture_memory(const struct boot *boot, void *fdt, int chosen,
			      struct range core)
{
	if (boot->arch == &boot_ppc64)
		return set_usable_memory(boot, fdt);
	if (boot->arch == &boot_ppc)
		return set_only_memory(boot, fdt);
	return set_capture(boot, fdt, chosen, core);
}

static int fill_chosen(const struct boot *boot, void *fdt, struct range initrd,
		       struct range core, struct range letter)
{
	int chosen, err;

	if (boot->arch == &boot_ppc64 || boot->arch == &boot_ppc) {
		err = forget_usable_memory(fdt);
		if (err)
			return err;
	}
	chosen = fdt_path_offset(fdt, "/chosen");
	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	if (chosen < 0)
		return chosen;
	err = forget_old_reserved(fdt);
	chosen = fdt_path_offset(fdt, "/chosen");
	if (!err)
		err = forget_old(fdt, chosen);
	if (!err)
		err = set_boot(boot, fdt, chosen, initrd);
	if (!err && boot->panic)
		err = set_capture_memory(boot, fdt, chosen, core);
	if (!err && letter.end)
		err = set_letter(fdt, chosen, letter);
	return err;
}

/**
 * make_fdt - the device tree for a kernel
 * @boot: has the tree to start from, and the command line; owns the result
 * @initrd: where the initrd was placed; its end is 0 if there is none
 * @core: where the core header was, if it is a capture kernel
 * @letter: where the letter is going to be; its end is 0 if there is none
 * @size: gets the size
 *
 * Return: the tree; NULL if it can't be had.
 */
void *make_fdt(struct boot *boot, struct range initrd, struct range core,
	       struct range letter, __u64 *size)
{
	void *fdt;
	int err;

	if (!check_fdt(boot))
		return NULL;
	/* If the changes take more than that, no kernel takes the tree. */
	*size = fdt_totalsize(boot->fdt.data) + FDT_MAX;
	fdt = boot_alloc(boot, *size);
	if (!fdt)
		return NULL;
	err = fdt_open_into(boot->fdt.data, fdt, *size);
	if (!err)
		err = fill_chosen(boot, fdt, initrd, core, letter);
	if (!err)
		err = fdt_pack(fdt);
	if (err) {
		fdt_failed(boot, "the device tree can't be changed", err);
		return NULL;
	}
	*size = fdt_totalsize(fdt);
	if (*size > FDT_MAX) {
		boot_fail(boot, "%s: the device tree has %llu bytes; a kernel takes %llu",
			  boot->fdt.path, *size, FDT_MAX);
		return NULL;
	}
	return fdt;
}
