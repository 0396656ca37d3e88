// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_boot - boots a Linux kernel from a running one, by kexec_load(2).
 *
 * boot_image.h says what its parts are.  This one reads the command line and
 * does the two system calls.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "boot_machine.h"

static const char help[] =
"usage: kexec_boot [OPTION...] KERNEL     load a kernel\n"
"       kexec_boot --exec                 start what is loaded\n"
"       kexec_boot --unload [--panic]     unload it\n"
"\n"
"Loads a Linux kernel into a running one, to be started in its place: at once,\n"
"by \"kexec_boot --exec\", or when the running kernel panics.\n"
"\n"
"KERNEL is a bzImage of x86_64, i386 or s390x, a zImage of arm or sh, an Image of\n"
"arm64 or riscv64, or a vmlinux of x86_64, i386, arm64, ppc64, ppc64le, ppc, mips,\n"
"loongarch64, parisc or m68k.\n"
"It must not be compressed as a whole.\n"
"\n"
"What the new kernel gets:\n"
"  -i, --initrd=FILE     an initial RAM disk\n"
"  -a, --append=TEXT     a command line; nothing, unless told\n"
"  -r, --reuse-cmdline   that of the running kernel; --append adds to it.  Not\n"
"                        taken are elfcorehdr=, and with --panic crashkernel=,\n"
"                        mem= and memmap=\n"
"      --dtb=FILE        a device tree (arm, arm64, riscv64, ppc); that of the\n"
"                        running kernel, unless told.  /chosen is made anew.\n"
"      --bootinfo=FILE   a boot loader's records (m68k); those of /proc/bootinfo,\n"
"                        unless told.  Where the initrd is, and such, is made anew.\n"
"\n"
"What to do with it:\n"
"  -l, --load            load it, and no more; so it is, unless told\n"
"  -p, --panic           load it for the time when the running kernel panics, to\n"
"                        the memory that crashkernel= has reserved; it finds the\n"
"                        other one's in /proc/vmcore\n"
"  -e, --exec            start it at once.  Nobody is asked, nothing is shut down\n"
"                        but devices: stop services and unmount file systems\n"
"                        before.\n"
"  -u, --unload          unload what is loaded, with --panic that for a panic\n"
"  -n, --dry-run         load nothing; show what would be loaded, and where\n"
"\n"
"Where to put it:\n"
"      --mem-min=SIZE    not below this address\n"
"      --mem-max=SIZE    not above it\n"
"                        SIZE is a number of bytes, or of K, M or G\n"
"      --iomem=FILE      only with --dry-run: plan for another machine, of any\n"
"                        architecture, with this copy of its /proc/iomem\n"
"  -v, --verbose         show what is loaded, and where\n"
"  -h, --help            this text\n"
"\n"
"The exit status is 0 if all was well, 1 if the kernel could not be loaded or\n"
"started, 2 if the options make no sense.  Both system calls are root's only.\n"
"\n"
"Where a segment goes: to the lowest free place in what /proc/iomem calls System\n"
"RAM, not to what is reserved there nor to the crash kernel's memory, and over the\n"
"running kernel only if it fits nowhere else.\n"
"\n"
"Examples:\n"
"  kexec_boot --initrd=initrd.img --reuse-cmdline --exec vmlinuz\n"
"  kexec_boot --panic --initrd=kdump.img --append='console=ttyS0 nr_cpus=1' vmlinuz\n"
"  kexec_boot --dry-run --iomem=board-iomem.txt --dtb=board.dtb Image\n";

/**
 * struct options - what was asked for
 * @kernel: KERNEL, or NULL
 * @initrd: of --initrd, or NULL
 * @append: of --append, or ""
 * @dtb: of --dtb, or NULL
 * @bootinfo: of --bootinfo, or NULL
 * @iomem: of --iomem, or NULL
 * @reuse: --reuse-cmdline
 * @panic: --panic
 * @load: --load
 * @exec: --exec
 * @unload: --unload
 * @dry_run: --dry-run
 * @verbose: --verbose
 * @limits: of --mem-min and --mem-max
 */
struct options {
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *dtb;
	const char *bootinfo;
	const char *iomem;
	bool reuse;
	bool panic;
	bool load;
	bool exec;
	bool unload;
	bool dry_run;
	bool verbose;
	struct range limits;
};

static void __noreturn __printf(2, 3) fail(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "kexec_boot: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "%s\n",
		status == 2 ? "\n\"kexec_boot --help\" has all options" : "");
	exit(status);
}

static __u64 parse_size(const char *option, const char *text)
{
	unsigned long long size;
	int shift = 0;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 0);
	if (end != text && *end) {
		const char *units = "kKmMgG", *unit = strchr(units, *end);

		if (unit) {
			shift = ((unit - units) / 2 + 1) * 10;
			end++;
		}
	}
	if (end == text || *end || *text == '-' || errno ||
	    size > NO_LIMIT >> shift)
		fail(2, "%s: \"%s\" is no size", option, text);
	return size << shift;
}

static void check_options(const struct options *options)
{
	if (options->unload && (options->kernel || options->exec))
		fail(2, "--unload is for what is loaded: no KERNEL, no --exec");
	if (options->unload)
		return;
	if (!options->kernel && !options->exec)
		fail(2, "which kernel?");
	if (!options->kernel &&
	    (options->initrd || options->append[0] || options->dtb ||
	     options->bootinfo || options->load || options->dry_run || options->reuse))
		fail(2, "--exec without a KERNEL starts what is loaded: no other options");
	if (options->exec && options->panic)
		fail(2, "--panic and --exec: it is a panic that starts it");
	if (options->iomem && !options->dry_run)
		fail(2, "--iomem is for another machine, so it needs --dry-run");
	if (options->limits.start >= options->limits.end)
		fail(2, "--mem-min is not below --mem-max");
}

static struct options parse_options(int argc, char **argv)
{
	enum { DTB = 256, BOOTINFO, MEM_MIN, MEM_MAX, IOMEM };
	static const struct option longs[] = {
		{ "initrd",		required_argument,	NULL, 'i' },
		{ "append",		required_argument,	NULL, 'a' },
		{ "reuse-cmdline",	no_argument,		NULL, 'r' },
		{ "dtb",		required_argument,	NULL, DTB },
		{ "bootinfo",		required_argument,	NULL, BOOTINFO },
		{ "load",		no_argument,		NULL, 'l' },
		{ "panic",		no_argument,		NULL, 'p' },
		{ "exec",		no_argument,		NULL, 'e' },
		{ "unload",		no_argument,		NULL, 'u' },
		{ "dry-run",		no_argument,		NULL, 'n' },
		{ "mem-min",		required_argument,	NULL, MEM_MIN },
		{ "mem-max",		required_argument,	NULL, MEM_MAX },
		{ "iomem",		required_argument,	NULL, IOMEM },
		{ "verbose",		no_argument,		NULL, 'v' },
		{ "help",		no_argument,		NULL, 'h' },
		{ }
	};
	struct options options = {
		.append = "",
		.limits = { 0, NO_LIMIT },
	};
	int option;

	while ((option = getopt_long(argc, argv, "i:a:rlpeunvh", longs,
				     NULL)) >= 0) {
		switch (option) {
		case 'i':
			options.initrd = optarg;
			break;
		case 'a':
			options.append = optarg;
			break;
		case 'r':
			options.reuse = true;
			break;
		case DTB:
			options.dtb = optarg;
			break;
		case BOOTINFO:
			options.bootinfo = optarg;
			break;
		case 'l':
			options.load = true;
			break;
		case 'p':
			options.panic = true;
			break;
		case 'e':
			options.exec = true;
			break;
		case 'u':
			options.unload = true;
			break;
		case 'n':
			options.dry_run = true;
			break;
		case MEM_MIN:
			options.limits.start = parse_size("--mem-min", optarg);
			break;
		case MEM_MAX:
			options.limits.end = parse_size("--mem-max", optarg);
			break;
		case IOMEM:
			options.iomem = optarg;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			fail(2, "what is meant?");
		}
	}
	if (argc - optind > 1)
		fail(2, "one KERNEL, not %d", argc - optind);
	options.kernel = argv[optind];
	check_options(&options);
	return options;
}

static void make_cmdline(struct boot *boot, const struct options *options)
{
	char text[sizeof(boot->cmdline)], *at;
	int err;

	if (options->reuse) {
		err = read_file("/proc/cmdline", text, sizeof(text));
		if (err)
			fail(1, "/proc/cmdline: %s", strerror(err));
		if (!reuse_cmdline(boot, text))
			fail(1, "%s", boot->error);
	}
	if (options->append[0] && !add_words(boot, "%s", options->append))
		fail(1, "%s", boot->error);
	/* Kernels take any of these between words. */
	for (at = boot->cmdline; (at = strpbrk(at, "\t\n\v\f\r")); )
		*at = ' ';
}

static bool read_files(struct boot *boot, const struct options *options)
{
	struct boot_file iomem;

	if (!read_whole(boot, options->kernel, &boot->kernel) ||
	    (options->initrd &&
	     !read_whole(boot, options->initrd, &boot->initrd)) ||
	    (options->dtb && !read_whole(boot, options->dtb, &boot->fdt)) ||
	    (options->bootinfo &&
	     !read_whole(boot, options->bootinfo, &boot->bootinfo)))
		return false;
	if (!options->iomem)
		return read_machine(boot);
	return read_whole(boot, options->iomem, &iomem) &&
	       parse_map(boot, &boot->map, iomem.path,
			 (const char *)iomem.data);
}

static bool has_sys_boot(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	return syscall(SYS_capget, &header, data) ||
	       data[0].effective >> CAP_SYS_BOOT & 1;
}

/* What a system call has just refused to do, in the kernel's words. */
static void __noreturn fail_refused(const char *what)
{
	const char *error = strerror(errno);
	/* The last reason is not ours if we may not ask at all. */
	const char *why = has_sys_boot() ? last_refusal() :
			  "this process lacks CAP_SYS_BOOT";

	fail(1, "the running kernel does not %s it: %s%s%s", what, error,
	     *why ? ": " : "", why);
}

/* Ends the program if the kernel doesn't like it. */
static void load_image(const struct boot *boot)
{
	unsigned long flags = boot->arch->kexec;
	struct kexec_segment segments[SEGMENTS_MAX];
	int i;

	for (i = 0; i < boot->nr_segments; i++) {
		const struct boot_segment *from = &boot->segment[i];

		if (from->at.end - 1 > UINTPTR_MAX)
			fail(1, "the %s would lie at %#llx: --mem-max=4G",
			     from->what, from->at.start);
		segments[i] = segment(from->buf, from->bufsz, from->at.start,
				      range_len(from->at));
	}
	if (boot->panic)
		flags |= KEXEC_ON_CRASH;
	if (kexec_load(boot->entry, boot->nr_segments, segments, flags))
		fail_refused("load");
}

static void unload_image(bool panic)
{
	/* A 32-bit program has to name the architecture, also to unload. */
	if (kexec_load(0, 0, NULL, native_arch() | (panic ? KEXEC_ON_CRASH : 0)))
		fail_refused("unload");
}

static void start_image(void)
{
	sync();
	if (reboot_kexec())
		fail_refused("start");
	/* Else it was one that returns, and it has. */
}

int main(int argc, char **argv)
{
	struct options options = parse_options(argc, argv);
	static struct boot boot;
	char text[512];

	if (options.unload) {
		unload_image(options.panic);
		return 0;
	}
	if (options.kernel) {
		boot.panic = options.panic;
		boot.limits = options.limits;
		make_cmdline(&boot, &options);
		if (!read_files(&boot, &options) || !boot_plan(&boot))
			fail(1, "%s", boot.error);
		if (boot_is_tight(&boot, text, sizeof(text)))
			fprintf(stderr, "kexec_boot: warning: %s\n", text);
		if (options.dry_run || options.verbose)
			boot_print(&boot, stdout);
		fflush(stdout);
		if (options.dry_run)
			return 0;
		load_image(&boot);
	}
	if (options.exec)
		start_image();
	return 0;
}
