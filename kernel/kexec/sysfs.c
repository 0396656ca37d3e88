// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/kexec: what is loaded, where it lies, what was refused and why.
 * Documented in Documentation/ABI/testing/sysfs-kernel-kexec.
 */
#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/sort.h>
#include <linux/sysfs.h>

#include "internal.h"

#define KEXEC_ATTR_RO(_name) \
	static struct kobj_attribute _name##_attr = __ATTR_RO(_name)
#define KEXEC_ATTR_RW(_name) \
	static struct kobj_attribute _name##_attr = __ATTR_RW(_name)
/* For root alone, as they show physical addresses. */
#define KEXEC_ATTR_ADMIN_RO(_name) \
	static struct kobj_attribute _name##_attr = __ATTR_RO_MODE(_name, 0400)

static ssize_t loaded_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%d\n", !!READ_ONCE(kexec_image));
}
KEXEC_ATTR_RO(loaded);

static ssize_t crash_loaded_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", kexec_crash_loaded());
}
KEXEC_ATTR_RO(crash_loaded);

static ssize_t settled_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", kexec_settled());
}
KEXEC_ATTR_RO(settled);

#ifdef CONFIG_CRASH_DUMP
static ssize_t crash_size_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	ssize_t size = crash_get_memory_size();

	return size < 0 ? size : sysfs_emit(buf, "%zd\n", size);
}

static ssize_t crash_size_store(struct kobject *kobj,
				struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	unsigned long size;

	return kstrtoul(buf, 0, &size) ?: crash_shrink_memory(size) ?: count;
}
KEXEC_ATTR_RW(crash_size);

static ssize_t crash_cma_ranges_show(struct kobject *kobj,
				     struct kobj_attribute *attr, char *buf)
{
	return crash_cma_show(buf);
}
KEXEC_ATTR_ADMIN_RO(crash_cma_ranges);
#endif /* CONFIG_CRASH_DUMP */

static int cmp_segments(const void *a, const void *b, const void *image)
{
	const struct kexec_segment *segment = ((const struct kimage *)image)->segment;

	unsigned long x = segment[*(const u8 *)a].mem;
	unsigned long y = segment[*(const u8 *)b].mem;

	return x < y ? -1 : x > y;
}

static int show_segments(struct kimage *const *slot, char *buf)
{
	const struct kimage *image;
	u8 order[KEXEC_SEGMENT_MAX];
	unsigned int i, nr;
	int len = 0;

	spin_lock(&kexec_slot_lock);
	image = *slot;
	nr = image ? kimage_nr_segments(image) : 0;
	for (i = 0; i < nr; i++)
		order[i] = i;
	sort_r(order, nr, sizeof(order[0]), cmp_segments, NULL, image);

	for (i = 0; i < nr; i++) {
		const struct kexec_segment *seg = &image->segment[order[i]];
		const struct kexec_bytes *bytes = &image->bytes[order[i]];

		if (seg->memsz)
			len += sysfs_emit_at(buf, len,
					     "%#lx-%#lx in_place=%lu moved=%lu zero=%lu\n",
					     seg->mem, seg->mem + seg->memsz - 1,
					     bytes->in_place, bytes->moved,
					     bytes->zero);
	}
	spin_unlock(&kexec_slot_lock);
	return len;
}

static ssize_t segments_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return show_segments(&kexec_image, buf);
}
KEXEC_ATTR_ADMIN_RO(segments);

#ifdef CONFIG_CRASH_DUMP
static ssize_t crash_segments_show(struct kobject *kobj,
				   struct kobj_attribute *attr, char *buf)
{
	return show_segments(&kexec_crash_image, buf);
}
KEXEC_ATTR_ADMIN_RO(crash_segments);
#endif

static ssize_t last_refusal_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	size_t len = kexec_last_refusal(buf, PAGE_SIZE - 1);

	if (len)
		len += sysfs_emit_at(buf, len, "\n");
	return len;
}
KEXEC_ATTR_ADMIN_RO(last_refusal);

static struct attribute *kexec_attrs[] = {
	&loaded_attr.attr,
	&crash_loaded_attr.attr,
	&segments_attr.attr,
	&settled_attr.attr,
	&last_refusal_attr.attr,
#ifdef CONFIG_CRASH_DUMP
	&crash_size_attr.attr,
	&crash_cma_ranges_attr.attr,
	&crash_segments_attr.attr,
#endif
	NULL
};
ATTRIBUTE_GROUPS(kexec);

struct renamed {
	const char *name;
	const char *old_name;
};

/* What programs call those that are older than this directory. */
static const struct renamed renamed[] __initconst = {
	{ "loaded",		"kexec_loaded" },
#ifdef CONFIG_CRASH_DUMP
	{ "crash_loaded",	"kexec_crash_loaded" },
	{ "crash_size",		"kexec_crash_size" },
	{ "crash_cma_ranges",	"kexec_crash_cma_ranges" },
#endif
};

static int __init link_old_names(struct kobject *kobj)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(renamed); i++) {
		err = compat_only_sysfs_link_entry_to_kobj(kernel_kobj, kobj,
							   renamed[i].name,
							   renamed[i].old_name);
		if (err)
			goto undo;
	}
	return 0;

undo:
	while (i--)
		sysfs_remove_link(kernel_kobj, renamed[i].old_name);
	return err;
}

static int __init kexec_sysfs_init(void)
{
	struct kobject *kobj = kobject_create_and_add("kexec", kernel_kobj);
	int err;

	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_groups(kobj, kexec_groups) ?:
	      kexec_letter_show(kobj) ?: link_old_names(kobj);
	if (err)
		kobject_put(kobj);
	else
		kexec_settle_watch(sysfs_get_dirent(kobj->sd, "settled"));
	return err;
}
late_initcall(kexec_sysfs_init);
