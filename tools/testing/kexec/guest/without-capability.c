// SPDX-License-Identifier: GPL-2.0-only
/*
 * without-capability NUMBER COMMAND [ARGUMENT]...: runs a command that may do all but
 * what a capability is for.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	if (argc < 3)
		errx(2, "which capability, and which command?");
	/* Root gets those of this set when it executes something. */
	if (prctl(PR_CAPBSET_DROP, atoi(argv[1]), 0, 0, 0))
		err(2, "capability %s", argv[1]);
	execvp(argv[2], argv + 2);
	err(2, "%s", argv[2]);
}
