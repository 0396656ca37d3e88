/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that kexec_file_load(2) takes.
 */
#ifndef BENCH_FILE_H
#define BENCH_FILE_H

/* Where a bzImage is entered in 64-bit mode, in bytes from the start of its code. */
#define FILE_ENTRY	0x200

/**
 * struct files - a kernel and what comes with it
 * @kernel: file descriptor of a bzImage
 * @initrd: that of the rest
 */
struct files {
	int kernel;
	int initrd;
};

struct files write_files(const void *code, size_t code_len,
			 const void *rest, size_t rest_len);
int load_files(const struct files *files);

#endif /* BENCH_FILE_H */
