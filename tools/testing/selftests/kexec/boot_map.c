// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's memory: the lines of /proc/iomem, and arithmetic with ranges.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "boot_image.h"

/**
 * add_map_line - append a line to a map
 * @map: the map
 * @at: where it is
 * @depth: in how many others it lies
 * @name: what it is; the end of a very long name is lost
 *
 * Return: false if memory for it can't be had.
 */
bool add_map_line(struct boot_map *map, struct range at, int depth,
		  const char *name)
{
	struct map_line *line;

	line = reallocarray(map->line, map->nr + 1, sizeof(*line));
	if (!line)
		return false;
	map->line = line;
	line += map->nr++;
	*line = (struct map_line) { .at = at, .depth = depth };
	snprintf(line->name, sizeof(line->name), "%s", name);
	return true;
}

/* One line; its end is NUL. */
static bool parse_line(struct boot_map *map, const char *text)
{
	__u64 first, last;
	int indent, at = 0;

	indent = strspn(text, " ");
	if (sscanf(text, " %llx-%llx : %n", &first, &last, &at) != 2 || !at ||
	    last < first)
		return false;
	/* Behind the last byte of all there is no address: it is left out. */
	return add_map_line(map, (struct range) {
				    first, last == NO_LIMIT ? last : last + 1
			    }, indent / 2, text + at);
}

/**
 * parse_map - read what looks like /proc/iomem
 * @boot: for its error
 * @map: gets the lines; was empty
 * @path: of the file, for people
 * @text: its content
 *
 * Return: false if it doesn't look so.
 */
bool parse_map(struct boot *boot, struct boot_map *map, const char *path,
	       const char *text)
{
	__u64 end = 0;
	int i, nr = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[256];

		nr++;
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
		if (!line[strspn(line, " \t\r")])
			continue;
		if (!parse_line(map, line))
			return boot_fail(boot, "%s: line %d is no \"1000-9fbff : name\": %s",
					 path, nr, line);
	}
	for (i = 0; i < map->nr; i++) {
		if (map->line[i].at.end > end)
			end = map->line[i].at.end;
	}
	/* What users see who have no CAP_SYS_ADMIN. */
	if (end <= 1)
		return boot_fail(boot, "%s: %s", path, map->nr ?
				 "all addresses are 0: only root sees what they are" :
				 "there is nothing in it");
	return true;
}

static bool insert_range(struct ranges *ranges, int i, struct range at)
{
	if (ranges->nr == BOOT_RANGES_MAX)
		return false;
	memmove(&ranges->at[i + 1], &ranges->at[i],
		(ranges->nr - i) * sizeof(at));
	ranges->at[i] = at;
	ranges->nr++;
	return true;
}

static void delete_range(struct ranges *ranges, int i)
{
	ranges->nr--;
	memmove(&ranges->at[i], &ranges->at[i + 1],
		(ranges->nr - i) * sizeof(ranges->at[0]));
}

/**
 * ranges_add - more memory
 * @ranges: what there is
 * @at: what is to be there, too; it may overlap
 *
 * Return: false if there are too many pieces.
 */
bool ranges_add(struct ranges *ranges, struct range at)
{
	int i = 0;

	if (at.start >= at.end)
		return true;
	while (i < ranges->nr && ranges->at[i].end < at.start)
		i++;
	/* All that touch it become one with it. */
	while (i < ranges->nr && ranges->at[i].start <= at.end) {
		if (ranges->at[i].start < at.start)
			at.start = ranges->at[i].start;
		if (ranges->at[i].end > at.end)
			at.end = ranges->at[i].end;
		delete_range(ranges, i);
	}
	return insert_range(ranges, i, at);
}

/**
 * ranges_remove - less memory
 * @ranges: what there is
 * @at: what is to be there no more
 *
 * Return: false if there are too many pieces.
 */
bool ranges_remove(struct ranges *ranges, struct range at)
{
	int i = 0;

	if (at.start >= at.end)
		return true;
	while (i < ranges->nr) {
		struct range old = ranges->at[i];

		if (old.end <= at.start || old.start >= at.end) {
			i++;
			continue;
		}
		delete_range(ranges, i);
		if (old.start < at.start &&
		    !insert_range(ranges, i++,
				  (struct range) { old.start, at.start }))
			return false;
		if (old.end > at.end &&
		    !insert_range(ranges, i++,
				  (struct range) { at.end, old.end }))
			return false;
	}
	return true;
}

/**
 * ranges_have - whether all of a range is there
 * @ranges: what there is
 * @at: the range
 *
 * Return: whether it is.
 */
bool ranges_have(const struct ranges *ranges, struct range at)
{
	int i;

	for (i = 0; i < ranges->nr; i++) {
		if (ranges->at[i].start <= at.start &&
		    at.end <= ranges->at[i].end)
			return true;
	}
	return false;
}

/**
 * ranges_overlap - whether any of a range is there
 * @ranges: what there is
 * @at: the range
 *
 * Return: whether it is.
 */
bool ranges_overlap(const struct ranges *ranges, struct range at)
{
	int i;

	for (i = 0; i < ranges->nr; i++) {
		if (ranges->at[i].start < at.end && at.start < ranges->at[i].end)
			return true;
	}
	return false;
}

/**
 * map_ranges - all lines of a map that have a name
 * @boot: for its error
 * @map: the map
 * @name: the name
 * @ranges: gets them, besides what it has
 *
 * Return: false if there are too many pieces.
 */
bool map_ranges(struct boot *boot, const struct boot_map *map,
		const char *name, struct ranges *ranges)
{
	int i;

	for (i = 0; i < map->nr; i++) {
		if (!strcmp(map->line[i].name, name) &&
		    !ranges_add(ranges, map->line[i].at))
			return boot_fail(boot, "the memory map has over %d pieces of \"%s\"",
					 BOOT_RANGES_MAX, name);
	}
	return true;
}
