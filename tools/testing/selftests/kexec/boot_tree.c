// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device tree as a kernel shows it in /proc: a directory for each node, a file for each
 * property.  That is the tree as it is now.  /sys/firmware/fdt has the one of the boot, which
 * lacks what firmware has given to the machine since, and has what it took away.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libfdt.h>

#include "boot_image.h"

#define TREE_MAX	(2 * MIB)

/* Where in a name its unit address is, or its end. */
static const char *unit_of(const char *name)
{
	return name + strcspn(name, "@");
}

/*
 * Directories have no order, and a tree has one that counts: the memory that a kernel is
 * told of first has to be the lowest.
 */
static int by_address(const struct dirent **first, const struct dirent **second)
{
	const char *a = (*first)->d_name, *b = (*second)->d_name;
	const char *unit_a = unit_of(a), *unit_b = unit_of(b);
	unsigned long long at_a, at_b;

	if (!*unit_a || !*unit_b || unit_a - a != unit_b - b ||
	    strncmp(a, b, unit_a - a))
		return strcmp(a, b);
	at_a = strtoull(unit_a + 1, NULL, 16);
	at_b = strtoull(unit_b + 1, NULL, 16);
	return at_a < at_b ? -1 : at_a > at_b ? 1 : strcmp(a, b);
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* Of two that are called alike, node and property, one has "#1" at its end. */
static void forget_number(char *name)
{
	char *mark = strrchr(name, '#');

	if (mark && mark > name && mark[1] &&
	    strspn(mark + 1, "0123456789") == strlen(mark + 1))
		*mark = '\0';
}

static bool tree_failed(struct boot *boot, const char *path, const char *why)
{
	return boot_fail(boot, "%s: %s", path, why);
}

static bool fdt_done(struct boot *boot, const char *path, int err)
{
	return !err || tree_failed(boot, path, fdt_strerror(err));
}

static bool add_property(struct boot *boot, void *fdt, const char *path,
			 const char *name, size_t size)
{
	ssize_t got = -1;
	void *value;
	int fd, err;

	/* The kernel adds it, of a node's name. */
	if (!strcmp(name, "name"))
		return true;
	err = fdt_property_placeholder(fdt, name, size, &value);
	if (err)
		return fdt_done(boot, path, err);
	fd = open(path, O_RDONLY);
	if (fd >= 0) {
		got = read(fd, value, size);
		close(fd);
	}
	if (got != (ssize_t)size)
		return tree_failed(boot, path, got < 0 ? strerror(errno) :
					       "it changes while it is read");
	return true;
}

static bool add_node(struct boot *boot, void *fdt, const char *path, const char *name);

/* In a tree, properties come before nodes. */
static bool add_entries(struct boot *boot, void *fdt, const char *path, bool nodes,
			struct dirent **entries, int nr)
{
	char *full, *name;
	struct stat stat;
	bool ok = true;
	int i;

	for (i = 0; i < nr && ok; i++) {
		if (asprintf(&full, "%s/%s", path, entries[i]->d_name) < 0)
			return tree_failed(boot, path, strerror(errno));
		name = strdup(entries[i]->d_name);
		if (!name || lstat(full, &stat)) {
			ok = tree_failed(boot, full, strerror(errno));
		} else {
			forget_number(name);
			if (nodes && S_ISDIR(stat.st_mode))
				ok = add_node(boot, fdt, full, name);
			else if (!nodes && S_ISREG(stat.st_mode))
				ok = add_property(boot, fdt, full, name, stat.st_size);
		}
		free(name);
		free(full);
	}
	return ok;
}

static bool add_node(struct boot *boot, void *fdt, const char *path, const char *name)
{
	struct dirent **entries;
	int i, nr = scandir(path, &entries, is_entry, by_address);
	bool ok;

	if (nr < 0)
		return tree_failed(boot, path, strerror(errno));
	ok = fdt_done(boot, path, fdt_begin_node(fdt, name)) &&
	     add_entries(boot, fdt, path, false, entries, nr) &&
	     add_entries(boot, fdt, path, true, entries, nr) &&
	     fdt_done(boot, path, fdt_end_node(fdt));
	for (i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
	return ok;
}

/* It is no part of the tree, and the running kernel shows it nowhere else. */
static int copy_reserved(void *fdt, const struct boot_file *boot_time)
{
	uint64_t address, size;
	int i, err = 0;

	for (i = 0; !err && i < fdt_num_mem_rsv(boot_time->data); i++) {
		err = fdt_get_mem_rsv(boot_time->data, i, &address, &size);
		if (!err)
			err = fdt_add_reservemap_entry(fdt, address, size);
	}
	return err ?: fdt_finish_reservemap(fdt);
}

/**
 * read_tree - take the device tree that a directory shows
 * @boot: has the tree of the running kernel's boot, for what memory that has reserved; gets
 *	the other one
 * @path: the directory
 *
 * Return: false if it can't be read.
 */
bool read_tree(struct boot *boot, const char *path)
{
	void *fdt;

	if (!check_fdt(boot))
		return false;
	fdt = calloc(1, TREE_MAX);
	if (!fdt)
		return tree_failed(boot, path, strerror(errno));
	if (!fdt_done(boot, path, fdt_create(fdt, TREE_MAX)) ||
	    !fdt_done(boot, path, copy_reserved(fdt, &boot->fdt)) ||
	    !add_node(boot, fdt, path, "") ||
	    !fdt_done(boot, path, fdt_finish(fdt))) {
		free(fdt);
		return false;
	}
	boot->fdt = (struct boot_file) {
		.path = path, .data = fdt, .size = fdt_totalsize(fdt),
	};
	return true;
}
