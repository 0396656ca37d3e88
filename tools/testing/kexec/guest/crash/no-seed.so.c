// SPDX-License-Identifier: GPL-2.0-only
/*
 * no-seed.so - for LD_PRELOAD: a program gets no random numbers.
 *
 * kexec-tools have no seed for the new kernel's then, and pass none.  For i386
 * those of 2.0.25 put it behind the bzImage as it is in the file, where that
 * kernel decompresses itself to, and in a crash region there is nowhere else it
 * would be put.  The kernel then reads the seed's size from its own code, takes
 * what it finds for as much setup_data, and has no memory left.  2.0.32 leaves
 * the kernel the room that it asks for.
 */
#include <errno.h>
#include <sys/random.h>

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	(void)buf;
	(void)len;
	(void)flags;
	errno = EAGAIN;
	return -1;
}
