/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that kexec_boot reads: those it is given, and the machine's.
 */
#ifndef BOOT_MACHINE_H
#define BOOT_MACHINE_H

#include "boot_image.h"

bool read_whole(struct boot *boot, const char *path, struct boot_file *file);
bool read_machine(struct boot *boot);

#endif /* BOOT_MACHINE_H */
