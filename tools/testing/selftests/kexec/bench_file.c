// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that x86's kexec_file_load(2) takes for a kernel and an initrd.
 *
 * A bzImage is a sector that firmware started once, some more of such code, in which the
 * setup header lies, and what is loaded and entered.  Only the header's fields are read
 * of the former, so there is nothing else.  Documentation/arch/x86/boot.rst has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "../kselftest.h"
#include "bench_file.h"
#include "kexec_util.h"

#define SECTOR		512
#define SETUP_SECTS	1
#define HEADER		0x1f1		/* its offset in the file */
#define JUMP_FROM	0x202		/* ... of what follows the jump */
#define PARAGRAPH	16

static void write_all(int fd, const void *content, size_t len)
{
	ssize_t done;

	for (; len; content = (const char *)content + done, len -= done) {
		done = write(fd, content, len);
		if (done <= 0)
			die("can't write to tmpfs: %s", strerror(errno));
	}
}

/* One that nobody can write to any more: such files only are loaded. */
static int only_to_read(int fd)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return again;
}

/* Loaded by who heeds the 64-bit boot protocol, wherever there is room. */
static void write_setup(int fd, size_t code_len)
{
	char setup[(1 + SETUP_SECTS) * SECTOR] = {};
	const struct setup_header header = {
		.setup_sects = SETUP_SECTS,
		.syssize = round_up(code_len, PARAGRAPH) / PARAGRAPH,
		.boot_flag = 0xaa55,
		.jump = 0xeb | (HEADER + sizeof(header) - JUMP_FROM) << 8,
		.header = 0x53726448,			/* "HdrS" */
		.version = 0x20f,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 2 * MIB,
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G |
			      XLF_5LEVEL,
		.cmdline_size = 255,
		.pref_address = 16 * MIB,
		.init_size = code_len,
	};

	memcpy(setup + HEADER, &header, sizeof(header));
	write_all(fd, setup, sizeof(setup));
}

/**
 * write_files - make the files of which an image is loaded
 * @code: what is entered at %FILE_ENTRY
 * @code_len: bytes of it
 * @rest: the initrd
 * @rest_len: bytes of it
 *
 * Return: the files, on tmpfs.
 */
struct files write_files(const void *code, size_t code_len,
			 const void *rest, size_t rest_len)
{
	int kernel = memfd_create("kernel", MFD_CLOEXEC);
	int initrd = memfd_create("initrd", MFD_CLOEXEC);

	if (kernel < 0 || initrd < 0)
		die("no file: %s", strerror(errno));
	write_setup(kernel, code_len);
	write_all(kernel, code, code_len);
	write_all(initrd, rest, rest_len);
	return (struct files) { only_to_read(kernel), only_to_read(initrd) };
}

/**
 * load_files - have the kernel load an image
 * @files: of which
 *
 * Return: 0 or an errno.
 */
int load_files(const struct files *files)
{
	return syscall(SYS_kexec_file_load, files->kernel, files->initrd, 1, "", 0) ?
	       errno : 0;
}
