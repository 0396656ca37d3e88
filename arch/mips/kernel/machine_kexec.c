// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handoff on mips.
 *
 * An image gets two pages of control memory: one with the trampoline, in
 * relocate_kernel.S, and one with the arguments that it is to find.  Kernels run in
 * KSEG0, which shows the first 512 MiB of physical memory without the TLB; those of 64
 * bits have all memory in XKPHYS besides.  There the trampoline runs.  There are no page
 * tables.
 *
 * What an image finds in a0 to a3 is what firmware has there: the number and the
 * addresses of arguments, and that of the environment; or, by UHI, -2 and a device tree.
 * Firmware's pointers have 32 bits, so that the command line has to be in what KSEG0
 * shows.  With 64 bits, control memory may be elsewhere.  And an image that unpacks itself
 * goes beyond its segments before it reads arguments.  So these are copied, to behind the
 * command line in its segment.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <asm/addrspace.h>
#include <asm/bootinfo.h>
#include <asm/cacheflush.h>
#include <asm/cpu-features.h>
#include <asm/cpu-info.h>
#include <asm/crash_reserve.h>
#include <asm/fw/fw.h>
#include <asm/hazards.h>
#include <asm/mips-cps.h>
#include <asm/mipsmtregs.h>
#include <asm/mipsregs.h>
#include <asm/pm-cps.h>
#include <asm/smp-cps.h>

/* What UHI has in a0 if a1 is a device tree. */
#define UHI_DEVICE_TREE	(-2UL)

/* A segment that begins like this is a command line, by what kexec-tools do. */
#define COMMAND_LINE	"kexec "

/* What KSEG0 shows. */
#define LOW_END		SZ_512M

/* No machine has a larger device tree; who loads one is not to have all memory for it. */
#define TREE_MAX	SZ_4M

#define ENVIRONMENT_MAX	32
/* A list without an end is none. */
#define ENVIRONMENT_LOOK	(4 * ENVIRONMENT_MAX)
#define ENVIRONMENT_SIZE	1024
#define STRINGS_SIZE	(PAGE_SIZE - ENVIRONMENT_SIZE - 256)

/*
 * The environment that firmware gave this kernel, for the next one: on some machines it
 * has what nobody else knows, as how much memory there is.  Strings, one after the other.
 */
static char environment[ENVIRONMENT_SIZE];
static unsigned int nr_environment;

/* Whether firmware has told this kernel where a device tree is by an environment. */
static bool environment_has_fdt;

/**
 * struct args - what firmware would have in memory; pointers have 32 bits
 * @argv: the arguments, the first being the program's name, and 0
 * @envp: the environment, and 0
 * @environment: its strings
 * @strings: those of the arguments
 */
struct args {
	u32 argv[3];
	u32 envp[ENVIRONMENT_MAX + 1];
	char environment[ENVIRONMENT_SIZE];
	char strings[STRINGS_SIZE];
};

static bool has_name(const char *variable, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(variable, name, len) && (!variable[len] || variable[len] == '=');
}

/*
 * What is good for one kernel: a seed, and where the initrd and the device tree of this
 * one were, by what U-Boot has for them.
 */
static bool __init is_for_one_kernel(const char *variable)
{
	return has_name(variable, "rngseed") ||
	       has_name(variable, "initrd_start") ||
	       has_name(variable, "initrd_size") ||
	       has_name(variable, "fdt_start");
}

/* Whether an address can be read at any time, without the TLB. */
static bool __init is_unmapped(unsigned long addr)
{
	return addr >= CKSEG0 && addr < CKSEG1 + SZ_512M;
}

/* A string of the environment, or NULL at its end. */
static const char *__init variable(unsigned int nr)
{
	if (nr >= ENVIRONMENT_LOOK || !is_unmapped((unsigned long)&_fw_envp[nr]) ||
	    !is_unmapped((unsigned long)fw_envp(nr)))
		return NULL;
	return fw_envp(nr);
}

/* Returns whether there was room. */
static bool __init keep_string(const char *string, size_t *used)
{
	size_t room = sizeof(environment) - *used, len = strnlen(string, room) + 1;

	if (len > room || nr_environment == ENVIRONMENT_MAX)
		return false;
	memcpy(environment + *used, string, len);
	*used += len;
	nr_environment++;
	return true;
}

/* By whole pages, so that there are few. */
static void __init reserve_unmapped(unsigned long addr, size_t len)
{
	phys_addr_t start = ALIGN_DOWN(CPHYSADDR(addr), PAGE_SIZE);

	memblock_reserve(start, ALIGN(CPHYSADDR(addr) + len, PAGE_SIZE) - start);
}

/*
 * Others read it when memory has been given to somebody: setup_rng_seed().  Firmware has it in
 * memory that no kernel uses; who starts one by kexec, in any.
 */
static void __init reserve_environment(void)
{
	unsigned int nr;

	for (nr = 0; variable(nr); nr++)
		reserve_unmapped((unsigned long)variable(nr),
				 strnlen(variable(nr), PAGE_SIZE) + 1);
	reserve_unmapped((unsigned long)_fw_envp, (nr + 1) * sizeof(*_fw_envp));
}

/**
 * mips_keep_environment - copy what firmware has told by names, and reserve it
 *
 * Of YAMON it is pairs of a name and a value, of U-Boot "name=value".  What is good for
 * one kernel only is not passed on.
 *
 * Context: boot, when the machine has looked for the environment, and before memory is
 * allocated.
 */
void __init mips_keep_environment(void)
{
	unsigned int nr, step;
	size_t used = 0;
	const char *name;

	/* By UHI there is none, and what would be its address is no business of ours. */
	if (fw_arg0 == UHI_DEVICE_TREE || !variable(0))
		return;
	reserve_environment();
	step = strchr(variable(0), '=') ? 1 : 2;
	for (nr = 0; (name = variable(nr)) && variable(nr + step - 1); nr += step) {
		const unsigned int nr_before = nr_environment;

		if (has_name(name, "fdt_start"))
			environment_has_fdt = true;
		if (is_for_one_kernel(name))
			continue;
		if (keep_string(name, &used) &&
		    (step == 1 || keep_string(variable(nr + 1), &used)))
			continue;
		/* No name without a value. */
		nr_environment = nr_before;
		pr_warn("firmware's environment is too large: the next kernel is not told of %s and what follows\n",
			name);
		break;
	}
}

/* CPS halts or powers down who goes offline; elsewhere they stay in the kernel. */
static bool can_stop_cpus(void)
{
#if defined(CONFIG_HOTPLUG_CPU) && defined(CONFIG_MIPS_CPS)
	return mips_cps_smp_in_use() && cps_pm_support_state(CPS_PM_POWER_GATED);
#else
	return false;
#endif
}

/* How many CPUs the processor has, at least, whether this kernel uses them or not. */
static unsigned int count_cpus(void)
{
	unsigned int cluster, core, vps = 0;

	for (cluster = 0; cluster < mips_cps_numclusters(); cluster++) {
		for (core = 0; core < mips_cps_numcores(cluster); core++)
			vps += mips_cps_numvps(cluster, core);
	}
	return max(vps, core_nvpes());
}

/**
 * machine_kexec_check - whether this kernel can be left
 * @crash: in a panic: CPUs that can't be stopped may stay in its memory, which a
 *	crash image leaves alone
 *
 * Context: May sleep.
 * Return: 0, or -EBUSY if other CPUs can't be stopped for good, or may run a kernel that
 * has crashed, or not all be taken offline.
 */
int machine_kexec_check(bool crash)
{
	if (crash)
		return 0;
	if (num_online_cpus() > 1 && !can_stop_cpus())
		return kexec_refuse(-EBUSY,
				    "the machine has no means to stop its other CPUs, which would go on running this kernel");
	return kexec_check_stray_cpus(count_cpus()) ?:
	       kexec_check_cpus(0, NULL);
}

static void describe_cache(struct kexec_cache *to, const struct cache_desc *cache)
{
	if (!cache->linesz || (cache->flags & MIPS_CACHE_NOT_PRESENT))
		return;
	*to = (struct kexec_cache) {
		.ways	= cache->ways,
		.step	= 1 << cache->waybit,
		.size	= cache->waysize ?: cache->sets * cache->linesz,
		.line	= cache->linesz,
	};
}

static void describe_caches(struct kexec_cache *caches)
{
	BUILD_BUG_ON(sizeof(struct kexec_cache) != KEXEC_CACHE_BYTES);
	BUILD_BUG_ON(offsetof(struct kexec_cache, ways) != KEXEC_CACHE_WAYS);
	BUILD_BUG_ON(offsetof(struct kexec_cache, step) != KEXEC_CACHE_STEP);
	BUILD_BUG_ON(offsetof(struct kexec_cache, size) != KEXEC_CACHE_SIZE);
	BUILD_BUG_ON(offsetof(struct kexec_cache, line) != KEXEC_CACHE_LINE);

	describe_cache(&caches[KEXEC_CACHE_DATA], &boot_cpu_data.dcache);
	describe_cache(&caches[KEXEC_CACHE_SECOND], &boot_cpu_data.scache);
	describe_cache(&caches[KEXEC_CACHE_CODE], &boot_cpu_data.icache);
}

/**
 * machine_kexec_prepare - allocate and fill what the handoff runs from
 * @image: an image whose destinations are claimed, not filled yet
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int machine_kexec_prepare(struct kimage *image)
{
	struct page *code = kimage_alloc_control_pages(image, 0);
	struct page *args = kimage_alloc_control_pages(image, 0);
	unsigned long start;

	BUILD_BUG_ON(sizeof(struct args) > PAGE_SIZE);
	if (!code || !args)
		return -ENOMEM;
	image->arch.trampoline = page_address(code);
	image->arch.args = page_address(args);
	memset(image->arch.args, 0, PAGE_SIZE);
	memset(image->arch.trampoline, 0, PAGE_SIZE);
	memcpy(image->arch.trampoline, kexec_trampoline, sizeof(kexec_trampoline));
	describe_caches(image->arch.trampoline + KEXEC_CACHES);
	start = (unsigned long)image->arch.trampoline;
	flush_icache_range(start, start + sizeof(kexec_trampoline));
	return 0;
}

/**
 * machine_kexec_cleanup - undo machine_kexec_prepare()
 * @image: an image that is about to be freed, its control memory with it
 */
void machine_kexec_cleanup(struct kimage *image)
{
}

/* The first segment that is a command line, or NULL. */
static const struct kexec_segment *find_command_line(const struct kimage *image)
{
	char begin[sizeof(COMMAND_LINE) - 1];
	unsigned int nr;

	for (nr = 0; nr < image->nr_segments; nr++) {
		const struct kexec_segment *seg = &image->segment[nr];

		if (seg->bufsz >= sizeof(begin) &&
		    kimage_read(image, seg->mem, begin, sizeof(begin)) &&
		    !memcmp(begin, COMMAND_LINE, sizeof(begin)))
			return seg;
	}
	return NULL;
}

/* What an image calls memory that ends at @end: by KSEG0, if that shows it, else XKPHYS. */
static unsigned long address_of(u64 start, u64 end)
{
	return end <= LOW_END ? CKSEG0ADDR((unsigned long)start) :
				(unsigned long)phys_to_virt(start);
}

/* What firmware has as addresses: 32 bits, in KSEG0; of what is in the arguments. */
static u32 shown(const struct kimage *image, const void *p)
{
	return CKSEG0ADDR(image->arch.args_phys + (p - image->arch.args));
}

/* The same in a register, where it has as many bits as that. */
static unsigned long shown_long(const struct kimage *image, const void *p)
{
	return (int)shown(image, p);
}

/* Returns what goes to a2. */
static unsigned long fill_environment(const struct kimage *image)
{
	struct args *args = image->arch.args;
	const char *next = args->environment;
	unsigned int i;

	if (!nr_environment)
		return 0;
	memcpy(args->environment, environment, sizeof(environment));
	for (i = 0; i < nr_environment; i++) {
		args->envp[i] = shown(image, next);
		next += strlen(next) + 1;
	}
	args->envp[i] = 0;
	return shown_long(image, args->envp);
}

/* A property of 32 or 64 bits, big endian. */
static bool get_address(const void *fdt, int node, const char *name, u64 *value)
{
	int len;
	const void *data = fdt_getprop(fdt, node, name, &len);

	if (!data || (len != sizeof(fdt32_t) && len != sizeof(fdt64_t)))
		return false;
	*value = len == sizeof(fdt32_t) ? fdt32_ld(data) : fdt64_ld(data);
	return true;
}

/* Words that say where this kernel's own initrd was, of a line that is reused. */
static void drop_words(char *line, const char *begin)
{
	size_t len = strlen(begin);
	char *at = line, *next;

	while ((at = strstr(at, begin))) {
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

/* What is to be added to the arguments for an initrd. */
static char *initrd_words(u64 start, u64 end)
{
	if (start > end || end > KEXEC_DEST_LIMIT + 1) {
		kexec_refuse(-EINVAL,
			     "the device tree's initrd [%#llx-%#llx] is no range below %#lx, where a kernel finds it",
			     start, end, KEXEC_DEST_LIMIT + 1);
		return ERR_PTR(-EINVAL);
	}
	return kasprintf(GFP_KERNEL, " rd_start=%#lx rd_size=%#lx",
			 address_of(start, end), (unsigned long)(end - start));
}

static int out_of_memory_for(const char *what)
{
	return kexec_refuse(-ENOMEM, "out of memory for a copy of %s", what);
}

/* A byte of a destination has no place. */
static int unreadable(const struct kimage *image, const struct kexec_segment *seg)
{
	return kexec_refuse(-EIO, "segment %zu was not placed as a whole",
			    seg - image->segment);
}

/*
 * kexec-tools say where the initrd is in the device tree only, at which a kernel that
 * goes by firmware's arguments does not look.  Returns what is to be added to these, or
 * an error.  @nr: the number of the device tree's segment, or < 0.
 */
static char *find_initrd(const struct kimage *image, int nr)
{
	void *fdt __free(kvfree) = NULL;
	const struct kexec_segment *seg;
	struct fdt_header header __aligned(8);
	u64 start, end;
	size_t size;
	int chosen;

	if (nr < 0)
		return NULL;
	seg = &image->segment[nr];
	if (!kimage_read(image, seg->mem, &header, sizeof(header)))
		return ERR_PTR(unreadable(image, seg));
	/* It may end in the zeroes that follow what the caller gave, but not behind these. */
	size = fdt_totalsize(&header);
	if (size > TREE_MAX)
		return ERR_PTR(kexec_refuse(-EINVAL,
					    "segment %d, a device tree, has %zu bytes, more than %u",
					    nr, size, TREE_MAX));
	fdt = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	if (!fdt)
		return ERR_PTR(out_of_memory_for("the device tree"));
	if (!kimage_read(image, seg->mem, fdt, size))
		return ERR_PTR(unreadable(image, seg));
	chosen = fdt_path_offset(fdt, "/chosen");
	if (chosen < 0 ||
	    !get_address(fdt, chosen, "linux,initrd-start", &start) ||
	    !get_address(fdt, chosen, "linux,initrd-end", &end) ||
	    start == end)
		return NULL;
	return initrd_words(start, end) ?:
	       ERR_PTR(out_of_memory_for("the arguments"));
}

/*
 * Where the image finds arguments, of @len bytes: behind the @used ones of the command line;
 * without room there, in the control page, if pointers of 32 bits reach that.
 */
static int place_arguments(struct kimage *image, const struct kexec_segment *line,
			   size_t used, size_t len)
{
	unsigned long start = ALIGN(line->mem + used, sizeof(long));
	unsigned long end = line->mem + line->memsz;

	if (end > LOW_END)
		return kexec_refuse(-EINVAL,
				    "segment %zu, a command line, is not in the first 512 MiB, where firmware's pointers lead",
				    line - image->segment);
	len = ALIGN(len, sizeof(long));
	if (start <= end && end - start >= len) {
		image->arch.args_phys = start;
		image->arch.args_len = len;
		return 0;
	}
	if (IS_ENABLED(CONFIG_64BIT))
		return kexec_refuse(-EINVAL,
				    "segment %zu, a command line, has no room for arguments behind that: %zu bytes",
				    line - image->segment, len);
	image->arch.args_phys = virt_to_phys(image->arch.args);
	return 0;
}

/* By firmware's convention.  @fdt: the number of the device tree's segment, or < 0. */
static int pass_arguments(struct kimage *image, const struct kexec_segment *line,
			  int fdt)
{
	char *initrd __free(kfree) = find_initrd(image, fdt);
	struct args *args = image->arch.args;
	size_t len = min(line->bufsz, sizeof(args->strings) - 1), line_len, used, add;
	char *rest;
	int err;

	if (IS_ERR(initrd))
		return PTR_ERR(initrd);
	if (!kimage_read(image, line->mem, args->strings, len))
		return unreadable(image, line);
	args->strings[len] = '\0';
	line_len = strlen(args->strings) + 1;
	if (initrd) {
		drop_words(args->strings, "rd_start=");
		drop_words(args->strings, "rd_size=");
	}
	used = strlen(args->strings);
	add = initrd ? strlen(initrd) : 0;
	if (used == sizeof(args->strings) - 1 ||
	    used + add >= sizeof(args->strings))
		return kexec_refuse(-EINVAL,
				    "segment %zu is a command line of more than %zu bytes",
				    line - image->segment,
				    sizeof(args->strings) - 1);
	if (initrd)
		strscpy(args->strings + used, initrd, sizeof(args->strings) - used);
	err = place_arguments(image, line, line_len,
			      offsetof(struct args, strings) + used + add + 1);
	if (err)
		return err;
	rest = args->strings + sizeof(COMMAND_LINE) - 2;
	*rest++ = '\0';
	args->argv[0] = shown(image, args->strings);
	args->argv[1] = shown(image, rest);
	args->argv[2] = 0;
	image->arch.reg[0] = 2;
	image->arch.reg[1] = shown_long(image, args->argv);
	image->arch.reg[2] = fill_environment(image);
	return 0;
}

/**
 * machine_kexec_entry - find what a0 to a3 have to be
 * @image: a filled image
 *
 * Firmware's arguments are made from the segment that is a command line.  Without
 * one, or if firmware has given this kernel a device tree, by UHI or by its environment,
 * a0 is -2 and a1 the device tree (UHI).  With neither, all are 0.
 *
 * Context: May sleep.
 * Return: 0, or -EINVAL, -ENOMEM, -EIO.
 */
int machine_kexec_entry(struct kimage *image)
{
	const struct kexec_segment *line = find_command_line(image);
	bool uhi = fw_arg0 == UHI_DEVICE_TREE || environment_has_fdt;
	int nr = kexec_find_fdt(image);

	memset(image->arch.reg, 0, sizeof(image->arch.reg));
	if (nr < 0 && nr != -ENOENT)
		return nr;
	if (line && (nr < 0 || !uhi))
		return pass_arguments(image, line, nr);
	if (nr >= 0) {
		const struct kexec_segment *tree = &image->segment[nr];

		image->arch.reg[0] = UHI_DEVICE_TREE;
		image->arch.reg[1] = address_of(tree->mem, tree->mem + tree->memsz);
	}
	return 0;
}

/**
 * machine_shutdown - stop the other CPUs, so that the next kernel can start them
 *
 * With CPS, it takes the one that it begins on for the first of the first core, has
 * interrupts of devices go there, and starts all others.
 *
 * Context: May sleep.
 */
void machine_shutdown(void)
{
#ifdef CONFIG_HOTPLUG_CPU
	set_cpus_allowed_ptr(current, cpumask_of(0));
	smp_shutdown_nonboot_cpus(0);
#endif
}

/**
 * machine_kexec - leave this kernel for an image
 * @image: a loaded image
 *
 * Writes to nothing of the image.
 *
 * Context: On the only CPU running, interrupts off: after machine_shutdown(); or
 * after machine_crash_shutdown(), where it is the first CPU that does this, if it can.
 */
void machine_kexec(struct kimage *image)
{
	struct kexec_way way = {
		.window	= IS_ENABLED(CONFIG_64BIT) ? CAC_BASE : CKSEG0,
		.from	= (unsigned long)image->arch.args,
		.to	= CKSEG0ADDR(image->arch.args_phys),
	};

	BUILD_BUG_ON(offsetof(struct kexec_way, window) != KEXEC_WAY_WINDOW);
	BUILD_BUG_ON(offsetof(struct kexec_way, reg) != KEXEC_WAY_REG);
	BUILD_BUG_ON(offsetof(struct kexec_way, from) != KEXEC_WAY_FROM);
	BUILD_BUG_ON(offsetof(struct kexec_way, to) != KEXEC_WAY_TO);
	BUILD_BUG_ON(offsetof(struct kexec_way, end) != KEXEC_WAY_END);
	way.end = way.to + image->arch.args_len;
	memcpy(way.reg, image->arch.reg, sizeof(way.reg));

	if (image->type == KEXEC_TYPE_CRASH)
		crash_start_elsewhere();
	local_irq_disable();
	/* Where exceptions go once their vectors are not firmware's any more. */
	set_c0_status(ST0_BEV);
	/* Only with BEV may EBase be written to. */
	back_to_back_c0_hazard();
	if (cpu_has_mips_r2_r6)
		write_c0_ebase(CKSEG0);
	kexec_enter_trampoline(virt_to_phys(image->table),
			       address_of(image->start, image->start + 1),
			       image->arch.trampoline, &way);
}
